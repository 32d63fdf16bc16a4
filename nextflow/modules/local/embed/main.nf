// One ONNX graph per view, over the rows of one shard.
process EMBED {
    tag "${meta.of > 1 ? "${meta.id} ${meta.shard}/${meta.of}" : meta.id}"
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
    def output = meta.of > 1 ? "embeddings.${meta.shard}-of-${meta.of}.npz" : 'embeddings.npz'
    def rows = shard ? "--shard ${shard}" : ''
    // A batch that was too big is halved with every further attempt; without a limit given, that of a GPU is taken to be 512.
    def limit = task.ext.batch_size ?: (task.accelerator && task.attempt > 1 ? 512 : 0)
    def batch = limit ? "--batch-size ${Math.max(16, ((limit as int) >> (task.attempt - 1)).intdiv(16) * 16)}" : ''
    def options = [batch, rows, args].findAll { option -> option }.join(' ')
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
    def output = meta.of > 1 ? "embeddings.${meta.shard}-of-${meta.of}.npz" : 'embeddings.npz'
    """
    mkdir -p ${prefix}
    touch ${prefix}/${output}
    echo '{}' > ${prefix}/${output}.run.json
    """
}
