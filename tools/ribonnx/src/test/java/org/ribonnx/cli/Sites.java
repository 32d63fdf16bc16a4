package org.ribonnx.cli;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.NullUnmarked;
import org.ribonnx.core.testing.OnnxBuilder;
import org.ribonnx.core.testing.TestBundle;
import org.ribonnx.core.testing.Tool;

/**
 * A model of three views of one sequence (bases, codons, dipeptides) with heads of every kind, and
 * what {@code ribonnx predict} says of sequences that a test has written itself.
 */
@NullUnmarked
final class Sites {
  static final int LENGTH = 30;
  private static final int WIDTH = 6;

  private Sites() {}

  /** Sums of the view's numbers, small enough that no sigmoid is near its ends. */
  private static byte[] embed(String view, int length, float scale) {
    return OnnxBuilder.onCodes(view, length, WIDTH)
        .floats("scale", new long[] {}, scale)
        .add("Mul", "sums,scale", "small")
        .add("Sin", "small", "feature")
        .output("feature", OnnxBuilder.FLOAT, -1, WIDTH)
        .build();
  }

  private static byte[] head(int labels, String operator, long width) {
    OnnxBuilder graph =
        new OnnxBuilder()
            .input("x", OnnxBuilder.FLOAT, -1, width)
            .floats("w", new long[] {width, labels}, OnnxBuilder.weights((int) width, labels))
            .floats("eight", new long[] {}, 8)
            .add("MatMul", "x,w", "sums")
            .add("Mul", "sums,eight", "large");
    return graph.add(operator, "large", "y").output("y", OnnxBuilder.FLOAT, -1, labels).build();
  }

  /** The bundle, with more lines at the end of model.yaml. */
  static TestBundle bundle(String more) {
    String card =
        """
        schema: 1
        id: sites
        version: 1.0.0
        inputs: {rna: {kind: sequences, length: [10, 30]}}
        views:
          bases: {from: [rna], encoder: nucleotides@1, dtype: uint8, shape: [30], pad: 5}
          codons: {from: [rna], encoder: translation@1, dtype: uint8, shape: [30], pad: 22}
          pairs: {from: [rna], encoder: dipeptides@1, options: {length: 30, cap: 30}, dtype: uint8, shape: [440]}
        embed:
          bases: {graph: bases.onnx, sha256: SHA(bases.onnx)}
          codons: {graph: codons.onnx, sha256: SHA(codons.onnx)}
          pairs: {graph: pairs.onnx, sha256: SHA(pairs.onnx)}
        fuse: {method: concat}
        heads:
          proteins: {kind: multi-label, graph: p.onnx, sha256: SHA(p.onnx), labels: [ELAVL1, FUS, IGF2BP1, PUM2], thresholds: [0.5, 0.5, 0.5, 0.5]}
          kind: {kind: single-label, graph: k.onnx, sha256: SHA(k.onnx), labels: [a, b, c]}
          amount: {kind: regression, graph: a.onnx, sha256: SHA(a.onnx), targets: [{name: bound}]}
        """;
    return new TestBundle(card + more)
        .file("bases.onnx", embed("bases", LENGTH, 0.5f))
        .file("codons.onnx", embed("codons", LENGTH, 0.1f))
        .file("pairs.onnx", embed("pairs", 440, 1))
        .file("p.onnx", head(4, "Sigmoid", 3 * WIDTH))
        .file("k.onnx", head(3, "Softmax", 3 * WIDTH))
        .file("a.onnx", head(1, "Identity", 3 * WIDTH));
  }

  /** Heads and their labels, as columns of scores are called. */
  static final List<String> COLUMNS =
      List.of(
          "proteins.ELAVL1",
          "proteins.FUS",
          "proteins.IGF2BP1",
          "proteins.PUM2",
          "kind.a",
          "kind.b",
          "kind.c",
          "amount.bound");

  /** The column of scores.tsv of a head's label. */
  static String column(String head, String label) {
    return head.equals("amount") ? "amount.bound" : head + "." + label;
  }

  /** Records of 12 to 30 letters, some of them N. */
  static List<StepsTest.Entry> records(long seed, int count) {
    Random random = new Random(seed);
    List<StepsTest.Entry> records = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      StringBuilder sequence = new StringBuilder();
      for (int n = 12 + random.nextInt(LENGTH - 11); n > 0; n--) {
        sequence.append("ACGUACGUACGUACGUN".charAt(random.nextInt(17)));
      }
      records.add(new StepsTest.Entry("s" + i, sequence.toString()));
    }
    return records;
  }

  /** Record → column of scores → score, by {@code ribonnx predict}; without the unusable. */
  static Map<String, Map<String, Double>> predict(
      Path model, List<StepsTest.Entry> records, Path folder) throws IOException {
    Path scores = folder.resolve("oracle.tsv");
    Tool.run(
            RibonnxCommand::new,
            new ByteArrayInputStream(StepsTest.fasta(records)),
            "predict",
            "--quiet",
            "--model",
            model,
            "--output",
            folder.resolve("oracle-predictions.tsv"),
            "--scores",
            scores,
            "-")
        .succeeded();
    Map<String, Map<String, Double>> found = new LinkedHashMap<>();
    List<String> lines = Files.readAllLines(scores);
    String[] header = lines.get(0).split("\t", -1);
    for (String line : lines.subList(1, lines.size())) {
      String[] cells = line.split("\t", -1);
      Map<String, Double> row = new LinkedHashMap<>();
      for (int i = 1; i < cells.length; i++) {
        if (!cells[i].equals("NA")) {
          String name = header[i].equals("amount") ? "amount.bound" : header[i];
          row.put(name, Double.parseDouble(cells[i]));
        }
      }
      if (!row.isEmpty()) {
        found.put(cells[0], row);
      }
    }
    return found;
  }
}
