package org.ribonnx.encode.records;

import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.ribonnx.core.io.IoErrors;
import org.ribonnx.core.io.RibonnxException;

/**
 * Opens a text file by its content, whatever its name: gzip or not, with a byte order mark or not.
 */
public final class TextInput {
  private static final int SNIFF = 4096;

  private final String called;
  private final InputStream stream;
  private final byte[] start;
  private final String expected;

  private TextInput(String called, InputStream stream, byte[] start, String expected) {
    this.called = called;
    this.stream = stream;
    this.start = start;
    this.expected = expected;
  }

  /** How an input is called in messages. */
  public static String called(String source) {
    return source.equals("-") ? "standard input" : source;
  }

  /**
   * Opens an input.
   *
   * @param source a path, or {@code -}
   * @param standardInput what {@code -} stands for
   * @param expected what is expected, as the end of a message
   */
  public static TextInput open(String source, InputStream standardInput, String expected)
      throws IOException {
    InputStream raw = source.equals("-") ? standardInput : Files.newInputStream(Path.of(source));
    PushbackInputStream stream = peekable(raw);
    byte[] start = peek(stream);
    if (starts(start, 0x1f, 0x8b)) {
      stream = peekable(new GZIPInputStream(stream, 1 << 16));
      start = peek(stream);
    }
    if (starts(start, 0xef, 0xbb, 0xbf)) {
      stream.skipNBytes(3);
      start = Arrays.copyOfRange(start, 3, start.length);
    }
    return new TextInput(called(source), stream, start, expected);
  }

  /** How it is called in messages. */
  public String called() {
    return called;
  }

  /** The text from its beginning, without a byte order mark. */
  public InputStream stream() {
    return stream;
  }

  /** The first bytes of the text; what is left of it if it is short. */
  byte[] start() {
    return start;
  }

  /**
   * A failure while reading; damaged gzip is the data's fault, all else the system's.
   *
   * @param called how the input is called
   */
  public static RibonnxException reading(String called, IOException e) {
    if (e instanceof ZipException || e instanceof java.io.EOFException) {
      return RibonnxException.input(
          called
              + ": the gzip data is damaged or cut short ("
              + e.getMessage()
              + "); copy or compress the file again",
          e);
    }
    return IoErrors.reading(called, e);
  }

  /**
   * Refuses what is no text.
   *
   * @throws RibonnxException input, saying what it is instead
   */
  void refuseUnreadable() {
    if (starts(start, 0xfe, 0xff) || starts(start, 0xff, 0xfe)) {
      throw RibonnxException.input(called + ": is UTF-16 text; save it as plain text (UTF-8)");
    }
    if (starts(start, 'B', 'Z', 'h')) {
      throw RibonnxException.input(
          called + ": is compressed with bzip2; unpack it, or compress it with gzip");
    }
    if (starts(start, 0xfd, '7', 'z', 'X', 'Z')) {
      throw RibonnxException.input(
          called + ": is compressed with xz; unpack it, or compress it with gzip");
    }
    if (starts(start, 0x28, 0xb5, 0x2f, 0xfd)) {
      throw RibonnxException.input(
          called + ": is compressed with zstd; unpack it, or compress it with gzip");
    }
    if (starts(start, 'P', 'K', 3, 4)) {
      throw RibonnxException.input(called + ": is a zip (or a tensor file); " + expected);
    }
    if (starts(start, 'B', 'A', 'M', 1)) {
      throw RibonnxException.input(
          called + ": is a BAM file; write its reads as FASTQ first (samtools fastq)");
    }
    for (byte b : start) {
      if (b == 0) {
        throw RibonnxException.input(called + ": is binary; " + expected);
      }
    }
  }

  private static PushbackInputStream peekable(InputStream stream) {
    return new PushbackInputStream(stream, SNIFF) {
      /** Waits: gzip takes 0 for the end, where a pipe has nothing for a moment. */
      @Override
      public int available() throws IOException {
        int ready = super.available();
        if (ready > 0) {
          return ready;
        }
        int next = read();
        if (next < 0) {
          return 0;
        }
        unread(next);
        return 1;
      }
    };
  }

  private static byte[] peek(PushbackInputStream stream) throws IOException {
    byte[] start = stream.readNBytes(SNIFF);
    stream.unread(start);
    return start;
  }

  private static boolean starts(byte[] bytes, int... with) {
    if (bytes.length < with.length) {
      return false;
    }
    for (int i = 0; i < with.length; i++) {
      if ((bytes[i] & 0xff) != with[i]) {
        return false;
      }
    }
    return true;
  }
}
