import groovy.json.JsonSlurper
import java.nio.charset.CharacterCodingException
import java.nio.file.Files
import java.nio.file.Path
import nextflow.Nextflow

/** A samplesheet, or one bare file with sequences or a table, as a list of samples; all that is wrong with it is collected. */
class SampleSheet {

    /** Names in the results folder that no sample may take, in lower case. */
    private static final Set<String> RESERVED = ['pipeline_info', 'multiqc', 'index.csv', 'predictions.tsv', 'report.html'] as Set

    final List<String> mistakes = []
    private final Map<String, Map> columns
    private final List<String> required
    private final Map model
    private final boolean pairs

    /**
     * @param schema description of the columns
     * @param model  what is known of the model; null where it could not be found, then its inputs are not looked at
     * @param pairs  whether a bare file holds pairs of sequences, id, ref and alt
     */
    SampleSheet(File schema, Map model, boolean pairs) {
        def items = ((new JsonSlurper().parse(schema) as Map).items) as Map
        columns = items.properties as Map<String, Map>
        required = items.required as List<String>
        this.model = model
        this.pairs = pairs
    }

    /** The samples in the order in which they first occur: id, inputs, annotation, genome, truth. */
    List<Map> read(Path input, String truth) {
        if (!isRemote(input) && !Files.exists(input)) {
            mistakes << "--input ${input} does not exist".toString()
            return []
        }
        if (Files.isDirectory(input)) {
            mistakes << "--input ${input} is a folder and should be a samplesheet or a file with sequences or a table".toString()
            return []
        }
        def rows = rows(input)
        if (rows == null) {
            return bare(input, truth)
        }
        if (truth) {
            mistakes << '--truth goes with a bare file; in a samplesheet it is the column truth'
        }
        return sheet(input, rows)
    }

    private List<Map> bare(Path input, String truth) {
        if (!isRemote(input) && !Files.isReadable(input)) {
            mistakes << "--input ${input} can't be read".toString()
        }
        goodFile(input.toUriString(), '--input')
        missingInputs('a bare file', ['input'] as Set, ['input'] as Set)
        return [[id: nameOf(input), inputs: [input.toUriString()], annotation: null, genome: null, truth: truth ? (Nextflow.file(truth, glob: false) as Path).toUriString() : null]]
    }

    /** A sample's name from that of a file: without folders and endings, other letters made `_`. */
    static String nameOf(Path input) {
        def name = input.fileName.toString()
            .replaceFirst(/(?i)\.(gz|bgz)$/, '')
            .replaceFirst(/(?i)\.(fa|fasta|fna|ffn|fas|fq|fastq|tsv|tab|txt|dat|csv)$/, '')
            .replaceAll(/[^A-Za-z0-9._-]/, '_')
            .replaceFirst(/^[^A-Za-z0-9]+/, '')
            .take(100)
        return !name || name.toLowerCase(Locale.ROOT) in RESERVED ? 'sample' : name
    }

    private List<Map> sheet(Path file, List<Map> rows) {
        if (!rows) {
            return []
        }
        def header = rows[0].cells as List<String>
        def before = mistakes.size()
        header.countBy { it }.each { name, times ->
            if (times > 1) {
                mistakes << "${file.fileName}: column ${name} is there ${times} times".toString()
            }
        }
        header.findAll { !columns.containsKey(it) }.unique().each { name ->
            mistakes << "${file.fileName}: unknown column '${name}'${ParamSchema.guess(name, columns.keySet())}; columns are ${columns.keySet().join(', ')}".toString()
        }
        required.findAll { !(it in header) }.each { name ->
            mistakes << "${file.fileName}: column ${name} is missing".toString()
        }
        if (rows.size() == 1) {
            mistakes << "${file.fileName}: there is no row below the header".toString()
        }
        if (mistakes.size() > before) {
            return []
        }

        def samples = new LinkedHashMap<String, Map>()
        rows.drop(1).each { line ->
            def cells = line.cells as List<String>
            def place = "${file.fileName}, line ${line.line}".toString()
            if (cells.size() > header.size()) {
                mistakes << "${place}: ${cells.size()} cells, but ${header.size()} columns".toString()
                return
            }
            def row = [header, cells].transpose().collectEntries().findAll { it.value } as Map<String, String>
            required.findAll { !row[it] }.each { mistakes << "${place}: ${it} is empty".toString() }
            if (!row.sample || !goodName(row.sample, place)) {
                return
            }
            def sample = samples.computeIfAbsent(row.sample) { id -> [id: id, inputs: [], annotation: null, genome: null, truth: null] }
            (columns.keySet() - 'sample').findAll { row[it] }.each { column ->
                def path = locate(file, row[column])
                if (!isRemote(path) && (!Files.exists(path) || Files.isDirectory(path))) {
                    mistakes << "${place}: ${column} ${row[column]} ${Files.isDirectory(path) ? 'is a folder' : 'does not exist'}".toString()
                    return
                }
                def name = path.toUriString()
                if (!goodFile(name, "${place}: ${column}")) {
                    return
                }
                if (column == 'input') {
                    if (name in sample.inputs) {
                        mistakes << "${place}: input ${row[column]} is there twice for sample ${row.sample}".toString()
                    }
                    sample.inputs << name
                }
                else if (sample[column] && sample[column] != name) {
                    mistakes << "${place}: ${column} of sample ${row.sample} differs from that of its other rows".toString()
                }
                else {
                    sample[column] = name
                }
            }
        }
        // Some file systems take names that differ by case alone for one.
        samples.keySet().groupBy { it.toLowerCase(Locale.ROOT) }.findAll { it.value.size() > 1 }.each { _lower, names ->
            mistakes << "${file.fileName}: samples ${names.join(' and ')} differ by case alone".toString()
        }
        if (samples) {
            def given = samples.values().collect { sample -> columns.keySet().findAll { sample[it] } + 'input' as Set }
            missingInputs(file.fileName.toString(), given.inject { one, other -> one.intersect(other) } as Set, given.sum() as Set)
        }
        return samples.values() as List
    }

