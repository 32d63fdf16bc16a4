package org.ribonnx.report;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.HeadSpec;

/** The section of a head on what its answers are made of: importance of features per label. */
final class ImportanceSection {
  /** Features above 0 that a label's bars show, and those below. */
  static final int HIGHEST = 10;

  static final int LOWEST = 3;

  /** Labels whose bars stand open; those of more unfold on demand. */
  static final int OPEN_LABELS = 8;

  private static final int NAMED = 5;
  private static final int MOST_ROWS = 2_000;

  private final ReportData data;
  private final ReportData.Head head;
  private final Importance importance;
  private final HeadSpec spec;
  private final int number;
  private final Html html;
  private final ImportanceChoice choice;
  private final String one;

  private ImportanceSection(ReportData data, Importance importance, int number, Html html) {
    this.data = data;
    this.head = data.heads.get(number);
    this.importance = importance;
    this.spec = head.summary.head();
    this.number = number;
    this.html = html;
    this.choice = ImportanceChoice.of(importance, number);
    this.one = importance.positions() ? "position" : "feature";
  }

  /** Whether something is known of a head. */
  static boolean applies(ReportData data, int number) {
    Importance importance = data.importance;
    return importance != null && importance.covers(number);
  }

  static void write(ReportData data, int number, Html html) {
    Importance importance = data.importance;
    if (importance != null && importance.covers(number)) {
      new ImportanceSection(data, importance, number, html).write();
    }
  }

  static String id(int head) {
    return "importance-" + head;
  }

  /** The features of a label that its bars show, the highest first. */
  static List<Importance.Entry> shown(Importance.OfLabel label) {
    List<Importance.Entry> entries = new ArrayList<>(label.highest(HIGHEST));
    entries.addAll(label.lowest(LOWEST));
    return entries;
  }

  private void write() {
    html.section(id(number), "What counted: " + spec.name());
    html.paragraph(
        "The importance of a "
            + one
            + " for a label is the mean of what it added to the label's score, over the records of that"
            + " label: those whose true label it is where ribonnx explain was given a truth, else those whose best label"
            + " it is. Above 0 it spoke for the label, below 0 against it. This says what the model"
            + " used, which need not be what causes the label in nature.");
    first();
    map();
    bars();
    compared();
    html.end();
  }

  private String called(Importance.OfLabel label) {
    return HeadSection.called(spec.labels().get(label.label()));
  }

  private List<Importance.OfLabel> all() {
    List<Importance.OfLabel> all = importance.labels(number);
    return all.subList(0, Math.min(MOST_ROWS, all.size()));
  }

  private void first() {
    html.table("", List.of("Label", "#Records", "Spoke for it most"));
    for (Importance.OfLabel label : all()) {
      html.row()
          .cellMarkup(HeadSection.linked(spec.labels().get(label.label())))
          .number(Words.count(label.records()))
          .cellMarkup(whole(firstOf(importance, label)))
          .endRow();
    }
    html.endTable();
    int missing = spec.labels().size() - importance.labels(number).size();
    if (missing > 0) {
      html.note(
          "Not in the table of importance: "
              + Words.count(missing, "label", "labels")
              + ", of which there was no record.");
    }
  }

  /** The features that spoke for a label most, with their means; a dash if none did. */
  static List<String> firstOf(Importance importance, Importance.OfLabel label) {
    List<String> names = new ArrayList<>();
    for (Importance.Entry entry : label.highest(NAMED)) {
      names.add(importance.feature(entry.feature()) + " (" + SignedMap.shown(entry.mean()) + ")");
    }
    return names.isEmpty() ? List.of("–") : names;
  }

  /** A list whose lines do not break within names, which have hyphens. */
  private static String whole(List<String> names) {
    return String.join(
        ", ",
        names.stream()
            .map(name -> "<span class=\"whole\">" + Escape.markup(name) + "</span>")
            .toList());
  }

