package org.ribonnx.encode;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.ViewSpec;
import org.ribonnx.core.io.ByteText;
import org.ribonnx.core.io.RibonnxException;

/** The options of a view's encoder, read by name; unknown ones are refused. */
final class EncoderOptions {
  private final Bundle bundle;
  private final String view;
  private final Map<String, @Nullable Object> values;
  private final Set<String> asked = new TreeSet<>();

  EncoderOptions(Bundle bundle, ViewSpec view) {
    this.bundle = bundle;
    this.view = view.name();
    this.values = view.options();
  }

  /** The head of a message about {@code option} (empty: about the view). */
  String where(String option) {
    return bundle.cardName()
        + ": views."
        + view
        + (option.isEmpty() ? "" : ".options." + option)
        + " ";
  }

  String choice(String option, String otherwise, List<String> allowed) {
    asked.add(option);
    @Nullable Object value = values.get(option);
    if (value == null) {
      return otherwise;
    }
    if (!allowed.contains(value.toString())) {
      throw RibonnxException.bundle(
          where(option)
              + "is '"
              + value
              + "'; one of "
              + String.join(", ", allowed)
              + " is expected");
    }
    return value.toString();
  }

  int integer(String option, int otherwise, int least, int most) {
    asked.add(option);
    @Nullable Object value = values.get(option);
    if (value == null) {
      return otherwise;
    }
    if (!(value instanceof Long number) || number < least || number > most) {
      throw RibonnxException.bundle(
          where(option)
              + "is '"
              + value
              + "'; a whole number from "
              + least
              + " to "
              + most
              + " is expected");
    }
    return number.intValue();
  }

  /** A number of at least {@code least} and at most {@code most}. */
  double number(String option, double otherwise, double least, double most) {
    asked.add(option);
    @Nullable Object value = values.get(option);
    if (value == null) {
      return otherwise;
    }
    if (!(value instanceof Number number)
        || !(number.doubleValue() >= least && number.doubleValue() <= most)) {
      throw RibonnxException.bundle(
          where(option)
              + "is '"
              + value
              + "'; a number from "
              + ByteText.of(least)
              + " to "
              + ByteText.of(most)
              + " is expected");
    }
    return number.doubleValue();
  }

  /** An option that is itself a mapping of one key; null if it is absent. */
  @Nullable Object only(String option, String key) {
    asked.add(option);
    @Nullable Object value = values.get(option);
    if (value == null) {
      return null;
    }
    if (!(value instanceof Map<?, ?> map) || map.size() != 1 || !map.containsKey(key)) {
      throw RibonnxException.bundle(where(option) + "must be {" + key + ": …}");
    }
    return map.get(key);
  }

  /** A tab-separated file of the bundle, named as {file, sha256}; null if it is absent. */
  @Nullable String text(String option) {
    asked.add(option);
    @Nullable ByteBuffer content = bundle.optionFile(view, option);
    return content == null ? null : StandardCharsets.UTF_8.decode(content).toString();
  }

  void end() {
    for (String option : values.keySet()) {
      if (!asked.contains(option)) {
        throw RibonnxException.bundle(
            where(option) + "is not known; known here: " + String.join(", ", asked));
      }
    }
  }
}
