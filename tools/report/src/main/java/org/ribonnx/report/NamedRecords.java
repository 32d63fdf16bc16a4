package org.ribonnx.report;

import org.ribonnx.core.io.RibonnxException;

/** Records of a file that is read beside the predictions, one after the other, with their names. */
interface NamedRecords extends AutoCloseable {
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

  /** A failure that names the file and the record. */
  RibonnxException error(String what, String remedy);

  @Override
  void close();
}
