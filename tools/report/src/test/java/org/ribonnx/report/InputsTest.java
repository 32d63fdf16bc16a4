package org.ribonnx.report;

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
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ribonnx.core.io.Tree;
import org.ribonnx.core.testing.NumpyFile;
import org.ribonnx.core.testing.Tool;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** Inputs that do not fit each other, and inputs that want to be more than text. */
class InputsTest {
  private static final String HEADER =
      "id\thead\tprediction\tscore\tstatus\tbest\tname\tset\treason\n";

  @TempDir Path folder = Path.of(".");

  @BeforeEach
  void bundle() throws IOException {
    bundle("Tiny", "alpha", "a", "CC0");
  }

  private static String quoted(String text) {
    StringBuilder out = new StringBuilder();
    // YAML takes no character that is hidden, but its escapes.
    for (char one : Tree.prettyJson(text).strip().toCharArray()) {
      out.append(one < 0x7f ? "" + one : String.format("\\u%04x", (int) one));
    }
    return out.toString();
  }

  private void bundle(String title, String name, String label, String licence) throws IOException {
    Files.createDirectories(folder.resolve("model"));
    Files.writeString(
        folder.resolve("model/model.yaml"),
        """
        schema: 1
        id: tiny
        version: 1.0.0
        title: %s
        inputs: {rna: {kind: sequences, what: %s}}
        views: {v: {encoder: nucleotides@1, shape: [8]}}
        heads:
          kind: {kind: single-label, graph: g.onnx, sha256: '%s', labels: labels.tsv, reject: {unassigned-when: below, at: 0.5, labels: [other]}}
        card: {licence: %s, cite: [%s], intended-use: %s, limits: %s, training-data: %s, authors: %s}
        """
            .formatted(
                quoted(title),
                quoted(title),
                "0".repeat(64),
                quoted(licence),
                quoted(licence),
                quoted(licence),
                quoted(licence),
                quoted(licence),
                quoted(licence)));
    Files.writeString(
        folder.resolve("model/labels.tsv"),
        "label\tname\tdescription\turl\n"
            + label
            + "\t"
            + name
            + "\t"
            + name
            + "\thttps://example.org/a\nb\tbeta\t\t\nother\tnone\t\t\n");
  }

  private static String row(String id, String label, String score, boolean ok) {
    return String.join(
            "\t",
            id,
            "kind",
            ok ? label : "NA",
            score,
            ok ? "ok" : "unassigned",
            label,
            "NA",
            "NA",
            ok ? "NA" : "below-threshold")
        + "\n";
  }

  private static final String THREE =
      HEADER
          + row("r0", "a", "0.75", true)
          + row("r1", "b", "0.5", true)
          + row("r2", "a", "0.375", false);

