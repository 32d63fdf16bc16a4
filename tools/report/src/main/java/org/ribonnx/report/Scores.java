package org.ribonnx.report;

import java.nio.file.Path;
import org.ribonnx.core.bundle.Bundle;

/** All scores of the records, one record after the other: a number per head and label. */
interface Scores extends NamedRecords {
  /**
   * Opens a table, or a tensor file where the name ends in {@code .npz}.
   *
   * @throws org.ribonnx.core.io.RibonnxException input, if it does not fit the model
   */
  static Scores of(Path file, Bundle bundle) {
    return file.toString().endsWith(".npz")
        ? new ScoreTensor(file, bundle)
        : new ScoreTable(file, bundle);
  }

  /** Score of a label of a head; NaN where the record is unusable. */
  double score(int head, int label);
}
