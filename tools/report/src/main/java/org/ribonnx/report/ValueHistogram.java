package org.ribonnx.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Counts of numbers whose range is not known beforehand, in bounded memory: bins of a power of ten
 * wide, ten of which become one whenever there are too many. Mean and variance follow Welford
 * (1962), so they are exact whatever the bins.
 */
final class ValueHistogram {
  private static final int MOST_BINS = 10_000;
  private static final int SHOWN = 40;
  private static final double LARGEST_INDEX = 1e15;

  /** A bin as it is shown: {@code from <= value < to}. */
  record Bin(double from, double to, long count) {}

  private final TreeMap<Long, long[]> bins = new TreeMap<>();
  private int exponent = -6;
  private long count;
  private double mean;
  private double squares;
  private double least = Double.POSITIVE_INFINITY;
  private double most = Double.NEGATIVE_INFINITY;

  void add(double value) {
    count++;
    double difference = value - mean;
    mean += difference / count;
    squares += difference * (value - mean);
    least = Math.min(least, value);
    most = Math.max(most, value);
    while (Math.abs(scaled(value)) > LARGEST_INDEX) {
      coarsen();
    }
    bins.computeIfAbsent((long) Math.floor(scaled(value)), key -> new long[1])[0]++;
    while (bins.size() > MOST_BINS) {
      coarsen();
    }
  }

  /** In units of bins; the small shift keeps 0.3 out of the bin below it. */
  private double scaled(double value) {
    double scaled = exponent < 0 ? value * Math.pow(10, -exponent) : value / Math.pow(10, exponent);
    return scaled + Math.min(0.01, Math.abs(scaled) * 1e-12);
  }

  private void coarsen() {
    exponent++;
    Map<Long, long[]> fine = new TreeMap<>(bins);
    bins.clear();
    fine.forEach(
        (bin, number) ->
            bins.computeIfAbsent(Math.floorDiv(bin, 10L), key -> new long[1])[0] += number[0]);
  }

  long count() {
    return count;
  }

  double mean() {
    return count == 0 ? Double.NaN : mean;
  }

  /** With n − 1 in the denominator; NaN below two values. */
  double standardDeviation() {
    return count < 2 ? Double.NaN : Math.sqrt(squares / (count - 1));
  }

  double least() {
    return count == 0 ? Double.NaN : least;
  }

  double most() {
    return count == 0 ? Double.NaN : most;
  }

  /** At most {@value #SHOWN} bins with round limits, from the least value to the largest. */
  List<Bin> shown() {
    List<Bin> shown = new ArrayList<>();
    if (count == 0) {
      return shown;
    }
    long first = bins.firstKey();
    long last = bins.lastKey();
    long width = 1;
    for (int step = 0; (last - first) / width + 2 > SHOWN; step++) {
      // 1, 2, 5, 10, 20, 50, … fine bins: the limits stay round numbers.
      width = step % 3 == 0 ? width * 2 : step % 3 == 1 ? width / 2 * 5 : width * 2;
    }
    double unit = Math.pow(10, exponent);
    for (long from = Math.floorDiv(first, width) * width; from <= last; from += width) {
      long number =
          bins.subMap(from, from + width).values().stream().mapToLong(bin -> bin[0]).sum();
      double left = exponent < 0 ? from / Math.pow(10, -exponent) : from * unit;
      double right =
          exponent < 0 ? (from + width) / Math.pow(10, -exponent) : (from + width) * unit;
      shown.add(new Bin(left, right, number));
    }
    return shown;
  }
}
