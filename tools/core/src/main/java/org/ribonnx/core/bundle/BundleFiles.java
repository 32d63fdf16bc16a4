package org.ribonnx.core.bundle;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.Enumeration;
import java.util.HashSet;
import java.util.Set;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.io.Digest;
import org.ribonnx.core.io.IoErrors;
import org.ribonnx.core.io.RibonnxException;

/**
 * The files of a bundle, in a folder or a zip read in place. A bundle is not trusted: a name never
 * leads out of it, and a zip is limited in entries, size and ratio.
 */
abstract sealed class BundleFiles implements AutoCloseable {
  private static final int MAX_ENTRIES = 1_000;
  private static final long MAX_SIZE = 2_000_000_000L;
  private static final long MAX_RATIO = 200;
  private static final int MAX_NAME = 1_000;

  final Path path;

  private BundleFiles(Path path) {
    this.path = path;
  }

  static BundleFiles open(Path path) {
    if (Files.isDirectory(path)) {
      return new Folder(path);
    }
    if (!Files.exists(path)) {
      throw RibonnxException.usage(
          path + ": no such model bundle (a folder with model.yaml, or the same as a .zip)");
    }
    return new Zip(path);
  }

  /** The file's content, read-only. */
  abstract ByteBuffer content(String name);

  /** The file's size in bytes, as far as it is known without reading it; 0 if it is not there. */
  abstract long size(String name);

  /**
   * The file's digest, found without holding the file in memory.
   *
   * @throws RibonnxException bundle, if it is not there or damaged
   */
  abstract String digest(String name);

  /**
   * The content of a file that is read as a whole into the Java heap.
   *
   * @throws RibonnxException bundle, if it is larger than {@code most} bytes
   */
  byte[] small(String name, int most) {
    if (size(name) > most) {
      throw RibonnxException.bundle(called(name) + ": is larger than " + most + " bytes");
    }
    ByteBuffer content = content(name);
    byte[] bytes = new byte[content.remaining()];
    content.get(bytes);
    return bytes;
  }

  abstract boolean has(String name);

  /** Where ONNX Runtime can load the file from by itself, or null. */
  @Nullable Path location(String name) {
    return null;
  }

  @Override
  public void close() {}

  /** How the file is called in messages. */
  String called(String name) {
    return path.resolve(name).toString();
  }

  /** Whether a name is a plain relative path that leads nowhere else. */
  static boolean plain(String name) {
    boolean plain =
        !name.isEmpty()
            && name.length() < MAX_NAME
            && !name.startsWith("/")
            && name.indexOf('\\') < 0
            && name.indexOf('\0') < 0;
    for (String part : name.split("/", -1)) {
      plain &= !part.isEmpty() && !part.equals(".") && !part.equals("..");
    }
    return plain;
  }

  /** Checks that a name given in model.yaml is a plain relative path. */
  static String checked(String name, String where) {
    if (!plain(name)) {
      throw RibonnxException.bundle(where + " '" + name + "' must be a path inside the bundle");
    }
    return name;
  }

  private RibonnxException missing(String name) {
    return RibonnxException.bundle(called(name) + ": the bundle lacks this file");
  }

  private static final class Folder extends BundleFiles {
    Folder(Path path) {
      super(path);
    }

    @Override
    @Nullable Path location(String name) {
      Path file = path.resolve(checked(name, path + ": the file name"));
      if (!Files.isRegularFile(file)) {
        return null;
      }
      try {
        if (!file.toRealPath().startsWith(path.toRealPath())) {
          throw RibonnxException.bundle(file + ": is a link that leaves the bundle");
        }
      } catch (IOException e) {
        throw IoErrors.reading(file.toString(), e);
      }
      return file;
    }

    @Override
    boolean has(String name) {
      return location(name) != null;
    }

    @Override
    long size(String name) {
      try {
        @Nullable Path file = location(name);
        return file == null ? 0 : Files.size(file);
      } catch (IOException e) {
        throw IoErrors.reading(called(name), e);
      }
    }

    @Override
    ByteBuffer content(String name) {
      @Nullable Path file = location(name);
      if (file == null) {
        throw super.missing(name);
      }
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
        if (channel.size() > MAX_SIZE) {
          throw RibonnxException.bundle(file + ": is larger than " + MAX_SIZE + " bytes");
        }
        // Mapped, since a large graph would otherwise be in memory twice.
        return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
      } catch (IOException e) {
        throw IoErrors.reading(file.toString(), e);
      }
    }

