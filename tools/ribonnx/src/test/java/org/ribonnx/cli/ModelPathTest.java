package org.ribonnx.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ribonnx.core.io.Tree;
import org.ribonnx.core.testing.NumpyFile;
import org.ribonnx.core.testing.OnnxBuilder;
import org.ribonnx.core.testing.Tool;

/** The modeller's path: new, seal, test, validate, pack, install, and then a run by name. */
class ModelPathTest {
  private static final int LENGTH = 24;
  private static final int LABELS = 3;

  /** The number of the type in {@code onnx.proto}. */
  private static final int FLOAT16 = 10;

  @TempDir Path work = Path.of("");
  private Path graph = Path.of("");
  private Path bundle = Path.of("");

  @BeforeEach
  void graphs() throws IOException {
    bundle = work.resolve("my-model");
    graph = write("net.onnx", ending("Softmax"));
  }

  private Path write(String name, byte[] content) throws IOException {
    return Files.write(work.resolve(name), content);
  }

  private Path write(String name, String content) throws IOException {
    return write(name, content.getBytes(StandardCharsets.UTF_8));
  }

  /** A graph on codes whose last operator is given. */
  private static byte[] ending(String operator, OnnxBuilder.Message... attributes) {
    return OnnxBuilder.onCodes("codes", LENGTH, LABELS)
        .add(operator, "sums", "out", attributes)
        .output("out", OnnxBuilder.FLOAT, -1, LABELS)
        .build();
  }

  private static Tool.Outcome model(Object... arguments) {
    List<Object> all = new ArrayList<>(List.of("model"));
    all.addAll(List.of(arguments));
    return Tool.run(RibonnxCommand::new, all.toArray());
  }

  private Tool.Outcome make(Object... more) {
    List<Object> all =
        new ArrayList<>(List.of("new", bundle, "--graph", graph, "--encoder", "nucleotides"));
    all.addAll(List.of(more));
    return model(all.toArray());
  }

  private String card() throws IOException {
    return Files.readString(bundle.resolve("model.yaml"));
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> map(@Nullable Object value, String... keys) {
    Map<String, Object> inner = (Map<String, Object>) Objects.requireNonNull(value);
    for (String key : keys) {
      inner = (Map<String, Object>) Objects.requireNonNull(inner.get(key));
    }
    return inner;
  }

  private List<String> files(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(Files::isRegularFile)
          .map(file -> folder.relativize(file).toString())
          .sorted()
          .toList();
    }
  }

  // ---- new
  // ---------------------------------------------------------------------------------------------------------------

  @Test
  void aGraphBecomesABundleThatSealsAtOnce() throws IOException {
    Tool.Outcome made = make("--encoder-option", "keep=3p", "--encoder-option", "shortest=4");
    made.succeeded();
    assertEquals(
        List.of("README.md", "labels.tsv", "model.yaml", "net.onnx", "test/input.fa"),
        files(bundle));
    Map<String, Object> card = map(Tree.parseYaml(card().getBytes(StandardCharsets.UTF_8)));
    assertEquals("my-model", card.get("id"));
    Map<String, Object> view = map(card, "views", "sequence");
    assertEquals("nucleotides@1", view.get("encoder"));
    assertEquals(List.of(24L), view.get("shape"));
    assertEquals(Map.of("keep", "3p", "shortest", 4L), view.get("options"));
    Map<String, Object> head = map(card, "heads", "class");
    assertEquals("single-label", head.get("kind"));
    assertEquals(Map.of("codes", "sequence"), head.get("inputs"));
    assertEquals("out", head.get("output"));
    assertTrue(made.err().contains("card.licence"), made.err());
    assertTrue(made.err().contains("labels.tsv"), made.err());
    model("seal", bundle).succeeded();
    assertTrue(card().contains("    graph: net.onnx\n    sha256: "), card());
    String tested = model("test", bundle).succeeded().text();
    assertTrue(tested.contains("alone.class\tok"), tested);
    // What nobody filled in keeps it from being shared.
    Tool.Outcome open = model("validate", bundle);
    assertEquals(5, open.code());
    assertTrue(open.text().contains("placeholder 'TODO-1'"), open.text());
    assertTrue(
        open.text().contains("error: " + bundle.resolve("model.yaml") + ": card.licence"),
        open.text());
    assertTrue(open.text().contains("README.md: says TODO on 8 lines"), open.text());
    assertEquals(5, model("pack", bundle, "--output", work.resolve("x.zip")).code());
    assertTrue(Files.notExists(work.resolve("x.zip")));
  }

  /**
   * The simulated records have every length from the shortest to the longest, the ends included.
   */
  @Test
  void theTestInputFitsTheLength() throws IOException {
    make("--length", "10-20").succeeded();
    List<Integer> lengths =
        Files.readAllLines(bundle.resolve("test/input.fa")).stream()
            .filter(line -> !line.startsWith(">"))
            .map(String::length)
            .toList();
    assertEquals(List.of(10, 12, 14, 16, 18, 20), lengths);
    assertTrue(card().contains("length: [10, 20]"), card());
    assertEquals(2, make("--length", "20-10").code());
  }

