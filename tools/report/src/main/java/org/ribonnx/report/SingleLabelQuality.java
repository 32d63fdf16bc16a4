package org.ribonnx.report;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.HeadSpec;

/**
 * A single-label head against the truth. Counts usable records whose truth is known; a truth that
 * is no label of the head, or stands for "none of ours", says that the record should be left
 * unassigned.
 */
final class SingleLabelQuality {
  private final HeadSpec head;
  private final int labels;
  private final boolean[] rejecting;
  private final boolean scoresFollow;
  private final long[] @Nullable [] confusion;
  private final long[] bestRight;
  private final long[] bestPredicted;
  private final long[] bestSupport;
  private long records;
  private long right;
  private long unusable;
  private long unknown;
  private long known;
  private long knownAssigned;
  private long knownRight;
  private long foreign;
  private long foreignAssigned;
  private final Calibration calibration = new Calibration();
  private final Numbers accept = new Numbers();
  private final Numbers reject = new Numbers();
  private @Nullable Roc roc;

  /**
   * @param scoresFollow whether the scores of all labels come later through {@link #addScore}
   */
  SingleLabelQuality(HeadSpec head, boolean scoresFollow) {
    this.head = head;
    this.labels = head.labels().size();
    this.rejecting = HeadSummary.rejecting(head);
    this.scoresFollow = scoresFollow;
    this.confusion = new long[labels + 1] @Nullable [];
    this.bestRight = new long[labels];
    this.bestPredicted = new long[labels];
    this.bestSupport = new long[labels];
  }

  private boolean isForeign(int truth) {
    return truth == Truth.FOREIGN || rejecting[truth];
  }

  void add(int truth, PredictionTable row) {
    if (truth == Truth.UNKNOWN) {
      unknown++;
      return;
    }
    if (row.outcome() == Outcome.UNUSABLE) {
      unusable++;
      return;
    }
    records++;
    boolean assigned = row.outcome() == Outcome.OK;
    int predicted = assigned ? row.predicted()[0] : labels;
    confusionRow(truth == Truth.FOREIGN ? labels : truth)[predicted]++;
    if (truth >= 0) {
      bestSupport[truth]++;
      bestPredicted[row.best()]++;
      bestRight[truth] += row.best() == truth ? 1 : 0;
    }
    calibration.add(
        row.score(), truth == Truth.FOREIGN ? rejecting[row.best()] : row.best() == truth);
    if (isForeign(truth)) {
      foreign++;
      foreignAssigned += assigned ? 1 : 0;
      right += assigned ? 0 : 1;
    } else {
      known++;
      knownAssigned += assigned ? 1 : 0;
      knownRight += predicted == truth ? 1 : 0;
      right += predicted == truth ? 1 : 0;
    }
    if (!scoresFollow) {
      // Probabilities add up to one, so what a label for "none of ours" leaves is the most that
      // any other label can have.
      addScore(truth, rejecting[row.best()] ? 1 - row.score() : row.score());
    }
  }

  /** Takes the highest probability over the labels that are the model's own. */
  void addScore(int truth, double score) {
    roc = null;
    (isForeign(truth) ? reject : accept).add(score);
  }

  private long[] confusionRow(int truth) {
    long[] row = confusion[truth];
    if (row == null) {
      row = new long[labels + 1];
      confusion[truth] = row;
    }
    return row;
  }

  /** Whether a record can be left unassigned, or should have been. */
  boolean rejects() {
    return head.reject() != null || foreign > 0;
  }

  Calibration calibration() {
    return calibration;
  }

  HeadSpec head() {
    return head;
  }

  /**
   * Records by truth and decision: rows are the labels and then "no label of the model", columns
   * the labels and then "unassigned"; rows that don't occur are null.
   */
  long[] @Nullable [] confusion() {
    return confusion;
  }

  /** Usable records with a known truth. */
  long records() {
    return records;
  }

  /** Records that could not be used and whose truth is known. */
  long unusable() {
    return unusable;
  }

  /** Records without a truth. */
  long unknown() {
    return unknown;
  }

  /** Records whose truth is a label of the model's own. */
  long known() {
    return known;
  }

  long knownAssigned() {
    return knownAssigned;
  }

  long foreign() {
    return foreign;
  }

  long foreignAssigned() {
    return foreignAssigned;
  }

  private static double ratio(long part, long whole) {
    return whole == 0 ? Double.NaN : (double) part / whole;
  }

  long right() {
    return right;
  }

  double accuracy() {
    return ratio(right, records);
  }

  double accuracyOfAssigned() {
    return ratio(knownRight, knownAssigned + foreignAssigned);
  }

  double shareAssigned() {
    return ratio(knownAssigned, known);
  }

  double shareForeignAssigned() {
    return ratio(foreignAssigned, foreign);
  }

  double accuracyOfBest() {
    long sum = 0;
    long support = 0;
    for (int label = 0; label < labels; label++) {
      sum += bestRight[label];
      support += bestSupport[label];
    }
    return ratio(sum, support);
  }

  double macroF1OfBest() {
    List<ClassCounts> classes = new ArrayList<>();
    for (int label = 0; label < labels; label++) {
      classes.add(
          new ClassCounts(label, bestSupport[label], bestPredicted[label], bestRight[label]));
    }
    return ClassCounts.macro(classes, ClassCounts::f1);
  }

  /** Every label of the model's own that is a truth or a decision, in the order of the model. */
  List<ClassCounts> classes() {
    List<ClassCounts> classes = new ArrayList<>();
    for (int label = 0; label < labels; label++) {
      long predicted = 0;
      for (long[] row : confusion) {
        predicted += row == null ? 0 : row[label];
      }
      long support = 0;
      long[] own = confusion[label];
      if (own != null) {
        for (long count : own) {
          support += count;
        }
      }
      if (!rejecting[label] && support + predicted > 0) {
        classes.add(new ClassCounts(label, support, predicted, own == null ? 0 : own[label]));
      }
    }
    return classes;
  }

  /** ROC of the score: records to be assigned against those to be rejected. */
  Roc roc() {
    Roc known = roc;
    if (known == null) {
      known = new Roc(accept, reject);
      roc = known;
    }
    return known;
  }

  double acceptedAt(double foreignRate) {
    return Roc.truePositiveRateAt(accept, reject, foreignRate);
  }
}
