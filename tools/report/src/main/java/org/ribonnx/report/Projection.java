package org.ribonnx.report;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.block.Column;
import org.ribonnx.core.block.GraphStep;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.GraphRef;
import org.ribonnx.core.bundle.ReportSpec;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.onnx.Graph;
import org.ribonnx.core.onnx.OnnxRuntime;
import org.ribonnx.core.tensor.DType;
import org.ribonnx.core.tensor.RowShape;

/** The bundle's graph that gives each record a place on the map, two numbers. */
public final class Projection implements AutoCloseable {
  /** Name of this step's view in a block. */
  public static final String STEP = "report";

  /** What the view is called. */
  public static final String VIEW = "position";

  private final Graph graph;
  private final GraphStep step;
  private final int batch;

  /**
   * Opens the graph.
   *
   * @param from name of the step that the views come from
   * @param views the views there are
   * @throws RibonnxException bundle, if the graph is not float32 [N, width] to float32 [N, 2]
   */
  public Projection(
      Bundle bundle,
      ReportSpec.Projector projector,
      OnnxRuntime runtime,
      String from,
      Map<String, RowShape> views) {
    GraphRef ref = projector.graph();
    String output = projector.output() == null ? "" : projector.output();
    this.batch = ref.batchFor(runtime, 0);
    this.graph = runtime.open(bundle.graph(ref), ref.cpuOnly());
    try {
      Map<String, @Nullable Integer> widths = Map.of(output, ReportSpec.PLACE);
      this.step = new GraphStep(graph, ref, from, views, STEP, Map.of(output, VIEW), widths, batch);
      @Nullable RowShape made = step.produces().get(VIEW);
      if (!new RowShape(DType.FLOAT32, ReportSpec.PLACE).equals(made)) {
        throw RibonnxException.bundle(
            bundle.cardName()
                + ": report.projector ("
                + ref.file()
                + "): gives "
                + made
                + " per record; float32 [2] is expected");
      }
    } catch (RuntimeException e) {
      graph.close();
      throw e;
    }
  }

  /** Largest number of records that the graph takes at a time. */
  public int batch() {
    return batch;
  }

  /** The view after the step. */
  public Map<String, RowShape> produces() {
    return step.produces();
  }

  /** Adds the column {@code report/position} to a block. */
  public void apply(Block block) {
    step.apply(block);
  }

  /**
   * Places of the records of a sample, x and y in turn.
   *
   * @throws RibonnxException bundle, if a place is no number
   */
  static float[] places(
      Bundle bundle, ReportSpec.Projector projector, OnnxRuntime runtime, MapSample sample) {
    int width = sample.source().width();
    float[] vectors = sample.vectors();
    float[] places = new float[ReportSpec.PLACE * sample.size()];
    Map<String, RowShape> views =
        Map.of(sample.source().view(), new RowShape(DType.FLOAT32, width));
    try (Projection projection = new Projection(bundle, projector, runtime, "map", views)) {
      Block block = new Block(projection.batch());
      for (int from = 0; from < sample.size(); from += block.capacity()) {
        int rows = Math.min(block.capacity(), sample.size() - from);
        block.clear(from);
        Column input = block.column("map/" + sample.source().view(), DType.FLOAT32, width);
        for (int row = 0; row < rows; row++) {
          byte[] id = sample.id(from + row);
          block.add(id, 0, id.length, 0, 0);
          for (int i = 0; i < width; i++) {
            input
                .data()
                .putFloat(
                    row * input.rowBytes() + i * Float.BYTES, vectors[(from + row) * width + i]);
          }
        }
        projection.apply(block);
        Column output = block.column(STEP + "/" + VIEW);
        for (int i = 0; i < ReportSpec.PLACE * rows; i++) {
          float place = output.data().getFloat(i * Float.BYTES);
          if (!Float.isFinite(place)) {
            throw RibonnxException.bundle(
                bundle.cardName()
                    + ": report.projector ("
                    + projector.graph().file()
                    + "): gives no finite place for the record '"
                    + Escape.plain(block.id(i / ReportSpec.PLACE), 60)
                    + "'");
          }
          places[ReportSpec.PLACE * from + i] = place;
        }
      }
    }
    return places;
  }

  @Override
  public void close() {
    graph.close();
  }
}
