package org.ribonnx.report;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.HeadSpec;

/** scores.tsv, row by row: the id (behind the sample), then a number per head and label. */
final class ScoreTable extends RecordTable implements Scores {
  private final int[] starts;
  // Numbers of the row, by head, once they are asked for: several measures want them.
  private final double[][] values;
  private final boolean[] read;

  ScoreTable(Path file, Bundle bundle) {
    super(file, "scores", "");
    List<HeadSpec> heads = List.copyOf(bundle.heads().values());
    starts = new int[heads.size()];
    values = new double[heads.size()][];
    read = new boolean[heads.size()];
    List<String> expected = new ArrayList<>(sampled() ? List.of("sample", "id") : List.of("id"));
    for (int head = 0; head < starts.length; head++) {
      starts[head] = expected.size();
      values[head] = new double[heads.get(head).labels().size()];
      for (int label = 0; label < heads.get(head).labels().size(); label++) {
        expected.add(PredictionTable.columnOf(heads.get(head), label));
      }
    }
    header(() -> compared(expected, bundle.name()));
  }

  private int compared(List<String> expected, String model) {
    for (int column = 0; column < Math.max(expected.size(), table.columns()); column++) {
      String found = column < table.columns() ? table.text(column) : "missing";
      String wanted = column < expected.size() ? expected.get(column) : "missing";
      if (!found.equals(wanted)) {
        throw table.error(
            "column "
                + (column + 1)
                + " is '"
                + Escape.plain(found, 60)
                + "', and "
                + model
                + " has '"
                + Escape.plain(wanted, 60)
                + "' there",
            "were the scores made with another model? Give --model the one that made them");
      }
    }
    return expected.size();
  }

  @Override
  public boolean next() {
    Arrays.fill(read, false);
    return super.next();
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
}