  @Test
  void twoGraphsAreChained() throws IOException {
    Path body =
        write(
            "body.onnx",
            OnnxBuilder.onCodes("codes", LENGTH, 8)
                .add("Tanh", "sums", "embedding")
                .output("embedding", OnnxBuilder.FLOAT, -1, 8)
                .build());
    Path head =
        write(
            "head.onnx",
            new OnnxBuilder()
                .input("embedding", OnnxBuilder.FLOAT, -1, 8)
                .floats("w", new long[] {8, 2}, OnnxBuilder.weights(8, 2))
                .add("MatMul", "embedding,w", "logits")
                .add("Sigmoid", "logits", "scores")
                .output("scores", OnnxBuilder.FLOAT, -1, 2)
                .build());
    model(
            "new",
            bundle,
            "--embed-graph",
            body,
            "--head-graph",
            head,
            "--encoder",
            "nucleotides@1",
            "--head",
            "motifs",
            "--id",
            "two",
            "--labels",
            write("l.txt", "first\nsecond\n"))
        .succeeded();
    model("seal", bundle).succeeded();
    String tested = model("test", bundle).succeeded().text();
    assertTrue(tested.contains("two@0.1.0\tembed.sequence\tok"), tested);
    assertTrue(tested.contains("classify.motifs\tok"), tested);
    assertTrue(card().contains("kind: multi-label"), card());
    assertTrue(card().contains("thresholds: 0.5"), card());
    assertEquals("label\nfirst\nsecond\n", Files.readString(bundle.resolve("labels.tsv")));
  }

  @Test
  void theKindIsGuessedOnlyWhereItIsPlain() throws IOException {
    graph = write("net.onnx", ending("Identity"));
    Tool.Outcome doubtful = make();
    assertEquals(2, doubtful.code(), doubtful.err());
    assertTrue(doubtful.err().contains("comes from MatMul"), doubtful.err());
    assertTrue(doubtful.err().contains("--kind"), doubtful.err());
    assertTrue(Files.notExists(bundle), "nothing is left");
    assertTrue(make("--kind", "single-label").err().contains("should end with Softmax"));
    // The numbers themselves show it: they are no probabilities.
    Tool.Outcome sealed = model("seal", bundle);
    assertEquals(5, sealed.code(), sealed.err());
    String wrong = "heads.class (net.onnx): record 'simulated-1': gives ";
    assertTrue(sealed.err().contains(wrong), sealed.err());
    assertTrue(sealed.err().contains("let the graph end with Softmax"), sealed.err());
    assertFalse(Files.exists(bundle.resolve("test/expected.npz")));
    bundle = work.resolve("numbers");
    Tool.Outcome numbers = make("--kind", "regression");
    numbers.succeeded();
    assertFalse(numbers.err().contains("should"), numbers.err());
    assertTrue(card().contains("{name: \"TODO-3\", unit: TODO}"), card());
    bundle = work.resolve("named");
    make("--kind", "regression", "--labels", write("t.txt", "half_life\nlevel\nrate\n"))
        .succeeded();
    model("seal", bundle).succeeded();
    assertTrue(model("info", bundle).text().contains("value: regression"));
    graph = write("net.onnx", ending("LogSoftmax"));
    bundle = work.resolve("logs");
    Tool.Outcome logs = make();
    assertEquals(5, logs.code());
    assertTrue(logs.err().contains("use Softmax"), logs.err());
    // What only hands on a part is looked through.
    graph =
        write(
            "net.onnx",
            OnnxBuilder.onCodes("codes", LENGTH, 4)
                .int64("from", 0)
                .int64("to", LABELS)
                .int64("axis", 1)
                .add("Softmax", "sums", "all")
                .add("Slice", "all,from,to,axis", "out")
                .output("out", OnnxBuilder.FLOAT, -1, LABELS)
                .build());
    bundle = work.resolve("slice");
    make().succeeded();
    assertTrue(card().contains("kind: single-label"), card());
  }

