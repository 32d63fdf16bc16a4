package org.ribonnx.classify;

import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.block.Pipeline;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.HeadSpec;
import org.ribonnx.core.cli.Log;
import org.ribonnx.core.io.TextOutput;
import org.ribonnx.core.npz.TensorFileWriter;
import org.ribonnx.core.npz.TensorMeta;
import org.ribonnx.core.run.RunRecord;
import org.ribonnx.core.run.WrongInput;

/**
 * Takes what {@link Classify} makes to its files: predictions, and all scores as a table or tensor
 * file.
 */
public final class Predictions implements Pipeline.Sink<Classify.Work>, AutoCloseable {
  private final TextOutput predictions;
  private final @Nullable TextOutput scores;
  private final @Nullable TensorFileWriter tensors;
  private final Tally tally;
  private long records;

  /**
   * @param target of the predictions: a path, or {@code -}
   * @param scoresTarget of all scores, a tensor file if it ends in .npz; null: not wanted
   */
  public Predictions(
      Classify classify,
      String target,
      @Nullable String scoresTarget,
      OutputStream standardOutput) {
    tally = classify.newTally();
    predictions = TextOutput.open(target, standardOutput);
    try {
      tensors =
          isTensorFile(scoresTarget)
              ? new TensorFileWriter(Path.of(scoresTarget), Classify.STEP, classify.produces())
              : null;
      scores =
          scoresTarget == null || tensors != null
              ? null
              : TextOutput.open(scoresTarget, standardOutput);
    } catch (RuntimeException e) {
      predictions.close();
      throw e;
    }
    byte[] header = Classify.predictionsHeader().getBytes(StandardCharsets.UTF_8);
    predictions.write(header, 0, header.length);
    if (scores != null) {
      byte[] columns = classify.scoresHeader().getBytes(StandardCharsets.UTF_8);
      scores.write(columns, 0, columns.length);
    }
  }

  /** Whether scores go to a tensor file rather than a table. */
  public static boolean isTensorFile(@Nullable String scoresTarget) {
    return scoresTarget != null && scoresTarget.endsWith(".npz");
  }

  @Override
  public void accept(Classify.Work work) {
    predictions.write(work.predictions);
    if (scores != null) {
      scores.write(work.scores);
    }
    if (tensors != null) {
      tensors.accept(work.block());
    }
    tally.add(work.tally);
    records += work.block().size();
  }

  /** Records so far. */
  public long records() {
    return records;
  }

  /** Gives the files their names. */
  public void commit(TensorMeta meta) {
    predictions.commit();
    if (scores != null) {
      scores.commit();
    }
    if (tensors != null) {
      tensors.finish(meta);
    }
  }

  /**
   * Puts the counts into the run record and the log; says so if most records were left unassigned.
   */
  public void report(Bundle bundle, RunRecord record, Log log) {
    for (HeadSpec head : tally.heads()) {
      Map<String, Long> outcomes = tally.outcomes(head);
      record.count("head " + head.name(), outcomes);
      record.count("labels " + head.name(), tally.labels(head));
      log.info(
          head.name()
              + ": "
              + outcomes.entrySet().stream()
                  .filter(entry -> entry.getValue() > 0)
                  .map(entry -> entry.getValue() + " " + entry.getKey())
                  .collect(Collectors.joining(", ")));
      long unassigned = tally.outcome(head, Tally.UNASSIGNED);
      long usable = unassigned + tally.outcome(head, Tally.OK);
      @Nullable String line = WrongInput.unassigned(bundle, head.name(), unassigned, usable);
      if (line != null) {
        record.warning(line);
        log.warnLast(line);
      }
    }
  }

  @Override
  public void close() {
    predictions.close();
    if (scores != null) {
      scores.close();
    }
    if (tensors != null) {
      tensors.close();
    }
  }
}
