package org.ribonnx.cli;

import java.nio.file.Path;
import java.util.List;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.cli.Cli;
import org.ribonnx.core.cli.Streams;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.io.Tree;
import org.ribonnx.core.onnx.DeviceChoice;
import org.ribonnx.core.onnx.OnnxRuntime;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ribonnx model install}. */
@Command(
    name = "install",
    mixinStandardHelpOptions = true,
    versionProvider = Cli.Version.class,
    description = {
      "Checks a bundle and copies it into a folder of models, from a folder or a zip, as ID-VERSION."
    })
final class ModelInstallCommand extends Cli.Command {
  @Mixin private BundleArgument argument = new BundleArgument();

  @Option(
      names = "--into",
      required = true,
      paramLabel = "FOLDER",
      description = "Folder of models, made if it is not there; RIBONNX_MODELS names it later.")
  private Path into = Path.of("");

  @Option(names = "--json", description = "Print what was installed as JSON, for tables of models.")
  private boolean json;

  ModelInstallCommand(Streams streams) {
    super(streams);
  }

  @Override
  public Integer call() {
    try (Bundle bundle = Bundle.open(argument.find(streams))) {
      try (OnnxRuntime runtime = OnnxRuntime.load(DeviceChoice.CPU, streams.home())) {
        List<String> problems = new BundleCheck(bundle, runtime).problems();
        problems.forEach(problem -> log().warn(problem));
        if (!problems.isEmpty()) {
          throw RibonnxException.bundle(
              bundle.name() + ": not installed, since something is wrong with it (see above)");
        }
      }
      InstallBundle install = new InstallBundle(bundle, into);
      boolean fresh = install.run();
      log()
          .info(
              bundle.name()
                  + (fresh ? " installed in " : " is there already, in ")
                  + install.target());
      print(json ? Tree.prettyJson(install.row()) : install.target() + "\n");
      return 0;
    }
  }
}
