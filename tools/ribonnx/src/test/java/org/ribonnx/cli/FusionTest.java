package org.ribonnx.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.ribonnx.classify.ClassifyCommand;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.cli.Cli;
import org.ribonnx.core.cli.Streams;
import org.ribonnx.core.npz.TensorFileReader;
import org.ribonnx.core.testing.NumpyFile;
import org.ribonnx.core.testing.OnnxBuilder;
import org.ribonnx.core.testing.TestBundle;
import org.ribonnx.core.testing.Tool;
import org.ribonnx.embed.EmbedCommand;
import org.ribonnx.encode.EncodeCommand;
import org.ribonnx.fuse.FuseCommand;

/**
 * Three views of a record, fused by attention: in one process, by the steps, out of one tensor file
 * or of three in any order; and records that lack views. The bundle is that of {@code
 * make_fusion.py}, with results of graphs run record by record in Python.
 */
@NullUnmarked
class FusionTest {
  private static final Path BUNDLE = Tool.repository("test-data/bundles/fusion");
  private static final List<String> VIEWS = List.of("rna", "protein", "dipeptides");

  @TempDir private Path folder;
  private byte[] input = {};
  private int made;

  @BeforeEach
  void readInput() throws IOException {
    input = Files.readAllBytes(BUNDLE.resolve("input.fa"));
  }

  /** What a run says of each record. */
  private record Tables(String predictions, String scores, String attention) {
    Tables sorted() {
      return new Tables(sorted(predictions), sorted(scores), sorted(attention));
    }

    private static String sorted(String table) {
      return String.join("\n", table.lines().sorted().toList());
    }
  }

  private static Tool.Outcome run(
      Function<Streams, Cli.Command> command, byte[] standardInput, List<?> arguments) {
    return Tool.run(command, new ByteArrayInputStream(standardInput), arguments.toArray());
  }

  private static List<Object> arguments(Object... arguments) {
    return new ArrayList<>(Arrays.asList(arguments));
  }

  private Path file(String name) {
    return folder.resolve(made++ + "-" + name);
  }

  private Tables predict(Path model, byte[] records, Object... options) throws IOException {
    Path p = file("p.tsv");
    Path s = file("s.tsv");
    Path a = file("a.tsv");
    List<Object> all =
        arguments("predict", "--model", model, "--output", p, "--scores", s, "--attention", a, "-");
    all.addAll(Arrays.asList(options));
    run(RibonnxCommand::new, records, all).succeeded();
    return new Tables(Files.readString(p), Files.readString(s), Files.readString(a));
  }

  /** The section of a page, without its figures: they are drawn from weights of all digits. */
  private static String drawn(Path page) throws IOException {
    String text = Files.readString(page);
    int from = text.indexOf("<section id=\"attention\">");
    assertTrue(from > 0, text);
    return text.substring(from, text.indexOf("</section>", from))
        .replaceAll("(?s)<svg.*?</svg>", "");
  }

  /** A page of the same run draws the weights, from a table or from a tensor file. */
  @Test
  void thePageOfARunDrawsItsAttention() throws IOException {
    List<String> pages = new ArrayList<>();
    for (String name : List.of("weights.tsv", "weights.npz")) {
      Path out = file("results");
      List<Object> all = arguments("predict", "--quiet", "--model", BUNDLE, "--outdir", out, "-");
      all.addAll(List.of("--attention", file(name)));
      run(RibonnxCommand::new, input, all).succeeded();
      pages.add(drawn(out.resolve("report.html")));
    }
    assertEquals(pages.get(0), pages.get(1));
  }

  /**
   * The step writes the table, or a file of the weights alone, that the whole run writes; in shards
   * the tables follow each other.
   */
  @Test
  void theStepWritesTheAttentionOfTheRun() throws IOException {
    Path table = file("a.tsv");
    Path alone = file("a.npz");
    Tables expected = predict(BUNDLE, input);
    Path embeddings = embedded(encoded(input));
    Path out = file("fused.npz");
    fuse(out, List.of(embeddings), "--attention-file", table).succeeded();
    assertEquals(expected.attention(), Files.readString(table));
    fuse(file("u.npz"), List.of(embeddings), "--attention-file", alone).succeeded();
    assertEquals(body(expected.attention()), attention(alone));
    StringBuilder parts = new StringBuilder(expected.attention().lines().findFirst().orElse(""));
    parts.append('\n');
    for (String shard : List.of("1/3", "2/3", "3/3")) {
      Path part = file("part.tsv");
      fuse(file("u.npz"), List.of(embeddings), "--shard", shard, "--attention-file", part)
          .succeeded();
      parts.append(body(Files.readString(part)));
    }
    assertEquals(expected.attention(), parts.toString());
    refused(
        2,
        "two outputs can't have the same name",
        fuse(out, List.of(embeddings), "--attention-file", out));
    refused(
        2,
        "is both input and output",
        fuse(out, List.of(embeddings), "--attention-file", embeddings));
    Path none = file("none.tsv");
    refused(
        2,
        "--attention: the model returns no weights",
        fuseSmallest(out, "--attention-file", none));
    assertFalse(Files.exists(none));
  }

