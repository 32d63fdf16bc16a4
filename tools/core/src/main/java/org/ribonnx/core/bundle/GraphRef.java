package org.ribonnx.core.bundle;

import java.util.Map;
import org.ribonnx.core.onnx.OnnxRuntime;

/**
 * A graph that model.yaml names, with what its section says of it.
 *
 * @param file path inside the bundle
 * @param sha256 digest that the file must have; empty where a bundle is being sealed
 * @param where path of the section in model.yaml, for messages
 * @param inputs graph input → view; empty where the graph leaves no doubt
 * @param batch largest number of records per run, by kind of device
 * @param cpuOnly whether the graph stays on the CPU whatever device is asked for
 */
public record GraphRef(
    String file,
    String sha256,
    String where,
    Map<String, String> inputs,
    Batch batch,
    boolean cpuOnly) {
  /** Largest number of records per run; multiples of 16. */
  public record Batch(int cpu, int cuda) {}

  /** Records per run on a runtime's device; {@code asked} wins if it is not 0. */
  public int batchFor(OnnxRuntime runtime, int asked) {
    return asked > 0 ? asked : runtime.isCuda() && !cpuOnly ? batch.cuda() : batch.cpu();
  }
}
