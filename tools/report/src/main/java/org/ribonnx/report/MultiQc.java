package org.ribonnx.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.HeadSpec;
import org.ribonnx.core.io.Tree;

/**
 * Custom content for MultiQC (files {@code *_mqc.json}): the general statistics, what became of the
 * records, their labels and their scores. MultiQC joins the files of several samples by their
 * {@code id}.
 */
final class MultiQc {
  private static final int MOST_LABELS = 20;

  private final ReportData data;

  MultiQc(ReportData data) {
    this.data = data;
  }

  /** What a row of a file says of a sample. */
  private record Row(String sample, Map<String, @Nullable Object> values) {}

  /** Name and content of each file. */
  Map<String, String> files() {
    Map<String, String> files = new LinkedHashMap<>();
    String sample = Escape.fileName(data.sampleName);
    for (int head = 0; head < data.heads.size(); head++) {
      HeadSpec spec = data.heads.get(head).summary.head();
      String name = Figures.safe(spec.name());
      boolean number = spec.kind() == HeadSpec.Kind.REGRESSION;
      int at = head;
      String start = sample + "_" + name;
      if (files.containsKey(start + "_outcomes_mqc.json")) {
        start += "-" + head;
        name += "-" + head;
      }
      put(files, start + "_summary", summary(name, spec, at));
      put(files, start + "_outcomes", outcomes(name, spec, at));
      if (!number) {
        put(files, start + "_labels", labels(name, spec, at));
        put(files, start + "_scores", scores(name, spec, at));
      }
      put(files, start + "_truth", truth(name, spec, at));
    }
    return files;
  }

  private static void put(
      Map<String, String> files, String name, Map<String, @Nullable Object> tree) {
    if (tree.get("data") instanceof Map<?, ?> rows && !rows.isEmpty()) {
      files.put(name + "_mqc.json", Tree.prettyJson(tree));
    }
  }

  private List<Row> rows(
      int head,
      BiFunction<HeadSummary, @Nullable SampleSummary, Map<String, @Nullable Object>> values) {
    HeadSummary summary = data.heads.get(head).summary;
    List<Row> rows = new ArrayList<>();
    if (data.samples.isEmpty()) {
      rows.add(new Row(data.sampleName, values.apply(summary, null)));
    }
    for (SampleSummary sample : data.samples) {
      rows.add(new Row(sample.name(), values.apply(summary, sample)));
    }
    return rows;
  }

  private Map<String, @Nullable Object> tree(
      String id, String name, String what, String type, String plotTitle, List<Row> rows) {
    Map<String, @Nullable Object> tree = new LinkedHashMap<>();
    tree.put("id", "ribonnx_" + Figures.safe(data.bundle.id()) + "_" + id);
    if (!type.equals("generalstats")) {
      tree.put("parent_id", "ribonnx");
      tree.put("parent_name", "Ribonnx");
      tree.put(
          "parent_description", "RNA models as ONNX; one report per sample tells what this means.");
      tree.put("section_name", name);
      tree.put("description", what);
    }
    tree.put("plot_type", type);
    if (!type.equals("generalstats")) {
      Map<String, @Nullable Object> plot = new LinkedHashMap<>();
      plot.put("id", tree.get("id") + "_plot");
      plot.put("title", "Ribonnx: " + plotTitle);
      if (type.equals("linegraph")) {
        plot.put("xlab", "Score");
        plot.put("ylab", "Share of records (%)");
        plot.put("ymin", 0L);
      } else if (!type.equals("table")) {
        plot.put("ylab", "Records");
      }
      tree.put("pconfig", plot);
    }
    Map<String, @Nullable Object> content = new LinkedHashMap<>();
    for (Row row : rows) {
      String wanted = Escape.plot(row.sample());
      String unique = wanted;
      for (int i = 2; content.containsKey(unique); i++) {
        unique = wanted + " (" + i + ")";
      }
      if (!row.values().isEmpty()) {
        content.put(unique, row.values());
      }
    }
    tree.put("data", content);
    return tree;
  }

  private static long count(
      HeadSummary summary, @Nullable SampleSummary sample, int head, Outcome outcome) {
    return sample == null ? summary.count(outcome) : sample.count(head, outcome);
  }

  private static long records(HeadSummary summary, @Nullable SampleSummary sample, int head) {
    return sample == null ? summary.records() : sample.records(head);
  }

