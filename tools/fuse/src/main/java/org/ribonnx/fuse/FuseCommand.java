package org.ribonnx.fuse;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.FuseSpec;
import org.ribonnx.core.cli.Cli;
import org.ribonnx.core.cli.Log;
import org.ribonnx.core.cli.ModelOption;
import org.ribonnx.core.cli.RunOptions;
import org.ribonnx.core.cli.ShardOption;
import org.ribonnx.core.cli.Streams;
import org.ribonnx.core.cli.TensorCommand;
import org.ribonnx.core.cli.ThreadOption;
import org.ribonnx.core.io.OutputFile;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.npz.TensorSource;
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
      arity = "1..*",
      description = {
        "Tensor files that ribonnx-embed wrote (or ribonnx-encode, where nothing is embedded). Several, with some of the"
            + " views each, are joined by id; the records keep the order of the first."
      })
  private List<Path> inputs = List.of();

  @Option(
      names = "--missing",
      paramLabel = "POLICY",
      description = {
        "A record that lacks one of the views: fail ends the run, unusable leaves it without a prediction, mean puts a"
            + " stored vector in its place, mask tells the graph. Default: as the model says, which also limits the"
            + " choice."
      })
  private FuseSpec.@Nullable Policy missing;

  @Option(
      names = "--attention",
      description = "Also write the weights of attention, as fused.attention.")
  private boolean attention;

  @Option(
      names = "--attention-file",
      paramLabel = "FILE",
      description =
          "The same also in a file of their own: a table (.tsv) or a tensor file (.npz), as ribonnx predict --attention"
              + " writes it.")
  private @Nullable Path attentionFile;

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
    OutputFile.check(output, inputs);
    @Nullable Path weights = attentionFile;
    if (weights != null) {
      OutputFile.check(weights, inputs);
      if (weights.toAbsolutePath().normalize().equals(output.toAbsolutePath().normalize())) {
        throw RibonnxException.usage(weights + ": two outputs can't have the same name");
      }
    }
    boolean attends = attention || weights != null;
    try (Bundle bundle = model.open(streams, log);
        OnnxRuntime runtime = options.load(streams, log);
        TensorSource source =
            TensorCommand.open(
                bundle,
                inputs,
                bundle.embed().isEmpty() ? List.of("encode") : List.of("encode", "embed"),
                shard,
                record,
                log);
        @Nullable AttentionFile file = attentionFile(bundle, weights)) {
      TensorCommand.run(
          Fuse.STEP,
          "fused",
          bundle,
          runtime,
          source,
          source.mainViews(),
          output,
          threads.value(streams),
          Fuse.largestBatch(bundle, runtime, batch),
          (opened, loaded, views) ->
              new Fuse(
                  opened, loaded, "input", views, new Fuse.Options(batch, missing, attends), file),
          record,
          log,
          streams.terminal());
      return 0;
    }
  }

  private @Nullable AttentionFile attentionFile(Bundle bundle, @Nullable Path target) {
    FuseSpec.@Nullable Attention spec = bundle.fuse().attention();
    return target == null || spec == null
        ? null
        : new AttentionFile(target.toString(), spec, streams.out());
  }

  public static void main(String[] arguments) {
    Streams streams = Streams.ofProcess();
    OnnxRuntime.preload(streams.home(), arguments);
    Cli.main(new FuseCommand(streams), arguments);
  }
}
