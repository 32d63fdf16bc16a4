package org.ribonnx.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ribonnx.core.io.Tree;
import org.ribonnx.core.testing.Tool;

/** A head of several labels per record; its measures are scikit-learn's, see golden.py. */
class ManyLabelsTest {
  @TempDir Path folder = Path.of(".");

  private static @Nullable Object at(@Nullable Object tree, String... keys) {
    Object value = tree;
    for (String key : keys) {
      value = value instanceof Map<?, ?> map ? map.get(key) : null;
    }
    return value;
  }

  private static List<?> list(@Nullable Object value) {
    return value instanceof List<?> items ? items : List.of();
  }

  private static double number(@Nullable Object value) {
    assertTrue(value instanceof Number, "no number: " + value);
    return value instanceof Number number ? number.doubleValue() : Double.NaN;
  }

  private static List<?> cases() throws IOException {
    try (InputStream stream = ManyLabelsTest.class.getResourceAsStream("golden.json")) {
      assertNotNull(stream);
      return list(at(Tree.parseJson(stream.readAllBytes()), "many_labels"));
    }
  }

  private static double[][] matrix(@Nullable Object rows) {
    return list(rows).stream()
        .map(row -> list(row).stream().mapToDouble(ManyLabelsTest::number).toArray())
        .toArray(double[][]::new);
  }

  private static String label(int number) {
    return "p" + number;
  }

  /** Writes model and tables of a case. */
  private void write(double[] thresholds, double[][] scores, double[][] truth) throws IOException {
    Files.createDirectories(folder.resolve("model"));
    List<String> labels = new ArrayList<>();
    for (int i = 0; i < thresholds.length; i++) {
      labels.add(label(i));
    }
    Files.writeString(
        folder.resolve("model/model.yaml"),
        """
        schema: 1
        id: many
        version: 1.0.0
        title: Many labels
        inputs: {rna: {kind: sequences, what: windows}}
        views: {v: {encoder: nucleotides@1, shape: [8]}}
        heads:
          proteins: {kind: multi-label, graph: g.onnx, sha256: '%s', labels: %s, thresholds: %s}
        """
            .formatted("0".repeat(64), labels, Arrays.toString(thresholds)));
    StringBuilder predictions =
        new StringBuilder("id\thead\tprediction\tscore\tstatus\tbest\tname\tset\treason\n");
    StringBuilder table =
        new StringBuilder(
            "id\t" + labels.stream().map("proteins."::concat).collect(Collectors.joining("\t")));
    StringBuilder known = new StringBuilder("id\tproteins\n");
    table.append('\n');
    for (int i = 0; i < scores.length; i++) {
      double[] row = scores[i];
      int best = 0;
      List<String> given = new ArrayList<>();
      List<String> right = new ArrayList<>();
      for (int k = 0; k < row.length; k++) {
        best = row[k] > row[best] ? k : best;
        if (row[k] >= thresholds[k]) {
          given.add(label(k));
        }
        if (truth[i][k] == 1) {
          right.add(label(k));
        }
      }
      predictions.append("r" + i + "\tproteins\t" + joined(given) + "\t" + row[best]);
      predictions.append("\tok\t" + label(best) + "\tNA\tNA\tNA\n");
      table.append("r" + i);
      for (double score : row) {
        table.append('\t').append(score);
      }
      table.append('\n');
      known.append("r" + i + "\t" + joined(right) + "\n");
    }
    // A record that could not be used, one of which nothing is known: both count nowhere.
    predictions.append("x\tproteins\tNA\tNA\tunusable\tNA\tNA\tNA\ttoo-short\n");
    table.append("x" + "\tNA".repeat(thresholds.length) + "\n");
    known.append("x\tp0\n");
    predictions.append("y\tproteins\tp0\t0.9\tok\tp0\tNA\tNA\tNA\n");
    table.append("y\t0.9" + "\t0".repeat(thresholds.length - 1) + "\n");
    known.append("y\t\n");
    Files.writeString(folder.resolve("predictions.tsv"), predictions);
    Files.writeString(folder.resolve("scores.tsv"), table);
    Files.writeString(folder.resolve("truth.tsv"), known);
  }

  private static String joined(List<String> labels) {
    return labels.isEmpty() ? "none" : String.join(";", labels);
  }

  private @Nullable Object report(String... options) throws IOException {
    List<Object> arguments =
        new ArrayList<>(
            List.of("--model", folder + "/model/", "--output", folder.resolve("r.html")));
    for (String option : options) {
      arguments.add(option.startsWith("--") ? option : folder.resolve(option));
    }
    arguments.add(folder.resolve("predictions.tsv"));
    Tool.run(ReportCommand::new, arguments.toArray()).succeeded();
    return at(
        Tree.parseJson(Files.readAllBytes(folder.resolve("metrics.json"))), "heads", "proteins");
  }

