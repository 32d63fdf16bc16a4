package org.ribonnx.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ribonnx.classify.ClassifyCommand;
import org.ribonnx.core.testing.NumpyFile;
import org.ribonnx.core.testing.OnnxBuilder;
import org.ribonnx.core.testing.TestBundle;
import org.ribonnx.core.testing.Tool;
import org.ribonnx.embed.EmbedCommand;
import org.ribonnx.encode.EncodeCommand;
import org.ribonnx.fuse.FuseCommand;

/** The same answer by every way: five steps or one process, chunks, orders, threads, batches. */
class StepsTest {
  static final Path SMALLEST = Tool.repository("test-data/bundles/smallest");

  /** Two views, each embedded, joined, read by heads of every kind that share a graph. */
  static TestBundle everything(String fuse, int width) {
    return everything(fuse, width, "quantile: 0.5");
  }

  /** The same with other quantiles of its prediction sets. */
  static TestBundle everything(String fuse, int width, String quantiles) {
    byte[] heads =
        new OnnxBuilder()
            .input("x", OnnxBuilder.FLOAT, -1, width)
            .floats("a", new long[] {width, 4}, OnnxBuilder.weights(width, 4))
            .floats("b", new long[] {width, 4}, OnnxBuilder.weights(4, width))
            .add("MatMul", "x,a", "sums")
            .add("Sigmoid", "sums", "first")
            .add("MatMul", "x,b", "others")
            .add("Sigmoid", "others", "second")
            // The logarithm of a negative number is none: some records have no value.
            .add("Log", "sums", "third")
            .output("first", OnnxBuilder.FLOAT, -1, 4)
            .output("second", OnnxBuilder.FLOAT, -1, 4)
            .output("third", OnnxBuilder.FLOAT, -1, 4)
            .build();
    byte[] embed =
        OnnxBuilder.onCodes("codes", 24, 4)
            .add("Sigmoid", "sums", "e")
            .add("Tanh", "sums", "extra")
            .output("e", OnnxBuilder.FLOAT, -1, 4)
            .output("extra", OnnxBuilder.FLOAT, -1, 4)
            .build();
    return new TestBundle(
            """
            schema: 1
            id: everything
            version: 1.0.0
            inputs:
              rna: {kind: sequences, length: [5, 60]}
            views:
              head: {encoder: nucleotides@1, shape: [24], pad: 5}
              tail: {encoder: nucleotides@1, options: {keep: 3p}, shape: [16], pad: 6}
            embed:
              head: {graph: a.onnx, sha256: SHA(a.onnx), inputs: {codes: head}, outputs: {e: {width: 4}, extra: {width: 4}}}
              tail: {graph: b.onnx, sha256: SHA(b.onnx)}
            fuse: {method: FUSE}
            heads:
              kind: {kind: single-label, graph: h.onnx, sha256: SHA(h.onnx), output: first, labels: [a, b, c, d],
                     reject: {unassigned-when: below, at: 0.5, labels: [d]}, sets: {method: split-conformal, coverage: 0.9, QUANTILES}}
              traits: {kind: multi-label, graph: h.onnx, sha256: SHA(h.onnx), output: second, labels: [w, x, y, z], thresholds: [0.5, 0.4, 0.6, 0.5]}
              amounts: {kind: regression, graph: h.onnx, sha256: SHA(h.onnx), output: third, targets: [{name: p}, {name: q}, {name: r}, {name: s, unit: nM}]}
            """
                .replace("FUSE", fuse)
                .replace("QUANTILES", quantiles))
        .file("a.onnx", embed)
        .file("b.onnx", OnnxBuilder.codesToScores("codes", 16, "e", 4))
        .file("h.onnx", heads);
  }

  record Entry(String id, String sequence) {}

