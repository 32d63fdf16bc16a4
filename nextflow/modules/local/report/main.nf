// One self-contained page, its numbers, its figures as PNG, and what MultiQC reads. For a sample it has the scores, the truth where there is one, the tensor
// files that the map is drawn from, what `ribonnx explain` found, the weights of attention, and the run records of every step; for all samples together only the table.
process REPORT {
    tag "${meta.id}"
    label 'process_low'

    input:
    tuple val(meta), path(predictions), path(scores), path(truth, stageAs: 'truth/*'), path(tensors, stageAs: 'tensors/*'), path(explanations), path(importance), path(attention), path(runs, stageAs: 'runs/?/*')
    tuple val(model), path(bundle)

    output:
    tuple val(meta), path("${task.ext.prefix ?: meta.id}/report.html"), path("${task.ext.prefix ?: meta.id}/metrics.json"), path("${task.ext.prefix ?: meta.id}/run.json"), emit: report
    tuple val(meta), path("${task.ext.prefix ?: meta.id}/figures"), emit: figures
    tuple val(meta), path("multiqc/*_mqc.json"), emit: multiqc
    tuple val("${task.process}"), val('ribonnx-report'), eval("'${model.bin}ribonnx-report' --version | cut -d ' ' -f 2"), emit: versions, topic: versions

    script:
    def args = task.ext.args ?: ''
    def prefix = task.ext.prefix ?: meta.id
    def heap = task.memory ? Math.max(64, task.memory.toMega().intdiv(2)) : 512
    def options = [
        args,
        scores ? "--scores ${scores}" : '',
        truth ? "--truth ${truth}" : '',
        explanations ? "--explanations ${explanations}" : '',
        importance ? "--importance ${importance}" : '',
        attention ? "--attention ${attention}" : '',
        [tensors].flatten().collect { npz -> "--embeddings ${npz}" }.join(' '),
        [runs].flatten().collect { run -> "--run ${run}" }.join(' '),
    ].findAll { option -> option }.join(' ')
    def title = "${meta.title ?: meta.id}".replace("'", "'\\''")
    """
    export TMPDIR="\$PWD"
    export RIBONNX_JAVA_OPTS="-Xmx${heap}m \${RIBONNX_JAVA_OPTS:-}"
    mkdir -p ${prefix}
    '${model.bin}ribonnx-report' \\
        --model ./${bundle} \\
        --title '${title}' \\
        ${options} \\
        --output ${prefix}/report.html \\
        --metrics ${prefix}/metrics.json \\
        --figures ${prefix}/figures \\
        --multiqc multiqc \\
        ${predictions}
    mv ${prefix}/report.html.run.json ${prefix}/run.json
    """

    stub:
    def prefix = task.ext.prefix ?: meta.id
    """
    mkdir -p ${prefix}/figures multiqc
    touch ${prefix}/report.html ${prefix}/figures/stub.png
    echo '{}' > multiqc/${prefix}_stub_mqc.json
    echo '{}' > ${prefix}/metrics.json
    echo '{}' > ${prefix}/run.json
    """
}