  @Test
  void whatDoesNotFitIsRefusedAndLeavesNothing() throws IOException {
    Path oneHot =
        write(
            "hot.onnx",
            new OnnxBuilder()
                .input("x", OnnxBuilder.FLOAT, -1, 4, 200)
                .add("Softmax", "x", "y")
                .output("y", OnnxBuilder.FLOAT, -1, 4)
                .build());
    Path open =
        write(
            "open.onnx",
            new OnnxBuilder()
                .input("codes", OnnxBuilder.UINT8, -1, -1)
                .add("Cast", "codes", "y", OnnxBuilder.attribute("to", OnnxBuilder.FLOAT))
                .add("Softmax", "y", "p")
                .output("p", OnnxBuilder.FLOAT, -1, 4)
                .build());
    Path loose =
        write(
            "loose.onnx",
            new OnnxBuilder()
                .input("codes", OnnxBuilder.UINT8, -1, -1)
                .add("Cast", "codes", "y", OnnxBuilder.attribute("to", OnnxBuilder.FLOAT))
                .add("Softmax", "y", "p")
                .output("p", OnnxBuilder.FLOAT, -1, -1)
                .build());
    Path masked =
        write(
            "masked.onnx",
            OnnxBuilder.onCodes("codes", LENGTH, LABELS)
                .input("mask", OnnxBuilder.FLOAT, -1, LABELS)
                .add("Mul", "sums,mask", "m")
                .add("Softmax", "m", "p")
                .output("p", OnnxBuilder.FLOAT, -1, LABELS)
                .build());
    Path two =
        write(
            "two.onnx",
            OnnxBuilder.onCodes("codes", LENGTH, LABELS)
                .add("Softmax", "sums", "p")
                .add("Sigmoid", "sums", "q")
                .output("p", OnnxBuilder.FLOAT, -1, LABELS)
                .output("q", OnnxBuilder.FLOAT, -1, LABELS)
                .build());
    Path good = graph;
    Object[][] cases = {
      {5, "put a layer in front of the network", oneHot},
      {2, "say --longest N (each record at its own length", open},
      {2, "can't both be given", open, "--longest", "30", "--shape", "30"},
      {2, "it leaves open how many numbers a record has", loose, "--longest", "30"},
      {2, "--longest goes with a graph that leaves the length open", good, "--longest", "30"},
      {5, "write model.yaml by hand, with inputs: {INPUT: VIEW, …}", masked},
      {2, "choose with --output", two},
      {2, "--output is 'r'", two, "--output", "r"},
      {2, "holds 2 labels", good, "--labels", write("l.txt", "a\nb\n")},
      {
        2,
        "none of its columns is called 'label'",
        good,
        "--labels",
        write("t.tsv", "a\t1\nb\t2\nc\t3\n")
      },
      {2, "no such file", work.resolve("none.onnx")},
      {5, "no readable ONNX file", write("broken.onnx", "no graph")},
      {2, "there is no encoder 'codons'; this release has ", good, "--encoder", "codons"},
      {5, "options.keep is '6p'", good, "--encoder-option", "keep=6p"},
      {2, "KEY=VALUE", good, "--encoder-option", "keep"},
      {2, "--kind is 'label'", good, "--kind", "label"},
      {2, "--head is '1'", good, "--head", "1"},
      {2, "--shape says 7", good, "--shape", "7"},
      {2, "an id has small letters", good, "--id", "A b"},
      {5, "version", good, "--model-version", "one"},
    };
    for (Object[] one : cases) {
      List<Object> arguments = new ArrayList<>(List.of("new", bundle, "--graph", one[2]));
      arguments.addAll(List.of(one).subList(3, one.length));
      if (!arguments.contains("--encoder")) {
        arguments.addAll(List.of("--encoder", "nucleotides"));
      }
      Tool.Outcome outcome = model(arguments.toArray());
      assertEquals(one[0], outcome.code(), outcome.err());
      assertTrue(outcome.err().contains((String) one[1]), one[1] + " in " + outcome.err());
      assertEquals(1, outcome.err().lines().count(), outcome.err());
      assertTrue(Files.notExists(bundle), "nothing is left after " + outcome.err());
    }
    graph = open;
    make("--shape", "30").succeeded();
    assertTrue(card().contains("shape: [30]"), card());
    // A second time it is there already.
    assertTrue(make("--shape", "30").err().contains("is there already"));
    graph = two;
    bundle = work.resolve("both");
    make("--output", "p", "--output", "q").succeeded();
    model("seal", bundle).succeeded();
    String tested = model("test", bundle).succeeded().text();
    assertTrue(tested.contains("classify.p\tok") && tested.contains("classify.q\tok"), tested);
    assertTrue(Files.exists(bundle.resolve("labels-q.tsv")));
  }

  /** Letters of each record that are no padding, and its length: both are 4 for ACGU. */
  private static byte[] lengths(int output, long width) {
    return new OnnxBuilder()
        .input("codes", OnnxBuilder.UINT8, -1, -1)
        .input("n", OnnxBuilder.INT64, -1)
        .floats("five", new long[] {1}, 4.5f)
        .int64("column", -1)
        .add("Cast", "codes", "numbers", OnnxBuilder.attribute("to", OnnxBuilder.FLOAT))
        .add("Less", "numbers,five", "is")
        .add("Cast", "is", "ones", OnnxBuilder.attribute("to", OnnxBuilder.FLOAT))
        .add("ReduceSum", "ones,column", "letters")
        .add("Unsqueeze", "n,column", "tall")
        .add("Cast", "tall", "length", OnnxBuilder.attribute("to", OnnxBuilder.FLOAT))
        .add("Concat", "letters,length", "wide", OnnxBuilder.attribute("axis", 1))
        .add("Cast", "wide", "out", OnnxBuilder.attribute("to", output))
        .output("out", output, -1, width)
        .build();
  }

