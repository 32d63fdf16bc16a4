package org.ribonnx.encode.records;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import htsjdk.samtools.reference.FastaSequenceFile;
import htsjdk.samtools.reference.ReferenceSequence;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FastaReaderTest {
  private static final String LETTERS = "ACGUTNRYacgutnry";

  /** A record as a line of text, for comparisons. */
  private static List<String> read(InputStream in, boolean wholeHeader) throws IOException {
    List<String> records = new ArrayList<>();
    SequenceBatch batch = new SequenceBatch(16);
    try (SequenceReader reader =
        SequenceInput.open("-", 0, SequenceInput.Format.AUTO, wholeHeader, in)) {
      boolean more = true;
      while (more) {
        batch.clear(records.size());
        while (more && !batch.isFull()) {
          more = reader.next(batch);
        }
        for (int row = 0; row < batch.block().size(); row++) {
          String letters =
              new String(
                  batch.letters(), batch.start(row), batch.length(row), StandardCharsets.UTF_8);
          records.add(batch.block().id(row) + "|" + letters.replaceAll("\\s", ""));
        }
      }
    }
    return records;
  }

  private static List<String> read(String text) throws IOException {
    return read(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), false);
  }

  private static List<String> oracle(Path file) {
    List<String> records = new ArrayList<>();
    try (FastaSequenceFile fasta = new FastaSequenceFile(file, true)) {
      for (ReferenceSequence one = fasta.nextSequence(); one != null; one = fasta.nextSequence()) {
        records.add(one.getName() + "|" + new String(one.getBases(), StandardCharsets.US_ASCII));
      }
    }
    return records;
  }

  static String random(Random random, int longest) {
    StringBuilder text = new StringBuilder();
    String end = random.nextBoolean() ? "\n" : "\r\n";
    int records = 1 + random.nextInt(40);
    for (int i = 0; i < records; i++) {
      text.append(">id").append(i).append("x".repeat(random.nextInt(40)));
      switch (random.nextInt(4)) {
        case 0 -> text.append(" a description > with signs");
        case 1 -> text.append("\tbehind a tab");
        case 2 -> text.append(' ');
        default -> {}
      }
      text.append(end);
      for (int lines = 1 + random.nextInt(5); lines > 0; lines--) {
        for (int n = 1 + random.nextInt(longest); n > 0; n--) {
          text.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
        }
        text.append(end);
        if (random.nextInt(8) == 0) {
          text.append(end);
        }
      }
    }
    return random.nextBoolean() ? text.toString().strip() : text.toString();
  }

  @Test
  void agreesWithHtsjdkOnRandomFiles(@TempDir Path folder) throws IOException {
    Random random = new Random(40);
    for (int trial = 0; trial < 60; trial++) {
      String text = random(random, 120);
      Path file = Files.writeString(folder.resolve(trial + ".fa"), text);
      assertEquals(oracle(file), read(text), () -> text);
    }
  }

  @Test
  void agreesWithHtsjdkOnLinesBeyondTheBuffer(@TempDir Path folder) throws IOException {
    Random random = new Random(41);
    for (int trial = 0; trial < 4; trial++) {
      String text = random(random, 150_000);
      Path file = Files.writeString(folder.resolve(trial + ".fa"), text);
      List<String> expected = oracle(file);
      List<String> found = read(text);
      // Compared without printing megabytes.
      assertTrue(expected.equals(found), "trial " + trial);
    }
  }

  /** A pipe hands over what it has, a byte at a time if need be. */
  @Test
  void piecesOfAnySizeGiveTheSame() throws IOException {
    Random random = new Random(42);
    String text = ">a b\nACGU\n>long\n" + "ACGU".repeat(30_000) + "\nGG\n\n>c\r\nAC\r\nGU";
    List<String> expected = read(text);
    assertEquals(3, expected.size());
    for (int most : new int[] {1, 7, 5000, 70_000}) {
      InputStream pieces = new Pieces(text.getBytes(StandardCharsets.UTF_8), random, most);
      assertTrue(expected.equals(read(pieces, false)), "pieces of up to " + most);
    }
  }

  /** Hands out up to {@code most} bytes at a time and never says how many are left. */
  static final class Pieces extends ByteArrayInputStream {
    private final Random random;
    private final int most;

    Pieces(byte[] bytes, Random random, int most) {
      super(bytes);
      this.random = random;
      this.most = most;
    }

    @Override
    public synchronized int read(byte[] into, int from, int length) {
      return super.read(into, from, Math.min(length, 1 + random.nextInt(most)));
    }

    @Override
    public synchronized int available() {
      return 0;
    }
  }

  @Test
  void headersGiveTheirFirstWordOrAll() throws IOException {
    String text = ">first word\tand tab \r\nA\n> spaced id\nC\n>\nG\n>last";
    assertEquals(List.of("first|A", "spaced|C", "record-3|G", "last|"), read(text));
    InputStream in = new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    assertEquals(
        List.of("record-1|A", "spaced id|C", "record-3|G", "last|"),
        read(in, true),
        "a tab can't stand in an id");
  }

  @Test
  void theFirstRecordSurvivesCommentsBlankLinesAndAMark() throws IOException {
    assertEquals(List.of("a|AC", "b|G"), read("; comment\n;more\n\n  \n>a\nA\nC\n>b\nG\n"));
    assertEquals(List.of("a|AC", "b|G"), read("\ufeff>a\nAC\n>b\nG\n"));
  }

  @Test
  void gzipOfSeveralMembersIsReadToItsEnd() throws IOException {
    Random random = new Random(43);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    StringBuilder text = new StringBuilder();
    for (int member = 0; member < 5; member++) {
      String part = random(random, 100).strip() + "\n";
      text.append(part);
      try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
        gzip.write(part.getBytes(StandardCharsets.UTF_8));
      }
    }
    List<String> expected = read(text.toString());
    assertEquals(expected, read(new ByteArrayInputStream(bytes.toByteArray()), false));
    // A pipe may be empty for a moment just where a member ends.
    for (int most : new int[] {1, 100, 4096}) {
      assertEquals(expected, read(new Pieces(bytes.toByteArray(), random, most), false));
    }
  }

  @Test
  void linesOfLettersAreExact() throws IOException {
    // Lines 2 (blank), 3, 4 (over the buffer), 5: each letter is asked for its line.
    String text = ">a\n\nACG\n" + "U".repeat(200_000) + "\nGG\n";
    SequenceBatch batch = new SequenceBatch(16);
    batch.clear(0);
    try (SequenceReader reader =
        SequenceInput.open(
            "-",
            0,
            SequenceInput.Format.FASTA,
            false,
            new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)))) {
      assertTrue(reader.next(batch));
    }
    assertEquals(3, batch.lineOf(0, 0));
    assertEquals(3, batch.lineOf(0, 2));
    assertEquals(4, batch.lineOf(0, 3));
    assertEquals(4, batch.lineOf(0, 70_000));
    assertEquals(4, batch.lineOf(0, 200_002));
    assertEquals(5, batch.lineOf(0, 200_003));
  }
}
