package org.ribonnx.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.HeadSpec;

/** The section of a head that compares it with the truth. */
final class QualitySection {
  private static final int SHOWN_CLASSES = 36;
  private static final int WEAKEST = 10;
  static final String LABEL_ROC = "label-roc";
  private static final int MOST_CURVES = 8;
  private static final int MOST_ROWS = 2_000;
  private static final String NO_LABEL = "no label of the model";
  private static final String OTHERS = "others";

  private final ReportData data;
  private final ReportData.Head head;
  private final HeadSpec spec;
  private final int number;
  private final Html html;

  QualitySection(ReportData data, ReportData.Head head, int number, Html html) {
    this.data = data;
    this.head = head;
    this.spec = head.summary.head();
    this.number = number;
    this.html = html;
  }

  /** Whether the truth says something of a head. */
  static boolean applies(ReportData.Head head) {
    return head.single != null || head.multi != null || !head.targets.isEmpty();
  }

  /** Usable records with a known truth, of the target that has most of them. */
  static long known(ReportData.Head head) {
    long targets =
        head.targets.values().stream().mapToLong(RegressionQuality::records).max().orElse(0);
    return head.single != null
        ? head.single.records()
        : head.multi != null ? head.multi.records() : targets;
  }

  /** The first measure of a head; a dash where nothing is known. */
  static String inShort(ReportData.Head head) {
    if (!applies(head) || known(head) == 0) {
      return "–";
    }
    @Nullable SingleLabelQuality single = head.single;
    if (single != null) {
      return "accuracy "
          + Words.ratio(single.accuracy())
          + (single.rejects()
              ? ", of the assigned " + Words.ratio(single.accuracyOfAssigned())
              : "");
    }
    @Nullable MultiLabelQuality multi = head.multi;
    if (multi != null) {
      return (head.areas == null ? "" : "macro AUROC " + Words.ratio(head.areas.macro()) + ", ")
          + "exact match "
          + Words.ratio(multi.exactShare());
    }
    List<String> errors = new ArrayList<>();
    head.targets.forEach(
        (target, quality) ->
            errors.add(
                "mean absolute error of "
                    + head.summary.head().labels().get(target).label()
                    + " "
                    + Words.number(quality.meanAbsoluteError())));
    return String.join(", ", errors);
  }

  void write() {
    html.section("truth-" + number, "Against the truth: " + spec.name());
    if (head.single != null) {
      single(head.single);
    }
    if (head.multi != null) {
      multi(head.multi);
    }
    head.targets.forEach(this::target);
    html.end();
  }

  private void coverage(long records, long unusable, long unknown) {
    Truth truth = java.util.Objects.requireNonNull(data.truth);
    html.paragraph(
        Words.count(records, "usable record has", "usable records have")
            + " a known truth and "
            + (records == 1 ? "counts" : "count")
            + " here. Left out: "
            + Words.count(unusable)
            + " unusable, "
            + Words.count(unknown)
            + " without a truth"
            + (truth.unmet() > 0
                ? "; "
                    + Words.count(truth.unmet(), "id", "ids")
                    + " of the truth not among the predictions."
                : "."));
    Map<String, Long> foreign = truth.foreign(spec);
    if (!foreign.isEmpty()) {
      List<String> names = new ArrayList<>();
      foreign.entrySet().stream()
          .sorted(
              Map.Entry.<String, Long>comparingByValue()
                  .reversed()
                  .thenComparing(Map.Entry::getKey))
          .limit(10)
          .forEach(entry -> names.add(entry.getKey()));
      html.note(
          "Values of the truth that are no label of the model: "
              + String.join(", ", names)
              + (foreign.size() > names.size() ? ", …" : "")
              + ".");
    }
  }

  private void measure(String name, String value, String meaning) {
    html.row().cell(name).number(value).cell(meaning).endRow();
  }

