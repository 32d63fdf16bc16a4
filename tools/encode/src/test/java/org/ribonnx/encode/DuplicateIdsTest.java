package org.ribonnx.encode;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.npz.IdSpool;

class DuplicateIdsTest {
  /** Later record → earlier record, by a plain map. */
  private static Map<Long, Long> oracle(List<String> ids) {
    Map<String, Long> first = new HashMap<>();
    Map<Long, Long> duplicates = new TreeMap<>();
    for (int i = 0; i < ids.size(); i++) {
      Long earlier = first.putIfAbsent(ids.get(i), (long) i);
      if (earlier != null) {
        duplicates.put((long) i, earlier);
      }
    }
    return duplicates;
  }

  private static List<String> checked(List<String> ids, Path folder) {
    try (IdSpool spool = new IdSpool(folder);
        DuplicateIds duplicates = new DuplicateIds(folder)) {
      for (String id : ids) {
        byte[] bytes = id.getBytes(StandardCharsets.UTF_8);
        duplicates.add(bytes, 0, bytes.length, spool.append(bytes, 0, bytes.length));
      }
      Map<Long, DuplicateIds.Duplicate> found = duplicates.find(spool);
      Map<Long, Long> pairs = new TreeMap<>();
      found.forEach(
          (record, duplicate) -> {
            assertEquals(ids.get(record.intValue()), duplicate.id());
            pairs.put(record, duplicate.earlier());
          });
      assertEquals(oracle(ids), pairs);
      List<String> numbered = new ArrayList<>(ids);
      DuplicateIds.numbered(found, spool)
          .forEach((record, id) -> numbered.set(record.intValue(), id));
      assertEquals(ids.size(), new HashSet<>(numbered).size(), "ids after numbering");
      return numbered;
    }
  }

  @Test
  void fewDuplicatesAmongThreeHundredThousand(@TempDir Path folder) {
    Random random = new Random(60);
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 300_000; i++) {
      ids.add("record_" + i);
    }
    for (int planted = 0; planted < 25; planted++) {
      ids.set(random.nextInt(ids.size()), ids.get(random.nextInt(ids.size())));
    }
    checked(ids, folder);
  }

  @Test
  void manyDuplicates(@TempDir Path folder) {
    Random random = new Random(61);
    for (int kinds : new int[] {1, 2, 30, 1000}) {
      List<String> ids = new ArrayList<>();
      for (int i = 0; i < 2000; i++) {
        ids.add("i" + random.nextInt(kinds) + (random.nextInt(4) == 0 ? "_2" : ""));
      }
      checked(ids, folder);
    }
  }

  @Test
  void aNumberedIdIsNeverTakenAlready(@TempDir Path folder) {
    assertEquals(List.of("a", "a_3", "a_2"), checked(List.of("a", "a", "a_2"), folder));
    assertEquals(
        List.of("a", "a_3", "a_2", "a_2_2", "a_4"),
        checked(List.of("a", "a", "a_2", "a_2", "a"), folder));
    assertEquals(
        List.of("a_2", "a_2_3", "a_2_2", "a", "a_3"),
        checked(List.of("a_2", "a_2", "a_2_2", "a", "a"), folder));
  }

  @Test
  void anIdThatWouldGrowTooLongIsTold(@TempDir Path folder) {
    String longest = "x".repeat(254);
    RibonnxException refusal =
        assertThrows(RibonnxException.class, () -> checked(List.of(longest, longest), folder));
    assertEquals(RibonnxException.Kind.INPUT, refusal.kind());
    String fits = "x".repeat(253);
    assertEquals(List.of(fits, fits + "_2"), checked(List.of(fits, fits), folder));
  }
}
