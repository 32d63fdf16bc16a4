package org.ribonnx.core.npz;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.io.IoErrors;
import org.ribonnx.core.io.OutputFile;

/**
 * Writes an NPZ: a zip of stored (not deflated) arrays, each with its data at a multiple of 64
 * bytes, with zip64 fields throughout. A member is written from front to back; its header is filled
 * in when its number of rows is known. Written by position from direct buffers: no heap copy, no
 * mapping.
 */
final class NpzWriter {
  private static final int ALIGN = 64;
  private static final int LOCAL_HEADER = 30;
  private static final int ZIP64_LOCAL_EXTRA = 20;
  private static final int VERSION = 45;

  private record Entry(
      String name, long headerAt, long dataAt, long size, long crc, int extraLength) {}

  private final OutputFile output;
  private final FileChannel channel;
  private final List<Entry> entries = new ArrayList<>();
  private long position;

  // The member being written.
  private @Nullable String name;
  private long headerAt;
  private long memberAt;
  private int extraLength;
  private final CRC32 crc = new CRC32();

  NpzWriter(OutputFile output) {
    this.output = output;
    this.channel = output.channel();
  }

  /** Starts the array {@code name}.npy. */
  void beginArray(String arrayName) throws IOException {
    begin(arrayName + ".npy", true);
  }

  private void begin(String memberName, boolean isArray) {
    name = memberName;
    headerAt = position;
    long bare =
        headerAt
            + LOCAL_HEADER
            + memberName.getBytes(StandardCharsets.UTF_8).length
            + ZIP64_LOCAL_EXTRA;
    // A padding field needs four bytes of its own.
    long aligned = (bare + 4 + ALIGN - 1) / ALIGN * ALIGN;
    extraLength = (int) (ZIP64_LOCAL_EXTRA + aligned - bare);
    memberAt = aligned;
    position = isArray ? memberAt + NpyHeader.RESERVED : memberAt;
    crc.reset();
  }

  /** Appends data to the current member. */
  void write(ByteBuffer data) throws IOException {
    crc.update(data.duplicate());
    while (data.hasRemaining()) {
      position += channel.write(data, position);
    }
  }

  /** Ends the current array, whose type and shape are now known. */
  void endArray(String descr, long... shape) throws IOException {
    byte[] header = NpyHeader.write(descr, shape);
    writeAt(memberAt, ByteBuffer.wrap(header));
    long dataLength = position - memberAt - NpyHeader.RESERVED;
    CRC32 headerCrc = new CRC32();
    headerCrc.update(header);
    end(Crc.join(headerCrc.getValue(), crc.getValue(), dataLength));
  }

  /** Writes a member that is no array. */
  void raw(String memberName, byte[] content) throws IOException {
    begin(memberName, false);
    write(ByteBuffer.wrap(content));
    end(crc.getValue());
  }

  private void end(long value) throws IOException {
    String memberName = java.util.Objects.requireNonNull(name);
    long size = position - memberAt;
    Entry entry = new Entry(memberName, headerAt, memberAt, size, value, extraLength);
    entries.add(entry);
    byte[] nameBytes = memberName.getBytes(StandardCharsets.UTF_8);
    ByteBuffer header = littleEndian((int) (memberAt - headerAt));
    header.putInt(0x04034b50);
    common(header, entry);
    header.putInt(-1).putInt(-1);
    header.putShort((short) nameBytes.length).putShort((short) extraLength);
    header.put(nameBytes);
    header.putShort((short) 1).putShort((short) 16).putLong(size).putLong(size);
    int padding = extraLength - ZIP64_LOCAL_EXTRA - 4;
    // An extra field of a private kind, whose content is zeros.
    header.putShort((short) 0x6e72).putShort((short) padding);
    header.position(0);
    writeAt(headerAt, header);
    name = null;
  }

  private static void common(ByteBuffer header, Entry entry) {
    // Version, flags (names are UTF-8), stored, the earliest date a zip can hold: the same bytes
    // every day.
    header.putShort((short) VERSION).putShort((short) 0x0800).putShort((short) 0);
    header.putShort((short) 0).putShort((short) 0x21);
    header.putInt((int) entry.crc());
  }

  /** Writes the directory of members and moves the file into place. */
  void commit() throws IOException {
    long directoryAt = position;
    for (Entry entry : entries) {
      byte[] nameBytes = entry.name().getBytes(StandardCharsets.UTF_8);
      ByteBuffer header = littleEndian(46 + nameBytes.length + 28);
      header.putInt(0x02014b50).putShort((short) VERSION);
      common(header, entry);
      header.putInt(-1).putInt(-1);
      header.putShort((short) nameBytes.length).putShort((short) 28).putShort((short) 0);
      header.putShort((short) 0).putShort((short) 0).putInt(0).putInt(-1);
      header.put(nameBytes);
      header.putShort((short) 1).putShort((short) 24);
      header.putLong(entry.size()).putLong(entry.size()).putLong(entry.headerAt());
      append(header);
    }
    long directorySize = position - directoryAt;
    long recordAt = position;
    ByteBuffer end = littleEndian(56 + 20 + 22);
    end.putInt(0x06064b50)
        .putLong(44)
        .putShort((short) VERSION)
        .putShort((short) VERSION)
        .putInt(0)
        .putInt(0);
    end.putLong(entries.size()).putLong(entries.size()).putLong(directorySize).putLong(directoryAt);
    end.putInt(0x07064b50).putInt(0).putLong(recordAt).putInt(1);
    end.putInt(0x06054b50).putShort((short) 0).putShort((short) 0);
    end.putShort((short) entries.size())
        .putShort((short) entries.size())
        .putInt(-1)
        .putInt(-1)
        .putShort((short) 0);
    append(end);
    output.commit();
  }

  private static ByteBuffer littleEndian(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }

  private void append(ByteBuffer filled) throws IOException {
    filled.flip();
    position += writeAt(position, filled);
  }

  private int writeAt(long at, ByteBuffer data) throws IOException {
    int written = 0;
    while (data.hasRemaining()) {
      written += channel.write(data, at + written);
    }
    return written;
  }

  RuntimeException failure(IOException cause) {
    return IoErrors.writing(output.target().toString(), cause);
  }
}
