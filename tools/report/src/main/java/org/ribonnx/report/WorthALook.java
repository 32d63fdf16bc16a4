package org.ribonnx.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Supplier;

/**
 * The records with the smallest values of something, at most {@value #MOST}; earlier ones first.
 */
final class WorthALook {
  static final int MOST = 20;

  /**
   * A record.
   *
   * @param name of the record
   * @param outcome what became of it
   * @param best number of its best label
   * @param second number of the label after that; -1: unknown
   * @param score probability of the best label
   * @param rank what it is listed for; smaller is more remarkable
   */
  record Entry(String name, Outcome outcome, int best, int second, double score, double rank) {}

  private final int most;
  private final List<Entry> entries = new ArrayList<>();
  private double worst = Double.NEGATIVE_INFINITY;

  WorthALook(int most) {
    this.most = most;
  }

  /** Takes a record, whose name is asked for only if it is among the smallest so far. */
  void offer(
      double rank, Supplier<String> name, Outcome outcome, int best, int second, double score) {
    if (Double.isNaN(rank) || (entries.size() == most && rank >= worst)) {
      return;
    }
    if (entries.size() == most) {
      entries.remove(entries.size() - 1);
    }
    int at = entries.size();
    while (at > 0 && entries.get(at - 1).rank() > rank) {
      at--;
    }
    entries.add(at, new Entry(name.get(), outcome, best, second, score, rank));
    worst = entries.get(entries.size() - 1).rank();
  }

  List<Entry> entries() {
    return List.copyOf(entries);
  }

  /** Those whose value is at most so much. */
  List<Entry> upTo(double rank) {
    return entries.stream().filter(entry -> entry.rank() <= rank).toList();
  }

  /**
   * What the assigned records of each label score, and the least sure of each, so that a record can
   * be told which is unusual for its label. Memory is that of the labels alone.
   */
  static final class ByLabel {
    private static final int BINS = 128;
    private static final int KEPT = 3;
    private static final long FEWEST = 10;

    private final int[][] bins;
    private final WorthALook[] lowest;

    ByLabel(int labels) {
      bins = new int[labels][];
      lowest = new WorthALook[labels];
    }

    void add(int label, double score, Supplier<String> name) {
      if (bins[label] == null) {
        bins[label] = new int[BINS];
        lowest[label] = new WorthALook(KEPT);
      }
      bins[label][Numbers.bin(score, BINS)]++;
      lowest[label].offer(score, name, Outcome.OK, label, -1, score);
    }

    /**
     * A quantile of the scores of a label, to the width of a bin (a quarter on the logit scale);
     * NaN if no record has it.
     */
    double quantile(int label, double share) {
      int[] counts = bins[label];
      if (counts == null) {
        return Double.NaN;
      }
      long total = Arrays.stream(counts).asLongStream().sum();
      long before = 0;
      for (int bin = 0; bin < BINS; bin++) {
        before += counts[bin];
        if (before >= share * total) {
          return Numbers.middle(bin, BINS);
        }
      }
      return Double.NaN;
    }

    private static double logit(double score) {
      double inside = Math.min(1 - 1e-7, Math.max(1e-7, score));
      return Math.log(inside / (1 - inside));
    }

    /**
     * Assigned records that score furthest below the median of their label, in halves of the range
     * of the label's middle 50 %, both on the logit scale: at least 3 of them, among labels of 10
     * records or more, at most 3 of a label.
     */
    List<Entry> unusual() {
      List<Entry> all = new ArrayList<>();
      for (int label = 0; label < bins.length; label++) {
        if (bins[label] == null || Arrays.stream(bins[label]).asLongStream().sum() < FEWEST) {
          continue;
        }
        double median = logit(quantile(label, 0.5));
        double spread =
            Math.max(0.5, (logit(quantile(label, 0.75)) - logit(quantile(label, 0.25))) / 2);
        for (Entry one : lowest[label].entries()) {
          double below = (median - logit(one.score())) / spread;
          if (below >= 3) {
            all.add(new Entry(one.name(), one.outcome(), label, -1, one.score(), -below));
          }
        }
      }
      all.sort(Comparator.comparingDouble(Entry::rank));
      return List.copyOf(all.subList(0, Math.min(MOST, all.size())));
    }
  }
}
