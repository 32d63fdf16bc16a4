package org.ribonnx.core.onnx;

import org.ribonnx.core.io.RibonnxException;

/**
 * What {@code --device} asks for.
 *
 * @param policy {@code auto}, {@code cpu} or {@code cuda}
 * @param index number of the CUDA device
 */
public record DeviceChoice(Policy policy, int index) {
  /** Which device may be used. */
  public enum Policy {
    /** CUDA if it works, else the CPU, saying why. */
    AUTO,
    CPU,
    /** CUDA or nothing. */
    CUDA
  }

  public static final DeviceChoice CPU = new DeviceChoice(Policy.CPU, 0);

  /** Parses {@code auto|cpu|cuda|cuda:N}. */
  public static DeviceChoice parse(String text) {
    if (text.equals("auto")) {
      return new DeviceChoice(Policy.AUTO, 0);
    }
    if (text.equals("cpu")) {
      return CPU;
    }
    if (text.matches("cuda(:[0-9]{1,3})?")) {
      return new DeviceChoice(
          Policy.CUDA, text.length() > 5 ? Integer.parseInt(text.substring(5)) : 0);
    }
    throw RibonnxException.usage(
        "device '" + text + "' is not known; one of auto, cpu, cuda, cuda:N is expected");
  }
}
