package org.ribonnx.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** {@code ribonnx explain} through the executable: by a graph, by occlusion, refused, bounded. */
class ExplainIT {
  private static final Path BUNDLE = Sandbox.TEST_DATA.resolve("bundles/expression");
  private static final String COUNTS = BUNDLE.resolve("counts.tsv").toString();

  /** A copy of the bundle of tables with a section {@code explain} at the end. */
  private static Path model(Sandbox box, String explain) throws IOException {
    Path model = box.in.resolve("model");
    Sandbox.copy(BUNDLE, model);
    Path card = model.resolve("model.yaml");
    Files.writeString(card, Files.readString(card) + explain);
    return model;
  }

  /** Contributions that are the counts themselves; their sum, or twice that. */
  private static Path contributions(Sandbox box, boolean right) throws IOException {
    GraphFile graph =
        new GraphFile()
            .input("x", GraphFile.FLOAT, -1, 12)
            .output("c", GraphFile.FLOAT, -1, 3, 12)
            .output("d", GraphFile.FLOAT, -1, 3)
            .numbers("middle", 1)
            .numbers("last", 2)
            .node("Unsqueeze", "x3", "x", "middle")
            .node(
                "Concat",
                new String[] {"x3", "x3", "x3"},
                "c",
                node -> node.message(5, to -> to.text(1, "axis").number(3, 1).number(20, 2)))
            .node(
                "ReduceSum",
                new String[] {"c", "last"},
                "sum",
                node -> node.message(5, to -> to.text(1, "keepdims").number(3, 0).number(20, 2)));
    byte[] bytes =
        (right ? graph.node("Identity", "d", "sum") : graph.node("Add", "d", "sum", "sum")).bytes();
    Path model =
        model(
            box,
            "explain: {tissue: {method: contributions, graph: c.onnx, sha256: "
                + Sandbox.sha256(bytes)
                + ", output: c, difference: d}}\n");
    Files.write(model.resolve("c.onnx"), bytes);
    return model;
  }

  @Test
  void contributionsOfAGraph() throws IOException {
    try (Sandbox box = new Sandbox()) {
      Path model = contributions(box, true);
      Sandbox.Result result =
          box.run(
              "ribonnx",
              "explain",
              "--model",
              model.toString(),
              "--top",
              "0",
              "--labels",
              "liver",
              "--output",
              "-",
              "--importance",
              box.out("i.tsv"),
              COUNTS);
      assertEquals(0, result.code(), result.err());
      List<String> lines = result.out().lines().toList();
      assertEquals("id\thead\tlabel\tfeature\tvalue", lines.get(0));
      assertEquals(1 + 18 * 12, lines.size());
      // 86 and 37 of two copies; the sample has no larger number than this one.
      assertTrue(lines.contains("S01\ttissue\tliver\tlet-7a\t123"), result.out());
      assertEquals("S01\ttissue\tliver\tmir-21\t5342", lines.get(1));
      assertTrue(result.err().contains("head 'age' is left out"), result.err());
      assertTrue(Files.exists(Path.of(box.out("i.tsv.run.json"))));
      box.assertNothingElse(result.err());
    }
  }

  @Test
  void whatIsRefused() throws IOException {
    try (Sandbox box = new Sandbox()) {
      Path model = contributions(box, false);
      List<String> command =
          new ArrayList<>(List.of("ribonnx", "explain", "--quiet", "--model", model.toString()));
      command.addAll(List.of("--output", box.out("e.tsv"), "--importance", box.out("i.tsv")));
      command.add(COUNTS);
      box.fails(5, List.of("explain.tissue", "'brain'", "'S01'", "add up"), command);
      command.addAll(List.of("--head", "age"));
      box.fails(2, List.of("--head age", "does not say how"), command);
      box.fails(
          5,
          List.of("has no section explain"),
          List.of(
              "ribonnx",
              "explain",
              "--model",
              BUNDLE.toString(),
              "--output",
              box.out("e"),
              COUNTS));
    }
  }

