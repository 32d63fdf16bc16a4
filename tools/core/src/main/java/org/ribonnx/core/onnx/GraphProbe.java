package org.ribonnx.core.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.tensor.DType;

/** Finds out the shapes of values inside of a graph, by running it once on zeros. */
public final class GraphProbe {
  private GraphProbe() {}

  /**
   * The shapes of values. Those that are no outputs are made outputs in a copy: two messages one
   * after the other are one message in which the lists are joined, as the wire format has it.
   *
   * @param shapes shape of each input
   * @param values names of values
   * @return value → shape; without those that are no tensors
   * @throws RibonnxException bundle, if the graph can't be run on zeros; memory
   */
  public static Map<String, long[]> shapes(
      OnnxRuntime runtime, GraphFile file, Map<String, long[]> shapes, Collection<String> values) {
    Set<String> wanted = new LinkedHashSet<>(values);
    Map<String, long[]> found = new LinkedHashMap<>();
    shapes.forEach(
        (input, shape) -> {
          if (wanted.remove(input)) {
            found.put(input, shape);
          }
        });
    Set<String> added = new LinkedHashSet<>(wanted);
    file.info().outputs().forEach(output -> added.remove(output.name()));
    Map<String, OnnxTensor> inputs = new HashMap<>();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(1);
      options.setInterOpNumThreads(1);
      try (OrtSession session = runtime.ort().createSession(extended(file, added), options)) {
        for (GraphInfo.Port port : file.info().inputs()) {
          long[] shape = Objects.requireNonNull(shapes.get(port.name()));
          inputs.put(port.name(), zeros(runtime, Objects.requireNonNull(port.type()), shape));
        }
        try (OrtSession.Result result = session.run(inputs, wanted)) {
          for (Map.Entry<String, OnnxValue> entry : result) {
            if (entry.getValue() instanceof OnnxTensor tensor) {
              found.put(entry.getKey(), tensor.getInfo().getShape());
            }
          }
        }
      }
    } catch (OrtException e) {
      throw OnnxRuntime.failure(file.called(), "fails on zeros", e);
    } finally {
      inputs.values().forEach(OnnxTensor::close);
    }
    return found;
  }

  private static OnnxTensor zeros(OnnxRuntime runtime, DType type, long[] shape)
      throws OrtException {
    long elements = 1;
    for (long axis : shape) {
      elements *= axis;
    }
    ByteBuffer data =
        ByteBuffer.allocateDirect(Math.toIntExact(elements * type.bytes()))
            .order(ByteOrder.nativeOrder());
    return OnnxTensor.createTensor(runtime.ort(), data, shape, Graph.javaType(type));
  }

  private static ByteBuffer extended(GraphFile file, Set<String> outputs) {
    ByteArrayOutputStream graph = new ByteArrayOutputStream();
    for (String output : outputs) {
      ByteArrayOutputStream info = new ByteArrayOutputStream();
      field(info, 1, output.getBytes(StandardCharsets.UTF_8));
      field(graph, 12, info.toByteArray());
    }
    ByteArrayOutputStream model = new ByteArrayOutputStream();
    field(model, 7, graph.toByteArray());
    ByteBuffer content = file.content().duplicate();
    ByteBuffer all = ByteBuffer.allocateDirect(content.remaining() + model.size());
    return all.put(content).put(model.toByteArray()).flip();
  }

  private static void field(ByteArrayOutputStream into, int number, byte[] content) {
    varint(into, (number << 3) | 2);
    varint(into, content.length);
    into.writeBytes(content);
  }

  private static void varint(ByteArrayOutputStream into, int value) {
    int rest = value;
    while ((rest & ~0x7f) != 0) {
      into.write((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    into.write(rest);
  }
}