  private Path encoded(byte[] records, Object... options) {
    Path out = file("f.npz");
    List<Object> all = arguments("--quiet", "--model", BUNDLE, "--output", out, "-");
    all.addAll(Arrays.asList(options));
    run(EncodeCommand::new, records, all).succeeded();
    return out;
  }

  private Path embedded(Path features, Object... options) {
    Path out = file("e.npz");
    List<Object> all = arguments("--quiet", "--model", BUNDLE, "--output", out, features);
    all.addAll(Arrays.asList(options));
    run(EmbedCommand::new, input, all).succeeded();
    return out;
  }

  private Path view(String view, byte[] records) {
    return embedded(encoded(records, "--view", view), "--view", view);
  }

  private Tool.Outcome fuse(Path out, List<Path> files, Object... options) {
    List<Object> all = arguments("--model", BUNDLE, "--output", out);
    all.addAll(files);
    all.addAll(Arrays.asList(options));
    return run(FuseCommand::new, input, all);
  }

  /** From embeddings on; the attention is that of the fused file, as text. */
  private Tables fused(List<Path> files, Object... options) throws IOException {
    StringBuilder predictions = new StringBuilder();
    StringBuilder scores = new StringBuilder();
    Path out = file("u.npz");
    List<Object> all = arguments("--attention");
    all.addAll(Arrays.asList(options));
    fuse(out, files, all.toArray()).succeeded();
    Path p = file("p.tsv");
    Path s = file("s.tsv");
    run(
            ClassifyCommand::new,
            input,
            arguments("--quiet", "--model", BUNDLE, "--output", p, "--scores", s, out))
        .succeeded();
    predictions.append(Files.readString(p));
    scores.append(Files.readString(s));
    return new Tables(predictions.toString(), scores.toString(), attention(out));
  }

  private static String attention(Path file) {
    StringBuilder text = new StringBuilder();
    try (TensorFileReader reader = new TensorFileReader(file)) {
      reader.want(
          Map.of("fused.attention", reader.views().get("fused.attention")), name -> "x/" + name);
      Block block = new Block(16);
      while (reader.fill(block)) {
        for (int row = 0; row < block.size(); row++) {
          text.append(block.id(row));
          for (double weight : block.column("x/fused.attention").numbers(row)) {
            text.append('\t').append(org.ribonnx.core.io.ByteText.of(weight));
          }
          text.append('\n');
        }
      }
    }
    return text.toString();
  }

  /** Without the first line. */
  private static String body(String table) {
    return table.substring(table.indexOf('\n') + 1);
  }

  private static Tables bodies(Tables tables) {
    return new Tables(body(tables.predictions()), body(tables.scores()), body(tables.attention()));
  }

  private static Tables headless(Tables tables) {
    return new Tables(body(tables.predictions()), body(tables.scores()), tables.attention());
  }

  /** A record per element, with its header. */
  private List<String> records() {
    List<String> records = new ArrayList<>();
    for (String part : new String(input, StandardCharsets.UTF_8).split(">", -1)) {
      if (!part.isEmpty()) {
        records.add(">" + part);
      }
    }
    return records;
  }

  private static byte[] fasta(List<String> records) {
    return String.join("", records).getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] shuffled(List<String> records, long seed) {
    List<String> other = new ArrayList<>(records);
    Collections.shuffle(other, new Random(seed));
    return fasta(other);
  }

  @Test
  void scoresAndAttentionAreThoseOfPython() throws IOException {
    Tables found = predict(BUNDLE, input);
    StepsTest.sameScores(
        Files.readAllLines(BUNDLE.resolve("expected.tsv")), found.scores(), StepsTest::rounding);
    StepsTest.sameScores(
        Files.readAllLines(BUNDLE.resolve("attention.tsv")),
        found.attention(),
        StepsTest::rounding);
    List<String> lines = found.predictions().lines().skip(1).toList();
    List<String> records = records();
    for (int i = 0; i < records.size(); i++) {
      int length = records.get(i).lines().skip(1).findFirst().orElse("").length();
      assertEquals(length < 20, lines.get(i).endsWith("view-missing"), lines.get(i));
      assertTrue(lines.get(i).contains("\tok\t"), lines.get(i));
    }
  }

