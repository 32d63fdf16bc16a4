package org.ribonnx.encode;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.block.Column;
import org.ribonnx.core.tensor.RowShape;
import org.ribonnx.encode.records.Cells;
import org.ribonnx.encode.records.IdRules;
import org.ribonnx.encode.records.RecordBatch;

/** Samples of one file on their way: their lines as text, or their place in a turned table. */
final class TableBatch extends RecordBatch {
  /** A batch is full at this many bytes of text. */
  private static final int TEXT = 1 << 20;

  private final Block block;
  final Column[] columns;
  final Cells cells = new Cells();
  final ValueKind found = new ValueKind();
  private final int[] starts;
  private final int[] ends;
  private final long[] lines;
  private final byte[] idProblems;
  private byte[] text = new byte[1 << 16];
  private int end;
  private @Nullable SampleTable table;
  double[] values = new double[0];

  /** Room for a row of the widest view. */
  final float[] room;

  /** Whether all values of the sample at hand are known to be whole and not below 0. */
  boolean whole;

  /** Values of the batch's samples, where a table was turned: feature by feature. */
  double[] slab = new double[0];

  TableBatch(List<RecordSource.View> views) {
    block = new Block(RowShape.roomFor(Encode.shapes(views), Encode.BATCH, Block.ROWS));
    columns = Encode.columns(block, views);
    room =
        new float
            [Arrays.stream(columns)
                .mapToInt(column -> column.rowBytes() / Float.BYTES)
                .max()
                .orElse(0)];
    starts = new int[block.capacity()];
    ends = new int[block.capacity()];
    lines = new long[block.capacity()];
    idProblems = new byte[block.capacity()];
  }

  @Override
  public Block block() {
    return block;
  }

  void clear(long first, SampleTable from) {
    block.clear(first);
    end = 0;
    table = from;
    if (values.length < from.values()) {
      values = new double[from.values()];
    }
  }

  SampleTable table() {
    return Objects.requireNonNull(table);
  }

  boolean isFull() {
    return block.size() == block.capacity() || end >= TEXT;
  }

  /** Adds a sample; returns its row. */
  int add(byte[] id, int from, int length, long line) {
    int problem = IdRules.problem(id, from, length);
    int row = IdRules.add(block, id, from, length, problem);
    idProblems[row] = (byte) problem;
    lines[row] = line;
    return row;
  }

  /** Keeps a sample's text, and a delimiter behind it. */
  void text(int row, byte[] bytes, int from, int to, byte delimiter) {
    int length = to - from;
    if (end + length + 1 > text.length) {
      text = Arrays.copyOf(text, Math.max(text.length + text.length / 2, end + length + 1));
    }
    System.arraycopy(bytes, from, text, end, length);
    starts[row] = end;
    end += length;
    ends[row] = end;
    text[end++] = delimiter;
  }

  byte[] text() {
    return text;
  }

  int start(int row) {
    return starts[row];
  }

  int end(int row) {
    return ends[row];
  }

  /** Line of a sample, or its column where the table was turned; from 1. */
  long line(int row) {
    return lines[row];
  }

  String idProblem(int row) {
    return IdRules.words(idProblems[row]);
  }
}
