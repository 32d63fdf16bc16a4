package org.ribonnx.report;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.HeadSpec;

/**
 * The report as Markdown, as Galaxy draws it when its eye is clicked. Every text of unknown origin
 * is escaped letter by letter, so it is neither markup nor a directive.
 *
 * <p>Galaxy shows nothing of a report if one of its directives names an output that the job does
 * not have. So a picture is a file of the report's own output, which is always there, and no
 * directive names anything else.
 */
final class Markdown {
  /** The name that the wrappers of Galaxy give to the output that holds this text. */
  static final String OUTPUT = "report_md";

  private static final Pattern DOI = Pattern.compile("doi:10\\.[0-9]{4,9}/[A-Za-z0-9./-]+");
  private static final int MOST_ROWS = 25;
  private static final int MOST_IDS = 3;

  private final ReportData data;
  private final String methods;

  /** Figures that are not drawn yet, by head and by what they show. */
  private final Map<List<String>, Figures.Figure> pictures = new LinkedHashMap<>();

  private final StringBuilder out = new StringBuilder(1 << 13);

  /**
   * @param page the page, made
   * @param pictures whether the figures are written too and can be referred to
   */
  Markdown(ReportData data, Page page, boolean pictures) {
    this.data = data;
    methods = page.methodsText();
    if (pictures) {
      page.figures()
          .all()
          .forEach(figure -> this.pictures.put(List.of(figure.head(), figure.what()), figure));
    }
  }

  String text() {
    line("# " + Escape.markdown(data.title)).line("");
    if (!data.sampleName.isEmpty() && !data.sampleName.equals(data.title)) {
      line("Sample: " + Escape.markdown(data.sampleName)).line("");
    }
    for (String warning : data.warnings) {
      line("> **Read this first:** " + Escape.markdown(warning) + ".").line("");
    }
    boolean many = data.heads.size() > 1;
    long unassigned = 0;
    for (ReportData.Head head : data.heads) {
      line("**" + Escape.markdown(Page.outcomeSentence(head.summary, many)) + "**").line("");
      unassigned += head.summary.count(Outcome.UNASSIGNED);
    }
    if (unassigned > 0) {
      line("Unassigned: like nothing the model has learnt, so it gives no answer.").line("");
    }
    samples();
    for (int i = 0; i < data.heads.size(); i++) {
      predictions(data.heads.get(i));
      sure(data.heads.get(i));
      quality(data.heads.get(i));
      importance(i);
      tracks(i);
      variants(i);
    }
    attention();
    map();
    remaining();
    reasons();
    model();
    heading("Methods paragraph for your paper");
    line(Escape.markdown(methods)).line("");
    line("---").line("");
    line("The HTML report beside this one has the same and more: the records worth a look, every")
        .line("label, every measure. Open it, or download it and open it in a browser.");
    return out.toString();
  }

  private Markdown line(String text) {
    out.append(text).append('\n');
    return this;
  }

  private void heading(String text) {
    line("## " + Escape.markdown(text)).line("");
  }

  private void row(List<String> cells) {
    out.append('|');
    // Galaxy draws tables without room between their columns.
    cells.forEach(cell -> out.append(' ').append(Escape.markdown(cell)).append("&nbsp;&nbsp; |"));
    out.append('\n');
  }

  /**
   * A table's first two lines; a name with a {@code #} before it is that of a column of numbers.
   */
  private void head(String... cells) {
    row(List.of(cells).stream().map(cell -> cell.replaceFirst("^#", "")).toList());
    out.append('|');
    for (String cell : cells) {
      out.append(cell.startsWith("#") ? " ---: |" : " --- |");
    }
    out.append('\n');
  }

  /** A section of what was measured under a head, with its name where there are several. */
  private void heading(String text, HeadSpec head) {
    heading(data.heads.size() > 1 ? text + ": " + head.name() : text);
  }

  private boolean has(HeadSpec head, String what) {
    return pictures.containsKey(List.of(head.name(), what));
  }

  /** Draws a figure here, if the page has it, under a line that says how to read it. */
  private void picture(HeadSpec head, String what, String reading) {
    picture(head.name(), what, reading);
  }

  private void picture(String head, String what, String reading) {
    Figures.@Nullable Figure figure = pictures.remove(List.of(head, what));
    if (figure != null) {
      line(reading).line("");
      directive(figure.name());
    }
  }

  private void directive(String name) {
    line("```galaxy");
    line("history_dataset_as_image(output=\"" + OUTPUT + "\", path=\"" + name + ".png\")");
    line("```").line("");
  }

