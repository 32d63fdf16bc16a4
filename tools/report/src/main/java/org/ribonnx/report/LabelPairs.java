package org.ribonnx.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which labels a multi-label head gives to the same records. */
final class LabelPairs {
  /** Of heads with more labels no pairs are counted: they would take too much memory. */
  static final int MOST_LABELS = 1_000;

  /** As many labels of a record are paired, the best first. */
  static final int MOST_PER_RECORD = 64;

  /** Labels beside each other on the page. */
  static final int SHOWN = 20;

  /**
   * Two labels.
   *
   * @param first number of the one that comes first in the model
   * @param together records with both
   * @param expected records with both if the labels knew nothing of each other
   * @param correlation from −1, never together, to 1, always together; NaN where a label never
   *     varies
   */
  record Pair(int first, int second, long together, double expected, double correlation) {}

  private final int labels;
  private final long[] @Nullable [] counts;

  LabelPairs(int labels) {
    this.labels = labels;
    counts = new long[labels <= MOST_LABELS ? labels : 0] @Nullable [];
  }

  /** Takes the labels of a record; only the first {@code count} count. */
  void add(int[] predicted, int count) {
    int paired = counts.length == 0 ? 0 : Math.min(MOST_PER_RECORD, count);
    for (int i = 1; i < paired; i++) {
      for (int j = 0; j < i; j++) {
        int first = Math.min(predicted[i], predicted[j]);
        long[] row = counts[first];
        if (row == null) {
          row = new long[labels];
          counts[first] = row;
        }
        row[Math.max(predicted[i], predicted[j])]++;
      }
    }
  }

  /**
   * The pairs of the {@value #SHOWN} labels of the most records, those that are most often together
   * first.
   *
   * @param records of each label
   * @param all records that could get labels
   */
  List<Pair> shown(long[] records, long all) {
    List<Integer> shown = shownLabels(records);
    List<Pair> pairs = new ArrayList<>();
    for (int first : shown) {
      for (int second : shown) {
        if (first < second) {
          pairs.add(pair(first, second, records, all));
        }
      }
    }
    pairs.sort(Comparator.comparingLong(Pair::together).reversed());
    return pairs;
  }

  /** The labels of the most records that occur, in the order of the model. */
  List<Integer> shownLabels(long[] records) {
    return counts.length == 0
        ? List.of()
        : Ranked.of(records).stream().limit(SHOWN).map(Ranked::label).sorted().toList();
  }

  private Pair pair(int first, int second, long[] records, long all) {
    long @Nullable [] row = counts[first];
    long together = row == null ? 0 : row[second];
    double a = (double) records[first] / all;
    double b = (double) records[second] / all;
    double spread = a * (1 - a) * b * (1 - b);
    return new Pair(
        first,
        second,
        together,
        all * a * b,
        spread == 0 ? Double.NaN : ((double) together / all - a * b) / Math.sqrt(spread));
  }
}
