package org.ribonnx.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.HeadSpec;

/** The section of a head: what it predicted, and how sure it was. */
final class HeadSection {
  /** Labels that have a bar, if all have one, and else. */
  private static final int ALL_LABELS = 32;

  private static final int SHOWN_LABELS = 25;
  static final int MOST_ROWS = 2_000;

  private final ReportData.Head head;
  private final HeadSummary summary;
  private final HeadSpec spec;
  private final int number;
  private final Html html;
  private final ReportData data;

  HeadSection(ReportData data, ReportData.Head head, int number, Html html) {
    this.data = data;
    this.head = head;
    this.summary = head.summary;
    this.spec = summary.head();
    this.number = number;
    this.html = html;
  }

  void write() {
    html.section("head-" + number, "Predictions: " + spec.name());
    if (!spec.what().isEmpty()) {
      html.paragraph("What this head answers: " + spec.what() + ".");
    }
    if (spec.kind() == HeadSpec.Kind.REGRESSION) {
      values();
    } else if (summary.usable() == 0) {
      html.paragraph(
          summary.records() == 0
              ? "There are no records, so there is nothing to show."
              : "None of the records could be used, so there is nothing to show; the reasons stand below.");
    } else {
      labels();
      if (spec.kind() == HeadSpec.Kind.MULTI_LABEL) {
        labelsPerRecord();
        new ManyLabelsSection(head, number, html).pairs();
      }
      scores();
      new ManyLabelsSection(head, number, html).scores();
      new SureSection(head, number, html).write();
      new SetsSection(head, number, html).write();
    }
    html.end();
    if (QualitySection.applies(head)) {
      new QualitySection(data, head, number, html).write();
    }
    ImportanceSection.write(data, number, html);
    TrackSection.write(data, number, html);
    VariantSection.write(data, number, html);
  }

  /** A label in one word for people: its plain name where it has one. */
  static String called(HeadSpec.Label label) {
    return label.name().isEmpty() ? label.label() : label.name();
  }

  /** A label with its plain name, linked where the model gives an address. */
  static String linked(HeadSpec.Label label) {
    String text =
        label.name().isEmpty() || label.name().equals(label.label())
            ? label.label()
            : label.name() + " (" + label.label() + ")";
    return Escape.link(label.url(), text);
  }

  private void labels() {
    List<Ranked> ranked = Ranked.of(summary.labels());
    long assigned = summary.count(Outcome.OK);
    html.element("h3", "Records per label");
    if (ranked.isEmpty()) {
      html.paragraph("No record got a label.");
      return;
    }
    html.paragraph(
        Words.count(ranked.size(), "label occurs", "labels occur")
            + " of the "
            + Words.count(spec.labels().size())
            + " that the model knows."
            + (spec.kind() == HeadSpec.Kind.MULTI_LABEL ? " A record can have several." : "")
            + " Shares are of the assigned records.");
    int shown = ranked.size() <= ALL_LABELS ? ranked.size() : SHOWN_LABELS;
    long others = 0;
    for (int i = shown; i < ranked.size(); i++) {
      others += ranked.get(i).count();
    }
    bars(ranked, shown, others, assigned);
    allLabels(ranked, assigned);
  }

  private void bars(List<Ranked> ranked, int shown, long others, long assigned) {
    List<BarChart.Bar> bars = new ArrayList<>();
    for (Ranked one : ranked.subList(0, shown)) {
      bars.add(bar(called(spec.labels().get(one.label())), one.count(), one.count(), assigned));
    }
    if (others > 0) {
      // The rest of hundreds of labels would dwarf every single one, so it has no bar.
      String rest = Words.count(ranked.size() - shown, "other label", "other labels");
      bars.add(bar(rest, 0, others, assigned));
    }
    html.figure(
        "",
        spec.name(),
        "labels",
        BarChart.draw(
            "labels-figure-" + number,
            "Records per label of the head " + spec.name(),
            "Bars of the most frequent labels with their numbers and shares of records; the table of all"
                + " labels is below.",
            (double) ranked.get(0).count(),
            List.of(new BarChart.Key("records", "ok", Drawing.BLUE)),
            bars));
  }

  /** A bar with its count and share. */
  static BarChart.Bar bar(String name, long length, long count, long total) {
    return new BarChart.Bar(
        name,
        new double[] {(double) length},
        Words.count(count) + " (" + Words.percent(count, total) + ")");
  }

