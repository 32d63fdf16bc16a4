package org.ribonnx.report;

import java.util.ArrayList;
import java.util.List;

/**
 * Values along a sequence: letters whose height is their value, above the axis for the label and
 * below against it; of a long sequence a smoothed line.
 */
final class TrackChart {
  /** Positions that are drawn as letters, at most. */
  static final int MOST_LETTERS = 120;

  private static final int MOST_PER_LINE = 60;
  private static final double LEFT = 52;
  private static final double STEP = 11.6;
  private static final double LINE_WIDTH = LEFT + MOST_PER_LINE * STEP + 10;
  private static final double HEIGHT = 78;
  private static final double GAP = 28;
  private static final double LONG_HEIGHT = 120;
  private static final int MOST_POINTS = 600;
  private static final double FONT = 11;

  private final Explanations.Track track;
  private final double up;
  private final double down;
  private final Drawing drawing;
  private final double high;
  private final int lines;
  private final int perLine;

  private TrackChart(Explanations.Track track, String id, String title, String description) {
    this.track = track;
    double most = 0;
    double least = 0;
    for (double value : track.values()) {
      most = Math.max(most, value);
      least = Math.min(least, value);
    }
    if (most == 0 && least == 0) {
      most = 1;
    }
    up = most;
    down = -least;
    boolean letters = isLettered(track);
    high = letters ? HEIGHT : LONG_HEIGHT;
    int span = last() - from() + 1;
    lines = letters ? (span + MOST_PER_LINE - 1) / MOST_PER_LINE : 1;
    // Lines of the same length, not a last one of a letter or two.
    perLine = (span + lines - 1) / lines;
    double width = letters ? LEFT + perLine * STEP + 10 : LINE_WIDTH;
    drawing =
        new Drawing(
            id,
            Drawing.NATURAL,
            Math.max(width, 220),
            10 + lines * (high + GAP) + (letters ? 0 : 16),
            title,
            description);
  }

  /** Whether the letters of a track are drawn: it is short enough, and they are known. */
  static boolean isLettered(Explanations.Track track) {
    return !track.bases().isEmpty() && track.last() - begin(track) < MOST_LETTERS;
  }

  /** The first position of the drawing: 1, or that of the tens before a track far from it. */
  private static int begin(Explanations.Track track) {
    return track.last() <= MOST_LETTERS ? 1 : (track.first() - 1) / 10 * 10 + 1;
  }

  private int from() {
    return begin(track);
  }

  private int last() {
    return track.last();
  }

  /** Positions that each point of the line is the mean over. */
  static int window(Explanations.Track track) {
    int window = Math.max(3, (track.last() - begin(track) + 1) / 50);
    return window % 2 == 0 ? window + 1 : window;
  }

  static Drawing draw(Explanations.Track track, String id, String title, String description) {
    TrackChart chart = new TrackChart(track, id, title, description);
    if (isLettered(track)) {
      chart.letters();
    } else {
      chart.line();
    }
    return chart.drawing;
  }

  /** Where the axis is, from the upper end of a line of letters. */
  private double zero() {
    return high * up / (up + down);
  }

  private void letters() {
    for (int line = 0; line < lines; line++) {
      double top = 10 + line * (high + GAP);
      int begin = from() + line * perLine;
      int end = Math.min(last(), begin + perLine - 1);
      scale(top, up, down);
      drawing.line(
          LEFT, top + zero(), LEFT + (end - begin + 1) * STEP, top + zero(), "axis", "#888888");
      for (int position = begin; position <= end; position++) {
        if (position % 10 == 0 || (position == begin && position % 10 < 9)) {
          drawing.text(
              LEFT + (position - begin + 0.5) * STEP,
              top + high + 15,
              FONT,
              "middle",
              "" + position);
        }
      }
    }
    for (int i = 0; i < track.positions().length; i++) {
      int place = track.positions()[i] - from();
      int line = place / perLine;
      double top = 10 + line * (high + GAP);
      double value = track.values()[i];
      double height = Math.abs(value) / (up + down) * high;
      drawing.letter(
          LEFT + place % perLine * STEP + 0.6,
          value >= 0 ? top + zero() - height : top + zero(),
          STEP - 1.2,
          height,
          track.bases().charAt(i));
    }
  }

  /** The numbers beside the axis: the ends, and 0 where it is not one of them. */
  private void scale(double top, double highest, double lowest) {
    drawing.line(LEFT - 4, top, LEFT - 4, top + high, "axis", "#888888");
    if (highest > 0) {
      drawing.text(LEFT - 8, top + 8, FONT, "end", SignedMap.shown(highest));
    }
    if (lowest > 0) {
      drawing.text(LEFT - 8, top + high, FONT, "end", SignedMap.shown(-lowest));
    }
    double zero = top + high * highest / (highest + lowest);
    if (zero - top > 22 && (lowest == 0 || top + high - zero > 22)) {
      drawing.text(LEFT - 8, zero + 3, FONT, "end", "0");
    }
  }

  /** Means over a window around each position that has values in it. */
  private List<double[]> smoothed() {
    int window = window(track);
    int[] positions = track.positions();
    int first = from();
    int span = last() - first + 1;
    int stride = Math.max(1, (span + MOST_POINTS - 1) / MOST_POINTS);
    List<double[]> points = new ArrayList<>();
    int begin = 0;
    int end = 0;
    for (int position = first; position <= last(); position += stride) {
      while (end < positions.length && positions[end] <= position + window / 2) {
        end++;
      }
      while (begin < end && positions[begin] < position - window / 2) {
        begin++;
      }
      double sum = 0;
      for (int i = begin; i < end; i++) {
        sum += track.values()[i];
      }
      points.add(new double[] {position, end == begin ? Double.NaN : sum / (end - begin)});
    }
    return points;
  }

  private void line() {
    List<double[]> points = smoothed();
    double most = 0;
    double least = 0;
    for (double[] point : points) {
      if (!Double.isNaN(point[1])) {
        most = Math.max(most, point[1]);
        least = Math.min(least, point[1]);
      }
    }
    if (most == least) {
      most = 1;
    }
    double top = 10;
    scale(top, most, -least);
    double zero = top + high * most / (most - least);
    double unit = (LINE_WIDTH - LEFT - 10) / Math.max(1, last() - from());
    drawing.line(LEFT, zero, LINE_WIDTH - 10, zero, "axis", "#888888");
    for (int tick = 0; tick <= 4; tick++) {
      int position = from() + (int) ((long) (last() - from()) * tick / 4);
      double x = LEFT + (position - from()) * unit;
      drawing.line(x, top + high, x, top + high + 4, "axis", "#888888");
      drawing.text(x, top + high + 17, FONT, tick == 4 ? "end" : "middle", Words.count(position));
    }
    drawing.text(LEFT + (LINE_WIDTH - LEFT) / 2, top + high + 34, FONT, "middle", "position");
    List<double[]> run = new ArrayList<>();
    for (double[] point : points) {
      if (Double.isNaN(point[1])) {
        end(run);
      } else {
        run.add(
            new double[] {
              LEFT + (point[0] - from()) * unit, zero - point[1] * high / (most - least)
            });
      }
    }
    end(run);
  }

  /** Draws a stretch without gaps. */
  private void end(List<double[]> run) {
    if (run.size() == 1) {
      drawing.dot(run.get(0)[0], run.get(0)[1], 1.5, "ok", Drawing.BLUE);
    } else if (!run.isEmpty()) {
      drawing.path(List.copyOf(run), "curve", Drawing.BLUE);
    }
    run.clear();
  }
}
