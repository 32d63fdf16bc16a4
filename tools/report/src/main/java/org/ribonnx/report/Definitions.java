package org.ribonnx.report;

import java.util.LinkedHashMap;
import java.util.Map;

/** What each number is, in one sentence: the same words on the page and in metrics.json. */
final class Definitions {
  static final String ACCURACY =
      "Share of the usable records with a known truth that were treated rightly: given the true label, or left"
          + " unassigned where the truth is no label of the model's own.";
  static final String ACCURACY_ASSIGNED =
      "Share of the assigned records with a known truth whose label is the true one.";
  static final String SHARE_ASSIGNED =
      "Share of the usable records whose truth is a label of the model's own that were assigned, rightly or not.";
  static final String SHARE_FOREIGN =
      "Share of the usable records whose truth is no label of the model's own that were assigned all the same.";
  static final String MACRO_F1 =
      "Mean of F1 over the labels that are the truth of some record, 0 for a label never found; unassigned counts"
          + " as missed.";
  static final String WEIGHTED_F1 =
      "Mean of F1 over the labels that are the truth of some record, weighted by their number of records.";
  static final String ACCURACY_BEST =
      "Share of the usable records whose truth is a label of the head whose best label is that one, rejection"
          + " aside.";
  static final String MACRO_F1_BEST =
      "Mean of F1 of the best labels over the labels that are the truth of some record, rejection aside.";
  static final String EXACT =
      "Share of the usable records with a known truth whose labels are all right and complete.";
  static final String MICRO_F1 = "F1 over all pairs of record and label together.";
  static final String AVERAGE_PRECISION =
      "Mean precision over the records to be accepted: of all accepted at a record's score, the share that should"
          + " be; the score is that of the AUROC.";
  static final String CALIBRATION_ERROR =
      "Mean over the records of |share of right best labels - mean probability of the best label| of their range, in"
          + " ten ranges of equal width; where the truth is no label of the model, right is a best label that stands"
          + " for none.";
  static final String BRIER =
      "Mean of (probability of the best label - 1 if it is right, else 0)²; 0 is best.";
  static final String BRIER_ALL =
      "Mean over the records whose truth is a label of the head of the sum over all labels of (probability - 1 if it"
          + " is the truth, else 0)²; from 0, the best, to 2.";
  static final String LOG_LOSS =
      "Mean of -ln(probability of the true label) over the records whose truth is a label of the head; 0 is best.";
  static final String MACRO_AVERAGE_PRECISION =
      "Mean over the labels that some record has of the average precision of one label against the rest.";
  static final String MICRO_AUROC =
      "Area under the ROC of all pairs of record and label together: the probability that a true label has a higher"
          + " score than one that is not, of whichever record and label; ties counted half.";
  static final String AREA_INTERVALS =
      "Middle 95 % of up to 1,000 (of many scores 200) seeded bootstrap draws of the records with all their labels;"
          + " null where scores were binned.";
  static final String INTERVALS =
      "In brackets: the middle 95 % of 1,000 seeded bootstrap draws of the counts (Poisson).";
  static final String MEAN_ABSOLUTE_ERROR =
      "Mean of |predicted - true|, in the unit of the target.";
  static final String ROOT_MEAN_SQUARED_ERROR =
      "Square root of the mean of (predicted - true)², in the unit of the target.";
  static final String DETERMINATION =
      "1 - sum of (predicted - true)² / sum of (true - mean of true)²; null where the truth does not vary.";
  static final String CORRELATION = "Pearson's correlation of predicted and true values.";

  private Definitions() {}

  /** AUROC of rejection; how exact the score is depends on whether all scores are known. */
  static String rejection(boolean scored) {
    return "Probability that a record whose truth is a label of the model's own has a higher score than one whose"
        + " truth is not, ties counted half; the score is the highest probability over the model's own labels"
        + (scored
            ? "."
            : ", taken as 1 - score where the best label stands for none of them (exact with --scores).");
  }

  /** Macro AUROC, binned. */
  static String areas(int bins) {
    return "Mean over the labels of the area under the ROC of one label against the rest, among records whose truth"
        + " is known and a label of the head, ties counted half"
        + (bins == 0
            ? "."
            : "; scores fall into "
                + Words.count(bins)
                + " bins of equal width on the logit scale, and those of one bin are ties.");
  }

