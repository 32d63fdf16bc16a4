package org.ribonnx.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.HeadSpec;

/** The section on attention: which views the fusion weighed how much. */
final class AttentionSection {
  /** Anchor of the section. */
  static final String ID = "attention";

  /** What the figures of all records are filed under, in place of a head. */
  static final String FUSION = "fusion";

  static final String SPREAD = "attention-spread";
  static final String MEANING =
      "A weight says how much of a view's numbers went into the fused ones for this record. It does not say how much the"
          + " view changed the answer: what goes in with a large weight may matter little to the score, and views that hold"
          + " the same can stand for each other. To learn what a view is worth, leave it out and measure.";

  private static final int MOST_LABELS = 40;
  private static final int MOST_RANGES = 24;

  private final ReportData data;
  private final Attention attention;
  private final Html html;

  AttentionSection(ReportData data, Attention attention, Html html) {
    this.data = data;
    this.attention = attention;
    this.html = html;
  }

  void write() {
    html.section(ID, "Attention of the fusion");
    if (attention.records() == 0) {
      html.paragraph("No record has weights of attention.").end();
      return;
    }
    html.paragraph(
        "For each query (a row), the fusion of the model shares a weight of 1 among its tokens (the columns), anew for every"
            + " record. "
            + MEANING);
    html.paragraph(
        "Weights of "
            + Words.count(attention.records(), "record", "records")
            + (attention.without() > 0
                ? "; "
                    + Words.count(attention.without())
                    + " have none, since they could not be used"
                : "")
            + ". With "
            + attention.tokens().size()
            + " tokens, "
            + Words.ratio(1.0 / attention.tokens().size(), 3)
            + " each would be no preference.");
    means();
    spread();
    for (int head = 0; head < data.heads.size(); head++) {
      labels(head);
    }
    html.end();
  }

  private void means() {
    List<String> queries = attention.queries();
    List<String> tokens = attention.tokens();
    double[][] values = new double[queries.size()][tokens.size()];
    for (int query = 0; query < queries.size(); query++) {
      for (int token = 0; token < tokens.size(); token++) {
        values[query][token] = attention.of(query, token).mean();
      }
    }
    html.element("h3", "Mean weights");
    html.figure(
        "scroll",
        FUSION,
        "attention",
        ShareMap.draw(
            "attention-means",
            "Mean weights of attention",
            "Queries are rows, tokens columns; the numbers stand in the table below.",
            queries,
            tokens,
            values));
  }

  /** Those whose middle 90 % are the widest, in the order of all. */
  private static List<RangeChart.Range> widest(List<RangeChart.Range> rows) {
    if (rows.size() <= MOST_RANGES) {
      return rows;
    }
    List<RangeChart.Range> sorted = new ArrayList<>(rows);
    sorted.sort(Comparator.comparingDouble(row -> row.quantiles()[0] - row.quantiles()[4]));
    Set<RangeChart.Range> drawn = Set.copyOf(sorted.subList(0, MOST_RANGES));
    return rows.stream().filter(drawn::contains).toList();
  }

  private void spread() {
    List<RangeChart.Range> rows = new ArrayList<>();
    double most = 0;
    for (int query = 0; query < attention.queries().size(); query++) {
      for (int token = 0; token < attention.tokens().size(); token++) {
        double[] quantiles = attention.of(query, token).quantiles();
        most = Math.max(most, quantiles[4]);
        rows.add(new RangeChart.Range(name(query, token), quantiles, Double.NaN));
      }
    }
    html.element("h3", "How much the weights differ from record to record");
    html.paragraph(
        "The line holds the middle 90 % of the records, the box the middle half, the thick tick is the median."
            + (rows.size() > MOST_RANGES
                ? " Of "
                    + rows.size()
                    + " the "
                    + MOST_RANGES
                    + " that differ most are drawn; all stand in the table."
                : ""));
    html.figure(
        "",
        FUSION,
        SPREAD,
        RangeChart.draw(
            SPREAD,
            "Weights of attention, from record to record",
            "Ranges of weights by query and token; the numbers stand in the table below.",
            Math.min(1, Math.max(0.1, Math.ceil(most * 10) / 10)),
            "weight (query → token)",
            widest(rows)));
    html.details("The numbers of both figures");
    html.table(
        "",
        List.of(
            "Query",
            "Token",
            "#Mean",
            "#Lowest 5 % below",
            "#Quarter below",
            "#Median",
            "#Quarter above",
            "#Highest 5 % above"));
    for (int query = 0; query < attention.queries().size(); query++) {
      for (int token = 0; token < attention.tokens().size(); token++) {
        Spread spread = attention.of(query, token);
        html.row()
            .cell(attention.queries().get(query))
            .cell(attention.tokens().get(token))
            .number(Words.ratio(spread.mean()));
        for (double quantile : spread.quantiles()) {
          html.number(Words.ratio(quantile, 3));
        }
        html.endRow();
      }
    }
    html.endTable();
    html.note("Quantiles are to 0.001.").line("</details>");
  }

