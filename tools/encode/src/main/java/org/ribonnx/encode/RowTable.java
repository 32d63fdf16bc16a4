package org.ribonnx.encode;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.encode.records.Cells;
import org.ribonnx.encode.records.LineReader;
import org.ribonnx.encode.records.NamedColumn;
import org.ribonnx.encode.records.Numbers;
import org.ribonnx.encode.records.TableInput;

/** A table with a line per sample: read line by line, in memory that does not grow. */
final class RowTable extends SampleTable {
  private final TableInput input;
  private final List<TableEncoder> encoders;
  private final boolean certain;
  private final int[] wanted;
  private final Cells cells = new Cells();

  private RowTable(
      TableInput input,
      List<TableEncoder> encoders,
      boolean certain,
      List<NamedColumn> named,
      long ignored) {
    super(input.called(), encoders, named, ignored);
    this.input = input;
    this.encoders = encoders;
    this.certain = certain;
    this.wanted = named.stream().mapToInt(column -> (int) column.at() - 1).toArray();
  }

  /**
   * The table, if its header names features.
   *
   * @param certain whether a user said that it does; else a sample with the name of a feature is
   *     refused
   * @return null, if no column stands for a feature
   */
  static @Nullable RowTable of(TableInput input, List<TableEncoder> encoders, boolean certain) {
    List<NamedColumn> named = new ArrayList<>();
    Map<String, NamedColumn> seen = new HashMap<>();
    for (int column = 1; column < input.width(); column++) {
      String name = input.header().text(input.headerCell(column));
      if (names(encoders, name)) {
        String place = "line " + input.headerLine() + ", column " + (column + 1);
        add(named, seen, new NamedColumn(name, column + 1, place), input.called());
      }
    }
    return named.isEmpty()
        ? null
        : new RowTable(input, encoders, certain, named, input.width() - 1L - named.size());
  }

  @Override
  boolean fill(TableBatch batch) {
    while (!batch.isFull() && input.next()) {
      add(batch, input.lines(), input.delimiter());
    }
    return batch.block().size() > 0;
  }

  /** Adds a line; a method of its own, so that it is compiled after few lines. */
  private void add(TableBatch batch, LineReader lines, byte delimiter) {
    byte[] bytes = lines.bytes();
    int start = lines.from();
    int end = lines.to();
    int at = start;
    if (at < end && bytes[at] == '"') {
      at = end;
    }
    while (at < end && bytes[at] != delimiter) {
      at++;
    }
    cells.cut(bytes, start, at, delimiter, where(lines.line()));
    if (!certain && names(encoders, cells.text(0))) {
      throw RibonnxException.input(
          where(lines.line())
              + ": the line has the name of a feature, '"
              + cells.text(0)
              + "', and so has the column '"
              + named(0).name()
              + "'; say --features-in columns or --features-in rows");
    }
    int row = batch.add(cells.bytes(), cells.start(0), cells.length(0), lines.line());
    batch.text(row, bytes, start, end, delimiter);
    count++;
  }

  private String where(long line) {
    return called() + ", line " + line;
  }

  @Override
  @Nullable String values(TableBatch batch, int row) {
    // What is read again and again is local: the compiler that starts fast does not do that itself.
    byte[] text = batch.text();
    int[] cells = wanted;
    int count = cells.length;
    double[] values = batch.values;
    byte delimiter = input.delimiter();
    int end = batch.end(row);
    int at = batch.start(row);
    int next = 0;
    int column = 0;
    int bad = -1;
    String badCell = "";
    boolean whole = true;
    // A delimiter stands behind the text, so every cell ends with one.
    while (at <= end) {
      int start = at;
      if (next < count && column == cells[next]) {
        int number = 0;
        // Negative once a letter was no digit.
        int digits = 0;
        int letter = text[at];
        while (letter != delimiter) {
          number = number * 10 + (letter - '0');
          digits |= (letter - '0') | ('9' - letter);
          letter = text[++at];
        }
        if (digits >= 0 && at > start && at - start < 10) {
          values[next] = number;
        } else {
          if (text[start] == '"') {
            return quoted(batch, row);
          }
          double value = Numbers.parse(text, start, at);
          values[next] = value;
          whole = false;
          if (Double.isNaN(value) && bad < 0) {
            bad = next;
            badCell = new String(text, start, at - start, StandardCharsets.UTF_8);
          }
        }
        next++;
      } else {
        int letter = text[at];
        if (letter == '"') {
          return quoted(batch, row);
        }
        while (letter != delimiter) {
          letter = text[++at];
        }
      }
      column++;
      at++;
    }
    if (column != input.width()) {
      throw input.ragged(batch.line(row), column);
    }
    batch.whole = whole;
    return bad < 0 ? null : place(batch, row, bad) + ": " + Numbers.problem(badCell);
  }

  private @Nullable String quoted(TableBatch batch, int row) {
    Cells cut = batch.cells;
    batch.whole = false;
    cut.cut(
        batch.text(), batch.start(row), batch.end(row), input.delimiter(), where(batch.line(row)));
    if (cut.size() != input.width()) {
      throw input.ragged(batch.line(row), cut.size());
    }
    int bad = -1;
    for (int i = 0; i < wanted.length; i++) {
      batch.values[i] = Numbers.parse(cut.bytes(), cut.start(wanted[i]), cut.end(wanted[i]));
      if (Double.isNaN(batch.values[i]) && bad < 0) {
        bad = i;
      }
    }
    return bad < 0 ? null : place(batch, row, bad) + ": " + Numbers.problem(cut.text(wanted[bad]));
  }

  @Override
  String place(TableBatch batch, int row, int value) {
    NamedColumn column = named(value);
    return where(batch.line(row)) + ", column " + column.at() + " ('" + column.name() + "')";
  }

  @Override
  String place(TableBatch batch, int row) {
    return where(batch.line(row));
  }

  @Override
  public void close() {
    input.close();
  }
}
