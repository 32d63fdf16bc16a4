package org.ribonnx.encode;

import java.util.List;
import org.ribonnx.core.block.RecordStatus;

/**
 * Which part of a record a view takes that has a length: its longest part, where that is to be
 * found in a longer record, and which records can't be used.
 *
 * @param length most nucleotides
 * @param keep which part of a longer record stays
 * @param cut whether a longer record may be cut at all
 * @param shortest fewest nucleotides
 */
record KeptPart(int length, Keep keep, boolean cut, int shortest) {
  /** The part of a longer record that stays. */
  enum Keep {
    FIVE_PRIME,
    CENTRE,
    THREE_PRIME
  }

  /**
   * As the options say: {@code keep} {@code 5p | centre | 3p} (default {@code 5p}), {@code
   * too-long} {@code cut | unusable} (default {@code cut}) and {@code shortest} (default 1).
   */
  static KeptPart of(EncoderOptions options, int length) {
    Keep keep =
        switch (options.choice("keep", "5p", List.of("5p", "centre", "3p"))) {
          case "centre" -> Keep.CENTRE;
          case "3p" -> Keep.THREE_PRIME;
          default -> Keep.FIVE_PRIME;
        };
    boolean cut = options.choice("too-long", "cut", List.of("cut", "unusable")).equals("cut");
    return new KeptPart(length, keep, cut, options.integer("shortest", 1, 1, length));
  }

  /** Nucleotides that are taken of {@code count}. */
  int taken(int count) {
    return Math.min(count, length);
  }

  /** Place of the first that is taken, in a record of {@code count} that begins at {@code from}. */
  int start(int from, int count) {
    return from
        + switch (keep) {
          case FIVE_PRIME -> 0;
          case CENTRE -> (count - taken(count)) / 2;
          case THREE_PRIME -> count - taken(count);
        };
  }

  /** Whether the record can be used; what is taken must hold a base that is not ambiguous. */
  RecordStatus status(byte[] codes, int from, int count) {
    if (count > length && !cut) {
      return RecordStatus.TOO_LONG;
    }
    // None that is cut is too short: what stays is as long as the view, which is not below
    // shortest.
    return Nucleotides.status(codes, start(from, count), taken(count), shortest);
  }
}
