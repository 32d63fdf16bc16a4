package org.ribonnx.encode.records;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.ribonnx.core.io.RibonnxException;

/**
 * The cells of one line, as places in its bytes. A line without quotes is cut at its delimiters;
 * one with a quoted cell is read by commons-csv.
 */
public final class Cells {
  private byte[] bytes = new byte[0];
  private int[] starts = new int[64];
  private int[] ends = new int[64];
  private int size;

  /**
   * Cuts a line. Blanks around a cell are no part of it.
   *
   * @param where file and line, for messages
   */
  public void cut(byte[] line, int from, int to, byte delimiter, String where) {
    bytes = line;
    size = 0;
    int start = from;
    for (int at = from; ; at++) {
      if (at == to || line[at] == delimiter) {
        add(start, at);
        start = at + 1;
        if (at == to) {
          return;
        }
      } else if (line[at] == '"' && at == start) {
        quoted(new String(line, from, to - from, StandardCharsets.UTF_8), delimiter, where);
        return;
      }
    }
  }

  private void add(int from, int to) {
    int start = from;
    int end = to;
    while (start < end && (bytes[start] == ' ' || bytes[start] == '\t')) {
      start++;
    }
    while (end > start && (bytes[end - 1] == ' ' || bytes[end - 1] == '\t')) {
      end--;
    }
    if (size == starts.length) {
      starts = Arrays.copyOf(starts, 2 * size);
      ends = Arrays.copyOf(ends, 2 * size);
    }
    starts[size] = start;
    ends[size++] = end;
  }

  private void quoted(String line, byte delimiter, String where) {
    CSVFormat format =
        CSVFormat.DEFAULT.builder().setDelimiter((char) delimiter).setTrim(true).get();
    try (CSVParser parser = CSVParser.parse(line, format)) {
      List<CSVRecord> records = parser.getRecords();
      CSVRecord record = records.get(0);
      byte[][] texts = new byte[record.size()][];
      int length = 0;
      for (int i = 0; i < texts.length; i++) {
        texts[i] = record.get(i).getBytes(StandardCharsets.UTF_8);
        length += texts[i].length;
      }
      bytes = new byte[length];
      size = 0;
      int at = 0;
      for (byte[] text : texts) {
        System.arraycopy(text, 0, bytes, at, text.length);
        add(at, at + text.length);
        at += text.length;
      }
    } catch (IOException | RuntimeException e) {
      throw RibonnxException.input(
          where + ": a quoted cell has no closing quote, or text behind it", e);
    }
  }

  /** Number of cells. */
  public int size() {
    return size;
  }

  public byte[] bytes() {
    return bytes;
  }

  public int start(int cell) {
    return starts[cell];
  }

  public int end(int cell) {
    return ends[cell];
  }

  public int length(int cell) {
    return ends[cell] - starts[cell];
  }

  public String text(int cell) {
    return new String(bytes, starts[cell], length(cell), StandardCharsets.UTF_8);
  }

  /** The same with bytes of its own, where the line's are used again. */
  public Cells copy() {
    Cells copy = new Cells();
    int first = size == 0 ? 0 : starts[0];
    copy.bytes = Arrays.copyOfRange(bytes, first, size == 0 ? 0 : ends[size - 1]);
    copy.starts = Arrays.copyOf(starts, size);
    copy.ends = Arrays.copyOf(ends, size);
    for (int i = 0; i < size; i++) {
      copy.starts[i] -= first;
      copy.ends[i] -= first;
    }
    copy.size = size;
    return copy;
  }
}
