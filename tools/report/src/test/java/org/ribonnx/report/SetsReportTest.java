package org.ribonnx.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ribonnx.core.io.Tree;
import org.ribonnx.core.testing.TestBundle;
import org.ribonnx.core.testing.Tool;

/** Prediction sets on the page and in the metrics, from the command line. */
class SetsReportTest {
  private static final String HEADER =
      "id\thead\tprediction\tscore\tstatus\tbest\tname\tset\treason\n";

  @TempDir Path folder = Path.of(".");

  private Tool.Outcome report(String sets, String[][] records, Object... more) throws IOException {
    String head = "{kind: single-label, graph: g.onnx, sha256: '%s', labels: [a, b, c, d]%s}";
    new TestBundle(
            "schema: 1\nid: tiny\nversion: 1.0.0\ninputs: {rna: {kind: sequences}}\n"
                + "views: {v: {encoder: nucleotides@1, shape: [8]}}\nheads: {kind: "
                + head.formatted("0".repeat(64), sets)
                + "}\n")
        .folder(folder.resolve("model"));
    StringBuilder predictions = new StringBuilder(HEADER);
    StringBuilder truth = new StringBuilder("id\tkind\n");
    for (int i = 0; i < records.length; i++) {
      String[] one = records[i];
      predictions.append("r").append(i).append("\tkind\t");
      predictions.append(
          one[0].isEmpty() ? "NA\tNA\tunusable\tNA" : one[0] + "\t0.6\tok\t" + one[0]);
      predictions.append("\tNA\t").append(one[1]).append("\tNA\n");
      truth.append("r").append(i).append('\t').append(one[2]).append('\n');
    }
    Path table = Files.writeString(folder.resolve("p.tsv"), predictions);
    Path known = Files.writeString(folder.resolve("truth.tsv"), truth);
    Object[] arguments = new Object[7 + more.length];
    System.arraycopy(
        new Object[] {
          "--model",
          folder.resolve("model") + "/",
          "--truth",
          known,
          "--output",
          folder.resolve("r.html"),
          table
        },
        0,
        arguments,
        0,
        7);
    System.arraycopy(more, 0, arguments, 7, more.length);
    return Tool.run(ReportCommand::new, arguments);
  }

  private @Nullable Object metric(String path) throws IOException {
    Object value = Tree.parseJson(Files.readAllBytes(folder.resolve("metrics.json")));
    for (String key : path.split("/", -1)) {
      value = value instanceof Map<?, ?> map ? map.get(key) : null;
    }
    return value;
  }

  private double number(String path) throws IOException {
    return metric(path) instanceof Number number ? number.doubleValue() : Double.NaN;
  }

  /** Prediction, set, truth. */
  private static final String[][] RECORDS = {
    {"a", "a", "a"},
    {"a", "a;b", "b"},
    {"a", "none", "a"},
    {"b", "b;a;d", "b"},
    {"b", "b", "a"},
    {"c", "c;b", "c"},
    {"d", "none", "other"},
    {"d", "d", "other"},
    {"d", "d;a", ""},
    {"", "NA", "a"},
    {"a", "NA", "a"},
  };

  private static final String SETS =
      ", sets: {method: split-conformal, coverage: 0.9, quantile: 0.5}";

