package org.ribonnx.core.npz;

/** Records that are numbered and read from the first to the last of a range, once or again. */
abstract class RangedSource implements TensorSource {
  /** The record that is read next. */
  long next;

  /** Behind the last record of the range; set to {@link #records()} once these are counted. */
  long end;

  /** Whether views are left out, as {@link #statusOnly(boolean)} says. */
  boolean statusOnly;

  private long firstSelected;

  /** Records that there are, whatever range is read. */
  public abstract long records();

  @Override
  public long selected() {
    return end - firstSelected;
  }

  @Override
  public void select(int shard, int shards) {
    firstSelected = TensorSource.range(records(), shard - 1, shards);
    next = firstSelected;
    end = TensorSource.range(records(), shard, shards);
  }

  @Override
  public void rewind() {
    next = firstSelected;
  }

  @Override
  public void statusOnly(boolean only) {
    statusOnly = only;
  }
}
