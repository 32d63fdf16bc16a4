package org.ribonnx.report;

import org.jspecify.annotations.Nullable;

/** What became of a record under a head: the column {@code status}. */
enum Outcome {
  OK("ok", 0),
  UNASSIGNED("unassigned", 1),
  UNUSABLE("unusable", 2);

  private final String label;
  private final int place;

  Outcome(String label, int place) {
    this.label = label;
    this.place = place;
  }

  String label() {
    return label;
  }

  /** Place in arrays of counts. */
  int place() {
    return place;
  }

  static @Nullable Outcome of(TableReader row, int column) {
    for (Outcome outcome : values()) {
      if (row.is(column, outcome.label)) {
        return outcome;
      }
    }
    return null;
  }
}
