import groovy.json.JsonSlurper
import java.nio.file.Files
import java.nio.file.Path
import nextflow.Nextflow

/** The parameters as nextflow_schema.json describes them: checked, explained and tabulated from that one file. */
class ParamSchema {

    private final List<Map> groups
    /** Name -> description of every parameter, in the order of the file. */
    final Map<String, Map> params = [:]
    private final Set<String> required = []

    ParamSchema(File file) {
        def schema = new JsonSlurper().parse(file) as Map
        groups = (schema.allOf as List<Map>).collect { reference ->
            (schema.get('$defs') as Map)[(reference.get('$ref') as String).tokenize('/').last()] as Map
        }
        groups.each { group ->
            params.putAll(group.properties as Map)
            required.addAll((group.required ?: []) as List)
        }
    }

    /** One line for each thing that is wrong with the values, none where all is well. */
    List<String> check(Map values, Path launchDir) {
        def mistakes = []
        // `--chunk-size` arrives twice, as chunk-size and as chunkSize; it's one mistake.
        def seen = [] as Set
        values.keySet().findAll { !params.containsKey(it) }.each { name ->
            if (seen.add(plain(name.toString()))) {
                mistakes << "--${name} is not a parameter${guess(name.toString(), params.keySet())}".toString()
            }
        }
        params.each { name, about ->
            def value = values[name]
            if (value == null || value.toString().isEmpty()) {
                if (name in required) {
                    mistakes << "--${name} is missing: ${lowerFirst(about.description)}".toString()
                }
                return
            }
            def problem = problem(value, about)
            if (problem) {
                mistakes << "--${name} ${problem}".toString()
            }
        }
        return mistakes
    }

    private static String problem(value, Map about) {
        def text = value.toString()
        switch (about.type) {
            case 'boolean':
                return text in ['true', 'false'] ? null : "is '${text}' and should be true or false"
            case 'integer':
                if (!(text ==~ /-?\d{1,18}/)) {
                    return value instanceof Boolean ? 'needs a number after it' : "is '${text}' and should be a whole number"
                }
                long number = text as long
                if (about.minimum != null && number < (about.minimum as long)) {
                    return "is ${text} and should be at least ${about.minimum}"
                }
                if (about.maximum != null && number > (about.maximum as long)) {
                    return "is ${text} and should be at most ${about.maximum}"
                }
                if (about.multipleOf != null && number % (about.multipleOf as long) != 0) {
                    return "is ${text} and should be a multiple of ${about.multipleOf}"
                }
                return null
            case 'number':
                if (!(text ==~ /\d{1,9}(\.\d{1,18})?([eE]-?\d{1,3})?/)) {
                    return value instanceof Boolean ? 'needs a number after it' : "is '${text}' and should be a number from 0 on"
                }
                return null
            default:
                if (value instanceof Boolean) {
                    return 'needs a value after it'
                }
                def choices = about.enum as List<String>
                if (choices && !(text in choices)) {
                    return "is '${text}' and should be one of ${choices.join(', ')}${guess(text, choices)}"
                }
                if (about.pattern && !(text =~ (about.pattern as String))) {
                    return "is '${text}' and ${about.errorMessage ?: 'should match ' + about.pattern}"
                }
                if (about.exists && !exists(text)) {
                    return "is ${text}, which does not exist"
                }
                return null
        }
    }

    private static boolean exists(String name) {
        return name.contains('://') || Files.exists(Nextflow.file(name, glob: false) as Path)
    }

