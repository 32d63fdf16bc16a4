package org.ribonnx.encode.records;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/** Numbers in cells of tables: an optional sign, digits with a point, an exponent. */
public final class Numbers {
  private static final Pattern NUMBER =
      Pattern.compile("[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?");
  private static final Pattern COMMA =
      Pattern.compile("[+-]?[0-9.' ]*,[0-9., ']*([eE][+-]?[0-9]+)?");
  private static final Set<String> NOTHING =
      Set.of("", "na", "nan", "n/a", "#n/a", "null", "none", "-", ".", "?");

  /** As many digits as a double holds exactly. */
  private static final int EXACT_DIGITS = 15;

  private static final double[] POWERS = new double[23];

  static {
    POWERS[0] = 1;
    for (int i = 1; i < POWERS.length; i++) {
      POWERS[i] = POWERS[i - 1] * 10;
    }
  }

  private Numbers() {}

  /** The number in a cell; NaN if there is none that a float32 can hold. */
  public static double parse(byte[] bytes, int from, int to) {
    int at = from;
    boolean minus = at < to && bytes[at] == '-';
    if (minus) {
      at++;
    }
    long digits = 0;
    int first = at;
    int point = -1;
    while (at < to) {
      int digit = bytes[at] - '0';
      if (digit >= 0 && digit <= 9) {
        digits = digits * 10 + digit;
      } else if (bytes[at] == '.' && point < 0) {
        point = at;
      } else {
        break;
      }
      at++;
    }
    int count = at - first - (point < 0 ? 0 : 1);
    if (at == to && count > 0 && count <= EXACT_DIGITS) {
      // Both are exact, so their quotient is rounded once: the nearest double.
      double value = point < 0 ? digits : digits / POWERS[to - point - 1];
      return minus ? -value : value;
    }
    return slow(new String(bytes, from, to - from, StandardCharsets.ISO_8859_1).strip());
  }

  private static double slow(String text) {
    if (!NUMBER.matcher(text).matches()) {
      return Double.NaN;
    }
    double value = Double.parseDouble(text);
    return Math.abs(value) > Float.MAX_VALUE ? Double.NaN : value;
  }

  /** What is wrong with a cell that holds no number, in words. */
  public static String problem(String cell) {
    String text = cell.strip();
    if (text.isEmpty()) {
      return "is empty; a number is expected";
    }
    String shown = "is '" + SequenceInput.shortened(text) + "'";
    if (NOTHING.contains(text.toLowerCase(Locale.ROOT))) {
      return shown + "; a number is expected";
    }
    if (COMMA.matcher(text).matches()) {
      return shown
          + ", with a comma; write numbers with a decimal point and nothing between thousands";
    }
    if (NUMBER.matcher(text).matches() || text.toLowerCase(Locale.ROOT).matches("[+-]?inf.*")) {
      return shown + ", which is too large";
    }
    return shown + ", which is no number";
  }
}
