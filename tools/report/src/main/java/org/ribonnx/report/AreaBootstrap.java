package org.ribonnx.report;

import java.util.Arrays;
import java.util.Random;

/**
 * Intervals of areas under the ROC of many labels: records are drawn anew with all their labels, a
 * Poisson number of times each, so that labels that go together stay together. Each draw sees the
 * scores in at most {@value #BINS} classes; what that changes in the areas is taken off again. The
 * generator is seeded.
 */
final class AreaBootstrap {
  private static final int BINS = 2_048;
  private static final int FEWEST = 200;
  private static final long WORK = 300_000_000;

  /** Shares of Poisson draws of 0, 1, … around 1, added up. */
  private static final double[] DRAWS = draws();

  /**
   * The middle 95 % of the drawn areas.
   *
   * @param macro mean over the labels
   * @param micro over all pairs of record and label
   */
  record Intervals(Bootstrap.Interval macro, Bootstrap.Interval micro) {}

  private static final Bootstrap.Interval UNKNOWN = new Bootstrap.Interval(Double.NaN, Double.NaN);

  private final int labels;
  private final int records;
  private final int bins;

  /** By label and record: twice the class of the score, and 1 more where the label is true. */
  private final short[][] codes;

  private final int[] own;
  private final int[] all;

  private AreaBootstrap(BinnedAreas areas) {
    labels = areas.labels();
    records = areas.records();
    float[] limits = areas.quantiles(Math.min(BINS, 2 * records + 16));
    bins = limits.length;
    codes = new short[labels][records];
    for (int label = 0; label < labels; label++) {
      for (int i = 0; i < records; i++) {
        int found = Arrays.binarySearch(limits, areas.score(label, i));
        int bin = found >= 0 ? found : Math.max(0, -found - 2);
        // Equal limits are one class.
        while (bin > 0 && limits[bin - 1] == limits[bin]) {
          bin--;
        }
        codes[label][i] = (short) (2 * bin + (areas.isPositive(label, i) ? 1 : 0));
      }
    }
    own = new int[2 * bins];
    all = new int[2 * bins];
  }

  /** Intervals of both areas; not defined where scores were binned or there is no area. */
  static Intervals of(BinnedAreas areas) {
    if (areas.records() < 1 || areas.defined() == 0) {
      return new Intervals(UNKNOWN, UNKNOWN);
    }
    return new AreaBootstrap(areas).intervals(areas.macro(), areas.micro());
  }

  private Intervals intervals(double macro, double micro) {
    long cost = (long) labels * (records + 2L * bins);
    int replicates = (int) Math.max(FEWEST, Math.min(Bootstrap.REPLICATES, WORK / cost));
    int[] weights = new int[records];
    Arrays.fill(weights, 1);
    double[] plain = areas(weights);
    double[] macros = new double[replicates];
    double[] micros = new double[replicates];
    Random random = new Random(Bootstrap.SEED);
    for (int i = 0; i < replicates; i++) {
      for (int record = 0; record < records; record++) {
        double share = (random.nextInt() >>> 8) * 0x1p-24;
        int times = 0;
        while (times < DRAWS.length && share >= DRAWS[times]) {
          times++;
        }
        weights[record] = times;
      }
      double[] drawn = areas(weights);
      macros[i] = Math.max(0, Math.min(1, drawn[0] - plain[0] + macro));
      micros[i] = Math.max(0, Math.min(1, drawn[1] - plain[1] + micro));
    }
    return new Intervals(Bootstrap.interval(macros), Bootstrap.interval(micros));
  }

  /** Macro and micro area of records that count so many times each. */
  private double[] areas(int[] weights) {
    Arrays.fill(all, 0);
    double sum = 0;
    int defined = 0;
    for (short[] label : codes) {
      Arrays.fill(own, 0);
      for (int record = 0; record < weights.length; record++) {
        own[label[record]] += weights[record];
      }
      double area = area(own);
      if (!Double.isNaN(area)) {
        sum += area;
        defined++;
      }
      for (int i = 0; i < own.length; i++) {
        all[i] += own[i];
      }
    }
    return new double[] {defined == 0 ? Double.NaN : sum / defined, area(all)};
  }

  /** Area of counts of negatives and positives in turn, the lowest scores first. */
  private static double area(int[] counts) {
    double below = 0;
    double positives = 0;
    double pairs = 0;
    for (int i = 0; i < counts.length; i += 2) {
      pairs += counts[i + 1] * (below + counts[i] / 2.0);
      below += counts[i];
      positives += counts[i + 1];
    }
    return below == 0 || positives == 0 ? Double.NaN : pairs / below / positives;
  }

  private static double[] draws() {
    double[] sums = new double[12];
    double one = StrictMath.exp(-1);
    double sum = 0;
    for (int i = 0; i < sums.length; i++) {
      sum += one;
      sums[i] = sum;
      one /= i + 1;
    }
    return sums;
  }
}
