package org.ribonnx.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.HeadSpec;

/** What a head's section says of prediction sets: how large they are, how often they are right. */
final class SetsSection {
  static final String SIZES = "set-sizes";
  static final String COVERAGE = "set-coverage";
  private static final int MOST_RANGES = 36;
  private static final int MOST_BARS = 10;

  private final SetTally tally;
  private final HeadSpec spec;
  private final HeadSpec.@Nullable Sets sets;
  private final int number;
  private final Html html;

  SetsSection(ReportData.Head head, int number, Html html) {
    this.tally = head.summary.sets;
    this.spec = head.summary.head();
    this.sets = spec.sets();
    this.number = number;
    this.html = html;
  }

  private static String share(double share) {
    return Words.number(Math.round(share * 1e6) / 1e4) + " %";
  }

  /** How many labels the sets hold; nothing where there are none. */
  void write() {
    HeadSpec.Sets promise = sets;
    if (promise == null || tally.sets() == 0) {
      return;
    }
    html.element("h3", "Prediction sets");
    html.paragraph(
        "A record's set holds all labels that may be right. The model promises that the truth is in the set of "
            + share(promise.coverage())
            + (promise.perLabel() ? " of the records of each label" : " of all records")
            + ", if they are like those that it was calibrated on. A set of one label is sure, a large one is not. An"
            + " empty set (none) says that no label is as probable as the true label is in "
            + share(promise.coverage())
            + " of the known records: the record lies between labels, or is like none of them. A record can have a"
            + " label and an empty set, or be unassigned and have a set. Here are "
            + Words.count(tally.sets(), "set", "sets")
            + ", with "
            + Words.ratio(tally.meanSize(), 2)
            + " labels on average.");
    CountBars bars = new CountBars("Labels in the set");
    long[] sizes = tally.sizes();
    long[] shown = new long[Math.min(sizes.length, MOST_BARS + 1)];
    for (int size = 0; size < sizes.length; size++) {
      shown[Math.min(size, MOST_BARS)] += sizes[size];
    }
    for (int size = 0; size < shown.length; size++) {
      bars.add(size == 0 ? "none" : size == MOST_BARS ? size + " or more" : "" + size, shown[size]);
    }
    bars.write(
        html,
        spec.name(),
        SIZES,
        number,
        "Labels in the prediction sets of the head " + spec.name(),
        "Bars of the records whose set holds no label, one label and more; the numbers stand in the table"
            + " below.",
        tally.sets());
  }

  /** Whether the sets hold the truth; nothing where no truth is known. */
  void truth() {
    HeadSpec.Sets promise = sets;
    SetTally.Covered all = tally.together();
    if (promise == null || all.records() + tally.foreign() == 0) {
      return;
    }
    html.element("h3", "Do the sets hold the truth?");
    if (tally.foreign() > 0) {
      html.paragraph(
          "The truth of "
              + Words.count(tally.foreign(), "record", "records")
              + " is no label of the model, so that no set can hold it; "
              + (tally.foreign() == 1
                  ? "the set is " + (tally.foreignEmpty() == 1 ? "empty." : "not empty.")
                  : Words.percent(tally.foreignEmpty(), tally.foreign())
                      + " of their sets are empty."));
    }
    if (all.records() == 0) {
      return;
    }
    List<SetTally.Covered> labels = new ArrayList<>(tally.byLabel());
    labels.sort(Comparator.comparingDouble(SetTally.Covered::coverage));
    html.paragraph(
        "The truth is in the set of "
            + Words.count(all.covered())
            + " of "
            + Words.count(all.records(), "record", "records")
            + ": "
            + percent(all)
            + "; the model promises "
            + share(promise.coverage())
            + (promise.perLabel()
                ? " for each label. "
                : " for all records together, and nothing for one label: hard labels may have less, easy ones"
                    + " more. ")
            + "Their sets hold "
            + Words.ratio(all.meanSize(), 2)
            + " labels on average. In brackets and as lines: 95 % intervals (Wilson); dashed: the promise"
            + (labels.size() > MOST_RANGES
                ? "; the " + MOST_RANGES + " labels with the least coverage are drawn."
                : "."));
    List<RangeChart.Range> rows = new ArrayList<>();
    for (SetTally.Covered one : labels.subList(0, Math.min(MOST_RANGES, labels.size()))) {
      Bootstrap.Interval interval = Wilson.of(one.covered(), one.records());
      double at = one.coverage();
      rows.add(
          new RangeChart.Range(
              called(one.label()),
              new double[] {interval.from(), at, at, at, interval.to()},
              promise.coverage()));
    }
    html.figure(
        "",
        spec.name(),
        COVERAGE,
        RangeChart.draw(
            COVERAGE + "-" + number,
            "Coverage of the prediction sets of the head " + spec.name(),
            "A tick per label for the share of its records whose set holds it, with its interval; the dashes are"
                + " the promised share, and the numbers stand in the table below.",
            1,
            "share of the label's records whose set holds it",
            rows));
    html.details("The numbers of the figure, all labels");
    new Pager(html, COVERAGE + "-rows-" + number, Math.min(HeadSection.MOST_ROWS, labels.size()))
        .write(
            List.of(
                "Label", "#Records", "#Truth in the set", "#Coverage", "#Mean labels in the set"),
            at -> {
              SetTally.Covered one = labels.get(at);
              html.row()
                  .cellMarkup(HeadSection.linked(spec.labels().get(one.label())))
                  .number(Words.count(one.records()))
                  .number(Words.count(one.covered()))
                  .number(percent(one))
                  .number(Words.ratio(one.meanSize(), 2))
                  .endRow();
            });
    html.line("</details>");
  }

