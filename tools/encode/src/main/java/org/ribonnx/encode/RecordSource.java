package org.ribonnx.encode;

import java.io.InputStream;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.block.Pipeline;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.InputSpec;
import org.ribonnx.core.bundle.ViewSpec;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.encode.records.RecordBatch;

/**
 * Records of one kind of input: reads them from the files in order, and encodes them. One thread
 * calls all but {@link #encode}.
 *
 * @param <B> what holds the records on their way
 */
interface RecordSource<B extends RecordBatch> extends Pipeline.Source<B>, AutoCloseable {
  /**
   * What a source is made for.
   *
   * @param views the views with their encoders, all of which take records of this kind
   * @param reading what is read of sequences
   */
  record Request(
      Bundle bundle,
      InputSpec input,
      List<View> views,
      Encode.Options options,
      Encode.Reading reading,
      InputStream standardInput) {}

  /**
   * A view and what makes it.
   *
   * @param hasStatus whether its rows have a status of their own, beside that of their records
   */
  record View(ViewSpec spec, ViewEncoder encoder, boolean hasStatus) {}

  /**
   * What a source has to say when all is read.
   *
   * @param counts for the run record: group → name → number
   * @param notes lines for the log
   * @param warnings lines that a user should read last
   */
  record Findings(
      Map<String, Map<String, Long>> counts, List<String> notes, List<String> warnings) {}

  /** An empty batch. */
  B newBatch();

  /** Makes the views of a batch's records and says their status; called from several threads. */
  void encode(B batch);

  /** Takes note of what the worker found in a batch; in the order of the input. */
  void accept(B batch);

  /** File and place of a record in it, for messages. */
  String place(long record);

  /**
   * What is said where ids are repeated.
   *
   * @param count records with the id of an earlier one
   * @param first the first of them
   */
  default RibonnxException repeated(int count, DuplicateIds.Duplicate first) {
    return RibonnxException.input(
        (count == 1 ? "1 record repeats an id" : count + " records repeat an id")
            + "; the first: "
            + place(first.record())
            + ", has the id '"
            + first.id()
            + "' of "
            + place(first.earlier())
            + "; --duplicate-ids number gives them ids of their own (id_2, id_3, …)");
  }

  /**
   * Ends the reading.
   *
   * @param records how many there were
   * @param outside records outside the range of the training
   * @throws RibonnxException input, if the input as a whole is not what it should be
   */
  Findings end(long records, long outside);

  @Override
  void close();

  /** The kinds of input there are. A new kind is a class and a line here. */
  static @Nullable RecordSource<?> of(Request request) {
    return switch (request.input().kind()) {
      case SequenceSource.KIND -> new SequenceSource(request);
      case TableSource.KIND -> new TableSource(request);
      default -> null;
    };
  }
}
