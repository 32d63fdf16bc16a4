package org.ribonnx.report;

import java.nio.file.Path;
import java.util.List;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.io.RibonnxException;

/** Weights of attention of the records, one after the other: a number per query and token. */
interface Weights extends NamedRecords {
  /** Which file to give. */
  String REMEDY = "give the file that ribonnx predict --attention or ribonnx-fuse wrote";

  /**
   * Opens a table, or a tensor file where the name ends in {@code .npz}.
   *
   * @throws RibonnxException input, if it is not what it should be
   */
  static Weights of(Path file, Bundle bundle) {
    return file.toString().endsWith(".npz")
        ? new WeightTensor(file, bundle)
        : new WeightTable(file);
  }

  List<String> queries();

  List<String> tokens();

  /**
   * A weight of the record, by query and token; NaN where the record is unusable.
   *
   * @param number those of the first query come first
   */
  double weight(int number);
}
