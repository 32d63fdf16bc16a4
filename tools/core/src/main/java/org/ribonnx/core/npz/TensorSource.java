package org.ribonnx.core.npz;

import java.util.Map;
import java.util.function.UnaryOperator;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.block.Pipeline;
import org.ribonnx.core.tensor.RowShape;

/** Records with their views, block by block, out of one tensor file or several that are joined. */
public interface TensorSource extends Pipeline.Source<Block>, AutoCloseable {
  /** What the files say of themselves; the lists of statuses and flags are those of the blocks. */
  TensorMeta meta();

  /** The views that steps take: those without the extra outputs ({@code view.output}). */
  Map<String, RowShape> mainViews();

  /** Records that are read. */
  long selected();

  /** Reads only the {@code shard}-th of {@code shards} ranges of records, counted from 1. */
  void select(int shard, int shards);

  /** Goes back to the first record of the range. */
  void rewind();

  /**
   * Names the views to read, and checks that they are there.
   *
   * @param expected view → element type and shape per record
   * @param toColumn name in the file → column in the blocks
   * @throws org.ribonnx.core.io.RibonnxException input, if one is not there or is another
   */
  void want(Map<String, RowShape> expected, UnaryOperator<String> toColumn);

  /** Names the views to read as those of a step. */
  default void want(String step, Map<String, RowShape> expected) {
    want(expected, name -> step + "/" + name);
  }

  /**
   * Whether only ids, statuses and flags are read, for a look at what there is: columns keep what
   * they held.
   */
  void statusOnly(boolean only);

  /** Where the range with this number ends, of so many that share the records. */
  static long range(long records, int shard, int shards) {
    // Exact for any number of records: the product of quotient and shard never overflows.
    return records / shards * shard + records % shards * shard / shards;
  }

  @Override
  void close();
}
