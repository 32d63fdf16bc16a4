package org.ribonnx.report;

import java.util.List;

/** Horizontal bars, each with its name and what stands at its end. */
final class BarChart {
  private static final double WIDTH = 480;
  private static final double LETTER = 6.8;
  private static final double RIGHT = 110;
  private static final double ROW = 20;
  private static final int LONGEST = 28;

  /**
   * A bar of one or several parts.
   *
   * @param parts lengths
   * @param note what stands behind the bar
   */
  record Bar(String name, double[] parts, String note) {}

  /** A part's meaning, in the order of the parts. */
  record Key(String name, String cssClass, String fill) {}

  private BarChart() {}

  /**
   * Draws it.
   *
   * @param most length that fills the width
   * @param keys one per part; a legend is drawn if there are several
   */
  static Drawing draw(
      String id, String title, String description, double most, List<Key> keys, List<Bar> bars) {
    double top = keys.size() > 1 ? 26 : 6;
    Drawing drawing =
        new Drawing(id, "figure wide-bars", WIDTH, top + bars.size() * ROW + 6, title, description);
    // As much room as the longest name takes.
    int longest = Words.longest(bars.stream().map(Bar::name), LONGEST);
    double left = 12 + LETTER * Math.max(4, longest);
    double at = left;
    for (Key key : keys) {
      if (keys.size() > 1) {
        drawing.rect(at, 5, 11, 11, key.cssClass(), key.fill());
        drawing.text(at + 15, 15, 12, "start", key.name());
        at += 30 + 7 * key.name().length();
      }
    }
    double y = top;
    for (Bar bar : bars) {
      drawing.text(left - 6, y + 14, 12, "end", Words.shortened(bar.name(), LONGEST));
      double x = left;
      for (int part = 0; part < bar.parts().length; part++) {
        double length = (WIDTH - left - RIGHT) * bar.parts()[part] / most;
        if (bar.parts()[part] > 0) {
          length = Math.max(0.5, length);
          drawing.rect(x, y + 3, length, ROW - 6, keys.get(part).cssClass(), keys.get(part).fill());
          x += length;
        }
      }
      drawing.text(x + 5, y + 14, 11.5, "start", bar.note());
      y += ROW;
    }
    return drawing;
  }
}
