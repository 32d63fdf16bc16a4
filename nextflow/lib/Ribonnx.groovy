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
     * @return samples, model, chunks, asked, outdir and title for the workflow; null where help or version was asked for
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
        def asked = [explain: isTrue(params.explain), attention: isTrue(params.attention), variants: isText(params.variants) ? params.variants.toString() : null]
        def sheet = new SampleSheet(new File(pipeline, 'assets/schema_input.json'), model, asked.variants == 'pairs')
        def samples = isText(params.input)
            ? sheet.read(Nextflow.file(params.input.toString(), glob: false) as Path, isText(params.truth) ? params.truth.toString() : null)
            : []
        mistakes.addAll(sheet.mistakes)
        mistakes.addAll(misfits(params, schema, asked, model, samples))

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
            asked  : asked,
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

    /** What a task is of, for people and for the log: sample, view, shard. */
    static String tag(Map meta) {
        return [meta.id, meta.view, (meta.of ?: 1) > 1 ? "${meta.shard}/${meta.of}" : null].findAll { it }.join(' ')
    }

    /** What tells the files of one task of a sample from those of the others, with a dot in front; empty where there is one. */
    static String part(Map meta) {
        return [meta.view, (meta.of ?: 1) > 1 ? "${meta.shard}-of-${meta.of}" : null].findAll { it }.collect { ".${it}" }.join('')
    }

    /**
     * The option of a tool that limits its batch, with the number, or nothing. A batch that was too big is halved with every further
     * attempt; without a limit given, that of a GPU is taken to be 512.
     */
    static String batch(String option, task) {
        def limit = task.ext.batch_size ?: (task.accelerator && task.attempt > 1 ? 512 : 0)
        return limit ? "${option} ${Math.max(16, ((limit as int) >> ((task.attempt as int) - 1)).intdiv(16) * 16)}".toString() : ''
    }

    /**
     * Files as a tool takes them: as they are where the bundle has one input, by the names it gives them where it has several.
     * Nextflow escapes file names in scripts, but not here.
     *
     * @param option what stands before a name
     * @param inputs column of a samplesheet -> name of the bundle's input
     */
    static String operands(String option, Map inputs, sequences, annotation = [], genome = []) {
        def named = { name, files ->
            [files].flatten().collect { file ->
                def quoted = "'${file.toString().replace("'", "'\\''")}'"
                name ? "${option} ${name}=${quoted}".toString() : quoted
            }
        }
        def several = inputs.size() > 1
        return (named(several ? inputs.input : null, sequences) + named(inputs.annotation, annotation) + named(inputs.genome, genome)).join(' ')
    }

    /** Whether a table of explanations is about positions of sequences, and no other parts of a record. */
    static boolean ofPositions(Path explanations) {
        return 'position' in (explanations.withReader { it.readLine() } ?: '').tokenize('\t')
    }

    /** Where the file of a task stands among those of its sample: by shard, step and view. */
    static long place(Map meta, int step, List views) {
        return ((meta.shard as long) * 10 + step) * (views.size() + 1) + views.indexOf(meta.view) + 1
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

    /** What does not go with what is asked for, or with the model. */
    private static List<String> misfits(Map params, ParamSchema schema, Map asked, Map model, List<Map> samples) {
        def wrong = []
        if (isTrue(params.sets) && model && !model.sets) {
            wrong << "--sets: model ${model.id} has no prediction sets (sets of a head in its model.yaml); run it without --sets"
        }
        if (asked.explain && model) {
            def known = model.explain as Map
            if (!known) {
                wrong << "--explain: model ${model.id} does not say how it is explained (section explain of its model.yaml)"
            }
            heads(params.explain_heads).findAll { known && !known.containsKey(it) }.each {
                wrong << "--explain_heads ${it}: model ${model.id} explains ${known.keySet().join(', ')}"
            }
        }
        if (asked.attention && model && !model.attends) {
            wrong << "--attention: the model returns no weights; ${model.id} has no fuse.attention"
        }
        if (asked.variants) {
            if (asked.attention) {
                wrong << '--attention and --variants do not go together: run them one after the other'
            }
            if (asked.explain) {
                wrong << '--explain and --variants do not go together: run them one after the other'
            }
            if (model?.tables) {
                wrong << "--variants is for sequences, but model ${model.id} reads tables of numbers"
            }
            if (samples.any { it.truth }) {
                wrong << '--variants has no use for a truth: it compares predictions with each other'
            }
            // Pairs are read by rules of their own.
            ['format', 'id_from', 'features_in', 'duplicate_ids'].findAll { params[it].toString() != schema.params[it].default.toString() }.each {
                wrong << "--${it} has no use with --variants"
            }
        }
        return wrong.collect { it.toString() }
    }

    /** Names with commas between them. */
    static List<String> heads(names) {
        return isText(names) ? names.toString().tokenize(',')*.trim() : []
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
