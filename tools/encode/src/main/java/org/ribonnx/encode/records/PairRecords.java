package org.ribonnx.encode.records;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.io.RibonnxException;

/**
 * Reads a table with the columns {@code id}, {@code ref} and {@code alt}, in any place among
 * others: a pair of sequences per line, which become two records, the reference first.
 */
public final class PairRecords implements SequenceReader {
  /** What the ids of references end with. */
  public static final String REF = ":ref";

  /** What the ids of alternatives end with. */
  public static final String ALT = ":alt";

  private static final List<String> COLUMNS = List.of("id", "ref", "alt");
  private static final String EXPECTED = "a table with the columns id, ref and alt is expected";

  private final TableInput table;
  private final int file;
  private final int[] columns = new int[COLUMNS.size()];
  private final Cells cells = new Cells();
  private boolean alternativeIsNext;
  private long same;
  private @Nullable String firstSame;

  private PairRecords(TableInput table, int file) {
    this.table = table;
    this.file = file;
  }

  /**
   * Opens a table of pairs by its content: gzip or not, cells between tabs, commas or semicolons.
   *
   * @param source a path, or {@code -}
   * @param file its number among the inputs
   * @throws RibonnxException input, if it is no such table
   */
  public static PairRecords open(
      String source, int file, SequenceInput.Format format, InputStream standardInput) {
    PairRecords pairs =
        new PairRecords(TableInput.open(source, format, EXPECTED, standardInput), file);
    try {
      pairs.findColumns();
    } catch (RibonnxException e) {
      pairs.close();
      throw e;
    }
    return pairs;
  }

  private void findColumns() {
    Cells header = table.header();
    Arrays.fill(columns, -1);
    for (int i = 0; i < table.width(); i++) {
      int cell = table.headerCell(i);
      int column =
          cell < 0 ? -1 : COLUMNS.indexOf(header.text(cell).strip().toLowerCase(Locale.ROOT));
      if (column >= 0 && columns[column] >= 0) {
        throw RibonnxException.input(
            TableInput.place(table.called(), table.headerLine())
                + ": the header has the column '"
                + COLUMNS.get(column)
                + "' twice");
      }
      if (column >= 0) {
        columns[column] = i;
      }
    }
    List<String> missing =
        COLUMNS.stream().filter(name -> columns[COLUMNS.indexOf(name)] < 0).toList();
    if (!missing.isEmpty()) {
      throw RibonnxException.input(
          TableInput.place(table.called(), table.headerLine())
              + ": the header lacks "
              + String.join(" and ", missing.stream().map(name -> "'" + name + "'").toList())
              + "; "
              + EXPECTED);
    }
  }

  @Override
  public boolean next(SequenceBatch batch) {
    LineReader lines = table.lines();
    if (!alternativeIsNext) {
      if (!table.next()) {
        return false;
      }
      cells.cut(
          lines.bytes(),
          lines.from(),
          lines.to(),
          table.delimiter(),
          TableInput.place(table.called(), lines.line()));
      if (cells.size() != table.width()) {
        throw table.ragged(lines.line(), cells.size());
      }
      if (isSame()) {
        if (same++ == 0) {
          firstSame =
              TableInput.place(table.called(), lines.line())
                  + ": id '"
                  + cells.text(columns[0])
                  + "'";
        }
      }
    }
    byte[] id = cells.text(columns[0]).getBytes(StandardCharsets.UTF_8);
    if (id.length > 0) {
      id =
          (cells.text(columns[0]) + (alternativeIsNext ? ALT : REF))
              .getBytes(StandardCharsets.UTF_8);
    }
    int letters = columns[alternativeIsNext ? 2 : 1];
    batch.begin(id, 0, id.length, file, lines.line(), lines.line());
    batch.line(cells.bytes(), cells.start(letters), cells.length(letters));
    alternativeIsNext = !alternativeIsNext;
    return true;
  }

  /** Whether both sequences of the line are the same letters; T is U. */
  private boolean isSame() {
    int length = cells.length(columns[1]);
    if (length != cells.length(columns[2])) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if (folded(cells.start(columns[1]) + i) != folded(cells.start(columns[2]) + i)) {
        return false;
      }
    }
    return true;
  }

  private int folded(int at) {
    int letter = cells.bytes()[at] & ~0x20;
    return letter == 'T' ? 'U' : letter;
  }

  /** Pairs so far whose sequences are the same. */
  public long same() {
    return same;
  }

  /** The first of them: file, line, id; null if there is none. */
  public @Nullable String firstSame() {
    return firstSame;
  }

  /** The id of a pair, from that of one of its records. */
  public static String pair(String id) {
    return id.endsWith(REF) || id.endsWith(ALT) ? id.substring(0, id.length() - REF.length()) : id;
  }

  @Override
  public void close() {
    table.close();
  }
}
