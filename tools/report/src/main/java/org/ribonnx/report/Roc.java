package org.ribonnx.report;

import java.util.ArrayList;
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
    List<Point> all = new ArrayList<>();
    List<Point> recalls = new ArrayList<>();
    all.add(new Point(0, 0));
    double sum = 0;
    double weighted = 0;
    long accepted = 0;
    long wrongly = 0;
    int i = high.values().length;
    int j = low.values().length;
    while (i > 0 || j > 0) {
      double nextHigh = i > 0 ? high.values()[i - 1] : Double.NEGATIVE_INFINITY;
      double nextLow = j > 0 ? low.values()[j - 1] : Double.NEGATIVE_INFINITY;
      long more = nextHigh >= nextLow ? high.counts()[--i] : 0;
      long moreWrongly = nextLow >= nextHigh ? low.counts()[--j] : 0;
      sum += moreWrongly * (2.0 * accepted + more) / 2;
      accepted += more;
      wrongly += moreWrongly;
      weighted += more * (double) accepted / (accepted + wrongly);
      // Points on one straight run up or right say nothing: only its ends are kept.
      if (all.size() > 1) {
        Point last = all.get(all.size() - 1);
        Point before = all.get(all.size() - 2);
        double x = share(wrongly, negatives);
        double y = share(accepted, positives);
        if ((last.falsePositiveRate == x && before.falsePositiveRate == x)
            || (last.truePositiveRate == y && before.truePositiveRate == y)) {
          all.remove(all.size() - 1);
        }
      }
      all.add(new Point(share(wrongly, negatives), share(accepted, positives)));
      recalls.add(new Point(share(accepted, positives), share(accepted, accepted + wrongly)));
    }
    area = positives == 0 || negatives == 0 ? Double.NaN : sum / positives / negatives;
    averagePrecision = positives == 0 ? Double.NaN : weighted / positives;
    points = thinned(all);
    precision = thinned(recalls);
  }

  private static double share(long count, long total) {
    return total == 0 ? Double.NaN : (double) count / total;
  }

  private static List<Point> thinned(List<Point> all) {
    if (all.size() <= MOST_POINTS) {
      return List.copyOf(all);
    }
    List<Point> some = new ArrayList<>();
    for (int i = 0; i < MOST_POINTS; i++) {
      some.add(all.get((int) ((long) i * (all.size() - 1) / (MOST_POINTS - 1))));
    }
    return some;
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
