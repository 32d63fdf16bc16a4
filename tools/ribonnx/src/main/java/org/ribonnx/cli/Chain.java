package org.ribonnx.cli;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.ribonnx.classify.Classify;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.block.Column;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.ReportSpec;
import org.ribonnx.core.cli.TensorCommand;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.onnx.OnnxRuntime;
import org.ribonnx.core.tensor.RowShape;
import org.ribonnx.embed.Embed;
import org.ribonnx.encode.Encode;
import org.ribonnx.fuse.Fuse;
import org.ribonnx.report.Background;
import org.ribonnx.report.MapSample;
import org.ribonnx.report.Projection;

/**
 * Embedding, fusing and classifying one after the other, block by block, with nothing in between on
 * disk.
 */
final class Chain implements AutoCloseable {
  private final Map<String, RowShape> features;
  private final Embed embed;
  private final Fuse fuse;
  private final Classify classify;
  private final List<RowShape> shapes = new ArrayList<>();
  private final int batch;
  private final int blockSize;

  /**
   * @param batchSize records per run of a graph; 0: as the bundle says
   * @param wanted what is written beside the predictions
   * @param attention whether the weights of attention are wanted
   */
  Chain(
      Bundle bundle,
      OnnxRuntime runtime,
      int batchSize,
      Classify.Wanted wanted,
      boolean attention) {
    features = Encode.shapes(bundle);
    embed = new Embed(bundle, runtime, Encode.STEP, features, batchSize);
    try {
      fuse =
          new Fuse(
              bundle,
              runtime,
              Embed.STEP,
              main(embed.produces()),
              new Fuse.Options(batchSize, null, attention));
    } catch (RuntimeException e) {
      embed.close();
      throw e;
    }
    try {
      classify = new Classify(bundle, runtime, Fuse.STEP, main(fuse.produces()), batchSize, wanted);
    } catch (RuntimeException e) {
      fuse.close();
      embed.close();
      throw e;
    }
    shapes.addAll(features.values());
    shapes.addAll(embed.produces().values());
    shapes.addAll(fuse.produces().values());
    shapes.addAll(classify.produces().values());
    batch =
        Math.max(
            Embed.largestBatch(bundle, runtime, batchSize),
            Math.max(
                Fuse.largestBatch(bundle, runtime, batchSize),
                Classify.largestBatch(bundle, runtime, batchSize)));
    blockSize = TensorCommand.blockSize(batch, shapes);
  }

  /** The views that the next step takes: without extra outputs, as from a file. */
  private static Map<String, RowShape> main(Map<String, RowShape> views) {
    Map<String, RowShape> main = new LinkedHashMap<>(views);
    main.keySet().removeIf(name -> name.indexOf('.') >= 0);
    return main;
  }

  Fuse fuse() {
    return fuse;
  }

  Classify classify() {
    return classify;
  }

  /** Views after encoding. */
  Map<String, RowShape> features() {
    return features;
  }

  /** Views after embedding. */
  Map<String, RowShape> embeddings() {
    return embed.produces();
  }

  /** Views after fusing. */
  Map<String, RowShape> fused() {
    return fuse.produces();
  }

  /** A sample for the map, of the embeddings or of what fusing made of them. */
  MapSample newMapSample(Bundle bundle) {
    Map<String, RowShape> views = new LinkedHashMap<>(main(embeddings()));
    main(fused()).forEach(views::putIfAbsent);
    MapSample.Source source = MapSample.source(bundle, bundle.cardName(), views);
    String step = embeddings().containsKey(source.view()) ? Embed.STEP : Fuse.STEP;
    return new MapSample(bundle.cardName(), source, step + "/" + source.view());
  }

  /**
   * Checks that the bundle's map can be made of these views; without a map does nothing.
   *
   * @throws RibonnxException bundle, if graph or background do not fit their section
   */
  void checkMap(Bundle bundle, OnnxRuntime runtime) {
    try (@Nullable Projection projection = projection(bundle, runtime)) {
      ReportSpec.@Nullable Background background = bundle.report().background();
      if (projection != null && background != null) {
        Background.of(bundle, background);
      }
    }
  }

  /** The bundle's projector on these views; null: it has none. */
  @Nullable Projection projection(Bundle bundle, OnnxRuntime runtime) {
    ReportSpec.@Nullable Projector projector = bundle.report().projector();
    if (projector == null) {
      return null;
    }
    Map<String, RowShape> fromEmbed = main(embeddings());
    boolean early =
        projector.graph().inputs().isEmpty()
            ? fromEmbed.size() == 1
            : fromEmbed.keySet().containsAll(projector.graph().inputs().values());
    return early
        ? new Projection(bundle, projector, runtime, Embed.STEP, fromEmbed)
        : new Projection(bundle, projector, runtime, Fuse.STEP, main(fused()));
  }

  Classify.Work newWork() {
    return classify.newWork(blockSize);
  }

  /**
   * A block that holds more than the steps' own views.
   *
   * @param more shapes of what else stands in it
   */
  Classify.Work newWork(Collection<RowShape> more) {
    List<RowShape> all = new ArrayList<>(shapes);
    all.addAll(more);
    return classify.newWork(TensorCommand.blockSize(batch, all));
  }

  /** Adds a copy of a record's features to another block; returns its row. */
  int copy(Block records, int row, Block copies) {
    int copy = copies.add(records.idBytes(), records.idStart(row), records.idLength(row), 0, 0);
    for (Map.Entry<String, RowShape> view : features.entrySet()) {
      String name = Encode.STEP + "/" + view.getKey();
      RowShape shape = view.getValue();
      records.column(name).copyRow(row, copies.column(name, shape.type(), shape.axes()), copy);
    }
    return copy;
  }

  /** Whether a block of such copies takes no further one. */
  boolean isFull(Block copies) {
    boolean full = copies.size() == copies.capacity();
    for (Map.Entry<String, RowShape> view : features.entrySet()) {
      Column column = copies.column(Encode.STEP + "/" + view.getKey());
      full |= view.getValue().varies() && column.place(copies.size()) > Block.VARYING_BYTES;
    }
    return full;
  }

  /** Takes a block of features through all steps for the scores of some heads alone. */
  void scores(Classify.Work work, Collection<String> heads) {
    embed.apply(work.block());
    fuse.apply(work.block());
    classify.scores(work, heads);
  }

  /** Takes a block of features through all steps. */
  void apply(Classify.Work work, List<String> statuses, List<String> flags) {
    embed.apply(work.block());
    fuse.apply(work.block());
    classify.apply(work, statuses, flags);
  }

  @Override
  public void close() {
    classify.close();
    fuse.close();
    embed.close();
  }
}
