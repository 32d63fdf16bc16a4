// All samples in one table, in the order of the samplesheet, with the sample's name in front: ids are unique within a
// sample, not across.
process JOIN {
    label 'process_single'

    input:
    tuple val(names), path(predictions, stageAs: 'samples/?/*')

    output:
    path('predictions.tsv'), emit: predictions
    tuple val("${task.process}"), val('bash'), eval('echo ${BASH_VERSION%%[^0-9.]*}'), emit: versions, topic: versions

    script:
    // An operand `sample=NAME` is an assignment that awk makes before it opens the next file.
    def operands = [names, [predictions].flatten()].transpose().collect { name, file -> "sample=${name} ${file}" }.join(' \\\n        ')
    """
    awk -v OFS='\\t' '
        FNR > 1 { print sample, \$0; next }
        NR == 1 { header = \$0; print "sample", \$0; next }
        \$0 != header { print "join: the header of sample " sample " is not that of the first sample" > "/dev/stderr"; exit 1 }' \\
        ${operands} > predictions.tsv
    """

    stub:
    """
    touch predictions.tsv
    """
}
