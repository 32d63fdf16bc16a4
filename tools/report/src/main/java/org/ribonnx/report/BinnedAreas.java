package org.ribonnx.report;

/**
 * One-vs-rest areas under the ROC of many labels in bounded memory: scores are counted in bins of
 * equal width on the logit scale from −16 to 16, where six digits of a probability make differences
 * near 0 and 1 as fine as elsewhere. Scores of one bin count as ties, half a pair each, as in the
 * trapezoid rule.
 */
final class BinnedAreas {
  private static final int MOST_BINS = 10_000;
  private static final int FEWEST_BINS = 500;
  private static final int CELLS = 4_000_000;
  private static final double REACH = 16;

  private final int bins;
  private final int[][] positive;
  private final int[][] negative;

  BinnedAreas(int labels) {
    bins = Math.max(FEWEST_BINS, Math.min(MOST_BINS, CELLS / Math.max(1, labels)));
    positive = new int[labels][bins];
    negative = new int[labels][bins];
  }

  int bins() {
    return bins;
  }

  void add(int label, double score, boolean isPositive) {
    (isPositive ? positive : negative)[label][bin(score)]++;
  }

  private int bin(double score) {
    if (score <= 0) {
      return 0;
    }
    if (score >= 1) {
      return bins - 1;
    }
    double place = (Math.log(score / (1 - score)) + REACH) / (2 * REACH);
    return Math.max(0, Math.min(bins - 1, (int) (place * bins)));
  }

  /** Area of a label; NaN where all records have the label or none has. */
  double area(int label) {
    double positives = 0;
    double negatives = 0;
    double pairs = 0;
    for (int bin = 0; bin < bins; bin++) {
      pairs += positive[label][bin] * (negatives + negative[label][bin] / 2.0);
      positives += positive[label][bin];
      negatives += negative[label][bin];
    }
    return positives == 0 || negatives == 0 ? Double.NaN : pairs / positives / negatives;
  }

  /** Number of labels that have an area. */
  int defined() {
    int defined = 0;
    for (int label = 0; label < positive.length; label++) {
      defined += Double.isNaN(area(label)) ? 0 : 1;
    }
    return defined;
  }

  /** Mean over the labels that have an area; NaN if none has. */
  double macro() {
    double sum = 0;
    int defined = 0;
    for (int label = 0; label < positive.length; label++) {
      double area = area(label);
      if (!Double.isNaN(area)) {
        sum += area;
        defined++;
      }
    }
    return defined == 0 ? Double.NaN : sum / defined;
  }
}
