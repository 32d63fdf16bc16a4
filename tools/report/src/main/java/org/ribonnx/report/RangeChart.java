package org.ribonnx.report;

import java.util.List;

/**
 * Ranges of numbers, a row each: a line for the middle 90 %, a box for half, a tick at the median;
 * or a line for an interval and the tick at what was measured.
 */
final class RangeChart {
  private static final double WIDTH = 480;
  private static final double LETTER = 6.8;
  private static final double ROW = 20;
  private static final double RIGHT = 14;
  private static final double FOOT = 42;
  private static final int LONGEST = 26;

  /**
   * A row.
   *
   * @param quantiles as {@link Spread#quantiles} gives them; or both ends of the line, and between
   *     them three times where the tick stands
   * @param mark where a dashed line stands; NaN: nowhere
   */
  record Range(String name, double[] quantiles, double mark) {}

  private RangeChart() {}

  /** Draws it, from 0 to {@code most}. */
  static Drawing draw(
      String id, String title, String description, double most, String axis, List<Range> rows) {
    double left = 12 + LETTER * Math.max(4, Words.longest(rows.stream().map(Range::name), LONGEST));
    double bottom = 6 + rows.size() * ROW;
    Drawing drawing = new Drawing(id, "figure wide-bars", WIDTH, bottom + FOOT, title, description);
    double unit = (WIDTH - left - RIGHT) / most;
    for (int tick = 0; tick <= 4; tick++) {
      double x = left + unit * most * tick / 4;
      drawing.line(x, 6, x, bottom, "grid", "#dddddd");
      drawing.text(x, bottom + 16, 11.5, "middle", Words.number(most * tick / 4));
    }
    drawing.text((left + WIDTH - RIGHT) / 2, bottom + 34, 12, "middle", axis);
    double y = 6;
    for (Range row : rows) {
      double[] at = row.quantiles().clone();
      for (int i = 0; i < at.length; i++) {
        at[i] = left + unit * Math.min(most, at[i]);
      }
      double middle = y + ROW / 2;
      drawing.text(left - 6, y + 14, 12, "end", Words.shortened(row.name(), LONGEST));
      drawing.line(at[0], middle, at[4], middle, "axis", "#888888");
      drawing.rect(
          at[1], y + 5, Math.max(1, at[3] - at[1]), ROW - 10, "ok", Drawing.BLUE, 0.45, "");
      drawing.rect(at[2] - 1.5, y + 3, 3, ROW - 6, "ok", Drawing.BLUE);
      if (!Double.isNaN(row.mark())) {
        double x = left + unit * row.mark();
        drawing.line(x, y + 1, x, y + ROW - 1, "threshold", Drawing.RED);
      }
      y += ROW;
    }
    return drawing;
  }
}
