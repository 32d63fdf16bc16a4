package org.ribonnx.report;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.io.IoErrors;
import org.ribonnx.core.io.Spool;

/**
 * Ids with a few numbers each, found again by id. Both the records and the hash table that finds
 * them lie in temporary files without a name (TMPDIR), so memory does not grow with their number;
 * the table stays in memory while it is small. Who asks in the order in which records were added is
 * answered without the table.
 */
final class RecordStore implements AutoCloseable {
  /** No such record. */
  static final int NONE = -1;

  private static final int SMALL = 1 << 16;
  private static final int WINDOW = 1 << 13;
  private static final int HEAD = 2 * Integer.BYTES;
  private static final long PLACE = (1L << 40) - 1;

  private final Spool records;
  private final byte[] row;
  private final double[] values;
  private final int width;
  private int size;

  private final byte[] window = new byte[WINDOW];
  private final ByteBuffer numbers = ByteBuffer.wrap(window).order(ByteOrder.LITTLE_ENDIAN);
  private long windowStart;
  private int windowLength;

  private long @Nullable [] small;
  private @Nullable FileChannel large;
  private final ByteBuffer cell = ByteBuffer.allocateDirect(8).order(ByteOrder.LITTLE_ENDIAN);
  private int slots;

  private long lastPlace = -1;
  private long afterLast;

  /**
   * @param numbersEach how many numbers a record has, at most 500
   */
  RecordStore(int numbersEach) {
    width = numbersEach;
    values = new double[width];
    row = new byte[1 << 12];
    records = new Spool(Spool.folder(), "records of a table");
  }

  /** Whether an id fits into the store. */
  static boolean fits(int idLength) {
    return idLength <= 1 << 11;
  }

  /** Adds a record with {@link #values()}; before {@link #index}. */
  void add(byte[] bytes, int from, int to) {
    int length = to - from;
    ByteBuffer packed = ByteBuffer.wrap(row).order(ByteOrder.LITTLE_ENDIAN);
    packed.putInt(length).putInt(size++);
    for (double value : values) {
      packed.putDouble(value);
    }
    packed.put(bytes, from, length);
    records.append(row, 0, packed.position());
  }

  /** Numbers of the record that is added next or was found last. */
  double[] values() {
    return values;
  }

  int size() {
    return size;
  }

  /**
   * Makes the records findable, once all are added.
   *
   * @return number of the first record whose id was there before; {@link #NONE} if there is none
   */
  int index() {
    slots = Math.max(16, Integer.highestOneBit(Math.max(1, Math.min(size, 1 << 29))) << 2);
    if (slots <= SMALL) {
      small = new long[slots];
    } else {
      large = temporary();
    }
    long place = 0;
    for (int record = 0; record < size; record++) {
      int length = open(place);
      int from = idAt(place);
      byte[] id = Arrays.copyOfRange(window, from, from + length);
      long hash = hash(id, 0, length);
      int slot = (int) hash & (slots - 1);
      for (long found = get(slot); found != 0; found = get(slot)) {
        if (isTagged(found, hash) && matches((found & PLACE) - 1, id, 0, length)) {
          return record;
        }
        slot = (slot + 1) & (slots - 1);
      }
      put(slot, (place + 1) | (hash & ~PLACE));
      place += HEAD + (long) width * Double.BYTES + length;
    }
    lastPlace = -1;
    afterLast = 0;
    return NONE;
  }

  /** Number of the record of an id, whose numbers are then in {@link #values()}; or NONE. */
  int find(byte[] bytes, int from, int to) {
    int length = to - from;
    if (lastPlace >= 0 && matches(lastPlace, bytes, from, length)) {
      return take(lastPlace);
    }
    if (afterLast < records.size() && matches(afterLast, bytes, from, length)) {
      return take(afterLast);
    }
    long hash = hash(bytes, from, length);
    int slot = (int) hash & (slots - 1);
    for (long found = get(slot); found != 0; found = get(slot)) {
      long place = (found & PLACE) - 1;
      if (isTagged(found, hash) && matches(place, bytes, from, length)) {
        return take(place);
      }
      slot = (slot + 1) & (slots - 1);
    }
    return NONE;
  }

