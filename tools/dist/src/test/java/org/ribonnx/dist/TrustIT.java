package org.ribonnx.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
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

/** What docs/security.md promises of the installed commands. */
class TrustIT {
  private static final String RECORDS = ">a\nGCAUGCAUCGGAUCGAUUAGCGAUCGGGCAUAUCGCGAUU\n";

  /** System calls that make, change or take away a file, with its name. */
  private static final Pattern WRITING =
      Pattern.compile(
          "^[0-9]+ +(?:openat\\([^\"]*\"([^\"]*)\"(?:[^\"]*)(?:O_WRONLY|O_RDWR|O_CREAT|O_TRUNC)"
              + "|(?:mkdir|mkdirat|unlink|unlinkat|rename|renameat2?|link|linkat|symlink|symlinkat|truncate|chmod|"
              + "fchmodat|mknod|mknodat|rmdir|creat)\\([^\"]*\"([^\"]*)\").*");

  private static boolean has(String program) {
    return Files.isExecutable(Path.of("/usr/bin/" + program));
  }

  private static List<List<String>> commands(Sandbox box) {
    String model = Sandbox.INSTALLATION.resolve("models/mirna-family").toString();
    String input = model + "/test/input.fa";
    List<List<String>> all = new ArrayList<>();
    all.add(List.of("ribonnx", "predict", "--model", model, "--outdir", box.out("all"), input));
    all.add(List.of("ribonnx-encode", "--model", model, "--output", box.out("f.npz"), input));
    all.add(
        List.of("ribonnx-embed", "--model", model, "--output", box.out("e.npz"), box.out("f.npz")));
    all.add(
        List.of("ribonnx-fuse", "--model", model, "--output", box.out("u.npz"), box.out("e.npz")));
    all.add(
        List.of(
            "ribonnx-classify", "--model", model, "--output", box.out("p.tsv"), box.out("u.npz")));
    all.add(
        List.of(
            "ribonnx-report",
            "--model",
            model,
            "--output",
            box.out("r.html"),
            "--embeddings",
            box.out("e.npz"),
            box.out("p.tsv")));
    all.add(List.of("ribonnx", "model", "install", "--into", box.out("models"), model));
    all.add(List.of("ribonnx", "model", "test", model));
    all.add(List.of("ribonnx", "doctor"));
    return all;
  }

  /** Every system call of every command is looked at. */
  @Test
  void noConnectionAndNoFileElsewhere() throws IOException {
    assumeTrue(has("strace"), "strace is installed");
    try (Sandbox box = new Sandbox()) {
      Path trace = box.root.resolve("stdout");
      for (List<String> command : commands(box)) {
        Path calls = box.tmp.resolveSibling("home").resolve("calls");
        box.before =
            List.of(
                "strace",
                "-f",
                "-qq",
                "-y",
                "-s",
                "300",
                "-e",
                "trace=network,%file,creat",
                "-o",
                calls.toString());
        Sandbox.Result result = box.run(command);
        assumeTrue(!result.err().contains("ptrace"), "tracing is allowed");
        assertEquals(0, result.code(), command + " " + result);
        List<String> bad = new ArrayList<>();
        int seen = 0;
        int probes = 0;
        for (String call : Files.readAllLines(calls)) {
          seen++;
          if (call.matches("[0-9]+ +socket\\(AF_INET6?,.*")) {
            probes++;
          }
          // The C library asks a daemon of the system for the user's name, where there is one.
          if (call.matches("[0-9]+ +(connect|bind|listen|accept4?|sendto|sendmsg|sendmmsg)\\(.*")
              && !call.contains("/nscd/socket")) {
            bad.add(call);
          }
          Matcher writing = WRITING.matcher(call);
          if (!writing.find()) {
            continue;
          }
          String name = writing.group(1) != null ? writing.group(1) : writing.group(2);
          boolean probe = call.contains("= -1 ");
          boolean own =
              name.startsWith(box.out.toString())
                  || name.startsWith(box.tmp.toString())
                  || name.equals("/dev/null")
                  || name.equals("/dev/tty")
                  || name.startsWith("/proc/self/");
          if (!own && !probe) {
            bad.add(call);
          }
        }
        assertTrue(seen > 100, seen + " calls were seen");
        assertEquals(List.of(), bad, command.toString());
        // Java's own library for files makes three and closes them, to learn of IPv4 and IPv6.
        assertTrue(probes <= 3, probes + " sockets in " + command);
        Files.delete(calls);
        assertTrue(Files.exists(trace));
        box.assertNothingElse(command.toString());
      }
    }
  }

