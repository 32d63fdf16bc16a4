package org.ribonnx.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.HeadSpec;

/** The section of a head on what counted along single sequences. */
final class TrackSection {
  /** Tracks that stand open; more unfold on demand. */
  static final int OPEN_TRACKS = 6;

  private static final int MOST_ROWS = 2_000;
  private static final int ENDS = 3;

  private final Explanations explanations;
  private final HeadSpec spec;
  private final int number;
  private final Html html;

  private TrackSection(Explanations explanations, HeadSpec spec, int number, Html html) {
    this.explanations = explanations;
    this.spec = spec;
    this.number = number;
    this.html = html;
  }

  /** Whether there are tracks of a head. */
  static boolean applies(ReportData data, int number) {
    Explanations explanations = data.explanations;
    return explanations != null && explanations.groups(number) > 0;
  }

  static void write(ReportData data, int number, Html html) {
    Explanations explanations = data.explanations;
    if (explanations != null && explanations.groups(number) > 0) {
      new TrackSection(explanations, data.heads.get(number).summary.head(), number, html).write();
    }
  }

  static String id(int head) {
    return "tracks-" + head;
  }

  /** What a track is called among the figures. */
  static String what(int place) {
    return "track-" + (place + 1);
  }

  private String called(Explanations.Track track) {
    return HeadSection.called(spec.labels().get(track.label()));
  }

  private void write() {
    List<Explanations.Track> tracks = explanations.tracks(number);
    html.section(id(number), "Along the sequence: " + spec.name());
    boolean letters = tracks.stream().anyMatch(TrackChart::isLettered);
    boolean lines = !tracks.stream().allMatch(TrackChart::isLettered);
    html.paragraph(
        "What each position of a sequence counted for a label. Above the axis it speaks for the label, below against it. This"
            + " says what the model used, which need not be where a protein binds or what causes the label in nature."
            + (letters
                ? " The height of a letter is its value; positions are numbered from 1."
                : "")
            + (lines
                ? " Without letters, or beyond "
                    + TrackChart.MOST_LETTERS
                    + " positions, a line shows the mean over neighbours."
                : ""));
    html.paragraph(
        (tracks.size() < explanations.groups(number)
                ? "Of "
                    + Words.count(explanations.groups(number))
                    + " pairs of record and label, the "
                    + tracks.size()
                    + " with the largest values are drawn."
                : "All "
                    + Words.count(tracks.size(), "pair", "pairs")
                    + " of record and label "
                    + (tracks.size() == 1 ? "is" : "are")
                    + " drawn, the largest values first.")
            + " Each figure has a scale of its own.");
    long cut = tracks.stream().filter(track -> track.missing() > 0).count();
    if (cut > 0) {
      html.note(
          "In "
              + Words.count(cut, "figure", "figures")
              + " some positions have no row in the table, and nothing is drawn there: ribonnx explain leaves rows out by"
              + " --top (20 unless it is given; 0 keeps all), or the model gave no number.");
    }
    for (int i = 0; i < tracks.size(); i++) {
      if (i == OPEN_TRACKS) {
        html.details("The other " + (tracks.size() - OPEN_TRACKS) + " figures");
      }
      track(i, tracks.get(i));
    }
    if (tracks.size() > OPEN_TRACKS) {
      html.line("</details>");
    }
    numbers(tracks);
    html.end();
  }

  private void track(int place, Explanations.Track track) {
    html.element("h3", track.record() + ", " + called(track));
    html.figure(
        "scroll",
        spec.name(),
        what(place),
        TrackChart.draw(
            track,
            "track-" + number + "-" + place,
            "What counted in " + track.record() + " for " + called(track),
            "Values by position, from "
                + track.first()
                + " to "
                + track.last()
                + "; the numbers stand in the table below."));
    html.note(
        (track.missing() > 0
                ? Words.count(track.missing(), "position", "positions")
                    + " from 1 to "
                    + Words.count(track.last())
                    + " "
                    + (track.missing() == 1 ? "has" : "have")
                    + " no value. "
                : "")
            + (TrackChart.isLettered(track)
                ? ""
                : "Each point is the mean of "
                    + TrackChart.window(track)
                    + " neighbouring positions. ")
            + "Most for it: "
            + ends(track, 1)
            + ". Most against it: "
            + ends(track, -1)
            + ".");
  }

