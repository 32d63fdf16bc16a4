package org.ribonnx.core.run;

import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.InputSpec;

/**
 * Tells a user who brings the wrong kind of RNA; the steps and the report say it in the same words.
 */
public final class WrongInput {
  private static final double MOST = 0.5;
  private static final double MANY = 0.2;
  private static final String UNLIKE = "look like nothing that the head";
  private static final String OUTSIDE = "are shorter or longer than what the model was trained on";

  private WrongInput() {}

  private static String expects(Bundle bundle) {
    return bundle.inputs().values().stream().map(InputSpec::what).collect(Collectors.joining(", "));
  }

  /**
   * What to say if more than half of the usable records were left unassigned by a head; else null.
   */
  public static @Nullable String unassigned(
      Bundle bundle, String head, long unassigned, long usable) {
    if (unassigned <= MOST * usable) {
      return null;
    }
    return share(unassigned, usable)
        + UNLIKE
        + " '"
        + head
        + "' was trained on; it expects: "
        + expects(bundle);
  }

  /**
   * What to say if more than a fifth of the records are outside the lengths of the training; else
   * null.
   */
  public static @Nullable String outsideRange(Bundle bundle, long outside, long records) {
    if (outside <= MANY * records) {
      return null;
    }
    String lengths =
        bundle.inputs().values().stream()
            .map(InputSpec::lengths)
            .filter(range -> !range.isEmpty())
            .map(range -> " (" + range + ")")
            .collect(Collectors.joining());
    return share(outside, records) + OUTSIDE + lengths + "; it expects: " + expects(bundle);
  }

  /**
   * Whether a line is one of these; a step says of its shard what the report says of all records.
   */
  public static boolean isSaidBy(String line) {
    return line.contains(UNLIKE) || line.contains(OUTSIDE);
  }

  private static String share(long some, long all) {
    return String.format(
        Locale.ROOT, "%,d of %,d records (%d %%) ", some, all, Math.round(100.0 * some / all));
  }
}
