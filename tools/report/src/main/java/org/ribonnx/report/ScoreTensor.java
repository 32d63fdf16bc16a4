package org.ribonnx.report;

import java.nio.file.Path;
import java.util.List;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.HeadSpec;

/** Scores from a tensor file: a view per head, by its name, of a number per label. */
final class ScoreTensor extends RecordTensor implements Scores {
  private static final String REMEDY = "give the file that --scores FILE.npz wrote";

  ScoreTensor(Path file, Bundle bundle) {
    super(file, bundle, "scores", List.of("scores"), REMEDY);
    for (HeadSpec head : bundle.heads().values()) {
      int labels = head.labels().size();
      want(
          head.name(),
          "the scores of the head '" + head.name() + "'",
          REMEDY,
          "the head has " + Words.count(labels, "label", "labels"),
          labels);
    }
  }

  @Override
  public double score(int head, int label) {
    return number(head, label);
  }
}
