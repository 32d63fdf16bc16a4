package org.ribonnx.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.HeadSpec;
import org.ribonnx.core.bundle.Models;
import org.ribonnx.core.bundle.ReportSpec;
import org.ribonnx.core.cli.Cli;
import org.ribonnx.core.cli.Streams;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.io.Tree;
import org.ribonnx.core.onnx.DeviceChoice;
import org.ribonnx.core.onnx.OnnxRuntime;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ribonnx model}: what is installed, and what a modeller does with a bundle. */
@Command(
    name = "model",
    mixinStandardHelpOptions = true,
    versionProvider = Cli.Version.class,
    description = "Lists, describes, checks, seals and installs model bundles.")
final class ModelCommand extends Cli.Command {
  ModelCommand(Streams streams) {
    super(streams);
  }

  @Override
  protected List<Cli.Command> subcommands() {
    return List.of(
        new ListModels(streams),
        new Info(streams),
        new Validate(streams),
        new Test(streams),
        new Seal(streams),
        new Install(streams));
  }

  @Override
  public Integer call() {
    throw RibonnxException.usage(
        "say what to do: list, info, validate, test, seal or install; see ribonnx model --help");
  }

  /** {@code ribonnx model list}. */
  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      versionProvider = Cli.Version.class,
      description = "Lists the installed models.")
  static final class ListModels extends Cli.Command {
    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    ListModels(Streams streams) {
      super(streams);
    }

    @Override
    public Integer call() {
      Models models = new Models(streams.environment(), streams.home());
      List<Models.Found> found = models.list();
      if (json) {
        List<Object> all = new ArrayList<>();
        for (Models.Found model : found) {
          Map<String, @Nullable Object> entry = new LinkedHashMap<>();
          entry.put("id", model.id());
          entry.put("version", model.version());
          entry.put("title", model.title());
          entry.put("path", model.path().toString());
          entry.put("problem", model.problem());
          all.add(entry);
        }
        print(Tree.prettyJson(all));
        return 0;
      }
      for (Models.Found model : found) {
        String title = model.problem() == null ? model.title() : "broken: " + model.problem();
        print(model.id() + "@" + model.version() + "\t" + title + "\t" + model.path() + "\n");
      }
      if (found.isEmpty()) {
        log().info("no model in " + models.places());
      }
      return 0;
    }
  }

  /** A command about one bundle. */
  abstract static class OnBundle extends Cli.Command {
    @Option(
        names = "--model",
        paramLabel = "MODEL",
        description = "An id or id@version, or the path of a folder or .zip (with a /).")
    private @Nullable String option;

    @Parameters(paramLabel = "MODEL", arity = "0..1", description = "The same without --model.")
    private @Nullable String positional;

    OnBundle(Streams streams) {
      super(streams);
    }

    Path find() {
      String name = option != null ? option : positional;
      if (name == null) {
        throw RibonnxException.usage("name a model");
      }
      return new Models(streams.environment(), streams.home()).find(name);
    }
  }

  /** {@code ribonnx model info}. */
  @Command(
      name = "info",
      mixinStandardHelpOptions = true,
      versionProvider = Cli.Version.class,
      description = "Describes a model: what to bring, what it predicts, its terms.")
  static final class Info extends OnBundle {
    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    Info(Streams streams) {
      super(streams);
    }

    @Override
    public Integer call() {
      try (Bundle bundle = Bundle.open(find())) {
        print(json ? Tree.prettyJson(describe(bundle)) : text(bundle));
        return 0;
      }
    }

    private static Map<String, @Nullable Object> describe(Bundle bundle) {
      Map<String, @Nullable Object> tree = new LinkedHashMap<>();
      tree.put("id", bundle.id());
      tree.put("version", bundle.version());
      tree.put("title", bundle.title());
      tree.put("path", bundle.path().toAbsolutePath().normalize().toString());
      tree.put("sha256", bundle.cardDigest());
      tree.put("inputs", bundle.document().get("inputs"));
      tree.put("views", new ArrayList<>(bundle.views().keySet()));
      Map<String, @Nullable Object> steps = new LinkedHashMap<>();
      steps.put("embed", bundle.embed().isEmpty() ? "identity" : "graph");
      steps.put("fuse", bundle.fuse().method());
      tree.put("steps", steps);
      List<Object> heads = new ArrayList<>();
      for (HeadSpec head : bundle.heads().values()) {
        Map<String, @Nullable Object> entry = new LinkedHashMap<>();
        entry.put("name", head.name());
        entry.put("kind", head.kind().label());
        entry.put("labels", head.labelNames());
        heads.add(entry);
      }
      tree.put("heads", heads);
      ReportSpec report = bundle.report();
      Map<String, @Nullable Object> map = new LinkedHashMap<>();
      map.put("projector", report.projector() != null);
      map.put("background", report.background() != null);
      tree.put("map", map);
      tree.put("card", bundle.cardContent());
      return tree;
    }

    private static String text(Bundle bundle) {
      StringBuilder text =
          new StringBuilder(bundle.name()).append("  ").append(bundle.title()).append('\n');
      text.append("  in        ").append(bundle.path()).append('\n');
      bundle
          .inputs()
          .forEach(
              (name, input) -> {
                text.append("  bring     ").append(name).append(": ").append(input.what());
                if (input.minLength() > 0) {
                  text.append(" (")
                      .append(input.minLength())
                      .append(" to ")
                      .append(input.maxLength())
                      .append(" nt)");
                }
                text.append('\n');
              });
      for (HeadSpec head : bundle.heads().values()) {
        text.append("  predicts  ")
            .append(head.name())
            .append(": ")
            .append(head.kind().label())
            .append(", ");
        text.append(head.labels().size()).append(head.labels().size() == 1 ? " label" : " labels");
        HeadSpec.Reject reject = head.reject();
        if (reject != null) {
          text.append(", unassigned ")
              .append(reject.below() ? "below " : "above ")
              .append(reject.at());
        }
        text.append('\n');
      }
      if (bundle.report().projector() != null) {
        text.append("  maps      records")
            .append(bundle.report().background() == null ? "" : " beside known ones")
            .append('\n');
      }
      bundle
          .cardContent()
          .forEach(
              (key, value) -> {
                if (!(value instanceof Map)) {
                  text.append("  ").append(key).append(": ").append(value).append('\n');
                }
              });
      return text.toString();
    }
  }

  /** {@code ribonnx model validate}. */
  @Command(
      name = "validate",
      mixinStandardHelpOptions = true,
      versionProvider = Cli.Version.class,
      description = "Checks a bundle without running it, and names every problem at once.")
  static final class Validate extends OnBundle {
    Validate(Streams streams) {
      super(streams);
    }

    @Override
    public Integer call() {
      try (Bundle bundle = Bundle.open(find());
          OnnxRuntime runtime = OnnxRuntime.load(DeviceChoice.CPU, streams.home())) {
        List<String> problems = new BundleCheck(bundle, runtime).problems();
        problems.forEach(problem -> log().warn(problem));
        if (!problems.isEmpty()) {
          throw RibonnxException.bundle(
              bundle.name()
                  + ": "
                  + problems.size()
                  + (problems.size() == 1 ? " problem" : " problems"));
        }
        print(bundle.name() + ": sound\n");
        return 0;
      }
    }
  }

  /** {@code ribonnx model test}. */
  @Command(
      name = "test",
      mixinStandardHelpOptions = true,
      versionProvider = Cli.Version.class,
      description =
          "Runs the stored input through every step and compares with the stored results.")
  static final class Test extends OnBundle {
    Test(Streams streams) {
      super(streams);
    }

    @Override
    public Integer call() {
      try (Bundle bundle = Bundle.open(find());
          OnnxRuntime runtime = OnnxRuntime.load(DeviceChoice.CPU, streams.home())) {
        List<StoredRun.Comparison> comparisons = new StoredRun(bundle, runtime, log()).compare();
        boolean passed = true;
        for (StoredRun.Comparison comparison : comparisons) {
          print(bundle.name() + "\t" + comparison.line() + "\n");
          passed &= comparison.passed();
        }
        if (!passed) {
          throw RibonnxException.bundle(
              bundle.name() + ": the stored results are not reached on this machine");
        }
        return 0;
      }
    }
  }

  /** {@code ribonnx model seal}. */
  @Command(
      name = "seal",
      mixinStandardHelpOptions = true,
      versionProvider = Cli.Version.class,
      description = {
        "Writes the digests of a bundle's graphs into its model.yaml, and the results of its test input beside that."
      })
  static final class Seal extends OnBundle {
    Seal(Streams streams) {
      super(streams);
    }

    @Override
    public Integer call() {
      Path path = find();
      SealBundle seal = new SealBundle(path);
      seal.digests().forEach((file, sha256) -> print(file + "\t" + sha256 + "\n"));
      try (Bundle bundle = Bundle.open(path);
          OnnxRuntime runtime = OnnxRuntime.load(DeviceChoice.CPU, streams.home())) {
        if (bundle.storedTest() != null) {
          print(new StoredRun(bundle, runtime, log()).store() + "\n");
        }
      }
      seal.looseDigests().forEach((file, sha256) -> print(file + "\t" + sha256 + "\n"));
      return 0;
    }
  }

  /** {@code ribonnx model install}. */
  @Command(
      name = "install",
      mixinStandardHelpOptions = true,
      versionProvider = Cli.Version.class,
      description = {
        "Checks a bundle and copies it into a folder of models, from a folder or a zip, as ID-VERSION."
      })
  static final class Install extends OnBundle {
    @Option(
        names = "--into",
        required = true,
        paramLabel = "FOLDER",
        description = "Folder of models, made if it is not there; RIBONNX_MODELS names it later.")
    private Path into = Path.of("");

    @Option(
        names = "--json",
        description = "Print what was installed as JSON, for tables of models.")
    private boolean json;

    Install(Streams streams) {
      super(streams);
    }

    @Override
    public Integer call() {
      try (Bundle bundle = Bundle.open(find())) {
        try (OnnxRuntime runtime = OnnxRuntime.load(DeviceChoice.CPU, streams.home())) {
          List<String> problems = new BundleCheck(bundle, runtime).problems();
          problems.forEach(problem -> log().warn(problem));
          if (!problems.isEmpty()) {
            throw RibonnxException.bundle(
                bundle.name() + ": not installed, since something is wrong with it (see above)");
          }
        }
        InstallBundle install = new InstallBundle(bundle, into);
        boolean fresh = install.run();
        log()
            .info(
                bundle.name()
                    + (fresh ? " installed in " : " is there already, in ")
                    + install.target());
        print(json ? Tree.prettyJson(install.row()) : install.target() + "\n");
        return 0;
      }
    }
  }
}
