package org.ribonnx.cli;

import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.ribonnx.classify.Classify;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.HeadSpec;
import org.ribonnx.core.cli.Log;
import org.ribonnx.core.io.ByteText;
import org.ribonnx.core.io.TextOutput;
import org.ribonnx.core.run.RunRecord;

/**
 * {@code variants.tsv}: the scores of a reference and of an alternative, and how far they are
 * apart. Rows are written by workers and joined in order.
 */
final class VariantTable implements AutoCloseable {
  /**
   * Probabilities nearer to 0 or 1 than this are taken for it where log-odds are asked for, which
   * would be infinite otherwise.
   */
  static final double CLAMP = 1e-6;

  /**
   * What is wanted.
   *
   * @param labels labels that rows are written of; the best is the reference's
   * @param minDifference rows of a smaller difference, whatever its sign, are left out
   * @param target a path, or {@code -}
   * @param standardOutput where {@code -} goes
   */
  record Options(
      LabelChoice labels, double minDifference, String target, OutputStream standardOutput) {}

  /** Rows of a block, with what was counted. */
  static final class Rows {
    private final ByteText text = new ByteText(1 << 14);
    private final long[] compared;
    private final long[] unusable;
    private final long[] written;
    private String firstUnusable = "";

    private Rows(int heads) {
      compared = new long[heads];
      unusable = new long[heads];
      written = new long[heads];
    }

    void clear() {
      text.clear();
      for (long[] counts : new long[][] {compared, unusable, written}) {
        Arrays.fill(counts, 0);
      }
      firstUnusable = "";
    }
  }

  /** A record of a block that the heads have run on. */
  record Scored(Classify.Work work, int row) {}

  private final Options options;
  private final Classify classify;
  private final List<HeadSpec> heads;
  private final List<int[]> fixed = new ArrayList<>();
  private final Rows all;
  private @Nullable TextOutput output;

  VariantTable(Bundle bundle, Classify classify, Options options) {
    this.options = options;
    this.classify = classify;
    this.heads = List.copyOf(bundle.heads().values());
    heads.forEach(head -> fixed.add(options.labels().fixed(head)));
    all = new Rows(heads.size());
  }

  Rows newRows() {
    return new Rows(heads.size());
  }

  /** Most rows of a pair. */
  int mostRows() {
    return heads.stream().mapToInt(head -> options.labels().most(head)).sum();
  }

  /** Names the file. */
  void open() {
    TextOutput opened = TextOutput.open(options.target(), options.standardOutput());
    byte[] header =
        "id\thead\tlabel\tref\talt\tdifference\tlog_odds_difference\n"
            .getBytes(StandardCharsets.UTF_8);
    opened.write(header, 0, header.length);
    output = opened;
  }

  // ---- in the workers
  // ------------------------------------------------------------------------------------------------

  /**
   * Adds the rows of a pair.
   *
   * @param id of the pair, UTF-8
   */
  void add(byte[] id, Scored ref, Scored alt, Rows rows) {
    for (int i = 0; i < heads.size(); i++) {
      HeadSpec head = heads.get(i);
      boolean usable = isUsable(i, ref) && isUsable(i, alt);
      rows.compared[i] += usable ? 1 : 0;
      if (!usable) {
        rows.unusable[i]++;
        if (rows.firstUnusable.isEmpty()) {
          rows.firstUnusable = new String(id, StandardCharsets.UTF_8);
        }
      }
      if (!options.labels().isBest(head)) {
        for (int label : fixed.get(i)) {
          add(id, i, label, ref, alt, rows);
        }
        continue;
      }
      // Where the reference can't be used, of the alternative.
      int best = classify.best(ref.work(), i, ref.row());
      add(id, i, best >= 0 ? best : classify.best(alt.work(), i, alt.row()), ref, alt, rows);
    }
  }

  private boolean isUsable(int head, Scored record) {
    return classify.best(record.work(), head, record.row()) >= 0;
  }

  /**
   * Adds a row.
   *
   * @param label −1: neither has a best one
   */
  private void add(byte[] id, int head, int label, Scored ref, Scored alt, Rows rows) {
    double before = label < 0 ? Double.NaN : classify.score(ref.work(), head, ref.row(), label);
    double after = label < 0 ? Double.NaN : classify.score(alt.work(), head, alt.row(), label);
    double difference = after - before;
    if (Math.abs(difference) < options.minDifference()) {
      return;
    }
    HeadSpec spec = heads.get(head);
    rows.written[head]++;
    rows.text.append(id).append('\t').append(spec.name()).append('\t');
    rows.text.append(label < 0 ? "NA" : spec.labels().get(label).label());
    rows.text.append('\t').append(before).append('\t').append(after);
    rows.text.append('\t').append(difference).append('\t');
    boolean isProbability = spec.kind() != HeadSpec.Kind.REGRESSION;
    rows.text.append(isProbability ? logOdds(after) - logOdds(before) : Double.NaN).append('\n');
  }

  /**
   * Natural logarithm of the odds of a probability that is at least {@link #CLAMP} from 0 and 1.
   */
  static double logOdds(double probability) {
    // Not a number stays so.
    double clamped = Math.min(1 - CLAMP, Math.max(CLAMP, probability));
    return Math.log(clamped / (1 - clamped));
  }

  // ---- in the thread that writes
  // -------------------------------------------------------------------------------------

  void accept(Rows rows) {
    if (output != null) {
      output.write(rows.text);
    }
    for (int i = 0; i < heads.size(); i++) {
      all.compared[i] += rows.compared[i];
      all.unusable[i] += rows.unusable[i];
      all.written[i] += rows.written[i];
    }
    if (all.firstUnusable.isEmpty()) {
      all.firstUnusable = rows.firstUnusable;
    }
  }

  /** Gives the file its name. */
  void commit() {
    if (output != null) {
      output.commit();
    }
  }

  /**
   * Says what was done.
   *
   * @param one what is compared, as in {@code pair}
   */
  void report(String one, RunRecord record, Log log) {
    for (int i = 0; i < heads.size(); i++) {
      Map<String, Long> counts = new LinkedHashMap<>();
      counts.put("compared", all.compared[i]);
      counts.put("unusable", all.unusable[i]);
      counts.put("rows", all.written[i]);
      record.count("variants " + heads.get(i).name(), counts);
      log.info(
          String.format(
              Locale.ROOT,
              "%s: %,d %s compared, %,d rows%s",
              heads.get(i).name(),
              all.compared[i],
              all.compared[i] == 1 ? one : one + "s",
              all.written[i],
              all.unusable[i] == 0
                  ? ""
                  : String.format(
                      Locale.ROOT,
                      "; NA in those of %,d with a sequence that can't be used, the first: '%s'",
                      all.unusable[i],
                      all.firstUnusable)));
    }
  }

  @Override
  public void close() {
    if (output != null) {
      output.close();
    }
  }
}
