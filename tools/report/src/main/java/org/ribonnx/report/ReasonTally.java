package org.ribonnx.report;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** How often each reason code occurs, by what became of the record, with the first ids. */
final class ReasonTally {
  private static final int EXAMPLES = 10;
  private static final int MOST_CODES = 200;
  private static final int LONGEST_CODE = 40;

  /** A code with its counts and first ids. */
  static final class Reason {
    private final String code;
    private final List<String> examples = new ArrayList<>();
    private final long[] counts = new long[Outcome.values().length];

    private Reason(String code) {
      this.code = code;
    }

    String code() {
      return code;
    }

    List<String> examples() {
      return examples;
    }

    long count(Outcome outcome) {
      return counts[outcome.place()];
    }

    long total() {
      long total = 0;
      for (long count : counts) {
        total += count;
      }
      return total;
    }
  }

  private final ByteIndex codes = new ByteIndex();
  private final List<Reason> reasons = new ArrayList<>();

  /** Counts the codes of a row, which are joined by semicolons. */
  void add(TableReader row, int column, Outcome outcome, PredictionTable.RecordName name) {
    if (row.isNa(column)) {
      return;
    }
    byte[] bytes = row.bytes();
    int from = row.start(column);
    int end = row.end(column);
    for (int at = from; at <= end; at++) {
      if (at == end || bytes[at] == ';') {
        Reason reason = reason(row, from, at);
        reason.counts[outcome.place()]++;
        if (reason.examples.size() < EXAMPLES) {
          reason.examples.add(name.of(row));
        }
        from = at + 1;
      }
    }
  }

  private Reason reason(TableReader row, int from, int to) {
    byte[] bytes = row.bytes();
    int known = codes.find(bytes, from, to);
    if (known >= 0) {
      return reasons.get(known);
    }
    String code = new String(bytes, from, to - from, java.nio.charset.StandardCharsets.UTF_8);
    boolean valid = to - from <= LONGEST_CODE && code.matches("[a-z][a-z0-9-]*");
    if (!valid || reasons.size() == MOST_CODES) {
      throw row.error(
          "the reason '" + Escape.plain(code, LONGEST_CODE) + "' is no code",
          "codes of small letters and hyphens joined by ';' are expected, or NA");
    }
    codes.add(bytes, from, to);
    reasons.add(new Reason(code));
    return reasons.get(reasons.size() - 1);
  }

  long count(String code) {
    int known = codes.find(code);
    return known < 0 ? 0 : reasons.get(known).total();
  }

  /** In the order of their codes, so that the page does not depend on the order of records. */
  Collection<Reason> all() {
    Map<String, Reason> sorted = new TreeMap<>();
    reasons.forEach(reason -> sorted.put(reason.code, reason));
    return sorted.values();
  }
}
