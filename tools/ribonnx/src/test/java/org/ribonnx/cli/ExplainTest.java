package org.ribonnx.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.ZipFile;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ribonnx.core.testing.OnnxBuilder;
import org.ribonnx.core.testing.TestBundle;
import org.ribonnx.core.testing.Tool;

/**
 * Explanations against what they are by definition: contributions of a linear graph are known in
 * closed form, and an occluded record can be written as an input of its own and predicted.
 */
@NullUnmarked
class ExplainTest {
  private static final Path EXPRESSION = Tool.repository("test-data/bundles/expression");
  private static final List<String> TISSUES = List.of("brain", "liver", "muscle");
  private static final int FEATURES = 12;

  /** The feature of each column of counts.tsv; the last two stand for none. */
  private static final int[] COLUMNS = {0, 0, 1, 2, 2, 3, 4, 5, 5, 6, 7, 8, 9, 10, 11, -1, -1};

  private static final String OCCLUSION = "explain: {tissue: {method: occlusion}}";
  private static final String CONTRIBUTIONS =
      """
      explain:
        tissue: {method: contributions, graph: c.onnx, sha256: SHA(c.onnx), inputs: {x: expression}, output: tissue_c,
                 difference: tissue_d, rule: linear, unit: log-odds}
        age: {method: contributions, graph: c.onnx, sha256: SHA(c.onnx), inputs: {x: expression}, output: age_c, difference: age_d,
              rule: linear, unit: years}
      """;

  private record Row(String id, String head, String label, String feature, double value) {
    String key() {
      return id + " " + head + " " + label;
    }
  }

  private record Mean(
      String head, String label, String feature, double mean, double absolute, int n, int rank) {}

  @TempDir Path folder;

  // ---- the bundles
  // -----------------------------------------------------------------------------------------------------

  /** The bundle of tables with a section {@code explain}. */
  private Path table(String explain, Map<String, byte[]> files) throws IOException {
    String card = Files.readString(EXPRESSION.resolve("model.yaml"));
    TestBundle bundle = new TestBundle(card.replace("test: {", explain.strip() + "\ntest: {"));
    try (Stream<Path> all = Files.list(EXPRESSION)) {
      for (Path file : all.filter(file -> !file.endsWith("model.yaml")).toList()) {
        bundle.file(file.getFileName().toString(), Files.readAllBytes(file));
      }
    }
    files.forEach(bundle::file);
    return bundle.folder(Files.createTempDirectory(folder, "model").resolve("m"));
  }

  private static float[] weights(int labels) {
    float[] weights = OnnxBuilder.weights(labels, FEATURES);
    for (int i = 0; i < weights.length; i++) {
      weights[i] /= 64 * labels;
    }
    return weights;
  }

  private static float reference(int feature) {
    return feature * 3.5f;
  }

  /** Contributions w · (x − reference) of two heads, and their sums plus {@code off}. */
  private static OnnxBuilder linear(float off) {
    float[] reference = new float[FEATURES];
    for (int i = 0; i < FEATURES; i++) {
      reference[i] = reference(i);
    }
    OnnxBuilder graph =
        new OnnxBuilder()
            .input("x", OnnxBuilder.FLOAT, -1, FEATURES)
            .floats("reference", new long[] {FEATURES}, reference)
            .floats("off", new long[] {1}, off)
            .int64("axis", 1)
            .add("Sub", "x,reference", "d")
            .add("Unsqueeze", "d,axis", "d3");
    for (String head : List.of("tissue", "age")) {
      int labels = head.equals("age") ? 1 : 3;
      float[] w = weights(labels);
      float[] turned = new float[w.length];
      for (int i = 0; i < w.length; i++) {
        turned[i % FEATURES * labels + i / FEATURES] = w[i];
      }
      graph
          .floats("w" + head, new long[] {1, labels, FEATURES}, w)
          .floats("t" + head, new long[] {FEATURES, labels}, turned)
          .add("Mul", "d3,w" + head, head + "_c")
          .add("MatMul", "d,t" + head, "s" + head)
          .add("Add", "s" + head + ",off", head + "_d")
          .output(head + "_c", OnnxBuilder.FLOAT, -1, labels, FEATURES)
          .output(head + "_d", OnnxBuilder.FLOAT, -1, labels);
    }
    return graph;
  }

  private Path linearModel() throws IOException {
    return table(CONTRIBUTIONS, Map.of("c.onnx", linear(0).build()));
  }

  // ---- running and reading
  // ---------------------------------------------------------------------------------------------

  private record Explained(
      List<Row> rows, List<Mean> means, String rowText, String meanText, String err) {}

  private Tool.Outcome explain(Path model, byte[] input, Path rows, Path means, Object... more) {
    List<Object> arguments = new ArrayList<>(List.of("explain", "--model", model));
    arguments.addAll(List.of("--output", rows, "--importance", means));
    arguments.addAll(List.of(more));
    arguments.add("-");
    return Tool.run(RibonnxCommand::new, new ByteArrayInputStream(input), arguments.toArray());
  }

  private Explained explain(Path model, byte[] input, Object... more) throws IOException {
    Path rows = folder.resolve("e.tsv");
    Path means = folder.resolve("i.tsv");
    Tool.Outcome outcome = explain(model, input, rows, means, more).succeeded();
    List<Row> explained = new ArrayList<>();
    List<String> written = Files.readAllLines(rows);
    int columns = written.get(0).endsWith("\tposition\tvalue\tbase") ? 6 : 5;
    for (String line : written) {
      String[] cells = line.split("\t", -1);
      assertEquals(columns, cells.length, line);
      if (!cells[0].equals("id")) {
        explained.add(
            new Row(cells[0], cells[1], cells[2], cells[3], Double.parseDouble(cells[4])));
      }
    }
    List<Mean> meant = new ArrayList<>();
    List<String> lines = Files.readAllLines(means);
    assertEquals("head\tlabel\tfeature\tmean\tmean_absolute\trecords\trank", lines.get(0));
    for (String line : lines.subList(1, lines.size())) {
      String[] cells = line.split("\t", -1);
      meant.add(
          new Mean(
              cells[0],
              cells[1],
              cells[2],
              Double.parseDouble(cells[3]),
              Double.parseDouble(cells[4]),
              Integer.parseInt(cells[5]),
              Integer.parseInt(cells[6])));
    }
    return new Explained(
        explained, meant, Files.readString(rows), Files.readString(means), outcome.err());
  }

  private static byte[] counts() throws IOException {
    return Files.readAllBytes(EXPRESSION.resolve("counts.tsv"));
  }

