package org.ribonnx.encode;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.block.Column;
import org.ribonnx.core.block.RecordStatus;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.tensor.DType;
import org.ribonnx.core.testing.TestBundle;

class NucleotidesEncoderTest {
  private static final int LENGTH = 12;

  private static Encoder encoder(Path folder, String view) {
    TestBundle made =
        new TestBundle(
            "schema: 1\nid: m\nversion: 1.0.0\ninputs: {rna: {kind: sequences}}\nviews:\n  v: {"
                + view
                + "}\n");
    try (Bundle bundle = Bundle.open(made.folder(folder))) {
      return (Encoder) Encoders.of(bundle, bundle.views().values().iterator().next());
    }
  }

  /** What the encoder must write, one letter after the other. */
  private static byte[] oracle(String sequence, String keep) {
    int from =
        switch (keep) {
          case "3p" -> Math.max(0, sequence.length() - LENGTH);
          case "centre" -> Math.max(0, (sequence.length() - LENGTH) / 2);
          default -> 0;
        };
    byte[] row = new byte[LENGTH];
    for (int i = 0; i < LENGTH; i++) {
      int at = from + i;
      row[i] = 9;
      if (at < sequence.length()) {
        int code =
            "ACGU"
                .indexOf(
                    Character.toUpperCase(sequence.charAt(at)) == 'T'
                        ? 'U'
                        : Character.toUpperCase(sequence.charAt(at)));
        row[i] = (byte) (code < 0 ? 4 : code);
      }
    }
    return row;
  }

  @ParameterizedTest
  @ValueSource(strings = {"5p", "3p", "centre"})
  void agreesWithANaiveEncoder(String keep, @TempDir Path folder) {
    Encoder encoder =
        encoder(
            folder, "encoder: nucleotides@1, shape: [12], pad: 9, options: {keep: " + keep + "}");
    assertEquals(LENGTH, encoder.capacity());
    Random random = new Random(50);
    Block block = new Block(16);
    Column column = block.column("v", DType.UINT8, LENGTH);
    for (int trial = 0; trial < 3000; trial++) {
      int length = trial < 40 ? trial / 2 : random.nextInt(3 * LENGTH);
      StringBuilder sequence = new StringBuilder();
      for (int i = 0; i < length; i++) {
        sequence.append("ACGUTacgutNnRYSWKMBDHV".charAt(random.nextInt(22)));
      }
      byte[] letters = ("xx" + sequence).getBytes(StandardCharsets.US_ASCII);
      Letters.Result result = new Letters.Result();
      assertTrue(Letters.translate(letters, 2, length, result));
      assertEquals(length, result.length);
      int row = random.nextInt(16);
      RecordStatus status = encoder.encode(letters, 2, length, column, block, row);
      byte[] expected = oracle(sequence.toString(), keep);
      boolean some = false;
      for (byte code : expected) {
        some |= code < 4;
      }
      assertEquals(some ? RecordStatus.OK : RecordStatus.NO_USABLE_BASE, status);
      if (some) {
        byte[] found = new byte[LENGTH];
        column.data().get(row * LENGTH, found);
        assertArrayEquals(expected, found, sequence.toString());
      }
    }
  }

  @Test
  void lengthsAroundTheLimits(@TempDir Path folder) {
    Encoder encoder =
        encoder(
            folder,
            "encoder: nucleotides@1, shape: [12], pad: 5, options: {too-long: unusable, shortest: 3}");
    Block block = new Block(16);
    Column column = block.column("v", DType.UINT8, LENGTH);
    byte[] codes = new byte[20];
    List<RecordStatus> statuses =
        List.of(0, 1, 2, 3, 11, 12, 13, 20).stream()
            .map(length -> encoder.encode(codes, 0, length, column, block, 0))
            .toList();
    assertEquals(
        List.of(
            RecordStatus.NO_USABLE_BASE,
            RecordStatus.TOO_SHORT,
            RecordStatus.TOO_SHORT,
            RecordStatus.OK,
            RecordStatus.OK,
            RecordStatus.OK,
            RecordStatus.TOO_LONG,
            RecordStatus.TOO_LONG),
        statuses);
  }