  /** The same bytes where there is no network at all. */
  @Test
  void theNetworkIsNotNeeded() throws IOException {
    try (Sandbox box = new Sandbox()) {
      String model = Sandbox.smallest();
      String input = box.input("x.fa", RECORDS);
      List<String> command =
          List.of("ribonnx", "predict", "--quiet", "--model", model, "--output", "-", input);
      Sandbox.Result with = box.run(command);
      assertEquals(0, with.code(), with.toString());
      assumeTrue(has("unshare"), "unshare is installed");
      box.before = List.of("unshare", "--net");
      Sandbox.Result without = box.run(command);
      assumeTrue(!without.err().contains("unshare"), "namespaces are allowed");
      assertEquals(with.out(), without.out());
    }
  }

  /** Each command refuses a bundle that is none of the installed ones. */
  @TestFactory
  Stream<DynamicTest> onlyInstalledModels() {
    List<DynamicTest> tests = new ArrayList<>();
    for (String command :
        List.of(
            "ribonnx predict",
            "ribonnx-encode",
            "ribonnx-embed",
            "ribonnx-fuse",
            "ribonnx-classify",
            "ribonnx-report")) {
      tests.add(
          DynamicTest.dynamicTest(
              command,
              () -> {
                try (Sandbox box = new Sandbox()) {
                  Path models = Files.createDirectory(box.in.resolve("models"));
                  Sandbox.copy(Path.of(Sandbox.smallest()), models.resolve("smallest"));
                  Path elsewhere = box.in.resolve("elsewhere");
                  Sandbox.copy(Path.of(Sandbox.smallest()), elsewhere);
                  box.environment.put("RIBONNX_MODELS", models.toString());
                  box.environment.put("RIBONNX_MODELS_ONLY", "1");
                  String input = box.input("x.fa", RECORDS);
                  for (String model : List.of(elsewhere.toString(), models + "/../elsewhere")) {
                    List<String> words = new ArrayList<>(List.of(command.split(" ")));
                    words.addAll(List.of("--model", model, "--output", box.out("o"), input));
                    box.fails(2, List.of("only installed models", "RIBONNX_MODELS_ONLY"), words);
                  }
                  if (command.equals("ribonnx predict")) {
                    for (String model : List.of("smallest", models + "/smallest")) {
                      Sandbox.Result result =
                          box.run("ribonnx", "predict", "--model", model, "--output", "-", input);
                      assertEquals(0, result.code(), result.toString());
                    }
                    // The installation's own models count only if RIBONNX_MODELS names them.
                    box.fails(
                        2,
                        List.of("no model 'mirna-family'"),
                        List.of(
                            "ribonnx",
                            "predict",
                            "--model",
                            "mirna-family",
                            "--output",
                            box.out("o"),
                            input));
                  }
                }
              }));
    }
    return tests.stream();
  }

  /** A tensor of 3 GB whose size comes out of the records: nothing but a limit stops that. */
  @Test
  void memoryHasALimit() {
    byte[] graph =
        GraphFile.head()
            .cast("f", "codes", GraphFile.FLOAT)
            .node("ReduceMax", "most", "f")
            .cast("n", "most", GraphFile.INT64)
            .numbers("many", 14_000)
            .node("Mul", "side", "n", "many")
            .node("Reshape", "one", "side", "minus")
            .numbers("minus", -1)
            .node(
                "Concat",
                new String[] {"one", "one"},
                "shape",
                node -> node.message(5, axis -> axis.text(1, "axis").number(3, 0).number(20, 2)))
            .node("ConstantOfShape", "tensor", "shape")
            .node("ReduceSum", "w", "tensor")
            .endedBy("w")
            .bytes();
    try (Sandbox box = new Sandbox()) {
      box.environment.put("RIBONNX_MEMORY", "900m");
      box.input("bundle/head.onnx", graph);
      box.input(
          "bundle/model.yaml",
          "{schema: 1, id: large, version: 1.0.0, inputs: {rna: {kind: sequences}},"
              + " views: {bases: {encoder: nucleotides@1, shape: [40], pad: 5}},"
              + " heads: {h: {kind: single-label, graph: head.onnx, sha256: "
              + Sandbox.sha256(graph)
              + ", labels: [a, b, c]}}}\n");
      Sandbox.Result result =
          box.fails(
              3,
              List.of("head.onnx", "out of memory"),
              List.of(
                  "ribonnx",
                  "predict",
                  "--model",
                  box.in.resolve("bundle").toString(),
                  "--output",
                  box.out("p.tsv"),
                  box.input("x.fa", RECORDS)));
      assertTrue(result.peak() < 900, result.toString());
      for (String wrong : List.of("much", "4", "g", "4t", "-1g", "1.5g", "99999999999g")) {
        box.environment.put("RIBONNX_MEMORY", wrong);
        box.fails(2, List.of("RIBONNX_MEMORY is '" + wrong + "'"), List.of("ribonnx", "predict"));
      }
    }
  }
}
