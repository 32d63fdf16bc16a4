package org.ribonnx.cli;

import org.ribonnx.core.block.Block;
import org.ribonnx.core.block.Column;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.encode.Encode;
import org.ribonnx.encode.SequenceViews;

/**
 * Copies of records with nucleotides changed, every view of which is made anew. The records come
 * with their codes ({@link Encode.Reading#RECORDS_WITH_CODES}).
 */
final class SequenceCopies {
  /** Letters of the codes. */
  static final String LETTERS = "ACGUN";

  private final SequenceViews views;

  SequenceCopies(Bundle bundle) {
    views = SequenceViews.of(bundle);
  }

  /** The nucleotides of a record as codes: A 0, C 1, G 2, U 3, ambiguous 4. */
  static byte[] codes(Block records, int row) {
    Column column = records.column(Encode.STEP + "/" + Encode.CODES);
    byte[] codes = new byte[column.length(row)];
    column.data().get(column.place(row), codes);
    return codes;
  }

  /** Adds what a record would be with these codes to another block; returns its row there. */
  int add(Block records, int row, byte[] codes, Block copies) {
    int copy = copies.add(records.idBytes(), records.idStart(row), records.idLength(row), 0, 0);
    views.encode(codes, codes.length, copies, copy);
    return copy;
  }
}
