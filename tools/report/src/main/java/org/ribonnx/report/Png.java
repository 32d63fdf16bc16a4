package org.ribonnx.report;

import java.awt.AlphaComposite;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.AffineTransform;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Line2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/**
 * Draws as PNG, on white, two pixels to the unit. Letters are outlines of its own, so neither fonts
 * nor a screen are needed and equal drawings give equal bytes.
 */
final class Png {
  private static final int SCALE = 2;
  private static final Color TEXT = new Color(0x33, 0x33, 0x33);

  private final Glyphs glyphs = new Glyphs();

  Png() {
    // Nothing here needs a screen; a server with a broken display setting must not matter.
    System.setProperty("java.awt.headless", "true");
  }

  /** The bytes of the file. */
  byte[] of(Drawing drawing) {
    int width = (int) Math.ceil(drawing.width() * SCALE);
    int height = (int) Math.ceil(drawing.height() * SCALE);
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    try {
      graphics.setColor(Color.WHITE);
      graphics.fillRect(0, 0, width, height);
      graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
      graphics.setRenderingHint(
          RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
      graphics.scale(SCALE, SCALE);
      drawing.shapes().forEach(shape -> draw(graphics, shape));
    } finally {
      graphics.dispose();
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(1 << 15);
    try (MemoryCacheImageOutputStream stream = new MemoryCacheImageOutputStream(bytes)) {
      if (!ImageIO.write(image, "png", stream)) {
        throw new IllegalStateException("this Java can't write PNG");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private void draw(Graphics2D graphics, Drawing.Shape shape) {
    if (shape instanceof Drawing.Rect rect) {
      graphics.setColor(Color.decode(rect.fill()));
      graphics.setComposite(
          AlphaComposite.getInstance(AlphaComposite.SRC_OVER, (float) rect.opacity()));
      graphics.fill(new Rectangle2D.Double(rect.x(), rect.y(), rect.width(), rect.height()));
      graphics.setComposite(AlphaComposite.SrcOver);
    } else if (shape instanceof Drawing.Line line) {
      boolean dashed = line.cssClass().equals("threshold");
      graphics.setColor(Color.decode(line.stroke()));
      graphics.setStroke(
          dashed
              ? new BasicStroke(
                  1.5f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_MITER, 10f, new float[] {5f, 3f}, 0f)
              : new BasicStroke(1f));
      graphics.draw(new Line2D.Double(line.x1(), line.y1(), line.x2(), line.y2()));
    } else if (shape instanceof Drawing.Path line) {
      Path2D.Double path = new Path2D.Double();
      trace(path, line.points());
      graphics.setColor(Color.decode(line.stroke()));
      graphics.setStroke(new BasicStroke(2f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND));
      graphics.draw(path);
    } else if (shape instanceof Drawing.Dot dot) {
      double radius = dot.radius();
      graphics.setColor(Color.decode(dot.fill()));
      graphics.fill(
          new Ellipse2D.Double(dot.x() - radius, dot.y() - radius, 2 * radius, 2 * radius));
    } else if (shape instanceof Drawing.Dots dots) {
      double size = dots.diameter();
      graphics.setColor(Color.decode(dots.fill()));
      graphics.setComposite(
          AlphaComposite.getInstance(AlphaComposite.SRC_OVER, (float) dots.opacity()));
      for (double[] point : dots.points()) {
        graphics.fill(new Ellipse2D.Double(point[0] - size / 2, point[1] - size / 2, size, size));
      }
      graphics.setComposite(AlphaComposite.SrcOver);
    } else if (shape instanceof Drawing.Tiles tiles) {
      graphics.setColor(Color.decode(tiles.fill()));
      graphics.setComposite(
          AlphaComposite.getInstance(AlphaComposite.SRC_OVER, (float) tiles.opacity()));
      for (double[] place : tiles.places()) {
        graphics.fill(new Rectangle2D.Double(place[0], place[1], tiles.width(), tiles.height()));
      }
      graphics.setComposite(AlphaComposite.SrcOver);
    } else if (shape instanceof Drawing.Area area) {
      area(graphics, area);
    } else if (shape instanceof Drawing.Letter letter) {
      AffineTransform place = AffineTransform.getTranslateInstance(letter.x(), letter.y());
      place.scale(letter.width(), letter.height());
      graphics.setColor(Color.decode(letter.fill()));
      graphics.fill(place.createTransformedShape(glyphs.square(letter.base())));
    } else if (shape instanceof Drawing.Text text) {
      text(graphics, text);
    }
  }

  private static void trace(Path2D.Double path, List<double[]> points) {
    for (int i = 0; i < points.size(); i++) {
      if (i == 0) {
        path.moveTo(points.get(i)[0], points.get(i)[1]);
      } else {
        path.lineTo(points.get(i)[0], points.get(i)[1]);
      }
    }
  }

  private static void area(Graphics2D graphics, Drawing.Area area) {
    Path2D.Double path = new Path2D.Double(Path2D.WIND_EVEN_ODD);
    for (List<double[]> ring : area.rings()) {
      trace(path, ring);
      path.closePath();
    }
    graphics.setColor(Color.decode(area.fill()));
    graphics.setComposite(
        AlphaComposite.getInstance(AlphaComposite.SRC_OVER, (float) area.opacity()));
    graphics.fill(path);
    graphics.setComposite(AlphaComposite.SrcOver);
  }

  private void text(Graphics2D graphics, Drawing.Text text) {
    String shown = Escape.plain(text.text(), 500);
    double width = glyphs.width(shown, text.size());
    double shift =
        switch (text.anchor()) {
          case "middle" -> -width / 2;
          case "end" -> -width;
          default -> 0;
        };
    AffineTransform place = AffineTransform.getTranslateInstance(text.x(), text.y());
    if (text.upward()) {
      place.rotate(-Math.PI / 2);
    }
    place.translate(shift, 0);
    graphics.setColor(TEXT);
    graphics.fill(place.createTransformedShape(glyphs.outline(shown, text.size())));
  }
}
