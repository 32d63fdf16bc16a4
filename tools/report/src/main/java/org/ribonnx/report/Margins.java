package org.ribonnx.report;

import java.util.function.Supplier;

/** How far the best label of each usable record is ahead of the second, for a single-label head. */
final class Margins {
  final ScoreHistogram histogram = new ScoreHistogram();
  final WorthALook narrowest = new WorthALook(WorthALook.MOST);
  private final long[] counts;
  private final double[] sums;

  Margins(int labels) {
    counts = new long[labels];
    sums = new double[labels];
  }

  /** Takes the two highest probabilities of a record and their labels. */
  void add(int best, double highest, int second, double next, Supplier<String> name) {
    double margin = highest - next;
    histogram.add(margin);
    counts[best]++;
    sums[best] += margin;
    narrowest.offer(margin, name, Outcome.OK, best, second, highest);
  }

  /** Mean margin of the records whose best label it is; NaN if there are none. */
  double mean(int label) {
    return counts[label] == 0 ? Double.NaN : sums[label] / counts[label];
  }
}
