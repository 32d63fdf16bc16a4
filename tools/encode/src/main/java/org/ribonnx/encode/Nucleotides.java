package org.ribonnx.encode;

import org.ribonnx.core.block.RecordStatus;

/** What encoders ask of codes of nucleotides. */
final class Nucleotides {
  private Nucleotides() {}

  /** Whether a record, or the part read, has an unambiguous nucleotide and enough of them. */
  static RecordStatus status(byte[] codes, int from, int length, int shortest) {
    if (length > 0 && length < shortest) {
      return RecordStatus.TOO_SHORT;
    }
    for (int i = from; i < from + length; i++) {
      if (codes[i] < Encoder.AMBIGUOUS) {
        return RecordStatus.OK;
      }
    }
    return RecordStatus.NO_USABLE_BASE;
  }
}