  /** Paths in metrics.json, with * for any name, and what stands there. */
  static Map<String, String> all(boolean scored) {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("format", "Number of this file's format.");
    all.put("records", "Records in the table of predictions.");
    all.put("runs.*.runs", "Run records of the tool that were given.");
    all.put("runs.*.seconds", "Wall-clock seconds of the tool, its runs added up.");
    String h = "heads.*.";
    all.put(h + "records", "Records that the head has a row for.");
    all.put(h + "assigned", "Records of status ok: they got a label, labels or numbers.");
    all.put(h + "unassigned", "Usable records that the head rejected.");
    all.put(h + "unusable", "Records that could not be used.");
    all.put(h + "threshold", "A record is unassigned if its score is beyond this number.");
    all.put(
        h + "threshold_true_positive_rate",
        "Share of the calibration rows with a known label that the threshold accepts, as the model states.");
    all.put(
        h + "threshold_false_positive_rate",
        "Share of the calibration rows to be rejected that the threshold accepts, as the model states.");
    all.put(
        h + "labels.*", "Records that were assigned the label; those of no record are left out.");
    all.put(
        h + "labels_per_record.[]",
        "Records with 0, 1, 2, … labels; the last number is of 10 labels or more.");
    String bins = "with the score i/50 <= score < (i+1)/50 for i = 0 … 49 (1 counts in the last)";
    all.put(h + "scores.assigned.[]", "Assigned records " + bins + ".");
    all.put(
        h + "scores.unassigned.[]",
        "Unassigned records whose best label is one of the model's own, " + bins + ".");
    all.put(
        h + "scores.none.[]",
        "Unassigned records whose best label stands for none of the model's own, " + bins + ".");
    all.put(
        h + "margins.[]",
        "Usable records with a margin i/50 <= margin < (i+1)/50 between the best and the second label (1 counts in"
            + " the last).");
    all.put(
        h + "label_scores.*.median",
        "Median score of the assigned records of the label, to a quarter on the logit scale.");
    all.put(
        h + "label_scores.*.lowest_tenth",
        "Score that a tenth of the assigned records of the label do not reach, likewise.");
    all.put(
        h + "label_scores.*.mean_margin",
        "Mean margin of the usable records whose best label it is; null without scores.");
    all.put(h + "look.*.[].score", "Probability of the record's best label.");
    all.put(
        h + "look.*.[].rank",
        "What the record is listed for: distance to the threshold, negative number of half ranges below the label's"
            + " median, or margin.");
    all.put(h + "scores.outside", "Scores outside 0 to 1, counted in the outermost bins.");
    for (Outcome outcome : Outcome.values()) {
      all.put(
          h + "reasons.*." + outcome.label(),
          "Records of status " + outcome.label() + " with the reason.");
    }
    all.put(h + "targets.*.values", "Records with a predicted number.");
    all.put(h + "targets.*.mean", "Mean of the predicted numbers.");
    all.put(
        h + "targets.*.standard_deviation",
        "Standard deviation of the predicted numbers, n - 1 in the denominator.");
    all.put(h + "targets.*.least", "Least predicted number.");
    all.put(h + "targets.*.most", "Largest predicted number.");
    all.put(h + "targets.*.histogram.[].from", "Lower limit of the bin, inside it.");
    all.put(h + "targets.*.histogram.[].to", "Upper limit of the bin, outside it.");
    all.put(h + "targets.*.histogram.[].count", "Predicted numbers in the bin.");
    ManyLabelsSection.define(all, h);
    SetsSection.define(all, h);
    ImportanceSection.define(all, h);
    TrackSection.define(all, h);
    VariantSection.define(all, h);
    AttentionSection.define(all, h);
    RecordMap.define(all);
    all.put("samples.*.*.records", "Records of the sample under the head.");
    all.put("samples.*.*.assigned", "Records of the sample of status ok.");
    all.put("samples.*.*.unassigned", "Usable records of the sample that the head rejected.");
    all.put("samples.*.*.unusable", "Records of the sample that could not be used.");
    all.put(
        "samples.*.*.top_labels.*",
        "Records of the sample with one of its three commonest labels.");
    all.put("truth.ids", "Ids in the table of truth.");
    all.put("truth.ids_not_predicted", "Ids of the truth that are not among the predictions.");
    all.put("truth.records_without_truth", "Records whose id is not in the table of truth.");
    truth(all, h + "truth.", scored);
    return all;
  }

