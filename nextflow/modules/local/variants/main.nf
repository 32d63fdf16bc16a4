// How far the scores of sequences and of their variants are apart: all that a sample has, its page included.
process VARIANTS {
    tag "${meta.id}"
    label 'process_medium'
    label 'process_gpu'

    input:
    tuple val(meta), path(sequences, stageAs: 'input?/*')
    tuple val(model), path(bundle)

    output:
    tuple val(meta), path("${task.ext.prefix ?: meta.id}/variants.tsv"), emit: variants
    tuple val(meta), path("${task.ext.prefix ?: meta.id}/predictions.tsv"), path("${task.ext.prefix ?: meta.id}/scores.tsv"), emit: predictions
    tuple val(meta), path("${task.ext.prefix ?: meta.id}/report.html"), path("${task.ext.prefix ?: meta.id}/metrics.json"), path("${task.ext.prefix ?: meta.id}/run.json"), emit: report
    tuple val(meta), path("${task.ext.prefix ?: meta.id}/figures"), emit: figures
    tuple val(meta), path("multiqc/*_mqc.json"), emit: multiqc
    tuple val("${task.process}"), val('ribonnx'), eval("'${model.bin}ribonnx' --version | cut -d ' ' -f 2"), emit: versions, topic: versions

    script:
    def args = task.ext.args ?: ''
    def prefix = task.ext.prefix ?: meta.id
    def options = [Ribonnx.batch('--batch-size', task), args].findAll { option -> option }.join(' ')
    def device = task.accelerator ? 'cuda' : 'cpu'
    def heap = task.memory ? Math.max(64, task.memory.toMega().intdiv(4)) : 256
    def files = Ribonnx.operands('', [:], sequences)
    """
    export TMPDIR="\$PWD"
    export RIBONNX_JAVA_OPTS="-Xmx${heap}m \${RIBONNX_JAVA_OPTS:-}"
    '${model.bin}ribonnx' variants \\
        --model ./${bundle} \\
        --device ${device} \\
        --threads ${task.cpus} ${options} \\
        --outdir ${prefix} \\
        ${files}
    mv ${prefix}/multiqc multiqc
    """

    stub:
    def prefix = task.ext.prefix ?: meta.id
    """
    mkdir -p ${prefix}/figures multiqc
    printf 'id\\thead\\tprediction\\tscore\\tstatus\\tbest\\tname\\tset\\treason\\n' > ${prefix}/predictions.tsv
    printf 'id\\n' > ${prefix}/scores.tsv
    printf 'id\\thead\\tlabel\\tref\\talt\\tdifference\\tlog_odds_difference\\n' > ${prefix}/variants.tsv
    touch ${prefix}/report.html ${prefix}/figures/stub.png
    echo '{}' > multiqc/${prefix}_stub_mqc.json
    echo '{}' > ${prefix}/metrics.json
    echo '{"records": 1}' > ${prefix}/run.json
    """
}
