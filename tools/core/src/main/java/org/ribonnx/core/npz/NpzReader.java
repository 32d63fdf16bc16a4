package org.ribonnx.core.npz;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.io.IoErrors;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.tensor.DType;

/**
 * Reads an NPZ by position. Nothing in the file is believed: sizes are checked against the file and
 * against each other, and {@link #verify} compares every member with its checksum before any of it
 * is used.
 */
final class NpzReader implements AutoCloseable {
  private static final int MAX_MEMBERS = 10_000;
  private static final int MAX_RAW = 1 << 24;

  /** A member: {@code header} is null where it is no array. */
  record Member(
      String name,
      @Nullable NpyHeader header,
      long dataAt,
      long dataSize,
      long start,
      long size,
      long crc) {
    NpyHeader array() {
      return java.util.Objects.requireNonNull(header);
    }
  }

  private final Path path;
  private final FileChannel channel;
  private final long fileSize;
  private final Map<String, Member> members = new LinkedHashMap<>();

  NpzReader(Path path) {
    this.path = path;
    if (!Files.exists(path)) {
      throw RibonnxException.usage(path + ": no such file");
    }
    if (Files.isDirectory(path)) {
      throw RibonnxException.usage(path + ": is a folder; a tensor file (.npz) is expected");
    }
    try {
      channel = FileChannel.open(path, StandardOpenOption.READ);
    } catch (IOException e) {
      throw IoErrors.reading(path.toString(), e);
    }
    try {
      fileSize = channel.size();
      directory();
    } catch (IOException e) {
      close();
      throw IoErrors.reading(path.toString(), e);
    } catch (RibonnxException e) {
      close();
      throw e;
    }
  }

  private RibonnxException bad(String what) {
    return RibonnxException.input(path + ": " + what + "; write the file again");
  }

  private void directory() throws IOException {
    byte[] first = bytes(0, (int) Math.min(4, fileSize));
    if (first.length < 4 || first[0] != 'P' || first[1] != 'K') {
      throw RibonnxException.input(
          path
              + ": is no tensor file (.npz); give the output of the step before (ribonnx-encode, -embed, -fuse)");
    }
    int tail = (int) Math.min(fileSize, 22 + 65_535);
    ByteBuffer end = ByteBuffer.wrap(bytes(fileSize - tail, tail)).order(ByteOrder.LITTLE_ENDIAN);
    int at = tail - 22;
    while (at >= 0 && end.getInt(at) != 0x06054b50) {
      at--;
    }
    if (at < 0) {
      throw bad("is cut short (no directory of members at the end)");
    }
    long count = end.getShort(at + 10) & 0xffffL;
    long size = end.getInt(at + 12) & 0xffffffffL;
    long offset = end.getInt(at + 16) & 0xffffffffL;
    if (at >= 20 && end.getInt(at - 20) == 0x07064b50) {
      long recordAt = end.getLong(at - 12);
      if (recordAt < 0 || recordAt > fileSize - 56) {
        throw bad("has a damaged directory");
      }
      ByteBuffer record = ByteBuffer.wrap(bytes(recordAt, 56)).order(ByteOrder.LITTLE_ENDIAN);
      if (record.getInt(0) != 0x06064b50) {
        throw bad("has a damaged directory");
      }
      count = record.getLong(32);
      size = record.getLong(40);
      offset = record.getLong(48);
    }
    if (count < 0
        || count > MAX_MEMBERS
        || size < 0
        || size > 1 << 26
        || offset < 0
        || offset > fileSize - size) {
      throw bad("has a damaged directory");
    }
    ByteBuffer directory =
        ByteBuffer.wrap(bytes(offset, (int) size)).order(ByteOrder.LITTLE_ENDIAN);
    List<Member> all = new ArrayList<>();
    for (long i = 0; i < count; i++) {
      Member member = entry(directory, offset);
      if (members.put(member.name(), member) != null) {
        throw bad("holds '" + member.name() + "' twice");
      }
      all.add(member);
    }
    if (directory.hasRemaining()) {
      throw bad("has a damaged directory");
    }
    all.sort(java.util.Comparator.comparingLong(Member::start));
    for (int i = 1; i < all.size(); i++) {
      if (all.get(i - 1).start() + all.get(i - 1).size() > all.get(i).start()) {
        throw bad("has members that overlap");
      }
    }
  }

