package org.ribonnx.report;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.ribonnx.core.bundle.HeadSpec;
import org.ribonnx.core.io.RibonnxException;

/**
 * What is known of the records: a table with the column {@code id} (behind {@code sample}, where
 * ids repeat across samples) and one per head, labels joined by semicolons, empty where nothing is
 * known. It lies in a temporary file, so memory does not grow with it.
 */
public final class Truth implements AutoCloseable {
  /** Nothing is known of the record. */
  public static final int UNKNOWN = -1;

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
    private long own;

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
  private final List<Column> columns = new ArrayList<>();
  private final RecordStore records;
  private final BitSet met = new BitSet();

  /**
   * @param withSamples whether the predictions have a column {@code sample}
   * @throws RibonnxException input, for a table that does not fit the heads
   */
  public Truth(Path file, List<HeadSpec> heads, boolean withSamples) {
    this.file = file;
    try (TableReader table = new TableReader(file)) {
      sampled = header(table, heads, withSamples);
      records = new RecordStore(columns.size());
      try {
        read(table);
      } catch (RuntimeException e) {
        records.close();
        throw e;
      }
    }
  }

  private void read(TableReader table) {
    int fixed = sampled ? 2 : 1;
    int width = table.columns();
    while (table.next()) {
      if (table.columns() != width) {
        throw table.error(
            "has " + table.columns() + " columns, the header has " + width,
            "separate columns by tabs and leave a field empty where nothing is known");
      }
      if (table.isEmpty(fixed - 1)) {
        throw table.error("has no id", "remove the line or give it one");
      }
      int from = table.start(0);
      int to = table.end(fixed - 1);
      if (!RecordStore.fits(to - from)) {
        throw table.error("has an id of " + (to - from) + " bytes", "is this a table of truth?");
      }
      for (int i = 0; i < columns.size(); i++) {
        records.values()[i] = value(table, columns.get(i), i + fixed);
      }
      records.add(table.bytes(), from, to);
    }
    int twice = records.index();
    if (twice != RecordStore.NONE) {
      records.walk(
          (record, id) -> {
            if (record == twice) {
              throw RibonnxException.input(
                  file
                      + ": line "
                      + (record + 2L)
                      + ": the id '"
                      + Escape.plain(id.substring(id.indexOf('\t') + 1), 60)
                      + "' occurs a second time; keep one line per id");
            }
            return true;
          });
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

  private static double value(TableReader table, Column column, int at) {
    boolean unknown = table.isEmpty(at) || table.isNa(at);
    if (column.head.kind() == HeadSpec.Kind.REGRESSION) {
      return unknown ? Double.NaN : table.number(at, "the truth of " + column.head.name());
    }
    return unknown
        ? UNKNOWN
        : column.head.kind() == HeadSpec.Kind.SINGLE_LABEL
            ? single(table, column, at)
            : multi(table, column, at);
  }

  private static int single(TableReader table, Column column, int at) {
    int label = column.labels.find(table.bytes(), table.start(at), table.end(at));
    if (label >= 0) {
      column.own++;
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
          column.own++;
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
  public boolean covers(HeadSpec head) {
    return columns.stream().anyMatch(column -> column.head.name().equals(head.name()));
  }

  private int column(HeadSpec head, int target) {
    for (int i = 0; i < columns.size(); i++) {
      if (columns.get(i).head.name().equals(head.name()) && columns.get(i).target == target) {
        return i;
      }
    }
    throw new IllegalStateException(head.name());
  }

  /** Whether the table has a column for a target. */
  boolean covers(HeadSpec head, int target) {
    return columns.stream()
        .anyMatch(column -> column.head.name().equals(head.name()) && column.target == target);
  }

  /**
   * Number of a record in the table, or {@link #UNKNOWN}. What is known of it can be asked for
   * until the next call.
   *
   * @param bytes hold the id, behind its sample and a tab where there are several
   * @param sampleFrom where the sample begins, or the id where there are none
   * @param idFrom where the id begins
   */
  public int record(byte[] bytes, int sampleFrom, int idFrom, int to) {
    int from = sampled ? sampleFrom : idFrom;
    return RecordStore.fits(to - from) ? records.find(bytes, from, to) : UNKNOWN;
  }

  /** Notes that a record of the table was met among the predictions. */
  void meet(int record) {
    met.set(record);
  }

  /** True label of the record that was asked for last, {@link #UNKNOWN} or {@link #FOREIGN}. */
  public int label(HeadSpec head, int record) {
    return record < 0 ? UNKNOWN : (int) records.values()[column(head, 0)];
  }

  /** True labels of the record that was asked for last; null where nothing is known. */
  public int @org.jspecify.annotations.Nullable [] labels(HeadSpec head, int record) {
    int column = column(head, 0);
    int set = record < 0 ? UNKNOWN : (int) records.values()[column];
    return set < 0 ? null : columns.get(column).sets.get(set);
  }

  /** True number of the record that was asked for last; NaN where nothing is known. */
  double value(HeadSpec head, int target, int record) {
    return record < 0 ? Double.NaN : records.values()[column(head, target)];
  }

  int size() {
    return records.size();
  }

  /** Records of the table that are not among the predictions. */
  int unmet() {
    return records.size() - met.cardinality();
  }

  List<String> unmetExamples() {
    List<String> examples = new ArrayList<>();
    records.walk(
        (record, id) -> {
          if (!met.get(record)) {
            examples.add(id.replace("\t", " / "));
          }
          return examples.size() < EXAMPLES;
        });
    return examples;
  }

  /** Values of a head's column that are no label of it, with the number of lines, or of sets. */
  Map<String, Long> foreign(HeadSpec head) {
    return columns.get(column(head, 0)).foreign;
  }

  /** Whether a head's column holds labels, but none of the head. */
  boolean isAllForeign(HeadSpec head) {
    Column column = columns.get(column(head, 0));
    return column.own == 0 && !column.foreign.isEmpty();
  }

  /** A label that the truth calls by its plain name: that name and the label; empty if none. */
  List<String> misnamed(HeadSpec head) {
    Column column = columns.get(column(head, 0));
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

  @Override
  public void close() {
    records.close();
  }
}
