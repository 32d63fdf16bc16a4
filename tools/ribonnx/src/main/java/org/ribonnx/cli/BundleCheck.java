package org.ribonnx.cli;

import java.io.PrintWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.ribonnx.classify.Classify;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.block.Column;
import org.ribonnx.core.block.GraphStep;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.ExplainSpec;
import org.ribonnx.core.bundle.GraphRef;
import org.ribonnx.core.bundle.Grid;
import org.ribonnx.core.bundle.HeadSpec;
import org.ribonnx.core.bundle.InputSpec;
import org.ribonnx.core.bundle.ReportSpec;
import org.ribonnx.core.cli.Log;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.io.TemporaryFile;
import org.ribonnx.core.npz.TensorFileReader;
import org.ribonnx.core.onnx.GraphFile;
import org.ribonnx.core.onnx.GraphInfo;
import org.ribonnx.core.onnx.GraphNodes;
import org.ribonnx.core.onnx.GraphProbe;
import org.ribonnx.core.onnx.OnnxRuntime;
import org.ribonnx.core.tensor.RowShape;
import org.ribonnx.encode.Encode;

/**
 * Looks for all problems of a bundle, section by section, where a run would stop at the first. An
 * error keeps the bundle from running, makes its answers wrong or its use unclear; a warning is
 * about what its users would miss.
 */
final class BundleCheck {
  /** What a card must say before others can judge a model. */
  private static final List<String> CARD =
      List.of("licence", "authors", "cite", "training-data", "metrics", "intended-use", "limits");

  /**
   * Sums whose last bits depend on where a record lies in the batch: ONNX Runtime adds four numbers
   * at a time from the next multiple of 16 bytes on. Measured on the CPU, operator by operator:
   * Softmax, LayerNormalization, pooling and the other reductions do not.
   */
  private static final Set<String> PLACED =
      Set.of("ReduceSum", "ReduceMean", "InstanceNormalization");

  private static final int LANES = 4;

  /** A sum shorter than this is made number by number. */
  private static final int SHORT = 4;

  /**
   * A problem.
   *
   * @param error whether it keeps the bundle from being used
   * @param text what is wrong, where, and what to do
   */
  record Problem(boolean error, String text) {}

  /**
   * What was found.
   *
   * @param name {@code id@version}
   * @param problems each once, in the order of the bundle's sections
   */
  record Result(String name, List<Problem> problems) {
    long errors() {
      return problems.stream().filter(Problem::error).count();
    }

    long warnings() {
      return problems.size() - errors();
    }

    /** {@code 1 error, 2 warnings}. */
    String counts() {
      return errors()
          + (errors() == 1 ? " error, " : " errors, ")
          + warnings()
          + (warnings() == 1 ? " warning" : " warnings");
    }
  }

  private final OnnxRuntime runtime;
  private final Bundle bundle;
  private final Set<Problem> problems;

  private BundleCheck(Bundle bundle, OnnxRuntime runtime, Set<Problem> problems) {
    this.bundle = bundle;
    this.runtime = runtime;
    this.problems = problems;
  }

  /**
   * Checks the bundle in a folder or zip.
   *
   * @throws RibonnxException bundle, if there is no readable model.yaml
   */
  static Result of(Path path, OnnxRuntime runtime) {
    Set<Problem> problems = new LinkedHashSet<>();
    try (Bundle bundle =
        Bundle.openForReview(path, problem -> problems.add(new Problem(true, problem.line())))) {
      new BundleCheck(bundle, runtime, problems).look();
      return new Result(bundle.name(), List.copyOf(problems));
    }
  }