  private void predictions(ReportData.Head head) {
    HeadSpec spec = head.summary.head();
    List<Ranked> ranked = Ranked.of(head.summary.labels());
    if (spec.kind() == HeadSpec.Kind.REGRESSION) {
      heading("Predictions", spec);
      for (HeadSpec.Label label : spec.labels()) {
        picture(
            spec,
            "values-" + label.label(),
            "How many records have which value of " + Escape.markdown(label.label()) + ":");
      }
    } else if (!ranked.isEmpty()) {
      heading("Predictions", spec);
      picture(spec, "labels", "How many records got which label:");
      head("Label", "Name", "#Records", "#Share of the assigned");
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
      picture(spec, "labels-per-record", "How many labels a record got:");
      picture(
          spec,
          ManyLabelsSection.PAIRS,
          "Which labels go together: blue more often than by chance, orange less often:");
      if (ranked.size() > MOST_ROWS) {
        line("And " + Words.count(ranked.size() - MOST_ROWS, "label", "labels") + " more.")
            .line("");
      }
    }
  }

  private void sure(ReportData.Head head) {
    HeadSpec spec = head.summary.head();
    if (has(spec, "scores") || has(spec, "margins")) {
      heading("How sure the model is", spec);
    }
    picture(spec, "scores", "Scores: the probability of the best label:");
    picture(
        spec,
        ManyLabelsSection.SCORES,
        "Scores of each label, whether a record got it or not: middle 90 %, middle half, median; red is the"
            + " threshold:");
    picture(
        spec,
        "margins",
        "Margins: how far the best label is ahead of the second. Near 0, two labels are nearly"
            + " alike:");
    picture(
        spec,
        SetsSection.SIZES,
        "Prediction sets: how many labels may be right for a record; none: no label is probable enough:");
  }

  private void quality(ReportData.Head head) {
    HeadSpec spec = head.summary.head();
    List<List<String>> rows = new ArrayList<>();
    SingleLabelQuality single = head.single;
    if (single != null && single.records() > 0) {
      rows.add(List.of("Accuracy", Words.ratio(single.accuracy())));
      rows.add(
          List.of("Macro F1", Words.ratio(ClassCounts.macro(single.classes(), ClassCounts::f1))));
      if (!Double.isNaN(single.roc().area())) {
        rows.add(List.of("AUROC of rejection", Words.ratio(single.roc().area())));
      }
      rows.add(
          List.of("Expected calibration error", Words.ratio(single.calibration().expectedError())));
      String sets = SetsSection.inShort(head);
      if (!sets.isEmpty()) {
        rows.add(List.of("Prediction sets that hold the truth", sets));
      }
    }
    MultiLabelQuality multi = head.multi;
    if (multi != null && multi.records() > 0) {
      head.measures.forEach(one -> rows.add(List.of(one.name(), measured(one))));
    }
    head.targets.forEach(
        (target, quality) -> {
          String name = spec.labels().get(target).label();
          rows.add(
              List.of("Mean absolute error, " + name, Words.number(quality.meanAbsoluteError())));
          rows.add(List.of("R², " + name, Words.ratio(quality.determination())));
        });
    if (!rows.isEmpty()) {
      heading("Against the known answers", spec);
      head("Measure", "#Value");
      rows.forEach(this::row);
      line("");
    }
    picture(
        spec,
        "confusion",
        "What was taken for what: a row is a known answer, a column what the model said; right answers"
            + " are on the diagonal:");
    picture(
        spec,
        "roc",
        "Rejection at every threshold: the nearer the curve comes to the upper left corner, the"
            + " better known and unknown are told apart:");
    picture(spec, "precision-recall", "The same as precision and recall of what is accepted:");
    picture(
        spec,
        QualitySection.LABEL_ROC,
        "Each label against the rest: the nearer its curve comes to the upper left corner, the better it"
            + " is told from the others:");
    picture(
        spec,
        "calibration",
        "Calibration: on the diagonal, a score of 0.9 is right nine times of ten:");
    picture(
        spec,
        SetsSection.COVERAGE,
        "How often the prediction sets hold the truth, by label, with 95 % intervals; red is what the model"
            + " promises:");
  }

  private static String measured(MultiLabelMeasures.Measure one) {
    Bootstrap.@Nullable Interval drawn = one.interval();
    return Words.ratio(one.value())
        + (drawn == null || !drawn.isDefined()
            ? ""
            : " (" + Words.ratio(drawn.from()) + "–" + Words.ratio(drawn.to()) + ")");
  }

