package org.ribonnx.fuse;

import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.block.Column;
import org.ribonnx.core.block.GraphStep;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.FuseSpec;
import org.ribonnx.core.bundle.GraphRef;
import org.ribonnx.core.cli.TensorCommand;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.onnx.Graph;
import org.ribonnx.core.onnx.OnnxRuntime;
import org.ribonnx.core.tensor.DType;
import org.ribonnx.core.tensor.RowShape;

/**
 * The third step: the views of a record become one. {@code concat} joins them in the order of the
 * bundle, {@code mean} is their arithmetic mean, a graph does what it was trained for, {@code
 * identity} lets all pass.
 */
public final class Fuse implements TensorCommand.Step {
  /** Name of this step's views in a block. */
  public static final String STEP = "fuse";

  private final String from;
  private final String method;
  private final List<String> views;
  private final Map<String, RowShape> produces = new LinkedHashMap<>();
  private final @Nullable Graph graph;
  private final @Nullable GraphStep step;

  /**
   * @param from name of the step before
   * @param given the views it made
   * @param batchSize records per run; 0: as the bundle says
   * @throws RibonnxException bundle, if the method or graph does not fit the views
   */
  public Fuse(
      Bundle bundle, OnnxRuntime runtime, String from, Map<String, RowShape> given, int batchSize) {
    Map<String, RowShape> views = ordered(bundle, given);
    FuseSpec spec = bundle.fuse();
    this.from = from;
    this.method = spec.method();
    this.views = List.copyOf(views.keySet());
    GraphRef ref = spec.graph();
    if (ref != null) {
      graph = runtime.open(bundle.graph(ref), ref.cpuOnly());
      String output = spec.output() == null ? "" : spec.output();
      try {
        step =
            new GraphStep(
                graph,
                ref,
                from,
                views,
                STEP,
                Map.of(output, FuseSpec.VIEW),
                spec.width() == null ? Map.of() : Map.of(output, spec.width()),
                ref.batchFor(runtime, batchSize));
      } catch (RuntimeException e) {
        graph.close();
        throw e;
      }
      produces.putAll(step.produces());
      return;
    }
    graph = null;
    step = null;
    switch (method) {
      case "identity" -> produces.putAll(views);
      case "concat", "mean" ->
          produces.put(FuseSpec.VIEW, new RowShape(DType.FLOAT32, width(bundle, views)));
      default -> throw new IllegalStateException(method);
    }
  }

  /** The views in the order of the bundle, whatever order a file holds them in. */
  private static Map<String, RowShape> ordered(Bundle bundle, Map<String, RowShape> given) {
    Map<String, RowShape> ordered = new LinkedHashMap<>();
    if (bundle.document().get("views") instanceof Map<?, ?> views) {
      for (Object name : views.keySet()) {
        @Nullable RowShape shape = given.get(name);
        if (shape != null) {
          ordered.put(String.valueOf(name), shape);
        }
      }
    }
    given.forEach(ordered::putIfAbsent);
    return ordered;
  }

  private int width(Bundle bundle, Map<String, RowShape> shapes) {
    int sum = 0;
    int first = -1;
    for (Map.Entry<String, RowShape> entry : shapes.entrySet()) {
      RowShape shape = entry.getValue();
      if (shape.type() != DType.FLOAT32 || shape.axes().length != 1 || shape.varies()) {
        throw RibonnxException.bundle(
            bundle.cardName()
                + ": fuse.method "
                + method
                + " needs float32 views of one axis and one length, but '"
                + entry.getKey()
                + "' is "
                + shape);
      }
      first = first < 0 ? shape.axes()[0] : first;
      if (method.equals("mean") && shape.axes()[0] != first) {
        throw RibonnxException.bundle(
            bundle.cardName()
                + ": fuse.method mean needs views of one width, but '"
                + entry.getKey()
                + "' is "
                + shape);
      }
      sum += shape.axes()[0];
    }
    return method.equals("mean") ? first : sum;
  }

  /** The largest number of records that the graph takes at a time. */
  public static int largestBatch(Bundle bundle, OnnxRuntime runtime, int asked) {
    @Nullable GraphRef graph = bundle.fuse().graph();
    return graph == null ? Block.ROWS : graph.batchFor(runtime, asked);
  }

  @Override
  public Map<String, RowShape> produces() {
    return produces;
  }

  @Override
  public void apply(Block block) {
    if (step != null) {
      step.apply(block);
    } else if (method.equals("identity")) {
      for (String view : views) {
        block.alias(STEP + "/" + view, from + "/" + view);
      }
    } else {
      join(block);
    }
  }

  private void join(Block block) {
    RowShape shape = java.util.Objects.requireNonNull(produces.get(FuseSpec.VIEW));
    Column fused = block.column(STEP + "/" + FuseSpec.VIEW, shape.type(), shape.axes());
    for (int row = 0; row < block.size(); row++) {
      if (block.status(row) != 0) {
        fused.blankRow(row);
      } else if (method.equals("concat")) {
        int at = row * fused.rowBytes();
        for (String view : views) {
          Column column = block.column(from + "/" + view);
          fused.data().put(at, column.data(), row * column.rowBytes(), column.rowBytes());
          at += column.rowBytes();
        }
      } else {
        mean(block, fused, row);
      }
    }
  }

  private void mean(Block block, Column fused, int row) {
    int at = row * fused.rowBytes();
    ByteBuffer to = fused.data();
    for (int i = 0; i < fused.rowBytes(); i += Float.BYTES) {
      // Summed as double in the order of the bundle, so the result does not depend on anything
      // else.
      double sum = 0;
      for (String view : views) {
        sum += block.column(from + "/" + view).data().getFloat(at + i);
      }
      to.putFloat(at + i, (float) (sum / views.size()));
    }
  }

  @Override
  public void close() {
    if (graph != null) {
      graph.close();
    }
  }
}