  private void look() {
    check(this::inputs);
    check(bundle::views);
    check(() -> Encode.check(bundle));
    check(bundle::embed);
    check(bundle::fuse);
    check(this::heads);
    check(bundle::report);
    check(this::explain);
    check(this::graphs);
    check(this::background);
    check(
        () -> {
          if (bundle.views().isEmpty() || bundle.heads().isEmpty()) {
            return;
          }
          try (Chain chain =
              new Chain(
                  bundle, runtime, 0, Classify.Wanted.NOTHING, bundle.fuse().attention() != null)) {
            chain.checkMap(bundle, runtime);
            FusionProbe.check(bundle, chain);
          }
        });
    check(
        () -> {
          Bundle.@Nullable StoredTest test = bundle.storedTest();
          if (test != null && bundle.hasFile(test.input()) && !bundle.explain().isEmpty()) {
            Log silent = new Log("", new PrintWriter(Writer.nullWriter()), true, false);
            new StoredRun(bundle, runtime, silent).checkExplanations();
          }
        });
    check(this::test);
    check(this::digests);
    card();
  }

  private void check(Runnable part) {
    try {
      part.run();
    } catch (RibonnxException e) {
      error(e.line());
    }
  }

  private void error(String text) {
    problems.add(new Problem(true, text));
  }

  private void warn(String text) {
    problems.add(new Problem(false, text));
  }

  private String at(String key) {
    return bundle.cardName() + ": " + key;
  }

  private static boolean open(@Nullable Object value) {
    return value == null || value.toString().startsWith(NewBundle.MARK);
  }

  private void inputs() {
    for (InputSpec input : bundle.inputs().values()) {
      String key = "inputs." + input.name();
      @Nullable String example = input.example();
      if (example != null && !bundle.hasFile(example)) {
        error(at(key + ".example names " + example + ", which is not there; add the file"));
      }
      @Nullable Object stated =
          bundle.document().get("inputs") instanceof Map<?, ?> map ? map.get(input.name()) : null;
      if (stated instanceof Map<?, ?> facts) {
        if (open(facts.get("what"))) {
          warn(at(key + ".what is missing; say in plain words what a user brings"));
        }
        if (facts.get("length") == null && input.kind().equals("sequences")) {
          warn(
              at(
                  key
                      + ".length is missing; say [shortest, longest] of the training, so that other"
                      + " records are marked"));
        }
      }
    }
  }

  private void heads() {
    for (HeadSpec head : bundle.heads().values()) {
      String key = "heads." + head.name();
      boolean regression = head.kind() == HeadSpec.Kind.REGRESSION;
      for (HeadSpec.Label label : head.labels()) {
        if (label.label().startsWith(NewBundle.MARK)) {
          error(
              at(
                  key
                      + (regression ? ".targets" : ".labels")
                      + " still has the placeholder '"
                      + label.label()
                      + "'; write the names in the order of the graph's output"));
          break;
        }
      }
      if (regression && head.labels().stream().anyMatch(label -> open(unit(label)))) {
        warn(at(key + ".targets lacks a unit; write it, or '1' for a plain number"));
      }
      check(() -> width(head));
    }
  }

  private static @Nullable String unit(HeadSpec.Label target) {
    return target.description().isEmpty() ? null : target.description();
  }

  /** The graph's output has a number per label; said for every head, not the first alone. */
  private void width(HeadSpec head) {
    for (GraphInfo.Port port : bundle.graph(head.graph()).info().outputs()) {
      boolean mine = head.output() == null || port.name().equals(head.output());
      if (mine && port.dims().length == 2 && port.dims()[1] > 0) {
        if (port.dims()[1] != head.labels().size()) {
          error(
              at(
                  "heads."
                      + head.name()
                      + ".labels holds "
                      + head.labels().size()
                      + " labels, but the graph returns "
                      + port.dims()[1]
                      + " numbers; correct the labels, or the shape that the graph declares"));
        }
        return;
      }
    }
  }

  private void graphs() {
    Map<String, GraphRef> once = new LinkedHashMap<>();
    bundle.embed().values().forEach(spec -> once.putIfAbsent(spec.graph().file(), spec.graph()));
    @Nullable GraphRef fusing = bundle.fuse().graph();
    if (fusing != null) {
      once.putIfAbsent(fusing.file(), fusing);
    }
    bundle.heads().values().forEach(head -> once.putIfAbsent(head.graph().file(), head.graph()));
    ReportSpec.@Nullable Projector projector = bundle.report().projector();
    if (projector != null) {
      once.putIfAbsent(projector.graph().file(), projector.graph());
    }
    for (ExplainSpec spec : bundle.explain().values()) {
      if (spec instanceof ExplainSpec.Contributions contributions) {
        once.putIfAbsent(contributions.graph().file(), contributions.graph());
      }
    }
    once.values().forEach(graph -> check(() -> graph(bundle.graph(graph), graph)));
  }

