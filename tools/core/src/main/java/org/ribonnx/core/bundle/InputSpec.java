package org.ribonnx.core.bundle;

import org.jspecify.annotations.Nullable;

/**
 * What a user brings.
 *
 * @param name name of the input
 * @param kind {@code sequences}, {@code annotation}, {@code table}
 * @param what in plain words
 * @param minLength shortest sequence the model was trained on, in nucleotides; 0 where not stated
 * @param maxLength longest sequence the model was trained on; {@code Integer.MAX_VALUE} where not
 *     stated
 * @param example path of an example inside the bundle
 * @param values what the numbers of a table are, {@code counts} or {@code normalised}; null where
 *     it is not stated
 */
public record InputSpec(
    String name,
    String kind,
    String what,
    int minLength,
    int maxLength,
    @Nullable String example,
    @Nullable String values) {
  /** The lengths of the training, as {@code 45 to 200 nt}; empty where they are not stated. */
  public String lengths() {
    if (maxLength == Integer.MAX_VALUE) {
      return "";
    }
    return (minLength == maxLength ? "" : minLength + " to ") + maxLength + " nt";
  }
}
