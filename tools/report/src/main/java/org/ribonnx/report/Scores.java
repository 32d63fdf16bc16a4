package org.ribonnx.report;

import java.nio.file.Path;
import org.ribonnx.core.bundle.Bundle;

/** All scores of the records, one record after the other: a number per head and label. */
interface Scores extends AutoCloseable {
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

  /** Goes to the next record; false at the end. */
  boolean next();

  /**
   * Bytes that hold what names the record: its id, behind sample and tab where there are several.
   */
  byte[] bytes();

  int nameStart();

  /** Where the id begins. */
  int idStart();

  int nameEnd();

  /** How the record is called on the page. */
  String name();

  /** Whether the names begin with a sample. */
  boolean sampled();

  /** Score of a label of a head; NaN where the record is unusable. */
  double score(int head, int label);

  @Override
  void close();
}
