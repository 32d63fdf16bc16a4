package org.ribonnx.report;

/**
 * Whether a probability means what it says: records by the probability of their best label in ten
 * bins of equal width, each open below and closed above (the first holds 0 too), as scikit-learn's
 * {@code calibration_curve} does it.
 */
final class Calibration {
  static final int BINS = 10;

  private final long[] counts = new long[BINS];
  private final long[] right = new long[BINS];
  private final double[] sums = new double[BINS];
  private long total;
  private double squares;

  /** Takes the probability of the best label, and whether that label is the truth. */
  void add(double probability, boolean isRight) {
    int bin = 0;
    while (bin < BINS - 1 && probability > (bin + 1) * 0.1) {
      bin++;
    }
    counts[bin]++;
    right[bin] += isRight ? 1 : 0;
    sums[bin] += probability;
    double off = probability - (isRight ? 1 : 0);
    squares += off * off;
    total++;
  }

  long total() {
    return total;
  }

  long count(int bin) {
    return counts[bin];
  }

  /** Share of the bin's records whose best label is right; NaN if it is empty. */
  double share(int bin) {
    return counts[bin] == 0 ? Double.NaN : (double) right[bin] / counts[bin];
  }

  /** Mean probability in the bin; NaN if it is empty. */
  double mean(int bin) {
    return counts[bin] == 0 ? Double.NaN : sums[bin] / counts[bin];
  }

  /** Mean over the records of the bins' distances of share and mean probability; NaN if empty. */
  double expectedError() {
    double sum = 0;
    for (int bin = 0; bin < BINS; bin++) {
      sum += counts[bin] == 0 ? 0 : counts[bin] * Math.abs(share(bin) - mean(bin));
    }
    return total == 0 ? Double.NaN : sum / total;
  }

  /** Mean of (probability of the best label - 1 if it is right, else 0)²; NaN if empty. */
  double brier() {
    return total == 0 ? Double.NaN : squares / total;
  }
}