  private Member entry(ByteBuffer directory, long directoryAt) throws IOException {
    int at = directory.position();
    if (directory.remaining() < 46 || directory.getInt(at) != 0x02014b50) {
      throw bad("has a damaged directory");
    }
    int flags = directory.getShort(at + 8);
    int method = directory.getShort(at + 10) & 0xffff;
    long crc = directory.getInt(at + 16) & 0xffffffffL;
    long compressed = directory.getInt(at + 20) & 0xffffffffL;
    long size = directory.getInt(at + 24) & 0xffffffffL;
    int nameLength = directory.getShort(at + 28) & 0xffff;
    int extraLength = directory.getShort(at + 30) & 0xffff;
    int commentLength = directory.getShort(at + 32) & 0xffff;
    long localAt = directory.getInt(at + 42) & 0xffffffffL;
    if (directory.remaining() < 46 + nameLength + extraLength + commentLength) {
      throw bad("has a damaged directory");
    }
    byte[] nameBytes = new byte[nameLength];
    directory.get(at + 46, nameBytes);
    String name = new String(nameBytes, StandardCharsets.UTF_8);
    int extra = at + 46 + nameLength;
    int extraEnd = extra + extraLength;
    while (extra + 4 <= extraEnd) {
      int kind = directory.getShort(extra) & 0xffff;
      int length = directory.getShort(extra + 2) & 0xffff;
      int field = extra + 4;
      int fieldEnd = Math.min(field + length, extraEnd);
      if (kind == 1) {
        if (size == 0xffffffffL && field + 8 <= fieldEnd) {
          size = directory.getLong(field);
          field += 8;
        }
        if (compressed == 0xffffffffL && field + 8 <= fieldEnd) {
          compressed = directory.getLong(field);
          field += 8;
        }
        if (localAt == 0xffffffffL && field + 8 <= fieldEnd) {
          localAt = directory.getLong(field);
        }
      }
      extra += 4 + length;
    }
    directory.position(extraEnd + commentLength);
    if ((flags & 1) != 0) {
      throw bad("holds an encrypted member '" + name + "'");
    }
    if (method != 0) {
      throw RibonnxException.input(
          path + ": is compressed; write it with numpy.savez, not numpy.savez_compressed");
    }
    if (localAt < 0 || localAt > directoryAt - 30) {
      throw bad("has a damaged directory");
    }
    ByteBuffer local = ByteBuffer.wrap(bytes(localAt, 30)).order(ByteOrder.LITTLE_ENDIAN);
    // Names have no checksum, but each stands twice.
    if (local.getInt(0) != 0x04034b50
        || (local.getShort(26) & 0xffff) != nameLength
        || nameLength > directoryAt - 30 - localAt
        || !java.util.Arrays.equals(nameBytes, bytes(localAt + 30, nameLength))) {
      throw bad("is damaged at '" + name + "'");
    }
    long start = localAt + 30 + (local.getShort(26) & 0xffff) + (local.getShort(28) & 0xffff);
    if (size != compressed || size < 0 || start > directoryAt || size > directoryAt - start) {
      throw bad("is damaged or cut short at '" + name + "'");
    }
    if (!name.endsWith(".npy")) {
      return new Member(name, null, start, size, start, size, crc);
    }
    NpyHeader header = header(name, start, size);
    long elements = header.elements();
    int width = width(name, header);
    if (elements < 0
        || width < 0
        || (width > 0 && elements > Long.MAX_VALUE / width)
        || elements * width != size - header.bytes()) {
      throw bad(
          "'"
              + name
              + "' says shape "
              + java.util.Arrays.toString(header.shape())
              + " of "
              + header.descr()
              + ", which does not fit its size");
    }
    return new Member(
        name.substring(0, name.length() - 4),
        header,
        start + header.bytes(),
        size - header.bytes(),
        start,
        size,
        crc);
  }