  @Test
  void theSameByEveryWay() throws IOException {
    Tables expected = predict(BUNDLE, input);
    assertEquals(expected, predict(BUNDLE, input, "--threads", 1));
    assertEquals(expected, predict(BUNDLE, input, "--batch-size", 16));
    assertEquals(expected.sorted(), predict(BUNDLE, shuffled(records(), 3)).sorted());
    for (int i : new int[] {0, 3, 7}) {
      Tables alone = bodies(predict(BUNDLE, fasta(List.of(records().get(i)))));
      assertTrue(expected.scores().contains(alone.scores()), alone.scores());
      assertTrue(expected.attention().contains(alone.attention()), alone.attention());
      assertTrue(expected.predictions().contains(alone.predictions()), alone.predictions());
    }
    Tables plain = bodies(expected);
    Path whole = embedded(encoded(input));
    assertEquals(plain, headless(fused(List.of(whole))));
    // A task per view, and the files in any order.
    List<Path> files = VIEWS.stream().map(view -> view(view, input)).toList();
    assertEquals(plain, headless(fused(files)));
    assertEquals(plain, headless(fused(List.of(files.get(2), files.get(0), files.get(1)))));
    assertEquals(plain, headless(fused(files, "--threads", 1, "--batch-size", 16)));
    // Two views in one file, made in one task.
    Path two =
        embedded(
            encoded(input, "--view", "rna", "--view", "dipeptides"),
            "--view",
            "dipeptides",
            "--view",
            "rna");
    assertEquals(plain, headless(fused(List.of(files.get(1), two))));
    // Shuffled, each view in an order of its own.
    List<Path> mixed = new ArrayList<>();
    for (int i = 0; i < VIEWS.size(); i++) {
      mixed.add(view(VIEWS.get(i), i == 0 ? input : shuffled(records(), i)));
    }
    assertEquals(plain, headless(fused(mixed)));
    Collections.reverse(mixed);
    Tables last = headless(fused(mixed));
    assertNotEquals(plain, last);
    assertEquals(plain.sorted(), last.sorted());
    // Shards of what is joined.
    StringBuilder scores = new StringBuilder();
    for (int shard = 1; shard <= 4; shard++) {
      scores.append(body(fused(mixed, "--shard", shard + "/4").scores()));
    }
    assertEquals(last.scores(), scores.toString());
  }

  @Test
  void embeddingsOfAPredictionAreThoseOfTheStep() throws IOException {
    Path embeddings = file("e.npz");
    run(
            RibonnxCommand::new,
            input,
            arguments(
                "predict", "--model", BUNDLE, "--output", "-", "--embeddings", embeddings, "-"))
        .succeeded();
    assertArrayEquals(Files.readAllBytes(embedded(encoded(input))), Files.readAllBytes(embeddings));
  }

  @Test
  void aRecordThatAFileLacksIsFusedWithoutThatView() throws IOException {
    List<String> all = records();
    Path rna = view("rna", fasta(all.subList(5, 30)));
    Path protein = view("protein", fasta(all.subList(0, 20)));
    Path dipeptides = view("dipeptides", shuffled(all.subList(10, 30), 1));
    Tables found = fused(List.of(rna, protein, dipeptides));
    List<String> ids = new ArrayList<>();
    for (int i = 5; i < 30; i++) {
      ids.add("r" + (i + 1));
    }
    for (int i = 0; i < 5; i++) {
      ids.add("r" + (i + 1)); // in the second file alone, behind the first file's
    }
    assertEquals(ids, column(found.scores(), 0));
    Map<String, String> expected = rows(predict(BUNDLE, input).scores());
    Map<String, String> scores = rows(found.scores());
    for (int i = 10; i < 20; i++) {
      assertEquals(expected.get("r" + (i + 1)), scores.get("r" + (i + 1)));
    }
    for (String line : found.attention().lines().toList()) {
      String[] cells = line.split("\t", -1);
      int number = Integer.parseInt(cells[0].substring(1));
      if (cells[1].equals("NA")) {
        continue;
      }
      assertEquals(number <= 5, cells[1].equals("0"), line); // rna asks rna
      assertTrue(number <= 20 || cells[2].equals("0"), line); // rna asks protein
    }
    // r1 and r2 are too short for a protein, the only view that a file holds of them.
    List<String> lines = found.predictions().lines().toList();
    assertTrue(lines.get(26).matches("r1\t.*\tunusable\t.*\tmissing-view.*"), lines.get(26));
    assertTrue(lines.get(28).matches("r3\t.*\tok\t.*\tview-missing"), lines.get(28));
  }

