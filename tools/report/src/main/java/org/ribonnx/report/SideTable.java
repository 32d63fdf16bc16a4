package org.ribonnx.report;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.HeadSpec;
import org.ribonnx.core.io.RibonnxException;

/**
 * A table with a row per head, label and something more, as {@code ribonnx explain} and {@code
 * ribonnx variants} write them, checked against the model row by row.
 */
final class SideTable implements AutoCloseable {
  private final TableReader table;
  private final Bundle bundle;
  private final List<HeadSpec> heads;
  private final ByteIndex headNames = new ByteIndex();
  private final List<ByteIndex> labelNames = new ArrayList<>();
  private final List<String> columns;
  private final int headColumn;
  private boolean mayLackLabels;
  private int head;
  private int label;

  /**
   * Opens it and reads its header.
   *
   * @param what the table is, for the message
   * @param headers that it may have, the usual one first
   * @param remedy which file to give
   * @throws RibonnxException input, naming line and column, for another header
   */
  SideTable(Path file, Bundle bundle, String what, List<List<String>> headers, String remedy) {
    this.bundle = bundle;
    heads = List.copyOf(bundle.heads().values());
    for (HeadSpec spec : heads) {
      headNames.add(spec.name());
      ByteIndex names = new ByteIndex();
      spec.labels().forEach(one -> names.add(one.label()));
      labelNames.add(names);
    }
    table = new TableReader(file);
    try {
      columns = header(what, headers, remedy);
    } catch (RuntimeException e) {
      table.close();
      throw e;
    }
    headColumn = columns.indexOf("head");
  }

  private List<String> header(String what, List<List<String>> headers, String remedy) {
    if (!table.next()) {
      throw RibonnxException.input(
          table.file()
              + ": is empty; "
              + what
              + " begins with "
              + String.join(", ", headers.get(0)));
    }
    List<String> best = headers.get(0);
    for (List<String> names : headers) {
      boolean whole = firstOther(names) == table.columns() && names.size() == table.columns();
      best = whole || firstOther(names) > firstOther(best) ? names : best;
    }
    int column = firstOther(best);
    if (column < Math.max(best.size(), table.columns())) {
      throw table.error(
          "column "
              + (column + 1)
              + " is '"
              + (column < table.columns() ? Escape.plain(table.text(column), 60) : "missing")
              + "', and '"
              + (column < best.size() ? best.get(column) : "missing")
              + "' is expected there",
          remedy);
    }
    return best;
  }

  /** The first column that is called otherwise; the number of columns if there is none. */
  private int firstOther(List<String> names) {
    int column = 0;
    while (column < names.size()
        && column < table.columns()
        && table.text(column).equals(names.get(column))) {
      column++;
    }
    return column;
  }

  /** Names of the columns. */
  List<String> columns() {
    return columns;
  }

  /**
   * Goes to the next row; false at the end.
   *
   * @throws RibonnxException input, if head or label are not the model's
   */
  boolean next() {
    if (!table.next()) {
      return false;
    }
    if (table.columns() != columns.size()) {
      throw table.error(
          "has " + table.columns() + " columns, the header has " + columns.size(),
          "was the file cut off or edited? Write it again");
    }
    head = headNames.find(table.bytes(), table.start(headColumn), table.end(headColumn));
    if (head < 0) {
      throw wrong(
          headColumn,
          "is '"
              + shown(headColumn)
              + "', which is none of the heads of "
              + bundle.name()
              + " ("
              + String.join(", ", bundle.heads().keySet())
              + ")",
          "give --model the one that was explained");
    }
    int column = headColumn + 1;
    label = labelNames.get(head).find(table.bytes(), table.start(column), table.end(column));
    if (label < 0 && !(mayLackLabels && table.isNa(column))) {
      throw wrong(
          column,
          "is '"
              + shown(column)
              + "', which is no label of the head '"
              + heads.get(head).name()
              + "' of "
              + bundle.name(),
          "give --model the one that was explained");
    }
    return true;
  }

  /** Number of the head of this row. */
  int head() {
    return head;
  }

  /** Lets rows have NA for a label: what they are about can't be used. */
  void mayLackLabels() {
    mayLackLabels = true;
  }

  /** Number of the label of this row; below 0 where it may have none and has none. */
  int label() {
    return label;
  }

  TableReader row() {
    return table;
  }

  /** Text of a field for a message. */
  String shown(int column) {
    return Escape.plain(table.text(column), 60);
  }

  /**
   * A number that is one.
   *
   * @throws RibonnxException input, for NA and infinity too
   */
  double number(int column) {
    double value = table.number(column, place(column, columns));
    if (!Double.isFinite(value)) {
      throw wrong(column, "is '" + table.text(column) + "'", "a number is expected here");
    }
    return value;
  }

  /**
   * A whole number from 1 on.
   *
   * @throws RibonnxException input, if it is none or more than {@code most}
   */
  long count(int column, double most) {
    double value = number(column);
    if (value < 1 || value != Math.rint(value) || value > most) {
      throw wrong(
          column, "is '" + shown(column) + "'", "a whole number from 1 on is expected here");
    }
    return (long) value;
  }

  RibonnxException wrong(int column, String what, String remedy) {
    return table.error(place(column, columns) + " " + what, remedy);
  }

  /** How a message calls a column. */
  static String place(int column, List<String> names) {
    return "column " + (column + 1) + " (" + names.get(column) + ")";
  }

  @Override
  public void close() {
    table.close();
  }
}
