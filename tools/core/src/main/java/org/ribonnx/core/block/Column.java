package org.ribonnx.core.block;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.tensor.DType;
import org.ribonnx.core.tensor.Half;
import org.ribonnx.core.tensor.RowShape;
import org.ribonnx.core.tensor.TensorView;

/**
 * One view (or output) of the records of a block, in a direct buffer: rows of equal size, or rows
 * of varying length back to back.
 */
public final class Column {
  private final String name;
  private final DType type;
  private final int[] rowShape;
  private final int rowBytes;
  private final int[] ends;
  private final boolean varies;
  private final int rows;
  private ByteBuffer data;

  /** Why each row can't be used; null where that is said of whole records alone. */
  private byte @Nullable [] status;

  Column(String name, DType type, int[] rowShape, int rows) {
    RowShape shape = new RowShape(type, rowShape);
    this.name = name;
    this.type = type;
    this.rowShape = rowShape;
    this.rows = rows;
    this.rowBytes = shape.bytes();
    this.varies = shape.varies();
    this.ends = new int[varies ? rows : 0];
    if (!varies && (long) rowBytes * rows > Integer.MAX_VALUE) {
      throw RibonnxException.memory(
          "'"
              + name
              + "' is "
              + rowBytes
              + " bytes a record, and "
              + rows
              + " records at a time are too many; give a smaller --batch-size",
          null);
    }
    this.data = allocate(varies ? 1 << 12 : Math.multiplyExact(rowBytes, rows));
  }

  private static ByteBuffer allocate(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
  }

  public String name() {
    return name;
  }

  public DType type() {
    return type;
  }

  /** Shape of one record; its first axis may be {@link RowShape#VARYING}. */
  public int[] rowShape() {
    return rowShape.clone();
  }

  /** Whether each row has a length of its own. */
  public boolean varies() {
    return varies;
  }

  /** Bytes of one row; of one position where rows vary. */
  public int rowBytes() {
    return rowBytes;
  }

  /**
   * All rows; callers use absolute positions and leave position and limit alone. Where rows vary,
   * {@link #length(int, int)} may put another buffer in its place.
   */
  public ByteBuffer data() {
    return data;
  }

  /** Byte at which a row begins, or the one before it ends. */
  public int place(int row) {
    if (!varies) {
      return row * rowBytes;
    }
    return row == 0 ? 0 : ends[row - 1] * rowBytes;
  }

  /** Bytes of a row. */
  public int bytes(int row) {
    return varies ? length(row) * rowBytes : rowBytes;
  }

  /** Positions of a row whose length varies. */
  public int length(int row) {
    return ends[row] - (row == 0 ? 0 : ends[row - 1]);
  }

  /**
   * Sets the number of positions of a row whose length varies, and makes room for them. Rows get
   * theirs in order; their bytes are then written from {@link #place} on.
   */
  public void length(int row, int positions) {
    int end = Math.addExact(row == 0 ? 0 : ends[row - 1], positions);
    ends[row] = end;
    long needed = (long) end * rowBytes;
    if (needed > data.capacity()) {
      if (needed > Integer.MAX_VALUE - 64) {
        throw new OutOfMemoryError("a block of the view " + name + " holds " + needed + " bytes");
      }
      ByteBuffer larger =
          allocate((int) Math.min(Integer.MAX_VALUE - 64L, Math.max(needed, 2L * data.capacity())));
      larger.put(0, data, 0, place(row));
      data = larger;
    }
  }

  /**
   * Positions of a row up to the last that is not padding alone: all of them where the length
   * varies, and of elements of several bytes.
   */
  public int unpadded(int row, int pad) {
    if (varies) {
      return length(row);
    }
    int width = rowBytes / rowShape[0];
    int last = rowBytes - 1;
    while (type.bytes() == 1 && last >= 0 && data.get(row * rowBytes + last) == (byte) pad) {
      last--;
    }
    return (last + width) / width;
  }

  /** Whether each row has a status of its own, beside that of its record. */
  public boolean hasStatus() {
    return status != null;
  }

