package org.ribonnx.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.HeadSpec;

/** The section of a head on what variants change. */
final class VariantSection {
  static final String LABELS = "variants";
  static final String STRONGEST = "variants-strongest";

  private static final int MOST_BARS = 32;
  private static final int MOST_ROWS = 2_000;
  private static final int SIGNED_BARS = 20;

  private final Variants variants;
  private final HeadSpec spec;
  private final int number;
  private final Html html;

  private VariantSection(Variants variants, HeadSpec spec, int number, Html html) {
    this.variants = variants;
    this.spec = spec;
    this.number = number;
    this.html = html;
  }

  static boolean applies(ReportData data, int number) {
    Variants variants = data.variants;
    return variants != null && variants.covers(number);
  }

  static void write(ReportData data, int number, Html html) {
    Variants variants = data.variants;
    if (variants != null && variants.covers(number)) {
      new VariantSection(variants, data.heads.get(number).summary.head(), number, html).write();
    }
  }

  static String id(int head) {
    return "variants-" + head;
  }

  private String called(int label) {
    return HeadSection.called(spec.labels().get(label));
  }

  /** What is counted as up or down. */
  static String marked(HeadSpec spec) {
    return Variants.marked(spec) == 0
        ? "by any amount"
        : "by at least " + Words.number(Variants.marked(spec));
  }

  private void write() {
    html.section(id(number), "Variants: " + spec.name());
    long unusable = variants.unusable(number);
    html.paragraph(
        "The difference is the score of the alternative sequence less that of the reference: above 0 the variant raises the"
            + " score. It is what the model says of two sequences; whether a variant does anything in a cell, or to a"
            + " patient, is another question. "
            + Words.count(variants.variants(), "variant", "variants")
            + (unusable > 0 ? ", of which " + Words.count(unusable) + " could not be compared" : "")
            + ".");
    List<Integer> labels = labels();
    if (labels.isEmpty()) {
      html.paragraph("None of them could be compared, so there is nothing to show.").end();
      return;
    }
    bars(labels);
    strongest();
    html.end();
  }

  /** Labels with differences, those with the most marked ones first. */
  private List<Integer> labels() {
    long[] moved = new long[spec.labels().size()];
    for (int label = 0; label < moved.length; label++) {
      Variants.OfLabel one = variants.labels(number).get(label);
      // A label of which nothing moves still has a row.
      moved[label] = one.pairs() == 0 ? 0 : 1 + one.up() + one.down();
    }
    return Ranked.of(moved).stream().map(Ranked::label).toList();
  }

  private void bars(List<Integer> labels) {
    html.element("h3", "Up and down, per label");
    html.paragraph(
        "Variants that raise (blue) or lower (orange) the score "
            + marked(spec)
            + "."
            + (labels.size() > MOST_BARS
                ? " The "
                    + MOST_BARS
                    + " labels with the most of them are drawn; the others stand in the table."
                : ""));
    double most = 1;
    List<BarChart.Bar> bars = new ArrayList<>();
    for (int label : labels.subList(0, Math.min(MOST_BARS, labels.size()))) {
      Variants.OfLabel one = variants.labels(number).get(label);
      most = Math.max(most, (double) one.up() + one.down());
      bars.add(
          new BarChart.Bar(
              called(label),
              new double[] {(double) one.up(), (double) one.down()},
              Words.count(one.up()) + " up, " + Words.count(one.down()) + " down"));
    }
    html.figure(
        "",
        spec.name(),
        LABELS,
        BarChart.draw(
            "variants-labels-" + number,
            "Variants that move the labels of the head " + spec.name(),
            "Bars of variants that raise or lower the score; the numbers stand in the table below.",
            most,
            List.of(
                new BarChart.Key("up", "hit", Drawing.BLUE),
                new BarChart.Key("down", "miss", Drawing.AMBER)),
            bars));
    html.details("The numbers of the figure, all labels");
    boolean thresholds = !spec.thresholds().isEmpty();
    List<String> headings =
        new ArrayList<>(List.of("Label", "#Variants", "#Up", "#Down", "#Mean size"));
    headings.addAll(List.of("#Highest", "#Lowest"));
    if (thresholds) {
      headings.addAll(List.of("#Gained", "#Lost"));
    }
    new Pager(html, "variant-labels-" + number, Math.min(MOST_ROWS, labels.size()))
        .write(
            headings,
            at -> {
              Variants.OfLabel one = variants.labels(number).get(labels.get(at));
              html.row()
                  .cell(called(labels.get(at)))
                  .number(Words.count(one.pairs()))
                  .number(Words.count(one.up()))
                  .number(Words.count(one.down()))
                  .number(SignedMap.shown(one.meanSize()))
                  .number(SignedMap.shown(one.highest()))
                  .number(SignedMap.shown(one.lowest()));
              if (thresholds) {
                html.number(Words.count(one.gained())).number(Words.count(one.lost()));
              }
              html.endRow();
            });
    if (labels.size() > MOST_ROWS) {
      html.note(
          "The other " + Words.count(labels.size() - MOST_ROWS) + " are in the metrics file.");
    }
    if (thresholds) {
      html.note(
          "Gained: the score reaches the label's threshold in the alternative alone; lost: in the reference alone.");
    }
    html.line("</details>");
  }

