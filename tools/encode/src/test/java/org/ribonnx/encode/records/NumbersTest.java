package org.ribonnx.encode.records;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NumbersTest {
  private static double parse(String text) {
    byte[] bytes = ("x" + text + "y").getBytes(StandardCharsets.UTF_8);
    return Numbers.parse(bytes, 1, bytes.length - 1);
  }

  /**
   * A number in any form that is read, from the shortest to 40 digits before and behind the point.
   */
  private static String decimal(Random random) {
    StringBuilder text = new StringBuilder();
    int sign = random.nextInt(8);
    text.append(sign == 0 ? "-" : sign == 1 ? "+" : "");
    text.append("0".repeat(random.nextInt(4) == 0 ? random.nextInt(20) : 0));
    int most = random.nextInt(16) == 0 ? 40 : 19;
    digits(random, 1 + random.nextInt(most), text);
    if (random.nextBoolean()) {
      text.append('.');
      digits(random, random.nextInt(most + 1), text);
    }
    if (random.nextInt(4) == 0) {
      // Up to beyond what a float32 and a double can hold, down to subnormal ones and 0.
      text.append(random.nextBoolean() ? "e" : "E");
      text.append(random.nextInt(3) == 0 ? "+" : "-").append(random.nextInt(400));
    }
    return text.toString();
  }

  private static void digits(Random random, int count, StringBuilder text) {
    for (int i = 0; i < count; i++) {
      text.append((char) ('0' + random.nextInt(10)));
    }
  }

  private static void same(String number) {
    double expected = Double.parseDouble(number);
    if (Math.abs(expected) > Float.MAX_VALUE) {
      expected = Double.NaN;
    }
    double found = parse(number);
    if (Double.doubleToRawLongBits(expected) != Double.doubleToRawLongBits(found)) {
      assertEquals(expected, found, number);
    }
  }

  /** Bit for bit what the JDK makes of it; no number where a float32 can't hold it. */
  @Test
  void everyFormOfANumberIsTheNearestDouble() {
    Random random = new Random(602);
    for (int i = 0; i < 3_000_000; i++) {
      same(decimal(random));
    }
  }

  @Test
  void smallestAndLargestNumbers() {
    Random random = new Random(603);
    for (int i = 0; i < 200_000; i++) {
      // Subnormal, as float32 and as double; and half way between two that a double can hold.
      same(Double.toString(Float.intBitsToFloat(random.nextInt(1 << 23))));
      same(Double.toString(Double.longBitsToDouble(random.nextLong() >>> 12)));
      double value = Double.longBitsToDouble(random.nextLong() >>> 2);
      if (i % 100 == 0 && Double.isFinite(value)) {
        same(new BigDecimal(value).add(new BigDecimal(Math.ulp(value) / 2)).toPlainString());
      }
    }
    same("3.4028234663852886e38");
    same("3.4028234663852889e38");
    same("1e39");
    same("4.9e-324");
    same("2.4703282292062327e-324");
    same("2.4703282292062328e-324");
    same("999999999999999");
    same("9007199254740993");
    same("0.000000000000001");
  }

  @ParameterizedTest
  @CsvSource({
    "0,0",
    "-0,0",
    "+7,7",
    ".5,0.5",
    "5.,5",
    "1e3,1000",
    "2.5E-2,0.025",
    "' 12 ',12",
    "007,7"
  })
  void oddButRight(String text, double value) {
    assertEquals(value, parse(text), 0.0);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "NA",
        "NaN",
        "nan",
        "inf",
        "-Infinity",
        "1,5",
        "1,234,567",
        "1.2.3",
        "--1",
        "0x10",
        "1d",
        "1f",
        "1_000",
        "1e",
        "e5",
        ".",
        "-",
        "1 2",
        "abc",
        "1e39",
        "٣"
      })
  void whatIsNoNumber(String text) {
    assertTrue(Double.isNaN(parse(text)), text);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''|is empty; a number is expected",
        "NA|is 'NA'; a number is expected",
        "1,5|is '1,5', with a comma; write numbers with a decimal point and nothing between thousands",
        "1.234,5|is '1.234,5', with a comma; write numbers with a decimal point and nothing between thousands",
        "inf|is 'inf', which is too large",
        "1e39|is '1e39', which is too large",
        "abc|is 'abc', which is no number"
      })
  void isToldInWords(String text, String words) {
    assertEquals(words, Numbers.problem(text));
  }
}
