package org.ribonnx.core.tensor;

/** Half-precision numbers (IEEE 754 binary16), which Java 17 has no type for. */
public final class Half {
  private Half() {}

  /** The number that 16 bits stand for; exact. */
  public static float toFloat(short bits) {
    int sign = (bits & 0x8000) << 16;
    int exponent = bits >> 10 & 0x1f;
    int fraction = bits & 0x3ff;
    if (exponent == 0) {
      // Below the normal numbers: a multiple of 2 to the power of −24.
      float value = fraction * 0x1p-24f;
      return sign == 0 ? value : -value;
    }
    if (exponent == 0x1f) {
      return Float.intBitsToFloat(sign | 0x7f800000 | fraction << 13);
    }
    return Float.intBitsToFloat(sign | (exponent + 112) << 23 | fraction << 13);
  }

  /** The 16 bits of a whole number from 0 to 2048; exact. */
  public static short of(int number) {
    if (number < 0 || number > 2048) {
      throw new IllegalArgumentException(number + " is not exact in half precision");
    }
    if (number == 0) {
      return 0;
    }
    int exponent = 31 - Integer.numberOfLeadingZeros(number);
    return (short) ((exponent + 15) << 10 | (number << 10 >> exponent & 0x3ff));
  }
}
