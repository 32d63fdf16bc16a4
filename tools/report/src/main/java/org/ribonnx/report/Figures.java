package org.ribonnx.report;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** The figures of a page in their order, each with a name that is safe as that of a file. */
final class Figures {
  private static final int LONGEST = 60;

  /**
   * A figure.
   *
   * @param name of small letters, digits and hyphens, unique on the page
   * @param head name of the head that it is of
   * @param what it shows
   */
  record Figure(String name, String head, String what, Drawing drawing) {}

  private final List<Figure> all = new ArrayList<>();
  private final Set<String> names = new HashSet<>();

  /** Adds a figure, called by the head and by what it shows. */
  void add(String head, String what, Drawing drawing) {
    String wanted = safe(head) + "-" + safe(what);
    String name = wanted;
    for (int i = 2; !names.add(name); i++) {
      name = wanted + "-" + i;
    }
    all.add(new Figure(name, head, what, drawing));
  }

  List<Figure> all() {
    return List.copyOf(all);
  }

  /** A text as part of a file's name: {@code [a-z0-9-]}, never empty, at most 60 letters. */
  static String safe(String text) {
    String safe =
        text.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-+|-+$", "");
    safe = safe.substring(0, Math.min(LONGEST, safe.length()));
    return safe.isEmpty() ? "x" : safe;
  }
}
