package org.ribonnx.encode.records;

import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.ribonnx.core.io.RibonnxException;

/** Lines of a text as bytes, without their line ends. Its memory is that of the longest line. */
public final class LineReader implements AutoCloseable {
  private static final int LONGEST = 1 << 29;

  /** Eight bytes of an array as one number, the first byte the lowest. */
  private static final VarHandle EIGHT =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /** A byte of 1, eight times. */
  private static final long EACH = 0x0101010101010101L;

  private final String called;
  private final InputStream stream;
  private byte[] buffer = new byte[1 << 17];
  private int end;
  private int next;
  private int from;
  private int to;
  private long line;
  private boolean again;

  public LineReader(String called, InputStream stream) {
    this.called = called;
    this.stream = stream;
  }

  /** Goes to the next line; false if there is none. */
  public boolean next() throws IOException {
    if (again) {
      again = false;
      return true;
    }
    int at = next;
    while (true) {
      at = newline(buffer, at, end);
      if (at < end) {
        return found(at, at + 1);
      }
      int kept = end - next;
      if (!more()) {
        return next < end && found(end, end);
      }
      at = next + kept;
    }
  }

  /** The first line end from a place on; {@code end} if there is none. */
  static int newline(byte[] bytes, int from, int end) {
    int at = from;
    for (; at + 8 <= end; at += 8) {
      long eight = (long) EIGHT.get(bytes, at) ^ ('\n' * EACH);
      // The highest bit of each byte that is 0 now; the lowest such byte is the first.
      long zero = (eight - EACH) & ~eight & 0x8080808080808080L;
      if (zero != 0) {
        return at + (Long.numberOfTrailingZeros(zero) >>> 3);
      }
    }
    while (at < end && bytes[at] != '\n') {
      at++;
    }
    return at;
  }

  private boolean found(int lineEnd, int following) {
    from = next;
    to = lineEnd > from && buffer[lineEnd - 1] == '\r' ? lineEnd - 1 : lineEnd;
    next = following;
    line++;
    return true;
  }

  /** Reads behind what is kept from {@code next} on, which then begins the buffer. */
  private boolean more() throws IOException {
    if (next > 0) {
      System.arraycopy(buffer, next, buffer, 0, end - next);
      end -= next;
      next = 0;
    }
    if (end == buffer.length) {
      if (end >= LONGEST) {
        throw RibonnxException.input(
            called + ", line " + (line + 1) + ": is longer than " + LONGEST + " bytes");
      }
      buffer = Arrays.copyOf(buffer, 2 * end);
    }
    int n = stream.read(buffer, end, buffer.length - end);
    if (n <= 0) {
      return false;
    }
    end += n;
    return true;
  }

  /** Lets the next call of {@link #next} stay at this line. */
  public void again() {
    again = true;
  }

  /** Bytes that hold the line; good until the next one. */
  public byte[] bytes() {
    return buffer;
  }

  public int from() {
    return from;
  }

  public int to() {
    return to;
  }

  /** Number of the line, from 1. */
  public long line() {
    return line;
  }

  /** Whether the line holds nothing but blanks. */
  public boolean isBlank() {
    for (int i = from; i < to; i++) {
      if (buffer[i] != ' ' && buffer[i] != '\t') {
        return false;
      }
    }
    return true;
  }

  @Override
  public void close() throws IOException {
    stream.close();
  }
}
