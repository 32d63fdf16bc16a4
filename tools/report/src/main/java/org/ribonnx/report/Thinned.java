package org.ribonnx.report;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Some points of a curve of many, which are walked over twice instead of being held: of 200,000
 * points the objects alone would take 10 MB.
 */
final class Thinned {
  /** Takes the points of a curve in their order. */
  interface Points {
    void add(double x, double y);
  }

  private static final class Pass implements Points {
    private final boolean corners;
    private final int most;
    private final long all;
    private final List<double[]> kept = new ArrayList<>();
    private double[] before = new double[0];
    private double[] last = new double[0];
    private long count;

    private Pass(boolean corners, int most, long all) {
      this.corners = corners;
      this.most = most;
      this.all = all;
    }

    @Override
    public void add(double x, double y) {
      boolean straight =
          corners
              && before.length > 0
              && ((last[0] == x && before[0] == x) || (last[1] == y && before[1] == y));
      if (!straight) {
        end();
        before = last;
      }
      last = new double[] {x, y};
    }

    private void end() {
      if (last.length == 0) {
        return;
      }
      int next = kept.size();
      if (all <= most ? all > 0 : count == next * (all - 1) / (most - 1)) {
        kept.add(last);
      }
      count++;
    }
  }

  private Thinned() {}

  /**
   * At most {@code most} points at even distances in the order of the curve, the first and the last
   * among them.
   *
   * @param corners whether of points on one straight run up or to the right the ends alone count
   * @param walk gives all points, the same each time
   */
  static List<double[]> of(int most, boolean corners, Consumer<Points> walk) {
    Pass counting = new Pass(corners, most, 0);
    walk.accept(counting);
    counting.end();
    Pass keeping = new Pass(corners, most, counting.count);
    walk.accept(keeping);
    keeping.end();
    return List.copyOf(keeping.kept);
  }
}
