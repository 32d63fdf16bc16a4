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

/** {@code ribonnx model test}. */
@Command(
    name = "test",
    mixinStandardHelpOptions = true,
    versionProvider = Cli.Version.class,
    description = "Runs the stored input through every step and compares with the stored results.")
final class ModelTestCommand extends Cli.Command {
  @Mixin private BundleArgument argument = new BundleArgument();

  ModelTestCommand(Streams streams) {
    super(streams);
  }

  @Override
  public Integer call() {
    try (Bundle bundle = Bundle.open(argument.find(streams));
        OnnxRuntime runtime = OnnxRuntime.load(DeviceChoice.CPU, streams.home())) {
      List<StoredRun.Comparison> comparisons = new StoredRun(bundle, runtime, log()).compare();
      boolean passed = true;
      for (StoredRun.Comparison comparison : comparisons) {
        print(bundle.name() + "\t" + comparison.line() + "\n");
        passed &= comparison.passed();
      }
      if (!passed) {
        throw RibonnxException.bundle(
            bundle.name() + ": the stored results are not reached on this machine");
      }
      return 0;
    }
  }
}
