package org.ribonnx.core.bundle;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.tensor.DType;
import org.ribonnx.core.tensor.RowShape;

/**
 * A view: what an encoder makes of a record.
 *
 * @param name name of the view and of its member in tensor files
 * @param from inputs it is made from
 * @param encoder encoder with its revision, as in {@code nucleotides@1}
 * @param options the encoder's options
 * @param dtype element type
 * @param shape shape per record; its first axis may be {@link RowShape#VARYING}
 * @param pad value that stands where there is nothing
 * @param max longest record of a view of varying length, in positions; 0 where it has one length
 * @param beyond what becomes of a longer record, where the length varies
 */
public record ViewSpec(
    String name,
    List<String> from,
    String encoder,
    Map<String, @Nullable Object> options,
    DType dtype,
    List<Integer> shape,
    int pad,
    int max,
    Beyond beyond) {
  /** What becomes of a record that is longer than a view of varying length may be. */
  public enum Beyond {
    /** The 5' end stays. */
    KEEP_5P("keep-5p"),
    KEEP_3P("keep-3p"),
    KEEP_CENTRE("keep-centre"),
    /** The record can't be used. */
    UNUSABLE("unusable");

    private final String label;

    Beyond(String label) {
      this.label = label;
    }

    public String label() {
      return label;
    }
  }

  /** Whether each record has a length of its own. */
  public boolean varies() {
    return rowShape().varies();
  }

  /** Element type and shape per record. */
  public RowShape rowShape() {
    return new RowShape(dtype, shape.stream().mapToInt(Integer::intValue).toArray());
  }
}
