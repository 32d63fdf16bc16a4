package org.ribonnx.report;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.HeadSpec;
import org.ribonnx.core.io.RibonnxException;

/** scores.tsv, row by row: the id (behind the sample), then a number per head and label. */
final class ScoreTable implements Scores {
  private final TableReader table;
  private final boolean sampled;
  private final int fixed;
  private final int width;
  private final int[] starts;
  // Numbers of the row, by head, once they are asked for: several measures want them.
  private final double[][] values;
  private final boolean[] read;

  ScoreTable(Path file, Bundle bundle) {
    table = new TableReader(file);
    List<HeadSpec> heads = List.copyOf(bundle.heads().values());
    starts = new int[heads.size()];
    values = new double[heads.size()][];
    read = new boolean[heads.size()];
    try {
      if (!table.next()) {
        throw RibonnxException.input(file + ": is empty; a table of scores has a header");
      }
      sampled = table.text(0).equals("sample");
      fixed = sampled ? 2 : 1;
      List<String> expected = new ArrayList<>();
      if (sampled) {
        expected.add("sample");
      }
      expected.add("id");
      for (int head = 0; head < starts.length; head++) {
        starts[head] = expected.size();
        values[head] = new double[heads.get(head).labels().size()];
        for (int label = 0; label < heads.get(head).labels().size(); label++) {
          expected.add(PredictionTable.columnOf(heads.get(head), label));
        }
      }
      width = expected.size();
      for (int column = 0; column < Math.max(width, table.columns()); column++) {
        String found = column < table.columns() ? table.text(column) : "missing";
        String wanted = column < width ? expected.get(column) : "missing";
        if (!found.equals(wanted)) {
          throw table.error(
              "column "
                  + (column + 1)
                  + " is '"
                  + Escape.plain(found, 60)
                  + "', and "
                  + bundle.name()
                  + " has '"
                  + Escape.plain(wanted, 60)
                  + "' there",
              "were the scores made with another model? Give --model the one that made them");
        }
      }
    } catch (RuntimeException e) {
      table.close();
      throw e;
    }
  }

  @Override
  public boolean next() {
    java.util.Arrays.fill(read, false);
    if (!table.next()) {
      return false;
    }
    if (table.columns() != width) {
      throw table.error(
          "has " + table.columns() + " columns, the header has " + width,
          "was the file cut off or edited? Write it again");
    }
    return true;
  }

  @Override
  public byte[] bytes() {
    return table.bytes();
  }

  @Override
  public int nameStart() {
    return table.start(0);
  }

  @Override
  public int idStart() {
    return table.start(fixed - 1);
  }

  @Override
  public int nameEnd() {
    return table.end(fixed - 1);
  }

  @Override
  public String name() {
    return sampled ? table.text(0) + " / " + table.text(1) : table.text(0);
  }

  @Override
  public boolean sampled() {
    return sampled;
  }

  @Override
  public double score(int head, int label) {
    double[] row = values[head];
    if (!read[head]) {
      for (int i = 0; i < row.length; i++) {
        row[i] = table.number(starts[head] + i, "the score");
      }
      read[head] = true;
    }
    return row[label];
  }

  @Override
  public void close() {
    table.close();
  }
}
