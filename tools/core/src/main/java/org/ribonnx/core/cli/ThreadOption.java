package org.ribonnx.core.cli;

import org.jspecify.annotations.Nullable;
import org.ribonnx.core.io.RibonnxException;
import picocli.CommandLine.Option;

/** {@code --threads}. */
public final class ThreadOption {
  @Option(
      names = "--threads",
      paramLabel = "N",
      description = {
        "Batches worked on at a time. Default: RIBONNX_THREADS, else the processors there are."
      })
  private @Nullable Integer threads;

  public int value(Streams streams) {
    Integer given = threads;
    if (given == null) {
      String text = streams.environment().getOrDefault("RIBONNX_THREADS", "");
      if (text.isEmpty()) {
        return Runtime.getRuntime().availableProcessors();
      }
      try {
        given = Integer.valueOf(text);
      } catch (NumberFormatException e) {
        throw RibonnxException.usage("RIBONNX_THREADS is '" + text + "'; a number is expected");
      }
    }
    if (given < 1 || given > 1024) {
      throw RibonnxException.usage("threads " + given + ": 1 to 1024 is expected");
    }
    return given;
  }
}
