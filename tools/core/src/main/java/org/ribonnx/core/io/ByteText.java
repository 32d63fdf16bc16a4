package org.ribonnx.core.io;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Growing text as UTF-8 bytes. Numbers are written with six significant digits as C's {@code %.6g}
 * does, without a locale: equal numbers give equal bytes everywhere.
 */
public final class ByteText {
  private static final int DIGITS = 6;
  private static final double LOG10_OF_2 = Math.log10(2);
  private static final double[] POWERS = new double[23];

  static {
    POWERS[0] = 1;
    for (int i = 1; i < POWERS.length; i++) {
      POWERS[i] = POWERS[i - 1] * 10;
    }
  }

  private byte[] bytes;
  private int length;

  public ByteText(int room) {
    bytes = new byte[room];
  }

  /** A number as {@link #append(double)} writes it. */
  public static String of(double value) {
    return new ByteText(24).append(value).toString();
  }

  public void clear() {
    length = 0;
  }

  public byte[] bytes() {
    return bytes;
  }

  public int length() {
    return length;
  }

  private void room(int more) {
    if (length + more > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, length + more));
    }
  }

  public ByteText append(char ascii) {
    room(1);
    bytes[length++] = (byte) ascii;
    return this;
  }

  public ByteText append(String text) {
    return append(text.getBytes(StandardCharsets.UTF_8));
  }

  public ByteText append(byte[] text) {
    return append(text, 0, text.length);
  }

  public ByteText append(byte[] text, int from, int count) {
    room(count);
    System.arraycopy(text, from, bytes, length, count);
    length += count;
    return this;
  }

  /**
   * Appends a number with six significant digits; NaN and infinities as {@code NA}, {@code inf},
   * {@code -inf}.
   */
  public ByteText append(double value) {
    room(24);
    if (Double.isNaN(value)) {
      return append("NA");
    }
    double rest = value;
    if (rest < 0) {
      bytes[length++] = '-';
      rest = -rest;
    }
    if (Double.isInfinite(rest)) {
      return append("inf");
    }
    if (rest == 0) {
      bytes[length++] = '0';
      return this;
    }
    // Right, or too small: rounding is looked at upwards alone. Numbers below the normal range have
    // no binary exponent.
    double decimal =
        rest < Double.MIN_NORMAL ? Math.log10(rest) - 1 : Math.getExponent(rest) * LOG10_OF_2;
    int exponent = (int) decimal;
    exponent -= exponent > decimal ? 1 : 0;
    int digits = scaled(rest, exponent);
    while (digits >= 1_000_000) {
      digits = scaled(rest, ++exponent);
    }
    write(digits, exponent);
    return this;
  }

  /** {@code value} · 10^(5 − exponent), rounded half to even as an exact number; below 10^7. */
  private static int scaled(double value, int exponent) {
    int shift = DIGITS - 1 - exponent;
    if (Math.abs(shift) < POWERS.length) {
      double product = shift >= 0 ? value * POWERS[shift] : value / POWERS[-shift];
      int whole = (int) product;
      double fraction = product - whole;
      // The product is off by at most half a unit in the last place, so only a near tie needs exact
      // arithmetic.
      if (Math.abs(fraction - 0.5) > 1e-6) {
        return fraction > 0.5 ? whole + 1 : whole;
      }
    }
    return new BigDecimal(value)
        .scaleByPowerOfTen(shift)
        .round(new MathContext(0))
        .setScale(0, RoundingMode.HALF_EVEN)
        .intValueExact();
  }

  /** A tenth, rounded down, of a number from 0 on: the compiler that starts fast would divide. */
  private static int tenth(int number) {
    return (int) ((number * 0xcccc_cccdL) >>> 35);
  }

  /** Writes six digits; there is room for the longest number. */
  private void write(int sixDigits, int exponent) {
    int digits = sixDigits;
    int count = DIGITS;
    for (int rest = tenth(digits); digits == rest * 10; rest = tenth(digits)) {
      digits = rest;
      count--;
    }
    if (exponent < -4 || exponent >= DIGITS) {
      digits(digits, count, 1);
      bytes[length++] = 'e';
      bytes[length++] = (byte) (exponent < 0 ? '-' : '+');
      int size = Math.abs(exponent);
      digits(size, size < 100 ? 2 : 3, 3);
      return;
    }
    if (exponent < 0) {
      bytes[length++] = '0';
      bytes[length++] = '.';
      for (int i = -1; i > exponent; i--) {
        bytes[length++] = '0';
      }
      digits(digits, count, count);
      return;
    }
    digits(digits, count, exponent + 1);
    for (int i = count; i <= exponent; i++) {
      bytes[length++] = '0';
    }
  }

  /**
   * Writes {@code count} digits with a point behind the first {@code whole}, if any are left then.
   */
  private void digits(int digits, int count, int whole) {
    byte[] into = bytes;
    int at = length + count;
    length = at;
    int rest = digits;
    if (count > whole) {
      length++;
      for (int left = count - whole; left > 0; left--) {
        int next = tenth(rest);
        into[at--] = (byte) ('0' + rest - next * 10);
        rest = next;
      }
      into[at] = '.';
    }
    for (int left = Math.min(count, whole); left > 0; left--) {
      int next = tenth(rest);
      into[--at] = (byte) ('0' + rest - next * 10);
      rest = next;
    }
  }

  @Override
  public String toString() {
    return new String(bytes, 0, length, StandardCharsets.UTF_8);
  }
}
