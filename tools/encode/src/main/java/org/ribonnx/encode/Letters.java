package org.ribonnx.encode;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Turns letters into nucleotide codes in place: case is folded, T and U are one letter, IUPAC
 * letters become {@link Encoder#AMBIGUOUS}, blanks inside a sequence vanish.
 */
final class Letters {
  private static final byte BLANK = 5;
  private static final byte WRONG = 6;
  private static final byte[] CODES = new byte[256];

  /** Eight bytes of an array as one number, whose bytes are worked on side by side. */
  private static final VarHandle EIGHT =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());

  /** A byte's worth of a mask, eight times. */
  private static final long EACH = 0x0101010101010101L;

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
    int i = from;
    while (i < end) {
      for (; i + 8 <= end; i += 8, to += 8) {
        long eight = (long) EIGHT.get(letters, i);
        // Bits 1 and 2 of A, C, T and U, G (of either case) are 0, 1, 2, 3.
        long bits = (eight >>> 1) & (0x03 * EACH);
        long tOrU = (bits >>> 1) & ~bits & EACH;
        // What the letter should be: 0x41 and these bits, and 0x10 for T and U, which differ in
        // bit 0.
        long should = (0x41 * EACH) | (bits << 1) | (tOrU << 4);
        if ((((eight & 0xdfdfdfdfdfdfdfdfL) ^ should) & ~tOrU) != 0) {
          break;
        }
        EIGHT.set(letters, to, bits ^ ((bits >>> 1) & EACH));
      }
      // One by one: eight that are not all bases, and the last ones.
      for (int stop = Math.min(i + 8, end); i < stop; i++) {
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
