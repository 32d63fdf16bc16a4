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

  /** Whether codes hold an ambiguous letter, from what {@link #translate} returned. */
  static boolean hasAmbiguous(byte[] codes, int from, int length) {
    for (int i = from; i < from + length; i++) {
      if (codes[i] == Encoder.AMBIGUOUS) {
        return true;
      }
    }
    return false;
  }

  /**
   * The place of the first letter that is none of RNA, as an offset, or -1.
   *
   * <p>The letters are left as they are.
   */
  static int firstWrong(byte[] letters, int from, int length) {
    int worst = 0;
    for (int i = from; i < from + length; i++) {
      worst = Math.max(worst, CODES[letters[i] & 0xff]);
    }
    if (worst < WRONG) {
      return -1;
    }
    int offset = 0;
    while (CODES[letters[from + offset] & 0xff] != WRONG) {
      offset++;
    }
    return offset;
  }

  /** Translates letters that are all right; returns their number without blanks. */
  static int translate(byte[] letters, int from, int length) {
    int worst = 0;
    for (int i = from; i < from + length; i++) {
      byte code = CODES[letters[i] & 0xff];
      letters[i] = code;
      worst = Math.max(worst, code);
    }
    if (worst < BLANK) {
      return length;
    }
    int to = from;
    for (int i = from; i < from + length; i++) {
      if (letters[i] != BLANK) {
        letters[to++] = letters[i];
      }
    }
    return to - from;
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