  private static List<String> features() throws IOException {
    List<String> lines = Files.readAllLines(EXPRESSION.resolve("features.tsv"));
    return lines.subList(1, lines.size());
  }

  /** Sample → sums of its columns by feature. */
  private static Map<String, double[]> samples() throws IOException {
    Map<String, double[]> samples = new LinkedHashMap<>();
    List<String> lines = Files.readAllLines(EXPRESSION.resolve("counts.tsv"));
    for (String line : lines.subList(1, lines.size())) {
      String[] cells = line.split("\t", -1);
      double[] values = new double[FEATURES];
      for (int i = 0; i < COLUMNS.length; i++) {
        if (COLUMNS[i] >= 0) {
          values[COLUMNS[i]] += Double.parseDouble(cells[i + 1]);
        }
      }
      samples.put(cells[0], values);
    }
    return samples;
  }

  /** Record → head or head.label → score, without the unusable. */
  private Map<String, Map<String, Double>> scores(Path model, byte[] input) throws IOException {
    Map<String, Map<String, Double>> scores = new LinkedHashMap<>();
    List<String> lines = StepsTest.predict(model, input, folder).scores().lines().toList();
    String[] header = lines.get(0).split("\t", -1);
    for (String line : lines.subList(1, lines.size())) {
      String[] cells = line.split("\t", -1);
      Map<String, Double> row = new LinkedHashMap<>();
      for (int i = 1; i < cells.length; i++) {
        if (!cells[i].equals("NA")) {
          row.put(header[i], Double.parseDouble(cells[i]));
        }
      }
      if (!row.isEmpty()) {
        scores.put(cells[0], row);
      }
    }
    return scores;
  }

  /** Record → best label of a head, as predictions.tsv says. */
  private Map<String, String> best(Path model, byte[] input, String head) throws IOException {
    Map<String, String> best = new LinkedHashMap<>();
    for (String line :
        StepsTest.predict(model, input, folder).predictions().lines().skip(1).toList()) {
      String[] cells = line.split("\t", -1);
      if (cells[1].equals(head) && !cells[5].equals("NA")) {
        best.put(cells[0], cells[5]);
      }
    }
    return best;
  }

  private static void near(double expected, double found, double tolerance, Object what) {
    assertEquals(expected, found, tolerance * Math.max(1, Math.abs(expected)), what.toString());
  }

  /** Means that follow from rows of all features, where each is about a label that counts. */
  private static void sameMeans(List<Row> rows, List<Mean> means) {
    Map<String, List<Double>> values = new LinkedHashMap<>();
    for (Row row : rows) {
      values
          .computeIfAbsent(
              row.head() + "\t" + row.label() + "\t" + row.feature(), key -> new ArrayList<>())
          .add(row.value());
    }
    values.values().removeIf(list -> list.stream().allMatch(value -> value == 0));
    assertEquals(values.size(), means.size());
    Map<String, Integer> ranks = new HashMap<>();
    Mean before = null;
    for (Mean mean : means) {
      String label = mean.head() + "\t" + mean.label();
      List<Double> mine = values.get(label + "\t" + mean.feature());
      near(
          mine.stream().mapToDouble(Double::doubleValue).average().orElseThrow(),
          mean.mean(),
          1e-5,
          mean);
      near(
          mine.stream().mapToDouble(Math::abs).average().orElseThrow(),
          mean.absolute(),
          1e-5,
          mean);
      assertEquals(mine.size(), mean.n(), mean.toString());
      assertEquals(ranks.merge(label, 1, Integer::sum), mean.rank(), mean.toString());
      if (before != null && mean.rank() > 1) {
        assertTrue(before.mean() >= mean.mean(), before + " before " + mean);
      }
      before = mean;
    }
  }

  // ---- contributions
  // ---------------------------------------------------------------------------------------------------

  @Test
  void contributionsAreThoseOfTheClosedForm() throws IOException {
    Path model = linearModel();
    Explained all = explain(model, counts(), "--labels", "all", "--top", 0);
    Map<String, double[]> samples = samples();
    List<String> features = features();
    // S05 and S06 can't be used.
    assertEquals(18 * (3 + 1) * FEATURES, all.rows().size());
    for (Row row : all.rows()) {
      int labels = row.head().equals("age") ? 1 : 3;
      int label = row.head().equals("age") ? 0 : TISSUES.indexOf(row.label());
      int feature = features.indexOf(row.feature());
      double x = samples.get(row.id())[feature];
      near(
          weights(labels)[label * FEATURES + feature] * (x - reference(feature)),
          row.value(),
          1e-5,
          row);
    }
    List<String> order = all.rows().stream().map(Row::id).distinct().toList();
    Set<String> usable = new LinkedHashSet<>(samples.keySet());
    usable.removeAll(Set.of("S05", "S06"));
    assertEquals(List.copyOf(usable), order, "records in the order of the input");
    assertTrue(
        all.err().contains("tissue: 18 records explained by contributions, linear, in log-odds, 2"),
        all.err());
    Explained best = explain(model, counts(), "--top", 0);
    Map<String, String> label = best(model, counts(), "tissue");
    for (Row row : best.rows()) {
      assertEquals(row.head().equals("age") ? "age" : label.get(row.id()), row.label());
    }
    assertEquals(18 * 2 * FEATURES, best.rows().size());
    sameMeans(best.rows(), best.means());
    assertEquals(best.meanText(), all.meanText());
  }

  /** The largest come first, of equal ones the first feature. */
  @Test
  void theLargestValuesStandFirst() throws IOException {
    Path model = linearModel();
    List<Row> all = explain(model, counts(), "--labels", "all", "--top", 0).rows();
    List<Row> few = explain(model, counts(), "--labels", "all", "--top", 3).rows();
    Map<String, List<Row>> groups = new LinkedHashMap<>();
    all.forEach(row -> groups.computeIfAbsent(row.key(), key -> new ArrayList<>()).add(row));
    List<Row> expected = new ArrayList<>();
    List<String> features = features();
    for (List<Row> group : groups.values()) {
      List<Row> sorted = new ArrayList<>(group);
      sorted.sort(
          Comparator.<Row>comparingDouble(row -> -Math.abs(row.value()))
              .thenComparing(row -> features.indexOf(row.feature())));
      assertEquals(sorted, group, "all rows are in this order too");
      expected.addAll(sorted.subList(0, 3));
    }
    assertEquals(expected, few);
    Random random = new Random(6);
    for (int round = 0; round < 200; round++) {
      double[] values = new double[random.nextInt(90)];
      for (int i = 0; i < values.length; i++) {
        values[i] = random.nextInt(20) == 0 ? Double.NaN : random.nextInt(9) - 4;
      }
      int[] sorted =
          IntStream.range(0, values.length)
              .filter(i -> !Double.isNaN(values[i]))
              .boxed()
              .sorted(Comparator.comparingDouble(i -> -Math.abs(values[i])))
              .mapToInt(Integer::intValue)
              .toArray();
      for (int top : new int[] {0, 1, 5, 64, 65, 100}) {
        assertArrayEquals(
            Arrays.copyOf(sorted, top == 0 ? sorted.length : Math.min(top, sorted.length)),
            Explainer.largest(values, top),
            Arrays.toString(values) + " " + top);
      }
    }
  }

