package org.ribonnx.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.ribonnx.core.testing.Tool;

/** Tables of importance that do not fit, and what two of them have in common. */
class ImportanceTest {
  private static final String HEADER = "head\tlabel\tfeature\tmean\tmean_absolute\trecords\trank\n";
  private static final String ROWS =
      "kind\ta\tf1\t2\t2.5\t7\t1\nkind\ta\tf2\t1\t1\t7\t2\nkind\ta\tf3\t-1\t1\t7\t3\n";

  @TempDir Path folder = Path.of(".");

  @BeforeEach
  void model() throws IOException {
    Files.createDirectories(folder.resolve("model"));
    Files.writeString(
        folder.resolve("model/model.yaml"),
        """
        schema: 1
        id: tiny
        version: 1.0.0
        title: Tiny
        inputs: {rna: {kind: sequences, what: hairpins}}
        views: {v: {encoder: nucleotides@1, shape: [8]}}
        heads:
          kind: {kind: single-label, graph: g.onnx, sha256: '%1$s', labels: [a, b]}
          age: {kind: regression, graph: g.onnx, sha256: '%1$s', targets: [{name: years, unit: a}]}
        """
            .formatted("0".repeat(64)));
    Files.writeString(
        folder.resolve("p.tsv"),
        """
        id\thead\tprediction\tscore\tstatus\tbest\tname\tset\treason
        r\tkind\ta\t0.9\tok\ta\tNA\tNA\tNA
        r\tage.years\t3\tNA\tok\tNA\tNA\tNA\tNA
        """);
  }

  private Tool.Outcome report(byte[] table, String... more) throws IOException {
    Files.write(folder.resolve("i.tsv"), table);
    List<Object> all =
        new ArrayList<>(
            List.of(
                "--model",
                folder + "/model/",
                "--output",
                folder.resolve("r.html"),
                "--importance",
                folder.resolve("i.tsv")));
    all.addAll(List.of(more));
    all.add(folder.resolve("p.tsv"));
    return Tool.run(ReportCommand::new, all.toArray());
  }

  private Tool.Outcome report(String table, String... more) throws IOException {
    return report(table.getBytes(StandardCharsets.UTF_8), more);
  }

  private String page() throws IOException {
    return Files.readString(folder.resolve("r.html"));
  }

