package org.ribonnx.classify;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.ribonnx.core.bundle.HeadSpec;

/** How many records each head assigned, left unassigned or could not use, and to which labels. */
final class Tally {
  static final int OK = 0;
  static final int UNASSIGNED = 1;
  static final int UNUSABLE = 2;

  private static final List<String> OUTCOMES = List.of("ok", "unassigned", "unusable");

  private final List<HeadSpec> heads;
  private final Map<String, long[]> outcomes = new LinkedHashMap<>();
  private final Map<String, long[]> labels = new LinkedHashMap<>();

  Tally(List<HeadSpec> heads) {
    this.heads = heads;
    for (HeadSpec head : heads) {
      outcomes.put(head.name(), new long[OUTCOMES.size()]);
      labels.put(head.name(), new long[head.labels().size()]);
    }
  }

  void clear() {
    outcomes.values().forEach(counts -> java.util.Arrays.fill(counts, 0));
    labels.values().forEach(counts -> java.util.Arrays.fill(counts, 0));
  }

  void add(HeadSpec head, int outcome, int label) {
    of(outcomes, head)[outcome]++;
    if (label >= 0) {
      label(head, label);
    }
  }

  void label(HeadSpec head, int label) {
    of(labels, head)[label]++;
  }

  private static long[] of(Map<String, long[]> counts, HeadSpec head) {
    return java.util.Objects.requireNonNull(counts.get(head.name()));
  }

  void add(Tally other) {
    for (HeadSpec head : heads) {
      add(of(outcomes, head), of(other.outcomes, head));
      add(of(labels, head), of(other.labels, head));
    }
  }

  private static void add(long[] to, long[] from) {
    for (int i = 0; i < to.length; i++) {
      to[i] += from[i];
    }
  }

  List<HeadSpec> heads() {
    return heads;
  }

  long outcome(HeadSpec head, int outcome) {
    return of(outcomes, head)[outcome];
  }

  Map<String, Long> outcomes(HeadSpec head) {
    Map<String, Long> named = new LinkedHashMap<>();
    for (int i = 0; i < OUTCOMES.size(); i++) {
      named.put(OUTCOMES.get(i), of(outcomes, head)[i]);
    }
    return named;
  }

  Map<String, Long> labels(HeadSpec head) {
    Map<String, Long> named = new LinkedHashMap<>();
    for (int i = 0; i < head.labels().size(); i++) {
      named.put(head.labels().get(i).label(), of(labels, head)[i]);
    }
    return named;
  }
}
