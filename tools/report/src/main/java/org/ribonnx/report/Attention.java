package org.ribonnx.report;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.HeadSpec;
import org.ribonnx.core.io.RibonnxException;

/**
 * How the fusion weighed its views: of each record, for each query a weight per token, which add up
 * to 1. They are read beside the predictions, record by record, and only sums and bins are held.
 */
final class Attention implements AutoCloseable {
  private static final int BINS = 1_000;

  /** Weights have six digits. */
  private static final double CLOSE = 1e-3;

  private final Path file;
  private final Weights source;
  private final List<String> queries;
  private final List<String> tokens;
  private final double[] weights;
  private final Spread[] spreads;
  private final double[][] @Nullable [] sums;
  private final long[][] counts;
  private boolean usable;
  private long without;

  /**
   * Opens the file.
   *
   * @throws RibonnxException input, if it does not hold weights by query and token
   */
  Attention(Path file, Bundle bundle) {
    this.file = file;
    List<HeadSpec> heads = List.copyOf(bundle.heads().values());
    source = Weights.of(file, bundle);
    queries = List.copyOf(source.queries());
    tokens = List.copyOf(source.tokens());
    weights = new double[queries.size() * tokens.size()];
    spreads = new Spread[weights.length];
    for (int i = 0; i < weights.length; i++) {
      spreads[i] = new Spread(BINS);
    }
    sums = new double[heads.size()][][];
    counts = new long[heads.size()][];
    for (int head = 0; head < counts.length; head++) {
      boolean labels = heads.get(head).kind() != HeadSpec.Kind.REGRESSION;
      sums[head] = new double[labels ? heads.get(head).labels().size() : 0][];
      counts[head] = new long[sums[head].length];
    }
  }

  /**
   * Goes to the next record.
   *
   * @param prediction row of the predictions that begins the record
   * @param idColumn column of its id
   * @throws RibonnxException input, if that is another one, or has no weights
   */
  void next(TableReader prediction, int idColumn) {
    if (!source.next()) {
      throw RibonnxException.input(
          file + ": ends before the predictions do; give the attention of the same run");
    }
    if (source.sampled() != (idColumn > 0)
        || !Arrays.equals(
            source.bytes(),
            source.nameStart(),
            source.nameEnd(),
            prediction.bytes(),
            prediction.start(0),
            prediction.end(idColumn))) {
      throw source.error(
          "is of '"
              + Escape.plain(source.name(), 60)
              + "', but the predictions have '"
              + Escape.plain(prediction.text(idColumn), 60)
              + "' there",
          "give the attention of the same run");
    }
    usable = true;
    for (int i = 0; i < weights.length; i++) {
      weights[i] = source.weight(i);
      usable &= !Double.isNaN(weights[i]);
    }
    if (!usable) {
      without++;
      return;
    }
    for (int query = 0; query < queries.size(); query++) {
      double sum = 0;
      for (int token = 0; token < tokens.size(); token++) {
        double weight = weight(query, token);
        sum += weight;
        if (weight < 0) {
          sum = Double.NaN;
        }
      }
      if (!(Math.abs(sum - 1) <= CLOSE)) {
        throw source.error(
            "the weights of the query '"
                + Escape.plain(queries.get(query), 60)
                + "' are not numbers from 0 that add up to 1",
            Weights.REMEDY);
      }
    }
    for (int i = 0; i < weights.length; i++) {
      spreads[i].add(weights[i]);
    }
  }

  private double weight(int query, int token) {
    return weights[query * tokens.size() + token];
  }

  /** Counts the record under the labels that a head gave it. */
  void add(PredictionTable row) {
    for (int i = 0; usable && i < row.predictedCount(); i++) {
      int label = row.predicted()[i];
      double[][] labels = sums[row.head()];
      double[] own = labels[label];
      if (own == null) {
        own = new double[tokens.size()];
        labels[label] = own;
      }
      counts[row.head()][label]++;
      for (int at = 0; at < weights.length; at++) {
        own[at % own.length] += weights[at] / queries.size();
      }
    }
  }

  /**
   * Checks, after the last record, that there are no more rows.
   *
   * @throws RibonnxException input, if there are
   */
  void checkComplete() {
    if (source.next()) {
      throw source.error(
          "is of '" + Escape.plain(source.name(), 60) + "', but the predictions have ended",
          "give the attention of the same run");
    }
  }

  List<String> queries() {
    return queries;
  }

  List<String> tokens() {
    return tokens;
  }

  /** The weights of a query for a token, over all records that have some. */
  Spread of(int query, int token) {
    return spreads[query * tokens.size() + token];
  }

  /** Records with weights. */
  long records() {
    return spreads[0].count();
  }

  /** Records without weights, since they could not be used. */
  long without() {
    return without;
  }

  /** Records with weights that a head gave a label. */
  long records(int head, int label) {
    return counts[head][label];
  }

  /** Mean weight of a token over the queries and all records; NaN without records. */
  double mean(int token) {
    double sum = 0;
    for (int query = 0; query < queries.size(); query++) {
      sum += of(query, token).mean();
    }
    return sum / queries.size();
  }

  /** Mean weight of a token over the queries and the records of a label; NaN without records. */
  double mean(int head, int label, int token) {
    double[] own = sums[head][label];
    return own == null ? Double.NaN : own[token] / counts[head][label];
  }

  /** Records with weights of each label of a head. */
  long[] labels(int head) {
    return counts[head].clone();
  }

  @Override
  public void close() {
    source.close();
  }
}