  @Test
  void codesAndLengthOfAnyLength() throws IOException {
    graph = write("net.onnx", lengths(FLOAT16, -1));
    Path targets = write("targets.txt", "letters\tnt\nlength\tnt\n");
    make("--kind", "regression", "--targets", targets, "--length", "4-200", "--licence", "MIT")
        .succeeded();
    assertTrue(card().contains("shape: [length]"), card());
    assertTrue(card().contains("max: 200 "), card());
    assertTrue(card().contains("lengths: \"n\" "), card());
    assertTrue(card().contains("- {length: 208, batch: {cpu: 16, cuda: 256}}"), card());
    assertTrue(card().contains("- {name: length, unit: nt}"), card());
    model("seal", bundle).succeeded();
    model("test", bundle).succeeded();
    Tool.Outcome validated = model("validate", bundle).succeeded();
    assertFalse(validated.text().contains("no multiple of 4"), validated.text());
    Path records = write("r.fa", ">a\nACGU\n>b\n" + "A".repeat(150) + "\n>c\n" + "C".repeat(300));
    Path out = work.resolve("p.tsv");
    Tool.run(RibonnxCommand::new, "predict", "--model", bundle, "--output", out, records)
        .succeeded();
    List<String> values =
        Files.readAllLines(out).stream().skip(1).map(line -> line.split("\t", -1)[2]).toList();
    assertEquals(List.of("4", "4", "150", "150", "200", "200"), values);
  }

  @Test
  void theGridEndsAboveTheLongest() {
    assertEquals(List.of(64, 128, 208), NewBundle.grid(200));
    assertEquals(List.of(64, 128), NewBundle.grid(128));
    assertEquals(List.of(64, 144), NewBundle.grid(130));
    assertEquals(List.of(16), NewBundle.grid(5));
    assertEquals(List.of(256, 512, 1024, 2048, 4096, 8192, 12288), NewBundle.grid(12288));
  }

  /** A record that gets no probabilities ends the run, also where the stored ones are right. */
  @Test
  void aRunEndsAtWhatIsNoProbability() throws IOException {
    graph =
        write(
            "net.onnx",
            new OnnxBuilder()
                .input("codes", OnnxBuilder.UINT8, -1, 4)
                .add("Cast", "codes", "numbers", OnnxBuilder.attribute("to", OnnxBuilder.FLOAT))
                .add("Identity", "numbers", "out")
                .output("out", OnnxBuilder.FLOAT, -1, 4)
                .build());
    Path labels = write("l.txt", "w\nx\ny\nz\n");
    Path right = write("right.fa", ">one\nACAA\n");
    make("--kind", "single-label", "--labels", labels, "--test-input", right, "--licence", "MIT")
        .succeeded();
    model("seal", bundle).succeeded();
    model("test", bundle).succeeded();
    model("validate", bundle).succeeded();
    // One of several is right: in the stored test they must add up to 1, in a run they need not.
    Files.writeString(bundle.resolve("test/right.fa"), ">one\nACAC\n");
    Tool.Outcome two = model("seal", bundle);
    assertEquals(5, two.code(), two.err());
    assertTrue(two.err().contains("record 'one': gives probabilities that add up to 2.0"));
    Files.writeString(bundle.resolve("test/right.fa"), ">one\nACAA\n");
    model("seal", bundle).succeeded();
    String[][] cases = {
      {">a\nACAA\n>b\nAGAA\n", "record 'b': gives 2.0 for 'x', which is no probability"},
    };
    for (String[] one : cases) {
      Tool.Outcome outcome =
          Tool.run(
              RibonnxCommand::new,
              "predict",
              "--quiet",
              "--model",
              bundle,
              "--output",
              work.resolve("p.tsv"),
              write("r.fa", one[0]));
      assertEquals(5, outcome.code(), outcome.err());
      assertTrue(outcome.err().contains("heads.class (net.onnx): " + one[1]), outcome.err());
      assertEquals(1, outcome.err().lines().count(), outcome.err());
      assertFalse(Files.exists(work.resolve("p.tsv")));
    }
  }

  @Test
  void whatIsThereIsKept() throws IOException {
    Files.createDirectories(bundle.resolve("test"));
    Files.write(bundle.resolve("net.onnx"), Files.readAllBytes(graph));
    graph = bundle.resolve("net.onnx");
    Files.writeString(bundle.resolve("labels.tsv"), "label\tname\na\tAlpha\nb\tBeta\nc\tGamma\n");
    Files.writeString(bundle.resolve("README.md"), "mine\n");
    Files.writeString(bundle.resolve("test/input.fa"), ">mine\nACGU\n");
    String kept = make().succeeded().text();
    assertTrue(kept.contains("kept\t" + bundle.resolve("labels.tsv")), kept);
    assertEquals("mine\n", Files.readString(bundle.resolve("README.md")));
    model("seal", bundle).succeeded();
    // A failure takes away what it made, and that alone.
    Files.delete(bundle.resolve("model.yaml"));
    assertEquals(5, make("--encoder-option", "keep=6p").code());
    assertEquals(
        List.of("README.md", "labels.tsv", "net.onnx", "test/expected.npz", "test/input.fa"),
        files(bundle));
  }

