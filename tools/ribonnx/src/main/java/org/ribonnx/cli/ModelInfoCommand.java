package org.ribonnx.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.HeadSpec;
import org.ribonnx.core.bundle.ReportSpec;
import org.ribonnx.core.cli.Cli;
import org.ribonnx.core.cli.Streams;
import org.ribonnx.core.io.Tree;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ribonnx model info}. */
@Command(
    name = "info",
    mixinStandardHelpOptions = true,
    versionProvider = Cli.Version.class,
    description = "Describes a model: what to bring, what it predicts, its terms.")
final class ModelInfoCommand extends Cli.Command {
  @Mixin private BundleArgument argument = new BundleArgument();

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  ModelInfoCommand(Streams streams) {
    super(streams);
  }

  @Override
  public Integer call() {
    try (Bundle bundle = Bundle.open(argument.find(streams))) {
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