  private void single(SingleLabelQuality quality) {
    coverage(quality.records(), quality.unusable(), quality.unknown());
    if (quality.records() == 0) {
      return;
    }
    List<ClassCounts> classes = quality.classes();
    Roc roc = quality.roc();
    html.table("measures", List.of("Measure", "#Value", "Meaning"));
    measure(
        "Accuracy",
        Words.ratio(quality.accuracy())
            + interval(Bootstrap.ofShare(quality.right(), quality.records()), 4),
        Definitions.ACCURACY);
    // Where nothing is ever left unassigned, these say the same again or nothing.
    boolean rejects = quality.rejects();
    boolean both = roc.positives() > 0 && roc.negatives() > 0;
    if (rejects) {
      measure(
          "Accuracy of the assigned",
          Words.ratio(quality.accuracyOfAssigned()),
          Definitions.ACCURACY_ASSIGNED);
      measure("Share assigned", Words.ratio(quality.shareAssigned()), Definitions.SHARE_ASSIGNED);
    }
    if (roc.negatives() > 0) {
      measure(
          "Share wrongly accepted",
          Words.ratio(quality.shareForeignAssigned()),
          Definitions.SHARE_FOREIGN);
    }
    measure(
        "Macro F1", Words.ratio(ClassCounts.macro(classes, ClassCounts::f1)), Definitions.MACRO_F1);
    measure(
        "Weighted F1",
        Words.ratio(ClassCounts.weighted(classes, ClassCounts::f1)),
        Definitions.WEIGHTED_F1);
    if (rejects) {
      measure(
          "Accuracy of the best label",
          Words.ratio(quality.accuracyOfBest()),
          Definitions.ACCURACY_BEST);
      measure(
          "Macro F1 of the best label",
          Words.ratio(quality.macroF1OfBest()),
          Definitions.MACRO_F1_BEST);
    }
    if (both) {
      measure("AUROC of rejection", Words.ratio(roc.area()), Definitions.rejection(data.scored));
      measure(
          "Average precision of acceptance",
          Words.ratio(roc.averagePrecision()),
          Definitions.AVERAGE_PRECISION);
    }
    Calibration calibration = quality.calibration();
    measure(
        "Expected calibration error",
        Words.ratio(calibration.expectedError()),
        Definitions.CALIBRATION_ERROR);
    measure("Brier score of the best label", Words.ratio(calibration.brier()), Definitions.BRIER);
    ScoreLoss loss = head.loss;
    if (loss != null && loss.records() > 0) {
      measure("Brier score of all labels", Words.ratio(loss.brier()), Definitions.BRIER_ALL);
      measure("Log loss", Words.ratio(loss.logLoss()), Definitions.LOG_LOSS);
    }
    areas();
    html.endTable();
    confusion(quality);
    classTable(
        classes,
        "Recall counts a record that was left unassigned as missed. " + Definitions.INTERVALS);
    labelCurves();
    if (rejects) {
      rejection(quality, roc);
    }
    calibration(quality.calibration());
    new SetsSection(head, number, html).truth();
  }

  private void areas() {
    BinnedAreas areas = head.areas;
    if (areas != null) {
      measure(
          "Macro AUROC, one label against the rest",
          Words.ratio(areas.macro()),
          Definitions.areas(areas.bins())
              + " Labels with an area: "
              + Words.count(areas.defined())
              + ".");
      measure(
          "Macro average precision, one label against the rest",
          Words.ratio(areas.macroAveragePrecision()),
          Definitions.MACRO_AVERAGE_PRECISION);
    }
  }

  private void classTable(List<ClassCounts> classes, String note) {
    html.element("h3", "Precision and recall per label");
    List<ClassCounts> weakest =
        classes.stream()
            .filter(one -> one.support() > 0)
            .sorted(Comparator.comparingDouble(ClassCounts::f1))
            .limit(WEAKEST)
            .toList();
    boolean many = classes.size() > WEAKEST;
    html.paragraph((many ? "The " + weakest.size() + " labels with the lowest F1. " : "") + note);
    rows(many ? weakest : classes);
    if (many) {
      html.details("All " + Words.count(classes.size()) + " labels that occur");
      rows(classes.subList(0, Math.min(MOST_ROWS, classes.size())));
      html.line("</details>");
    }
  }

