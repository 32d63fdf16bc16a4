package org.ribonnx.cli;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.NullUnmarked;
import org.ribonnx.core.testing.OnnxBuilder;

/**
 * What a {@link TinyBundle} with its own graphs must predict: a second, plain implementation of
 * what model.yaml says, from the sequences to the table.
 */
@NullUnmarked
final class Oracle {
  private final Map<String, Object> card;
  private final Map<String, byte[]> files;
  private final StringBuilder table =
      new StringBuilder("id\thead\tprediction\tscore\tstatus\tbest\tname\tset\treason\n");

  private Oracle(TinyBundle bundle) {
    card = bundle.card;
    files = bundle.files;
  }

  static String predictions(TinyBundle bundle) {
    return new Oracle(bundle).run();
  }

  /** The weights of {@link TinyBundle#fused}: one half each, of what has a prediction. */
  static String attention(TinyBundle bundle) {
    StringBuilder text = new StringBuilder("id");
    List<?> queries = list(get(bundle.card, "fuse/attention/queries", List.of()));
    List<?> tokens = list(get(bundle.card, "fuse/attention/tokens", List.of()));
    queries.forEach(query -> tokens.forEach(token -> text.append("\t" + query + "." + token)));
    String before = "id";
    for (String row : predictions(bundle).lines().toList()) {
      String[] cells = row.split("\t", -1);
      if (!cells[0].equals(before)) {
        String weight = cells[4].equals("unusable") ? "\tNA" : "\t0.5";
        text.append('\n').append(cells[0]).append(weight.repeat(2));
      }
      before = cells[0];
    }
    return text.append('\n').toString();
  }

  /** One name may stand for a list of one. */
  private static List<?> list(Object value) {
    return value instanceof List<?> list ? list : List.of(value);
  }

  private static Object get(Object tree, String path, Object otherwise) {
    Object value = tree;
    for (String key : path.split("/", -1)) {
      value = value instanceof Map<?, ?> map ? map.get(key) : null;
    }
    return value == null ? otherwise : value;
  }

  private static double number(Object tree, String path, double otherwise) {
    return ((Number) get(tree, path, otherwise)).doubleValue();
  }

  private String run() {
    String[] lines = TinyBundle.RECORDS.split("\n", -1);
    for (int i = 0; i + 1 < lines.length; i += 2) {
      record(lines[i].substring(1), lines[i + 1]);
    }
    return table.toString();
  }

  private void record(String id, String sequence) {
    Object view = ((Map<?, ?>) card.get("views")).values().iterator().next();
    Object input = ((Map<?, ?>) card.get("inputs")).values().iterator().next();
    List<?> range = (List<?>) get(input, "length", List.of());
    int count = sequence.length();
    List<String> reasons = new ArrayList<>();
    int shortest = (int) number(view, "options/shortest", 1);
    boolean cuts = get(view, "options/too-long", "cut").equals("cut");
    int taken = Math.min(count, TinyBundle.LENGTH);
    int start =
        switch (String.valueOf(get(view, "options/keep", "5p"))) {
          case "3p" -> count - taken;
          case "centre" -> (count - taken) / 2;
          default -> 0;
        };
    double[] codes = new double[TinyBundle.LENGTH];
    boolean base = false;
    for (int i = 0; i < codes.length; i++) {
      int code = i < taken ? "ACGU".indexOf(sequence.charAt(start + i)) : -2;
      base |= code >= 0;
      codes[i] = code >= 0 ? code : code == -1 ? 4 : number(view, "pad", 0);
    }
    String unusable =
        count > TinyBundle.LENGTH && !cuts
            ? "too-long"
            : count < shortest ? "too-short" : base ? "" : "no-usable-base";
    if (!unusable.isEmpty()) {
      reasons.add(unusable);
    }
    List<String> flags = new ArrayList<>();
    if (!range.isEmpty()
        && (count < ((Number) range.get(0)).intValue()
            || count > ((Number) range.get(1)).intValue())) {
      flags.add("outside-training-range");
    }
    if (count > TinyBundle.LENGTH && unusable.isEmpty()) {
      flags.add("cut");
    }
    if (sequence.matches(".*[^ACGU].*")) {
      flags.add("ambiguous-letters");
    }
    double[] embedding =
        sigmoid(product(codes, OnnxBuilder.weights(TinyBundle.LENGTH, TinyBundle.WIDTH)));
    double[][] outputs = {
      softmax(product(embedding, TinyBundle.scaled(TinyBundle.WIDTH, 3))),
      sigmoid(product(embedding, OnnxBuilder.weights(3, TinyBundle.WIDTH))),
      product(embedding, OnnxBuilder.weights(TinyBundle.WIDTH, 1))
    };
    ((Map<?, ?>) card.get("heads"))
        .forEach(
            (name, head) -> {
              int output = List.of("first", "second", "third").indexOf(get(head, "output", ""));
              head(id, (String) name, head, outputs[output], reasons, flags);
            });
  }

  private static double[] product(double[] row, float[] weights) {
    int columns = weights.length / row.length;
    double[] result = new double[columns];
    for (int i = 0; i < row.length; i++) {
      for (int j = 0; j < columns; j++) {
        result[j] += row[i] * weights[i * columns + j];
      }
    }
    return result;
  }

  private static double[] softmax(double[] values) {
    double largest = Arrays.stream(values).max().orElse(0);
    double[] powers = Arrays.stream(values).map(value -> Math.exp(value - largest)).toArray();
    double sum = Arrays.stream(powers).sum();
    return Arrays.stream(powers).map(power -> power / sum).toArray();
  }

