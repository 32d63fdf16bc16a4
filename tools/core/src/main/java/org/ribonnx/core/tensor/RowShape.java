package org.ribonnx.core.tensor;

import java.util.Arrays;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * Element type and shape of a view, per record.
 *
 * @param type element type
 * @param axes length of each axis behind the records'; the first may be {@link #VARYING}
 */
public record RowShape(DType type, int... axes) {
  /** Length of a first axis that each record has its own of. */
  public static final int VARYING = -1;

  /** Most bytes of one record that a bundle may ask for: at least 16 are in memory at a time. */
  public static final int MOST_BYTES = 1 << 24;

  /** Bytes that a block of large records should take. */
  private static final int ROOM = 1 << 26;

  /** Whether each record has a length of its own. */
  public boolean varies() {
    return axes.length > 0 && axes[0] == VARYING;
  }

  /** Bytes of one record; of one position where the length varies. */
  public int bytes() {
    int bytes = type.bytes();
    for (int i = varies() ? 1 : 0; i < axes.length; i++) {
      bytes = Math.multiplyExact(bytes, axes[i]);
    }
    return bytes;
  }

  /**
   * How many records may stand in a block: {@code wanted}, or fewer where they are large, but at
   * least {@code least}.
   */
  public static int roomFor(Collection<RowShape> shapes, int wanted, int least) {
    long widest = 1;
    for (RowShape shape : shapes) {
      widest = Math.max(widest, shape.bytes());
    }
    long room = ROOM / widest / least * least;
    return (int) Math.max(least, Math.min(wanted, room));
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
    StringBuilder text = new StringBuilder(type.label()).append(" [");
    for (int i = 0; i < axes.length; i++) {
      text.append(i == 0 ? "" : ", ");
      text.append(axes[i] == VARYING ? "length" : String.valueOf(axes[i]));
    }
    return text.append(']').toString();
  }
}
