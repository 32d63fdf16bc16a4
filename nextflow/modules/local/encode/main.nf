// Sequences or a table in, one compact array per view out: all views, or those that the one that meta names is made from. A sample
// is encoded in one go, however many files it has: encoding is cheap, and only here are ids that occur twice in a sample seen.
process ENCODE {
    tag "${Ribonnx.tag(meta)}"
    label 'process_low'

    input:
    tuple val(meta), path(sequences, stageAs: 'input?/*'), path(annotation, stageAs: 'annotation/*'), path(genome, stageAs: 'genome/*')
    tuple val(model), path(bundle)

    output:
    tuple val(meta), path("${task.ext.prefix ?: meta.id}/features*.npz"), path("${task.ext.prefix ?: meta.id}/features*.npz.run.json"), emit: features
    tuple val("${task.process}"), val('ribonnx-encode'), eval("'${model.bin}ribonnx-encode' --version | cut -d ' ' -f 2"), emit: versions, topic: versions

    script:
    def args = task.ext.args ?: ''
    def prefix = task.ext.prefix ?: meta.id
    def heap = task.memory ? Math.max(64, task.memory.toMega().intdiv(2)) : 256
    def output = "features${Ribonnx.part(meta)}.npz"
    def views = meta.view ? model.views[meta.view].collect { view -> "--view ${view}" } : []
    def options = (views + [args]).findAll { option -> option }.join(' ')
    def files = Ribonnx.operands('--input', model.inputs, sequences, annotation, genome)
    """
    export TMPDIR="\$PWD"
    export RIBONNX_JAVA_OPTS="-Xmx${heap}m \${RIBONNX_JAVA_OPTS:-}"
    mkdir -p ${prefix}
    '${model.bin}ribonnx-encode' \\
        --model ./${bundle} \\
        --threads ${task.cpus} ${options} \\
        --output ${prefix}/${output} \\
        ${files}
    """

    stub:
    def prefix = task.ext.prefix ?: meta.id
    def output = "features${Ribonnx.part(meta)}.npz"
    """
    mkdir -p ${prefix}
    touch ${prefix}/${output}
    echo '{"records": 1}' > ${prefix}/${output}.run.json
    """
}
