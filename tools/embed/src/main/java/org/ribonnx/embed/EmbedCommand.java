package org.ribonnx.embed;

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

/** {@code ribonnx-embed}. */
@Command(
    name = "ribonnx-embed",
    mixinStandardHelpOptions = true,
    versionProvider = Cli.Version.class,
    description =
        "Runs the graph of each view: features in, embeddings out, both as tensor files (.npz).")
public final class EmbedCommand extends Cli.Command {
  @Mixin private ModelOption model = new ModelOption();
  @Mixin private RunOptions options = new RunOptions();
  @Mixin private ThreadOption threads = new ThreadOption();
  @Mixin private ShardOption shard = new ShardOption();

  @Parameters(paramLabel = "FEATURES", description = "Tensor file that ribonnx-encode wrote.")
  private Path input = Path.of("FEATURES");

  @Option(
      names = "--output",
      required = true,
      paramLabel = "FILE",
      description = "Tensor file to write (.npz).")
  private Path output = Path.of("embeddings.npz");

  public EmbedCommand(Streams streams) {
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
          Embed.STEP,
          List.of("encode"),
          "embeddings",
          bundle,
          runtime,
          input,
          shard,
          output,
          threads.value(streams),
          Embed.largestBatch(bundle, runtime, batch),
          (opened, loaded, views) -> new Embed(opened, loaded, "input", views, batch),
          record,
          log,
          streams.terminal());
      return 0;
    }
  }

  public static void main(String[] arguments) {
    Streams streams = Streams.ofProcess();
    OnnxRuntime.preload(streams.home(), arguments);
    Cli.main(new EmbedCommand(streams), arguments);
  }
}