    /** Text for `--help`; hidden parameters and the longer explanations only in full. */
    String help(boolean full) {
        def out = new StringBuilder()
        out << 'Usage: nextflow run main.nf --input samplesheet.csv --model mirna-family --outdir results\n'
        out << '       nextflow run main.nf --input hairpins.fa --model mirna-family\n'
        groups.each { group ->
            def shown = (group.properties as Map<String, Map>).findAll { full || !it.value.hidden }
            if (shown) {
                out << "\n${group.title}\n"
                shown.each { name, about ->
                    out << "  ${('--' + name).padRight(24)}${about.description}${suffix(name, about)}\n"
                    if (full && about.help_text) {
                        wrap(about.help_text.toString(), 92).each { out << "${' ' * 26}${it}\n" }
                    }
                }
            }
        }
        out << (full ? '' : '\nMore about each: --help_full\n')
        return out.toString()
    }

    /** The same as a table for the documentation. */
    String markdown() {
        def out = new StringBuilder()
        groups.each { group ->
            out << "**${group.title}**\n\n| parameter | what it does | values | default |\n| --- | --- | --- | --- |\n"
            (group.properties as Map<String, Map>).each { name, about ->
                def text = [about.description, about.help_text].findAll { it }.join('. ')
                out << "| `--${name}` | ${text.replace('|', '\\|')} | ${values(about)} | ${about.default == null ? (name in required ? 'required' : '') : about.type == 'boolean' ? '' : '`' + about.default + '`'} |\n"
            }
            out << '\n'
        }
        return out.toString()
    }

    private static String values(Map about) {
        if (about.enum) {
            return (about.enum as List).collect { "`$it`" }.join(', ')
        }
        if (about.type == 'boolean') {
            return 'flag'
        }
        if (about.type == 'number') {
            return 'number, from 0'
        }
        if (about.type == 'integer') {
            def range = about.maximum != null ? "${about.minimum} to ${about.maximum}" : about.minimum != null ? "from ${about.minimum}" : ''
            return ['number', range, about.multipleOf ? "multiple of ${about.multipleOf}" : ''].findAll { it }.join(', ')
        }
        return [('file-path'): 'file', ('directory-path'): 'folder', path: 'file or folder'][about.format?.toString()] ?: 'text'
    }

    private String suffix(String name, Map about) {
        def notes = []
        if (about.enum) {
            notes << (about.enum as List).join(', ')
        }
        if (about.default != null && about.type != 'boolean') {
            notes << "default: ${about.default}"
        }
        else if (name in required) {
            notes << 'required'
        }
        return notes ? " [${notes.join('; ')}]" : ''
    }

    private static String lowerFirst(text) {
        def words = text.toString()
        return words.size() > 1 && Character.isUpperCase(words.charAt(1)) ? words : words[0].toLowerCase() + words.drop(1)
    }

    private static List<String> wrap(String text, int width) {
        def lines = ['']
        text.tokenize(' ').each { word ->
            if (lines.last() && lines.last().size() + word.size() + 1 > width) {
                lines << word
            }
            else {
                lines[-1] = lines.last() ? lines.last() + ' ' + word : word
            }
        }
        return lines
    }

    /** " (did you mean …?)" where a known name is near, else nothing. */
    static String guess(String name, Collection<String> known) {
        def near = known.collect { [it, distance(plain(name), plain(it))] }.min { it[1] as int }
        return near && (near[1] as int) <= Math.max(1, name.size().intdiv(3)) ? " (did you mean ${near[0]}?)".toString() : ''
    }

    private static String plain(String name) {
        return name.toLowerCase(Locale.ROOT).replaceAll(/[-_ ]/, '')
    }

    /** Letters to change, add, drop or swap with their neighbour to get from one word to the other. */
    private static int distance(String a, String b) {
        def d = new int[a.size() + 1][b.size() + 1]
        (0..a.size()).each { d[it][0] = it }
        (0..b.size()).each { d[0][it] = it }
        for (int i = 1; i <= a.size(); i++) {
            for (int j = 1; j <= b.size(); j++) {
                int cost = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1
                d[i][j] = Math.min(Math.min(d[i - 1][j] + 1, d[i][j - 1] + 1), d[i - 1][j - 1] + cost)
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1)
                }
            }
        }
        return d[a.size()][b.size()]
    }
}
