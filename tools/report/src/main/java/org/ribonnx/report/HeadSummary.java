package org.ribonnx.report;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.HeadSpec;

/** What a head said of all records: counts and binned scores, nothing per record. */
final class HeadSummary {
  /** Records with this many labels or more share a count. */
  static final int MANY_LABELS = 10;

  private final HeadSpec head;
  private final double threshold;
  private final long[] outcomes = new long[Outcome.values().length];
  private final long[] labels;
  private final boolean[] rejecting;
  private final long[] labelsPerRecord = new long[MANY_LABELS + 1];
  private final List<ValueHistogram> values = new ArrayList<>();
  private final ReasonTally reasons = new ReasonTally();

  /** Scores of assigned records. */
  final ScoreHistogram assigned = new ScoreHistogram();

  /** Scores of unassigned records whose best label is one of the model's own. */
  final ScoreHistogram unassigned = new ScoreHistogram();

  /** Scores of unassigned records whose best label stands for "none of ours". */
  final ScoreHistogram none = new ScoreHistogram();

  /** Prediction sets, where the predictions hold them. */
  final SetTally sets;

  /** Which labels go together, where a record can have several. */
  final LabelPairs pairs;

  /** Records whose score is nearest to the threshold, where the head has one. */
  final WorthALook nearest = new WorthALook(WorthALook.MOST);

  /** Records whose prediction set is empty, the least probable first. */
  final WorthALook outsideSets = new WorthALook(WorthALook.MOST);

  /** Scores of the assigned records of each label. */
  final WorthALook.ByLabel byLabel;

  HeadSummary(HeadSpec head) {
    this.byLabel = new WorthALook.ByLabel(head.labels().size());
    this.sets = new SetTally(head.labels().size());
    this.pairs =
        new LabelPairs(head.kind() == HeadSpec.Kind.MULTI_LABEL ? head.labels().size() : 0);
    this.threshold = threshold(head);
    this.head = head;
    this.labels = new long[head.labels().size()];
    this.rejecting = rejecting(head);
    if (head.kind() == HeadSpec.Kind.REGRESSION) {
      head.labels().forEach(target -> values.add(new ValueHistogram()));
    }
  }

  /** The threshold of the best label's probability; NaN where there is none, or not one alone. */
  static double threshold(HeadSpec head) {
    HeadSpec.@Nullable Reject reject = head.reject();
    if (reject != null) {
      return reject.at();
    }
    return head.thresholds().stream().distinct().count() == 1
        ? head.thresholds().get(0)
        : Double.NaN;
  }

  double threshold() {
    return threshold;
  }

  /** Which labels of a head stand for "none of ours". */
  static boolean[] rejecting(HeadSpec head) {
    boolean[] rejecting = new boolean[head.labels().size()];
    HeadSpec.@Nullable Reject reject = head.reject();
    for (int label = 0; label < rejecting.length; label++) {
      rejecting[label] =
          reject != null && reject.labels().contains(head.labels().get(label).label());
    }
    return rejecting;
  }

  void add(PredictionTable row) {
    if (row.target() == 0) {
      outcomes[row.outcome().place()]++;
      reasons.add(row.row(), row.reasonColumn(), row.outcome(), row::name);
    }
    if (head.kind() == HeadSpec.Kind.REGRESSION) {
      if (row.outcome() == Outcome.OK && Double.isFinite(row.value())) {
        values.get(row.target()).add(row.value());
      }
      return;
    }
    if (row.outcome() == Outcome.UNUSABLE) {
      return;
    }
    sets.add(row);
    if (row.setSize() == 0) {
      outsideSets.offer(
          row.score(), () -> row.name(row.row()), row.outcome(), row.best(), -1, row.score());
    }
    if (!rejecting[row.best()]) {
      nearest.offer(
          Math.abs(row.score() - threshold),
          () -> row.name(row.row()),
          row.outcome(),
          row.best(),
          -1,
          row.score());
    }
    if (row.outcome() == Outcome.OK) {
      byLabel.add(row.best(), row.score(), () -> row.name(row.row()));
    }
    for (int i = 0; i < row.predictedCount(); i++) {
      labels[row.predicted()[i]]++;
    }
    pairs.add(row.predicted(), row.predictedCount());
    if (row.outcome() == Outcome.OK) {
      assigned.add(row.score());
      labelsPerRecord[Math.min(MANY_LABELS, row.predictedCount())]++;
    } else {
      (rejecting[row.best()] ? none : unassigned).add(row.score());
    }
  }

  HeadSpec head() {
    return head;
  }

  long count(Outcome outcome) {
    return outcomes[outcome.place()];
  }

  long usable() {
    return count(Outcome.OK) + count(Outcome.UNASSIGNED);
  }

  long records() {
    return usable() + count(Outcome.UNUSABLE);
  }

  /** Records assigned to each label, in the order of the model. */
  long[] labels() {
    return labels.clone();
  }

  boolean isRejecting(int label) {
    return rejecting[label];
  }

  /** Records with 0, 1, … labels; the last count is of {@value #MANY_LABELS} or more. */
  long[] labelsPerRecord() {
    return labelsPerRecord.clone();
  }

  /** The predicted numbers of each target of a regression. */
  List<ValueHistogram> values() {
    return values;
  }

  ReasonTally reasons() {
    return reasons;
  }
}