  private void rows(List<ClassCounts> classes) {
    boolean areas = head.areas != null;
    List<String> headings =
        new ArrayList<>(List.of("Label", "#Support", "#Predicted", "#Precision", "#Recall", "#F1"));
    // With scores a table of its own has them, and this one is wide enough.
    boolean thresholds = !spec.thresholds().isEmpty() && !areas;
    if (thresholds) {
      headings.add(1, "#Threshold");
    }
    if (areas) {
      headings.add("#AUROC");
      headings.add("#Average precision");
    }
    html.table("", headings);
    for (ClassCounts one : classes) {
      Bootstrap.Intervals drawn = Bootstrap.of(one);
      html.row().cellMarkup(HeadSection.linked(spec.labels().get(one.label())));
      if (thresholds) {
        html.number(Words.number(spec.thresholds().get(one.label())));
      }
      html.number(Words.count(one.support()))
          .number(Words.count(one.predicted()))
          .number(short3(one.precision()) + interval(drawn.precision(), 2))
          .number(short3(one.recall()) + interval(drawn.recall(), 2))
          .number(short3(one.f1()) + interval(drawn.f1(), 2));
      BinnedAreas known = head.areas;
      if (known != null) {
        html.number(short3(known.area(one.label())))
            .number(short3(known.averagePrecision(one.label())));
      }
      html.endRow();
    }
    html.endTable();
  }

  private static String interval(Bootstrap.Interval interval, int decimals) {
    return interval.isDefined()
        ? String.format(
            Locale.ROOT,
            " (%." + decimals + "f–%." + decimals + "f)",
            interval.from(),
            interval.to())
        : "";
  }

  private static String short3(double value) {
    return Double.isNaN(value) ? "–" : Words.ratio(value, 3);
  }

  /**
   * One place of the matrix.
   *
   * @param truth number of the row
   * @param decision number of the column
   */
  private record Place(int truth, int decision, long count) {}

  private String rowName(int row) {
    return row == spec.labels().size() ? NO_LABEL : HeadSection.called(spec.labels().get(row));
  }

  private String columnName(int column) {
    return column == spec.labels().size()
        ? Outcome.UNASSIGNED.label()
        : HeadSection.called(spec.labels().get(column));
  }

  private void confusion(SingleLabelQuality quality) {
    int labels = spec.labels().size();
    long[] @Nullable [] matrix = quality.confusion();
    List<Place> places = new ArrayList<>();
    long[] weight = new long[labels];
    for (int row = 0; row <= labels; row++) {
      long[] counts = matrix[row];
      for (int column = 0; counts != null && column <= labels; column++) {
        if (counts[column] > 0) {
          places.add(new Place(row, column, counts[column]));
          if (row < labels) {
            weight[row] += counts[column];
          }
          if (column < labels && column != row) {
            weight[column] += counts[column];
          }
        }
      }
    }
    List<Ranked> ranked = Ranked.of(weight);
    int shown = Math.min(SHOWN_CLASSES, ranked.size());
    int[] place = new int[labels];
    java.util.Arrays.fill(place, shown);
    List<String> rows = new ArrayList<>();
    List<String> columns = new ArrayList<>();
    for (int i = 0; i < shown; i++) {
      place[ranked.get(i).label()] = i;
      rows.add(rowName(ranked.get(i).label()));
      columns.add(rowName(ranked.get(i).label()));
    }
    boolean more = ranked.size() > shown;
    if (more) {
      rows.add(OTHERS);
      columns.add(OTHERS);
    }
    boolean none = places.stream().anyMatch(one -> one.truth() == labels);
    if (none) {
      rows.add(NO_LABEL);
    }
    if (quality.rejects() || places.stream().anyMatch(one -> one.decision() == labels)) {
      columns.add(Outcome.UNASSIGNED.label());
    }
    long[][] counts = new long[rows.size()][columns.size()];
    for (Place one : places) {
      int row = one.truth() == labels ? rows.size() - 1 : place[one.truth()];
      int column = one.decision() == labels ? columns.size() - 1 : place[one.decision()];
      counts[row][column] += one.count();
    }
    boolean[] rejecting = new boolean[rows.size()];
    if (none) {
      rejecting[rows.size() - 1] = true;
    }
    for (int i = 0; i < shown; i++) {
      rejecting[i] = head.summary.isRejecting(ranked.get(i).label());
    }
    html.element("h3", "What was taken for what");
    html.paragraph(
        "Rows are the truth, columns the decision; the stronger the colour, the larger the share of the row; blue is right, orange is not. "
            + (more
                ? "The "
                    + shown
                    + " largest labels are drawn; 'others' stands for the "
                    + (ranked.size() - shown)
                    + " more, also where one of them was taken for another."
                : ""));
    html.figure(
        "scroll",
        spec.name(),
        "confusion",
        HeatMap.draw(
            "confusion-" + number,
            "Confusion matrix of the head " + spec.name(),
            "Truth against decision; the counts stand in the table below.",
            rows,
            columns,
            counts,
            rejecting));
    confusionTable(places);
  }

