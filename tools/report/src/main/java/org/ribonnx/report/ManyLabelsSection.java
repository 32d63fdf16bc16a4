package org.ribonnx.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.HeadSpec;

/** What a head of several labels per record says beyond their counts: pairs, scores per label. */
final class ManyLabelsSection {
  static final String PAIRS = "label-pairs";
  static final String SCORES = "label-scores";

  private static final int MOST_RANGES = 32;
  private static final int MOST_ROWS = 2_000;

  private final ReportData.Head head;
  private final HeadSummary summary;
  private final HeadSpec spec;
  private final int number;
  private final Html html;

  ManyLabelsSection(ReportData.Head head, int number, Html html) {
    this.head = head;
    this.summary = head.summary;
    this.spec = summary.head();
    this.number = number;
    this.html = html;
  }

  private String called(int label) {
    return HeadSection.called(spec.labels().get(label));
  }

  private static List<LabelPairs.Pair> shownPairs(HeadSummary summary) {
    return summary.pairs.shown(summary.labels(), summary.count(Outcome.OK));
  }

  /** Which labels go together. */
  void pairs() {
    List<Integer> labels = summary.pairs.shownLabels(summary.labels());
    List<LabelPairs.Pair> pairs = shownPairs(summary);
    if (pairs.isEmpty()) {
      return;
    }
    html.element("h3", "Which labels go together");
    long occur = Ranked.of(summary.labels()).size();
    html.paragraph(
        "Correlation of having the one label with having the other, over the assigned records. Blue: more often together"
            + " than by chance; orange: less often; 0: they know nothing of each other. These are the model's labels,"
            + " right or wrong."
            + (occur > labels.size()
                ? " The "
                    + labels.size()
                    + " labels of the most records are drawn, of "
                    + Words.count(occur)
                    + "."
                : ""));
    double[][] values = new double[labels.size()][labels.size()];
    boolean[][] named = new boolean[labels.size()][labels.size()];
    for (LabelPairs.Pair pair : pairs) {
      int row = labels.indexOf(pair.first());
      int column = labels.indexOf(pair.second());
      double value = Double.isNaN(pair.correlation()) ? 0 : pair.correlation();
      values[row][column] = value;
      values[column][row] = value;
      named[row][column] = true;
      named[column][row] = true;
    }
    List<String> names = labels.stream().map(this::called).toList();
    html.figure(
        "scroll",
        spec.name(),
        PAIRS,
        SignedMap.draw(
            PAIRS + "-" + number,
            "Labels that go together, head " + spec.name(),
            "Correlation by pair of labels; the numbers stand in the table below.",
            names,
            names,
            values,
            named));
    html.details("The numbers of the figure");
    html.table("", List.of("Label", "and", "#Records with both", "#By chance", "#Correlation"));
    for (LabelPairs.Pair pair : pairs) {
      html.row()
          .cell(called(pair.first()))
          .cell(called(pair.second()))
          .number(Words.count(pair.together()))
          .number(SignedMap.shown(pair.expected()))
          .number(Double.isNaN(pair.correlation()) ? "–" : SignedMap.shown(pair.correlation()))
          .endRow();
    }
    html.endTable();
    html.note("By chance: the product of both labels' shares, times the records.");
    html.line("</details>");
  }

  /** The scores of each label against its threshold. */
  void scores() {
    @Nullable LabelScores scores = head.labelScores;
    List<Integer> labels = scored(scores);
    if (scores == null || labels.isEmpty()) {
      return;
    }
    html.element("h3", "Scores of each label");
    html.paragraph(
        "Of all usable records, whether they got the label or not: the line holds the middle 90 % of the scores, the box"
            + " the middle half, the thick tick is the median; the red dashes are the label's threshold. Records near"
            + " a threshold could easily be on its other side."
            + (labels.size() > MOST_RANGES
                ? " The "
                    + MOST_RANGES
                    + " labels of the most records are drawn; the others stand in the table."
                : ""));
    List<RangeChart.Range> rows = new ArrayList<>();
    for (int label : labels.subList(0, Math.min(MOST_RANGES, labels.size()))) {
      rows.add(
          new RangeChart.Range(
              called(label), scores.of(label).quantiles(), scores.threshold(label)));
    }
    html.figure(
        "",
        spec.name(),
        SCORES,
        RangeChart.draw(
            SCORES + "-" + number,
            "Scores of the labels of the head " + spec.name(),
            "Ranges of scores from 0 to 1 with the thresholds; the numbers stand in the table below.",
            1,
            "score of the label",
            rows));
    html.details("The numbers of the figure, all labels");
    new Pager(html, SCORES + "-rows-" + number, Math.min(MOST_ROWS, labels.size()))
        .write(
            List.of(
                "Label",
                "#Threshold",
                "#Lowest 5 % below",
                "#Quarter below",
                "#Median",
                "#Quarter above",
                "#Highest 5 % above",
                "#Near the threshold"),
            at -> {
              int label = labels.get(at);
              Spread spread = scores.of(label);
              double threshold = scores.threshold(label);
              html.row()
                  .cell(called(label))
                  .number(Double.isNaN(threshold) ? "–" : Words.number(threshold));
              for (double quantile : spread.quantiles()) {
                html.number(Words.ratio(quantile, 3));
              }
              html.number(
                      Double.isNaN(threshold)
                          ? "–"
                          : Words.count(scores.near(label))
                              + " ("
                              + Words.percent(scores.near(label), spread.count())
                              + ")")
                  .endRow();
            });
    if (labels.size() > MOST_ROWS) {
      html.note(
          "The other " + Words.count(labels.size() - MOST_ROWS) + " are in the metrics file.");
    }
    html.note(
        "Near: less than " + LabelScores.NEAR + " away. Quantiles are to the width of a bin.");
    html.line("</details>");
  }

