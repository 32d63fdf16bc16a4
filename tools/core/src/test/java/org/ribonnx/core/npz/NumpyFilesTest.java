package org.ribonnx.core.npz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.tensor.DType;
import org.ribonnx.core.tensor.RowShape;
import org.ribonnx.core.testing.NumpyFile;
import org.ribonnx.core.testing.Tool;

/** What a modeller writes with {@code numpy.savez} is read. */
class NumpyFilesTest {
  private static final Map<String, RowShape> VIEWS = Map.of("v", new RowShape(DType.UINT8, 2));
  private static final String META =
      "{\"format\": 1, \"kind\": \"features\", \"model\": \"m@1\", \"stages\": {\"encode\": \"d\"}, "
          + "\"status\": [\"ok\", \"bad\"], \"flags\": [\"odd\"]}";

  private static NumpyFile view(NumpyFile file) {
    return file.array("v", "|u1", "2, 2", new byte[] {1, 2, 3, 4});
  }

  private static final List<String> EXPECTED =
      List.of("0 first 0 0 v=1,2,", "1 zweite-é-𝛼 0 0 v=3,4,");

  @Test
  void idsAsBytesOrUnicodeWithoutStatus(@TempDir Path folder) {
    Path bytes =
        view(new NumpyFile().ids("first", "zweite-é-𝛼")).write(folder.resolve("bytes.npz"));
    Path unicode =
        view(new NumpyFile().unicodeIds("first", "zweite-é-𝛼")).write(folder.resolve("u.npz"));
    assertEquals(EXPECTED, TensorFileTest.records(bytes, VIEWS, 1, 1));
    assertEquals(EXPECTED, TensorFileTest.records(unicode, VIEWS, 1, 1));
  }

  @Test
  void dataIsFoundWhereverItLies(@TempDir Path folder) {
    boolean unaligned = false;
    for (int shift = 0; shift < 64; shift += 7) {
      NumpyFile file = new NumpyFile().member("x".repeat(shift + 1), new byte[shift]);
      Path path =
          view(file.ids("first", "zweite-é-𝛼")).write(folder.resolve("shift" + shift + ".npz"));
      assertEquals(EXPECTED, TensorFileTest.records(path, VIEWS, 1, 1));
      try (NpzReader reader = new NpzReader(path)) {
        NpzReader.Member member = reader.member("v");
        assertNotNull(member);
        unaligned |= member.dataAt() % 64 != 0;
      }
    }
    assertTrue(unaligned, "some data must lie unaligned, or nothing is tested");
  }

  @Test
  void metadataMayBeAMemberOrAnArray(@TempDir Path folder) {
    byte[] text = META.getBytes(StandardCharsets.UTF_8);
    NumpyFile raw = view(new NumpyFile().ids("a", "b")).member("meta.json", text);
    NumpyFile bytes =
        view(new NumpyFile().ids("a", "b")).array("meta", "|S" + text.length, "", text);
    NumpyFile unicode = view(new NumpyFile().ids("a", "b")).unicode("meta", "", META);
    int number = 0;
    for (NumpyFile file : List.of(raw, bytes, unicode)) {
      Path path = file.write(folder.resolve(number++ + ".npz"));
      try (TensorFileReader reader = new TensorFileReader(path)) {
        assertEquals(
            new TensorMeta(
                "features", "m@1", Map.of("encode", "d"), List.of("ok", "bad"), List.of("odd")),
            reader.meta());
        assertEquals(List.of("v"), List.copyOf(reader.views().keySet()));
      }
    }
  }

  @Test
  void aFileThatSaysNothingOfItselfIsTakenWithAWarning(@TempDir Path folder) {
    Path path = view(new NumpyFile().ids("a", "b")).write(folder.resolve("a.npz"));
    try (TensorFileReader reader = new TensorFileReader(path);
        Bundle bundle = Bundle.open(Tool.repository("test-data/bundles/smallest"))) {
      String warning = reader.checkSteps(bundle, List.of("encode"));
      assertNotNull(warning);
      assertTrue(warning.contains("only names and shapes are checked"), warning);
    }
  }

  @Test
  void theFileOfAnotherModelIsRefused(@TempDir Path folder) {
    Path path =
        view(new NumpyFile().ids("a", "b"))
            .member("meta.json", META.getBytes(StandardCharsets.UTF_8))
            .write(folder.resolve("a.npz"));
    try (TensorFileReader reader = new TensorFileReader(path);
        Bundle bundle = Bundle.open(Tool.repository("test-data/bundles/smallest"))) {
      RibonnxException refusal =
          assertThrows(RibonnxException.class, () -> reader.checkSteps(bundle, List.of()));
      assertEquals(RibonnxException.Kind.INPUT, refusal.kind());
      assertTrue(refusal.line().contains("of the model m@1"), refusal.line());
    }
  }

  @Test
  void viewsOfAnotherShapeAreRefused(@TempDir Path folder) {
    Path path = view(new NumpyFile().ids("a", "b")).write(folder.resolve("a.npz"));
    for (RowShape other : List.of(new RowShape(DType.UINT8, 3), new RowShape(DType.INT8, 2))) {
      RibonnxException refusal =
          assertThrows(
              RibonnxException.class, () -> TensorFileTest.records(path, Map.of("v", other), 1, 1));
      assertTrue(refusal.line().contains("the model expects " + other), refusal.line());
    }
    RibonnxException refusal =
        assertThrows(
            RibonnxException.class,
            () -> TensorFileTest.records(path, Map.of("w", new RowShape(DType.UINT8, 2)), 1, 1));
    assertTrue(refusal.line().contains("lacks the view 'w'"), refusal.line());
  }
}