  private Path write(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  private Tool.Outcome report(String predictions, Object... more) throws IOException {
    List<Object> all =
        new ArrayList<>(
            List.of(
                "--model",
                folder.resolve("model"),
                "--output",
                folder.resolve("r.html"),
                "--markdown",
                folder.resolve("r.md"),
                "--multiqc",
                folder.resolve("multiqc"),
                "--figures",
                folder.resolve("figures")));
    all.addAll(List.of(more));
    all.add(write("p.tsv", predictions));
    return Tool.run(ReportCommand::new, all.toArray());
  }

  private void refused(String message, String predictions, Object... more) throws IOException {
    Tool.Outcome outcome = report(predictions, more);
    assertEquals(4, outcome.code(), outcome.err());
    assertTrue(outcome.err().contains(message), outcome.err());
    // A file that says nothing of its model is warned of before.
    assertEquals(
        1,
        outcome.err().lines().filter(line -> !line.contains("warning: ")).count(),
        outcome.err());
    assertFalse(Files.exists(folder.resolve("r.html")));
  }

  private String page() throws IOException {
    return Files.readString(folder.resolve("r.html"));
  }

  private @Nullable Object metric(String... path) throws IOException {
    @Nullable Object value = Tree.parseJson(Files.readAllBytes(folder.resolve("metrics.json")));
    for (String key : path) {
      value = value instanceof Map<?, ?> map ? map.get(key) : null;
    }
    return value;
  }

  @Test
  void truthOfOtherIds() throws IOException {
    Path truth = write("t.tsv", "id\tkind\nx\ta\ny\tb\n");
    report(THREE, "--truth", truth).succeeded();
    assertTrue(page().contains("None of the ids of the predictions occurs in the table of truth"));
    assertEquals(2L, metric("truth", "ids_not_predicted"));
    assertEquals(3L, metric("truth", "records_without_truth"));
    assertNull(metric("heads", "kind", "truth", "accuracy"));
    assertTrue(page().contains("id=\"truth-0\""), "the section says that nothing was compared");
  }

  @Test
  void truthWithIdsMissingAndTooMany() throws IOException {
    Path truth = write("t.tsv", "id\tkind\nr2\ta\nx\tb\nr0\ta\ny\tb\n");
    Tool.Outcome outcome = report(THREE, "--truth", truth).succeeded();
    String said = "2 ids of the table of truth are not among the predictions, the first: x";
    assertTrue(outcome.err().contains(said), outcome.err());
    assertTrue(page().contains(said));
    assertEquals(1L, metric("truth", "records_without_truth"));
    assertEquals(2L, metric("heads", "kind", "truth", "records"));
    assertEquals(0.5, metric("heads", "kind", "truth", "accuracy"));
  }

  @Test
  void truthOfOtherLabels() throws IOException {
    Path truth = write("t.tsv", "id\tkind\nr0\tRF1\nr1\tRF2\nr2\tRF1\n");
    Tool.Outcome outcome = report(THREE, "--truth", truth).succeeded();
    String said = "None of the labels in the truth of the head 'kind' is one of the model's";
    assertTrue(outcome.err().contains(said), outcome.err());
    assertTrue(page().contains("None of the labels in the truth of the head"));
    // One label of the model is enough: the others may be what it should leave unassigned.
    outcome = report(THREE, "--truth", write("t.tsv", "id\tkind\nr0\ta\nr1\tRF2\n")).succeeded();
    assertFalse(outcome.err().contains("None of the labels"), outcome.err());
  }

  @Test
  void predictionsOfAnotherModelAndNone() throws IOException {
    refused("'family' is none of tiny@1.0.0", THREE.replace("kind", "family"));
    refused("'RF1' is no label of the head 'kind'", THREE.replace("\ta\t", "\tRF1\t"));
    refused("is empty", "");
    refused("is not the header of a table of predictions", "\0\1\2\n");
  }

  @Test
  void unusableRecordsAlone() throws IOException {
    String unusable = "\tkind\tNA\tNA\tunusable\tNA\tNA\tNA\ttoo-short\n";
    Path truth = write("t.tsv", "id\tkind\nr0\ta\nr1\tb\n");
    Path scores =
        write("s.tsv", "id\tkind.a\tkind.b\tkind.other\nr0\tNA\tNA\tNA\nr1\tNA\tNA\tNA\n");
    // What a policy did to a record is no reason why it could not be used.
    String second = unusable.replace("too-short", "too-short;ambiguous-letters");
    report(HEADER + "r0" + unusable + "r1" + second, "--truth", truth, "--scores", scores)
        .succeeded();
    assertTrue(
        page()
            .contains(
                "2 of 2 records (100 %) could not be used (too-short 2); the report explains the reasons"),
        page());
    assertEquals(0L, metric("heads", "kind", "truth", "records"));
    assertEquals(2L, metric("heads", "kind", "truth", "unusable"));
    assertNull(metric("heads", "kind", "truth", "accuracy"));
    assertNull(metric("heads", "kind", "truth", "macro_auroc"));
    try (Stream<Path> figures = Files.list(folder.resolve("figures"))) {
      assertEquals(List.of(), figures.toList());
    }
  }

  private Path scores(String... ids) {
    float[] numbers = {0.75f, 0.125f, 0.125f, 0.25f, 0.5f, 0.25f, 0.375f, 0.375f, 0.25f};
    return new NumpyFile()
        .ids(ids)
        .floats("kind", 3, java.util.Arrays.copyOf(numbers, 3 * ids.length))
        .write(folder.resolve("s.npz"));
  }

  @Test
  void scoresOfATensorFileAreThoseOfTheTable() throws IOException {
    Path truth = write("t.tsv", "id\tkind\nr2\ta\nr0\ta\nr1\tb\n");
    Path table =
        write(
            "s.tsv",
            """
            id	kind.a	kind.b	kind.other
            r0	0.75	0.125	0.125
            r1	0.25	0.5	0.25
            r2	0.375	0.375	0.25
            """);
    report(THREE, "--truth", truth, "--scores", table).succeeded();
    String page = page();
    byte[] metrics = Files.readAllBytes(folder.resolve("metrics.json"));
    report(THREE, "--truth", truth, "--scores", scores("r0", "r1", "r2")).succeeded();
    assertEquals(page, page());
    assertEquals(
        new String(metrics, StandardCharsets.UTF_8),
        Files.readString(folder.resolve("metrics.json")));
    assertTrue(page.contains("How far the best label is ahead"), page);
    assertNotNull(metric("heads", "kind", "truth", "macro_auroc"));
  }

  @Test
  void scoresThatDoNotFit() throws IOException {
    refused("holds 2 records, but", THREE, "--scores", scores("r0", "r1"));
    refused("are not those of", THREE, "--scores", scores("r0", "r2", "r1"));
    Path narrow = new NumpyFile().ids("r0").floats("kind", 2, 1, 0).write(folder.resolve("n.npz"));
    refused("the head has 3 labels", THREE, "--scores", narrow);
    Path other = new NumpyFile().ids("r0").floats("v", 3, 1, 0, 0).write(folder.resolve("n.npz"));
    refused("lacks the scores of the head 'kind'", THREE, "--scores", other);
    String meta =
        "{\"format\":1,\"kind\":\"%s\",\"model\":\"%s\",\"stages\":{},\"views\":{},\"status\":[\"ok\"],\"flags\":[]}";
    Path foreign =
        new NumpyFile()
            .ids("r0")
            .floats("kind", 3, 1, 0, 0)
            .member("meta.json", meta.formatted("scores", "big@2").getBytes(StandardCharsets.UTF_8))
            .write(folder.resolve("n.npz"));
    refused("holds the scores of big@2, not of tiny@1.0.0", THREE, "--scores", foreign);
    Path embeddings =
        new NumpyFile()
            .ids("r0")
            .floats("kind", 3, 1, 0, 0)
            .member(
                "meta.json",
                meta.formatted("embeddings", "tiny@1.0.0").getBytes(StandardCharsets.UTF_8))
            .write(folder.resolve("n.npz"));
    refused("holds embeddings, not scores", THREE, "--scores", embeddings);
    refused(
        "are not those of",
        THREE,
        "--scores",
        write("s.tsv", "id\tkind.a\tkind.b\tkind.other\nr0\t1\t0\t0\nr1\t0\t1\t0\nx\t1\t0\t0\n"));
    String sampled = "sample\t" + HEADER + "s\t" + row("r0", "a", "0.75", true);
    refused("has no column 'sample'", sampled, "--scores", scores("r0"));
    refused("is no tensor file", THREE, "--scores", write("junk.npz", "junk"));
  }

  @Test
  void embeddingsOfSeveralShards() throws IOException {
    Path first = new NumpyFile().ids("r0").floats("v", 2, 1, 2).write(folder.resolve("1.npz"));
    Path second =
        new NumpyFile().ids("r1", "r2").floats("v", 2, 3, 1, 4, 4).write(folder.resolve("2.npz"));
    Path whole =
        new NumpyFile()
            .ids("r0", "r1", "r2")
            .floats("v", 2, 1, 2, 3, 1, 4, 4)
            .write(folder.resolve("w.npz"));
    report(THREE, "--embeddings", whole).succeeded();
    String page = page();
    assertTrue(page.contains("id=\"map-components-t\""), page);
    report(THREE, "--embeddings", first, "--embeddings", second).succeeded();
    assertEquals(page, page());
    Files.delete(folder.resolve("r.html"));
    refused(
        "2.npz and 1 other file: its record 1 is 'r1', but in the predictions that is 'r0'",
        THREE,
        "--embeddings",
        second,
        "--embeddings",
        first);
    refused("holds 1 records, but the predictions hold 3", THREE, "--embeddings", first);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "](javascript:alert(1))",
        "```galaxy\u0001history_dataset_display()```",
        "${galaxy history_link()}",
        "../../../etc/passwd",
        "=cmd|' /C calc'!A0",
        "@SUM(1)",
        "\u0007\u001b[31mred\u009b",
        "\u202egnp.exe\u2066",
        "--><svg onload=alert(1)>",
        "]]><a xlink:href=\"javascript:alert(1)\">",
        "&lt;b&gt;&#106;",
        "</title></style></svg><iframe>",
        "a'b\" style='x' onclick=\"y\""
      })
  void hostileTextIsTextEverywhere(String nasty) throws Exception {
    // Labels hold no semicolon, and no control character in the file of labels.
    String label = nasty.replaceAll("[;\\p{Cntrl}]", "");
    bundle(nasty, nasty.replaceAll("\\p{Cntrl}", ""), label, nasty);
    String text = "";
    for (String line :
        (HEADER
                + row(nasty, label, "0.75", true)
                + row("r1", label, "0.375", false)
                + row("r2", "b", "0.625", true))
            .split("\n", -1)) {
      text += line.isEmpty() ? "" : (text.isEmpty() ? "sample\t" : nasty + "\t") + line + "\n";
    }
    Path truth =
        write(
            "t.tsv",
            "id\tkind\n"
                + nasty
                + "\t"
                + label
                + "\nr1\t"
                + nasty.replace(";", "")
                + "x\nr2\tother\nn"
                + nasty
                + "\tb\n");
    Path scores =
        write(
            "s.tsv",
            "sample\tid\tkind."
                + label
                + "\tkind.b\tkind.other\n"
                + nasty
                + "\t"
                + nasty
                + "\t0.75\t0.125\t0.125\n"
                + nasty
                + "\tr1\t0.375\t0.25\t0.375\n"
                + nasty
                + "\tr2\t0.25\t0.625\t0.125\n");
    Path embeddings =
        new NumpyFile()
            .unicodeIds(nasty.replaceAll("[\\x00-\\x1f]", "?"), "r1", "r2")
            .floats("v", 2, 1, 2, 3, 1, 4, 4)
            .write(folder.resolve("w.npz"));
    String q = quoted(nasty);
    Path run =
        write(
            "run.json",
            "{\"tool\":"
                + q
                + ",\"version\":"
                + q
                + ",\"device\":"
                + q
                + ",\"model\":{\"id\":\"tiny\",\"version\":\"1.0.0\"},\"seconds\":{\"total\":1},"
                + "\"warnings\":["
                + q
                + "],\"methods\":"
                + q
                + "}");
    List<Object> more =
        new ArrayList<>(
            List.of("--title", nasty, "--truth", truth, "--scores", scores, "--run", run));
    boolean plain = nasty.chars().noneMatch(c -> c < 0x20);
    if (plain) {
      more.addAll(List.of("--embeddings", embeddings));
    }
    report(text, more.toArray()).succeeded();

    checkPage(nasty);
    String markdown = Files.readString(folder.resolve("r.md"));
    String own =
        markdown.replaceAll(
            "(?s)```galaxy\n[a-z_]+\\(output=\"report_md\", path=\"[a-z0-9-]+\\.png\"\\)\n```", "");
    for (String sign : List.of("<", "](", "`", "${", "javascript:", "\u202e", "\u001b")) {
      assertFalse(own.contains(sign), sign + " in " + own);
    }
    assertTrue(own.lines().noneMatch(line -> line.matches("^[=@].*")), own);
    Set<String> allowed =
        Set.of(
            "r.html",
            "r.md",
            "metrics.json",
            "r.html.run.json",
            "multiqc",
            "figures",
            "model",
            "p.tsv",
            "t.tsv",
            "s.tsv",
            "w.npz",
            "run.json");
    try (Stream<Path> files = Files.list(folder)) {
      files.forEach(file -> assertTrue(allowed.contains("" + file.getFileName()), "" + file));
    }
    for (String inner : List.of("multiqc", "figures")) {
      try (Stream<Path> files = Files.list(folder.resolve(inner))) {
        for (Path file : files.toList()) {
          String name = "" + file.getFileName();
          assertTrue(name.matches("[A-Za-z0-9][A-Za-z0-9_.-]*\\.(json|png)"), name);
          if (name.endsWith(".json")) {
            checkMultiQc(Tree.parseJson(Files.readAllBytes(file)), name);
          }
        }
      }
    }
    // For programs the text is as it came; JSON escapes what it must.
    assertEquals(nasty, metric("title"));
    byte[] metrics = Files.readAllBytes(folder.resolve("metrics.json"));
    for (byte one : metrics) {
      assertTrue(one < 0 || one >= 0x20 || one == '\n', "a control character in metrics.json");
    }
  }

