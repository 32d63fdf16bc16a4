package org.ribonnx.core.bundle;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** The release that runs: the version of the POM, written at build time. */
public final class Release {
  /** For example {@code 0.1.0}. */
  public static final String VERSION = read();

  private Release() {}

  private static String read() {
    try (@Nullable InputStream stream =
        Release.class.getResourceAsStream("/org/ribonnx/core/version")) {
      if (stream == null) {
        throw new IllegalStateException("the jar lacks its version");
      }
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