  @Test
  void labelsAndHeadsThatAreNamed() throws IOException {
    Path model = linearModel();
    List<Row> all = explain(model, counts(), "--labels", "all").rows();
    Explained some = explain(model, counts(), "--head", "tissue", "--labels", "muscle,brain");
    assertEquals(
        all.stream()
            .filter(row -> row.head().equals("tissue") && !row.label().equals("liver"))
            .toList(),
        some.rows());
    assertTrue(some.means().stream().allMatch(mean -> mean.head().equals("tissue")));
    assertFalse(some.err().contains("head 'age'"), some.err());
    Explained liver = explain(model, counts(), "--labels", "liver");
    assertTrue(liver.err().contains("head 'age' has none of these labels"), liver.err());
    assertEquals(all.stream().filter(row -> row.label().equals("liver")).toList(), liver.rows());
  }

  @Test
  void meansByTheTruth() throws IOException {
    Path model = linearModel();
    List<Row> all = explain(model, counts(), "--labels", "all", "--top", 0).rows();
    StringBuilder table = new StringBuilder("id\ttissue\n");
    Map<String, String> truth = new HashMap<>();
    int number = 0;
    for (String id : samples().keySet()) {
      String label = List.of("brain", "", "muscle", "elsewhere", "brain").get(number++ % 5);
      truth.put(id, label);
      table.append(id).append('\t').append(label).append('\n');
    }
    Path file = Files.writeString(folder.resolve("truth.tsv"), table);
    Explained known = explain(model, counts(), "--truth", file);
    sameMeans(
        all.stream()
            .filter(row -> row.head().equals("age") || row.label().equals(truth.get(row.id())))
            .toList(),
        known.means());
    assertEquals(explain(model, counts()).rowText(), known.rowText(), "rows are of the best label");
    assertTrue(known.means().stream().noneMatch(mean -> mean.label().equals("liver")));
  }

  @Test
  void contributionsThatDoNotAddUp() throws IOException {
    Path model = table(CONTRIBUTIONS, Map.of("c.onnx", linear(0.5f).build()));
    refused(plain(model), "explain.tissue", "'brain'", "record 'S01'", "add up");
    for (String command : List.of("seal", "test")) {
      refused(command, model, "explain.tissue", "'brain'", "record 'S01'", "add up");
    }
    Tool.Outcome validated = Tool.run(RibonnxCommand::new, "model", "validate", model);
    assertEquals(5, validated.code());
    assertTrue(validated.text().contains("add up"), validated.text());
    assertEquals(
        5, Tool.run(RibonnxCommand::new, "model", "pack", model, "--output", zip()).code());
    Path unsaid =
        table(
            CONTRIBUTIONS
                .replace("unit: years", "x-note: none")
                .replace("rule: linear, unit: l", "unit: l"),
            Map.of("c.onnx", linear(0).build()));
    String warnings = Tool.run(RibonnxCommand::new, "model", "validate", unsaid).succeeded().text();
    assertTrue(
        warnings.contains("warning: ") && warnings.contains("explain.tissue.rule is missing"));
    assertTrue(warnings.contains("explain.age.unit is missing"), warnings);
    Path right = linearModel();
    Tool.run(RibonnxCommand::new, "model", "validate", right).succeeded();
    Tool.run(RibonnxCommand::new, "model", "test", right).succeeded();
  }

  private Path zip() {
    return folder.resolve("m.zip");
  }

  private static void refused(String command, Path model, String... fragments) {
    refused(Tool.run(RibonnxCommand::new, "model", command, model), fragments);
  }

  private static void refused(Tool.Outcome outcome, String... fragments) {
    assertEquals(5, outcome.code(), outcome.err());
    assertEquals(1, outcome.err().lines().count(), outcome.err());
    for (String fragment : fragments) {
      assertTrue(outcome.err().contains(fragment), "no " + fragment + " in " + outcome.err());
    }
  }

  private Tool.Outcome plain(Path model) throws IOException {
    return explain(model, counts(), folder.resolve("e.tsv"), folder.resolve("i.tsv"), "--quiet");
  }

