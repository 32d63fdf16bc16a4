package org.ribonnx.core.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ribonnx.core.io.RibonnxException;

class DeviceChoiceTest {
  @Test
  void everyForm() {
    assertEquals(new DeviceChoice(DeviceChoice.Policy.AUTO, 0), DeviceChoice.parse("auto"));
    assertEquals(new DeviceChoice(DeviceChoice.Policy.CPU, 0), DeviceChoice.parse("cpu"));
    assertEquals(new DeviceChoice(DeviceChoice.Policy.CUDA, 0), DeviceChoice.parse("cuda"));
    assertEquals(new DeviceChoice(DeviceChoice.Policy.CUDA, 7), DeviceChoice.parse("cuda:7"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "gpu", "cuda:", "cuda:-1", "cuda:x", "cuda:1234", "cpu:0", " cpu"})
  void anythingElseIsWrongUsage(String text) {
    RibonnxException refusal = assertThrows(RibonnxException.class, () -> DeviceChoice.parse(text));
    assertEquals(RibonnxException.Kind.USAGE, refusal.kind());
  }

  @Test
  void cudaNeverFallsBack() {
    DeviceChoice cuda = DeviceChoice.parse("cuda");
    RibonnxException refusal =
        assertThrows(RibonnxException.class, () -> OnnxRuntime.load(cuda, null));
    assertEquals(RibonnxException.Kind.DEVICE, refusal.kind());
    try (OnnxRuntime runtime = OnnxRuntime.load(DeviceChoice.parse("auto"), null)) {
      assertEquals("cpu", runtime.device());
      assertEquals("the CUDA libraries are not installed (native/cuda)", runtime.fallback());
    }
  }
}
