package org.ribonnx.report;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.HeadSpec;
import org.ribonnx.core.io.RibonnxException;

/**
 * How the fusion weighed its views: of each record, for each query a weight per token, which add up
 * to 1. The table is read beside the predictions, row by row, and only sums and bins are held.
 */
final class Attention implements AutoCloseable {
  private static final int BINS = 1_000;
  private static final int MOST_COLUMNS = 10_000;

  /** Weights have six digits. */
  private static final double CLOSE = 1e-3;

  private final Path file;
  private final TableReader table;
  private final int fixed;
  private final List<String> queries = new ArrayList<>();
  private final List<String> tokens = new ArrayList<>();
  private final double[] weights;
  private final Spread[] spreads;
  private final double[][] @Nullable [] sums;
  private final long[][] counts;
  private boolean usable;
  private long without;

  /**
   * Opens the table.
   *
   * @param heads of the model
   * @throws RibonnxException input, for a header that does not name queries and tokens
   */
  Attention(Path file, List<HeadSpec> heads) {
    this.file = file;
    if (file.toString().endsWith(".npz")) {
      throw RibonnxException.input(
          file
              + ": is a tensor file; the report reads a table: give the one that ribonnx predict --attention FILE.tsv"
              + " writes");
    }
    table = new TableReader(file);
    try {
      if (!table.next()) {
        throw RibonnxException.input(
            file + ": is empty; a table of attention has a header: id, then QUERY.TOKEN for each");
      }
      fixed = table.is(0, "sample") ? 2 : 1;
      header();
    } catch (RuntimeException e) {
      table.close();
      throw e;
    }
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

  private void header() {
    int columns = table.columns();
    if (columns <= fixed || !table.is(fixed - 1, "id")) {
      throw table.error(
          "is not the header of a table of attention (id, then QUERY.TOKEN for each)",
          "give the table that ribonnx predict --attention FILE.tsv wrote");
    }
    if (columns > MOST_COLUMNS) {
      throw table.error(
          "has " + columns + " columns",
          "is this a table of attention? " + MOST_COLUMNS + " are the most");
    }
    List<String> names = new ArrayList<>();
    for (int column = fixed; column < columns; column++) {
      String name = table.text(column);
      int point = name.indexOf('.');
      if (point <= 0 || point == name.length() - 1) {
        throw table.error(
            "column " + (column + 1) + " is '" + Escape.plain(name, 60) + "'",
            "QUERY.TOKEN is expected there");
      }
      names.add(name);
      String query = name.substring(0, point);
      if (!queries.contains(query)) {
        queries.add(query);
      }
      if (queries.size() == 1) {
        tokens.add(name.substring(point + 1));
      }
    }
    for (int i = 0; i < Math.max(names.size(), queries.size() * tokens.size()); i++) {
      String found = i < names.size() ? names.get(i) : "missing";
      String wanted =
          i < queries.size() * tokens.size()
              ? queries.get(i / tokens.size()) + "." + tokens.get(i % tokens.size())
              : "missing";
      if (!found.equals(wanted)) {
        throw table.error(
            "column "
                + (fixed + i + 1)
                + " is '"
                + Escape.plain(found, 60)
                + "', and '"
                + Escape.plain(wanted, 60)
                + "' is expected there",
            "each query has the same tokens in the same order, once");
      }
    }
  }

  /**
   * Goes to the row of the next record.
   *
   * @param prediction row of the predictions that begins the record
   * @param idColumn column of its id
   * @throws RibonnxException input, if the row is of another record, or no weights
   */
  void next(TableReader prediction, int idColumn) {
    if (!table.next()) {
      throw RibonnxException.input(
          file + ": ends before the predictions do; give the attention of the same run");
    }
    if (table.columns() != fixed + weights.length) {
      throw table.error(
          "has " + table.columns() + " columns, the header has " + (fixed + weights.length),
          "was the file cut off or edited? Write it again");
    }
    int from = prediction.start(0);
    if (idColumn != fixed - 1
        || !java.util.Arrays.equals(
            table.bytes(),
            table.start(0),
            table.end(fixed - 1),
            prediction.bytes(),
            from,
            prediction.end(idColumn))) {
      throw table.error(
          "is of '"
              + Escape.plain(table.text(fixed - 1), 60)
              + "', but the predictions have '"
              + Escape.plain(prediction.text(idColumn), 60)
              + "' there",
          "give the attention of the same run");
    }
    usable = true;
    for (int i = 0; i < weights.length; i++) {
      weights[i] = table.number(fixed + i, "a weight");
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
        throw table.error(
            "the weights of the query '"
                + Escape.plain(queries.get(query), 60)
                + "' are not numbers from 0 that add up to 1",
            "give the table that ribonnx predict --attention FILE.tsv wrote");
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
    if (table.next()) {
      throw table.error(
          "is of '" + Escape.plain(table.text(fixed - 1), 60) + "', but the predictions have ended",
          "give the attention of the same run");
    }
  }

  List<String> queries() {
    return List.copyOf(queries);
  }

  List<String> tokens() {
    return List.copyOf(tokens);
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
    table.close();
  }
}
