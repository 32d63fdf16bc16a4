package org.ribonnx.cli;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.io.ByteText;

/**
 * Values of positions as bedGraph: {@code chromosome start end value}, 0-based and half-open. The
 * records' ids say where they lie in a genome.
 */
final class BedGraph {
  /** As bedtools getfasta ({@code chr:start-end(strand)}) and samtools faidx name sequences. */
  private static final Pattern ID =
      Pattern.compile("(?:.*::)?(.+):(\\d{1,15})-(\\d{1,15})(?:\\(([-+.])\\)|/rc)?");

  /**
   * Where a record lies.
   *
   * @param chromosome its name
   * @param start of the record's first base on the forward strand, counted from 0
   * @param length of the record
   * @param reverse whether the record is of the reverse strand, so that it begins at its end
   */
  record Place(String chromosome, long start, int length, boolean reverse) {}

  private BedGraph() {}

  /**
   * Where a record lies by its id. The record's length tells how its coordinates are counted:
   * {@code end − start} bases, from 0 and half-open (bedtools), or {@code end − start + 1}, from 1
   * and with both ends (samtools).
   *
   * @param length of the record, in nucleotides
   * @return null, if the id is no such place or its length is neither
   */
  static @Nullable Place place(String id, int length) {
    Matcher found = ID.matcher(id);
    if (!found.matches()) {
      return null;
    }
    long start = Long.parseLong(found.group(2));
    long span = Long.parseLong(found.group(3)) - start;
    boolean reverse = "-".equals(found.group(4)) || id.endsWith("/rc");
    if (span == length) {
      return new Place(found.group(1), start, length, reverse);
    }
    return span + 1 == length && start > 0
        ? new Place(found.group(1), start - 1, length, reverse)
        : null;
  }

  /**
   * Adds a line per position, in the order of the genome.
   *
   * @param places positions of the record, from 0, rising
   * @param values their values; NaN: none is known
   */
  static void lines(Place record, int[] places, double[] values, ByteText text) {
    for (int i = 0; i < places.length; i++) {
      int at = record.reverse() ? places.length - 1 - i : i;
      if (!Double.isNaN(values[at])) {
        long start =
            record.start() + (record.reverse() ? record.length() - 1 - places[at] : places[at]);
        text.append(record.chromosome()).append('\t').append(Long.toString(start)).append('\t');
        text.append(Long.toString(start + 1)).append('\t').append(values[at]).append('\n');
      }
    }
  }
}
