package org.ribonnx.report;

/**
 * Losses of all probabilities of a single-label head, over records whose truth is one of its
 * labels: scikit-learn's {@code log_loss} (probabilities clipped to 2.22e-16 from 0 and 1) and
 * {@code brier_score_loss} of several classes (a sum over the labels, 0 to 2).
 */
final class ScoreLoss {
  private static final double LEAST = Math.ulp(1.0);

  private long records;
  private double log;
  private double squares;

  /**
   * Takes a record.
   *
   * @param probability of the true label
   * @param sumOfSquares of the probabilities of all labels
   */
  void add(double probability, double sumOfSquares) {
    records++;
    log -= Math.log(Math.min(1 - LEAST, Math.max(LEAST, probability)));
    squares += sumOfSquares - 2 * probability + 1;
  }

  long records() {
    return records;
  }

  /** Mean of -ln of the true label's probability; NaN without records. */
  double logLoss() {
    return records == 0 ? Double.NaN : log / records;
  }

  /** Mean over records of the sum over labels of (probability - truth)²; NaN without records. */
  double brier() {
    return records == 0 ? Double.NaN : squares / records;
  }
}