  private static void truth(Map<String, String> all, String t, boolean scored) {
    all.put(t + "records", "Usable records with a known truth.");
    all.put(t + "unusable", "Unusable records with a known truth; they count nowhere else.");
    all.put(t + "unknown", "Records without a truth under the head.");
    all.put(t + "accuracy", ACCURACY);
    all.put(t + "accuracy_assigned", ACCURACY_ASSIGNED);
    all.put(t + "share_assigned", SHARE_ASSIGNED);
    all.put(t + "share_wrongly_accepted", SHARE_FOREIGN);
    all.put(t + "macro_f1", MACRO_F1);
    all.put(t + "weighted_f1", WEIGHTED_F1);
    MultiLabelMeasures.MEANINGS.forEach((key, meaning) -> all.putIfAbsent(t + key, meaning));
    all.put(t + "macro_auroc_interval.[]", AREA_INTERVALS);
    all.put(t + "micro_auroc_interval.[]", AREA_INTERVALS);
    all.put(t + "records_with_labels", "Usable records with at least one true label of the head.");
    all.put(t + "classes.*.threshold", "Probability from which on a record gets the label.");
    all.put(t + "accuracy_best", ACCURACY_BEST);
    all.put(t + "macro_f1_best", MACRO_F1_BEST);
    all.put(t + "exact_match", EXACT);
    all.put(t + "macro_auroc", areas(0));
    all.put(
        t + "macro_auroc_bins",
        "Number of bins that the scores of a label fall into; 0: none, the areas are exact.");
    all.put(t + "macro_average_precision", MACRO_AVERAGE_PRECISION);
    all.put(t + "classes.*.average_precision", "The label's part of macro_average_precision.");
    for (String name : new String[] {"precision", "recall", "f1"}) {
      all.put(t + "classes.*." + name + "_interval.[]", INTERVALS);
    }
    all.put(t + "accuracy_interval.[]", INTERVALS);
    all.put(t + "rejection.average_precision", AVERAGE_PRECISION);
    all.put(t + "calibration.expected_error", CALIBRATION_ERROR);
    all.put(t + "calibration.brier", BRIER);
    all.put(t + "calibration.bins.[].records", "Records in the range of probability.");
    all.put(t + "calibration.bins.[].mean", "Their mean probability of the best label.");
    all.put(t + "calibration.bins.[].right", "Share of them whose best label is right.");
    all.put(t + "brier", BRIER_ALL);
    all.put(t + "log_loss", LOG_LOSS);
    all.put(
        t + "macro_auroc_labels", "Labels that have an area: some records with it, some without.");
    all.put(t + "classes.*.support", "Records whose truth is the label.");
    all.put(t + "classes.*.predicted", "Records that were assigned the label.");
    all.put(t + "classes.*.right", "Records of both.");
    all.put(t + "classes.*.precision", "right / predicted; null where nothing is predicted.");
    all.put(t + "classes.*.recall", "right / support; null without support.");
    all.put(t + "classes.*.f1", "2 · right / (support + predicted).");
    all.put(t + "classes.*.auroc", "The label's part of macro_auroc.");
    all.put(
        t + "confusion.[].records",
        "Records of this truth and decision; a truth of null is no label of the model, a decision of null is"
            + " unassigned.");
    all.put(
        t + "rejection.should_be_accepted", "Records whose truth is a label of the model's own.");
    all.put(t + "rejection.should_be_rejected", "Records whose truth is none of them.");
    all.put(t + "rejection.auroc", rejection(scored));
    all.put(t + "rejection.true_positive_rate", SHARE_ASSIGNED);
    all.put(t + "rejection.false_positive_rate", SHARE_FOREIGN);
    all.put(
        t + "rejection.accepted_at.*",
        "Share of the records to be accepted that a threshold accepts which accepts at most the named share of"
            + " those to be rejected.");
    all.put(t + "targets.*.records", "Records with a predicted and a true number.");
    all.put(t + "targets.*.mean_absolute_error", MEAN_ABSOLUTE_ERROR);
    all.put(t + "targets.*.root_mean_squared_error", ROOT_MEAN_SQUARED_ERROR);
    all.put(t + "targets.*.r_squared", DETERMINATION);
    all.put(t + "targets.*.correlation", CORRELATION);
  }
}
