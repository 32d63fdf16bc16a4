package org.ribonnx.core.io;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Text that goes to a file, which appears when it is whole, or to standard output ({@code -}). */
public final class TextOutput implements AutoCloseable {
  private static final int BUFFER = 1 << 17;

  private final String called;
  private final WritableByteChannel channel;
  private final @Nullable OutputFile file;
  private final ByteBuffer pending = ByteBuffer.allocateDirect(BUFFER);

  private TextOutput(String called, WritableByteChannel channel, @Nullable OutputFile file) {
    this.called = called;
    this.channel = channel;
    this.file = file;
  }

  /** Opens {@code target}, or {@code standardOutput} where it is {@code -}. */
  public static TextOutput open(String target, OutputStream standardOutput) {
    if (target.equals("-")) {
      return new TextOutput("standard output", Channels.newChannel(standardOutput), null);
    }
    OutputFile file = OutputFile.create(Path.of(target));
    return new TextOutput(target, file.channel(), file);
  }

  public void write(ByteText text) {
    write(text.bytes(), 0, text.length());
  }

  public void write(byte[] bytes, int from, int length) {
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

  private void flush() {
    pending.flip();
    try {
      while (pending.hasRemaining()) {
        channel.write(pending);
      }
    } catch (IOException e) {
      throw IoErrors.writing(called, e);
    }
    pending.clear();
  }

  /** Writes what is left; a file gets its name. */
  public void commit() {
    flush();
    if (file != null) {
      file.commit();
    }
  }

  @Override
  public void close() {
    if (file != null) {
      file.close();
    }
  }
}
