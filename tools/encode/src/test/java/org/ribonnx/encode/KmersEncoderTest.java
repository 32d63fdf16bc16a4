package org.ribonnx.encode;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.block.Column;
import org.ribonnx.core.block.RecordFlag;
import org.ribonnx.core.block.RecordStatus;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.ViewSpec;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.testing.TestBundle;

/** {@code kmers@1} and {@code length@1}: every number, against counting by hand and by text. */
class KmersEncoderTest {
  /** A view with its encoder and a block of its own. */
  private static final class View {
    final Encoder encoder;
    final Block block = new Block(16);
    final Column column;
    RecordStatus status = RecordStatus.OK;
    int flags;

    View(Path folder, String view) {
      TestBundle made =
          new TestBundle(
              "schema: 1\nid: m\nversion: 1.0.0\ninputs: {rna: {kind: sequences}}\nviews:\n  v: {"
                  + view
                  + "}\n");
      try (Bundle bundle = Bundle.open(made.folder(folder))) {
        ViewSpec spec = bundle.views().values().iterator().next();
        encoder = (Encoder) Encoders.of(bundle, spec);
        column =
            block.column(
                "v", spec.dtype(), spec.shape().stream().mapToInt(Integer::intValue).toArray());
      }
    }

    /** The row of a sequence; also sets status and flags. */
    double[] of(String sequence) {
      byte[] letters = ("xxx" + sequence + "yy").getBytes(StandardCharsets.US_ASCII);
      Letters.Result result = new Letters.Result();
      assertTrue(Letters.translate(letters, 3, sequence.length(), result));
      byte[] before = letters.clone();
      block.clear(0);
      int row = 0;
      for (int i = 0; i < 6; i++) {
        row = block.add(new byte[] {'a'}, 0, 1, 0, 0);
      }
      status = encoder.encode(letters, 3, result.length, column, block, row);
      flags = block.flags(row);
      assertArrayEquals(before, letters, "the codes are others' too");
      return column.numbers(row);
    }
  }

  private static View kmers(Path folder, String ks, String dtype, String options) {
    int width = 0;
    for (String k : ks.split(",", -1)) {
      width += (int) Math.pow(4, Integer.parseInt(k.strip()));
    }
    return new View(
        folder,
        "encoder: kmers@1, dtype: "
            + dtype
            + ", shape: ["
            + width
            + "], options: {k: ["
            + ks
            + "]"
            + (options.isEmpty() ? "" : ", " + options)
            + "}");
  }

  /** Counts by text: every window cut out as a string, its place found in a sorted list. */
  private static double[] oracle(String sequence, String ks, boolean splice, String ends) {
    String text = sequence.toUpperCase(java.util.Locale.ROOT).replace('T', 'U');
    if (splice) {
      text = text.replaceAll("[^ACGU]", "");
    }
    double[] row = new double[0];
    for (String one : ks.split(",", -1)) {
      int k = Integer.parseInt(one.strip());
      Map<String, Integer> counts = new HashMap<>();
      for (int start = 0; k <= text.length() && start < text.length(); start++) {
        boolean over = start + k > text.length();
        if (over ? ends.equals("open") : ends.equals("junction")) {
          continue;
        }
        counts.merge((text + text).substring(start, start + k), 1, Integer::sum);
      }
      int at = row.length;
      row = Arrays.copyOf(row, at + (1 << (2 * k)));
      for (int code = 0; code < 1 << (2 * k); code++) {
        StringBuilder name = new StringBuilder(Integer.toString(code, 4));
        while (name.length() < k) {
          name.insert(0, '0');
        }
        String letters =
            name.toString().replace('0', 'A').replace('1', 'C').replace('2', 'G').replace('3', 'U');
        row[at + code] = counts.getOrDefault(letters, 0);
      }
    }
    return row;
  }

