package org.ribonnx.report;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The section with the maps: where the records lie beside known ones, and among themselves. */
final class MapSection {
  /** Anchor of the section. */
  static final String ID = "map";

  private final RecordMap map;
  private final Html html;

  MapSection(RecordMap map, Html html) {
    this.map = map;
    this.html = html;
  }

  void write() {
    html.section(ID, "Map of the records");
    MapSample sample = map.sample();
    if (sample.size() == 0) {
      html.paragraph(
          sample.source().fits()
              ? "No record has numbers to be placed by, so there is no map."
              : "There is no map. " + map.noPlane());
      html.end();
      return;
    }
    html.paragraph(
        "Every dot is a record, placed by the numbers that the model made of it"
            + " (view '"
            + sample.source().view()
            + "') and coloured by what the head '"
            + map.head().name()
            + "' predicted.");
    if (sample.usable() > sample.size()) {
      html.paragraph(
          "The maps show "
              + Words.count(sample.size())
              + " of "
              + Words.count(sample.usable())
              + " usable records: a random sample with the seed "
              + MapSample.SEED
              + ", the same in every run.");
    } else {
      html.paragraph(
          "The maps show "
              + (sample.size() == 1
                  ? "the one usable record."
                  : "all " + Words.count(sample.size()) + " usable records."));
    }
    float @Nullable [] places = map.places();
    if (places != null) {
      beside(places);
    }
    among();
    table();
    html.end();
  }

  private void beside(float[] places) {
    @Nullable Background known = map.background();
    html.element("h3", known == null ? "On the model's map" : "Beside what the model knows");
    if (known != null) {
      long comparable = 0;
      long own = 0;
      for (RecordMap.Group group : map.groups()) {
        comparable += map.comparable(group);
        own += map.amongOwn(group);
      }
      html.paragraph(
          Words.count(known.size(), "small pale dot is a record", "small pale dots are records")
              + " that the model knows, of "
              + Words.count(known.labels(), "label", "labels")
              + "."
              + (comparable > 0
                  ? " Of the "
                      + Words.count(comparable, "assigned record", "assigned records")
                      + ", "
                      + Words.count(own)
                      + " ("
                      + Words.percent(own, comparable)
                      + ") lie nearest to a known record of their own label."
                  : ""));
      html.paragraph(shading(known));
    }
    figure(
        "map-model",
        places,
        known,
        "Map of the records" + (known == null ? "" : " beside known ones"),
        "first number of the model's map (no unit)",
        "second number");
    @Nullable Double trust = map.trustworthiness();
    html.note(
        "A map in two dimensions bends what it shows: near is like, but far says little."
            + (trust == null
                ? ""
                : " The model states a trustworthiness of "
                    + Words.ratio(trust, 3)
                    + " for it: 1 where all neighbours on the map are neighbours for the model.")
            + " The decision is made on all numbers, not on the map.");
  }

  /** What is shaded, in words. */
  private static String shading(Background known) {
    return "Shaded is where the known records of a label are densest: the smallest area that holds 80 % of them, darker"
        + " that of 50 % (smoothed by a Gaussian kernel; labels with fewer than "
        + MapChart.FEWEST
        + " known records have none). "
        + (MapChart.isNamed(known)
            ? "Every label has its area, in grey where it has no colour, and its name above it unless another name"
                + " lies there. A dot outside all areas lies where known records are rare."
            : "Of "
                + Words.count(known.labels())
                + " labels those with a colour have an area; of the others there are pale dots alone.");
  }

  private void among() {
    html.element("h3", "The records among themselves");
    float @Nullable [] plane = map.plane();
    if (plane == null) {
      html.paragraph("There is no map of the records alone. " + map.noPlane());
      return;
    }
    html.paragraph(
        "The two directions in which these records differ most (principal components). They hold "
            + share(0)
            + " and "
            + share(1)
            + " of the variance; what differs in other directions is not seen.");
    figure(
        "map-components",
        plane,
        null,
        "Principal components of the records",
        "component 1 (" + share(0) + " of the variance)",
        "component 2 (" + share(1) + ")");
  }

  private String share(int component) {
    return String.format(java.util.Locale.ROOT, "%.1f %%", 100 * map.explained(component));
  }

  private void figure(
      String id,
      float[] places,
      @Nullable Background known,
      String title,
      String across,
      String upward) {
    html.figure(
        "",
        map.head().name(),
        id,
        new MapChart(map, places, known)
            .draw(
                id,
                title,
                "Scatter plot, a dot per record, coloured by prediction; the table below has the"
                    + " middle of each colour.",
                across,
                upward));
  }

  private void table() {
    float @Nullable [] places = map.places();
    float @Nullable [] plane = map.plane();
    @Nullable Background known = map.background();
    List<String> headings = new ArrayList<>(List.of("Prediction", "#Records"));
    if (places != null) {
      headings.add("#Middle on the model's map");
    }
    if (known != null) {
      headings.add("#Nearest to their own label");
    }
    if (plane != null) {
      headings.add("#Middle in components 1 and 2");
    }
    html.details("The maps as a table");
    html.table("", headings);
    for (RecordMap.Group group : map.groups()) {
      html.row();
      if (group.label() >= 0) {
        html.cellMarkup(HeadSection.linked(map.head().labels().get(group.label())));
      } else {
        html.cell(group.name());
      }
      html.number(Words.count(group.members().length));
      if (places != null) {
        html.number(middle(places, group));
      }
      if (known != null) {
        long comparable = map.comparable(group);
        html.number(comparable == 0 ? "–" : Words.percent(map.amongOwn(group), comparable));
      }
      if (plane != null) {
        html.number(middle(plane, group));
      }
      html.endRow();
    }
    html.endTable();
    html.note("Middle: the median of each axis.");
    html.line("</details>");
  }

  private static String middle(float[] places, RecordMap.Group group) {
    return String.format(
        java.util.Locale.ROOT,
        "%.2f, %.2f",
        RecordMap.median(places, 0, group.members()),
        RecordMap.median(places, 1, group.members()));
  }
}
