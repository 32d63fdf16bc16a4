package org.ribonnx.classify;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.block.GraphStep;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.GraphRef;
import org.ribonnx.core.bundle.HeadSpec;
import org.ribonnx.core.io.ByteText;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.onnx.Graph;
import org.ribonnx.core.onnx.GraphInfo;
import org.ribonnx.core.onnx.OnnxRuntime;
import org.ribonnx.core.tensor.RowShape;

/**
 * The fourth step: a graph per head, then the decision and the rows of text for each record. Heads
 * that name the same graph share a session and a run.
 */
public final class Classify implements AutoCloseable {
  /** Name of this step's views in a block: the scores of each head. */
  public static final String STEP = "classify";

  /**
   * What is written beside the predictions.
   *
   * @param scores whether rows of all scores are wanted as text
   * @param sets whether the column {@code set} holds prediction sets, where a head has them
   */
  public record Wanted(boolean scores, boolean sets) {
    /** Predictions alone. */
    public static final Wanted NOTHING = new Wanted(false, false);
  }

  /** A block with the text that its worker made of it. */
  public static final class Work {
    final Block block;
    final ByteText predictions = new ByteText(1 << 14);
    final ByteText scores = new ByteText(1 << 14);
    final Tally tally;
    final double[][] values;

    private Work(Block block, List<HeadWriter> heads) {
      this.block = block;
      this.tally = new Tally(heads.stream().map(HeadWriter::head).toList());
      this.values = new double[heads.size()][];
      for (int i = 0; i < values.length; i++) {
        values[i] = new double[block.capacity() * heads.get(i).width()];
      }
    }

    public Block block() {
      return block;
    }
  }

  private final List<HeadWriter> heads = new ArrayList<>();
  private final List<Graph> graphs = new ArrayList<>();
  private final List<GraphStep> steps = new ArrayList<>();
  private final Map<String, RowShape> produces = new LinkedHashMap<>();
  private final boolean writesScores;

