package org.ribonnx.core.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.ribonnx.core.testing.OnnxBuilder.attribute;
import static org.ribonnx.core.testing.OnnxBuilder.node;
import static org.ribonnx.core.testing.OnnxBuilder.tensor;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.tensor.DType;
import org.ribonnx.core.testing.OnnxBuilder;
import org.ribonnx.core.testing.Tool;

class GraphInfoTest {
  private static GraphInfo read(byte[] bytes) {
    return GraphInfo.read("some.onnx", ByteBuffer.wrap(bytes));
  }

  private static String refusal(OnnxBuilder builder) {
    RibonnxException refusal = assertThrows(RibonnxException.class, () -> read(builder.build()));
    assertEquals(RibonnxException.Kind.BUNDLE, refusal.kind());
    assertTrue(refusal.line().startsWith("some.onnx: "), refusal.line());
    return refusal.line();
  }

  @Test
  void structureIsRead() {
    GraphInfo info =
        read(
            new OnnxBuilder()
                .ir(9)
                .opset(18)
                .input("codes", OnnxBuilder.UINT8, -1, 40)
                .input("weights", OnnxBuilder.FLOAT, 40, 3)
                .floats("weights", new long[] {40, 3}, OnnxBuilder.weights(40, 3))
                .add("Cast", "codes", "numbers", attribute("to", OnnxBuilder.FLOAT))
                .add("MatMul", "numbers,weights", "sums")
                .output("sums", OnnxBuilder.FLOAT, -1, 3)
                .output("more", OnnxBuilder.INT64)
                .build());
    assertEquals(9, info.ir());
    assertEquals(18, info.opset());
    // An input with an initialiser is no input that anybody must give.
    assertEquals(
        List.of(new GraphInfo.Port("codes", DType.UINT8, new long[] {-1, 40})), info.inputs());
    assertEquals(
        List.of(
            new GraphInfo.Port("sums", DType.FLOAT32, new long[] {-1, 3}),
            new GraphInfo.Port("more", DType.INT64, new long[] {})),
        info.outputs());
    assertEquals(Map.of("Cast", 1, "MatMul", 1), info.operators());
    assertEquals("uint8 [?, 40]", info.inputs().get(0).signature());
  }

  @Test
  void whatIsNewerThanTheOldestReaderIsRefused() {
    assertTrue(refusal(new OnnxBuilder().ir(11)).contains("IR version 11; at most 10"));
    assertTrue(refusal(new OnnxBuilder().opset(21)).contains("opset 21; at most 20"));
    assertEquals(20, read(new OnnxBuilder().ir(10).opset(20).build()).opset());
  }

  @Test
  void dataInOtherFilesIsRefusedWhereverItHides() {
    OnnxBuilder.Message entry =
        new OnnxBuilder.Message().text(1, "location").text(2, "../../etc/passwd");
    OnnxBuilder.Message located = tensor("w", OnnxBuilder.FLOAT, 1).message(13, entry);
    OnnxBuilder.Message flagged = tensor("w", OnnxBuilder.FLOAT, 1).number(14, 1);
    for (OnnxBuilder.Message external : List.of(located, flagged)) {
      List<OnnxBuilder> hidden =
          List.of(
              new OnnxBuilder().initializer(external),
              new OnnxBuilder().add("Constant", "", "c", attribute("value", external)),
              new OnnxBuilder()
                  .add(
                      "If",
                      "c",
                      "y",
                      attribute("then_branch", new OnnxBuilder().initializer(external))),
              new OnnxBuilder()
                  .function(
                      node("Constant", List.of(), List.of("c"), attribute("value", external))));
      for (OnnxBuilder one : hidden) {
        assertTrue(refusal(one).contains("external data"));
      }
    }
  }

