package org.ribonnx.report;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.HeadSpec;
import org.ribonnx.core.io.RibonnxException;

/**
 * How much each feature counts for each label: a table with a row per head, label and feature, as
 * {@code ribonnx explain} writes it.
 */
final class Importance {
  /** As many rows are read; they are held in memory, about 30 bytes each. */
  static final int MOST_ROWS = 1_000_000;

  private static final List<String> COLUMNS =
      List.of("head", "label", "feature", "mean", "mean_absolute", "records", "rank");
  private static final String POSITION = "position";
  private static final int FEATURE = 2;
  private static final int MEAN = 3;
  private static final int ABSOLUTE = 4;
  private static final int RECORDS = 5;
  private static final int RANK = 6;
  private static final double LONGEST_COUNT = 1e15;

  /**
   * A feature under a label.
   *
   * @param mean of its values over the records of the label; above 0 it speaks for the label
   * @param absolute mean of the absolute values
   * @param rank by the mean, 1 is the highest
   */
  record Entry(int feature, double mean, double absolute, int rank) {}

  /** What the table holds of one label. */
  static final class OfLabel {
    private final int label;
    private long records;
    private final BitSet seen = new BitSet();
    private int[] features = new int[16];
    private double[] means = new double[16];
    private double[] absolutes = new double[16];
    private int[] ranks = new int[16];
    private int[] lines = new int[16];
    private int size;

    private OfLabel(int label) {
      this.label = label;
    }

    private void add(int feature, double mean, double absolute, int rank, long line) {
      if (size == features.length) {
        features = Arrays.copyOf(features, 2 * size);
        means = Arrays.copyOf(means, 2 * size);
        absolutes = Arrays.copyOf(absolutes, 2 * size);
        ranks = Arrays.copyOf(ranks, 2 * size);
        lines = Arrays.copyOf(lines, 2 * size);
      }
      features[size] = feature;
      means[size] = mean;
      absolutes[size] = absolute;
      ranks[size] = rank;
      lines[size++] = (int) line;
    }

    /** Puts the rows in the order of their ranks. */
    private void sort(Path file) {
      long[] order = new long[size];
      for (int i = 0; i < size; i++) {
        order[i] = (long) ranks[i] << 32 | i;
      }
      Arrays.sort(order);
      int[] oldFeatures = features.clone();
      double[] oldMeans = means.clone();
      double[] oldAbsolutes = absolutes.clone();
      int[] oldLines = lines.clone();
      for (int i = 0; i < size; i++) {
        int from = (int) order[i];
        features[i] = oldFeatures[from];
        means[i] = oldMeans[from];
        absolutes[i] = oldAbsolutes[from];
        lines[i] = oldLines[from];
        ranks[i] = (int) (order[i] >> 32);
        if (i > 0 && ranks[i] == ranks[i - 1]) {
          throw wrong(
              file,
              Math.max(lines[i], lines[i - 1]),
              RANK,
              "is " + ranks[i] + ", as in line " + Math.min(lines[i], lines[i - 1]),
              "each feature of a label has a rank of its own");
        }
        if (i > 0 && means[i] > means[i - 1]) {
          throw wrong(
              file,
              lines[i],
              RANK,
              "is "
                  + ranks[i]
                  + ", but the mean is higher than that of rank "
                  + ranks[i - 1]
                  + " in line "
                  + lines[i - 1],
              "ranks go by the mean, the highest first");
        }
      }
      seen.clear();
      lines = new int[0];
    }

    /** Number of the label in the order of the head. */
    int label() {
      return label;
    }

    /** Records of the label: the most that a mean is of, since not all reach each position. */
    long records() {
      return records;
    }

    /** Number of features. */
    int size() {
      return size;
    }

    /** The features of the highest means first. */
    Entry entry(int place) {
      return new Entry(features[place], means[place], absolutes[place], ranks[place]);
    }

    /** At most {@code most} features with the highest means above 0, the highest first. */
    List<Entry> highest(int most) {
      List<Entry> highest = new ArrayList<>();
      for (int i = 0; i < Math.min(most, size) && means[i] > 0; i++) {
        highest.add(entry(i));
      }
      return highest;
    }

    /** At most {@code most} features with the lowest means below 0, the lowest last. */
    List<Entry> lowest(int most) {
      List<Entry> lowest = new ArrayList<>();
      for (int i = size - 1; i >= Math.max(0, size - most) && means[i] < 0; i--) {
        lowest.add(0, entry(i));
      }
      return lowest;
    }