  /**
   * @param from name of the step before
   * @param views the views it made
   * @param batchSize records per run; 0: as the bundle says
   * @param wanted what is written beside the predictions
   * @throws RibonnxException bundle, if a graph does not fit its head
   */
  public Classify(
      Bundle bundle,
      OnnxRuntime runtime,
      String from,
      Map<String, RowShape> views,
      int batchSize,
      Wanted wanted) {
    this.writesScores = wanted.scores();
    Map<String, List<HeadSpec>> byGraph = new LinkedHashMap<>();
    for (HeadSpec head : bundle.heads().values()) {
      byGraph
          .computeIfAbsent(
              head.graph().file() + " " + head.graph().inputs(), key -> new ArrayList<>())
          .add(head);
    }
    try {
      for (List<HeadSpec> sharing : byGraph.values()) {
        GraphRef ref = sharing.get(0).graph();
        Graph graph = runtime.open(bundle.graph(ref), ref.cpuOnly());
        graphs.add(graph);
        Map<String, String> outputs = new LinkedHashMap<>();
        Map<String, @Nullable Integer> widths = new LinkedHashMap<>();
        for (HeadSpec head : sharing) {
          bundle.checkDigest(head.graph());
          checkOutput(bundle, head, graph.info());
          String output = head.output() == null ? "" : head.output();
          if (leavesWidthOpen(graph.info(), output)) {
            widths.put(output, head.labels().size());
          }
          if (outputs.put(output, head.name()) != null) {
            throw RibonnxException.bundle(
                bundle.cardName() + ": heads." + head.name() + ".output is that of another head");
          }
        }
        GraphStep step =
            new GraphStep(
                graph, ref, from, views, STEP, outputs, widths, ref.batchFor(runtime, batchSize));
        steps.add(step);
        produces.putAll(step.produces());
      }
      for (HeadSpec head : bundle.heads().values()) {
        RowShape shape = java.util.Objects.requireNonNull(produces.get(head.name()));
        check(bundle, head, shape);
        heads.add(new HeadWriter(head, shape, wanted.sets()));
      }
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  /** Whether a graph does not say how many numbers an output has; the labels of its head do. */
  private static boolean leavesWidthOpen(GraphInfo info, String output) {
    return info.outputs().stream()
        .filter(port -> output.isEmpty() || port.name().equals(output))
        .anyMatch(port -> port.dims().length == 2 && port.dims()[1] < 0);
  }

  /** Heads that share a graph each name an output of it. */
  private static void checkOutput(Bundle bundle, HeadSpec head, GraphInfo info) {
    List<String> outputs = info.outputs().stream().map(GraphInfo.Port::name).toList();
    @Nullable String output = head.output();
    if (output == null ? outputs.size() != 1 : !outputs.contains(output)) {
      throw RibonnxException.bundle(
          bundle.cardName()
              + ": heads."
              + head.name()
              + ".output "
              + (output == null ? "is missing" : "is '" + output + "'")
              + ", and "
              + head.graph().file()
              + " has "
              + outputs);
    }
  }

  private static void check(Bundle bundle, HeadSpec head, RowShape shape) {
    int[] axes = shape.axes();
    int width = axes.length == 0 ? 1 : axes[0];
    if (axes.length > 1 || !shape.type().isFloating()) {
      throw RibonnxException.bundle(
          bundle.cardName()
              + ": heads."
              + head.name()
              + ".graph returns "
              + shape
              + " per record; float32, float64 or float16 with a number per label is expected");
    }
    if (width != head.labels().size()) {
      throw RibonnxException.bundle(
          bundle.cardName()
              + ": heads."
              + head.name()
              + ".labels holds "
              + head.labels().size()
              + " labels, but the graph returns "
              + width
              + " numbers; correct the labels, or the shape that the graph declares");
    }
  }

  /** The largest number of records that any graph takes at a time. */
  public static int largestBatch(Bundle bundle, OnnxRuntime runtime, int asked) {
    return bundle.heads().values().stream()
        .mapToInt(head -> head.graph().batchFor(runtime, asked))
        .max()
        .orElse(Block.ROWS);
  }

  /** A block for this step, with room for {@code records}. */
  public Work newWork(int records) {
    return new Work(new Block(records), heads);
  }

  Tally newTally() {
    return new Tally(heads.stream().map(HeadWriter::head).toList());
  }

  /** The scores of each head, as tensor files hold them. */
  public Map<String, RowShape> produces() {
    return produces;
  }

  /** The first line of predictions.tsv, fixed for ever. */
  static String predictionsHeader() {
    return "id\thead\tprediction\tscore\tstatus\tbest\tname\tset\treason\n";
  }

  /** The first line of a table of scores. */
  String scoresHeader() {
    StringBuilder line = new StringBuilder("id");
    heads.forEach(head -> head.columns().forEach(column -> line.append('\t').append(column)));
    return line.append('\n').toString();
  }

  /**
   * Runs the heads and writes the rows.
   *
   * @param statuses names of the records' statuses
   * @param flags names of the records' flags
   */
  public void apply(Work work, List<String> statuses, List<String> flags) {
    Block block = work.block;
    for (GraphStep step : steps) {
      step.apply(block);
    }
    work.predictions.clear();
    work.scores.clear();
    work.tally.clear();
    for (int i = 0; i < heads.size(); i++) {
      heads.get(i).load(block, work.values[i]);
    }
    for (int row = 0; row < block.size(); row++) {
      for (int i = 0; i < heads.size(); i++) {
        heads
            .get(i)
            .predict(block, row, work.values[i], statuses, flags, work.predictions, work.tally);
      }
      if (writesScores) {
        work.scores.append(block.idBytes(), block.idStart(row), block.idLength(row));
        for (int i = 0; i < heads.size(); i++) {
          heads.get(i).scores(block, row, work.values[i], work.scores);
        }
        work.scores.append('\n');
      }
    }
  }

  /**
   * Runs heads for their scores alone: no decision is made and no row written.
   *
   * @param named names of the heads
   */
  public void scores(Work work, Collection<String> named) {
    for (GraphStep step : steps) {
      if (!Collections.disjoint(step.produces().keySet(), named)) {
        step.apply(work.block);
      }
    }
    for (int i = 0; i < heads.size(); i++) {
      if (named.contains(heads.get(i).head().name())) {
        heads.get(i).load(work.block, work.values[i]);
      }
    }
  }

  /**
   * A score of a record that {@link #apply} or {@link #scores} has run; NaN where there is none.
   *
   * @param head number of the head, in the order of the bundle
   */
  public double score(Work work, int head, int row, int label) {
    return work.block.status(row) == 0
        ? work.values[head][row * heads.get(head).width() + label]
        : Double.NaN;
  }

  /**
   * The label of a record with the highest score, which {@code predictions.tsv} calls best; −1
   * where the record can't be used or the head gives no number.
   *
   * @param head number of the head, in the order of the bundle
   */
  public int best(Work work, int head, int row) {
    HeadWriter writer = heads.get(head);
    boolean usable = work.block.status(row) == 0 && writer.isNumbers(work.values[head], row);
    return usable ? writer.best(work.values[head], row) : -1;
  }

  @Override
  public void close() {
    graphs.forEach(Graph::close);
  }
}
