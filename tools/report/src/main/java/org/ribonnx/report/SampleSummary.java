package org.ribonnx.report;

import java.util.ArrayList;
import java.util.List;
import org.ribonnx.core.bundle.HeadSpec;

/** Counts of one sample, for the table that puts samples side by side. */
final class SampleSummary {
  private final String name;
  private final long[][] outcomes;
  private final long[][] labels;

  SampleSummary(String name, List<HeadSpec> heads) {
    this.name = name;
    this.outcomes = new long[heads.size()][Outcome.values().length];
    this.labels = new long[heads.size()][];
    for (int head = 0; head < heads.size(); head++) {
      labels[head] = new long[heads.get(head).labels().size()];
    }
  }

  void add(PredictionTable row) {
    if (row.target() == 0) {
      outcomes[row.head()][row.outcome().place()]++;
    }
    for (int i = 0; i < row.predictedCount(); i++) {
      labels[row.head()][row.predicted()[i]]++;
    }
  }

  String name() {
    return name;
  }

  long count(int head, Outcome outcome) {
    return outcomes[head][outcome.place()];
  }

  long records(int head) {
    long records = 0;
    for (long count : outcomes[head]) {
      records += count;
    }
    return records;
  }

  /** Records of each label of a head, in the order of the model. */
  long[] labels(int head) {
    return labels[head].clone();
  }

  /** The most frequent labels of a head, at most {@code most}, none that doesn't occur. */
  List<Ranked> top(int head, int most) {
    List<Ranked> ranked = Ranked.of(labels[head]);
    return new ArrayList<>(ranked.subList(0, Math.min(most, ranked.size())));
  }
}
