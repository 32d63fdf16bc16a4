package org.ribonnx.encode;

/**
 * Makes a view of a record. An encoder has a name and a revision; a change of any byte it writes is
 * a new revision, and the old one stays. Immutable, called from several threads. What it is handed
 * depends on the kind of record: {@link Encoder} for sequences, {@link TableEncoder} for rows of
 * tables.
 */
public interface ViewEncoder {
  /** Kind of the input it reads, as {@code inputs} of model.yaml names it. */
  String kind();
}
