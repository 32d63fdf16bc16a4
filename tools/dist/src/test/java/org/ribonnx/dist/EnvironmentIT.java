package org.ribonnx.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Options, environment, Java and the place of the installation. */
class EnvironmentIT {
  private static final String RECORDS = ">a\nGCAUGCAUCGGAUCGAUUAGCGAUCGGGCAUAUCGCGAUU\n";
  private static final List<String> COMMANDS =
      List.of("ribonnx", "ribonnx-encode", "ribonnx-embed", "ribonnx-fuse", "ribonnx-classify");

  private final List<Case> cases = new ArrayList<>();

  private static List<String> predict(Sandbox box, String... more) {
    List<String> command = new ArrayList<>(List.of("ribonnx", "predict"));
    command.addAll(List.of("--output", box.out("p.tsv"), box.input("x.fa", RECORDS)));
    command.addAll(List.of(more));
    return command;
  }

  private void bad(
      String name, int code, List<String> environment, List<String> more, String... words) {
    cases.add(
        Case.of(
            name,
            code,
            box -> {
              for (int i = 0; i < environment.size(); i += 2) {
                box.environment.put(environment.get(i), environment.get(i + 1));
              }
              return predict(box, more.toArray(String[]::new));
            },
            words));
  }

  @TestFactory
  Stream<DynamicTest> wrongUse() {
    List<String> model = List.of("--model", Sandbox.smallest());
    bad("no model", 2, List.of(), List.of(), "--model", "see --help");
    bad(
        "unknown model",
        2,
        List.of("RIBONNX_MODELS", Sandbox.TEST_DATA + "/bundles"),
        List.of("--model", "nope"),
        "nope",
        "smallest@1.0.0",
        "searched");
    bad(
        "unknown version",
        2,
        List.of("RIBONNX_MODELS", Sandbox.TEST_DATA + "/bundles"),
        List.of("--model", "smallest@9"),
        "smallest@9",
        "smallest@1.0.0");
    bad(
        "a bundle that is not there",
        2,
        List.of(),
        List.of("--model", "./none"),
        "none",
        "no such model bundle");
    bad(
        "only installed models",
        2,
        List.of("RIBONNX_MODELS_ONLY", "1", "RIBONNX_MODELS", "/usr"),
        model,
        "RIBONNX_MODELS_ONLY",
        "only installed models");
    bad(
        "only installed models, but none named",
        2,
        List.of("RIBONNX_MODELS_ONLY", "1"),
        model,
        "RIBONNX_MODELS names no folder");
    bad(
        "unknown option",
        2,
        List.of(),
        List.of("--model", "x", "--batch-sise", "16"),
        "--batch-sise",
        "did you mean --batch-size",
        "see --help");
    bad(
        "a required option misspelt",
        2,
        List.of(),
        List.of("--modle", "x"),
        "Missing required option: '--model=MODEL'",
        "unknown option '--modle' (did you mean --model?)",
        "see --help");
    bad(
        "unknown device",
        2,
        List.of(),
        List.of("--model", Sandbox.smallest(), "--device", "gpu"),
        "gpu",
        "cuda");
    bad("unknown device by environment", 2, List.of("RIBONNX_DEVICE", "tpu"), model, "tpu");
    bad(
        "threads that are no number",
        2,
        List.of("RIBONNX_THREADS", "many"),
        model,
        "RIBONNX_THREADS",
        "many");
    bad("no thread", 2, List.of("RIBONNX_THREADS", "0"), model, "threads 0");
    bad(
        "threads by option",
        2,
        List.of(),
        List.of("--model", Sandbox.smallest(), "--threads", "two"),
        "--threads",
        "two");
    bad(
        "a batch size off the grid",
        2,
        List.of(),
        List.of("--model", Sandbox.smallest(), "--batch-size", "7"),
        "--batch-size 7",
        "multiple of 16");
    bad(
        "TMPDIR that is not there",
        1,
        List.of("TMPDIR", "/nowhere/at/all"),
        model,
        "/nowhere/at/all",
        "TMPDIR");
    bad(
        "RIBONNX_JAVA with a missing file",
        1,
        List.of("RIBONNX_JAVA", "/nowhere/java"),
        model,
        "/nowhere/java",
        "RIBONNX_JAVA");
    bad(
        "CUDA where there is none",
        6,
        List.of(),
        List.of("--model", Sandbox.smallest(), "--device", "cuda"),
        "CUDA was asked for",
        "--device cpu");
    cases.add(
        Case.of(
            "Java too old",
            1,
            box -> {
              Path java = box.in.resolve("java 11/bin/java");
              box.input("java 11/release", "JAVA_VERSION=\"11.0.2\"\n");
              box.input("java 11/bin/java", "#!/bin/sh\nexit 9\n");
              assertTrue(java.toFile().setExecutable(true));
              box.environment.put("RIBONNX_JAVA", box.in.resolve("java 11").toString());
              return predict(box, "--model", "x");
            },
            "Java 11.0.2",
            "install Java 17"));
    cases.add(
        Case.of(
            "no Java",
            1,
            box -> {
              box.environment.remove("JAVA_HOME");
              Path tools = box.in.resolve("path");
              try {
                Files.createDirectories(tools);
              } catch (IOException e) {
                throw new IllegalStateException(e);
              }
              box.environment.put("PATH", tools.toString());
              return predict(box, "--model", "x");
            },
            "no Java found",
            "install Java 17"));
    cases.add(
        Case.of(
            "no shard of that number",
            2,
            box ->
                List.of(
                    "ribonnx-classify",
                    "--model",
                    Sandbox.smallest(),
                    "--output",
                    box.out("p"),
                    "--shard",
                    "3/2",
                    box.in + "/x.npz"),
            "x.npz"));
    return Case.tests(cases);
  }

