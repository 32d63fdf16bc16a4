package org.ribonnx.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RecordStoreTest {
  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static int find(RecordStore store, String id) {
    byte[] padded = bytes("--" + id + "--");
    return store.find(padded, 2, padded.length - 2);
  }

  private static void add(RecordStore store, String id, double first, double second) {
    store.values()[0] = first;
    store.values()[1] = second;
    store.add(bytes(id), 0, bytes(id).length);
  }

  /** Small ones are found in memory, large ones (more than 32,768) by a table on disk. */
  @Test
  void recordsAreFoundInOrderAndOutOfIt() {
    for (int count : List.of(0, 1, 5, 1_000, 40_000)) {
      try (RecordStore store = new RecordStore(2)) {
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < count; i++) {
          // Lengths differ, and one id is the beginning of another.
          add(store, "r" + i + "x".repeat(i % 97), i, -i / 3.0);
          order.add(i);
        }
        assertEquals(RecordStore.NONE, store.index());
        for (int round = 0; round < 2; round++) {
          for (int i : order) {
            for (int twice = 0; twice < 2; twice++) {
              assertEquals(i, find(store, "r" + i + "x".repeat(i % 97)));
              assertEquals(i, store.values()[0], 0);
              assertEquals(-i / 3.0, store.values()[1], 0);
            }
          }
          Collections.shuffle(order, new Random(2));
        }
        assertEquals(RecordStore.NONE, find(store, "r" + count));
        assertEquals(RecordStore.NONE, find(store, ""));
        assertEquals(count, store.size());
        List<String> walked = new ArrayList<>();
        store.walk(
            (record, id) -> {
              assertTrue(id.startsWith("r" + record));
              walked.add(id);
              return walked.size() < 3;
            });
        assertEquals(Math.min(3, count), walked.size());
      }
    }
  }

  @Test
  void anIdThatOccursTwiceIsNamed() {
    for (int count : List.of(10, 40_000)) {
      try (RecordStore store = new RecordStore(2)) {
        for (int i = 0; i < count; i++) {
          add(store, "id" + (i == count - 2 ? 3 : i), i, i);
        }
        assertEquals(count - 2, store.index());
      }
    }
    assertTrue(RecordStore.fits(2048));
    assertFalse(RecordStore.fits(2049));
  }
}
