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
  private static final int SHOWN_CLASSES = 30;
  private static final int WEAKEST = 10;
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
    html.table("", List.of("Measure", "#Value", "Meaning"));
    measure("Accuracy", Words.ratio(quality.accuracy()), Definitions.ACCURACY);
    measure(
        "Accuracy of the assigned",
        Words.ratio(quality.accuracyOfAssigned()),
        Definitions.ACCURACY_ASSIGNED);
    measure("Share assigned", Words.ratio(quality.shareAssigned()), Definitions.SHARE_ASSIGNED);
    measure(
        "Share wrongly accepted",
        Words.ratio(quality.shareForeignAssigned()),
        Definitions.SHARE_FOREIGN);
    measure(
        "Macro F1", Words.ratio(ClassCounts.macro(classes, ClassCounts::f1)), Definitions.MACRO_F1);
    measure(
        "Weighted F1",
        Words.ratio(ClassCounts.weighted(classes, ClassCounts::f1)),
        Definitions.WEIGHTED_F1);
    measure(
        "Accuracy of the best label",
        Words.ratio(quality.accuracyOfBest()),
        Definitions.ACCURACY_BEST);
    measure(
        "Macro F1 of the best label",
        Words.ratio(quality.macroF1OfBest()),
        Definitions.MACRO_F1_BEST);
    measure("AUROC of rejection", Words.ratio(roc.area()), Definitions.rejection(data.scored));
    areas();
    html.endTable();
    confusion(quality);
    classTable(classes, "Recall counts a record that was left unassigned as missed.");
    rejection(quality, roc);
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
    if (areas) {
      headings.add("#AUROC");
    }
    html.table("", headings);
    for (ClassCounts one : classes) {
      html.row()
          .cellMarkup(HeadSection.linked(spec.labels().get(one.label())))
          .number(Words.count(one.support()))
          .number(Words.count(one.predicted()))
          .number(short3(one.precision()))
          .number(short3(one.recall()))
          .number(short3(one.f1()));
      BinnedAreas known = head.areas;
      if (known != null) {
        html.number(short3(known.area(one.label())));
      }
      html.endRow();
    }
    html.endTable();
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
    rows.add(NO_LABEL);
    columns.add(Outcome.UNASSIGNED.label());
    long[][] counts = new long[rows.size()][columns.size()];
    for (Place one : places) {
      int row = one.truth() == labels ? rows.size() - 1 : place[one.truth()];
      int column = one.decision() == labels ? columns.size() - 1 : place[one.decision()];
      counts[row][column] += one.count();
    }
    boolean[] rejecting = new boolean[rows.size()];
    rejecting[rows.size() - 1] = true;
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
    html.line("<figure class=\"scroll\">");
    html.markup(
        HeatMap.draw(
            "confusion-" + number,
            "Confusion matrix of the head " + spec.name(),
            "Truth against decision; the counts stand in the table below.",
            rows,
            columns,
            counts,
            rejecting));
    html.line("</figure>");
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
            + " rejected. At its threshold the model accepted "
            + Words.percent(quality.knownAssigned(), quality.known())
            + " of the former and "
            + Words.percent(quality.foreignAssigned(), quality.foreign())
            + " of the latter (the dot). Area under the curve: "
            + Words.ratio(roc.area())
            + ".");
    html.line("<figure>");
    html.markup(
        RocChart.draw(
            "roc-" + number,
            "ROC of rejection by the head " + spec.name(),
            "Share rightly accepted against share wrongly accepted over all thresholds; the area is "
                + Words.ratio(roc.area())
                + ".",
            roc,
            quality.shareForeignAssigned(),
            quality.shareAssigned()));
    html.line("</figure>");
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

  private void multi(MultiLabelQuality quality) {
    coverage(quality.records(), quality.unusable(), quality.unknown());
    if (quality.records() == 0) {
      return;
    }
    List<ClassCounts> classes = quality.classes();
    html.table("", List.of("Measure", "#Value", "Meaning"));
    measure("Exact match", Words.ratio(quality.exactShare()), Definitions.EXACT);
    measure("Micro F1", Words.ratio(ClassCounts.micro(classes)), Definitions.MICRO_F1);
    measure(
        "Macro F1", Words.ratio(ClassCounts.macro(classes, ClassCounts::f1)), Definitions.MACRO_F1);
    measure(
        "Weighted F1",
        Words.ratio(ClassCounts.weighted(classes, ClassCounts::f1)),
        Definitions.WEIGHTED_F1);
    areas();
    html.endTable();
    classTable(classes, "");
  }

  private void target(int target, RegressionQuality quality) {
    html.element("h3", spec.labels().get(target).label());
    html.paragraph(
        Words.count(quality.records(), "record has", "records have") + " a known truth.");
    if (quality.records() == 0) {
      return;
    }
    html.table("", List.of("Measure", "#Value", "Meaning"));
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
