package org.ribonnx.cli;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.block.Column;
import org.ribonnx.core.block.RecordStatus;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.FuseSpec;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.tensor.RowShape;
import org.ribonnx.embed.Embed;
import org.ribonnx.fuse.Fuse;

/**
 * Runs a graph that fuses views on made-up embeddings: with all views, and with each of them
 * missing where the bundle can do without. Values must be finite, a record's must not depend on
 * those beside it, and weights of attention must sum to 1.
 */
final class FusionProbe {
  /** Records per pattern of missing views. */
  private static final int RECORDS = 4;

  private static final double TOLERANCE = 1e-4;

  private final Bundle bundle;
  private final Chain chain;
  private final Fuse fuse;

  private FusionProbe(Bundle bundle, Chain chain) {
    this.bundle = bundle;
    this.chain = chain;
    this.fuse = chain.fuse();
  }

  /**
   * Probes the graph; does nothing where none fuses.
   *
   * @throws RibonnxException bundle, naming the pattern and the first value that is wrong
   */
  static void check(Bundle bundle, Chain chain) {
    if (bundle.fuse().graph() != null) {
      new FusionProbe(bundle, chain).check();
    }
  }

  private void check() {
    List<String> patterns = new ArrayList<>(List.of(""));
    if (fuse.fills() && fuse.views().size() > 1) {
      patterns.addAll(fuse.views());
    }
    Block together = new Block(RECORDS * patterns.size());
    together.clear(0);
    for (String missing : patterns) {
      for (int i = 0; i < RECORDS; i++) {
        add(together, missing, together.size());
      }
    }
    fuse.apply(together);
    Block alone = new Block(1);
    for (int row = 0; row < together.size(); row++) {
      String missing = patterns.get(row / RECORDS);
      alone.clear(0);
      add(alone, missing, row);
      fuse.apply(alone);
      for (String view : fuse.produces().keySet()) {
        compare(view, missing, together, row, alone);
      }
    }
  }

  /** Adds a record whose numbers follow from its seed. */
  private void add(Block block, String missing, int seed) {
    byte[] id = ("probe-" + (seed + 1)).getBytes(StandardCharsets.UTF_8);
    int row = block.add(id, 0, id.length, 0, 0);
    SplittableRandom random = new SplittableRandom(seed);
    for (Map.Entry<String, RowShape> entry : chain.embeddings().entrySet()) {
      RowShape shape = entry.getValue();
      Column column = block.column(Embed.STEP + "/" + entry.getKey(), shape.type(), shape.axes());
      boolean lacks = entry.getKey().equals(missing);
      column.keepStatus(true);
      column.status(row, lacks ? RecordStatus.MISSING_VIEW.number() : 0);
      if (shape.varies()) {
        column.length(row, 1 + random.nextInt(Block.ROWS));
      }
      for (int i = 0; i < column.bytes(row) / shape.type().bytes(); i++) {
        // Codes of a view that passes as it is are small; embeddings are of either sign.
        column.number(
            row, i, shape.type().isFloating() ? random.nextDouble(-1, 1) : random.nextInt(4));
      }
      if (lacks) {
        column.blankRow(row);
      }
    }
  }

  private void compare(String view, String missing, Block together, int row, Block alone) {
    Column a = together.column(Fuse.STEP + "/" + view);
    Column b = alone.column(Fuse.STEP + "/" + view);
    for (int i = 0; i < a.rowBytes() / a.type().bytes(); i++) {
      double value = a.number(row, i);
      String what = "output '" + output(view) + "' has " + value + " at number " + (i + 1);
      if (!Double.isFinite(value)) {
        throw bad(missing, what + "; a finite number is expected");
      }
      double other = b.number(0, i);
      if (!(Math.abs(value - other) <= TOLERANCE * Math.max(1, Math.abs(value)))) {
        throw bad(
            missing,
            what
                + " beside other records and "
                + other
                + " alone; a record's result must not depend on the others of its batch");
      }
    }
  }

  private String output(String view) {
    FuseSpec spec = bundle.fuse();
    if (view.equals(FuseSpec.ATTENTION) && spec.attention() != null) {
      return spec.attention().output();
    }
    return spec.output() == null ? view : spec.output();
  }

  private RibonnxException bad(String missing, String what) {
    return RibonnxException.bundle(
        bundle.cardName()
            + ": fuse: "
            + (missing.isEmpty() ? "with all views" : "without the view '" + missing + "'")
            + ", "
            + what);
  }
}
