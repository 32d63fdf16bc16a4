package org.ribonnx.report;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.block.Column;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.HeadSpec;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.npz.TensorFileReader;
import org.ribonnx.core.tensor.DType;
import org.ribonnx.core.tensor.RowShape;

/** Scores from a tensor file: a view per head, by its name, of a number per label. */
final class ScoreTensor implements Scores {
  private static final String PREFIX = "scores";

  private final TensorFileReader reader;
  private final Block block = new Block(128);
  private final List<HeadSpec> heads;
  private final Column[] columns;
  private int row = -1;

  ScoreTensor(Path file, Bundle bundle) {
    reader = new TensorFileReader(file);
    try {
      heads = List.copyOf(bundle.heads().values());
      columns = new Column[heads.size()];
      String model = reader.meta().model();
      if (!reader.meta().kind().isEmpty() && !reader.meta().kind().equals("scores")) {
        throw RibonnxException.input(
            file
                + ": holds "
                + reader.meta().kind()
                + ", not scores; give the file that --scores FILE.npz wrote");
      }
      if (!model.isEmpty() && !model.equals(bundle.name())) {
        throw RibonnxException.input(
            file
                + ": holds the scores of "
                + model
                + ", not of "
                + bundle.name()
                + "; give --model the one that made them");
      }
      Map<String, RowShape> wanted = new LinkedHashMap<>();
      for (HeadSpec head : heads) {
        RowShape found = reader.views().get(head.name());
        int labels = head.labels().size();
        if (found == null) {
          throw RibonnxException.input(
              file
                  + ": lacks the scores of the head '"
                  + head.name()
                  + "'; it holds "
                  + reader.views().keySet()
                  + "; give the file that --scores FILE.npz wrote");
        }
        boolean one = found.axes().length == 0 && labels == 1;
        boolean several = found.axes().length == 1 && found.axes()[0] == labels;
        boolean number = found.type() == DType.FLOAT32 || found.type() == DType.FLOAT64;
        if (!number || !(one || several)) {
          throw RibonnxException.input(
              file
                  + ": the view '"
                  + head.name()
                  + "' is "
                  + found
                  + " per record; the head has "
                  + Words.count(labels, "label", "labels")
                  + ", so it was made with another model");
        }
        wanted.put(head.name(), found);
      }
      reader.want(PREFIX, wanted);
    } catch (RuntimeException e) {
      reader.close();
      throw e;
    }
  }

  @Override
  public boolean next() {
    row++;
    if (row < block.size()) {
      return true;
    }
    if (!reader.fill(block)) {
      return false;
    }
    for (int i = 0; i < columns.length; i++) {
      columns[i] =
          java.util.Objects.requireNonNull(block.column(PREFIX + "/" + heads.get(i).name()));
    }
    row = 0;
    return true;
  }

  @Override
  public byte[] bytes() {
    return block.idBytes();
  }

  @Override
  public int nameStart() {
    return block.idStart(row);
  }

  @Override
  public int idStart() {
    return block.idStart(row);
  }

  @Override
  public int nameEnd() {
    return block.idStart(row) + block.idLength(row);
  }

  @Override
  public String name() {
    return block.id(row);
  }

  @Override
  public boolean sampled() {
    return false;
  }

  @Override
  public double score(int head, int label) {
    if (block.status(row) != 0) {
      return Double.NaN;
    }
    Column column = columns[head];
    int from = row * column.rowBytes();
    return column.rowBytes() == heads.get(head).labels().size() * Float.BYTES
        ? column.data().getFloat(from + label * Float.BYTES)
        : column.data().getDouble(from + label * Double.BYTES);
  }

  @Override
  public void close() {
    reader.close();
  }
}
