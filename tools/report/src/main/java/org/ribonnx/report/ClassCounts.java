package org.ribonnx.report;

import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * How well one label is found. Ratios are scikit-learn's {@code precision_recall_fscore_support};
 * those without a denominator are NaN here, and F1 is 0 where nothing is right.
 *
 * @param label number of the label
 * @param support records whose truth is the label
 * @param predicted records that got the label
 * @param right records of both
 */
record ClassCounts(int label, long support, long predicted, long right) {
  double precision() {
    return predicted == 0 ? Double.NaN : (double) right / predicted;
  }

  double recall() {
    return support == 0 ? Double.NaN : (double) right / support;
  }

  /** Harmonic mean of precision and recall: 2 · right / (support + predicted). */
  double f1() {
    return support + predicted == 0 ? Double.NaN : 2.0 * right / (support + predicted);
  }

  /** Mean over the labels that have support; NaN if none has. */
  static double macro(List<ClassCounts> classes, ToDoubleFunction<ClassCounts> metric) {
    double sum = 0;
    int some = 0;
    for (ClassCounts one : classes) {
      if (one.support > 0) {
        double value = metric.applyAsDouble(one);
        sum += Double.isNaN(value) ? 0 : value;
        some++;
      }
    }
    return some == 0 ? Double.NaN : sum / some;
  }

  /** Mean over the labels, weighted by support; NaN if none has support. */
  static double weighted(List<ClassCounts> classes, ToDoubleFunction<ClassCounts> metric) {
    double sum = 0;
    long support = 0;
    for (ClassCounts one : classes) {
      double value = metric.applyAsDouble(one);
      sum += one.support > 0 && !Double.isNaN(value) ? value * one.support : 0;
      support += one.support;
    }
    return support == 0 ? Double.NaN : sum / support;
  }

  /** F1 over all decisions together; NaN if there are none. */
  static double micro(List<ClassCounts> classes) {
    long right = 0;
    long both = 0;
    for (ClassCounts one : classes) {
      right += one.right;
      both += one.support + one.predicted;
    }
    return both == 0 ? Double.NaN : 2.0 * right / both;
  }
}
