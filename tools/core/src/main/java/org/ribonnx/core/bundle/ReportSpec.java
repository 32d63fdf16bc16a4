package org.ribonnx.core.bundle;

import org.jspecify.annotations.Nullable;

/**
 * What a bundle gives the report for its map of the records.
 *
 * @param projector places a record on the map; null: there is none
 * @param background what the map shows beside the user's records; null: nothing. There is none
 *     without a projector
 */
public record ReportSpec(@Nullable Projector projector, @Nullable Background background) {
  /** Of a bundle without the section. */
  static final ReportSpec NONE = new ReportSpec(null, null);

  /** Numbers of a place on the map. */
  public static final int PLACE = 2;

  /**
   * A graph from one view, float32 [N, width], to places, float32 [N, 2].
   *
   * @param graph the graph
   * @param output the graph's output; null: its only one
   */
  public record Projector(GraphRef graph, @Nullable String output) {}

  /**
   * A tensor file with the places of records that the model knows.
   *
   * @param file path inside the bundle
   * @param sha256 digest that the file must have; empty where a bundle is being sealed
   * @param head head whose labels the file's numbers are
   */
  public record Background(String file, String sha256, HeadSpec head) {}
}
