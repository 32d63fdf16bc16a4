package org.ribonnx.encode;

import java.util.List;
import org.ribonnx.core.block.Column;
import org.ribonnx.core.block.RecordStatus;
import org.ribonnx.encode.records.NamedColumn;

/** Makes a view of a sample of a table of numbers. */
interface TableEncoder extends ViewEncoder {
  /**
   * What the columns of a table are to the view.
   *
   * @param sources places of the values that the view takes, in the order of the table
   * @param features the feature that each of them belongs to
   * @param given how many features have a value
   * @param of how many features there are
   */
  record Columns(int[] sources, int[] features, int given, int of) {
    /** Whether no feature has several values. */
    boolean isSingle() {
      return sources.length == given;
    }
  }

  @Override
  default String kind() {
    return TableSource.KIND;
  }

  /** Number of the feature that a name in a table stands for; −1: none. */
  int feature(String name);

  /** Names of features, for messages: at most {@code most}. */
  List<String> examples(int most);

  /**
   * Assigns the columns of a table.
   *
   * @param named the columns that stand for a feature of any view, in the order of the table
   * @param called the file, for messages
   * @throws org.ribonnx.core.io.RibonnxException input, if several stand for one feature and the
   *     model takes one
   */
  Columns columns(List<NamedColumn> named, String called);

  /** Whether a table has too few of the features for any of its samples to be used. */
  boolean tooFew(Columns columns);

  /**
   * Writes a sample's row.
   *
   * @param values a number per named column
   * @param columns of the table
   * @param room for numbers of a row, of at least as many elements
   * @param column where to write
   * @param row the row
   * @return {@link RecordStatus#OK}, or why the sample can't be used (the row is blanked by the
   *     caller then)
   */
  RecordStatus encode(double[] values, Columns columns, float[] room, Column column, int row);
}