  /** Each entry for itself, where a run would stop at the first. */
  private void explain() {
    for (ExplainSpec spec : bundle.explain().values()) {
      check(() -> Parts.of(bundle, spec));
      if (spec instanceof ExplainSpec.Contributions graph) {
        String key = "explain." + spec.head().name();
        if (graph.rule().isEmpty()) {
          warn(at(key + ".rule is missing; say how the contributions were found"));
        }
        if (graph.unit().isEmpty()) {
          warn(at(key + ".unit is missing; say what the contributions are measured in"));
        }
      }
    }
  }

  private void background() {
    if (bundle.report().background() != null) {
      bundle.content(java.util.Objects.requireNonNull(bundle.report().background()));
    }
  }

  private void graph(GraphFile file, GraphRef ref) {
    String name = ref.file();
    long rows = Block.ROWS;
    Map<String, long[]> shapes = new LinkedHashMap<>();
    Map<String, Integer> lengths = new LinkedHashMap<>();
    for (GraphInfo.Port port : file.info().inputs()) {
      long[] shape = port.dims().clone();
      if (shape.length == 0 || port.type() == null) {
        return;
      }
      if (shape[0] > 0) {
        if (Block.ROWS % shape[0] == 0) {
          warn(
              name
                  + ": input '"
                  + port.name()
                  + "' is "
                  + port.signature()
                  + "; export it with a dynamic batch axis, which is faster");
        }
        rows = shape[0];
      }
      shape[0] = rows;
      for (int i = 1; i < shape.length; i++) {
        // What the bundle gives it; any length will do where it says nothing.
        shape[i] = shape[i] > 0 ? shape[i] : openAxis(ref, i);
      }
      if (ref.lengths().containsKey(port.name())) {
        // A record as long as its row; networks need not bear one of no positions.
        java.util.Arrays.fill(shape, 1, shape.length, 1);
        lengths.put(port.name(), (int) openAxis(ref, 1));
      }
      shapes.put(port.name(), shape);
    }
    mixing(name, file.info(), ref);
    GraphNodes nodes = GraphNodes.read(name, file.content());
    for (GraphNodes.Node node : nodes.inner()) {
      if (PLACED.contains(node.operator()) && mayBePlaced(node, nodes)) {
        warn(
            name
                + ": "
                + node.called()
                + " inside of "
                + node.within()
                + " may add up the last axis: if its width, which can't be told from outside, is no"
                + " multiple of 4, the last bits depend on the record's place in the batch; pad"
                + " that axis, or use MatMul with ones");
      }
    }
    Set<String> values = new LinkedHashSet<>();
    file.info().outputs().forEach(output -> values.add(output.name()));
    for (GraphNodes.Node node : nodes.nodes()) {
      if (PLACED.contains(node.operator())) {
        values.add(node.inputs().get(0));
      }
    }
    Map<String, long[]> found = GraphProbe.shapes(runtime, file, shapes, lengths, values);
    for (GraphInfo.Port output : file.info().outputs()) {
      long @Nullable [] shape = found.get(output.name());
      if (shape != null && shape.length > 0 && shape[0] != rows) {
        error(
            name
                + ": output '"
                + output.name()
                + "' has "
                + shape[0]
                + " rows for "
                + rows
                + " records; the batch is the first axis: export it with a dynamic one, and no"
                + " Reshape to a fixed number of rows");
      }
    }
    for (GraphNodes.Node node : nodes.nodes()) {
      long @Nullable [] shape =
          PLACED.contains(node.operator()) ? found.get(node.inputs().get(0)) : null;
      if (shape != null && placed(node, nodes, shape)) {
        warn(
            name
                + ": "
                + node.called()
                + " adds up "
                + java.util.Arrays.toString(perRecord(shape))
                + " per record, which is no multiple of 4: the last bits depend on the record's"
                + " place in the batch; pad that axis, or use MatMul with ones");
      }
    }
  }

