package org.ribonnx.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.io.IoErrors;
import org.ribonnx.core.io.OutputFile;
import org.ribonnx.core.io.RibonnxException;

/**
 * Writes a bundle as a zip that holds what its description names and nothing else. Equal bundles
 * give equal bytes: names are sorted, times fixed, and nothing is compressed, since what a
 * compressor makes differs from one library to the next (and weights hardly shrink).
 */
final class PackBundle {
  /** The earliest time whose entry needs no field with a time zone. */
  private static final LocalDateTime TIME = LocalDateTime.of(1980, 2, 1, 0, 0);

  private final Bundle bundle;

  PackBundle(Bundle bundle) {
    this.bundle = bundle;
  }

  /** The zip's usual name. */
  String fileName() {
    return bundle.id() + "-" + bundle.version() + ".zip";
  }

  /**
   * Writes the zip, its files below {@code ID-VERSION/}.
   *
   * @throws RibonnxException bundle, if the zip does not hold the bundle afterwards
   */
  void write(Path target) {
    String prefix = bundle.id() + "-" + bundle.version() + "/";
    try (OutputFile output = OutputFile.create(target)) {
      ZipOutputStream zip = new ZipOutputStream(Channels.newOutputStream(output.channel()));
      for (String name : bundle.fileNames()) {
        ByteBuffer content = bundle.file(name);
        CRC32 crc = new CRC32();
        crc.update(content.duplicate());
        ZipEntry entry = new ZipEntry(prefix + name);
        entry.setTimeLocal(TIME);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(content.remaining());
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        WritableByteChannel channel = Channels.newChannel(zip);
        while (content.hasRemaining()) {
          channel.write(content);
        }
        zip.closeEntry();
      }
      zip.finish();
      zip.flush();
      output.commit();
    } catch (IOException e) {
      throw IoErrors.writing(target.toString(), e);
    }
  }
}
