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
      "Writes the digests of a bundle's files into its model.yaml, and the results of its test input beside that."
    })
final class ModelSealCommand extends Cli.Command {
  @Mixin private BundleArgument argument = new BundleArgument();

  ModelSealCommand(Streams streams) {
    super(streams);
  }

  @Override
  public Integer call() {
    Path path = argument.findFolder(streams, "sealed");
    SealBundle seal = new SealBundle(path);
    seal.digests().forEach((file, sha256) -> print(file + "\t" + sha256 + "\n"));
    // The digests of labels and test input may still be those of other files.
    try (Bundle bundle = Bundle.openForSealing(path);
        OnnxRuntime runtime = OnnxRuntime.load(DeviceChoice.CPU, streams.home())) {
      if (bundle.storedTest() != null) {
        print(new StoredRun(bundle, runtime, log()).store() + "\n");
      }
    }
    seal.looseDigests().forEach((file, sha256) -> print(file + "\t" + sha256 + "\n"));
    return 0;
  }
}
