package org.ribonnx.encode;

import java.util.List;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.block.Column;
import org.ribonnx.core.block.RecordStatus;
import org.ribonnx.core.bundle.Bundle;

/**
 * All views of a sequence, from its codes. Encoding uses it, and so does who changes a sequence to
 * see what becomes of its scores. Called from several threads.
 */
public final class SequenceViews {
  private final List<RecordSource.View> views;
  private final Encoder[] encoders;

  SequenceViews(List<RecordSource.View> views) {
    this.views = views;
    this.encoders = views.stream().map(view -> (Encoder) view.encoder()).toArray(Encoder[]::new);
  }

  /** The views of a bundle, all of which are made from sequences. */
  public static SequenceViews of(Bundle bundle) {
    boolean several = bundle.views().size() > 1;
    return new SequenceViews(
        bundle.views().values().stream()
            .map(view -> new RecordSource.View(view, Encoders.of(bundle, view), several))
            .toList());
  }

  /**
   * Writes a record's row of every view and sets its status and the views'; the row of a view that
   * can't be made is blanked.
   *
   * @param codes nucleotides as codes: A 0, C 1, G 2, U 3, ambiguous 4
   * @param count number of nucleotides, from the first on
   * @param block has the record already
   * @param row the record's
   */
  public void encode(byte[] codes, int count, Block block, int row) {
    encode(codes, 0, count, Encode.columns(block, views), block, row);
  }

  /**
   * As {@link #encode(byte[], int, Block, int)}, into columns that are at hand.
   *
   * @return whether a view that could be made leaves out a part of the record
   */
  boolean encode(byte[] codes, int from, int count, Column[] columns, Block block, int row) {
    RecordStatus worst = RecordStatus.OK;
    boolean cut = false;
    for (int i = 0; i < encoders.length; i++) {
      RecordStatus status = encoders[i].encode(codes, from, count, columns[i], block, row);
      columns[i].status(row, status.number());
      if (status != RecordStatus.OK) {
        columns[i].padRow(row, views.get(i).spec().pad());
        worst = worst == RecordStatus.OK ? status : worst;
      }
      cut |= status == RecordStatus.OK && count > encoders[i].capacity();
    }
    block.status(row, worst.number());
    return cut;
  }

  /** Makes a record unusable: no view holds anything of it. */
  void blank(Column[] columns, Block block, int row, RecordStatus status) {
    for (int i = 0; i < columns.length; i++) {
      columns[i].padRow(row, views.get(i).spec().pad());
      columns[i].status(row, status.number());
    }
    block.status(row, status.number());
  }
}
