package org.ribonnx.encode;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.OptionalDouble;
import org.ribonnx.core.block.Block;
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
 * {@code too-long} {@code cut | part | unusable} whether it may be cut at all, and whether that is
 * told of it (not for {@code part}, where an end is all that the view is for); {@code shortest} the
 * fewest nucleotides a record must have (default 1).
 *
 * <p>In a view of varying length, the codes of the record alone: no padding is written, and what
 * becomes of a record beyond the view's {@code max} is said by its {@code beyond} instead of {@code
 * keep} and {@code too-long}.
 */
final class NucleotidesEncoder implements Encoder {
  static final String NAME = "nucleotides@1";

  private final KeptPart part;
  private final byte[] padding;
  private final boolean varies;

  private NucleotidesEncoder(KeptPart part, byte[] padding, boolean varies) {
    this.part = part;
    this.padding = padding;
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
      KeptPart.Keep keep =
          switch (view.beyond()) {
            case KEEP_3P -> KeptPart.Keep.THREE_PRIME;
            case KEEP_CENTRE -> KeptPart.Keep.CENTRE;
            case KEEP_5P, UNUSABLE -> KeptPart.Keep.FIVE_PRIME;
          };
      KeptPart.TooLong then =
          view.beyond() == ViewSpec.Beyond.UNUSABLE
              ? KeptPart.TooLong.UNUSABLE
              : KeptPart.TooLong.CUT;
      return new NucleotidesEncoder(
          new KeptPart(view.max(), keep, then, shortest), new byte[0], true);
    }
    KeptPart part = KeptPart.of(options, view.shape().get(0));
    options.end();
    byte[] padding = new byte[part.length()];
    Arrays.fill(padding, (byte) view.pad());
    return new NucleotidesEncoder(part, padding, false);
  }

  /** As of the letter N. */
  @Override
  public OptionalDouble blank() {
    return OptionalDouble.of(AMBIGUOUS);
  }

  @Override
  public int capacity() {
    return part.capacity();
  }

  @Override
  public RecordStatus encode(
      byte[] codes, int from, int count, Column column, Block block, int row) {
    RecordStatus status = part.status(codes, from, count);
    if (status != RecordStatus.OK) {
      return status;
    }
    int taken = part.taken(count);
    int start = part.start(from, count);
    if (varies) {
      column.length(row, taken);
      column.data().put(column.place(row), codes, start, taken);
      return RecordStatus.OK;
    }
    int length = part.length();
    ByteBuffer data = column.data();
    data.put(row * length, codes, start, taken);
    data.put(row * length + taken, padding, 0, length - taken);
    return RecordStatus.OK;
  }
}
