package org.ribonnx.cli;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** Writes zips field by field, so that they can lie about anything. */
final class ForgedZip {
  /** An entry; what the directory says of it may be changed before it is written. */
  static final class Entry {
    String name;
    String localName;
    byte[] packed;
    int flags = 0x800;
    int localFlags = 0x800;
    int method = 8;
    long crc;
    long size;
    long packedSize;
    int mode = 0100644;
    long start = -1;

    Entry(String name, byte[] content) {
      this.name = name;
      this.localName = name;
      CRC32 sum = new CRC32();
      sum.update(content);
      crc = sum.getValue();
      size = content.length;
      Deflater deflater = new Deflater(9, true);
      deflater.setInput(content);
      deflater.finish();
      byte[] buffer = new byte[content.length + 64];
      int length = deflater.deflate(buffer);
      deflater.end();
      packed = java.util.Arrays.copyOf(buffer, length);
      packedSize = length;
    }
  }

  private final List<Entry> entries = new ArrayList<>();
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  int count = -1;
  long shift;
  String comment = "";

  ForgedZip add(String name, byte[] content) {
    entries.add(new Entry(name, content));
    return this;
  }

  ForgedZip change(String name, Consumer<Entry> change) {
    entries.stream().filter(entry -> entry.name.equals(name)).forEach(change);
    return this;
  }

  private void put(int size, Consumer<ByteBuffer> fields, byte[]... more) {
    ByteBuffer record = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    fields.accept(record);
    bytes.writeBytes(record.array());
    for (byte[] part : more) {
      bytes.writeBytes(part);
    }
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  byte[] build() {
    for (Entry entry : entries) {
      if (entry.start < 0) {
        entry.start = bytes.size();
      }
      put(
          30,
          b ->
              b.putInt(0x04034b50)
                  .putShort((short) 20)
                  .putShort((short) entry.localFlags)
                  .putShort((short) entry.method)
                  .putInt(0)
                  .putInt((int) entry.crc)
                  .putInt((int) entry.packedSize)
                  .putInt((int) entry.size)
                  .putShort((short) text(entry.localName).length),
          text(entry.localName),
          entry.packed);
    }
    int start = bytes.size();
    for (Entry entry : entries) {
      put(
          46,
          b -> {
            b.putInt(0x02014b50).putShort((short) (3 << 8 | 20)).putShort((short) 20);
            b.putShort((short) entry.flags).putShort((short) entry.method).putInt(0);
            b.putInt((int) entry.crc).putInt((int) entry.packedSize).putInt((int) entry.size);
            b.putShort((short) text(entry.name).length).putInt(0).putInt(0);
            b.putInt(entry.mode << 16).putInt((int) entry.start);
          },
          text(entry.name));
    }
    int length = bytes.size() - start;
    int said = count < 0 ? entries.size() : count;
    put(
        22,
        b ->
            b.putInt(0x06054b50)
                .putInt(0)
                .putShort((short) said)
                .putShort((short) said)
                .putInt(length)
                .putInt((int) (start + shift))
                .putShort((short) text(comment).length),
        text(comment));
    return bytes.toByteArray();
  }
}
