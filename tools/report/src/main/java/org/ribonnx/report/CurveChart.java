package org.ribonnx.report;

import java.util.ArrayList;
import java.util.List;

/** A square of shares, 0 to 100 % on both axes: curves, and points where the model works. */
final class CurveChart {
  private static final double LEFT = 50;
  private static final double SIDE = 300;
  private static final double TOP = 10;

  private final Drawing drawing;

  /** Begins with the grid and the names of the axes. */
  CurveChart(String id, String title, String description, String across, String up) {
    drawing =
        new Drawing(id, "figure square", LEFT + SIDE + 20, TOP + SIDE + 46, title, description);
    for (int tick = 0; tick <= 5; tick++) {
      double share = tick / 5.0;
      drawing.line(LEFT, y(share), LEFT + SIDE, y(share), "grid", "#dddddd");
      drawing.text(LEFT - 5, y(share) + 4, 11, "end", tick * 20 + " %");
      drawing.text(x(share), TOP + SIDE + 16, 11, "middle", tick * 20 + " %");
    }
    drawing.text(LEFT + SIDE / 2, TOP + SIDE + 36, 12, "middle", across);
    drawing.upward(13, TOP + SIDE / 2, 12, "middle", up);
  }

  /** A thin line between two points of shares: what a score that knows nothing would give. */
  CurveChart reference(double x1, double y1, double x2, double y2) {
    drawing.line(x(x1), y(y1), x(x2), y(y2), "grid", "#bbbbbb");
    return this;
  }

  /** A curve through points of shares. */
  CurveChart curve(List<double[]> shares) {
    List<double[]> points = new ArrayList<>();
    shares.forEach(share -> points.add(new double[] {x(share[0]), y(share[1])}));
    drawing.path(points, "curve", Drawing.BLUE);
    return this;
  }

  /**
   * A curve among several, with its name in the lower right corner, which curves above the diagonal
   * leave free.
   *
   * @param colour its number
   * @param place of the name, 1 is the lowest
   */
  CurveChart curve(List<double[]> shares, int colour, int place, String name) {
    List<double[]> points = new ArrayList<>();
    shares.forEach(share -> points.add(new double[] {x(share[0]), y(share[1])}));
    drawing.path(points, "m" + colour, MapChart.colour(colour));
    double top = TOP + SIDE - 6 - 15 * place;
    drawing.rect(LEFT + SIDE - 166, top + 3, 14, 4, "d" + colour, MapChart.colour(colour));
    drawing.text(LEFT + SIDE - 147, top + 9, 11, "start", name);
    return this;
  }

  /** A red point where the model works; none if a share is undefined. */
  CurveChart operating(double across, double up) {
    if (!Double.isNaN(across) && !Double.isNaN(up)) {
      drawing.dot(x(across), y(up), 5, "point", Drawing.RED);
    }
    return this;
  }

  /** A point of a size with a hint. */
  CurveChart point(double across, double up, double radius, String hint) {
    drawing.dot(x(across), y(up), radius, "ok", Drawing.BLUE, hint);
    return this;
  }

  Drawing drawing() {
    return drawing;
  }

  private static double x(double share) {
    return LEFT + share * SIDE;
  }

  private static double y(double share) {
    return TOP + (1 - share) * SIDE;
  }
}
