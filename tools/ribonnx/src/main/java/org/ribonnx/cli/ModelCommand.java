package org.ribonnx.cli;

import java.util.List;
import org.ribonnx.core.cli.Cli;
import org.ribonnx.core.cli.Streams;
import org.ribonnx.core.io.RibonnxException;
import picocli.CommandLine.Command;

/** {@code ribonnx model}: what is installed, and what a modeller does with a bundle. */
@Command(
    name = "model",
    mixinStandardHelpOptions = true,
    versionProvider = Cli.Version.class,
    description = "Lists, describes, makes, checks, packs and installs model bundles.")
final class ModelCommand extends Cli.Command {
  ModelCommand(Streams streams) {
    super(streams);
  }

  @Override
  protected List<Cli.Command> subcommands() {
    return List.of(
        new ModelListCommand(streams),
        new ModelInfoCommand(streams),
        new ModelNewCommand(streams),
        new ModelSealCommand(streams),
        new ModelTestCommand(streams),
        new ModelValidateCommand(streams),
        new ModelPackCommand(streams),
        new ModelInstallCommand(streams));
  }

  @Override
  public Integer call() {
    throw RibonnxException.usage(
        "say what to do: list, info, new, seal, test, validate, pack or install; see ribonnx model"
            + " --help");
  }
}
