package org.ribonnx.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ribonnx.core.io.Tree;
import org.ribonnx.core.testing.Tool;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

class ReportCommandTest {
  private static final String HEADER =
      "id\thead\tprediction\tscore\tstatus\tbest\tname\tset\treason\n";
  private static final String SHA = "0".repeat(64);

  private static final String[] TRUTH = "a a a b b c c c x other b a".split(" ", -1);
  private static final String[] DECISION = "a a b b - c c a a - - a".split(" ", -1);
  private static final String[] BEST = "a a b b b c c a a other c a".split(" ", -1);
  private static final String[] SCORES = {
    "0.7 0.1 0.1 0.1", "0.97 0.01 0.01 0.01", "0.25 0.6 0.1 0.05", "0.1 0.7 0.1 0.1",
    "0.2 0.35 0.3 0.15", "0.05 0.05 0.85 0.05", "0.05 0.05 0.85 0.05", "0.6 0.1 0.2 0.1",
    "0.7 0.1 0.1 0.1", "0.2 0.1 0.1 0.6", "0.1 0.3 0.4 0.2", "0.7 0.1 0.1 0.1"
  };

  @TempDir Path folder = Path.of(".");
  private String errors = "";

  @BeforeEach
  void bundle() throws IOException {
    bundle(
        """
          kind: {kind: single-label, graph: g.onnx, sha256: '%1$s', labels: labels.tsv, reject: {unassigned-when: below, at: 0.5, labels: [other], calibration: {true-positive-rate: 0.95, false-positive-rate: 0.01}}}
        """);
    Files.writeString(
        folder.resolve("model/labels.tsv"),
        """
        label\tname\tdescription\turl
        a\talpha\tthe first\thttps://example.org/a?x=1&y=2
        b\tbeta\t\t
        c\t\t\t
        other\tnone of these\t\t
        """);
  }

  private void bundle(String heads) throws IOException {
    Files.createDirectories(folder.resolve("model"));
    Files.writeString(
        folder.resolve("model/model.yaml"),
        """
        schema: 1
        id: tiny
        version: 1.0.0
        title: "A <tiny> model"
        inputs: {rna: {kind: sequences, what: "hairpins, 5'→3'", length: [45, 200]}}
        views: {v: {encoder: nucleotides@1, shape: [8]}}
        heads:
        """
            + heads.formatted(SHA)
            + """
            card: {licence: Apache-2.0, cite: ["doi:10.1186/s12859-019-3279-2"], intended-use: "tests & <b>nothing</b> else", limits: many}
            """);
  }

