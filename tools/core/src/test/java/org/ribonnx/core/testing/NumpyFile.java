package org.ribonnx.core.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Writes what {@code numpy.savez} writes: stored members, data where it happens to fall, headers
 * padded to 64 bytes. Made with {@code java.util.zip}, so it shares nothing with the writer under
 * test.
 */
public final class NumpyFile {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final ZipOutputStream zip = new ZipOutputStream(bytes);
  private final boolean compressed;

  public NumpyFile() {
    this(false);
  }

  /**
   * @param compressed as {@code numpy.savez_compressed} does
   */
  public NumpyFile(boolean compressed) {
    this.compressed = compressed;
  }

  public NumpyFile member(String name, byte[] content) {
    try {
      ZipEntry entry = new ZipEntry(name);
      entry.setTimeLocal(LocalDateTime.of(2000, 1, 1, 0, 0)); // the same bytes at any time
      if (!compressed) {
        CRC32 crc = new CRC32();
        crc.update(content);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(content.length);
        entry.setCrc(crc.getValue());
      }
      zip.putNextEntry(entry);
      zip.write(content);
      zip.closeEntry();
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** An array whose header is written as given. */
  public NumpyFile array(String name, String descr, boolean fortran, String shape, byte[] data) {
    StringBuilder header =
        new StringBuilder("{'descr': '" + descr + "', 'fortran_order': ")
            .append(fortran ? "True" : "False")
            .append(", 'shape': (" + shape + "), }");
    while ((10 + header.length() + 1) % 64 != 0) {
      header.append(' ');
    }
    header.append('\n');
    ByteBuffer all =
        ByteBuffer.allocate(10 + header.length() + data.length).order(ByteOrder.LITTLE_ENDIAN);
    all.put((byte) 0x93).put("NUMPY".getBytes(StandardCharsets.US_ASCII)).put((byte) 1);
    all.put((byte) 0).putShort((short) header.length());
    all.put(header.toString().getBytes(StandardCharsets.US_ASCII)).put(data);
    return member(name + ".npy", all.array());
  }

  public NumpyFile array(String name, String descr, String shape, byte[] data) {
    return array(name, descr, false, shape, data);
  }

  /** Ids as {@code numpy.array(ids, dtype='S')}. */
  public NumpyFile ids(String... ids) {
    int width = 1;
    for (String id : ids) {
      width = Math.max(width, id.getBytes(StandardCharsets.UTF_8).length);
    }
    ByteBuffer data = ByteBuffer.allocate(width * ids.length);
    for (int i = 0; i < ids.length; i++) {
      data.position(i * width).put(ids[i].getBytes(StandardCharsets.UTF_8));
    }
    return array("ids", "|S" + width, ids.length + ",", data.array());
  }

  /** Ids as {@code numpy.array(ids)}: UCS-4. */
  public NumpyFile unicodeIds(String... ids) {
    return unicode("ids", ids.length + ",", ids);
  }

  public NumpyFile unicode(String name, String shape, String... texts) {
    int width = 1;
    for (String text : texts) {
      width = Math.max(width, text.codePointCount(0, text.length()));
    }
    ByteBuffer data = ByteBuffer.allocate(4 * width * texts.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < texts.length; i++) {
      data.position(i * 4 * width);
      texts[i].codePoints().forEach(data::putInt);
    }
    return array(name, "<U" + width, shape, data.array());
  }

  /** A matrix of float32 with a record per row. */
  public NumpyFile floats(String name, int width, float... values) {
    ByteBuffer data = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      data.putFloat(value);
    }
    return array(name, "<f4", values.length / width + ", " + width, data.array());
  }

  public byte[] toBytes() {
    try {
      zip.close();
      return bytes.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public Path write(Path target) {
    try {
      return Files.write(target, toBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
