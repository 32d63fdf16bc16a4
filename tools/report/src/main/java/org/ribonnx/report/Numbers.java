package org.ribonnx.report;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Scores, of which memory holds at most {@value #EXACT}: beyond that they are counted in {@value
 * #BINS} bins of equal width on the logit scale from −16 to 16. Scores of one bin are ties then, so
 * an area over pairs is off by at most half the share of pairs that fall into one bin.
 */
final class Numbers {
  /** As many are kept as they are. */
  static final int EXACT = 200_000;

  static final int BINS = 65_536;
  private static final double REACH = 16;

  /** Distinct scores, ascending, with how often each occurs. */
  record Tally(double[] values, long[] counts, long total) {}

  private double[] values = new double[64];
  private long size;
  private long[] bins = new long[0];
  // Sorted once for all that ask.
  private @Nullable Tally tally;

  void add(double value) {
    tally = null;
    if (bins.length > 0) {
      bins[bin(value, BINS)]++;
    } else if (size == EXACT) {
      bins = new long[BINS];
      for (double old : values) {
        bins[bin(old, BINS)]++;
      }
      values = new double[0];
      bins[bin(value, BINS)]++;
    } else {
      if (size == values.length) {
        values = Arrays.copyOf(values, Math.min(EXACT, 2 * values.length));
      }
      values[(int) size] = value;
    }
    size++;
  }

  /** Bin of a probability on the logit scale. */
  static int bin(double score, int bins) {
    if (score <= 0) {
      return 0;
    }
    if (score >= 1) {
      return bins - 1;
    }
    double place = (Math.log(score / (1 - score)) + REACH) / (2 * REACH);
    return Math.max(0, Math.min(bins - 1, (int) (place * bins)));
  }

  /** Middle of a bin, as a probability. */
  static double middle(int bin, int bins) {
    return 1 / (1 + Math.exp(REACH - 2 * REACH * (bin + 0.5) / bins));
  }

  long size() {
    return size;
  }

  /** Whether every score is known as it was. */
  boolean exact() {
    return bins.length == 0;
  }

  Tally tally() {
    Tally known = tally;
    if (known == null) {
      known = tallied();
      tally = known;
    }
    return known;
  }

  private Tally tallied() {
    if (!exact()) {
      int used = (int) Arrays.stream(bins).filter(count -> count > 0).count();
      double[] distinct = new double[used];
      long[] counts = new long[used];
      int at = 0;
      for (int bin = 0; bin < BINS; bin++) {
        if (bins[bin] > 0) {
          distinct[at] = middle(bin, BINS);
          counts[at++] = bins[bin];
        }
      }
      return new Tally(distinct, counts, size);
    }
    double[] sorted = Arrays.copyOf(values, (int) size);
    Arrays.sort(sorted);
    long[] counts = new long[sorted.length];
    int used = 0;
    for (int i = 0; i < sorted.length; i++) {
      if (i == 0 || sorted[i] > sorted[used - 1]) {
        sorted[used++] = sorted[i];
      }
      counts[used - 1]++;
    }
    return new Tally(Arrays.copyOf(sorted, used), Arrays.copyOf(counts, used), size);
  }
}
