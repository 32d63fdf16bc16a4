package org.ribonnx.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Two rankings of features for one label.
 *
 * @param label number of the label
 * @param spearman Spearman's correlation of the means over the features that either table has, a
 *     feature that a table lacks counting as 0 there; NaN where one of them does not vary
 * @param first names of the features of the highest means in the one table
 * @param second likewise in the other
 * @param common how many of these are in both
 */
record Rankings(int label, double spearman, List<String> first, List<String> second, int common) {
  static final int TOP = 10;

  /** The labels that both tables have rows of. */
  static List<Rankings> of(Importance one, Importance other, int head) {
    List<Rankings> all = new ArrayList<>();
    for (Importance.OfLabel label : one.labels(head)) {
      Importance.@Nullable OfLabel twin = other.label(head, label.label());
      if (twin != null) {
        all.add(of(one, label, other, twin));
      }
    }
    return all;
  }

  private static Rankings of(
      Importance one, Importance.OfLabel label, Importance other, Importance.OfLabel twin) {
    double[] theirs = twin.means(other.features());
    List<double[]> pairs = new ArrayList<>();
    boolean[] met = new boolean[other.features()];
    for (int i = 0; i < label.size(); i++) {
      Importance.Entry entry = label.entry(i);
      int number = other.find(one.feature(entry.feature()));
      pairs.add(new double[] {entry.mean(), number < 0 ? 0 : theirs[number]});
      if (number >= 0) {
        met[number] = true;
      }
    }
    for (int i = 0; i < twin.size(); i++) {
      Importance.Entry entry = twin.entry(i);
      if (!met[entry.feature()]) {
        pairs.add(new double[] {0, entry.mean()});
      }
    }
    List<String> first = names(one, label);
    List<String> second = names(other, twin);
    return new Rankings(
        label.label(),
        spearman(
            pairs.stream().mapToDouble(pair -> pair[0]).toArray(),
            pairs.stream().mapToDouble(pair -> pair[1]).toArray()),
        first,
        second,
        (int) first.stream().filter(second::contains).count());
  }

  private static List<String> names(Importance importance, Importance.OfLabel label) {
    return label.highest(TOP).stream().map(entry -> importance.feature(entry.feature())).toList();
  }

  /**
   * Pearson's correlation of the ranks, equal values having the mean of theirs; NaN if one set of
   * values is all equal.
   */
  static double spearman(double[] x, double[] y) {
    double[] a = ranks(x);
    double[] b = ranks(y);
    double middle = (x.length + 1) / 2.0;
    double product = 0;
    double squaresOfA = 0;
    double squaresOfB = 0;
    for (int i = 0; i < a.length; i++) {
      product += (a[i] - middle) * (b[i] - middle);
      squaresOfA += (a[i] - middle) * (a[i] - middle);
      squaresOfB += (b[i] - middle) * (b[i] - middle);
    }
    return squaresOfA == 0 || squaresOfB == 0
        ? Double.NaN
        : product / Math.sqrt(squaresOfA) / Math.sqrt(squaresOfB);
  }

  private static double[] ranks(double[] values) {
    Integer[] order = new Integer[values.length];
    Arrays.setAll(order, i -> i);
    // A sum with 0 makes one of the two zeros.
    Arrays.sort(order, Comparator.comparingDouble((Integer i) -> values[i] + 0.0));
    double[] ranks = new double[values.length];
    for (int from = 0; from < order.length; ) {
      int to = from;
      while (to < order.length && values[order[to]] == values[order[from]]) {
        to++;
      }
      for (int i = from; i < to; i++) {
        ranks[order[i]] = (from + 1 + to) / 2.0;
      }
      from = to;
    }
    return ranks;
  }
}