  @Test
  void anyTextIsWrittenAsYaml() throws IOException {
    String title = "a: \"quoted\" #no comment, 'it' \\ {é}\ttab";
    make("--title", title, "--what", "yes", "--licence", "on", "--authors", "- a", "--head", "no")
        .succeeded();
    Map<String, Object> card = map(Tree.parseYaml(card().getBytes(StandardCharsets.UTF_8)));
    assertEquals(title, card.get("title"));
    assertEquals("yes", map(card, "inputs", "rna").get("what"));
    assertEquals("on", map(card, "card").get("licence"));
    assertEquals("- a", map(card, "card").get("authors"));
    model("seal", bundle).succeeded();
    assertTrue(model("info", bundle).succeeded().text().contains("no: single-label"));
  }

  // ---- test --reference
  // --------------------------------------------------------------------------------------------------

  /** The graph's arithmetic, written again. */
  private static float[] scores(String sequence) {
    float[] weights = OnnxBuilder.weights(LENGTH, LABELS);
    double[] sums = new double[LABELS];
    for (int i = 0; i < LENGTH; i++) {
      int code = i < sequence.length() ? "ACGU".indexOf(sequence.charAt(i)) : 5;
      for (int j = 0; j < LABELS; j++) {
        sums[j] += code * (double) weights[i * LABELS + j];
      }
    }
    double total = 0;
    float[] scores = new float[LABELS];
    for (double sum : sums) {
      total += Math.exp(sum);
    }
    for (int j = 0; j < LABELS; j++) {
      scores[j] = (float) (Math.exp(sums[j]) / total);
    }
    return scores;
  }

  private static float[] joined(float[]... rows) {
    float[] all = new float[rows.length * LABELS];
    for (int i = 0; i < rows.length; i++) {
      System.arraycopy(rows[i], 0, all, i * LABELS, LABELS);
    }
    return all;
  }

  @Test
  void theAuthorsOwnResultsAreComparedFirst() throws IOException {
    Path input =
        write("records.fa", ">a\nACGUACGU\n>b\nGGGGCCAU\n>n\nNNNN\n>c\nUUUUUUUUUUUUUUUUUUUUUUUU\n");
    make("--test-input", input, "--labels", write("l.txt", "x\ny\nz\n"), "--licence", "MIT")
        .succeeded();
    float[] a = scores("ACGUACGU");
    float[] b = scores("GGGGCCAU");
    float[] c = scores("UUUUUUUUUUUUUUUUUUUUUUUU");
    Path right =
        new NumpyFile()
            .unicodeIds("c", "a", "b")
            .floats("class", LABELS, joined(c, a, b))
            .write(work.resolve("right.npz"));
    // Before anything is sealed, and after.
    Tool.Outcome unsealed = model("test", bundle, "--reference", right);
    unsealed.succeeded();
    assertTrue(unsealed.text().contains("reference.class\tok"), unsealed.text());
    assertTrue(unsealed.err().contains("3 of 4 records have one"), unsealed.err());
    model("seal", bundle).succeeded();
    String sealed = model("test", bundle, "--reference", right).succeeded().text();
    assertTrue(
        sealed.indexOf("reference.class\tok") < sealed.indexOf("encode.sequence\tok"), sealed);
    // By the output's name, as bytes.
    Path output =
        new NumpyFile().ids("b").floats("out", LABELS, b).write(work.resolve("output.npz"));
    model("test", bundle, "--reference", output).succeeded();
    float[] wrong = b.clone();
    wrong[1] += 0.01f;
    Path bad =
        new NumpyFile()
            .ids("a", "b")
            .floats("class", LABELS, joined(a, wrong))
            .write(work.resolve("bad.npz"));
    Tool.Outcome mismatch = model("test", bundle, "--reference", bad);
    assertEquals(5, mismatch.code());
    assertTrue(
        mismatch.text().contains("reference.class\tFAILED\tlargest difference 0.01"),
        mismatch.text());
    assertTrue(
        mismatch.text().contains("record 'b' label 'y': expected 0.")
            && mismatch.text().contains(", tolerance "),
        mismatch.text());
    assertFalse(mismatch.text().contains("encode."), "the stored results come after it");
    Path unusable =
        new NumpyFile().ids("n").floats("class", LABELS, a).write(work.resolve("unusable.npz"));
    String told = model("test", bundle, "--reference", unusable).text();
    assertTrue(
        told.contains(
            "record 'n' (ambiguous-letters): has a reference, but is unusable here: no-usable-base"),
        told);
    Object[][] broken = {
      {"1 of 1 ids are none of", new NumpyFile().ids("q").floats("class", LABELS, a)},
      {"no array 'class' or 'out'", new NumpyFile().ids("a").floats("other", LABELS, a)},
      {"has 2 numbers per record", new NumpyFile().ids("a").floats("class", 2, 1, 2)},
      {
        "holds the id 'a' twice",
        new NumpyFile().ids("a", "a").floats("class", LABELS, joined(a, a))
      },
      {"lacks the member 'ids'", new NumpyFile().floats("class", LABELS, a)},
    };
    for (Object[] one : broken) {
      Path file = ((NumpyFile) one[1]).write(work.resolve("broken.npz"));
      Tool.Outcome outcome = model("test", bundle, "--reference", file);
      assertEquals(4, outcome.code(), outcome.err());
      assertTrue(outcome.err().contains((String) one[0]), outcome.err());
    }
    assertEquals(2, model("test", bundle, "--reference", work.resolve("no.npz")).code());
  }