  private void map() {
    if (choice.features().isEmpty()) {
      return;
    }
    List<Importance.OfLabel> labels = choice.labels();
    List<String> rows = choice.features().stream().map(importance::feature).toList();
    List<String> columns = labels.stream().map(this::called).toList();
    double[][] values = new double[rows.size()][columns.size()];
    boolean[][] named = new boolean[rows.size()][columns.size()];
    for (int column = 0; column < columns.size(); column++) {
      double[] means = labels.get(column).means(importance.features());
      Set<Integer> top = new HashSet<>();
      ImportanceChoice.first(labels.get(column), choice.top())
          .forEach(entry -> top.add(entry.feature()));
      for (int row = 0; row < rows.size(); row++) {
        values[row][column] = means[choice.features().get(row)];
        named[row][column] = top.contains(choice.features().get(row));
      }
    }
    html.element("h3", "Labels side by side");
    int left = importance.labels(number).size() - labels.size();
    html.paragraph(
        "A column is a label, a row one of the "
            + Words.count(rows.size(), one, one + "s")
            + " that "
            + (choice.top() == 1
                ? "spoke most for one of the labels"
                : "are among the " + choice.top() + " that spoke most for one of the labels")
            + ". Blue: it spoke for the label; orange: against it. The strength of the colour grows with the"
            + " square root of the mean, as the legend shows."
            + (left > 0
                ? " The "
                    + labels.size()
                    + " labels of the most records are drawn; the other "
                    + left
                    + " stand in the tables."
                : ""));
    html.figure(
        "scroll",
        spec.name(),
        "importance",
        SignedMap.draw(
            "importance-map-" + number,
            "Importance of features for the labels of the head " + spec.name(),
            "Mean importance by feature and label; the numbers stand in the table below.",
            rows,
            columns,
            values,
            named));
    html.details("The numbers of the figure");
    List<String> headings =
        new ArrayList<>(List.of(importance.positions() ? "Position" : "Feature"));
    columns.forEach(column -> headings.add("#" + column));
    html.table("", headings);
    for (int row = 0; row < rows.size(); row++) {
      html.row().cell(rows.get(row));
      for (double value : values[row]) {
        html.number(SignedMap.shown(value));
      }
      html.endRow();
    }
    html.endTable();
    html.line("</details>");
  }

  private void bars() {
    html.element("h3", "Each label by itself");
    html.paragraph(
        "The "
            + HIGHEST
            + " "
            + one
            + "s that spoke most for a label, and the "
            + LOWEST
            + " that spoke most against it. Each figure has a scale of its own.");
    List<Importance.OfLabel> labels =
        choice.labels().stream().filter(label -> !shown(label).isEmpty()).toList();
    boolean closed = labels.size() > OPEN_LABELS;
    if (closed) {
      html.details("The bars of " + Words.count(labels.size()) + " labels");
    }
    html.line("<div class=\"row\">");
    for (Importance.OfLabel label : labels) {
      String name = called(label);
      String records = Words.count(label.records(), "record", "records");
      html.figure(
          "",
          spec.name(),
          what(spec.labels().get(label.label())),
          SignedBars.draw(
              "importance-" + number + "-" + label.label(),
              "Importance of features for " + name + ", head " + spec.name(),
              "Bars of mean importance; the numbers stand in the table below.",
              name + " (" + records + ")",
              shown(label).stream()
                  .map(
                      entry ->
                          new SignedBars.Bar(importance.feature(entry.feature()), entry.mean()))
                  .toList()));
    }
    html.line("</div>");
    if (closed) {
      html.line("</details>");
    }
    numbers();
  }

  /** What the bars of a label are called among the figures. */
  static String what(HeadSpec.Label label) {
    return "importance-" + label.label();
  }

  private record Row(Importance.OfLabel label, Importance.Entry entry) {}

  private void numbers() {
    List<Row> rows = new ArrayList<>();
    for (Importance.OfLabel label : all()) {
      shown(label).forEach(entry -> rows.add(new Row(label, entry)));
    }
    html.details("The numbers of the figures, all labels");
    int most = Math.min(MOST_ROWS, rows.size());
    new Pager(html, "importance-rows-" + number, most)
        .write(
            List.of(
                "Label",
                importance.positions() ? "Position" : "Feature",
                "#Rank",
                "#Mean",
                "#Mean of absolute values"),
            at -> {
              Row row = rows.get(at);
              html.row()
                  .cell(called(row.label()))
                  .cell(importance.feature(row.entry().feature()))
                  .number(Words.count(row.entry().rank()))
                  .number(Words.number(row.entry().mean()))
                  .number(Words.number(row.entry().absolute()))
                  .endRow();
            });
    if (rows.size() > MOST_ROWS) {
      html.note("The other " + Words.count(rows.size() - MOST_ROWS) + " are in the metrics file.");
    }
    html.note(
        "Ranks go by the mean, the highest first. A mean near 0 beside a large mean of absolute values: the "
            + one
            + " counts, for some records one way and for some the other.");
    html.line("</details>");
  }