    @Override
    String digest(String name) {
      @Nullable Path file = location(name);
      if (file == null) {
        throw super.missing(name);
      }
      try {
        return Digest.of(file);
      } catch (IOException e) {
        throw IoErrors.reading(file.toString(), e);
      }
    }
  }

  private static final class Zip extends BundleFiles {
    private final ZipFile zip;
    private final String prefix;

    Zip(Path path) {
      super(path);
      ZipDirectory.check(path, MAX_ENTRIES);
      try {
        zip = new ZipFile(path.toFile());
      } catch (ZipException | EOFException e) {
        throw RibonnxException.bundle(
            path + ": is neither a folder nor a readable zip: " + e.getMessage(), e);
      } catch (IOException e) {
        throw IoErrors.reading(path.toString(), e);
      }
      try {
        prefix = check();
      } catch (RibonnxException e) {
        close();
        throw e;
      }
    }

    /** Checks all entries; returns the folder that holds model.yaml, empty for the root. */
    private String check() {
      Set<String> names = new HashSet<>();
      long total = 0;
      @Nullable String found = null;
      Enumeration<? extends ZipEntry> entries = zip.entries();
      while (entries.hasMoreElements()) {
        ZipEntry entry = entries.nextElement();
        String name = entry.getName();
        if (entry.isDirectory()) {
          name = name.substring(0, name.length() - 1);
        }
        checked(name, path + ": the zip entry");
        if (!names.add(name)) {
          throw RibonnxException.bundle(path + ": holds '" + name + "' twice");
        }
        long size = Math.max(0, entry.getSize());
        total += size;
        if (names.size() > MAX_ENTRIES || total > MAX_SIZE) {
          throw RibonnxException.bundle(
              path + ": more than " + MAX_ENTRIES + " entries or " + MAX_SIZE + " bytes unpacked");
        }
        if (size > 1_000_000 && size / Math.max(1, entry.getCompressedSize()) > MAX_RATIO) {
          throw RibonnxException.bundle(
              path + ": '" + name + "' unpacks to over " + MAX_RATIO + " times its size");
        }
        boolean card =
            name.equals("model.yaml")
                || (name.endsWith("/model.yaml") && name.indexOf('/') == name.length() - 11);
        if (card && (found == null || name.equals("model.yaml"))) {
          found = name.substring(0, name.length() - "model.yaml".length());
        }
      }
      if (found == null) {
        throw RibonnxException.bundle(path + ": holds no model.yaml");
      }
      return found;
    }

    private @Nullable ZipEntry entry(String name) {
      return zip.getEntry(prefix + checked(name, path + ": the file name"));
    }

    @Override
    boolean has(String name) {
      return entry(name) != null;
    }

    @Override
    long size(String name) {
      @Nullable ZipEntry entry = entry(name);
      return entry == null ? 0 : Math.max(0, entry.getSize());
    }

    private ZipEntry required(String name) {
      @Nullable ZipEntry entry = entry(name);
      if (entry == null) {
        throw super.missing(name);
      }
      return entry;
    }

    @Override
    String digest(String name) {
      ZipEntry entry = required(name);
      MessageDigest digest = Digest.sha256();
      long left = entry.getSize();
      try (InputStream stream = zip.getInputStream(entry)) {
        byte[] buffer = new byte[1 << 16];
        for (int n = stream.read(buffer); n >= 0; n = stream.read(buffer)) {
          left -= n;
          if (left < 0) {
            throw RibonnxException.bundle(
                called(name) + ": is larger than the zip's directory says");
          }
          digest.update(buffer, 0, n);
        }
      } catch (IOException e) {
        throw RibonnxException.bundle(called(name) + ": cannot be unpacked: " + e.getMessage(), e);
      }
      return Digest.hex(digest);
    }

    @Override
    ByteBuffer content(String name) {
      ZipEntry entry = required(name);
      // The size in the directory has been checked; a stream that yields more than that is forged.
      int size = (int) entry.getSize();
      ByteBuffer content = ByteBuffer.allocateDirect(size);
      try (InputStream stream = zip.getInputStream(entry)) {
        byte[] buffer = new byte[1 << 16];
        for (int n = stream.read(buffer); n >= 0; n = stream.read(buffer)) {
          if (n > content.remaining()) {
            throw RibonnxException.bundle(
                called(name) + ": is larger than the zip's directory says");
          }
          content.put(buffer, 0, n);
        }
      } catch (IOException e) {
        throw RibonnxException.bundle(called(name) + ": cannot be unpacked: " + e.getMessage(), e);
      }
      if (content.hasRemaining()) {
        throw RibonnxException.bundle(called(name) + ": is shorter than the zip's directory says");
      }
      // Java's reader leaves the checksum alone.
      CRC32 crc = new CRC32();
      crc.update(content.flip());
      if (entry.getCrc() >= 0 && crc.getValue() != entry.getCrc()) {
        throw RibonnxException.bundle(called(name) + ": is damaged; copy or pack the zip again");
      }
      return content.rewind().asReadOnlyBuffer();
    }

    @Override
    public void close() {
      try {
        zip.close();
      } catch (IOException e) {
        throw IoErrors.reading(path.toString(), e);
      }
    }
  }
}
