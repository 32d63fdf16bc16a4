package org.ribonnx.encode;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.block.Column;
import org.ribonnx.core.block.RecordFlag;
import org.ribonnx.core.block.RecordStatus;
import org.ribonnx.core.bundle.ViewSpec;
import org.ribonnx.core.io.RibonnxException;

/**
 * {@code kmers@1}: how often each k-mer occurs in a record, for every k of a set: raw counts of
 * overlapping windows as whole numbers of the view's type, {@code [Σ 4^k]}. The ks follow each
 * other in rising order; within a k the k-mers are in the order of the alphabet A C G U, so that
 * the k-mer of codes {@code c1 … ck} (A 0, C 1, G 2, U and T 3) stands at {@code Σ ci · 4^(k−i)}. A
 * count that the type can't hold becomes the largest that it can, and the record is flagged {@code
 * counts-capped}. Division by length, logarithms and the like are the graph's.
 *
 * <p>Options:
 *
 * <ul>
 *   <li>{@code k}: the set, of whole numbers from 1 to 6 in rising order;
 *   <li>{@code ambiguous}: {@code skip} (the default) leaves out every window that holds an
 *       ambiguous letter; {@code splice} deletes the letters and counts what is left as if it were
 *       one molecule, as the published script of AttenRNA does, so that k-mers appear that the
 *       molecule does not have;
 *   <li>{@code ends}: {@code open} (the default) counts the windows of a linear molecule, length −
 *       k + 1; {@code joined} those of a circle, length: behind the last nucleotide comes the first
 *       again; {@code junction} the k − 1 windows alone that hold that joint, as of a back-splice
 *       junction. A record (spliced, where that is asked for) of fewer than k nucleotides has no
 *       window of k in any of them;
 *   <li>{@code shortest}: the fewest nucleotides a record must have, ambiguous ones included
 *       (default 1); a shorter one is {@code too-short}.
 * </ul>
 *
 * <p>A record without an unambiguous nucleotide is {@code no-usable-base}; one that has some but no
 * window holds zeros.
 *
 * <p>One pass with one code: only windows of the largest k are counted on the way. All windows of k
 * − 1 begin where one of k begins, but for the last of each stretch; so the counts of k − 1 are
 * sums of four counts of k and those last ones.
 */
final class KmersEncoder implements Encoder {
  static final String NAME = "kmers@1";

  private static final int LARGEST = 6;

  private enum Ends {
    OPEN,
    JOINED,
    JUNCTION
  }

  /** What a thread counts in. */
  private final class Room {
    /** Counts of each k, from the smallest on. */
    final int[][] counts = new int[ks[ks.length - 1] + 1][];

    final WholeNumbers numbers;
    final byte[] last = new byte[LARGEST - 1];
    final byte[] first = new byte[LARGEST - 1];

    Room(ViewSpec view) {
      for (int k = ks[0]; k < counts.length; k++) {
        counts[k] = new int[1 << (2 * k)];
      }
      numbers = new WholeNumbers(view.dtype(), view.shape().get(0));
    }
  }

  private final int[] ks;
  private final boolean splice;
  private final Ends ends;
  private final int shortest;
  private final ThreadLocal<Room> rooms;

  private KmersEncoder(ViewSpec view, int[] ks, boolean splice, Ends ends, int shortest) {
    this.ks = ks;
    this.splice = splice;
    this.ends = ends;
    this.shortest = shortest;
    this.rooms = ThreadLocal.withInitial(() -> new Room(view));
  }

  /** The encoder that a view asks for; the view's options are checked. */
  static KmersEncoder of(ViewSpec view, EncoderOptions options) {
    int[] ks = options.integers("k", 1, LARGEST);
    boolean splice =
        options.choice("ambiguous", "skip", List.of("skip", "splice")).equals("splice");
    Ends ends =
        Ends.valueOf(
            options
                .choice("ends", "open", List.of("open", "joined", "junction"))
                .toUpperCase(Locale.ROOT));
    int shortest = options.integer("shortest", 1, 1, Integer.MAX_VALUE);
    options.end();
    int width = Arrays.stream(ks).map(k -> 1 << (2 * k)).sum();
    if (!WholeNumbers.can(view.dtype()) || !view.shape().equals(List.of(width))) {
      throw RibonnxException.bundle(
          options.where("")
              + NAME
              + " makes whole numbers ["
              + width
              + "] of k "
              + Arrays.toString(ks)
              + ", not "
              + view.rowShape());
    }
    return new KmersEncoder(view, ks, splice, ends, shortest);
  }

  /** The k-mers. */
  @Override
  public List<String> names() {
    List<String> names = new ArrayList<>();
    for (int k : ks) {
      for (int code = 0; code < 1 << (2 * k); code++) {
        StringBuilder name = new StringBuilder();
        for (int shift = 2 * (k - 1); shift >= 0; shift -= 2) {
          name.append("ACGU".charAt((code >> shift) & 3));
        }
        names.add(name.toString());
      }
    }
    return List.copyOf(names);
  }

