package org.ribonnx.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.ribonnx.classify.ClassifyCommand;
import org.ribonnx.cli.StepsTest.Entry;
import org.ribonnx.cli.StepsTest.Tables;
import org.ribonnx.core.testing.NumpyFile;
import org.ribonnx.core.testing.OnnxBuilder;
import org.ribonnx.core.testing.TestBundle;
import org.ribonnx.core.testing.Tool;
import org.ribonnx.embed.EmbedCommand;
import org.ribonnx.encode.EncodeCommand;

/** Records of every length, padded to the lengths of a grid: the same answer by every way. */
class VaryingLengthTest {
  private static final int[] GRID = {16, 64, 256};
  private static final int WIDTH = 4;

  /**
   * A convolution over the padded record, summed and divided by its own length: padding enters the
   * result, so that a record padded to another length would show.
   */
  private static byte[] convolution(String output) {
    return new OnnxBuilder()
        .input("codes", OnnxBuilder.UINT8, -1, -1)
        .input("n", OnnxBuilder.INT64, -1)
        .floats("kernel", new long[] {WIDTH, 1, 3}, OnnxBuilder.weights(WIDTH, 3))
        .floats("mix", new long[] {WIDTH, WIDTH}, OnnxBuilder.weights(WIDTH, WIDTH))
        .int64("one", 1)
        .int64("two", 2)
        .add("Cast", "codes", "numbers", OnnxBuilder.attribute("to", OnnxBuilder.FLOAT))
        .add("Unsqueeze", "numbers,one", "channel")
        .add("Conv", "channel,kernel", "raw", OnnxBuilder.attribute("pads", 1, 1))
        .add("Relu", "raw", "positive")
        .add("ReduceSum", "positive,two", "sums", OnnxBuilder.attribute("keepdims", 0))
        .add("Cast", "n", "length", OnnxBuilder.attribute("to", OnnxBuilder.FLOAT))
        .add("Unsqueeze", "length,one", "column")
        .add("Div", "sums,column", "means")
        .add("MatMul", "means,mix", "mixed")
        .add("Tanh", "mixed", output)
        .output(output, OnnxBuilder.FLOAT, -1, WIDTH)
        .build();
  }

  /** What the graph must give for a record, computed one number after the other. */
  private static double[] oracle(String sequence) {
    int padding = 0;
    while (sequence.length() > GRID[padding]) {
      padding++;
    }
    int[] padded = new int[GRID[padding]];
    Arrays.fill(padded, 5);
    for (int i = 0; i < sequence.length(); i++) {
      padded[i] = "ACGU".indexOf(sequence.charAt(i));
    }
    float[] kernel = OnnxBuilder.weights(WIDTH, 3);
    float[] mix = OnnxBuilder.weights(WIDTH, WIDTH);
    double[] means = new double[WIDTH];
    for (int channel = 0; channel < WIDTH; channel++) {
      for (int i = 0; i < padded.length; i++) {
        double sum = 0;
        for (int k = -1; k <= 1; k++) {
          if (i + k >= 0 && i + k < padded.length) {
            sum += padded[i + k] * kernel[3 * channel + k + 1];
          }
        }
        means[channel] += Math.max(0, sum) / sequence.length();
      }
    }
    double[] out = new double[WIDTH];
    for (int column = 0; column < WIDTH; column++) {
      for (int channel = 0; channel < WIDTH; channel++) {
        out[column] += means[channel] * mix[channel * WIDTH + column];
      }
      out[column] = Math.tanh(out[column]);
    }
    return out;
  }

  private static final String START =
      """
      schema: 1
      id: varying
      version: 1.0.0
      inputs: {rna: {kind: sequences}}
      views:
        whole: {encoder: nucleotides@1, shape: [length], max: 200, beyond: BEYOND, pad: 5}
      """;

  private static final String GRAPH =
      "graph: v.onnx, sha256: SHA(v.onnx), inputs: {codes: whole}, lengths: n,"
          + " grid: [{length: 16, batch: 64}, {length: 64}, {length: 256, batch: {cpu: 4, cuda: 8}}]";

