package org.ribonnx.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.cli.Cli;
import org.ribonnx.core.cli.Streams;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.io.Tree;
import org.ribonnx.core.onnx.DeviceChoice;
import org.ribonnx.core.onnx.OnnxRuntime;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ribonnx model validate}. */
@Command(
    name = "validate",
    mixinStandardHelpOptions = true,
    versionProvider = Cli.Version.class,
    description = {
      "Names every problem of a bundle at once, with its remedy. Exit code 5 if one is an error."
    })
final class ModelValidateCommand extends Cli.Command {
  @Mixin private BundleArgument argument = new BundleArgument();

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  ModelValidateCommand(Streams streams) {
    super(streams);
  }

  @Override
  public Integer call() {
    Path path = argument.find(streams);
    BundleCheck.Result result;
    try (OnnxRuntime runtime = OnnxRuntime.load(DeviceChoice.CPU, streams.home())) {
      result = BundleCheck.of(path, runtime);
    } catch (RibonnxException e) {
      if (json && e.kind() == RibonnxException.Kind.BUNDLE) {
        print(
            Tree.prettyJson(
                describe(
                    new BundleCheck.Result(
                        "unknown", List.of(new BundleCheck.Problem(true, e.line()))))));
      }
      throw e;
    }
    if (json) {
      print(Tree.prettyJson(describe(result)));
    } else {
      BundleCheck.lines(result).forEach(line -> print(line + "\n"));
    }
    if (result.errors() > 0) {
      throw RibonnxException.bundle(result.name() + ": " + result.counts());
    }
    if (!json) {
      print(
          result.name() + ": sound" + (result.warnings() > 0 ? ", " + result.counts() : "") + "\n");
    }
    return 0;
  }

  private static Map<String, @Nullable Object> describe(BundleCheck.Result result) {
    Map<String, @Nullable Object> tree = new LinkedHashMap<>();
    tree.put("model", result.name());
    tree.put("sound", result.errors() == 0);
    tree.put("errors", result.errors());
    tree.put("warnings", result.warnings());
    List<Object> problems = new ArrayList<>();
    for (BundleCheck.Problem problem : result.problems()) {
      Map<String, @Nullable Object> entry = new LinkedHashMap<>();
      entry.put("severity", problem.error() ? "error" : "warning");
      entry.put("text", problem.text());
      problems.add(entry);
    }
    tree.put("problems", problems);
    return tree;
  }
}
