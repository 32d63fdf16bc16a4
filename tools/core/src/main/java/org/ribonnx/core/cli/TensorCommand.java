package org.ribonnx.core.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.block.Pipeline;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.io.OutputFile;
import org.ribonnx.core.npz.TensorFileReader;
import org.ribonnx.core.npz.TensorFileWriter;
import org.ribonnx.core.npz.TensorMeta;
import org.ribonnx.core.onnx.OnnxRuntime;
import org.ribonnx.core.run.RunRecord;
import org.ribonnx.core.tensor.RowShape;

/** What a command does that takes a tensor file through one step into another. */
public final class TensorCommand {
  /** Records in a block; small enough that a few blocks in flight stay cheap. */
  public static final int BLOCK = 128;

  /** The step between the files. */
  public interface Step extends Pipeline.Step<Block>, AutoCloseable {
    /** The views after the step. */
    Map<String, RowShape> produces();

    @Override
    void close();
  }

  /** Makes the step, once the views that it takes are known. */
  public interface Factory {
    Step make(Bundle bundle, OnnxRuntime runtime, Map<String, RowShape> views);
  }

  private TensorCommand() {}

  /** Records in a block of views of varying length, so that several share a padded length. */
  private static final int VARYING_BLOCK = 512;

  /**
   * Records in a block, for runs of {@code batch} records; fewer where records are very large.
   *
   * @param shapes of the views and outputs in the block
   */
  public static int blockSize(int batch, Collection<RowShape> shapes) {
    boolean varies = shapes.stream().anyMatch(RowShape::varies);
    int records = Math.max(varies ? VARYING_BLOCK : BLOCK, Block.roundUp(batch));
    return RowShape.roomFor(shapes, records, Block.ROWS);
  }

  /**
   * Reads, works, writes.
   *
   * @param name of the step, {@code embed} or {@code fuse}
   * @param needed steps that the records must have passed
   * @param kind of the file that is written
   * @param batch largest number of records per run of any graph
   */
  public static void run(
      String name,
      List<String> needed,
      String kind,
      Bundle bundle,
      OnnxRuntime runtime,
      Path input,
      ShardOption shard,
      Path output,
      int threads,
      int batch,
      Factory factory,
      RunRecord record,
      Log log,
      boolean terminal) {
    OutputFile.check(output, List.of(input));
    record.model(bundle);
    record.device(runtime.device());
    record.option("--device", runtime.device());
    record.option("--threads", threads);
    try (TensorFileReader reader = new TensorFileReader(input)) {
      @Nullable String warning = reader.checkSteps(bundle, needed);
      if (warning != null) {
        log.warn(warning);
        record.warning(warning);
      }
      shard.select(reader);
      Map<String, RowShape> views = reader.mainViews();
      reader.want("input", views);
      try (Step step = factory.make(bundle, runtime, views);
          TensorFileWriter writer = new TensorFileWriter(output, name, step.produces())) {
        record.phase("start");
        Progress progress =
            new Progress(
                log, terminal, name.equals("embed") ? "embedded" : "fused", reader.selected());
        List<RowShape> shapes = new ArrayList<>(views.values());
        shapes.addAll(step.produces().values());
        int size = blockSize(batch, shapes);
        new Pipeline<>(threads, () -> new Block(size))
            .run(
                reader,
                step,
                block -> {
                  writer.accept(block);
                  progress.add(block.size());
                });
        progress.end();
        record.phase(name);
        record.records(writer.records());
        Map<String, String> stages = new LinkedHashMap<>(reader.meta().stages());
        if (!stages.isEmpty()) {
          stages.put(name, bundle.digestOf(name));
        }
        writer.finish(
            new TensorMeta(
                kind, bundle.name(), stages, reader.meta().status(), reader.meta().flags()));
        record.write(RunRecord.beside(output));
        log.info(writer.records() + " records " + (name.equals("embed") ? "embedded" : "fused"));
        log.end();
      }
    }
  }
}
