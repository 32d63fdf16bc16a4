package org.ribonnx.encode.records;

import htsjdk.samtools.SAMException;
import htsjdk.samtools.fastq.FastqReader;
import htsjdk.samtools.fastq.FastqRecord;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.ribonnx.core.io.RibonnxException;

/** Reads FASTQ through htsjdk; qualities are not used. */
final class FastqRecords implements SequenceReader {
  private final String called;
  private final FastqReader reader;
  private final int file;
  private final boolean wholeHeader;

  FastqRecords(String called, InputStream stream, int file, boolean wholeHeader) {
    this.called = called;
    this.file = file;
    this.wholeHeader = wholeHeader;
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8), 1 << 16);
    this.reader = guarded(() -> new FastqReader(new File(called), lines, true));
  }

  private interface Reading<T> {
    T get();
  }

  private <T> T guarded(Reading<T> reading) {
    try {
      return reading.get();
    } catch (SAMException e) {
      if (e.getCause() instanceof IOException cause) {
        throw SequenceInput.reading(called, cause);
      }
      String what = String.valueOf(e.getMessage()).replaceAll("\\s*[\\r\\n]+\\s*", " ");
      throw RibonnxException.input(called + ": is no sound FASTQ: " + what, e);
    } catch (UncheckedIOException e) {
      throw SequenceInput.reading(called, java.util.Objects.requireNonNull(e.getCause()));
    }
  }

  @Override
  public boolean next(SequenceBatch batch) {
    if (!guarded(reader::hasNext)) {
      return false;
    }
    long line = reader.getLineNumber() - 4L;
    FastqRecord record = guarded(reader::next);
    String header = record.getReadName() == null ? "" : record.getReadName();
    byte[] id = (wholeHeader ? header.strip() : firstWord(header)).getBytes(StandardCharsets.UTF_8);
    byte[] letters = record.getReadString().getBytes(StandardCharsets.UTF_8);
    batch.begin(id, 0, id.length, file, Math.max(1, line));
    batch.line(letters, 0, letters.length);
    return true;
  }

  private static String firstWord(String header) {
    int end = 0;
    while (end < header.length() && header.charAt(end) != ' ' && header.charAt(end) != '\t') {
      end++;
    }
    return header.substring(0, end);
  }

  @Override
  public void close() {
    reader.close();
  }
}
