package org.ribonnx.cli;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.ribonnx.classify.Classify;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.cli.Log;
import org.ribonnx.core.io.ByteText;
import org.ribonnx.core.npz.TensorFileReader;
import org.ribonnx.core.onnx.OnnxRuntime;
import org.ribonnx.core.run.RunRecord;
import org.ribonnx.encode.Encode;
import org.ribonnx.encode.Encoder;

/**
 * Compares each record with every record that differs from it in one base: its mutation map. The
 * changed records are made in the blocks of the workers, and none of them is written anywhere.
 */
final class Substitutions extends Comparison {
  /** What is wanted. */
  record Plan(VariantTable.Options options) implements Comparison.Plan {
    @Override
    public Encode.Reading reading() {
      return Encode.Reading.RECORDS_WITH_CODES;
    }

    @Override
    public Behind open(Bundle bundle, Chain chain, OnnxRuntime runtime, int batchSize) {
      return new Substitutions(bundle, chain, options);
    }
  }

  /** Bytes that the rows of the records in all blocks should take at most. */
  private static final long ROOM = 1 << 26;

  /** Bytes of a row of text, roughly. */
  private static final int ROW_BYTES = 80;

  /** Substitutions of a position. */
  private static final int PER_POSITION = 3;

  /** What a worker needs beside the records. */
  private final class Work implements Behind.Work {
    private final Classify.Work block;
    private final Classify.Work copies = chain.newWork();
    private final int[] rowOf = new int[copies.block().capacity()];
    private final int[] position = new int[rowOf.length];
    private final byte[] base = new byte[rowOf.length];
    private final byte[] substitute = new byte[rowOf.length];
    private final VariantTable.Rows rows = table.newRows();
    private final ByteText id = new ByteText(64);
    private long unusable;

    private Work(Classify.Work block) {
      this.block = block;
    }

    @Override
    public void prepare() {
      // All that is known of the records stands in the block.
    }

    @Override
    public void apply() {
      rows.clear();
      unusable = 0;
      copies.block().clear(0);
      for (int row = 0; row < block.block().size(); row++) {
        if (block.block().status(row) == 0) {
          substitute(row);
        } else {
          unusable++;
        }
      }
      run();
    }

    private void substitute(int row) {
      byte[] codes = SequenceCopies.codes(block.block(), row);
      for (int at = 0; at < codes.length; at++) {
        byte before = codes[at];
        for (byte after = 0; after < Encoder.AMBIGUOUS && before < Encoder.AMBIGUOUS; after++) {
          if (after != before) {
            codes[at] = after;
            int copy = sequences.add(block.block(), row, codes, copies.block());
            rowOf[copy] = row;
            position[copy] = at;
            base[copy] = before;
            substitute[copy] = after;
            if (chain.isFull(copies.block())) {
              run();
            }
          }
        }
        codes[at] = before;
      }
    }

    private void run() {
      Block changed = copies.block();
      if (changed.size() == 0) {
        return;
      }
      chain.scores(copies, heads);
      for (int copy = 0; copy < changed.size(); copy++) {
        id.clear();
        id.append(changed.idBytes(), changed.idStart(copy), changed.idLength(copy));
        id.append(':').append(Integer.toString(position[copy] + 1)).append(':');
        id.append(SequenceCopies.LETTERS.charAt(base[copy])).append('>');
        id.append(SequenceCopies.LETTERS.charAt(substitute[copy]));
        table.add(
            Arrays.copyOf(id.bytes(), id.length()),
            new VariantTable.Scored(block, rowOf[copy]),
            new VariantTable.Scored(copies, copy),
            rows);
      }
      changed.clear(0);
    }

    @Override
    public void accept() {
      table.accept(rows);
      leftOut += unusable;
    }
  }

  private final SequenceCopies sequences;
  private final List<String> heads;
  private @Nullable TensorFileReader reader;
  private long leftOut;

  private Substitutions(Bundle bundle, Chain chain, VariantTable.Options options) {
    super(bundle, chain, options);
    this.sequences = new SequenceCopies(bundle);
    this.heads = List.copyOf(bundle.heads().keySet());
  }

  @Override
  public void begin(TensorFileReader features) {
    reader = features;
    super.begin(features);
  }

  @Override
  public Behind.Work newWork(Classify.Work block) {
    return new Work(block);
  }

  /** Few, since each record is many; so that all threads have some and rows take little memory. */
  @Override
  public int rows(int capacity, long records, int threads) {
    long longest = reader == null ? 1 : Math.max(1, reader.longest(Encode.CODES));
    long perRecord = PER_POSITION * longest * Math.max(1, table.mostRows()) * ROW_BYTES;
    long most = Math.min(ROOM / (threads + 2L) / perRecord, records / (4L * threads));
    return (int) Math.max(1, Math.min(Block.ROWS, most));
  }

  @Override
  public void report(RunRecord record, Log log) {
    table.report("substitution", record, log);
    if (leftOut > 0) {
      log.info(
          leftOut
              + (leftOut == 1 ? " record" : " records")
              + " can't be used and"
              + (leftOut == 1 ? " has" : " have")
              + " no rows");
      record.count("records without rows", Map.of("unusable", leftOut));
    }
  }
}
