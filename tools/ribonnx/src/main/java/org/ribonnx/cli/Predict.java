package org.ribonnx.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.ribonnx.classify.Classify;
import org.ribonnx.classify.Predictions;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.block.Pipeline;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.FuseSpec;
import org.ribonnx.core.cli.Log;
import org.ribonnx.core.cli.Progress;
import org.ribonnx.core.cli.Streams;
import org.ribonnx.core.io.IoErrors;
import org.ribonnx.core.io.OutputFile;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.io.Spool;
import org.ribonnx.core.npz.TensorFileReader;
import org.ribonnx.core.npz.TensorFileWriter;
import org.ribonnx.core.npz.TensorMeta;
import org.ribonnx.core.onnx.DeviceChoice;
import org.ribonnx.core.onnx.OnnxRuntime;
import org.ribonnx.core.run.RunRecord;
import org.ribonnx.core.tensor.RowShape;
import org.ribonnx.embed.Embed;
import org.ribonnx.encode.Encode;
import org.ribonnx.encode.EncodeCommand;
import org.ribonnx.fuse.AttentionFile;
import org.ribonnx.report.MapSample;
import org.ribonnx.report.Report;

/**
 * All steps in one process. The whole input is encoded and checked first, into a temporary file, so
 * that a bad record is told in seconds and the number of records is known; then blocks pass through
 * the graphs with nothing else on disk.
 */
final class Predict {
  /** A block of records, with what else is made of them. */
  private record Work(Classify.Work classified, Behind.@Nullable Work more) {
    Block block() {
      return classified.block();
    }
  }

  /**
   * Where results go.
   *
   * @param predictions a path, or {@code -}
   * @param scores a path, or {@code -}; null: not wanted
   * @param embeddings a path; null: not wanted
   * @param attention of the weights of attention, a path, or {@code -}; null: not wanted
   * @param sets whether the predictions hold prediction sets, where a head has them
   */
  record Outputs(
      String predictions,
      @Nullable String scores,
      @Nullable Path embeddings,
      @Nullable String attention,
      boolean sets) {
    /** Without weights of attention and prediction sets. */
    Outputs(String predictions, @Nullable String scores, @Nullable Path embeddings) {
      this(predictions, scores, embeddings, null, false);
    }

    private Classify.Wanted wanted() {
      return new Classify.Wanted(scores != null && !Predictions.isTensorFile(scores), sets);
    }
  }

  private final Bundle bundle;
  private final Supplier<OnnxRuntime> runtimes;
  private final int threads;
  private final int batchSize;
  private final Behind.@Nullable Plan plan;

  /**
   * @param runtimes loads ONNX Runtime; called in another thread, while the input is encoded
   * @param batchSize records per run of a graph; 0: as the bundle says
   * @param plan what else is made of the records on the way; null: nothing
   */
  Predict(
      Bundle bundle,
      Supplier<OnnxRuntime> runtimes,
      int threads,
      int batchSize,
      Behind.@Nullable Plan plan) {
    this.bundle = bundle;
    this.runtimes = runtimes;
    this.threads = threads;
    this.batchSize = batchSize;
    this.plan = plan;
  }

  private record Loaded(OnnxRuntime runtime, Chain chain, @Nullable Behind behind)
      implements AutoCloseable {
    @Override
    public void close() {
      if (behind != null) {
        behind.close();
      }
      chain.close();
      runtime.close();
    }
  }

  /**
   * The page on what a run left in a folder or in files.
   *
   * @param sample records for the map; null: the page has none
   */
  static void report(
      Bundle bundle,
      Report.Options what,
      @Nullable MapSample sample,
      Streams streams,
      Log log,
      RunRecord record) {
    Report.@Nullable MapSource map =
        sample == null
            ? null
            : new Report.MapSource(
                sample, List.of(), () -> OnnxRuntime.load(DeviceChoice.CPU, streams.home()));
    new Report(bundle, what, map).run(log, record);
    record.phase("report");
  }

  /** The page on what a run left in a folder, and the folder's run record; says where they are. */
  static void reportInto(
      Path outdir,
      Bundle bundle,
      Report.Options what,
      @Nullable MapSample sample,
      Streams streams,
      Log log,
      RunRecord record) {
    report(bundle, what, sample, streams, log, record);
    record.write(outdir.resolve("run.json"));
    log.info("results are in " + outdir + "; open " + what.output());
  }

