package org.ribonnx.report;

import java.util.ArrayList;
import java.util.List;

/**
 * A figure as a list of shapes, in units of a pixel at normal size, y downwards. A chart draws it
 * once; {@link Svg} and {@link Png} write it. A shape has a class, by which the style sheet of the
 * page colours it, and a colour for everywhere else.
 */
final class Drawing {
  /** Class of a drawing that keeps its size wherever it stands, since smaller it can't be read. */
  static final String NATURAL = "natural";

  /** Colours, where there is no style sheet; the classes are those of report.css. */
  static final String BLUE = "#2563a8";

  static final String AMBER = "#c2660a";
  static final String GREY = "#7b8794";
  static final String RED = "#b00020";

  /** A part of a figure. */
  sealed interface Shape {}

  /**
   * A filled rectangle.
   *
   * @param opacity 0 to 1
   * @param hint a text that a pointer brings up; empty: none
   */
  record Rect(
      double x,
      double y,
      double width,
      double height,
      String cssClass,
      String fill,
      double opacity,
      String hint)
      implements Shape {}

  /** A straight line; one of class {@code threshold} is dashed. */
  record Line(double x1, double y1, double x2, double y2, String cssClass, String stroke)
      implements Shape {}

  /** A line through points, each an x and a y. */
  record Path(List<double[]> points, String cssClass, String stroke) implements Shape {}

  /** A filled circle; a hint as for a rectangle. */
  record Dot(double x, double y, double radius, String cssClass, String fill, String hint)
      implements Shape {}

  /**
   * Filled circles of one size and colour, each an x and a y; many of them take little room.
   *
   * @param opacity 0 to 1
   */
  record Dots(List<double[]> points, double diameter, String cssClass, String fill, double opacity)
      implements Shape {}

  /**
   * Filled rectangles of one size and colour, each the x and y of its upper left corner; many of
   * them take little room.
   *
   * @param opacity 0 to 1
   */
  record Tiles(
      List<double[]> places,
      double width,
      double height,
      String cssClass,
      String fill,
      double opacity)
      implements Shape {}

  /**
   * A filled area of closed rings, each point an x and a y; what an even number of rings holds is a
   * hole.
   *
   * @param opacity 0 to 1
   */
  record Area(List<List<double[]>> rings, String cssClass, String fill, double opacity)
      implements Shape {}

  /**
   * A text.
   *
   * @param anchor {@code start}, {@code middle} or {@code end}
   * @param upward whether it is turned to run upwards
   * @param hint as for a rectangle
   */
  record Text(
      double x, double y, double size, String anchor, boolean upward, String text, String hint)
      implements Shape {}

  /** A base that fills a box whatever its size: A, C, G, U or N, each in its colour. */
  record Letter(double x, double y, double width, double height, char base) implements Shape {
    /** Class by which the style sheet colours it. */
    String cssClass() {
      return "d" + colour();
    }

    String fill() {
      return MapChart.colour(colour());
    }

    private int colour() {
      return switch (base) {
        case 'A' -> 2;
        case 'C' -> 0;
        case 'G' -> 1;
        case 'U' -> 7;
        default -> 8;
      };
    }
  }

  private final String id;
  private final String cssClass;
  private final double width;
  private final double height;
  private final String title;
  private final String description;
  private final List<Shape> shapes = new ArrayList<>();

  /**
   * Begins a drawing.
   *
   * @param id unique on the page; title and description are tied to it for screen readers
   * @param cssClass of the drawing, which sets its size on the page
   */
  Drawing(
      String id, String cssClass, double width, double height, String title, String description) {
    this.id = id;
    this.cssClass = cssClass;
    this.width = width;
    this.height = height;
    this.title = title;
    this.description = description;
  }

  Drawing rect(double x, double y, double width, double height, String cssClass, String fill) {
    return rect(x, y, width, height, cssClass, fill, 1, "");
  }

  Drawing rect(
      double x,
      double y,
      double width,
      double height,
      String cssClass,
      String fill,
      double opacity,
      String hint) {
    shapes.add(new Rect(x, y, width, height, cssClass, fill, opacity, hint));
    return this;
  }

  Drawing line(double x1, double y1, double x2, double y2, String cssClass, String stroke) {
    shapes.add(new Line(x1, y1, x2, y2, cssClass, stroke));
    return this;
  }

  /** {@code points} are x and y in turn. */
  Drawing path(List<double[]> points, String cssClass, String stroke) {
    shapes.add(new Path(points, cssClass, stroke));
    return this;
  }

  Drawing dot(double x, double y, double radius, String cssClass, String fill) {
    return dot(x, y, radius, cssClass, fill, "");
  }

  Drawing dot(double x, double y, double radius, String cssClass, String fill, String hint) {
    shapes.add(new Dot(x, y, radius, cssClass, fill, hint));
    return this;
  }

  Drawing dots(
      List<double[]> points, double diameter, String cssClass, String fill, double opacity) {
    shapes.add(new Dots(points, diameter, cssClass, fill, opacity));
    return this;
  }

  Drawing tiles(
      List<double[]> places,
      double width,
      double height,
      String cssClass,
      String fill,
      double opacity) {
    shapes.add(new Tiles(places, width, height, cssClass, fill, opacity));
    return this;
  }

  Drawing area(List<List<double[]>> rings, String cssClass, String fill, double opacity) {
    shapes.add(new Area(rings, cssClass, fill, opacity));
    return this;
  }

  Drawing letter(double x, double y, double width, double height, char base) {
    shapes.add(new Letter(x, y, width, height, base));
    return this;
  }

  Drawing text(double x, double y, double size, String anchor, String text) {
    return text(x, y, size, anchor, text, "");
  }

  Drawing text(double x, double y, double size, String anchor, String text, String hint) {
    shapes.add(new Text(x, y, size, anchor, false, text, hint));
    return this;
  }

  /** A text that is turned to run upwards. */
  Drawing upward(double x, double y, double size, String anchor, String text) {
    shapes.add(new Text(x, y, size, anchor, true, text, ""));
    return this;
  }

  /**
   * Names of columns above them, turned to run upwards.
   *
   * @param longest letters of a name that are shown
   * @param left where the first column begins
   * @param width of a column
   * @param bottom where the names begin
   */
  Drawing namesAbove(
      List<String> names, int longest, double left, double width, double bottom, double size) {
    for (int column = 0; column < names.size(); column++) {
      upward(
          left + (column + 0.5) * width + size / 3,
          bottom,
          size,
          "start",
          Words.shortened(names.get(column), longest));
    }
    return this;
  }

  String id() {
    return id;
  }

  String cssClass() {
    return cssClass;
  }

  double width() {
    return width;
  }

  double height() {
    return height;
  }

  String title() {
    return title;
  }

  String description() {
    return description;
  }

  List<Shape> shapes() {
    return List.copyOf(shapes);
  }
}
