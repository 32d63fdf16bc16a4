package org.ribonnx.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.cli.Cli;
import org.ribonnx.core.cli.Streams;
import org.ribonnx.core.io.Digest;
import org.ribonnx.core.io.IoErrors;
import org.ribonnx.core.io.OutputFile;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.onnx.DeviceChoice;
import org.ribonnx.core.onnx.OnnxRuntime;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ribonnx model pack}. */
@Command(
    name = "pack",
    mixinStandardHelpOptions = true,
    versionProvider = Cli.Version.class,
    description = {
      "Checks a sealed bundle and writes it as a zip: what model.yaml names, README, licence. Equal"
          + " bundles give equal bytes."
    })
final class ModelPackCommand extends Cli.Command {
  @Mixin private BundleArgument argument = new BundleArgument();

  @Option(
      names = "--output",
      paramLabel = "FILE",
      description = "The zip; default: ID-VERSION.zip in the working folder.")
  private @Nullable Path output;

  ModelPackCommand(Streams streams) {
    super(streams);
  }

  @Override
  public Integer call() {
    Path path = argument.findFolder(streams, "packed");
    try (Bundle bundle = Bundle.open(path)) {
      try (OnnxRuntime runtime = OnnxRuntime.load(DeviceChoice.CPU, streams.home())) {
        BundleCheck.refuse(path, runtime, log(), "packed");
      }
      PackBundle pack = new PackBundle(bundle);
      Path target = output == null ? Path.of(pack.fileName()) : output;
      if (!target.toString().endsWith(".zip")) {
        throw RibonnxException.usage("--output is '" + target + "'; its name must end in .zip");
      }
      OutputFile.check(target, List.of());
      pack.write(target);
      print(target + "\t" + digest(target) + "\n");
      return 0;
    }
  }

  private static String digest(Path file) {
    try {
      return Digest.of(file);
    } catch (IOException e) {
      throw IoErrors.reading(file.toString(), e);
    }
  }
}
