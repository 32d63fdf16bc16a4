package org.ribonnx.report;

import java.util.Locale;
import java.util.stream.Stream;
import org.ribonnx.core.io.ByteText;

/** Numbers as people read them, the same everywhere. */
final class Words {
  /** What stands for a number that is not defined. */
  static final String UNDEFINED = "not defined";

  private Words() {}

  static String count(long count) {
    return String.format(Locale.ROOT, "%,d", count);
  }

  /** A count with its noun. */
  static String count(long count, String one, String many) {
    return count(count) + " " + (count == 1 ? one : many);
  }

  /** A count for an axis. */
  static String shortCount(long count) {
    if (count >= 1_000_000 && count % 100_000 == 0) {
      return number(count / 1e6) + "M";
    }
    return count >= 10_000 && count % 100 == 0 ? number(count / 1e3) + "k" : count(count);
  }

  /** A share that never claims all or nothing unless it is. */
  static String percent(long part, long whole) {
    if (whole == 0) {
      return "–";
    }
    if (part == 0) {
      return "0 %";
    }
    if (part == whole) {
      return "100 %";
    }
    double percent = 100.0 * part / whole;
    if (percent < 0.1) {
      return "<0.1 %";
    }
    return percent > 99.9 ? ">99.9 %" : String.format(Locale.ROOT, "%.1f %%", percent);
  }

  /** A ratio or area with some decimals, which never claims to be all unless it is. */
  static String ratio(double value, int decimals) {
    if (Double.isNaN(value)) {
      return UNDEFINED;
    }
    String text = String.format(Locale.ROOT, "%." + decimals + "f", value);
    return value < 1 && text.startsWith("1") ? ">0." + "9".repeat(decimals) : text;
  }

  /** A ratio or area with four decimals. */
  static String ratio(double value) {
    return ratio(value, 4);
  }

  /** A number with up to six digits. */
  static String number(double value) {
    return Double.isNaN(value) ? UNDEFINED : new ByteText(24).append(value).toString();
  }

  static String seconds(double value) {
    return value < 100
        ? String.format(Locale.ROOT, "%.1f s", value)
        : value < 6000
            ? String.format(Locale.ROOT, "%.1f min", value / 60)
            : String.format(Locale.ROOT, "%.1f h", value / 3600);
  }

  static String shortened(String text, int most) {
    int length = text.codePointCount(0, text.length());
    return length <= most ? text : text.substring(0, text.offsetByCodePoints(0, most - 1)) + "…";
  }

  /** Letters of the longest of some names, each {@link #shortened}; 0 if there is none. */
  static int longest(Stream<String> names, int most) {
    return names
        .map(name -> shortened(name, most))
        .mapToInt(name -> name.codePointCount(0, name.length()))
        .max()
        .orElse(0);
  }
}
