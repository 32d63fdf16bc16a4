package org.ribonnx.report;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.HeadSpec;
import org.ribonnx.core.io.RibonnxException;

/**
 * predictions.tsv, row by row, checked against the model: every head, label and number means what
 * the model says. An optional first column {@code sample} holds the sample of each record.
 */
final class PredictionTable implements AutoCloseable {
  private static final List<String> COLUMNS =
      List.of("id", "head", "prediction", "score", "status", "best", "name", "set", "reason");

  /** How a record is called on the page. */
  interface RecordName {
    String of(TableReader row);
  }

  /**
   * What a value of the column {@code head} stands for.
   *
   * @param head number of the head
   * @param target number of the target of a regression, else 0
   * @param labels numbers of the labels
   */
  private record Slot(int head, int target, ByteIndex labels) {}

  private final TableReader table;
  private final String modelName;
  private final List<HeadSpec> heads;
  private final boolean sampled;
  private final int shift;
  private final ByteIndex slotNames = new ByteIndex();
  private final List<Slot> slots = new ArrayList<>();
  private final long[] rows;

  private int slot;
  private Outcome outcome = Outcome.OK;
  private double score;
  private double value;
  private int best;
  private int[] predicted = new int[16];
  private int predictedCount;
  private int[] set = new int[16];
  private int setSize = -1;

  PredictionTable(Path file, Bundle bundle) {
    table = new TableReader(file);
    modelName = bundle.name();
    heads = List.copyOf(bundle.heads().values());
    for (int head = 0; head < heads.size(); head++) {
      HeadSpec spec = heads.get(head);
      ByteIndex labels = new ByteIndex();
      spec.labelNames().forEach(labels::add);
      if (spec.kind() == HeadSpec.Kind.REGRESSION) {
        for (int target = 0; target < spec.labels().size(); target++) {
          slotNames.add(columnOf(spec, target));
          slots.add(new Slot(head, target, labels));
        }
      } else {
        slotNames.add(spec.name());
        slots.add(new Slot(head, 0, labels));
      }
    }
    rows = new long[slots.size()];
    try {
      sampled = readHeader();
    } catch (RuntimeException e) {
      table.close();
      throw e;
    }
    shift = sampled ? 1 : 0;
  }

  /**
   * How a number of a head is called: {@code head.label}, or {@code head} if it is the only one.
   */
  static String columnOf(HeadSpec head, int label) {
    String name = head.labels().get(label).label();
    boolean single = head.labels().size() == 1 && name.equals(head.name());
    return single ? head.name() : head.name() + "." + name;
  }

  private boolean readHeader() {
    if (!table.next()) {
      throw RibonnxException.input(
          table.file()
              + ": is empty, it even lacks the header of a table of predictions; was the step that"
              + " wrote it interrupted? Run it again");
    }
    List<String> found = new ArrayList<>();
    for (int column = 0; column < table.columns(); column++) {
      found.add(table.text(column));
    }
    boolean withSample = !found.isEmpty() && found.get(0).equals("sample");
    if (!(withSample ? found.subList(1, found.size()) : found).equals(COLUMNS)) {
      throw table.error(
          "is not the header of a table of predictions ("
              + String.join(" ", COLUMNS)
              + ", or sample and these)",
          "give the predictions.tsv that ribonnx-classify or ribonnx predict wrote");
    }
    return withSample;
  }

  /** Goes to the next row; false at the end. */
  boolean next() {
    if (!table.next()) {
      return false;
    }
    if (table.columns() != COLUMNS.size() + shift) {
      throw table.error(
          "has " + table.columns() + " columns, the header has " + (COLUMNS.size() + shift),
          "was the file cut off or edited? Write it again");
    }
    if (table.isEmpty(shift)) {
      throw table.error("has no id", "was the file edited? Write it again");
    }
    slot = slotNames.find(table.bytes(), table.start(1 + shift), table.end(1 + shift));
    if (slot < 0) {
      throw table.error(
          about()
              + "the head '"
              + plain(1)
              + "' is none of "
              + modelName
              + " ("
              + headNames()
              + ")",
          otherModel());
    }
    rows[slot]++;
    @Nullable Outcome found = Outcome.of(table, 4 + shift);
    if (found == null) {
      throw table.error(
          about() + "the status is '" + plain(4) + "'", "ok, unassigned or unusable is expected");
    }
    outcome = found;
    score = table.number(3 + shift, "the score");
    read(heads.get(slots.get(slot).head()));
    return true;
  }