    /** Mean of each feature by its number, 0 for those without a row. */
    double[] means(int featureCount) {
      double[] all = new double[featureCount];
      for (int i = 0; i < size; i++) {
        all[features[i]] = means[i];
      }
      return all;
    }
  }

  private final Path file;
  private final ByteIndex features = new ByteIndex();
  private final List<Map<Integer, OfLabel>> heads = new ArrayList<>();
  private boolean positions;
  private int rows;

  /**
   * Reads the table.
   *
   * @throws RibonnxException input, naming line and column, for a table that is none or that is not
   *     of this model
   */
  Importance(Path file, Bundle bundle) {
    this.file = file;
    List<HeadSpec> specs = List.copyOf(bundle.heads().values());
    specs.forEach(spec -> heads.add(new TreeMap<>()));
    List<String> ofPositions = new ArrayList<>(COLUMNS);
    ofPositions.set(FEATURE, POSITION);
    try (SideTable table =
        new SideTable(
            file,
            bundle,
            "a table of importance",
            List.of(COLUMNS, ofPositions),
            "give the importance.tsv that ribonnx explain wrote")) {
      positions = table.columns().equals(ofPositions);
      while (table.next()) {
        row(table, specs.get(table.head()));
      }
    }
    heads.forEach(labels -> labels.values().forEach(label -> label.sort(file)));
    positions |= rows > 0 && areNumbers();
  }

  /** Whether all features are called by whole numbers, or by the first and last of a stretch. */
  private boolean areNumbers() {
    for (int i = 0; i < features.size(); i++) {
      if (!features.text(i).matches("[0-9]{1,9}(-[0-9]{1,9})?")) {
        return false;
      }
    }
    return true;
  }

  private static RibonnxException wrong(
      Path file, long line, int column, String what, String remedy) {
    return RibonnxException.input(
        file
            + ": line "
            + line
            + ": "
            + SideTable.place(column, COLUMNS)
            + " "
            + what
            + "; "
            + remedy);
  }

  private void row(SideTable table, HeadSpec spec) {
    TableReader row = table.row();
    if (++rows > MOST_ROWS) {
      throw row.error(
          "is more than the " + Words.count(MOST_ROWS) + " rows that a report takes",
          "keep the rows of the first ranks");
    }
    if (row.isEmpty(FEATURE)) {
      throw table.wrong(FEATURE, "is empty", "the name of a feature is expected here");
    }
    double mean = table.number(MEAN);
    double absolute = table.number(ABSOLUTE);
    // Both have six digits, so one may have been rounded up and the other down.
    if (absolute < Math.abs(mean) * (1 - 1e-5)) {
      throw table.wrong(
          ABSOLUTE,
          "is "
              + Words.number(absolute)
              + ", less than the mean of "
              + Words.number(mean)
              + " in column "
              + (MEAN + 1),
          "the mean of absolute values can't be; write the file again");
    }
    long records = table.count(RECORDS, LONGEST_COUNT);
    long rank = table.count(RANK, LONGEST_COUNT);
    if (rank > Integer.MAX_VALUE) {
      throw table.wrong(RANK, "is " + rank, "no table has so many features");
    }
    OfLabel known = heads.get(table.head()).computeIfAbsent(table.label(), OfLabel::new);
    known.records = Math.max(known.records, records);
    int feature = features.add(row.bytes(), row.start(FEATURE), row.end(FEATURE));
    if (known.seen.get(feature)) {
      throw table.wrong(
          FEATURE,
          "is '"
              + table.shown(FEATURE)
              + "', which occurs a second time for the label '"
              + spec.labels().get(table.label()).label()
              + "'",
          "keep one row per head, label and feature");
    }
    known.seen.set(feature);
    known.add(feature, mean, absolute, (int) rank, row.line());
  }

  /** Labels of a head that the table has rows of, in the order of the head. */
  List<OfLabel> labels(int head) {
    return List.copyOf(heads.get(head).values());
  }

  @Nullable OfLabel label(int head, int label) {
    return heads.get(head).get(label);
  }

  /** Whether the table has rows of a head. */
  boolean covers(int head) {
    return !heads.get(head).isEmpty();
  }

  boolean isEmpty() {
    return rows == 0;
  }

  /** Number of distinct features. */
  int features() {
    return features.size();
  }

  /** Name of a feature. */
  String feature(int number) {
    return features.text(number);
  }

  /** Number of a feature of this name, or -1. */
  int find(String feature) {
    return features.find(feature);
  }

  /** Whether the features are positions: the header says so, or they are numbers. */
  boolean positions() {
    return positions;
  }

  Path file() {
    return file;
  }
}