  private void allLabels(List<Ranked> ranked, long assigned) {
    @Nullable Margins margins = head.margins;
    boolean single = spec.kind() == HeadSpec.Kind.SINGLE_LABEL;
    html.details("All " + Words.count(ranked.size()) + " labels that occur, and how sure they are");
    List<String> headings = new ArrayList<>(List.of("Label", "Description", "#Records", "#Share"));
    if (single) {
      headings.addAll(List.of("#Median score", "#Lowest 10 % below"));
    }
    if (margins != null) {
      headings.add("#Mean margin");
    }
    Pager pager = new Pager(html, "labels-" + number, Math.min(MOST_ROWS, ranked.size()));
    pager.write(
        headings,
        row -> {
          Ranked one = ranked.get(row);
          HeadSpec.Label label = spec.labels().get(one.label());
          html.markup("<tr id=\"" + anchor(number, one.label()) + "\">")
              .cellMarkup(linked(label))
              .cell(label.description())
              .number(Words.count(one.count()))
              .number(Words.percent(one.count(), assigned));
          if (single) {
            html.number(sure(summary.byLabel.quantile(one.label(), 0.5)))
                .number(sure(summary.byLabel.quantile(one.label(), 0.1)));
          }
          if (margins != null) {
            html.number(sure(margins.mean(one.label())));
          }
          html.endRow();
        });
    if (single) {
      html.note(
          "Scores are those of the assigned records, to the width of a bin of a quarter on the logit scale"
              + (margins == null
                  ? "."
                  : "; the margin is that of all usable records whose best label it is."));
    }
    if (ranked.size() > MOST_ROWS) {
      html.note(
          "The other " + Words.count(ranked.size() - MOST_ROWS) + " are in the metrics file.");
    }
    html.line("</details>");
  }

  /** Where a label's row of the table of all labels is. */
  static String anchor(int head, int label) {
    return "label-" + head + "-" + label;
  }

  static String sure(double score) {
    return Double.isNaN(score) ? "–" : Words.ratio(score, 3);
  }

  private void labelsPerRecord() {
    html.element("h3", "Labels per record");
    long[] counts = summary.labelsPerRecord();
    int last = 0;
    for (int i = 0; i < counts.length; i++) {
      last = counts[i] > 0 ? i : last;
    }
    CountBars bars = new CountBars("Labels");
    for (int i = 0; i <= last; i++) {
      bars.add(perRecord(i), counts[i]);
    }
    bars.write(
        html,
        spec.name(),
        "labels-per-record",
        number,
        "Labels per record of the head " + spec.name(),
        "Bars of the records with no label, one label and more; the numbers stand in the table below.",
        summary.count(Outcome.OK));
  }

  private static String perRecord(int labels) {
    return labels == 0
        ? "none"
        : labels == HeadSummary.MANY_LABELS ? labels + " or more" : "" + labels;
  }

  private void scores() {
    html.element("h3", "How sure the model was");
    HeadSpec.@Nullable Reject reject = spec.reject();
    List<HistogramChart.Panel> panels = new ArrayList<>();
    boolean multi = spec.kind() == HeadSpec.Kind.MULTI_LABEL;
    add(panels, multi ? "Records" : "Assigned", "ok", "#2563a8", summary.assigned);
    add(panels, "Unassigned: no label probable enough", "un", "#c2660a", summary.unassigned);
    add(
        panels,
        reject == null || reject.labels().size() != 1
            ? "Unassigned: best label means none"
            : "Unassigned: best label '" + Words.shortened(reject.labels().get(0), 16) + "'",
        "no",
        "#7b8794",
        summary.none);
    String threshold =
        reject == null
            ? multi ? thresholds() : "The head has no threshold: every usable record is assigned."
            : "A record is left unassigned if the highest probability over the model's own labels is "
                + (reject.below() ? "below " : "above ")
                + Words.number(reject.at())
                + (reject.labels().isEmpty()
                    ? "."
                    : ", or if the best label is '"
                        + String.join("' or '", reject.labels())
                        + "'.");
    html.paragraph("The score is the probability of a record's best label. " + threshold);
    if (reject != null && reject.truePositiveRate() != null && reject.falsePositiveRate() != null) {
      html.note(
          "On the rows that set the threshold it accepted "
              + share(reject.truePositiveRate())
              + " of what it should and "
              + share(reject.falsePositiveRate())
              + " of what it should not.");
    }
    html.figure(
        "",
        spec.name(),
        "scores",
        new HistogramChart(
                "scores-" + number, 0, 1, "score (probability of the best label)", panels)
            .draw(
                "Scores of the head " + spec.name(),
                "Histogram of scores from 0 to 1, by what became of the record; the numbers stand in the"
                    + " table below.",
                reject == null ? sharedThreshold() : reject.at(),
                reject == null && Double.isNaN(sharedThreshold())
                    ? null
                    : "threshold "
                        + Words.number(reject == null ? sharedThreshold() : reject.at())));
    long outside =
        summary.assigned.outside() + summary.unassigned.outside() + summary.none.outside();
    if (outside > 0) {
      html.paragraph(
          Words.count(outside, "score lies", "scores lie")
              + " outside 0 to 1 and stands in the outermost bars.");
    }
    html.details("The numbers of the figure");
    List<String> headings = new ArrayList<>(List.of("Score from", "below"));
    panels.forEach(panel -> headings.add("#" + panel.name()));
    html.table("", headings);
    for (int bin = 0; bin < ScoreHistogram.BINS; bin++) {
      int at = bin;
      if (panels.stream().anyMatch(panel -> panel.counts()[at] > 0)) {
        html.row().cell(limit(bin)).cell(limit(bin + 1));
        panels.forEach(panel -> html.number(Words.count(panel.counts()[at])));
        html.endRow();
      }
    }
    html.endTable();
    html.note("Empty ranges are left out; a score of exactly 1 counts in the last one.");
    html.line("</details>");
  }