  @TestFactory
  Stream<DynamicTest> versionAndHelp() {
    return COMMANDS.stream()
        .map(
            command ->
                DynamicTest.dynamicTest(
                    command,
                    () -> {
                      try (Sandbox box = new Sandbox()) {
                        Sandbox.Result version = box.run(command, "--version");
                        assertEquals(0, version.code());
                        assertTrue(
                            version.out().matches(command + " [0-9][0-9A-Za-z.-]*\n"),
                            version.out());
                        assertEquals("", version.err());
                        Sandbox.Result help = box.run(command, "--help");
                        assertEquals(0, help.code());
                        assertEquals("", help.err());
                        Matcher usage =
                            Pattern.compile("--[a-z-]+").matcher(help.out().split("\n\\S", 2)[0]);
                        String described = help.out();
                        while (usage.find()) {
                          assertTrue(described.contains("      " + usage.group()), usage.group());
                        }
                        assertTrue(described.contains("--help") && described.contains("--version"));
                        box.assertNothingElse(command);
                      }
                    }));
  }

  private static void works(Sandbox box, String model, String input) {
    Sandbox.Result result =
        box.run("ribonnx", "predict", "--quiet", "--model", model, "--output", "-", input);
    assertEquals(0, result.code(), result.toString());
    assertEquals("", result.err());
    assertTrue(result.out().startsWith("id\thead\tprediction\t"), result.out());
    assertEquals(2, result.out().lines().count(), result.out());
    box.assertNothingElse(result.toString());
  }

  /** A copy under another name: no archive fits, a part is missing, the path is unusual. */
  @Test
  void copies() throws IOException {
    try (Sandbox box = new Sandbox()) {
      Path copy = box.in.resolve("Programme für RNA/ribonnx 0.1");
      Files.createDirectories(copy.getParent());
      Sandbox.copy(Sandbox.INSTALLATION, copy);
      box.bin = copy.resolve("bin");
      Sandbox.copy(Path.of(Sandbox.smallest()), box.in.resolve("Modell größer"));
      String model = box.in.resolve("Modell größer").toString();
      String input = box.input("Eingabe ünd mehr.fa", RECORDS);
      works(box, model, input);
      Sandbox.Result result =
          box.run(
              "ribonnx",
              "predict",
              "--model",
              model,
              "--output",
              box.out("Ausgabe ö 1.tsv"),
              input);
      assertEquals(0, result.code(), result.toString());
      assertTrue(Files.exists(box.out.resolve("Ausgabe ö 1.tsv")));

      // Reached through links.
      Path link = Files.createSymbolicLink(box.in.resolve("link"), copy.resolve("bin/ribonnx"));
      Files.createSymbolicLink(box.in.resolve("ribonnx"), link);
      box.bin = box.in;
      works(box, model, input);
      box.bin = copy.resolve("bin");

      // The archive is of another build, or gone.
      try (Stream<Path> files = Files.list(copy.resolve("lib"))) {
        for (Path archive : files.filter(file -> file.toString().endsWith(".jsa")).toList()) {
          assertTrue(archive.toFile().setWritable(true));
          Files.writeString(archive, "stale");
          works(box, model, input);
          Files.delete(archive);
          works(box, model, input);
        }
      }
      Files.delete(copy.resolve("native/cpu/libonnxruntime.so"));
      box.fails(
          1,
          List.of("libonnxruntime.so", "install Ribonnx again"),
          List.of("ribonnx", "predict", "--model", model, "--output", box.out("q"), input));
    }
  }

  @Test
  void anotherJava() {
    Path java = Path.of("/usr/lib/jvm/temurin-25-jdk-amd64");
    assumeTrue(Files.isDirectory(java), "another Java");
    try (Sandbox box = new Sandbox()) {
      box.environment.put("RIBONNX_JAVA", java.toString());
      works(box, Sandbox.smallest(), box.input("x.fa", RECORDS));
    }
  }

  @Test
  void standardInputAndNamesByContent() {
    try (Sandbox box = new Sandbox()) {
      box.standardInput = Path.of(box.input("dataset_12.dat", RECORDS));
      works(box, Sandbox.smallest(), "-");
      assertFalse(Files.exists(box.out.resolve("-")));
    }
  }
}
