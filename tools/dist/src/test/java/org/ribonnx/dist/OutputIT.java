package org.ribonnx.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Outputs that can't be written, and runs that are ended from outside. */
class OutputIT {
  private static final String RECORDS = ">a\nGCAUGCAUCGGAUCGAUUAGCGAUCGGGCAUAUCGCGAUU\n";

  private final List<Case> cases = new ArrayList<>();

  private interface Making {
    void make(Sandbox box) throws IOException;
  }

  private void bad(String name, Making making, Function<Sandbox, String> output, String... words) {
    cases.add(
        Case.of(
            name,
            2,
            box -> {
              String input = box.input("x.fa", RECORDS);
              try {
                making.make(box);
              } catch (IOException e) {
                throw new IllegalStateException(e);
              }
              return List.of(
                  "ribonnx",
                  "predict",
                  "--model",
                  Sandbox.smallest(),
                  "--output",
                  output.apply(box),
                  input);
            },
            words));
  }

  @TestFactory
  Stream<DynamicTest> outputs() {
    bad(
        "folder missing",
        box -> {},
        box -> box.out("none/p.tsv"),
        "none",
        "no such folder",
        "create it");
    bad("output is a folder", box -> {}, box -> box.out.toString(), "is a folder", "name a file");
    bad("output is the input", box -> {}, box -> box.in + "/x.fa", "x.fa", "both input and output");
    bad(
        "output is the input by another path",
        box -> {},
        box -> box.out + "/../in/./x.fa",
        "both input and output");
    bad(
        "output is a symbolic link to the input",
        box -> Files.createSymbolicLink(box.out.resolve("l"), box.in.resolve("x.fa")),
        box -> box.out("l"),
        "both input and output");
    bad(
        "output is a hard link to the input",
        box -> Files.createLink(box.out.resolve("h"), box.in.resolve("x.fa")),
        box -> box.out("h"),
        "both input and output");
    bad("output below a file", box -> {}, box -> box.in + "/x.fa/p.tsv", "x.fa");
    cases.add(
        Case.of(
            "outdir is a file",
            2,
            box -> {
              String input = box.input("x.fa", RECORDS);
              return List.of(
                  "ribonnx", "predict", "--model", Sandbox.smallest(), "--outdir", input, input);
            },
            "x.fa"));
    cases.add(
        Case.of(
            "predictions and scores by the same name",
            2,
            box ->
                List.of(
                    "ribonnx",
                    "predict",
                    "--model",
                    Sandbox.smallest(),
                    "--output",
                    box.out("p"),
                    "--scores",
                    box.out("p"),
                    box.input("x.fa", RECORDS)),
            "the same name"));
    return Case.tests(cases);
  }

  private static boolean isRoot() {
    return "root".equals(System.getProperty("user.name"));
  }

  /** The system's words; null if it refused. */
  private static boolean did(String... words) {
    try {
      Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
      process.getInputStream().readAllBytes();
      return process.waitFor() == 0;
    } catch (IOException | InterruptedException e) {
      return false;
    }
  }

  @Test
  void readOnlyFolder() throws IOException {
    Path place = Path.of(System.getProperty("java.io.tmpdir"));
    try (Sandbox box = new Sandbox(place, "ribonnx-nobody-")) {
      did("chmod", "-R", "a+rwX", box.root.toString());
      String launcher = Sandbox.INSTALLATION.resolve("bin/ribonnx").toString();
      if (isRoot()) {
        box.before = List.of("setpriv", "--reuid", "65534", "--clear-groups");
        boolean works = did("setpriv", "--reuid", "65534", "--clear-groups", launcher, "--version");
        if (!works) {
          System.out.println("skipped: no other user can run the installation where it lies");
        }
        assumeTrue(works, "another user can run the installation");
      }
      String input = box.input("x.fa", RECORDS);
      List<String> command =
          List.of(
              "ribonnx",
              "predict",
              "--model",
              Sandbox.smallest(),
              "--output",
              box.out("p.tsv"),
              input);
      did("chmod", "a-w", box.out.toString());
      box.fails(2, List.of("out: the folder can't be written to", "choose another place"), command);
      did("chmod", "a+w", box.out.toString());
      did("chmod", "a-r", input);
      assertEquals(2, box.run(command).code());
      did("chmod", "a+r", input);
      // The installation itself need not be writable.
      Sandbox.Result result = box.run(command);
      assertEquals(0, result.code(), result.toString());
    }
  }

