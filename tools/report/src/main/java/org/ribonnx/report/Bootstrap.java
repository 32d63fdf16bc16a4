package org.ribonnx.report;

import java.util.Arrays;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;

/**
 * Percentile intervals of ratios of counts by a Poisson bootstrap: each of {@value #REPLICATES}
 * times every count is drawn anew from a Poisson distribution around it, which stands for drawing
 * the records anew with replacement (Hanley and MacGibbon 2006), and needs no records. Draws around
 * 100 and more are normal, rounded. The generator is seeded, so equal counts give equal intervals.
 */
final class Bootstrap {
  static final int REPLICATES = 1_000;
  private static final double NORMAL_FROM = 100;
  static final long SEED = 20_240_229;

  /** The middle 95 % of what was drawn; NaN if nothing was defined. */
  record Interval(double from, double to) {
    boolean isDefined() {
      return !Double.isNaN(from);
    }
  }

  /** Intervals of precision, recall and F1. */
  record Intervals(Interval precision, Interval recall, Interval f1) {}

  private Bootstrap() {}

  static Intervals of(ClassCounts counts) {
    Random random = new Random(SEED + counts.label());
    double[] precision = new double[REPLICATES];
    double[] recall = new double[REPLICATES];
    double[] f1 = new double[REPLICATES];
    for (int i = 0; i < REPLICATES; i++) {
      double right = draw(counts.right(), random);
      double predicted = right + draw(counts.predicted() - counts.right(), random);
      double support = right + draw(counts.support() - counts.right(), random);
      precision[i] = right / predicted;
      recall[i] = right / support;
      f1[i] = 2 * right / (predicted + support);
    }
    return new Intervals(interval(precision), interval(recall), interval(f1));
  }

  /** Interval of a share of some records among all. */
  static Interval ofShare(long part, long all) {
    Random random = new Random(SEED);
    double[] shares = new double[REPLICATES];
    for (int i = 0; i < REPLICATES; i++) {
      double some = draw(part, random);
      shares[i] = some / (some + draw(all - part, random));
    }
    return interval(shares);
  }

  private static double draw(long mean, Random random) {
    if (mean >= NORMAL_FROM) {
      return Math.max(
          0, Math.rint((double) mean + Math.sqrt((double) mean) * random.nextGaussian()));
    }
    double limit = StrictMath.exp(-(double) mean);
    double product = random.nextDouble();
    int count = 0;
    while (product > limit) {
      product *= random.nextDouble();
      count++;
    }
    return count;
  }

  /** The middle 95 % of some numbers, those that are NaN aside. */
  static Interval interval(double[] drawn) {
    double[] sorted = Arrays.stream(drawn).filter(value -> !Double.isNaN(value)).sorted().toArray();
    if (sorted.length == 0) {
      return new Interval(Double.NaN, Double.NaN);
    }
    DoubleUnaryOperator quantile =
        share -> {
          double place = share * (sorted.length - 1);
          int below = (int) place;
          int above = Math.min(sorted.length - 1, below + 1);
          return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
        };
    return new Interval(quantile.applyAsDouble(0.025), quantile.applyAsDouble(0.975));
  }
}
