package org.ribonnx.report;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.ribonnx.core.bundle.HeadSpec;
import org.ribonnx.core.io.RibonnxException;

/**
 * What is known of the records: a table with the column {@code id} (behind {@code sample}, where
 * ids repeat across samples) and one per head, labels joined by semicolons, empty where nothing is
 * known. It is held in memory whole.
 */
final class Truth {
  /** Nothing is known of the record. */
  static final int UNKNOWN = -1;

  /** What is known is no label of the head. */
  static final int FOREIGN = -2;

  private static final int EXAMPLES = 10;

  /** What is known under one head. */
  private static final class Column {
    private final HeadSpec head;
    private final int target;
    private final ByteIndex labels = new ByteIndex();
    private final Map<String, String> plainNames = new LinkedHashMap<>();
    private final List<int[]> sets = new ArrayList<>();
    private final ByteIndex setTexts = new ByteIndex();
    private final Map<String, Long> foreign = new LinkedHashMap<>();
    private int[] numbers = new int[64];
    private double[] values = new double[0];

    private Column(HeadSpec head, int target) {
      this.head = head;
      this.target = target;
      for (HeadSpec.Label label : head.labels()) {
        labels.add(label.label());
        plainNames.putIfAbsent(label.name(), label.label());
      }
    }

    private void foreign(String text) {
      if (foreign.size() < 1000 || foreign.containsKey(text)) {
        foreign.merge(text, 1L, Long::sum);
      }
    }
  }

  private final Path file;
  private final boolean sampled;
  private final ByteIndex ids = new ByteIndex();
  private final List<Column> columns = new ArrayList<>();
  private final BitSet met = new BitSet();

  /**
   * @param withSamples whether the predictions have a column {@code sample}
   * @throws RibonnxException input, for a table that does not fit the heads
   */
  Truth(Path file, List<HeadSpec> heads, boolean withSamples) {
    this.file = file;
    try (TableReader table = new TableReader(file)) {
      sampled = header(table, heads, withSamples);
      int fixed = sampled ? 2 : 1;
      int width = table.columns();
      while (table.next()) {
        if (table.columns() != width) {
          throw table.error(
              "has " + table.columns() + " columns, the header has " + width,
              "separate columns by tabs and leave a field empty where nothing is known");
        }
        int record = ids.size();
        if (table.isEmpty(fixed - 1)) {
          throw table.error("has no id", "remove the line or give it one");
        }
        if (ids.add(table.bytes(), table.start(0), table.end(fixed - 1)) < record) {
          throw table.error(
              "the id '" + Escape.plain(table.text(fixed - 1), 60) + "' occurs a second time",
              "keep one line per id");
        }
        for (int i = 0; i < columns.size(); i++) {
          read(table, columns.get(i), record, i + fixed);
        }
      }
    }
  }

  private boolean header(TableReader table, List<HeadSpec> heads, boolean withSamples) {
    if (!table.next()) {
      throw RibonnxException.input(
          file + ": is empty; a table of truth has a header (id and a column per head)");
    }
    boolean hasSample = table.text(0).equals("sample");
    int fixed = hasSample ? 2 : 1;
    if (table.columns() < fixed || !table.text(fixed - 1).equals("id")) {
      throw table.error(
          "the first column is '" + Escape.plain(table.text(0), 60) + "', not 'id'",
          "a table of truth has a tab-separated header: id, then a column per head");
    }
    if (hasSample && !withSamples) {
      throw table.error(
          "has a column 'sample', but the predictions have none", "remove it from the truth");
    }
    Map<String, Column> known = new LinkedHashMap<>();
    for (HeadSpec head : heads) {
      if (head.kind() == HeadSpec.Kind.REGRESSION) {
        for (int target = 0; target < head.labels().size(); target++) {
          known.put(PredictionTable.columnOf(head, target), new Column(head, target));
        }
      } else {
        known.put(head.name(), new Column(head, 0));
      }
    }
    for (int i = fixed; i < table.columns(); i++) {
      String name = table.text(i);
      Column column = known.get(name);
      if (column == null || columns.contains(column)) {
        throw table.error(
            "the column '"
                + Escape.plain(name, 60)
                + (column == null ? "' is no head of the model" : "' occurs a second time"),
            "the heads are: " + String.join(", ", known.keySet()));
      }
      columns.add(column);
    }
    if (columns.isEmpty()) {
      throw table.error(
          "has no column beside the id", "add one per head: " + String.join(", ", known.keySet()));
    }
    return hasSample;
  }

