package org.ribonnx.report;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Records as dots on a plane, both axes on one scale, with a legend below. Known records lie under
 * them: small in grey, or pale in the colour of a label that is drawn; and under these, shaded,
 * where most known records of a label are.
 */
final class MapChart {
  private static final double WIDTH = 520;
  private static final double HIGHEST = 520;
  private static final double LOWEST = 160;
  private static final double EDGE = 10;
  private static final double FOOT = 26;
  private static final double ENTRY = 19;

  /** Shares of a label's known records that the paler and the darker area hold. */
  static final double[] SHARES = {0.8, 0.5};

  /** With fewer places a density says nothing. */
  static final int FEWEST = 10;

  /** Labels that have an area and a name of their own where they have no colour. */
  static final int MOST_NAMED = 24;

  private static final double LETTER = 5.6;
  private static final double LINE = 10;

  /** Letters of a name that is not whole. */
  private static final int CUT = 18;

  /** Letters of a name in the legend. */
  private static final int LEGEND = 26;

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
  private double x0;
  private double y0;
  private double scale;

  /** Where most known records of a label are, on the drawing; by label, once they are asked for. */
  private final Map<Integer, Region> regions = new HashMap<>();

  /**
   * Where most known records of a label are.
   *
   * @param peak the densest place
   * @param areas rings of each of {@link #SHARES}
   */
  private record Region(double[] peak, List<List<List<double[]>>> areas) {}