  /** The positions that speak most for the label, or against it. */
  private static String ends(Explanations.Track track, int sign) {
    Strongest<String> strongest = new Strongest<>(ENDS);
    for (int i = 0; i < track.positions().length; i++) {
      int at = i;
      if (sign * track.values()[i] > 0) {
        strongest.offer(
            sign * track.values()[i],
            () ->
                letter(track, at)
                    + Words.count(track.positions()[at])
                    + " ("
                    + SignedMap.shown(track.values()[at])
                    + ")");
      }
    }
    return strongest.all().isEmpty() ? "none" : String.join(", ", strongest.all());
  }

  private static String letter(Explanations.Track track, int at) {
    return track.bases().isEmpty() ? "" : track.bases().substring(at, at + 1);
  }

  private void numbers(List<Explanations.Track> tracks) {
    List<int[]> rows = new ArrayList<>();
    long all = 0;
    for (int i = 0; i < tracks.size(); i++) {
      all += tracks.get(i).positions().length;
      for (int at = 0; at < tracks.get(i).positions().length && rows.size() < MOST_ROWS; at++) {
        rows.add(new int[] {i, at});
      }
    }
    html.details("The numbers of the figures");
    new Pager(html, "track-rows-" + number, rows.size())
        .write(
            List.of("Record", "Label", "#Position", "Base", "#Value"),
            row -> {
              Explanations.Track track = tracks.get(rows.get(row)[0]);
              int at = rows.get(row)[1];
              html.row()
                  .cell(track.record())
                  .cell(called(track))
                  .number(Words.count(track.positions()[at]))
                  .cell(track.bases().isEmpty() ? "–" : letter(track, at))
                  .number(Words.number(track.values()[at]))
                  .endRow();
            });
    if (all > MOST_ROWS) {
      html.note(
          "The first "
              + Words.count(MOST_ROWS)
              + " of "
              + Words.count(all)
              + "; the others stand in the table of explanations.");
    }
    html.line("</details>");
  }

  /** The same for programs. */
  static Map<String, @Nullable Object> tree(Explanations explanations, HeadSpec spec, int number) {
    Map<String, @Nullable Object> tree = new LinkedHashMap<>();
    tree.put("pairs", explanations.groups(number));
    List<@Nullable Object> tracks = new ArrayList<>();
    for (Explanations.Track track : explanations.tracks(number)) {
      Map<String, @Nullable Object> facts = new LinkedHashMap<>();
      facts.put("record", track.record());
      facts.put("label", spec.labels().get(track.label()).label());
      facts.put("positions", (long) track.positions().length);
      facts.put("first", (long) track.first());
      facts.put("last", (long) track.last());
      facts.put("missing", (long) track.missing());
      if (TrackChart.isLettered(track)) {
        facts.put("bases", track.bases());
      }
      int highest = 0;
      int lowest = 0;
      for (int i = 0; i < track.values().length; i++) {
        highest = track.values()[i] > track.values()[highest] ? i : highest;
        lowest = track.values()[i] < track.values()[lowest] ? i : lowest;
      }
      facts.put("highest", track.values()[highest]);
      facts.put("highest_position", (long) track.positions()[highest]);
      facts.put("lowest", track.values()[lowest]);
      facts.put("lowest_position", (long) track.positions()[lowest]);
      tracks.add(facts);
    }
    tree.put("tracks", tracks);
    return tree;
  }

  static void define(Map<String, String> all, String heads) {
    String t = heads + "explanations.";
    all.put(t + "pairs", "Pairs of record and label with rows in the table of explanations.");
    all.put(
        t + "tracks.[].positions",
        "Positions with a value, of the "
            + Explanations.MOST_TRACKS
            + " pairs with the largest values.");
    all.put(t + "tracks.[].first", "The first position with a value, counted from 1.");
    all.put(t + "tracks.[].last", "The last one.");
    all.put(t + "tracks.[].missing", "Positions from 1 to the last one without a value.");
    all.put(
        t + "tracks.[].bases",
        "Letters of the positions with a value, in their order; of short tracks.");
    all.put(t + "tracks.[].highest", "The highest value; above 0 it speaks for the label.");
    all.put(t + "tracks.[].highest_position", "Its position, of equal ones the first.");
    all.put(t + "tracks.[].lowest", "The lowest value.");
    all.put(t + "tracks.[].lowest_position", "Its position, of equal ones the first.");
  }
}
