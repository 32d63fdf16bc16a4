package org.ribonnx.report;

/**
 * How the scores of a record put its true labels before the others, as scikit-learn's {@code
 * coverage_error} and {@code label_ranking_loss} measure it: of equal scores the wrong label counts
 * as the higher one, and a record without true labels, or without others, counts as 0.
 */
final class LabelRanking {
  private long records;
  private double depth;
  private double loss;

  /**
   * Takes a record.
   *
   * @param scores one per label
   * @param truth numbers of the true labels, rising
   */
  void add(double[] scores, int[] truth) {
    records++;
    if (truth.length == 0) {
      return;
    }
    double least = Double.POSITIVE_INFINITY;
    for (int label : truth) {
      least = Math.min(least, scores[label]);
    }
    long reached = 0;
    long reversed = 0;
    for (int label = 0, at = 0; label < scores.length; label++) {
      boolean isTrue = at < truth.length && truth[at] == label;
      at += isTrue ? 1 : 0;
      if (scores[label] >= least) {
        reached++;
        for (int i = 0; !isTrue && i < truth.length; i++) {
          reversed += scores[truth[i]] <= scores[label] ? 1 : 0;
        }
      }
    }
    depth += reached;
    int others = scores.length - truth.length;
    loss += others == 0 ? 0 : (double) reversed / truth.length / others;
  }

  long records() {
    return records;
  }

  /** Mean number of best labels to go through until all true ones are met; NaN without records. */
  double coverage() {
    return records == 0 ? Double.NaN : depth / records;
  }

  /** Mean share of pairs of a true and another label that stand in the wrong order; else NaN. */
  double loss() {
    return records == 0 ? Double.NaN : loss / records;
  }
}
