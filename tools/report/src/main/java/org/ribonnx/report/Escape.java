package org.ribonnx.report;

import java.util.Locale;

/**
 * Makes text of unknown origin safe and visible. Ids, labels, titles and cards come from elsewhere:
 * markup must not act, and characters that hide or reorder text are shown as {@code \}u escapes.
 */
final class Escape {
  private Escape() {}

  /** For text and quoted attributes of HTML and SVG. */
  static String markup(String text) {
    StringBuilder out = new StringBuilder(text.length() + 16);
    text.codePoints()
        .forEach(
            point -> {
              switch (point) {
                case '&' -> out.append("&amp;");
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '"' -> out.append("&quot;");
                case '\'' -> out.append("&#39;");
                case '`' -> out.append("&#96;");
                default -> visible(point, out);
              }
            });
    return out.toString();
  }

  /** For messages and comments: one line, nothing hidden, at most {@code most} characters. */
  static String plain(String text, int most) {
    StringBuilder out = new StringBuilder();
    text.codePoints().limit(most).forEach(point -> visible(point, out));
    return text.codePointCount(0, text.length()) > most ? out + "…" : out.toString();
  }

  /**
   * For Markdown, also in cells of a table: every sign that could be markup, a directive of Galaxy
   * or the start of an address becomes a character reference.
   */
  static String markdown(String text) {
    StringBuilder seen = new StringBuilder(text.length() + 16);
    text.codePoints().forEach(point -> visible(point, seen));
    StringBuilder out = new StringBuilder(seen.length() + 16);
    seen.codePoints()
        .forEach(
            point -> {
              boolean sign = point < 128 && !Character.isLetterOrDigit(point);
              if (sign && " .,-%".indexOf(point) < 0) {
                out.append("&#").append(point).append(';');
              } else {
                out.appendCodePoint(point);
              }
            });
    return out.toString();
  }

  /**
   * For plots of others, who may or may not escape it themselves and may write it to tables: signs
   * of markup become their typographic twins, and a sign that begins a formula gets one before it.
   */
  static String plot(String text) {
    String shown =
        plain(text, 120)
            .replace('<', '‹')
            .replace('>', '›')
            .replace('&', '＆')
            .replace('"', '″')
            .replace('\'', '′')
            .replace('`', '‵')
            // MultiQC takes names with a slash for paths and keeps the end alone.
            .replace('/', '∕');
    return !shown.isEmpty() && "=+-@".indexOf(shown.charAt(0)) >= 0 ? "′" + shown : shown;
  }

  /** A text as part of a file's name that never leads anywhere: letters, digits, {@code _.-}. */
  static String fileName(String text) {
    String safe = text.replaceAll("[^A-Za-z0-9_.-]+", "-").replaceAll("^[.-]+|[.-]+$", "");
    safe = safe.substring(0, Math.min(80, safe.length()));
    return safe.isEmpty() ? "sample" : safe;
  }

  /** Inside {@code <!-- -->}, where no two hyphens may follow each other. */
  static String comment(String text) {
    // No reader resolves entities there, so the hyphen becomes its typographic twin.
    return plain(text, 2000).replace('-', '‐').replace('<', '‹').replace('>', '›');
  }

  private static void visible(int point, StringBuilder out) {
    switch (Character.getType(point)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          out.append(
              point > 0xFFFF
                  ? String.format(Locale.ROOT, "\\U%08x", point)
                  : String.format(Locale.ROOT, "\\u%04x", point));
      default -> out.appendCodePoint(point);
    }
  }

  /** The text as a link, if the address is one of https; else the text alone. */
  static String link(String url, String text) {
    if (!isLink(url)) {
      return markup(text);
    }
    return "<a href=\"" + markup(url) + "\" rel=\"noopener noreferrer\">" + markup(text) + "</a>";
  }

  private static boolean isLink(String url) {
    return url.startsWith("https://")
        && url.length() > 8
        && url.length() < 2000
        && url.codePoints()
            .allMatch(
                point ->
                    point > ' '
                        && point != '"'
                        && point != '<'
                        && point != '>'
                        && point != '`'
                        && point != '\\'
                        && point < 127);
  }

  /** What a card cites: {@code doi:} and https addresses become links. */
  static String citation(String text) {
    if (text.matches("(?i)doi:10\\.[0-9]{4,9}/[\\x21-\\x7e]+")) {
      return link("https://doi.org/" + text.substring(4), text);
    }
    return link(text, text);
  }
}
