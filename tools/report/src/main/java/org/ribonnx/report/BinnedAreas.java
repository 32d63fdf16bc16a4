package org.ribonnx.report;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Areas of many labels, each against the rest, under ROC and precision over recall, in bounded
 * memory. Up to {@value #EXACT} scores are kept as they are (as floats, which tell all numbers of
 * six digits apart). Beyond that they are counted in bins of equal width on the logit scale from
 * −16 to 16; scores of one bin count as ties, so an area under a ROC is off by at most half the
 * share of pairs of a positive and a negative that fall into one bin.
 */
final class BinnedAreas {
  /** As many scores, over all labels, are kept as they are. */
  static final int EXACT = 2_000_000;

  private static final int MOST_POINTS = 200;
  private static final int MOST_BINS = 10_000;
  private static final int FEWEST_BINS = 500;
  private static final int CELLS = 4_000_000;

  private final int labels;
  private final int bins;
  private float[][] values;
  private final int[] sizes;
  private final BitSet[] positives;
  private int[][] positive = new int[0][];
  private int[][] negative = new int[0][];
  private final @Nullable Areas[] known;
  private @Nullable Areas pooled;
  private int held;

  BinnedAreas(int labels) {
    this.labels = labels;
    bins = Math.max(FEWEST_BINS, Math.min(MOST_BINS, CELLS / Math.max(1, labels)));
    values = new float[labels][16];
    sizes = new int[labels];
    known = new Areas[labels];
    positives = new BitSet[labels];
    Arrays.setAll(positives, label -> new BitSet());
  }

  /** Bins of each label; 0: none, every score is known as it was. */
  int bins() {
    return exact() ? 0 : bins;
  }

  private boolean exact() {
    return positive.length == 0;
  }

  void add(int label, double score, boolean isPositive) {
    known[label] = null;
    pooled = null;
    if (exact() && held == EXACT) {
      positive = new int[labels][bins];
      negative = new int[labels][bins];
      for (int old = 0; old < labels; old++) {
        for (int i = 0; i < sizes[old]; i++) {
          (positives[old].get(i) ? positive : negative)[old][Numbers.bin(values[old][i], bins)]++;
        }
        positives[old].clear();
      }
      values = new float[0][];
      Arrays.fill(known, null);
    }
    if (!exact()) {
      (isPositive ? positive : negative)[label][Numbers.bin(score, bins)]++;
      return;
    }
    int size = sizes[label]++;
    if (size == values[label].length) {
      values[label] = Arrays.copyOf(values[label], 2 * size);
    }
    values[label][size] = (float) score;
    positives[label].set(size, isPositive);
    held++;
  }

  /**
   * What the walk down the scores of a label gives, with its numbers of positives and negatives.
   */
  private record Areas(double roc, double averagePrecision, double right, double wrong) {}

  /** Takes the numbers of positives and negatives from some score on, at each distinct score. */
  private interface Step {
    void at(double right, double wrong);
  }

  /**
   * The ROC of a label: shares of the negatives and of the positives from (0, 0) to (1, 1), at most
   * {@value #MOST_POINTS} points. Nothing where {@link #area} is NaN.
   */
  List<double[]> curve(int label) {
    Areas areas = areas(label);
    if (Double.isNaN(areas.roc())) {
      return List.of();
    }
    long[] order = ordered(label);
    return Thinned.of(
        MOST_POINTS,
        true,
        points -> {
          points.add(0, 0);
          walk(
              label,
              order,
              (right, wrong) -> points.add(wrong / areas.wrong(), right / areas.right()));
        });
  }

  /** Found once: it takes sorting, and is asked for by every table and figure. */
  private Areas areas(int label) {
    @Nullable Areas found = known[label];
    if (found == null) {
      found = walk(label, ordered(label), (right, wrong) -> {});
      known[label] = found;
    }
    return found;
  }

  /**
   * Score and truth of a label's records in sortable numbers, rising; none where there are bins.
   */
  private long[] ordered(int label) {
    long[] order = new long[exact() ? sizes[label] : 0];
    // Floats of scores are not negative, or order by their own comparison first.
    for (int i = 0; i < order.length; i++) {
      int bits = Float.floatToIntBits(values[label][i] + 0f);
      int sortable = bits >= 0 ? bits : bits ^ 0x7fffffff;
      order[i] = ((long) sortable << 1) | (positives[label].get(i) ? 1 : 0);
    }
    Arrays.sort(order);
    return order;
  }

  private Areas walk(int label, long[] order, Step step) {
    return walk(order, bin -> positive[label][bin], bin -> negative[label][bin], step);
  }