  private static List<String> column(String table, int column) {
    return table.lines().skip(1).map(line -> line.split("\t", -1)[column]).toList();
  }

  private static Map<String, String> rows(String table) {
    Map<String, String> rows = new LinkedHashMap<>();
    table.lines().skip(1).forEach(line -> rows.put(line.substring(0, line.indexOf('\t')), line));
    return rows;
  }

  @Test
  void policies() throws IOException {
    Path whole = embedded(encoded(input));
    Tables masked = fused(List.of(whole));
    Tables filled = fused(List.of(whole), "--missing", "mean");
    Tables strict = fused(List.of(whole), "--missing", "unusable");
    Map<String, String> a = rows(masked.scores());
    Map<String, String> b = rows(filled.scores());
    Map<String, String> c = rows(strict.scores());
    int lacking = 0;
    for (String line : masked.predictions().lines().skip(1).toList()) {
      String id = line.substring(0, line.indexOf('\t'));
      if (line.endsWith("view-missing")) {
        lacking++;
        assertNotEquals(a.get(id), b.get(id));
        assertFalse(b.get(id).contains("NA"));
        assertTrue(c.get(id).endsWith("NA\tNA\tNA\tNA"), c.get(id));
      } else {
        assertEquals(a.get(id), b.get(id));
        assertEquals(a.get(id), c.get(id));
      }
    }
    assertTrue(lacking > 5 && lacking < 25, "" + lacking);
    assertEquals(
        strict.predictions().lines().filter(line -> line.contains("\tunusable\t")).count(),
        lacking);
    assertTrue(strict.predictions().contains("\ttoo-short"));
    Tool.Outcome counted = fuse(file("u.npz"), List.of(whole));
    assertTrue(
        counted.err().contains("view-missing: " + lacking + " records (protein "), counted.err());
    Tool.Outcome failed = fuse(file("u.npz"), List.of(whole), "--missing", "fail");
    assertEquals(4, failed.code());
    assertEquals(
        "ribonnx-fuse: "
            + lacking
            + " of 30 records lack a view that is fused, and the policy is fail; the first: 'r1'"
            + " lacks 'protein' (too-short); give what is missing, or ribonnx-fuse --missing"
            + " unusable\n",
        failed.err());
  }

  @Test
  void aModelThatFailsForWantOfAView() throws IOException {
    Path model = folder.resolve("model");
    copyBundle(model);
    edit(model, "policy: mask", "policy: fail");
    Path out = folder.resolve("none.tsv");
    refused(
        4,
        "records lack a view that is fused, and the policy is fail; the first: 'r1' lacks 'protein'"
            + " (too-short)",
        run(
            RibonnxCommand::new,
            input,
            arguments("predict", "--quiet", "--model", model, "--output", out, "-")));
    assertFalse(Files.exists(out));
    List<String> long30 = records().stream().filter(record -> record.length() > 30).toList();
    assertEquals(predict(BUNDLE, fasta(long30)).scores(), predict(model, fasta(long30)).scores());
  }

  /** By hand: a mean in place of the view that is not there. */
  @Test
  void storedMeansStandInForAViewInEveryMethod() throws IOException {
    byte[] means =
        new NumpyFile()
            .array("p", "<f4", "2,", floats(1, 2))
            .array("q", "<f4", "2,", floats(10, 20))
            .toBytes();
    for (String method : List.of("concat", "mean")) {
      int width = method.equals("concat") ? 4 : 2;
      Path model =
          new TestBundle(
                  """
                  schema: 1
                  id: means
                  version: 1.0.0
                  inputs: {rna: {kind: sequences}}
                  views:
                    p: {encoder: nucleotides@1, shape: [2], pad: 5}
                    q: {encoder: nucleotides@1, shape: [2], pad: 5}
                  fuse: {method: METHOD, missing: {policy: mean, values: {file: means.npz, sha256: SHA(means.npz)}}}
                  heads: {h: {kind: multi-label, graph: h.onnx, sha256: SHA(h.onnx), labels: [a], thresholds: 0.5}}
                  """
                      .replace("METHOD", method))
              .file("means.npz", means)
              .file("h.onnx", OnnxBuilder.linear("x", width, "y", 1))
              .folder(folder.resolve(method));
      Path p = new NumpyFile().ids("a", "b").floats("p", 2, 3, 4, 5, 6).write(file("p.npz"));
      Path q = new NumpyFile().ids("c", "a").floats("q", 2, 7, 8, 9, 11).write(file("q.npz"));
      Path out = file("u.npz");
      run(FuseCommand::new, input, arguments("--quiet", "--model", model, "--output", out, p, q))
          .succeeded();
      List<List<Double>> found = new ArrayList<>();
      try (TensorFileReader reader = new TensorFileReader(out)) {
        reader.want("x", reader.mainViews());
        Block block = new Block(16);
        reader.fill(block);
        for (int row = 0; row < block.size(); row++) {
          found.add(Arrays.stream(block.column("x/fused").numbers(row)).boxed().toList());
          assertEquals(0, block.status(row));
          assertEquals(row == 0 ? 0 : 64, block.flags(row));
        }
      }
      assertEquals(
          method.equals("concat")
              ? List.of(
                  List.of(3.0, 4.0, 9.0, 11.0),
                  List.of(5.0, 6.0, 10.0, 20.0),
                  List.of(1.0, 2.0, 7.0, 8.0))
              : List.of(List.of(6.0, 7.5), List.of(7.5, 13.0), List.of(4.0, 5.0)),
          found);
    }
  }