  private static String percent(SetTally.Covered one) {
    Bootstrap.Interval interval = Wilson.of(one.covered(), one.records());
    return String.format(
        Locale.ROOT,
        "%.1f %% (%.1f–%.1f)",
        100 * one.coverage(),
        100 * interval.from(),
        100 * interval.to());
  }

  private String called(int label) {
    return HeadSection.called(spec.labels().get(label));
  }

  /** The first measure of the sets, for a table; empty where there is none. */
  static String inShort(ReportData.Head head) {
    SetTally.Covered all = head.summary.sets.together();
    HeadSpec.Sets promise = head.summary.head().sets();
    return promise == null || all.records() == 0
        ? ""
        : percent(all) + "; promised " + share(promise.coverage());
  }

  /** Puts the numbers of a head's sets into its metrics; nothing where it has none. */
  static void put(Map<String, @Nullable Object> tree, HeadSummary summary) {
    HeadSpec.Sets promise = summary.head().sets();
    SetTally tally = summary.sets;
    if (promise == null || tally.sets() == 0) {
      return;
    }
    Map<String, @Nullable Object> facts = new LinkedHashMap<>();
    facts.put("promised", promise.coverage());
    facts.put("per_label", promise.perLabel());
    facts.put("records", tally.sets());
    facts.put("mean_size", tally.meanSize());
    List<@Nullable Object> sizes = new ArrayList<>();
    for (long count : tally.sizes()) {
      sizes.add(count);
    }
    facts.put("sizes", sizes);
    tree.put("sets", facts);
  }

  /** Puts what the truth says of a head's sets into its metrics. */
  static void putTruth(Map<String, @Nullable Object> tree, HeadSummary summary) {
    SetTally tally = summary.sets;
    SetTally.Covered all = tally.together();
    if (summary.head().sets() == null || all.records() + tally.foreign() == 0) {
      return;
    }
    Map<String, @Nullable Object> facts = facts(all);
    facts.put("no_label", tally.foreign());
    facts.put("no_label_empty", tally.foreignEmpty());
    Map<String, @Nullable Object> classes = new LinkedHashMap<>();
    for (SetTally.Covered one : tally.byLabel()) {
      classes.put(summary.head().labels().get(one.label()).label(), facts(one));
    }
    facts.put("classes", classes);
    tree.put("sets", facts);
  }

  private static Map<String, @Nullable Object> facts(SetTally.Covered one) {
    Map<String, @Nullable Object> facts = new LinkedHashMap<>();
    facts.put("records", one.records());
    facts.put("covered", one.covered());
    facts.put("coverage", one.coverage());
    facts.put("coverage_interval", MetricsJson.interval(Wilson.of(one.covered(), one.records())));
    facts.put("mean_size", one.meanSize());
    return facts;
  }

  /** Definitions of what {@link #put} and {@link #putTruth} give. */
  static void define(Map<String, String> all, String h) {
    String s = h + "sets.";
    all.put(s + "promised", "Share of records whose set holds the truth, as the model promises.");
    all.put(s + "records", "Records that have a prediction set.");
    all.put(s + "mean_size", "Mean number of labels in a set.");
    all.put(s + "sizes.[]", "Records whose set holds 0, 1, 2, … labels.");
    String t = h + "truth.sets.";
    for (String c : new String[] {t, t + "classes.*."}) {
      boolean one = !c.equals(t);
      all.put(
          c + "records",
          "Records with a set whose truth is " + (one ? "the label." : "a label of the head."));
      all.put(c + "covered", "Those of them whose set holds the truth.");
      all.put(c + "coverage", "covered / records.");
      all.put(c + "coverage_interval.[]", "95 % interval of coverage (Wilson's score interval).");
      all.put(c + "mean_size", "Mean number of labels in their sets.");
    }
    all.put(t + "no_label", "Records with a set whose truth is no label of the head.");
    all.put(t + "no_label_empty", "Those of them whose set is empty.");
  }
}
