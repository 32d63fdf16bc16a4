package org.ribonnx.core.bundle;

import java.util.List;

/**
 * Lengths that a graph on views of varying length is run at. A record is padded to the shortest
 * that holds it, so its padded length, and with it its result, depends on the record alone.
 *
 * @param cells by ascending length
 */
public record Grid(List<Cell> cells) {
  /**
   * A padded length.
   *
   * @param length positions that a record is padded to
   * @param batch largest number of records per run at this length: 1, 2, 4, 8 or a multiple of 16
   */
  public record Cell(int length, GraphRef.Batch batch) {}

  /** The longest record that fits. */
  public int longest() {
    return cells.get(cells.size() - 1).length();
  }
}
