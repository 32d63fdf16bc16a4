package org.ribonnx.core.cli;

import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.onnx.DeviceChoice;
import org.ribonnx.core.onnx.OnnxRuntime;
import picocli.CommandLine.Option;

/** {@code --device}, {@code --batch-size} of the commands that run graphs. */
public final class RunOptions {
  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      description = {
        "auto, cpu, cuda or cuda:N. auto takes CUDA if it works; cuda never falls back (exit 6). Default: "
            + "RIBONNX_DEVICE, else auto."
      })
  private @Nullable String device;

  @Option(
      names = "--batch-size",
      paramLabel = "N",
      description =
          "Most records per run of a graph, a multiple of 16. Default: what the model states.")
  private int batchSize;

  /** Loads ONNX Runtime on the device that is asked for, and says where it runs. */
  public OnnxRuntime load(Streams streams, Log log) {
    OnnxRuntime runtime = OnnxRuntime.load(choice(streams), streams.home());
    if (runtime.fallback() != null) {
      log.info("running on the CPU: " + runtime.fallback());
    }
    log.detail("device " + runtime.device() + ", ONNX Runtime " + runtime.version());
    return runtime;
  }

  public DeviceChoice choice(Streams streams) {
    String text =
        device != null ? device : streams.environment().getOrDefault("RIBONNX_DEVICE", "auto");
    return DeviceChoice.parse(text.toLowerCase(Locale.ROOT));
  }

  /**
   * Records per run: what {@code --batch-size} asks for, else 0 for what the bundle states.
   *
   * @throws RibonnxException usage, if it is no multiple of 16
   */
  public int batchSize() {
    if (batchSize < 0 || batchSize > 1 << 16 || batchSize % Block.ROWS != 0) {
      throw RibonnxException.usage(
          "--batch-size " + batchSize + ": a multiple of 16, at most 65536, is expected");
    }
    return batchSize;
  }
}
