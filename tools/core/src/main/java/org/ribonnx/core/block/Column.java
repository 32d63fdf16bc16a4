package org.ribonnx.core.block;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.tensor.DType;
import org.ribonnx.core.tensor.TensorView;

/** One view (or output) of the records of a block: rows of equal size in a direct buffer. */
public final class Column {
  private final String name;
  private final DType type;
  private final int[] rowShape;
  private final int rowBytes;
  private final ByteBuffer data;

  Column(String name, DType type, int[] rowShape, int rows) {
    this.name = name;
    this.type = type;
    this.rowShape = rowShape;
    int bytes = type.bytes();
    for (int axis : rowShape) {
      bytes = Math.multiplyExact(bytes, axis);
    }
    this.rowBytes = bytes;
    if ((long) bytes * rows > Integer.MAX_VALUE) {
      throw RibonnxException.memory(
          "'"
              + name
              + "' is "
              + bytes
              + " bytes a record, and "
              + rows
              + " records at a time are too many; give a smaller --batch-size",
          null);
    }
    this.data =
        ByteBuffer.allocateDirect(Math.multiplyExact(bytes, rows)).order(ByteOrder.nativeOrder());
  }

  public String name() {
    return name;
  }

  public DType type() {
    return type;
  }

  /** Shape of one record. */
  public int[] rowShape() {
    return rowShape.clone();
  }

  public int rowBytes() {
    return rowBytes;
  }

  /** All rows; callers use absolute positions and leave position and limit alone. */
  public ByteBuffer data() {
    return data;
  }

  /** Rows {@code from} to {@code from + count} as memory for a graph. */
  public TensorView rows(int from, int count) {
    long[] shape = new long[rowShape.length + 1];
    shape[0] = count;
    for (int i = 0; i < rowShape.length; i++) {
      shape[i + 1] = rowShape[i];
    }
    ByteBuffer part = data.slice(from * rowBytes, count * rowBytes).order(ByteOrder.nativeOrder());
    return new TensorView(type, shape, part);
  }

  /** Copies a row to a row of another column of the same type and shape. */
  public void copyRow(int row, Column to, int toRow) {
    to.data.put(toRow * rowBytes, data, row * rowBytes, rowBytes);
  }

  /** Makes a row say that there is nothing: NaN for numbers, zero bytes otherwise. */
  public void blankRow(int row) {
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
    if (type.bytes() > 1) {
      blankRow(row);
      return;
    }
    for (int i = row * rowBytes; i < (row + 1) * rowBytes; i++) {
      data.put(i, (byte) pad);
    }
  }
}