  /** A tiny file system for outputs, then for TMPDIR. */
  @Test
  void diskFull() throws IOException {
    for (String full : List.of("out", "tmp")) {
      try (Sandbox box = new Sandbox()) {
        Path place = box.root.resolve(full);
        boolean mounted = did("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", place.toString());
        if (!mounted) {
          System.out.println("skipped: no small file system can be mounted here");
        }
        assumeTrue(mounted, "a small file system can be mounted");
        try {
          String input = box.input("x.fa", many(3000));
          box.fails(
              1,
              List.of("the disk is full", full.equals("tmp") ? "TMPDIR" : "p.tsv"),
              List.of(
                  "ribonnx",
                  "predict",
                  "--quiet",
                  "--model",
                  Sandbox.smallest(),
                  "--output",
                  box.out("p.tsv"),
                  input));
          box.fails(
              1,
              List.of("the disk is full", full.equals("tmp") ? "TMPDIR" : "f.npz"),
              List.of(
                  "ribonnx-encode",
                  "--quiet",
                  "--model",
                  Sandbox.smallest(),
                  "--output",
                  box.out("f.npz"),
                  input));
        } finally {
          did("umount", place.toString());
        }
      }
    }
  }

  static String many(int records) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < records; i++) {
      text.append(">record-").append(i).append('\n').append("GCAUGGCAUU".repeat(10)).append('\n');
    }
    return text.toString();
  }

  @TestFactory
  Stream<DynamicTest> signals() {
    return Map.of("TERM", 143, "INT", 143).entrySet().stream()
        .flatMap(
            signal ->
                Stream.of("ribonnx", "ribonnx-encode")
                    .map(
                        command ->
                            DynamicTest.dynamicTest(
                                command + " " + signal.getKey(),
                                () -> signalled(command, signal.getKey(), signal.getValue()))));
  }

  /** Standard input that never ends keeps a run in the middle. */
  private static void signalled(String command, String signal, int code)
      throws IOException, InterruptedException {
    try (Sandbox box = new Sandbox()) {
      Path pipe = box.in.resolve("pipe");
      assumeTrue(did("mkfifo", pipe.toString()), "mkfifo");
      // Both ends are held open here, so that the run waits for more.
      try (java.io.RandomAccessFile feed = new java.io.RandomAccessFile(pipe.toFile(), "rw")) {
        feed.write(many(300).getBytes(java.nio.charset.StandardCharsets.UTF_8));
        List<String> words = new ArrayList<>(List.of(command));
        if (command.equals("ribonnx")) {
          words.add("predict");
        }
        words.addAll(
            List.of("--model", Sandbox.smallest(), "--output", box.out("p"), pipe.toString()));
        Process process = box.start(words);
        long patience = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (unfinished(box) == 0 && System.nanoTime() < patience) {
          Thread.sleep(20);
        }
        assertTrue(unfinished(box) > 0, "the run is midway");
        Thread.sleep(300);
        assertTrue(did("kill", "-" + signal, "" + process.pid()));
        assertTrue(process.waitFor(20, TimeUnit.SECONDS), "ends without more input");
        assertEquals(code, process.exitValue(), signal);
        assertEquals(Map.of(), Sandbox.digests(box.out));
        box.assertNothingElse(signal);
      }
    }
  }

  /** Names alone: the run makes and deletes files while this looks. */
  private static long unfinished(Sandbox box) {
    return Stream.of(box.out, box.tmp)
        .map(folder -> folder.toFile().list())
        .filter(Objects::nonNull)
        .flatMap(Stream::of)
        .filter(name -> name.contains("ribonnx-partial"))
        .count();
  }

  @Test
  void closedPipe() {
    try (Sandbox box = new Sandbox()) {
      String input = box.input("x.fa", many(20_000));
      Sandbox.Result result =
          box.shell(
              "{ ribonnx predict --quiet --model '"
                  + Sandbox.smallest()
                  + "' --output - '"
                  + input
                  + "'; echo \"code $?\" >&2; } | head -1");
      assertEquals(1, result.out().lines().count(), result.toString());
      assertEquals(2, result.lines().size(), result.toString());
      assertTrue(result.lines().get(0).contains("standard output"), result.toString());
      assertTrue(result.lines().get(0).contains("closed the pipe"), result.toString());
      assertEquals("code 1", result.lines().get(1), result.toString());
      box.assertNothingElse(result.toString());
    }
  }
}
