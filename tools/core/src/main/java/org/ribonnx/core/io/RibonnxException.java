package org.ribonnx.core.io;

import org.jspecify.annotations.Nullable;

/**
 * A failure that the user can read: one line that says what, where and what to do, with the exit
 * code that says who acts on it.
 */
public final class RibonnxException extends RuntimeException {
  /** Who acts on a failure; the numbers are the documented exit codes. */
  public enum Kind {
    /** Could not finish: I/O error, disk full, defect. */
    FAILED(1),
    /** Wrong usage: options, paths that do not exist, outputs that can't be written. */
    USAGE(2),
    /** Out of memory, in the JVM or on the device. */
    MEMORY(3),
    /** The input data is not what it should be. */
    INPUT(4),
    /** The model bundle is broken or does not fit. */
    BUNDLE(5),
    /** A CUDA device was asked for and is not to be had. */
    DEVICE(6);

    private final int exitCode;

    Kind(int exitCode) {
      this.exitCode = exitCode;
    }

    public int exitCode() {
      return exitCode;
    }
  }

  private static final long serialVersionUID = 1L;

  private final Kind kind;

  public RibonnxException(Kind kind, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }

  /**
   * The message on one line: what it quotes from a file may hold line breaks or control codes, or
   * be very long.
   */
  public String line() {
    return String.valueOf(getMessage())
        .replaceAll("\\s*[\\r\\n]+\\s*", " ")
        .replaceAll("\\p{Cntrl}", "?")
        .replaceAll("'([^']{100})[^']{50,}'", "'$1…'");
  }

  public static RibonnxException failed(String message, @Nullable Throwable cause) {
    return new RibonnxException(Kind.FAILED, message, cause);
  }

  public static RibonnxException usage(String message) {
    return new RibonnxException(Kind.USAGE, message, null);
  }

  public static RibonnxException input(String message) {
    return new RibonnxException(Kind.INPUT, message, null);
  }

  public static RibonnxException input(String message, Throwable cause) {
    return new RibonnxException(Kind.INPUT, message, cause);
  }

  public static RibonnxException bundle(String message) {
    return new RibonnxException(Kind.BUNDLE, message, null);
  }

  public static RibonnxException bundle(String message, Throwable cause) {
    return new RibonnxException(Kind.BUNDLE, message, cause);
  }

  public static RibonnxException memory(String message, @Nullable Throwable cause) {
    return new RibonnxException(Kind.MEMORY, message, cause);
  }

  public static RibonnxException device(String message, @Nullable Throwable cause) {
    return new RibonnxException(Kind.DEVICE, message, cause);
  }
}
