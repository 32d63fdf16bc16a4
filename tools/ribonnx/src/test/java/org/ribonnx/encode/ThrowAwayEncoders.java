package org.ribonnx.encode;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.TreeMap;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.block.Column;
import org.ribonnx.core.block.RecordStatus;

/** An encoder for tests: {@code backwards@1}, and in a later release {@code backwards@2}. */
public final class ThrowAwayEncoders implements Encoders.More {
  /** Revisions that the release at hand has. */
  public static volatile int revisions = 1;

  @Override
  public Map<String, Encoders.Factory> encoders() {
    Map<String, Encoders.Factory> all = new TreeMap<>();
    for (int revision = 1; revision <= revisions; revision++) {
      int added = revision;
      all.put(
          "backwards@" + revision,
          (view, options) -> {
            options.end();
            return new Backwards(view.shape().get(0), view.pad(), added);
          });
    }
    return all;
  }

  /** The codes from the last to the first; from the second revision on, A and C change places. */
  private record Backwards(int length, int pad, int revision) implements Encoder {
    @Override
    public RecordStatus encode(
        byte[] codes, int from, int count, Column column, Block block, int row) {
      if (count == 0) {
        return RecordStatus.NO_USABLE_BASE;
      }
      ByteBuffer data = column.data();
      for (int i = 0; i < length; i++) {
        int code = i < count ? codes[from + count - 1 - i] : pad;
        data.put(row * length + i, (byte) (revision > 1 && code < 2 ? 1 - code : code));
      }
      return RecordStatus.OK;
    }

    @Override
    public int capacity() {
      return length;
    }
  }
}
