package org.ribonnx.report;

import java.awt.geom.PathIterator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Writes a drawing as SVG text. Numbers have fixed decimals without a locale, so equal data give
 * equal bytes. Colours are attributes, which a style sheet may overrule by class.
 */
final class Svg {
  private final StringBuilder out = new StringBuilder(1 << 12);

  private Svg() {}

  /** The drawing as an element {@code svg}. */
  static String of(Drawing drawing) {
    return new Svg().write(drawing);
  }

  private String write(Drawing drawing) {
    String id = drawing.id();
    out.append("<svg class=\"").append(drawing.cssClass());
    out.append("\" role=\"img\" aria-labelledby=\"");
    out.append(id).append("-t ").append(id).append("-d\" viewBox=\"0 0 ");
    out.append(fixed(drawing.width())).append(' ').append(fixed(drawing.height()));
    if (drawing.cssClass().equals(Drawing.NATURAL)) {
      out.append("\" width=\"").append(fixed(drawing.width()));
      out.append("\" height=\"").append(fixed(drawing.height()));
    }
    out.append("\" xmlns=\"http://www.w3.org/2000/svg\" font-family=\"sans-serif\">\n");
    out.append("<title id=\"").append(id).append("-t\">");
    out.append(Escape.markup(drawing.title()));
    out.append("</title>\n<desc id=\"").append(id).append("-d\">");
    out.append(Escape.markup(drawing.description())).append("</desc>\n");
    letters(drawing);
    for (Drawing.Shape shape : drawing.shapes()) {
      if (shape instanceof Drawing.Rect rect) {
        rect(rect);
      } else if (shape instanceof Drawing.Line line) {
        line(line);
      } else if (shape instanceof Drawing.Path path) {
        path(path);
      } else if (shape instanceof Drawing.Dot dot) {
        dot(dot);
      } else if (shape instanceof Drawing.Dots dots) {
        dots(dots);
      } else if (shape instanceof Drawing.Tiles tiles) {
        tiles(tiles);
      } else if (shape instanceof Drawing.Area area) {
        area(area);
      } else if (shape instanceof Drawing.Letter letter) {
        letter(drawing.id(), letter);
      } else if (shape instanceof Drawing.Text text) {
        text(text);
      }
    }
    return out.append("</svg>\n").toString();
  }

  /** A number with one decimal at most. */
  static String fixed(double value) {
    long tenths = Math.round(value * 10);
    return tenths % 10 == 0
        ? Long.toString(tenths / 10)
        : String.format(Locale.ROOT, "%.1f", tenths / 10.0);
  }

  private Svg attribute(String name, double value) {
    out.append(' ').append(name).append("=\"").append(fixed(value)).append('"');
    return this;
  }

  private Svg begin(String tag, String cssClass) {
    out.append('<').append(tag).append(" class=\"").append(cssClass).append('"');
    return this;
  }

  private void end(String tag, String hint) {
    if (hint.isEmpty()) {
      out.append("/>");
    } else {
      out.append("><title>").append(Escape.markup(hint)).append("</title></").append(tag);
      out.append(">\n");
    }
  }

  private void rect(Drawing.Rect rect) {
    begin("rect", rect.cssClass()).attribute("x", rect.x()).attribute("y", rect.y());
    attribute("width", rect.width()).attribute("height", rect.height());
    out.append(" fill=\"").append(rect.fill()).append('"');
    if (rect.opacity() < 1) {
      out.append(String.format(Locale.ROOT, " fill-opacity=\"%.2f\"", rect.opacity()));
    }
    end("rect", rect.hint());
  }

  private void line(Drawing.Line line) {
    begin("line", line.cssClass()).attribute("x1", line.x1()).attribute("y1", line.y1());
    attribute("x2", line.x2()).attribute("y2", line.y2());
    out.append(" stroke=\"").append(line.stroke()).append("\"/>");
  }

  private void path(Drawing.Path path) {
    begin("polyline", path.cssClass());
    out.append(" fill=\"none\" stroke=\"").append(path.stroke());
    out.append("\" stroke-width=\"2\" points=\"");
    for (double[] point : path.points()) {
      out.append(fixed(point[0])).append(',').append(fixed(point[1])).append(' ');
    }
    out.append("\"/>");
  }

  private void dot(Drawing.Dot dot) {
    begin("circle", dot.cssClass()).attribute("cx", dot.x()).attribute("cy", dot.y());
    attribute("r", dot.radius());
    out.append(" fill=\"").append(dot.fill()).append('"');
    end("circle", dot.hint());
  }

