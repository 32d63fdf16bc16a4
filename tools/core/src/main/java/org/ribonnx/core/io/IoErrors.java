package org.ribonnx.core.io;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Turns the system's words for an I/O failure into a line with a remedy. */
public final class IoErrors {
  private IoErrors() {}

  /** A failure while writing {@code what} (a path, or "standard output"). */
  public static RibonnxException writing(String what, IOException cause) {
    String text = text(cause);
    String lower = text.toLowerCase(Locale.ROOT);
    if (lower.contains("no space left") || lower.contains("quota exceeded")) {
      boolean temporary = what.startsWith(Spool.folder() + "/");
      return RibonnxException.failed(
          what
              + (temporary
                  ? ": the disk is full; free some space or set TMPDIR to a folder with more"
                  : ": the disk is full; free some space or write elsewhere (nothing was left under the final name)"),
          cause);
    }
    if (lower.contains("broken pipe") || lower.contains("connection reset")) {
      return RibonnxException.failed(
          what + ": the reader closed the pipe before everything was written", cause);
    }
    return RibonnxException.failed(what + ": cannot be written: " + text, cause);
  }

  /** A failure while reading {@code what}. */
  public static RibonnxException reading(String what, IOException cause) {
    return RibonnxException.failed(what + ": cannot be read: " + text(cause), cause);
  }

  /** The system's words for a failure, in short. */
  public static String text(IOException cause) {
    if (cause instanceof NoSuchFileException) {
      return "no such file or folder";
    }
    if (cause instanceof AccessDeniedException) {
      return "permission denied";
    }
    @Nullable String message = cause.getMessage();
    return message == null ? cause.getClass().getSimpleName() : message;
  }
}
