package org.ribonnx.encode;

import org.ribonnx.core.block.Block;
import org.ribonnx.core.block.Column;
import org.ribonnx.core.block.RecordStatus;

/** Makes a view of a sequence record. */
public interface Encoder extends ViewEncoder {
  /** Code of an ambiguous letter; A, C, G and U are 0 to 3. */
  int AMBIGUOUS = 4;

  /**
   * Writes a record's row.
   *
   * @param codes nucleotides as codes: A 0, C 1, G 2, U 3, ambiguous 4
   * @param from place of the first
   * @param length number of nucleotides
   * @param column where to write
   * @param block the record's; an encoder that has a policy of its own flags the row there
   * @param row the row
   * @return {@link RecordStatus#OK}, or why the record can't be used (the row is blanked by the
   *     caller then)
   */
  RecordStatus encode(byte[] codes, int from, int length, Column column, Block block, int row);

  @Override
  default String kind() {
    return SequenceSource.KIND;
  }

  /** The longest record of which nothing is left out that a reader should hear of. */
  int capacity();
}