  @ParameterizedTest
  @CsvSource({"cut, 12", "part, 2147483647", "unusable, 12"})
  void aViewOfAnEndLeavesNothingOut(String tooLong, int capacity, @TempDir Path folder) {
    Encoder encoder =
        encoder(
            folder,
            "encoder: nucleotides@1, shape: [12], pad: 5, options: {keep: 3p, too-long: "
                + tooLong
                + "}");
    Column column = new Block(16).column("v", DType.UINT8, LENGTH);
    byte[] codes = new byte[20];
    codes[19] = 3;
    RecordStatus status = encoder.encode(codes, 0, 20, column, new Block(16), 0);
    assertEquals(tooLong.equals("unusable") ? RecordStatus.TOO_LONG : RecordStatus.OK, status);
    assertEquals(tooLong.equals("unusable") ? 0 : 3, column.data().get(11));
    assertEquals(capacity, encoder.capacity());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "encoder: nucleotides@2, shape: [12], pad: 5",
        "encoder: nucleotides@1, shape: [12], pad: 4",
        "encoder: nucleotides@1, shape: [12]",
        "encoder: nucleotides@1, shape: [12, 2], pad: 5",
        "encoder: nucleotides@1, shape: [12], pad: 5, dtype: int8",
        "encoder: nucleotides@1, shape: [12], pad: 5, options: {keep: middle}",
        "encoder: nucleotides@1, shape: [12], pad: 5, options: {too-long: fail}",
        "encoder: nucleotides@1, shape: [12], pad: 5, options: {shortest: 0}",
        "encoder: nucleotides@1, shape: [12], pad: 5, options: {shortest: 13}",
        "encoder: nucleotides@1, shape: [12], pad: 5, options: {shortest: x}",
        "encoder: nucleotides@1, shape: [12], pad: 5, options: {unknown: 1}"
      })
  void whatTheEncoderCannotDoIsRefused(String view, @TempDir Path folder) {
    RibonnxException refusal = assertThrows(RibonnxException.class, () -> encoder(folder, view));
    assertEquals(RibonnxException.Kind.BUNDLE, refusal.kind());
    assertTrue(refusal.line().contains("views.v"), refusal.line());
  }

  @Test
  void everyByteIsALetterABlankOrWrong() {
    String right = "ACGUTNRYSWKMBDHVacgutnryswkmbdhv";
    for (int value = 0; value < 256; value++) {
      byte[] letters = {'A', (byte) value, 'A'};
      boolean blank = value == ' ' || value == '\t' || value == '\r';
      boolean letter = value < 128 && right.indexOf(value) >= 0;
      Letters.Result result = new Letters.Result();
      assertEquals(letter || blank, Letters.translate(letters, 0, 3, result), "byte " + value);
      if (!letter && !blank) {
        assertEquals(1, result.wrongAt, "byte " + value);
        assertEquals((byte) value, letters[1], "the wrong letter is left for the message");
      } else {
        int count = result.length;
        assertEquals(blank ? 2 : 3, count);
        int code = "ACGU".indexOf(Character.toUpperCase((char) value));
        int expected = value == 'T' || value == 't' ? 3 : code < 0 ? 4 : code;
        byte[] all = blank ? new byte[] {0, 0} : new byte[] {0, (byte) expected, 0};
        assertArrayEquals(all, Arrays.copyOf(letters, count), "byte " + value);
        assertEquals(!blank && expected == 4, result.ambiguous);
      }
    }
  }

  /**
   * Letters are translated eight at a time where all eight are bases; every byte at every place.
   */
  @Test
  void everyByteAtEveryPlace() {
    for (int value = 0; value < 256; value++) {
      for (int place = 0; place < 21; place++) {
        byte[] letters = "xACGTUacgtuAAGGCCUUaacxxx".getBytes(StandardCharsets.US_ASCII);
        letters[1 + place] = (byte) value;
        StringBuilder expected = new StringBuilder();
        boolean ambiguous = false;
        for (int i = 1; i < 22; i++) {
          char letter = Character.toUpperCase((char) (letters[i] & 0xff));
          int code = "ACGUT".indexOf(letter);
          if (value < 128 && "NRYSWKMBDHV".indexOf(letter) >= 0) {
            code = 4;
            ambiguous = true;
          } else if (code == 4) {
            code = 3;
          }
          expected.append(code < 0 ? "" : "" + code);
        }
        boolean blank = value == ' ' || value == '\t' || value == '\r';
        boolean right = blank || (value < 128 && expected.length() == 21);
        Letters.Result result = new Letters.Result();
        assertEquals(right, Letters.translate(letters, 1, 21, result), value + " at " + place);
        if (!right) {
          assertEquals(place, result.wrongAt);
          assertEquals((byte) value, letters[1 + place]);
          continue;
        }
        assertEquals(blank ? 20 : 21, result.length);
        StringBuilder found = new StringBuilder();
        for (int i = 1; i <= result.length; i++) {
          found.append(letters[i]);
        }
        assertEquals(expected.toString(), found.toString(), value + " at " + place);
        assertEquals(ambiguous, result.ambiguous);
        assertEquals('x', letters[0]);
        assertEquals("xxx", new String(letters, 22, 3, StandardCharsets.US_ASCII));
      }
    }
  }
}