  private static final String NUMBERS =
      "targets: [{name: p}, {name: q}, {name: r}, {name: s, unit: nM}]";

  /** The graph of varying length stands in embed; a second view of one length goes with it. */
  private static TestBundle embedded(String beyond) {
    return new TestBundle(
            START.replace("BEYOND", beyond)
                + """
                  start: {encoder: nucleotides@1, shape: [24], pad: 5}
                embed:
                  whole: {GRAPH, outputs: {e: {width: 4}}}
                  start: {graph: s.onnx, sha256: SHA(s.onnx), inputs: {codes: start}}
                fuse: {method: concat}
                heads:
                  amounts: {kind: regression, graph: h.onnx, sha256: SHA(h.onnx), TARGETS}
                """
                    .replace("GRAPH", GRAPH)
                    .replace("TARGETS", NUMBERS))
        .file("v.onnx", convolution("e"))
        .file("s.onnx", OnnxBuilder.codesToScores("codes", 24, "e", 4))
        .file("h.onnx", OnnxBuilder.linear("x", 8, "y", 4));
  }

  /** One graph, which is the head: the view passes embed and fuse as it is. */
  private static TestBundle oneGraph(String beyond) {
    return new TestBundle(
            START.replace("BEYOND", beyond)
                + "heads: {amounts: {kind: regression, "
                + GRAPH
                + ", output: y, "
                + NUMBERS
                + "}}\n")
        .file("v.onnx", convolution("y"));
  }

