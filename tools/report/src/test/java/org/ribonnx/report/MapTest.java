package org.ribonnx.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.ribonnx.core.io.Tree;
import org.ribonnx.core.testing.NumpyFile;
import org.ribonnx.core.testing.OnnxBuilder;
import org.ribonnx.core.testing.TestBundle;
import org.ribonnx.core.testing.Tool;

/** The map, from the command line, with a graph that runs. */
class MapTest {
  private static final String HEADER =
      "id\thead\tprediction\tscore\tstatus\tbest\tname\tset\treason\n";
  private static final String CARD =
      """
      schema: 1
      id: tiny
      version: 1.0.0
      inputs: {rna: {kind: sequences}}
      views: {v: {encoder: nucleotides@1, shape: [8]}}
      embed: {v: {graph: embed.onnx, sha256: SHA(embed.onnx)}}
      heads:
        kind: {kind: single-label, graph: head.onnx, sha256: SHA(head.onnx), labels: [a, b, "<i>c"]}
      REPORT
      card: {metrics: {map-trustworthiness: 0.875}}
      """;
  private static final String REPORT =
      "report: {projector: {graph: project.onnx, sha256: SHA(project.onnx), inputs: {e: v}, output: p},"
          + " background: {file: background.npz, sha256: SHA(background.npz)}}";

  @TempDir Path folder = Path.of(".");

  /** The projector drops the last of three numbers: a place is known beforehand. */
  private static byte[] projector() {
    return projector("p", 3, 2);
  }

  private static byte[] projector(String output, int width, int places) {
    float[] weights = new float[width * places];
    for (int i = 0; i < Math.min(width, places); i++) {
      weights[i * places + i] = 1;
    }
    return new OnnxBuilder()
        .input("e", OnnxBuilder.FLOAT, -1, width)
        .floats("w", new long[] {width, places}, weights)
        .add("MatMul", "e,w", output)
        .output(output, OnnxBuilder.FLOAT, -1, places)
        .build();
  }

