package org.ribonnx.encode;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
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

  /**
   * Whole numbers in rising order: a list, one number, or a text as {@code 3,4,5}.
   *
   * @throws RibonnxException bundle, if there is none, or one is out of range or out of order
   */
  int[] integers(String option, int least, int most) {
    asked.add(option);
    @Nullable Object value = values.get(option);
    List<?> parts =
        value instanceof List<?> list
            ? list
            : value == null ? List.of() : List.of(value.toString().split(",", -1));
    int[] numbers = new int[parts.size()];
    boolean right = numbers.length > 0;
    long before = least - 1L;
    for (int i = 0; i < numbers.length; i++) {
      long number = whole(String.valueOf(parts.get(i)).strip());
      right &= number > before && number <= most;
      before = number;
      numbers[i] = (int) number;
    }
    if (!right) {
      throw RibonnxException.bundle(
          where(option)
              + (value == null ? "is missing" : "is '" + value + "'")
              + "; whole numbers from "
              + least
              + " to "
              + most
              + " in rising order are expected, as [3, 4, 5]");
    }
    return numbers;
  }

  private static long whole(String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      return Long.MIN_VALUE;
    }
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

  /**
   * Lines of a table in the bundle, below its header; none if the option is absent.
   *
   * @param header the columns asked for, which its header names first
   */
  List<String[]> lines(String option, List<String> header) {
    List<String[]> lines = new ArrayList<>();
    @Nullable String text = text(option);
    if (text == null) {
      return lines;
    }
    boolean first = true;
    // Regular expressions take longer before they are compiled than all else here.
    for (int at = 0; at <= text.length(); ) {
      int end = text.indexOf('\n', at);
      end = end < 0 ? text.length() : end;
      boolean returned = end > at && end < text.length() && text.charAt(end - 1) == '\r';
      String line = text.substring(at, returned ? end - 1 : end);
      at = end + 1;
      String[] cells = line.split("\t", -1);
      if (first) {
        first = false;
        if (cells.length < header.size()
            || !List.of(cells).subList(0, header.size()).equals(header)) {
          throw RibonnxException.bundle(
              where(option)
                  + "names a table without the header '"
                  + String.join("', '", header)
                  + "'");
        }
      } else if (!line.isEmpty()) {
        if (cells.length < header.size() || cells[0].isBlank()) {
          throw RibonnxException.bundle(
              where(option) + "names a table with an incomplete line: '" + line + "'");
        }
        lines.add(cells);
      }
    }
    return lines;
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
