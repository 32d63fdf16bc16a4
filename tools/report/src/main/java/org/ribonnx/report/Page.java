package org.ribonnx.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.block.RecordFlag;
import org.ribonnx.core.block.RecordStatus;
import org.ribonnx.core.bundle.HeadSpec;
import org.ribonnx.core.bundle.InputSpec;
import org.ribonnx.core.bundle.Release;

/**
 * The page: one file, no script, nothing remote, no date. Its text alone carries every fact, since
 * some servers show pages without style and drawings, or as plain text.
 */
final class Page {
  private static final int TOP_LABELS = 3;
  private static final int MOST_BARS = 60;
  private static final String POLICY =
      "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

  private final ReportData data;
  private final Html html = new Html();

  Page(ReportData data) {
    this.data = data;
  }

  String html() {
    begin();
    warnings();
    lead();
    contents();
    summary();
    samples();
    for (int i = 0; i < data.heads.size(); i++) {
      new HeadSection(data, data.heads.get(i), i, html).write();
    }
    Attention attention = data.attention;
    if (attention != null) {
      new AttentionSection(data, attention, html).write();
    }
    RecordMap map = data.map;
    if (map != null) {
      new MapSection(map, html).write();
    }
    reasons();
    card();
    methods();
    html.line("<footer>")
        .note(
            "Written by ribonnx-report "
                + Release.VERSION
                + ". The page needs no network and sends nothing; every number of it stands in the"
                + " metrics file beside it, with its definition.")
        .line("</footer>\n</main>\n</body>\n</html>");
    return html.toString();
  }

  /** The figures, once the page is made. */
  Figures figures() {
    return html.figures();
  }

  /** What became of the records of a head, in a sentence; {@code many} heads: with its name. */
  static String outcomeSentence(HeadSummary head, boolean many) {
    long all = head.records();
    String what = head.head().what();
    String who =
        many ? "Head " + head.head().name() + (what.isEmpty() ? "" : " (" + what + ")") + ": " : "";
    boolean numbers = head.head().kind() == HeadSpec.Kind.REGRESSION;
    return who
        + Words.count(all, "record", "records")
        + ": "
        + Words.count(head.count(Outcome.OK))
        + (numbers ? " predicted (" : " assigned (")
        + Words.percent(head.count(Outcome.OK), all)
        + ")"
        + (numbers
            ? ""
            : ", "
                + Words.count(head.count(Outcome.UNASSIGNED))
                + " left unassigned ("
                + Words.percent(head.count(Outcome.UNASSIGNED), all)
                + ")")
        + ", "
        + Words.count(head.count(Outcome.UNUSABLE))
        + " unusable ("
        + Words.percent(head.count(Outcome.UNUSABLE), all)
        + ").";
  }

  private void begin() {
    html.line("<!DOCTYPE html>");
    // A server that shows the page as plain text shows this first.
    html.line("<!--");
    html.line("If you read this as plain text: download the file and open it in a browser.");
    html.line(Escape.comment(data.title));
    data.warnings.forEach(line -> html.line("Warning: " + Escape.comment(line)));
    data.heads.forEach(
        head -> html.line(Escape.comment(outcomeSentence(head.summary, data.heads.size() > 1))));
    html.line("-->");
    html.line("<html lang=\"en\">\n<head>\n<meta charset=\"UTF-8\"/>");
    html.line("<meta http-equiv=\"Content-Security-Policy\" content=\"" + POLICY + "\"/>");
    html.line("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>");
    html.element("title", data.title);
    html.line("<style>\n" + style() + "</style>\n</head>\n<body>\n<main>");
    html.element("h1", data.title);
  }

