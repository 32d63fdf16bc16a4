package org.ribonnx.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What of a head's importance is shown: a heat map can be read only up to some labels and features.
 *
 * @param labels those of the most records, in the order of the head
 * @param features of the highest means of each of these labels, in the order of the labels
 * @param top how many features of each label are among them
 */
record ImportanceChoice(List<Importance.OfLabel> labels, List<Integer> features, int top) {
  static final int MOST_LABELS = 40;
  static final int MOST_FEATURES = 60;
  private static final int MOST_TOP = 10;

  /** Below this share of a label's highest mean a feature would be an empty row. */
  private static final double LEAST_SHARE = 0.05;

  static ImportanceChoice of(Importance importance, int head) {
    List<Importance.OfLabel> labels = new ArrayList<>(importance.labels(head));
    labels.sort(Comparator.comparingLong(Importance.OfLabel::records).reversed());
    labels = new ArrayList<>(labels.subList(0, Math.min(MOST_LABELS, labels.size())));
    labels.sort(Comparator.comparingInt(Importance.OfLabel::label));
    int top = 0;
    Set<Integer> features = Set.of();
    while (top < MOST_TOP) {
      Set<Integer> more = first(labels, top + 1);
      if (more.size() > MOST_FEATURES) {
        break;
      }
      features = more;
      top++;
    }
    List<Integer> order = new ArrayList<>(features);
    if (importance.positions()) {
      order.sort(
          Comparator.comparing((Integer feature) -> start(importance.feature(feature)).length())
              .thenComparing(feature -> start(importance.feature(feature)))
              .thenComparing(importance::feature));
    }
    return new ImportanceChoice(labels, order, top);
  }

  /**
   * The number of a position, of a stretch that of its first; of equal length they compare as text.
   */
  private static String start(String position) {
    int end = position.indexOf('-', 1);
    return end < 0 ? position : position.substring(0, end);
  }

  /** At most {@code top} features that spoke for a label most, and not next to nothing. */
  static List<Importance.Entry> first(Importance.OfLabel label, int top) {
    List<Importance.Entry> highest = label.highest(top);
    return highest.stream()
        .filter(entry -> entry.mean() >= LEAST_SHARE * highest.get(0).mean())
        .toList();
  }

  /** The first features of each label; of a single label also those that speak most against it. */
  private static Set<Integer> first(List<Importance.OfLabel> labels, int top) {
    Set<Integer> features = new LinkedHashSet<>();
    for (Importance.OfLabel label : labels) {
      first(label, top).forEach(entry -> features.add(entry.feature()));
      if (labels.size() == 1) {
        label.lowest(top).forEach(entry -> features.add(entry.feature()));
      }
    }
    return features;
  }
}
