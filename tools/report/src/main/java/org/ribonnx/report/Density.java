package org.ribonnx.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Where most of some places lie: their density by a Gaussian kernel on a grid, and the outlines of
 * the smallest areas that hold a share of it (highest density regions, Hyndman 1996). The kernel's
 * width follows Scott's rule (1992) on each axis, within limits of the map, so that a few far
 * places do not blur the rest.
 */
final class Density {
  /** Cells along the longer side. */
  private static final int CELLS = 128;

  /** Least and most width of the kernel, as shares of the longer side of the map. */
  private static final double NARROWEST = 0.012;

  private static final double WIDEST = 0.04;

  /** A kernel reaches so many of its widths. */
  private static final double REACH = 3.5;

  private final int columns;
  private final int rows;
  private final double cell;
  private final double left;
  private final double low;
  private final double[] values;
  private final double[] sorted;

  /**
   * @param places x and y of all places in turn
   * @param members numbers of those that count; one at least
   * @param left least x of the map
   * @param low least y of the map
   * @param wide width of the map
   * @param tall height of the map
   */
  Density(float[] places, int[] members, double left, double low, double wide, double tall) {
    double side = Math.max(wide, tall);
    double widest = WIDEST * side;
    double edge = REACH * widest;
    this.cell = side / CELLS;
    this.left = left - edge;
    this.low = low - edge;
    this.columns = 2 + (int) Math.ceil((wide + 2 * edge) / cell);
    this.rows = 2 + (int) Math.ceil((tall + 2 * edge) / cell);
    this.values = new double[columns * rows];
    double across = Math.min(widest, Math.max(NARROWEST * side, scott(places, members, 0)));
    double upward = Math.min(widest, Math.max(NARROWEST * side, scott(places, members, 1)));
    for (int i : members) {
      add(places[2 * i], places[2 * i + 1], across, upward);
    }
    this.sorted = values.clone();
    Arrays.sort(sorted);
  }

  private static double scott(float[] places, int[] members, int axis) {
    double mean = 0;
    for (int i : members) {
      mean += places[2 * i + axis] / (double) members.length;
    }
    double squares = 0;
    for (int i : members) {
      squares += Math.pow(places[2 * i + axis] - mean, 2) / members.length;
    }
    return Math.sqrt(squares) * Math.pow(members.length, -1 / 6.0);
  }

  private double x(double column) {
    return left + column * cell;
  }

  private double y(double row) {
    return low + row * cell;
  }

  private void add(double x, double y, double across, double upward) {
    int firstColumn = Math.max(1, (int) Math.floor((x - REACH * across - left) / cell));
    int lastColumn = Math.min(columns - 2, (int) Math.ceil((x + REACH * across - left) / cell));
    int firstRow = Math.max(1, (int) Math.floor((y - REACH * upward - low) / cell));
    int lastRow = Math.min(rows - 2, (int) Math.ceil((y + REACH * upward - low) / cell));
    double[] weights = new double[Math.max(0, lastColumn - firstColumn + 1)];
    for (int column = 0; column < weights.length; column++) {
      weights[column] = kernel((x(firstColumn + column) - x) / across);
    }
    for (int row = firstRow; row <= lastRow; row++) {
      double weight = kernel((y(row) - y) / upward);
      for (int column = 0; column < weights.length; column++) {
        values[row * columns + firstColumn + column] += weight * weights[column];
      }
    }
  }

  private static double kernel(double distance) {
    return StrictMath.exp(-distance * distance / 2);
  }

  /** The density that the smallest area which holds a share of all reaches everywhere. */
  double level(double share) {
    double all = Arrays.stream(sorted).sum();
    double sum = 0;
    int at = sorted.length;
    while (at > 1 && sum < share * all) {
      sum += sorted[--at];
    }
    return sorted[at];
  }

  /**
   * The outlines of where the density is above a level, each a closed ring of x and y; a hole has a
   * ring of its own (marching squares, the saddle's middle tells).
   */
  List<List<double[]>> rings(double level) {
    Map<Long, Long> next = new HashMap<>();
    for (int row = 0; row + 1 < rows; row++) {
      for (int column = 0; column + 1 < columns; column++) {
        segments(row, column, level, next);
      }
    }
    List<List<double[]>> rings = new ArrayList<>();
    List<Long> starts = new ArrayList<>(next.keySet());
    starts.sort(null);
    for (long start : starts) {
      List<double[]> ring = new ArrayList<>();
      Long at = start;
      while (at != null && next.containsKey(at)) {
        ring.add(crossing(at, level));
        at = next.remove(at);
      }
      if (ring.size() > 2) {
        rings.add(ring);
      }
    }
    return rings;
  }

  /** The highest place of the grid: x and y. */
  double[] peak() {
    int best = 0;
    for (int i = 1; i < values.length; i++) {
      best = values[i] > values[best] ? i : best;
    }
    int row = best / columns;
    return new double[] {x(best % columns), y(row)};
  }

  private boolean above(int row, int column, double level) {
    return values[row * columns + column] >= level;
  }

  /** An edge of the grid: from a point to the one on its right, or the one above it. */
  private long edge(int row, int column, boolean upward) {
    return 2L * ((long) row * columns + column) + (upward ? 1 : 0);
  }

  private double[] crossing(long edge, double level) {
    int point = (int) (edge / 2);
    boolean upward = edge % 2 == 1;
    double from = values[point];
    double to = values[point + (upward ? columns : 1)];
    double part = (level - from) / (to - from);
    int column = point % columns;
    int row = point / columns;
    return new double[] {x(upward ? column : column + part), y(upward ? row + part : row)};
  }

  /** The parts of the outlines inside a square, with what is above the level on their left. */
  private void segments(int row, int column, double level, Map<Long, Long> next) {
    long bottom = edge(row, column, false);
    long right = edge(row, column + 1, true);
    long top = edge(row + 1, column, false);
    long side = edge(row, column, true);
    int corners =
        (above(row, column, level) ? 1 : 0)
            + (above(row, column + 1, level) ? 2 : 0)
            + (above(row + 1, column + 1, level) ? 4 : 0)
            + (above(row + 1, column, level) ? 8 : 0);
    switch (corners) {
      case 1 -> next.put(bottom, side);
      case 2 -> next.put(right, bottom);
      case 3 -> next.put(right, side);
      case 4 -> next.put(top, right);
      case 6 -> next.put(top, bottom);
      case 7 -> next.put(top, side);
      case 8 -> next.put(side, top);
      case 9 -> next.put(bottom, top);
      case 11 -> next.put(right, top);
      case 12 -> next.put(side, right);
      case 13 -> next.put(bottom, right);
      case 14 -> next.put(side, bottom);
      case 5, 10 -> {
        int at = row * columns + column;
        double middle =
            (values[at] + values[at + 1] + values[at + columns] + values[at + columns + 1]) / 4;
        boolean joined = middle >= level;
        if (corners == 5) {
          next.put(bottom, joined ? right : side);
          next.put(top, joined ? side : right);
        } else {
          next.put(right, joined ? top : bottom);
          next.put(side, joined ? bottom : top);
        }
      }
      default -> {
        // All of the square is on one side.
      }
    }
  }
}