  private void compared() {
    Importance other = data.otherImportance;
    if (other == null) {
      return;
    }
    html.element("h3", "Two rankings compared");
    List<Rankings> all = Rankings.of(importance, other, number);
    if (all.isEmpty()) {
      html.paragraph("The other table has no row of a label of this head.");
      return;
    }
    List<String> names = names(importance.file(), other.file());
    html.paragraph(
        "A is "
            + names.get(0)
            + ", B is "
            + names.get(1)
            + ". Spearman's correlation is of the means of all features that either has (1: the same order; 0: no"
            + " relation); the features that spoke most for the label stand beside each other, those in both lists in bold."
            + " Mean correlation over "
            + Words.count(all.size(), "label", "labels")
            + ": "
            + Words.ratio(meanCorrelation(all), 3)
            + ".");
    html.table(
        "compared",
        List.of(
            "Label",
            "#Spearman",
            "#In both",
            "First " + Rankings.TOP + " of A",
            "First " + Rankings.TOP + " of B"));
    for (Rankings one : all.subList(0, Math.min(MOST_ROWS, all.size()))) {
      html.row()
          .cell(HeadSection.called(spec.labels().get(one.label())))
          .number(Double.isNaN(one.spearman()) ? "–" : Words.ratio(one.spearman(), 3))
          .number(Words.count(one.common()))
          .cellMarkup(list(one.first(), one.second()))
          .cellMarkup(list(one.second(), one.first()))
          .endRow();
    }
    html.endTable();
    int alone = importance.labels(number).size() - all.size();
    if (alone > 0) {
      html.note("B has no row of " + Words.count(alone, "label", "labels") + " of A.");
    }
  }

  /** Mean of the correlations that are defined; NaN if none is. */
  static double meanCorrelation(List<Rankings> all) {
    return all.stream()
        .mapToDouble(Rankings::spearman)
        .filter(value -> !Double.isNaN(value))
        .average()
        .orElse(Double.NaN);
  }

  private static String list(List<String> names, List<String> others) {
    List<String> parts = new ArrayList<>();
    for (String name : names) {
      String tag = others.contains(name) ? "strong" : "span";
      parts.add("<" + tag + " class=\"whole\">" + Escape.markup(name) + "</" + tag + ">");
    }
    return parts.isEmpty() ? "–" : String.join(", ", parts);
  }

  /** What two files are called: by their names, with their folders where these are the same. */
  static List<String> names(Path one, Path other) {
    String first = String.valueOf(one.getFileName());
    String second = String.valueOf(other.getFileName());
    return first.equals(second)
        ? List.of(folder(one) + "/" + first, folder(other) + "/" + second)
        : List.of(first, second);
  }

  private static String folder(Path file) {
    @Nullable Path folder = file.toAbsolutePath().normalize().getParent();
    return folder == null || folder.getFileName() == null ? "" : folder.getFileName().toString();
  }

  /** The same for programs. */
  static Map<String, @Nullable Object> tree(ReportData data, int number) {
    Importance importance = java.util.Objects.requireNonNull(data.importance);
    HeadSpec spec = data.heads.get(number).summary.head();
    Map<String, @Nullable Object> tree = new LinkedHashMap<>();
    Map<String, @Nullable Object> labels = new LinkedHashMap<>();
    for (Importance.OfLabel label : importance.labels(number)) {
      Map<String, @Nullable Object> facts = new LinkedHashMap<>();
      facts.put("records", label.records());
      Map<String, @Nullable Object> features = new LinkedHashMap<>();
      for (Importance.Entry entry : shown(label)) {
        Map<String, @Nullable Object> one = new LinkedHashMap<>();
        one.put("mean", entry.mean());
        one.put("mean_absolute", entry.absolute());
        one.put("rank", (long) entry.rank());
        features.put(importance.feature(entry.feature()), one);
      }
      facts.put("features", features);
      labels.put(spec.labels().get(label.label()).label(), facts);
    }
    tree.put("labels", labels);
    Importance other = data.otherImportance;
    if (other != null) {
      List<Rankings> all = Rankings.of(importance, other, number);
      Map<String, @Nullable Object> compared = new LinkedHashMap<>();
      for (Rankings one : all) {
        Map<String, @Nullable Object> facts = new LinkedHashMap<>();
        facts.put("spearman", one.spearman());
        facts.put("in_both", (long) one.common());
        facts.put("first", one.first());
        facts.put("first_of_other", one.second());
        compared.put(spec.labels().get(one.label()).label(), facts);
      }
      tree.put("compared", compared);
      tree.put("mean_spearman", meanCorrelation(all));
    }
    return tree;
  }

  static void define(Map<String, String> all, String heads) {
    String i = heads + "importance.";
    all.put(i + "labels.*.records", "Records that the means of the label are of.");
    all.put(
        i + "labels.*.features.*.mean",
        "Mean of what the feature added to the label's score, over the records of the label; of the "
            + HIGHEST
            + " highest above 0 and the "
            + LOWEST
            + " lowest below.");
    all.put(i + "labels.*.features.*.mean_absolute", "Mean of the absolute values, likewise.");
    all.put(i + "labels.*.features.*.rank", "Place by the mean, 1 is the highest.");
    all.put(
        i + "compared.*.spearman",
        "Spearman's correlation of the means of both tables over the features that either has, 0 where one lacks"
            + " it; null where one does not vary.");
    all.put(
        i + "compared.*.in_both",
        "Features that are among the " + Rankings.TOP + " highest above 0 of both tables.");
    all.put(i + "mean_spearman", "Mean of spearman over the labels that have one.");
  }
}