  private int take(long place) {
    int length = open(place);
    int at = (int) (place - windowStart);
    for (int i = 0; i < width; i++) {
      values[i] = numbers.getDouble(at + HEAD + i * Double.BYTES);
    }
    lastPlace = place;
    afterLast = place + HEAD + (long) width * Double.BYTES + length;
    return numbers.getInt(at + Integer.BYTES);
  }

  /** Takes ids in the order in which they were added, until one says that it is enough. */
  void walk(java.util.function.BiPredicate<Integer, String> more) {
    long place = 0;
    for (int record = 0; record < size; record++) {
      int length = open(place);
      String id = new String(window, idAt(place), length, StandardCharsets.UTF_8);
      if (!more.test(record, id)) {
        return;
      }
      place += HEAD + (long) width * Double.BYTES + length;
    }
  }

  private int idAt(long place) {
    return (int) (place - windowStart) + HEAD + width * Double.BYTES;
  }

  /** Has a record wholly in the window; returns the length of its id. */
  private int open(long place) {
    if (!holds(place, HEAD)) {
      load(place);
    }
    int length = numbers.getInt((int) (place - windowStart));
    if (!holds(place, HEAD + width * Double.BYTES + length)) {
      load(place);
    }
    return length;
  }

  private boolean holds(long place, int length) {
    return place >= windowStart && place + length <= windowStart + windowLength;
  }

  private void load(long place) {
    windowStart = place;
    windowLength = (int) Math.min(WINDOW, records.size() - place);
    records.read(place, ByteBuffer.wrap(window, 0, windowLength));
  }

  private boolean matches(long place, byte[] bytes, int from, int length) {
    if (open(place) != length) {
      return false;
    }
    int at = idAt(place);
    return Arrays.equals(window, at, at + length, bytes, from, from + length);
  }

  private static boolean isTagged(long found, long hash) {
    return ((found ^ hash) & ~PLACE) == 0;
  }

  private static long hash(byte[] bytes, int from, int length) {
    long value = MapSample.hashed(MapSample.NO_IDS, bytes, from, length);
    value = (value ^ (value >>> 32)) * 0x9E3779B97F4A7C15L;
    return value ^ (value >>> 29);
  }

  private static FileChannel temporary() {
    Path folder = Spool.folder();
    try {
      // A hole reads as zeros, which stand for an empty slot.
      return FileChannel.open(
          Files.createTempFile(folder, "ribonnx-", ".slots"),
          StandardOpenOption.READ,
          StandardOpenOption.WRITE,
          StandardOpenOption.DELETE_ON_CLOSE);
    } catch (IOException e) {
      throw IoErrors.writing("temporary file in " + folder + " (see TMPDIR)", e);
    }
  }

  private long get(int slot) {
    long[] table = small;
    if (table != null) {
      return table[slot];
    }
    cell.clear();
    try {
      int read = file().read(cell, 8L * slot);
      return read < Long.BYTES ? 0 : cell.getLong(0);
    } catch (IOException e) {
      throw IoErrors.reading("temporary file in " + Spool.folder() + " (see TMPDIR)", e);
    }
  }

  private void put(int slot, long value) {
    long[] table = small;
    if (table != null) {
      table[slot] = value;
      return;
    }
    cell.clear();
    cell.putLong(0, value);
    try {
      file().write(cell, 8L * slot);
    } catch (IOException e) {
      throw IoErrors.writing("temporary file in " + Spool.folder() + " (see TMPDIR)", e);
    }
  }

  private FileChannel file() {
    return java.util.Objects.requireNonNull(large, "index() was not called");
  }

  @Override
  public void close() {
    records.close();
    FileChannel slotsFile = large;
    if (slotsFile != null) {
      try {
        slotsFile.close();
      } catch (IOException e) {
        throw IoErrors.writing("temporary file in " + Spool.folder() + " (see TMPDIR)", e);
      }
    }
  }
}
