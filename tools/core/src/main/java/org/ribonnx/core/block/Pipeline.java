package org.ribonnx.core.block;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Takes blocks from a source through the work of a step to a sink. Blocks are worked on by several
 * threads and reach the sink in the order of the source, so results never depend on the number of
 * threads. Source and sink are called from one thread; the number of blocks is fixed.
 *
 * @param <B> what is passed on
 */
public final class Pipeline<B> {
  /** Fills a block; returns false if there was nothing more to fill it with. */
  public interface Source<B> {
    boolean fill(B block);
  }

  /** Works on a block; called from several threads, each with a block of its own. */
  public interface Step<B> {
    void apply(B block);
  }

  /** Takes finished blocks, in order. */
  public interface Sink<B> {
    void accept(B block);
  }

  private static final int AHEAD = 2;

  private final int threads;
  private final Supplier<B> blocks;

  /**
   * @param threads blocks worked on at a time
   * @param blocks makes a block
   */
  public Pipeline(int threads, Supplier<B> blocks) {
    this.threads = threads;
    this.blocks = blocks;
  }

  private record Running<B>(B block, Future<?> work) {}

  /** Runs to the end of the source. The first failure ends the run, once nothing works any more. */
  public void run(Source<B> source, Step<B> step, Sink<B> sink) {
    ExecutorService workers =
        Executors.newFixedThreadPool(
            threads,
            task -> {
              Thread thread = new Thread(task, "worker");
              thread.setDaemon(true);
              return thread;
            });
    Deque<B> free = new ArrayDeque<>();
    Deque<Running<B>> running = new ArrayDeque<>();
    int made = 0;
    try {
      boolean more = true;
      while (more || !running.isEmpty()) {
        while (more && (!free.isEmpty() || made < threads + AHEAD)) {
          B block;
          if (free.isEmpty()) {
            block = blocks.get();
            made++;
          } else {
            block = free.pop();
          }
          more = source.fill(block);
          if (more) {
            running.add(new Running<>(block, workers.submit(() -> step.apply(block))));
          }
        }
        if (!running.isEmpty()) {
          Running<B> oldest = running.remove();
          await(oldest.work());
          sink.accept(oldest.block());
          free.push(oldest.block());
        }
      }
    } finally {
      workers.shutdownNow();
      // Native code must not be left running when its sessions are closed.
      boolean ended = false;
      while (!ended) {
        try {
          ended = workers.awaitTermination(1, TimeUnit.MINUTES);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          ended = true;
        }
      }
    }
  }

  private static void await(Future<?> work) {
    try {
      work.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      if (e.getCause() instanceof Error failure) {
        throw failure;
      }
      throw new IllegalStateException(e.getCause());
    }
  }
}
