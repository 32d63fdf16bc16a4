import groovy.json.JsonSlurper
import java.nio.file.Files
import java.nio.file.Path
import java.time.Instant
import java.util.concurrent.ConcurrentHashMap
import nextflow.Nextflow

/** What became of each sample: kept while the run goes on, written to index.csv and told at the end. */
class RunLog {

    private static final Map<Integer, String> ADVICE = [
        1: 'the tool could not finish (disk full, a file that vanished, a defect): look at its message and run again with -resume',
        2: 'the tool was called in a wrong way: look at ext.args in your own configuration',
        3: 'out of memory, also with more memory and smaller batches: give the process more memory, or a smaller --batch_size or --chunk_size',
        5: 'the model bundle is broken or does not fit: ribonnx model validate tells what is wrong',
        6: 'the GPU asked for is not to be had: ribonnx doctor on that machine tells why, or run without --use_gpu',
    ]

    private static final Map<String, Long> counts = new ConcurrentHashMap<>()
    private static final Map<String, List<String>> done = new ConcurrentHashMap<>()

    static void open(Map run) {
        counts.clear()
        done.clear()
    }

    static void encoded(String sample, Path record) {
        counts[sample] = Ribonnx.records(record)
    }

    /** The report's warnings are about the whole sample, where those of the steps are about a shard each. */
    static void finished(String sample, Path metrics) {
        done[sample] = ((new JsonSlurper().parseText(metrics.text) as Map).warnings ?: []) as List<String>
    }

    /** Writes index.csv and prints the summary; never fails a run that went well. */
    static void close(workflow, log, Map run) {
        def outdir = Nextflow.file(run.outdir) as Path
        def failures = failures(outdir.resolve('pipeline_info/trace.txt'), workflow.start.toInstant())
        def rows = (run.samples as List<Map>).collect { sample ->
            def failure = failures[sample.id as String]
            def status = done.containsKey(sample.id) ? 'ok' : failure == null ? 'not-run' : failure.exit == 4 ? 'bad-input' : 'failed'
            [sample: sample.id, status: status, records: counts[sample.id as String], failure: status == 'ok' ? null : failure, warnings: done[sample.id as String] ?: []]
        }
        index(outdir, rows)

        def good = rows.findAll { it.status == 'ok' }
        def total = good.sum { it.records ?: 0 } ?: 0
        def lines = ["${good.size()} of ${rows.size()} sample${rows.size() == 1 ? '' : 's'} finished, ${total} record${total == 1 ? '' : 's'}, model ${run.model.id} ${run.model.version}".toString()]
        if (good) {
            lines << "  report       ${run.outdir}/report.html".toString()
            lines << "  predictions  ${run.outdir}/predictions.tsv".toString()
        }
        lines << "  index        ${run.outdir}/index.csv".toString()
        rows.each { row ->
            row.warnings.each { lines << "Warning for ${row.sample}: ${it}".toString() }
        }
        def bad = rows.findAll { it.failure }
        if (bad) {
            lines << 'Not finished:'
            bad.each { row ->
                lines << "  ${row.sample} (${row.status}, ${row.failure.step}, exit ${row.failure.exit}): ${row.failure.reason}".toString()
                lines << "      task folder: ${row.failure.workdir}".toString()
            }
        }
        if (bad.any { it.status == 'bad-input' }) {
            lines << 'Put the input right and run the same command with -resume: what is done is not done again.'
        }
        def advice = workflow.success ? null : ADVICE[workflow.exitStatus as Integer]
        if (advice) {
            lines << "Exit code ${workflow.exitStatus}: ${advice}".toString()
        }
        (bad || rows.any { it.warnings } || !workflow.success) ? log.warn(lines.join('\n')) : log.info('\n' + lines.join('\n'))
    }

    private static void index(Path outdir, List<Map> rows) {
        def files = [predictions: 'predictions.tsv', scores: 'scores.tsv', report: 'report.html', metrics: 'metrics.json', run: 'run.json']
        def lines = [(['sample', 'status', 'records'] + files.keySet() + ['step', 'exit', 'reason', 'warnings']).join(',')]
        rows.each { row ->
            def ok = row.status == 'ok'
            def failure = (row.failure ?: [:]) as Map
            def cells = [row.sample, row.status, row.records ?: ''] +
                files.values().collect { ok ? "${row.sample}/${it}" : '' } +
                [failure.step ?: '', failure.exit ?: '', failure.reason ?: '', row.warnings.join('; ')]
            lines << cells.collect { quote(it.toString()) }.join(',')
        }
        Files.createDirectories(outdir)
        outdir.resolve('index.csv').text = lines.join('\n') + '\n'
    }

    private static String quote(String cell) {
        return cell =~ /[",\n\r]/ ? '"' + cell.replace('"', '""') + '"' : cell
    }

    /** The last attempt of every task that failed, by the sample in its tag. */
    private static Map<String, Map> failures(Path trace, Instant start) {
        def failures = [:]
        // One that an earlier run left, where tracing has been switched off, says nothing of this run.
        if (!Files.exists(trace) || Files.getLastModifiedTime(trace).toInstant().isBefore(start.minusSeconds(60))) {
            return failures
        }
        def lines = trace.readLines()
        def names = lines[0].tokenize('\t')
        def last = new LinkedHashMap<String, Map>()
        lines.drop(1).each { line ->
            def task = [names, line.split('\t', -1) as List].transpose().collectEntries()
            last[task.name as String] = task
        }
        last.values().findAll { it.status in ['FAILED', 'ABORTED'] }.each { task ->
            def sample = (task.tag as String).tokenize(' ')[0]
            failures.putIfAbsent(sample, [
                step   : (task.process as String).tokenize(':').last(),
                exit   : (task.exit as String).isInteger() ? task.exit as int : -1,
                workdir: task.workdir,
                reason : reason(task.workdir as String),
            ])
        }
        return failures
    }

    /** A tool's last line on stderr says what, where and what to do. */
    private static String reason(String workdir) {
        def folder = Nextflow.file(workdir) as Path
        def lines = ['.command.err', '.command.log'].collect { folder.resolve(it) }
            .findAll { Files.exists(it) }
            .collectMany { it.readLines().findAll { line -> line.trim() }.takeRight(1) }
        return lines ? lines.first().trim() : 'it left no message'
    }
}
