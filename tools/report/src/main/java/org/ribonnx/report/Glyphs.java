package org.ribonnx.report;

import java.awt.geom.AffineTransform;
import java.awt.geom.Path2D;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.StringTokenizer;
import org.jspecify.annotations.Nullable;

/**
 * Outlines of letters that come with the program: a container may have no fonts, and those of
 * another system would give other bytes. They are of DejaVu Sans; a letter that is not among them
 * is a box.
 */
final class Glyphs {
  /** A letter: its outline in units of an em, y upwards, and how far the next one is away. */
  private record Glyph(Path2D.Double outline, double advance) {}

  private final Map<Integer, Glyph> glyphs = new HashMap<>();
  private final Glyph box;

  Glyphs() {
    try (@Nullable InputStream stream = Glyphs.class.getResourceAsStream("glyphs.txt")) {
      if (stream == null) {
        throw new IllegalStateException("the jar lacks glyphs.txt");
      }
      BufferedReader lines =
          new BufferedReader(new InputStreamReader(stream, StandardCharsets.US_ASCII));
      double em = Double.parseDouble(String.valueOf(lines.readLine()));
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        String[] fields = line.split(" ", 3);
        glyphs.put(
            Integer.parseInt(fields[0], 16),
            new Glyph(
                parse(fields.length > 2 ? fields[2] : "", em), Integer.parseInt(fields[1]) / em));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Path2D.Double frame = new Path2D.Double(Path2D.WIND_EVEN_ODD);
    frame.append(new java.awt.geom.Rectangle2D.Double(0.05, 0, 0.5, 0.73), false);
    frame.append(new java.awt.geom.Rectangle2D.Double(0.11, 0.06, 0.38, 0.61), false);
    box = new Glyph(frame, 0.6);
  }

  private static Path2D.Double parse(String text, double em) {
    Path2D.Double path = new Path2D.Double(Path2D.WIND_NON_ZERO);
    StringTokenizer tokens = new StringTokenizer(text, "MLQZ ", true);
    double[] numbers = new double[4];
    char command = 'Z';
    int count = 0;
    while (tokens.hasMoreTokens()) {
      String token = tokens.nextToken();
      char first = token.charAt(0);
      if (first == 'Z') {
        path.closePath();
      } else if (first == 'M' || first == 'L' || first == 'Q') {
        command = first;
        count = 0;
      } else if (first != ' ') {
        numbers[count++] = Integer.parseInt(token) / em;
        if (command == 'M' && count == 2) {
          path.moveTo(numbers[0], numbers[1]);
        } else if (command == 'L' && count == 2) {
          path.lineTo(numbers[0], numbers[1]);
        } else if (command == 'Q' && count == 4) {
          path.quadTo(numbers[0], numbers[1], numbers[2], numbers[3]);
        }
      }
    }
    return path;
  }

  private Glyph glyph(int point) {
    return glyphs.getOrDefault(point, box);
  }

  /** The outline of a text that begins at (0, 0), y downwards, for letters of a size. */
  Path2D.Double outline(String text, double size) {
    Path2D.Double path = new Path2D.Double(Path2D.WIND_NON_ZERO);
    double x = 0;
    for (int point : text.codePoints().toArray()) {
      Glyph glyph = glyph(point);
      path.append(
          glyph.outline().getPathIterator(new AffineTransform(size, 0, 0, -size, x * size, 0)),
          false);
      x += glyph.advance();
    }
    return path;
  }

  /** The outline of a letter, y downwards, stretched to fill the square from (0, 0) to (1, 1). */
  Path2D.Double square(char letter) {
    Path2D.Double path = outline(String.valueOf(letter), 1);
    java.awt.geom.Rectangle2D box = path.getBounds2D();
    AffineTransform stretch =
        AffineTransform.getScaleInstance(1 / box.getWidth(), 1 / box.getHeight());
    stretch.translate(-box.getX(), -box.getY());
    path.transform(stretch);
    return path;
  }

  /** How wide a text is. */
  double width(String text, double size) {
    return size * text.codePoints().mapToDouble(point -> glyph(point).advance()).sum();
  }
}
