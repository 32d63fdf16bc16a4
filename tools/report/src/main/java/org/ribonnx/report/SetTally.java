package org.ribonnx.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Prediction sets of a head: how many labels they hold, and whether the truth is one of them. */
final class SetTally {
  /**
   * How often the sets hold one label where it is the truth.
   *
   * @param label number of the label
   * @param records whose truth it is, and that have a set
   * @param covered those of them whose set holds it
   * @param held labels in all their sets
   */
  record Covered(int label, long records, long covered, long held) {
    double coverage() {
      return records == 0 ? Double.NaN : (double) covered / records;
    }

    double meanSize() {
      return records == 0 ? Double.NaN : (double) held / records;
    }
  }

  private final long[] sizes;
  private final long[] records;
  private final long[] covered;
  private final long[] held;
  private long foreign;
  private long foreignEmpty;

  SetTally(int labels) {
    sizes = new long[labels + 1];
    records = new long[labels];
    covered = new long[labels];
    held = new long[labels];
  }

  /** Takes the set of a record, if it has one. */
  void add(PredictionTable row) {
    if (row.setSize() >= 0) {
      sizes[row.setSize()]++;
    }
  }

  /** Takes the same set and the truth. */
  void compare(int truth, PredictionTable row) {
    int size = row.setSize();
    if (size < 0 || truth == Truth.UNKNOWN) {
      return;
    }
    if (truth == Truth.FOREIGN) {
      foreign++;
      foreignEmpty += size == 0 ? 1 : 0;
      return;
    }
    records[truth]++;
    held[truth] += size;
    covered[truth] += row.setHolds(truth) ? 1 : 0;
  }

  /** Records that have a set. */
  long sets() {
    return Arrays.stream(sizes).sum();
  }

  /** Records whose set holds 0, 1, … labels; nothing behind the largest set. */
  long[] sizes() {
    int end = sizes.length;
    while (end > 1 && sizes[end - 1] == 0) {
      end--;
    }
    return Arrays.copyOf(sizes, end);
  }

  double meanSize() {
    long labels = 0;
    for (int size = 0; size < sizes.length; size++) {
      labels += size * sizes[size];
    }
    return sets() == 0 ? Double.NaN : (double) labels / sets();
  }

  /** Labels that are the truth of some record with a set, in the order of the model. */
  List<Covered> byLabel() {
    List<Covered> all = new ArrayList<>();
    for (int label = 0; label < records.length; label++) {
      if (records[label] > 0) {
        all.add(new Covered(label, records[label], covered[label], held[label]));
      }
    }
    return all;
  }

  /** All records with a set whose truth is a label of the head. */
  Covered together() {
    long all = 0;
    long right = 0;
    long size = 0;
    for (Covered one : byLabel()) {
      all += one.records();
      right += one.covered();
      size += one.held();
    }
    return new Covered(-1, all, right, size);
  }

  /** Records with a set whose truth is no label of the head. */
  long foreign() {
    return foreign;
  }

  /** Those of them whose set is empty. */
  long foreignEmpty() {
    return foreignEmpty;
  }
}
