package org.ribonnx.report;

/**
 * Counts of scores in equal bins over 0 to 1. Bin {@code i} holds {@code i/BINS <= score <
 * (i+1)/BINS}, the last one also 1; what lies outside is counted in the outermost bins and by
 * {@link #outside}.
 */
final class ScoreHistogram {
  static final int BINS = 50;

  private final long[] counts = new long[BINS];
  private long total;
  private long outside;

  void add(double score) {
    // Scores have six digits, so the small shift only mends products like 0.29 * 50.
    int bin = (int) Math.floor(score * BINS + 1e-9);
    counts[Math.max(0, Math.min(BINS - 1, bin))]++;
    total++;
    if (score < 0 || score > 1) {
      outside++;
    }
  }

  long[] counts() {
    return counts.clone();
  }

  long total() {
    return total;
  }

  long outside() {
    return outside;
  }
}
