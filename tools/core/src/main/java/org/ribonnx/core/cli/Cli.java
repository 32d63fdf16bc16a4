package org.ribonnx.core.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.Release;
import org.ribonnx.core.io.OutputFile;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.onnx.OnnxRuntime;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** Runs a command: parses, works, maps every failure to one line and the documented exit code. */
public final class Cli {
  private Cli() {}

  /** What every command of the suite is: picocli fills it, {@code call} works. */
  public abstract static class Command implements Callable<Integer> {
    protected final Streams streams;

    @CommandLine.Spec private @Nullable CommandSpec spec;

    @CommandLine.Mixin protected LogOptions logging = new LogOptions();

    protected Command(Streams streams) {
      this.streams = streams;
    }

    protected CommandSpec spec() {
      return java.util.Objects.requireNonNull(spec);
    }

    /** Commands under this one. */
    protected List<Command> subcommands() {
      return List.of();
    }

    /** The log of this run. */
    protected Log log() {
      return logging.log(spec().qualifiedName(" "), streams.err());
    }

    /** Prints to standard output. */
    protected void print(String text) {
      PrintWriter out = spec().commandLine().getOut();
      out.print(text);
      out.flush();
    }
  }

  /** {@code --quiet}, {@code --verbose}. */
  public static final class LogOptions {
    @CommandLine.Option(names = "--quiet", description = "Print warnings and errors only.")
    private boolean quiet;

    @CommandLine.Option(
        names = "--verbose",
        description = "Print details, and the stack trace of an error.")
    private boolean verbose;

    private @Nullable Log log;

    Log log(String command, PrintWriter err) {
      Log known = log;
      if (known == null) {
        known = new Log(command, err, quiet, verbose);
        log = known;
      }
      return known;
    }
  }

  /** The one line of {@code --version}. */
  public static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"${COMMAND-FULL-NAME} " + Release.VERSION};
    }
  }

  /** Runs a command as a process: the only place that ends the JVM. */
  @SuppressWarnings("SystemExitOutsideMain")
  public static void main(Command command, String[] arguments) {
    OutputFile.removeOnSignal();
    int code = execute(command, arguments);
    OnnxRuntime.settle();
    OutputFile.finished();
    System.exit(code);
  }

  /** Runs a command in this process; returns its exit code. */
  public static int execute(Command command, String[] arguments) {
    PrintWriter out =
        new PrintWriter(
            new java.io.OutputStreamWriter(
                command.streams.out(), java.nio.charset.StandardCharsets.UTF_8),
            false);
    CommandLine line = line(command, arguments, 0);
    line.setOut(out);
    line.setErr(command.streams.err());
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setUsageHelpLongOptionsMaxWidth(28);
    line.setUsageHelpWidth(100);
    line.setExpandAtFiles(false);
    // Plain text is the same everywhere, and finding out about colours takes time.
    line.setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF));
    line.setParameterExceptionHandler(
        (failure, given) -> usage(failure, given, command.streams.err()));
    line.setExecutionExceptionHandler(
        (failure, failed, parsed) -> failure(failure, failed, parsed, command.streams.err()));
    try {
      return line.execute(arguments);
    } catch (OutOfMemoryError e) {
      // An error, so picocli's handler does not see it.
      trace(e, arguments, command.streams.err());
      command.streams.err().println(line.getCommandName() + ": " + memory(e));
      return RibonnxException.Kind.MEMORY.exitCode();
    } catch (Error e) {
      trace(e, arguments, command.streams.err());
      command.streams.err().println(line.getCommandName() + ": " + defect(e));
      return RibonnxException.Kind.FAILED.exitCode();
    } finally {
      out.flush();
      command.streams.err().flush();
    }
  }

  private static void trace(Error error, String[] arguments, PrintWriter err) {
    if (List.of(arguments).contains("--verbose")) {
      error.printStackTrace(err);
    }
  }

  /**
   * Of several subcommands only the one that is named is set up, since each costs start-up time.
   */
  private static CommandLine line(Command command, String[] arguments, int place) {
    CommandLine line = new CommandLine(command);
    List<Command> all = command.subcommands();
    List<Command> named =
        all.stream()
            .filter(sub -> place < arguments.length && name(sub).equals(arguments[place]))
            .toList();
    for (Command sub : named.isEmpty() ? all : named) {
      line.addSubcommand(line(sub, arguments, place + 1));
    }
    return line;
  }

  private static String name(Command command) {
    return command.getClass().getAnnotation(CommandLine.Command.class).name();
  }

  private static int usage(
      CommandLine.ParameterException failure, String[] given, PrintWriter err) {
    CommandLine line = failure.getCommandLine();
    StringBuilder text = new StringBuilder(line.getCommandSpec().qualifiedName(" ")).append(": ");
    text.append(String.valueOf(failure.getMessage()).replaceAll("\\s*[\\r\\n]+\\s*", " "));
    if (failure instanceof CommandLine.MissingParameterException) {
      // A required option that is misspelt is missing too, and that is told first.
      for (String word : given) {
        String name = word.split("=", 2)[0];
        List<String> near =
            name.startsWith("--") && !line.getCommandSpec().optionsMap().containsKey(name)
                ? near(word, line)
                : List.of();
        if (!near.isEmpty()) {
          text.append("; unknown option '").append(name).append("' (did you mean ");
          text.append(String.join(" or ", near)).append("?)");
        }
      }
    }
    if (failure instanceof CommandLine.UnmatchedArgumentException unmatched) {
      List<String> near = near(unmatched.getUnmatched().get(0), line);
      if (!near.isEmpty()) {
        text.append(" (did you mean ").append(String.join(" or ", near)).append("?)");
      }
    }
    err.println(text.append("; see --help"));
    return RibonnxException.Kind.USAGE.exitCode();
  }

  /** Options and commands that {@code word} may be a misspelling of. */
  private static List<String> near(String word, CommandLine line) {
    List<String> known = new java.util.ArrayList<>(line.getSubcommands().keySet());
    line.getCommandSpec().options().forEach(option -> known.add(option.longestName()));
    String name = word.split("=", 2)[0];
    return known.stream().filter(one -> edits(name, one) <= 2).sorted().toList();
  }

  /** Letters to change, add or take away to make one word of the other. */
  private static int edits(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j < row.length; j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int change = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(change, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }

  private static int failure(
      Exception failure,
      CommandLine failed,
      CommandLine.@Nullable ParseResult parsed,
      PrintWriter err) {
    String name = failed.getCommandSpec().qualifiedName(" ");
    boolean verbose = parsed != null && deepest(parsed).hasMatchedOption("--verbose");
    if (verbose) {
      failure.printStackTrace(err);
    }
    if (failure instanceof RibonnxException known) {
      err.println(name + ": " + known.line());
      return known.kind().exitCode();
    }
    err.println(name + ": " + defect(failure));
    return RibonnxException.Kind.FAILED.exitCode();
  }

  private static CommandLine.ParseResult deepest(CommandLine.ParseResult parsed) {
    CommandLine.ParseResult result = parsed;
    while (result.hasSubcommand()) {
      result = result.subcommand();
    }
    return result;
  }

  private static String memory(OutOfMemoryError e) {
    return "out of memory ("
        + e.getMessage()
        + "); set RIBONNX_JAVA_OPTS=-Xmx… higher or give the job more memory";
  }

  private static String defect(Throwable e) {
    return "defect in "
        + Release.VERSION
        + ": "
        + e.toString().replaceAll("\\s*[\\r\\n]+\\s*", " ")
        + "; run again with --verbose and report what it prints";
  }
}