  private boolean isRight(Place one) {
    int labels = spec.labels().size();
    boolean reject = one.truth() == labels || head.summary.isRejecting(one.truth());
    return reject ? one.decision() == labels : one.decision() == one.truth();
  }

  private void confusionTable(List<Place> places) {
    List<Place> sorted = new ArrayList<>(places);
    // Mistakes first, since the rest can be seen in the table of recall.
    sorted.sort(
        Comparator.comparing(this::isRight)
            .thenComparing(Comparator.comparingLong(Place::count).reversed()));
    html.details("The numbers of the figure, all labels, mistakes first");
    html.table("", List.of("Truth", "Decision", "#Records"));
    for (Place one : sorted.subList(0, Math.min(MOST_ROWS, sorted.size()))) {
      html.row()
          .cell(rowName(one.truth()))
          .cell(columnName(one.decision()))
          .number(Words.count(one.count()))
          .endRow();
    }
    html.endTable();
    if (sorted.size() > MOST_ROWS) {
      html.note(
          "The other " + Words.count(sorted.size() - MOST_ROWS) + " stand in the metrics file.");
    }
    html.line("</details>");
  }

  /** ROC of each label against the rest; of many labels, those that are told apart worst. */
  private void labelCurves() {
    BinnedAreas areas = head.areas;
    if (areas == null || areas.defined() == 0) {
      return;
    }
    double[] area = new double[spec.labels().size()];
    java.util.Arrays.setAll(area, areas::area);
    List<Integer> labels = new ArrayList<>();
    for (int label = 0; label < area.length; label++) {
      if (!Double.isNaN(area[label])) {
        labels.add(label);
      }
    }
    int defined = labels.size();
    boolean twins = head.single != null && area.length == 2 && defined == 2;
    boolean some = defined > MOST_CURVES;
    if (some) {
      labels.sort(Comparator.comparingDouble(label -> area[label]));
      labels = new ArrayList<>(labels.subList(0, MOST_CURVES));
    } else if (twins) {
      labels = List.of(0);
    }
    html.element("h3", "Does the score know a label from the others?");
    html.paragraph(
        "A curve per label: of the records that have it and of those that do not, the shares with a score of"
            + " the label above a limit, over all limits. "
            + (some
                ? "Of "
                    + Words.count(defined)
                    + " labels the "
                    + MOST_CURVES
                    + " with the smallest area are drawn; the areas of all stand in the table above."
                : twins
                    ? "With two labels the curve of the other is its mirror image, with the same area."
                    : "The areas stand in the table above."));
    CurveChart chart =
        new CurveChart(
                "label-roc-" + number,
                "ROC of labels of the head " + spec.name(),
                "Share of the records of a label against share of the others with a score above a limit, over all"
                    + " limits; the areas stand in the table of labels.",
                "other records above the limit",
                "records of the label above it")
            .reference(0, 0, 1, 1);
    for (int i = 0; i < labels.size(); i++) {
      int label = labels.get(i);
      chart.curve(
          areas.curve(label),
          i,
          labels.size() - i,
          Words.shortened(HeadSection.called(spec.labels().get(label)), 18)
              + " "
              + Words.ratio(area[label], 3));
    }
    html.figure("", spec.name(), LABEL_ROC, chart.drawing());
  }

