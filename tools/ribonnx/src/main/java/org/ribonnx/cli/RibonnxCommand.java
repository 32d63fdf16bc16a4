package org.ribonnx.cli;

import java.util.List;
import org.ribonnx.core.cli.Cli;
import org.ribonnx.core.cli.Streams;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.onnx.OnnxRuntime;
import picocli.CommandLine.Command;

/** {@code ribonnx}: the commands that are no single step. */
@Command(
    name = "ribonnx",
    mixinStandardHelpOptions = true,
    versionProvider = Cli.Version.class,
    description = "RNA models exported to ONNX, run anywhere.",
    footer = {
      "",
      "Single steps: ribonnx-encode, ribonnx-embed, ribonnx-fuse, ribonnx-classify, ribonnx-report."
    })
public final class RibonnxCommand extends Cli.Command {
  public RibonnxCommand(Streams streams) {
    super(streams);
  }

  @Override
  protected List<Cli.Command> subcommands() {
    return List.of(
        new PredictCommand(streams),
        new ExplainCommand(streams),
        new VariantsCommand(streams),
        new ModelCommand(streams),
        new DoctorCommand(streams),
        new TrainArchiveCommand(streams));
  }

  @Override
  public Integer call() {
    throw RibonnxException.usage(
        "say what to do: predict, explain, variants, model or doctor; see ribonnx --help");
  }

  public static void main(String[] arguments) {
    Streams streams = Streams.ofProcess();
    if (arguments.length > 1 && List.of("predict", "explain", "variants").contains(arguments[0])) {
      OnnxRuntime.preload(streams.home(), arguments);
    }
    Cli.main(new RibonnxCommand(streams), arguments);
  }
}
