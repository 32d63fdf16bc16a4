package org.ribonnx.core.tensor;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Element types of tensors, by their NumPy names. */
public enum DType {
  BOOL("|b1", 1),
  INT8("|i1", 1),
  UINT8("|u1", 1),
  INT16("<i2", 2),
  UINT16("<u2", 2),
  INT32("<i4", 4),
  UINT32("<u4", 4),
  INT64("<i8", 8),
  FLOAT16("<f2", 2),
  FLOAT32("<f4", 4),
  FLOAT64("<f8", 8);

  private final String descr;
  private final int bytes;

  DType(String descr, int bytes) {
    this.descr = descr;
    this.bytes = bytes;
  }

  /** NumPy's type string, little-endian. */
  public String descr() {
    return descr;
  }

  /** Bytes of one element. */
  public int bytes() {
    return bytes;
  }

  /** Whether rows that hold nothing can say so by NaN. */
  public boolean isFloating() {
    return this == FLOAT16 || this == FLOAT32 || this == FLOAT64;
  }

  /** The name in model.yaml: {@code uint8}, {@code float32}, … */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  public static @Nullable DType ofLabel(String label) {
    for (DType type : values()) {
      if (type.label().equals(label)) {
        return type;
      }
    }
    return null;
  }

  public static @Nullable DType ofDescr(String descr) {
    for (DType type : values()) {
      // NumPy writes one-byte types with '|'; other writers use '<' for them.
      if (type.descr.equals(descr)
          || (type.bytes == 1 && descr.equals("<" + type.descr.substring(1)))) {
        return type;
      }
    }
    return null;
  }
}
