package org.ribonnx.core.block;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class PipelineTest {
  private static final class Cell {
    int value;
    int squared;
  }

  /** A run over the numbers below {@code count}, with what it saw. */
  private static final class Run {
    final AtomicInteger made = new AtomicInteger();
    final AtomicInteger working = new AtomicInteger();
    final AtomicInteger mostWorking = new AtomicInteger();
    final List<Integer> results = new ArrayList<>();
    final Random delays = new Random(30);
    int next;
    int failSource = -1;
    int failStep = -1;
    int failSink = -1;

    void go(int threads, int count) {
      new Pipeline<>(
              threads,
              () -> {
                made.incrementAndGet();
                return new Cell();
              })
          .run(
              cell -> {
                if (next == failSource) {
                  throw new IllegalStateException("source");
                }
                cell.value = next;
                return next++ < count;
              },
              this::work,
              cell -> {
                if (cell.value == failSink) {
                  throw new IllegalStateException("sink");
                }
                assertEquals(cell.value * cell.value, cell.squared);
                results.add(cell.value);
              });
    }

    private void work(Cell cell) {
      int now = working.incrementAndGet();
      mostWorking.accumulateAndGet(now, Math::max);
      int delay;
      synchronized (delays) {
        delay = delays.nextInt(300_000);
      }
      LockSupport.parkNanos(delay);
      working.decrementAndGet();
      if (cell.value == failStep) {
        throw new IllegalStateException("step");
      }
      cell.squared = cell.value * cell.value;
    }
  }

  @Test
  void resultsComeInTheOrderOfTheSource() {
    for (int threads : new int[] {1, 2, 4, 16}) {
      for (int count : new int[] {0, 1, 2, 3, 200}) {
        Run run = new Run();
        run.go(threads, count);
        List<Integer> expected = new ArrayList<>();
        for (int i = 0; i < count; i++) {
          expected.add(i);
        }
        assertEquals(expected, run.results);
        assertTrue(run.made.get() <= threads + 2, run.made + " blocks for " + threads + " threads");
        assertTrue(run.mostWorking.get() <= threads, run.mostWorking + " at a time");
      }
    }
  }

  @Test
  void blocksAreWorkedOnAtTheSameTime() {
    Run run = new Run();
    run.go(4, 400);
    assertTrue(run.mostWorking.get() > 1, "only one at a time");
  }

  @Test
  void aFailureAnywhereEndsTheRunOnceNothingWorksAnyMore() {
    for (String where : List.of("source", "step", "sink")) {
      for (int threads : new int[] {1, 4}) {
        Run run = new Run();
        switch (where) {
          case "source" -> run.failSource = 50;
          case "step" -> run.failStep = 50;
          default -> run.failSink = 50;
        }
        IllegalStateException failure =
            assertThrows(IllegalStateException.class, () -> run.go(threads, 200));
        assertEquals(where, failure.getMessage());
        assertEquals(0, run.working.get());
        assertTrue(run.results.size() <= 50, run.results.size() + " results");
        assertTrue(run.next <= 50 + threads + 3, "went on reading to " + run.next);
      }
    }
  }

  @Test
  void anErrorOfAWorkerIsThrownAsItIs() {
    OutOfMemoryError error = new OutOfMemoryError("planted");
    Pipeline<Cell> pipeline = new Pipeline<>(2, Cell::new);
    OutOfMemoryError thrown =
        assertThrows(
            OutOfMemoryError.class,
            () ->
                pipeline.run(
                    cell -> true,
                    cell -> {
                      throw error;
                    },
                    cell -> {}));
    assertSame(error, thrown);
  }
}
