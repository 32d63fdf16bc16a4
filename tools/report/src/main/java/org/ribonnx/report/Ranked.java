package org.ribonnx.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * A label with its count.
 *
 * @param label number of the label
 * @param count how often it occurs
 */
record Ranked(int label, long count) {
  /** Labels that occur, most frequent first, ties in the order of the model. */
  static List<Ranked> of(long[] counts) {
    List<Ranked> ranked = new ArrayList<>();
    for (int label = 0; label < counts.length; label++) {
      if (counts[label] > 0) {
        ranked.add(new Ranked(label, counts[label]));
      }
    }
    ranked.sort(Comparator.comparingLong(Ranked::count).reversed());
    return ranked;
  }
}
