package org.ribonnx.report;

import java.util.List;
import java.util.Locale;

/** Shares by row and column: the stronger the colour, the larger; each cell says its number. */
final class ShareMap {
  private static final double LETTER = 6.8;
  private static final double CELL_WIDTH = 76;
  private static final double CELL_HEIGHT = 26;
  private static final int LONGEST = 20;

  private ShareMap() {}

  /** Draws it; {@code values} by row and column, from 0 to 1. */
  static Drawing draw(
      String id,
      String title,
      String description,
      List<String> rows,
      List<String> columns,
      double[][] values) {
    double left = 12 + LETTER * Words.longest(rows.stream(), LONGEST);
    // Names that are wider than their column stand upright.
    boolean upright = LETTER * Words.longest(columns.stream(), LONGEST) > CELL_WIDTH;
    double top = upright ? 10 + LETTER * Words.longest(columns.stream(), LONGEST) : 22;
    Drawing drawing =
        new Drawing(
            id,
            Drawing.NATURAL,
            left + columns.size() * CELL_WIDTH + 8,
            top + rows.size() * CELL_HEIGHT + 8,
            title,
            description);
    double most = 0;
    for (double[] row : values) {
      for (double value : row) {
        most = Math.max(most, value);
      }
    }
    if (upright) {
      drawing.namesAbove(columns, LONGEST, left, CELL_WIDTH, top - 5, 12);
    } else {
      for (int column = 0; column < columns.size(); column++) {
        drawing.text(
            left + (column + 0.5) * CELL_WIDTH,
            top - 7,
            12,
            "middle",
            Words.shortened(columns.get(column), LONGEST));
      }
    }
    for (int row = 0; row < rows.size(); row++) {
      double y = top + row * CELL_HEIGHT;
      drawing.text(
          left - 6, y + CELL_HEIGHT / 2 + 4, 12, "end", Words.shortened(rows.get(row), LONGEST));
      for (int column = 0; column < columns.size(); column++) {
        double x = left + column * CELL_WIDTH;
        double value = values[row][column];
        drawing.rect(x, y, CELL_WIDTH - 2, CELL_HEIGHT - 2, "empty", "#f2f2f2");
        if (value > 0) {
          // Not the whole colour, since the number stands on it.
          double strength = 0.6 * value / most;
          drawing.rect(x, y, CELL_WIDTH - 2, CELL_HEIGHT - 2, "ok", Drawing.BLUE, strength, "");
        }
        String shown = Double.isNaN(value) ? "–" : String.format(Locale.ROOT, "%.3f", value);
        drawing.text(x + CELL_WIDTH / 2 - 1, y + CELL_HEIGHT / 2 + 3, 12, "middle", shown);
      }
    }
    return drawing;
  }
}
