package org.ribonnx.core.cli;

import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.Models;
import picocli.CommandLine.Option;

/** {@code --model}. */
public final class ModelOption {
  @Option(
      names = "--model",
      required = true,
      paramLabel = "MODEL",
      description = {
        "Model bundle: an id or id@version of an installed model, or the path of a folder or .zip (with a /)."
      })
  private String model = "";

  public String value() {
    return model;
  }

  /** Finds and opens the bundle; names it in the log. */
  public Bundle open(Streams streams, Log log) {
    Bundle bundle = Bundle.open(new Models(streams.environment(), streams.home()).find(model));
    log.detail("model " + bundle.name() + " from " + bundle.path());
    return bundle;
  }
}
