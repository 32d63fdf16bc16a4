package org.ribonnx.core.cli;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What surrounds a command: standard streams, environment, installation. Commands take all of it
 * from here, so that tests can run them in process.
 *
 * @param in standard input
 * @param out standard output, unbuffered
 * @param err standard error
 * @param environment environment variables
 * @param home the installation; null where there is none
 * @param terminal whether standard error is a terminal
 */
public record Streams(
    InputStream in,
    OutputStream out,
    PrintWriter err,
    Map<String, String> environment,
    @Nullable Path home,
    boolean terminal) {
  /**
   * Those of the process; the launcher passes on the installation and whether there is a terminal.
   */
  public static Streams ofProcess() {
    @Nullable String home = System.getProperty("ribonnx.home");
    return new Streams(
        new FileInputStream(FileDescriptor.in),
        new FileOutputStream(FileDescriptor.out),
        new PrintWriter(
            new OutputStreamWriter(
                new FileOutputStream(FileDescriptor.err), StandardCharsets.UTF_8),
            true),
        System.getenv(),
        home == null ? null : Path.of(home),
        "1".equals(System.getProperty("ribonnx.terminal")));
  }
}