  private NpyHeader header(String name, long start, long size) throws IOException {
    try {
      byte[] bytes = bytes(start, (int) Math.min(size, 256));
      @Nullable NpyHeader header = NpyHeader.read(bytes, bytes.length);
      if (header == null) {
        bytes = bytes(start, (int) Math.min(size, 1 << 17));
        header = NpyHeader.read(bytes, bytes.length);
      }
      if (header == null) {
        throw new IllegalArgumentException("too short for its header");
      }
      return header;
    } catch (IllegalArgumentException e) {
      throw RibonnxException.input(path + ": member '" + name + "': " + e.getMessage(), e);
    }
  }

  /** Bytes of an element. */
  private int width(String name, NpyHeader header) {
    String descr = header.descr();
    @Nullable DType type = DType.ofDescr(descr);
    if (type != null) {
      return type.bytes();
    }
    try {
      if (descr.startsWith("|S") || descr.startsWith("S")) {
        return Integer.parseInt(descr.substring(descr.indexOf('S') + 1));
      }
      if (descr.startsWith("<U")) {
        return Math.multiplyExact(4, Integer.parseInt(descr.substring(2)));
      }
    } catch (NumberFormatException | ArithmeticException e) {
      throw RibonnxException.input(path + ": member '" + name + "' has the type " + descr, e);
    }
    throw RibonnxException.input(
        path
            + ": member '"
            + name
            + "' has the type "
            + descr
            + ", which is not read"
            + (descr.startsWith(">")
                ? " (big-endian; save array.astype(array.dtype.newbyteorder('<')))"
                : ""));
  }

  private byte[] bytes(long at, int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length);
    fill(at, buffer);
    return buffer.array();
  }

  private void fill(long at, ByteBuffer buffer) throws IOException {
    long position = at;
    while (buffer.hasRemaining()) {
      int n = channel.read(buffer, position);
      if (n < 0) {
        throw bad("is cut short");
      }
      position += n;
    }
  }

  Path path() {
    return path;
  }

  Map<String, Member> members() {
    return members;
  }

  @Nullable Member member(String name) {
    return members.get(name);
  }

  /** Reads {@code into.remaining()} bytes of the member's data from {@code offset} on. */
  void read(Member member, long offset, ByteBuffer into) {
    if (offset < 0 || offset + into.remaining() > member.dataSize()) {
      throw new IndexOutOfBoundsException(member.name() + " at " + offset);
    }
    try {
      fill(member.dataAt() + offset, into);
    } catch (IOException e) {
      throw IoErrors.reading(path.toString(), e);
    }
  }

  /** The whole content of a small member that is no array. */
  byte[] raw(Member member) {
    if (member.dataSize() > MAX_RAW) {
      throw bad("member '" + member.name() + "' is too large");
    }
    ByteBuffer buffer = ByteBuffer.allocate((int) member.dataSize());
    read(member, 0, buffer);
    return buffer.array();
  }

  /** Compares every member with its checksum. */
  void verify() {
    ByteBuffer buffer = ByteBuffer.allocateDirect((int) Math.min(1 << 18, fileSize));
    for (Member member : members.values()) {
      CRC32 crc = new CRC32();
      long done = 0;
      while (done < member.size()) {
        buffer.clear().limit((int) Math.min(buffer.capacity(), member.size() - done));
        try {
          fill(member.start() + done, buffer);
        } catch (IOException e) {
          throw IoErrors.reading(path.toString(), e);
        }
        done += buffer.position();
        crc.update(buffer.flip());
      }
      if (crc.getValue() != member.crc()) {
        throw bad("is damaged: '" + member.name() + "' does not match its checksum");
      }
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw IoErrors.reading(path.toString(), e);
    }
  }
}
