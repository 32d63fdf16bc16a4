package org.ribonnx.core.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.ribonnx.core.io.Digest;

/** A bundle in the making: model.yaml, in which {@code SHA(file)} stands for the file's digest. */
public final class TestBundle {
  private final Map<String, byte[]> files = new LinkedHashMap<>();
  private final String card;

  public TestBundle(String card) {
    this.card = card;
  }

  /** The same bundle with more lines at the end of model.yaml. */
  public TestBundle more(String lines) {
    TestBundle longer = new TestBundle(card + lines);
    longer.files.putAll(files);
    return longer;
  }

  public TestBundle file(String name, byte[] content) {
    files.put(name, content);
    return this;
  }

  public TestBundle file(String name, String content) {
    return file(name, content.getBytes(StandardCharsets.UTF_8));
  }

  private Map<String, byte[]> all() {
    String sealed = card;
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      sealed =
          sealed.replace("SHA(" + file.getKey() + ")", Digest.of(ByteBuffer.wrap(file.getValue())));
    }
    Map<String, byte[]> all = new LinkedHashMap<>();
    all.put("model.yaml", sealed.getBytes(StandardCharsets.UTF_8));
    all.putAll(files);
    return all;
  }

  /** Writes the bundle into a folder, which is made. */
  public Path folder(Path folder) {
    try {
      for (Map.Entry<String, byte[]> file : all().entrySet()) {
        Path target = folder.resolve(file.getKey());
        Files.createDirectories(target.getParent());
        Files.write(target, file.getValue());
      }
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes the bundle as a zip, its files below {@code prefix}. */
  public Path zip(Path target, String prefix) {
    try {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
        for (Map.Entry<String, byte[]> file : all().entrySet()) {
          zip.putNextEntry(new ZipEntry(prefix + file.getKey()));
          zip.write(file.getValue());
          zip.closeEntry();
        }
      }
      return Files.write(target, bytes.toByteArray());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
