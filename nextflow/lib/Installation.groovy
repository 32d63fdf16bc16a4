import groovy.json.JsonSlurper

/** The executables on the machine that starts the run, and what they say about a model. */
class Installation {

    /** Folder that holds bin/; null where the executables are on PATH. */
    final String home
    /** What `ribonnx --version` says, without the name. */
    final String version

    private Installation(String home, String version) {
        this.home = home
        this.version = version
    }

    /** `--ribonnx_home`, else the installation beside the pipeline, else PATH. */
    static Installation find(Map params, String pipeline, List<String> mistakes) {
        def asked = Ribonnx.isText(params.ribonnx_home) ? new File(params.ribonnx_home.toString()).absolutePath : null
        def beside = ["${pipeline}/../tools/dist/target/ribonnx", "${pipeline}/.."].collect { new File(it.toString()).canonicalPath }
        def home = asked ?: beside.find { new File(it, 'bin/ribonnx').canExecute() }
        // The path becomes part of scripts between single quotes.
        if (home && home.contains("'")) {
            mistakes << "the installation is in ${home}: a path with a quote in it can't be used".toString()
            return null
        }
        def missing = home ? ['ribonnx', 'ribonnx-encode', 'ribonnx-embed', 'ribonnx-fuse', 'ribonnx-classify', 'ribonnx-report'].findAll { !new File(home, "bin/$it").canExecute() } : []
        if (missing) {
            def what = asked ? "--ribonnx_home ${home}" : "the installation in ${home}"
            mistakes << "${what} has no executable ${missing.collect { 'bin/' + it }.join(', ')}".toString()
            return null
        }
        def (code, out, err) = ask([command(home), '--version'])
        if (code != 0) {
            mistakes << (home == null && code == 127
                ? "the executables are neither in ${beside[0]} nor on PATH: build them (mvn -q package) or give --ribonnx_home".toString()
                : "${command(home)} --version failed with exit code ${code}: ${lastLine(err)}".toString())
            return null
        }
        return new Installation(home, out.trim().tokenize(' ').last())
    }

    /** The model's id, version, path, inputs, views, and the steps that do something; null, and a mistake more, where it can't be had. */
    Map model(String name, List<String> mistakes) {
        def (code, out, err) = ask([command(home), 'model', 'info', '--json', '--model', name])
        if (code != 0) {
            mistakes << "--model ${name}: ${lastLine(err).replaceFirst(/^ribonnx[a-z -]*: (error: )?/, '')}".toString()
            return null
        }
        def info = new JsonSlurper().parseText(out) as Map
        def steps = (info.steps ?: [:]) as Map
        def views = (info.views ?: []) as List<String>
        def path = new File(info.path.toString()).canonicalPath
        return [
            id     : info.id,
            version: info.version,
            title  : info.title,
            path   : path,
            // Tasks are run again when the model changes in place: the card holds the digest of every other file.
            digest : info.sha256,
            inputs : roles((info.inputs ?: [:]) as Map),
            tables : ((info.inputs ?: [:]) as Map).values().any { it instanceof Map && it.kind == 'table' },
            // View -> views that it is made from, where each is made by tasks of its own and fuse joins them; else empty.
            views  : views.size() > 1 && does(steps.fuse) ? views.collectEntries { [it, (info.embeds as Map)?.get(it) ?: [it]] } : [:],
            explain: (info.explain ?: [:]) as Map,
            sets   : ((info.heads ?: []) as List).any { it instanceof Map && it.sets },
            attends: info.attention != null,
            steps  : ['embed', 'fuse'].collectEntries { [it, does(steps[it])] },
        ]
    }

    private static boolean does(step) {
        return step != null && step != 'identity'
    }

    /** Which of the bundle's inputs each column of a samplesheet stands for: column -> name of the input. */
    private static Map<String, String> roles(Map inputs) {
        def roles = [:]
        inputs.each { name, about ->
            def kind = about instanceof Map ? about.kind : about
            def column = ['annotation', 'genome'].find { it == name || it == kind } ?: 'input'
            roles.putIfAbsent(column, name)
        }
        return roles
    }

    private static String command(String home) {
        return home == null ? 'ribonnx' : "${home}/bin/ribonnx"
    }

    private static List ask(List<String> command) {
        try {
            def process = new ProcessBuilder(command).start()
            process.outputStream.close()
            def out = new StringBuilder()
            def err = new StringBuilder()
            process.waitForProcessOutput(out, err)
            return [process.exitValue(), out.toString(), err.toString()]
        }
        catch (IOException failure) {
            return [127, '', failure.message]
        }
    }

    private static String lastLine(String text) {
        def lines = text.readLines().findAll { it.trim() }
        return lines ? lines.last().trim() : 'it says nothing'
    }
}
