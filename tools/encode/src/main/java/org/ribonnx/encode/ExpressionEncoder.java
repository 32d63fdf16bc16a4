package org.ribonnx.encode;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.block.Column;
import org.ribonnx.core.block.RecordStatus;
import org.ribonnx.core.bundle.ViewSpec;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.tensor.DType;
import org.ribonnx.encode.records.NamedColumn;

/**
 * {@code expression@1}: the numbers of a sample as {@code float32 [features]}, in the order of the
 * bundle's list of features. Arithmetic (counts per million, logarithm, rank, z-score) is the
 * graph's.
 *
 * <p>Options: {@code features} and {@code aliases}, files of the bundle; {@code names} {@code exact
 * | mirna-stem}, how a name of the table becomes that of a feature when it is no alias; {@code
 * duplicates} {@code sum | first | error}, when several names of a table stand for one feature;
 * {@code missing: {fill: 0 | nan}}, the number of a feature that the table lacks; {@code
 * min-coverage}, the share of features below which no sample of a table can be used; {@code
 * min-total}, the sum of a sample's numbers below which it can't be used.
 */
final class ExpressionEncoder implements TableEncoder {
  static final String NAME = "expression@1";

  private enum Duplicates {
    SUM,
    FIRST,
    ERROR
  }

  private final List<String> features;
  private final Map<String, Integer> places;
  private final Map<String, Integer> aliases;
  private final boolean stems;
  private final Duplicates duplicates;
  private final float fill;
  private final double minCoverage;
  private final double minTotal;

  private ExpressionEncoder(
      List<String> features,
      Map<String, Integer> places,
      Map<String, Integer> aliases,
      boolean stems,
      Duplicates duplicates,
      float fill,
      double minCoverage,
      double minTotal) {
    this.features = features;
    this.places = places;
    this.aliases = aliases;
    this.stems = stems;
    this.duplicates = duplicates;
    this.fill = fill;
    this.minCoverage = minCoverage;
    this.minTotal = minTotal;
  }

  /** The encoder that a view asks for; the view's options are checked. */
  static ExpressionEncoder of(ViewSpec view, EncoderOptions options) {
    if (view.dtype() != DType.FLOAT32 || view.shape().size() != 1 || view.varies()) {
      throw RibonnxException.bundle(
          options.where("") + NAME + " makes float32 [features], not " + view.rowShape());
    }
    boolean stems =
        options.choice("names", "exact", List.of("exact", "mirna-stem")).equals("mirna-stem");
    List<String> features = new ArrayList<>();
    Map<String, Integer> places = new HashMap<>();
    for (String[] line : lines(options, "features", List.of("feature"))) {
      String name = line[0];
      if (stems && !MirnaNames.stem(name).equals(name)) {
        throw RibonnxException.bundle(
            options.where("features")
                + "holds '"
                + name
                + "', whose stem is '"
                + MirnaNames.stem(name)
                + "'; with names: mirna-stem the features are stems");
      }
      if (places.put(name, features.size()) != null) {
        throw RibonnxException.bundle(options.where("features") + "holds '" + name + "' twice");
      }
      features.add(name);
    }
    if (features.isEmpty()) {
      throw RibonnxException.bundle(
          options.where("features") + "is missing or empty; {file: features.tsv} is expected");
    }
    if (features.size() != view.shape().get(0)) {
      throw RibonnxException.bundle(
          options.where("features")
              + "holds "
              + features.size()
              + " features, but the view is "
              + view.rowShape());
    }
    Map<String, Integer> aliases = new HashMap<>();
    for (String[] line : lines(options, "aliases", List.of("alias", "feature"))) {
      @Nullable Integer place = places.get(line[1]);
      if (place == null) {
        throw RibonnxException.bundle(
            options.where("aliases")
                + "leads from '"
                + line[0]
                + "' to '"
                + line[1]
                + "', which is no feature");
      }
      if (aliases.put(line[0], place) != null) {
        throw RibonnxException.bundle(options.where("aliases") + "holds '" + line[0] + "' twice");
      }
    }
    Duplicates duplicates =
        Duplicates.valueOf(
            options
                .choice("duplicates", "error", List.of("sum", "first", "error"))
                .toUpperCase(Locale.ROOT));
    float fill = fill(options);
    double minCoverage = options.number("min-coverage", 0, 0, 1);
    double minTotal = options.number("min-total", 0, 0, 1e15);
    options.end();
    return new ExpressionEncoder(
        List.copyOf(features), places, aliases, stems, duplicates, fill, minCoverage, minTotal);
  }

