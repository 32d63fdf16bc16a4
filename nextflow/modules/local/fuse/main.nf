// The views of each record joined into one, over the rows of one shard; views from several files are joined by id.
process FUSE {
    tag "${Ribonnx.tag(meta)}"
    label 'process_medium'
    label 'process_gpu'

    input:
    tuple val(meta), path(views), val(shard)
    tuple val(model), path(bundle)

    output:
    tuple val(meta), path("${task.ext.prefix ?: meta.id}/fused*.npz"), emit: fused
    tuple val(meta), path("${task.ext.prefix ?: meta.id}/attention*.tsv"), emit: attention, optional: true
    tuple val(meta), path("${task.ext.prefix ?: meta.id}/fused*.npz.run.json"), emit: run
    tuple val("${task.process}"), val('ribonnx-fuse'), eval("'${model.bin}ribonnx-fuse' --version | cut -d ' ' -f 2"), emit: versions, topic: versions

    script:
    def args = task.ext.args ?: ''
    def prefix = task.ext.prefix ?: meta.id
    def output = "fused${Ribonnx.part(meta)}.npz"
    def rows = shard ? "--shard ${shard}" : ''
    def weights = task.ext.attention ? "--attention-file ${prefix}/attention${Ribonnx.part(meta)}.tsv" : ''
    def options = [Ribonnx.batch('--batch-size', task), rows, weights, args].findAll { option -> option }.join(' ')
    def device = task.accelerator ? 'cuda' : 'cpu'
    def heap = task.memory ? Math.max(64, task.memory.toMega().intdiv(4)) : 256
    """
    export TMPDIR="\$PWD"
    export RIBONNX_JAVA_OPTS="-Xmx${heap}m \${RIBONNX_JAVA_OPTS:-}"
    mkdir -p ${prefix}
    '${model.bin}ribonnx-fuse' \\
        --model ./${bundle} \\
        --device ${device} \\
        --threads ${task.cpus} ${options} \\
        --output ${prefix}/${output} \\
        ${views}
    """

    stub:
    def prefix = task.ext.prefix ?: meta.id
    def output = "fused${Ribonnx.part(meta)}.npz"
    """
    mkdir -p ${prefix}
    touch ${prefix}/${output} ${task.ext.attention ? "${prefix}/attention${Ribonnx.part(meta)}.tsv" : ''}
    echo '{}' > ${prefix}/${output}.run.json
    """
}
