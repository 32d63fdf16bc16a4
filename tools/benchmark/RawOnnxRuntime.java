import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Map;

/**
 * ONNX Runtime alone, on the batches that ribonnx predict makes: no parsing, no tables, nothing kept. Prints the seconds
 * of the runs. Arguments: model folder, file of codes (200 bytes a record), threads, width of the embedding.
 */
public final class RawOnnxRuntime {
  public static void main(String[] arguments) throws Exception {
    Path model = Path.of(arguments[0]);
    int threads = Integer.parseInt(arguments[2]);
    int width = Integer.parseInt(arguments[3]);
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    OrtSession.SessionOptions options = new OrtSession.SessionOptions();
    options.setIntraOpNumThreads(1);
    options.setInterOpNumThreads(1);
    OrtSession embed = environment.createSession(model.resolve("embed.onnx").toString(), options);
    OrtSession classify = environment.createSession(model.resolve("classify.onnx").toString(), options);
    ByteBuffer codes;
    try (FileChannel channel = FileChannel.open(Path.of(arguments[1]))) {
      codes = ByteBuffer.allocateDirect((int) channel.size());
      while (codes.hasRemaining() && channel.read(codes) >= 0) {}
      codes.flip();
    }
    int batches = codes.remaining() / (16 * 200);
    Thread[] workers = new Thread[threads];
    long start = System.nanoTime();
    for (int t = 0; t < threads; t++) {
      int first = t;
      workers[t] =
          new Thread(
              () -> {
                ByteBuffer embedding = ByteBuffer.allocateDirect(16 * width * 4).order(ByteOrder.nativeOrder());
                ByteBuffer scores = ByteBuffer.allocateDirect(16 * 165 * 4).order(ByteOrder.nativeOrder());
                try {
                  for (int b = first; b < batches; b += threads) {
                    ByteBuffer slice = codes.slice(b * 3200, 3200).order(ByteOrder.nativeOrder());
                    try (OnnxTensor in = OnnxTensor.createTensor(environment, slice, new long[] {16, 200}, OnnxJavaType.UINT8);
                        OnnxTensor middle = OnnxTensor.createTensor(environment, embedding, new long[] {16, width}, OnnxJavaType.FLOAT);
                        OnnxTensor out = OnnxTensor.createTensor(environment, scores, new long[] {16, 165}, OnnxJavaType.FLOAT)) {
                      embed.run(Map.of("codes", in), Map.of("embedding", middle)).close();
                      classify.run(Map.of("embedding", middle), Map.of("probabilities", out)).close();
                    }
                  }
                } catch (Exception e) {
                  throw new IllegalStateException(e);
                }
              });
      workers[t].start();
    }
    for (Thread worker : workers) {
      worker.join();
    }
    System.out.printf("%.3f%n", (System.nanoTime() - start) / 1e9);
  }
}