  /** Names on the map. */
  private final List<Name> names = new ArrayList<>();

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
    scale = Math.min(inside / wide, (HIGHEST - 2 * EDGE) / tall);
    double height = Math.max(LOWEST, tall * scale + 2 * EDGE);
    x0 = FOOT + EDGE + (inside - wide * scale) / 2;
    y0 = EDGE + (height - 2 * EDGE - tall * scale) / 2;
    List<RecordMap.Group> groups = map.groups();
    int entries = groups.size() + (known == null ? 0 : 1);
    double all = height + FOOT + Math.ceil(entries / 2.0) * ENTRY + 6;
    Drawing drawing = new Drawing(id, "figure", WIDTH, all, title, description);
    drawing.rect(FOOT, 0, WIDTH - FOOT, height, "empty", "#f5f7fa");
    if (known != null) {
      drawing.dots(scaled(known.places(), all(known.size())), 2.6, "m-known", "#d3dae2", 1);
      density(drawing, known, wide, tall);
      for (RecordMap.Group group : groups) {
        if (group.label() >= 0 && known.count(group.label()) > 0) {
          int[] own = known.withLabel(group.label());
          List<double[]> labelled = scaled(known.places(), own);
          drawing.dots(labelled, 2.6, "m" + group.colour(), colour(group.colour()), 0.28);
        }
      }
    }
    // The rarest last, so that the many do not hide the few; what has no label lies below.
    for (int i = 0; i < groups.size(); i++) {
      int at = i < unlabelled() ? groups.size() - 1 - i : i - unlabelled();
      RecordMap.Group group = groups.get(at);
      List<double[]> points = scaled(places, group.members());
      drawing.dots(points, size(), "m" + group.colour(), colour(group.colour()), 1);
    }
    if (known != null) {
      names(drawing, known, wide, tall, height);
    }
    drawing.text((FOOT + WIDTH) / 2, height + 16, 12, "middle", across);
    drawing.upward(14, height / 2, 12, "middle", upward);
    for (int i = 0; i < entries; i++) {
      double x = FOOT + 8 + i % 2 * ((WIDTH - FOOT) / 2);
      double y = height + FOOT + 12 + Math.floor(i / 2.0) * ENTRY;
      if (i < groups.size()) {
        RecordMap.Group group = groups.get(i);
        drawing.dot(x, y - 4, 4, "d" + group.colour(), colour(group.colour()));
        String name = Words.shortened(group.name(), LEGEND);
        drawing.text(
            x + 10,
            y,
            12,
            "start",
            name + ": " + Words.count(group.members().length),
            name.equals(group.name()) ? "" : group.name());
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

  private List<double[]> scaled(float[] from, int[] members) {
    List<double[]> points = new ArrayList<>(members.length);
    for (int i : members) {
      points.add(scaled(from[2 * i], from[2 * i + 1]));
    }
    return points;
  }

  private double[] scaled(double x, double y) {
    return new double[] {x0 + (x - left) * scale, y0 + (high - y) * scale};
  }

  /** Whether labels have an area and a name of their own where they have no colour. */
  static boolean isNamed(Background known) {
    return known.labels() <= MOST_NAMED;
  }

  /** The colour of a label; -1 where it has none. */
  private int colourOf(int label) {
    return map.groups().stream()
        .filter(group -> group.label() == label)
        .mapToInt(RecordMap.Group::colour)
        .findFirst()
        .orElse(-1);
  }

  /** Areas of each label: those in grey first, since they tell the least. */
  private void density(Drawing drawing, Background known, double wide, double tall) {
    boolean named = isNamed(known);
    for (boolean coloured : new boolean[] {false, true}) {
      for (int label = 0; label < map.head().labels().size(); label++) {
        int colour = colourOf(label);
        if (known.count(label) >= FEWEST && colour >= 0 == coloured && (coloured || named)) {
          for (List<List<double[]>> rings : region(known, label, wide, tall).areas()) {
            drawing.area(
                rings,
                coloured ? "d" + colour : "d8",
                colour(coloured ? colour : RecordMap.TOP),
                coloured ? 0.18 : 0.14);
          }
        }
      }
    }
  }

  private Region region(Background known, int label, double wide, double tall) {
    return regions.computeIfAbsent(
        label,
        one -> {
          Density found = new Density(known.places(), known.withLabel(one), left, low, wide, tall);
          List<List<List<double[]>>> areas = new ArrayList<>();
          for (double share : SHARES) {
            areas.add(scaled(found.rings(found.level(share))));
          }
          return new Region(scaled(found.peak()[0], found.peak()[1]), areas);
        });
  }

  private List<List<double[]>> scaled(List<List<double[]>> rings) {
    return rings.stream()
        .map(ring -> ring.stream().map(point -> scaled(point[0], point[1])).toList())
        .toList();
  }

  /**
   * A name on the map.
   *
   * @param whole of it
   * @param lines that are shown
   * @param x middle
   * @param y foot of the last line
   */
  private record Name(String whole, List<String> lines, double x, double y) {
    static Name at(double[] place, double height, String whole, List<String> lines) {
      double half = half(lines);
      double x = Math.min(WIDTH - half - 2, Math.max(FOOT + half + 2, place[0]));
      double y = Math.min(height - 4, Math.max(LINE * lines.size(), place[1] - 3));
      return new Name(whole, lines, x, y);
    }

    private static double half(List<String> lines) {
      return LETTER * lines.stream().mapToInt(String::length).max().orElse(0) / 2;
    }

    boolean fits() {
      return 2 * half(lines) + 4 <= WIDTH - FOOT;
    }

    boolean overlaps(Name other) {
      return x - half(lines) < other.x + half(other.lines)
          && other.x - half(other.lines) < x + half(lines)
          && y - LINE * lines.size() < other.y + 2
          && other.y - LINE * other.lines.size() < y + 2;
    }

    void draw(Drawing drawing) {
      double half = half(lines);
      double top = y - LINE * lines.size();
      drawing.rect(x - half, top, 2 * half, y + 2 - top, "empty", "#f5f7fa", 0.75, "");
      for (int i = 0; i < lines.size(); i++) {
        double foot = y - LINE * (lines.size() - 1 - i);
        drawing.text(x, foot, 10.5, "middle", lines.get(i), whole);
      }
    }
  }

  /**
   * Names above the labels' areas; one that would lie on another is left out. A long one is cut,
   * but where there is room for all of it.
   */
  private void names(Drawing drawing, Background known, double wide, double tall, double height) {
    if (!isNamed(known)) {
      return;
    }
    List<double[]> places = new ArrayList<>();
    for (int label = 0; label < map.head().labels().size(); label++) {
      if (known.count(label) >= FEWEST) {
        double[] at = above(region(known, label, wide, tall));
        String whole = HeadSection.called(map.head().labels().get(label));
        Name name = Name.at(at, height, whole, List.of(Words.shortened(whole, CUT)));
        if (names.stream().noneMatch(name::overlaps)) {
          names.add(name);
          places.add(at);
        }
      }
    }
    for (int i = 0; i < names.size(); i++) {
      Name cut = names.get(i);
      for (List<String> lines : layouts(cut)) {
        Name longer = Name.at(places.get(i), height, cut.whole(), lines);
        boolean free =
            names.stream().noneMatch(other -> !other.equals(cut) && other.overlaps(longer));
        if (free && longer.fits()) {
          names.set(i, longer);
          break;
        }
      }
    }
    names.forEach(name -> name.draw(drawing));
  }

  /**
   * The whole of a name that is cut, best first: in two lines, which take less width, or in one.
   */
  private static List<List<String>> layouts(Name cut) {
    String whole = cut.whole();
    if (cut.lines().get(0).equals(whole)) {
      return List.of();
    }
    int middle = whole.length() / 2;
    int before = whole.lastIndexOf(' ', middle);
    int behind = whole.indexOf(' ', middle);
    boolean later = before < 0 || (behind >= 0 && behind - middle < middle - before);
    int space = later ? behind : before;
    List<String> one = List.of(whole);
    return space <= 0
        ? List.of(one)
        : List.of(List.of(whole.substring(0, space), whole.substring(space + 1)), one);
  }

  /** The highest point of the darker area around the densest place. */
  private static double[] above(Region region) {
    double[] at = region.peak();
    for (List<double[]> ring : region.areas().get(1)) {
      boolean around =
          ring.stream().anyMatch(point -> point[0] <= at[0])
              && ring.stream().anyMatch(point -> point[0] >= at[0])
              && ring.stream().anyMatch(point -> point[1] >= at[1]);
      double top = ring.stream().mapToDouble(point -> point[1]).min().orElse(at[1]);
      if (around && top < at[1]) {
        return new double[] {at[0], top};
      }
    }
    return at;
  }
}