  @Test
  void measuresAreThoseOfScikitLearn() throws IOException {
    List<?> cases = cases();
    assertEquals(3, cases.size());
    for (Object one : cases) {
      String name = String.valueOf(at(one, "name"));
      double[] thresholds =
          list(at(one, "thresholds")).stream().mapToDouble(ManyLabelsTest::number).toArray();
      write(thresholds, matrix(at(one, "scores")), matrix(at(one, "truth")));
      Object head = report("--scores", "scores.tsv", "--truth", "truth.tsv");
      Object truth = at(head, "truth");
      assertEquals((long) list(at(one, "scores")).size(), at(truth, "records"), name);
      assertEquals(1L, at(truth, "unusable"), name);
      assertEquals(1L, at(truth, "unknown"), name);
      if (at(one, "measures") instanceof Map<?, ?> measures) {
        assertEquals(15, measures.size());
        measures.forEach(
            (key, value) ->
                assertEquals(
                    number(value),
                    number(at(truth, String.valueOf(key))),
                    1e-12,
                    name + " " + key));
      }
      if (at(one, "classes") instanceof Map<?, ?> classes) {
        classes.forEach(
            (number, facts) -> {
              Object found = at(truth, "classes", "p" + number);
              for (String key : List.of("support", "auroc", "average_precision", "f1")) {
                assertEquals(number(at(facts, key)), number(at(found, key)), 1e-12, name + key);
              }
              int place = Integer.parseInt(String.valueOf(number));
              assertEquals(thresholds[place], number(at(found, "threshold")), name);
            });
      }
      List<String> drawn = List.of("macro_auroc", "micro_auroc");
      for (int i = 0; i < 2; i++) {
        double from = number(list(at(one, "interval_from")).get(i));
        double to = number(list(at(one, "interval_to")).get(i));
        List<?> found = list(at(truth, drawn.get(i) + "_interval"));
        assertEquals(from, number(found.get(0)), 0.2 * (to - from), name + i);
        assertEquals(to, number(found.get(1)), 0.2 * (to - from), name + i);
      }
    }
  }

  private Random example(int records) throws IOException {
    Random random = new Random(5);
    double[][] scores = new double[records][4];
    double[][] truth = new double[records][4];
    for (int i = 0; i < records; i++) {
      double shared = random.nextDouble();
      for (int k = 0; k < 4; k++) {
        double own = k < 2 ? 0.7 * shared + 0.3 * random.nextDouble() : random.nextDouble();
        scores[i][k] = Math.round(own * 1e6) / 1e6;
        truth[i][k] = random.nextDouble() < own ? 1 : 0;
      }
    }
    write(new double[] {0.4, 0.5, 0.6, 0.7}, scores, truth);
    return random;
  }

  @Test
  void everyPlaceHasTheMeasures() throws IOException {
    example(200);
    report(
        "--scores",
        "scores.tsv",
        "--truth",
        "truth.tsv",
        "--figures",
        "figures",
        "--markdown",
        "r.md",
        "--multiqc",
        "multiqc");
    String page = Files.readString(folder.resolve("r.html"));
    String markdown = Files.readString(folder.resolve("r.md"));
    List<Path> files;
    try (var paths = Files.list(folder.resolve("multiqc"))) {
      files = paths.filter(path -> path.toString().endsWith("_truth_mqc.json")).toList();
    }
    assertEquals(1, files.size());
    Object table = Tree.parseJson(Files.readAllBytes(files.get(0)));
    assertEquals("table", at(table, "plot_type"));
    for (String name :
        List.of(
            "Micro AUROC",
            "Weighted AUROC",
            "Weighted average precision",
            "Subset error",
            "One-error",
            "Hamming loss",
            "Ranking loss")) {
      assertTrue(page.contains("<td>" + name + "</td>"), name);
      assertTrue(markdown.contains("| " + name + "&nbsp;"), name);
      assertTrue(String.valueOf(at(table, "headers")).contains(name), name);
    }
    for (String figure : List.of("label-pairs", "label-scores", "label-roc")) {
      assertTrue(Files.size(folder.resolve("figures/proteins-" + figure + ".png")) > 1000, figure);
      assertTrue(markdown.contains("path=\"proteins-" + figure + ".png\""), figure);
    }
    assertFalse(markdown.contains("## More figures"), markdown);
    // A heading with nothing below it would be wrong: thresholds differ from label to label.
    assertFalse(page.contains("Records worth a look"), "nothing is listed");
  }

