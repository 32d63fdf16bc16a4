package org.ribonnx.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.Models;
import org.ribonnx.core.cli.Streams;
import org.ribonnx.core.io.RibonnxException;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The bundle that a command is about, named with or without {@code --model}. */
final class BundleArgument {
  @Option(
      names = "--model",
      paramLabel = "MODEL",
      description = "An id or id@version, or the path of a folder or .zip (with a /).")
  private @Nullable String option;

  @Parameters(paramLabel = "MODEL", arity = "0..1", description = "The same without --model.")
  private @Nullable String positional;

  /**
   * The folder or zip.
   *
   * @throws RibonnxException usage, if there is none
   */
  Path find(Streams streams) {
    if (option != null && positional != null) {
      throw RibonnxException.usage("name one model, with --model or without");
    }
    String name = option != null ? option : positional;
    if (name == null) {
      throw RibonnxException.usage("name a model");
    }
    return new Models(streams.environment(), streams.home()).find(name);
  }
}
