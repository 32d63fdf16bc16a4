package org.ribonnx.core.bundle;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.ribonnx.core.io.IoErrors;
import org.ribonnx.core.io.RibonnxException;

/**
 * Looks at what Java's zip reader does not tell: links, encryption, methods, places that overlap,
 * and entries whose own header disagrees with the directory. Field offsets are those of PKWARE's
 * APPNOTE 6.3.10.
 */
final class ZipDirectory {
  private static final int END = 22;
  private static final int ENTRY = 46;
  private static final int LOCAL = 30;
  private static final int MAX_COMMENT = 65_535;
  private static final int MAX_DIRECTORY = 1 << 24;
  private static final int UNIX = 3;
  private static final int FILE_TYPE = 0170000;
  private static final int FOLDER = 0040000;
  private static final int REGULAR = 0100000;

  private record Entry(String name, long start, long packed) {}

  private final Path path;
  private final FileChannel channel;

  private ZipDirectory(Path path, FileChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  /**
   * Checks a zip.
   *
   * @param most number of entries
   * @throws RibonnxException bundle, naming the entry
   */
  static void check(Path path, int most) {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      new ZipDirectory(path, channel).check(most);
    } catch (IOException e) {
      throw IoErrors.reading(path.toString(), e);
    }
  }

  private RibonnxException bad(String what) {
    return RibonnxException.bundle(path + ": " + what);
  }

  private RibonnxException damaged(String what) {
    return bad("is neither a folder nor a readable zip: " + what);
  }

  private ByteBuffer read(long at, int count) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining()) {
      if (at < 0 || channel.read(bytes, at + bytes.position()) < 0) {
        throw damaged("it is cut short");
      }
    }
    return bytes.flip();
  }

  private static String text(ByteBuffer bytes, int at, int length) {
    byte[] text = new byte[length];
    bytes.get(at, text);
    return new String(text, StandardCharsets.UTF_8);
  }

  private static long unsigned(ByteBuffer bytes, int at) {
    return bytes.getInt(at) & 0xffffffffL;
  }

  private void check(int most) throws IOException {
    long size = channel.size();
    int tail = (int) Math.min(size, END + MAX_COMMENT);
    ByteBuffer end = read(size - tail, tail);
    int at = tail - END;
    // The last record that ends with the file is the one that every reader takes.
    while (at >= 0
        && !(end.getInt(at) == 0x06054b50 && at + END + (end.getShort(at + 20) & 0xffff) == tail)) {
      at--;
    }
    if (at < 0) {
      throw damaged("it has no directory at its end");
    }
    int count = end.getShort(at + 10) & 0xffff;
    long length = unsigned(end, at + 12);
    long start = unsigned(end, at + 16);
    if (count == 0xffff || length == 0xffffffffL || start == 0xffffffffL) {
      throw bad("is a zip of the large kind (zip64), which no bundle needs");
    }
    if (count > most) {
      throw bad("more than " + most + " entries");
    }
    if (start + length != size - tail + at || length > MAX_DIRECTORY) {
      throw damaged("its directory is not where it should be");
    }
    ByteBuffer directory = read(start, (int) length);
    List<Entry> entries = new ArrayList<>();
    int place = 0;
    while (place < length) {
      if (place + ENTRY > length || directory.getInt(place) != 0x02014b50) {
        throw damaged("its directory is damaged");
      }
      int nameLength = directory.getShort(place + 28) & 0xffff;
      int next =
          place
              + ENTRY
              + nameLength
              + (directory.getShort(place + 30) & 0xffff)
              + (directory.getShort(place + 32) & 0xffff);
      if (next > length) {
        throw damaged("its directory is damaged");
      }
      String name = text(directory, place + ENTRY, nameLength);
      entry(directory, place, name);
      entries.add(
          new Entry(name, unsigned(directory, place + 42), unsigned(directory, place + 20)));
      place = next;
    }
    if (entries.size() != count) {
      throw damaged("its directory holds " + entries.size() + " entries and says " + count);
    }
    overlaps(entries, start);
  }

  private void entry(ByteBuffer directory, int at, String name) {
    int flags = directory.getShort(at + 8);
    int method = directory.getShort(at + 10) & 0xffff;
    if ((flags & 0x2041) != 0) {
      throw bad("'" + name + "' is encrypted");
    }
    if (method != 0 && method != 8) {
      throw bad("'" + name + "' is packed by the method " + method + "; pack it with deflate");
    }
    if ((directory.getShort(at + 34) & 0xffff) != 0) {
      throw bad("'" + name + "' is on another disk");
    }
    // Only systems of the Unix kind say what sort of file it is.
    int type = directory.getInt(at + 38) >>> 16 & FILE_TYPE;
    if (directory.get(at + 5) == UNIX && type != 0 && type != REGULAR && type != FOLDER) {
      throw bad("'" + name + "' is a link or device; a bundle holds plain files");
    }
  }

  /** Each entry has bytes of its own, and its own header says what the directory says. */
  private void overlaps(List<Entry> entries, long directory) throws IOException {
    entries.sort(Comparator.comparingLong(Entry::start));
    long free = 0;
    for (Entry entry : entries) {
      if (entry.start() < free) {
        throw bad("'" + entry.name() + "' shares its bytes with another entry");
      }
      ByteBuffer header = read(entry.start(), LOCAL);
      int nameLength = header.getShort(26) & 0xffff;
      if (header.getInt(0) != 0x04034b50) {
        throw damaged("'" + entry.name() + "' is not where the directory says");
      }
      if ((header.getShort(6) & 0x2041) != 0) {
        throw bad("'" + entry.name() + "' is encrypted");
      }
      ByteBuffer name = read(entry.start() + LOCAL, nameLength);
      if (!entry.name().equals(text(name, 0, nameLength))) {
        throw bad("'" + entry.name() + "' has another name in its own header");
      }
      free = entry.start() + LOCAL + nameLength + (header.getShort(28) & 0xffff) + entry.packed();
      if (free > directory) {
        throw bad("'" + entry.name() + "' reaches into the directory");
      }
    }
  }
}