  private String name(int query, int token) {
    return attention.queries().get(query) + " → " + attention.tokens().get(token);
  }

  private void labels(int number) {
    HeadSpec spec = data.heads.get(number).summary.head();
    List<Ranked> ranked = Ranked.of(attention.labels(number));
    if (ranked.isEmpty()) {
      return;
    }
    List<Integer> shown = ranked.stream().limit(MOST_LABELS).map(Ranked::label).sorted().toList();
    List<String> tokens = attention.tokens();
    double[][] values = new double[shown.size()][tokens.size()];
    boolean[][] named = new boolean[shown.size()][tokens.size()];
    List<String> names = new ArrayList<>();
    for (int row = 0; row < shown.size(); row++) {
      names.add(HeadSection.called(spec.labels().get(shown.get(row))));
      for (int token = 0; token < tokens.size(); token++) {
        values[row][token] = attention.mean(number, shown.get(row), token) - attention.mean(token);
        named[row][token] = true;
      }
    }
    html.element("h3", "By predicted label" + (data.heads.size() > 1 ? ": " + spec.name() : ""));
    html.paragraph(
        "Mean weight of each token, over the queries and the records of a label, less the mean over all records. Blue: the"
            + " label's records got more weight there; orange: less."
            + (ranked.size() > shown.size()
                ? " The "
                    + shown.size()
                    + " labels of the most records are drawn; the others stand in the metrics file."
                : ""));
    html.figure(
        "scroll",
        spec.name(),
        "attention",
        SignedMap.draw(
            "attention-" + number,
            "Weights of attention by label of the head " + spec.name(),
            "Difference from the mean weight by label and token; the numbers stand in the table below.",
            names,
            tokens,
            values,
            named));
    html.details("The numbers of the figure");
    List<String> headings = new ArrayList<>(List.of("Label", "#Records"));
    tokens.forEach(token -> headings.add("#" + token));
    html.table("", headings);
    html.row().cell("all records").number(Words.count(attention.records()));
    for (int token = 0; token < tokens.size(); token++) {
      html.number(Words.ratio(attention.mean(token)));
    }
    html.endRow();
    for (int label : shown) {
      html.row()
          .cell(HeadSection.called(spec.labels().get(label)))
          .number(Words.count(attention.records(number, label)));
      for (int token = 0; token < tokens.size(); token++) {
        html.number(Words.ratio(attention.mean(number, label, token)));
      }
      html.endRow();
    }
    html.endTable();
    html.note("The means themselves, not their differences.").line("</details>");
  }

  /** The weights of all records for programs. */
  static Map<String, @Nullable Object> tree(Attention attention) {
    Map<String, @Nullable Object> tree = new LinkedHashMap<>();
    tree.put("records", attention.records());
    tree.put("records_without", attention.without());
    Map<String, @Nullable Object> weights = new LinkedHashMap<>();
    for (int query = 0; query < attention.queries().size(); query++) {
      Map<String, @Nullable Object> tokens = new LinkedHashMap<>();
      for (int token = 0; token < attention.tokens().size(); token++) {
        Spread spread = attention.of(query, token);
        Map<String, @Nullable Object> facts = new LinkedHashMap<>();
        facts.put("mean", spread.mean());
        facts.put("quantiles", ManyLabelsSection.quantiles(spread));
        tokens.put(attention.tokens().get(token), facts);
      }
      weights.put(attention.queries().get(query), tokens);
    }
    tree.put("weights", weights);
    return tree;
  }

  /** Those of the labels of a head. */
  static Map<String, @Nullable Object> tree(ReportData data, Attention attention, int head) {
    Map<String, @Nullable Object> labels = new LinkedHashMap<>();
    for (Ranked one : Ranked.of(attention.labels(head))) {
      Map<String, @Nullable Object> facts = new LinkedHashMap<>();
      facts.put("records", one.count());
      Map<String, @Nullable Object> tokens = new LinkedHashMap<>();
      for (int token = 0; token < attention.tokens().size(); token++) {
        tokens.put(attention.tokens().get(token), attention.mean(head, one.label(), token));
      }
      facts.put("weights", tokens);
      labels.put(data.heads.get(head).summary.head().labels().get(one.label()).label(), facts);
    }
    return labels;
  }

  static void define(Map<String, String> all, String heads) {
    all.put("attention.records", "Records with weights of attention.");
    all.put("attention.records_without", "Records without, since they could not be used.");
    all.put(
        "attention.weights.*.*.mean", "Mean weight of the query (first) for the token. " + MEANING);
    all.put(
        "attention.weights.*.*.quantiles.[]",
        "Weights that 5, 25, 50, 75 and 95 % of the records do not exceed, to 0.001.");
    all.put(heads + "attention.*.records", "Records with weights that got the label.");
    all.put(
        heads + "attention.*.weights.*",
        "Mean weight of the token over the queries and the records of the label.");
  }
}
