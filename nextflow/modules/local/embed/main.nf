// One ONNX graph per view, over the rows of one shard: all views of the file, or the one that meta names.
process EMBED {
    tag "${Ribonnx.tag(meta)}"
    label 'process_medium'
    label 'process_gpu'

    input:
    tuple val(meta), path(features), val(shard)
    tuple val(model), path(bundle)

    output:
    tuple val(meta), path("${task.ext.prefix ?: meta.id}/embeddings*.npz"), emit: embeddings
    tuple val(meta), path("${task.ext.prefix ?: meta.id}/embeddings*.npz.run.json"), emit: run
    tuple val("${task.process}"), val('ribonnx-embed'), eval("'${model.bin}ribonnx-embed' --version | cut -d ' ' -f 2"), emit: versions, topic: versions

    script:
    def args = task.ext.args ?: ''
    def prefix = task.ext.prefix ?: meta.id
    def output = "embeddings${Ribonnx.part(meta)}.npz"
    def rows = shard ? "--shard ${shard}" : ''
    def view = meta.view ? "--view ${meta.view}" : ''
    def options = [Ribonnx.batch('--batch-size', task), rows, view, args].findAll { option -> option }.join(' ')
    def device = task.accelerator ? 'cuda' : 'cpu'
    def heap = task.memory ? Math.max(64, task.memory.toMega().intdiv(4)) : 256
    """
    export TMPDIR="\$PWD"
    export RIBONNX_JAVA_OPTS="-Xmx${heap}m \${RIBONNX_JAVA_OPTS:-}"
    mkdir -p ${prefix}
    '${model.bin}ribonnx-embed' \\
        --model ./${bundle} \\
        --device ${device} \\
        --threads ${task.cpus} ${options} \\
        --output ${prefix}/${output} \\
        ${features}
    """

    stub:
    def prefix = task.ext.prefix ?: meta.id
    def output = "embeddings${Ribonnx.part(meta)}.npz"
    """
    mkdir -p ${prefix}
    touch ${prefix}/${output}
    echo '{}' > ${prefix}/${output}.run.json
    """
}
