package org.ribonnx.report;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.block.Column;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.npz.TensorFileReader;
import org.ribonnx.core.tensor.DType;
import org.ribonnx.core.tensor.RowShape;

/** Numbers of the records from views of a tensor file, record by record. */
abstract class RecordTensor implements NamedRecords {
  private static final String PREFIX = "records";

  private final Path file;
  private final TensorFileReader reader;
  private final Block block = new Block(128);
  private final Map<String, RowShape> wanted = new LinkedHashMap<>();
  // Of the views in the order in which they were asked for; those of the block that is held.
  private final List<Column> columns = new ArrayList<>();
  private int row = -1;
  private long record;

  /**
   * Opens a file and compares it with its checksums.
   *
   * @param what it holds, for messages
   * @param kinds of files that hold it; one that says nothing of itself may, too
   * @param remedy which file to give
   * @throws RibonnxException input, if it is of another kind or model
   */
  RecordTensor(Path file, Bundle bundle, String what, List<String> kinds, String remedy) {
    this.file = file;
    reader = new TensorFileReader(file);
    String kind = reader.meta().kind();
    String model = reader.meta().model();
    if (!kind.isEmpty() && !kinds.contains(kind)) {
      throw refused(": holds " + kind + ", not " + what + "; " + remedy);
    }
    if (!model.isEmpty() && !model.equals(bundle.name())) {
      throw refused(
          ": holds the "
              + what
              + " of "
              + model
              + ", not of "
              + bundle.name()
              + "; give --model the one that made them");
    }
  }

  /** Closes the file, since nothing can be read from it; returns what to throw. */
  private RibonnxException refused(String why) {
    close();
    return RibonnxException.input(file + why);
  }

  /**
   * Chooses a view to read; before the first record.
   *
   * @param axes of a record
   * @param lacks what the file lacks where it has no such view, for the message
   * @param holds how much the model has per record, for the message
   * @throws RibonnxException input, if there is no such view, or it holds something else
   */
  final void want(String view, String lacks, String remedy, String holds, int... axes) {
    RowShape found = reader.views().get(view);
    if (found == null) {
      throw refused(": lacks " + lacks + "; it holds " + reader.views().keySet() + "; " + remedy);
    }
    boolean one = found.axes().length == 0 && axes.length == 1 && axes[0] == 1;
    boolean number = found.type() == DType.FLOAT32 || found.type() == DType.FLOAT64;
    if (!number || !(one || Arrays.equals(found.axes(), axes))) {
      throw refused(
          ": the view '"
              + view
              + "' is "
              + found
              + " per record; "
              + holds
              + ", so it was made with another model");
    }
    wanted.put(view, found);
    reader.want(PREFIX, wanted);
  }

  @Override
  public final boolean next() {
    record++;
    row++;
    if (row < block.size()) {
      return true;
    }
    if (!reader.fill(block)) {
      return false;
    }
    columns.clear();
    wanted.keySet().forEach(view -> columns.add(block.column(PREFIX + "/" + view)));
    row = 0;
    return true;
  }

  @Override
  public final byte[] bytes() {
    return block.idBytes();
  }

  @Override
  public final int nameStart() {
    return block.idStart(row);
  }

  @Override
  public final int idStart() {
    return block.idStart(row);
  }

  @Override
  public final int nameEnd() {
    return block.idStart(row) + block.idLength(row);
  }

  @Override
  public final String name() {
    return block.id(row);
  }

  @Override
  public final boolean sampled() {
    return false;
  }

  @Override
  public final RibonnxException error(String what, String remedy) {
    return RibonnxException.input(file + ": record " + record + ": " + what + "; " + remedy);
  }

  /**
   * A number of the record; NaN where the record is unusable.
   *
   * @param view its place among those that were asked for
   */
  final double number(int view, int number) {
    return block.status(row) == 0 ? columns.get(view).number(row, number) : Double.NaN;
  }

  @Override
  public final void close() {
    reader.close();
  }
}
