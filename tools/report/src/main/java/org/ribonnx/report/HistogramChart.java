package org.ribonnx.report;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Histograms of the same bins, one panel above the other with a common scale of counts. Counts that
 * span orders of magnitude are drawn by their logarithm, which the axis says; a stack of bars would
 * mislead there, hence the panels.
 */
final class HistogramChart {
  private static final double WIDTH = 480;
  private static final double LEFT = 50;
  private static final double RIGHT = 14;
  private static final double PANEL = 92;
  private static final double HEAD = 20;
  private static final double FOOT = 42;
  private static final long LOGARITHMIC_FROM = 60;

  /**
   * A group of records.
   *
   * @param name in the words of the page
   * @param cssClass colour, by class
   * @param fill colour, where there is no style sheet
   */
  record Panel(String name, String cssClass, String fill, long[] counts) {}

  private final String id;
  private final double from;
  private final double to;
  private final List<Panel> panels;
  private final String axis;

  /**
   * @param from lower limit of the first bin
   * @param to upper limit of the last bin
   * @param axis what the horizontal axis shows
   */
  HistogramChart(String id, double from, double to, String axis, List<Panel> panels) {
    this.id = id;
    this.from = from;
    this.to = to;
    this.axis = axis;
    this.panels = panels;
  }

  /**
   * Draws it.
   *
   * @param threshold where to draw a line; NaN: nowhere
   * @param thresholdName what the line says
   */
  Drawing draw(String title, String description, double threshold, @Nullable String thresholdName) {
    long most = 1;
    for (Panel panel : panels) {
      for (long count : panel.counts()) {
        most = Math.max(most, count);
      }
    }
    boolean logarithmic = most >= LOGARITHMIC_FROM;
    boolean line = !Double.isNaN(threshold) && thresholdName != null;
    double top = line ? 18 : 4;
    double height = top + panels.size() * (HEAD + PANEL) + FOOT;
    Drawing drawing = new Drawing(id, "figure", WIDTH, height, title, description);
    double y = top;
    for (Panel panel : panels) {
      panel(drawing, panel, y + HEAD, most, logarithmic);
      y += HEAD + PANEL;
    }
    for (int tick = 0; tick <= 5; tick++) {
      double value = from + (to - from) * tick / 5;
      drawing.line(x(value), y, x(value), y + 4, "axis", "#888888");
      drawing.text(x(value), y + 17, 12, "middle", Words.number(value));
    }
    drawing.text(
        (LEFT + WIDTH - RIGHT) / 2,
        y + 35,
        12,
        "middle",
        axis + (logarithmic ? "; records on a log scale" : "; records"));
    if (line && thresholdName != null && threshold >= from && threshold <= to) {
      drawing.line(x(threshold), top - 2, x(threshold), y, "threshold", "#b00020");
      boolean right = threshold > (from + to) / 2;
      drawing.text(x(threshold) + (right ? 2 : -2), 12, 12, right ? "end" : "start", thresholdName);
    }
    return drawing;
  }

  private double x(double value) {
    return LEFT + (value - from) / (to - from) * (WIDTH - LEFT - RIGHT);
  }

  private static void grid(Drawing drawing, double base, double share, long count) {
    double y = base - share * (PANEL - 8);
    drawing.line(LEFT, y, WIDTH - RIGHT, y, "grid", "#dddddd");
    drawing.text(LEFT - 5, y + 4, 11, "end", Words.shortCount(count));
  }

  private static double share(long count, long most, boolean logarithmic) {
    return logarithmic
        ? Math.log1p((double) count) / Math.log1p((double) most)
        : (double) count / most;
  }

  private void panel(Drawing drawing, Panel panel, double top, long most, boolean logarithmic) {
    long total = 0;
    for (long count : panel.counts()) {
      total += count;
    }
    double base = top + PANEL;
    drawing.text(LEFT, top - 5, 12.5, "start", panel.name() + ": " + Words.count(total));
    if (logarithmic) {
      // Every second power of ten, where all would crowd the axis.
      long step = most >= 100_000 ? 100 : 10;
      for (long tick = step; tick <= most; tick *= step) {
        grid(drawing, base, share(tick, most, true), tick);
      }
    } else {
      grid(drawing, base, 1, most);
    }
    double width = (WIDTH - LEFT - RIGHT) / panel.counts().length;
    for (int bin = 0; bin < panel.counts().length; bin++) {
      long count = panel.counts()[bin];
      if (count > 0) {
        double high = Math.max(1, share(count, most, logarithmic) * (PANEL - 8));
        drawing.rect(
            LEFT + bin * width + 0.3,
            base - high,
            Math.max(0.8, width - 0.6),
            high,
            panel.cssClass(),
            panel.fill());
      }
    }
    drawing.line(LEFT, base, WIDTH - RIGHT, base, "axis", "#888888");
  }
}
