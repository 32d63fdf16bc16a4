package org.ribonnx.core.testing;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Function;
import org.ribonnx.core.cli.Cli;
import org.ribonnx.core.cli.Streams;

/** Runs commands in process, as the shell would. */
public final class Tool {
  /** What a command left: exit code, standard output, standard error. */
  public record Outcome(int code, byte[] out, String err) {
    public String text() {
      return new String(out, StandardCharsets.UTF_8);
    }

    /** Fails the test with what the command said, if it did not end well. */
    public Outcome succeeded() {
      if (code != 0) {
        throw new AssertionError("exit code " + code + ": " + err);
      }
      return this;
    }
  }

  /** No test looks for a GPU. */
  private static final Map<String, String> ENVIRONMENT = Map.of("RIBONNX_DEVICE", "cpu");

  private Tool() {}

  public static Outcome run(Function<Streams, Cli.Command> command, Object... arguments) {
    return run(command, ENVIRONMENT, new ByteArrayInputStream(new byte[0]), arguments);
  }

  public static Outcome run(
      Function<Streams, Cli.Command> command, InputStream in, Object... arguments) {
    return run(command, ENVIRONMENT, in, arguments);
  }

  public static Outcome run(
      Function<Streams, Cli.Command> command,
      Map<String, String> environment,
      InputStream in,
      Object... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    StringWriter err = new StringWriter();
    Streams streams = new Streams(in, out, new PrintWriter(err, true), environment, null, false);
    String[] texts = new String[arguments.length];
    for (int i = 0; i < texts.length; i++) {
      texts[i] = arguments[i].toString();
    }
    int code = Cli.execute(command.apply(streams), texts);
    return new Outcome(code, out.toByteArray(), err.toString());
  }

  /** A file or folder of this repository, whichever module's tests run. */
  public static Path repository(String name) {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.isDirectory(folder.resolve("test-data"))) {
      folder = folder.getParent();
    }
    return folder.resolve(name);
  }
}
