package org.ribonnx.core.bundle;

import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A head: what is predicted from the fused views.
 *
 * @param name name of the head
 * @param what what it answers, in plain words; empty where that is not stated
 * @param kind kind of prediction
 * @param graph the graph, which returns final values
 * @param output the graph's output; null: its only one
 * @param labels labels in the order of the output; for a regression its targets
 * @param reject when a record is left unassigned; null: never
 * @param thresholds per label, for a multi-label head
 * @param sets how prediction sets are made; null: not at all
 */
public record HeadSpec(
    String name,
    String what,
    Kind kind,
    GraphRef graph,
    @Nullable String output,
    List<Label> labels,
    @Nullable Reject reject,
    List<Double> thresholds,
    @Nullable Sets sets) {
  /** Kinds of head. */
  public enum Kind {
    SINGLE_LABEL("single-label"),
    MULTI_LABEL("multi-label"),
    REGRESSION("regression");

    private final String label;

    Kind(String label) {
      this.label = label;
    }

    public String label() {
      return label;
    }
  }

  /**
   * A label with its plain name.
   *
   * @param label as it stands in predictions
   * @param name plain name; empty where there is none
   * @param description longer text, or the unit of a regression target; empty where there is none
   * @param url an https link; empty where there is none
   */
  public record Label(String label, String name, String description, String url) {}

  /**
   * When a record is left unassigned: the highest probability over the labels that are not {@code
   * labels} is below (or above) {@code at}, or the best label is one of {@code labels}.
   *
   * @param below whether the score must reach {@code at} (else: must not exceed it)
   * @param at threshold on the score
   * @param labels labels that stand for "none of ours"
   * @param truePositiveRate at the threshold, on the calibration rows; null where not stated
   * @param falsePositiveRate likewise
   */
  public record Reject(
      boolean below,
      double at,
      List<String> labels,
      @Nullable Double truePositiveRate,
      @Nullable Double falsePositiveRate) {}

  /**
   * Split conformal prediction sets (Vovk et al. 2005): the labels whose probability is at least 1
   * − their quantile. A set can be empty.
   *
   * @param coverage share of records whose set holds the truth
   * @param quantiles one for each label, of 1 − probability of the true label on the calibration
   *     rows, all of them or (where {@code perLabel}) those of the label alone
   * @param perLabel whether the coverage is promised for each label, and not over all records only
   */
  public record Sets(double coverage, List<Double> quantiles, boolean perLabel) {
    /** Whether the set of a record holds a label to which the head gives a probability. */
    public boolean holds(int label, double probability) {
      return 1 - probability <= quantiles.get(label);
    }
  }

  /** How far a probability may lie outside of 0 to 1, and the sum of one-of-several from 1. */
  private static final double OUTSIDE = 1e-3;

  private static final double SUM = 1e-2;

  /**
   * What keeps the scores of a record from being the probabilities that this kind of head returns:
   * each from 0 to 1, and 1 together where one label of several is right.
   *
   * @param scores a number per label, from {@code from} on
   * @param sums whether to look at the sum too
   * @param record its name
   * @return what is wrong and what to do; null: nothing, or the head returns any numbers
   */
  public @Nullable String improbable(
      double[] scores, int from, boolean sums, Supplier<String> record) {
    if (kind == Kind.REGRESSION) {
      return null;
    }
    boolean single = kind == Kind.SINGLE_LABEL;
    String remedy =
        single
            ? "; let the graph end with Softmax (ribonnx_training.adapt --final softmax adds it)"
            : "; let the graph end with Sigmoid (ribonnx_training.adapt --final sigmoid adds it)";
    double sum = 0;
    for (int i = 0; i < labels.size(); i++) {
      double score = scores[from + i];
      sum += score;
      if (!(score >= -OUTSIDE && score <= 1 + OUTSIDE)) {
        return called(record)
            + "gives "
            + score
            + " for '"
            + labels.get(i).label()
            + "', which is no probability"
            + remedy
            + ", or say kind: regression";
      }
    }
    if (sums && single && Math.abs(sum - 1) > SUM) {
      return called(record)
          + "gives probabilities that add up to "
          + sum
          + "; those of a single-label head add up to 1"
          + remedy
          + ", or say kind: multi-label";
    }
    return null;
  }

  private String called(Supplier<String> record) {
    return "heads." + name + " (" + graph.file() + "): record '" + record.get() + "': ";
  }

  public List<String> labelNames() {
    return labels.stream().map(Label::label).toList();
  }
}
