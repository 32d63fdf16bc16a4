package org.ribonnx.core.block;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.tensor.DType;

/**
 * Consecutive records on their way through the steps: ids, status, flags and a column per view.
 * Blocks are used again and again, so a run's memory does not grow with its records. A block
 * belongs to one thread at a time.
 */
public final class Block {
  /** Graphs run on multiples of this many rows; so many stand ready behind the last record. */
  public static final int ROWS = 16;

  private final int capacity;

  /** A block whose views of varying length hold this many bytes takes no further record. */
  public static final int VARYING_BYTES = 1 << 20;

  private final Map<String, Column> columns = new LinkedHashMap<>();
  private final Map<String, ByteBuffer> scratch = new HashMap<>();
  private final byte[] status;
  private final byte[] flags;
  private final int[] idEnds;
  private byte[] idBytes = new byte[4096];
  private int size;
  private long first;

  /** A block for at most {@code capacity} records, rounded up to a multiple of {@link #ROWS}. */
  public Block(int capacity) {
    this.capacity = roundUp(capacity);
    this.status = new byte[this.capacity];
    this.flags = new byte[this.capacity];
    this.idEnds = new int[this.capacity];
  }

  /** The next multiple of {@link #ROWS}. */
  public static int roundUp(int rows) {
    return (rows + ROWS - 1) / ROWS * ROWS;
  }

  /** Empties the block for records from number {@code firstRecord} on. */
  public void clear(long firstRecord) {
    size = 0;
    first = firstRecord;
  }

  public int capacity() {
    return capacity;
  }

  /** Records in the block. */
  public int size() {
    return size;
  }

  /** Number of the first record in the whole input, from 0. */
  public long first() {
    return first;
  }

  /** Adds a record; its id is {@code length} bytes of UTF-8. Returns its row. */
  public int add(byte[] id, int from, int length, int recordStatus, int recordFlags) {
    int start = size == 0 ? 0 : idEnds[size - 1];
    if (start + length > idBytes.length) {
      idBytes = Arrays.copyOf(idBytes, Math.max(2 * idBytes.length, start + length));
    }
    System.arraycopy(id, from, idBytes, start, length);
    idEnds[size] = start + length;
    status[size] = (byte) recordStatus;
    flags[size] = (byte) recordFlags;
    return size++;
  }

  public byte[] idBytes() {
    return idBytes;
  }

  public int idStart(int row) {
    return row == 0 ? 0 : idEnds[row - 1];
  }

  public int idLength(int row) {
    return idEnds[row] - idStart(row);
  }

  public String id(int row) {
    return new String(
        idBytes, idStart(row), idLength(row), java.nio.charset.StandardCharsets.UTF_8);
  }

  /** Index into the status list of the run; 0 is usable. */
  public int status(int row) {
    return status[row] & 0xff;
  }

  public void status(int row, int value) {
    status[row] = (byte) value;
  }

  /**
   * Status of a record's row of a view: the row's own, where the view's rows have one, else the
   * record's.
   */
  public int status(int row, Column view) {
    return view.hasStatus() ? view.status(row) : status(row);
  }

  /** Bits of {@link RecordFlag}. */
  public int flags(int row) {
    return flags[row] & 0xff;
  }

  public void flags(int row, int value) {
    flags[row] = (byte) value;
  }

  public void addFlag(int row, RecordFlag flag) {
    flags[row] |= (byte) flag.bit();
  }

  byte[] statusBytes() {
    return status;
  }

  byte[] flagBytes() {
    return flags;
  }

  /** The column {@code name}, made on first use. */
  public Column column(String name, DType type, int... rowShape) {
    @Nullable Column known = columns.get(name);
    if (known == null || known.type() != type || !Arrays.equals(known.rowShape(), rowShape)) {
      known = new Column(name, type, rowShape.clone(), capacity);
      columns.put(name, known);
    }
    return known;
  }

  /**
   * Memory for {@code bytes} bytes under a name, used again and again; what it held is lost when it
   * has to grow.
   */
  ByteBuffer scratch(String name, int bytes) {
    @Nullable ByteBuffer known = scratch.get(name);
    if (known == null || known.capacity() < bytes) {
      known = ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
      scratch.put(name, known);
    }
    return known;
  }

  /** Lets a step's view be the one of the step before. */
  public void alias(String name, String existing) {
    columns.put(name, column(existing));
  }

  /** The column {@code name}, which a step before has made. */
  public Column column(String name) {
    @Nullable Column column = columns.get(name);
    if (column == null) {
      throw new IllegalStateException(
          "no view " + name + " in the block, only " + columns.keySet());
    }
    return column;
  }
}
