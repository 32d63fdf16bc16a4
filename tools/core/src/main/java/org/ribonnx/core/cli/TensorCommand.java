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
import org.ribonnx.core.npz.JoinedTensorFiles;
import org.ribonnx.core.npz.TensorFileReader;
import org.ribonnx.core.npz.TensorFileWriter;
import org.ribonnx.core.npz.TensorMeta;
import org.ribonnx.core.npz.TensorSource;
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

    /**
     * A look at the records before any work, of which only ids and statuses are read.
     *
     * @throws org.ribonnx.core.io.RibonnxException input, if the step can't take them
     */
    default void look(TensorSource records) {}

    /** Takes note of a finished block; in the order of the records. */
    default void accept(Block block) {}

    /** What the file that the step writes says of itself, by what the one before did. */
    default TensorMeta meta(TensorMeta before) {
      return before;
    }

    /**
     * The file that the step writes is whole.
     *
     * @param meta what it says of itself
     */
    default void finish(TensorMeta meta) {}

    /** Puts what the step found into the run record and the log. */
    default void report(RunRecord record, Log log) {}

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
   * Opens tensor files, which are joined by id where there are several.
   *
   * @param paths at least one
   * @param needed steps that the records must have passed
   * @throws org.ribonnx.core.io.RibonnxException input, if a file is damaged, of another model or
   *     of another step, or they can't be joined
   */
  public static TensorSource open(
      Bundle bundle,
      List<Path> paths,
      List<String> needed,
      ShardOption shard,
      RunRecord record,
      Log log) {
    List<TensorFileReader> files = new ArrayList<>();
    try {
      for (Path path : paths) {
        TensorFileReader file = new TensorFileReader(path);
        files.add(file);
        @Nullable String warning = file.checkSteps(bundle, needed);
        if (warning != null) {
          log.warn(warning);
          record.warning(warning);
        }
      }
    } catch (RuntimeException | Error e) {
      files.forEach(TensorFileReader::close);
      throw e;
    }
    TensorSource source =
        files.size() == 1 ? files.get(0) : new JoinedTensorFiles(files, bundle.viewNames());
    shard.select(source);
    return source;
  }

  /**
   * Reads, works, writes.
   *
   * @param name of the step, {@code embed} or {@code fuse}
   * @param kind of the file that is written
   * @param source the records
   * @param views of theirs that the step takes
   * @param batch largest number of records per run of any graph
   */
  public static void run(
      String name,
      String kind,
      Bundle bundle,
      OnnxRuntime runtime,
      TensorSource source,
      Map<String, RowShape> views,
      Path output,
      int threads,
      int batch,
      Factory factory,
      RunRecord record,
      Log log,
      boolean terminal) {
    record.model(bundle);
    record.device(runtime.device());
    record.option("--device", runtime.device());
    record.option("--threads", threads);
    source.want("input", views);
    try (Step step = factory.make(bundle, runtime, views)) {
      step.look(source);
      try (TensorFileWriter writer = new TensorFileWriter(output, name, step.produces())) {
        record.phase("start");
        String done = name.equals("embed") ? "embedded" : "fused";
        Progress progress = new Progress(log, terminal, done, source.selected());
        List<RowShape> shapes = new ArrayList<>(views.values());
        shapes.addAll(step.produces().values());
        int size = blockSize(batch, shapes);
        new Pipeline<>(threads, () -> new Block(size))
            .run(
                source,
                step,
                block -> {
                  step.accept(block);
                  writer.accept(block);
                  progress.add(block.size());
                });
        progress.end();
        record.phase(name);
        record.records(writer.records());
        TensorMeta before = step.meta(source.meta());
        Map<String, String> stages = new LinkedHashMap<>(before.stages());
        if (!stages.isEmpty()) {
          stages.put(name, bundle.digestOf(name));
        }
        TensorMeta meta =
            new TensorMeta(kind, bundle.name(), stages, before.status(), before.flags());
        writer.finish(meta);
        step.finish(meta);
        step.report(record, log);
        record.write(RunRecord.beside(output));
        log.info(Plural.records(writer.records()) + " " + done);
        log.end();
      }
    }
  }
}
