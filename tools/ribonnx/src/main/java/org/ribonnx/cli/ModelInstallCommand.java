package org.ribonnx.cli;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.Models;
import org.ribonnx.core.cli.Cli;
import org.ribonnx.core.cli.Streams;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.io.Tree;
import org.ribonnx.core.onnx.DeviceChoice;
import org.ribonnx.core.onnx.OnnxRuntime;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ribonnx model install}. */
@Command(
    name = "install",
    mixinStandardHelpOptions = true,
    versionProvider = Cli.Version.class,
    description = {
      "Checks a bundle and copies it into a folder of models, from a folder or a zip, as ID-VERSION."
    })
final class ModelInstallCommand extends Cli.Command {
  @Mixin private BundleArgument argument = new BundleArgument();

  @Option(
      names = "--into",
      paramLabel = "FOLDER",
      description = {
        "Folder of models, made if it is not there; default: the first of RIBONNX_MODELS, or the"
            + " installation's."
      })
  private @Nullable Path into;

  @Option(
      names = "--replace",
      description = "Put it in the place of another model of the same id and version.")
  private boolean replace;

  @Option(names = "--json", description = "Print what was installed as JSON, for tables of models.")
  private boolean json;

  ModelInstallCommand(Streams streams) {
    super(streams);
  }

  @Override
  public Integer call() {
    Path path = argument.find(streams);
    try (Bundle bundle = Bundle.open(path)) {
      Path folder = folder();
      try (OnnxRuntime runtime = OnnxRuntime.load(DeviceChoice.CPU, streams.home())) {
        BundleCheck.refuse(path, runtime, log(), "installed");
      }
      InstallBundle install = new InstallBundle(bundle, folder);
      InstallBundle.Outcome outcome = install.run(replace);
      log().info(bundle.name() + outcome.words() + install.target());
      if (!found(bundle.name(), install.target())) {
        log()
            .info(
                "--model "
                    + bundle.name()
                    + " finds it once RIBONNX_MODELS names "
                    + folder.toAbsolutePath().normalize());
      }
      print(json ? Tree.prettyJson(install.row()) : install.target() + "\n");
      return 0;
    }
  }

  private Path folder() {
    if (into != null) {
      return into;
    }
    List<Path> places = new Models(streams.environment(), streams.home()).places();
    if (places.isEmpty()) {
      throw RibonnxException.usage("name the folder of models with --into, or in RIBONNX_MODELS");
    }
    return places.get(0);
  }

  /** Whether the name leads to the installed folder. */
  private boolean found(String name, Path target) {
    try {
      Path path = new Models(streams.environment(), streams.home()).find(name);
      return path.toAbsolutePath().normalize().equals(target);
    } catch (RibonnxException e) {
      return false;
    }
  }
}
