package org.ribonnx.cli;

import java.util.List;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.cli.Cli;
import org.ribonnx.core.cli.Streams;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.onnx.DeviceChoice;
import org.ribonnx.core.onnx.OnnxRuntime;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code ribonnx model validate}. */
@Command(
    name = "validate",
    mixinStandardHelpOptions = true,
    versionProvider = Cli.Version.class,
    description = "Checks a bundle without running it, and names every problem at once.")
final class ModelValidateCommand extends Cli.Command {
  @Mixin private BundleArgument argument = new BundleArgument();

  ModelValidateCommand(Streams streams) {
    super(streams);
  }

  @Override
  public Integer call() {
    try (Bundle bundle = Bundle.open(argument.find(streams));
        OnnxRuntime runtime = OnnxRuntime.load(DeviceChoice.CPU, streams.home())) {
      List<String> problems = new BundleCheck(bundle, runtime).problems();
      problems.forEach(problem -> log().warn(problem));
      if (!problems.isEmpty()) {
        throw RibonnxException.bundle(
            bundle.name()
                + ": "
                + problems.size()
                + (problems.size() == 1 ? " problem" : " problems"));
      }
      print(bundle.name() + ": sound\n");
      return 0;
    }
  }
}