  /** Probabilities of what is left of a batch's mean. */
  private static byte[] mixing() {
    return OnnxBuilder.onCodes("codes", LENGTH, LABELS)
        .add("ReduceMean", "sums", "mean", OnnxBuilder.attribute("axes", new long[] {0}))
        .add("Sub", "sums,mean", "rest")
        .add("Softmax", "rest", "out")
        .output("out", OnnxBuilder.FLOAT, -1, LABELS)
        .build();
  }

  /** A graph that normalises over the batch gives a record other numbers alone than in company. */
  @Test
  void aGraphThatMixesRecordsIsFoundOut() throws IOException {
    graph = write("net.onnx", mixing());
    make().succeeded();
    model("seal", bundle).succeeded();
    Tool.Outcome mixed = model("test", bundle);
    assertEquals(5, mixed.code(), mixed.err());
    assertTrue(mixed.err().contains("mixes the records of a batch"), mixed.err());
    assertTrue(mixed.text().contains("alone.class\tFAILED"), mixed.text());
  }

  @Test
  void aStoredResultThatIsDamagedIsTheBundlesFault() throws IOException {
    make().succeeded();
    model("seal", bundle).succeeded();
    Path expected = bundle.resolve("test/expected.npz");
    byte[] bytes = Files.readAllBytes(expected);
    Files.write(expected, java.util.Arrays.copyOf(bytes, bytes.length / 2));
    Tool.Outcome outcome = model("test", bundle);
    assertEquals(5, outcome.code(), outcome.err());
    assertTrue(outcome.err().contains("test/expected.npz"), outcome.err());
  }

  // ---- validate
  // -----------------------------------------------------------------------------------------------------------

  @Test
  void everyProblemIsNamedAtOnce() throws IOException {
    Files.createDirectories(bundle);
    Files.write(bundle.resolve("a.onnx"), ending("Softmax"));
    Files.write(
        bundle.resolve("new.onnx"),
        OnnxBuilder.onCodes("codes", LENGTH, LABELS)
            .opset(21)
            .ir(11)
            .add(
                OnnxBuilder.node("Strange", List.of("sums"), List.of("out")).text(7, "com.example"))
            .output("out", OnnxBuilder.FLOAT, -1, LABELS)
            .build());
    Files.writeString(
        bundle.resolve("model.yaml"),
        """
        schema: 1
        id: Bad Id
        version: one
        inputs:
          rna: {kind: sequences, example: gone.fa}
          other: {kind: pictures}
        views:
          v: {from: [rna], encoder: nucleotides@9, pad: 5, shape: [24]}
          w: {from: [nothing], encoder: nucleotides@1, pad: 300, shape: [0], dtype: bytes, colour: red}
        heads:
          one: {kind: single-label, graph: a.onnx, inputs: {codes: v}, labels: [a, b]}
          two: {kind: single-label, graph: a.onnx, inputs: {codes: v}, labels: [a, a, b]}
          three: {kind: fancy, graph: a.onnx, labels: [a], batch: {cpu: 7}, output: [], sets: {method: guess}}
          four: {kind: single-label, graph: new.onnx, inputs: {codes: v}, labels: [a, b, c]}
        tests: {}
        card: {license: MIT}
        """);
    Tool.Outcome outcome = model("validate", bundle);
    assertEquals(5, outcome.code(), outcome.err());
    String found = outcome.text();
    for (String part :
        new String[] {
          "id is 'Bad Id'",
          "version is 'one'",
          "tests is not known",
          "inputs.rna.example names gone.fa",
          "inputs.other.kind is 'pictures'",
          "views.v.encoder is 'nucleotides@9'",
          "views.w.from names 'nothing'",
          "views.w.pad is '300'",
          "views.w.shape must be a list",
          "views.w.dtype is 'bytes'",
          "views.w.colour is not known",
          "heads.three.batch.cpu is '7'",
          "heads.three.output must be a text",
          "heads.three.sets.method is 'guess'",
          "heads.one.sha256 is missing",
          "heads.one.labels holds 2 labels, but the graph returns 3 numbers",
          "heads.two.labels holds twice: 'a'",
          "heads.three.kind is 'fancy'",
          "new.onnx: has opset 21",
          "new.onnx: has IR version 11",
          "of the domain 'com.example'",
          "test is missing",
          "card.licence is missing; it is written with a c",
          "card.limits is missing",
        }) {
      assertTrue(found.contains(part), part + " in " + found);
    }
    assertEquals(
        found.lines().distinct().count(), found.lines().count(), "each problem once: " + found);
    assertTrue(found.lines().allMatch(line -> line.matches("(error|warning): .*")), found);
    Tool.Outcome json = model("validate", "--json", bundle);
    assertEquals(5, json.code());
    Map<String, Object> tree = map(Tree.parseJson(json.text().getBytes(StandardCharsets.UTF_8)));
    assertEquals(false, tree.get("sound"));
    assertEquals(
        found.lines().count(), ((List<?>) Objects.requireNonNull(tree.get("problems"))).size());
    assertEquals(
        found.lines().filter(line -> line.startsWith("error")).count(), tree.get("errors"));
  }