  private Map<String, @Nullable Object> summary(String name, HeadSpec spec, int head) {
    String assigned = "ribonnx_" + name + "_assigned";
    String all = "ribonnx_" + name + "_records";
    Map<String, @Nullable Object> tree =
        tree(
            name + "_summary",
            "",
            "",
            "generalstats",
            "",
            rows(
                head,
                (summary, sample) -> {
                  Map<String, @Nullable Object> values = new LinkedHashMap<>();
                  long records = records(summary, sample, head);
                  // The same under every head, so one column says it.
                  if (head == 0) {
                    values.put(all, records);
                  }
                  if (records > 0) {
                    values.put(
                        assigned, 100.0 * count(summary, sample, head, Outcome.OK) / records);
                  }
                  return values;
                }));
    Map<String, @Nullable Object> first = new LinkedHashMap<>();
    first.put("title", "Records");
    first.put("description", "Records under the head " + Escape.plot(spec.name()));
    first.put("format", "{:,.0f}");
    Map<String, @Nullable Object> second = new LinkedHashMap<>();
    second.put("title", "% " + Escape.plot(spec.name()));
    second.put("description", "Share of the records that got a prediction");
    second.put("suffix", "%");
    second.put("min", 0L);
    second.put("max", 100L);
    List<@Nullable Object> headers = new ArrayList<>();
    if (head == 0) {
      headers.add(Map.of(all, first));
    }
    headers.add(Map.of(assigned, second));
    tree.put("pconfig", headers);
    return tree;
  }

  private Map<String, @Nullable Object> outcomes(String name, HeadSpec spec, int head) {
    String shown = Escape.plot(spec.name());
    return tree(
        name + "_outcomes",
        "What became of the records: " + shown,
        "Assigned records got a prediction; unassigned ones look like nothing that the model knows; unusable"
            + " ones could not be read by it.",
        "bargraph",
        "records by outcome, " + shown,
        rows(
            head,
            (summary, sample) -> {
              Map<String, @Nullable Object> values = new LinkedHashMap<>();
              for (Outcome outcome : Outcome.values()) {
                values.put(
                    outcome == Outcome.OK ? "assigned" : outcome.label(),
                    count(summary, sample, head, outcome));
              }
              return values;
            }));
  }

  private Map<String, @Nullable Object> labels(String name, HeadSpec spec, int head) {
    String shown = Escape.plot(spec.name());
    return tree(
        name + "_labels",
        "Labels: " + shown,
        "Assigned records by label, the " + MOST_LABELS + " most frequent of each report.",
        "bargraph",
        "records by label, " + shown,
        rows(
            head,
            (summary, sample) -> {
              Map<String, @Nullable Object> values = new LinkedHashMap<>();
              long[] own = sample == null ? summary.labels() : sample.labels(head);
              List<Ranked> ranked = Ranked.of(summary.labels());
              long others = 0;
              for (int i = 0; i < ranked.size(); i++) {
                long count = own[ranked.get(i).label()];
                if (i >= MOST_LABELS) {
                  others += count;
                } else if (count > 0) {
                  HeadSpec.Label label = spec.labels().get(ranked.get(i).label());
                  String called = Escape.plot(HeadSection.called(label));
                  values.put(
                      values.containsKey(called)
                          ? called + " (" + Escape.plot(label.label()) + ")"
                          : called,
                      count);
                }
              }
              if (others > 0) {
                values.put("other labels", others);
              }
              return values;
            }));
  }

  /** Measures of a head of several labels per record; of several samples only all together. */
  private Map<String, @Nullable Object> truth(String name, HeadSpec spec, int head) {
    String shown = Escape.plot(spec.name());
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    Map<String, @Nullable Object> headers = new LinkedHashMap<>();
    for (MultiLabelMeasures.Measure one : data.heads.get(head).measures) {
      if (!Double.isNaN(one.value())) {
        values.put(one.key(), one.value());
        Map<String, @Nullable Object> header = new LinkedHashMap<>();
        header.put("title", one.name().replaceFirst(", one label.*", ""));
        header.put("description", Escape.plot(one.meaning()));
        header.put("format", "{:,.4f}");
        headers.put(one.key(), header);
      }
    }
    Map<String, @Nullable Object> tree =
        tree(
            name + "_truth",
            "Against the truth: " + shown,
            "Measures over all usable records with a known truth; the report tells what each is.",
            "table",
            "against the truth, " + shown,
            List.of(new Row(data.sampleName, values)));
    tree.put("headers", headers);
    return tree;
  }

  private Map<String, @Nullable Object> scores(String name, HeadSpec spec, int head) {
    String shown = Escape.plot(spec.name());
    HeadSummary summary = data.heads.get(head).summary;
    List<Row> rows = new ArrayList<>();
    // Scores of several samples are not kept apart; each has its own report with its own file.
    if (data.samples.isEmpty() && summary.usable() > 0) {
      Map<String, @Nullable Object> values = new LinkedHashMap<>();
      for (int bin = 0; bin < ScoreHistogram.BINS; bin++) {
        long count =
            summary.assigned.counts()[bin]
                + summary.unassigned.counts()[bin]
                + summary.none.counts()[bin];
        values.put(
            Words.number((bin + 0.5) / ScoreHistogram.BINS), 100.0 * count / summary.usable());
      }
      rows.add(new Row(data.sampleName, values));
    }
    return tree(
        name + "_scores",
        "Scores: " + shown,
        "Usable records by the probability of their best label, in 50 ranges.",
        "linegraph",
        "scores, " + shown,
        rows);
  }
}
