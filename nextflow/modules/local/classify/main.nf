// Predictions and scores of every head, over the rows of one shard.
process CLASSIFY {
    tag "${Ribonnx.tag(meta)}"
    label 'process_medium'
    label 'process_gpu'

    input:
    tuple val(meta), path(fused), val(shard)
    tuple val(model), path(bundle)

    output:
    tuple val(meta), path("${task.ext.prefix ?: meta.id}/predictions*.tsv"), path("${task.ext.prefix ?: meta.id}/scores*.tsv"), emit: predictions
    tuple val(meta), path("${task.ext.prefix ?: meta.id}/predictions*.tsv.run.json"), emit: run
    tuple val("${task.process}"), val('ribonnx-classify'), eval("'${model.bin}ribonnx-classify' --version | cut -d ' ' -f 2"), emit: versions, topic: versions

    script:
    def args = task.ext.args ?: ''
    def prefix = task.ext.prefix ?: meta.id
    def part = Ribonnx.part(meta)
    def rows = shard ? "--shard ${shard}" : ''
    def sets = task.ext.sets ? '--sets' : ''
    def options = [Ribonnx.batch('--batch-size', task), rows, sets, args].findAll { option -> option }.join(' ')
    def device = task.accelerator ? 'cuda' : 'cpu'
    def heap = task.memory ? Math.max(64, task.memory.toMega().intdiv(4)) : 256
    """
    export TMPDIR="\$PWD"
    export RIBONNX_JAVA_OPTS="-Xmx${heap}m \${RIBONNX_JAVA_OPTS:-}"
    mkdir -p ${prefix}
    '${model.bin}ribonnx-classify' \\
        --model ./${bundle} \\
        --device ${device} \\
        --threads ${task.cpus} ${options} \\
        --output ${prefix}/predictions${part}.tsv \\
        --scores ${prefix}/scores${part}.tsv \\
        ${fused}
    """

    stub:
    def prefix = task.ext.prefix ?: meta.id
    def part = Ribonnx.part(meta)
    """
    mkdir -p ${prefix}
    printf 'id\\thead\\tprediction\\tscore\\tstatus\\tbest\\tname\\tset\\treason\\n' > ${prefix}/predictions${part}.tsv
    printf 'id\\n' > ${prefix}/scores${part}.tsv
    echo '{}' > ${prefix}/predictions${part}.tsv.run.json
    """
}
