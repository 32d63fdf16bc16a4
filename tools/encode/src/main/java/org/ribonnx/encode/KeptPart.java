package org.ribonnx.encode;

import java.util.List;
import java.util.Locale;
import org.ribonnx.core.block.RecordStatus;

/**
 * Which part of a record a view takes that has a length: its longest part, where that is to be
 * found in a longer record, and which records can't be used.
 *
 * @param length most nucleotides
 * @param keep which part of a longer record stays
 * @param tooLong what becomes of a longer record
 * @param shortest fewest nucleotides
 */
record KeptPart(int length, Keep keep, TooLong tooLong, int shortest) {
  /** What becomes of a record that is longer than the view. */
  enum TooLong {
    /** It is cut, and flagged: the model would read all of it if it could. */
    CUT,
    /** It is cut: an end or the middle is all that the view is for. */
    PART,
    UNUSABLE
  }

  /** The part of a longer record that stays. */
  enum Keep {
    FIVE_PRIME,
    CENTRE,
    THREE_PRIME
  }

  /**
   * As the options say: {@code keep} {@code 5p | centre | 3p} (default {@code 5p}), {@code
   * too-long} {@code cut | part | unusable} (default {@code cut}) and {@code shortest} (default 1).
   */
  static KeptPart of(EncoderOptions options, int length) {
    Keep keep =
        switch (options.choice("keep", "5p", List.of("5p", "centre", "3p"))) {
          case "centre" -> Keep.CENTRE;
          case "3p" -> Keep.THREE_PRIME;
          default -> Keep.FIVE_PRIME;
        };
    String tooLong = options.choice("too-long", "cut", List.of("cut", "part", "unusable"));
    TooLong then = TooLong.valueOf(tooLong.toUpperCase(Locale.ROOT));
    return new KeptPart(length, keep, then, options.integer("shortest", 1, 1, length));
  }

  /** The longest record of which nothing is left out that a reader should hear of. */
  int capacity() {
    return tooLong == TooLong.PART ? Integer.MAX_VALUE : length;
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
    if (count > length && tooLong == TooLong.UNUSABLE) {
      return RecordStatus.TOO_LONG;
    }
    // None that is cut is too short: what stays is as long as the view, which is not below
    // shortest.
    return Nucleotides.status(codes, start(from, count), taken(count), shortest);
  }
}
