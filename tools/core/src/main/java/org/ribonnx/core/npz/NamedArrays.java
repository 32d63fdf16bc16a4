package org.ribonnx.core.npz;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.tensor.DType;

/** Small arrays of an NPZ that holds no records, as {@code numpy.savez} writes it. */
public final class NamedArrays {
  private static final int MOST_BYTES = 1 << 26;

  private NamedArrays() {}

  /**
   * Every array of float32 with one axis, by name.
   *
   * @throws RibonnxException input, if the file is damaged or holds another kind of array
   */
  public static Map<String, float[]> vectors(Path path) {
    Map<String, float[]> vectors = new LinkedHashMap<>();
    try (NpzReader npz = new NpzReader(path)) {
      npz.verify();
      for (NpzReader.Member member : npz.members().values()) {
        if (member.header() == null
            || DType.ofDescr(member.array().descr()) != DType.FLOAT32
            || member.array().shape().length != 1
            || member.dataSize() > MOST_BYTES) {
          throw RibonnxException.input(
              path
                  + ": member '"
                  + member.name()
                  + "' is no array of float32 with one axis; write vectors with numpy.savez");
        }
        ByteBuffer data =
            ByteBuffer.allocate((int) member.dataSize()).order(ByteOrder.LITTLE_ENDIAN);
        npz.read(member, 0, data);
        float[] numbers = new float[data.capacity() / Float.BYTES];
        data.flip().asFloatBuffer().get(numbers);
        vectors.put(member.name(), numbers);
      }
    }
    return vectors;
  }
}