  /**
   * Where a result goes: to the file that is named, else into the folder.
   *
   * @throws RibonnxException usage, if there is neither
   */
  static String target(@Nullable String named, @Nullable Path outdir, String inFolder) {
    if (named != null) {
      return named;
    }
    if (outdir == null) {
      throw RibonnxException.usage("say where the results go: --outdir FOLDER, or --output FILE");
    }
    return outdir.resolve(inFolder).toString();
  }

  /**
   * Checks a report in Markdown that goes with the page of a folder.
   *
   * @throws RibonnxException usage, if there is no folder or the file can't be written
   */
  static void checkMarkdown(@Nullable Path markdown, @Nullable Path outdir, List<Path> inputs) {
    if (markdown == null) {
      return;
    }
    if (outdir == null) {
      throw RibonnxException.usage("--markdown goes with a report: --outdir FOLDER");
    }
    OutputFile.check(markdown, inputs);
  }

  /**
   * Makes a folder for results.
   *
   * @throws RibonnxException usage, if it can't be made
   */
  static void makeFolder(Path outdir) {
    try {
      Files.createDirectories(outdir);
    } catch (IOException e) {
      throw RibonnxException.usage(outdir + ": the folder can't be made: " + IoErrors.text(e));
    }
  }

  /**
   * Predicts, and puts counts and times into the record.
   *
   * @param mapped whether records are wanted for a map
   * @return the records of the map; null where none are wanted
   */
  @Nullable MapSample run(
      Encode.Options input,
      InputStream standardInput,
      Outputs outputs,
      OutputStream standardOutput,
      boolean mapped,
      RunRecord record,
      Log log,
      boolean terminal) {
    FutureTask<Loaded> loading =
        new FutureTask<>(
            () -> {
              OnnxRuntime runtime = runtimes.get();
              Chain chain =
                  new Chain(
                      bundle, runtime, batchSize, outputs.wanted(), outputs.attention() != null);
              if (mapped) {
                // Before any output is there, though the map is drawn last.
                checkMap(chain, runtime);
              }
              return new Loaded(runtime, chain, behind(chain, runtime));
            });
    // First: a failure here would end the process while the library is being loaded.
    Path features = temporary();
    Thread loader = new Thread(loading, "load");
    loader.setDaemon(true);
    loader.start();
    try {
      Encode.Result encoded;
      try {
        Encode.Reading reading = plan == null ? Encode.Reading.RECORDS : plan.reading();
        encoded = new Encode(bundle, input, reading, standardInput).run(features, log, terminal);
      } catch (RuntimeException e) {
        closeLate(loading);
        throw e;
      }
      record.phase("encode");
      EncodeCommand.report(encoded, record, log);
      try (Loaded loaded = await(loading)) {
        record.phase("load");
        record.device(loaded.runtime().device());
        record.option("--device", loaded.runtime().device());
        @Nullable MapSample sample = mapped ? loaded.chain().newMapSample(bundle) : null;
        predict(loaded, features, outputs, standardOutput, sample, record, log, terminal);
        return sample;
      }
    } finally {
      delete(features);
    }
  }

  private void checkMap(Chain chain, OnnxRuntime runtime) {
    try {
      chain.checkMap(bundle, runtime);
    } catch (RuntimeException e) {
      chain.close();
      throw e;
    }
  }

  private @Nullable Behind behind(Chain chain, OnnxRuntime runtime) {
    if (plan == null) {
      return null;
    }
    try {
      return plan.open(bundle, chain, runtime, batchSize);
    } catch (RuntimeException e) {
      chain.close();
      throw e;
    }
  }

  private static Work newWork(Chain chain, @Nullable Behind behind) {
    if (behind == null) {
      return new Work(chain.newWork(), null);
    }
    Classify.Work block = behind.newBlock();
    return new Work(block, behind.newWork(block));
  }

  private boolean fill(TensorFileReader reader, Work work, @Nullable Behind behind) {
    Block block = work.block();
    if (behind == null || work.more() == null) {
      return reader.fill(block);
    }
    int rows = behind.rows(block.capacity(), reader.records(), threads);
    boolean filled = rows < block.capacity() ? reader.fill(block, rows) : reader.fill(block);
    if (filled) {
      work.more().prepare();
    }
    return filled;
  }