  private static String share(double share) {
    return String.format(Locale.ROOT, "%.1f %%", 100 * share);
  }

  static String limit(int bin) {
    return String.format(Locale.ROOT, "%.2f", (double) bin / ScoreHistogram.BINS);
  }

  private double sharedThreshold() {
    return spec.thresholds().isEmpty() ? Double.NaN : summary.threshold();
  }

  private String thresholds() {
    double least = spec.thresholds().stream().mapToDouble(Double::doubleValue).min().orElse(0);
    double most = spec.thresholds().stream().mapToDouble(Double::doubleValue).max().orElse(0);
    return least == most
        ? "A record gets every label whose probability is at least " + Words.number(least) + "."
        : "A record gets every label whose probability reaches the label's own threshold, from "
            + Words.number(least)
            + " to "
            + Words.number(most)
            + ".";
  }

  private static void add(
      List<HistogramChart.Panel> panels,
      String name,
      String cssClass,
      String fill,
      ScoreHistogram histogram) {
    if (histogram.total() > 0) {
      panels.add(new HistogramChart.Panel(name, cssClass, fill, histogram.counts()));
    }
  }

  private void values() {
    for (int target = 0; target < summary.values().size(); target++) {
      ValueHistogram values = summary.values().get(target);
      HeadSpec.Label label = spec.labels().get(target);
      String unit = label.description().isEmpty() ? "" : " [" + label.description() + "]";
      html.element("h3", label.label() + unit);
      List<ValueHistogram.Bin> bins = values.shown();
      if (bins.isEmpty()) {
        html.paragraph("No record has a value.");
        continue;
      }
      html.paragraph(
          Words.count(values.count(), "value", "values")
              + " from "
              + Words.number(values.least())
              + " to "
              + Words.number(values.most())
              + "; mean "
              + Words.number(values.mean())
              + ", standard deviation "
              + Words.number(values.standardDeviation())
              + ".");
      long[] counts = bins.stream().mapToLong(ValueHistogram.Bin::count).toArray();
      html.figure(
          "",
          spec.name(),
          "values-" + label.label(),
          new HistogramChart(
                  "values-" + number + "-" + target,
                  bins.get(0).from(),
                  bins.get(bins.size() - 1).to(),
                  label.label() + unit,
                  List.of(new HistogramChart.Panel("Records", "ok", "#2563a8", counts)))
              .draw(
                  "Values of " + label.label(),
                  "Histogram of the predicted values; the numbers stand in the table below.",
                  Double.NaN,
                  null));
      html.details("The numbers of the figure");
      html.table("", List.of("#From", "#below", "#Records"));
      for (ValueHistogram.Bin bin : bins) {
        html.row()
            .number(Words.number(bin.from()))
            .number(Words.number(bin.to()))
            .number(Words.count(bin.count()))
            .endRow();
      }
      html.endTable();
      html.line("</details>");
    }
  }
}
