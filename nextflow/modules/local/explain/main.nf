// What each prediction rests on, of all records of a sample: the means of importance.tsv are over all of them.
process EXPLAIN {
    tag "${meta.id}"
    label 'process_medium'
    label 'process_gpu'

    input:
    tuple val(meta), path(sequences, stageAs: 'input?/*'), path(annotation, stageAs: 'annotation/*'), path(genome, stageAs: 'genome/*'), path(truth, stageAs: 'truth/*')
    tuple val(model), path(bundle)

    output:
    tuple val(meta), path("${task.ext.prefix ?: meta.id}/explanations.tsv"), path("${task.ext.prefix ?: meta.id}/importance.tsv"), emit: tables
    tuple val(meta), path("${task.ext.prefix ?: meta.id}/explanations.tsv.run.json"), emit: run
    tuple val("${task.process}"), val('ribonnx'), eval("'${model.bin}ribonnx' --version | cut -d ' ' -f 2"), emit: versions, topic: versions

    script:
    def args = task.ext.args ?: ''
    def prefix = task.ext.prefix ?: meta.id
    def heads = Ribonnx.heads(task.ext.heads).collect { head -> "--head ${head}" }
    def known = truth ? "--truth ${truth}" : ''
    def options = ([Ribonnx.batch('--batch-size', task)] + heads + [task.ext.rows, known, args]).findAll { option -> option }.join(' ')
    def device = task.accelerator ? 'cuda' : 'cpu'
    def heap = task.memory ? Math.max(64, task.memory.toMega().intdiv(4)) : 256
    def files = Ribonnx.operands('--input', model.inputs, sequences, annotation, genome)
    """
    export TMPDIR="\$PWD"
    export RIBONNX_JAVA_OPTS="-Xmx${heap}m \${RIBONNX_JAVA_OPTS:-}"
    mkdir -p ${prefix}
    '${model.bin}ribonnx' explain \\
        --model ./${bundle} \\
        --device ${device} \\
        --threads ${task.cpus} ${options} \\
        --output ${prefix}/explanations.tsv \\
        --importance ${prefix}/importance.tsv \\
        ${files}
    """

    stub:
    def prefix = task.ext.prefix ?: meta.id
    """
    mkdir -p ${prefix}
    printf 'id\\thead\\tlabel\\tposition\\tvalue\\tbase\\n' > ${prefix}/explanations.tsv
    touch ${prefix}/importance.tsv
    echo '{}' > ${prefix}/explanations.tsv.run.json
    """
}
