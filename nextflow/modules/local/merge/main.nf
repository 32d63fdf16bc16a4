// The shards of a sample put together again, in the order of the records: the bytes are those of an unsplit run.
process MERGE {
    tag "${meta.id}"
    label 'process_single'

    input:
    tuple val(meta), path(predictions, stageAs: 'parts/*'), path(scores, stageAs: 'parts/*'), path(attention, stageAs: 'parts/*')

    output:
    tuple val(meta), path("${task.ext.prefix ?: meta.id}/predictions.tsv"), path("${task.ext.prefix ?: meta.id}/scores.tsv"), emit: predictions
    tuple val(meta), path("${task.ext.prefix ?: meta.id}/attention.tsv"), emit: attention, optional: true
    tuple val("${task.process}"), val('bash'), eval('echo ${BASH_VERSION%%[^0-9.]*}'), emit: versions, topic: versions

    script:
    def prefix = task.ext.prefix ?: meta.id
    """
    join_parts() {
        awk 'FNR > 1 { print; next }
             NR == 1 { header = \$0; print; next }
             \$0 != header { print "merge: the header of " FILENAME " is not that of the first part" > "/dev/stderr"; exit 1 }' "\$@"
    }
    mkdir -p ${prefix}
    join_parts ${predictions} > ${prefix}/predictions.tsv
    join_parts ${scores} > ${prefix}/scores.tsv
    ${attention ? "join_parts ${attention} > ${prefix}/attention.tsv" : ''}
    """

    stub:
    def prefix = task.ext.prefix ?: meta.id
    """
    mkdir -p ${prefix}
    cat ${predictions} > ${prefix}/predictions.tsv
    cat ${scores} > ${prefix}/scores.tsv
    ${attention ? "cat ${attention} > ${prefix}/attention.tsv" : ''}
    """
}
