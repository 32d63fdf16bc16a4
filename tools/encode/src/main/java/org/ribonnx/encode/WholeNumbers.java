package org.ribonnx.encode;

import java.nio.ByteBuffer;
import org.ribonnx.core.block.Column;
import org.ribonnx.core.tensor.DType;

/**
 * Writes counts as whole numbers of a type: one above the largest that is wanted, or that the type
 * can hold, becomes that. For one thread at a time, but for {@link #write(int, Column, int)}.
 */
final class WholeNumbers {
  private final DType type;
  private final int most;
  private final byte[] bytes;
  private final short[] shorts;
  private final int[] ints;
  private final long[] longs;

  /**
   * @param type a type that {@link #can} write
   * @param count numbers of a row
   */
  WholeNumbers(DType type, int count) {
    this(type, count, most(type));
  }

  /**
   * @param most the largest number to write; at most {@link #most(DType)}
   */
  WholeNumbers(DType type, int count, int most) {
    this.type = type;
    this.most = most;
    this.bytes = new byte[type.bytes() == 1 ? count : 0];
    this.shorts = new short[type.bytes() == 2 ? count : 0];
    this.ints = new int[type.bytes() == 4 ? count : 0];
    this.longs = new long[type.bytes() == 8 ? count : 0];
  }

  /** The largest count that a type of whole numbers can hold. */
  static int most(DType type) {
    return switch (type) {
      case INT8 -> Byte.MAX_VALUE;
      case UINT8 -> 0xff;
      case INT16 -> Short.MAX_VALUE;
      case UINT16 -> 0xffff;
      default -> Integer.MAX_VALUE;
    };
  }

  /** Whether a type is one of whole numbers. */
  static boolean can(DType type) {
    return !type.isFloating() && type != DType.BOOL;
  }

  /**
   * Writes the only number of a row; for any thread.
   *
   * @return whether it was too large
   */
  boolean write(int value, Column column, int row) {
    int number = Math.min(value, most);
    ByteBuffer data = column.data();
    int at = column.place(row);
    switch (type.bytes()) {
      case 1 -> data.put(at, (byte) number);
      case 2 -> data.putShort(at, (short) number);
      case 4 -> data.putInt(at, number);
      default -> data.putLong(at, number);
    }
    return value > most;
  }

  /**
   * Takes counts for the row at hand.
   *
   * @param counts where they are
   * @param from the first
   * @param count how many
   * @param to place of the first in the row
   * @return whether one was too large
   */
  boolean take(int[] counts, int from, int count, int to) {
    boolean capped = false;
    int limit = most;
    switch (type.bytes()) {
      case 1 -> {
        byte[] row = bytes;
        for (int i = 0; i < count; i++) {
          int value = counts[from + i];
          capped |= value > limit;
          row[to + i] = (byte) Math.min(value, limit);
        }
      }
      case 2 -> {
        short[] row = shorts;
        for (int i = 0; i < count; i++) {
          int value = counts[from + i];
          capped |= value > limit;
          row[to + i] = (short) Math.min(value, limit);
        }
      }
      case 4 -> {
        if (limit == Integer.MAX_VALUE) {
          System.arraycopy(counts, from, ints, to, count);
        } else {
          for (int i = 0; i < count; i++) {
            int value = counts[from + i];
            capped |= value > limit;
            ints[to + i] = Math.min(value, limit);
          }
        }
      }
      default -> {
        for (int i = 0; i < count; i++) {
          int value = counts[from + i];
          capped |= value > limit;
          longs[to + i] = Math.min(value, limit);
        }
      }
    }
    return capped;
  }

  /** Writes the row at hand. */
  void write(Column column, int row) {
    ByteBuffer data = column.data();
    // One copy a row; a number at a time takes longer than counting.
    switch (type.bytes()) {
      case 1 -> data.put(column.place(row), bytes, 0, bytes.length);
      case 2 -> data.asShortBuffer().put(row * shorts.length, shorts, 0, shorts.length);
      case 4 -> data.asIntBuffer().put(row * ints.length, ints, 0, ints.length);
      default -> data.asLongBuffer().put(row * longs.length, longs, 0, longs.length);
    }
  }
}
