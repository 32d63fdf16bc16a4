package org.ribonnx.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ThinnedTest {
  /** The same with all points held in a list. */
  private static List<double[]> held(int most, boolean corners, List<double[]> all) {
    List<double[]> points = new ArrayList<>();
    for (double[] point : all) {
      int size = points.size();
      if (corners && size > 1) {
        double[] last = points.get(size - 1);
        double[] before = points.get(size - 2);
        if ((last[0] == point[0] && before[0] == point[0])
            || (last[1] == point[1] && before[1] == point[1])) {
          points.remove(size - 1);
        }
      }
      points.add(point);
    }
    List<double[]> some = new ArrayList<>();
    int count = Math.min(most, points.size());
    for (int i = 0; i < count; i++) {
      some.add(
          points.get(
              points.size() <= most ? i : (int) ((long) i * (points.size() - 1) / (most - 1))));
    }
    return some;
  }

  @Test
  void thePointsAreThoseOfAListThatIsHeld() {
    Random random = new Random(5);
    for (int count : new int[] {0, 1, 2, 3, 9, 10, 11, 19, 500}) {
      for (boolean corners : new boolean[] {true, false}) {
        List<double[]> all = new ArrayList<>();
        double x = 0;
        double y = 0;
        for (int i = 0; i < count; i++) {
          all.add(new double[] {x, y});
          x += random.nextInt(3);
          y += random.nextInt(3) > 1 ? 1 : 0;
        }
        List<double[]> found =
            Thinned.of(10, corners, points -> all.forEach(one -> points.add(one[0], one[1])));
        List<double[]> expected = held(10, corners, all);
        assertEquals(expected.size(), found.size(), count + " points");
        for (int i = 0; i < found.size(); i++) {
          assertArrayEquals(expected.get(i), found.get(i), count + " points, " + i);
        }
        assertTrue(found.size() <= 10);
      }
    }
  }
}
