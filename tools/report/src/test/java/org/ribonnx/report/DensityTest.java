package org.ribonnx.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DensityTest {
  /** Signed area of rings: holes count against what is around them. */
  private static double area(List<List<double[]>> rings) {
    double area = 0;
    for (List<double[]> ring : rings) {
      for (int i = 0; i < ring.size(); i++) {
        double[] from = ring.get(i);
        double[] to = ring.get((i + 1) % ring.size());
        area += (from[0] * to[1] - to[0] * from[1]) / 2;
      }
    }
    return area;
  }

  /** Whether a point is inside by the rule of even and odd. */
  private static boolean inside(List<List<double[]>> rings, double x, double y) {
    boolean inside = false;
    for (List<double[]> ring : rings) {
      for (int i = 0; i < ring.size(); i++) {
        double[] from = ring.get(i);
        double[] to = ring.get((i + 1) % ring.size());
        if (from[1] > y != to[1] > y
            && x < from[0] + (y - from[1]) / (to[1] - from[1]) * (to[0] - from[0])) {
          inside = !inside;
        }
      }
    }
    return inside;
  }

  private static float[] normal(int count, double spread, Random random) {
    float[] places = new float[2 * count];
    for (int i = 0; i < places.length; i++) {
      places[i] = (float) (spread * random.nextGaussian());
    }
    return places;
  }

  private static int[] all(int count) {
    return IntStream.range(0, count).toArray();
  }

  @Test
  void theAreaHoldsItsShareOfTheDensity() {
    float[] places = normal(4_000, 5, new Random(1));
    Density density = new Density(places, all(4_000), -50, -50, 100, 100);
    for (double share : new double[] {0.5, 0.8}) {
      List<List<double[]>> rings = density.rings(density.level(share));
      // Of a normal distribution the disk of radius s · √(−2 ln(1 − share)) holds the share.
      double disk = 2 * Math.PI * 25 * -Math.log(1 - share);
      assertEquals(disk, area(rings), 0.2 * disk);
      int held = 0;
      for (int i = 0; i < 4_000; i++) {
        held += inside(rings, places[2 * i], places[2 * i + 1]) ? 1 : 0;
      }
      assertEquals(share, held / 4_000.0, 0.05);
    }
    double[] peak = density.peak();
    assertEquals(0, Math.hypot(peak[0], peak[1]), 2.5);
  }

  @Test
  void aRingOfPlacesHasAHole() {
    float[] places = new float[720];
    for (int i = 0; i < 360; i++) {
      places[2 * i] = (float) (50 + 30 * Math.cos(Math.toRadians(i)));
      places[2 * i + 1] = (float) (50 + 30 * Math.sin(Math.toRadians(i)));
    }
    Density density = new Density(places, all(360), 0, 0, 100, 100);
    List<List<double[]>> rings = density.rings(density.level(0.8));
    assertEquals(2, rings.size());
    assertTrue(inside(rings, 80, 50) && inside(rings, 50, 20));
    assertTrue(!inside(rings, 50, 50) && !inside(rings, 95, 50));
  }

  @Test
  void apartPlacesHaveAreasOfTheirOwnAndEdgesStayClosed() {
    // Four heaps in the corners of the map, one at its edge, with one far place.
    float[] places = new float[2 * 201];
    Random random = new Random(2);
    for (int i = 0; i < 200; i++) {
      places[2 * i] = (float) ((i % 2) * 100 + 0.3 * random.nextGaussian());
      places[2 * i + 1] = (float) ((i / 2 % 2) * 100 + 0.3 * random.nextGaussian());
    }
    places[400] = 50;
    places[401] = 50;
    Density density = new Density(places, all(201), 0, 0, 100, 100);
    List<List<double[]>> rings = density.rings(density.level(0.8));
    assertEquals(4, rings.size());
    assertTrue(rings.stream().allMatch(ring -> area(List.of(ring)) > 0));
    assertTrue(inside(rings, 0, 0) && inside(rings, 100, 100) && !inside(rings, 50, 50));
    // Marching squares by brute force: a grid point is inside where the density is above.
    double least = rings.stream().flatMap(List::stream).mapToDouble(p -> p[0]).min().orElse(0);
    assertTrue(least < 0, "the outline runs around what lies at the edge: " + least);
  }

  @Test
  void onePlaceAndEqualPlacesHaveADensity() {
    for (float[] places : new float[][] {{3, 4}, {3, 4, 3, 4, 3, 4}}) {
      Density density = new Density(places, all(places.length / 2), 3, 4, 1e-9, 1e-9);
      assertEquals(1, density.rings(density.level(0.8)).size());
    }
  }
}