  private Path write(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content);
  }

  private int run(String... arguments) {
    Tool.Outcome outcome = Tool.run(ReportCommand::new, (Object[]) arguments);
    errors = outcome.err();
    return outcome.code();
  }

  private int report(String predictions, String... more) throws IOException {
    write("predictions.tsv", predictions);
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--model",
                folder.resolve("model").toString() + "/",
                "--output",
                folder.resolve("report.html").toString()));
    arguments.addAll(List.of(more));
    arguments.add(folder.resolve("predictions.tsv").toString());
    return run(arguments.toArray(new String[0]));
  }

  private String page() throws IOException {
    return Files.readString(folder.resolve("report.html"));
  }

  private Object metrics() throws IOException {
    Object tree = Tree.parseJson(Files.readAllBytes(folder.resolve("metrics.json")));
    assertNotNull(tree);
    return tree;
  }

  private static @Nullable Object at(@Nullable Object tree, String path) {
    Object value = tree;
    for (String key : path.split("/", -1)) {
      value = value instanceof Map<?, ?> map ? map.get(key) : null;
    }
    return value;
  }

  private static double number(@Nullable Object tree, String path) {
    Object value = at(tree, path);
    assertTrue(value instanceof Number, path + " is " + value);
    return value instanceof Number number ? number.doubleValue() : Double.NaN;
  }

  private static String golden() {
    StringBuilder text = new StringBuilder(HEADER);
    for (int i = 0; i < TRUTH.length; i++) {
      boolean assigned = !DECISION[i].equals("-");
      int best = List.of("a", "b", "c", "other").indexOf(BEST[i]);
      text.append(
          String.join(
              "\t",
              "r" + i,
              "kind",
              assigned ? DECISION[i] : "NA",
              SCORES[i].split(" ", -1)[best],
              assigned ? "ok" : "unassigned",
              BEST[i],
              "NA",
              "NA",
              assigned
                  ? "NA"
                  : BEST[i].equals("other")
                      ? "below-threshold;rejected-label"
                      : "below-threshold"));
      text.append('\n');
    }
    return text.append("bad\tkind\tNA\tNA\tunusable\tNA\tNA\tNA\ttoo-short\n").toString();
  }

  private static String goldenScores() {
    StringBuilder text = new StringBuilder("id\tkind.a\tkind.b\tkind.c\tkind.other\n");
    for (int i = 0; i < SCORES.length; i++) {
      text.append("r").append(i).append('\t').append(SCORES[i].replace(' ', '\t')).append('\n');
    }
    return text.append("bad\tNA\tNA\tNA\tNA\n").toString();
  }

  private static String goldenTruth() {
    StringBuilder text = new StringBuilder("id\tkind\n");
    for (int i = 0; i < TRUTH.length; i++) {
      text.append("r").append(i).append('\t').append(TRUTH[i]).append('\n');
    }
    return text.append("bad\ta\nnobody\tb\n").toString();
  }

  /** Parses the page as XML, and checks what holds for every page. */
  private Document checked() throws IOException, SAXException, ParserConfigurationException {
    Document document =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(folder.resolve("report.html").toFile());
    NodeList elements = document.getElementsByTagName("*");
    Set<String> ids = new TreeSet<>();
    for (int i = 0; i < elements.getLength(); i++) {
      Element element = (Element) elements.item(i);
      assertFalse(
          Set.of("script", "iframe", "object", "embed", "link", "img", "form", "base")
              .contains(element.getTagName()),
          element.getTagName());
      for (int a = 0; a < element.getAttributes().getLength(); a++) {
        String name = element.getAttributes().item(a).getNodeName();
        String value = element.getAttributes().item(a).getNodeValue();
        assertFalse(name.startsWith("on") || name.equals("style") || name.equals("src"), name);
        boolean link = name.equals("href") && element.getTagName().equals("a");
        if (link) {
          assertTrue(value.startsWith("https://") || value.startsWith("#"), value);
        }
        assertTrue(link || name.equals("xmlns") || !value.contains("http:"), value);
        if (name.equals("id")) {
          assertTrue(ids.add(value), "id twice: " + value);
        }
      }
    }
    for (int i = 0; i < elements.getLength(); i++) {
      String href = ((Element) elements.item(i)).getAttribute("href");
      assertTrue(!href.startsWith("#") || ids.contains(href.substring(1)), href);
    }
    assertTrue(
        page()
            .contains("content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\""));
    assertFalse(page().contains("url("), "style sheet refers to something");
    assertDefined(metrics());
    return document;
  }

  /** Every number of metrics.json has a definition. */
  private static void assertDefined(Object tree) {
    List<Pattern> patterns = new ArrayList<>();
    assertTrue(at(tree, "definitions") instanceof Map);
    if (at(tree, "definitions") instanceof Map<?, ?> definitions) {
      definitions.forEach(
          (path, text) -> {
            patterns.add(
                Pattern.compile(
                    String.valueOf(path)
                        .replace(".", "\u0001")
                        .replace("[]", "\\[\\]")
                        .replace("*", "[^\u0001]+")));
            assertTrue(String.valueOf(text).endsWith("."), "no sentence: " + text);
          });
    }
    walk(tree, "", patterns);
  }

  private static void walk(@Nullable Object tree, String path, List<Pattern> patterns) {
    if (tree instanceof Map<?, ?> map) {
      map.forEach(
          (key, value) -> walk(value, path + (path.isEmpty() ? "" : "\u0001") + key, patterns));
    } else if (tree instanceof List<?> list) {
      list.forEach(value -> walk(value, path + "\u0001[]", patterns));
    } else if (tree instanceof Number) {
      assertTrue(
          patterns.stream().anyMatch(pattern -> pattern.matcher(path).matches()),
          "no definition: " + path.replace('\u0001', '.'));
    }
  }

  @Test
  void metricsAreThoseOfScikitLearn() throws Exception {
    // t = "a a a b b c c c x other b a".split(); p = "a a b b - c c a a - - a".split()
    // L = ['a', 'b', 'c']; f1_score(t, p, labels=L, average='macro'|'weighted')
    // precision_recall_fscore_support(t, p, labels=L)
    // without the record of truth x: accuracy_score, f1_score(labels=L + ['other']) of the best
    // labels, roc_auc_score(t == label, S[:, label]) of each label and its mean
    // roc_auc_score([x in L for x in t], S[:, :3].max(1)); without S: 1 - .6 for the record whose
    // best label is 'other'
    String[] more = {"--truth", write("truth.tsv", goldenTruth()).toString()};
    assertEquals(0, report(golden(), more), () -> errors);
    Object plain = at(metrics(), "heads/kind/truth");
    assertEquals(12, number(plain, "records"), 0);
    assertEquals(1, number(plain, "unusable"), 0);
    assertEquals(0.5833333333333334, number(plain, "accuracy"), 1e-12);
    assertEquals(0.6666666666666666, number(plain, "accuracy_assigned"), 1e-12);
    assertEquals(0.8, number(plain, "share_assigned"), 1e-12);
    assertEquals(0.5, number(plain, "share_wrongly_accepted"), 1e-12);
    assertEquals(0.6222222222222222, number(plain, "macro_f1"), 1e-12);
    assertEquals(0.6266666666666667, number(plain, "weighted_f1"), 1e-12);
    assertEquals(0.7272727272727273, number(plain, "accuracy_best"), 1e-12);
    assertEquals(0.7708333333333333, number(plain, "macro_f1_best"), 1e-12);
    assertEquals(0.6, number(plain, "classes/a/precision"), 1e-12);
    assertEquals(1 / 3.0, number(plain, "classes/b/recall"), 1e-12);
    assertEquals(0.8, number(plain, "classes/c/f1"), 1e-12);
    assertEquals(0.65, number(plain, "rejection/auroc"), 1e-12);
    assertNull(at(plain, "macro_auroc"));
    assertEquals(1, number(metrics(), "truth/ids_not_predicted"), 0);
    assertTrue(errors.contains("1 id of the table of truth is not among the predictions"), errors);
    checked();

    String scores = write("scores.tsv", goldenScores()).toString();
    assertEquals(
        0, report(golden(), "--scores", scores, "--truth", folder + "/truth.tsv"), () -> errors);
    Object scored = at(metrics(), "heads/kind/truth");
    assertEquals(0.725, number(scored, "rejection/auroc"), 1e-12);
    assertEquals(0.9494047619047619, number(scored, "macro_auroc"), 1e-12);
    assertEquals(0.9642857142857143, number(scored, "classes/a/auroc"), 1e-12);
    assertEquals(0.9166666666666666, number(scored, "classes/b/auroc"), 1e-12);
    checked();
    assertTrue(page().contains("0.9494"));
  }

  @Test
  void otherKindsOfHead() throws Exception {
    // T = [[1,0,1],[0,1,0],[0,0,0],[1,1,0],[0,1,1]]; P = [[1,0,1],[0,1,1],[0,0,0],[1,0,0],[0,1,1]]
    // accuracy_score(T, P); f1_score(T, P, average='micro'|'macro'|'weighted')
    // yt = [1, 2, 3.5, -1]; yp = [1.5, 1.5, 3, 0]: mean_absolute_error, mean_squared_error ** .5,
    // r2_score, numpy.corrcoef
    bundle(
        """
          marks: {kind: multi-label, graph: g.onnx, sha256: '%1$s', labels: [x, y, z], thresholds: 0.5}
          age: {kind: regression, graph: g.onnx, sha256: '%1$s', targets: [{name: years, unit: a}]}
        """);
    String[] marks = {"x;z", "z;y", "none", "x", "y;z"};
    String[] trueMarks = {"x;z", "y", "none", "y;x", "z;y"};
    String[] ages = {"1.5", "1.5", "3", "0", "7"};
    String[] trueAges = {"1", "2", "3.5", "-1", ""};
    StringBuilder predictions = new StringBuilder(HEADER);
    StringBuilder truth = new StringBuilder("id\tage.years\tmarks\n");
    for (int i = 0; i < marks.length; i++) {
      String best = marks[i].equals("none") ? "x" : marks[i].substring(0, 1);
      predictions.append(
          "r" + i + "\tmarks\t" + marks[i] + "\t0.8\tok\t" + best + "\tNA\tNA\tNA\n");
      predictions.append("r" + i + "\tage.years\t" + ages[i] + "\tNA\tok\tNA\tNA\tNA\tcut\n");
      truth.append("r" + i + "\t" + trueAges[i] + "\t" + trueMarks[i] + "\n");
    }
    String file = write("truth.tsv", truth.toString()).toString();
    assertEquals(0, report(predictions.toString(), "--truth", file), () -> errors);
    Object heads = at(metrics(), "heads");
    assertEquals(0.6, number(heads, "marks/truth/exact_match"), 1e-12);
    assertEquals(0.8571428571428571, number(heads, "marks/truth/micro_f1"), 1e-12);
    assertEquals(0.8666666666666667, number(heads, "marks/truth/macro_f1"), 1e-12);
    assertEquals(0.8571428571428571, number(heads, "marks/truth/weighted_f1"), 1e-12);
    assertEquals(List.of(1L, 1L, 3L, 0L), sub(at(heads, "marks/labels_per_record"), 4));
    Object years = at(heads, "age/truth/targets/years");
    assertEquals(4, number(years, "records"), 0);
    assertEquals(0.625, number(years, "mean_absolute_error"), 1e-12);
    assertEquals(0.6614378277661477, number(years, "root_mean_squared_error"), 1e-12);
    assertEquals(0.8362573099415205, number(years, "r_squared"), 1e-12);
    assertEquals(0.9733285267845753, number(years, "correlation"), 1e-12);
    assertEquals(2.6, number(heads, "age/targets/years/mean"), 1e-12);
    checked();
    assertEquals(5, number(metrics(), "records"), 0);
  }

  private static List<?> sub(@Nullable Object list, int count) {
    return list instanceof List<?> items ? items.subList(0, count) : List.of();
  }

  @Test
  void sameBytesTwiceAndNothingElseIsLeft() throws Exception {
    assertEquals(0, report(golden()), () -> errors);
    byte[] page = Files.readAllBytes(folder.resolve("report.html"));
    byte[] metrics = Files.readAllBytes(folder.resolve("metrics.json"));
    assertEquals(0, report(golden()), () -> errors);
    assertArrayEquals(page, Files.readAllBytes(folder.resolve("report.html")));
    assertArrayEquals(metrics, Files.readAllBytes(folder.resolve("metrics.json")));
    Document document = checked();
    String text = document.getDocumentElement().getTextContent();
    assertTrue(text.contains("13 records: 9 assigned (69.2 %), 3 left unassigned (23.1 %)"), text);
    assertTrue(text.contains("alpha (a)"), text);
    assertTrue(text.contains("Apache-2.0"), text);
    assertTrue(text.contains("tests & <b>nothing</b> else"), text);
    assertTrue(page().contains("href=\"https://example.org/a?x=1&amp;y=2\""));
    assertTrue(page().contains("href=\"https://doi.org/10.1186/s12859-019-3279-2\""));
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(
          Set.of("model", "predictions.tsv", "report.html", "metrics.json", "report.html.run.json"),
          Set.copyOf(files.map(path -> path.getFileName().toString()).toList()));
    }
  }

  @Test
  void theWrongRnaIsTheFirstThingRead() throws Exception {
    StringBuilder text = new StringBuilder(HEADER);
    for (int i = 0; i < 10; i++) {
      text.append("m" + i + "\tkind\tNA\t0.3\tunassigned\ta\talpha\tNA\t");
      text.append("below-threshold;outside-training-range\n");
    }
    String record =
        "{\"tool\":\"ribonnx-classify\",\"version\":\"0.1.0\",\"device\":\"cpu\",\"model\":{\"id\":\"tiny\",\"version\":\"1.0.0\"},"
            + "\"seconds\":{\"total\":1.25},\"warnings\":[\"something else\",\"3 of 4 records look like"
            + " nothing that the head 'kind' was trained on\"],\"methods\":\"Done.\"}";
    String run = write("x.run.json", record).toString();
    assertEquals(0, report(text.toString(), "--run", run, "--title", "My run"), () -> errors);
    String shown =
        checked().getDocumentElement().getElementsByTagName("main").item(0).getTextContent();
    String message =
        "10 of 10 records (100 %) look like nothing that the head 'kind' was trained on; it expects:"
            + " hairpins, 5'→3'";
    assertTrue(shown.strip().startsWith("My run"), shown);
    assertTrue(shown.indexOf(message) > 0 && shown.indexOf(message) < 40, shown);
    assertTrue(shown.contains("something else"));
    assertFalse(shown.contains("3 of 4 records"), "a shard's own count");
    assertTrue(shown.contains("45 to 200 nt"));
    assertTrue(shown.contains("Done. Records were left unassigned"));
    assertTrue(errors.strip().lines().anyMatch(line -> line.contains(message)), errors);
    Object own = Tree.parseJson(Files.readAllBytes(folder.resolve("report.html.run.json")));
    assertEquals(1, at(own, "steps") instanceof List<?> steps ? steps.size() : 0);
    assertTrue(page().indexOf(message.substring(0, 30)) < 400, "plain text shows it first");
  }

  @Test
  void nothingToShowIsSaid() throws Exception {
    assertEquals(0, report(HEADER), () -> errors);
    assertTrue(checked().getDocumentElement().getTextContent().contains("There are no records"));
    assertEquals(
        0, report(HEADER, "--truth", write("t.tsv", goldenTruth()).toString()), () -> errors);
    checked();
    String line = "\tkind\tNA\tNA\tunusable\tNA\tNA\tNA\ttoo-short\n";
    assertEquals(0, report(HEADER + "a" + line + "b" + line), () -> errors);
    String shown = checked().getDocumentElement().getTextContent();
    assertTrue(shown.contains("2 of 2 records (100 %) could not be used (too-short 2)"), shown);
    assertTrue(shown.contains("None of the records could be used"), shown);
  }

  @Test
  void samplesStandSideBySide() throws Exception {
    String header = "sample\t" + HEADER;
    String text =
        header
            + "s2\tr\tkind\ta\t0.9\tok\ta\talpha\tNA\tNA\n"
            + "s1\tr\tkind\tNA\t0.4\tunassigned\tb\tbeta\tNA\tbelow-threshold\n"
            + "s2\tq\tkind\tb\t0.9\tok\tb\tbeta\tNA\tNA\n";
    String truth = write("t.tsv", "sample\tid\tkind\ns1\tr\tb\ns2\tr\ta\n").toString();
    assertEquals(0, report(text, "--truth", truth), () -> errors);
    String shown = checked().getDocumentElement().getTextContent();
    assertTrue(shown.contains("Samples side by side"));
    assertTrue(shown.contains("s1 / r"));
    assertTrue(shown.contains("1 sample holds mostly records that look like nothing"), shown);
    assertEquals(2, number(metrics(), "samples/s2/kind/records"), 0);
    assertEquals(1, number(metrics(), "samples/s2/kind/top_labels/b"), 0);
    assertEquals(0.5, number(metrics(), "heads/kind/truth/accuracy"), 0);
    assertEquals(1, number(metrics(), "truth/records_without_truth"), 0);
  }

  @Test
  void hostileTextIsShownAndDoesNothing() throws Exception {
    String nasty =
        "<script>alert(1)</script>\"><img onerror=x>](javascript:y)`--> ../\u0007\u202e=1";
    Files.writeString(
        folder.resolve("model/labels.tsv"),
        "label\tname\tdescription\n"
            + nasty.replace("\u0007", "")
            + "\t"
            + nasty
            + "\t"
            + nasty
            + "\nb\t\t\nc\t\t\nother\t\t\n");
    String label = nasty.replace("\u0007", "");
    String text =
        HEADER
            + nasty
            + "\tkind\t"
            + label
            + "\t0.9\tok\t"
            + label
            + "\tx\tNA\tcut\n"
            + "z\tkind\tNA\t0.1\tunassigned\tb\tx\tNA\tbelow-threshold\n";
    String truth = write("t.tsv", "id\tkind\n" + nasty + "\t" + nasty + "\nz\tb\n").toString();
    assertEquals(0, report(text, "--title", nasty, "--truth", truth), () -> errors);
    String shown = checked().getDocumentElement().getTextContent();
    assertTrue(shown.contains("<script>alert(1)</script>"));
    assertFalse(page().contains("<script"));
    assertFalse(page().contains("<img"));
    assertFalse(page().contains("\u202e"));
    assertTrue(page().contains("\\u202e"));
    assertEquals(page().indexOf("-->"), page().lastIndexOf("-->"));
  }

  private void refused(int code, String part, String predictions, String... more)
      throws IOException {
    Files.deleteIfExists(folder.resolve("report.html"));
    assertEquals(code, report(predictions, more), () -> errors);
    assertTrue(errors.contains(part), errors);
    assertEquals(1, errors.strip().lines().count(), errors);
    assertFalse(Files.exists(folder.resolve("report.html")));
  }

  @Test
  void wrongInputIsNamed() throws Exception {
    String ok = "r\tkind\ta\t0.9\tok\ta\talpha\tNA\tNA\n";
    refused(4, "lacks the header", "");
    refused(4, "line 1: is not the header", ">seq\nACGU\n");
    refused(4, "line 1: is not the header", HEADER.replace("score", "Score") + ok);
    refused(4, "line 3: has 3 columns", HEADER + ok + "r\tkind\ta");
    refused(4, "line 2: has no id", HEADER + ok.substring(1));
    refused(4, "'family' is none of tiny@1.0.0 (kind)", HEADER + ok.replace("kind", "family"));
    refused(4, "'RF1' is no label of the head 'kind'", HEADER + ok.replace("\ta\t", "\tRF1\t"));
    refused(4, "the status is 'fine'", HEADER + ok.replace("ok", "fine"));
    refused(4, "the score is 'high'", HEADER + ok.replace("0.9", "high"));
    refused(4, "only a record of status ok", HEADER + ok.replace("\tok", "\tunusable"));
    refused(4, "is no code", HEADER + ok.replace("NA\n", "Too short!\n"));
    String good = HEADER + ok;
    String truth = folder + "/t.tsv";
    write("t.tsv", "id\tfamily\nr\ta\n");
    refused(4, "'family' is no head of the model; the heads are: kind", good, "--truth", truth);
    write("t.tsv", "name\tkind\nr\ta\n");
    refused(4, "not 'id'", good, "--truth", truth);
    write("t.tsv", "id\tkind\nr\ta\nr\ta\n");
    refused(4, "line 3: the id 'r' occurs a second time", good, "--truth", truth);
    write("t.tsv", "id\tkind\nr\ta;b\n");
    refused(4, "which takes one", good, "--truth", truth);
    write("t.tsv", "id\tkind\nr\n");
    refused(4, "has 1 columns", good, "--truth", truth);
    write("t.tsv", "");
    refused(4, "is empty", good, "--truth", truth);
    write("s.tsv", "id\tkind.a\n");
    refused(4, "'kind.b' there", good, "--scores", folder + "/s.tsv");
    write("t.tsv", "id\tkind\nr\ta\n");
    write("s.tsv", goldenScores());
    refused(4, "holds 13 records", good, "--truth", truth, "--scores", folder + "/s.tsv");
    write("r.json", "{\"tool\":\"x\",\"model\":{\"id\":\"big\",\"version\":\"2\"}}");
    refused(
        4, "is the record of a run of big@2, not of tiny@1.0.0", good, "--run", folder + "/r.json");
    write("r.json", "{");
    refused(4, "is no JSON", good, "--run", folder + "/r.json");
  }

  @Test
  void wrongUsageIsNamed() throws Exception {
    String good = HEADER;
    refused(2, "no such file", good, "--truth", folder + "/none.tsv");
    refused(2, "no such file", good, "--run", folder + "/none.json");
    refused(2, "can't have the same name", good, "--metrics", folder + "/report.html");
    refused(2, "is both input and output", good, "--metrics", folder + "/predictions.tsv");
    refused(2, "no such folder", good, "--metrics", folder + "/none/metrics.json");
    refused(2, "no such file", good, "--scores", folder + "/s.npz");
    assertEquals(2, run("--model", "x"));
    assertEquals(0, run("--help"));
    assertEquals(
        2,
        run("--model", folder + "/model/", "--output", folder + "/r.html", folder + "/none.tsv"));
    assertTrue(errors.contains("none.tsv: no such file"), errors);
  }

  @Test
  void missingRowsOfAHeadAreSeen() throws Exception {
    bundle(
        """
          one: {kind: multi-label, graph: g.onnx, sha256: '%1$s', labels: [x, y], thresholds: [0.5, 0.4]}
          two: {kind: single-label, graph: g.onnx, sha256: '%1$s', labels: [x, y]}
        """);
    String one = "r\tone\tnone\t0.3\tok\tx\tNA\tNA\tNA\n";
    String two = "r\ttwo\tx\t0.3\tok\tx\tNA\tNA\tNA\n";
    refused(4, "holds 2 rows of the head 'one' and 1 of 'two'", HEADER + one + two + one);
    assertEquals(0, report(HEADER + one + two), () -> errors);
    checked();
  }

  @Test
  void plainNamesInTheTruthAreNoticed() throws Exception {
    String truth = write("t.tsv", "id\tkind\nr0\talpha\n").toString();
    assertEquals(0, report(golden(), "--truth", truth), () -> errors);
    assertTrue(errors.contains("write the label 'a' for 'alpha'"), errors);
    assertTrue(
        new String(Files.readAllBytes(folder.resolve("report.html")), StandardCharsets.UTF_8)
            .contains("holds plain names"));
  }
}
