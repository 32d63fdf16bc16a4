package org.ribonnx.core.npz;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.util.Arrays;
import org.ribonnx.core.io.RibonnxException;

/**
 * Ids of millions of records, by number: a hash table of eight bytes per slot, outside of the Java
 * heap. The ids themselves stay on disk, where every hit is confirmed.
 */
final class IdTable {
  /** Says what id a number has. */
  interface Known {
    /** Puts the id into a buffer of {@link IdSpool#MAX} bytes; returns its length. */
    int read(long number, byte[] into);
  }

  private static final int NUMBER_BITS = 40;
  private static final long NUMBER = (1L << NUMBER_BITS) - 1;
  private static final long MOST = Integer.MAX_VALUE / Long.BYTES - 8L;

  private final Known known;
  private final LongBuffer slots;
  private final byte[] found = new byte[IdSpool.MAX];

  /**
   * @param records most ids that will be there
   * @throws RibonnxException memory, if they are too many for one table
   */
  IdTable(long records, Known known) {
    this.known = known;
    long room = records + records / 2 + 16;
    if (room > MOST) {
      throw RibonnxException.memory(
          records + " records are too many to be joined in one run; join parts of them", null);
    }
    slots =
        ByteBuffer.allocateDirect((int) room * Long.BYTES)
            .order(ByteOrder.nativeOrder())
            .asLongBuffer();
  }

  /**
   * The number of an id; adds it as {@code number} if it is not there.
   *
   * @return the number it has had before; −1: it is new
   */
  long add(byte[] id, int length, long number) {
    long hash = IdHash.of(id, 0, length);
    int slot = (int) Math.multiplyHigh(hash >>> 1, (long) slots.capacity() << 1);
    long tag = hash << NUMBER_BITS;
    while (slots.get(slot) != 0) {
      long held = slots.get(slot);
      if ((held & ~NUMBER) == tag) {
        long candidate = (held & NUMBER) - 1;
        if (is(candidate, id, length)) {
          return candidate;
        }
      }
      slot = slot + 1 == slots.capacity() ? 0 : slot + 1;
    }
    slots.put(slot, tag | (number + 1));
    return -1;
  }

  private boolean is(long number, byte[] id, int length) {
    int other = known.read(number, found);
    return Arrays.equals(id, 0, length, found, 0, other);
  }
}