  private static byte[] floats(float... values) {
    java.nio.ByteBuffer bytes =
        java.nio.ByteBuffer.allocate(4 * values.length).order(java.nio.ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      bytes.putFloat(value);
    }
    return bytes.array();
  }

  // ---- refusals
  // ------------------------------------------------------------------------------------------------------------

  private void refused(int code, String message, Tool.Outcome outcome) {
    assertEquals(code, outcome.code(), outcome.err());
    assertEquals(1, outcome.err().lines().count(), outcome.err());
    assertTrue(outcome.err().contains(message), outcome.err());
  }

  @Test
  void filesThatCanNotBeJoined() throws IOException {
    Path rna = view("rna", input);
    Path protein = view("protein", input);
    Path dipeptides = view("dipeptides", input);
    Path out = folder.resolve("none.npz");
    refused(
        4,
        "holds the view 'rna', as " + rna + " does; give each view once",
        fuse(out, List.of(rna, protein, embedded(encoded(input)))));
    refused(4, "give each view once", fuse(out, List.of(rna, rna)));
    refused(
        4,
        "has not passed the step 'embed'; run ribonnx-embed first",
        fuse(out, List.of(rna, encoded(input, "--view", "protein"), dipeptides)));
    byte[] bytes = Files.readAllBytes(protein);
    refused(
        4,
        "cut short",
        fuse(out, List.of(rna, Files.write(file("x.npz"), Arrays.copyOf(bytes, 900)))));
    bytes[bytes.length / 2] ^= 8;
    refused(4, "write the file again", fuse(out, List.of(rna, Files.write(file("x.npz"), bytes))));
    refused(
        4,
        "no file given holds the view 'dipeptides', which the model fusion@1.0.0 fuses",
        fuse(out, List.of(rna, protein), "--missing", "unusable"));
    refused(2, "no such file", fuse(out, List.of(rna, folder.resolve("not-there.npz"))));
    refused(2, "both input and output", fuse(rna, List.of(rna, protein)));
    // Made for another model: the digest of its views is another.
    Path other = folder.resolve("other");
    copyBundle(other);
    edit(other, "shortest: 12", "shortest: 13");
    Path foreign = file("foreign.npz");
    run(
            EncodeCommand::new,
            input,
            arguments("--model", other, "--output", foreign, "--view", "protein", "-"))
        .succeeded();
    refused(
        4,
        "was made by the step 'encode' of the model fusion@1.0.0, which is not that of",
        fuse(out, List.of(rna, foreign)));
    refused(2, "--attention: the model returns no weights", fuseSmallest(out, "--attention"));
    refused(
        2,
        "--missing mask: the model smallest@1.0.0 has no graph that takes a mask; it can do fail,"
            + " unusable",
        fuseSmallest(out, "--missing", "mask"));
    assertFalse(Files.exists(out));
  }

  /** What fusing says with a model of one view, without a graph that fuses. */
  private Tool.Outcome fuseSmallest(Path out, Object... options) {
    Path model = Tool.repository("test-data/bundles/smallest");
    Path encoded = file("s.npz");
    Tool.run(
            EncodeCommand::new,
            new ByteArrayInputStream(input),
            "--model",
            model,
            "--output",
            encoded,
            "-")
        .succeeded();
    List<Object> all = new ArrayList<>(List.of("--model", model, "--output", out, encoded));
    all.addAll(Arrays.asList(options));
    return Tool.run(FuseCommand::new, all.toArray());
  }

