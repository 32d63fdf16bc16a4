package org.ribonnx.cli;

import java.nio.charset.StandardCharsets;
import org.ribonnx.classify.Classify;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.cli.Log;
import org.ribonnx.core.npz.TensorFileReader;
import org.ribonnx.core.onnx.OnnxRuntime;
import org.ribonnx.core.run.RunRecord;
import org.ribonnx.encode.Encode;
import org.ribonnx.encode.records.PairRecords;

/** Compares the two records of each pair: the reference stands before its alternative. */
final class PairVariants extends Comparison {
  /** What is wanted. */
  record Plan(VariantTable.Options options) implements Comparison.Plan {
    @Override
    public Encode.Reading reading() {
      return Encode.Reading.PAIRS;
    }

    @Override
    public Behind open(Bundle bundle, Chain chain, OnnxRuntime runtime, int batchSize) {
      return new PairVariants(bundle, chain, options);
    }
  }

  private PairVariants(Bundle bundle, Chain chain, VariantTable.Options options) {
    super(bundle, chain, options);
  }

  @Override
  public void begin(TensorFileReader reader) {
    reader.inPairs();
    super.begin(reader);
  }

  @Override
  public Behind.Work newWork(Classify.Work block) {
    VariantTable.Rows rows = table.newRows();
    return new Behind.Work() {
      @Override
      public void prepare() {
        // All that is known of the records stands in the block.
      }

      @Override
      public void apply() {
        rows.clear();
        Block records = block.block();
        for (int row = 0; row < records.size(); row += 2) {
          table.add(
              PairRecords.pair(records.id(row)).getBytes(StandardCharsets.UTF_8),
              new VariantTable.Scored(block, row),
              new VariantTable.Scored(block, row + 1),
              rows);
        }
      }

      @Override
      public void accept() {
        table.accept(rows);
      }
    };
  }

  @Override
  public int rows(int capacity, long records, int threads) {
    return capacity;
  }

  @Override
  public void report(RunRecord record, Log log) {
    table.report("pair", record, log);
  }
}
