package org.ribonnx.fuse;

import java.nio.file.Path;
import java.util.List;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.cli.Cli;
import org.ribonnx.core.cli.Log;
import org.ribonnx.core.cli.ModelOption;
import org.ribonnx.core.cli.RunOptions;
import org.ribonnx.core.cli.ShardOption;
import org.ribonnx.core.cli.Streams;
import org.ribonnx.core.cli.TensorCommand;
import org.ribonnx.core.cli.ThreadOption;
import org.ribonnx.core.onnx.OnnxRuntime;
import org.ribonnx.core.run.RunRecord;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ribonnx-fuse}. */
@Command(
    name = "ribonnx-fuse",
    mixinStandardHelpOptions = true,
    versionProvider = Cli.Version.class,
    description =
        "Joins the views of each record into one: embeddings in, fused views out, both as tensor files (.npz).")
public final class FuseCommand extends Cli.Command {
  @Mixin private ModelOption model = new ModelOption();
  @Mixin private RunOptions options = new RunOptions();
  @Mixin private ThreadOption threads = new ThreadOption();
  @Mixin private ShardOption shard = new ShardOption();

  @Parameters(
      paramLabel = "EMBEDDINGS",
      description =
          "Tensor file that ribonnx-embed wrote (or ribonnx-encode, where nothing is embedded).")
  private Path input = Path.of("EMBEDDINGS");

  @Option(
      names = "--output",
      required = true,
      paramLabel = "FILE",
      description = "Tensor file to write (.npz).")
  private Path output = Path.of("fused.npz");

  public FuseCommand(Streams streams) {
    super(streams);
  }

  @Override
  public Integer call() {
    Log log = log();
    RunRecord record = new RunRecord(spec());
    int batch = options.batchSize();
    try (Bundle bundle = model.open(streams, log);
        OnnxRuntime runtime = options.load(streams, log)) {
      TensorCommand.run(
          Fuse.STEP,
          bundle.embed().isEmpty() ? List.of("encode") : List.of("encode", "embed"),
          "fused",
          bundle,
          runtime,
          input,
          shard,
          output,
          threads.value(streams),
          Fuse.largestBatch(bundle, runtime, batch),
          (opened, loaded, views) -> new Fuse(opened, loaded, "input", views, batch),
          record,
          log,
          streams.terminal());
      return 0;
    }
  }

  public static void main(String[] arguments) {
    Streams streams = Streams.ofProcess();
    OnnxRuntime.preload(streams.home(), arguments);
    Cli.main(new FuseCommand(streams), arguments);
  }
}
