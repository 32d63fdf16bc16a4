package org.ribonnx.cli;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.cli.Cli;
import org.ribonnx.core.cli.Streams;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.onnx.DeviceChoice;
import org.ribonnx.core.onnx.OnnxRuntime;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ribonnx model test}. */
@Command(
    name = "test",
    mixinStandardHelpOptions = true,
    versionProvider = Cli.Version.class,
    description = {
      "Runs the stored input through every step and compares with the stored results, all records"
          + " together and one by one."
    })
final class ModelTestCommand extends Cli.Command {
  @Mixin private BundleArgument argument = new BundleArgument();

  @Option(
      names = "--reference",
      paramLabel = "FILE",
      description = {
        "Compare first with what the model's own library gives: an .npz of numpy.savez with ids and"
            + " an array named like the head or its graph's output. Needs no sealed bundle."
      })
  private @Nullable Path reference;

  ModelTestCommand(Streams streams) {
    super(streams);
  }

  @Override
  public Integer call() {
    Path path = argument.find(streams);
    try (OnnxRuntime runtime = OnnxRuntime.load(DeviceChoice.CPU, streams.home())) {
      if (reference != null && !againstReference(path, reference, runtime)) {
        return 0;
      }
      try (Bundle bundle = Bundle.open(path)) {
        StoredRun run = new StoredRun(bundle, runtime, log());
        boolean passed = show(bundle, run.compare());
        if (!passed) {
          throw RibonnxException.bundle(
              bundle.name() + ": the stored results are not reached on this machine");
        }
        if (!show(bundle, run.compareAlone())) {
          throw RibonnxException.bundle(
              bundle.name()
                  + ": a record gives other results alone than in company; the graph mixes the"
                  + " records of a batch, export it again so that it does not");
        }
      }
      return 0;
    }
  }

  /** Compares with the reference; false: there are no stored results to go on with. */
  private boolean againstReference(Path path, Path file, OnnxRuntime runtime) {
    try (Bundle bundle = Bundle.openForSealing(path)) {
      StoredRun run = new StoredRun(bundle, runtime, log());
      if (!show(bundle, run.compareReference(file))) {
        throw RibonnxException.bundle(
            bundle.name()
                + ": does not give what "
                + file
                + " holds; look for another order of labels, another encoding, or values taken"
                + " before the last layer");
      }
      if (!run.isStored()) {
        log().info("there are no stored results yet; 'ribonnx model seal' writes them");
      }
      return run.isStored();
    }
  }

  private boolean show(Bundle bundle, List<StoredRun.Comparison> comparisons) {
    boolean passed = true;
    for (StoredRun.Comparison comparison : comparisons) {
      print(bundle.name() + "\t" + comparison.line() + "\n");
      passed &= comparison.passed();
    }
    return passed;
  }
}
