package org.ribonnx.report;

import java.util.List;

/**
 * A page as text. It is well-formed XML too, so that a test can parse it. What callers hand over as
 * text is escaped; only what is called markup is taken as it is.
 */
final class Html {
  private final StringBuilder out = new StringBuilder(1 << 16);
  private final Figures figures = new Figures();

  /** Appends text that is markup already. */
  Html markup(String markup) {
    out.append(markup);
    return this;
  }

  Html line(String markup) {
    out.append(markup).append('\n');
    return this;
  }

  /** An element with a text. */
  Html element(String tag, String text) {
    return line("<" + tag + ">" + Escape.markup(text) + "</" + tag + ">");
  }

  Html paragraph(String text) {
    return element("p", text);
  }

  /** A paragraph in a smaller voice. */
  Html note(String text) {
    return line("<p class=\"soft\">" + Escape.markup(text) + "</p>");
  }

  Html section(String id, String heading) {
    return line("<section id=\"" + id + "\">").element("h2", heading);
  }

  /** A figure on the page, which is also written as a picture. */
  Html figure(String cssClass, String head, String what, Drawing drawing) {
    figures.add(head, what, drawing);
    line(cssClass.isEmpty() ? "<figure>" : "<figure class=\"" + cssClass + "\">");
    return markup(Svg.of(drawing)).line("</figure>");
  }

  Figures figures() {
    return figures;
  }

  Html end() {
    return line("</section>");
  }

  /** Begins what unfolds on demand. */
  Html details(String summary) {
    return line("<details>").element("summary", summary);
  }

  /**
   * A table's head. A heading that begins with {@code #} is that of numbers, set to the right.
   *
   * @param cssClass of the table; empty: none
   */
  Html table(String cssClass, List<String> headings) {
    out.append("<div class=\"scroll\"><table");
    out.append(cssClass.isEmpty() ? "" : " class=\"" + cssClass + "\"").append(">\n<thead><tr>");
    for (String heading : headings) {
      boolean number = heading.startsWith("#");
      out.append(number ? "<th scope=\"col\" class=\"n\">" : "<th scope=\"col\">");
      out.append(Escape.markup(number ? heading.substring(1) : heading)).append("</th>");
    }
    return line("</tr></thead>\n<tbody>");
  }

  Html row() {
    return markup("<tr>");
  }

  Html cell(String text) {
    return cellMarkup(Escape.markup(text));
  }

  Html cellMarkup(String markup) {
    return markup("<td>" + markup + "</td> ");
  }

  Html number(String text) {
    return markup("<td class=\"n\">" + Escape.markup(text) + "</td> ");
  }

  Html endRow() {
    return line("</tr>");
  }

  Html endTable() {
    return line("</tbody></table></div>");
  }

  /** A row of a name and what belongs to it. */
  Html fact(String name, String markup) {
    return line(
        "<tr><th scope=\"row\">" + Escape.markup(name) + "</th> <td>" + markup + "</td></tr>");
  }

  @Override
  public String toString() {
    return out.toString();
  }
}