  static List<Entry> records(long seed, int count) {
    Random random = new Random(seed);
    List<Entry> records = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      StringBuilder sequence = new StringBuilder();
      // Some are empty or have no base: unusable amid the others.
      String letters = random.nextInt(12) == 0 ? "N" : "ACGU";
      for (int n = random.nextInt(70); n > 0; n--) {
        sequence.append(letters.charAt(random.nextInt(letters.length())));
      }
      records.add(new Entry("r" + i, sequence.toString()));
    }
    return records;
  }

  static byte[] fasta(List<Entry> records) {
    StringBuilder text = new StringBuilder();
    for (Entry record : records) {
      text.append('>').append(record.id()).append('\n').append(record.sequence()).append('\n');
    }
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  record Tables(String predictions, String scores) {}

  /** How far scores may be from those that another library found in another order of sums. */
  static double rounding(double value) {
    return 2e-5 * Math.max(1, Math.abs(value));
  }

  /** Compares a table of scores, line by line and cell by cell. */
  static void sameScores(List<String> expected, String scores, DoubleUnaryOperator tolerance) {
    List<String> found = scores.lines().toList();
    assertEquals(expected.get(0), found.get(0));
    assertEquals(expected.size(), found.size());
    for (int line = 1; line < expected.size(); line++) {
      String[] want = expected.get(line).split("\t", -1);
      String[] got = found.get(line).split("\t", -1);
      assertEquals(want[0], got[0]);
      for (int i = 1; i < want.length; i++) {
        if (want[i].equals("NA")) {
          assertEquals("NA", got[i], found.get(line));
        } else {
          double value = Double.parseDouble(want[i]);
          assertEquals(
              value, Double.parseDouble(got[i]), tolerance.applyAsDouble(value), found.get(line));
        }
      }
    }
  }

  static Tables predict(Path model, byte[] input, Path folder, Object... more) throws IOException {
    List<Object> arguments = new ArrayList<>();
    arguments.addAll(List.of("predict", "--model", model, "--output", folder.resolve("p.tsv")));
    arguments.addAll(List.of("--scores", folder.resolve("s.tsv"), "--quiet"));
    arguments.addAll(List.of(more));
    arguments.add("-");
    Tool.run(RibonnxCommand::new, new ByteArrayInputStream(input), arguments.toArray()).succeeded();
    return new Tables(
        Files.readString(folder.resolve("p.tsv")), Files.readString(folder.resolve("s.tsv")));
  }

  /** Encoded once, then each step over {@code shards} ranges of records, the tables joined. */
  static Tables steps(Path model, byte[] input, Path folder, int shards) throws IOException {
    Path features = folder.resolve("features.npz");
    Tool.run(
            EncodeCommand::new,
            new ByteArrayInputStream(input),
            "--model",
            model,
            "--output",
            features,
            "-")
        .succeeded();
    StringBuilder predictions = new StringBuilder();
    StringBuilder scores = new StringBuilder();
    for (int shard = 1; shard <= shards; shard++) {
      Path embedded = folder.resolve("embedded.npz");
      Path fused = folder.resolve("fused.npz");
      Path table = folder.resolve("part.tsv");
      Path all = folder.resolve("part-scores.tsv");
      Tool.run(
              EmbedCommand::new,
              "--model",
              model,
              "--output",
              embedded,
              "--shard",
              shard + "/" + shards,
              features)
          .succeeded();
      Tool.run(FuseCommand::new, "--model", model, "--output", fused, embedded).succeeded();
      Tool.run(ClassifyCommand::new, "--model", model, "--output", table, "--scores", all, fused)
          .succeeded();
      append(predictions, Files.readString(table));
      append(scores, Files.readString(all));
    }
    return new Tables(predictions.toString(), scores.toString());
  }

  private static void append(StringBuilder all, String table) {
    all.append(all.length() == 0 ? table : table.substring(table.indexOf('\n') + 1));
  }

  static void sameByEveryWay(Path model, List<Entry> records, Path folder) throws IOException {
    byte[] input = fasta(records);
    Tables expected = predict(model, input, folder, "--threads", 1);
    for (int threads : new int[] {2, 4}) {
      assertEquals(expected, predict(model, input, folder, "--threads", threads));
    }
    for (int batch : new int[] {16, 32, 64}) {
      assertEquals(expected, predict(model, input, folder, "--batch-size", batch));
    }
    assertEquals(expected, steps(model, input, folder, 1));
    assertEquals(expected, steps(model, input, folder, 7));

    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < records.size(); i++) {
      order.add(i);
    }
    Collections.shuffle(order, new Random(90));
    List<Entry> shuffled = order.stream().map(records::get).toList();
    Tables other = predict(model, fasta(shuffled), folder);
    assertEquals(sorted(expected.predictions()), sorted(other.predictions()));
    assertEquals(sorted(expected.scores()), sorted(other.scores()));

    for (int i = 0; i < 3; i++) {
      Entry record = records.get(order.get(i));
      if (!record.sequence().isEmpty()) {
        String alone = predict(model, fasta(List.of(record)), folder).scores();
        assertTrue(expected.scores().contains(alone.substring(alone.indexOf('\n'))), alone);
      }
    }
  }

  private static List<String> sorted(String table) {
    return table.lines().sorted().toList();
  }

  @Test
  void theSmallestBundle(@TempDir Path folder) throws IOException {
    sameByEveryWay(SMALLEST, records(91, 300), folder);
  }

  @Test
  void viewsJoinedEndToEnd(@TempDir Path folder) throws IOException {
    Path model = everything("concat", 8).folder(folder.resolve("model"));
    sameByEveryWay(model, records(92, 300), folder);
  }

  @Test
  void theMeanOfViews(@TempDir Path folder) throws IOException {
    Path model = everything("mean", 4).folder(folder.resolve("model"));
    sameByEveryWay(model, records(93, 150), folder);
  }

  @Test
  void theRealBundle(@TempDir Path folder) throws IOException {
    Path model = Tool.repository("models/mirna-family");
    Assumptions.assumeTrue(Files.exists(model.resolve("embed.onnx")));
    byte[] input = Files.readAllBytes(Tool.repository("test-data/hairpins.fa"));
    Tables expected = predict(model, input, folder, "--threads", 2);
    assertEquals(expected, predict(model, input, folder, "--batch-size", 64));
    assertEquals(expected, steps(model, input, folder, 7));
  }

  @Test
  void aZipIsTheSameAsItsFolder(@TempDir Path folder) throws IOException {
    Path model = everything("concat", 8).folder(folder.resolve("model"));
    Path zip = everything("concat", 8).zip(folder.resolve("model.zip"), "everything/");
    byte[] input = fasta(records(94, 100));
    assertEquals(predict(model, input, folder), predict(zip, input, folder));
  }

  @Test
  void everyRecordHasARowPerHeadInTheOrderOfTheInput(@TempDir Path folder) throws IOException {
    Path model = everything("concat", 8).folder(folder.resolve("model"));
    List<Entry> records = records(95, 200);
    Tables tables = predict(model, fasta(records), folder);
    List<String> lines = tables.predictions().lines().toList();
    assertEquals("id\thead\tprediction\tscore\tstatus\tbest\tname\tset\treason", lines.get(0));
    List<String> heads =
        List.of("kind", "traits", "amounts.p", "amounts.q", "amounts.r", "amounts.s");
    assertEquals(1 + records.size() * heads.size(), lines.size());
    int unusable = 0;
    int rejected = 0;
    int notANumber = 0;
    for (int i = 1; i < lines.size(); i++) {
      String[] cells = lines.get(i).split("\t", -1);
      Entry record = records.get((i - 1) / heads.size());
      assertEquals(9, cells.length, lines.get(i));
      assertEquals(record.id(), cells[0]);
      assertEquals(heads.get((i - 1) % heads.size()), cells[1]);
      assertEquals(cells[2].equals("NA"), !cells[4].equals("ok"), lines.get(i));
      if (!record.sequence().matches(".*[ACGU].*")) {
        assertEquals("unusable", cells[4]);
        assertTrue(cells[8].startsWith("no-usable-base"), lines.get(i));
        assertEquals(
            List.of("NA", "NA", "NA", "NA", "NA"),
            List.of(cells[2], cells[3], cells[5], cells[6], cells[7]));
        unusable++;
      } else if (cells[8].startsWith("not-a-number")) {
        assertTrue(cells[1].startsWith("amounts") && cells[4].equals("unusable"), lines.get(i));
        notANumber++;
      } else if (cells[4].equals("unassigned")) {
        boolean below = Double.parseDouble(cells[3]) < 0.5;
        assertTrue(below || cells[5].equals("d"), lines.get(i));
        rejected++;
      } else if (cells[1].equals("kind")) {
        assertEquals(cells[5], cells[2]);
      } else if (cells[1].equals("traits")) {
        assertTrue(cells[2].equals("none") || cells[2].matches("[wxyz](;[wxyz])*"), cells[2]);
      }
    }
    // The input was made so that each of these happens.
    assertTrue(unusable > 0 && rejected > 0 && notANumber > 0);
    List<String> scores = tables.scores().lines().toList();
    assertEquals(records.size() + 1, scores.size());
    assertTrue(scores.get(0).startsWith("id\tkind.a\tkind.b\tkind.c\tkind.d\ttraits.w"));
    for (int i = 0; i < records.size(); i++) {
      String[] cells = scores.get(i + 1).split("\t", -1);
      boolean usable = records.get(i).sequence().matches(".*[ACGU].*");
      assertEquals(13, cells.length);
      assertEquals(usable, !cells[1].equals("NA"));
    }
  }

  @Test
  void viewsThatNumpyWroteInAnotherOrderAreJoinedInTheOrderOfTheBundle(@TempDir Path folder) {
    Path model = everything("concat", 8).folder(folder.resolve("model"));
    Path usual =
        new NumpyFile()
            .ids("a")
            .floats("head", 4, 1, 2, 3, 4)
            .floats("tail", 4, 5, 6, 7, 8)
            .write(folder.resolve("usual.npz"));
    Path swapped =
        new NumpyFile()
            .floats("tail", 4, 5, 6, 7, 8)
            .floats("head", 4, 1, 2, 3, 4)
            .ids("a")
            .write(folder.resolve("swapped.npz"));
    List<String> tables = new ArrayList<>();
    for (Path file : List.of(usual, swapped)) {
      Path fused = folder.resolve("fused.npz");
      Tool.Outcome outcome =
          Tool.run(FuseCommand::new, "--model", model, "--output", fused, file).succeeded();
      assertTrue(outcome.err().contains("says nothing of the model"), outcome.err());
      tables.add(
          Tool.run(ClassifyCommand::new, "--model", model, "--output", "-", "--quiet", fused)
              .succeeded()
              .text());
    }
    assertEquals(tables.get(0), tables.get(1));
  }

  @Test
  void aGraphOfAFixedBatchTakesAnyNumberOfRecords(@TempDir Path folder) throws IOException {
    for (int fixed : new int[] {1, 3, 16}) {
      byte[] head =
          new OnnxBuilder()
              .input("codes", OnnxBuilder.UINT8, fixed, 8)
              .floats("weights", new long[] {8, 2}, OnnxBuilder.weights(8, 2))
              .add("Cast", "codes", "numbers", OnnxBuilder.attribute("to", OnnxBuilder.FLOAT))
              .add("MatMul", "numbers,weights", "sums")
              .add("Softmax", "sums", "p")
              .output("p", OnnxBuilder.FLOAT, fixed, 2)
              .build();
      Path model =
          new TestBundle(
                  """
                  schema: 1
                  id: fixed
                  version: 1.0.0
                  inputs: {rna: {kind: sequences}}
                  views: {v: {encoder: nucleotides@1, pad: 5}}
                  heads: {h: {kind: single-label, graph: h.onnx, sha256: SHA(h.onnx), labels: [a, b]}}
                  """)
              .file("h.onnx", head)
              .folder(folder.resolve("model" + fixed));
      Tool.Outcome outcome =
          Tool.run(
              RibonnxCommand::new,
              new ByteArrayInputStream(fasta(records(96, 300))),
              "predict",
              "--model",
              model,
              "--output",
              folder.resolve("p.tsv"),
              "-");
      if (fixed == 3) {
        // Would not divide a block.
        assertEquals(5, outcome.code(), outcome.err());
        assertTrue(outcome.err().contains("dynamic batch axis"), outcome.err());
      } else {
        outcome.succeeded();
        assertEquals(301, Files.readString(folder.resolve("p.tsv")).lines().count());
      }
    }
  }

  @Test
  void standardOutputHoldsThePredictionsAndNothingElse(@TempDir Path folder) throws IOException {
    byte[] input = fasta(records(97, 20));
    Tool.Outcome outcome =
        Tool.run(
                RibonnxCommand::new,
                new ByteArrayInputStream(input),
                "predict",
                "--model",
                SMALLEST,
                "--output",
                "-",
                "-")
            .succeeded();
    assertEquals(predict(SMALLEST, input, folder).predictions(), outcome.text());
  }

  @Test
  void anOutdirHoldsEverything(@TempDir Path folder) throws IOException {
    byte[] input = fasta(records(98, 20));
    Path results = folder.resolve("new/results");
    Tool.run(
            RibonnxCommand::new,
            new ByteArrayInputStream(input),
            "predict",
            "--model",
            SMALLEST,
            "--outdir",
            results,
            "-")
        .succeeded();
    Tables expected = predict(SMALLEST, input, folder);
    assertEquals(expected.predictions(), Files.readString(results.resolve("predictions.tsv")));
    assertEquals(expected.scores(), Files.readString(results.resolve("scores.tsv")));
    assertTrue(Files.readString(results.resolve("run.json")).contains("\"records\" : 20"));
  }

  @Test
  void badInputLeavesNoOutput(@TempDir Path folder) {
    Path output = folder.resolve("p.tsv");
    byte[] input = ">a\nACXG\n".getBytes(StandardCharsets.UTF_8);
    Tool.Outcome outcome =
        Tool.run(
            RibonnxCommand::new,
            new ByteArrayInputStream(input),
            "predict",
            "--model",
            SMALLEST,
            "--output",
            output,
            "-");
    assertEquals(4, outcome.code());
    assertEquals(1, outcome.err().lines().count(), outcome.err());
    assertFalse(Files.exists(output));
  }

  @Test
  void filesOfAnotherModelOrStepAreRefused(@TempDir Path folder) throws IOException {
    Path model = everything("concat", 8).folder(folder.resolve("model"));
    Path features = folder.resolve("features.npz");
    Tool.run(
            EncodeCommand::new,
            new ByteArrayInputStream(fasta(records(99, 20))),
            "--model",
            SMALLEST,
            "--output",
            features,
            "-")
        .succeeded();
    Tool.Outcome other =
        Tool.run(
            EmbedCommand::new, "--model", model, "--output", folder.resolve("e.npz"), features);
    assertEquals(4, other.code(), other.err());
    assertTrue(other.err().contains("of the model smallest@1.0.0"), other.err());
    Tool.run(
            EncodeCommand::new,
            new ByteArrayInputStream(fasta(records(99, 20))),
            "--model",
            model,
            "--output",
            features,
            "-")
        .succeeded();
    Tool.Outcome early =
        Tool.run(
            ClassifyCommand::new, "--model", model, "--output", folder.resolve("p.tsv"), features);
    assertEquals(4, early.code(), early.err());
    assertTrue(early.err().contains("has not passed the step 'embed'"), early.err());
    assertFalse(Files.exists(folder.resolve("p.tsv")));
  }

  @Test
  void embeddingsOfPredictAreThoseOfTheStep(@TempDir Path folder) throws IOException {
    Path model = everything("concat", 8).folder(folder.resolve("model"));
    byte[] input = fasta(records(100, 100));
    Path whole = folder.resolve("whole.npz");
    predict(model, input, folder, "--embeddings", whole);
    steps(model, input, folder, 1);
    assertArrayEquals(
        Files.readAllBytes(folder.resolve("embedded.npz")), Files.readAllBytes(whole));
  }

  @Test
  void helpNamesEveryOption() {
    ByteArrayOutputStream seen = new ByteArrayOutputStream();
    for (String[] command :
        new String[][] {
          {
            "predict",
            "--model",
            "--input",
            "--format",
            "--id-from",
            "--invalid-records",
            "--duplicate-ids",
            "--device",
            "--batch-size",
            "--threads",
            "--outdir",
            "--output",
            "--scores",
            "--report",
            "--embeddings",
            "--truth",
            "--quiet",
            "--verbose",
            "--help",
            "--version"
          },
          {"model", "list", "info", "validate", "test", "seal"},
          {"doctor", "--json"}
        }) {
      String help = Tool.run(RibonnxCommand::new, command[0], "--help").succeeded().text();
      for (int i = 1; i < command.length; i++) {
        assertTrue(help.contains(command[i]), command[0] + " " + command[i]);
      }
      seen.writeBytes(help.getBytes(StandardCharsets.UTF_8));
    }
    assertFalse(seen.toString(StandardCharsets.UTF_8).contains("train-archive"));
    for (String[] wrong : new String[][] {{}, {"model"}, {"predcit"}, {"predict"}}) {
      Tool.Outcome outcome = Tool.run(RibonnxCommand::new, (Object[]) wrong);
      assertEquals(2, outcome.code(), outcome.err());
      assertEquals(1, outcome.err().lines().count(), outcome.err());
    }
    assertTrue(Tool.run(RibonnxCommand::new, "predcit").err().contains("did you mean predict"));
  }

  @Test
  void aWrongTruthIsToldBeforeAnyWork(@TempDir Path folder) throws IOException {
    Path truth = Files.writeString(folder.resolve("truth.tsv"), "id\tfamily\nrecord-1\tmir-21\n");
    Path table = folder.resolve("p.tsv");
    Tool.Outcome outcome =
        Tool.run(
            RibonnxCommand::new,
            new ByteArrayInputStream(fasta(records(1, 3))),
            "predict",
            "--model",
            SMALLEST,
            "--truth",
            truth,
            "--output",
            table,
            "--report",
            folder.resolve("report.html"),
            "-");
    assertEquals(4, outcome.code(), outcome.err());
    assertTrue(
        outcome.err().contains("truth.tsv: line 1: the column 'family' is no head of the model"),
        outcome.err());
    assertTrue(Files.notExists(table));
  }
}
