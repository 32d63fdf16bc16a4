package org.ribonnx.core.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A temporary file that is appended to and then read by position: what must outlast a pass over the
 * records but not stay in memory. It has no name in the file system while in use and lies in
 * TMPDIR.
 */
public final class Spool implements AutoCloseable {
  private static final int BUFFER = 1 << 16;

  private final String what;
  private final FileChannel channel;
  private final ByteBuffer pending =
      ByteBuffer.allocateDirect(BUFFER).order(ByteOrder.LITTLE_ENDIAN);
  private long size;

  /** Creates a spool in {@code folder}; {@code what} names it in errors. */
  public Spool(Path folder, String what) {
    this.what = what + " (temporary file in " + folder + ", see TMPDIR)";
    try {
      Path path = Files.createTempFile(folder, "ribonnx-", ".spool");
      channel =
          FileChannel.open(
              path,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              StandardOpenOption.DELETE_ON_CLOSE);
    } catch (IOException e) {
      throw IoErrors.writing(this.what, e);
    }
  }

  /** The folder for temporary files: TMPDIR, as the launchers hand it to the JVM. */
  public static Path folder() {
    return Path.of(
        System.getProperty("ribonnx.tmpdir", System.getProperty("java.io.tmpdir", "/tmp")));
  }

  /** Bytes appended so far; the position of what is appended next. */
  public long size() {
    return size;
  }

  public void append(byte[] bytes, int from, int length) {
    size += length;
    int done = 0;
    while (done < length) {
      if (!pending.hasRemaining()) {
        flush();
      }
      int part = Math.min(pending.remaining(), length - done);
      pending.put(bytes, from + done, part);
      done += part;
    }
  }

  public void append(ByteBuffer bytes) {
    size += bytes.remaining();
    while (bytes.hasRemaining()) {
      if (!pending.hasRemaining()) {
        flush();
      }
      int part = Math.min(pending.remaining(), bytes.remaining());
      pending.put(bytes.slice(bytes.position(), part));
      bytes.position(bytes.position() + part);
    }
  }

  public void appendLong(long value) {
    if (pending.remaining() < Long.BYTES) {
      flush();
    }
    pending.putLong(value);
    size += Long.BYTES;
  }

  private void flush() {
    pending.flip();
    try {
      while (pending.hasRemaining()) {
        channel.write(pending);
      }
    } catch (IOException e) {
      throw IoErrors.writing(what, e);
    }
    pending.clear();
  }

  /** Fills {@code into} from {@code position} on, wholly. */
  public void read(long position, ByteBuffer into) {
    if (pending.position() > 0) {
      flush();
    }
    try {
      long at = position;
      while (into.hasRemaining()) {
        int n = channel.read(into, at);
        if (n < 0) {
          throw new IOException("ended at byte " + at);
        }
        at += n;
      }
    } catch (IOException e) {
      throw IoErrors.reading(what, e);
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw IoErrors.writing(what, e);
    }
  }
}