  /** Replaces a text of a good table; the message has file, line and column. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          feature       | gene        | line 1: column 3 is 'gene', and 'feature' is expected there
          \\trank       | ''          | line 1: column 7 is 'missing', and 'rank' is expected there
          rank          | rank\\tmore | line 1: column 8 is 'more', and 'missing' is expected there
          kind\\ta\\tf2 | sort\\ta\\tf2 | line 3: column 1 (head) is 'sort', which is none of the heads of tiny@1.0.0 (kind, age)
          kind\\ta\\tf2 | kind\\tc\\tf2 | line 3: column 2 (label) is 'c', which is no label of the head 'kind' of tiny@1.0.0
          kind\\ta\\tf2 | age\\ta\\tf2 | line 3: column 2 (label) is 'a', which is no label of the head 'age' of tiny@1.0.0
          f2            | ''          | line 3: column 3 (feature) is empty
          f3            | f1          | line 4: column 3 (feature) is 'f1', which occurs a second time for the label 'a'
          \\t2\\t2.5    | \\tx\\t2.5  | line 2: column 4 (mean) is 'x'
          \\t2\\t2.5    | \\tNA\\t2.5 | line 2: column 4 (mean) is 'NA'
          \\t2\\t2.5    | \\tinf\\t2.5 | line 2: column 4 (mean) is 'inf'
          \\t2\\t2.5    | \\t2,5\\t2.5 | line 2: column 4 (mean) is '2,5'
          \\t2\\t2.5    | \\t2\\t1    | line 2: column 5 (mean_absolute) is 1, less than the mean of 2 in column 4
          2.5\\t7       | 2.5\\t0     | line 2: column 6 (records) is '0'; a whole number from 1 on is expected here
          2.5\\t7       | 2.5\\t1.5   | line 2: column 6 (records) is '1.5'
          7\\t3         | 7\\t-3      | line 4: column 7 (rank) is '-3'
          7\\t3         | 7\\t2       | line 4: column 7 (rank) is 2, as in line 3
          -1\\t1\\t7    | 1.5\\t2\\t7 | line 4: column 7 (rank) is 3, but the mean is higher than that of rank 2 in line 3
          \\t7\\t3      | \\t7        | line 4: has 6 columns, the header has 7
          """)
  void whatDoesNotFitIsNamed(String from, String to, String message) throws IOException {
    String table = HEADER + ROWS;
    String changed = table.replace(from.replace("\\t", "\t"), to.replace("\\t", "\t"));
    assertFalse(changed.equals(table), from);
    Tool.Outcome outcome = report(changed);
    assertEquals(4, outcome.code(), outcome.err());
    assertTrue(outcome.err().contains(folder.resolve("i.tsv") + ": " + message), outcome.err());
    assertEquals(1, outcome.err().strip().lines().count(), outcome.err());
    assertFalse(Files.exists(folder.resolve("r.html")));
  }

  @Test
  void otherFilesAreNamed() throws IOException {
    Tool.Outcome outcome = report("");
    assertEquals(4, outcome.code());
    assertTrue(outcome.err().contains("i.tsv: is empty"), outcome.err());
    outcome = report(HEADER + ROWS, "--compare-importance", folder + "/none.tsv");
    assertEquals(2, outcome.code());
    assertTrue(outcome.err().contains("none.tsv: no such file"), outcome.err());
    outcome = report(HEADER + ROWS, "--metrics", folder + "/i.tsv");
    assertEquals(2, outcome.code());
    assertTrue(outcome.err().contains("is both input and output"), outcome.err());
    byte[] zip = zipped(HEADER + ROWS);
    outcome = report(java.util.Arrays.copyOf(zip, zip.length - 12));
    assertEquals(4, outcome.code());
    assertTrue(outcome.err().contains("damaged or cut off"), outcome.err());
  }

  private static byte[] zipped(String text) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream stream = new GZIPOutputStream(bytes)) {
      stream.write(text.getBytes(StandardCharsets.UTF_8));
    }
    return bytes.toByteArray();
  }

  @Test
  void gzipOrderAndLineEndsDoNotMatter() throws IOException {
    report(HEADER + ROWS).succeeded();
    String page = page();
    assertTrue(page.contains("f1 (2.00)"), page);
    report(zipped(HEADER + ROWS)).succeeded();
    assertEquals(page, page());
    String turned = "";
    for (String line : ROWS.lines().toList()) {
      turned = line + "\r\n" + turned;
    }
    report("\ufeff" + HEADER.replace("\n", "\r\n") + turned).succeeded();
    assertEquals(page, page());
  }

  @Test
  void targetsAndPositionsAreExplainedToo() throws IOException {
    String rows =
        "age\tyears\t10\t5\t5\t3\t1\nage\tyears\t9\t4\t4\t3\t2\nage\tyears\t100\t-6\t6\t3\t3\n";
    report(HEADER + rows).succeeded();
    String page = page();
    report(HEADER.replace("feature", "position") + rows).succeeded();
    assertEquals(page, page());
    assertTrue(page.contains("The importance of a position for a label"), page);
    String drawing = page.substring(page.indexOf("importance-map-1-t"));
    drawing = drawing.substring(0, drawing.indexOf("</svg>"));
    // Along the sequence, and what speaks against the only target is there as well.
    int nine = drawing.indexOf(">9<");
    assertTrue(nine > 0 && nine < drawing.indexOf(">10<"), drawing);
    assertTrue(drawing.indexOf(">10<") < drawing.indexOf(">100<"), drawing);
  }

  @Test
  void stretchesStandInOrderAndNeedNotHaveAllRecords() throws IOException {
    report(
            HEADER
                + "kind\ta\t96-105\t5\t5\t3\t1\nkind\ta\t1-10\t4\t4\t9\t2\nkind\ta\t6-15\t3\t3\t9\t3\n")
        .succeeded();
    String page = page();
    String drawing = page.substring(page.indexOf("importance-map-0-t"));
    drawing = drawing.substring(0, drawing.indexOf("</svg>"));
    int first = drawing.indexOf(">1-10<");
    assertTrue(first > 0 && first < drawing.indexOf(">6-15<"), drawing);
    assertTrue(drawing.indexOf(">6-15<") < drawing.indexOf(">96-105<"), drawing);
    assertTrue(page.contains("a (9 records)"), page);
  }

  @Test
  void hostileNamesAreText() throws IOException {
    String nasty = "<script>alert(1)</script>\"><img onerror=x>`--> \u202e";
    report(HEADER + ROWS.replace("f1", nasty).replace("f3", "=1+1" + nasty)).succeeded();
    String page = page();
    assertFalse(page.contains("<script") || page.contains("<img") || page.contains("\u202e"), page);
    assertTrue(page.contains("&lt;script&gt;alert(1)"), page);
  }

  @Test
  void spearmanIsThatOfScipy() {
    // scipy.stats.spearmanr([3, 1, 1, 0, -2, .5], [2, 2, -1, 0, -3, 0])
    assertEquals(
        0.7015706849811751,
        Rankings.spearman(new double[] {3, 1, 1, 0, -2, .5}, new double[] {2, 2, -1, 0, -3, 0}),
        1e-12);
    assertEquals(
        -1, Rankings.spearman(new double[] {1, 2, 3, 4}, new double[] {4, 3, 2, 1}), 1e-12);
    assertTrue(
        Double.isNaN(Rankings.spearman(new double[] {1, 1}, new double[] {2, 3})), "all equal");
    assertEquals(1, Rankings.spearman(new double[] {-0.0, 0, 1}, new double[] {0, -0.0, 2}), 1e-12);
  }

  @Test
  void featuresOfEitherTableCount() throws IOException {
    Files.writeString(
        folder.resolve("b.tsv"),
        HEADER
            + "kind\ta\tf2\t3\t3\t7\t1\nkind\ta\tf4\t0.25\t1\t7\t2\n"
            + "kind\ta\tf5\t-0.125\t1\t7\t3\nkind\ta\tf3\t-0.5\t1\t7\t4\n");
    report(HEADER + ROWS, "--compare-importance", folder + "/b.tsv").succeeded();
    // spearmanr([2, 1, -1, 0, 0], [0, 3, -.5, .25, -.125]) of f1 to f5
    String metrics = Files.readString(folder.resolve("metrics.json"));
    assertTrue(metrics.contains("\"spearman\" : " + 0.61558701), metrics);
    assertTrue(metrics.contains("\"in_both\" : 1"), metrics);
    assertTrue(page().contains("<strong class=\"whole\">f2</strong>"), page());
  }

  @Test
  void curveOfALabelIsThatOfScikitLearn() {
    // roc_curve([1, 0, 1, 1, 0, 0, 1, 0], [.9, .8, .8, .4, .4, .3, .2, .1]); the ends of straight
    // runs to the right or up are kept alone
    BinnedAreas areas = new BinnedAreas(1);
    double[] scores = {.9, .8, .8, .4, .4, .3, .2, .1};
    boolean[] positive = {true, false, true, true, false, false, true, false};
    for (int i = 0; i < scores.length; i++) {
      areas.add(0, scores[i], positive[i]);
    }
    double[][] expected = {{0, 0}, {0, .25}, {.25, .5}, {.5, .75}, {.75, .75}, {.75, 1}, {1, 1}};
    List<double[]> found = areas.curve(0);
    assertEquals(expected.length, found.size());
    double area = 0;
    for (int i = 0; i < expected.length; i++) {
      assertArrayEquals(expected[i], found.get(i), 1e-12);
      if (i > 0) {
        area +=
            (found.get(i)[0] - found.get(i - 1)[0]) * (found.get(i)[1] + found.get(i - 1)[1]) / 2;
      }
    }
    assertEquals(areas.area(0), area, 1e-12);
    assertTrue(new BinnedAreas(1).curve(0).isEmpty(), "no records");
  }
}
