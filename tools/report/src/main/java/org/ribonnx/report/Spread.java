package org.ribonnx.report;

/** Numbers from 0 to 1 in bins of equal width: their mean, and quantiles to the width of a bin. */
final class Spread {
  /** Shares of the numbers that lie below what a range shows. */
  static final double[] SHARES = {0.05, 0.25, 0.5, 0.75, 0.95};

  private final int[] bins;
  private long count;
  private double sum;

  Spread(int bins) {
    this.bins = new int[bins];
  }

  void add(double value) {
    bins[Math.max(0, Math.min(bins.length - 1, (int) (value * bins.length)))]++;
    count++;
    sum += value;
  }

  long count() {
    return count;
  }

  /** NaN without numbers. */
  double mean() {
    return count == 0 ? Double.NaN : sum / count;
  }

  /** The number that a share of all does not exceed, from the middle of its bin; NaN if none. */
  double quantile(double share) {
    if (count == 0) {
      return Double.NaN;
    }
    long before = 0;
    int bin = -1;
    do {
      before += bins[++bin];
    } while (before < share * count);
    return (bin + 0.5) / bins.length;
  }

  /** The quantiles of {@link #SHARES}. */
  double[] quantiles() {
    double[] all = new double[SHARES.length];
    for (int i = 0; i < all.length; i++) {
      all[i] = quantile(SHARES[i]);
    }
    return all;
  }
}
