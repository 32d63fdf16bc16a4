import nextflow.config.control.ConfigParser
import nextflow.script.control.ScriptParser
import org.codehaus.groovy.control.SourceUnit
import org.codehaus.groovy.control.messages.SyntaxErrorMessage
import org.codehaus.groovy.control.messages.WarningMessage

// Errors and warnings of the strict parser for the files given, one a line; exit 1 where there are any. `nextflow lint`
// of 25.04.4 stops with a NullPointerException on a file that has warnings alone or errors alone.

def found = 0
def tell = { SourceUnit source ->
    def collector = source.errorCollector
    def name = new File(source.name).path
    (collector.errors ?: []).each { message ->
        found++
        println message instanceof SyntaxErrorMessage
            ? "$name:${message.cause.startLine}:${message.cause.startColumn}: error: ${message.cause.originalMessage}"
            : "$name: error: $message"
    }
    (collector.warnings ?: []).each { WarningMessage message ->
        found++
        println "$name:${message.context.startLine}: warning: ${message.message}"
    }
}

def configs = new ConfigParser()
def scripts = new ScriptParser()
args.each { name ->
    def file = new File(name).canonicalFile
    (name.endsWith('.config') ? configs : scripts).parse(file)
}
configs.analyze()
scripts.analyze()
configs.compiler().sources.values().each(tell)
scripts.compiler().sources.values().each(tell)
println "${args.size()} files, $found errors and warnings"
System.exit(found ? 1 : 0)