  /** Each is one line and exit code 5, from the run and from validating. */
  @Test
  void whatDoesNotFitIsRefused() throws IOException {
    byte[] good = linear(0).build();
    Map<String, List<String>> cards = new LinkedHashMap<>();
    cards.put("output: tissue_c|output: other", List.of("explain.tissue", "'other'"));
    cards.put("difference: tissue_d|difference: other", List.of("explain.tissue", "'other'"));
    cards.put("difference: tissue_d|difference: tissue_c", List.of("explain.tissue.difference"));
    cards.put("output: tissue_c|output: age_c", List.of("explain.", "another head"));
    cards.put("output: tissue_c|output: tissue_d", List.of("explain.tissue"));
    cards.put(
        "output: age_c, difference: age_d|output: tissue_c, difference: tissue_d",
        List.of("explain.", "another head"));
    cards.put("inputs: {x: expression}|inputs: {y: expression}", List.of("explain.tissue", "'y'"));
    cards.put("inputs: {x: expression}|inputs: {x: other}", List.of("explain.tissue", "'other'"));
    cards.put("rule: linear|rules: linear", List.of("explain.tissue.rules", "not known"));
    cards.put("method: contributions|method: magic", List.of("explain.tissue.method", "magic"));
    cards.put("  tissue: {method|  organ: {method", List.of("explain.organ", "no head"));
    cards.put("unit: log-odds|view: other", List.of("explain.tissue.view", "other"));
    cards.put("SHA(c.onnx)|" + "0".repeat(64), List.of("explain.tissue.sha256"));
    cards.put("graph: c.onnx|graph: d.onnx", List.of("explain.tissue.graph", "d.onnx"));
    cards.put("output: tissue_c,|", List.of("explain.tissue.output"));
    for (Map.Entry<String, List<String>> entry : cards.entrySet()) {
      String[] change = entry.getKey().split("\\|", -1);
      String card = CONTRIBUTIONS.replaceFirst(java.util.regex.Pattern.quote(change[0]), change[1]);
      assertFalse(card.equals(CONTRIBUTIONS), entry.getKey());
      wrong(table(card, Map.of("c.onnx", good)), entry.getValue());
    }
    Map<String, byte[]> graphs = new LinkedHashMap<>();
    graphs.put("int64", retyped(OnnxBuilder.INT64, 3, FEATURES));
    graphs.put("[2, 12]", retyped(OnnxBuilder.FLOAT, 2, FEATURES));
    graphs.put("[3, 11]", retyped(OnnxBuilder.FLOAT, 3, FEATURES - 1));
    for (Map.Entry<String, byte[]> entry : graphs.entrySet()) {
      wrong(
          table(
              """
              explain: {tissue: {method: contributions, graph: c.onnx, sha256: SHA(c.onnx), output: c, difference: d}}
              """,
              Map.of("c.onnx", entry.getValue())),
          List.of("explain.tissue", entry.getKey(), "float32 [3, 12]"));
    }
    Map<String, List<String>> occlusions = new LinkedHashMap<>();
    occlusions.put("window: 3", List.of("explain.tissue", "window", "groups"));
    occlusions.put("step: 2", List.of("explain.tissue.step", "window"));
    occlusions.put("window: 0", List.of("explain.tissue.window", "'0'"));
    occlusions.put("view: v", List.of("explain.tissue.view", "'v'"));
    occlusions.put("top: 3", List.of("explain.tissue.top", "not known"));
    occlusions.put(
        "window: 3, groups: {file: g.tsv, sha256: SHA(g.tsv)}", List.of("explain.tissue.groups"));
    occlusions.put(
        "groups: {file: h.tsv, sha256: SHA(g.tsv)}", List.of("explain.tissue.groups", "h.tsv"));
    occlusions.put(
        "groups: {file: g.tsv, sha256: " + "0".repeat(64) + "}",
        List.of("explain.tissue.groups.sha256"));
    for (Map.Entry<String, List<String>> entry : occlusions.entrySet()) {
      Path model =
          table(
              OCCLUSION.replace("occlusion", "occlusion, " + entry.getKey()),
              Map.of("g.tsv", groups("feature\tgroup\nlet-7a\tlet\n")));
      wrong(model, entry.getValue());
    }
    Map<String, String> tables = new LinkedHashMap<>();
    tables.put("", "columns");
    tables.put("feature\tfamily\nlet-7a\tx\n", "columns");
    tables.put("feature\tgroup\nlet-7\tx\n", "line 2: names 'let-7'");
    tables.put("feature\tgroup\nlet-7a\tx\nlet-7a\ty\n", "line 3: names 'let-7a' a second");
    tables.put("feature\tgroup\nlet-7a\n", "line 2: lacks");
    tables.put("feature\tgroup\nlet-7a\tmir-1\n", "'mir-1' is a group and a feature");
    for (Map.Entry<String, String> entry : tables.entrySet()) {
      wrong(
          table(
              OCCLUSION.replace(
                  "occlusion", "occlusion, groups: {file: g.tsv, sha256: SHA(g.tsv)}"),
              Map.of("g.tsv", groups(entry.getKey()))),
          List.of("explain.tissue.groups", "g.tsv", entry.getValue()));
    }
  }

  /** Whatever stands in a field, a run ends well or with one line and exit code 5. */
  @Test
  void noValueOfAFieldMakesADefect() throws IOException {
    Map<String, byte[]> files =
        Map.of("c.onnx", linear(0).build(), "g.tsv", groups("feature\tgroup\nlet-7a\tlet\n"));
    List<String> cards =
        List.of(
            CONTRIBUTIONS.replace("unit: years", "unit: years, view: expression"),
            "explain: {tissue: {method: occlusion, view: expression, groups: {file: g.tsv, sha256: SHA(g.tsv)}}}",
            "explain: {age: {method: occlusion, window: 2, step: 1}, tissue: {method: occlusion}}");
    List<String> values =
        List.of(
            "null",
            "0",
            "-1",
            "1.5",
            "1.0e+400",
            "16777216",
            "99999999999999999999",
            "true",
            "''",
            "[]",
            "{}",
            "[a, b]",
            "{a: b}",
            "\"a\\nb\"",
            "../x",
            "/",
            "x".repeat(300),
            "tissue_c");
    int ended = 0;
    for (String card : cards) {
      java.util.regex.Matcher field =
          java.util.regex.Pattern.compile("([a-z0-9]+): (\\{[^{}]*\\}|[^,{}]+)").matcher(card);
      while (field.find()) {
        for (String value : values) {
          String mutant = card.substring(0, field.start(2)) + value + card.substring(field.end(2));
          Path model = table(mutant, files);
          Tool.Outcome outcome = plain(model);
          String shown = mutant + "\n" + outcome.err();
          assertTrue(outcome.code() == 5 || outcome.code() == 0, shown);
          assertEquals(outcome.code() == 0 ? 0 : 1, outcome.err().lines().count(), shown);
          assertFalse(outcome.err().contains("defect"), shown);
          assertTrue(outcome.err().length() < 1000, shown);
          int validated = Tool.run(RibonnxCommand::new, "model", "validate", model).code();
          assertTrue(validated == 5 || (validated == 0 && outcome.code() == 0), shown);
          ended += outcome.code() == 5 ? 1 : 0;
        }
      }
    }
    assertTrue(ended > 200, ended + " were refused");
  }