  private static void read(TableReader table, Column column, int record, int at) {
    boolean unknown = table.isEmpty(at) || table.isNa(at);
    if (column.head.kind() == HeadSpec.Kind.REGRESSION) {
      if (record >= column.values.length) {
        column.values = Arrays.copyOf(column.values, Math.max(64, 2 * record));
      }
      column.values[record] =
          unknown ? Double.NaN : table.number(at, "the truth of " + column.head.name());
      return;
    }
    if (record >= column.numbers.length) {
      column.numbers = Arrays.copyOf(column.numbers, 2 * record);
    }
    column.numbers[record] =
        unknown
            ? UNKNOWN
            : column.head.kind() == HeadSpec.Kind.SINGLE_LABEL
                ? single(table, column, at)
                : multi(table, column, at);
  }

  private static int single(TableReader table, Column column, int at) {
    int label = column.labels.find(table.bytes(), table.start(at), table.end(at));
    if (label >= 0) {
      return label;
    }
    String text = table.text(at);
    if (text.indexOf(';') >= 0) {
      throw table.error(
          "gives several labels to the head '" + column.head.name() + "', which takes one",
          "keep the one that is true");
    }
    column.foreign(text);
    return FOREIGN;
  }

  private static int multi(TableReader table, Column column, int at) {
    int before = column.sets.size();
    int set = column.setTexts.add(table.bytes(), table.start(at), table.end(at));
    if (set == before) {
      List<Integer> labels = new ArrayList<>();
      String text = table.text(at);
      for (String name : text.equals("none") ? new String[0] : text.split(";", -1)) {
        int label = column.labels.find(name);
        if (label >= 0) {
          labels.add(label);
        } else {
          column.foreign(name);
        }
      }
      column.sets.add(labels.stream().mapToInt(Integer::intValue).distinct().sorted().toArray());
    }
    return set;
  }

  /** Whether the table has a column for a head, or for any of its targets. */
  boolean covers(HeadSpec head) {
    return columns.stream().anyMatch(column -> column.head.name().equals(head.name()));
  }

  private Column column(HeadSpec head, int target) {
    return columns.stream()
        .filter(column -> column.head.name().equals(head.name()) && column.target == target)
        .findFirst()
        .orElseThrow();
  }

  /** Whether the table has a column for a target. */
  boolean covers(HeadSpec head, int target) {
    return columns.stream()
        .anyMatch(column -> column.head.name().equals(head.name()) && column.target == target);
  }

  /**
   * Number of a record in the table, or {@link #UNKNOWN}.
   *
   * @param idColumn column of the record's id in the row
   */
  int record(TableReader row, int idColumn) {
    int from = row.start(sampled ? 0 : idColumn);
    return ids.find(row.bytes(), from, row.end(idColumn));
  }

  /** Notes that a record of the table was met among the predictions. */
  void meet(int record) {
    met.set(record);
  }

  /** True label of a record, {@link #UNKNOWN} or {@link #FOREIGN}. */
  int label(HeadSpec head, int record) {
    return record < 0 ? UNKNOWN : column(head, 0).numbers[record];
  }

  /** True labels of a record; null where nothing is known. */
  int @org.jspecify.annotations.Nullable [] labels(HeadSpec head, int record) {
    Column column = column(head, 0);
    return record < 0 || column.numbers[record] < 0
        ? null
        : column.sets.get(column.numbers[record]);
  }

  /** True number of a record; NaN where nothing is known. */
  double value(HeadSpec head, int target, int record) {
    return record < 0 ? Double.NaN : column(head, target).values[record];
  }

  int size() {
    return ids.size();
  }

  /** Records of the table that are not among the predictions. */
  int unmet() {
    return ids.size() - met.cardinality();
  }

  List<String> unmetExamples() {
    List<String> examples = new ArrayList<>();
    for (int at = met.nextClearBit(0);
        at < ids.size() && examples.size() < EXAMPLES;
        at = met.nextClearBit(at + 1)) {
      examples.add(ids.text(at).replace("\t", " / "));
    }
    return examples;
  }

  /** Values of a head's column that are no label of it, with the number of lines, or of sets. */
  Map<String, Long> foreign(HeadSpec head) {
    return column(head, 0).foreign;
  }

  /** A label that the truth calls by its plain name: that name and the label; empty if none. */
  List<String> misnamed(HeadSpec head) {
    Column column = column(head, 0);
    for (String text : column.foreign.keySet()) {
      String label = column.plainNames.get(text);
      if (!text.isEmpty() && label != null) {
        return List.of(text, label);
      }
    }
    return List.of();
  }

  Path file() {
    return file;
  }
}
