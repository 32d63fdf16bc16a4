package org.ribonnx.report;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Records as dots on a plane, both axes on one scale, with a legend below. Known records lie under
 * them: in grey, or pale in the colour of a label that is drawn.
 */
final class MapChart {
  private static final double WIDTH = 520;
  private static final double HIGHEST = 520;
  private static final double LOWEST = 160;
  private static final double EDGE = 10;
  private static final double FOOT = 26;
  private static final double ENTRY = 19;

  /** Fills where there is no style sheet; by the number of the colour. */
  private static final String[] COLOURS = {
    "#2563a8", "#c2660a", "#14805e", "#a83279", "#6b4fbb", "#8a6d00", "#0e7f92", "#b00020",
    "#6f7b88", "#1c2430"
  };

  private final RecordMap map;
  private final float[] places;
  private final @Nullable Background background;
  private double left = Double.POSITIVE_INFINITY;
  private double right = Double.NEGATIVE_INFINITY;
  private double low = Double.POSITIVE_INFINITY;
  private double high = Double.NEGATIVE_INFINITY;

  /**
   * @param places x and y of each record of the sample, in turn
   */
  MapChart(RecordMap map, float[] places, @Nullable Background background) {
    this.map = map;
    this.places = places;
    this.background = background;
  }

  static String colour(int number) {
    return COLOURS[Math.min(number, COLOURS.length - 1)];
  }

  private void widen(float[] all) {
    for (int i = 0; i < all.length; i += 2) {
      left = Math.min(left, all[i]);
      right = Math.max(right, all[i]);
      low = Math.min(low, all[i + 1]);
      high = Math.max(high, all[i + 1]);
    }
  }

  /**
   * Draws it.
   *
   * @param across what the horizontal axis is
   * @param upward what the vertical axis is
   */
  Drawing draw(String id, String title, String description, String across, String upward) {
    widen(places);
    Background known = background;
    if (known != null) {
      widen(known.places());
    }
    double wide = Math.max(right - left, 1e-9);
    double tall = Math.max(high - low, 1e-9);
    double inside = WIDTH - FOOT - 2 * EDGE;
    double scale = Math.min(inside / wide, (HIGHEST - 2 * EDGE) / tall);
    double height = Math.max(LOWEST, tall * scale + 2 * EDGE);
    double x0 = FOOT + EDGE + (inside - wide * scale) / 2;
    double y0 = EDGE + (height - 2 * EDGE - tall * scale) / 2;
    List<RecordMap.Group> groups = map.groups();
    int entries = groups.size() + (known == null ? 0 : 1);
    double all = height + FOOT + Math.ceil(entries / 2.0) * ENTRY + 6;
    Drawing drawing = new Drawing(id, "figure", WIDTH, all, title, description);
    drawing.rect(FOOT, 0, WIDTH - FOOT, height, "empty", "#f5f7fa");
    if (known != null) {
      List<double[]> points = scaled(known.places(), all(known.size()), x0, y0, scale);
      drawing.dots(points, 2.6, "m-known", "#d3dae2", 1);
      for (RecordMap.Group group : groups) {
        if (group.label() >= 0 && known.count(group.label()) > 0) {
          int[] own = known.withLabel(group.label());
          List<double[]> labelled = scaled(known.places(), own, x0, y0, scale);
          drawing.dots(labelled, 3.4, "m" + group.colour(), colour(group.colour()), 0.28);
        }
      }
    }
    // The rarest last, so that the many do not hide the few; what has no label lies below.
    for (int i = 0; i < groups.size(); i++) {
      int at = i < unlabelled() ? groups.size() - 1 - i : i - unlabelled();
      RecordMap.Group group = groups.get(at);
      List<double[]> points = scaled(places, group.members(), x0, y0, scale);
      drawing.dots(points, size(), "m" + group.colour(), colour(group.colour()), 1);
    }
    drawing.text((FOOT + WIDTH) / 2, height + 16, 12, "middle", across);
    drawing.upward(14, height / 2, 12, "middle", upward);
    for (int i = 0; i < entries; i++) {
      double x = FOOT + 8 + i % 2 * ((WIDTH - FOOT) / 2);
      double y = height + FOOT + 12 + Math.floor(i / 2.0) * ENTRY;
      if (i < groups.size()) {
        RecordMap.Group group = groups.get(i);
        drawing.dot(x, y - 4, 4, "d" + group.colour(), colour(group.colour()));
        String name = Words.shortened(group.name(), 26);
        drawing.text(x + 10, y, 12, "start", name + ": " + Words.count(group.members().length));
      } else if (known != null) {
        drawing.dot(x, y - 4, 4, "d-known", "#d3dae2");
        String name = "known records (pale): " + Words.count(known.size());
        drawing.text(x + 10, y, 12, "start", name);
      }
    }
    return drawing;
  }

  private int unlabelled() {
    return (int) map.groups().stream().filter(group -> group.label() < 0).count();
  }

  /** Few dots are large. */
  private double size() {
    int count = places.length / 2;
    return count <= 100 ? 7 : count <= 500 ? 5.5 : 4;
  }

  private static int[] all(int count) {
    return java.util.stream.IntStream.range(0, count).toArray();
  }

  private List<double[]> scaled(float[] from, int[] members, double x0, double y0, double scale) {
    List<double[]> points = new ArrayList<>(members.length);
    for (int i : members) {
      points.add(
          new double[] {x0 + (from[2 * i] - left) * scale, y0 + (high - from[2 * i + 1]) * scale});
    }
    return points;
  }
}
