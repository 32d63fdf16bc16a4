import groovy.json.JsonSlurper

// Parameters say the same everywhere: the schema, the configuration, the README. Arguments: the pipeline's folder and the
// output of `nextflow config -flat`; with --write as a third the README's table is brought up to date.

def pipeline = new File(args[0])
def schema = new ParamSchema(new File(pipeline, 'nextflow_schema.json'))
def problems = []

def configured = new File(args[1]).readLines()
    .collect { it =~ /^params\.(\w+) = (.*)$/ }
    .findAll { it.matches() }
    .collectEntries { [it.group(1), it.group(2).replaceAll(/^'|'$/, '')] }
(configured.keySet() - schema.params.keySet()).each { problems << "$it is in nextflow.config and not in the schema" }
(schema.params.keySet() - configured.keySet()).each { problems << "$it is in the schema and not in nextflow.config" }
schema.params.findAll { configured.containsKey(it.key) }.each { name, about ->
    def expected = String.valueOf(about.default)
    if (configured[name] != expected) {
        problems << "$name is ${configured[name]} in nextflow.config and $expected in the schema"
    }
    if (!about.description || !about.type || !about.fa_icon) {
        problems << "$name has no description, type or icon in the schema"
    }
}

def readme = new File(pipeline, 'README.md')
def begin = '<!-- parameters: made from nextflow_schema.json -->\n'
def end = '<!-- end of parameters -->'
def text = readme.text
int from = text.indexOf(begin) + begin.size()
int to = text.indexOf(end)
def table = text.substring(from, to)
if (table != schema.markdown()) {
    if (args.size() > 2) {
        readme.text = text.substring(0, from) + schema.markdown() + text.substring(to)
    }
    else {
        problems << 'the table in README.md is not that of the schema: nextflow/tests/Params.groovy writes it'
    }
}

problems.each { println it }
System.exit(problems ? 1 : 0)
