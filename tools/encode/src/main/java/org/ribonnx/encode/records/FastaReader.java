package org.ribonnx.encode.records;

import java.io.IOException;
import java.io.InputStream;
import org.ribonnx.core.io.RibonnxException;

/**
 * Reads FASTA without making a string of any line: records over several lines, any line ends,
 * comments with ';' before the first record, blank lines.
 */
final class FastaReader implements SequenceReader {
  private static final int BUFFER = 1 << 16;

  private final String called;
  private final InputStream stream;
  private final int file;
  private final boolean wholeHeader;

  private final byte[] buffer = new byte[BUFFER];
  private int position;
  private int limit;
  private boolean ended;

  // The line at hand, without its end; a line longer than the buffer comes in parts.
  private int lineFrom;
  private int lineLength;
  private boolean lineContinues;
  private long lineNumber;

  private byte[] header = new byte[256];
  private int headerLength;
  private long headerLine;
  private boolean begun;

  FastaReader(String called, InputStream stream, int file, boolean wholeHeader) {
    this.called = called;
    this.stream = stream;
    this.file = file;
    this.wholeHeader = wholeHeader;
  }

  @Override
  public boolean next(SequenceBatch batch) throws IOException {
    if (!begun) {
      begun = true;
      while (true) {
        if (!readLine()) {
          throw RibonnxException.input(called + ": holds no sequence record");
        }
        if (lineLength > 0 && buffer[lineFrom] == '>') {
          takeHeader();
          break;
        }
        boolean comment = lineLength > 0 && buffer[lineFrom] == ';';
        if (!comment && !isBlank()) {
          throw RibonnxException.input(
              called
                  + ": line "
                  + lineNumber
                  + ": a FASTA record begins with '>', but here stands '"
                  + SequenceInput.shortened(
                      new String(
                          buffer, lineFrom, lineLength, java.nio.charset.StandardCharsets.UTF_8))
                  + "'");
        }
        skipRest();
      }
    }
    if (headerLine == 0) {
      return false;
    }
    int from = 0;
    int end = headerLength;
    while (end > 0 && header[end - 1] <= ' ' && header[end - 1] >= 0) {
      end--;
    }
    while (from < end && (header[from] == ' ' || header[from] == '\t')) {
      from++;
    }
    if (!wholeHeader) {
      int word = from;
      while (word < end && !(header[word] == ' ' || header[word] == '\t')) {
        word++;
      }
      end = word;
    }
    batch.begin(header, from, end - from, file, headerLine);
    headerLine = 0;
    while (readLine()) {
      if (lineLength > 0 && buffer[lineFrom] == '>') {
        takeHeader();
        return true;
      }
      trimEnd();
      batch.line(buffer, lineFrom, lineLength);
      while (lineContinues) {
        readPart();
        trimEnd();
        batch.more(buffer, lineFrom, lineLength);
      }
    }
    return true;
  }

  private void takeHeader() throws IOException {
    headerLine = lineNumber;
    headerLength = 0;
    append(lineFrom + 1, lineLength - 1);
    while (lineContinues) {
      readPart();
      append(lineFrom, lineLength);
    }
  }

  private void append(int from, int length) {
    // Nobody's id is longer than this; what follows is description.
    int room = (1 << 16) - headerLength;
    int taken = Math.min(length, room);
    if (headerLength + taken > header.length) {
      header = java.util.Arrays.copyOf(header, Math.max(2 * header.length, headerLength + taken));
    }
    System.arraycopy(buffer, from, header, headerLength, taken);
    headerLength += taken;
  }

  private void skipRest() throws IOException {
    while (lineContinues) {
      readPart();
    }
  }

  private boolean isBlank() {
    for (int i = 0; i < lineLength; i++) {
      if (buffer[lineFrom + i] != ' ' && buffer[lineFrom + i] != '\t') {
        return false;
      }
    }
    return true;
  }

  private void trimEnd() {
    while (lineLength > 0
        && (buffer[lineFrom + lineLength - 1] == ' '
            || buffer[lineFrom + lineLength - 1] == '\t')) {
      lineLength--;
    }
  }

  /** Moves to the next line; false at the end. */
  private boolean readLine() throws IOException {
    if (position == limit && !fill()) {
      return false;
    }
    lineNumber++;
    readPart();
    return true;
  }

  /** Takes what of the line is in the buffer; sets whether more follows. */
  private void readPart() throws IOException {
    if (position == limit && !fill()) {
      lineContinues = false;
      lineLength = 0;
      return;
    }
    int at = position;
    while (true) {
      at = LineReader.newline(buffer, at, limit);
      if (at < limit || ended) {
        break;
      }
      if (position > 0) {
        // Move the line to the front and read on, so that all but very long lines come whole.
        System.arraycopy(buffer, position, buffer, 0, limit - position);
        limit -= position;
        at -= position;
        position = 0;
      }
      if (limit == BUFFER) {
        break;
      }
      int more = stream.read(buffer, limit, BUFFER - limit);
      if (more < 0) {
        ended = true;
      } else {
        limit += more;
      }
    }
    int from = position;
    lineFrom = from;
    int length = at - from;
    lineContinues = at == limit && !ended;
    position = lineContinues || at == limit ? at : at + 1;
    while (length > 0 && buffer[from + length - 1] == '\r' && !lineContinues) {
      length--;
    }
    lineLength = length;
  }

  private boolean fill() throws IOException {
    if (ended) {
      return false;
    }
    position = 0;
    limit = 0;
    int n = stream.read(buffer, 0, BUFFER);
    while (n == 0) {
      n = stream.read(buffer, 0, BUFFER);
    }
    if (n < 0) {
      ended = true;
      return false;
    }
    limit = n;
    return true;
  }

  @Override
  public void close() throws IOException {
    stream.close();
  }
}