  @Test
  void pairsAndScoresNeedNoTruth() throws IOException {
    example(300);
    Object head = report("--scores", "scores.tsv");
    assertNull(at(head, "truth"));
    List<String> rows = Files.readAllLines(folder.resolve("predictions.tsv"));
    List<List<String>> given = new ArrayList<>();
    for (String row : rows.subList(1, rows.size())) {
      if (row.contains("\tok\t")) {
        given.add(List.of(row.split("\t", -1)[2].split(";")));
      }
    }
    assertEquals(301, given.size());
    List<?> pairs = list(at(head, "label_pairs"));
    assertEquals(6, pairs.size());
    long before = Long.MAX_VALUE;
    for (Object pair : pairs) {
      List<?> names = list(at(pair, "labels"));
      double[] one =
          given.stream().mapToDouble(set -> set.contains(names.get(0)) ? 1 : 0).toArray();
      double[] two =
          given.stream().mapToDouble(set -> set.contains(names.get(1)) ? 1 : 0).toArray();
      double a = Arrays.stream(one).average().orElseThrow();
      double b = Arrays.stream(two).average().orElseThrow();
      double product = 0;
      double both = 0;
      for (int i = 0; i < one.length; i++) {
        product += (one[i] - a) * (two[i] - b);
        both += one[i] * two[i];
      }
      double squares = one.length * Math.sqrt(a * (1 - a) * b * (1 - b));
      assertEquals(product / squares, number(at(pair, "correlation")), 1e-12, names.toString());
      assertEquals(both, number(at(pair, "records")), names.toString());
      assertEquals(one.length * a * b, number(at(pair, "expected")), 1e-9, names.toString());
      assertTrue((long) both <= before, "the most frequent first");
      before = (long) both;
    }
    assertEquals(List.of("p0", "p1"), at(pairs.get(0), "labels"));
    for (int label = 0; label < 4; label++) {
      int column = label + 1;
      double[] sorted =
          Files.readAllLines(folder.resolve("scores.tsv")).stream()
              .skip(1)
              .map(row -> row.split("\t", -1)[column])
              .filter(text -> !text.equals("NA"))
              .mapToDouble(Double::parseDouble)
              .sorted()
              .toArray();
      Object spread = at(head, "label_spreads", label(label));
      List<?> quantiles = list(at(spread, "quantiles"));
      for (int i = 0; i < Spread.SHARES.length; i++) {
        int place = (int) Math.ceil(Spread.SHARES[i] * sorted.length) - 1;
        assertEquals(sorted[place], number(quantiles.get(i)), 0.00051, label + " " + i);
      }
      double threshold = 0.4 + 0.1 * label;
      long near =
          Arrays.stream(sorted)
              .filter(score -> Math.abs(score - threshold) < LabelScores.NEAR)
              .count();
      assertEquals(near, at(spread, "near_threshold"));
    }
    assertTrue(Files.readString(folder.resolve("r.html")).contains("Which labels go together"));
  }

  @Test
  void withoutScoresThePageSaysLess() throws IOException {
    example(50);
    Object truth = at(report("--truth", "truth.tsv"), "truth");
    assertNotNull(at(truth, "one_error"));
    assertNull(at(truth, "micro_auroc"));
    assertNull(at(truth, "ranking_loss"));
    String page = Files.readString(folder.resolve("r.html"));
    assertTrue(page.contains("<th scope=\"col\" class=\"n\">Threshold</th>"), "column");
    assertFalse(page.contains("Micro AUROC"), page);
  }

  @Test
  void binsAreCloseToTheExact() {
    Random random = new Random(7);
    BinnedAreas exact = new BinnedAreas(20);
    BinnedAreas binned = new BinnedAreas(20);
    for (int i = 0; i <= BinnedAreas.EXACT / 20; i++) {
      for (int label = 0; label < 20; label++) {
        boolean positive = random.nextInt(5) == 0;
        double score = 1 / (1 + Math.exp(1 - (positive ? 1 : 0) - random.nextGaussian()));
        if (i < BinnedAreas.EXACT / 20) {
          exact.add(label, score, positive);
        }
        binned.add(label, score, positive);
      }
    }
    assertEquals(0, exact.bins());
    assertTrue(binned.bins() > 0);
    assertEquals(exact.micro(), binned.micro(), 1e-4);
    assertEquals(exact.microAveragePrecision(), binned.microAveragePrecision(), 1e-3);
    assertEquals(exact.weighted(), binned.weighted(), 1e-4);
    assertFalse(AreaBootstrap.of(binned).macro().isDefined());
  }

  @Test
  void rankingOfRecordsWithoutAnythingToRank() {
    LabelRanking ranking = new LabelRanking();
    assertTrue(Double.isNaN(ranking.coverage()) && Double.isNaN(ranking.loss()));
    ranking.add(new double[] {0.1, 0.9}, new int[] {});
    ranking.add(new double[] {0.1, 0.9}, new int[] {0, 1});
    assertEquals(1, ranking.coverage());
    assertEquals(0, ranking.loss());
    // One of two pairs is reversed, and a tie counts as reversed.
    ranking.add(new double[] {0.5, 0.5, 0.1}, new int[] {0});
    assertEquals((0 + 2 + 2) / 3.0, ranking.coverage(), 1e-15);
    assertEquals(0.5 / 3, ranking.loss(), 1e-15);
  }
}