  private void rejection(SingleLabelQuality quality, Roc roc) {
    html.element("h3", "Does the score know what to reject?");
    if (roc.positives() == 0 || roc.negatives() == 0) {
      html.paragraph(
          roc.negatives() == 0
              ? "The truth holds no record that should be rejected, so this can't be said."
              : "The truth holds no record that should be accepted, so this can't be said.");
      return;
    }
    html.paragraph(
        Words.count(roc.positives())
            + " records should be accepted and "
            + Words.count(roc.negatives())
            + " rejected. "
            + (spec.reject() == null
                ? "The head has no threshold and accepted all (the dot); the curve says what one would do."
                : "At its threshold the model accepted "
                    + Words.percent(quality.knownAssigned(), quality.known())
                    + " of the former and "
                    + Words.percent(quality.foreignAssigned(), quality.foreign())
                    + " of the latter (the dot).")
            + " Area under the curve: "
            + Words.ratio(roc.area())
            + ".");
    html.line("<div class=\"pair\">");
    List<double[]> points = new ArrayList<>();
    roc.points()
        .forEach(
            point ->
                points.add(new double[] {point.falsePositiveRate(), point.truePositiveRate()}));
    html.figure(
        "",
        spec.name(),
        "roc",
        new CurveChart(
                "roc-" + number,
                "ROC of rejection by the head " + spec.name(),
                "Share rightly accepted against share wrongly accepted over all thresholds; the area is "
                    + Words.ratio(roc.area())
                    + ".",
                "should be rejected, but accepted",
                "should be accepted, and accepted")
            .reference(0, 0, 1, 1)
            .curve(points)
            .operating(quality.shareForeignAssigned(), quality.shareAssigned())
            .drawing());
    precision(quality, roc);
    html.line("</div>");
    if (!roc.exact()) {
      html.note(
          "With more than "
              + Words.count(Numbers.EXACT)
              + " records on a side scores are binned ("
              + Words.count(Numbers.BINS)
              + " bins on the logit scale from -16 to 16).");
    }
    html.details("The numbers of the figure");
    html.table("", List.of("#Wrongly accepted, at most", "#Rightly accepted"));
    for (double rate : MetricsJson.RATES) {
      html.row()
          .number(Words.number(100 * rate) + " %")
          .number(String.format(Locale.ROOT, "%.2f %%", 100 * quality.acceptedAt(rate)))
          .endRow();
    }
    html.endTable();
    html.line("</details>");
  }

  private void precision(SingleLabelQuality quality, Roc roc) {
    List<double[]> points = new ArrayList<>();
    roc.precisionOverRecall()
        .forEach(
            point ->
                points.add(new double[] {point.falsePositiveRate(), point.truePositiveRate()}));
    double all = (double) roc.positives() / (roc.positives() + roc.negatives());
    long accepted = quality.knownAssigned() + quality.foreignAssigned();
    html.figure(
        "",
        spec.name(),
        "precision-recall",
        new CurveChart(
                "precision-" + number,
                "Precision and recall of acceptance by the head " + spec.name(),
                "Share of the accepted that should be, against the share of what should be accepted that"
                    + " is, over all thresholds; average precision "
                    + Words.ratio(roc.averagePrecision())
                    + ".",
                "should be accepted, and accepted (recall)",
                "accepted, and should be (precision)")
            .reference(0, all, 1, all)
            .curve(points)
            .operating(
                quality.shareAssigned(),
                accepted == 0 ? Double.NaN : (double) quality.knownAssigned() / accepted)
            .drawing());
  }

