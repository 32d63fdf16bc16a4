package org.ribonnx.core.npz;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ribonnx.core.io.OutputFile;
import org.ribonnx.core.tensor.DType;

class NpzTest {
  private static final long[][] SHAPES = {
    {0}, {1}, {7}, {3, 5}, {0, 4}, {4, 0}, {2, 3, 4}, {1, 1, 1, 9}, {1000, 13}
  };

  private record Written(String name, String descr, long[] shape, byte[] data) {}

  private static List<Written> write(Path target, long seed) throws IOException {
    Random random = new Random(seed);
    List<Written> all = new ArrayList<>();
    try (OutputFile output = OutputFile.create(target)) {
      NpzWriter writer = new NpzWriter(output);
      for (DType type : DType.values()) {
        for (long[] shape : SHAPES) {
          int bytes = type.bytes();
          for (long axis : shape) {
            bytes *= (int) axis;
          }
          byte[] data = new byte[bytes];
          random.nextBytes(data);
          String name = type.label() + "_" + all.size();
          writer.beginArray(name);
          // In two parts, as blocks come.
          int half = random.nextInt(bytes + 1);
          writer.write(ByteBuffer.wrap(data, 0, half));
          writer.write(ByteBuffer.wrap(data, half, bytes - half));
          writer.endArray(type.descr(), shape);
          all.add(new Written(name, type.descr(), shape, data));
        }
      }
      writer.raw("meta.json", new byte[] {'{', '}'});
      writer.commit();
    }
    return all;
  }

  @Test
  void everyTypeAndShapeComesBack(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("a.npz");
    List<Written> all = write(file, 2);
    try (NpzReader reader = new NpzReader(file)) {
      reader.verify();
      assertEquals(all.size() + 1, reader.members().size());
      for (Written written : all) {
        NpzReader.Member member = reader.member(written.name());
        assertNotNull(member);
        assertEquals(written.descr(), member.array().descr());
        assertArrayEquals(written.shape(), member.array().shape());
        ByteBuffer data = ByteBuffer.allocate((int) member.dataSize());
        reader.read(member, 0, data);
        assertArrayEquals(written.data(), data.array());
      }
      NpzReader.Member meta = reader.member("meta.json");
      assertNotNull(meta);
      assertArrayEquals(new byte[] {'{', '}'}, reader.raw(meta));
    }
  }

  @Test
  void dataBeginsAtMultiplesOf64(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("a.npz");
    write(file, 3);
    try (NpzReader reader = new NpzReader(file)) {
      for (NpzReader.Member member : reader.members().values()) {
        assertEquals(0, member.dataAt() % 64, member.name());
      }
    }
  }

  /** Java's own zip reader takes the zip64 fields, the sizes and the joined checksums. */
  @Test
  void anotherZipReaderReadsTheSame(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("a.npz");
    List<Written> all = write(file, 4);
    try (ZipFile zip = new ZipFile(file.toFile())) {
      for (Written written : all) {
        ZipEntry entry = zip.getEntry(written.name() + ".npy");
        assertNotNull(entry);
        assertEquals(ZipEntry.STORED, entry.getMethod());
        byte[] content = zip.getInputStream(entry).readAllBytes();
        assertEquals(entry.getSize(), content.length);
        java.util.zip.CRC32 crc = new java.util.zip.CRC32();
        crc.update(content);
        assertEquals(crc.getValue(), entry.getCrc());
        assertEquals((byte) 0x93, content[0]);
        assertArrayEquals(
            written.data(),
            java.util.Arrays.copyOfRange(
                content, content.length - written.data().length, content.length));
      }
    }
  }

  @Test
  void equalContentGivesEqualBytes(@TempDir Path folder) throws IOException {
    Path a = folder.resolve("a.npz");
    Path b = folder.resolve("b.npz");
    write(a, 5);
    write(b, 5);
    assertEquals(-1, Files.mismatch(a, b));
  }
}
