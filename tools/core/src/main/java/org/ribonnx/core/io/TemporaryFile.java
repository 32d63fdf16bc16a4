package org.ribonnx.core.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A file with a name in TMPDIR, which goes when it is closed or when a signal ends the process. */
public final class TemporaryFile implements AutoCloseable {
  private final Path path;

  /**
   * @param suffix end of the name, for example {@code .npz}
   */
  public TemporaryFile(String suffix) {
    try {
      path = Files.createTempFile(Spool.folder(), "ribonnx-", suffix);
      OutputFile.removeOnSignal(path);
    } catch (IOException e) {
      throw IoErrors.writing("temporary file in " + Spool.folder() + " (see TMPDIR)", e);
    }
  }

  /** A file that holds {@code content}. */
  public static TemporaryFile of(String suffix, ByteBuffer content) {
    TemporaryFile file = new TemporaryFile(suffix);
    try (FileChannel channel = FileChannel.open(file.path, StandardOpenOption.WRITE)) {
      while (content.hasRemaining()) {
        channel.write(content);
      }
      return file;
    } catch (IOException e) {
      file.close();
      throw IoErrors.writing(file.path + " (see TMPDIR)", e);
    }
  }

  public Path path() {
    return path;
  }

  @Override
  public void close() {
    try {
      Files.deleteIfExists(path);
      OutputFile.removed(path);
    } catch (IOException e) {
      throw IoErrors.writing(path.toString(), e);
    }
  }
}