  /** Sums whose last bits depend on the place in the batch: by the numbers in a record. */
  @Test
  void reductionsThatDependOnThePlaceAreWarnedOf() throws IOException {
    Object[][] cases = {
      {"ReduceSum", 5, true},
      {"ReduceSum", 8, false},
      {"ReduceMean", 7, true},
      {"ReduceMean", 3, false},
      {"ReduceMax", 5, false},
    };
    for (Object[] one : cases) {
      int width = (Integer) one[1];
      String operator = (String) one[0];
      OnnxBuilder builder = OnnxBuilder.onCodes("codes", LENGTH, width);
      if (operator.equals("ReduceSum")) {
        builder.int64("axes", -1).add(operator, "sums,axes", "one");
      } else {
        builder.add(operator, "sums", "one", OnnxBuilder.attribute("axes", new long[] {-1}));
      }
      graph =
          write(
              "reduce.onnx",
              builder.add("Sigmoid", "one", "out").output("out", OnnxBuilder.FLOAT, -1, 1).build());
      bundle = work.resolve("reduce-" + operator + width);
      make("--labels", write("l.txt", "x\n"), "--licence", "MIT", "--id", "r").succeeded();
      model("seal", bundle).succeeded();
      Tool.Outcome outcome = model("validate", bundle);
      outcome.succeeded();
      assertEquals(
          one[2],
          outcome
              .text()
              .contains(
                  "warning: reduce.onnx: node '"
                      + operator
                      + "_one' ("
                      + operator
                      + ") adds up ["
                      + width
                      + "] per record"),
          outcome.text());
      assertTrue(outcome.text().contains("r@0.1.0: sound, 0 errors"), outcome.text());
    }
  }

  @Test
  void sumsInsideOfBranchesAreWarnedOf() throws IOException {
    OnnxBuilder branch =
        new OnnxBuilder()
            .add("ReduceMean", "sums", "mean", OnnxBuilder.attribute("axes", new long[] {-1}))
            .output("mean", OnnxBuilder.FLOAT, -1, 1);
    OnnxBuilder.Message condition = OnnxBuilder.tensor("yes", 9).bytes(9, new byte[] {1});
    graph =
        write(
            "branch.onnx",
            OnnxBuilder.onCodes("codes", LENGTH, 5)
                .initializer(condition)
                .add(
                    OnnxBuilder.node("If", List.of("yes"), List.of("one"))
                        .message(5, OnnxBuilder.attribute("then_branch", branch))
                        .message(5, OnnxBuilder.attribute("else_branch", branch)))
                .add("Sigmoid", "one", "out")
                .output("out", OnnxBuilder.FLOAT, -1, 1)
                .build());
    make("--labels", write("l.txt", "x\n"), "--licence", "MIT").succeeded();
    model("seal", bundle).succeeded();
    String found = model("validate", bundle).text();
    assertTrue(
        found.contains("warning: branch.onnx: node 'ReduceMean_mean' (ReduceMean) inside of node"),
        found);
  }

  @Test
  void aScaleOverAllRecordsIsWarnedOf() throws IOException {
    OnnxBuilder.Message scale =
        OnnxBuilder.node("DynamicQuantizeLinear", List.of("sums"), List.of("q", "scale", "zero"));
    graph =
        write(
            "net.onnx",
            OnnxBuilder.onCodes("codes", LENGTH, LABELS)
                .add(scale)
                .add(
                    OnnxBuilder.node(
                        "DequantizeLinear", List.of("q", "scale", "zero"), List.of("back")))
                .add("Softmax", "back", "out")
                .output("out", OnnxBuilder.FLOAT, -1, LABELS)
                .build());
    make("--labels", write("l.txt", "x\ny\nz\n"), "--licence", "MIT").succeeded();
    model("seal", bundle).succeeded();
    String found = model("validate", bundle).succeeded().text();
    assertTrue(
        found.contains("warning: net.onnx (heads.class): DynamicQuantizeLinear takes its scale"),
        found);
    assertTrue(found.contains("run one by one, which is slower"), found);
  }

  @Test
  void aBatchThatIsNotTheFirstAxisIsAnError() throws IOException {
    graph =
        write(
            "net.onnx",
            OnnxBuilder.onCodes("codes", LENGTH, LABELS)
                .add("ReduceSum", "sums,axes", "one")
                .int64("axes", 0)
                .add("Softmax", "one", "out")
                .output("out", OnnxBuilder.FLOAT, 1, LABELS)
                .build());
    make("--licence", "MIT").succeeded();
    String found = model("validate", bundle).text();
    assertTrue(found.contains("output 'out' has 1 rows for 16 records"), found);
  }

  // ---- pack and install
  // ------------------------------------------------------------------------------------------------

  private void finished() throws IOException {
    make("--labels", write("l.txt", "x\ny\nz\n"), "--licence", "MIT").succeeded();
    model("seal", bundle).succeeded();
    Files.writeString(bundle.resolve("LICENSE"), "MIT\n");
    Files.writeString(bundle.resolve("notes.txt"), "not named\n");
  }

