package org.ribonnx.core.npz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.block.Column;
import org.ribonnx.core.block.RecordFlag;
import org.ribonnx.core.block.RecordStatus;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.tensor.DType;
import org.ribonnx.core.tensor.RowShape;
import org.ribonnx.core.testing.NumpyFile;

/** Files joined by id, against a map from id to what each file says of it. */
@NullUnmarked
class JoinedTensorFilesTest {
  private static final int MISSING = RecordStatus.MISSING_VIEW.number();

  @TempDir private Path folder;

  /** What a file says of a record: status of its view, flags, numbers. */
  private record Row(int status, int flags, List<Double> numbers) {}

  private Path write(
      String view, RowShape shape, List<String> ids, Map<String, Row> rows, boolean own) {
    Path file = folder.resolve(view + ".npz");
    try (TensorFileWriter writer = new TensorFileWriter(file, "s", Map.of(view, shape))) {
      Block block = new Block(32);
      for (int first = 0; first < ids.size(); first += 32) {
        block.clear(first);
        Column column = block.column("s/" + view, shape.type(), shape.axes());
        column.keepStatus(own);
        for (String id : ids.subList(first, Math.min(ids.size(), first + 32))) {
          Row of = rows.get(id);
          byte[] bytes = id.getBytes(StandardCharsets.UTF_8);
          int row = block.add(bytes, 0, bytes.length, of.status(), of.flags());
          column.status(row, of.status());
          if (shape.varies()) {
            column.length(row, of.numbers().size());
          }
          for (int i = 0; i < of.numbers().size(); i++) {
            column.number(row, i, of.numbers().get(i));
          }
        }
        writer.accept(block);
      }
      writer.finish(
          new TensorMeta(
              "embeddings",
              "m@1",
              Map.of("encode", "a"),
              RecordStatus.labels(),
              RecordFlag.labels()));
    }
    return file;
  }

  private static Map<String, Row> rows(List<String> ids, int width, Random random) {
    Map<String, Row> rows = new LinkedHashMap<>();
    for (String id : ids) {
      int status = random.nextInt(6) == 0 ? 1 + random.nextInt(3) : 0;
      List<Double> numbers = new ArrayList<>();
      int count = width > 0 ? width : random.nextInt(9);
      for (int i = 0; i < count; i++) {
        numbers.add((double) random.nextInt(200));
      }
      rows.put(id, new Row(status, random.nextInt(4), numbers));
    }
    return rows;
  }

  private static List<String> ids(int from, int to, Random random) {
    List<String> ids = new ArrayList<>();
    for (int i = from; i < to; i++) {
      ids.add("é" + i + "x".repeat(i % 50));
    }
    if (random.nextBoolean()) {
      Collections.shuffle(ids, random);
    }
    return ids;
  }

  @Test
  void whatIsJoinedIsWhatAMapGives() {
    Map<String, RowShape> shapes = new LinkedHashMap<>();
    shapes.put("a", new RowShape(DType.FLOAT32, 3));
    shapes.put("b", new RowShape(DType.UINT8, RowShape.VARYING));
    shapes.put("c", new RowShape(DType.INT32, 2));
    for (int seed = 0; seed < 12; seed++) {
      Random random = new Random(seed);
      Map<String, Map<String, Row>> expected = new LinkedHashMap<>();
      Set<String> order = new LinkedHashSet<>();
      List<TensorFileReader> files = new ArrayList<>();
      for (Map.Entry<String, RowShape> shape : shapes.entrySet()) {
        int from = random.nextInt(3) * 40;
        List<String> ids = ids(from, from + 50 + random.nextInt(300), random);
        order.addAll(ids);
        int[] axes = shape.getValue().axes();
        Map<String, Row> rows = rows(ids, axes[0] > 0 ? axes[0] : 0, random);
        expected.put(shape.getKey(), rows);
        Path file = write(shape.getKey(), shape.getValue(), ids, rows, seed % 2 == 0);
        files.add(new TensorFileReader(file));
      }
      try (JoinedTensorFiles joined = new JoinedTensorFiles(files, List.of("c", "a"))) {
        assertEquals(order.size(), joined.records());
        assertEquals(List.of("c", "a", "b"), List.copyOf(joined.mainViews().keySet()));
        joined.want("x", joined.mainViews());
        List<String> all = List.copyOf(order);
        assertEquals(all, compare(joined, expected, true));
        joined.rewind();
        joined.statusOnly(true);
        assertEquals(all, compare(joined, expected, false));
        joined.statusOnly(false);
        List<String> shards = new ArrayList<>();
        for (int shard = 1; shard <= 5; shard++) {
          joined.select(shard, 5);
          List<String> part = compare(joined, expected, true);
          assertEquals(joined.selected(), part.size());
          shards.addAll(part);
        }
        assertEquals(all, shards);
      }
    }
  }

