package org.ribonnx.report;

import java.nio.file.Path;
import java.util.function.IntSupplier;
import org.ribonnx.core.io.RibonnxException;

/** A table row by row: the id (behind the sample), then numbers. */
abstract class RecordTable implements NamedRecords {
  final TableReader table;

  /** Columns before the numbers. */
  final int fixed;

  private int width;

  /**
   * Opens a table and reads its header, which {@link #header} takes next.
   *
   * @param holds what it is a table of, for messages
   * @param wanted what its header has
   * @throws RibonnxException input, if it is empty
   */
  RecordTable(Path file, String holds, String wanted) {
    table = new TableReader(file);
    try {
      if (!table.next()) {
        throw RibonnxException.input(
            file + ": is empty; a table of " + holds + " has a header" + wanted);
      }
      fixed = table.text(0).equals("sample") ? 2 : 1;
    } catch (RuntimeException e) {
      table.close();
      throw e;
    }
  }

  /**
   * Checks the header; closes the table if it fails.
   *
   * @param check throws what is wrong, or returns how many columns each row has
   */
  final void header(IntSupplier check) {
    try {
      width = check.getAsInt();
    } catch (RuntimeException e) {
      table.close();
      throw e;
    }
  }

  @Override
  public boolean next() {
    if (!table.next()) {
      return false;
    }
    if (table.columns() != width) {
      throw table.error(
          "has " + table.columns() + " columns, the header has " + width,
          "was the file cut off or edited? Write it again");
    }
    return true;
  }

  @Override
  public final byte[] bytes() {
    return table.bytes();
  }

  @Override
  public final int nameStart() {
    return table.start(0);
  }

  @Override
  public final int idStart() {
    return table.start(fixed - 1);
  }

  @Override
  public final int nameEnd() {
    return table.end(fixed - 1);
  }

  @Override
  public final String name() {
    return sampled() ? table.text(0) + " / " + table.text(1) : table.text(0);
  }

  @Override
  public final boolean sampled() {
    return fixed == 2;
  }

  @Override
  public final RibonnxException error(String what, String remedy) {
    return table.error(what, remedy);
  }

  @Override
  public final void close() {
    table.close();
  }
}
