package org.ribonnx.encode.records;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

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

  /** Bit for bit what the JDK makes of it. */
  @Test
  void everyFormOfANumberIsTheNearestDouble() {
    Random random = new Random(602);
    for (int i = 0; i < 50_000; i++) {
      StringBuilder text = new StringBuilder(random.nextInt(4) == 0 ? "-" : "");
      for (int digits = random.nextInt(19); digits >= 0; digits--) {
        text.append((char) ('0' + random.nextInt(10)));
      }
      if (random.nextBoolean()) {
        text.append('.');
        for (int digits = random.nextInt(19); digits > 0; digits--) {
          text.append((char) ('0' + random.nextInt(10)));
        }
      }
      if (random.nextInt(4) == 0) {
        text.append(random.nextBoolean() ? "e" : "E+").append(random.nextInt(15));
      }
      String number = text.toString();
      assertEquals(Double.parseDouble(number), parse(number), 0.0, number);
    }
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