  @Test
  void idsThatOccurTwiceInAFile() {
    float[] numbers = new float[5 * 8];
    Path rna =
        new NumpyFile().ids("a", "b", "c", "b", "a").floats("rna", 8, numbers).write(file("r.npz"));
    Path protein =
        new NumpyFile()
            .ids("a", "b", "c", "d", "e")
            .floats("protein", 8, numbers)
            .write(file("p.npz"));
    for (List<Path> files : List.of(List.of(rna, protein), List.of(protein, rna))) {
      Tool.Outcome outcome = fuse(file("u.npz"), files, "--quiet");
      assertEquals(4, outcome.code());
      assertTrue(
          outcome
              .err()
              .contains(
                  rna
                      + ": 2 records repeat an id; the first: 'b' of record 2 and of record 4; files are"
                      + " joined by ids that are unique in each (ribonnx-encode --duplicate-ids number)"),
          outcome.err());
    }
  }

  /** Where the model fuses what is there, a record that lacks a view is not called unusable. */
  @Test
  void encodingSaysWhichViewsAreMissing() throws IOException {
    Path all = file("f.npz");
    Tool.Outcome outcome =
        run(EncodeCommand::new, input, arguments("--model", BUNDLE, "--output", all, "-"))
            .succeeded();
    assertTrue(outcome.err().contains("view protein missing in 10 records"), outcome.err());
    assertTrue(outcome.err().contains("view dipeptides missing in 15 records"), outcome.err());
    assertFalse(outcome.err().contains("unusable"), outcome.err());
    String record = Files.readString(Path.of(all + ".run.json")).replaceAll("\\s+", "");
    assertTrue(record.contains("\"status\":{\"ok\":30}"), record);
    assertTrue(record.contains("\"missing-views\":{\"protein\":10,\"dipeptides\":15}"), record);
    Path one = file("f.npz");
    byte[] bad = ">n\nNNNNNNNN\n>a\nACGU\n>x\nACGU!\n".getBytes(StandardCharsets.UTF_8);
    outcome =
        run(
                EncodeCommand::new,
                bad,
                arguments(
                    "--model",
                    BUNDLE,
                    "--invalid-records",
                    "unusable",
                    "--view",
                    "protein",
                    "--output",
                    one,
                    "-"))
            .succeeded();
    assertTrue(outcome.err().contains("view protein missing in 2 records"), outcome.err());
    assertTrue(outcome.err().contains("unusable, wrong-letter: 1 record"), outcome.err());
    outcome =
        run(
                EncodeCommand::new,
                bad,
                arguments("--model", BUNDLE, "--invalid-records", "unusable", "--output", one, "-"))
            .succeeded();
    assertTrue(outcome.err().contains("unusable, no-usable-base: 1 record"), outcome.err());
    assertTrue(outcome.err().contains("view protein missing in 1 record"), outcome.err());
    // A model that leaves such records without a prediction calls them unusable.
    Path strict = folder.resolve("strict");
    copyBundle(strict);
    edit(strict, "policy: mask", "policy: unusable");
    outcome =
        run(EncodeCommand::new, input, arguments("--model", strict, "--output", one, "-"))
            .succeeded();
    assertTrue(outcome.err().contains("unusable, too-short: 15 records"), outcome.err());
    assertFalse(outcome.err().contains("missing"), outcome.err());
    // The whole run says it once.
    outcome =
        run(
                RibonnxCommand::new,
                input,
                arguments("predict", "--model", BUNDLE, "--output", file("p.tsv"), "-"))
            .succeeded();
    assertTrue(
        outcome.err().contains("view-missing: 15 records (protein 10, dipeptides 15)"),
        outcome.err());
    assertFalse(outcome.err().contains("unusable, "), outcome.err());
  }

  @Test
  void viewsThatAreNot() {
    Path features = encoded(input, "--view", "rna");
    Path out = folder.resolve("none.npz");
    refused(
        4,
        "lacks the view 'protein', for which the model fusion@1.0.0 has a graph; it holds [rna];"
            + " --view names those to embed, or encode the others too",
        Tool.run(EmbedCommand::new, "--model", BUNDLE, "--output", out, features));
    refused(
        4,
        "lacks the view 'protein'",
        Tool.run(
            EmbedCommand::new, "--model", BUNDLE, "--view", "protein", "--output", out, features));
    refused(
        2,
        "--view other: the model fusion@1.0.0 has the views [rna, protein, dipeptides]",
        Tool.run(
            EmbedCommand::new, "--model", BUNDLE, "--view", "other", "--output", out, features));
    refused(
        2,
        "--view other: the model fusion@1.0.0 has the views [rna, protein, dipeptides]",
        run(
            EncodeCommand::new,
            input,
            arguments("--model", BUNDLE, "--view", "other", "--output", out, "-")));
    assertFalse(Files.exists(out));
  }

