package org.ribonnx.report;

import java.util.ArrayList;
import java.util.List;

/** Bars of records by a small number, with their table below. */
final class CountBars {
  private record Row(String name, long count) {}

  private final String heading;
  private final List<Row> rows = new ArrayList<>();

  /**
   * @param heading what the bars stand for
   */
  CountBars(String heading) {
    this.heading = heading;
  }

  void add(String name, long count) {
    rows.add(new Row(name, count));
  }

  /**
   * Writes figure and table.
   *
   * @param total what shares are of
   */
  void write(
      Html html,
      String head,
      String what,
      int number,
      String title,
      String description,
      long total) {
    long most = rows.stream().mapToLong(Row::count).max().orElse(0);
    List<BarChart.Bar> bars = new ArrayList<>();
    rows.forEach(row -> bars.add(HeadSection.bar(row.name(), row.count(), row.count(), total)));
    html.figure(
        "",
        head,
        what,
        BarChart.draw(
            what + "-" + number,
            title,
            description,
            (double) Math.max(1, most),
            List.of(new BarChart.Key("records", "ok", Drawing.BLUE)),
            bars));
    html.details("The numbers of the figure");
    html.table("", List.of(heading, "#Records", "#Share"));
    for (Row row : rows) {
      html.row()
          .cell(row.name())
          .number(Words.count(row.count()))
          .number(Words.percent(row.count(), total))
          .endRow();
    }
    html.endTable();
    html.line("</details>");
  }
}