  private void calibration(Calibration calibration) {
    html.element("h3", "Does a probability mean what it says?");
    html.paragraph(
        "Of the records with a best label of 80 % probability, 80 % should have that label. Points on the"
            + " diagonal say so; below it the model is too sure. Larger points stand for more records."
            + " Expected calibration error: "
            + Words.ratio(calibration.expectedError())
            + ".");
    CurveChart chart =
        new CurveChart(
                "calibration-" + number,
                "Calibration of the head " + spec.name(),
                "Share of right best labels against their mean probability, in ten ranges of probability; the"
                    + " numbers stand in the table below.",
                "mean probability of the best label",
                "best label is right")
            .reference(0, 0, 1, 1);
    List<double[]> points = new ArrayList<>();
    for (int bin = 0; bin < Calibration.BINS; bin++) {
      if (calibration.count(bin) > 0) {
        points.add(new double[] {calibration.mean(bin), calibration.share(bin)});
      }
    }
    chart.curve(points);
    for (int bin = 0; bin < Calibration.BINS; bin++) {
      if (calibration.count(bin) > 0) {
        chart.point(
            calibration.mean(bin),
            calibration.share(bin),
            3 + 6 * Math.sqrt((double) calibration.count(bin) / calibration.total()),
            Words.count(calibration.count(bin), "record", "records"));
      }
    }
    html.figure("", spec.name(), "calibration", chart.drawing());
    html.details("The numbers of the figure");
    html.table("", List.of("Probability over", "up to", "#Records", "#Mean probability", "#Right"));
    for (int bin = 0; bin < Calibration.BINS; bin++) {
      if (calibration.count(bin) > 0) {
        html.row()
            .cell(String.format(Locale.ROOT, "%.1f", bin * 0.1))
            .cell(String.format(Locale.ROOT, "%.1f", (bin + 1) * 0.1))
            .number(Words.count(calibration.count(bin)))
            .number(Words.ratio(calibration.mean(bin)))
            .number(Words.ratio(calibration.share(bin)))
            .endRow();
      }
    }
    html.endTable();
    html.line("</details>");
  }

  private void multi(MultiLabelQuality quality) {
    coverage(quality.records(), quality.unusable(), quality.unknown());
    if (quality.records() == 0) {
      return;
    }
    html.table("measures", List.of("Measure", "#Value", "Meaning"));
    for (MultiLabelMeasures.Measure one : head.measures) {
      Bootstrap.@Nullable Interval drawn = one.interval();
      measure(
          one.name(),
          Words.ratio(one.value()) + (drawn == null ? "" : interval(drawn, 4)),
          one.meaning());
    }
    html.endTable();
    if (head.areas != null) {
      html.note(
          "In brackets: the middle 95 % of bootstrap draws of the records with all their labels.");
    }
    classTable(quality.classes(), Definitions.INTERVALS);
    labelCurves();
  }

  private void target(int target, RegressionQuality quality) {
    html.element("h3", spec.labels().get(target).label());
    html.paragraph(
        Words.count(quality.records(), "record has", "records have") + " a known truth.");
    if (quality.records() == 0) {
      return;
    }
    html.table("measures", List.of("Measure", "#Value", "Meaning"));
    measure(
        "Mean absolute error",
        Words.number(quality.meanAbsoluteError()),
        Definitions.MEAN_ABSOLUTE_ERROR);
    measure(
        "Root mean squared error",
        Words.number(quality.rootMeanSquaredError()),
        Definitions.ROOT_MEAN_SQUARED_ERROR);
    measure("R²", Words.ratio(quality.determination()), Definitions.DETERMINATION);
    measure("Correlation", Words.ratio(quality.correlation()), Definitions.CORRELATION);
    html.endTable();
  }
}
