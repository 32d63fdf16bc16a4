package org.ribonnx.report;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Weights of attention from a table: the id (behind the sample), then a number per query and token.
 */
final class WeightTable extends RecordTable implements Weights {
  private static final int MOST_COLUMNS = 10_000;

  private final List<String> queries = new ArrayList<>();
  private final List<String> tokens = new ArrayList<>();

  /**
   * Opens the table.
   *
   * @throws RibonnxException input, for a header that does not name queries and tokens
   */
  WeightTable(Path file) {
    super(file, "attention", ": id, then QUERY.TOKEN for each");
    header(this::named);
  }

  private int named() {
    int columns = table.columns();
    if (columns <= fixed || !table.is(fixed - 1, "id")) {
      throw table.error(
          "is not the header of a table of attention (id, then QUERY.TOKEN for each)", REMEDY);
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
    return columns;
  }

  @Override
  public List<String> queries() {
    return queries;
  }

  @Override
  public List<String> tokens() {
    return tokens;
  }

  @Override
  public double weight(int number) {
    return table.number(fixed + number, "a weight");
  }
}
