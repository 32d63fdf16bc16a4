package org.ribonnx.encode.records;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.ribonnx.core.io.RibonnxException;

/** Opens an input by its content, whatever its name: gzip or not, FASTA, FASTQ or a table. */
public final class SequenceInput {
  /** What {@code --format} may say. */
  public enum Format {
    /** Told from the content. */
    AUTO,
    FASTA,
    FASTQ,
    TSV,
    /** Tables of numbers alone. */
    CSV
  }

  private static final String EXPECTED = "sequences as FASTA, FASTQ or a table are expected";

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
    String called = TextInput.called(source);
    try {
      TextInput text = TextInput.open(source, standardInput, EXPECTED);
      Format found = format == Format.AUTO ? sniff(text) : format;
      if (found != Format.AUTO) {
        text.refuseUnreadable();
      }
      InputStream stream = text.stream();
      return switch (found) {
        case FASTQ -> new FastqRecords(called, stream, file, wholeHeader);
        case TSV -> new TableRecords(called, stream, file);
        case CSV ->
            throw RibonnxException.usage(
                "--format csv is for tables of numbers; the model reads sequences, and a table of them is tsv");
        case FASTA, AUTO -> new FastaReader(called, stream, file, wholeHeader);
      };
    } catch (IOException e) {
      throw TextInput.reading(called, e);
    }
  }

  /** A failure while reading; damaged gzip is the data's fault, all else the system's. */
  public static RibonnxException reading(String called, IOException e) {
    return TextInput.reading(called, e);
  }

  private static Format sniff(TextInput input) {
    input.refuseUnreadable();
    String called = input.called();
    String text = new String(input.start(), StandardCharsets.UTF_8).stripLeading();
    if (text.isEmpty()) {
      throw RibonnxException.input(called + ": is empty; " + EXPECTED);
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
}