  private void tracks(int number) {
    Explanations explanations = data.explanations;
    if (explanations == null || explanations.groups(number) == 0) {
      return;
    }
    HeadSpec spec = data.heads.get(number).summary.head();
    List<Explanations.Track> tracks = explanations.tracks(number);
    heading("Along the sequence", spec);
    line("What each position counted for a label: above the axis for it, below against it. It is what the")
        .line("model used, which need not be where a protein binds. The largest values:")
        .line("");
    for (int i = 0; i < tracks.size(); i++) {
      Explanations.Track track = tracks.get(i);
      if (i >= TrackSection.OPEN_TRACKS) {
        // The page has them, where they unfold on demand.
        pictures.remove(List.of(spec.name(), TrackSection.what(i)));
      } else {
        picture(
            spec,
            TrackSection.what(i),
            Escape.markdown(
                track.record()
                    + ", "
                    + HeadSection.called(spec.labels().get(track.label()))
                    + ", positions "
                    + track.first()
                    + " to "
                    + track.last()
                    + ":"));
      }
    }
  }

  private void variants(int number) {
    Variants variants = data.variants;
    if (variants == null || !variants.covers(number)) {
      return;
    }
    HeadSpec spec = data.heads.get(number).summary.head();
    List<Variants.Effect> effects = variants.strongest(number);
    heading("Variants", spec);
    line("The score of the alternative sequence less that of the reference. It is what the model says of two")
        .line("sequences, not what a variant does in a cell.")
        .line("");
    picture(
        spec,
        VariantSection.LABELS,
        "Variants that raise or lower the score "
            + Escape.markdown(VariantSection.marked(spec))
            + ":");
    picture(spec, VariantSection.STRONGEST, "The strongest differences:");
    head("Variant", "Label", "#Reference", "#Alternative", "#Difference");
    for (Variants.Effect one : effects.subList(0, Math.min(MOST_ROWS, effects.size()))) {
      row(
          List.of(
              one.variant(),
              HeadSection.called(spec.labels().get(one.label())),
              Words.number(one.ref()),
              Words.number(one.alt()),
              Words.number(one.difference())));
    }
    line("");
  }

  private void attention() {
    Attention attention = data.attention;
    if (attention == null || attention.records() == 0) {
      return;
    }
    heading("Attention of the fusion");
    line(Escape.markdown(AttentionSection.MEANING)).line("");
    picture(
        AttentionSection.FUSION, "attention", "Mean weights; a query is a row, a token a column:");
    head("Query", "Token", "#Mean weight", "#Middle half");
    for (int query = 0; query < attention.queries().size(); query++) {
      for (int token = 0; token < attention.tokens().size(); token++) {
        Spread spread = attention.of(query, token);
        row(
            List.of(
                attention.queries().get(query),
                attention.tokens().get(token),
                Words.ratio(spread.mean()),
                Words.ratio(spread.quantile(0.25), 3)
                    + "–"
                    + Words.ratio(spread.quantile(0.75), 3)));
      }
    }
    line("");
    picture(
        AttentionSection.FUSION,
        AttentionSection.SPREAD,
        "How much they differ from record to record: middle 90 %, middle half, median:");
    for (ReportData.Head head : data.heads) {
      picture(
          head.summary.head(),
          "attention",
          "By predicted label"
              + (data.heads.size() > 1 ? " of " + Escape.markdown(head.summary.head().name()) : "")
              + ": blue got more weight than records on the whole, orange less:");
    }
  }

  private void importance(int number) {
    Importance importance = data.importance;
    if (importance == null || !importance.covers(number)) {
      return;
    }
    HeadSpec spec = data.heads.get(number).summary.head();
    List<Importance.OfLabel> labels = importance.labels(number);
    heading("What counted", spec);
    line("What spoke for a label, by its mean over the label's records. It is what the model used,")
        .line("which need not be what causes the label in nature.")
        .line("");
    picture(
        spec, "importance", "Labels side by side: blue spoke for the label, orange against it:");
    head("Label", "#Records", "Spoke for it most");
    for (Importance.OfLabel label : labels.subList(0, Math.min(MOST_ROWS, labels.size()))) {
      row(
          List.of(
              HeadSection.called(spec.labels().get(label.label())),
              Words.count(label.records()),
              String.join(", ", ImportanceSection.firstOf(importance, label))));
    }
    line("");
    if (labels.size() > MOST_ROWS) {
      line("And " + Words.count(labels.size() - MOST_ROWS, "label", "labels") + " more.").line("");
    }
    for (Importance.OfLabel label : labels) {
      HeadSpec.Label one = spec.labels().get(label.label());
      // Dozens of figures would bury the rest; the page has them, where they unfold on demand.
      if (labels.size() > ImportanceSection.OPEN_LABELS) {
        pictures.remove(List.of(spec.name(), ImportanceSection.what(one)));
      } else {
        picture(
            spec,
            ImportanceSection.what(one),
            "Most important for " + Escape.markdown(HeadSection.called(one)) + ":");
      }
    }
  }