  private void read(HeadSpec head) {
    best = -1;
    predictedCount = 0;
    setSize = -1;
    value = Double.NaN;
    boolean given = !table.isNa(2 + shift);
    if (given != (outcome == Outcome.OK)) {
      throw table.error(
          about() + "the prediction is '" + plain(2) + "' and the status " + outcome.label(),
          "only a record of status ok has a prediction");
    }
    if (head.kind() == HeadSpec.Kind.REGRESSION) {
      value = given ? table.number(2 + shift, "the prediction") : Double.NaN;
      return;
    }
    if (outcome == Outcome.UNUSABLE) {
      return;
    }
    if (Double.isNaN(score)) {
      throw table.error(about() + "the score is missing", "was the file edited? Write it again");
    }
    best = label(head, table.start(5 + shift), table.end(5 + shift));
    if (head.kind() == HeadSpec.Kind.SINGLE_LABEL && !table.isNa(7 + shift)) {
      if (head.sets() == null) {
        throw table.error(
            about() + "has a prediction set, which the head '" + head.name() + "' makes none of",
            otherModel());
      }
      setSize = 0;
      labels(
          head,
          7 + shift,
          label -> {
            set = put(set, setSize++, label);
          });
    }
    if (!given) {
      return;
    }
    if (head.kind() == HeadSpec.Kind.SINGLE_LABEL) {
      add(label(head, table.start(2 + shift), table.end(2 + shift)));
    } else {
      labels(head, 2 + shift, this::add);
    }
  }

  /** Numbers of the labels that a cell holds, joined by semicolons. */
  private void labels(HeadSpec head, int column, IntConsumer each) {
    if (table.text(column).equals("none")) {
      return;
    }
    int from = table.start(column);
    int end = table.end(column);
    for (int at = from; at <= end; at++) {
      if (at == end || table.bytes()[at] == ';') {
        each.accept(label(head, from, at));
        from = at + 1;
      }
    }
  }

  private void add(int label) {
    predicted = put(predicted, predictedCount++, label);
  }

  /** Puts a number at a place of an array, which grows if it is full. */
  private static int[] put(int[] array, int at, int number) {
    int[] larger = at < array.length ? array : java.util.Arrays.copyOf(array, 2 * at);
    larger[at] = number;
    return larger;
  }

  private int label(HeadSpec head, int from, int to) {
    int label = slots.get(slot).labels().find(table.bytes(), from, to);
    if (label < 0) {
      String text = new String(table.bytes(), from, to - from, StandardCharsets.UTF_8);
      throw table.error(
          about()
              + "'"
              + Escape.plain(text, 60)
              + "' is no label of the head '"
              + head.name()
              + "' of "
              + modelName,
          otherModel());
    }
    return label;
  }

  private static String otherModel() {
    return "were the predictions made with another model? Give --model the one that made them";
  }

  private String headNames() {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < slotNames.size(); i++) {
      names.add(slotNames.text(i));
    }
    return String.join(", ", names);
  }

  private String plain(int column) {
    return Escape.plain(table.text(column + shift), 60);
  }

  private String about() {
    return "record '" + plain(0) + "': ";
  }

  /**
   * Checks, after the last row, that every head has a row for each record.
   *
   * @throws RibonnxException input, if rows are missing
   */
  void checkComplete() {
    for (int i = 1; i < rows.length; i++) {
      if (rows[i] != rows[0]) {
        throw RibonnxException.input(
            table.file()
                + ": holds "
                + rows[0]
                + " rows of the head '"
                + slotNames.text(0)
                + "' and "
                + rows[i]
                + " of '"
                + slotNames.text(i)
                + "'; every record has one of each. Was the file cut off? Write it again");
      }
    }
  }

  boolean sampled() {
    return sampled;
  }

  TableReader row() {
    return table;
  }

  /** Column of the record's id. */
  int idColumn() {
    return shift;
  }

  int reasonColumn() {
    return 8 + shift;
  }

  /** Number of the head of this row. */
  int head() {
    return slots.get(slot).head();
  }

  /** Number of the target of this row, for a regression. */
  int target() {
    return slots.get(slot).target();
  }

  /** Whether the row is the first that its record has. */
  boolean beginsRecord() {
    return slot == 0;
  }

  Outcome outcome() {
    return outcome;
  }

  /** Probability of the best label; NaN where there is none. */
  double score() {
    return score;
  }

  /** The number that a regression predicts. */
  double value() {
    return value;
  }

  /** Number of the best label; -1 where there is none. */
  int best() {
    return best;
  }

  /** Numbers of the predicted labels; only the first {@link #predictedCount} count. */
  int[] predicted() {
    return predicted;
  }

  int predictedCount() {
    return predictedCount;
  }

  /** Labels in the prediction set; -1 where the record has none. */
  int setSize() {
    return setSize;
  }

  /** Whether a label is in the prediction set. */
  boolean setHolds(int label) {
    for (int i = 0; i < setSize; i++) {
      if (set[i] == label) {
        return true;
      }
    }
    return false;
  }

  /** The record's name for people: its id, behind its sample where there are several. */
  String name(TableReader row) {
    return sampled ? row.text(0) + " / " + row.text(1) : row.text(0);
  }

  @Override
  public void close() {
    table.close();
  }
}
