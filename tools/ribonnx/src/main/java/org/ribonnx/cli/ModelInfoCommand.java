package org.ribonnx.cli;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.FuseSpec;
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
  /** So many labels are listed. */
  private static final int FEW = 8;

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
    Map<String, @Nullable Object> embeds = new LinkedHashMap<>();
    bundle.embed().forEach((view, spec) -> embeds.put(view, spec.reads()));
    tree.put("embeds", embeds);
    Map<String, @Nullable Object> steps = new LinkedHashMap<>();
    steps.put("embed", bundle.embed().isEmpty() ? "identity" : "graph");
    steps.put("fuse", bundle.fuse().method());
    tree.put("steps", steps);
    FuseSpec.@Nullable Attention attention = bundle.fuse().attention();
    if (attention != null) {
      Map<String, @Nullable Object> weights = new LinkedHashMap<>();
      weights.put("queries", attention.queries());
      weights.put("tokens", attention.tokens());
      tree.put("attention", weights);
    }
    List<Object> heads = new ArrayList<>();
    for (HeadSpec head : bundle.heads().values()) {
      Map<String, @Nullable Object> entry = new LinkedHashMap<>();
      entry.put("name", head.name());
      entry.put("what", head.what().isEmpty() ? null : head.what());
      entry.put("kind", head.kind().label());
      entry.put("labels", head.labelNames());
      HeadSpec.@Nullable Sets sets = head.sets();
      if (sets != null) {
        Map<String, @Nullable Object> promise = new LinkedHashMap<>();
        promise.put("coverage", sets.coverage());
        promise.put("per_label", sets.perLabel());
        entry.put("sets", promise);
      }
      heads.add(entry);
    }
    tree.put("heads", heads);
    ReportSpec report = bundle.report();
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    map.put("projector", report.projector() != null);
    map.put("background", report.background() != null);
    tree.put("map", map);
    Map<String, @Nullable Object> explain = new LinkedHashMap<>();
    bundle.explain().forEach((head, spec) -> explain.put(head, Explainer.method(spec)));
    tree.put("explain", explain);
    tree.put("card", bundle.cardContent());
    return tree;
  }

  private static String text(Bundle bundle) {
    StringBuilder text =
        new StringBuilder(bundle.name()).append("  ").append(bundle.title()).append('\n');
    line(text, "in", bundle.path().toString());
    bundle
        .inputs()
        .forEach(
            (name, input) -> {
              line(
                  text,
                  "bring",
                  name
                      + ": "
                      + input.what()
                      + (input.lengths().isEmpty() ? "" : " (" + input.lengths() + ")"));
              @Nullable String species = bundle.species(name);
              if (species != null) {
                line(text, "species", species);
              }
            });
    for (HeadSpec head : bundle.heads().values()) {
      HeadSpec.@Nullable Reject reject = head.reject();
      HeadSpec.@Nullable Sets sets = head.sets();
      line(
          text,
          "predicts",
          head.name()
              + ": "
              + (head.what().isEmpty() ? "" : head.what() + "; ")
              + head.kind().label()
              + ", "
              + labels(head)
              + (reject == null
                  ? ""
                  : ", unassigned " + (reject.below() ? "below " : "above ") + reject.at())
              + (sets == null
                  ? ""
                  : ", prediction sets that hold the truth of "
                      + BigDecimal.valueOf(sets.coverage())
                          .movePointRight(2)
                          .stripTrailingZeros()
                          .toPlainString()
                      + " % of the records"
                      + (sets.perLabel() ? " of each label" : "")));
    }
    FuseSpec.@Nullable Attention attention = bundle.fuse().attention();
    if (attention != null) {
      line(text, "attends", "to " + String.join(", ", attention.tokens()));
    }
    if (bundle.report().projector() != null) {
      line(
          text,
          "maps",
          "records" + (bundle.report().background() == null ? "" : " beside known ones"));
    }
    bundle
        .explain()
        .forEach((head, spec) -> line(text, "explains", head + ": " + Explainer.method(spec)));
    bundle.cardContent().forEach((key, value) -> line(text, key + ":", words(value)));
    return text.toString();
  }

  /** Few labels by name, many by number. */
  private static String labels(HeadSpec head) {
    String what = head.kind() == HeadSpec.Kind.REGRESSION ? "target" : "label";
    int count = head.labels().size();
    return count
        + " "
        + what
        + (count == 1 ? "" : "s")
        + (count <= FEW ? " (" + String.join(", ", head.labelNames()) + ")" : "");
  }

  /** A value of the card on one line: lists and mappings without their brackets. */
  private static String words(@Nullable Object value) {
    if (value instanceof List<?> list) {
      return String.join(", ", list.stream().map(ModelInfoCommand::words).toList());
    }
    if (value instanceof Map<?, ?> map) {
      List<String> parts = new ArrayList<>();
      map.forEach((key, item) -> parts.add(key + " " + words(item)));
      return String.join(", ", parts);
    }
    return value == null ? "not stated" : value.toString().replaceAll("\\s+", " ").strip();
  }

  private static void line(StringBuilder text, String what, String value) {
    text.append("  ").append(String.format("%-9s ", what)).append(value).append('\n');
  }
}
