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
 * @param shape shape per record
 * @param pad value that stands where there is nothing
 */
public record ViewSpec(
    String name,
    List<String> from,
    String encoder,
    Map<String, @Nullable Object> options,
    DType dtype,
    List<Integer> shape,
    int pad) {
  /** Element type and shape per record. */
  public RowShape rowShape() {
    return new RowShape(dtype, shape.stream().mapToInt(Integer::intValue).toArray());
  }
}
