package org.ribonnx.core.cli;

import java.io.PrintWriter;
import java.util.LinkedHashSet;
import java.util.Set;

/** Lines on standard error, each headed by the command's name. */
public final class Log {
  private final String command;
  private final PrintWriter err;
  private final boolean quiet;
  private final boolean verbose;
  private final Set<String> last = new LinkedHashSet<>();

  public Log(String command, PrintWriter err, boolean quiet, boolean verbose) {
    this.command = command;
    this.err = err;
    this.quiet = quiet;
    this.verbose = verbose;
  }

  /** A line for people; not with {@code --quiet}. */
  public void info(String line) {
    if (!quiet) {
      print(line);
    }
  }

  /** A line for those who look into something; only with {@code --verbose}. */
  public void detail(String line) {
    if (verbose) {
      print(line);
    }
  }

  /** A line that is always printed. */
  public void warn(String line) {
    print("warning: " + line);
  }

  /** One of several errors that a command goes on from, to name the others too. */
  public void error(String line) {
    print("error: " + line);
  }

  /** A warning that should be the last thing a user reads: printed when the command ends. */
  public void warnLast(String line) {
    last.add(line);
  }

  /** Prints the lines kept for the end. */
  public void end() {
    last.forEach(this::warn);
    last.clear();
  }

  boolean isQuiet() {
    return quiet;
  }

  PrintWriter err() {
    return err;
  }

  void print(String line) {
    err.println(command + ": " + line);
    err.flush();
  }
}
