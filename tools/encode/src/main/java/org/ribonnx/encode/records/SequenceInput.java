package org.ribonnx.encode.records;

import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.ribonnx.core.io.IoErrors;
import org.ribonnx.core.io.RibonnxException;

/** Opens an input by its content, whatever its name: gzip or not, FASTA, FASTQ or a table. */
public final class SequenceInput {
  /** What {@code --format} may say. */
  public enum Format {
    /** Told from the content. */
    AUTO,
    FASTA,
    FASTQ,
    TSV
  }

  private static final int SNIFF = 4096;

  private SequenceInput() {}

  /**
   * Opens an input.
   *
   * @param source a path, or {@code -}
   * @param file its number among the inputs
   * @param wholeHeader whether an id is the whole header instead of its first word
   * @param standardInput what {@code -} stands for
   * @throws RibonnxException input, if the content is not sequences
   */
  public static SequenceReader open(
      String source, int file, Format format, boolean wholeHeader, InputStream standardInput) {
    String called = source.equals("-") ? "standard input" : source;
    try {
      InputStream raw = source.equals("-") ? standardInput : Files.newInputStream(Path.of(source));
      PushbackInputStream stream = peekable(raw);
      byte[] start = peek(stream);
      if (start.length >= 2 && start[0] == 0x1f && (start[1] & 0xff) == 0x8b) {
        stream = peekable(new GZIPInputStream(stream, 1 << 16));
        start = peek(stream);
      }
      Format found = format == Format.AUTO ? sniff(called, start) : format;
      if (found != Format.AUTO) {
        refuseUnreadable(called, start);
      }
      boolean mark =
          start.length >= 3
              && (start[0] & 0xff) == 0xef
              && (start[1] & 0xff) == 0xbb
              && (start[2] & 0xff) == 0xbf;
      if (mark) {
        stream.skipNBytes(3);
      }
      return switch (found) {
        case FASTQ -> new FastqRecords(called, stream, file, wholeHeader);
        case TSV -> new TableRecords(called, stream, file);
        case FASTA, AUTO -> new FastaReader(called, stream, file, wholeHeader);
      };
    } catch (IOException e) {
      throw reading(called, e);
    }
  }

  /** A failure while reading; damaged gzip is the data's fault, all else the system's. */
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

  private static void refuseUnreadable(String called, byte[] start) {
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
      throw RibonnxException.input(
          called
              + ": is a zip (or a tensor file); sequences as FASTA, FASTQ or a table are expected");
    }
    if (starts(start, 'B', 'A', 'M', 1)) {
      throw RibonnxException.input(
          called + ": is a BAM file; write its reads as FASTQ first (samtools fastq)");
    }
    for (byte b : start) {
      if (b == 0) {
        throw RibonnxException.input(
            called + ": is binary; sequences as FASTA, FASTQ or a table are expected");
      }
    }
  }

  private static Format sniff(String called, byte[] start) {
    refuseUnreadable(called, start);
    String text = new String(start, StandardCharsets.UTF_8);
    if (text.startsWith("\ufeff")) {
      text = text.substring(1);
    }
    text = text.stripLeading();
    if (text.isEmpty()) {
      throw RibonnxException.input(
          called + ": is empty; sequences as FASTA, FASTQ or a table are expected");
    }
    String first = text.lines().findFirst().orElse("");
    String lower = first.toLowerCase(Locale.ROOT);
    if (text.startsWith(">") || text.startsWith(";")) {
      return Format.FASTA;
    }
    if (lower.startsWith("##gff")
        || lower.startsWith("##gtf")
        || lower.startsWith("#!genome")
        || first.matches("[^\\t]+\\t[^\\t]+\\t[^\\t]+\\t\\d+\\t\\d+\\t[^\\t]+\\t[-+.?]\\t.*")) {
      throw RibonnxException.input(
          called
              + ": is an annotation (GFF or GTF); give the sequences themselves as FASTA (bedtools getfasta, gffread)");
    }
    if (text.startsWith("<")) {
      throw RibonnxException.input(
          called + ": is a web page (HTML or XML); download the sequence file itself");
    }
    if (first.matches("@(HD|SQ|RG|PG|CO)\\t.*")) {
      throw RibonnxException.input(
          called + ": is a SAM file; write its reads as FASTQ first (samtools fastq)");
    }
    if (text.startsWith("@")) {
      return Format.FASTQ;
    }
    if (first.contains("\t")) {
      return Format.TSV;
    }
    throw RibonnxException.input(
        called
            + ": line 1: '"
            + shortened(first)
            + "' begins neither FASTA ('>'), FASTQ ('@') nor a table with id and sequence");
  }

  /** A piece of a file for a message: short, without control characters. */
  static String shortened(String text) {
    String plain = text.replaceAll("\\p{Cntrl}", "?");
    return plain.length() > 40 ? plain.substring(0, 40) + "…" : plain;
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
