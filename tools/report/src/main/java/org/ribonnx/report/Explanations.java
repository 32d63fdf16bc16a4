package org.ribonnx.report;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.ribonnx.core.bundle.Bundle;

/**
 * What each position of a sequence counted for a label, as {@code ribonnx explain} writes it. The
 * rows of one record and label stand together; only the tracks of the largest values are held.
 */
final class Explanations {
  /** Tracks that are drawn of each head. */
  static final int MOST_TRACKS = 12;

  private static final int MOST_POSITIONS = 1_000_000;
  private static final double LAST_POSITION = 1e9;
  private static final int POSITION = 3;
  private static final int VALUE = 4;
  private static final int BASE = 5;
  private static final String BASES = "ACGUN";
  private static final List<String> COLUMNS =
      List.of("id", "head", "label", "position", "value", "base");

  /**
   * The positions of a record with a value for a label, in their order.
   *
   * @param positions from 1 on
   * @param values above 0 a position speaks for the label
   * @param bases A, C, G, U or N of each position; empty where the table has none
   */
  record Track(String record, int label, int[] positions, double[] values, String bases) {
    int first() {
      return positions[0];
    }

    int last() {
      return positions[positions.length - 1];
    }

    /** Positions from 1 to the last one without a value. */
    int missing() {
      return last() - positions.length;
    }
  }

  private final List<Strongest<Track>> tracks = new ArrayList<>();
  private final long[] groups;
  private final boolean withBases;

  private byte[] id = new byte[0];
  private int head = -1;
  private int label;
  private long firstLine;
  private int size;
  private int[] positions = new int[128];
  private double[] values = new double[128];
  private byte[] bases = new byte[128];

  /**
   * Reads the table.
   *
   * @throws org.ribonnx.core.io.RibonnxException input, naming line and column, for a table that is
   *     none or that is not of this model
   */
  Explanations(Path file, Bundle bundle) {
    groups = new long[bundle.heads().size()];
    for (int i = 0; i < groups.length; i++) {
      tracks.add(new Strongest<>(MOST_TRACKS));
    }
    try (SideTable table =
        new SideTable(
            file,
            bundle,
            "a table of explanations",
            List.of(COLUMNS, COLUMNS.subList(0, BASE)),
            "give the explanations.tsv that ribonnx explain wrote of a model on sequences; features of tables are drawn"
                + " from importance.tsv, by --importance")) {
      withBases = table.columns().size() > BASE;
      while (table.next()) {
        row(table);
      }
      end(table);
    }
  }

  private void row(SideTable table) {
    TableReader row = table.row();
    if (row.isEmpty(0)) {
      throw table.wrong(0, "is empty", "the id of a record is expected here");
    }
    boolean same =
        head == table.head()
            && label == table.label()
            && Arrays.equals(id, 0, id.length, row.bytes(), row.start(0), row.end(0));
    if (!same) {
      end(table);
      id = Arrays.copyOfRange(row.bytes(), row.start(0), row.end(0));
      head = table.head();
      label = table.label();
      firstLine = row.line();
    }
    if (size == positions.length) {
      if (size >= MOST_POSITIONS) {
        throw row.error(
            "is more than " + Words.count(MOST_POSITIONS) + " positions of one record and label",
            "are ids unique?");
      }
      positions = Arrays.copyOf(positions, 2 * size);
      values = Arrays.copyOf(values, 2 * size);
      bases = Arrays.copyOf(bases, 2 * size);
    }
    positions[size] = (int) table.count(POSITION, LAST_POSITION);
    values[size] = table.number(VALUE);
    bases[size] = withBases ? base(table) : 0;
    size++;
  }

  private static byte base(SideTable table) {
    TableReader row = table.row();
    int length = row.end(BASE) - row.start(BASE);
    int letter = length == 1 ? Character.toUpperCase(row.bytes()[row.start(BASE)]) : ' ';
    letter = letter == 'T' ? 'U' : letter;
    if (BASES.indexOf(letter) < 0) {
      throw table.wrong(BASE, "is '" + table.shown(BASE) + "'", "A, C, G, U or N is expected here");
    }
    return (byte) letter;
  }

  /** Ends the rows of a record and label. */
  private void end(SideTable table) {
    if (size == 0) {
      return;
    }
    groups[head]++;
    double most = 0;
    for (int i = 0; i < size; i++) {
      most = Math.max(most, Math.abs(values[i]));
    }
    tracks.get(head).offer(most, () -> track(table));
    size = 0;
  }

  private Track track(SideTable table) {
    long[] order = new long[size];
    for (int i = 0; i < size; i++) {
      order[i] = (long) positions[i] << 32 | i;
    }
    Arrays.sort(order);
    int[] places = new int[size];
    double[] numbers = new double[size];
    StringBuilder letters = new StringBuilder();
    for (int i = 0; i < size; i++) {
      int from = (int) order[i];
      places[i] = positions[from];
      numbers[i] = values[from];
      if (withBases) {
        letters.append((char) bases[from]);
      }
      if (i > 0 && places[i] == places[i - 1]) {
        throw table
            .row()
            .error(
                "or before (from line "
                    + firstLine
                    + " on): position "
                    + places[i]
                    + " of '"
                    + Escape.plain(new String(id, StandardCharsets.UTF_8), 60)
                    + "' has two values for one label",
                "keep one row per record, head, label and position");
      }
    }
    return new Track(
        new String(id, StandardCharsets.UTF_8), label, places, numbers, letters.toString());
  }

  /** Records and labels of a head that have rows. */
  long groups(int number) {
    return groups[number];
  }

  boolean isEmpty() {
    return Arrays.stream(groups).sum() == 0;
  }

  /** The tracks of a head with the largest values, the largest first. */
  List<Track> tracks(int number) {
    return tracks.get(number).all();
  }
}
