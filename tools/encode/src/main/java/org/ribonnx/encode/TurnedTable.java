package org.ribonnx.encode;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.io.Spool;
import org.ribonnx.encode.records.Cells;
import org.ribonnx.encode.records.NamedColumn;
import org.ribonnx.encode.records.Numbers;
import org.ribonnx.encode.records.TableInput;

/**
 * A table with a line per feature. It is read whole before its first sample is known, so the lines
 * of the bundle's features wait on disk, as numbers, and samples are taken out of them in blocks.
 */
final class TurnedTable extends SampleTable {
  /** So many cells without a number are remembered with their place. */
  private static final int PROBLEMS = 1000;

  private final TableInput input;
  private final Spool spool;
  private final BitSet bad;
  private final Map<Integer, String> problems;
  private int next;

  private TurnedTable(
      TableInput input,
      List<TableEncoder> encoders,
      List<NamedColumn> named,
      long ignored,
      Spool spool,
      BitSet bad,
      Map<Integer, String> problems) {
    super(input.called(), encoders, named, ignored);
    this.input = input;
    this.spool = spool;
    this.bad = bad;
    this.problems = problems;
  }

  /**
   * Reads the table.
   *
   * @param firstNames takes the first names of lines, for a message where none is a feature
   * @return null, if no line stands for a feature
   */
  static @Nullable TurnedTable of(
      TableInput input, List<TableEncoder> encoders, List<String> firstNames) {
    Spool spool = new Spool(Spool.folder(), "features of " + input.called());
    try {
      @Nullable TurnedTable table = read(input, encoders, firstNames, spool);
      if (table == null) {
        spool.close();
      }
      return table;
    } catch (RuntimeException | Error e) {
      spool.close();
      throw e;
    }
  }

  private static @Nullable TurnedTable read(
      TableInput input, List<TableEncoder> encoders, List<String> firstNames, Spool spool) {
    List<NamedColumn> named = new ArrayList<>();
    Map<String, NamedColumn> seen = new HashMap<>();
    BitSet bad = new BitSet();
    Map<Integer, String> problems = new HashMap<>();
    long ignored = 0;
    Cells cells = new Cells();
    int samples = input.width() - 1;
    ByteBuffer numbers =
        ByteBuffer.allocate(Math.multiplyExact(samples, Double.BYTES))
            .order(ByteOrder.LITTLE_ENDIAN);
    while (input.next()) {
      long line = input.lines().line();
      String where = input.called() + ", line " + line;
      cells.cut(
          input.lines().bytes(),
          input.lines().from(),
          input.lines().to(),
          input.delimiter(),
          where);
      if (cells.size() != input.width()) {
        throw input.ragged(line, cells.size());
      }
      String name = cells.text(0);
      if (firstNames.size() < 3) {
        firstNames.add(name);
      }
      if (!names(encoders, name)) {
        ignored++;
        continue;
      }
      add(named, seen, new NamedColumn(name, line, "line " + line), input.called());
      numbers.clear();
      for (int sample = 0; sample < samples; sample++) {
        double value = Numbers.parse(cells.bytes(), cells.start(sample + 1), cells.end(sample + 1));
        numbers.putDouble(value);
        if (Double.isNaN(value)) {
          bad.set(sample);
          if (problems.size() < PROBLEMS) {
            problems.putIfAbsent(
                sample,
                where
                    + " ('"
                    + name
                    + "'), column "
                    + (sample + 2)
                    + ": "
                    + Numbers.problem(cells.text(sample + 1)));
          }
        }
      }
      spool.append(numbers.flip());
    }
    return named.isEmpty()
        ? null
        : new TurnedTable(input, encoders, named, ignored, spool, bad, problems);
  }

  @Override
  boolean fill(TableBatch batch) {
    if (next == 0) {
      // What is still in memory goes to disk here, and not in one of the workers.
      spool.read(0, ByteBuffer.allocate(Double.BYTES));
    }
    Cells header = input.header();
    while (next + 1 < input.width() && !batch.isFull()) {
      int cell = input.headerCell(next + 1);
      batch.add(header.bytes(), header.start(cell), header.length(cell), next + 2L);
      next++;
      count++;
    }
    return batch.block().size() > 0;
  }

  @Override
  void load(TableBatch batch) {
    int rows = batch.block().size();
    if (batch.slab.length < values() * rows) {
      batch.slab = new double[values() * batch.block().capacity()];
    }
    long samples = input.width() - 1L;
    long first = batch.line(0) - 2;
    ByteBuffer part = ByteBuffer.allocate(rows * Double.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int value = 0; value < values(); value++) {
      part.clear();
      spool.read((value * samples + first) * Double.BYTES, part);
      part.flip().asDoubleBuffer().get(batch.slab, value * rows, rows);
    }
  }

  @Override
  @Nullable String values(TableBatch batch, int row) {
    int sample = (int) batch.line(row) - 2;
    if (bad.get(sample)) {
      return problems.getOrDefault(sample, place(batch, row) + ": holds a cell without a number");
    }
    int rows = batch.block().size();
    batch.whole = false;
    for (int value = 0; value < values(); value++) {
      batch.values[value] = batch.slab[value * rows + row];
    }
    return null;
  }

  @Override
  String place(TableBatch batch, int row, int value) {
    NamedColumn line = named(value);
    return called() + ", line " + line.at() + " ('" + line.name() + "'), column " + batch.line(row);
  }

  @Override
  String place(TableBatch batch, int row) {
    return called() + ", column " + batch.line(row);
  }

  @Override
  public void close() {
    spool.close();
    input.close();
  }
}
