package org.ribonnx.core.cli;

/** Counts with their nouns, for messages. */
public final class Plural {
  private Plural() {}

  /** As {@code 1 record}, {@code 2 records}. */
  public static String records(long count) {
    return count + (count == 1 ? " record" : " records");
  }
}
