package org.ribonnx.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Values of both signs by row and column as coloured cells, with a legend: blue above 0, amber
 * below. The strength of the colour grows with the square root of the value, so that one large
 * value does not hide all others.
 */
final class SignedMap {
  private static final double LETTER = 6.4;
  private static final double FONT = 11;
  private static final double CELL = 15;
  private static final double MOST_WIDTH = 400;
  private static final double LEGEND = 40;
  private static final double STEP = 16;
  private static final int LEVELS = 8;
  private static final int LONGEST = 18;

  private SignedMap() {}

  /**
   * Draws it.
   *
   * @param values by row and column
   * @param named cells that say their value to a pointer
   */
  static Drawing draw(
      String id,
      String title,
      String description,
      List<String> rows,
      List<String> columns,
      double[][] values,
      boolean[][] named) {
    double left = 10 + LETTER * Words.longest(rows.stream(), LONGEST);
    double wide = Math.max(14, Math.min(30, MOST_WIDTH / columns.size()));
    double top = LEGEND + 10 + LETTER * Words.longest(columns.stream(), LONGEST);
    double legendWidth = (2 * LEVELS + 1) * STEP;
    double width = Math.max(left + columns.size() * wide, 20 + legendWidth + 40) + 10;
    double height = top + rows.size() * CELL + 8;
    Drawing drawing = new Drawing(id, Drawing.NATURAL, width, height, title, description);
    double most = 0;
    for (double[] row : values) {
      for (double value : row) {
        most = Math.max(most, Math.abs(value));
      }
    }
    legend(drawing, most, legendWidth);
    drawing.namesAbove(columns, LONGEST, left, wide, top - 5, FONT);
    for (int row = 0; row < rows.size(); row++) {
      double y = top + row * CELL;
      drawing.text(
          left - 5, y + CELL / 2 + FONT / 3, FONT, "end", Words.shortened(rows.get(row), LONGEST));
      drawing.rect(left, y, columns.size() * wide - 1, CELL - 1, "empty", "#f2f2f2");
    }
    List<List<double[]>> cells = new ArrayList<>();
    for (int level = -LEVELS; level <= LEVELS; level++) {
      cells.add(new ArrayList<>());
    }
    for (int row = 0; row < rows.size(); row++) {
      for (int column = 0; column < columns.size(); column++) {
        double value = values[row][column];
        int level = level(value, most);
        double x = left + column * wide;
        double y = top + row * CELL;
        if (level != 0 && named[row][column]) {
          drawing.rect(
              x,
              y,
              wide - 1,
              CELL - 1,
              level > 0 ? "hit" : "miss",
              level > 0 ? Drawing.BLUE : Drawing.AMBER,
              strength(level),
              columns.get(column) + ", " + rows.get(row) + ": " + shown(value));
        } else if (level != 0) {
          cells.get(level + LEVELS).add(new double[] {x, y});
        }
      }
    }
    for (int level = -LEVELS; level <= LEVELS; level++) {
      if (!cells.get(level + LEVELS).isEmpty()) {
        drawing.tiles(
            cells.get(level + LEVELS),
            wide - 1,
            CELL - 1,
            level > 0 ? "hit" : "miss",
            level > 0 ? Drawing.BLUE : Drawing.AMBER,
            strength(level));
      }
    }
    return drawing;
  }

  private static void legend(Drawing drawing, double most, double width) {
    double left = 24;
    for (int level = -LEVELS; level <= LEVELS; level++) {
      double x = left + (level + LEVELS) * STEP;
      drawing.rect(x, 6, STEP - 1, 11, "empty", "#f2f2f2");
      if (level != 0) {
        drawing.rect(
            x,
            6,
            STEP - 1,
            11,
            level > 0 ? "hit" : "miss",
            level > 0 ? Drawing.BLUE : Drawing.AMBER,
            strength(level),
            "");
      }
    }
    double middle = left + LEVELS * STEP + STEP / 2;
    // The highest of half the levels is a quarter of the most.
    double half = (LEVELS / 2.0) * STEP;
    drawing.text(left, 30, FONT, "start", shown(-most));
    drawing.text(middle - half, 30, FONT, "middle", shown(-most / 4));
    drawing.text(middle, 30, FONT, "middle", "0");
    drawing.text(middle + half, 30, FONT, "middle", shown(most / 4));
    drawing.text(left + width, 30, FONT, "end", shown(most));
  }

  /** A value with three digits. */
  static String shown(double value) {
    if (value == 0) {
      return "0";
    }
    double size = Math.abs(value);
    int decimals = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : size >= 0.01 ? 3 : -1;
    return decimals < 0
        ? String.format(Locale.ROOT, "%.1e", value)
        : String.format(Locale.ROOT, "%." + decimals + "f", value);
  }

  private static int level(double value, double most) {
    double share = most == 0 ? 0 : Math.sqrt(Math.abs(value) / most);
    int level = (int) Math.round(LEVELS * share);
    return value < 0 ? -level : level;
  }

  private static double strength(int level) {
    return (double) Math.abs(level) / LEVELS;
  }
}