  private static String style() {
    try (@Nullable InputStream stream = Page.class.getResourceAsStream("report.css")) {
      if (stream == null) {
        throw new IllegalStateException("the jar lacks report.css");
      }
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void warnings() {
    if (data.warnings.isEmpty()) {
      return;
    }
    html.line("<section class=\"warnings\" id=\"warnings\" aria-label=\"Warnings\">");
    html.element("h2", "Read this first");
    data.warnings.forEach(line -> html.paragraph(line + "."));
    html.end();
  }

  private void lead() {
    if (data.heads.size() == 1) {
      html.line(
          "<p class=\"lead\">"
              + Escape.markup(outcomeSentence(data.heads.get(0).summary, false))
              + "</p>");
      return;
    }
    html.line(
        "<p class=\"lead\">"
            + Escape.markup(
                Words.count(data.records, "record", "records")
                    + ", "
                    + Words.count(data.heads.size())
                    + " heads, each a question of its own:")
            + "</p>\n<ul>");
    data.heads.forEach(head -> html.element("li", outcomeSentence(head.summary, true)));
    html.line("</ul>");
  }

  private void contents() {
    html.line("<nav aria-label=\"Contents\"><ul>");
    entry("summary", "Summary");
    if (!data.samples.isEmpty()) {
      entry("samples", "Samples");
    }
    boolean many = data.heads.size() > 1;
    for (int i = 0; i < data.heads.size(); i++) {
      ReportData.Head head = data.heads.get(i);
      String name = many ? "" : ": " + head.summary.head().name();
      if (many) {
        // The parts of a head stand together behind its name.
        html.line("<li class=\"head\">" + Escape.markup(head.summary.head().name()) + ":<ul>");
      }
      entry("head-" + i, "Predictions" + name);
      if (SureSection.applies(head)) {
        entry("look-" + i, "Worth a look" + name);
      }
      if (QualitySection.applies(head)) {
        entry("truth-" + i, "Against the truth" + name);
      }
      if (ImportanceSection.applies(data, i)) {
        entry(ImportanceSection.id(i), "What counted" + name);
      }
      if (TrackSection.applies(data, i)) {
        entry(TrackSection.id(i), "Along the sequence" + name);
      }
      if (VariantSection.applies(data, i)) {
        entry(VariantSection.id(i), "Variants" + name);
      }
      if (many) {
        html.line("</ul></li>");
      }
    }
    if (data.attention != null) {
      entry(AttentionSection.ID, "Attention of the fusion");
    }
    if (data.map != null) {
      entry(MapSection.ID, "Map of the records");
    }
    entry("reasons", "Rejected, unusable, altered");
    entry("model", "The model");
    entry("methods", "Methods");
    html.line("</ul></nav>");
  }

  private void entry(String id, String text) {
    html.line("<li><a href=\"#" + id + "\">" + Escape.markup(text) + "</a></li>");
  }

  private @Nullable Object card(String key) {
    return data.bundle.cardContent().get(key);
  }

  private void summary() {
    html.section("summary", "Summary");
    if (data.heads.size() > 1) {
      heads();
    }
    html.line("<div class=\"scroll\"><table class=\"facts\"><tbody>");
    html.fact("Records", Words.count(data.records));
    for (ReportData.Head head : data.heads.size() > 1 ? List.<ReportData.Head>of() : data.heads) {
      HeadSpec spec = head.summary.head();
      long all = head.summary.records();
      for (Outcome outcome : Outcome.values()) {
        boolean number = spec.kind() == HeadSpec.Kind.REGRESSION;
        if (number && outcome == Outcome.UNASSIGNED) {
          continue;
        }
        String name = outcome == Outcome.OK ? (number ? "predicted" : "assigned") : outcome.label();
        long count = head.summary.count(outcome);
        html.fact(
            name.substring(0, 1).toUpperCase(java.util.Locale.ROOT) + name.substring(1),
            Escape.markup(Words.count(count) + " (" + Words.percent(count, all) + ")"));
      }
    }
    if (!data.samples.isEmpty()) {
      html.fact("Samples", Words.count(data.samples.size()));
    }
    html.fact(
        "Model",
        Escape.markup(data.bundle.title())
            + ", <code>"
            + Escape.markup(data.bundle.name())
            + "</code>");
    html.fact(
        "Expected input",
        Escape.markup(
            String.join(
                ", ", data.bundle.inputs().values().stream().map(InputSpec::what).toList())));
    cardFact("Licence of the model", "licence");
    cardFact("Cite", "cite");
    RunRecords runs = data.runs;
    if (!runs.devices().isEmpty()) {
      html.fact("Ran on", Escape.markup(String.join(", ", runs.devices())));
    }
    runs.seconds()
        .forEach(
            (tool, seconds) -> {
              int times = runs.runs().getOrDefault(tool, 1);
              html.fact(
                  "Time, " + tool,
                  Escape.markup(
                      Words.seconds(seconds)
                          + (times > 1 ? " in " + Words.count(times, "run", "runs") : "")));
            });
    html.fact(
        "Version",
        Escape.markup(
            "Ribonnx "
                + (runs.versions().isEmpty()
                    ? Release.VERSION
                    : String.join(", ", runs.versions()))));
    html.line("</tbody></table></div>").end();
  }

  /** Several heads beside each other: a row each. */
  private void heads() {
    boolean truth = data.heads.stream().anyMatch(QualitySection::applies);
    List<String> headings =
        new ArrayList<>(
            List.of("Head", "#Labels", "#Assigned", "#Unassigned", "#Unusable", "Most frequent"));
    if (truth) {
      headings.addAll(List.of("#Known truth", "Against the truth"));
    }
    html.table("heads", headings);
    for (int i = 0; i < data.heads.size(); i++) {
      ReportData.Head head = data.heads.get(i);
      HeadSummary summary = head.summary;
      HeadSpec spec = summary.head();
      boolean numbers = spec.kind() == HeadSpec.Kind.REGRESSION;
      html.row()
          .cellMarkup("<a href=\"#head-" + i + "\">" + Escape.markup(spec.name()) + "</a>")
          .number(numbers ? "–" : Words.count(spec.labels().size()));
      for (Outcome outcome : Outcome.values()) {
        long count = summary.count(outcome);
        html.number(
            numbers && outcome == Outcome.UNASSIGNED
                ? "–"
                : Words.count(count) + " (" + Words.percent(count, summary.records()) + ")");
      }
      html.cell(numbers ? means(summary) : mostFrequent(summary));
      if (truth) {
        html.number(QualitySection.applies(head) ? Words.count(QualitySection.known(head)) : "–")
            .cell(QualitySection.inShort(head));
      }
      html.endRow();
    }
    html.endTable();
  }

  private static String mostFrequent(HeadSummary summary) {
    List<String> names = new ArrayList<>();
    for (Ranked one : Ranked.of(summary.labels())) {
      if (names.size() < TOP_LABELS) {
        names.add(
            HeadSection.called(summary.head().labels().get(one.label()))
                + " ("
                + Words.count(one.count())
                + ")");
      }
    }
    return names.isEmpty() ? "–" : String.join(", ", names);
  }

  private static String means(HeadSummary summary) {
    List<String> means = new ArrayList<>();
    for (int target = 0; target < summary.values().size(); target++) {
      ValueHistogram values = summary.values().get(target);
      if (values.count() > 0) {
        means.add(
            summary.head().labels().get(target).label() + ": mean " + Words.number(values.mean()));
      }
    }
    return means.isEmpty() ? "–" : String.join(", ", means);
  }

  private void cardFact(String name, String key) {
    String markup = cardMarkup(card(key));
    if (!markup.isEmpty()) {
      html.fact(name, markup);
    }
  }

  /** Free-form content of a card, as text; what is cited becomes a link. */
  private static String cardMarkup(@Nullable Object value) {
    if (value instanceof Collection<?> items) {
      List<String> parts = new ArrayList<>();
      items.forEach(item -> parts.add(cardMarkup(item)));
      return String.join(", ", parts);
    }
    if (value instanceof Map<?, ?> map) {
      List<String> parts = new ArrayList<>();
      map.forEach(
          (key, item) -> parts.add(Escape.markup(String.valueOf(key)) + ": " + cardMarkup(item)));
      return String.join("; ", parts);
    }
    return value == null
        ? ""
        : Escape.citation(value.toString().strip().replaceAll("[ \\t\\r\\n]+", " "));
  }

  private void samples() {
    if (data.samples.isEmpty()) {
      return;
    }
    html.section("samples", "Samples side by side");
    for (int head = 0; head < data.heads.size(); head++) {
      HeadSpec spec = data.heads.get(head).summary.head();
      if (data.heads.size() > 1) {
        html.element("h3", spec.name());
      }
      sampleBars(head);
      html.table(
          "",
          List.of(
              "Sample",
              "#Records",
              "#Assigned",
              "#Unassigned",
              "#Unusable",
              "Most frequent labels"));
      for (SampleSummary sample : data.samples) {
        long all = sample.records(head);
        html.row().cell(sample.name()).number(Words.count(all));
        for (Outcome outcome : Outcome.values()) {
          long count = sample.count(head, outcome);
          html.number(Words.count(count) + " (" + Words.percent(count, all) + ")");
        }
        List<String> top = new ArrayList<>();
        for (Ranked ranked : sample.top(head, TOP_LABELS)) {
          top.add(
              HeadSection.called(spec.labels().get(ranked.label()))
                  + " "
                  + Words.count(ranked.count()));
        }
        html.cell(top.isEmpty() ? "–" : String.join(", ", top)).endRow();
      }
      html.endTable();
    }
    html.end();
  }

  private void sampleBars(int head) {
    HeadSpec spec = data.heads.get(head).summary.head();
    List<BarChart.Bar> bars = new ArrayList<>();
    for (SampleSummary sample : data.samples) {
      double[] parts = new double[Outcome.values().length];
      for (Outcome outcome : Outcome.values()) {
        parts[outcome.place()] = (double) sample.count(head, outcome) / sample.records(head);
      }
      if (bars.size() < MOST_BARS && sample.records(head) > 0) {
        String records = Words.count(sample.records(head), "record", "records");
        bars.add(new BarChart.Bar(sample.name(), parts, records));
      }
    }
    html.figure(
        "",
        spec.name(),
        "samples",
        BarChart.draw(
            "samples-" + head,
            "Samples under the head " + spec.name(),
            "A bar of 100 % per sample: assigned, unassigned, unusable; the numbers stand in the table"
                + " below.",
            1,
            List.of(
                new BarChart.Key("assigned", "ok", Drawing.BLUE),
                new BarChart.Key("unassigned", "un", Drawing.AMBER),
                new BarChart.Key("unusable", "no", Drawing.GREY)),
            bars));
    if (data.samples.size() > bars.size()) {
      html.note("The figure shows the first " + bars.size() + " samples with records.");
    }
  }

  private void reasons() {
    html.section("reasons", "Rejected, unusable, altered: why");
    boolean heads = data.heads.size() > 1;
    boolean some = false;
    for (int i = 0; i < data.heads.size(); i++) {
      for (ReasonTally.Reason reason : data.heads.get(i).summary.reasons().all()) {
        boolean ofRecord =
            RecordStatus.labels().contains(reason.code())
                || RecordFlag.labels().contains(reason.code());
        // What befell the record itself is the same under every head.
        if (ofRecord && i > 0) {
          continue;
        }
        if (!some) {
          html.table("", List.of("Reason", "#Records", "What it means, and what to do"));
          some = true;
        }
        reason(reason, heads && !ofRecord ? data.heads.get(i).summary.head().name() : "");
      }
    }
    if (some) {
      html.endTable();
      html.note("A record can have several reasons. Codes are those of the column 'reason'.");
    } else {
      html.paragraph("No record was rejected, unusable or altered.");
    }
    html.end();
  }

  private void reason(ReasonTally.Reason reason, String head) {
    ReasonText.Text text = ReasonText.of(reason.code());
    List<String> fates = new ArrayList<>();
    for (Outcome outcome : Outcome.values()) {
      if (reason.count(outcome) > 0) {
        fates.add(
            Words.count(reason.count(outcome))
                + " "
                + (outcome == Outcome.OK ? "kept" : outcome.label()));
      }
    }
    html.row()
        .cellMarkup(
            "<code>"
                + Escape.markup(reason.code())
                + "</code>"
                + (head.isEmpty() ? "" : "<br/>" + Escape.markup("head " + head)));
    html.markup(
        "<td class=\"n\">"
            + Escape.markup(Words.count(reason.total()))
            + "<br/><span class=\"soft\">"
            + Escape.markup(String.join(", ", fates))
            + "</span></td> ");
    html.cellMarkup(
            Escape.markup((text.meaning() + " " + text.remedy()).strip())
                + "<br/><span class=\"soft\">"
                + Escape.markup(
                    (reason.total() > reason.examples().size() ? "First ids: " : "Ids: ")
                        + String.join(", ", reason.examples()))
                + "</span>")
        .endRow();
  }

  private void card() {
    html.section("model", "The model");
    html.line("<div class=\"scroll\"><table class=\"facts\"><tbody>");
    html.fact("Name", Escape.markup(data.bundle.title()));
    html.fact("Id and version", "<code>" + Escape.markup(data.bundle.name()) + "</code>");
    Map<String, String> keys = new LinkedHashMap<>();
    keys.put("intended-use", "Made for");
    keys.put("limits", "Limits");
    keys.put("training-data", "Trained on");
    keys.put("authors", "Authors");
    keys.put("licence", "Licence");
    keys.put("cite", "How to cite");
    keys.forEach((key, name) -> cardFact(name, key));
    html.fact("SHA-256 of its description", "<code>" + data.bundle.cardDigest() + "</code>");
    html.line("</tbody></table></div>").end();
  }

  private void methods() {
    html.section("methods", "Methods paragraph for your paper");
    html.line("<p class=\"paste\">" + Escape.markup(methodsText()) + "</p>").end();
  }

  /** The paragraph for a paper, as plain text. */
  String methodsText() {
    StringBuilder text = new StringBuilder();
    RunRecords runs = data.runs;
    if (runs.methods().size() == 1) {
      text.append(runs.methods().iterator().next());
    } else {
      // Several steps or shards say nearly the same; one sentence says it once.
      text.append("Records (n = ").append(data.records).append(") were processed with ");
      text.append(runs.runs().isEmpty() ? "Ribonnx" : String.join(", ", runs.runs().keySet()));
      text.append(' ');
      text.append(runs.versions().isEmpty() ? Release.VERSION : String.join(", ", runs.versions()));
      text.append(" and the model ").append(data.bundle.id()).append(' ');
      text.append(data.bundle.version()).append(" (SHA-256 of its description ");
      text.append(data.bundle.cardDigest()).append(')');
      if (!runs.devices().isEmpty()) {
        text.append(
            runs.devices().stream().allMatch(device -> device.equals("cpu"))
                ? " on a CPU"
                : " on " + String.join(", ", runs.devices()));
      }
      text.append('.');
    }
    for (ReportData.Head head : data.heads) {
      HeadSpec.@Nullable Reject reject = head.summary.head().reject();
      if (reject != null) {
        text.append(" Records were left unassigned by the head '");
        text.append(head.summary.head().name());
        text.append("' if the highest probability of a label was ");
        text.append(reject.below() ? "below " : "above ").append(Words.number(reject.at()));
        text.append(
            reject.labels().isEmpty()
                ? "."
                : " or the most probable label was '"
                    + String.join("' or '", reject.labels())
                    + "'.");
      }
    }
    Object cite = card("cite");
    if (cite instanceof Collection<?> items && !items.isEmpty()) {
      text.append(" Cite: ")
          .append(String.join(", ", items.stream().map(String::valueOf).toList()))
          .append('.');
    } else if (cite != null && !(cite instanceof Collection<?>)) {
      text.append(" Cite: ").append(cite).append('.');
    }
    return text.toString().replaceAll("[ \\t\\r\\n]+", " ");
  }
}
