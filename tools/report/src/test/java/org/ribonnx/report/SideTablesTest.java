package org.ribonnx.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.ribonnx.core.io.Tree;
import org.ribonnx.core.testing.NumpyFile;
import org.ribonnx.core.testing.Tool;

/** Tables beside the predictions: weights of attention, explanations along sequences, variants. */
class SideTablesTest {
  private static final String ATTENTION =
      "id\tq1.a\tq1.b\tq2.a\tq2.b\nr1\t0.25\t0.75\t0.5\t0.5\nr2\t0.75\t0.25\t1\t0\nr3\tNA\tNA\tNA\tNA\n";
  private static final String EXPLANATIONS =
      """
      id\thead\tlabel\tposition\tvalue\tbase
      r1\tproteins\tone\t1\t0.5\tA
      r1\tproteins\tone\t2\t-0.25\tC
      r1\tproteins\tone\t4\t0.125\tT
      r2\tproteins\ttwo\t3\t0.1\tG
      r2\tproteins\ttwo\t1\t0.2\tn
      r2\tproteins\ttwo\t2\t0.3\tU
      """;
  private static final String VARIANTS =
      """
      id\thead\tlabel\tref\talt\tdifference\tlog_odds_difference
      v1\tproteins\tone\t0.2\t0.9\t0.7\t3.58352
      v1\tproteins\ttwo\t0.8\t0.75\t-0.05\t-0.287682
      v1\tage\tyears\t3\t5\t2\tNA
      v2\tproteins\tone\t0.6\t0.4\t-0.2\t-0.81093
      v2\tproteins\ttwo\tNA\tNA\tNA\tNA
      v2\tage\tyears\tNA\tNA\tNA\tNA
      """;

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
        inputs: {rna: {kind: sequences, what: windows}}
        views: {v: {encoder: nucleotides@1, shape: [8]}}
        fuse: {graph: g.onnx, sha256: '%1$s', output: y, attention: {output: w, queries: [q1, q2], tokens: [a, b]}}
        heads:
          proteins: {kind: multi-label, graph: g.onnx, sha256: '%1$s', labels: [one, two], thresholds: [0.5, 0.5]}
          age: {kind: regression, graph: g.onnx, sha256: '%1$s', targets: [{name: years, unit: a}]}
        """
            .formatted("0".repeat(64)));
    Files.writeString(
        folder.resolve("p.tsv"),
        """
        id\thead\tprediction\tscore\tstatus\tbest\tname\tset\treason
        r1\tproteins\tone;two\t0.9\tok\tone\tNA\tNA\tNA
        r1\tage.years\t3\tNA\tok\tNA\tNA\tNA\tNA
        r2\tproteins\tone\t0.8\tok\tone\tNA\tNA\tNA
        r2\tage.years\t4\tNA\tok\tNA\tNA\tNA\tNA
        r3\tproteins\tNA\tNA\tunusable\tNA\tNA\tNA\ttoo-short
        r3\tage.years\tNA\tNA\tunusable\tNA\tNA\tNA\ttoo-short
        """);
    Files.writeString(folder.resolve("attention.tsv"), ATTENTION);
    Files.writeString(folder.resolve("explanations.tsv"), EXPLANATIONS);
    Files.writeString(folder.resolve("variants.tsv"), VARIANTS);
  }

  private Tool.Outcome report(String... options) {
    List<Object> arguments =
        new ArrayList<>(
            List.of("--model", folder + "/model/", "--output", folder.resolve("r.html")));
    for (String option : options) {
      arguments.add(option.startsWith("--") ? option : folder.resolve(option));
    }
    arguments.add(folder.resolve("p.tsv"));
    return Tool.run(ReportCommand::new, arguments.toArray());
  }

  private Tool.Outcome with(String name, String table) throws IOException {
    Files.writeString(folder.resolve(name + ".tsv"), table);
    return report("--" + name, name + ".tsv");
  }

  private String page() throws IOException {
    return Files.readString(folder.resolve("r.html"));
  }

  private static @Nullable Object at(@Nullable Object tree, String... keys) {
    Object value = tree;
    for (String key : keys) {
      value = value instanceof Map<?, ?> map ? map.get(key) : null;
    }
    return value;
  }

  private @Nullable Object metrics(String... keys) throws IOException {
    return at(Tree.parseJson(Files.readAllBytes(folder.resolve("metrics.json"))), keys);
  }

  private static String table(String name) {
    return switch (name) {
      case "attention" -> ATTENTION;
      case "explanations" -> EXPLANATIONS;
      default -> VARIANTS;
    };
  }

  /** Replaces a text of a good table; the message has file, line and column. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          attention    | q1.a            | q1          | line 1: column 2 is 'q1'; QUERY.TOKEN is expected there
          attention    | q2.a            | q2.c        | line 1: column 4 is 'q2.c', and 'q2.a' is expected there; each query has the same tokens
          attention    | id\\tq1.a       | q1.a        | line 1: is not the header of a table of attention
          attention    | \\t0.75\\t0.5   | \\t0.5\\t0.5 | line 2: the weights of the query 'q1' are not numbers from 0 that add up to 1
          attention    | 0.25\\t0.75     | -0.25\\t1.25 | line 2: the weights of the query 'q1' are not numbers from 0
          attention    | 0.25\\t0.75     | x\\t0.75    | line 2: a weight is 'x'
          attention    | r2              | r9          | line 3: is of 'r9', but the predictions have 'r2' there; give the attention of the same run
          attention    | r2\\t0.75       | r2          | line 3: has 4 columns, the header has 5
          explanations | position        | feature     | line 1: column 4 is 'feature', and 'position' is expected there; give the explanations.tsv
          explanations | proteins\\tone\\t2 | kind\\tone\\t2 | line 3: column 2 (head) is 'kind', which is none of the heads of tiny@1.0.0 (proteins, age)
          explanations | one\\t2         | six\\t2     | line 3: column 3 (label) is 'six', which is no label of the head 'proteins'
          explanations | one\\t2         | one\\t0     | line 3: column 4 (position) is '0'; a whole number from 1 on is expected here
          explanations | one\\t2         | one\\t1-2   | line 3: column 4 (position) is '1-2'
          explanations | -0.25           | NA          | line 3: column 5 (value) is 'NA'; a number is expected here
          explanations | 0.5\\tA         | 0.5\\tX     | line 2: column 6 (base) is 'X'; A, C, G, U or N is expected here
          explanations | one\\t2         | one\\t1     | position 1 of 'r1' has two values for one label
          explanations | 0.5\\tA         | 0.5         | line 2: has 5 columns, the header has 6
          variants     | difference      | change      | line 1: column 6 is 'change', and 'difference' is expected there; give the variants.tsv
          variants     | v1\\tage        | v1\\tsex    | line 4: column 2 (head) is 'sex'
          variants     | 0.7\\t3.5       | 0.6\\t3.5   | line 2: column 6 (difference) is 0.6, but alt less ref is 0.7
          variants     | 0.2\\t0.9       | much\\t0.9  | line 2: column 4 (ref) is 'much'
          variants     | v1\\tproteins\\ttwo | \\tproteins\\ttwo | line 3: column 1 (id) is empty
          """)
  void whatDoesNotFitIsNamed(String name, String from, String to, String message)
      throws IOException {
    String table = table(name);
    int at = table.indexOf(from.replace("\\t", "\t"));
    assertTrue(at >= 0, from);
    String rest = table.substring(at + from.replace("\\t", "\t").length());
    Tool.Outcome outcome = with(name, table.substring(0, at) + to.replace("\\t", "\t") + rest);
    assertEquals(4, outcome.code(), outcome.err());
    assertTrue(outcome.err().contains(name + ".tsv: "), outcome.err());
    assertTrue(outcome.err().contains(message), outcome.err());
    assertEquals(1, outcome.err().strip().lines().count(), outcome.err());
    assertFalse(Files.exists(folder.resolve("r.html")));
  }

  @Test
  void theNumberOfRecordsMustFit() throws IOException {
    Tool.Outcome outcome = with("attention", ATTENTION + "r4\t1\t0\t1\t0\n");
    assertEquals(4, outcome.code());
    assertTrue(outcome.err().contains("line 5: is of 'r4', but the predictions have ended"));
    outcome = with("attention", "sample\t" + ATTENTION.replace("\nr", "\ns\tr"));
    assertEquals(4, outcome.code());
    assertTrue(
        outcome.err().contains("line 2: is of 's / r1', but the predictions have 'r1' there"));
    outcome = with("attention", ATTENTION.substring(0, ATTENTION.indexOf("r3")));
    assertEquals(4, outcome.code());
    assertTrue(outcome.err().contains("ends before the predictions do"), outcome.err());
    for (String name : List.of("attention", "explanations", "variants")) {
      outcome = with(name, "");
      assertEquals(4, outcome.code());
      assertTrue(outcome.err().contains(name + ".tsv: is empty"), outcome.err());
      outcome = report("--" + name, "none.tsv");
      assertEquals(2, outcome.code());
      assertTrue(outcome.err().contains("none.tsv: no such file"), outcome.err());
      outcome = report("--" + name, name + ".tsv", "--metrics", name + ".tsv");
      assertEquals(2, outcome.code());
      assertTrue(outcome.err().contains("is both input and output"), outcome.err());
    }
  }

  @Test
  void attentionIsMeansAndQuartiles() throws IOException {
    report("--attention", "attention.tsv").succeeded();
    Object attention = metrics("attention");
    assertEquals(2L, at(attention, "records"));
    assertEquals(1L, at(attention, "records_without"));
    assertEquals(0.5, at(attention, "weights", "q1", "a", "mean"));
    assertEquals(0.75, at(attention, "weights", "q2", "a", "mean"));
    Object labels = metrics("heads", "proteins", "attention");
    assertEquals(2L, at(labels, "one", "records"));
    assertEquals(1L, at(labels, "two", "records"));
    assertEquals(0.625, at(labels, "one", "weights", "a"));
    assertEquals(0.375, at(labels, "two", "weights", "a"));
    assertEquals(null, metrics("heads", "age", "attention"));
    assertTrue(
        at(attention, "weights", "q1", "b", "quantiles") instanceof List<?> all
            && all.size() == 5
            && all.get(0) instanceof Double low
            && Math.abs(low - 0.25) < 0.001
            && all.get(4) instanceof Double high
            && Math.abs(high - 0.75) < 0.001);
    String page = page();
    assertTrue(page.contains("It does not say how much the view changed the answer"), page);
    assertTrue(page.contains("Weights of 2 records; 1 have none"), page);
  }

  @Test
  void tracksAreLettersWhereTheyAreKnown() throws IOException {
    report("--explanations", "explanations.tsv", "--figures", "figures").succeeded();
    Object tracks = metrics("heads", "proteins", "explanations", "tracks");
    assertTrue(tracks instanceof List<?> two && two.size() == 2);
    Object first = tracks instanceof List<?> all ? all.get(0) : null;
    Object second = tracks instanceof List<?> all ? all.get(1) : null;
    assertEquals("r1", at(first, "record"));
    assertEquals("ACU", at(first, "bases"));
    assertEquals(1L, at(first, "missing"));
    assertEquals(-0.25, at(first, "lowest"));
    assertEquals(2L, at(first, "lowest_position"));
    assertEquals("NUG", at(second, "bases"));
    assertEquals(0L, metrics("heads", "age", "explanations", "pairs"));
    String page = page();
    String drawing = page.substring(page.indexOf("<svg", page.indexOf("id=\"tracks-0\"")));
    drawing = drawing.substring(0, drawing.indexOf("</svg>"));
    assertEquals(3, drawing.split("<use ", -1).length - 1);
    // 0.5 above the axis is twice as high as 0.25 below it, and stands on it.
    assertTrue(drawing.contains("href=\"#track-0-0-A\" transform=\"matrix(10.4 0 0 52 52.6 10)"));
    assertTrue(drawing.contains("href=\"#track-0-0-C\" transform=\"matrix(10.4 0 0 26 64.2 62)"));
    assertTrue(page.contains("In 1 figure some positions have no row"), page);
    assertTrue(page.contains("1 position from 1 to 4 has no value"), page);
    BufferedImage image = ImageIO.read(folder.resolve("figures/proteins-track-1.png").toFile());
    Set<Integer> colours = new HashSet<>();
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        colours.add(image.getRGB(x, y) & 0xffffff);
      }
    }
    for (int colour : new int[] {0x14805e, 0x2563a8, 0xb00020}) {
      assertTrue(colours.contains(colour), Integer.toHexString(colour));
    }
    // Without bases there is a line.
    StringBuilder bare = new StringBuilder();
    EXPLANATIONS.lines().forEach(line -> bare.append(line, 0, line.lastIndexOf('\t')).append('\n'));
    with("explanations", bare.toString()).succeeded();
    page = page();
    assertFalse(page.contains("<use "), page);
    assertTrue(page.contains("Each point is the mean of 3 neighbouring positions"), page);
  }

  @Test
  void ofManyTracksTheLargestAreDrawnAndLongOnesAreLines() throws IOException {
    StringBuilder table = new StringBuilder(EXPLANATIONS);
    for (int record = 0; record < 40; record++) {
      for (int position = 1; position <= (record == 39 ? 3_000 : 120); position++) {
        double value = position == 60 ? 1 + record : Math.sin(position) / 10;
        table.append("s" + record + "\tproteins\ttwo\t" + position + "\t");
        table.append(String.format(Locale.ROOT, "%.6g", value)).append("\tG\n");
      }
    }
    with("explanations", table.toString()).succeeded();
    assertEquals(42L, metrics("heads", "proteins", "explanations", "pairs"));
    Object tracks = metrics("heads", "proteins", "explanations", "tracks");
    List<Object> names = new ArrayList<>();
    for (Object track : tracks instanceof List<?> all ? all : List.of()) {
      names.add(at(track, "record"));
    }
    assertEquals(12, names.size());
    assertEquals(List.of("s39", "s38", "s37"), names.subList(0, 3));
    String page = page();
    assertTrue(page.contains("Of 42 pairs of record and label, the 12 with the largest"), page);
    assertEquals(11 * 120, page.split("<use ", -1).length - 1);
    assertTrue(page.contains("<summary>The other 6 figures</summary>"), page);
    assertTrue(page.contains("The first 2,000 of 4,320"), page);
  }

  @Test
  void variantsAreCountedPerLabel() throws IOException {
    report("--variants", "variants.tsv").succeeded();
    Object variants = metrics("heads", "proteins", "variants");
    assertEquals(2L, at(variants, "variants"));
    Object one = at(variants, "labels", "one");
    assertEquals(2L, at(one, "variants"));
    assertEquals(1L, at(one, "up"));
    assertEquals(1L, at(one, "down"));
    assertEquals(1L, at(one, "gained"));
    assertEquals(1L, at(one, "lost"));
    assertTrue(
        at(one, "mean_size") instanceof Double size && Math.abs(size - 0.45) < 1e-12,
        "0.7 and 0.2");
    Object two = at(variants, "labels", "two");
    assertEquals(0L, at(two, "down"));
    assertEquals(1L, at(two, "unusable"));
    Object years = metrics("heads", "age", "variants", "labels", "years");
    assertEquals(1L, at(years, "up"));
    assertEquals(null, at(years, "gained"));
    Object strongest = at(variants, "strongest");
    assertTrue(strongest instanceof List<?> all && all.size() == 3);
    Object first = strongest instanceof List<?> all ? all.get(0) : null;
    assertEquals("v1", at(first, "variant"));
    assertEquals(3.58352, at(first, "log_odds_difference"));
    assertTrue(page().contains("2 variants, of which 1 could not be compared"), page());
  }

  @Test
  void variantsWithoutALabelAreCounted() throws IOException {
    with("variants", VARIANTS + "v3\tproteins\tNA\tNA\tNA\tNA\tNA\n").succeeded();
    assertEquals(3L, metrics("heads", "proteins", "variants", "variants"));
    assertEquals(2L, metrics("heads", "proteins", "variants", "unusable"));
    assertTrue(page().contains("3 variants, of which 2 could not be compared"), page());
  }

  /** What {@link #ATTENTION} holds, as a tensor file of a kind, beside another view. */
  private NumpyFile weights(String kind, String model, String... ids) {
    float[] numbers = {0.25f, 0.75f, 0.5f, 0.5f, 0.75f, 0.25f, 1, 0, Float.NaN, 0, 0, 0};
    ByteBuffer data = ByteBuffer.allocate(16 * ids.length).order(ByteOrder.LITTLE_ENDIAN);
    byte[] status = new byte[ids.length];
    for (int row = 0; row < ids.length; row++) {
      status[row] = (byte) (row == 2 ? 1 : 0);
      for (int i = 0; i < 4; i++) {
        data.putFloat(numbers[4 * (row % 3) + i]);
      }
    }
    return new NumpyFile()
        .floats("fused", 3, new float[3 * ids.length])
        .ids(ids)
        .array("fused.attention", "<f4", ids.length + ", 2, 2", data.array())
        .array("status", "|u1", ids.length + ",", status)
        .member(
            "meta.json",
            "{\"format\":1,\"kind\":\"%s\",\"model\":\"%s\",\"stages\":{},\"views\":{},\"status\":[\"ok\",\"too-short\"],\"flags\":[]}"
                .formatted(kind, model)
                .getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void weightsOfATensorFileAreThoseOfTheTable() throws IOException {
    report("--attention", "attention.tsv").succeeded();
    String page = page();
    byte[] metrics = Files.readAllBytes(folder.resolve("metrics.json"));
    assertTrue(page.contains("Weights of 2 records; 1 have none"), page);
    for (String kind : List.of("attention", "fused")) {
      Files.delete(folder.resolve("r.html"));
      weights(kind, "tiny@1.0.0", "r1", "r2", "r3").write(folder.resolve("a.npz"));
      report("--attention", "a.npz").succeeded();
      assertEquals(page, page());
      assertArrayEquals(metrics, Files.readAllBytes(folder.resolve("metrics.json")));
    }
  }

  private void refused(int code, String message, NumpyFile weights) throws IOException {
    Files.write(folder.resolve("a.npz"), weights.toBytes());
    refused(code, message);
  }

  private void refused(int code, String message) {
    Tool.Outcome outcome = report("--attention", "a.npz");
    assertEquals(code, outcome.code(), outcome.err());
    assertTrue(outcome.err().contains(message), outcome.err());
    assertEquals(1, outcome.err().strip().lines().count(), outcome.err());
    assertFalse(Files.exists(folder.resolve("r.html")));
  }

  @Test
  void weightsOfATensorFileThatDoNotFit() throws IOException {
    String model = "tiny@1.0.0";
    refused(
        4,
        "a.npz: record 2: is of 'r9', but the predictions have 'r2' there; give the attention of the same run",
        weights("fused", model, "r1", "r9", "r3"));
    refused(4, "a.npz: ends before the predictions do", weights("attention", model, "r1", "r2"));
    refused(
        4,
        "a.npz: record 4: is of 'r4', but the predictions have ended; give the attention of the same run",
        weights("attention", model, "r1", "r2", "r3", "r4"));
    refused(
        4,
        "holds the weights of attention of big@2, not of tiny@1.0.0; give --model the one that made them",
        weights("attention", "big@2", "r1", "r2", "r3"));
    refused(
        4,
        "holds scores, not weights of attention; give the file that ribonnx predict --attention or ribonnx-fuse wrote",
        weights("scores", model, "r1", "r2", "r3"));
    refused(
        4,
        "lacks the weights of attention (fused.attention); it holds [fused]; write it again with --attention",
        new NumpyFile().ids("r1").floats("fused", 1, 0));
    refused(
        4,
        "the view 'fused.attention' is float32 [4] per record; the model has 2 queries and 2 tokens, so it was made with another model",
        new NumpyFile().ids("r1").floats("fused.attention", 4, 1, 0, 1, 0));
    refused(
        4,
        "a.npz: record 1: the weights of the query 'q2' are not numbers from 0 that add up to 1",
        new NumpyFile()
            .ids("r1")
            .array(
                "fused.attention",
                "<f4",
                "1, 2, 2",
                ByteBuffer.allocate(16)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putFloat(1)
                    .putFloat(0)
                    .putFloat(1)
                    .putFloat(1)
                    .array()));
    byte[] whole = weights("fused", model, "r1", "r2", "r3").toBytes();
    Files.write(folder.resolve("a.npz"), Arrays.copyOf(whole, whole.length / 2));
    refused(4, "a.npz: ");
    whole[indexOf(whole, (byte) 0x3f)] ^= 1;
    Files.write(folder.resolve("a.npz"), whole);
    refused(4, "fused.attention");
    Files.writeString(folder.resolve("a.npz"), ATTENTION);
    refused(4, "is no tensor file");
    Files.delete(folder.resolve("a.npz"));
    refused(2, "a.npz: no such file");
    Files.write(folder.resolve("a.npz"), weights("fused", model, "r1", "r2", "r3").toBytes());
    Path card = folder.resolve("model/model.yaml");
    Files.writeString(card, Files.readString(card).replaceAll(", attention: .*", "}"));
    refused(2, "--attention: the model returns no weights; " + folder + "/model/model.yaml has no");
  }

  /** Where a weight of the file lies: in its last float but those of the status. */
  private static int indexOf(byte[] bytes, byte wanted) {
    int at = bytes.length - 1;
    while (bytes[at] != wanted) {
      at--;
    }
    return at;
  }

  @Test
  void pagesAreWholeAndTheSameTwice() throws Exception {
    String[] options = {
      "--attention", "attention.tsv", "--explanations", "explanations.tsv", "--variants",
      "variants.tsv", "--figures", "figures", "--markdown", "r.md"
    };
    report(options).succeeded();
    byte[] page = Files.readAllBytes(folder.resolve("r.html"));
    byte[] metrics = Files.readAllBytes(folder.resolve("metrics.json"));
    report(options).succeeded();
    assertArrayEquals(page, Files.readAllBytes(folder.resolve("r.html")));
    assertArrayEquals(metrics, Files.readAllBytes(folder.resolve("metrics.json")));
    var document =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(folder.resolve("r.html").toFile());
    var elements = document.getElementsByTagName("*");
    Set<String> ids = new HashSet<>();
    List<String> links = new ArrayList<>();
    for (int i = 0; i < elements.getLength(); i++) {
      var element = (org.w3c.dom.Element) elements.item(i);
      if (element.hasAttribute("id")) {
        assertTrue(ids.add(element.getAttribute("id")), "twice: " + element.getAttribute("id"));
      }
      if (element.getAttribute("href").startsWith("#")) {
        links.add(element.getAttribute("href").substring(1));
      }
    }
    assertTrue(ids.containsAll(links), "links that lead nowhere");
    assertTrue(
        links.containsAll(List.of("attention", "tracks-0", "variants-0", "variants-1")),
        links.toString());
    String markdown = Files.readString(folder.resolve("r.md"));
    for (String figure :
        List.of(
            "fusion-attention",
            "fusion-attention-spread",
            "proteins-attention",
            "proteins-track-1",
            "proteins-variants",
            "proteins-variants-strongest",
            "age-variants")) {
      assertTrue(Files.exists(folder.resolve("figures/" + figure + ".png")), figure);
      assertTrue(markdown.contains("path=\"" + figure + ".png\""), figure);
    }
    assertFalse(markdown.contains("## More figures"), markdown);
    // Every number has a definition.
    assertNotNull(
        metrics("definitions", "heads.*.variants.labels.*.gained"), "definition of gained");
  }

  @Test
  void headersAloneAreSaid() throws IOException {
    for (String name : List.of("explanations", "variants")) {
      with(name, table(name).substring(0, table(name).indexOf('\n') + 1)).succeeded();
      String page = page();
      assertTrue(page.contains("The table of " + name + " holds its header"), name);
    }
  }

  @Test
  void hostileNamesAreText() throws IOException {
    String nasty = "<script>alert(1)</script>\"><img onerror=x>`--> \u202e";
    Files.writeString(folder.resolve("explanations.tsv"), EXPLANATIONS.replace("r1", nasty));
    Files.writeString(folder.resolve("variants.tsv"), VARIANTS.replace("v1", nasty));
    Files.writeString(
        folder.resolve("attention.tsv"), ATTENTION.replace("q1.", nasty.replace(".", "") + "."));
    report(
            "--attention",
            "attention.tsv",
            "--explanations",
            "explanations.tsv",
            "--variants",
            "variants.tsv",
            "--markdown",
            "r.md")
        .succeeded();
    for (String text : List.of(page(), Files.readString(folder.resolve("r.md")))) {
      assertFalse(
          text.contains("<script") || text.contains("<img") || text.contains("\u202e"), text);
    }
    assertTrue(page().contains("&lt;script&gt;alert(1)"));
  }
}
