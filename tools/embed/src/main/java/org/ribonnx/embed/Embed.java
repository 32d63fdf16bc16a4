package org.ribonnx.embed;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.block.GraphStep;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.EmbedSpec;
import org.ribonnx.core.cli.TensorCommand;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.onnx.Graph;
import org.ribonnx.core.onnx.OnnxRuntime;
import org.ribonnx.core.tensor.RowShape;

/** The second step: each view through its graph; a view without one passes as it is. */
public final class Embed implements TensorCommand.Step {
  /** Name of this step's views in a block. */
  public static final String STEP = "embed";

  private final String from;
  private final List<Graph> graphs = new ArrayList<>();
  private final List<GraphStep> steps = new ArrayList<>();
  private final List<String> passing = new ArrayList<>();
  private final Map<String, RowShape> produces = new LinkedHashMap<>();

  /**
   * @param from name of the step before
   * @param views the views it made
   * @param batchSize records per run; 0: as the bundle says
   * @throws RibonnxException bundle, if a graph does not fit its section
   */
  public Embed(
      Bundle bundle, OnnxRuntime runtime, String from, Map<String, RowShape> views, int batchSize) {
    this(bundle, runtime, from, views, views.keySet(), batchSize);
  }

  /**
   * As {@link #Embed(Bundle, OnnxRuntime, String, Map, int)}, with some of the views.
   *
   * @param chosen those that are wanted
   */
  Embed(
      Bundle bundle,
      OnnxRuntime runtime,
      String from,
      Map<String, RowShape> views,
      Collection<String> chosen,
      int batchSize) {
    this.from = from;
    Map<String, EmbedSpec> specs = bundle.embed();
    for (String view : specs.keySet()) {
      if (!views.containsKey(view) && !bundle.viewNames().contains(view)) {
        throw RibonnxException.bundle(
            bundle.cardName() + ": embed." + view + " names no view; there are " + views.keySet());
      }
    }
    try {
      for (Map.Entry<String, RowShape> view : views.entrySet()) {
        if (!chosen.contains(view.getKey())) {
          continue;
        }
        @Nullable EmbedSpec spec = specs.get(view.getKey());
        if (spec == null) {
          passing.add(view.getKey());
          produces.put(view.getKey(), view.getValue());
        } else {
          add(bundle, runtime, spec, views, batchSize);
        }
      }
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private void add(
      Bundle bundle,
      OnnxRuntime runtime,
      EmbedSpec spec,
      Map<String, RowShape> views,
      int batchSize) {
    Graph graph = runtime.open(bundle.graph(spec.graph()), spec.graph().cpuOnly());
    graphs.add(graph);
    Map<String, RowShape> mine =
        spec.graph().inputs().isEmpty()
            ? Map.of(spec.view(), java.util.Objects.requireNonNull(views.get(spec.view())))
            : views;
    Map<String, String> wanted = new LinkedHashMap<>();
    if (spec.outputs().isEmpty()) {
      wanted.put("", spec.view());
    }
    for (String output : spec.outputs().keySet()) {
      wanted.put(output, wanted.isEmpty() ? spec.view() : spec.view() + "." + output);
    }
    int batch = spec.graph().batchFor(runtime, batchSize);
    GraphStep step =
        new GraphStep(graph, spec.graph(), from, mine, STEP, wanted, spec.outputs(), batch);
    steps.add(step);
    produces.putAll(step.produces());
  }

  /**
   * The views of a file that are read for those that are wanted.
   *
   * @param called the file, for messages
   * @param held the views that it holds
   * @param wanted those that are asked for; empty: all that have a graph must be there
   * @throws RibonnxException usage, if the model has no such view; input, if the file lacks one
   */
  static Map<String, RowShape> read(
      Bundle bundle, Path called, Map<String, RowShape> held, Collection<String> wanted) {
    Collection<String> needed = wanted.isEmpty() ? bundle.embed().keySet() : wanted;
    for (String view : wanted) {
      bundle.checkView(view);
    }
    for (String view : needed) {
      if (!held.containsKey(view) && bundle.viewNames().contains(view)) {
        throw RibonnxException.input(
            called
                + ": lacks the view '"
                + view
                + "', for which the model "
                + bundle.name()
                + " has a graph; it holds "
                + held.keySet()
                + "; --view names those to embed, or encode the others too");
      }
    }
    if (wanted.isEmpty()) {
      return held;
    }
    Map<String, RowShape> read = new LinkedHashMap<>(held);
    read.keySet()
        .removeIf(
            view ->
                !wanted.contains(view)
                    && wanted.stream().noneMatch(one -> isInput(bundle.embed().get(one), view)));
    return read;
  }

  private static boolean isInput(@Nullable EmbedSpec spec, String view) {
    return spec != null && spec.graph().inputs().containsValue(view);
  }

  /** The largest number of records that any graph takes at a time. */
  public static int largestBatch(Bundle bundle, OnnxRuntime runtime, int asked) {
    return bundle.embed().values().stream()
        .mapToInt(spec -> spec.graph().batchFor(runtime, asked))
        .max()
        .orElse(Block.ROWS);
  }

  @Override
  public Map<String, RowShape> produces() {
    return produces;
  }

  @Override
  public void apply(Block block) {
    for (String view : passing) {
      block.alias(STEP + "/" + view, from + "/" + view);
    }
    for (GraphStep step : steps) {
      step.applyToViews(block);
    }
  }

  @Override
  public void close() {
    graphs.forEach(Graph::close);
  }
}
