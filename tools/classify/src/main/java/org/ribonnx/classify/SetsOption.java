package org.ribonnx.classify;

import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.HeadSpec;
import org.ribonnx.core.io.RibonnxException;
import picocli.CommandLine.Option;

/** {@code --sets}. */
public final class SetsOption {
  @Option(
      names = "--sets",
      description = {
        "Fill the column set with prediction sets: all labels that may be right, so that the truth is"
            + " among them as often as the model promises (for heads that have sets)."
      })
  private boolean sets;

  /**
   * Whether prediction sets are wanted.
   *
   * @throws RibonnxException usage, if they are and no head of the model has any
   */
  public boolean value(Bundle bundle) {
    if (sets && bundle.heads().values().stream().allMatch(head -> head.sets() == null)) {
      throw RibonnxException.usage(
          "--sets: no head of "
              + bundle.name()
              + " has prediction sets ("
              + String.join(", ", bundle.heads().values().stream().map(HeadSpec::name).toList())
              + "); run it without --sets, or have the model's author add sets to model.yaml");
    }
    return sets;
  }
}