  private static byte[] groups(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Outputs {@code c} and {@code d} of other types or shapes than a head of three labels wants. */
  private static byte[] retyped(int type, int labels, int features) {
    return new OnnxBuilder()
        .input("x", OnnxBuilder.FLOAT, -1, FEATURES)
        .floats(
            "w",
            new long[] {FEATURES, (long) labels * features},
            new float[labels * features * FEATURES])
        .floats("v", new long[] {FEATURES, 3}, new float[FEATURES * 3])
        .int64("shape", -1, labels, features)
        .add("MatMul", "x,w", "flat")
        .add("Reshape", "flat,shape", "number")
        .add("Cast", "number", "c", OnnxBuilder.attribute("to", type))
        .add("MatMul", "x,v", "d")
        .output("c", type, -1, labels, features)
        .output("d", OnnxBuilder.FLOAT, -1, 3)
        .build();
  }

  private void wrong(Path model, List<String> fragments) throws IOException {
    refused(plain(model), fragments.toArray(String[]::new));
    Tool.Outcome validated = Tool.run(RibonnxCommand::new, "model", "validate", model);
    assertEquals(5, validated.code(), validated.text());
    assertTrue(
        validated.text().lines().anyMatch(line -> fragments.stream().allMatch(line::contains)),
        fragments + " in " + validated.text());
    // The other steps do not look there.
    StepsTest.predict(model, counts(), folder);
  }

  @Test
  void digestsAreWrittenAndComparedAndThePackageHoldsTheFiles() throws IOException {
    Path model =
        table(
            """
            explain:
              tissue: {method: contributions, graph: c.onnx, inputs: {x: expression}, output: tissue_c, difference: tissue_d, rule: linear, unit: log-odds}
              age: {method: occlusion, groups: {file: g.tsv}}
            """,
            Map.of("c.onnx", linear(0).build(), "g.tsv", groups("group\tfeature\nlet\tlet-7a\n")));
    refused(plain(model), "sha256 is missing");
    Tool.run(RibonnxCommand::new, "model", "seal", model).succeeded();
    String card = Files.readString(model.resolve("model.yaml"));
    assertTrue(card.matches("(?s).*graph: c.onnx, sha256: [0-9a-f]{64}, inputs.*"), card);
    assertTrue(card.matches("(?s).*file: g.tsv, sha256: [0-9a-f]{64}}.*"), card);
    Explained expected = explain(model, counts());
    Tool.run(RibonnxCommand::new, "model", "pack", model, "--output", zip()).succeeded();
    try (ZipFile packed = new ZipFile(zip().toFile())) {
      Set<String> names = new TreeSet<>();
      packed.stream().forEach(entry -> names.add(entry.getName().replaceFirst("^[^/]*/", "")));
      assertTrue(names.containsAll(List.of("c.onnx", "g.tsv")), names.toString());
    }
    assertEquals(expected.rowText(), explain(zip(), counts()).rowText());
    Tool.Outcome info = Tool.run(RibonnxCommand::new, "model", "info", model).succeeded();
    assertTrue(info.text().contains("tissue: contributions, linear, in log-odds"), info.text());
    assertTrue(info.text().contains("age: occlusion of groups"), info.text());
    Files.writeString(model.resolve("g.tsv"), "group\tfeature\nlet\tlet-7b\n");
    refused(plain(model), "explain.age.groups.sha256");
    refused("test", model, "explain.age.groups.sha256");
    StepsTest.predict(model, counts(), folder);
  }

  // ---- occlusion
  // -------------------------------------------------------------------------------------------------------

  /** Every sample with some features set to 0, as a table of its own, and its scores. */
  private Map<String, Map<String, Double>> blanked(Path model, Map<String, Set<String>> groups)
      throws IOException {
    List<String> features = features();
    List<String> lines = Files.readAllLines(EXPRESSION.resolve("counts.tsv"));
    StringBuilder table = new StringBuilder(lines.get(0)).append('\n');
    for (String line : lines.subList(1, lines.size())) {
      for (Map.Entry<String, Set<String>> group : groups.entrySet()) {
        String[] cells = line.split("\t", -1);
        cells[0] += "|" + group.getKey();
        for (int i = 0; i < COLUMNS.length; i++) {
          if (COLUMNS[i] >= 0 && group.getValue().contains(features.get(COLUMNS[i]))) {
            cells[i + 1] = "0";
          }
        }
        table.append(String.join("\t", cells)).append('\n');
      }
    }
    return scores(model, table.toString().getBytes(StandardCharsets.UTF_8));
  }

  private void occluded(Path model, Explained explained, Map<String, Set<String>> groups)
      throws IOException {
    Map<String, Map<String, Double>> whole = scores(model, counts());
    Map<String, Map<String, Double>> blanked = blanked(model, groups);
    int different = 0;
    Set<String> seen = new TreeSet<>();
    for (Row row : explained.rows()) {
      String column = row.head().equals("age") ? "age" : row.head() + "." + row.label();
      double score = whole.get(row.id()).get(column);
      double without = blanked.get(row.id() + "|" + row.feature()).get(column);
      near(score - without, row.value(), 2e-5 * Math.max(1, Math.abs(score)), row);
      different += Math.abs(row.value()) > 1e-3 ? 1 : 0;
      seen.add(row.feature());
    }
    assertEquals(groups.keySet(), seen);
    assertTrue(different > explained.rows().size() / 4, different + " values tell something");
  }

  @Test
  void occludedFeaturesAreThoseOfAnEditedTable() throws IOException {
    Path model =
        table("explain: {tissue: {method: occlusion}, age: {method: occlusion}}", Map.of());
    Explained all = explain(model, counts(), "--labels", "all", "--top", 0);
    assertEquals(18 * (3 + 1) * FEATURES, all.rows().size());
    Map<String, Set<String>> each = new java.util.TreeMap<>();
    features().forEach(feature -> each.put(feature, Set.of(feature)));
    occluded(model, all, each);
    Explained best = explain(model, counts(), "--top", 0);
    sameMeans(best.rows(), best.means());
    assertTrue(best.err().contains("tissue: 18 records explained by occlusion, 2 unusable"));
  }

  @Test
  void occludedGroupsAreThoseOfAnEditedTable() throws IOException {
    String table =
        "feature\tgroup\tnote\nmir-9\tnerve\tx\nlet-7b\tlet-7\t\nlet-7a\tlet-7\t\nmir-124\tnerve\t\n";
    Path model =
        table(
            "explain: {tissue: {method: occlusion, groups: {file: g.tsv, sha256: SHA(g.tsv)}}}",
            Map.of("g.tsv", groups(table)));
    Explained all = explain(model, counts(), "--labels", "all", "--top", 0);
    Map<String, Set<String>> groups = new java.util.TreeMap<>();
    features().forEach(feature -> groups.put(feature, Set.of(feature)));
    groups.keySet().removeAll(Set.of("mir-9", "mir-124", "let-7a", "let-7b"));
    groups.put("nerve", Set.of("mir-9", "mir-124"));
    groups.put("let-7", Set.of("let-7a", "let-7b"));
    occluded(model, all, groups);
    assertTrue(all.err().contains("head 'age' is left out"), all.err());
    Explained best = explain(model, counts(), "--top", 0);
    sameMeans(best.rows(), best.means());
  }

  /** Where no number comes out, there is no row; the run goes on and says so. */
  @Test
  void aPartWithoutWhichThereIsNoNumber() throws IOException {
    byte[] head =
        new OnnxBuilder()
            .input("x", OnnxBuilder.FLOAT, -1, 3)
            .floats("w", new long[] {3, 1}, 1, 1, 0)
            .add("MatMul", "x,w", "sum")
            .add("Div", "sum,sum", "one")
            .add("Mul", "one,sum", "years")
            .output("years", OnnxBuilder.FLOAT, -1, 1)
            .build();
    Path model =
        new TestBundle(
                """
                schema: 1
                id: ratio
                version: 1.0.0
                inputs: {t: {kind: table}}
                views: {v: {encoder: expression@1, options: {features: {file: f.tsv, sha256: SHA(f.tsv)}}, dtype: float32, shape: [3]}}
                heads: {years: {kind: regression, graph: h.onnx, sha256: SHA(h.onnx)}}
                explain: {years: {method: occlusion}}
                """)
            .file("f.tsv", "feature\na\nb\nc\n")
            .file("h.onnx", head)
            .folder(folder.resolve("ratio"));
    byte[] input =
        "id\ta\tb\tc\nboth\t1.5\t2\t3\none\t4\t0\t1\nnone\t0\t0\t1\n"
            .getBytes(StandardCharsets.UTF_8);
    Explained all = explain(model, input, "--top", 0);
    assertEquals(
        """
        id\thead\tlabel\tfeature\tvalue
        both\tyears\tyears\tb\t2
        both\tyears\tyears\ta\t1.5
        both\tyears\tyears\tc\t0
        one\tyears\tyears\tb\t0
        one\tyears\tyears\tc\t0
        """,
        all.rowText());
    assertEquals(
        """
        head\tlabel\tfeature\tmean\tmean_absolute\trecords\trank
        years\tyears\ta\t1.5\t1.5\t1\t1
        years\tyears\tb\t1\t1\t2\t2
        """,
        all.meanText());
    assertTrue(all.err().contains("1 value is left out"), all.err());
    assertTrue(
        all.err().contains("years: 2 records explained by occlusion, 1 unusable"), all.err());
  }

  /** What is missing may be not a number; a graph tells it from 0. */
  @Test
  void blankedByWhatIsNoNumber() throws IOException {
    byte[] head =
        new OnnxBuilder()
            .input("x", OnnxBuilder.FLOAT, -1, 3)
            .floats("w", new long[] {3, 1}, 1, -2, 4)
            .floats("usual", new long[] {1}, 5)
            .add("IsNaN", "x", "missing")
            .add("Where", "missing,usual,x", "filled")
            .add("MatMul", "filled,w", "years")
            .output("years", OnnxBuilder.FLOAT, -1, 1)
            .build();
    Path model =
        new TestBundle(
                """
                schema: 1
                id: filled
                version: 1.0.0
                inputs: {t: {kind: table}}
                views: {v: {encoder: expression@1, options: {features: {file: f.tsv, sha256: SHA(f.tsv)}, missing: {fill: nan}}, dtype: float32, shape: [3]}}
                heads: {years: {kind: regression, graph: h.onnx, sha256: SHA(h.onnx)}}
                explain: {years: {method: occlusion}}
                """)
            .file("f.tsv", "feature\na\nb\nc\n")
            .file("h.onnx", head)
            .folder(folder.resolve("filled"));
    byte[] input = "id\tb\ta\nr\t2\t7.5\n".getBytes(StandardCharsets.UTF_8);
    assertEquals(
        """
        id\thead\tlabel\tfeature\tvalue
        r\tyears\tyears\tb\t6
        r\tyears\tyears\ta\t2.5
        r\tyears\tyears\tc\t0
        """,
        explain(model, input).rowText());
  }

  // ---- sequences
  // -------------------------------------------------------------------------------------------------------

  private record Window(int from, int to, int middle) {}

  private static List<Window> windows(int length, int window, int step) {
    List<Window> windows = new ArrayList<>();
    if (length <= window) {
      windows.add(new Window(0, length, (length - 1) / 2 + 1));
      return windows;
    }
    int start = 0;
    for (; start + window <= length; start += step) {
      windows.add(new Window(start, start + window, start + (window - 1) / 2 + 1));
    }
    if (start - step + window < length) {
      start = length - window;
      windows.add(new Window(start, length, start + (window - 1) / 2 + 1));
    }
    return windows;
  }

  /** The first records of a file. */
  private static List<StepsTest.Entry> fasta(Path file, int most) throws IOException {
    List<StepsTest.Entry> records = new ArrayList<>();
    for (String record : Files.readString(file).split(">", -1)) {
      if (!record.isEmpty() && records.size() < most) {
        int end = record.indexOf('\n');
        String id = record.substring(0, end).split(" ", -1)[0];
        records.add(new StepsTest.Entry(id, record.substring(end).replace("\n", "")));
      }
    }
    assertEquals(most, records.size());
    return records;
  }

  /** Compares with predictions of sequences in which N stands where a window was. */
  private void windows(Path model, List<StepsTest.Entry> records, int longest, int window, int step)
      throws IOException {
    byte[] input = StepsTest.fasta(records);
    Map<String, Map<String, Double>> whole = scores(model, input);
    List<StepsTest.Entry> edited = new ArrayList<>();
    Set<String> expected = new TreeSet<>();
    for (StepsTest.Entry record : records) {
      if (!whole.containsKey(record.id())) {
        continue;
      }
      String kept = record.sequence().substring(0, Math.min(longest, record.sequence().length()));
      for (Window one : windows(kept.length(), window, step)) {
        String blank =
            kept.substring(0, one.from())
                + "N".repeat(one.to() - one.from())
                + record.sequence().substring(one.to());
        String id = record.id() + "|" + one.middle();
        expected.add(id);
        if (!blank.matches("N*")) {
          edited.add(new StepsTest.Entry(id, blank));
        }
      }
    }
    Map<String, Map<String, Double>> blanked =
        edited.isEmpty() ? Map.of() : scores(model, StepsTest.fasta(edited));
    Explained all = explain(model, input, "--labels", "all", "--top", 0);
    assertTrue(all.rowText().startsWith("id\thead\tlabel\tposition\tvalue\tbase\n"), all.rowText());
    Set<String> found = new TreeSet<>();
    double largest = 0;
    for (Row row : all.rows()) {
      String id = row.id() + "|" + row.feature();
      found.add(id);
      largest = Math.max(largest, Math.abs(row.value()));
      if (blanked.containsKey(id)) {
        String column = row.head() + "." + row.label();
        near(whole.get(row.id()).get(column) - blanked.get(id).get(column), row.value(), 3e-6, row);
      }
    }
    assertEquals(expected, found);
    assertTrue(largest > 0.01, "something matters: " + largest);
    Explained best = explain(model, input, "--top", 0);
    sameMeans(best.rows(), best.means());
    assertEquals(best.meanText(), all.meanText());
  }

  @Test
  void windowsOnTheModelOfTheProject() throws IOException {
    Path model = Tool.repository("models/mirna-family");
    List<StepsTest.Entry> records = fasta(Tool.repository("test-data/hairpins.fa"), 4);
    records.add(new StepsTest.Entry("nothing", "NNNN"));
    windows(model, records, 200, 5, 1);
  }

  @Test
  void windowsOfATinyModel() throws IOException {
    TinyBundle tiny = TinyBundle.make(folder.resolve("tiny"));
    List<StepsTest.Entry> records = new ArrayList<>();
    String[] lines = TinyBundle.RECORDS.split("\n", -1);
    for (int i = 0; i + 1 < lines.length; i += 2) {
      records.add(new StepsTest.Entry(lines[i].substring(1), lines[i + 1]));
    }
    for (int[] sizes : new int[][] {{5, 1}, {4, 3}, {7, 7}, {40, 1}, {1, 1}}) {
      tiny.set(List.of("explain", "kind", "window"), (long) sizes[0]);
      tiny.set(List.of("explain", "kind", "step"), (long) sizes[1]);
      Path model = tiny.bundle().folder(folder.resolve("w" + sizes[0]));
      windows(model, records, TinyBundle.LENGTH, sizes[0], sizes[1]);
    }
  }

  @Test
  void windowsOnRecordsOfVaryingLength() throws IOException {
    Path varying = Tool.repository("test-data/bundles/shapes/varying");
    TestBundle bundle =
        new TestBundle(
            Files.readString(varying.resolve("model.yaml"))
                + "\nexplain: {HEAD: {method: occlusion, window: 3, step: 2}}\n"
                    .replace("HEAD", heads(varying)));
    for (String file : List.of("embed.onnx", "head.onnx")) {
      bundle.file(file, Files.readAllBytes(varying.resolve(file)));
    }
    Path model = bundle.folder(folder.resolve("varying"));
    List<StepsTest.Entry> records = fasta(Tool.repository("test-data/bundles/shapes/input.fa"), 6);
    windows(model, records, Integer.MAX_VALUE, 3, 2);
  }

  /**
   * One of two views, which hold different ends of a record, so that an edit of one end blanks one
   * view alone. Heads of every kind; those that share copies share runs.
   */
  @Test
  void windowsOnOneOfTwoViewsForHeadsOfEveryKind() throws IOException {
    Path model =
        StepsTest.everything("concat", 8)
            .more(
                """
                explain:
                  kind: {method: occlusion, window: 3, step: 1, view: head}
                  traits: {method: occlusion, window: 3, step: 1, view: head}
                  amounts: {method: occlusion, window: 3, step: 1, view: head}
                """)
            .folder(folder.resolve("everything"));
    List<StepsTest.Entry> records = new ArrayList<>();
    for (StepsTest.Entry record : StepsTest.records(66, 40)) {
      if (record.sequence().length() >= 24 + 16) {
        records.add(record);
      }
    }
    assertTrue(records.size() > 8, records.size() + " records");
    windows(model, records, 24, 3, 1);
    byte[] input = StepsTest.fasta(records);
    Explained every = explain(model, input, "--labels", "all", "--top", 0);
    List<Row> all = every.rows();
    // One of the amounts is the logarithm of a negative number in each record.
    assertEquals(Set.of("kind", "traits"), new TreeSet<>(all.stream().map(Row::head).toList()));
    String none = "amounts: 0 records explained by occlusion of windows of 3, ";
    assertTrue(every.err().contains(none + records.size() + " unusable"), every.err());
    StringBuilder table = new StringBuilder("id\ttraits\n");
    Map<String, Set<String>> truth = new HashMap<>();
    for (int i = 0; i < records.size(); i++) {
      String labels = List.of("w;y", "none", "", "x", "z;x;w", "elsewhere").get(i % 6);
      truth.put(records.get(i).id(), Set.of(labels.split(";", -1)));
      table.append(records.get(i).id()).append('\t').append(labels).append('\n');
    }
    Path file = Files.writeString(folder.resolve("truth.tsv"), table);
    Explained known = explain(model, input, "--truth", file);
    sameMeans(
        all.stream()
            .filter(row -> row.head().equals("traits"))
            .filter(row -> truth.get(row.id()).contains(row.label()))
            .toList(),
        known.means().stream().filter(mean -> mean.head().equals("traits")).toList());
    // Of heads that the truth does not cover, by the best label as without it.
    assertEquals(
        explain(model, input).means().stream()
            .filter(mean -> !mean.head().equals("traits"))
            .toList(),
        known.means().stream().filter(mean -> !mean.head().equals("traits")).toList());
    refused(
        plain(
            StepsTest.everything("concat", 8)
                .more(
                    "explain: {kind: {method: occlusion, groups: {file: g.tsv, sha256: SHA(g.tsv)}}}\n")
                .file("g.tsv", "feature\tgroup\n1\tx\n")
                .folder(folder.resolve("unnamed"))),
        "explain.kind must say which view is meant");
  }

  private static String heads(Path model) {
    try (org.ribonnx.core.bundle.Bundle bundle = org.ribonnx.core.bundle.Bundle.open(model)) {
      return bundle.heads().keySet().iterator().next();
    }
  }

  // ---- the same by every way
  // -------------------------------------------------------------------------------------------

  @Test
  void theSameBytesByEveryWay() throws IOException {
    List<Path> models =
        List.of(
            linearModel(),
            table("explain: {tissue: {method: occlusion}, age: {method: occlusion}}", Map.of()));
    for (Path model : models) {
      Explained expected = explain(model, counts(), "--threads", 1);
      for (Object[] more :
          List.of(
              new Object[] {"--threads", 2},
              new Object[] {"--threads", 5},
              new Object[] {"--batch-size", 16},
              new Object[] {"--batch-size", 64, "--threads", 3})) {
        Explained other = explain(model, counts(), more);
        assertEquals(expected.rowText(), other.rowText(), Arrays.toString(more));
        assertEquals(expected.meanText(), other.meanText(), Arrays.toString(more));
      }
      byte[] turned = Files.readAllBytes(EXPRESSION.resolve("turned.csv"));
      assertEquals(expected.rowText(), explain(model, turned).rowText());
      // Values do not depend on the records beside, nor does their order but on the input's.
      List<String> lines = Files.readAllLines(EXPRESSION.resolve("counts.tsv"));
      StringBuilder rows = new StringBuilder();
      for (String line : lines.subList(1, lines.size())) {
        String one =
            explain(model, (lines.get(0) + "\n" + line + "\n").getBytes(StandardCharsets.UTF_8))
                .rowText();
        rows.append(one.substring(one.indexOf('\n') + 1));
      }
      assertEquals(
          expected.rowText().substring(expected.rowText().indexOf('\n') + 1), rows.toString());
    }
  }

  /** Blocks, copies and sums over many records are those of each record. */
  @Test
  void manyRecordsAreAsEachOfThem() throws IOException {
    Path model = table(OCCLUSION, Map.of());
    List<String> lines = Files.readAllLines(EXPRESSION.resolve("counts.tsv"));
    Explained few = explain(model, counts(), "--top", 0);
    StringBuilder table = new StringBuilder(lines.get(0)).append('\n');
    int times = 30;
    for (int i = 0; i < times; i++) {
      for (String line : lines.subList(1, lines.size())) {
        table.append("r").append(i).append(line).append('\n');
      }
    }
    Explained many = explain(model, table.toString().getBytes(StandardCharsets.UTF_8), "--top", 0);
    assertEquals(times * few.rows().size(), many.rows().size());
    for (int i = 0; i < many.rows().size(); i++) {
      Row one = few.rows().get(i % few.rows().size());
      Row row = many.rows().get(i);
      assertEquals("r" + i / few.rows().size() + one.id(), row.id());
      assertEquals(
          one.feature() + one.label() + one.value(), row.feature() + row.label() + row.value());
    }
    assertEquals(few.means().size(), many.means().size());
    for (int i = 0; i < few.means().size(); i++) {
      assertEquals(times * few.means().get(i).n(), many.means().get(i).n());
      near(few.means().get(i).mean(), many.means().get(i).mean(), 1e-5, few.means().get(i));
      assertEquals(few.means().get(i).feature(), many.means().get(i).feature());
    }
  }

  // ---- the command
  // -----------------------------------------------------------------------------------------------------

  @Test
  void theFolderHoldsWhatPredictWritesToo() throws IOException {
    Path model = linearModel();
    Path out = folder.resolve("out");
    Path input = EXPRESSION.resolve("counts.tsv");
    Tool.Outcome outcome =
        Tool.run(RibonnxCommand::new, "explain", "--model", model, "--outdir", out, input)
            .succeeded();
    Path other = folder.resolve("predicted");
    Tool.run(RibonnxCommand::new, "predict", "--model", model, "--outdir", other, input)
        .succeeded();
    for (String name : List.of("predictions.tsv", "scores.tsv")) {
      assertEquals(
          Files.readString(other.resolve(name)), Files.readString(out.resolve(name)), name);
    }
    for (String name : List.of("report.html", "metrics.json", "run.json", "figures", "multiqc")) {
      assertTrue(Files.exists(out.resolve(name)), name);
    }
    String page = Files.readString(out.resolve("report.html"));
    String feature = Files.readAllLines(out.resolve("importance.tsv")).get(1).split("\t", -1)[2];
    assertTrue(page.contains(">" + feature + "<"), "the page shows " + feature);
    assertFalse(Files.readString(other.resolve("report.html")).contains(">" + feature + "<"));
    Explained single = explain(model, counts());
    assertEquals(single.rowText(), Files.readString(out.resolve("explanations.tsv")));
    assertEquals(single.meanText(), Files.readString(out.resolve("importance.tsv")));
    String run = Files.readString(out.resolve("run.json"));
    assertTrue(run.contains("\"tool\" : \"ribonnx explain\""), run);
    assertTrue(run.contains("\"explained\" : 18") && run.contains("\"unusable\" : 2"), run);
    assertTrue(run.contains("\"--top\" : 20"), run);
    assertTrue(Files.exists(folder.resolve("e.tsv.run.json")));
    assertTrue(outcome.err().contains("results are in " + out), outcome.err());
    Tool.Outcome piped =
        Tool.run(RibonnxCommand::new, "explain", "--model", model, "--output", "-", input)
            .succeeded();
    assertEquals(single.rowText(), piped.text());
  }

  /** A page can be made where no record can be used, and of a model with windows. */
  @Test
  void aFolderWithoutAnyExplanation() throws IOException {
    List<String> lines = Files.readAllLines(EXPRESSION.resolve("counts.tsv"));
    Path input =
        Files.writeString(folder.resolve("none.tsv"), lines.get(0) + "\n" + lines.get(5) + "\n");
    for (Path model : List.of(linearModel(), table(OCCLUSION, Map.of()))) {
      Path out = folder.resolve("none");
      Tool.run(RibonnxCommand::new, "explain", "--model", model, "--outdir", out, input)
          .succeeded();
      assertEquals(1, Files.readAllLines(out.resolve("explanations.tsv")).size());
      assertEquals(1, Files.readAllLines(out.resolve("importance.tsv")).size());
      assertTrue(Files.exists(out.resolve("report.html")));
    }
  }

  private void usage(Path model, String fragment, Object... arguments) {
    List<Object> all = new ArrayList<>(List.of("explain", "--model", model));
    all.addAll(List.of(arguments));
    Tool.Outcome outcome = Tool.run(RibonnxCommand::new, all.toArray());
    assertEquals(2, outcome.code(), outcome.err());
    assertEquals(1, outcome.err().lines().count(), outcome.err());
    assertTrue(outcome.err().contains(fragment), outcome.err());
  }

  @Test
  void wrongUsageIsOneLine() throws IOException {
    Path model = table(OCCLUSION, Map.of());
    Path input = EXPRESSION.resolve("counts.tsv");
    Path out = folder.resolve("x.tsv");
    usage(model, "--head age: the model does not say", "--head", "age", "--output", out, input);
    usage(model, "the heads [tissue, age]", "--head", "organ", "--output", out, input);
    usage(model, "'heart' is no label", "--labels", "liver,heart", "--output", out, input);
    usage(model, "--top -1", "--top", "-1", "--output", out, input);
    usage(model, "say where the results go", input);
    usage(model, "can't have the same name", "--output", out, "--importance", out, input);
    usage(model, "both input and output", "--output", input, input);
    usage(model, "no such file", "--truth", folder.resolve("none"), "--output", out, input);
    usage(model, "no input is given", "--output", out);
    assertFalse(Files.exists(out));
    Tool.Outcome none =
        Tool.run(RibonnxCommand::new, "explain", "--model", EXPRESSION, "--output", out, input);
    refused(none, "has no section explain", "tissue: {method: occlusion}");
  }
}
