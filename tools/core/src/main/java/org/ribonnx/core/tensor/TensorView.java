package org.ribonnx.core.tensor;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Memory that a graph reads from or writes to in place: a direct buffer in native order, its first
 * element first.
 *
 * @param type element type
 * @param shape length of each axis
 * @param data exactly the elements
 */
public record TensorView(DType type, long[] shape, ByteBuffer data) {
  public TensorView {
    long elements = 1;
    for (long axis : shape) {
      elements *= axis;
    }
    // A heap buffer would be copied; one in the other byte order, or not rewound, would give wrong
    // numbers in silence.
    if (!data.isDirect() || data.position() != 0 || data.remaining() != elements * type.bytes()) {
      throw new IllegalArgumentException(
          "tensor memory does not fit " + elements + " elements of " + type);
    }
    data = data.order(ByteOrder.nativeOrder());
  }
}