  static List<Entry> records(long seed, int count, int longest) {
    Random random = new Random(seed);
    List<Entry> records = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      // Lengths at the edges of the grid come often; some records are empty or have no base.
      int length =
          random.nextInt(4) == 0
              ? List.of(0, 1, 15, 16, 17, 63, 64, 65, 199, 200, 201).get(random.nextInt(11))
              : random.nextInt(longest);
      String letters = random.nextInt(12) == 0 ? "N" : "ACGU";
      StringBuilder sequence = new StringBuilder();
      for (int n = 0; n < length; n++) {
        sequence.append(letters.charAt(random.nextInt(letters.length())));
      }
      records.add(new Entry("r" + i, sequence.toString()));
    }
    return records;
  }

  @Test
  void embeddedByEveryWay(@TempDir Path folder) throws IOException {
    Path model = embedded("keep-5p").folder(folder.resolve("model"));
    StepsTest.sameByEveryWay(model, records(101, 700, 260), folder);
  }

  @Test
  void oneGraphByEveryWay(@TempDir Path folder) throws IOException {
    Path model = oneGraph("keep-centre").folder(folder.resolve("model"));
    StepsTest.sameByEveryWay(model, records(102, 700, 260), folder);
  }

  @Test
  void moreLettersThanABlockTakes(@TempDir Path folder) throws IOException {
    Path model =
        new TestBundle(
                """
                schema: 1
                id: long
                version: 1.0.0
                inputs: {rna: {kind: sequences}}
                views: {whole: {encoder: nucleotides@1, shape: [length], max: 40000, pad: 5}}
                heads:
                  amounts: {kind: regression, graph: v.onnx, sha256: SHA(v.onnx), inputs: {codes: whole}, lengths: {n: whole}, output: y,
                            grid: [{length: 1024, batch: 16}, {length: 8192, batch: 4}, {length: 40000, batch: 1}], targets: [{name: p}, {name: q}, {name: r}, {name: s}]}
                """)
            .file("v.onnx", convolution("y"))
            .folder(folder.resolve("model"));
    // 2.5 million letters: several blocks, cut where they are full and not at a number of records.
    StepsTest.sameByEveryWay(model, records(103, 170, 30000), folder);
  }

  @ParameterizedTest
  @CsvSource({"keep-5p", "keep-3p", "keep-centre", "unusable"})
  void theResultIsThatOfTheOracle(String beyond, @TempDir Path folder) throws IOException {
    Path model = oneGraph(beyond).folder(folder.resolve("model"));
    List<Entry> records = records(104, 300, 260);
    List<String> lines =
        StepsTest.predict(model, StepsTest.fasta(records), folder).scores().lines().toList();
    int beyondMax = 0;
    for (int i = 0; i < records.size(); i++) {
      String[] cells = lines.get(i + 1).split("\t", -1);
      String sequence = records.get(i).sequence();
      int over = sequence.length() - 200;
      beyondMax += over > 0 ? 1 : 0;
      if ((over > 0 && beyond.equals("unusable"))
          || sequence.isEmpty()
          || sequence.charAt(0) == 'N') {
        assertEquals("NA", cells[1], sequence);
        continue;
      }
      if (over > 0) {
        int from =
            switch (beyond) {
              case "keep-3p" -> over;
              case "keep-centre" -> over / 2;
              default -> 0;
            };
        sequence = sequence.substring(from, from + 200);
      }
      double[] expected = oracle(sequence);
      for (int column = 0; column < WIDTH; column++) {
        assertEquals(expected[column], Double.parseDouble(cells[column + 1]), 2e-5, sequence);
      }
    }
    assertTrue(beyondMax > 10);
  }

  /** The file is what NumPy would make of it: codes back to back, and where each record ends. */
  @Test
  void aFileOfOnesOwnIsRead(@TempDir Path folder) throws IOException {
    Path model = oneGraph("keep-5p").folder(folder.resolve("model"));
    List<String> sequences = List.of("ACGUACGUACGU", "GG", "ACGU".repeat(40));
    StringBuilder all = new StringBuilder();
    ByteBuffer offsets = ByteBuffer.allocate(32).order(ByteOrder.LITTLE_ENDIAN);
    offsets.putLong(0);
    for (String sequence : sequences) {
      all.append(sequence);
      offsets.putLong(all.length());
    }
    byte[] codes = new byte[all.length()];
    for (int i = 0; i < codes.length; i++) {
      codes[i] = (byte) "ACGU".indexOf(all.charAt(i));
    }
    Path file =
        new NumpyFile()
            .ids("a", "b", "c")
            .array("whole.offsets", "<i8", "4,", offsets.array())
            .array("whole", "|u1", codes.length + ",", codes)
            .write(folder.resolve("own.npz"));
    Path scores = folder.resolve("s.tsv");
    Tool.run(ClassifyCommand::new, "--model", model, "--output", "-", "--scores", scores, file)
        .succeeded();
    List<String> lines = Files.readAllLines(scores);
    for (int i = 0; i < 3; i++) {
      double[] expected = oracle(sequences.get(i));
      String[] cells = lines.get(i + 1).split("\t", -1);
      for (int column = 0; column < WIDTH; column++) {
        assertEquals(expected[column], Double.parseDouble(cells[column + 1]), 2e-5);
      }
    }
    // Longer than the grid: the file's fault, and told with the record.
    byte[] longer = new byte[300];
    ByteBuffer end = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    end.putLong(0).putLong(300);
    Path wrong =
        new NumpyFile()
            .ids("a")
            .array("whole.offsets", "<i8", "2,", end.array())
            .array("whole", "|u1", "300,", longer)
            .write(folder.resolve("wrong.npz"));
    Tool.Outcome outcome =
        Tool.run(ClassifyCommand::new, "--model", model, "--output", "-", "--quiet", wrong);
    assertEquals(4, outcome.code(), outcome.err());
    assertTrue(outcome.err().contains("record 'a' has 300 positions"), outcome.err());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0, 5, 3, 9 | 3 at place 2",
        "1, 2, 3, 9 | 1 at place 0",
        "0, 2, 3, 8 | 8 at place 3",
        "0, 2, 3, 10 | 10 at place 3",
        "0, -2, 3, 9 | -2 at place 1"
      })
  void wrongOffsetsAreRefused(String numbers, String what, @TempDir Path folder)
      throws IOException {
    Path model = oneGraph("keep-5p").folder(folder.resolve("model"));
    ByteBuffer offsets = ByteBuffer.allocate(32).order(ByteOrder.LITTLE_ENDIAN);
    for (String number : numbers.split(", ", -1)) {
      offsets.putLong(Long.parseLong(number.strip()));
    }
    Path file =
        new NumpyFile()
            .ids("a", "b", "c")
            .array("whole.offsets", "<i8", "4,", offsets.array())
            .array("whole", "|u1", "9,", new byte[9])
            .write(folder.resolve("own.npz"));
    Tool.Outcome outcome =
        Tool.run(ClassifyCommand::new, "--model", model, "--output", "-", "--quiet", file);
    assertEquals(4, outcome.code(), outcome.err());
    assertEquals(1, outcome.err().lines().count(), outcome.err());
    assertTrue(outcome.err().contains("'whole.offsets' has " + what), outcome.err());
  }

  /** A view that no graph embeds goes through as it is. */
  @Test
  void embeddingsOfPredictAreThoseOfTheStep(@TempDir Path folder) throws IOException {
    Path model = oneGraph("keep-3p").folder(folder.resolve("model"));
    byte[] input = StepsTest.fasta(records(109, 600, 260));
    Path whole = folder.resolve("whole.npz");
    StepsTest.predict(model, input, folder, "--embeddings", whole);
    StepsTest.steps(model, input, folder, 1);
    assertArrayEquals(
        Files.readAllBytes(folder.resolve("embedded.npz")), Files.readAllBytes(whole));
  }

  /** Stored results hold views of varying length, too, several blocks of them. */
  @Test
  void sealedAndTested(@TempDir Path folder) throws IOException {
    Path model = embedded("keep-5p").folder(folder.resolve("model"));
    List<Entry> records = records(110, 700, 260);
    Files.write(model.resolve("in.fa"), StepsTest.fasta(records));
    Path card = model.resolve("model.yaml");
    Files.writeString(
        card, Files.readString(card) + "test: {input: in.fa, expected: expected.npz}\n");
    Tool.run(RibonnxCommand::new, "model", "seal", model).succeeded();
    String passed = Tool.run(RibonnxCommand::new, "model", "test", model).succeeded().text();
    assertTrue(passed.contains("encode.whole\tok\tlargest difference 0"), passed);
    // One letter more in one record is another length there, and other codes behind it.
    Entry one = records.get(600);
    List<Entry> changed = new ArrayList<>(records);
    changed.set(600, new Entry(one.id(), "A" + one.sequence()));
    Files.write(model.resolve("in.fa"), StepsTest.fasta(changed));
    // Its digest would refuse it before anything is compared.
    Files.writeString(card, Files.readString(card).replaceAll("  in.fa: [0-9a-f]+\n", ""));
    Tool.Outcome failed = Tool.run(RibonnxCommand::new, "model", "test", model);
    assertEquals(5, failed.code(), failed.err());
    assertTrue(failed.text().contains("encode.whole\tFAILED"), failed.text());
  }

  /** More shards than records: the empty ones are files that the next step takes. */
  @Test
  void moreShardsThanRecords(@TempDir Path folder) throws IOException {
    Path model = embedded("keep-3p").folder(folder.resolve("model"));
    List<Entry> records = records(105, 3, 100);
    Tables expected = StepsTest.predict(model, StepsTest.fasta(records), folder);
    assertEquals(expected, StepsTest.steps(model, StepsTest.fasta(records), folder, 5));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "max: 200,| | views.whole.max is missing",
        "max: 200| max: 300| grid ends at 256, but the view 'whole' has max 300",
        "beyond: keep-5p| beyond: cut| views.whole.beyond is 'cut'",
        "shape: [length]| shape: [4, length]| views.whole.shape must be a list",
        "lengths: n| lengths: m| names the input 'm'",
        ", lengths: n| | the graph also wants the input 'n'",
        "{length: 64}| {length: 8}| grid[1].length must be above the one before it",
        "{length: 64}| {batch: 8}| grid[1].length is missing",
        "batch: 64| batch: 24| grid[0].batch is 24",
        "batch: 64| batches: 64| grid[0].batches is not known",
        "grid: [| batch: {cpu: 16}, grid: [| stands in each entry of the grid",
        "pad: 5| pad: 5, options: {keep: 3p}| options.keep is not known",
        "shape: [length], max: 200, beyond: keep-5p| shape: [200]| grid goes with views of varying length"
      })
  void whatDoesNotFitIsTold(String what, String by, String message, @TempDir Path folder)
      throws IOException {
    Path model = oneGraph("keep-5p").folder(folder.resolve("model"));
    Path card = model.resolve("model.yaml");
    String text = Files.readString(card);
    assertTrue(text.contains(what), what);
    Files.writeString(card, text.replace(what, by == null ? "" : by));
    Tool.Outcome outcome =
        Tool.run(
            RibonnxCommand::new,
            new ByteArrayInputStream(StepsTest.fasta(records(106, 5, 50))),
            "predict",
            "--model",
            model,
            "--output",
            "-",
            "-");
    assertEquals(5, outcome.code(), outcome.err());
    assertEquals(1, outcome.err().lines().filter(line -> line.contains("model.yaml")).count());
    assertTrue(outcome.err().contains(message), outcome.err());
  }

  @Test
  void aGraphWithoutItsGridIsToldWhatToState(@TempDir Path folder) throws IOException {
    Path model = embedded("keep-5p").folder(folder.resolve("model"));
    Path card = model.resolve("model.yaml");
    String text = Files.readString(card);
    Files.writeString(card, text.replaceFirst(", grid: \\[.*?\\}\\}\\]", ""));
    Path features = folder.resolve("f.npz");
    Tool.run(
            EncodeCommand::new,
            new ByteArrayInputStream(StepsTest.fasta(records(107, 5, 50))),
            "--model",
            model,
            "--output",
            features,
            "-")
        .succeeded();
    Tool.Outcome outcome =
        Tool.run(EmbedCommand::new, "--model", model, "--output", folder.resolve("e"), features);
    assertEquals(5, outcome.code(), outcome.err());
    assertTrue(outcome.err().contains("so it needs a grid"), outcome.err());
  }

  /** The length of a record in a view of one length is that without its padding. */
  @Test
  void lengthsOfAViewOfOneLength(@TempDir Path folder) throws IOException {
    byte[] graph =
        new OnnxBuilder()
            .input("codes", OnnxBuilder.UINT8, -1, 20)
            .input("n", OnnxBuilder.INT32, -1, 1)
            .floats("none", new long[] {20, 1}, new float[20])
            .add("Cast", "codes", "numbers", OnnxBuilder.attribute("to", OnnxBuilder.FLOAT))
            .add("MatMul", "numbers,none", "zero")
            .add("Cast", "n", "length", OnnxBuilder.attribute("to", OnnxBuilder.FLOAT))
            .add("Add", "length,zero", "y")
            .output("y", OnnxBuilder.FLOAT, -1, 1)
            .build();
    Path model =
        new TestBundle(
                """
                schema: 1
                id: lengths
                version: 1.0.0
                inputs: {rna: {kind: sequences}}
                views: {v: {encoder: nucleotides@1, shape: [20], pad: 7}}
                heads: {h: {kind: regression, graph: g.onnx, sha256: SHA(g.onnx), inputs: {codes: v}, lengths: n}}
                """)
            .file("g.onnx", graph)
            .folder(folder.resolve("model"));
    List<Entry> records = records(108, 200, 30);
    StepsTest.sameByEveryWay(model, records, folder);
    List<String> lines =
        StepsTest.predict(model, StepsTest.fasta(records), folder).scores().lines().toList();
    for (int i = 0; i < records.size(); i++) {
      String sequence = records.get(i).sequence();
      String expected =
          sequence.matches(".*[ACGU].*") ? String.valueOf(Math.min(20, sequence.length())) : "NA";
      assertEquals(expected, lines.get(i + 1).split("\t", -1)[1], sequence);
    }
  }
}
