package org.ribonnx.cli;

import org.ribonnx.classify.Classify;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.npz.TensorFileReader;

/** Scores of records beside those of others, in a table of differences. */
abstract class Comparison implements Behind {
  /** What is wanted. */
  interface Plan extends Behind.Plan {
    @Override
    default String done() {
      return "compared";
    }

    @Override
    default String phase() {
      return "variants";
    }
  }

  /** What runs the changed records. */
  final Chain chain;

  /** Takes the differences. */
  final VariantTable table;

  Comparison(Bundle bundle, Chain chain, VariantTable.Options options) {
    this.chain = chain;
    this.table = new VariantTable(bundle, chain.classify(), options);
  }

  @Override
  public void begin(TensorFileReader reader) {
    table.open();
  }

  @Override
  public Classify.Work newBlock() {
    return chain.newWork();
  }

  @Override
  public void commit() {
    table.commit();
  }

  @Override
  public void close() {
    table.close();
  }
}
