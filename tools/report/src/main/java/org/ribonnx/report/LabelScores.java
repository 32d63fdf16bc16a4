package org.ribonnx.report;

/** What all records score under each label of a multi-label head. */
final class LabelScores {
  /** Scores so near to a threshold could easily lie on its other side. */
  static final double NEAR = 0.05;

  private static final int BINS = 1_000;
  private static final int CELLS = 2_000_000;

  private final Spread[] spreads;
  private final double[] thresholds;
  private final long[] near;

  /**
   * @param thresholds one per label, NaN where there is none
   */
  LabelScores(double[] thresholds) {
    this.thresholds = thresholds;
    spreads = new Spread[thresholds.length];
    near = new long[thresholds.length];
    int bins = Math.max(20, Math.min(BINS, CELLS / Math.max(1, thresholds.length)));
    for (int label = 0; label < spreads.length; label++) {
      spreads[label] = new Spread(bins);
    }
  }

  void add(int label, double score) {
    spreads[label].add(score);
    near[label] += Math.abs(score - thresholds[label]) < NEAR ? 1 : 0;
  }

  Spread of(int label) {
    return spreads[label];
  }

  /** NaN where there is none. */
  double threshold(int label) {
    return thresholds[label];
  }

  /** Records whose score is less than {@value #NEAR} away from the threshold. */
  long near(int label) {
    return near[label];
  }
}