  @Test
  void operatorsOfOtherDomainsAreRefused() {
    OnnxBuilder.Message custom = node("Evil", List.of("x"), List.of("y")).text(7, "com.example");
    assertTrue(refusal(new OnnxBuilder().add(custom)).contains("domain 'com.example'"));
    refusal(new OnnxBuilder().function(custom));
    refusal(
        new OnnxBuilder().add("Loop", "n", "y", attribute("body", new OnnxBuilder().add(custom))));
    for (String domain : List.of("", "ai.onnx", "ai.onnx.ml")) {
      read(new OnnxBuilder().add(node("Fine", List.of("x"), List.of("y")).text(7, domain)).build());
    }
  }

  @Test
  void constantsOfAHundredGigabytesAreRefused() {
    List<OnnxBuilder> huge =
        List.of(
            new OnnxBuilder()
                .int64("shape", 25_000, 1_000_000)
                .add("ConstantOfShape", "shape", "y"),
            new OnnxBuilder()
                .add("ConstantOfShape", "shape", "y")
                .int64("shape", Long.MAX_VALUE, Long.MAX_VALUE),
            new OnnxBuilder()
                .add(
                    "Constant",
                    "",
                    "shape",
                    attribute("value", tensor("", OnnxBuilder.INT64, 1).number(7, 25_000_000_000L)))
                .add("ConstantOfShape", "shape", "y"),
            new OnnxBuilder()
                .add("Constant", "", "shape", attribute("value_ints", 25_000, 1_000_000))
                .add("ConstantOfShape", "shape", "y"),
            new OnnxBuilder().int64("shape", 1, 25_000_000_000L).add("Expand", "x,shape", "y"),
            new OnnxBuilder()
                .int64("shape", 25_000_000_000L)
                .add(
                    "If",
                    "c",
                    "y",
                    attribute(
                        "else_branch", new OnnxBuilder().add("ConstantOfShape", "shape", "z"))));
    for (OnnxBuilder one : huge) {
      assertTrue(refusal(one).contains("makes a tensor of shape"));
    }
    read(new OnnxBuilder().int64("shape", 1000, 1000).add("ConstantOfShape", "shape", "y").build());
  }

  @Test
  void graphsAreNotNestedWithoutEnd() {
    OnnxBuilder nested = new OnnxBuilder();
    for (int depth = 0; depth < 10; depth++) {
      nested = new OnnxBuilder().add("If", "c", "y", attribute("then_branch", nested));
    }
    read(nested.build());
    for (int depth = 0; depth < 200; depth++) {
      nested = new OnnxBuilder().add("If", "c", "y", attribute("then_branch", nested));
    }
    assertTrue(refusal(nested).contains("nests graphs deeper"));
  }

  @Test
  void randomDamageIsRefusedOrReadButNothingElse() throws IOException {
    byte[] whole = Files.readAllBytes(Tool.repository("test-data/bundles/smallest/head.onnx"));
    read(whole);
    Random random = new Random(70);
    int refused = 0;
    for (int trial = 0; trial < 20_000; trial++) {
      byte[] damaged = whole.clone();
      for (int changes = 1 + random.nextInt(4); changes > 0; changes--) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
      }
      if (random.nextInt(5) == 0) {
        damaged = java.util.Arrays.copyOf(damaged, random.nextInt(damaged.length));
      }
      try {
        read(damaged);
      } catch (RibonnxException e) {
        assertEquals(RibonnxException.Kind.BUNDLE, e.kind());
        refused++;
      }
    }
    assertTrue(refused > 1000 && refused < 20_000, refused + " refused");
  }

  @Test
  void randomBytesAreRefused() {
    Random random = new Random(71);
    for (int trial = 0; trial < 5000; trial++) {
      byte[] bytes = new byte[random.nextInt(60)];
      random.nextBytes(bytes);
      RibonnxException refusal = assertThrows(RibonnxException.class, () -> read(bytes));
      assertEquals(RibonnxException.Kind.BUNDLE, refusal.kind());
    }
  }
}