  private static List<String> compare(
      JoinedTensorFiles joined, Map<String, Map<String, Row>> expected, boolean data) {
    List<String> ids = new ArrayList<>();
    Block block = new Block(48);
    while (joined.fill(block)) {
      for (int row = 0; row < block.size(); row++) {
        String id = block.id(row);
        ids.add(id);
        int strict = 0;
        int flags = 0;
        for (String view : joined.mainViews().keySet()) {
          Row of = expected.get(view).get(id);
          Column column = block.column("x/" + view);
          int status = of == null ? MISSING : of.status();
          assertEquals(status, column.status(row), id);
          strict = strict == 0 ? status : strict;
          flags |= of == null ? 0 : of.flags();
          if (data && of != null) {
            List<Double> found = new ArrayList<>();
            for (double number : column.numbers(row)) {
              found.add(number);
            }
            assertEquals(of.numbers(), found, id + " " + view);
          } else if (data) {
            for (double number : column.numbers(row)) {
              assertTrue(Double.isNaN(number) || number == 0, id);
            }
          }
        }
        assertEquals(strict, block.status(row), id);
        assertEquals(flags, block.flags(row), id);
      }
    }
    return ids;
  }

  @Test
  void filesOfNumpyAreJoinedToo() throws java.io.IOException {
    Path a =
        new NumpyFile()
            .unicodeIds("é", "b", "c")
            .floats("a", 1, 1, 2, 3)
            .write(folder.resolve("a.npz"));
    Path b = new NumpyFile().ids("c", "é").floats("b", 1, 30, 10).write(folder.resolve("b.npz"));
    try (JoinedTensorFiles joined =
        new JoinedTensorFiles(
            List.of(new TensorFileReader(a), new TensorFileReader(b)), List.of())) {
      joined.want("x", joined.mainViews());
      Block block = new Block(16);
      assertTrue(joined.fill(block));
      assertEquals(List.of("é", "b", "c"), List.of(block.id(0), block.id(1), block.id(2)));
      assertEquals(10, block.column("x/b").number(0, 0));
      assertEquals(MISSING, block.column("x/b").status(1));
      assertTrue(Double.isNaN(block.column("x/b").number(1, 0)));
      assertEquals(30, block.column("x/b").number(2, 0));
      assertFalse(joined.fill(block));
    }
    assertTrue(Files.exists(a));
  }

  /** Ids are found by what they are, not by their hashes alone. */
  @Test
  void idsAreConfirmed() {
    List<byte[]> known = new ArrayList<>();
    IdTable table =
        new IdTable(
            3000,
            (number, into) -> {
              byte[] id = known.get((int) number);
              System.arraycopy(id, 0, into, 0, id.length);
              return id.length;
            });
    for (int i = 0; i < 3000; i++) {
      byte[] id = ("id" + i).getBytes(StandardCharsets.UTF_8);
      assertEquals(-1, table.add(id, id.length, i));
      known.add(id);
    }
    for (int i = 0; i < 3000; i++) {
      byte[] id = known.get(i);
      assertEquals(i, table.add(id, id.length, 9999));
    }
  }

  @Test
  void tooManyRecordsAreRefusedBeforeMemoryIsTaken() {
    RibonnxException refusal =
        assertThrows(RibonnxException.class, () -> new IdTable(1L << 31, (number, into) -> 0));
    assertEquals(RibonnxException.Kind.MEMORY, refusal.kind());
  }
}
