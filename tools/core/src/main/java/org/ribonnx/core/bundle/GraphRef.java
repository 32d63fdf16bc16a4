package org.ribonnx.core.bundle;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.onnx.OnnxRuntime;

/**
 * A graph that model.yaml names, with what its section says of it.
 *
 * @param file path inside the bundle
 * @param sha256 digest that the file must have; empty where a bundle is being sealed
 * @param where path of the section in model.yaml, for messages
 * @param inputs graph input → view; empty where the graph leaves no doubt
 * @param batch largest number of records per run, by kind of device
 * @param cpuOnly whether the graph stays on the CPU whatever device is asked for
 * @param grid padded lengths of views of varying length; null where there are none
 * @param lengths graph input → view whose length, in positions without padding, it takes; an empty
 *     view means the only one that can be meant
 * @param facts view → what the section {@code views} says of it
 */
public record GraphRef(
    String file,
    String sha256,
    String where,
    Map<String, String> inputs,
    Batch batch,
    boolean cpuOnly,
    @Nullable Grid grid,
    Map<String, String> lengths,
    Map<String, ViewFacts> facts) {
  /** Largest number of records per run; multiples of 16, in a {@link Grid} also 1, 2, 4 or 8. */
  public record Batch(int cpu, int cuda) {}

  /**
   * What a graph's run needs to know of a view.
   *
   * @param pad value that stands behind a record
   * @param max longest record of a view of varying length, in positions; 0 where it has none
   */
  public record ViewFacts(int pad, int max) {
    static final ViewFacts NONE = new ViewFacts(0, 0);
  }

  /** The same with one more input. */
  public GraphRef withInput(String port, String view) {
    Map<String, String> more = new LinkedHashMap<>(inputs);
    more.put(port, view);
    return new GraphRef(file, sha256, where, more, batch, cpuOnly, grid, lengths, facts);
  }

  /** What is known of a view; nothing of one that model.yaml does not describe. */
  public ViewFacts fact(String view) {
    @Nullable ViewFacts known = facts.get(view);
    return known == null ? ViewFacts.NONE : known;
  }

  /** Records per run on a runtime's device; {@code asked} wins if it is not 0. */
  public int batchFor(OnnxRuntime runtime, int asked) {
    if (grid != null) {
      int largest = 1;
      for (Grid.Cell cell : grid.cells()) {
        largest = Math.max(largest, batchFor(cell, runtime, asked));
      }
      return largest;
    }
    return asked > 0 ? asked : on(batch, runtime);
  }

  /**
   * As {@link #batchFor(OnnxRuntime, int)}, in a cell of the grid, whose own batch is the limit.
   */
  public int batchFor(Grid.Cell cell, OnnxRuntime runtime, int asked) {
    int most = on(cell.batch(), runtime);
    return asked > 0 ? Math.min(asked, most) : most;
  }

  private int on(Batch sizes, OnnxRuntime runtime) {
    return runtime.isCuda() && !cpuOnly ? sizes.cuda() : sizes.cpu();
  }
}
