import groovy.json.JsonOutput
import groovy.json.JsonSlurper
import java.nio.file.Files
import java.nio.file.Path
import nextflow.Nextflow

/** What the workflow asks of plain Groovy: everything before the first task, and small helpers for channels. */
class Ribonnx {

    /**
     * Checks all that can be checked before a task runs and tells every mistake at once.
     *
     * @return samples, model, chunks, outdir and title for the workflow; null where help or version was asked for
     */
    static Map start(Map params, workflow, log, String pipeline) {
        def schema = new ParamSchema(new File(pipeline, 'nextflow_schema.json'))
        if (isTrue(params.help) || isTrue(params.help_full)) {
            println schema.help(isTrue(params.help_full))
            return null
        }
        def mistakes = []
        def tools = Installation.find(params, pipeline, mistakes)
        if (isTrue(params.version)) {
            println "ribonnx-nextflow ${workflow.manifest.version}\n${tools ? 'ribonnx ' + tools.version : 'ribonnx not found'}"
            return null
        }

        mistakes.addAll(schema.check(params, workflow.launchDir as Path))
        if (workflow.containerEngine && !params.container) {
            mistakes << "--container is missing: profile ${workflow.containerEngine} needs the name of an image or a file".toString()
        }
        if (params.container && !workflow.containerEngine) {
            mistakes << '--container is given, but no profile that uses it: add -profile docker, podman, singularity or apptainer'
        }

        def model = tools && isText(params.model) ? tools.model(params.model.toString(), mistakes) : null
        def sheet = new SampleSheet(new File(pipeline, 'assets/schema_input.json'), model)
        def samples = isText(params.input)
            ? sheet.read(Nextflow.file(params.input.toString(), glob: false) as Path, isText(params.truth) ? params.truth.toString() : null)
            : []
        mistakes.addAll(sheet.mistakes)

        if (mistakes) {
            def many = mistakes.size() > 1 ? "${mistakes.size()} things are wrong, and nothing has been run:" : 'Something is wrong, and nothing has been run:'
            throw new IllegalArgumentException("${many}\n\n${mistakes.collect { '  * ' + it }.join('\n')}\n\nAll parameters: --help")
        }

        // Inside an image the executables are on its PATH.
        def bin = params.container || tools.home == null ? '' : "${tools.home}/bin/".toString()
        def run = [
            samples: samples,
            model  : model + [bin: bin, tools: tools.version],
            chunks : [size: params.chunk_size as int, most: params.max_chunks as int],
            outdir : params.outdir.toString(),
            title  : (params.title ?: "${model.title ?: model.id}, ${samples.size()} sample${samples.size() == 1 ? '' : 's'}").toString(),
        ]
        describe(run, params, log)
        return run
    }

    /** Number of shards: no shard smaller than the chunk size needs to be, and never more than so many. */
    static int shards(Path record, Map chunks) {
        long records = records(record)
        long size = chunks.size as long
        return Math.max(1L, Math.min(chunks.most as long, records.intdiv(size) + (records % size ? 1 : 0))) as int
    }

    /** How many records a run record counts. */
    static long records(Path record) {
        return ((new JsonSlurper().parseText(record.text) as Map).records ?: 0) as long
    }

    /** How many of the steps do anything, the classifier included. */
    static int count(Map steps) {
        return 1 + steps.count { it.value }
    }

    /** The items in the order of their places. */
    static List ordered(List places, List items) {
        return [places, items].transpose().sort { it[0] }.collect { it[1] }
    }

    /** A file that may be left out is an empty list to a process. */
    static Object optional(String name) {
        return name ? Nextflow.file(name, glob: false) : []
    }

    static boolean isTrue(value) {
        return value != null && value.toString() == 'true'
    }

    /** `--name` without a value arrives as true. */
    static boolean isText(value) {
        return value != null && !(value instanceof Boolean) && value.toString()
    }

    private static void describe(Map run, Map params, log) {
        def info = Nextflow.file("${run.outdir}/pipeline_info") as Path
        Files.createDirectories(info)
        info.resolve('params.json').text = JsonOutput.prettyPrint(JsonOutput.toJson(new TreeMap(params))) + '\n'
        RunLog.open(run)
        log.info("""\
            model    ${run.model.id} ${run.model.version} (${run.model.path})
            samples  ${run.samples.size()} from ${params.input}
            tools    ribonnx ${run.model.tools}${run.model.bin ? ' in ' + run.model.bin : params.container ? ', tasks in ' + params.container : ' on the path'}
            device   ${isTrue(params.use_gpu) ? 'cuda' : 'cpu'}
            results  ${run.outdir}
            """.stripIndent())
    }
}
