package org.ribonnx.encode;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Random;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.block.Column;
import org.ribonnx.core.block.RecordStatus;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.ViewSpec;
import org.ribonnx.core.testing.TestBundle;

/** An encoder of sequences with the block it writes to, as a worker has them. */
final class OneView {
  private final Encoder encoder;
  private final Block block = new Block(16);
  private final Column column;
  private int row;

  OneView(Path folder, String view) {
    TestBundle made =
        new TestBundle(
            "schema: 1\nid: m\nversion: 1.0.0\ninputs: {rna: {kind: sequences}}\nviews:\n  v: {"
                + view
                + "}\n");
    try (Bundle bundle = Bundle.open(made.folder(folder))) {
      ViewSpec spec = bundle.views().values().iterator().next();
      encoder = (Encoder) Encoders.of(bundle, spec);
      column = block.column("v", spec.dtype(), spec.rowShape().axes());
    }
    row = newRow();
  }

  Encoder encoder() {
    return encoder;
  }

  /** Encodes letters that stand somewhere within others; the row may hold anything before. */
  RecordStatus encode(String sequence) {
    byte[] letters = ("GAU" + sequence + "CAU").getBytes(StandardCharsets.US_ASCII);
    Letters.Result result = new Letters.Result();
    assertTrue(Letters.translate(letters, 0, letters.length, result));
    assertEquals(letters.length, result.length);
    row = newRow();
    return encoder.encode(letters, 3, sequence.length(), column, block, row);
  }

  private int newRow() {
    if (block.size() == block.capacity()) {
      block.clear(0);
    }
    return block.add(new byte[] {'x'}, 0, 1, 0, 0);
  }

  /** The row encoded last. */
  int[] row() {
    double[] numbers = column.numbers(row);
    int[] row = new int[numbers.length];
    for (int i = 0; i < row.length; i++) {
      row[i] = (int) numbers[i];
    }
    return row;
  }

  /** The flags of the row encoded last. */
  int flags() {
    return block.flags(row);
  }

  /** A sequence of any letters; {@code letters} says how often each comes. */
  static String sequence(Random random, int length, String letters) {
    StringBuilder sequence = new StringBuilder(length);
    for (int i = 0; i < length; i++) {
      sequence.append(letters.charAt(random.nextInt(letters.length())));
    }
    return sequence.toString();
  }
}