  private void predict(
      Loaded loaded,
      Path features,
      Outputs outputs,
      OutputStream standardOutput,
      @Nullable MapSample sample,
      RunRecord record,
      Log log,
      boolean terminal) {
    Chain chain = loaded.chain();
    @Nullable Behind behind = loaded.behind();
    Path embeddingsTarget = outputs.embeddings();
    try (TensorFileReader reader = new TensorFileReader(features, false);
        Predictions predictions =
            new Predictions(
                chain.classify(), outputs.predictions(), outputs.scores(), standardOutput);
        @Nullable TensorFileWriter embeddings =
            embeddingsTarget == null
                ? null
                : new TensorFileWriter(embeddingsTarget, Embed.STEP, chain.embeddings());
        @Nullable AttentionFile attention = attention(outputs.attention(), standardOutput)) {
      if (embeddings != null) {
        embeddings.beforeFusing();
      }
      // The file stays readable without a name, and a killed process leaves nothing behind.
      delete(features);
      Map<String, RowShape> wanted = new LinkedHashMap<>(reader.mainViews());
      if (plan != null && plan.reading() == Encode.Reading.RECORDS_WITH_CODES) {
        wanted.put(Encode.CODES, Encode.CODES_SHAPE);
      }
      reader.want(Encode.STEP, wanted);
      chain.fuse().look(reader, Encode.STEP);
      TensorMeta meta = reader.meta();
      if (behind != null) {
        behind.begin(reader);
      }
      Progress progress =
          new Progress(log, terminal, plan == null ? "predicted" : plan.done(), reader.records());
      new Pipeline<Work>(threads, () -> newWork(chain, behind))
          .run(
              work -> fill(reader, work, behind),
              work -> {
                chain.apply(work.classified(), meta.status(), meta.flags());
                if (work.more() != null) {
                  work.more().apply();
                }
              },
              work -> {
                predictions.accept(work.classified());
                chain.fuse().accept(work.block());
                if (attention != null) {
                  attention.accept(work.block());
                }
                if (work.more() != null) {
                  work.more().accept();
                }
                if (embeddings != null) {
                  embeddings.accept(work.block());
                }
                if (sample != null) {
                  sample.accept(work.block());
                }
                progress.add(work.block().size());
              });
      progress.end();
      record.phase(plan == null ? "predict" : plan.phase());
      Map<String, String> stages = new LinkedHashMap<>(meta.stages());
      stages.put(Embed.STEP, bundle.digestOf(Embed.STEP));
      if (embeddings != null) {
        embeddings.finish(
            new TensorMeta("embeddings", bundle.name(), stages, meta.status(), meta.flags()));
      }
      predictions.commit(
          new TensorMeta("scores", bundle.name(), meta.stages(), meta.status(), meta.flags()));
      if (attention != null) {
        attention.commit(meta);
      }
      chain.fuse().report(record, log);
      predictions.report(bundle, record, log);
      if (behind != null) {
        behind.commit();
        behind.report(record, log);
      }
    }
  }

  private @Nullable AttentionFile attention(@Nullable String target, OutputStream standardOutput) {
    FuseSpec.@Nullable Attention spec = bundle.fuse().attention();
    return target == null || spec == null ? null : new AttentionFile(target, spec, standardOutput);
  }

  private static Path temporary() {
    Path folder = Spool.folder();
    try {
      Path file = Files.createTempFile(folder, "ribonnx-", ".npz");
      OutputFile.removeOnSignal(file);
      return file;
    } catch (IOException e) {
      throw IoErrors.writing("temporary file in " + folder + " (see TMPDIR)", e);
    }
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw IoErrors.writing(file.toString(), e);
    }
  }

  private static Loaded await(FutureTask<Loaded> loading) {
    try {
      return loading.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      if (e.getCause() instanceof Error failure) {
        throw failure;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  /**
   * After a failure of the input, which is what the user is told: waits for the loader and closes
   * what it made.
   */
  private static void closeLate(FutureTask<Loaded> loading) {
    try {
      await(loading).close();
    } catch (RuntimeException | Error e) {
      // The failure of the input is thrown on by the caller; this one would hide it.
      return;
    }
  }
}