  /** Labels with scores: those of the most records first, then those of none. */
  private List<Integer> scored(@Nullable LabelScores scores) {
    List<Integer> labels = new ArrayList<>();
    Ranked.of(summary.labels()).forEach(one -> labels.add(one.label()));
    long[] counts = summary.labels();
    for (int label = 0; label < counts.length; label++) {
      if (counts[label] == 0) {
        labels.add(label);
      }
    }
    labels.removeIf(label -> scores == null || scores.of(label).count() == 0);
    return labels;
  }

  /** The same for programs. */
  static void put(Map<String, @Nullable Object> tree, ReportData.Head head) {
    HeadSummary summary = head.summary;
    List<HeadSpec.Label> names = summary.head().labels();
    List<@Nullable Object> pairs = new ArrayList<>();
    for (LabelPairs.Pair pair : shownPairs(summary)) {
      Map<String, @Nullable Object> facts = new LinkedHashMap<>();
      facts.put(
          "labels", List.of(names.get(pair.first()).label(), names.get(pair.second()).label()));
      facts.put("records", pair.together());
      facts.put("expected", pair.expected());
      facts.put("correlation", pair.correlation());
      pairs.add(facts);
    }
    tree.put("label_pairs", pairs);
    @Nullable LabelScores scores = head.labelScores;
    if (scores == null) {
      return;
    }
    Map<String, @Nullable Object> spreads = new LinkedHashMap<>();
    for (int label = 0; label < names.size(); label++) {
      Spread spread = scores.of(label);
      if (spread.count() > 0) {
        Map<String, @Nullable Object> facts = new LinkedHashMap<>();
        facts.put("threshold", scores.threshold(label));
        facts.put("mean", spread.mean());
        facts.put("quantiles", quantiles(spread));
        facts.put("near_threshold", scores.near(label));
        spreads.put(names.get(label).label(), facts);
      }
    }
    tree.put("label_spreads", spreads);
  }

  /** The quantiles of a spread for programs. */
  static List<@Nullable Object> quantiles(Spread spread) {
    List<@Nullable Object> all = new ArrayList<>();
    for (double value : spread.quantiles()) {
      all.add(value);
    }
    return all;
  }

  static void define(Map<String, String> all, String heads) {
    all.put(
        heads + "label_pairs.[].records",
        "Records with both labels, of the pairs of the "
            + LabelPairs.SHOWN
            + " labels of the most records; of a record its "
            + LabelPairs.MOST_PER_RECORD
            + " best labels are paired, of heads with more than "
            + LabelPairs.MOST_LABELS
            + " labels none.");
    all.put(
        heads + "label_pairs.[].expected",
        "Records with both if the labels were independent: the product of their shares, times the assigned records.");
    all.put(
        heads + "label_pairs.[].correlation",
        "Correlation (phi) of having the one label with having the other; null where a label does not vary.");
    all.put(
        heads + "label_spreads.*.threshold",
        "Probability from which on a record gets the label; null where there is none.");
    all.put(heads + "label_spreads.*.mean", "Mean score of the label over all usable records.");
    all.put(
        heads + "label_spreads.*.quantiles.[]",
        "Scores that 5, 25, 50, 75 and 95 % of the usable records do not exceed, to the width of a bin.");
    all.put(
        heads + "label_spreads.*.near_threshold",
        "Usable records whose score is less than "
            + LabelScores.NEAR
            + " away from the threshold.");
  }
}
