package org.ribonnx.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.ribonnx.classify.Classify;
import org.ribonnx.classify.Predictions;
import org.ribonnx.core.block.Pipeline;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.cli.Log;
import org.ribonnx.core.cli.Progress;
import org.ribonnx.core.io.IoErrors;
import org.ribonnx.core.io.OutputFile;
import org.ribonnx.core.io.Spool;
import org.ribonnx.core.npz.TensorFileReader;
import org.ribonnx.core.npz.TensorFileWriter;
import org.ribonnx.core.npz.TensorMeta;
import org.ribonnx.core.onnx.OnnxRuntime;
import org.ribonnx.core.run.RunRecord;
import org.ribonnx.embed.Embed;
import org.ribonnx.encode.Encode;
import org.ribonnx.encode.EncodeCommand;
import org.ribonnx.report.MapSample;

/**
 * All steps in one process. The whole input is encoded and checked first, into a temporary file, so
 * that a bad record is told in seconds and the number of records is known; then blocks pass through
 * the graphs with nothing else on disk.
 */
final class Predict {
  /**
   * Where results go.
   *
   * @param predictions a path, or {@code -}
   * @param scores a path, or {@code -}; null: not wanted
   * @param embeddings a path; null: not wanted
   */
  record Outputs(String predictions, @Nullable String scores, @Nullable Path embeddings) {}

  private final Bundle bundle;
  private final Supplier<OnnxRuntime> runtimes;
  private final int threads;
  private final int batchSize;

  /**
   * @param runtimes loads ONNX Runtime; called in another thread, while the input is encoded
   * @param batchSize records per run of a graph; 0: as the bundle says
   */
  Predict(Bundle bundle, Supplier<OnnxRuntime> runtimes, int threads, int batchSize) {
    this.bundle = bundle;
    this.runtimes = runtimes;
    this.threads = threads;
    this.batchSize = batchSize;
  }

  private record Loaded(OnnxRuntime runtime, Chain chain) implements AutoCloseable {
    @Override
    public void close() {
      chain.close();
      runtime.close();
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
    boolean text = outputs.scores() != null && !Predictions.isTensorFile(outputs.scores());
    FutureTask<Loaded> loading =
        new FutureTask<>(
            () -> {
              OnnxRuntime runtime = runtimes.get();
              Chain chain = new Chain(bundle, runtime, batchSize, text);
              if (mapped) {
                // Before any output is there, though the map is drawn last.
                checkMap(chain, runtime);
              }
              return new Loaded(runtime, chain);
            });
    Thread loader = new Thread(loading, "load");
    loader.setDaemon(true);
    loader.start();
    Path features = temporary();
    try {
      Encode.Result encoded;
      try {
        encoded = new Encode(bundle, input, standardInput).run(features, log, terminal);
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
        predict(loaded.chain(), features, outputs, standardOutput, sample, record, log, terminal);
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

  private void predict(
      Chain chain,
      Path features,
      Outputs outputs,
      OutputStream standardOutput,
      @Nullable MapSample sample,
      RunRecord record,
      Log log,
      boolean terminal) {
    Path embeddingsTarget = outputs.embeddings();
    try (TensorFileReader reader = new TensorFileReader(features, false);
        Predictions predictions =
            new Predictions(
                chain.classify(), outputs.predictions(), outputs.scores(), standardOutput);
        @Nullable TensorFileWriter embeddings =
            embeddingsTarget == null
                ? null
                : new TensorFileWriter(embeddingsTarget, Embed.STEP, chain.embeddings())) {
      // The file stays readable without a name, and a killed process leaves nothing behind.
      delete(features);
      reader.want(Encode.STEP, reader.mainViews());
      TensorMeta meta = reader.meta();
      Progress progress = new Progress(log, terminal, "predicted", reader.records());
      new Pipeline<Classify.Work>(threads, chain::newWork)
          .run(
              work -> reader.fill(work.block()),
              work -> chain.apply(work, meta.status(), meta.flags()),
              work -> {
                predictions.accept(work);
                if (embeddings != null) {
                  embeddings.accept(work.block());
                }
                if (sample != null) {
                  sample.accept(work.block());
                }
                progress.add(work.block().size());
              });
      progress.end();
      record.phase("predict");
      Map<String, String> stages = new LinkedHashMap<>(meta.stages());
      stages.put(Embed.STEP, bundle.digestOf(Embed.STEP));
      if (embeddings != null) {
        embeddings.finish(
            new TensorMeta("embeddings", bundle.name(), stages, meta.status(), meta.flags()));
      }
      predictions.commit(
          new TensorMeta("scores", bundle.name(), meta.stages(), meta.status(), meta.flags()));
      predictions.report(bundle, record, log);
    }
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
