package org.ribonnx.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A folder with inputs, outputs and TMPDIR of its own, in which the installed commands run as a
 * user runs them: through their launchers, with an environment that holds nothing else.
 */
final class Sandbox implements AutoCloseable {
  static final Path INSTALLATION = Path.of(System.getProperty("ribonnx.installation", ""));
  static final Path TEST_DATA = Path.of(System.getProperty("ribonnx.testdata", ""));

  private static final long SECONDS = 60;

  /**
   * What came of a command.
   *
   * @param peak most resident memory seen, in MB; 0 where the system does not tell
   */
  record Result(int code, String out, String err, long peak) {
    List<String> lines() {
      return err.lines().toList();
    }
  }

  final Path root;
  final Path in;
  final Path out;
  final Path tmp;
  final Map<String, String> environment = new HashMap<>();
  Path bin = INSTALLATION.resolve("bin");
  List<String> before = List.of();
  Path standardInput = Path.of("/dev/null");

  Sandbox() {
    this(Path.of(System.getProperty("ribonnx.sandboxes", "")), "case-");
  }

  Sandbox(Path where, String name) {
    try {
      Files.createDirectories(where);
      root = Files.createTempDirectory(where, name);
      in = Files.createDirectory(root.resolve("in"));
      out = Files.createDirectory(root.resolve("out"));
      tmp = Files.createDirectory(root.resolve("tmp"));
      Files.createDirectory(root.resolve("home"));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    environment.put("PATH", System.getenv("PATH"));
    environment.put("HOME", root.resolve("home").toString());
    environment.put("TMPDIR", tmp.toString());
    environment.put("RIBONNX_DEVICE", "cpu");
    environment.put("JAVA_HOME", System.getProperty("java.home"));
  }

  /** The smallest bundle. */
  static String smallest() {
    return TEST_DATA.resolve("bundles/smallest").toString();
  }

  String input(String name, String text) {
    return input(name, text.getBytes(StandardCharsets.UTF_8));
  }

  String input(String name, byte[] bytes) {
    try {
      Path file = in.resolve(name);
      Files.createDirectories(file.getParent());
      return Files.write(file, bytes).toString();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  String out(String name) {
    return out.resolve(name).toString();
  }

  /** A process of an installed command; standard output and error go to files. */
  Process start(List<String> command) throws IOException {
    List<String> words = new ArrayList<>(before);
    words.add(bin.resolve(command.get(0)).toString());
    words.addAll(command.subList(1, command.size()));
    return start(words, root.resolve("stdout"), root.resolve("stderr"));
  }

  private Process start(List<String> words, Path stdout, Path stderr) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(words);
    builder.environment().clear();
    builder.environment().putAll(environment);
    builder.directory(root.resolve("home").toFile());
    builder.redirectInput(standardInput.toFile());
    builder.redirectOutput(stdout.toFile());
    builder.redirectError(stderr.toFile());
    return builder.start();
  }

  Result run(String... command) {
    return run(List.of(command));
  }

  Result run(List<String> command) {
    try {
      return end(start(command));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A shell command line, with the launchers on PATH. */
  Result shell(String line) {
    try {
      environment.put("PATH", bin + File.pathSeparator + System.getenv("PATH"));
      return end(
          start(List.of("/bin/sh", "-c", line), root.resolve("stdout"), root.resolve("stderr")));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  Result end(Process process) {
    try {
      long peak = 0;
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
      while (!process.waitFor(10, TimeUnit.MILLISECONDS)) {
        peak = Math.max(peak, resident(process.pid()));
        if (System.nanoTime() > end) {
          process.destroyForcibly();
          throw new AssertionError("still running after " + SECONDS + " s");
        }
      }
      return new Result(
          process.exitValue(),
          Files.readString(root.resolve("stdout")),
          Files.readString(root.resolve("stderr")),
          peak);
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static long resident(long pid) {
    try (Stream<String> lines = Files.lines(Path.of("/proc/" + pid + "/status"))) {
      return lines
          .filter(line -> line.startsWith("VmHWM:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024)
          .findFirst()
          .orElse(0);
    } catch (IOException | java.io.UncheckedIOException e) {
      return 0;
    }
  }

  /** Runs a command that must end with an error, one line, and no trace in the file system. */
  Result fails(int code, List<String> fragments, List<String> command) {
    Map<String, String> inputs = digests(in);
    Map<String, String> outputs = digests(out);
    Result result = run(command);
    String shown = command + "\nstdout: " + result.out() + "\nstderr: " + result.err();
    assertEquals(code, result.code(), shown);
    assertOneLine(result, command.get(0), shown);
    for (String fragment : fragments) {
      assertTrue(result.err().contains(fragment), "no '" + fragment + "' in: " + shown);
    }
    assertEquals("", result.out(), "standard output of " + shown);
    assertTrue(result.peak() < 1000, result.peak() + " MB, " + shown);
    assertEquals(outputs, digests(out), "the output folder after " + shown);
    assertEquals(inputs, digests(in), "the inputs after " + shown);
    assertNothingElse(shown);
    return result;
  }

  static void assertOneLine(Result result, String command, String shown) {
    assertEquals(1, result.lines().size(), "one line on standard error is expected: " + shown);
    assertTrue(result.err().startsWith(command), "the line names the command: " + shown);
    assertTrue(result.err().length() < 2000, "the line is short: " + shown);
    assertFalse(
        result.err().matches("(?s).*(\\bat [a-z]+\\.[\\w.$]+\\(|Exception|\\bdefect\\b).*"),
        "no stack trace or defect: " + shown);
  }

  /** Nothing in TMPDIR, nothing beside inputs and outputs. */
  void assertNothingElse(String shown) {
    assertEquals(Map.of(), digests(tmp), "TMPDIR after " + shown);
    assertEquals(Map.of(), digests(root.resolve("home")), "the working folder after " + shown);
    try (Stream<Path> entries = Files.list(root)) {
      List<String> names = entries.map(entry -> entry.getFileName().toString()).sorted().toList();
      assertTrue(
          List.of("home", "in", "out", "stderr", "stdout", "tmp").containsAll(names),
          "unexpected beside the outputs: " + names);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Every file, folder and link under a folder, with the digest of its content. */
  static Map<String, String> digests(Path folder) {
    Map<String, String> found = new TreeMap<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(file -> !file.equals(folder)).toList()) {
        String name = folder.relativize(file).toString();
        if (Files.isSymbolicLink(file)) {
          found.put(name, "link to " + Files.readSymbolicLink(file));
        } else if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
          found.put(name, sha256(Files.readAllBytes(file)));
        } else {
          found.put(name, "folder");
        }
      }
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return found;
  }

  static String sha256(byte[] bytes) {
    try {
      return java.util.HexFormat.of()
          .formatHex(java.security.MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (java.security.NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  static byte[] bytes(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Copies a folder. */
  static void copy(Path from, Path to) {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path target = to.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else {
          Files.copy(file, target, java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
        }
      }
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    try {
      Files.walkFileTree(
          root,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
              Files.delete(file);
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path folder, IOException failure)
                throws IOException {
              Files.delete(folder);
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
