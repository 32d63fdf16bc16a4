package org.ribonnx.report;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Numbers byte strings in the order they are added. A table of a million ids fits in a few dozen
 * megabytes this way, and a field of a table is found without making a String of it.
 */
final class ByteIndex {
  private static final int EMPTY = -1;

  private byte[] arena = new byte[1 << 10];
  private int[] starts = new int[1 << 6];
  private int[] slots = filled(1 << 7);
  private int size;

  private static int[] filled(int length) {
    int[] array = new int[length];
    Arrays.fill(array, EMPTY);
    return array;
  }

  int size() {
    return size;
  }

  /** The number of the string, or -1. */
  int find(byte[] bytes, int from, int to) {
    return slots[slot(bytes, from, to)];
  }

  int find(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return find(bytes, 0, bytes.length);
  }

  /** The number of the string, which is added if it is new: then it is the old {@link #size}. */
  int add(byte[] bytes, int from, int to) {
    int slot = slot(bytes, from, to);
    if (slots[slot] != EMPTY) {
      return slots[slot];
    }
    int used = starts[size];
    int length = to - from;
    if (used + length > arena.length) {
      arena = Arrays.copyOf(arena, Math.max(used + length, larger(arena.length)));
    }
    System.arraycopy(bytes, from, arena, used, length);
    if (size + 2 > starts.length) {
      starts = Arrays.copyOf(starts, larger(starts.length));
    }
    starts[size + 1] = used + length;
    slots[slot] = size++;
    if (2 * size > slots.length) {
      rehash();
    }
    return size - 1;
  }

  int add(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return add(bytes, 0, bytes.length);
  }

  /** The string of a number. */
  String text(int index) {
    return new String(
        arena, starts[index], starts[index + 1] - starts[index], StandardCharsets.UTF_8);
  }

  private static int larger(int length) {
    return (int) Math.min(Integer.MAX_VALUE - 16, length + (long) Math.max(16, length / 2));
  }

  private void rehash() {
    int[] old = slots;
    slots = filled(2 * old.length);
    for (int index = 0; index < size; index++) {
      slots[slot(arena, starts[index], starts[index + 1])] = index;
    }
  }

  /** The slot that holds the string, or the empty one where it belongs. */
  private int slot(byte[] bytes, int from, int to) {
    int hash = 1;
    for (int i = from; i < to; i++) {
      hash = 31 * hash + bytes[i];
    }
    hash *= 0x9E3779B1;
    int mask = slots.length - 1;
    int slot = (hash ^ hash >>> 15) & mask;
    while (slots[slot] != EMPTY) {
      int index = slots[slot];
      if (Arrays.equals(arena, starts[index], starts[index + 1], bytes, from, to)) {
        return slot;
      }
      slot = slot + 1 & mask;
    }
    return slot;
  }
}
