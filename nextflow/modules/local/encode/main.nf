// Sequences or a table in, one compact array per view out. A sample is encoded in one go, however many files it has: encoding is
// cheap, and only here are ids that occur twice in a sample seen.
process ENCODE {
    tag "${meta.id}"
    label 'process_low'

    input:
    tuple val(meta), path(sequences, stageAs: 'input?/*'), path(annotation, stageAs: 'annotation/*'), path(genome, stageAs: 'genome/*')
    tuple val(model), path(bundle)

    output:
    tuple val(meta), path("${task.ext.prefix ?: meta.id}/features.npz"), path("${task.ext.prefix ?: meta.id}/features.npz.run.json"), emit: features
    tuple val("${task.process}"), val('ribonnx-encode'), eval("'${model.bin}ribonnx-encode' --version | cut -d ' ' -f 2"), emit: versions, topic: versions

    script:
    def args = task.ext.args ?: ''
    def prefix = task.ext.prefix ?: meta.id
    def heap = task.memory ? Math.max(64, task.memory.toMega().intdiv(2)) : 256
    def several = model.inputs.size() > 1
    def files = operands(several ? model.inputs.input : null, sequences) + operands(model.inputs.annotation, annotation) + operands(model.inputs.genome, genome)
    """
    export TMPDIR="\$PWD"
    export RIBONNX_JAVA_OPTS="-Xmx${heap}m \${RIBONNX_JAVA_OPTS:-}"
    mkdir -p ${prefix}
    '${model.bin}ribonnx-encode' \\
        --model ./${bundle} \\
        --threads ${task.cpus} ${args} \\
        --output ${prefix}/features.npz \\
        ${files.join(' ')}
    """

    stub:
    def prefix = task.ext.prefix ?: meta.id
    """
    mkdir -p ${prefix}
    touch ${prefix}/features.npz
    echo '{"records": 1}' > ${prefix}/features.npz.run.json
    """
}

// A bundle with one input takes files as they are, a bundle with several by the names it gives them. Nextflow escapes
// file names in scripts, but not in functions.
def operands(name, files) {
    return [files].flatten().collect { file ->
        def quoted = "'${file.toString().replace("'", "'\\''")}'"
        name ? "--input ${name}=${quoted}" : quoted
    }
}
