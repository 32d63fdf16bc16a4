package org.ribonnx.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.Bundle;
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
   * The folder or zip: an installed model, or else a folder of that name in the working folder.
   *
   * @throws RibonnxException usage, if there is none
   */
  Path find(Streams streams) {
    String name = name();
    Models models = new Models(streams.environment(), streams.home());
    try {
      return models.find(name);
    } catch (RibonnxException e) {
      if (isFolder(name)) {
        return models.find("./" + name).normalize();
      }
      throw e;
    }
  }

  /**
   * A folder to work on: one of that name in the working folder comes before an installed model.
   *
   * @throws RibonnxException usage, if there is none
   */
  Path findFolder(Streams streams, String whatFor) {
    String name = name();
    Models models = new Models(streams.environment(), streams.home());
    Path path = isFolder(name) ? models.find("./" + name).normalize() : models.find(name);
    if (!Files.isDirectory(path)) {
      throw RibonnxException.usage(
          path
              + (Files.exists(path)
                  ? ": only a folder can be " + whatFor + "; unpack the zip first"
                  : ": no such folder"));
    }
    return path;
  }

  private static boolean isFolder(String name) {
    return name.indexOf('/') < 0 && Files.isRegularFile(Path.of(name, Bundle.CARD));
  }

  private String name() {
    if (option != null && positional != null) {
      throw RibonnxException.usage("name one model, with --model or without");
    }
    String name = option != null ? option : positional;
    if (name == null) {
      throw RibonnxException.usage("name a model");
    }
    return name;
  }
}
