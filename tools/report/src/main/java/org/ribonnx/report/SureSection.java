package org.ribonnx.report;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.HeadSpec;

/** Margins of a head, and the records that are worth a look. */
final class SureSection {
  /** Scores further than this from the threshold are not near it, see {@link #near}. */
  private static final double NEAR = 0.1;

  /** Two labels whose probabilities are further apart than this are not alike. */
  private static final double ALIKE = 0.2;

  private final ReportData.Head head;
  private final HeadSummary summary;
  private final HeadSpec spec;
  private final int number;
  private final Html html;

  SureSection(ReportData.Head head, int number, Html html) {
    this.head = head;
    this.summary = head.summary;
    this.spec = summary.head();
    this.number = number;
    this.html = html;
  }

  /** Whether there are records to look at. */
  static boolean applies(ReportData.Head head) {
    @Nullable Margins margins = head.margins;
    boolean single = head.summary.head().kind() == HeadSpec.Kind.SINGLE_LABEL;
    return !near(head.summary).isEmpty()
        || (single && !head.summary.byLabel.unusual().isEmpty())
        || (margins != null && !margins.narrowest.upTo(ALIKE).isEmpty())
        || !head.summary.outsideSets.entries().isEmpty();
  }

  /** Near the threshold, and not nearer to 0 or 1: beyond one of 0.95 all scores are within 0.1. */
  private static List<WorthALook.Entry> near(HeadSummary summary) {
    double threshold = summary.threshold();
    return summary.nearest.upTo(Math.min(NEAR, Math.min(threshold, 1 - threshold) / 2));
  }

  void write() {
    margins();
    if (!applies(head)) {
      return;
    }
    html.line("<h3 id=\"look-" + number + "\">Records worth a look</h3>");
    list(
        "Near the threshold",
        "A little more or less, and the decision would be the other one.",
        "#Distance",
        near(summary));
    if (spec.kind() == HeadSpec.Kind.SINGLE_LABEL) {
      list(
          "Unusual for their label",
          "Assigned, but far less sure than most records of the same label: by so many halves of the"
              + " range of the label's middle 50 %, on the logit scale.",
          "#Below the median",
          summary.byLabel.unusual());
    }
    @Nullable Margins margins = head.margins;
    if (margins != null) {
      list(
          "Two labels nearly alike",
          "The best label is hardly more probable than the second.",
          "#Margin",
          margins.narrowest.upTo(ALIKE));
    }
    list(
        "Empty prediction set",
        "No label is as probable as the true label mostly is; the least probable first.",
        "",
        summary.outsideSets.entries());
  }

  private void list(String name, String meaning, String rank, List<WorthALook.Entry> entries) {
    if (entries.isEmpty()) {
      return;
    }
    html.details(name + " (" + entries.size() + ")").paragraph(meaning);
    boolean second = entries.get(0).second() >= 0;
    List<String> headings =
        new ArrayList<>(List.of("Record", "Best label", second ? "Second" : "Became", "#Score"));
    if (!rank.isEmpty()) {
      headings.add(rank);
    }
    html.table("", headings);
    for (WorthALook.Entry entry : entries) {
      html.row().cell(entry.name()).cellMarkup(label(entry.best()));
      if (second) {
        html.cellMarkup(label(entry.second()));
      } else {
        html.cell(entry.outcome() == Outcome.OK ? "assigned" : entry.outcome().label());
      }
      html.number(Words.number(entry.score()));
      if (!rank.isEmpty()) {
        html.number(Words.ratio(Math.abs(entry.rank()), 4));
      }
      html.endRow();
    }
    html.endTable().line("</details>");
  }

  /** A label, linked to its row in the table of all labels if it has one. */
  private String label(int label) {
    String text = Escape.markup(HeadSection.called(spec.labels().get(label)));
    boolean row =
        summary.labels()[label] > 0
            && Ranked.of(summary.labels()).stream()
                .limit(HeadSection.MOST_ROWS)
                .anyMatch(one -> one.label() == label);
    return row ? "<a href=\"#" + HeadSection.anchor(number, label) + "\">" + text + "</a>" : text;
  }

  private void margins() {
    @Nullable Margins margins = head.margins;
    if (margins == null || margins.histogram.total() == 0) {
      return;
    }
    html.element("h3", "How far the best label is ahead");
    html.paragraph(
        "The margin is the probability of the best label less that of the second, of "
            + Words.count(margins.histogram.total(), "usable record", "usable records")
            + ". A small one says that two labels fit about equally well.");
    long[] counts = margins.histogram.counts();
    html.figure(
        "",
        spec.name(),
        "margins",
        new HistogramChart(
                "margins-" + number,
                0,
                1,
                "margin (best probability less the second)",
                List.of(new HistogramChart.Panel("Records", "ok", Drawing.BLUE, counts)))
            .draw(
                "Margins of the head " + spec.name(),
                "Histogram of margins from 0 to 1; the numbers stand in the table below.",
                Double.NaN,
                null));
    html.details("The numbers of the figure");
    html.table("", List.of("Margin from", "below", "#Records"));
    for (int bin = 0; bin < counts.length; bin++) {
      if (counts[bin] > 0) {
        html.row()
            .cell(HeadSection.limit(bin))
            .cell(HeadSection.limit(bin + 1))
            .number(Words.count(counts[bin]))
            .endRow();
      }
    }
    html.endTable().line("</details>");
  }
}
