package org.ribonnx.report;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.HeadSpec;

/**
 * Differences between pairs of sequences, as {@code ribonnx variants} writes them. Counts per label
 * and the strongest differences of each head are held.
 */
final class Variants {
  /** Pairs of a variant and a label that are listed of each head. */
  static final int MOST = 30;

  /** Probabilities that differ by so much count as marked. */
  static final double MARKED = 0.1;

  private static final int REF = 3;
  private static final int ALT = 4;
  private static final int DIFFERENCE = 5;
  private static final int LOG_ODDS = 6;
  private static final List<String> COLUMNS =
      List.of("id", "head", "label", "ref", "alt", "difference", "log_odds_difference");

  /** Scores have six digits, so their difference may be off in the last of them. */
  private static final double CLOSE = 2e-5;

  /**
   * What a variant does to a label.
   *
   * @param ref score of the reference
   * @param alt score of the alternative
   * @param difference alt less ref
   * @param logOdds difference of the log-odds; NaN where there is none
   */
  record Effect(
      String variant, int label, double ref, double alt, double difference, double logOdds) {}

  /** What the variants do to a label. */
  static final class OfLabel {
    private long pairs;
    private long unusable;
    private long up;
    private long down;
    private long gained;
    private long lost;
    private double sum;
    private double highest;
    private double lowest;

    /** Variants with a difference. */
    long pairs() {
      return pairs;
    }

    /** Variants without one, since one of the sequences could not be used. */
    long unusable() {
      return unusable;
    }

    /** Variants that raise the score markedly. */
    long up() {
      return up;
    }

    /** Variants that lower it markedly. */
    long down() {
      return down;
    }

    /** Variants that raise the score to the label's threshold. */
    long gained() {
      return gained;
    }

    /** Variants that lower it below the threshold. */
    long lost() {
      return lost;
    }

    /** Mean size of the differences; NaN without variants. */
    double meanSize() {
      return pairs == 0 ? Double.NaN : sum / pairs;
    }

    /** The highest difference, or 0. */
    double highest() {
      return highest;
    }

    /** The lowest difference, or 0. */
    double lowest() {
      return lowest;
    }
  }

  private final List<HeadSpec> heads;
  private final List<Strongest<Effect>> strongest = new ArrayList<>();
  private final List<OfLabel[]> labels = new ArrayList<>();
  private final long[] withoutLabel;
  private byte[] id = new byte[0];
  private long variants;

  /**
   * Reads the table.
   *
   * @throws org.ribonnx.core.io.RibonnxException input, naming line and column, for a table that is
   *     none or that is not of this model
   */
  Variants(Path file, Bundle bundle) {
    heads = List.copyOf(bundle.heads().values());
    withoutLabel = new long[heads.size()];
    for (HeadSpec spec : heads) {
      strongest.add(new Strongest<>(MOST));
      OfLabel[] own = new OfLabel[spec.labels().size()];
      Arrays.setAll(own, label -> new OfLabel());
      labels.add(own);
    }
    try (SideTable table =
        new SideTable(
            file,
            bundle,
            "a table of variants",
            List.of(COLUMNS),
            "give the variants.tsv that ribonnx variants wrote")) {
      table.mayLackLabels();
      while (table.next()) {
        row(table);
      }
    }
  }

  private void row(SideTable table) {
    TableReader row = table.row();
    withoutLabel[table.head()] += table.label() < 0 ? 1 : 0;
    if (row.isEmpty(0)) {
      throw table.wrong(0, "is empty", "the id of a variant is expected here");
    }
    if (!Arrays.equals(id, 0, id.length, row.bytes(), row.start(0), row.end(0))) {
      id = Arrays.copyOfRange(row.bytes(), row.start(0), row.end(0));
      variants++;
    }
    if (table.label() < 0) {
      return;
    }
    HeadSpec spec = heads.get(table.head());
    OfLabel known = labels.get(table.head())[table.label()];
    if (row.isNa(DIFFERENCE)) {
      known.unusable++;
      return;
    }
    double ref = table.number(REF);
    double alt = table.number(ALT);
    double difference = table.number(DIFFERENCE);
    double logOdds = row.isNa(LOG_ODDS) ? Double.NaN : table.number(LOG_ODDS);
    if (Math.abs(alt - ref - difference) > CLOSE * Math.max(1, Math.abs(alt) + Math.abs(ref))) {
      throw table.wrong(
          DIFFERENCE,
          "is " + Words.number(difference) + ", but alt less ref is " + Words.number(alt - ref),
          "was the file edited? Write it again");
    }
    known.pairs++;
    known.sum += Math.abs(difference);
    known.highest = Math.max(known.highest, difference);
    known.lowest = Math.min(known.lowest, difference);
    double marked = marked(spec);
    known.up += difference > 0 && difference >= marked ? 1 : 0;
    known.down += difference < 0 && -difference >= marked ? 1 : 0;
    if (!spec.thresholds().isEmpty()) {
      double threshold = spec.thresholds().get(table.label());
      known.gained += ref < threshold && alt >= threshold ? 1 : 0;
      known.lost += ref >= threshold && alt < threshold ? 1 : 0;
    }
    strongest
        .get(table.head())
        .offer(
            Math.abs(difference),
            () -> new Effect(row.text(0), table.label(), ref, alt, difference, logOdds));
  }

  /** From which size on a difference is marked: any, for numbers that are no probabilities. */
  static double marked(HeadSpec spec) {
    return spec.kind() == HeadSpec.Kind.REGRESSION ? 0 : MARKED;
  }

  boolean isEmpty() {
    return variants == 0;
  }

  /** Number of variants, of which each has its rows together. */
  long variants() {
    return variants;
  }

  /** Variants that could not be compared under a head. */
  long unusable(int head) {
    return withoutLabel[head]
        + Arrays.stream(labels.get(head)).mapToLong(OfLabel::unusable).max().orElse(0);
  }

  /** Whether the table has rows of a head. */
  boolean covers(int head) {
    return withoutLabel[head] > 0
        || Arrays.stream(labels.get(head)).anyMatch(one -> one.pairs + one.unusable > 0);
  }

  /** What the variants do to each label of a head, in the order of the model. */
  List<OfLabel> labels(int head) {
    return List.of(labels.get(head));
  }

  /** The strongest differences of a head, the largest first. */
  List<Effect> strongest(int head) {
    return strongest.get(head).all();
  }
}
