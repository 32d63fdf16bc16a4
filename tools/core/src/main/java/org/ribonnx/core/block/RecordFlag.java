package org.ribonnx.core.block;

import java.util.Arrays;
import java.util.List;

/** What a policy did to a record that stays usable; written to {@code reason} and counted. */
public enum RecordFlag {
  /** Shorter or longer than what the model was trained on. */
  OUTSIDE_TRAINING_RANGE("outside-training-range", 1),
  /** Longer than the view; a part was left out. */
  CUT("cut", 2),
  /** Held ambiguous (IUPAC) letters. */
  AMBIGUOUS_LETTERS("ambiguous-letters", 4),
  /** Had the id of an earlier record and was numbered. */
  RENAMED("renamed", 8),
  /** Its table lacks features that the model reads; they were filled in. */
  FEATURES_FILLED("features-filled", 16),
  /** Something occurs in it more often than its view counts. */
  COUNTS_CAPPED("counts-capped", 32),
  /** Lacks a view that is fused; the others stood in for it, or a mean did. */
  VIEW_MISSING("view-missing", 64);

  private final String label;
  private final int bit;

  RecordFlag(String label, int bit) {
    this.label = label;
    this.bit = bit;
  }

  public String label() {
    return label;
  }

  /** The bit that stands for the flag in a tensor file written here. */
  public int bit() {
    return bit;
  }

  public static List<String> labels() {
    return Arrays.stream(values()).map(RecordFlag::label).toList();
  }
}
