package org.ribonnx.encode.records;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.ribonnx.core.io.RibonnxException;

/**
 * A table of numbers, opened by its content: gzip or not, cells between tabs, commas or semicolons,
 * quoted or not, LF or CRLF, with or without a byte order mark. Its first line holds names; lines
 * before it that begin with {@code #} and a blank are left out, and so are blank lines.
 */
public final class TableInput implements AutoCloseable {
  private static final String EXPECTED =
      "a table of numbers is expected: tab- or comma-separated text (from a spreadsheet, save it as CSV)";

  private final String called;
  private final LineReader lines;
  private final byte delimiter;
  private final Cells header;
  private final long headerLine;
  private final boolean shifted;

  private TableInput(
      String called,
      LineReader lines,
      byte delimiter,
      Cells header,
      long headerLine,
      boolean shifted) {
    this.called = called;
    this.lines = lines;
    this.delimiter = delimiter;
    this.header = header;
    this.headerLine = headerLine;
    this.shifted = shifted;
  }

  /**
   * Opens a table of numbers and reads its header.
   *
   * @param source a path, or {@code -}
   * @throws RibonnxException input, if it is no table or holds no line below the header
   */
  public static TableInput open(
      String source, SequenceInput.Format format, InputStream standardInput) {
    return open(source, format, EXPECTED, standardInput);
  }

  /**
   * As {@link #open(String, SequenceInput.Format, InputStream)}, of a table that holds something
   * else.
   *
   * @param expected what is expected, as the end of a message
   */
  static TableInput open(
      String source, SequenceInput.Format format, String expected, InputStream standardInput) {
    String called = TextInput.called(source);
    if (format == SequenceInput.Format.FASTA || format == SequenceInput.Format.FASTQ) {
      throw RibonnxException.usage(
          "--format is for sequences here; the model reads a table of numbers: tsv or csv");
    }
    try {
      TextInput text = TextInput.open(source, standardInput, expected);
      text.refuseUnreadable();
      byte[] start = text.start();
      if (start.length > 0 && (start[0] == '>' || start[0] == '@')) {
        throw RibonnxException.input(called + ": looks like sequences; " + expected);
      }
      return of(called, new LineReader(called, text.stream()), format, expected);
    } catch (IOException e) {
      throw TextInput.reading(called, e);
    }
  }

  private static TableInput of(
      String called, LineReader lines, SequenceInput.Format format, String expected)
      throws IOException {
    boolean any = lines.next();
    while (any && (lines.isBlank() || isComment(lines))) {
      any = lines.next();
    }
    if (!any) {
      throw RibonnxException.input(called + ": is empty; " + expected);
    }
    byte delimiter = delimiter(called, lines, format, expected);
    long headerLine = lines.line();
    Cells header = new Cells();
    header.cut(lines.bytes(), lines.from(), lines.to(), delimiter, place(called, headerLine));
    header = header.copy();
    any = lines.next();
    while (any && lines.isBlank()) {
      any = lines.next();
    }
    if (!any) {
      throw RibonnxException.input(called + ": holds a header and nothing below it; " + expected);
    }
    Cells below = new Cells();
    below.cut(lines.bytes(), lines.from(), lines.to(), delimiter, place(called, lines.line()));
    lines.again();
    // R writes no name above the names of rows.
    boolean shifted = below.size() == header.size() + 1;
    return new TableInput(called, lines, delimiter, header, headerLine, shifted);
  }

  private static boolean isComment(LineReader lines) {
    byte[] bytes = lines.bytes();
    int from = lines.from();
    return lines.to() > from + 1
        && bytes[from] == '#'
        && (bytes[from + 1] == ' ' || bytes[from + 1] == '#');
  }

  private static byte delimiter(
      String called, LineReader lines, SequenceInput.Format format, String expected) {
    int tabs = 0;
    int commas = 0;
    int semicolons = 0;
    boolean quoted = false;
    byte[] bytes = lines.bytes();
    for (int at = lines.from(); at < lines.to(); at++) {
      switch (bytes[at]) {
        case '"' -> quoted = !quoted;
        case '\t' -> tabs += quoted ? 0 : 1;
        case ',' -> commas += quoted ? 0 : 1;
        case ';' -> semicolons += quoted ? 0 : 1;
        default -> {}
      }
    }
    boolean separated = commas + semicolons > 0;
    if (format != SequenceInput.Format.CSV && tabs > 0) {
      return '\t';
    }
    if (format != SequenceInput.Format.TSV && separated) {
      return (byte) (commas >= semicolons ? ',' : ';');
    }
    int length = Math.min(80, lines.to() - lines.from());
    throw RibonnxException.input(
        place(called, lines.line())
            + ": '"
            + SequenceInput.shortened(
                new String(bytes, lines.from(), length, StandardCharsets.UTF_8))
            + "' is no header of several columns; "
            + expected);
  }

  /** A place in words. */
  static String place(String called, long line) {
    return called + ", line " + line;
  }

  /** How the file is called in messages. */
  public String called() {
    return called;
  }

  public byte delimiter() {
    return delimiter;
  }

  /** The names in the first line. */
  public Cells header() {
    return header;
  }

  public long headerLine() {
    return headerLine;
  }

  /** Number of cells that every line below the header has. */
  public int width() {
    return header.size() + (shifted ? 1 : 0);
  }

  /** The cell of the header above a column from 1 on; column 0 holds the names of lines. */
  public int headerCell(int column) {
    return shifted ? column - 1 : column;
  }

  /** The lines; the next one is the first below the header. */
  public LineReader lines() {
    return lines;
  }

  /** Goes to the next line that is not blank. */
  public boolean next() {
    try {
      boolean any = lines.next();
      while (any && lines.isBlank()) {
        any = lines.next();
      }
      return any;
    } catch (IOException e) {
      throw TextInput.reading(called, e);
    }
  }

  /** A line that has another number of cells than the header says. */
  public RibonnxException ragged(long line, int cells) {
    return RibonnxException.input(
        place(called, line)
            + ": has "
            + cells
            + (cells == 1 ? " cell" : " cells")
            + ", but the header (line "
            + headerLine
            + ") makes it "
            + width());
  }

  @Override
  public void close() {
    try {
      lines.close();
    } catch (IOException e) {
      throw TextInput.reading(called, e);
    }
  }
}
