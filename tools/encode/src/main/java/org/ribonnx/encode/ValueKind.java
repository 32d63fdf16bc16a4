package org.ribonnx.encode;

import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.InputSpec;
import org.ribonnx.core.io.ByteText;
import org.ribonnx.core.io.RibonnxException;

/**
 * Tells raw counts from normalised values, over a whole input: over all samples but those of a
 * model of counts that hold whole numbers alone.
 */
final class ValueKind {
  private static final double MILLION = 1e6;

  /** No logarithm of a count is as large. */
  private static final double LARGEST_LOG = 30;

  /** Whole numbers as large as this are no normalised values. */
  private static final double LARGE = 1000;

  private long samples;
  private long fractions;
  private double most;
  private double leastTotal = Double.POSITIVE_INFINITY;
  private double mostTotal;
  private boolean negative;
  private @Nullable String firstFraction;

  void clear() {
    samples = 0;
    fractions = 0;
    most = 0;
    leastTotal = Double.POSITIVE_INFINITY;
    mostTotal = 0;
    negative = false;
    firstFraction = null;
  }

  /** Place of the first number of a sample that is not whole; −1 if all are. */
  int add(double[] values, int count) {
    int fraction = -1;
    double total = 0;
    for (int i = 0; i < count; i++) {
      double value = values[i];
      total += value;
      if (value != Math.rint(value)) {
        fractions++;
        fraction = fraction < 0 ? i : fraction;
      }
      if (value > most) {
        most = value;
      }
      negative |= value < 0;
    }
    samples++;
    leastTotal = Math.min(leastTotal, total);
    mostTotal = Math.max(mostTotal, total);
    return fraction;
  }

  boolean hasFraction() {
    return firstFraction != null;
  }

  void fraction(String where) {
    firstFraction = where;
  }

  void negative() {
    negative = true;
  }

  void add(ValueKind later) {
    samples += later.samples;
    fractions += later.fractions;
    most = Math.max(most, later.most);
    leastTotal = Math.min(leastTotal, later.leastTotal);
    mostTotal = Math.max(mostTotal, later.mostTotal);
    negative |= later.negative;
    firstFraction = firstFraction == null ? later.firstFraction : firstFraction;
  }

  /**
   * Compares with what the model wants.
   *
   * @throws RibonnxException input, saying what the numbers look like
   */
  void check(InputSpec input, String called) {
    if ("counts".equals(input.values()) && firstFraction != null) {
      throw RibonnxException.input(
          firstFraction
              + ", which is no whole number, and the model expects raw counts; the table looks like "
              + looks());
    }
    if ("normalised".equals(input.values()) && samples > 0 && fractions == 0 && most >= LARGE) {
      throw RibonnxException.input(
          called
              + ": every number is whole, up to "
              + ByteText.of(most)
              + ", and the model expects normalised values; the table looks like raw counts");
    }
  }

  private String looks() {
    if (negative) {
      return "log ratios or z-scores; give the counts they were made from";
    }
    if (most < LARGEST_LOG) {
      return "logarithms (no number reaches 30); give the counts they were made from";
    }
    if (leastTotal > 0.5 * MILLION && mostTotal < 1.001 * MILLION) {
      return "counts per million (no sample adds up to more); give the counts they were made from";
    }
    return "normalised or estimated counts; give raw ones, or round estimated ones to whole numbers";
  }
}