  @Test
  void setsAreCountedAndComparedWithTheTruth() throws IOException {
    Path markdown = folder.resolve("r.md");
    report(SETS, RECORDS, "--markdown", markdown, "--figures", folder.resolve("figures"))
        .succeeded();
    String h = "heads/kind/sets/";
    assertEquals(0.9, number(h + "promised"));
    assertEquals(false, metric(h + "per_label"));
    assertEquals(9, number(h + "records"));
    assertEquals(List.of(2L, 3L, 3L, 1L), metric(h + "sizes"));
    assertEquals(12 / 9.0, number(h + "mean_size"), 1e-9);
    String t = "heads/kind/truth/sets/";
    // Six have a set and a truth among the labels: 1, 1, 0, 1, 0, 1.
    assertEquals(6, number(t + "records"));
    assertEquals(4, number(t + "covered"));
    assertEquals(4 / 6.0, number(t + "coverage"), 1e-9);
    assertEquals(9 / 6.0, number(t + "mean_size"), 1e-9);
    assertEquals(2, number(t + "no_label"));
    assertEquals(1, number(t + "no_label_empty"));
    assertEquals(1 / 3.0, number(t + "classes/a/coverage"), 1e-9);
    assertEquals(2, number(t + "classes/b/records"));
    assertEquals(2.5, number(t + "classes/b/mean_size"), 1e-9);
    // scipy.stats.binomtest(4, 6).proportion_ci(method="wilson")
    assertTrue(
        metric(t + "coverage_interval") instanceof List<?> limits
            && Math.abs(((Number) limits.get(0)).doubleValue() - 0.2999933) < 1e-6
            && Math.abs(((Number) limits.get(1)).doubleValue() - 0.9032286) < 1e-6,
        String.valueOf(metric(t + "coverage_interval")));
    String page = Files.readString(folder.resolve("r.html"));
    assertTrue(page.contains("<h3>Prediction sets</h3>"), page);
    assertTrue(page.contains("<h3>Do the sets hold the truth?</h3>"));
    assertTrue(page.contains("66.7 % (30.0–90.3); the model promises 90 % for all records"));
    assertTrue(
        page.contains("50 % of their sets are empty")
            || page.contains("50.0 % of their sets are empty"),
        page);
    assertTrue(page.contains("95 % intervals (Wilson); dashed: the promise."), page);
    // The records whose set is empty, so that they can be looked at.
    String empty = page.substring(page.indexOf("Empty prediction set (2)"));
    empty = empty.substring(0, empty.indexOf("</details>"));
    assertTrue(empty.contains(">r2<") && empty.contains(">r6<"), empty);
    assertTrue(page.indexOf("href=\"#look-0\"") > 0, "the contents lead there");
    assertTrue(
        metric("heads/kind/look/empty_set") instanceof List<?> all
            && all.size() == 2
            && String.valueOf(all).contains("record=r2"),
        String.valueOf(metric("heads/kind/look")));
    assertTrue(page.contains("The head has no threshold and accepted all (the dot)"), page);
    assertFalse(page.contains("At its threshold"), page);
    String text = Files.readString(markdown);
    assertTrue(text.contains("Prediction sets that hold the truth"), text);
    try (var files = Files.list(folder.resolve("figures"))) {
      assertEquals(2, files.filter(file -> file.getFileName().toString().contains("set-")).count());
    }
  }

  @Test
  void oneForeignRecordIsOne() throws IOException {
    String[][] one = {{"a", "a", "a"}, {"d", "none", "other"}};
    report(SETS, one).succeeded();
    String page = Files.readString(folder.resolve("r.html"));
    assertTrue(
        page.contains(
            "The truth of 1 record is no label of the model, so that no set can hold it; the set is empty."),
        page);
  }

  @Test
  void aPromiseForEachLabelIsSaid() throws IOException {
    report(SETS.replace("quantile: 0.5", "quantiles: [0.5, 0.5, 0.25, 1]"), RECORDS).succeeded();
    assertEquals(true, metric("heads/kind/sets/per_label"));
    assertTrue(
        Files.readString(folder.resolve("r.html")).contains("promises 90 % for each label."));
  }

  @Test
  void withoutSetsNothingIsSaid() throws IOException {
    String[][] none =
        java.util.Arrays.stream(RECORDS).map(String[]::clone).toArray(String[][]::new);
    for (String[] one : none) {
      one[1] = "NA";
    }
    report(SETS, none).succeeded();
    assertFalse(Files.readString(folder.resolve("r.html")).contains("rediction sets"));
    assertEquals(null, metric("heads/kind/sets"));
    assertEquals(null, metric("heads/kind/truth/sets"));
  }

  @Test
  void setsThatTheModelDoesNotMakeAreRefused() throws IOException {
    Tool.Outcome outcome = report("", RECORDS);
    assertEquals(4, outcome.code());
    assertTrue(outcome.err().contains("record 'r0': has a prediction set"), outcome.err());
    String[][] wrong = {{"a", "a;q", "a"}};
    outcome = report(SETS, wrong);
    assertEquals(4, outcome.code());
    assertTrue(outcome.err().contains("'q' is no label of the head 'kind'"), outcome.err());
  }

  @Test
  void theIntervalHasItsEdges() {
    Bootstrap.Interval none = Wilson.of(0, 10);
    Bootstrap.Interval all = Wilson.of(10, 10);
    assertEquals(0, none.from());
    assertEquals(1, all.to());
    // SciPy's of 0 and of 10 of 10.
    assertEquals(0.2775328, none.to(), 1e-6);
    assertEquals(0.7224672, all.from(), 1e-6);
    assertFalse(Wilson.of(0, 0).isDefined() && Wilson.of(0, 0).to() > 0);
  }
}
