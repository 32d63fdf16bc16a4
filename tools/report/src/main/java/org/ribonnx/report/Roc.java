package org.ribonnx.report;

import java.util.List;

/**
 * Receiver operating characteristic of a score that should be high for positives. Equal scores make
 * one step, and the area under the steps is that of the trapezoids, so it is the probability that a
 * positive scores above a negative, ties counted half (Fawcett 2006; the same as scikit-learn's
 * {@code roc_auc_score}).
 */
final class Roc {
  private static final int MOST_POINTS = 300;

  /**
   * A point of the curve.
   *
   * @param falsePositiveRate share of negatives at or above the score
   * @param truePositiveRate share of positives at or above the score
   */
  record Point(double falsePositiveRate, double truePositiveRate) {}

  private final double area;
  private final List<Point> points;
  private final List<Point> precision;
  private final double averagePrecision;
  private final long positives;
  private final long negatives;
  private final boolean exact;

  /** Takes both groups' scores; the area is NaN if a group is empty. */
  Roc(Numbers positive, Numbers negative) {
    Numbers.Tally high = positive.tally();
    Numbers.Tally low = negative.tally();
    exact = positive.exact() && negative.exact();
    positives = high.total();
    negatives = low.total();
    double[] sums = new double[2];
    walk(
        high,
        low,
        (accepted, wrongly, more, moreWrongly) -> {
          sums[0] += moreWrongly * (2.0 * accepted - more) / 2;
          sums[1] += more * (double) accepted / (accepted + wrongly);
        });
    area = positives == 0 || negatives == 0 ? Double.NaN : sums[0] / positives / negatives;
    averagePrecision = positives == 0 ? Double.NaN : sums[1] / positives;
    points =
        points(
            Thinned.of(
                MOST_POINTS,
                true,
                sink -> {
                  sink.add(0, 0);
                  walk(
                      high,
                      low,
                      (accepted, wrongly, more, moreWrongly) ->
                          sink.add(share(wrongly, negatives), share(accepted, positives)));
                }));
    precision =
        points(
            Thinned.of(
                MOST_POINTS,
                false,
                sink ->
                    walk(
                        high,
                        low,
                        (accepted, wrongly, more, moreWrongly) ->
                            sink.add(
                                share(accepted, positives), share(accepted, accepted + wrongly)))));
  }

  /** Takes what is accepted at each distinct score, the highest first, and what it adds. */
  private interface Step {
    void at(long accepted, long wrongly, long more, long moreWrongly);
  }

  private static void walk(Numbers.Tally high, Numbers.Tally low, Step step) {
    long accepted = 0;
    long wrongly = 0;
    int i = high.values().length;
    int j = low.values().length;
    while (i > 0 || j > 0) {
      double nextHigh = i > 0 ? high.values()[i - 1] : Double.NEGATIVE_INFINITY;
      double nextLow = j > 0 ? low.values()[j - 1] : Double.NEGATIVE_INFINITY;
      long more = nextHigh >= nextLow ? high.counts()[--i] : 0;
      long moreWrongly = nextLow >= nextHigh ? low.counts()[--j] : 0;
      accepted += more;
      wrongly += moreWrongly;
      step.at(accepted, wrongly, more, moreWrongly);
    }
  }

  private static List<Point> points(List<double[]> places) {
    return places.stream().map(place -> new Point(place[0], place[1])).toList();
  }

  private static double share(long count, long total) {
    return total == 0 ? Double.NaN : (double) count / total;
  }

  double area() {
    return area;
  }

  /** The curve from (0, 0) to (1, 1), at most {@value #MOST_POINTS} points of it. */
  List<Point> points() {
    return points;
  }

  /**
   * Precision over recall at each score from the highest on, at most {@value #MOST_POINTS} points:
   * recall stands in the place of the false positive rate, precision in that of the true one.
   */
  List<Point> precisionOverRecall() {
    return precision;
  }

  /**
   * Sum over the distinct scores, from the highest on, of precision times gain of recall (the same
   * as scikit-learn's {@code average_precision_score}); NaN without positives.
   */
  double averagePrecision() {
    return averagePrecision;
  }

  long positives() {
    return positives;
  }

  long negatives() {
    return negatives;
  }

  /** Whether no scores were binned. */
  boolean exact() {
    return exact;
  }

  /** Share of positives accepted where at most {@code rate} of the negatives are. */
  static double truePositiveRateAt(Numbers positive, Numbers negative, double rate) {
    Numbers.Tally high = positive.tally();
    Numbers.Tally low = negative.tally();
    if (high.total() == 0 || low.total() == 0) {
      return Double.NaN;
    }
    long allowed = (long) Math.floor(rate * low.total() + 1e-9);
    double above = Double.NEGATIVE_INFINITY;
    long wrongly = 0;
    for (int i = low.values().length - 1; i >= 0; i--) {
      wrongly += low.counts()[i];
      if (wrongly > allowed) {
        above = low.values()[i];
        break;
      }
    }
    long accepted = 0;
    for (int i = high.values().length - 1; i >= 0 && high.values()[i] > above; i--) {
      accepted += high.counts()[i];
    }
    return (double) accepted / high.total();
  }
}
