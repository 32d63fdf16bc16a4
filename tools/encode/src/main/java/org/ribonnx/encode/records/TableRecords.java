package org.ribonnx.encode.records;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.Locale;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.ribonnx.core.io.RibonnxException;

/**
 * Reads a tab-separated table with the columns {@code id} and {@code sequence}, in any place among
 * others; without a header, the first column is the id and the second the sequence.
 */
final class TableRecords implements SequenceReader {
  private static final CSVFormat FORMAT =
      CSVFormat.TDF.builder().setQuote(null).setIgnoreEmptyLines(true).get();

  private final String called;
  private final CSVParser parser;
  private final Iterator<CSVRecord> rows;
  private final int file;
  private int idColumn = 0;
  private int sequenceColumn = 1;
  private boolean begun;
  private boolean any;

  TableRecords(String called, InputStream stream, int file) throws IOException {
    this.called = called;
    this.file = file;
    this.parser = CSVParser.parse(new InputStreamReader(stream, StandardCharsets.UTF_8), FORMAT);
    this.rows = parser.iterator();
  }

  @Override
  public boolean next(SequenceBatch batch) throws IOException {
    try {
      if (!rows.hasNext()) {
        if (!any) {
          throw RibonnxException.input(called + ": holds no sequence record");
        }
        return false;
      }
      CSVRecord row = rows.next();
      if (!begun) {
        begun = true;
        if (isHeader(row)) {
          return next(batch);
        }
      }
      any = true;
      long line = parser.getCurrentLineNumber();
      if (row.size() <= Math.max(idColumn, sequenceColumn)) {
        throw RibonnxException.input(
            called
                + ": line "
                + line
                + ": has "
                + row.size()
                + " columns; an id and a sequence are expected");
      }
      byte[] id = row.get(idColumn).strip().getBytes(StandardCharsets.UTF_8);
      byte[] letters = row.get(sequenceColumn).strip().getBytes(StandardCharsets.UTF_8);
      // The letters stand on the line of the id.
      batch.begin(id, 0, id.length, file, line, line);
      batch.line(letters, 0, letters.length);
      return true;
    } catch (UncheckedIOException e) {
      throw SequenceInput.reading(called, java.util.Objects.requireNonNull(e.getCause()));
    }
  }

  private boolean isHeader(CSVRecord row) {
    int id = -1;
    int sequence = -1;
    for (int i = 0; i < row.size(); i++) {
      String name = row.get(i).strip().toLowerCase(Locale.ROOT);
      if (name.equals("id") || name.equals("name")) {
        id = id < 0 ? i : id;
      } else if (name.equals("sequence") || name.equals("seq")) {
        sequence = i;
      }
    }
    if (id >= 0 && sequence >= 0) {
      idColumn = id;
      sequenceColumn = sequence;
      return true;
    }
    if (id >= 0 || sequence >= 0) {
      throw RibonnxException.input(
          called + ": line 1: the header lacks the column '" + (id < 0 ? "id" : "sequence") + "'");
    }
    return false;
  }

  @Override
  public void close() throws IOException {
    parser.close();
  }
}