  @Test
  void windowsOnTheInstalledModel() throws IOException {
    Path family = Sandbox.INSTALLATION.resolve("models/mirna-family");
    Assumptions.assumeTrue(Files.isDirectory(family));
    try (Sandbox box = new Sandbox()) {
      String all = Files.readString(Sandbox.TEST_DATA.resolve("hairpins.fa"));
      String hairpins = ">" + String.join(">", List.of(all.split(">", -1)).subList(1, 4));
      String input = box.input("h.fa", hairpins + ">short\nNN\n");
      for (String threads : List.of("1", "3")) {
        String out = box.out("t" + threads);
        Sandbox.Result result =
            box.run(
                "ribonnx",
                "explain",
                "--threads",
                threads,
                "--model",
                "mirna-family",
                "--outdir",
                out,
                input);
        assertEquals(0, result.code(), result.err());
        assertTrue(
            result
                .err()
                .contains("family: 3 records explained by occlusion of windows of 5, 1 unusable"),
            result.err());
      }
      for (String name :
          List.of("explanations.tsv", "importance.tsv", "predictions.tsv", "scores.tsv")) {
        assertEquals(
            Sandbox.read(Path.of(box.out("t1"), name)), Sandbox.read(Path.of(box.out("t3"), name)));
      }
      assertEquals(
          1 + 3 * 20, Sandbox.read(Path.of(box.out("t1"), "explanations.tsv")).lines().count());
      assertTrue(Files.size(Path.of(box.out("t1"), "report.html")) > 10_000);
      box.assertNothingElse("explain");
    }
  }

  private static long peakOf(int samples) throws IOException {
    try (Sandbox box = new Sandbox()) {
      Path model = model(box, "explain: {tissue: {method: occlusion}, age: {method: occlusion}}\n");
      List<String> lines = Files.readAllLines(BUNDLE.resolve("counts.tsv"));
      Path table = Path.of(box.input("x.tsv", ""));
      Random random = new Random(607);
      try (var writer = Files.newBufferedWriter(table)) {
        writer.write(lines.get(0) + "\n");
        for (int sample = 0; sample < samples; sample++) {
          StringBuilder line = new StringBuilder("s").append(sample);
          for (int i = 0; i < 17; i++) {
            line.append('\t').append(10 + random.nextInt(300));
          }
          writer.write(line.append('\n').toString());
        }
      }
      Sandbox.Result result =
          box.run(
              "ribonnx",
              "explain",
              "--quiet",
              "--threads",
              "2",
              "--model",
              model.toString(),
              "--output",
              box.out("e.tsv"),
              "--importance",
              box.out("i.tsv"),
              table.toString());
      assertEquals(0, result.code(), result.err());
      try (var rows = Files.lines(Path.of(box.out("e.tsv")))) {
        assertEquals(1 + 2L * 12 * samples, rows.count());
      }
      return result.peak();
    }
  }

  @Test
  void memoryDoesNotGrowWithTheRecords() throws IOException {
    long few = peakOf(1_000);
    long many = peakOf(20_000);
    assertTrue(many < few + 40, few + " MB for 1,000 samples, " + many + " MB for 20,000");
  }

  /**
   * The shipped models of expression name known markers (card of srna-expression) for samples drawn
   * around tissues, and the tissue itself, also from a turned table of mature names that lacks
   * every eighth feature.
   */
  @Test
  void markersOfTissues() {
    for (String name : List.of("srna-expression", "srna-expression-forest")) {
      Path model = Sandbox.INSTALLATION.resolve("models").resolve(name);
      Path test = Sandbox.INSTALLATION.resolve("models/srna-expression/test");
      for (String table : List.of("counts.tsv", "mature.tsv")) {
        try (Sandbox box = new Sandbox()) {
          String input = box.input(table, Sandbox.read(test.resolve(table)));
          Sandbox.Result result =
              box.run(
                  "ribonnx",
                  "explain",
                  "--model",
                  model.toString(),
                  "--head",
                  "tissue",
                  "--outdir",
                  box.out("r"),
                  input);
          assertEquals(0, result.code(), result.err());
          long right =
              Sandbox.read(box.out.resolve("r/predictions.tsv"))
                  .lines()
                  .map(line -> line.split("\t"))
                  .filter(cells -> cells[1].equals("tissue") && cells[0].startsWith(cells[5] + "-"))
                  .count();
          assertTrue(right >= 17, name + ", " + table + ": " + right + " of 20 tissues");
          List<String> leaders =
              Sandbox.read(box.out.resolve("r/importance.tsv"))
                  .lines()
                  .map(line -> line.split("\t"))
                  .filter(cells -> cells[1].equals("liver") && Integer.parseInt(cells[6]) <= 3)
                  .map(cells -> cells[2])
                  .toList();
          assertTrue(leaders.contains("mir-122"), name + ", " + table + ": " + leaders);
        }
      }
    }
  }
}
