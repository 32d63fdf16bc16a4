package org.ribonnx.embed;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.cli.Cli;
import org.ribonnx.core.cli.Log;
import org.ribonnx.core.cli.ModelOption;
import org.ribonnx.core.cli.RunOptions;
import org.ribonnx.core.cli.ShardOption;
import org.ribonnx.core.cli.Streams;
import org.ribonnx.core.cli.TensorCommand;
import org.ribonnx.core.cli.ThreadOption;
import org.ribonnx.core.io.OutputFile;
import org.ribonnx.core.npz.TensorSource;
import org.ribonnx.core.onnx.OnnxRuntime;
import org.ribonnx.core.run.RunRecord;
import org.ribonnx.core.tensor.RowShape;
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

  @Option(
      names = "--view",
      paramLabel = "NAME",
      description = {
        "Embed only this view of the model; may be given several times. Views can so be embedded by several tasks, and"
            + " ribonnx-fuse joins them. Default: all."
      })
  private List<String> view = List.of();

  public EmbedCommand(Streams streams) {
    super(streams);
  }

  @Override
  public Integer call() {
    Log log = log();
    RunRecord record = new RunRecord(spec());
    int batch = options.batchSize();
    OutputFile.check(output, List.of(input));
    try (Bundle bundle = model.open(streams, log);
        OnnxRuntime runtime = options.load(streams, log);
        TensorSource source =
            TensorCommand.open(bundle, List.of(input), List.of("encode"), shard, record, log)) {
      Map<String, RowShape> read = Embed.read(bundle, input, source.mainViews(), view);
      TensorCommand.run(
          Embed.STEP,
          "embeddings",
          bundle,
          runtime,
          source,
          read,
          output,
          threads.value(streams),
          Embed.largestBatch(bundle, runtime, batch),
          (opened, loaded, views) ->
              new Embed(
                  opened, loaded, "input", views, view.isEmpty() ? views.keySet() : view, batch),
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
