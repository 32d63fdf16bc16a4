package org.ribonnx.classify;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.block.Pipeline;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.cli.Cli;
import org.ribonnx.core.cli.Log;
import org.ribonnx.core.cli.ModelOption;
import org.ribonnx.core.cli.Progress;
import org.ribonnx.core.cli.RunOptions;
import org.ribonnx.core.cli.ShardOption;
import org.ribonnx.core.cli.Streams;
import org.ribonnx.core.cli.TensorCommand;
import org.ribonnx.core.cli.ThreadOption;
import org.ribonnx.core.io.OutputFile;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.npz.TensorFileReader;
import org.ribonnx.core.npz.TensorMeta;
import org.ribonnx.core.onnx.OnnxRuntime;
import org.ribonnx.core.run.RunRecord;
import org.ribonnx.core.tensor.RowShape;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ribonnx-classify}. */
@Command(
    name = "ribonnx-classify",
    mixinStandardHelpOptions = true,
    versionProvider = Cli.Version.class,
    description = "Runs the heads of a model: a tensor file in, a table of predictions out.")
public final class ClassifyCommand extends Cli.Command {
  @Mixin private ModelOption model = new ModelOption();
  @Mixin private RunOptions options = new RunOptions();
  @Mixin private ThreadOption threads = new ThreadOption();
  @Mixin private ShardOption shard = new ShardOption();
  @Mixin private SetsOption sets = new SetsOption();

  @Parameters(
      paramLabel = "FUSED",
      description = {
        "Tensor file that ribonnx-fuse wrote (or the step before, where nothing is fused or embedded)."
      })
  private Path input = Path.of("FUSED");

  @Option(
      names = "--output",
      required = true,
      paramLabel = "FILE",
      description = "Table of predictions to write (.tsv); - is standard output.")
  private String output = "-";

  @Option(
      names = "--scores",
      paramLabel = "FILE",
      description = "Also write all scores: a table (.tsv) or a tensor file (.npz).")
  private @Nullable String scores;

  public ClassifyCommand(Streams streams) {
    super(streams);
  }

  @Override
  public Integer call() {
    Log log = log();
    RunRecord record = new RunRecord(spec());
    checkOutputs(output, scores, List.of(input));
    int batch = options.batchSize();
    try (Bundle bundle = model.open(streams, log);
        OnnxRuntime runtime = options.load(streams, log);
        TensorFileReader reader = new TensorFileReader(input)) {
      record.model(bundle);
      record.device(runtime.device());
      record.option("--device", runtime.device());
      int threadCount = threads.value(streams);
      record.option("--threads", threadCount);
      @Nullable String warning = reader.checkSteps(bundle, needed(bundle));
      if (warning != null) {
        log.warn(warning);
        record.warning(warning);
      }
      shard.select(reader);
      Map<String, RowShape> views = reader.mainViews();
      reader.want("input", views);
      Classify.Wanted wanted =
          new Classify.Wanted(
              scores != null && !Predictions.isTensorFile(scores), sets.value(bundle));
      try (Classify classify = new Classify(bundle, runtime, "input", views, batch, wanted);
          Predictions predictions = new Predictions(classify, output, scores, streams.out())) {
        record.phase("start");
        List<RowShape> shapes = new ArrayList<>(views.values());
        shapes.addAll(classify.produces().values());
        int block = TensorCommand.blockSize(Classify.largestBatch(bundle, runtime, batch), shapes);
        Progress progress = new Progress(log, streams.terminal(), "classified", reader.selected());
        TensorMeta meta = reader.meta();
        new Pipeline<>(threadCount, () -> classify.newWork(block))
            .run(
                work -> reader.fill(work.block()),
                work -> classify.apply(work, meta.status(), meta.flags()),
                work -> {
                  predictions.accept(work);
                  progress.add(work.block().size());
                });
        progress.end();
        record.phase("classify");
        record.records(predictions.records());
        predictions.commit(
            new TensorMeta("scores", bundle.name(), meta.stages(), meta.status(), meta.flags()));
        predictions.report(bundle, record, log);
        if (!output.equals("-")) {
          record.write(RunRecord.beside(Path.of(output)));
        }
        log.end();
        return 0;
      }
    }
  }

  /** The steps that records must have passed before the heads of a bundle can read them. */
  private static List<String> needed(Bundle bundle) {
    List<String> needed = new ArrayList<>(List.of("encode"));
    if (!bundle.embed().isEmpty()) {
      needed.add("embed");
    }
    if (!bundle.fuse().isIdentity()) {
      needed.add("fuse");
    }
    return needed;
  }

  /** Checks, before any work, that the outputs can be written. */
  public static void checkOutputs(String output, @Nullable String scores, List<Path> inputs) {
    if (!output.equals("-")) {
      OutputFile.check(Path.of(output), inputs);
    }
    if (scores != null && !scores.equals("-")) {
      OutputFile.check(Path.of(scores), inputs);
    }
    if (scores != null && scores.equals(output)) {
      throw RibonnxException.usage(scores + ": predictions and scores can't have the same name");
    }
  }

  public static void main(String[] arguments) {
    Streams streams = Streams.ofProcess();
    OnnxRuntime.preload(streams.home(), arguments);
    Cli.main(new ClassifyCommand(streams), arguments);
  }
}