  private void map() {
    if (data.map == null) {
      return;
    }
    HeadSpec spec = data.map.head();
    if (has(spec, "map-model") || has(spec, "map-components")) {
      heading("Map of the records");
    }
    picture(
        spec,
        "map-model",
        "A dot is a record, on the model's own map. Near is alike; far says little. Pale dots, if"
            + " there are any, are records that the model knows:");
    picture(
        spec,
        "map-components",
        "The same records among themselves, in the two directions in which they differ most:");
  }

  /** Figures that no section above asked for: none is lost. */
  private void remaining() {
    if (!pictures.isEmpty()) {
      heading("More figures");
      pictures
          .values()
          .forEach(
              figure -> {
                line("**" + Escape.markdown(figure.drawing().title()) + "**").line("");
                directive(figure.name());
              });
      pictures.clear();
    }
  }

  private void samples() {
    for (int i = 0; i < data.heads.size() && !data.samples.isEmpty(); i++) {
      HeadSpec spec = data.heads.get(i).summary.head();
      heading("Samples side by side", spec);
      picture(spec, "samples", "The share of each sample's records:");
      head("Sample", "#Records", "#Assigned", "#Unassigned", "#Unusable");
      for (SampleSummary sample : data.samples) {
        row(
            List.of(
                sample.name(),
                Words.count(sample.records(i)),
                Words.count(sample.count(i, Outcome.OK)),
                Words.count(sample.count(i, Outcome.UNASSIGNED)),
                Words.count(sample.count(i, Outcome.UNUSABLE))));
      }
      line("");
    }
  }

  private void reasons() {
    heading("Rejected, unusable, altered: why");
    boolean some = false;
    for (ReportData.Head head : data.heads) {
      String who = data.heads.size() > 1 ? head.summary.head().name() + ": " : "";
      for (ReasonTally.Reason reason : head.summary.reasons().all()) {
        ReasonText.Text text = ReasonText.of(reason.code());
        List<String> ids = reason.examples();
        boolean more = reason.total() > MOST_IDS;
        item(
            who + reason.code() + ", " + Words.count(reason.total(), "record", "records"),
            Escape.markdown(
                (text.meaning() + " " + text.remedy()).strip()
                    + (more ? " The first: " : " Ids: ")
                    + String.join(", ", ids.subList(0, Math.min(MOST_IDS, ids.size())))
                    + "."));
        some = true;
      }
    }
    line("");
    line(some
            ? "A record can have several reasons; the table of predictions has them in its column"
                + " *reason*."
            : "No record was rejected, unusable or altered.")
        .line("");
  }

  /** A point of a list: what it is in bold, then its text, which is Markdown. */
  private void item(String name, String markdown) {
    line("- **" + Escape.markdown(name) + ".** " + markdown);
  }

  private void model() {
    heading("The model");
    item("Name", Escape.markdown(data.bundle.title() + ", " + data.bundle.name()));
    fact("Made for", "intended-use");
    fact("Limits", "limits");
    fact("Trained on", "training-data");
    fact("Licence", "licence");
    cite();
    line("");
  }

  private void fact(String name, String key) {
    String text = flat(data.bundle.cardContent().get(key));
    if (!text.isEmpty()) {
      item(name, Escape.markdown(text));
    }
  }

  /** What to cite; a DOI of plain letters becomes a link, all else stays text. */
  private void cite() {
    Object value = data.bundle.cardContent().get("cite");
    List<String> parts = new ArrayList<>();
    for (Object item : value instanceof Collection<?> items ? items : List.of(flat(value))) {
      String text = flat(item);
      String shown = Escape.markdown(text);
      parts.add(
          DOI.matcher(text).matches()
              ? "[" + shown + "](https://doi.org/" + text.substring("doi:".length()) + ")"
              : shown);
    }
    String all = String.join(", ", parts);
    if (!all.isEmpty()) {
      item("How to cite", all);
    }
  }

  /** Free-form content of a card in one line. */
  private static String flat(@Nullable Object value) {
    if (value instanceof Collection<?> items) {
      return String.join(", ", items.stream().map(Markdown::flat).toList());
    }
    if (value instanceof Map<?, ?> map) {
      List<String> parts = new ArrayList<>();
      map.forEach((key, item) -> parts.add(key + ": " + flat(item)));
      return String.join("; ", parts);
    }
    return value == null ? "" : value.toString().strip().replaceAll("[ \\t\\r\\n]+", " ");
  }
}
