package org.ribonnx.report;

import java.util.List;
import java.util.function.IntConsumer;

/** A long table in parts, with a line of links to each part; no script is needed to turn pages. */
final class Pager {
  private static final int ROWS = 200;

  private final Html html;
  private final String id;
  private final int rows;

  /**
   * @param id unique on the page; that of a part is followed by its number
   */
  Pager(Html html, String id, int rows) {
    this.html = html;
    this.id = id;
    this.rows = rows;
  }

  /** Writes the parts; {@code row} writes one row, counted from 0. */
  void write(List<String> headings, IntConsumer row) {
    for (int from = 0; from < Math.max(1, rows); from += ROWS) {
      if (rows > ROWS) {
        links(from);
      }
      html.table("", headings);
      for (int i = from; i < Math.min(rows, from + ROWS); i++) {
        row.accept(i);
      }
      html.endTable();
    }
  }

  private void links(int here) {
    html.markup("<p class=\"soft\" id=\"" + id + "-p" + here / ROWS + "\">Rows: ");
    for (int from = 0; from < rows; from += ROWS) {
      String text = from + 1 + "–" + Math.min(rows, from + ROWS);
      html.markup(
          from == here
              ? "<strong>" + text + "</strong> "
              : "<a href=\"#" + id + "-p" + from / ROWS + "\">" + text + "</a> ");
    }
    html.line("</p>");
  }
}