  private static String random(Random random, int length, int oneInAmbiguous) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < length; i++) {
      text.append(
          random.nextInt(oneInAmbiguous) == 0
              ? "NRYn".charAt(random.nextInt(4))
              : "ACGUTacgut".charAt(random.nextInt(10)));
    }
    return text.toString();
  }

  @Test
  void aSequenceCountedByHand(@TempDir Path folder) {
    // ACGUAC: AC 2, CG 1, GU 1, UA 1; A 2, C 2, G 1, U 1.
    View view = kmers(folder, "1, 2", "int32", "");
    double[] expected = new double[20];
    expected[0] = 2;
    expected[1] = 2;
    expected[2] = 1;
    expected[3] = 1;
    expected[4 + 1] = 2;
    expected[4 + 6] = 1;
    expected[4 + 11] = 1;
    expected[4 + 12] = 1;
    assertArrayEquals(expected, view.of("ACGTAC"));
    assertEquals(RecordStatus.OK, view.status);
    assertEquals(0, view.flags);
    List<String> names = view.encoder.names();
    assertEquals(20, names.size());
    assertEquals(List.of("A", "C", "G", "U", "AA", "AC"), names.subList(0, 6));
    assertEquals("UA", names.get(4 + 12));
    assertEquals(0, view.encoder.blank().orElse(-1));
  }

  @Test
  void ambiguousLettersAndEndsByHand(@TempDir Path folder) {
    int au = 3;
    int ga = 8;
    int ca = 4;
    // GANUC: GA and UC; spliced GAUC: AU as well.
    double[] skipped = kmers(folder.resolve("1"), "2", "int32", "ambiguous: skip").of("GANUC");
    double[] spliced = kmers(folder.resolve("2"), "2", "int32", "ambiguous: splice").of("GANUC");
    assertEquals(2, Arrays.stream(skipped).sum());
    assertEquals(0, skipped[au]);
    assertEquals(1, skipped[ga]);
    assertEquals(3, Arrays.stream(spliced).sum());
    assertEquals(1, spliced[au]);
    // AUC as a circle: AU, UC and CA.
    double[] joined = kmers(folder.resolve("3"), "2", "int32", "ends: joined").of("AUC");
    assertEquals(3, Arrays.stream(joined).sum());
    assertEquals(1, joined[ca]);
    double[] junction = kmers(folder.resolve("4"), "2", "int32", "ends: junction").of("AUC");
    assertEquals(1, Arrays.stream(junction).sum());
    assertEquals(1, junction[ca]);
    // The joint is ambiguous.
    double[] none = kmers(folder.resolve("5"), "2", "int32", "ends: junction").of("AUN");
    assertEquals(0, Arrays.stream(none).sum());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "3, 4, 5|int32",
        "1|uint8",
        "6|int16",
        "1, 6|int64",
        "2, 5|uint16",
        "1, 2, 3, 4, 5, 6|uint32",
        "4|int8"
      })
  void agreesWithCountingText(String ks, String dtype, @TempDir Path folder) {
    Random random = new Random(81);
    double most =
        Map.of("uint8", 255.0, "int8", 127.0, "int16", 32767.0, "uint16", 65535.0)
            .getOrDefault(dtype, 1e18);
    for (String ends : List.of("open", "joined", "junction")) {
      for (boolean splice : List.of(false, true)) {
        View view =
            kmers(
                folder.resolve(ends + splice),
                ks,
                dtype,
                "ambiguous: " + (splice ? "splice" : "skip") + ", ends: " + ends);
        for (int trial = 0; trial < 250; trial++) {
          int length = 1 + (trial < 90 ? trial / 6 : random.nextInt(900));
          String sequence = random(random, length, trial % 3 == 0 ? 4 : trial % 3 == 1 ? 60 : 9999);
          double[] expected = oracle(sequence, ks, splice, ends);
          boolean capped = Arrays.stream(expected).anyMatch(count -> count > most);
          double[] found = view.of(sequence);
          if (sequence.toUpperCase(java.util.Locale.ROOT).replaceAll("[NRY]", "").isEmpty()) {
            assertEquals(RecordStatus.NO_USABLE_BASE, view.status);
            continue;
          }
          assertEquals(RecordStatus.OK, view.status);
          assertArrayEquals(
              Arrays.stream(expected).map(count -> Math.min(count, most)).toArray(),
              found,
              ends + " " + splice + " " + sequence);
          assertEquals(capped ? RecordFlag.COUNTS_CAPPED.bit() : 0, view.flags);
        }
      }
    }
  }

  @Test
  void theSumIsTheNumberOfWindowsAndReversingReverses(@TempDir Path folder) {
    View open = kmers(folder.resolve("o"), "3, 5", "int32", "");
    View joined = kmers(folder.resolve("j"), "3, 5", "int32", "ends: joined");
    Random random = new Random(82);
    for (int trial = 0; trial < 300; trial++) {
      int length = 1 + random.nextInt(400);
      String sequence = random(random, length, Integer.MAX_VALUE);
      double[] row = open.of(sequence);
      assertEquals(Math.max(0, length - 2), Arrays.stream(row, 0, 64).sum());
      assertEquals(Math.max(0, length - 4), Arrays.stream(row, 64, 64 + 1024).sum());
      double[] circle = joined.of(sequence);
      assertEquals(length < 3 ? 0 : length, Arrays.stream(circle, 0, 64).sum());
      assertEquals(length < 5 ? 0 : length, Arrays.stream(circle, 64, 64 + 1024).sum());
      // A circle has no beginning.
      int turn = random.nextInt(length);
      assertArrayEquals(
          circle, joined.of(sequence.substring(turn) + sequence.substring(0, turn)), sequence);
      double[] back = open.of(new StringBuilder(sequence).reverse().toString());
      for (int code = 0; code < 64; code++) {
        assertEquals(row[code], back[((code & 3) << 4) | (code & 12) | (code >> 4)], sequence);
      }
    }
  }

  @Test
  void aCountStopsAtTheLargestNumberOfItsType(@TempDir Path folder) {
    View bytes = kmers(folder.resolve("b"), "2, 3", "uint8", "");
    assertEquals(255, bytes.of("A".repeat(256))[0]);
    assertEquals(0, bytes.flags);
    assertEquals(254, bytes.of("A".repeat(256))[16]);
    assertEquals(255, bytes.of("A".repeat(257))[0]);
    assertEquals(RecordFlag.COUNTS_CAPPED.bit(), bytes.flags);
    assertEquals(255, bytes.of("A".repeat(257))[16]);
    View shorts = kmers(folder.resolve("s"), "1", "int16", "");
    assertEquals(32767, shorts.of("C".repeat(32767))[1]);
    assertEquals(0, shorts.flags);
    assertEquals(32767, shorts.of("C".repeat(40000))[1]);
    assertEquals(RecordFlag.COUNTS_CAPPED.bit(), shorts.flags);
    assertEquals(40000, kmers(folder.resolve("u"), "1", "uint16", "").of("C".repeat(40000))[1]);
  }

  @Test
  void shortRecords(@TempDir Path folder) {
    View view = kmers(folder.resolve("k"), "3", "int32", "");
    assertEquals(0, Arrays.stream(view.of("AC")).sum());
    assertEquals(RecordStatus.OK, view.status, "zeros, as the published script has them");
    view.of("");
    assertEquals(RecordStatus.NO_USABLE_BASE, view.status);
    view.of("NNNNN");
    assertEquals(RecordStatus.NO_USABLE_BASE, view.status);
    View strict = kmers(folder.resolve("s"), "3", "int32", "shortest: 5");
    strict.of("ACGU");
    assertEquals(RecordStatus.TOO_SHORT, strict.status);
    strict.of("ACGUN");
    assertEquals(RecordStatus.OK, strict.status);
  }

  @Test
  void lengths(@TempDir Path folder) {
    View view = new View(folder.resolve("i"), "encoder: length@1, dtype: int32, shape: [1]");
    assertArrayEquals(new double[] {7}, view.of("ACGNNuT"));
    assertEquals(0, view.flags);
    assertArrayEquals(new double[] {70000}, view.of("A".repeat(70000)));
    view.of("NN");
    assertEquals(RecordStatus.NO_USABLE_BASE, view.status);
    view.of("");
    assertEquals(RecordStatus.NO_USABLE_BASE, view.status);
    View small =
        new View(
            folder.resolve("u"),
            "encoder: length@1, dtype: uint8, shape: [1], options: {shortest: 3}");
    assertArrayEquals(new double[] {255}, small.of("A".repeat(255)));
    assertEquals(0, small.flags);
    assertArrayEquals(new double[] {255}, small.of("A".repeat(256)));
    assertEquals(RecordFlag.COUNTS_CAPPED.bit(), small.flags);
    small.of("AC");
    assertEquals(RecordStatus.TOO_SHORT, small.status);
    View wide = new View(folder.resolve("l"), "encoder: length@1, dtype: int64, shape: [1]");
    assertArrayEquals(new double[] {300}, wide.of("A".repeat(300)));
  }

  @Test
  void aSetMayBeOneNumberOrText(@TempDir Path folder) {
    for (String k : List.of("2", "'2'", "[2]", "[ 2 ]")) {
      View view =
          new View(
              folder.resolve("" + k.length()),
              "encoder: kmers@1, dtype: int32, shape: [16], options: {k: " + k + "}");
      assertEquals(1, view.of("AA")[0]);
    }
    View several =
        new View(
            folder.resolve("s"),
            "encoder: kmers@1, dtype: int32, shape: [20], options: {k: '1,2'}");
    assertEquals(1, several.of("AA")[4]);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "encoder: kmers@2, dtype: int32, shape: [16], options: {k: [2]}",
        "encoder: kmers@1, dtype: int32, shape: [16]",
        "encoder: kmers@1, dtype: int32, shape: [16], options: {k: []}",
        "encoder: kmers@1, dtype: int32, shape: [16], options: {k: [0]}",
        "encoder: kmers@1, dtype: int32, shape: [16384], options: {k: [7]}",
        "encoder: kmers@1, dtype: int32, shape: [32], options: {k: [2, 2]}",
        "encoder: kmers@1, dtype: int32, shape: [80], options: {k: [3, 2]}",
        "encoder: kmers@1, dtype: int32, shape: [16], options: {k: [two]}",
        "encoder: kmers@1, dtype: int32, shape: [16], options: {k: [2, 4294967298]}",
        "encoder: kmers@1, dtype: int32, shape: [17], options: {k: [2]}",
        "encoder: kmers@1, dtype: int32, shape: [4, 4], options: {k: [2]}",
        "encoder: kmers@1, dtype: int32, shape: [length], max: 16, options: {k: [2]}",
        "encoder: kmers@1, dtype: float32, shape: [16], options: {k: [2]}",
        "encoder: kmers@1, dtype: bool, shape: [16], options: {k: [2]}",
        "encoder: kmers@1, dtype: int32, shape: [16], options: {k: [2], ambiguous: drop}",
        "encoder: kmers@1, dtype: int32, shape: [16], options: {k: [2], ends: round}",
        "encoder: kmers@1, dtype: int32, shape: [16], options: {k: [2], shortest: 0}",
        "encoder: kmers@1, dtype: int32, shape: [16], options: {k: [2], keep: 5p}",
        "encoder: length@1, dtype: float32, shape: [1]",
        "encoder: length@1, dtype: int32, shape: [2]",
        "encoder: length@1, dtype: int32, shape: [length], max: 4",
        "encoder: length@1, dtype: int32, shape: [1], options: {k: 1}"
      })
  void whatTheEncodersCannotDoIsRefused(String view, @TempDir Path folder) {
    RibonnxException refusal = assertThrows(RibonnxException.class, () -> new View(folder, view));
    assertEquals(RibonnxException.Kind.BUNDLE, refusal.kind());
    assertTrue(refusal.line().contains("views.v"), refusal.line());
    assertFalse(refusal.line().contains("\n"), refusal.line());
  }
}
