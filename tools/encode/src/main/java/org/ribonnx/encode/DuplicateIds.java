package org.ribonnx.encode;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.io.Spool;
import org.ribonnx.core.npz.IdHash;
import org.ribonnx.core.npz.IdSpool;

/**
 * Finds ids that occur more than once, over any number of records in little memory: hashes wait on
 * disk and are compared a part of the hash space at a time; equal hashes are confirmed on the ids
 * themselves.
 */
final class DuplicateIds implements AutoCloseable {
  /** Ids of a part in memory at a time, at least. */
  private static final int PART = 1 << 16;

  private static final int MOST_PARTS = 64;
  private static final int ENTRY = 2 * Long.BYTES;

  /**
   * A record whose id an earlier record has.
   *
   * @param record its number
   * @param earlier number of the first record with the id
   */
  record Duplicate(long record, long earlier, String id) {}

  private final Spool hashes;
  private long count;

  DuplicateIds(Path folder) {
    hashes = new Spool(folder, "hashes of ids");
  }

  /**
   * Adds the next record's id.
   *
   * @param position where {@link IdSpool} keeps it
   */
  void add(byte[] id, int from, int length, long position) {
    hashes.appendLong(IdHash.of(id, from, length));
    hashes.appendLong(position);
    count++;
  }

  /** Records whose id an earlier one has, by number. */
  Map<Long, Duplicate> find(IdSpool ids) {
    Map<Long, Duplicate> found = new TreeMap<>();
    // A power of two, so that the high bits of a hash say its part.
    int parts = 1;
    while (parts < MOST_PARTS && count / parts > PART) {
      parts *= 2;
    }
    int bits = Integer.numberOfTrailingZeros(parts);
    long room = Long.highestOneBit(Math.max(16, 2 * (count / parts + PART / 8))) * 2;
    if (room > 1 << 28) {
      throw RibonnxException.memory(
          "too many records for one run: " + count + "; split the input", null);
    }
    long[] keys = new long[(int) room];
    long[] positions = new long[(int) room];
    long[] records = new long[(int) room];
    ByteBuffer buffer = ByteBuffer.allocate(ENTRY << 12).order(ByteOrder.LITTLE_ENDIAN);
    long[] entries = new long[2 << 12];
    for (long part = 0; part < parts; part++) {
      Arrays.fill(positions, -1);
      int held = 0;
      long record = 0;
      for (long at = 0; at < hashes.size(); ) {
        buffer.clear().limit((int) Math.min(buffer.capacity(), hashes.size() - at));
        hashes.read(at, buffer);
        at += buffer.position();
        int longs = buffer.flip().remaining() / Long.BYTES;
        buffer.asLongBuffer().get(entries, 0, longs);
        for (int i = 0; i < longs; i += 2, record++) {
          if (parts == 1 || entries[i] >>> (Long.SIZE - bits) == part) {
            if (2L * held >= room) {
              throw new IllegalStateException("ids hash unevenly");
            }
            boolean added =
                insert(ids, found, keys, positions, records, entries[i], entries[i + 1], record);
            held += added ? 1 : 0;
          }
        }
      }
    }
    return found;
  }

  private static boolean insert(
      IdSpool ids,
      Map<Long, Duplicate> found,
      long[] keys,
      long[] positions,
      long[] records,
      long hash,
      long position,
      long record) {
    int mask = keys.length - 1;
    int slot = (int) (hash >>> 20) & mask;
    while (positions[slot] >= 0) {
      if (keys[slot] == hash) {
        byte[] id = ids.get(position);
        if (Arrays.equals(id, ids.get(positions[slot]))) {
          found.put(
              record, new Duplicate(record, records[slot], new String(id, StandardCharsets.UTF_8)));
          return false;
        }
      }
      slot = (slot + 1) & mask;
    }
    keys[slot] = hash;
    positions[slot] = position;
    records[slot] = record;
    return true;
  }

  /**
   * New ids for duplicates: {@code id_2}, {@code id_3}, … in the order of the records, none of
   * which is taken already.
   *
   * @param duplicates what {@link #find} found
   */
  static Map<Long, String> numbered(Map<Long, Duplicate> duplicates, IdSpool ids) {
    Set<String> bases = new HashSet<>();
    duplicates.values().forEach(duplicate -> bases.add(duplicate.id()));
    // Ids that look like a numbered one must not be given again.
    Set<String> taken = new HashSet<>();
    ids.forEach(
        (number, bytes, from, length) -> {
          String id = new String(bytes, from, length, StandardCharsets.UTF_8);
          int mark = id.lastIndexOf('_');
          if (mark > 0 && bases.contains(id.substring(0, mark))) {
            taken.add(id);
          }
        });
    Map<String, Integer> next = new HashMap<>();
    Map<Long, String> renamed = new TreeMap<>();
    for (Duplicate duplicate : duplicates.values()) {
      String candidate;
      do {
        @Nullable Integer before = next.get(duplicate.id());
        int number = before == null ? 2 : before + 1;
        next.put(duplicate.id(), number);
        candidate = duplicate.id() + "_" + number;
      } while (!taken.add(candidate));
      if (candidate.getBytes(StandardCharsets.UTF_8).length > IdSpool.MAX) {
        throw RibonnxException.input(
            "the repeated id '"
                + duplicate.id()
                + "' can't be numbered: it would be longer than "
                + IdSpool.MAX
                + " bytes");
      }
      renamed.put(duplicate.record(), candidate);
    }
    return renamed;
  }

  @Override
  public void close() {
    hashes.close();
  }
}