  /** Whether a graph finds a scale over all records of a run. */
  private void mixing(String name, GraphInfo info, GraphRef ref) {
    if (!info.operators().containsKey(GraphStep.MIXING)) {
      return;
    }
    boolean alone =
        info.inputs().stream().allMatch(port -> port.dims().length == 0 || port.dims()[0] <= 1);
    String found =
        name
            + " ("
            + ref.where()
            + "): "
            + GraphStep.MIXING
            + " takes its scale from all records of a run";
    if (alone) {
      warn(
          found
              + ", so records are run one by one, which is slower; quantise with fixed ranges"
              + " (onnxruntime.quantization.quantize_static)");
    } else {
      error(
          found
              + ", and the graph takes several at a time; export it with a dynamic batch axis, or"
              + " quantise with fixed ranges (onnxruntime.quantization.quantize_static)");
    }
  }

  /** Whether a sum inside of another node may run over the last axis; its rank is not known. */
  private static boolean mayBePlaced(GraphNodes.Node node, GraphNodes nodes) {
    if (node.operator().equals("InstanceNormalization")) {
      return true;
    }
    @Nullable List<Long> axes = axes(node, nodes);
    return axes != null && axes.stream().anyMatch(axis -> axis == -1 || axis > 0);
  }

  /** The axes of a sum; null: all, or not known. */
  private static @Nullable List<Long> axes(GraphNodes.Node node, GraphNodes nodes) {
    @Nullable List<Long> axes = node.numbers().get("axes");
    return axes == null && node.inputs().size() > 1 ? nodes.constant(node.inputs().get(1)) : axes;
  }

  private long openAxis(GraphRef ref, int axis) {
    @Nullable Grid grid = ref.grid();
    if (axis == 1 && grid != null) {
      return grid.cells().get(0).length(); // records of varying length are padded to it
    }
    for (RowShape shape : Encode.shapes(bundle).values()) {
      if (axis <= shape.axes().length && shape.axes()[axis - 1] > 0) {
        return shape.axes()[axis - 1];
      }
    }
    return Block.ROWS;
  }

  private static long[] perRecord(long[] shape) {
    return java.util.Arrays.copyOfRange(shape, 1, shape.length);
  }

  /** Whether a sum runs over the last axis, and records lie at different places of 16 bytes. */
  private static boolean placed(GraphNodes.Node node, GraphNodes nodes, long[] shape) {
    long record = 1;
    for (long axis : perRecord(shape)) {
      record *= axis;
    }
    if (record % LANES == 0) {
      return false;
    }
    int rank = shape.length;
    boolean[] summed = new boolean[rank];
    if (node.operator().equals("InstanceNormalization")) {
      java.util.Arrays.fill(summed, Math.min(2, rank), rank, true);
    } else {
      @Nullable List<Long> axes = axes(node, nodes);
      if (axes == null || axes.isEmpty()) {
        return false;
      }
      for (long axis : axes) {
        long at = axis < 0 ? axis + rank : axis;
        if (at >= 0 && at < rank) {
          summed[(int) at] = true;
        }
      }
    }
    long run = 1;
    for (int i = rank - 1; i >= 1 && summed[i]; i--) {
      run *= shape[i];
    }
    return summed[rank - 1] && run >= SHORT;
  }

  private void test() {
    Bundle.@Nullable StoredTest test = bundle.storedTest();
    if (test == null) {
      error(at("test is missing; name an input and run 'ribonnx model seal'"));
      return;
    }
    if (!bundle.hasFile(test.input())) {
      error(at("test names " + test.input() + ", which is not there; add the file"));
    }
    if (bundle.hasFile(test.expected())) {
      check(() -> probabilities(test));
    } else {
      error(
          at(
              "test names "
                  + test.expected()
                  + ", which is not there; 'ribonnx model seal' writes it"));
    }
  }

