package org.ribonnx.encode;

import java.util.Arrays;

/**
 * Amino acids of codons by the standard genetic code (NCBI translation table 1), by a rolling code
 * of three nucleotides: {@code code = (code << 3 | nucleotide) & MASK}, with nucleotides as {@link
 * Encoder} has them. A codon is called by the place of its first nucleotide; frame {@code f} of a
 * text of {@code length} holds those at f, f + 3, f + 6, … below {@code length}, so that all three
 * frames together have one at each place. The last two lack letters.
 */
final class Codons {
  /** Amino acids in the order of their codes. */
  static final String LETTERS = "ACDEFGHIKLMNPQRSTVWY";

  /** Number of amino acids. */
  static final int ACIDS = 20;

  /** Code of a stop codon. */
  static final int STOP = 20;

  /** Code of a codon with an ambiguous nucleotide. */
  static final int UNKNOWN = 21;

  /** Nucleotides of a rolling code. */
  static final int MASK = 511;

  private static final String BY_CODON =
      "KNKNTTTTRSRSIIMIQHQHPPPPRRRRLLLLEDEDAAAAGGGGVVVV*Y*YSSSS*CWCLFLF";

  private Codons() {}

  /** Rolling code → code of the amino acid, {@link #STOP} or {@link #UNKNOWN}. */
  static byte[] table() {
    byte[] table = new byte[MASK + 1];
    Arrays.fill(table, (byte) UNKNOWN);
    for (int codon = 0; codon < 64; codon++) {
      int acid = LETTERS.indexOf(BY_CODON.charAt(codon));
      int rolling = (codon >> 4) << 6 | (codon >> 2 & 3) << 3 | (codon & 3);
      table[rolling] = (byte) (acid < 0 ? STOP : acid);
    }
    return table;
  }

  /** Codons of frame {@code frame} in a text of {@code length}. */
  static int inFrame(int frame, int length) {
    return length <= frame ? 0 : (length - frame + 2) / 3;
  }
}
