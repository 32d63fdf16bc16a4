package org.ribonnx.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ribonnx.core.testing.OnnxBuilder;
import org.ribonnx.core.testing.Tool;

/**
 * Tables through all steps, by the bundle that {@code make_expression.py} made: its scores were
 * reckoned with NumPy.
 */
class ExpressionTest {
  private static final Path BUNDLE = Tool.repository("test-data/bundles/expression");

  private static byte[] table(String name) throws IOException {
    return Files.readAllBytes(BUNDLE.resolve(name));
  }

  @Test
  void theScoresAreThoseOfNumpyWhicheverWayTheTableLies(@TempDir Path folder) throws IOException {
    List<String> expected = Files.readAllLines(BUNDLE.resolve("expected.tsv"));
    for (String name : List.of("counts.tsv", "turned.csv")) {
      StepsTest.sameScores(
          expected, StepsTest.predict(BUNDLE, table(name), folder).scores(), StepsTest::rounding);
    }
  }

  @Test
  void theSameBytesByEveryWay(@TempDir Path folder) throws IOException {
    byte[] counts = table("counts.tsv");
    StepsTest.Tables expected = StepsTest.predict(BUNDLE, counts, folder, "--threads", 1);
    for (Object[] more :
        List.of(
            new Object[] {"--threads", 3},
            new Object[] {"--batch-size", 16},
            new Object[] {"--features-in", "columns", "--format", "tsv"})) {
      assertEquals(expected, StepsTest.predict(BUNDLE, counts, folder, more));
    }
    assertEquals(expected, StepsTest.predict(BUNDLE, table("turned.csv"), folder));
    assertEquals(expected, StepsTest.steps(BUNDLE, counts, folder, 1));
    assertEquals(expected, StepsTest.steps(BUNDLE, table("turned.csv"), folder, 7));
    assertTrue(
        expected.predictions().contains("S05\ttissue\tNA\tNA\tunusable\tNA\tNA\tNA\tlow-total\n"),
        expected.predictions());
  }

  @Test
  void halfOfTheFeaturesIsTold(@TempDir Path folder) throws IOException {
    Path out = folder.resolve("out");
    Tool.Outcome outcome =
        Tool.run(
                RibonnxCommand::new,
                "predict",
                "--model",
                BUNDLE,
                "--outdir",
                out,
                BUNDLE.resolve("half.tsv"))
            .succeeded();
    String line = "half.tsv: 6 of the 12 features that the model reads were found (50 %)";
    assertTrue(outcome.err().contains(line), outcome.err());
    assertTrue(Files.readString(out.resolve("report.html")).contains(line));
    assertTrue(Files.readString(out.resolve("run.json")).contains("\"features-found\" : 6"));
    assertTrue(
        Files.readString(out.resolve("predictions.tsv")).contains("features-filled"), "the reason");
  }

  @Test
  void countsPerMillionAreRefused(@TempDir Path folder) {
    Tool.Outcome outcome =
        Tool.run(
            RibonnxCommand::new,
            "predict",
            "--model",
            BUNDLE,
            "--outdir",
            folder.resolve("out"),
            BUNDLE.resolve("normalised.tsv"));
    assertEquals(4, outcome.code());
    assertEquals(1, outcome.err().lines().count(), outcome.err());
    assertTrue(
        outcome.err().contains("normalised.tsv, line 2, column 2 ('hsa-let-7a-1'): is "),
        outcome.err());
    assertTrue(outcome.err().contains("looks like counts per million"), outcome.err());
  }

  /** Sealing finds the files that options name, and the stored table passes. */
  @Test
  void theBundleIsSealedValidatedAndTested(@TempDir Path folder) throws IOException {
    Path model = Files.createDirectories(folder.resolve("model"));
    try (Stream<Path> files = Files.list(BUNDLE)) {
      for (Path file : new ArrayList<>(files.toList())) {
        Files.copy(file, model.resolve(file.getFileName()));
      }
    }
    Path card = model.resolve("model.yaml");
    String text = Files.readString(card);
    Files.writeString(card, text.replaceAll(", sha256: [0-9a-f]{64}", ""));
    Tool.run(RibonnxCommand::new, "model", "seal", model).succeeded();
    String sealed = Files.readString(card);
    String digest = text.replaceAll("(?s).*features.tsv, sha256: ([0-9a-f]{64}).*", "$1");
    assertTrue(sealed.contains("features.tsv, sha256: " + digest), sealed);
    Tool.run(RibonnxCommand::new, "model", "validate", model).succeeded();
    Tool.run(RibonnxCommand::new, "model", "test", model).succeeded();
    Files.writeString(model.resolve("features.tsv"), "feature\nother\n");
    Tool.Outcome changed = Tool.run(RibonnxCommand::new, "model", "test", model);
    assertEquals(5, changed.code(), changed.err());
    assertTrue(changed.err().contains("views.expression.options.features.sha256"), changed.err());
  }

  @Test
  void aGraphOnATableBecomesABundle(@TempDir Path folder) throws IOException {
    Path model = folder.resolve("mine");
    Path names = Files.writeString(folder.resolve("names.txt"), "f1\nf 2\nf3\n");
    Path graph = Files.write(folder.resolve("net.onnx"), OnnxBuilder.linear("x", 3, "amount", 1));
    Object[] made = {"model", "new", model, "--graph", graph, "--kind", "regression", "--encoder"};
    Tool.run(RibonnxCommand::new, with(made, "expression", "--features", names)).succeeded();
    assertEquals("feature\nf1\nf 2\nf3\n", Files.readString(model.resolve("features.tsv")));
    String card = Files.readString(model.resolve("model.yaml"));
    assertTrue(card.contains("  table:\n    kind: table\n") && !card.contains("pad:"), card);
    Tool.run(RibonnxCommand::new, "model", "seal", model).succeeded();
    Tool.run(RibonnxCommand::new, "model", "test", model).succeeded();
    byte[] input = Files.readAllBytes(model.resolve("test/input.tsv"));
    assertEquals(
        new String(input, StandardCharsets.UTF_8).lines().count(),
        StepsTest.predict(model, input, folder).scores().lines().count());
    made[2] = folder.resolve("other");
    Tool.Outcome without = Tool.run(RibonnxCommand::new, with(made, "expression"));
    assertEquals(2, without.code(), without.err());
    assertTrue(without.err().contains("--features FILE"), without.err());
    Tool.Outcome with =
        Tool.run(RibonnxCommand::new, with(made, "nucleotides", "--features", names));
    assertEquals(2, with.code(), with.err());
  }

  private static Object[] with(Object[] some, Object... more) {
    List<Object> all = new ArrayList<>(List.of(some));
    all.addAll(List.of(more));
    return all.toArray();
  }
}
