package org.ribonnx.encode;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.ribonnx.core.block.RecordFlag;
import org.ribonnx.core.block.RecordStatus;
import org.ribonnx.core.io.RibonnxException;

class DipeptidesEncoderTest {
  private static final String LETTERS = "ACDEFGHIKLMNPQRSTVWYO";

  private static OneView view(Path folder, String type, String options) {
    return new OneView(
        folder,
        "encoder: dipeptides@1, dtype: " + type + ", shape: [440], options: {" + options + "}");
  }

  /** The counts that are not 0, by their pairs. */
  private static String shown(int[] row) {
    Map<String, Integer> counts = new TreeMap<>();
    for (int i = 0; i < row.length; i++) {
      if (row[i] != 0) {
        counts.put("" + LETTERS.charAt(i / 21) + LETTERS.charAt(i % 21), row[i]);
      }
    }
    return counts.toString();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // MAO WPO GLO; OW and OG lie across the joints.
        "9  | AUGGCCUAA   | {AO=1, GL=1, LO=1, MA=1, OG=1, OW=1, PO=1, WP=1}",
        // MOO WOO GOO
        "9  | AUGGC       | {GO=1, MO=1, OG=1, OW=1, WO=1}",
        // MAOO WOO GOO
        "10 | AUGGCC      | {AO=1, GO=1, MA=1, OG=1, OW=1, WO=1}",
        // MAOO WPK GLO: K and G meet at the joint.
        "10 | AUGGCCUAAG  | {AO=1, GL=1, KG=1, LO=1, MA=1, OW=1, PK=1, WP=1}",
        // MAOO WPKO GLR
        "11 | AUGGCCUAAGA | {AO=1, GL=1, KO=1, LR=1, MA=1, OG=1, OW=1, PK=1, WP=1}",
        // The same, cut to nine.
        "9  | AUGGCCUAAGA | {AO=1, GL=1, LO=1, MA=1, OG=1, OW=1, PO=1, WP=1}",
        // MOO COO OOO: a codon with an ambiguous letter is O.
        "9  | AUGCNN      | {CO=1, MO=1, OC=1}",
        // M C: M, O across the joint to C; C and what is behind.
        "4  | AUGC        | {CO=1, MO=1, OC=1}",
        "3  | AUG         | {MO=1}",
        "3  | A           | {}",
        "1  | A           | {}",
        "2  | AU          | {}",
        // Frame 0 is KKKKKKO, frame 1 KKKKKKO, frame 2 KKKKKK: 19 pairs.
        "20 | AAAAAAAAAAAAAAAAAAAA | {KK=15, KO=2, OK=2}",
        // Frames of 7, 7 and 7; the last codon is behind the end.
        "21 | AAAAAAAAAAAAAAAAAAAA | {KK=15, KO=3, OK=2}"
      })
  void valuesByHand(int length, String sequence, String expected, @TempDir Path folder) {
    for (String type : new String[] {"uint8", "uint16", "int32"}) {
      OneView view = view(folder.resolve(type), type, "length: " + length);
      assertEquals(RecordStatus.OK, view.encode(sequence));
      assertEquals(expected, shown(view.row()), type);
      assertEquals(0, view.flags());
    }
  }

  /** The place of each pair: 21 times the first and the second; OO, the last one, is left out. */
  @Test
  void placesByHand(@TempDir Path folder) {
    OneView view = view(folder, "uint8", "length: 9");
    assertEquals(RecordStatus.OK, view.encode("AUGGCCUAA"));
    int[] expected = new int[440];
    for (int place : new int[] {210, 20, 438, 390, 272, 425, 114, 209}) {
      expected[place] = 1;
    }
    assertArrayEquals(expected, view.row());
    List<String> names = view.encoder().names();
    assertEquals(440, names.size());
    assertEquals(List.of("AA", "AC"), names.subList(0, 2));
    assertEquals("MA", names.get(210));
    assertEquals("OY", names.get(439));
    assertEquals(0, view.encoder().blank().orElseThrow());
  }

  @Test
  void aCountAboveTheCapIsTheCapAndSaysSo(@TempDir Path folder) {
    String repeat = "A".repeat(20);
    for (int cap = 1; cap < 20; cap++) {
      for (String type : new String[] {"uint8", "uint16", "int32"}) {
        OneView view = view(folder.resolve(type + cap), type, "length: 20, cap: " + cap);
        assertEquals(RecordStatus.OK, view.encode(repeat));
        int two = Math.min(cap, 2);
        assertEquals(
            "{KK=" + Math.min(cap, 15) + ", KO=" + two + ", OK=" + two + "}", shown(view.row()));
        assertEquals(cap < 15 ? RecordFlag.COUNTS_CAPPED.bit() : 0, view.flags());
        // The next record of the same worker has nothing of it.
        assertEquals(RecordStatus.OK, view.encode("AUG"));
        assertEquals("{MO=1}", shown(view.row()));
        assertEquals(0, view.flags());
      }
    }
    // Without a cap: what the type holds. The frames are 900 K, 899 K and O, 899 K and O.
    OneView bytes = view(folder.resolve("bytes"), "uint8", "length: 2700");
    assertEquals(RecordStatus.OK, bytes.encode("A".repeat(2700)));
    assertEquals("{KK=255, KO=2, OK=1}", shown(bytes.row()));
    assertEquals(RecordFlag.COUNTS_CAPPED.bit(), bytes.flags());
    OneView shorts = view(folder.resolve("shorts"), "uint16", "length: 2700");
    assertEquals(RecordStatus.OK, shorts.encode("A".repeat(2700)));
    assertEquals("{KK=2696, KO=2, OK=1}", shown(shorts.row()));
    assertEquals(0, shorts.flags());
    // 23,333 K and O, 23,333 K, 23,332 K and O.
    OneView longs = view(folder.resolve("longs"), "uint16", "length: 70000");
    assertEquals(RecordStatus.OK, longs.encode("A".repeat(70000)));
    assertEquals(65535, longs.row()[8 * 21 + 8]);
    OneView ints = view(folder.resolve("ints"), "int32", "length: 70000");
    assertEquals(RecordStatus.OK, ints.encode("A".repeat(70000)));
    assertEquals(69996, ints.row()[8 * 21 + 8]);
  }

  /** The joints and ends at the length of the papers. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "1    | {}",
        "3    | {MO=1}",
        // Frame 1 is all stops (UGA); M and D (GAU) have 899 and 898 codons.
        "2698 | {DD=897, DO=1, MM=898, MO=1, OD=1}",
        "2699 | {DD=898, DO=1, MM=898, MO=1, OD=1}",
        "2700 | {DD=898, DO=1, MM=899, MO=1, OD=1}",
        "2701 | {DD=898, DO=1, MM=899, MO=1, OD=1}"
      })
  void theLengthOfThePapers(int length, String expected, @TempDir Path folder) {
    OneView view = view(folder, "uint16", "length: 2700");
    assertEquals(RecordStatus.OK, view.encode("AUG".repeat(901).substring(0, length)));
    assertEquals(expected, shown(view.row()));
  }

  @ParameterizedTest
  @CsvSource({"5p, 12", "3p, 13", "centre, 14", "5p, 1", "5p, 2", "centre, 3", "3p, 101"})
  void agreesWithANaiveEncoder(String keep, int length, @TempDir Path folder) {
    OneView view = view(folder, "uint8", "length: " + length + ", cap: 3, keep: " + keep);
    assertEquals(length, view.encoder().capacity());
    Random random = new Random(length);
    for (int trial = 0; trial < 3000; trial++) {
      int letters = trial < 40 ? trial / 2 : random.nextInt(3 * length + 1);
      String from = trial % 3 == 0 ? "AAAAC" : "ACGUTacgutACGUACGUNnRV";
      String sequence = OneView.sequence(random, letters, from);
      RecordStatus status = view.encode(sequence);
      String text = PaperText.filled(sequence, length, keep);
      if (text.matches("[NB]*")) {
        assertEquals(RecordStatus.NO_USABLE_BASE, status, sequence);
        continue;
      }
      assertEquals(RecordStatus.OK, status);
      String joined = PaperText.translated(text).replaceAll("[*x-]", "O");
      int[] counts = new int[441];
      for (int i = 0; i + 1 < joined.length(); i++) {
        counts[21 * LETTERS.indexOf(joined.charAt(i)) + LETTERS.indexOf(joined.charAt(i + 1))]++;
      }
      // Every pair is counted once, those of two O's too.
      assertEquals(length - 1, Arrays.stream(counts).sum());
      int[] expected = Arrays.stream(counts).limit(440).map(one -> Math.min(one, 3)).toArray();
      assertArrayEquals(expected, view.row(), sequence);
      boolean capped = Arrays.stream(counts).limit(440).anyMatch(one -> one > 3);
      assertEquals(capped ? RecordFlag.COUNTS_CAPPED.bit() : 0, view.flags(), sequence);
    }
  }

  @Test
  void lengthsAroundTheLimits(@TempDir Path folder) {
    OneView view = view(folder, "uint8", "length: 12, too-long: unusable, shortest: 3");
    assertEquals(RecordStatus.NO_USABLE_BASE, view.encode(""));
    assertEquals(RecordStatus.TOO_SHORT, view.encode("AC"));
    assertEquals(RecordStatus.OK, view.encode("ACG"));
    assertEquals(RecordStatus.NO_USABLE_BASE, view.encode("NNNNN"));
    assertEquals(RecordStatus.OK, view.encode("A".repeat(12)));
    assertEquals(RecordStatus.TOO_LONG, view.encode("A".repeat(13)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "encoder: dipeptides@2, shape: [440], options: {length: 9}",
        "encoder: dipeptides@1, shape: [440]",
        "encoder: dipeptides@1, shape: [441], options: {length: 9}",
        "encoder: dipeptides@1, shape: [440, 30], options: {length: 9}",
        "encoder: dipeptides@1, shape: [length], max: 440, options: {length: 9}",
        "encoder: dipeptides@1, shape: [440], dtype: float32, options: {length: 9}",
        "encoder: dipeptides@1, shape: [440], options: {length: 0}",
        "encoder: dipeptides@1, shape: [440], options: {length: x}",
        "encoder: dipeptides@1, shape: [440], options: {length: 9, cap: 0}",
        "encoder: dipeptides@1, shape: [440], options: {length: 9, cap: 256}",
        "encoder: dipeptides@1, shape: [440], dtype: uint16, options: {length: 9, cap: 65536}",
        "encoder: dipeptides@1, shape: [440], options: {length: 9, shortest: 10}",
        "encoder: dipeptides@1, shape: [440], options: {length: 9, keep: middle}",
        "encoder: dipeptides@1, shape: [440], options: {length: 9, scale: 1}"
      })
  void whatTheEncoderCannotDoIsRefused(String view, @TempDir Path folder) {
    RibonnxException refusal =
        assertThrows(RibonnxException.class, () -> new OneView(folder, view));
    assertEquals(RibonnxException.Kind.BUNDLE, refusal.kind());
    assertTrue(refusal.line().contains("views.v"), refusal.line());
  }
}
