package org.ribonnx.encode.records;

import java.io.IOException;

/** Reads sequence records one after the other. */
public interface SequenceReader extends AutoCloseable {
  /**
   * Adds the next record to the batch.
   *
   * @return false if there is none
   */
  boolean next(SequenceBatch batch) throws IOException;

  @Override
  void close() throws IOException;
}
