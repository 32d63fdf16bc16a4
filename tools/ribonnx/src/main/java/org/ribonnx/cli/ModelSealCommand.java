package org.ribonnx.cli;

import java.nio.file.Path;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.cli.Cli;
import org.ribonnx.core.cli.Streams;
import org.ribonnx.core.onnx.DeviceChoice;
import org.ribonnx.core.onnx.OnnxRuntime;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code ribonnx model seal}. */
@Command(
    name = "seal",
    mixinStandardHelpOptions = true,
    versionProvider = Cli.Version.class,
    description = {
      "Writes the digests of a bundle's graphs into its model.yaml, and the results of its test input beside that."
    })
final class ModelSealCommand extends Cli.Command {
  @Mixin private BundleArgument argument = new BundleArgument();

  ModelSealCommand(Streams streams) {
    super(streams);
  }

  @Override
  public Integer call() {
    Path path = argument.findFolder(streams, "sealed");
    new SealBundle(path).digests().forEach((file, sha256) -> print(file + "\t" + sha256 + "\n"));
    try (Bundle bundle = Bundle.open(path);
        OnnxRuntime runtime = OnnxRuntime.load(DeviceChoice.CPU, streams.home())) {
      if (bundle.storedTest() != null) {
        print(new StoredRun(bundle, runtime, log()).store() + "\n");
      }
    }
    return 0;
  }
}
