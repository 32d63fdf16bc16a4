package org.ribonnx.report;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.HeadSpec;

/** A multi-label head against the truth: usable records whose labels are known. */
final class MultiLabelQuality {
  private final long[] support;
  private final long[] predicted;
  private final long[] right;
  private long records;
  private long exact;
  private long unusable;
  private long unknown;
  private long wrongPlaces;
  private long withLabels;
  private long bestWrong;
  private final LabelRanking ranking = new LabelRanking();

  MultiLabelQuality(HeadSpec head) {
    int labels = head.labels().size();
    support = new long[labels];
    predicted = new long[labels];
    right = new long[labels];
  }

  void add(int @Nullable [] truth, PredictionTable row) {
    if (truth == null) {
      unknown++;
      return;
    }
    if (row.outcome() == Outcome.UNUSABLE) {
      unusable++;
      return;
    }
    records++;
    int hits = 0;
    for (int label : truth) {
      support[label]++;
    }
    for (int i = 0; i < row.predictedCount(); i++) {
      int label = row.predicted()[i];
      predicted[label]++;
      if (java.util.Arrays.binarySearch(truth, label) >= 0) {
        right[label]++;
        hits++;
      }
    }
    if (hits == truth.length && hits == row.predictedCount()) {
      exact++;
    }
    wrongPlaces += truth.length + row.predictedCount() - 2L * hits;
    if (truth.length > 0) {
      withLabels++;
      bestWrong += java.util.Arrays.binarySearch(truth, row.best()) < 0 ? 1 : 0;
    }
  }

  long records() {
    return records;
  }

  long unusable() {
    return unusable;
  }

  long unknown() {
    return unknown;
  }

  /** Share of records whose labels are all right and complete. */
  double exactShare() {
    return records == 0 ? Double.NaN : (double) exact / records;
  }

  /** Share of wrong decisions among all pairs of record and label; NaN without records. */
  double hammingLoss() {
    return records == 0 ? Double.NaN : (double) wrongPlaces / records / support.length;
  }

  /** Records that have at least one label in truth. */
  long withLabels() {
    return withLabels;
  }

  /** Share of the records with a label in truth whose best label is none of theirs; else NaN. */
  double oneError() {
    return withLabels == 0 ? Double.NaN : (double) bestWrong / withLabels;
  }

  /** How the scores of all labels rank the true ones; empty unless they were given. */
  LabelRanking ranking() {
    return ranking;
  }

  /** Every label that is a truth or a prediction. */
  List<ClassCounts> classes() {
    List<ClassCounts> classes = new ArrayList<>();
    for (int label = 0; label < support.length; label++) {
      if (support[label] + predicted[label] > 0) {
        classes.add(new ClassCounts(label, support[label], predicted[label], right[label]));
      }
    }
    return classes;
  }
}
