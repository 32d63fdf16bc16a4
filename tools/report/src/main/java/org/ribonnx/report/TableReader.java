package org.ribonnx.report;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.ribonnx.core.io.IoErrors;
import org.ribonnx.core.io.RibonnxException;

/**
 * A tab-separated table, line by line, plain or gzipped (seen by its content). Fields are ranges of
 * a reused buffer, so that a pass over a million rows makes no garbage. A byte order mark and CR
 * before LF are taken off, since tables of truth come from spreadsheets.
 */
final class TableReader implements AutoCloseable {
  private static final int START = 1 << 18;
  private static final int LONGEST = 1 << 26;

  private static final double[] POWERS = new double[23];

  static {
    POWERS[0] = 1;
    for (int i = 1; i < POWERS.length; i++) {
      POWERS[i] = POWERS[i - 1] * 10;
    }
  }

  private final Path file;
  private final InputStream stream;
  private byte[] buffer = new byte[START];
  private int next;
  private int filled;
  private boolean ended;
  private long line;
  private int columns;
  private int[] ends = new int[16];
  private int first;

  /**
   * @throws RibonnxException usage, if there is no such file
   */
  TableReader(Path file) {
    this.file = file;
    if (!Files.exists(file)) {
      throw RibonnxException.usage(file + ": no such file");
    }
    if (Files.isDirectory(file)) {
      throw RibonnxException.usage(file + ": is a folder; a table (.tsv) is expected");
    }
    try {
      stream = opened(file);
    } catch (IOException e) {
      throw failure(e);
    }
  }

  private static InputStream opened(Path file) throws IOException {
    InputStream raw = new BufferedInputStream(Files.newInputStream(file), START);
    try {
      raw.mark(2);
      boolean gzip = raw.read() == 0x1f && raw.read() == 0x8b;
      raw.reset();
      return gzip ? new GZIPInputStream(raw, 1 << 16) : raw;
    } catch (IOException e) {
      raw.close();
      throw e;
    }
  }

  private RibonnxException failure(IOException e) {
    if (e instanceof EOFException || e instanceof ZipException) {
      return RibonnxException.input(
          file + ": the gzip file is damaged or cut off; copy or make it again", e);
    }
    return IoErrors.reading(file.toString(), e);
  }

  /** Goes to the next line; false at the end. An empty line at the end is none. */
  boolean next() {
    int at = next;
    while (true) {
      for (; at < filled; at++) {
        if (buffer[at] == '\n') {
          split(next, at);
          next = at + 1;
          return true;
        }
      }
      if (ended) {
        if (next == filled) {
          return false;
        }
        split(next, filled);
        next = filled;
        return true;
      }
      at -= next;
      fill();
      at += next;
    }
  }

  private void fill() {
    if (next > 0) {
      System.arraycopy(buffer, next, buffer, 0, filled - next);
      filled -= next;
      next = 0;
    }
    if (filled == buffer.length) {
      if (filled >= LONGEST) {
        line++;
        throw error("is longer than " + LONGEST + " bytes", "is this a table of text?");
      }
      buffer = Arrays.copyOf(buffer, 2 * buffer.length);
    }
    try {
      int count = stream.read(buffer, filled, buffer.length - filled);
      if (count < 0) {
        ended = true;
      } else {
        filled += count;
      }
    } catch (IOException e) {
      throw failure(e);
    }
  }

  private void split(int from, int to) {
    line++;
    first = from;
    if (line == 1
        && to - from >= 3
        && buffer[from] == (byte) 0xEF
        && buffer[from + 1] == (byte) 0xBB
        && buffer[from + 2] == (byte) 0xBF) {
      first += 3;
    }
    int end = to > first && buffer[to - 1] == '\r' ? to - 1 : to;
    columns = 0;
    for (int at = first; at <= end; at++) {
      if (at == end || buffer[at] == '\t') {
        if (columns == ends.length) {
          ends = Arrays.copyOf(ends, 2 * columns);
        }
        ends[columns++] = at;
      }
    }
  }

  Path file() {
    return file;
  }

  /** Number of the current line, from 1. */
  long line() {
    return line;
  }

  /** Number of fields in the current line. */
  int columns() {
    return columns;
  }

  /** The bytes that {@link #start} and {@link #end} are positions in, until the next line. */
  byte[] bytes() {
    return buffer;
  }

  int start(int column) {
    return column == 0 ? first : ends[column - 1] + 1;
  }

  int end(int column) {
    return ends[column];
  }

  boolean isEmpty(int column) {
    return start(column) == end(column);
  }

  /** Whether a field is this text of ASCII. */
  boolean is(int column, String ascii) {
    int start = start(column);
    if (end(column) - start != ascii.length()) {
      return false;
    }
    for (int i = 0; i < ascii.length(); i++) {
      if (buffer[start + i] != ascii.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  boolean isNa(int column) {
    return is(column, "NA");
  }

  String text(int column) {
    return new String(buffer, start(column), end(column) - start(column), StandardCharsets.UTF_8);
  }

  /**
   * A number; NaN for {@code NA}.
   *
   * @param what the column is called, for the message
   * @throws RibonnxException input, if it is none
   */
  double number(int column, String what) {
    if (isNa(column)) {
      return Double.NaN;
    }
    int at = start(column);
    int end = end(column);
    boolean negative = at < end && buffer[at] == '-';
    if (negative) {
      at++;
    }
    long digits = 0;
    int count = 0;
    int shift = 0;
    boolean point = false;
    for (; at < end; at++) {
      int digit = buffer[at] - '0';
      if (digit >= 0 && digit <= 9) {
        digits = 10 * digits + digit;
        count++;
        shift -= point ? 1 : 0;
      } else if (buffer[at] == '.' && !point) {
        point = true;
      } else {
        break;
      }
    }
    if (count > 0 && at + 2 < end && buffer[at] == 'e') {
      int sign = buffer[at + 1] == '-' ? -1 : buffer[at + 1] == '+' ? 1 : 0;
      int exponent = 0;
      for (at += 2; sign != 0 && at < end && exponent < 1000; at++) {
        int digit = buffer[at] - '0';
        if (digit < 0 || digit > 9) {
          break;
        }
        exponent = 10 * exponent + digit;
      }
      shift += sign * exponent;
    }
    // Up to 15 digits and 22 powers of ten are exact as doubles, so one product or quotient rounds
    // correctly; the rest is left to the library.
    if (at == end && count > 0 && count <= 15 && Math.abs(shift) < POWERS.length) {
      double value = shift < 0 ? digits / POWERS[-shift] : digits * POWERS[shift];
      return negative ? -value : value;
    }
    return parsed(column, what);
  }

  private double parsed(int column, String what) {
    String text = text(column);
    switch (text) {
      case "inf" -> {
        return Double.POSITIVE_INFINITY;
      }
      case "-inf" -> {
        return Double.NEGATIVE_INFINITY;
      }
      default -> {
        // The library would also take "1d", "0x1p3" and "NaN".
        if (text.matches("[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]{1,4})?")) {
          return Double.parseDouble(text);
        }
        throw error(
            what + " is '" + Escape.plain(text, 60) + "'", "a number or NA is expected here");
      }
    }
  }

  /** A failure that names the file and the line. */
  RibonnxException error(String what, String remedy) {
    return RibonnxException.input(file + ": line " + line + ": " + what + "; " + remedy);
  }

  @Override
  public void close() {
    try {
      stream.close();
    } catch (IOException e) {
      throw IoErrors.reading(file.toString(), e);
    }
  }
}
