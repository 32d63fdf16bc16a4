package org.ribonnx.report;

import java.util.ArrayList;
import java.util.List;

/** A ROC curve with the diagonal of a score that knows nothing, and where the model works. */
final class RocChart {
  private static final double LEFT = 50;
  private static final double SIDE = 300;
  private static final double TOP = 10;

  private RocChart() {}

  /**
   * Draws it.
   *
   * @param falsePositiveRate of the operating point; NaN: none is drawn
   * @param truePositiveRate likewise
   */
  static String draw(
      String id,
      String title,
      String description,
      Roc roc,
      double falsePositiveRate,
      double truePositiveRate) {
    Svg svg = new Svg(id, "figure square", LEFT + SIDE + 20, TOP + SIDE + 46, title, description);
    for (int tick = 0; tick <= 5; tick++) {
      double share = tick / 5.0;
      svg.line(LEFT, y(share), LEFT + SIDE, y(share), "grid", "#ddd");
      svg.text(LEFT - 5, y(share) + 4, 11, "end", tick * 20 + " %");
      svg.text(x(share), TOP + SIDE + 16, 11, "middle", tick * 20 + " %");
    }
    svg.line(x(0), y(0), x(1), y(1), "grid", "#bbb");
    List<double[]> points = new ArrayList<>();
    for (Roc.Point point : roc.points()) {
      points.add(new double[] {x(point.falsePositiveRate()), y(point.truePositiveRate())});
    }
    svg.path(points, "curve", "#2563a8");
    if (!Double.isNaN(falsePositiveRate) && !Double.isNaN(truePositiveRate)) {
      svg.dot(x(falsePositiveRate), y(truePositiveRate), 5, "point", "#b00020");
    }
    svg.text(LEFT + SIDE / 2, TOP + SIDE + 36, 12, "middle", "should be rejected, but accepted");
    svg.upward(13, TOP + SIDE / 2, 12, "middle", "should be accepted, and accepted");
    return svg.end();
  }

  private static double x(double share) {
    return LEFT + share * SIDE;
  }

  private static double y(double share) {
    return TOP + (1 - share) * SIDE;
  }
}