  /** Gives each row a status of its own, or takes it away; to begin with every row is usable. */
  public void keepStatus(boolean own) {
    if (!own) {
      status = null;
    } else if (status == null) {
      status = new byte[rows];
    }
  }

  /** Index of a row's own status in the list of the run; 0: usable, or no row has one. */
  public int status(int row) {
    return status == null ? 0 : status[row] & 0xff;
  }

  /** Sets a row's own status; does nothing where rows have none. */
  public void status(int row, int value) {
    if (status != null) {
      status[row] = (byte) value;
    }
  }

  /** Sets a number of a row; a whole one, where the type is no float32 or float64. */
  public void number(int row, int number, double value) {
    int at = place(row) + number * type.bytes();
    switch (type) {
      case BOOL, INT8, UINT8 -> data.put(at, (byte) (int) value);
      case INT16, UINT16 -> data.putShort(at, (short) (int) value);
      case INT32 -> data.putInt(at, (int) value);
      case UINT32 -> data.putInt(at, (int) (long) value);
      case INT64 -> data.putLong(at, (long) value);
      case FLOAT16 -> data.putShort(at, Half.of((int) value));
      case FLOAT32 -> data.putFloat(at, (float) value);
      case FLOAT64 -> data.putDouble(at, value);
    }
  }

  /** A number of a row, whatever its type. */
  public double number(int row, int number) {
    int at = place(row) + number * type.bytes();
    return switch (type) {
      case BOOL, UINT8 -> data.get(at) & 0xff;
      case INT8 -> data.get(at);
      case INT16 -> data.getShort(at);
      case UINT16 -> data.getShort(at) & 0xffff;
      case INT32 -> data.getInt(at);
      case UINT32 -> data.getInt(at) & 0xffffffffL;
      case INT64 -> data.getLong(at);
      case FLOAT16 -> Half.toFloat(data.getShort(at));
      case FLOAT32 -> data.getFloat(at);
      case FLOAT64 -> data.getDouble(at);
    };
  }

  /** All numbers of a row. */
  public double[] numbers(int row) {
    double[] numbers = new double[bytes(row) / type.bytes()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = number(row, i);
    }
    return numbers;
  }

  /** Rows {@code from} to {@code from + count}, of equal size, as memory for a graph. */
  public TensorView rows(int from, int count) {
    long[] shape = new long[rowShape.length + 1];
    shape[0] = count;
    for (int i = 0; i < rowShape.length; i++) {
      shape[i + 1] = rowShape[i];
    }
    ByteBuffer part = data.slice(from * rowBytes, count * rowBytes).order(ByteOrder.nativeOrder());
    return new TensorView(type, shape, part);
  }

  /**
   * Copies a row, with its own status if it has one, to a row of another column of the same type
   * and shape; where rows vary, those before it stand there already.
   */
  public void copyRow(int row, Column to, int toRow) {
    if (varies) {
      to.length(toRow, length(row));
    }
    to.data.put(to.place(toRow), data, place(row), bytes(row));
    if (status != null) {
      to.keepStatus(true);
      to.status(toRow, status(row));
    }
  }

  /**
   * Makes a row say that there is nothing: NaN for numbers, zero bytes otherwise; no position where
   * rows vary.
   */
  public void blankRow(int row) {
    if (varies) {
      length(row, 0);
      return;
    }
    int from = row * rowBytes;
    for (int i = 0; i < rowBytes; i += type.bytes()) {
      switch (type) {
        case FLOAT16 -> data.putShort(from + i, (short) 0x7e00);
        case FLOAT32 -> data.putFloat(from + i, Float.NaN);
        case FLOAT64 -> data.putDouble(from + i, Double.NaN);
        default -> {
          for (int b = 0; b < type.bytes(); b++) {
            data.put(from + i + b, (byte) 0);
          }
        }
      }
    }
  }

  /**
   * Makes a row hold nothing but {@code pad}, in a view of one-byte elements; blanks it in others.
   */
  public void padRow(int row, int pad) {
    if (varies || type.bytes() > 1) {
      blankRow(row);
      return;
    }
    for (int i = row * rowBytes; i < (row + 1) * rowBytes; i++) {
      data.put(i, (byte) pad);
    }
  }
}
