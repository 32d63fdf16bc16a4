package org.ribonnx.core.tensor;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Element type and shape of a view, per record.
 *
 * @param type element type
 * @param axes length of each axis behind the records'
 */
public record RowShape(DType type, int... axes) {
  /** Most bytes of one record that a bundle may ask for: at least 16 are in memory at a time. */
  public static final int MOST_BYTES = 1 << 24;

  /** Bytes of one record. */
  public int bytes() {
    int bytes = type.bytes();
    for (int axis : axes) {
      bytes = Math.multiplyExact(bytes, axis);
    }
    return bytes;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof RowShape shape && type == shape.type && Arrays.equals(axes, shape.axes);
  }

  @Override
  public int hashCode() {
    return 31 * type.hashCode() + Arrays.hashCode(axes);
  }

  @Override
  public String toString() {
    return type.label() + " " + Arrays.toString(axes);
  }
}
