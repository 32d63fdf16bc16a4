package org.ribonnx.report;

import java.util.ArrayList;
import java.util.List;
import org.ribonnx.core.bundle.HeadSpec;

/**
 * The report in short as Markdown, as Galaxy shows it as a tool's own page. Every text of unknown
 * origin is escaped letter by letter, so it is neither markup nor a directive.
 */
final class Markdown {
  private static final int MOST_ROWS = 25;

  private final ReportData data;
  private final Figures figures;
  private final boolean pictures;
  private final StringBuilder out = new StringBuilder(1 << 13);

  /**
   * @param pictures whether the figures are written too and can be referred to
   */
  Markdown(ReportData data, Figures figures, boolean pictures) {
    this.data = data;
    this.figures = figures;
    this.pictures = pictures;
  }

  String text() {
    line("# " + Escape.markdown(data.title)).line("");
    for (String warning : data.warnings) {
      line("> **Read this first:** " + Escape.markdown(warning) + Escape.markdown(".")).line("");
    }
    boolean many = data.heads.size() > 1;
    data.heads.forEach(
        head -> line(Escape.markdown(Page.outcomeSentence(head.summary, many))).line(""));
    line("The whole report is the HTML file: open it, or download it and open it in a browser.")
        .line("");
    for (ReportData.Head head : data.heads) {
      HeadSpec spec = head.summary.head();
      if (spec.kind() != HeadSpec.Kind.REGRESSION && !Ranked.of(head.summary.labels()).isEmpty()) {
        labels(head);
      }
      quality(head);
    }
    samples();
    reasons();
    if (pictures) {
      pictures();
    }
    line("Model: " + Escape.markdown(data.bundle.title() + ", " + data.bundle.name()) + ".");
    return out.toString();
  }

  private Markdown line(String text) {
    out.append(text).append('\n');
    return this;
  }

  private void row(List<String> cells) {
    out.append('|');
    cells.forEach(cell -> out.append(' ').append(Escape.markdown(cell)).append(" |"));
    out.append('\n');
  }

  private void head(String... cells) {
    row(List.of(cells));
    line("|" + " --- |".repeat(cells.length));
  }

  private void labels(ReportData.Head head) {
    HeadSpec spec = head.summary.head();
    List<Ranked> ranked = Ranked.of(head.summary.labels());
    line("## " + Escape.markdown("Predictions: " + spec.name())).line("");
    head("Label", "Name", "Records", "Share");
    for (Ranked one : ranked.subList(0, Math.min(MOST_ROWS, ranked.size()))) {
      HeadSpec.Label label = spec.labels().get(one.label());
      row(
          List.of(
              label.label(),
              label.name(),
              Words.count(one.count()),
              Words.percent(one.count(), head.summary.count(Outcome.OK))));
    }
    line("");
    if (ranked.size() > MOST_ROWS) {
      line("And " + Words.count(ranked.size() - MOST_ROWS) + " labels more.").line("");
    }
  }

  private void quality(ReportData.Head head) {
    List<List<String>> rows = new ArrayList<>();
    SingleLabelQuality single = head.single;
    if (single != null && single.records() > 0) {
      rows.add(List.of("Accuracy", Words.ratio(single.accuracy())));
      rows.add(
          List.of("Macro F1", Words.ratio(ClassCounts.macro(single.classes(), ClassCounts::f1))));
      rows.add(List.of("AUROC of rejection", Words.ratio(single.roc().area())));
      rows.add(
          List.of("Expected calibration error", Words.ratio(single.calibration().expectedError())));
    }
    MultiLabelQuality multi = head.multi;
    if (multi != null && multi.records() > 0) {
      rows.add(List.of("Exact match", Words.ratio(multi.exactShare())));
      rows.add(List.of("Micro F1", Words.ratio(ClassCounts.micro(multi.classes()))));
    }
    head.targets.forEach(
        (target, quality) -> {
          String name = head.summary.head().labels().get(target).label();
          rows.add(
              List.of("Mean absolute error, " + name, Words.number(quality.meanAbsoluteError())));
          rows.add(List.of("R², " + name, Words.ratio(quality.determination())));
        });
    if (!rows.isEmpty()) {
      line("## " + Escape.markdown("Against the truth: " + head.summary.head().name())).line("");
      head("Measure", "Value");
      rows.forEach(this::row);
      line("");
    }
  }

  private void samples() {
    for (int head = 0; head < data.heads.size() && !data.samples.isEmpty(); head++) {
      line("## " + Escape.markdown("Samples: " + data.heads.get(head).summary.head().name()))
          .line("");
      head("Sample", "Records", "Assigned", "Unassigned", "Unusable");
      for (SampleSummary sample : data.samples) {
        row(
            List.of(
                sample.name(),
                Words.count(sample.records(head)),
                Words.count(sample.count(head, Outcome.OK)),
                Words.count(sample.count(head, Outcome.UNASSIGNED)),
                Words.count(sample.count(head, Outcome.UNUSABLE))));
      }
      line("");
    }
  }

  private void reasons() {
    boolean some = false;
    for (ReportData.Head head : data.heads) {
      for (ReasonTally.Reason reason : head.summary.reasons().all()) {
        if (!some) {
          line("## Rejected, unusable, altered: why").line("");
          head("Head", "Reason", "Records", "First ids");
          some = true;
        }
        row(
            List.of(
                head.summary.head().name(),
                reason.code(),
                Words.count(reason.total()),
                String.join(", ", reason.examples())));
      }
    }
    if (some) {
      line("");
    }
  }

  private void pictures() {
    List<Figures.Figure> all = figures.all();
    if (!all.isEmpty()) {
      line("## Figures").line("");
    }
    for (Figures.Figure figure : all) {
      String title = figure.drawing().title();
      line("**" + Escape.markdown(title) + "**").line("");
      line("```galaxy");
      line("history_dataset_as_image(output=\"figures\", path=\"" + figure.name() + ".png\")");
      line("```").line("");
    }
  }
}