  private static double[] sigmoid(double[] values) {
    double[] result = new double[values.length];
    for (int i = 0; i < result.length; i++) {
      result[i] = 1 / (1 + Math.exp(-values[i]));
    }
    return result;
  }

  private void head(
      String id,
      String name,
      Object head,
      double[] scores,
      List<String> unusable,
      List<String> flags) {
    List<String> codes = new ArrayList<>(unusable);
    List<String> labels = new ArrayList<>();
    List<String> names = new ArrayList<>();
    Object kind = get(head, "kind", "");
    if (kind.equals("regression")) {
      List<?> targets = (List<?>) get(head, "targets", List.of());
      String target = targets.isEmpty() ? name : (String) get(targets.get(0), "name", "");
      String column = target.equals(name) ? name : name + "." + target;
      boolean ok = codes.isEmpty();
      codes.addAll(flags);
      row(
          id,
          column,
          ok ? number(scores[0]) : "NA",
          "NA",
          ok ? "ok" : "unusable",
          "NA",
          "NA",
          "NA",
          codes);
      return;
    }
    if (get(head, "labels", "") instanceof List<?> list) {
      list.forEach(label -> labels.add(String.valueOf(label)));
      list.forEach(label -> names.add("NA"));
    } else {
      String file = (String) get(head, "labels", "");
      String text = new String(files.get(file), StandardCharsets.UTF_8);
      for (String line : text.lines().skip(1).toList()) {
        String[] cells = line.split("\t", -1);
        labels.add(cells[0].strip());
        names.add(cells.length < 2 || cells[1].isBlank() ? "NA" : cells[1].strip());
      }
    }
    if (!codes.isEmpty()) {
      codes.addAll(flags);
      row(id, name, "NA", "NA", "unusable", "NA", "NA", "NA", codes);
      return;
    }
    int best = 0;
    for (int i = 1; i < scores.length; i++) {
      best = scores[i] > scores[best] ? i : best;
    }
    if (kind.equals("multi-label")) {
      Object thresholds = get(head, "thresholds", 0.5);
      List<Integer> passing = new ArrayList<>();
      for (int i = 0; i < scores.length; i++) {
        double at =
            ((Number) (thresholds instanceof List<?> list ? list.get(i) : thresholds))
                .doubleValue();
        if (scores[i] >= at) {
          passing.add(i);
        }
      }
      row(
          id,
          name,
          joined(passing, scores, labels),
          number(scores[best]),
          "ok",
          labels.get(best),
          names.get(best),
          "NA",
          flags);
      return;
    }
    Object reject = get(head, "reject", null);
    if (reject != null) {
      List<?> none =
          get(reject, "labels", List.of()) instanceof List<?> list
              ? list
              : List.of(get(reject, "labels", ""));
      double known = Double.NEGATIVE_INFINITY;
      for (int i = 0; i < scores.length; i++) {
        known = none.contains(labels.get(i)) ? known : Math.max(known, scores[i]);
      }
      boolean below = get(reject, "unassigned-when", "").equals("below");
      double at = number(reject, "at", 0);
      if (below ? known < at : known > at) {
        codes.add(below ? "below-threshold" : "above-threshold");
      }
      if (none.contains(labels.get(best))) {
        codes.add("rejected-label");
      }
    }
    boolean assigned = codes.isEmpty();
    String set = "NA";
    if (get(head, "sets", null) != null) {
      List<Integer> members = new ArrayList<>();
      for (int i = 0; i < scores.length; i++) {
        if (1 - scores[i] <= number(head, "sets/quantile", 0)) {
          members.add(i);
        }
      }
      set = joined(members, scores, labels);
    }
    codes.addAll(flags);
    row(
        id,
        name,
        assigned ? labels.get(best) : "NA",
        number(scores[best]),
        assigned ? "ok" : "unassigned",
        labels.get(best),
        names.get(best),
        set,
        codes);
  }

  private static String joined(List<Integer> members, double[] scores, List<String> labels) {
    members.sort((a, b) -> Double.compare(scores[b], scores[a]));
    return members.isEmpty()
        ? "none"
        : String.join(";", members.stream().map(labels::get).toList());
  }

  private static String number(double value) {
    return Double.toString(value);
  }

  private void row(
      String id,
      String head,
      String prediction,
      String score,
      String status,
      String best,
      String name,
      String set,
      List<String> reasons) {
    String reason = reasons.isEmpty() ? "NA" : String.join(";", reasons);
    table.append(String.join("\t", id, head, prediction, score, status, best, name, set, reason));
    table.append('\n');
  }

  /** Compares tables cell by cell, numbers to five digits; returns the first difference or "". */
  static String difference(String expected, String found) {
    List<String> a = expected.lines().toList();
    List<String> b = found.lines().toList();
    if (a.size() != b.size()) {
      return a.size() + " lines are expected, not " + b.size();
    }
    for (int i = 0; i < a.size(); i++) {
      String[] as = a.get(i).split("\t", -1);
      String[] bs = b.get(i).split("\t", -1);
      for (int j = 0; j < Math.max(as.length, bs.length); j++) {
        boolean same =
            j < as.length && j < bs.length && (as[j].equals(bs[j]) || close(as[j], bs[j]));
        if (!same) {
          return "line " + (i + 1) + ": '" + a.get(i) + "' is expected, not '" + b.get(i) + "'";
        }
      }
    }
    return "";
  }

  private static boolean close(String a, String b) {
    try {
      double x = Double.parseDouble(a);
      double y = Double.parseDouble(b);
      return Math.abs(x - y) <= 1e-5 * Math.max(1, Math.abs(x));
    } catch (NumberFormatException e) {
      return false;
    }
  }
}
