package org.ribonnx.encode.records;

import org.jspecify.annotations.Nullable;
import org.ribonnx.core.block.Block;

/** Records on their way from a source to the tensor file, with what its worker found in them. */
public abstract class RecordBatch {
  private long invalid;
  private @Nullable String firstInvalid;

  /** Takes ids, status, flags and views. */
  public abstract Block block();

  /** Forgets what was found in the records before. */
  public void clearFindings() {
    invalid = 0;
    firstInvalid = null;
  }

  /**
   * Counts a record that is not what it should be.
   *
   * @param where file and line, and what is wrong there
   */
  public void invalid(String where) {
    if (invalid++ == 0) {
      firstInvalid = where;
    }
  }

  /** Records that are not what they should be. */
  public long invalid() {
    return invalid;
  }

  /** The first of them in words; null if there is none. */
  public @Nullable String firstInvalid() {
    return firstInvalid;
  }
}