  /** Over the sorted scores, or over bins where there are any. */
  private Areas walk(
      long[] order, IntToDoubleFunction ofPositives, IntToDoubleFunction ofNegatives, Step step) {
    double right = 0;
    double wrong = 0;
    double pairs = 0;
    double weighted = 0;
    if (exact()) {
      for (int i = order.length - 1; i >= 0; ) {
        long score = order[i] >> 1;
        double more = 0;
        double moreWrong = 0;
        for (; i >= 0 && order[i] >> 1 == score; i--) {
          if ((order[i] & 1) == 1) {
            more++;
          } else {
            moreWrong++;
          }
        }
        pairs += moreWrong * (right + more / 2);
        right += more;
        wrong += moreWrong;
        weighted += more * right / (right + wrong);
        step.at(right, wrong);
      }
    } else {
      for (int bin = bins - 1; bin >= 0; bin--) {
        double more = ofPositives.applyAsDouble(bin);
        double moreWrong = ofNegatives.applyAsDouble(bin);
        if (more + moreWrong > 0) {
          pairs += moreWrong * (right + more / 2);
          right += more;
          wrong += moreWrong;
          weighted += more * right / (right + wrong);
          step.at(right, wrong);
        }
      }
    }
    return new Areas(
        right == 0 || wrong == 0 ? Double.NaN : pairs / right / wrong,
        right == 0 ? Double.NaN : weighted / right,
        right,
        wrong);
  }

  /** Area under the ROC of a label; NaN where all records have the label or none has. */
  double area(int label) {
    return areas(label).roc();
  }

  /** Average precision of a label; NaN where no record has it. */
  double averagePrecision(int label) {
    return areas(label).averagePrecision();
  }

  /** Scores of all labels in one heap, rising, with their truth, as {@link #ordered}. */
  private long[] pooledOrder() {
    long[] order = new long[exact() ? held : 0];
    int at = 0;
    for (int label = 0; label < labels && exact(); label++) {
      long[] own = ordered(label);
      System.arraycopy(own, 0, order, at, own.length);
      at += own.length;
    }
    Arrays.sort(order);
    return order;
  }

  private Areas pooled() {
    Areas found = pooled;
    if (found == null) {
      found =
          walk(pooledOrder(), bin -> sum(positive, bin), bin -> sum(negative, bin), (a, b) -> {});
      pooled = found;
    }
    return found;
  }

  private static double sum(int[][] counts, int bin) {
    double sum = 0;
    for (int[] label : counts) {
      sum += label[bin];
    }
    return sum;
  }

  /** Area over all pairs of record and label in one heap; NaN where one side is empty. */
  double micro() {
    return pooled().roc();
  }

  /** Average precision over all pairs of record and label; NaN where none is positive. */
  double microAveragePrecision() {
    return pooled().averagePrecision();
  }

  /** Mean area over the labels that have one, weighted by the records of the label. */
  double weighted() {
    return weighted(this::area);
  }

  /** Mean average precision over the labels of some record, weighted by the label's records. */
  double weightedAveragePrecision() {
    return weighted(this::averagePrecision);
  }

  private double weighted(IntToDoubleFunction measure) {
    double sum = 0;
    double weights = 0;
    for (int label = 0; label < labels; label++) {
      double value = measure.applyAsDouble(label);
      if (!Double.isNaN(value)) {
        sum += value * areas(label).right();
        weights += areas(label).right();
      }
    }
    return weights == 0 ? Double.NaN : sum / weights;
  }

  /**
   * Number of records, where each has a score of every label and all are known as they were; else
   * -1.
   */
  int records() {
    boolean whole = exact() && labels > 0;
    for (int label = 1; label < labels; label++) {
      whole &= sizes[label] == sizes[0];
    }
    return whole ? sizes[0] : -1;
  }

  int labels() {
    return labels;
  }

  /** The scores at even ranks among those of all labels, rising: at most {@code most} of them. */
  float[] quantiles(int most) {
    long[] order = pooledOrder();
    int count = Math.min(most, order.length);
    float[] limits = new float[count];
    for (int i = 0; i < count; i++) {
      int sortable = (int) (order[(int) ((long) i * order.length / count)] >> 1);
      limits[i] = Float.intBitsToFloat(sortable >= 0 ? sortable : sortable ^ 0x7fffffff);
    }
    return limits;
  }

  /** Score of a label of a record, by the order in which they were added. */
  float score(int label, int record) {
    return values[label][record];
  }

  boolean isPositive(int label, int record) {
    return positives[label].get(record);
  }

  /** Number of labels that have an area. */
  int defined() {
    int defined = 0;
    for (int label = 0; label < labels; label++) {
      defined += Double.isNaN(area(label)) ? 0 : 1;
    }
    return defined;
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).filter(value -> !Double.isNaN(value)).average().orElse(Double.NaN);
  }

  /** Mean area over the labels that have one; NaN if none has. */
  double macro() {
    double[] areas = new double[labels];
    Arrays.setAll(areas, this::area);
    return mean(areas);
  }

  /** Mean average precision over the labels that some record has; NaN if none has. */
  double macroAveragePrecision() {
    double[] areas = new double[labels];
    Arrays.setAll(areas, this::averagePrecision);
    return mean(areas);
  }
}
