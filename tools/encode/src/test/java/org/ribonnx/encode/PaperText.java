package org.ribonnx.encode;

import java.util.Locale;

/**
 * What the papers on views of RNA-binding sites do, letter by letter on texts: filled up with B,
 * translated in three frames, joined. Shares nothing with the encoders; the genetic code is NCBI's
 * listing of table 1, in the order U, C, A, G.
 */
final class PaperText {
  private static final String CODE =
      "FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG";

  private PaperText() {}

  /** A record cut or filled up to {@code length}; ambiguous letters are N, what is behind is B. */
  static String filled(String sequence, int length, String keep) {
    String text =
        sequence.toUpperCase(Locale.ROOT).replace('T', 'U').replaceAll("[RYSWKMBDHV]", "N");
    int over = text.length() - length;
    if (over > 0) {
      int from = keep.equals("3p") ? over : keep.equals("centre") ? over / 2 : 0;
      return text.substring(from, from + length);
    }
    return text + "B".repeat(-over);
  }

  /**
   * The joined frames: amino acids, {@code *} for a stop, {@code x} for a codon that lacks a letter
   * or has an ambiguous one, {@code -} for one of B alone or of nothing.
   */
  static String translated(String filled) {
    StringBuilder text = new StringBuilder();
    for (int frame = 0; frame < 3; frame++) {
      for (int i = frame; i < filled.length(); i += 3) {
        text.append(acid(filled.substring(i, Math.min(i + 3, filled.length()))));
      }
    }
    return text.toString();
  }

  static char acid(String codon) {
    if (codon.charAt(0) == 'B') {
      return '-';
    }
    if (codon.length() < 3) {
      return 'x';
    }
    int index = 0;
    for (int i = 0; i < 3; i++) {
      int letter = "UCAG".indexOf(codon.charAt(i));
      if (letter < 0) {
        return 'x';
      }
      index = 4 * index + letter;
    }
    return CODE.charAt(index);
  }
}