  /** One path of points with round ends, a dozen bytes each. */
  private void dots(Drawing.Dots dots) {
    begin("path", dots.cssClass());
    out.append(" fill=\"none\" stroke=\"").append(dots.fill());
    out.append("\" stroke-linecap=\"round\"");
    attribute("stroke-width", dots.diameter());
    if (dots.opacity() < 1) {
      out.append(String.format(Locale.ROOT, " stroke-opacity=\"%.2f\"", dots.opacity()));
    }
    out.append(" d=\"");
    for (double[] point : dots.points()) {
      out.append('M').append(fixed(point[0])).append(' ').append(fixed(point[1])).append("h0");
    }
    out.append("\"/>\n");
  }

  /** The beginning of a filled path, up to its commands. */
  private void filled(String cssClass, String fill, double opacity) {
    begin("path", cssClass);
    out.append(" fill=\"").append(fill).append('"');
    if (opacity < 1) {
      out.append(String.format(Locale.ROOT, " fill-opacity=\"%.2f\"", opacity));
    }
    out.append(" d=\"");
  }

  private void area(Drawing.Area area) {
    filled(area.cssClass() + "\" fill-rule=\"evenodd", area.fill(), area.opacity());
    for (List<double[]> ring : area.rings()) {
      for (int i = 0; i < ring.size(); i++) {
        out.append(i == 0 ? 'M' : ' ').append(fixed(ring.get(i)[0])).append(' ');
        out.append(fixed(ring.get(i)[1]));
      }
      out.append('z');
    }
    out.append("\"/>\n");
  }

  /** One path of rectangles, a score of bytes each. */
  private void tiles(Drawing.Tiles tiles) {
    filled(tiles.cssClass(), tiles.fill(), tiles.opacity());
    String width = fixed(tiles.width());
    String back = fixed(-tiles.width());
    String height = fixed(tiles.height());
    for (double[] place : tiles.places()) {
      out.append('M').append(fixed(place[0])).append(' ').append(fixed(place[1]));
      out.append('h').append(width).append('v').append(height).append('h').append(back);
      out.append('z');
    }
    out.append("\"/>\n");
  }

  /** The outlines of the letters that occur, once each; they are told by the drawing's id. */
  private void letters(Drawing drawing) {
    String bases =
        drawing.shapes().stream()
            .filter(Drawing.Letter.class::isInstance)
            .map(shape -> String.valueOf(((Drawing.Letter) shape).base()))
            .distinct()
            .sorted()
            .collect(Collectors.joining());
    if (bases.isEmpty()) {
      return;
    }
    Glyphs glyphs = new Glyphs();
    out.append("<defs>");
    for (int at = 0; at < bases.length(); at++) {
      char base = bases.charAt(at);
      out.append("<path id=\"").append(drawing.id()).append('-').append(base).append("\" d=\"");
      double[] numbers = new double[6];
      for (PathIterator path = glyphs.square(base).getPathIterator(null); !path.isDone(); ) {
        int kind = path.currentSegment(numbers);
        out.append(kind == PathIterator.SEG_CLOSE ? 'Z' : "MLQ".charAt(kind));
        int count = kind == PathIterator.SEG_CLOSE ? 0 : kind == PathIterator.SEG_QUADTO ? 4 : 2;
        for (int i = 0; i < count; i++) {
          out.append(String.format(Locale.ROOT, i == 0 ? "%.3f" : " %.3f", numbers[i]));
        }
        path.next();
      }
      out.append("\"/>");
    }
    out.append("</defs>\n");
  }

  private void letter(String id, Drawing.Letter letter) {
    out.append("<use class=\"").append(letter.cssClass()).append("\" fill=\"");
    out.append(letter.fill()).append("\" href=\"#").append(id).append('-').append(letter.base());
    out.append("\" transform=\"matrix(").append(fixed(letter.width())).append(" 0 0 ");
    out.append(fixed(letter.height())).append(' ').append(fixed(letter.x())).append(' ');
    out.append(fixed(letter.y())).append(")\"/>\n");
  }

  private void text(Drawing.Text text) {
    out.append("<text");
    attribute("x", text.x()).attribute("y", text.y()).attribute("font-size", text.size());
    out.append(" text-anchor=\"").append(text.anchor()).append("\" fill=\"#444\"");
    if (text.upward()) {
      out.append(" transform=\"rotate(-90 ").append(fixed(text.x())).append(' ');
      out.append(fixed(text.y())).append(")\"");
    }
    out.append('>');
    if (!text.hint().isEmpty()) {
      out.append("<title>").append(Escape.markup(text.hint())).append("</title>");
    }
    out.append(Escape.markup(text.text())).append("</text>\n");
  }
}
