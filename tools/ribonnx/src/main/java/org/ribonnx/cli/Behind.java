package org.ribonnx.cli;

import org.ribonnx.classify.Classify;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.cli.Log;
import org.ribonnx.core.npz.TensorFileReader;
import org.ribonnx.core.onnx.OnnxRuntime;
import org.ribonnx.core.run.RunRecord;
import org.ribonnx.encode.Encode;

/** What is made of records behind the heads, in the blocks and threads of {@link Predict}. */
interface Behind extends AutoCloseable {
  /** What is wanted; it is made once the graphs are loaded. */
  interface Plan {
    /** What has to be read and kept of the input. */
    Encode.Reading reading();

    /** What is done with records, as in {@code explained}. */
    String done();

    /** Name of the phase in the run record. */
    String phase();

    /**
     * Makes it.
     *
     * @param batchSize records per run of a graph; 0: as the bundle says
     */
    Behind open(Bundle bundle, Chain chain, OnnxRuntime runtime, int batchSize);
  }

  /** What a worker needs beside a block of records, to which it belongs. */
  interface Work {
    /** Looks up what is known of the records; in the thread that reads, after each filling. */
    void prepare();

    /** Does the work; the heads have run. */
    void apply();

    /**
     * Takes what was found to the outputs; in the thread that writes, in the order of the input.
     */
    void accept();
  }

  /** Opens the outputs. Called once, before the first block; may say how blocks are filled. */
  void begin(TensorFileReader reader);

  /** A block for records. */
  Classify.Work newBlock();

  /** What goes with such a block. */
  Work newWork(Classify.Work block);

  /**
   * Records to put into a block.
   *
   * @param capacity most that it takes
   * @param records of the whole input
   */
  int rows(int capacity, long records, int threads);

  /** Writes what is left and gives the files their names. */
  void commit();

  /** Says what was done. */
  void report(RunRecord record, Log log);

  @Override
  void close();
}
