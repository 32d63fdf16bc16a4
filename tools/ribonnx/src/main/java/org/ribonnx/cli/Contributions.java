package org.ribonnx.cli;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.block.Column;
import org.ribonnx.core.block.GraphStep;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.ExplainSpec;
import org.ribonnx.core.bundle.GraphRef;
import org.ribonnx.core.bundle.HeadSpec;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.onnx.Graph;
import org.ribonnx.core.onnx.OnnxRuntime;
import org.ribonnx.core.tensor.RowShape;
import org.ribonnx.encode.Encode;

/**
 * The graphs that say what each position of a view adds to each label of a head. Heads that name
 * the same graph share a session and a run.
 */
final class Contributions implements AutoCloseable {
  /** Name of this step's views in a block: {@code HEAD} and {@code HEAD.difference}. */
  static final String STEP = "explain";

  private static final String DIFFERENCE = ".difference";

  /** How far the sum of a record's contributions may be from the difference. */
  private static final double ABSOLUTE = 1e-3;

  private static final double RELATIVE = 1e-3;

  private final Bundle bundle;
  private final List<ExplainSpec.Contributions> specs;
  private final List<Graph> graphs = new ArrayList<>();
  private final List<GraphStep> steps = new ArrayList<>();
  private final Map<String, RowShape> produces = new LinkedHashMap<>();

  /** Says whether a head gave numbers for a record. */
  interface Usable {
    boolean is(HeadSpec head, int row);
  }

  /**
   * Opens the graphs.
   *
   * @param specs heads and their graphs
   * @param parts head → what its contributions belong to
   * @param batchSize records per run; 0: as the bundle says
   * @throws RibonnxException bundle, if a graph does not fit its section
   */
  Contributions(
      Bundle bundle,
      List<ExplainSpec.Contributions> specs,
      Map<String, Parts> parts,
      OnnxRuntime runtime,
      int batchSize) {
    this.bundle = bundle;
    this.specs = specs;
    Map<String, RowShape> views = Encode.shapes(bundle);
    Map<String, List<ExplainSpec.Contributions>> byGraph = new LinkedHashMap<>();
    for (ExplainSpec.Contributions spec : specs) {
      byGraph
          .computeIfAbsent(
              spec.graph().file() + " " + spec.graph().inputs(), key -> new ArrayList<>())
          .add(spec);
    }
    try {
      for (List<ExplainSpec.Contributions> sharing : byGraph.values()) {
        GraphRef ref = sharing.get(0).graph();
        Graph graph = runtime.open(bundle.graph(ref), ref.cpuOnly());
        graphs.add(graph);
        Map<String, String> wanted = new LinkedHashMap<>();
        for (ExplainSpec.Contributions spec : sharing) {
          bundle.checkDigest(spec.graph());
          String head = spec.head().name();
          if (wanted.put(spec.output(), head) != null
              || wanted.put(spec.difference(), head + DIFFERENCE) != null) {
            throw bad(spec, "names an output that is that of another head");
          }
        }
        GraphStep step =
            new GraphStep(
                graph,
                ref,
                Encode.STEP,
                views,
                STEP,
                wanted,
                Map.of(),
                ref.batchFor(runtime, batchSize));
        steps.add(step);
        produces.putAll(step.produces());
      }
      for (ExplainSpec.Contributions spec : specs) {
        Parts of = Objects.requireNonNull(parts.get(spec.head().name()));
        int labels = spec.head().labels().size();
        check(spec, "output", spec.output(), spec.head().name(), labels, of.most());
        check(spec, "difference", spec.difference(), spec.head().name() + DIFFERENCE, labels);
      }
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private RibonnxException bad(ExplainSpec.Contributions spec, String what) {
    return RibonnxException.bundle(
        bundle.cardName() + ": " + spec.graph().where() + " (" + spec.graph().file() + ") " + what);
  }

  private void check(
      ExplainSpec.Contributions spec, String key, String output, String column, int... axes) {
    RowShape shape = Objects.requireNonNull(produces.get(column));
    if (!shape.type().isFloating() || !java.util.Arrays.equals(shape.axes(), axes)) {
      throw bad(
          spec,
          key
              + " '"
              + output
              + "' is "
              + shape
              + " per record; "
              + new RowShape(org.ribonnx.core.tensor.DType.FLOAT32, axes)
              + " is expected: a number per label"
              + (axes.length > 1 ? " and position" : "")
              + ", as float32, float64 or float16");
    }
  }

  /** Shapes of what the graphs write into a block. */
  Collection<RowShape> shapes() {
    return produces.values();
  }

  /**
   * Runs the graphs over a block of features and checks that each record's contributions add up.
   *
   * @throws RibonnxException bundle, naming the first head, label and record where they do not
   */
  void apply(Block block, Usable usable) {
    for (GraphStep step : steps) {
      step.apply(block);
    }
    for (ExplainSpec.Contributions spec : specs) {
      for (int row = 0; row < block.size(); row++) {
        if (block.status(row) == 0 && usable.is(spec.head(), row)) {
          check(block, spec, row);
        }
      }
    }
  }

  private void check(Block block, ExplainSpec.Contributions spec, int row) {
    Column contributions = block.column(STEP + "/" + spec.head().name());
    Column differences = block.column(STEP + "/" + spec.head().name() + DIFFERENCE);
    int width = contributions.rowShape()[1];
    for (int label = 0; label < spec.head().labels().size(); label++) {
      double sum = 0;
      for (int i = label * width; i < (label + 1) * width; i++) {
        sum += contributions.number(row, i);
      }
      double difference = differences.number(row, label);
      if (!(Math.abs(sum - difference) <= ABSOLUTE + RELATIVE * Math.abs(difference))) {
        @Nullable String name = spec.head().labels().get(label).label();
        throw bad(
            spec,
            String.format(
                Locale.ROOT,
                "gives contributions of record '%s' to '%s' that add up to %.6g, but its difference"
                    + " is %.6g; they must be the same, export the graph again",
                block.id(row),
                name,
                sum,
                difference));
      }
    }
  }

  /** What the positions of a record add to a label; fills {@code into} from its begin. */
  static void values(Block block, HeadSpec head, int row, int label, double[] into) {
    Column contributions = block.column(STEP + "/" + head.name());
    int from = label * contributions.rowShape()[1];
    for (int i = 0; i < into.length; i++) {
      into[i] = contributions.number(row, from + i);
    }
  }

  @Override
  public void close() {
    graphs.forEach(Graph::close);
  }
}