  private void strongest() {
    List<Variants.Effect> effects = variants.strongest(number);
    html.element("h3", "The strongest differences");
    html.paragraph(
        "The "
            + effects.size()
            + " pairs of variant and label with the largest differences"
            + (effects.size() > SIGNED_BARS
                ? "; the figure has the first " + SIGNED_BARS + "."
                : "."));
    html.figure(
        "",
        spec.name(),
        STRONGEST,
        SignedBars.draw(
            "variants-strongest-" + number,
            "The strongest differences of the head " + spec.name(),
            "Bars of differences by variant and label; the numbers stand in the table below.",
            "variant, label: alternative less reference",
            effects.stream()
                .limit(SIGNED_BARS)
                .map(one -> new SignedBars.Bar(barName(one), one.difference()))
                .toList()));
    html.table(
        "", List.of("Variant", "Label", "#Difference", "#Reference", "#Alternative", "#Log-odds"));
    for (Variants.Effect one : effects) {
      html.row()
          .cell(one.variant())
          .cell(called(one.label()))
          .number(Words.number(one.difference()))
          .number(Words.number(one.ref()))
          .number(Words.number(one.alt()))
          .number(Double.isNaN(one.logOdds()) ? "–" : Words.number(one.logOdds()))
          .endRow();
    }
    html.endTable();
  }

  /** Both names in the room of one. */
  private String barName(Variants.Effect one) {
    return Words.shortened(one.variant(), 11) + ", " + Words.shortened(called(one.label()), 7);
  }

  /** The same for programs. */
  static Map<String, @Nullable Object> tree(Variants variants, HeadSpec spec, int number) {
    Map<String, @Nullable Object> tree = new LinkedHashMap<>();
    tree.put("variants", variants.variants());
    tree.put("unusable", variants.unusable(number));
    tree.put("marked_from", Variants.marked(spec));
    Map<String, @Nullable Object> labels = new LinkedHashMap<>();
    for (int label = 0; label < spec.labels().size(); label++) {
      Variants.OfLabel one = variants.labels(number).get(label);
      if (one.pairs() + one.unusable() > 0) {
        Map<String, @Nullable Object> facts = new LinkedHashMap<>();
        facts.put("variants", one.pairs());
        facts.put("unusable", one.unusable());
        facts.put("up", one.up());
        facts.put("down", one.down());
        facts.put("mean_size", one.meanSize());
        facts.put("highest", one.highest());
        facts.put("lowest", one.lowest());
        if (!spec.thresholds().isEmpty()) {
          facts.put("gained", one.gained());
          facts.put("lost", one.lost());
        }
        labels.put(spec.labels().get(label).label(), facts);
      }
    }
    tree.put("labels", labels);
    List<@Nullable Object> strongest = new ArrayList<>();
    for (Variants.Effect one : variants.strongest(number)) {
      Map<String, @Nullable Object> facts = new LinkedHashMap<>();
      facts.put("variant", one.variant());
      facts.put("label", spec.labels().get(one.label()).label());
      facts.put("ref", one.ref());
      facts.put("alt", one.alt());
      facts.put("difference", one.difference());
      facts.put("log_odds_difference", one.logOdds());
      strongest.add(facts);
    }
    tree.put("strongest", strongest);
    return tree;
  }

  static void define(Map<String, String> all, String heads) {
    String v = heads + "variants.";
    all.put(v + "variants", "Variants in the table.");
    all.put(v + "unusable", "Variants of which one sequence could not be used.");
    all.put(v + "marked_from", "From this size on a difference counts as up or down; 0: any does.");
    all.put(v + "labels.*.variants", "Variants with a difference for the label.");
    all.put(v + "labels.*.unusable", "Variants of which one sequence could not be used.");
    all.put(v + "labels.*.up", "Variants that raise the score by at least marked_from.");
    all.put(v + "labels.*.down", "Variants that lower the score by at least marked_from.");
    all.put(v + "labels.*.mean_size", "Mean of |alternative - reference|.");
    all.put(v + "labels.*.highest", "Highest difference, or 0.");
    all.put(v + "labels.*.lowest", "Lowest difference, or 0.");
    all.put(
        v + "labels.*.gained",
        "Variants whose score reaches the threshold in the alternative alone.");
    all.put(v + "labels.*.lost", "Variants whose score reaches it in the reference alone.");
    all.put(
        v + "strongest.[].difference",
        "Score of the alternative less that of the reference, of the "
            + Variants.MOST
            + " pairs of variant and label with the largest.");
    all.put(
        v + "strongest.[].log_odds_difference",
        "The same in log-odds; null where the score is no probability.");
  }
}