  /** As of a k-mer that does not occur. */
  @Override
  public OptionalDouble blank() {
    return OptionalDouble.of(0);
  }

  @Override
  public int capacity() {
    return Integer.MAX_VALUE;
  }

  @Override
  public RecordStatus encode(
      byte[] codes, int from, int length, Column column, Block block, int row) {
    RecordStatus status = Nucleotides.status(codes, from, length, shortest);
    if (status != RecordStatus.OK) {
      return status;
    }
    Room room = rooms.get();
    for (int k = ks[0]; k < room.counts.length; k++) {
      Arrays.fill(room.counts[k], 0);
    }
    if (ends != Ends.JUNCTION) {
      count(codes, from, from + length, room.counts);
    }
    if (ends != Ends.OPEN) {
      countJunction(codes, from, from + length, room);
    }
    boolean capped = false;
    int to = 0;
    for (int k : ks) {
      int[] counts = room.counts[k];
      capped |= room.numbers.take(counts, 0, counts.length, to);
      to += counts.length;
    }
    room.numbers.write(column, row);
    if (capped) {
      block.addFlag(row, RecordFlag.COUNTS_CAPPED);
    }
    return RecordStatus.OK;
  }

  /** Windows from 5' to 3'. */
  private void count(byte[] codes, int from, int to, int[][] all) {
    int k = all.length - 1;
    int mask = (1 << (2 * k)) - 1;
    int[] counts = all[k];
    int at = from;
    int code = 0;
    int run = 0;
    while (at < to) {
      // The first k − 1 of a stretch end no window.
      while (at < to && run < k - 1) {
        int one = codes[at++];
        if (one < AMBIGUOUS) {
          code = (code << 2) | one;
          run++;
        } else if (!splice) {
          endStretch(code, run, all);
          run = 0;
        }
      }
      int begin = at;
      // Four at a time: a loop of few instructions costs more than they do.
      while (at < to - 3) {
        int a = codes[at];
        int b = codes[at + 1];
        int c = codes[at + 2];
        int d = codes[at + 3];
        if ((a | b | c | d) >= AMBIGUOUS) {
          break;
        }
        int four = (code << 8) | (a << 6) | (b << 4) | (c << 2) | d;
        counts[(four >> 6) & mask]++;
        counts[(four >> 4) & mask]++;
        counts[(four >> 2) & mask]++;
        code = four & mask;
        counts[code]++;
        at += 4;
      }
      while (at < to) {
        int one = codes[at];
        if (one >= AMBIGUOUS) {
          break;
        }
        code = ((code << 2) | one) & mask;
        counts[code]++;
        at++;
      }
      run += at - begin;
      if (at < to) {
        at++;
        if (!splice) {
          endStretch(code, run, all);
          run = 0;
        }
      }
    }
    endStretch(code, run, all);
    for (int shorter = k - 1; shorter >= ks[0]; shorter--) {
      int[] longer = all[shorter + 1];
      int[] sums = all[shorter];
      for (int i = 0; i < sums.length; i++) {
        int j = 4 * i;
        sums[i] += longer[j] + longer[j + 1] + longer[j + 2] + longer[j + 3];
      }
    }
  }

  /** The last window of each smaller k in a stretch, in which no larger one begins. */
  private void endStretch(int code, int run, int[][] all) {
    for (int k = ks[0]; k < all.length - 1 && k <= run; k++) {
      all[k][code & ((1 << (2 * k)) - 1)]++;
    }
  }

  /** Windows that begin before the 3' end and go on at the 5' end. */
  private void countJunction(byte[] codes, int from, int to, Room room) {
    int most = room.counts.length - 2;
    int behind = 0;
    for (int at = to - 1; at >= from && behind < most; at--) {
      if (codes[at] < AMBIGUOUS || !splice) {
        room.last[behind++] = codes[at];
      }
    }
    int ahead = 0;
    for (int at = from; at < to && ahead < most; at++) {
      if (codes[at] < AMBIGUOUS || !splice) {
        room.first[ahead++] = codes[at];
      }
    }
    int length = to - from;
    if (splice) {
      length = 0;
      // Only whether there are k of them matters.
      for (int at = from; at < to && length < LARGEST; at++) {
        length += codes[at] < AMBIGUOUS ? 1 : 0;
      }
    }
    for (int k : ks) {
      for (int taken = 1; taken < k && k <= length; taken++) {
        int code = 0;
        int seen = 0;
        for (int i = taken - 1; i >= 0; i--) {
          code = (code << 2) | room.last[i];
          seen |= room.last[i];
        }
        for (int i = 0; i < k - taken; i++) {
          code = (code << 2) | room.first[i];
          seen |= room.first[i];
        }
        if (seen < AMBIGUOUS) {
          room.counts[k][code]++;
        }
      }
    }
  }
}
