package org.ribonnx.encode;

import java.util.Arrays;

/**
 * Turns letters into nucleotide codes in place: case is folded, T and U are one letter, IUPAC
 * letters become {@link Encoder#AMBIGUOUS}, blanks inside a sequence vanish.
 */
final class Letters {
  private static final byte BLANK = 5;
  private static final byte WRONG = 6;
  private static final byte[] CODES = new byte[256];

  static {
    Arrays.fill(CODES, WRONG);
    put("Aa", 0);
    put("Cc", 1);
    put("Gg", 2);
    put("UuTt", 3);
    put("NnRrYySsWwKkMmBbDdHhVv", Encoder.AMBIGUOUS);
    put(" \t\r", BLANK);
  }

  private static void put(String letters, int code) {
    for (int i = 0; i < letters.length(); i++) {
      CODES[letters.charAt(i)] = (byte) code;
    }
  }

  private Letters() {}

  /**
   * Translates letters in place.
   *
   * @param result takes what was found
   * @return whether all letters were right; else the wrong one and what follows are left as they
   *     were
   */
  static boolean translate(byte[] letters, int from, int length, Result result) {
    int seen = 0;
    int end = from + length;
    int to = from;
    for (int i = from; i < end; i++) {
      byte code = CODES[letters[i] & 0xff];
      if (code > Encoder.AMBIGUOUS) {
        if (code == WRONG) {
          result.wrongAt = i - from;
          return false;
        }
        continue;
      }
      seen |= code;
      letters[to++] = code;
    }
    result.length = to - from;
    // Only the code of ambiguous letters has this bit.
    result.ambiguous = (seen & Encoder.AMBIGUOUS) != 0;
    return true;
  }

  /** What {@link #translate} found in a record. */
  static final class Result {
    /** Place of the first wrong letter. */
    int wrongAt;

    /** Letters without blanks. */
    int length;

    /** Whether some were ambiguous. */
    boolean ambiguous;
  }

  /** What a wrong letter points to. */
  static String hint(int letter) {
    if (letter == '-' || letter == '.') {
      return " (a gap: is this an alignment? remove the gaps)";
    }
    if ("EFIJLOPQXZefijlopqxz*".indexOf(letter) >= 0) {
      return " (is this protein? RNA or DNA letters are expected)";
    }
    return "";
  }
}
