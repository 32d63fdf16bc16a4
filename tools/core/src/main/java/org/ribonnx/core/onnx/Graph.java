package org.ribonnx.core.onnx;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.tensor.DType;
import org.ribonnx.core.tensor.TensorView;

/** An open graph. Runs may be made from several threads at a time. */
public final class Graph implements AutoCloseable {
  private final OrtEnvironment environment;
  private final OrtSession session;
  private final OrtSession.SessionOptions options;
  private final GraphFile file;
  private final @Nullable ExecutorService thread;

  Graph(
      OrtEnvironment environment,
      OrtSession session,
      OrtSession.SessionOptions options,
      GraphFile file,
      @Nullable ExecutorService thread) {
    this.environment = environment;
    this.session = session;
    this.options = options;
    this.file = file;
    this.thread = thread;
  }

  public GraphInfo info() {
    return file.info();
  }

  public String called() {
    return file.called();
  }

  /** Whether it runs on CUDA. */
  public boolean isCuda() {
    return thread != null;
  }

  /**
   * Runs the graph; it reads the inputs and writes the outputs in place.
   *
   * @throws RibonnxException memory, or bundle if the graph fails
   */
  public void run(Map<String, TensorView> inputs, Map<String, TensorView> outputs) {
    if (thread == null) {
      runHere(inputs, outputs);
      return;
    }
    try {
      thread.submit(() -> runHere(inputs, outputs)).get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw RibonnxException.failed("interrupted", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RibonnxException known) {
        throw known;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  private void runHere(Map<String, TensorView> inputs, Map<String, TensorView> outputs) {
    Map<String, OnnxTensor> in = new HashMap<>();
    Map<String, OnnxTensor> out = new HashMap<>();
    try {
      for (Map.Entry<String, TensorView> entry : inputs.entrySet()) {
        in.put(entry.getKey(), tensor(entry.getValue()));
      }
      for (Map.Entry<String, TensorView> entry : outputs.entrySet()) {
        out.put(entry.getKey(), tensor(entry.getValue()));
      }
      session.run(in, out).close();
    } catch (OrtException e) {
      throw OnnxRuntime.failure(file.called(), "fails on its input", e);
    } finally {
      in.values().forEach(OnnxTensor::close);
      out.values().forEach(OnnxTensor::close);
    }
  }

  private OnnxTensor tensor(TensorView view) throws OrtException {
    return OnnxTensor.createTensor(environment, view.data(), view.shape(), javaType(view.type()));
  }

  static OnnxJavaType javaType(DType type) {
    return switch (type) {
      case BOOL -> OnnxJavaType.BOOL;
      case INT8 -> OnnxJavaType.INT8;
      case UINT8 -> OnnxJavaType.UINT8;
      case INT16 -> OnnxJavaType.INT16;
      case INT32 -> OnnxJavaType.INT32;
      case INT64 -> OnnxJavaType.INT64;
      case FLOAT16 -> OnnxJavaType.FLOAT16;
      case FLOAT32 -> OnnxJavaType.FLOAT;
      case FLOAT64 -> OnnxJavaType.DOUBLE;
      case UINT16, UINT32 ->
          throw RibonnxException.bundle(
              type.label() + " can't be given to ONNX Runtime from Java; use int32 or int64");
    };
  }

  @Override
  public void close() {
    try {
      session.close();
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    } finally {
      options.close();
    }
  }
}