  @Test
  void equalBundlesGiveEqualZips() throws IOException {
    make("--labels", write("l.txt", "x\ny\nz\n"), "--licence", "MIT").succeeded();
    Tool.Outcome unsealed = model("pack", bundle, "--output", work.resolve("u.zip"));
    assertEquals(5, unsealed.code());
    assertTrue(unsealed.err().contains("'ribonnx model seal' writes it"), unsealed.err());
    model("seal", bundle).succeeded();
    Files.writeString(bundle.resolve("notes.txt"), "not named\n");
    Path one = work.resolve("one.zip");
    String said = model("pack", bundle, "--output", one).succeeded().text();
    assertTrue(said.matches("(?s).*one\\.zip\t[0-9a-f]{64}\n"), said);
    Path other = work.resolve("other");
    for (String name : files(bundle)) {
      Path copy = other.resolve(name);
      Files.createDirectories(copy.getParent());
      Files.copy(bundle.resolve(name), copy);
      Files.setLastModifiedTime(copy, FileTime.fromMillis(1_000_000_000_000L));
    }
    Path two = work.resolve("two.zip");
    model("pack", other, "--output", two).succeeded();
    assertArrayEquals(Files.readAllBytes(one), Files.readAllBytes(two));
    try (ZipFile zip = new ZipFile(one.toFile())) {
      List<String> names = zip.stream().map(ZipEntry::getName).toList();
      assertEquals(
          List.of(
              "my-model-0.1.0/README.md",
              "my-model-0.1.0/labels.tsv",
              "my-model-0.1.0/model.yaml",
              "my-model-0.1.0/net.onnx",
              "my-model-0.1.0/test/expected.npz",
              "my-model-0.1.0/test/input.fa"),
          names);
    }
    model("test", one).succeeded();
    assertEquals(2, model("pack", one, "--output", two).code(), "a zip is packed already");
    assertEquals(2, model("pack", bundle, "--output", work.resolve("x.tar")).code());
  }

  @Test
  void aZipIsInstalledWhereItsNameFindsIt() throws IOException {
    finished();
    Path zip = work.resolve("m.zip");
    model("pack", bundle, "--output", zip).succeeded();
    Path models = work.resolve("models");
    Map<String, String> environment = Map.of("RIBONNX_MODELS", models.toString());
    Tool.Outcome fresh = run(environment, "model", "install", zip);
    fresh.succeeded();
    assertEquals(models.resolve("my-model-0.1.0") + "\n", fresh.text());
    assertTrue(fresh.err().contains("my-model@0.1.0: installed in"), fresh.err());
    assertFalse(fresh.err().contains("RIBONNX_MODELS names"), fresh.err());
    Path out = work.resolve("p.tsv");
    run(
            environment,
            "predict",
            "--model",
            "my-model@0.1.0",
            "--output",
            out,
            bundle.resolve("test/input.fa"))
        .succeeded();
    Path direct = work.resolve("d.tsv");
    run(Map.of(), "predict", "--model", zip, "--output", direct, bundle.resolve("test/input.fa"))
        .succeeded();
    assertEquals(Files.readString(direct), Files.readString(out));
    assertTrue(run(environment, "model", "install", bundle).err().contains("is there already"));
    // Another content of that version needs a word.
    Files.writeString(bundle.resolve("README.md"), "other\n");
    Tool.Outcome other = run(environment, "model", "install", bundle);
    assertEquals(2, other.code());
    assertTrue(
        other.err().contains("(README.md differs); raise the version, or give --replace"),
        other.err());
    run(environment, "model", "install", "--replace", bundle).succeeded();
    Path installed = models.resolve("my-model-0.1.0");
    assertEquals("other\n", Files.readString(installed.resolve("README.md")));
    assertEquals(
        List.of(
            "LICENSE",
            "README.md",
            "labels.tsv",
            "model.yaml",
            "net.onnx",
            "test/expected.npz",
            "test/input.fa"),
        files(installed));
    try (Stream<Path> entries = Files.list(models)) {
      assertEquals(1, entries.count(), "nothing else is left");
    }
    // A damaged one is not the same.
    Files.write(installed.resolve("net.onnx"), new byte[] {1});
    assertEquals(2, run(environment, "model", "install", bundle).code());
    run(environment, "model", "install", "--replace", bundle).succeeded();
    run(environment, "model", "test", "my-model").succeeded();
    Tool.Outcome elsewhere = run(environment, "model", "install", "--into", work.resolve("w"), zip);
    elsewhere.succeeded();
    assertTrue(
        elsewhere.err().contains("finds it once RIBONNX_MODELS names " + work.resolve("w")),
        elsewhere.err());
    assertEquals(2, run(Map.of(), "model", "install", zip).code(), "no folder is known here");
  }

  private static Tool.Outcome run(Map<String, String> environment, Object... arguments) {
    return Tool.run(RibonnxCommand::new, environment, InputStream.nullInputStream(), arguments);
  }
}