  private static float fill(EncoderOptions options) {
    @Nullable Object fill = options.only("missing", "fill");
    if (fill == null) {
      return 0;
    }
    if (fill instanceof Number number && !(fill instanceof Double d && d.isInfinite())) {
      return number.floatValue();
    }
    if (fill.toString().equalsIgnoreCase("nan")) {
      return Float.NaN;
    }
    throw RibonnxException.bundle(
        options.where("missing") + "has fill '" + fill + "'; a number or nan is expected");
  }

  /** Lines of a table in the bundle: the columns asked for, which its header names first. */
  private static List<String[]> lines(EncoderOptions options, String option, List<String> header) {
    List<String[]> lines = new ArrayList<>();
    @Nullable String text = options.text(option);
    if (text == null) {
      return lines;
    }
    boolean first = true;
    // Regular expressions take longer before they are compiled than all else here.
    for (int at = 0; at <= text.length(); ) {
      int end = text.indexOf('\n', at);
      end = end < 0 ? text.length() : end;
      boolean returned = end > at && end < text.length() && text.charAt(end - 1) == '\r';
      String line = text.substring(at, returned ? end - 1 : end);
      at = end + 1;
      String[] cells = line.split("\t", -1);
      if (first) {
        first = false;
        if (cells.length < header.size()
            || !List.of(cells).subList(0, header.size()).equals(header)) {
          throw RibonnxException.bundle(
              options.where(option)
                  + "names a table without the header '"
                  + String.join("', '", header)
                  + "'");
        }
      } else if (!line.isEmpty()) {
        if (cells.length < header.size() || cells[0].isBlank()) {
          throw RibonnxException.bundle(
              options.where(option) + "names a table with an incomplete line: '" + line + "'");
        }
        lines.add(cells);
      }
    }
    return lines;
  }

  @Override
  public int feature(String name) {
    @Nullable Integer place = aliases.get(name);
    if (place == null) {
      place = places.get(stems ? MirnaNames.stem(name) : name);
    }
    return place == null ? -1 : place;
  }

  @Override
  public List<String> names() {
    return features;
  }

  /** As of a feature that the table lacks. */
  @Override
  public OptionalDouble blank() {
    return OptionalDouble.of(fill);
  }

  @Override
  public List<String> examples(int most) {
    return features.subList(0, Math.min(most, features.size()));
  }

  @Override
  public Columns columns(List<NamedColumn> named, String called) {
    int[] sources = new int[named.size()];
    int[] places = new int[named.size()];
    Map<Integer, NamedColumn> taken = new HashMap<>();
    int count = 0;
    for (int i = 0; i < sources.length; i++) {
      NamedColumn column = named.get(i);
      int feature = feature(column.name());
      if (feature < 0) {
        continue;
      }
      @Nullable NamedColumn before = taken.putIfAbsent(feature, column);
      if (before != null && duplicates == Duplicates.ERROR) {
        throw RibonnxException.input(
            called
                + ", "
                + column.place()
                + ": '"
                + column.name()
                + "' stands for the feature '"
                + features.get(feature)
                + "', as does '"
                + before.name()
                + "' ("
                + before.place()
                + "); the model takes one of them");
      }
      if (before == null || duplicates == Duplicates.SUM) {
        sources[count] = i;
        places[count++] = feature;
      }
    }
    return new Columns(
        Arrays.copyOf(sources, count), Arrays.copyOf(places, count), taken.size(), features.size());
  }

  @Override
  public boolean tooFew(Columns columns) {
    return columns.given() < minCoverage * columns.of();
  }

  @Override
  public RecordStatus encode(
      double[] values, Columns columns, float[] room, Column column, int row) {
    if (tooFew(columns)) {
      return RecordStatus.LOW_COVERAGE;
    }
    int[] sources = columns.sources();
    int[] places = columns.features();
    if (minTotal > 0 && total(values, sources) < minTotal) {
      return RecordStatus.LOW_TOTAL;
    }
    float[] numbers = room;
    if (columns.given() < columns.of()) {
      Arrays.fill(numbers, 0, columns.of(), fill);
    }
    if (columns.isSingle()) {
      for (int i = 0; i < sources.length; i++) {
        numbers[places[i]] = (float) values[sources[i]];
      }
    } else {
      double[] sums = new double[columns.of()];
      for (int i = 0; i < sources.length; i++) {
        sums[places[i]] += values[sources[i]];
      }
      for (int place : places) {
        numbers[place] = (float) sums[place];
      }
    }
    ByteBuffer data = column.data();
    data.slice(column.place(row), columns.of() * Float.BYTES)
        .order(data.order())
        .asFloatBuffer()
        .put(numbers, 0, columns.of());
    return RecordStatus.OK;
  }

  private static double total(double[] values, int[] sources) {
    double total = 0;
    for (int source : sources) {
      total += values[source];
    }
    return total;
  }
}
