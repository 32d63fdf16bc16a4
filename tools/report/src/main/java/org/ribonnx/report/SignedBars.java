package org.ribonnx.report;

import java.util.List;

/** Horizontal bars from a common zero: to the right above it, to the left below. */
final class SignedBars {
  private static final double WIDTH = 340;
  private static final double LETTER = 6.4;
  private static final double FONT = 11;
  private static final double ROW = 17;
  private static final double TOP = 24;
  private static final double NUMBER = 50;
  private static final int LONGEST = 20;

  /** A bar with its name. */
  record Bar(String name, double value) {}

  private SignedBars() {}

  /** Draws it; the title also stands over the bars. */
  static Drawing draw(String id, String title, String description, String heading, List<Bar> bars) {
    Drawing drawing =
        new Drawing(id, "figure small", WIDTH, TOP + bars.size() * ROW + 6, title, description);
    double most = bars.stream().mapToDouble(Bar::value).max().orElse(0);
    double least = bars.stream().mapToDouble(Bar::value).min().orElse(0);
    most = Math.max(0, most);
    least = Math.min(0, least);
    int longest = Words.longest(bars.stream().map(Bar::name), LONGEST);
    double left = 10 + LETTER * Math.max(4, longest);
    double unit = most == least ? 0 : (WIDTH - left - NUMBER) / (most - least);
    double zero = left - least * unit;
    drawing.text(4, 14, 12.5, "start", Words.shortened(heading, 48));
    double y = TOP;
    for (Bar bar : bars) {
      drawing.text(
          left - 5, y + ROW / 2 + FONT / 3, FONT, "end", Words.shortened(bar.name(), LONGEST));
      double length = Math.max(0.5, Math.abs(bar.value()) * unit);
      boolean above = bar.value() >= 0;
      drawing.rect(
          above ? zero : zero - length,
          y + 2,
          length,
          ROW - 5,
          above ? "hit" : "miss",
          above ? Drawing.BLUE : Drawing.AMBER);
      drawing.text(
          (above ? zero + length : zero) + 4,
          y + ROW / 2 + FONT / 3,
          10.5,
          "start",
          SignedMap.shown(bar.value()));
      y += ROW;
    }
    drawing.line(zero, TOP - 2, zero, y, "axis", "#888888");
    return drawing;
  }
}