  private static byte[] ints(int... values) {
    ByteBuffer data = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int value : values) {
      data.putInt(value);
    }
    return data.array();
  }

  private static byte[] background(String descr, int third, float x) {
    return new NumpyFile()
        .ids("1", "2", "3")
        .floats("position", 2, 0, 0, 10, 0, x, 10)
        .array("label", descr, "3,", ints(0, 1, third))
        .toBytes();
  }

  private static TestBundle bundle(String report, byte[] project, byte[] background) {
    return new TestBundle(CARD.replace("REPORT\n", report.isEmpty() ? "" : report + "\n"))
        .file("embed.onnx", OnnxBuilder.codesToScores("codes", 8, "e", 3))
        .file("head.onnx", OnnxBuilder.linear("e", 3, "p", 3))
        .file("project.onnx", project)
        .file("background.npz", background);
  }

  private Path model(String report) {
    return bundle(report, projector(), background("<i4", 2, 0)).folder(folder.resolve("model"));
  }

  /** Names that are whole in one line, whole in two, or cut since they would hit another. */
  @Test
  void longNamesAreWholeWhereThereIsRoom() throws IOException {
    String squeezed = "abcdefghijklmnopqrstuvwxyzabcd";
    String line = squeezed.toUpperCase(java.util.Locale.ROOT);
    String words = "small nucleolar <RNA> of archaea";
    float[] places = new float[60];
    int[] labels = new int[30];
    float[][] middles = {{0, 0}, {4, 0}, {10, 10}};
    String[] ids = new String[30];
    for (int i = 0; i < 30; i++) {
      labels[i] = i / 10;
      ids[i] = "k" + i;
      places[2 * i] = middles[i / 10][0] + i % 10 * 0.02f;
      places[2 * i + 1] = middles[i / 10][1] + i % 3 * 0.02f;
    }
    byte[] background =
        new NumpyFile()
            .ids(ids)
            .floats("position", 2, places)
            .array("label", "<i4", "30,", ints(labels))
            .toBytes();
    String card =
        CARD.replace("REPORT", REPORT)
            .replace("a, b, \"<i>c\"", squeezed + ", " + line + ", \"" + words + "\"");
    Path model =
        new TestBundle(card)
            .file("embed.onnx", OnnxBuilder.codesToScores("codes", 8, "e", 3))
            .file("head.onnx", OnnxBuilder.linear("e", 3, "p", 3))
            .file("project.onnx", projector())
            .file("background.npz", background)
            .folder(folder.resolve("named"));
    Path records = embeddings(1, 1, 0, 2, 2, 0, 3, 3, 0);
    report(model, predictions(squeezed, line, words), "--embeddings", records).succeeded();
    String page = page();
    String cut = squeezed.substring(0, 17) + "…";
    assertTrue(page.contains("<title>" + squeezed + "</title>" + cut + "</text>"), page);
    assertTrue(page.contains("<title>" + line + "</title>" + line + "</text>"), page);
    String markup = words.replace("<", "&lt;").replace(">", "&gt;");
    for (String part : List.of("small nucleolar", "&lt;RNA&gt; of archaea")) {
      assertTrue(page.contains("<title>" + markup + "</title>" + part + "</text>"), page);
    }
    // The legend has less room.
    assertTrue(
        page.contains("<title>" + line + "</title>" + line.substring(0, 25) + "…: 1</text>"), page);
  }

  private Path embeddings(float... values) {
    String[] ids = new String[values.length / 3];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = "r" + i;
    }
    return new NumpyFile().ids(ids).floats("v", 3, values).write(folder.resolve("e.npz"));
  }

  private Path predictions(String... labels) throws IOException {
    StringBuilder text = new StringBuilder(HEADER);
    for (int i = 0; i < labels.length; i++) {
      boolean none = labels[i].isEmpty();
      text.append("r").append(i).append("\tkind\t").append(none ? "NA" : labels[i]);
      text.append("\t0.5\t").append(none ? "unassigned" : "ok").append('\t');
      text.append(none ? "a" : labels[i]).append("\tNA\tNA\tNA\n");
    }
    return Files.writeString(folder.resolve("predictions.tsv"), text);
  }

  private Tool.Outcome report(Path model, Path predictions, Object... more) {
    Object[] all = new Object[more.length + 5];
    all[0] = "--model";
    all[1] = model;
    all[2] = "--output";
    all[3] = folder.resolve("report.html");
    all[4] = predictions;
    System.arraycopy(more, 0, all, 5, more.length);
    return Tool.run(ReportCommand::new, all);
  }

  private String page() throws IOException {
    return Files.readString(folder.resolve("report.html"));
  }

  private @Nullable Object metrics(String key) throws IOException {
    Object tree = Tree.parseJson(Files.readAllBytes(folder.resolve("metrics.json")));
    return tree instanceof Map<?, ?> map && map.get("map") instanceof Map<?, ?> found
        ? found.get(key)
        : null;
  }

  @Test
  void recordsLieBesideKnownOnes() throws IOException {
    // The third lies near the place of label 1 (b), but was given label 0 (a).
    Path embeddings = embeddings(1, 1, 5, 9, 1, 5, 9, -1, 7, 1, 9, 8, 4, 4, 4);
    Path predictions = predictions("a", "b", "a", "<i>c", "");
    report(model(REPORT), predictions, "--embeddings", embeddings).succeeded();
    String page = page();
    assertTrue(page.contains("<section id=\"map\">"), page);
    assertTrue(page.contains("all 5 usable records"), page);
    assertTrue(page.contains("4 assigned records, 3 (75.0 %) lie nearest"), page);
    assertTrue(page.contains("trustworthiness of 0.875"), page);
    assertTrue(page.contains("&lt;i&gt;c"), page);
    assertFalse(page.contains("<i>c"), page);
    assertEquals(3L, metrics("background"));
    assertEquals(5L, metrics("drawn"));
    assertTrue(metrics("groups") instanceof List);
    if (metrics("groups") instanceof List<?> groups && groups.get(0) instanceof Map<?, ?> first) {
      assertEquals("a", first.get("group"));
      assertEquals(2L, first.get("drawn"));
      assertEquals(2L, first.get("comparable"));
      assertEquals(1L, first.get("among_own"));
      assertEquals(List.of(5.0, 0.0), first.get("middle"));
    }
    byte[] before = Files.readAllBytes(folder.resolve("report.html"));
    report(model(REPORT), predictions, "--embeddings", embeddings).succeeded();
    assertEquals(page, new String(before, java.nio.charset.StandardCharsets.UTF_8));
    assertEquals(page, page());
  }

  @Test
  void aBundleWithoutAProjectorHasTheComponentsAlone() throws IOException {
    Path embeddings = embeddings(0, 0, 0, 3, 0, 0, 0, 1, 0, 3, 1, 0);
    report(model(""), predictions("a", "b", "a", "b"), "--embeddings", embeddings).succeeded();
    String page = page();
    assertTrue(page.contains("They hold 90.0 % and 10.0 % of the variance"), page);
    assertFalse(page.contains("map-model"), page);
    report(model(""), predictions("a", "b", "a", "b")).succeeded();
    assertFalse(page().contains("id=\"map\""));
  }

  @Test
  void withoutRecordsThePageSaysWhyThereIsNoMap() throws IOException {
    float none = Float.NaN;
    Path embeddings = embeddings(1, 2, 3, none, none, none, 4, 5, 6);
    report(model(""), predictions("a", "b", "a"), "--embeddings", embeddings).succeeded();
    assertTrue(page().contains("need 3 usable records or more; here are 2."), page());
    embeddings = embeddings(none, 2, 3, none, none, none);
    report(model(REPORT), predictions("a", "b"), "--embeddings", embeddings).succeeded();
    assertTrue(page().contains("No record has numbers to be placed by"), page());
    embeddings = embeddings(1, 2, 3, 1, 2, 3, 1, 2, 3);
    report(model(""), predictions("a", "b", "a"), "--embeddings", embeddings).succeeded();
    assertTrue(page().contains("All records have the same numbers"), page());
  }

  @Test
  void ofManyRecordsASampleIsDrawn() throws IOException {
    int count = 5_000;
    Random random = new Random(3);
    float[] values = new float[3 * count];
    String[] labels = new String[count];
    for (int i = 0; i < count; i++) {
      labels[i] = i % 4 == 0 ? "a" : "b";
      values[3 * i] = (float) random.nextGaussian() + (i % 4 == 0 ? 0 : 10);
      values[3 * i + 1] = (float) random.nextGaussian();
      values[3 * i + 2] = (float) random.nextGaussian();
    }
    Path embeddings = embeddings(values);
    report(model(REPORT), predictions(labels), "--embeddings", embeddings).succeeded();
    assertTrue(page().contains("2,000 of 5,000 usable records"), page());
    assertTrue(Files.size(folder.resolve("report.html")) < 300_000);
    assertTrue(metrics("groups") instanceof List);
    if (metrics("groups") instanceof List<?> groups && groups.get(1) instanceof Map<?, ?> second) {
      // A quarter of all, within four standard deviations of a fair draw.
      assertTrue(second.get("drawn") instanceof Long);
      if (second.get("drawn") instanceof Long drawn) {
        assertEquals(500, drawn.doubleValue(), 4 * Math.sqrt(2000 * 0.25 * 0.75));
      }
      assertEquals(second.get("drawn"), second.get("among_own"));
    }
  }

  @Test
  void vectorsOfOtherRecordsAreRefused() throws IOException {
    Path model = model(REPORT);
    Path three = embeddings(1, 1, 5, 9, 1, 5, 9, -1, 7);
    Path two = predictions("a", "b");
    Tool.Outcome count = report(model, two, "--embeddings", three);
    assertEquals(4, count.code(), count.err());
    assertTrue(count.err().contains("holds 3 records, but the predictions hold 2"), count.err());
    Path others =
        new NumpyFile()
            .ids("r0", "r2", "r1")
            .floats("v", 3, 1, 1, 5, 9, 1, 5, 9, -1, 7)
            .write(folder.resolve("o.npz"));
    Tool.Outcome order = report(model, predictions("a", "b", "a"), "--embeddings", others);
    assertEquals(4, order.code(), order.err());
    assertTrue(order.err().contains("record 2 is 'r2', but in the predictions"), order.err());
    // Also where the record that differs is not drawn.
    float none = Float.NaN;
    Path undrawn =
        new NumpyFile()
            .ids("r0", "x")
            .floats("v", 3, 1, 1, 5, none, 1, 5)
            .write(folder.resolve("o.npz"));
    Tool.Outcome id = report(model, predictions("a", "b"), "--embeddings", undrawn);
    assertEquals(4, id.code(), id.err());
    assertTrue(id.err().contains("its ids are not those of the predictions"), id.err());
    Path view = new NumpyFile().ids("r0", "r1").floats("w", 1, 1, 2).write(folder.resolve("o.npz"));
    Tool.Outcome lacks = report(model, predictions("a", "b"), "--embeddings", view);
    assertEquals(4, lacks.code(), lacks.err());
    assertTrue(lacks.err().contains("lacks the view 'v'"), lacks.err());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          p | 3 | 3 | <i4 | 2 | 0   | output 'p' is
          p | 4 | 2 | <i4 | 2 | 0   | input 'e' is
          q | 3 | 2 | <i4 | 2 | 0   | names the output 'p'
          p | 3 | 2 | <f4 | 2 | 0   | view 'label' is float32
          p | 3 | 2 | <i4 | 3 | 0   | has the label 3
          p | 3 | 2 | <i4 | 2 | NaN | is no finite number
          """)
  void whatDoesNotFitTheSectionIsRefused(
      String output, int width, int places, String descr, int third, float x, String message)
      throws IOException {
    Path model =
        bundle(REPORT, projector(output, width, places), background(descr, third, x))
            .folder(folder.resolve("bad"));
    Path embeddings = embeddings(1, 1, 5, 9, 1, 5, 9, -1, 7);
    Tool.Outcome refused = report(model, predictions("a", "b", "a"), "--embeddings", embeddings);
    assertEquals(5, refused.code(), refused.err());
    assertEquals(
        1, refused.err().lines().filter(line -> !line.contains("warning:")).count(), refused.err());
    assertTrue(refused.err().contains(message), refused.err());
    assertFalse(Files.exists(folder.resolve("report.html")));
  }

  @Test
  void aZippedBundleHasTheSameMap() throws IOException {
    Path embeddings = embeddings(1, 1, 5, 9, 1, 5, 9, -1, 7);
    Path predictions = predictions("a", "b", "a");
    // Made once: a file of NumPy holds the time at which it was written.
    TestBundle bundle = bundle(REPORT, projector(), background("<i4", 2, 0));
    report(bundle.folder(folder.resolve("model")), predictions, "--embeddings", embeddings)
        .succeeded();
    String page = page();
    Path zip = bundle.zip(folder.resolve("m.zip"), "m/");
    report(zip, predictions, "--embeddings", embeddings).succeeded();
    assertEquals(page, page());
  }
}
