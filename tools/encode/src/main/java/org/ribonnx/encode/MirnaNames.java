package org.ribonnx.encode;

import java.util.Locale;

/** Names of microRNAs, as miRBase and others write them. */
final class MirnaNames {
  private MirnaNames() {}

  /**
   * The stem of a name, which the copies of a precursor and both of its arms share. In this order:
   *
   * <ol>
   *   <li>case is folded, {@code hsa-} is dropped;
   *   <li>of alternatives ({@code let-7a-5p/7c-5p}) the first is taken;
   *   <li>{@code -as} at the end is dropped (antisense precursors);
   *   <li>the arm at the end, {@code -3p} or {@code -5p} with whatever follows a point, is dropped,
   *       and so is every {@code *};
   *   <li>of what begins with {@code let-} or {@code mir-}, a number and letters, so much is kept;
   *       all else stays as it is now.
   * </ol>
   *
   * <p>{@code hsa-let-7a-1}, {@code hsa-let-7a-2}, {@code hsa-let-7a-5p} → {@code let-7a}; {@code
   * hsa-mir-103-1-as} → {@code mir-103}; {@code hsa-miR-19b-1*} → {@code mir-19b}.
   */
  static String stem(String name) {
    String rest = name.toLowerCase(Locale.ROOT).replace("hsa-", "");
    int slash = rest.indexOf('/');
    if (slash >= 0) {
      rest = rest.substring(0, slash);
    }
    if (rest.endsWith("-as")) {
      rest = rest.substring(0, rest.length() - 3);
    }
    rest = withoutArm(rest).replace("*", "");
    if (!rest.startsWith("let-") && !rest.startsWith("mir-")) {
      return rest;
    }
    int end = 4;
    while (end < rest.length() && isDigit(rest.charAt(end))) {
      end++;
    }
    if (end == 4) {
      return rest;
    }
    while (end < rest.length() && rest.charAt(end) >= 'a' && rest.charAt(end) <= 'z') {
      end++;
    }
    return rest.substring(0, end);
  }

  private static boolean isDigit(char letter) {
    return letter >= '0' && letter <= '9';
  }

  private static String withoutArm(String name) {
    for (int at = name.indexOf('-'); at >= 0; at = name.indexOf('-', at + 1)) {
      if ((name.startsWith("-3p", at) || name.startsWith("-5p", at))
          && (at + 3 == name.length() || name.charAt(at + 3) == '.')) {
        return name.substring(0, at);
      }
    }
    return name;
  }
}
