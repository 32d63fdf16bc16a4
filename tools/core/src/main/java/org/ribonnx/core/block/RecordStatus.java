package org.ribonnx.core.block;

import java.util.Arrays;
import java.util.List;

/**
 * Why a record can't be used. The number of a status in a tensor file is its place in the file's
 * own list.
 */
public enum RecordStatus {
  OK("ok", 0),
  /** No base, or none but ambiguous ones. */
  NO_USABLE_BASE("no-usable-base", 1),
  /** Shorter than the encoder can use. */
  TOO_SHORT("too-short", 2),
  /** Longer than the view, whose policy is to refuse that. */
  TOO_LONG("too-long", 3),
  /** Holds a letter that is none of RNA; only with {@code --invalid-records unusable}. */
  WRONG_LETTER("wrong-letter", 4),
  /** Has no id, or one over 255 bytes; only with {@code --invalid-records unusable}. */
  BAD_ID("bad-id", 5),
  /** A view that the fusion needs is not there. */
  MISSING_VIEW("missing-view", 6),
  /**
   * Holds no number, or one that can't be, where a feature is; only with {@code --invalid-records
   * unusable}.
   */
  BAD_VALUE("bad-value", 7),
  /** Its table has too few of the features that the model reads. */
  LOW_COVERAGE("low-coverage", 8),
  /** Its counts add up to too little. */
  LOW_TOTAL("low-total", 9);

  private final String label;
  private final int number;

  RecordStatus(String label, int number) {
    this.label = label;
    this.number = number;
  }

  public String label() {
    return label;
  }

  /** The number in tensor files written here. */
  public int number() {
    return number;
  }

  public static List<String> labels() {
    return Arrays.stream(values()).map(RecordStatus::label).toList();
  }
}
