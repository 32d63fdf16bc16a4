package org.ribonnx.encode.records;

import java.util.Arrays;
import org.ribonnx.core.block.Block;

/**
 * Sequence records as they were read, with the place of each, and the block that takes what is made
 * of them. Holds the letters of all records in one array.
 */
public class SequenceBatch extends RecordBatch {
  /** A batch is full at this many letters, so that long records come a few at a time. */
  private static final int LETTERS = 1 << 20;

  private final Block block;
  private byte[] letters = new byte[1 << 16];
  private final int[] ends;
  private final long[] headerLines;
  private final long[] letterLines;
  private final int[] files;
  private int lineCount;
  private int[] lineStarts = new int[1024];
  private final int[] firstLines;

  private final byte[] idProblems;
  private int end;

  public SequenceBatch(int records) {
    block = new Block(records);
    ends = new int[block.capacity()];
    headerLines = new long[block.capacity()];
    letterLines = new long[block.capacity()];
    files = new int[block.capacity()];
    firstLines = new int[block.capacity()];
    idProblems = new byte[block.capacity()];
  }

  /** Empties the batch for records from number {@code first} on. */
  public void clear(long first) {
    block.clear(first);
    end = 0;
    lineCount = 0;
  }

  @Override
  public Block block() {
    return block;
  }

  public boolean isFull() {
    return block.size() == block.capacity() || end >= LETTERS;
  }

  /**
   * Begins a record; its letters follow by {@link #line}.
   *
   * @param file number of the input file
   * @param headerLine line of its header, from 1
   */
  public void begin(byte[] id, int from, int length, int file, long headerLine) {
    begin(id, from, length, file, headerLine, headerLine + 1);
  }

  /**
   * As {@link #begin(byte[], int, int, int, long)}, where the letters begin on another line than
   * the one after the header.
   *
   * @param firstLine line of the first letters, from 1
   */
  public void begin(byte[] id, int from, int length, int file, long headerLine, long firstLine) {
    int problem = IdRules.problem(id, from, length);
    int row = IdRules.add(block, id, from, length, problem);
    idProblems[row] = (byte) problem;
    headerLines[row] = headerLine;
    letterLines[row] = firstLine;
    files[row] = file;
    firstLines[row] = lineCount;
    ends[row] = end;
  }

  /** What is wrong with the record's id, or an empty text. */
  public String idProblem(int row) {
    return IdRules.words(idProblems[row]);
  }

  /** Appends a line of letters to the record begun last. */
  public void line(byte[] bytes, int from, int length) {
    startLine();
    append(bytes, from, length);
  }

  private void append(byte[] bytes, int from, int length) {
    if (end + length > letters.length) {
      letters = Arrays.copyOf(letters, Math.max(letters.length + letters.length / 2, end + length));
    }
    System.arraycopy(bytes, from, letters, end, length);
    end += length;
    ends[block.size() - 1] = end;
  }

  /** Appends more letters to the line begun last (a line that does not fit the reader's buffer). */
  public void more(byte[] bytes, int from, int length) {
    append(bytes, from, length);
  }

  private void startLine() {
    if (lineCount == lineStarts.length) {
      lineStarts = Arrays.copyOf(lineStarts, 2 * lineCount);
    }
    lineStarts[lineCount++] = end;
  }

  public byte[] letters() {
    return letters;
  }

  public int start(int row) {
    return row == 0 ? 0 : ends[row - 1];
  }

  public int length(int row) {
    return ends[row] - start(row);
  }

  public int file(int row) {
    return files[row];
  }

  public long headerLine(int row) {
    return headerLines[row];
  }

  /** The line of the input on which the letter at {@code offset} of the record stands. */
  public long lineOf(int row, int offset) {
    int last = row + 1 < block.size() ? firstLines[row + 1] : lineCount;
    int line = firstLines[row];
    while (line + 1 < last && lineStarts[line + 1] <= start(row) + offset) {
      line++;
    }
    return letterLines[row] + line - firstLines[row];
  }
}