  private void checkPage(String nasty) throws Exception {
    Document document =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(folder.resolve("r.html").toFile());
    NodeList elements = document.getElementsByTagName("*");
    for (int i = 0; i < elements.getLength(); i++) {
      Element element = (Element) elements.item(i);
      assertFalse(
          Set.of(
                  "script",
                  "iframe",
                  "object",
                  "embed",
                  "link",
                  "img",
                  "form",
                  "base",
                  "image",
                  "use",
                  "foreignObject")
              .contains(element.getTagName()),
          element.getTagName());
      for (int a = 0; a < element.getAttributes().getLength(); a++) {
        String name = element.getAttributes().item(a).getNodeName();
        String value = element.getAttributes().item(a).getNodeValue();
        assertFalse(name.startsWith("on") || name.equals("style") || name.equals("src"), name);
        if (name.endsWith("href")) {
          assertTrue(value.startsWith("https://") || value.startsWith("#"), value);
        }
      }
    }
    String page = page();
    assertEquals(page.indexOf("-->"), page.lastIndexOf("-->"), "one comment");
    page.codePoints()
        .forEach(
            point ->
                assertFalse(
                    point != '\n'
                        && (Character.getType(point) == Character.CONTROL
                            || Character.getType(point) == Character.FORMAT),
                    "hidden character " + point));
    StringBuilder visible = new StringBuilder();
    nasty
        .codePoints()
        .forEach(
            point -> {
              int type = Character.getType(point);
              if (type == Character.CONTROL || type == Character.FORMAT) {
                visible.append(String.format("\\u%04x", point));
              } else {
                visible.appendCodePoint(point);
              }
            });
    assertTrue(document.getDocumentElement().getTextContent().contains(visible), visible + "");
  }

  private static void checkMultiQc(@Nullable Object tree, String where) {
    if (tree instanceof Map<?, ?> map) {
      map.forEach(
          (key, value) -> {
            checkMultiQc(key, where);
            checkMultiQc(value, where);
          });
    } else if (tree instanceof List<?> list) {
      list.forEach(one -> checkMultiQc(one, where));
    } else if (tree instanceof String text) {
      for (String sign : List.of("<", ">", "`", "\"", "'", "&", "\u202e", "\u001b", "\u0007")) {
        assertFalse(text.contains(sign), where + ": " + text);
      }
      assertFalse(text.matches("(?s)^[=+@-].*"), where + ": " + text);
    }
  }
}
