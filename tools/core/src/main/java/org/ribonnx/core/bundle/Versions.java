package org.ribonnx.core.bundle;

/**
 * Order of versions, as semantic versioning has it: number by number, a release after its
 * pre-releases, and those part by part, numbers as numbers ({@code 1.0.0-rc2} before {@code
 * 1.0.0-rc10} too, whose parts are no plain numbers).
 */
final class Versions {
  private Versions() {}

  static int compare(String a, String b) {
    // What stands behind a + says how it was built, and has no order.
    String[] left = a.split("\\+", 2)[0].split("-", 2);
    String[] right = b.split("\\+", 2)[0].split("-", 2);
    int order = compareParts(left[0], right[0], "0");
    if (order != 0) {
      return order;
    }
    if (left.length != right.length) {
      return left.length < right.length ? 1 : -1;
    }
    return left.length == 1 ? 0 : compareParts(left[1], right[1], "");
  }

  /** Part by part; {@code missing} stands for a part that only the other has. */
  private static int compareParts(String a, String b, String missing) {
    String[] ls = a.split("\\.", -1);
    String[] rs = b.split("\\.", -1);
    for (int i = 0; i < Math.max(ls.length, rs.length); i++) {
      int order = comparePart(i < ls.length ? ls[i] : missing, i < rs.length ? rs[i] : missing);
      if (order != 0) {
        return order;
      }
    }
    return 0;
  }

  /** Runs of digits as numbers, all else as text; numbers before text, nothing before anything. */
  private static int comparePart(String a, String b) {
    int i = 0;
    int j = 0;
    while (i < a.length() && j < b.length()) {
      int endA = run(a, i);
      int endB = run(b, j);
      String x = a.substring(i, endA);
      String y = b.substring(j, endB);
      boolean numbers = digit(x.charAt(0)) && digit(y.charAt(0));
      int order =
          numbers
              ? new java.math.BigInteger(x).compareTo(new java.math.BigInteger(y))
              : x.compareTo(y);
      if (order != 0) {
        return Integer.signum(order);
      }
      i = endA;
      j = endB;
    }
    return Integer.compare(a.length() - i, b.length() - j);
  }

  private static boolean digit(char c) {
    return c >= '0' && c <= '9';
  }

  private static int run(String text, int from) {
    int end = from + 1;
    while (end < text.length() && digit(text.charAt(end)) == digit(text.charAt(from))) {
      end++;
    }
    return end;
  }
}
