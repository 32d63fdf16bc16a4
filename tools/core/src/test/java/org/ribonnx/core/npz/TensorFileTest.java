package org.ribonnx.core.npz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.block.Column;
import org.ribonnx.core.block.RecordFlag;
import org.ribonnx.core.block.RecordStatus;
import org.ribonnx.core.tensor.DType;
import org.ribonnx.core.tensor.RowShape;

class TensorFileTest {
  private static final Map<String, RowShape> VIEWS = new LinkedHashMap<>();

  static {
    // The first view is written straight to its place, the others wait in temporary files.
    VIEWS.put("letters", new RowShape(DType.UINT8, RowShape.VARYING));
    VIEWS.put("codes", new RowShape(DType.UINT8, 5));
    VIEWS.put("numbers", new RowShape(DType.FLOAT32, 2, 3));
    VIEWS.put("pairs", new RowShape(DType.FLOAT32, RowShape.VARYING, 2));
    VIEWS.put("numbers.extra", new RowShape(DType.INT64));
  }

  static final TensorMeta META =
      new TensorMeta(
          "features",
          "some@1",
          Map.of("encode", "abc"),
          RecordStatus.labels(),
          RecordFlag.labels());

  /** What a file holds, a line per record. */
  static List<String> records(Path file, Map<String, RowShape> views, int shard, int shards) {
    try (TensorFileReader reader = new TensorFileReader(file)) {
      reader.want("x", views);
      reader.select(shard, shards);
      List<String> records = new ArrayList<>();
      Block block = new Block(16);
      while (reader.fill(block)) {
        for (int row = 0; row < block.size(); row++) {
          StringBuilder line = new StringBuilder();
          line.append(block.first() + row).append(' ').append(block.id(row));
          line.append(' ').append(block.status(row)).append(' ').append(block.flags(row));
          for (String view : views.keySet()) {
            Column column = block.column("x/" + view);
            line.append(' ').append(view).append('=');
            for (int i = 0; i < column.bytes(row); i++) {
              line.append(column.data().get(column.place(row) + i)).append(',');
            }
          }
          records.add(line.toString());
        }
      }
      return records;
    }
  }

  static List<String> write(Path file, int count, Map<Long, String> renamed) {
    Random random = new Random(count);
    List<String> expected = new ArrayList<>();
    try (TensorFileWriter writer = new TensorFileWriter(file, "step", VIEWS)) {
      Block block = new Block(48);
      for (int first = 0; first < count; first += 48) {
        block.clear(first);
        int rows = Math.min(48, count - first);
        for (int row = 0; row < rows; row++) {
          // Of all lengths up to the longest, some beyond ASCII.
          String id = ("é" + (first + row) + "x".repeat(255)).substring(0, 6 + random.nextInt(249));
          byte[] bytes = id.getBytes(StandardCharsets.UTF_8);
          int status = random.nextInt(RecordStatus.values().length);
          int flags = random.nextInt(8);
          block.add(bytes, 0, bytes.length, status, flags);
          long number = (long) first + row;
          StringBuilder line = new StringBuilder().append(number).append(' ');
          line.append(renamed.getOrDefault(number, id)).append(' ').append(status).append(' ');
          line.append(renamed.containsKey(number) ? flags | RecordFlag.RENAMED.bit() : flags);
          for (Map.Entry<String, RowShape> view : VIEWS.entrySet()) {
            RowShape shape = view.getValue();
            Column column = block.column("step/" + view.getKey(), shape.type(), shape.axes());
            line.append(' ').append(view.getKey()).append('=');
            if (shape.varies()) {
              column.length(row, random.nextInt(4) * random.nextInt(20));
            }
            for (int i = 0; i < column.bytes(row); i++) {
              byte value = (byte) random.nextInt();
              column.data().put(column.place(row) + i, value);
              line.append(value).append(',');
            }
          }
          expected.add(line.toString());
        }
        writer.accept(block);
      }
      writer.finish(META, renamed);
    }
    return expected;
  }

  @Test
  void recordsComeBackAsTheyWereWritten(@TempDir Path folder) {
    for (int count : new int[] {1, 15, 16, 17, 300}) {
      Path file = folder.resolve(count + ".npz");
      assertEquals(write(file, count, Map.of()), records(file, VIEWS, 1, 1));
      try (TensorFileReader reader = new TensorFileReader(file)) {
        assertEquals(VIEWS, reader.views());
        assertEquals(
            List.of("letters", "codes", "numbers", "pairs"),
            List.copyOf(reader.mainViews().keySet()));
        assertEquals(META, reader.meta());
      }
    }
  }

  @Test
  void renamedRecordsCarryTheirNewIdAndAFlag(@TempDir Path folder) {
    Path file = folder.resolve("a.npz");
    Map<Long, String> renamed = Map.of(0L, "first_2", 99L, "wider" + "w".repeat(250));
    assertEquals(write(file, 100, renamed), records(file, VIEWS, 1, 1));
  }

  @Test
  void shardsCoverEveryRecordExactlyOnce(@TempDir Path folder) {
    Random random = new Random(6);
    for (int count : new int[] {1, 2, 97, 300}) {
      Path file = folder.resolve(count + ".npz");
      List<String> all = write(file, count, Map.of());
      for (int shards : new int[] {1, 2, 3, 7, 1 + random.nextInt(400), 400}) {
        List<String> joined = new ArrayList<>();
        int largest = 0;
        int smallest = Integer.MAX_VALUE;
        for (int shard = 1; shard <= shards; shard++) {
          List<String> part = records(file, VIEWS, shard, shards);
          largest = Math.max(largest, part.size());
          smallest = Math.min(smallest, part.size());
          joined.addAll(part);
        }
        assertEquals(all, joined);
        assertEquals(largest - smallest <= 1, true, "ranges are equal");
      }
    }
  }

  @Test
  void aFailureLeavesNothing(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("a.npz");
    assertThrows(
        IllegalStateException.class,
        () -> {
          try (TensorFileWriter writer = new TensorFileWriter(file, "step", VIEWS)) {
            writer.accept(blockWithoutViews());
          }
        });
    assertFalse(Files.exists(file));
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(0, left.count());
    }
  }

  private static Block blockWithoutViews() {
    Block block = new Block(16);
    block.clear(0);
    block.add(new byte[] {'a'}, 0, 1, 0, 0);
    return block;
  }

  @Test
  void blocksOfLargeRecordsAreSmall() {
    RowShape small = new RowShape(DType.UINT8, 200);
    RowShape large = new RowShape(DType.FLOAT32, 1 << 20);
    RowShape huge = new RowShape(DType.UINT8, RowShape.MOST_BYTES);
    assertEquals(512, RowShape.roomFor(List.of(small), 512, 16));
    assertEquals(16, RowShape.roomFor(List.of(small, large), 512, 16));
    assertEquals(128, RowShape.roomFor(List.of(new RowShape(DType.UINT8, 1 << 19)), 512, 16));
    assertEquals(16, RowShape.roomFor(List.of(huge), 512, 16));
    // Sixteen of the largest take a quarter of a gigabyte.
    assertEquals(1L << 28, Math.multiplyExact(16, huge.bytes()));
  }
}
