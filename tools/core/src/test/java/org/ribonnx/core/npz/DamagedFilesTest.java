package org.ribonnx.core.npz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.tensor.DType;
import org.ribonnx.core.tensor.RowShape;
import org.ribonnx.core.testing.NumpyFile;

/** No file, however damaged or forged, does more harm than a line that says so. */
class DamagedFilesTest {
  private static final Map<String, RowShape> VIEWS = Map.of("v", new RowShape(DType.UINT8, 3));

  private static byte[] ours(Path folder) throws IOException {
    Path file = folder.resolve("whole.npz");
    try (TensorFileWriter writer = new TensorFileWriter(file, "step", VIEWS)) {
      Block block = new Block(16);
      block.clear(0);
      for (int row = 0; row < 3; row++) {
        block.add(new byte[] {'i', (byte) ('0' + row)}, 0, 2, row, row);
      }
      block.column("step/v", DType.UINT8, 3).data().put(0, new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9});
      writer.accept(block);
      writer.finish(TensorFileTest.META);
    }
    return Files.readAllBytes(file);
  }

  private static byte[] numpys() {
    return new NumpyFile()
        .ids("i0", "i1")
        .array("v", "|u1", "2, 3", new byte[] {1, 2, 3, 4, 5, 6})
        .toBytes();
  }

  private static List<String> content(Path file) {
    List<String> content = new ArrayList<>();
    try (TensorFileReader reader = new TensorFileReader(file)) {
      content.add(reader.meta().toString());
      content.add(reader.views().toString());
      reader.want("x", VIEWS);
      Block block = new Block(16);
      while (reader.fill(block)) {
        for (int row = 0; row < block.size(); row++) {
          content.add(block.id(row) + " " + block.status(row) + " " + block.flags(row));
          for (int i = 0; i < 3; i++) {
            content.add(String.valueOf(block.column("x/v").data().get(3 * row + i)));
          }
        }
      }
    }
    return content;
  }

  @Test
  void truncationsAreRefused(@TempDir Path folder) throws IOException {
    for (byte[] whole : List.of(ours(folder), numpys())) {
      Path file = folder.resolve("cut.npz");
      for (int length = 0; length < whole.length; length += length < 600 ? 7 : 3) {
        Files.write(file, Arrays.copyOf(whole, length));
        RibonnxException refusal = assertThrows(RibonnxException.class, () -> content(file));
        assertEquals(RibonnxException.Kind.INPUT, refusal.kind(), refusal.line());
        assertTrue(refusal.line().startsWith(file.toString()), refusal.line());
      }
    }
  }

  @Test
  void flippedBitsAreRefusedOrHarmless(@TempDir Path folder) throws IOException {
    for (byte[] whole : List.of(ours(folder), numpys())) {
      Path file = Files.write(folder.resolve("flipped.npz"), whole);
      List<String> expected = content(file);
      int refused = 0;
      // Every 13th bit: all places in a byte, all parts of the file, a few seconds.
      for (int bit = 0; bit < 8 * whole.length; bit += 13) {
        byte[] flipped = whole.clone();
        flipped[bit / 8] ^= (byte) (1 << bit % 8);
        Files.write(file, flipped);
        List<String> found;
        try {
          found = content(file);
        } catch (RibonnxException e) {
          assertEquals(RibonnxException.Kind.INPUT, e.kind(), e.line());
          refused++;
          continue;
        } catch (RuntimeException e) {
          fail("bit " + bit % 8 + " of byte " + bit / 8, e);
          return;
        }
        assertEquals(expected, found, "bit " + bit % 8 + " of byte " + bit / 8);
      }
      // Padding and dates may change; the data may not.
      assertTrue(refused > 60, refused + " flips were refused");
    }
  }

  private static String refusal(Path folder, byte[] bytes) throws IOException {
    Path file = Files.write(folder.resolve("forged.npz"), bytes);
    RibonnxException refusal = assertThrows(RibonnxException.class, () -> content(file));
    assertEquals(RibonnxException.Kind.INPUT, refusal.kind(), refusal.line());
    return refusal.line();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "2, 4",
        "3, 3",
        "9223372036854775807, 9223372036854775807",
        "-2, -3",
        "99999999999999999999, 3",
        "6148914691236517206, 3",
        "",
        "2, 2147483647, 0",
        "2, 3, 0",
        "2, 4294967297, 4294967297"
      })
  void aShapeThatDoesNotFitIsRefused(String shape, @TempDir Path folder) throws IOException {
    refusal(folder, new NumpyFile().ids("a", "b").array("v", "|u1", shape, new byte[6]).toBytes());
  }

  @Test
  void aViewWithoutElementsIsRefusedBeforeItsSizeIsComputed(@TempDir Path folder)
      throws IOException {
    for (String shape : List.of("1, 0", "1, 2147483647, 0", "1, 0, 4294967297")) {
      byte[] file = new NumpyFile().ids("a").array("w", "<f8", shape, new byte[0]).toBytes();
      Path path = Files.write(folder.resolve("forged.npz"), file);
      RibonnxException refusal =
          assertThrows(RibonnxException.class, () -> new TensorFileReader(path).close());
      assertEquals(RibonnxException.Kind.INPUT, refusal.kind());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "|S0",
        "|S-5",
        "<U-1",
        "<U0",
        "|S99999999999",
        "<U1073741824",
        "|V4",
        "|O",
        "<m8",
        "<c8",
        ""
      })
  void idsThatAreNoTextAreRefused(String descr, @TempDir Path folder) throws IOException {
    for (String shape : List.of("2,", "3689348814741910323,", "9223372036854775807,", "0,")) {
      byte[] file =
          new NumpyFile()
              .array("ids", descr, shape, new byte[8])
              .array("v", "|u1", "2, 3", new byte[6])
              .toBytes();
      refusal(folder, file);
    }
    refusal(folder, new NumpyFile().array("ids", descr, "2,", new byte[0]).toBytes());
  }

  @Test
  void compressedFilesGetTheHint(@TempDir Path folder) throws IOException {
    byte[] file = new NumpyFile(true).ids("a").array("v", "|u1", "1, 3", new byte[3]).toBytes();
    String line = refusal(folder, file);
    assertTrue(line.contains("numpy.savez, not numpy.savez_compressed"), line);
  }

  @Test
  void bigEndianGetsTheHint(@TempDir Path folder) throws IOException {
    String line =
        refusal(folder, new NumpyFile().ids("a").array("v", ">f4", "1, 3", new byte[12]).toBytes());
    assertTrue(line.contains("big-endian") && line.contains("newbyteorder"), line);
  }

  @Test
  void fortranOrderGetsTheHint(@TempDir Path folder) throws IOException {
    String line =
        refusal(
            folder,
            new NumpyFile().ids("a").array("v", "|u1", true, "1, 3", new byte[3]).toBytes());
    assertTrue(line.contains("numpy.ascontiguousarray"), line);
  }

  @Test
  void aNameThatStandsTwiceIsRefused(@TempDir Path folder) throws IOException {
    byte[] file =
        new NumpyFile()
            .ids("a")
            .array("v", "|u1", "1, 3", new byte[3])
            .array("w", "|u1", "1, 3", new byte[3])
            .toBytes();
    replace(file, "w.npy", "v.npy");
    assertTrue(refusal(folder, file).contains("twice"));
  }

  @Test
  void membersThatOverlapAreRefused(@TempDir Path folder) throws IOException {
    byte[] file =
        new NumpyFile()
            .ids("a")
            .array("v", "|u1", "1, 3", new byte[3])
            .array("w", "|u1", "1, 3", new byte[3])
            .toBytes();
    // The directory sends the reader of w to the place of v; the names are made to agree.
    ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    int v = -1;
    for (int at = 0; at + 46 < file.length; at++) {
      if (bytes.getInt(at) == 0x02014b50) {
        if (file[at + 46] == 'v') {
          v = bytes.getInt(at + 42);
        } else if (file[at + 46] == 'w') {
          bytes.putInt(at + 42, v);
        }
      }
    }
    assertTrue(v > 0);
    refusal(folder, file);
  }

  @Test
  void foreignContentIsNamed(@TempDir Path folder) throws IOException {
    assertTrue(
        refusal(folder, ">id\nACGU\n".getBytes(StandardCharsets.UTF_8)).contains("no tensor file"));
    assertTrue(
        refusal(folder, new NumpyFile().array("v", "|u1", "1,", new byte[1]).toBytes())
            .contains("lacks the member 'ids'"));
    assertTrue(refusal(folder, new NumpyFile().toBytes()).contains("lacks the member 'ids'"));
  }

  @Test
  void statusAndFlagsMustBeOneBytePerRecord(@TempDir Path folder) throws IOException {
    for (String name : List.of("status", "flags")) {
      NumpyFile wide = new NumpyFile().ids("a", "b").array(name, "<i4", "2,", new byte[8]);
      assertTrue(refusal(folder, wide.toBytes()).contains("'" + name + "' must be uint8"));
      NumpyFile few = new NumpyFile().ids("a", "b").array(name, "|u1", "1,", new byte[1]);
      assertTrue(refusal(folder, few.toBytes()).contains("'" + name + "' must be uint8"));
    }
    byte[] unnamed =
        new NumpyFile()
            .ids("a")
            .array("status", "|u1", "1,", new byte[] {3})
            .array("v", "|u1", "1, 3", new byte[3])
            .toBytes();
    assertTrue(refusal(folder, unnamed).contains("status 3"), "a status without a name");
  }

  @Test
  void idsThatTablesCannotHoldAreRefused(@TempDir Path folder) throws IOException {
    for (String id : List.of("", "a\tb", "a\nb", "x".repeat(256))) {
      NumpyFile file = new NumpyFile().ids("ok", id).array("v", "|u1", "2, 3", new byte[6]);
      assertTrue(refusal(folder, file.toBytes()).contains("record 2"), "id '" + id + "'");
      if (!id.isEmpty()) {
        NumpyFile wide =
            new NumpyFile().unicodeIds("ok", id).array("v", "|u1", "2, 3", new byte[6]);
        assertTrue(refusal(folder, wide.toBytes()).contains("record 2"), "id '" + id + "'");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[]",
        "{\"format\": 2, \"status\": [\"ok\"]}",
        "{\"format\": 1, \"status\": []}",
        "{\"format\": 1, \"format\": 1, \"status\": [\"ok\"]}",
        "{\"format\": 123456789012345678901234567890}"
      })
  void unreadableMetadataIsRefused(String text, @TempDir Path folder) throws IOException {
    NumpyFile file = new NumpyFile().ids("a").array("v", "|u1", "1, 3", new byte[3]);
    file.member("meta.json", text.getBytes(StandardCharsets.UTF_8));
    assertTrue(refusal(folder, file.toBytes()).contains("metadata"));
  }

  private static void replace(byte[] bytes, String from, String to) {
    byte[] find = from.getBytes(StandardCharsets.US_ASCII);
    byte[] with = to.getBytes(StandardCharsets.US_ASCII);
    int count = 0;
    for (int at = 0; at + find.length <= bytes.length; at++) {
      if (Arrays.equals(find, Arrays.copyOfRange(bytes, at, at + find.length))) {
        System.arraycopy(with, 0, bytes, at, with.length);
        count++;
      }
    }
    assertEquals(2, count, "once before the data, once in the directory");
  }
}
