package org.ribonnx.core.npz;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.io.Spool;

/** Ids on disk, in order; each is found again by its position. */
public final class IdSpool implements AutoCloseable {
  /** Longest id, in bytes of UTF-8. */
  public static final int MAX = 255;

  private final Spool spool;
  private final byte[] one = new byte[1 + MAX];
  private long count;
  private int widest;

  public IdSpool(Path folder) {
    this.spool = new Spool(folder, "ids");
  }

  /** Appends an id of at most {@link #MAX} bytes; returns its position. */
  public long append(byte[] bytes, int from, int length) {
    long at = spool.size();
    one[0] = (byte) length;
    System.arraycopy(bytes, from, one, 1, length);
    spool.append(one, 0, 1 + length);
    widest = Math.max(widest, length);
    count++;
    return at;
  }

  /** Appends the ids of a block. */
  public void append(Block block) {
    for (int row = 0; row < block.size(); row++) {
      append(block.idBytes(), block.idStart(row), block.idLength(row));
    }
  }

  /** Where the next id will stand. */
  public long end() {
    return spool.size();
  }

  public long count() {
    return count;
  }

  /** Bytes of the longest id. */
  public int widest() {
    return widest;
  }

  /** The id at a position that {@link #append} returned. */
  public byte[] get(long position) {
    int room = (int) Math.min(1 + MAX, spool.size() - position);
    ByteBuffer bytes = ByteBuffer.allocate(room);
    spool.read(position, bytes);
    int length = bytes.get(0) & 0xff;
    byte[] id = new byte[length];
    bytes.get(1, id);
    return id;
  }

  /** Takes the ids one after the other. */
  public interface Visitor {
    void id(long number, byte[] bytes, int from, int length);
  }

  /** Visits all ids in order. */
  public void forEach(Visitor visitor) {
    ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
    long at = 0;
    long number = 0;
    while (at < spool.size()) {
      buffer.clear().limit((int) Math.min(buffer.capacity(), spool.size() - at));
      spool.read(at, buffer);
      int end = buffer.position();
      int from = 0;
      while (from < end) {
        int length = buffer.get(from) & 0xff;
        if (from + 1 + length > end) {
          break;
        }
        visitor.id(number++, buffer.array(), from + 1, length);
        from += 1 + length;
      }
      at += from;
    }
  }

  @Override
  public void close() {
    spool.close();
  }
}
