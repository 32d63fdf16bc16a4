package org.ribonnx.encode;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.block.Column;
import org.ribonnx.core.block.RecordStatus;
import org.ribonnx.core.bundle.ViewSpec;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.tensor.DType;

/**
 * {@code nucleotides@1}: one {@code uint8} code per nucleotide (A 0, C 1, G 2, U and T 3, every
 * ambiguous IUPAC letter 4), padded behind the 3' end with the view's pad value to its length.
 * One-hot, where a network wants it, is made in its graph.
 *
 * <p>Options: {@code keep} {@code 5p | 3p | centre} says which part of a longer record stays;
 * {@code too-long} {@code cut | unusable} whether it may be cut at all; {@code shortest} the fewest
 * nucleotides a record must have (default 1).
 *
 * <p>In a view of varying length, the codes of the record alone: no padding is written, and what
 * becomes of a record beyond the view's {@code max} is said by its {@code beyond} instead of {@code
 * keep} and {@code too-long}.
 */
final class NucleotidesEncoder implements Encoder {
  static final String NAME = "nucleotides@1";

  private enum Keep {
    FIVE_PRIME,
    CENTRE,
    THREE_PRIME
  }

  private final int length;
  private final byte[] padding;
  private final Keep keep;
  private final boolean cut;
  private final int shortest;
  private final boolean varies;

  private NucleotidesEncoder(
      int length, byte[] padding, Keep keep, boolean cut, int shortest, boolean varies) {
    this.length = length;
    this.padding = padding;
    this.keep = keep;
    this.cut = cut;
    this.shortest = shortest;
    this.varies = varies;
  }

  /** The encoder that a view asks for; the view's options are checked. */
  static NucleotidesEncoder of(ViewSpec view, EncoderOptions options) {
    if (view.dtype() != DType.UINT8 || view.shape().size() != 1) {
      throw RibonnxException.bundle(
          options.where("")
              + NAME
              + " makes uint8 of shape [length], not "
              + view.dtype().label()
              + " of "
              + view.shape());
    }
    if (view.pad() <= AMBIGUOUS) {
      throw RibonnxException.bundle(options.where("pad") + "must differ from the codes 0 to 4");
    }
    if (view.varies()) {
      int shortest = options.integer("shortest", 1, 1, view.max());
      options.end();
      Keep keep =
          switch (view.beyond()) {
            case KEEP_3P -> Keep.THREE_PRIME;
            case KEEP_CENTRE -> Keep.CENTRE;
            case KEEP_5P, UNUSABLE -> Keep.FIVE_PRIME;
          };
      boolean cut = view.beyond() != ViewSpec.Beyond.UNUSABLE;
      return new NucleotidesEncoder(view.max(), new byte[0], keep, cut, shortest, true);
    }
    Map<String, Keep> keeps =
        Map.of("5p", Keep.FIVE_PRIME, "centre", Keep.CENTRE, "3p", Keep.THREE_PRIME);
    @Nullable Keep keep = keeps.get(options.choice("keep", "5p", List.of("5p", "centre", "3p")));
    boolean cut = options.choice("too-long", "cut", List.of("cut", "unusable")).equals("cut");
    int length = view.shape().get(0);
    int shortest = options.integer("shortest", 1, 1, length);
    options.end();
    byte[] padding = new byte[length];
    Arrays.fill(padding, (byte) view.pad());
    return new NucleotidesEncoder(
        length, padding, keep == null ? Keep.FIVE_PRIME : keep, cut, shortest, false);
  }

  /** As of the letter N. */
  @Override
  public OptionalDouble blank() {
    return OptionalDouble.of(AMBIGUOUS);
  }

  @Override
  public int capacity() {
    return length;
  }

  @Override
  public RecordStatus encode(byte[] codes, int from, int count, Column column, int row) {
    if (count > length && !cut) {
      return RecordStatus.TOO_LONG;
    }
    if (count < shortest) {
      return count == 0 ? RecordStatus.NO_USABLE_BASE : RecordStatus.TOO_SHORT;
    }
    int taken = Math.min(count, length);
    int start =
        from
            + switch (keep) {
              case FIVE_PRIME -> 0;
              case CENTRE -> (count - taken) / 2;
              case THREE_PRIME -> count - taken;
            };
    if (noBase(codes, start, taken)) {
      return RecordStatus.NO_USABLE_BASE;
    }
    if (varies) {
      column.length(row, taken);
      column.data().put(column.place(row), codes, start, taken);
      return RecordStatus.OK;
    }
    ByteBuffer data = column.data();
    data.put(row * length, codes, start, taken);
    data.put(row * length + taken, padding, 0, length - taken);
    return RecordStatus.OK;
  }

  private static boolean noBase(byte[] codes, int from, int count) {
    for (int i = from; i < from + count; i++) {
      if (codes[i] < AMBIGUOUS) {
        return false;
      }
    }
    return true;
  }
}
