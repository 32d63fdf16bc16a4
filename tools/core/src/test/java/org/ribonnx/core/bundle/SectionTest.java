package org.ribonnx.core.bundle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.ribonnx.core.io.RibonnxException;

class SectionTest {
  private static final int KEYS = 20_000;
  private static final int THREADS = 4;

  private static Section section(Map<String, ?> values) {
    return new Section("model.yaml", "heads", values);
  }

  @Test
  void namesWhatNobodyAskedForAndWhatWasAskedInOrder() {
    Section section = section(Map.of("b", 1, "a", 2, "typo", 3, "x-note", 4));
    section.value("b");
    section.value("a");
    RibonnxException refused = assertThrows(RibonnxException.class, section::end);
    assertEquals("model.yaml: heads.typo is not known; known here: a, b", refused.getMessage());
  }

  /** As in predict, where one thread reads the views while another reads the heads. */
  @Test
  void severalThreadsReadFromOneSection() throws Exception {
    Map<String, Integer> values = new TreeMap<>();
    for (int i = 0; i < KEYS; i++) {
      values.put("key" + i, i);
    }
    Section section = section(values);
    CyclicBarrier together = new CyclicBarrier(THREADS);
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try {
      List<Future<Void>> readers = new ArrayList<>();
      for (int thread = 0; thread < THREADS; thread++) {
        int share = thread;
        Callable<Void> reader =
            () -> {
              together.await(1, TimeUnit.MINUTES);
              for (int i = share; i < KEYS; i += THREADS) {
                section.value("key" + i);
              }
              return null;
            };
        readers.add(threads.submit(reader));
      }
      for (Future<Void> reader : readers) {
        reader.get(1, TimeUnit.MINUTES);
      }
    } finally {
      threads.shutdownNow();
    }
    assertTrue(knowsAll(section), "keys that were asked for were lost");
  }

  /** Without the message of a failure, which would name 20,000 keys. */
  private static boolean knowsAll(Section section) {
    try {
      section.end();
      return true;
    } catch (RibonnxException e) {
      return false;
    }
  }
}
