package org.ribonnx.report;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** A confusion matrix: rows are the truth, columns the decision, strength the share of the row. */
final class HeatMap {
  private static final double MOST_CELL = 26;
  private static final double WIDTH = 640;
  private static final double LETTER = 6.8;
  private static final int LONGEST = 21;

  private HeatMap() {}

  /**
   * Draws it.
   *
   * @param rows names of the rows
   * @param columns names of the columns
   * @param counts records by row and column; the last column is that of the unassigned, where a row
   *     is rejecting
   * @param rejecting rows that should be left unassigned
   */
  static Drawing draw(
      String id,
      String title,
      String description,
      List<String> rows,
      List<String> columns,
      long[][] counts,
      boolean[] rejecting) {
    // As much room as the longest name takes.
    int longest = Words.longest(Stream.concat(rows.stream(), columns.stream()), LONGEST);
    double label = 12 + LETTER * longest;
    double cell = Math.min(MOST_CELL, (WIDTH - label - 10) / columns.size());
    double font = Math.min(12, cell * 0.72);
    double top = label;
    double height = top + rows.size() * cell + 10;
    Drawing drawing = new Drawing(id, "figure wide", WIDTH, height, title, description);
    drawing.namesAbove(columns, LONGEST, label, cell, top - 5, font);
    for (int row = 0; row < rows.size(); row++) {
      double y = top + row * cell;
      drawing.text(
          label - 5, y + cell / 2 + font / 3, font, "end", Words.shortened(rows.get(row), LONGEST));
      drawing.rect(label, y, columns.size() * cell - 1, cell - 1, "empty", "#f2f2f2");
      drawing.line(label, y, label, y, "grid", "#dddddd");
      long total = 0;
      for (long count : counts[row]) {
        total += count;
      }
      for (int column = 0; column < columns.size(); column++) {
        long count = counts[row][column];
        if (count > 0) {
          boolean hit = row == column || (column == columns.size() - 1 && rejecting[row]);
          drawing.rect(
              label + column * cell,
              y,
              cell - 1,
              cell - 1,
              hit ? "hit" : "miss",
              hit ? Drawing.BLUE : Drawing.AMBER,
              0.12 + 0.88 * count / total,
              String.format(
                  Locale.ROOT,
                  "truth %s, decision %s: %,d of %,d",
                  rows.get(row),
                  columns.get(column),
                  count,
                  total));
        }
      }
    }
    return drawing;
  }
}
