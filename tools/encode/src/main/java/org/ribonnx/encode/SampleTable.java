package org.ribonnx.encode;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.encode.records.NamedColumn;

/** The samples of one file, whichever way its table lies. */
abstract class SampleTable implements AutoCloseable {
  private final String called;
  private final List<NamedColumn> named;
  private final List<TableEncoder.Columns> columns = new ArrayList<>();
  private final long ignored;
  long count;

  SampleTable(String called, List<TableEncoder> encoders, List<NamedColumn> named, long ignored) {
    this.called = called;
    this.named = List.copyOf(named);
    this.ignored = ignored;
    encoders.forEach(encoder -> columns.add(encoder.columns(this.named, called)));
  }

  /** Whether a name stands for a feature of any view. */
  static boolean names(List<TableEncoder> encoders, String name) {
    for (TableEncoder encoder : encoders) {
      if (encoder.feature(name) >= 0) {
        return true;
      }
    }
    return false;
  }

  /** Adds a name to the others; the same one twice is refused. */
  static void add(
      List<NamedColumn> named, Map<String, NamedColumn> seen, NamedColumn column, String called) {
    @Nullable NamedColumn before = seen.put(column.name(), column);
    if (before != null) {
      throw RibonnxException.input(
          called
              + ", "
              + column.place()
              + ": has the name '"
              + column.name()
              + "', as has "
              + before.place());
    }
    named.add(column);
  }

  String called() {
    return called;
  }

  /** How many values a sample has: those that stand for a feature. */
  int values() {
    return named.size();
  }

  NamedColumn named(int value) {
    return named.get(value);
  }

  /** Names in the table that stand for no feature. */
  long ignored() {
    return ignored;
  }

  TableEncoder.Columns columns(int view) {
    return columns.get(view);
  }

  /** Adds samples to a batch; false if there were none left. Called from one thread. */
  abstract boolean fill(TableBatch batch);

  /** Makes ready for {@link #values(TableBatch, int)}; called from several threads. */
  void load(TableBatch batch) {}

  /**
   * Puts a sample's numbers into {@code batch.values}.
   *
   * @return what is wrong with one of them, with its place; null: nothing
   */
  abstract @Nullable String values(TableBatch batch, int row);

  /** Place of a sample's value in words. */
  abstract String place(TableBatch batch, int row, int value);

  /** Place of a sample in words. */
  abstract String place(TableBatch batch, int row);

  @Override
  public abstract void close();
}
