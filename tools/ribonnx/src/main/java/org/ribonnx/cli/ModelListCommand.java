package org.ribonnx.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.Models;
import org.ribonnx.core.cli.Cli;
import org.ribonnx.core.cli.Streams;
import org.ribonnx.core.io.Tree;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ribonnx model list}. */
@Command(
    name = "list",
    mixinStandardHelpOptions = true,
    versionProvider = Cli.Version.class,
    description = "Lists the installed models.")
final class ModelListCommand extends Cli.Command {
  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  ModelListCommand(Streams streams) {
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
