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
  private final int positives;
  private final int negatives;

  /** Takes both groups' scores; the area is NaN if a group is empty. */
  Roc(Numbers positive, Numbers negative) {
    double[] high = positive.sorted();
    double[] low = negative.sorted();
    positives = high.length;
    negatives = low.length;
    List<Point> all = new ArrayList<>();
    all.add(new Point(0, 0));
    double sum = 0;
    int i = high.length;
    int j = low.length;
    while (i > 0 || j > 0) {
      double at = Math.max(i > 0 ? high[i - 1] : low[j - 1], j > 0 ? low[j - 1] : high[i - 1]);
      int i0 = i;
      int j0 = j;
      while (i > 0 && high[i - 1] >= at) {
        i--;
      }
      while (j > 0 && low[j - 1] >= at) {
        j--;
      }
      sum += (j0 - j) * ((double) (positives - i0) + (positives - i)) / 2;
      // Points on one straight run up or right say nothing: only its ends are kept.
      if (all.size() > 1) {
        Point last = all.get(all.size() - 1);
        Point before = all.get(all.size() - 2);
        double x = share(negatives - j, negatives);
        double y = share(positives - i, positives);
        if ((last.falsePositiveRate == x && before.falsePositiveRate == x)
            || (last.truePositiveRate == y && before.truePositiveRate == y)) {
          all.remove(all.size() - 1);
        }
      }
      all.add(new Point(share(negatives - j, negatives), share(positives - i, positives)));
    }
    area = positives == 0 || negatives == 0 ? Double.NaN : sum / positives / negatives;
    points = thinned(all);
  }

  private static double share(int count, int total) {
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

  int positives() {
    return positives;
  }

  int negatives() {
    return negatives;
  }

  /** Share of positives accepted where at most {@code rate} of the negatives are. */
  static double truePositiveRateAt(Numbers positive, Numbers negative, double rate) {
    double[] high = positive.sorted();
    double[] low = negative.sorted();
    if (high.length == 0 || low.length == 0) {
      return Double.NaN;
    }
    int allowed = (int) Math.floor(rate * low.length + 1e-9);
    if (allowed >= low.length) {
      return 1;
    }
    double above = low[low.length - 1 - allowed];
    int accepted = 0;
    while (accepted < high.length && high[high.length - 1 - accepted] > above) {
      accepted++;
    }
    return (double) accepted / high.length;
  }
}
