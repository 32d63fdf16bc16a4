package org.ribonnx.core.io;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ByteTextTest {
  private static final MathContext SIX = new MathContext(6, RoundingMode.HALF_EVEN);

  /** C's {@code %.6g} on the exact value, by decimal arithmetic alone. */
  private static String oracle(double value) {
    if (value == 0) {
      return "0";
    }
    BigDecimal rounded = new BigDecimal(Math.abs(value)).round(SIX).stripTrailingZeros();
    int exponent = rounded.precision() - rounded.scale() - 1;
    String sign = value < 0 ? "-" : "";
    if (exponent >= -4 && exponent < 6) {
      return sign + rounded.toPlainString();
    }
    String digits = rounded.unscaledValue().toString();
    String fraction = digits.length() > 1 ? "." + digits.substring(1) : "";
    String size = Integer.toString(Math.abs(exponent));
    return sign
        + digits.charAt(0)
        + fraction
        + (exponent < 0 ? "e-" : "e+")
        + (size.length() == 1 ? "0" : "")
        + size;
  }

  private static String text(double value) {
    return new ByteText(1).append(value).toString();
  }

  private static void check(double value) {
    if (Double.isInfinite(value)) {
      return;
    }
    assertEquals(oracle(value), text(value), () -> Double.toHexString(value));
  }

  @Test
  void theOracleAgreesWithKnownValues() {
    assertEquals("0.1", oracle(0.1));
    assertEquals("1e+06", oracle(999999.5));
    assertEquals("999999", oracle(999999.4));
    assertEquals("0.0001", oracle(1e-4));
    assertEquals("1e-05", oracle(1e-5));
    assertEquals("1.5e+100", oracle(1.5e100));
    assertEquals("4.94066e-324", oracle(Double.MIN_VALUE));
    assertEquals("123456", oracle(123456.5));
    assertEquals("123458", oracle(123457.5));
  }

  @Test
  void randomDoublesOfAllSizes() {
    Random random = new Random(10);
    for (int i = 0; i < 100_000; i++) {
      double value = Double.longBitsToDouble(random.nextLong());
      if (Double.isFinite(value)) {
        check(value);
      }
    }
  }

  @Test
  void randomFloatsAndProbabilities() {
    Random random = new Random(11);
    for (int i = 0; i < 100_000; i++) {
      float value = Float.intBitsToFloat(random.nextInt());
      if (Float.isFinite(value)) {
        check(value);
      }
      check(random.nextFloat());
      check(-random.nextDouble() * 1e4);
    }
  }

  @Test
  void subnormals() {
    Random random = new Random(12);
    for (int i = 0; i < 2_000; i++) {
      check(Double.longBitsToDouble(random.nextLong() >>> (12 + random.nextInt(52))));
      check(Float.intBitsToFloat(random.nextInt() >>> (9 + random.nextInt(23))));
    }
  }

  @Test
  void powersOfTenAndTheirNeighbours() {
    for (int power = -323; power <= 308; power++) {
      double value = Double.parseDouble("1e" + power);
      check(value);
      check(-value);
      check(Math.nextUp(value));
      check(Math.nextDown(value));
      check(value * 9.999995);
      check(value * 9.999994999999);
    }
  }

  @Test
  void tiesGoToTheEvenDigit() {
    Random random = new Random(13);
    for (int i = 0; i < 20_000; i++) {
      // Exact in binary: six digits and a half.
      check(100_000 + random.nextInt(900_000) + 0.5);
      check((1_000_000 + random.nextInt(9_000_000)) / 10 * 10 + 5);
      check((10_000 + random.nextInt(90_000)) + 0.25);
      check((1_000 + random.nextInt(9_000)) + random.nextInt(1024) / 1024.0);
      check(Math.scalb(random.nextInt(1 << 20) + 0.5, -random.nextInt(40)));
    }
  }

  @Test
  void whatIsNoNumber() {
    assertEquals("NA", text(Double.NaN));
    assertEquals("inf", text(Double.POSITIVE_INFINITY));
    assertEquals("-inf", text(Double.NEGATIVE_INFINITY));
    assertEquals("0", text(0.0));
    assertEquals("0", text(-0.0));
  }

  @Test
  void textGrowsAndIsUtf8() {
    ByteText text = new ByteText(1);
    StringBuilder expected = new StringBuilder();
    for (int i = 0; i < 1000; i++) {
      text.append('\t').append("µ𝛼").append(i / 8.0);
      expected.append('\t').append("µ𝛼").append(oracle(i / 8.0));
    }
    assertEquals(expected.toString(), text.toString());
    text.clear();
    assertEquals(0, text.length());
  }
}
