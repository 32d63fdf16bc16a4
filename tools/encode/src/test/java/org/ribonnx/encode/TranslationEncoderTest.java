package org.ribonnx.encode;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.ribonnx.core.block.RecordStatus;
import org.ribonnx.core.io.RibonnxException;

class TranslationEncoderTest {
  private static final int UNKNOWN = 21;
  private static final int PAD = 22;

  private static OneView view(Path folder, int length, String options) {
    return new OneView(
        folder,
        "encoder: translation@1, shape: [" + length + "], pad: 22, options: {" + options + "}");
  }

  /** A 0, C 1, D 2, E 3, F 4, G 5, H 6, I 7, K 8, L 9, M 10, N 11, P 12, Q 13, R 14, S 15, … */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // AUG GCC UAA | UGG CCU AA | GGC CUA A
        "9  | AUGGCCUAA | 10 0 20  18 12 21  5 9 21",
        "9  | atgGCCtaa | 10 0 20  18 12 21  5 9 21",
        // AUG GC - | UGG C - | GGC - -
        "9  | AUGGC     | 10 21 22  18 21 22  5 22 22",
        // AUG GCC - -> 4 codons | UGG CC - | GGC C -
        "10 | AUGGCC    | 10 0 22 22  18 21 22  5 21 22",
        // AUG GCC UAA G | UGG CCU AAG | GGC CUA AG; ten letters fill 4 + 3 + 3
        "10 | AUGGCCUAAG | 10 0 20 21  18 12 8  5 9 21",
        // eleven fill 4 + 4 + 3: AUG GCC UAA GA | UGG CCU AAG A | GGC CUA AGA
        "11 | AUGGCCUAAGA | 10 0 20 21  18 12 8 21  5 9 14",
        // Cut at its 3' end: the last codons are those of a record of nine.
        "9  | AUGGCCUAAGA | 10 0 20  18 12 21  5 9 21",
        // AUG NCC | UGN CC | GNC C: a codon that can only be one amino acid is not guessed (GCN).
        "6  | AUGNCC    | 10 21  21 21  21 21",
        "6  | GCNACR    | 21 21  21 21  21 21",
        // UAA UAG UGA | AAU AGU GA | AUA GUG A
        "9  | UAATAGUGA | 20 20 20  11 15 21  7 17 21",
        "3  | A         | 21 22 22",
        "3  | AU        | 21 21 22",
        "3  | AUG       | 10 21 21",
        "1  | A         | 21",
        "2  | A         | 21 22",
        "2  | AC        | 21 21",
        "4  | AUGC      | 10 21  1 21"
      })
  void valuesByHand(int length, String sequence, String expected, @TempDir Path folder) {
    OneView view = view(folder, length, "");
    assertEquals(RecordStatus.OK, view.encode(sequence));
    int[] codes = Arrays.stream(expected.split(" +")).mapToInt(Integer::parseInt).toArray();
    assertArrayEquals(codes, view.row(), Arrays.toString(view.row()));
  }

  @Test
  void theGeneticCode(@TempDir Path folder) {
    OneView view = view(folder, 3, "");
    int stops = 0;
    for (char a : "ACGU".toCharArray()) {
      for (char b : "ACGU".toCharArray()) {
        for (char c : "ACGU".toCharArray()) {
          String codon = "" + a + b + c;
          assertEquals(RecordStatus.OK, view.encode(codon));
          int expected = "ACDEFGHIKLMNPQRSTVWY*".indexOf(PaperText.acid(codon));
          assertEquals(expected, view.row()[0], codon);
          stops += expected == 20 ? 1 : 0;
        }
      }
    }
    assertEquals(3, stops);
  }

  @ParameterizedTest
  @CsvSource({"5p, 12", "3p, 13", "centre, 14", "5p, 1", "5p, 2", "centre, 3", "3p, 101"})
  void agreesWithANaiveEncoder(String keep, int length, @TempDir Path folder) {
    OneView view = view(folder, length, "keep: " + keep);
    assertEquals(length, view.encoder().capacity());
    Random random = new Random(length);
    for (int trial = 0; trial < 3000; trial++) {
      int letters = trial < 40 ? trial / 2 : random.nextInt(3 * length + 1);
      String sequence = OneView.sequence(random, letters, "ACGUTacgutACGUACGUNnRV");
      RecordStatus status = view.encode(sequence);
      String text = PaperText.filled(sequence, length, keep);
      if (text.matches("[NB]*")) {
        assertEquals(RecordStatus.NO_USABLE_BASE, status, sequence);
        continue;
      }
      assertEquals(RecordStatus.OK, status);
      int[] expected =
          PaperText.translated(text).chars().map("ACDEFGHIKLMNPQRSTVWY*x-"::indexOf).toArray();
      assertEquals(length, expected.length);
      assertArrayEquals(expected, view.row(), sequence);
    }
    // What occlusion writes is what an ambiguous letter in the codon gives.
    assertEquals(UNKNOWN, view.encoder().blank().orElseThrow());
  }

  @Test
  void namesOfThePlaces(@TempDir Path folder) {
    assertEquals(
        List.of(
            "frame1.1",
            "frame1.4",
            "frame1.7",
            "frame1.10",
            "frame2.2",
            "frame2.5",
            "frame2.8",
            "frame3.3",
            "frame3.6",
            "frame3.9"),
        view(folder, 10, "").encoder().names());
  }

  /** The frames' joints and ends at the length of the papers: 900 codons a frame. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 2698, 2699, 2700, 2701, 2705})
  void theLengthOfThePapers(int length, @TempDir Path folder) {
    OneView view = view(folder, 2700, "");
    // AUG AUG AUG …: frame 0 is all M, frame 1 (UGA) all stops, frame 2 (GAU) all D.
    assertEquals(RecordStatus.OK, view.encode("AUG".repeat(902).substring(0, length)));
    int[] row = view.row();
    int taken = Math.min(length, 2700);
    int[] acids = {10, 20, 2};
    for (int frame = 0; frame < 3; frame++) {
      for (int codon = 0; codon < 900; codon++) {
        int first = 3 * codon + frame;
        int expected = first + 2 < taken ? acids[frame] : first < taken ? UNKNOWN : PAD;
        assertEquals(expected, row[900 * frame + codon], "frame " + frame + ", codon " + codon);
      }
    }
  }

  @Test
  void lengthsAroundTheLimits(@TempDir Path folder) {
    OneView view = view(folder, 12, "too-long: unusable, shortest: 3");
    assertEquals(RecordStatus.NO_USABLE_BASE, view.encode(""));
    assertEquals(RecordStatus.TOO_SHORT, view.encode("AC"));
    assertEquals(RecordStatus.OK, view.encode("ACG"));
    assertEquals(RecordStatus.NO_USABLE_BASE, view.encode("NNNNN"));
    assertEquals(RecordStatus.OK, view.encode("A".repeat(12)));
    assertEquals(RecordStatus.TOO_LONG, view.encode("A".repeat(13)));
    assertEquals(0, view.flags());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "encoder: translation@2, shape: [12], pad: 22",
        "encoder: translation@1, shape: [12], pad: 21",
        "encoder: translation@1, shape: [12]",
        "encoder: translation@1, shape: [20, 12], pad: 22",
        "encoder: translation@1, shape: [length], max: 12, pad: 22",
        "encoder: translation@1, shape: [12], pad: 22, dtype: float32",
        "encoder: translation@1, shape: [12], pad: 22, options: {keep: middle}",
        "encoder: translation@1, shape: [12], pad: 22, options: {too-long: fail}",
        "encoder: translation@1, shape: [12], pad: 22, options: {shortest: 13}",
        "encoder: translation@1, shape: [12], pad: 22, options: {frames: 3}"
      })
  void whatTheEncoderCannotDoIsRefused(String view, @TempDir Path folder) {
    RibonnxException refusal =
        assertThrows(RibonnxException.class, () -> new OneView(folder, view));
    assertEquals(RibonnxException.Kind.BUNDLE, refusal.kind());
    assertTrue(refusal.line().contains("views.v"), refusal.line());
  }
}
