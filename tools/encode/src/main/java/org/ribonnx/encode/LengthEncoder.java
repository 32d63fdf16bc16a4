package org.ribonnx.encode;

import java.util.List;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.block.Column;
import org.ribonnx.core.block.RecordFlag;
import org.ribonnx.core.block.RecordStatus;
import org.ribonnx.core.bundle.ViewSpec;
import org.ribonnx.core.io.RibonnxException;

/**
 * {@code length@1}: the number of nucleotides of a record, ambiguous ones included, as one whole
 * number of the view's type ({@code [1]}). A type too small for it holds its largest number, and
 * the record is flagged {@code counts-capped}.
 *
 * <p>Option: {@code shortest}, the fewest nucleotides a record must have (default 1). A record
 * without an unambiguous nucleotide is {@code no-usable-base}.
 */
final class LengthEncoder implements Encoder {
  static final String NAME = "length@1";

  private static final List<Integer> ONE = List.of(1);

  private final WholeNumbers numbers;
  private final int shortest;

  private LengthEncoder(WholeNumbers numbers, int shortest) {
    this.numbers = numbers;
    this.shortest = shortest;
  }

  /** The encoder that a view asks for; the view's options are checked. */
  static LengthEncoder of(ViewSpec view, EncoderOptions options) {
    if (!WholeNumbers.can(view.dtype()) || view.varies() || !view.shape().equals(ONE)) {
      throw RibonnxException.bundle(
          options.where("") + NAME + " makes whole numbers [1], not " + view.rowShape());
    }
    int shortest = options.integer("shortest", 1, 1, Integer.MAX_VALUE);
    options.end();
    return new LengthEncoder(new WholeNumbers(view.dtype(), 1), shortest);
  }

  @Override
  public int capacity() {
    return Integer.MAX_VALUE;
  }

  @Override
  public RecordStatus encode(
      byte[] codes, int from, int length, Column column, Block block, int row) {
    RecordStatus status = Nucleotides.status(codes, from, length, shortest);
    if (status == RecordStatus.OK && numbers.write(length, column, row)) {
      block.addFlag(row, RecordFlag.COUNTS_CAPPED);
    }
    return status;
  }
}
