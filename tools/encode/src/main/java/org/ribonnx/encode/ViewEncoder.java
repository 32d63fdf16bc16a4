package org.ribonnx.encode;

import java.util.List;
import java.util.OptionalDouble;

/**
 * Makes a view of a record. An encoder has a name and a revision; a change of any byte it writes is
 * a new revision, and the old one stays. Immutable, called from several threads. What it is handed
 * depends on the kind of record: {@link Encoder} for sequences, {@link TableEncoder} for rows of
 * tables.
 */
public interface ViewEncoder {
  /** Kind of the input it reads, as {@code inputs} of model.yaml names it. */
  String kind();

  /** Names of its view's positions, in order; empty: they have numbers alone. */
  default List<String> names() {
    return List.of();
  }

  /**
   * The number that stands at a position where nothing was measured or read; empty: this encoder
   * has none, so its views can't be occluded.
   */
  default OptionalDouble blank() {
    return OptionalDouble.empty();
  }
}
