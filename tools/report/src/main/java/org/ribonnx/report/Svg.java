package org.ribonnx.report;

import java.util.Locale;

/**
 * A drawing as SVG text. Numbers have fixed decimals without a locale, so equal data give equal
 * bytes. Colours are attributes, which a style sheet may overrule by class.
 */
final class Svg {
  private final StringBuilder out = new StringBuilder(1 << 12);

  /**
   * Begins a drawing.
   *
   * @param id unique on the page; title and description are tied to it for screen readers
   * @param cssClass of the drawing, which sets its size on the page
   */
  Svg(String id, String cssClass, double width, double height, String title, String description) {
    out.append("<svg class=\"").append(cssClass).append("\" role=\"img\" aria-labelledby=\"");
    out.append(id).append("-t ").append(id).append("-d\" viewBox=\"0 0 ");
    out.append(fixed(width)).append(' ').append(fixed(height));
    out.append("\" xmlns=\"http://www.w3.org/2000/svg\" font-family=\"sans-serif\">\n");
    out.append("<title id=\"").append(id).append("-t\">").append(Escape.markup(title));
    out.append("</title>\n<desc id=\"").append(id).append("-d\">");
    out.append(Escape.markup(description)).append("</desc>\n");
  }

  /** A number with one decimal at most. */
  static String fixed(double value) {
    long tenths = Math.round(value * 10);
    return tenths % 10 == 0
        ? Long.toString(tenths / 10)
        : String.format(Locale.ROOT, "%.1f", tenths / 10.0);
  }

  Svg rect(double x, double y, double width, double height, String cssClass, String fill) {
    out.append("<rect class=\"").append(cssClass).append("\" x=\"").append(fixed(x));
    out.append("\" y=\"").append(fixed(y)).append("\" width=\"").append(fixed(width));
    out.append("\" height=\"").append(fixed(height)).append("\" fill=\"").append(fill);
    out.append("\"/>");
    return this;
  }

  /** A rectangle of some opacity with a text that a pointer brings up. */
  Svg cell(double x, double y, double size, double opacity, String cssClass, String hint) {
    out.append("<rect class=\"").append(cssClass).append("\" x=\"").append(fixed(x));
    out.append("\" y=\"").append(fixed(y)).append("\" width=\"").append(fixed(size));
    out.append("\" height=\"").append(fixed(size)).append("\" fill-opacity=\"");
    out.append(String.format(Locale.ROOT, "%.2f", opacity)).append("\"><title>");
    out.append(Escape.markup(hint)).append("</title></rect>\n");
    return this;
  }

  Svg line(double x1, double y1, double x2, double y2, String cssClass, String stroke) {
    out.append("<line class=\"").append(cssClass).append("\" x1=\"").append(fixed(x1));
    out.append("\" y1=\"").append(fixed(y1)).append("\" x2=\"").append(fixed(x2));
    out.append("\" y2=\"").append(fixed(y2)).append("\" stroke=\"").append(stroke);
    out.append("\"/>");
    return this;
  }

  /** {@code points} are x and y in turn. */
  Svg path(Iterable<double[]> points, String cssClass, String stroke) {
    out.append("<polyline class=\"").append(cssClass).append("\" fill=\"none\" stroke=\"");
    out.append(stroke).append("\" stroke-width=\"2\" points=\"");
    for (double[] point : points) {
      out.append(fixed(point[0])).append(',').append(fixed(point[1])).append(' ');
    }
    out.append("\"/>");
    return this;
  }

  Svg dot(double x, double y, double radius, String cssClass, String fill) {
    out.append("<circle class=\"").append(cssClass).append("\" cx=\"").append(fixed(x));
    out.append("\" cy=\"").append(fixed(y)).append("\" r=\"").append(fixed(radius));
    out.append("\" fill=\"").append(fill).append("\"/>");
    return this;
  }

  /** Dots of one colour as one path of points with round ends, a dozen bytes each. */
  Svg dots(Iterable<double[]> points, String cssClass, String stroke, double diameter) {
    out.append("<path class=\"").append(cssClass).append("\" fill=\"none\" stroke=\"");
    out.append(stroke).append("\" stroke-linecap=\"round\" stroke-width=\"");
    out.append(fixed(diameter)).append("\" d=\"");
    for (double[] point : points) {
      out.append('M').append(fixed(point[0])).append(' ').append(fixed(point[1])).append("h0");
    }
    out.append("\"/>\n");
    return this;
  }

  /**
   * A text.
   *
   * @param anchor {@code start}, {@code middle} or {@code end}
   */
  Svg text(double x, double y, double size, String anchor, String text) {
    return text(x, y, size, anchor, "", text);
  }

  /** A text that is turned to run upwards. */
  Svg upward(double x, double y, double size, String anchor, String text) {
    return text(
        x, y, size, anchor, " transform=\"rotate(-90 " + fixed(x) + " " + fixed(y) + ")\"", text);
  }

  private Svg text(double x, double y, double size, String anchor, String transform, String text) {
    out.append("<text x=\"").append(fixed(x)).append("\" y=\"").append(fixed(y));
    out.append("\" font-size=\"").append(fixed(size)).append("\" text-anchor=\"").append(anchor);
    out.append("\" fill=\"#444\"").append(transform).append('>').append(Escape.markup(text));
    out.append("</text>\n");
    return this;
  }

  /** The whole drawing. */
  String end() {
    return out.append("</svg>\n").toString();
  }
}