    /** What the model wants is there for all samples, and what it has no use for not for any. */
    private void missingInputs(String where, Set<String> all, Set<String> any) {
        if (model == null) {
            return
        }
        (model.inputs as Map).keySet().findAll { !(it in all) }.each { column ->
            mistakes << "${where}: model ${model.id} needs ${column == 'input' ? 'an input' : "a column ${column} in a samplesheet"} for each sample".toString()
        }
        ['annotation', 'genome'].findAll { it in any && !(model.inputs as Map).containsKey(it) }.each { column ->
            mistakes << "${where}: model ${model.id} has no use for the column ${column}".toString()
        }
    }

    private boolean goodName(String name, String place) {
        def about = columns.sample
        if (!(name ==~ (about.pattern as String))) {
            mistakes << "${place}: sample '${name}' ${about.errorMessage}".toString()
            return false
        }
        if (name.toLowerCase(Locale.ROOT) in RESERVED) {
            mistakes << "${place}: sample '${name}' has the name of a result: choose another".toString()
            return false
        }
        return true
    }

    /** Nextflow links files into task folders by a script in which these letters are not safe. */
    private boolean goodFile(String name, String place) {
        if (name =~ /[$`"\\\r\n]/) {
            mistakes << "${place} ${name.replaceAll(/[\r\n]/, ' ')} has a letter in its path that can't be used (\$, `, \", \\ or a line break): rename it".toString()
            return false
        }
        return true
    }

    private static Path locate(Path sheet, String name) {
        def absolute = name.startsWith('/') || name.contains('://')
        return (absolute ? Nextflow.file(name, glob: false) : sheet.resolveSibling(name).normalize()) as Path
    }

    private static boolean isRemote(Path path) {
        return path.fileSystem != java.nio.file.FileSystems.default
    }

    /** Line number and cells of each row, the header first, empty lines left out; null where the file is no samplesheet. */
    private List<Map> rows(Path file) {
        def named = file.fileName.toString().toLowerCase(Locale.ROOT).endsWith('.csv')
        def first = head(file)
        def columnsSeen = split(first, separator(first))*.trim()
        def known = columnsSeen.count { columns.containsKey(it) }
        if (!named && !required.every { it in columnsSeen }) {
            return null
        }
        // A table of numbers or of pairs may be a CSV file, too, and its first column be called sample.
        if ((model?.tables || pairs) && !('input' in columnsSeen)) {
            return null
        }
        if (named && known == 0) {
            mistakes << "${file.fileName}: the first line should name the columns ${required.join(',')} (${columns.keySet().join(', ')} are known) and is '${first.take(60)}'".toString()
            return []
        }
        try {
            def rows = []
            Files.readString(file).replaceFirst(/^\uFEFF/, '').readLines().eachWithIndex { line, index ->
                if (line.trim()) {
                    rows << [line: index + 1, cells: split(line, separator(first))*.trim()]
                }
            }
            return rows
        }
        catch (CharacterCodingException ignored) {
            mistakes << "${file.fileName} is not UTF-8 text".toString()
            return []
        }
    }

    /** The first line, or so much of it as a header could be. */
    private static String head(Path file) {
        def bytes = Files.newInputStream(file).withCloseable { it.readNBytes(4096) }
        def text = new String(bytes, 'UTF-8').replaceFirst(/^\uFEFF/, '')
        return text ? text.readLines()[0] : ''
    }

    private static String separator(String header) {
        return header.contains('\t') ? '\t' : ','
    }

    /** Cells of a line; a cell in double quotes may hold the separator, and a quote as two. */
    private static List<String> split(String line, String separator) {
        def cells = []
        def cell = new StringBuilder()
        boolean quoted = false
        for (int i = 0; i < line.size(); i++) {
            def letter = line[i]
            if (letter == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"') {
                cell << '"'
                i++
            }
            else if (letter == '"') {
                quoted = !quoted
            }
            else if (letter == separator && !quoted) {
                cells << cell.toString()
                cell.length = 0
            }
            else {
                cell << letter
            }
        }
        cells << cell.toString()
        return cells
    }
}