  /** What label heads gave for the stored records are probabilities. */
  private void probabilities(Bundle.StoredTest test) {
    try (TemporaryFile copy = TemporaryFile.of(".npz", bundle.file(test.expected()));
        TensorFileReader reader = new TensorFileReader(copy.path())) {
      Map<String, RowShape> wanted = new LinkedHashMap<>();
      reader
          .views()
          .forEach(
              (name, shape) -> {
                if (name.startsWith("classify.") && shape.type().isFloating()) {
                  wanted.put(name, shape);
                }
              });
      reader.want(wanted, name -> name);
      Block block = new Block(Block.ROWS);
      Set<String> said = new LinkedHashSet<>();
      while (reader.fill(block)) {
        for (HeadSpec head : bundle.heads().values()) {
          String name = "classify." + head.name();
          if (wanted.containsKey(name)) {
            probabilities(head, block, block.column(name), said);
          }
        }
      }
    } catch (RibonnxException e) {
      throw RibonnxException.bundle(
          bundle.path().resolve(test.expected())
              + ": can't be read; 'ribonnx model seal' writes it again ("
              + e.line()
              + ")",
          e);
    }
  }

  private void probabilities(HeadSpec head, Block block, Column column, Set<String> said) {
    int width = head.labels().size();
    if (column.rowBytes() != width * column.type().bytes()) {
      return; // said of the labels already
    }
    for (int row = 0; row < block.size() && !said.contains(head.name()); row++) {
      double[] scores = column.numbers(row);
      int record = row;
      @Nullable String problem =
          block.status(row) == 0 ? head.improbable(scores, 0, true, () -> block.id(record)) : null;
      if (problem != null) {
        said.add(head.name());
        error(at(problem));
      }
    }
  }

  private void digests() {
    for (String file : bundle.looseFiles()) {
      if (bundle.hasDigest(file)) {
        check(() -> bundle.file(file));
      } else if (bundle.labelFiles().contains(file)) {
        error(at("digests." + file + " is missing; 'ribonnx model seal' writes it"));
      }
    }
  }

  private void card() {
    if (!(bundle.document().get("title") instanceof String title) || open(title)) {
      warn(at("title is missing; say in one line what it predicts"));
    }
    Map<String, @Nullable Object> card = bundle.cardContent();
    for (String key : CARD) {
      if (open(card.get(key))) {
        String text = at("card." + key + " is missing");
        if (!key.equals("licence")) {
          warn(text);
        } else {
          error(
              text
                  + (card.containsKey("license") ? "; it is written with a c" : "")
                  + "; without terms nobody may use the model");
        }
      }
    }
    if (!bundle.hasFile("README.md")) {
      warn(bundle.path() + ": README.md is missing; it says how the model was made and measured");
      return;
    }
    String readme = StandardCharsets.UTF_8.decode(bundle.file("README.md")).toString();
    long marks = readme.lines().filter(line -> line.contains(NewBundle.MARK)).count();
    if (marks > 0) {
      warn(
          bundle.path().resolve("README.md")
              + ": says TODO on "
              + marks
              + (marks == 1 ? " line" : " lines"));
    }
  }

  /** The problems, each as a line. */
  static List<String> lines(Result result) {
    List<String> lines = new ArrayList<>();
    for (Problem problem : result.problems()) {
      lines.add((problem.error() ? "error: " : "warning: ") + problem.text());
    }
    return lines;
  }

  /**
   * Logs the errors of a bundle and refuses it if there is one; of warnings only their number.
   *
   * @param done what is not done then, as {@code packed}
   * @throws RibonnxException bundle
   */
  static void refuse(Path path, OnnxRuntime runtime, Log log, String done) {
    Result result = of(path, runtime);
    for (Problem problem : result.problems()) {
      if (problem.error()) {
        log.error(problem.text());
      }
    }
    if (result.errors() > 0) {
      throw RibonnxException.bundle(
          result.name() + ": not " + done + ": " + result.counts() + " (see above)");
    }
    if (result.warnings() > 0) {
      log.warn(result.name() + ": " + result.counts() + "; 'ribonnx model validate' names them");
    }
  }
}