  private static void copyBundle(Path to) throws IOException {
    Files.createDirectories(to);
    try (var files = Files.list(BUNDLE)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(file.getFileName()));
      }
    }
  }

  private static void edit(Path model, String from, String to) throws IOException {
    Path card = model.resolve("model.yaml");
    String text = Files.readString(card);
    assertTrue(text.contains(from), from);
    Files.writeString(card, text.replace(from, to));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "policy: mask>policy: other | fuse.missing.policy is 'other'; one of fail, unusable, mean, mask is expected",
        "policy: mask, input: present>policy: mask | fuse.missing.input is missing: the graph's input that says which views are there",
        "input: present>input: there | fuse.missing.input is 'there', but the graph has the inputs [rna, protein, dipeptides, present]",
        "input: present>input: rna | fuse.missing.input is 'rna', into which a view goes",
        "input: present, values>other: 1, input: present, values | fuse.missing.other is not known; known here: input, policy, values",
        "values: {file: means.npz>values: {file: none.npz | fuse.missing.values.file names none.npz: the bundle lacks this file",
        "values: {file: means.npz, sha256: >values: {file: means.npz, sha256: 0 | fuse.missing.values.sha256 is no SHA-256",
        "values: {file: means.npz>values: {more: 1, file: means.npz | fuse.missing.values.more is not known",
        "attention: {output: attention>attention: {output: weights | fuse.attention.output is 'weights', but the graph has the outputs [fused, attention]",
        "attention: {output: attention>attention: {output: fused | fuse.output is that of attention",
        "tokens: [rna, protein, dipeptides, common]>tokens: [rna, protein, dipeptides] | fuse.attention.output 'attention' is float32 [?, 3, 4]; float32 [?, 3, 3] is expected, queries and tokens",
        "tokens: [rna, protein>tokens: [rna, rna | fuse.attention.tokens holds 'rna' twice",
        "tokens: [rna, protein>tokens: ['r a', protein | fuse.attention.tokens holds 'r a'; letters, digits",
        "queries: [rna, protein, dipeptides], >'' | fuse.attention.queries is missing or empty",
        "attention: {output>attention: {other: 1, output | fuse.attention.other is not known",
        "dipeptides: dipeptides}>dipeptides: protein} | fuse.missing.input 'present' is float32 [?, 3]; float32 [?, 2] is expected, a number per view",
      })
  void sectionsThatDoNotFitTheGraph(String change, String message) throws IOException {
    Path model = folder.resolve("model");
    copyBundle(model);
    String[] parts = change.split(">", -1);
    edit(model, parts[0], parts[1].replace("''", ""));
    refused(
        5,
        message,
        run(
            RibonnxCommand::new,
            input,
            arguments("predict", "--quiet", "--model", model, "--output", "-", "-")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"identity", "concat"})
  void methodsWithoutAGraphTakeNoMask(String method) throws IOException {
    Path model = folder.resolve("model");
    copyBundle(model);
    String text = Files.readString(model.resolve("model.yaml"));
    int from = text.indexOf("fuse:\n");
    int to = text.indexOf("heads:");
    String missing = "missing: {policy: mask, input: present}";
    Files.writeString(
        model.resolve("model.yaml"),
        text.substring(0, from)
            + "fuse: {method: "
            + method
            + ", "
            + missing
            + "}\n"
            + text.substring(to));
    refused(
        5,
        "fuse.missing.input goes with a graph; method: " + method + " has none",
        run(
            RibonnxCommand::new,
            input,
            arguments("predict", "--quiet", "--model", model, "--output", "-", "-")));
  }

  // ---- ribonnx model
  // -------------------------------------------------------------------------------------------------------

  @Test
  void aBundleIsSealedTestedAndProbed() throws IOException {
    Path model = folder.resolve("model");
    copyBundle(model);
    Files.createDirectories(model.resolve("test"));
    Files.write(model.resolve("test/input.fa"), input);
    Files.writeString(
        model.resolve("model.yaml"),
        Files.readString(model.resolve("model.yaml"))
                .replaceAll("file: means.npz, sha256: [0-9a-f]+", "file: means.npz")
            + "test: {input: test/input.fa}\ncard: {licence: MIT}\n");
    refused(
        5,
        "fuse.missing.values.sha256 is missing; 'ribonnx model seal' writes it",
        run(
            RibonnxCommand::new,
            input,
            arguments("predict", "--quiet", "--model", model, "--output", "-", "-")));
    Tool.run(RibonnxCommand::new, "model", "seal", model).succeeded();
    assertTrue(
        Files.readString(model.resolve("model.yaml"))
            .matches("(?s).*values: \\{file: means.npz, sha256: [0-9a-f]{64}\\}.*"));
    Tool.Outcome test = Tool.run(RibonnxCommand::new, "model", "test", model).succeeded();
    assertTrue((test.text() + test.err()).contains("fuse.fused.attention"), test.err());
    Tool.Outcome valid = Tool.run(RibonnxCommand::new, "model", "validate", model);
    assertEquals(0, valid.code(), valid.text() + valid.err());
  }

  private Path probed(OnnxBuilder graph, String attention) {
    return new TestBundle(
            """
            schema: 1
            id: probed
            version: 1.0.0
            inputs: {rna: {kind: sequences}}
            views:
              p: {encoder: nucleotides@1, shape: [4], pad: 5}
              q: {encoder: nucleotides@1, shape: [4], pad: 5}
            embed:
              p: {graph: e.onnx, sha256: SHA(e.onnx)}
              q: {graph: e.onnx, sha256: SHA(e.onnx)}
            fuse: {graph: f.onnx, sha256: SHA(f.onnx), inputs: {p: p, q: q}, output: y, missing: {policy: mask, input: there} ATTENTION}
            heads: {h: {kind: regression, graph: h.onnx, sha256: SHA(h.onnx), targets: [{name: h, unit: s}]}}
            card: {licence: MIT}
            """
                .replace("ATTENTION", attention))
        .file("e.onnx", OnnxBuilder.codesToScores("codes", 4, "e", 4))
        .file("f.onnx", graph.build())
        .file("h.onnx", OnnxBuilder.linear("x", 4, "y", 1))
        .folder(folder.resolve("probed"));
  }

  private static OnnxBuilder taking(long there) {
    return new OnnxBuilder()
        .input("p", OnnxBuilder.FLOAT, -1, 4)
        .input("q", OnnxBuilder.FLOAT, -1, 4)
        .input("there", OnnxBuilder.FLOAT, -1, there);
  }

  private void foundByValidate(String message, Path model) {
    Tool.Outcome outcome = Tool.run(RibonnxCommand::new, "model", "validate", model);
    assertEquals(5, outcome.code(), outcome.text());
    assertTrue((outcome.text() + outcome.err()).contains(message), outcome.text() + outcome.err());
  }

  @Test
  void aGraphThatCanNotDoWithoutAViewIsFound() {
    // Divided by whether q is there: not finite without it.
    OnnxBuilder graph =
        taking(2)
            .int64("second", 1)
            .add("Add", "p,q", "sum")
            .add("Gather", "there,second", "has", OnnxBuilder.attribute("axis", 1))
            .add("Div", "sum,has", "y")
            .output("y", OnnxBuilder.FLOAT, -1, 4);
    foundByValidate("fuse: without the view 'q', output 'y' has ", probed(graph, ""));
  }

  @Test
  void aGraphThatMixesRecordsIsFound() {
    OnnxBuilder graph =
        taking(2)
            .add("Add", "p,q", "sum")
            .add("ReduceMax", "there", "most", OnnxBuilder.attribute("axes", 0L, 1L))
            .add("ReduceMean", "sum", "middle", OnnxBuilder.attribute("axes", new long[] {0}))
            .add("Add", "sum,middle", "both")
            .add("Mul", "both,most", "y")
            .output("y", OnnxBuilder.FLOAT, -1, 4);
    foundByValidate("a record's result must not depend on the others", probed(graph, ""));
  }

  @Test
  void attentionThatIsNoShareIsFound() {
    OnnxBuilder graph =
        taking(2)
            .int64("axis", 1)
            .add("Add", "p,q", "y")
            .add("Add", "there,there", "twice")
            .add("Unsqueeze", "twice,axis", "weights")
            .output("y", OnnxBuilder.FLOAT, -1, 4)
            .output("weights", OnnxBuilder.FLOAT, -1, 1, 2);
    foundByValidate(
        "fuse.attention: the weights of 'all' sum to 4.0 for record 'probe-1'; 1 is expected",
        probed(graph, ", attention: {output: weights, queries: [all], tokens: [p, q]}"));
  }

  @Test
  void weightsAsATensorFileAndRefusals() throws IOException {
    Path npz = file("a.npz");
    run(
            RibonnxCommand::new,
            input,
            arguments("predict", "--model", BUNDLE, "--output", "-", "--attention", npz, "-"))
        .succeeded();
    assertEquals(body(predict(BUNDLE, input).attention()), attention(npz));
    refused(
        2,
        "--attention: the model returns no weights",
        run(
            RibonnxCommand::new,
            input,
            arguments(
                "predict",
                "--model",
                Tool.repository("test-data/bundles/smallest"),
                "--output",
                "-",
                "--attention",
                npz,
                "-")));
  }
}
