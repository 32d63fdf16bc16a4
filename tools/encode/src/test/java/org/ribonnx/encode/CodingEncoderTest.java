package org.ribonnx.encode;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.block.Column;
import org.ribonnx.core.block.RecordStatus;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.tensor.DType;
import org.ribonnx.core.testing.TestBundle;

/** {@code coding@1}: every number by hand and against a second implementation on text. */
class CodingEncoderTest {
  private static final int FEATURES = 28;

  /** A hexamer of the number {@code code}. */
  private static String hexamer(int code) {
    StringBuilder text = new StringBuilder();
    for (int shift = 10; shift >= 0; shift -= 2) {
      text.append("ACGU".charAt((code >> shift) & 3));
    }
    return text.toString();
  }

  /** A made-up log-odds: a multiple of 1/8 from −3 to 3, so that sums are exact. */
  static double logOdds(String hexamer) {
    int code = 0;
    for (int i = 0; i < hexamer.length(); i++) {
      code = 5 * code + "ACGU".indexOf(hexamer.charAt(i));
    }
    return (code % 49 - 24) / 8.0;
  }

  static String table() {
    StringBuilder table = new StringBuilder("hexamer\tlog_odds\tnote\n");
    for (int code = 4095; code >= 0; code--) {
      String name = hexamer(code);
      String written = code % 3 == 0 ? name.replace('U', 'T') : name;
      table.append(code % 2 == 0 ? written : written.toLowerCase(Locale.ROOT));
      table.append('\t').append(logOdds(name)).append("\tx\n");
    }
    return table.toString();
  }

  private static Encoder encoder(Path folder, String table, String view) {
    TestBundle made =
        new TestBundle(
                "schema: 1\nid: m\nversion: 1.0.0\ninputs: {rna: {kind: sequences}}\nviews:\n  v: {"
                    + view
                    + "}\n")
            .file("hexamers.tsv", table);
    try (Bundle bundle = Bundle.open(made.folder(folder))) {
      return (Encoder) Encoders.of(bundle, bundle.views().values().iterator().next());
    }
  }

  private static final String VIEW =
      "encoder: coding@1, dtype: float32, shape: [28],"
          + " options: {hexamers: {file: hexamers.tsv, sha256: SHA(hexamers.tsv)}}";

  private final Block block = new Block(16);
  private final Column column = block.column("v", DType.FLOAT32, FEATURES);
  private RecordStatus status = RecordStatus.OK;

  private float[] of(Encoder encoder, String sequence) {
    byte[] letters = ("AUG" + sequence + "UAAGGG").getBytes(StandardCharsets.US_ASCII);
    Letters.Result result = new Letters.Result();
    assertTrue(Letters.translate(letters, 3, sequence.length(), result));
    // What stands before and behind the record in the array must not matter.
    letters[0] = 0;
    letters[1] = 3;
    letters[2] = 2;
    status = encoder.encode(letters, 3, result.length, column, block, 2);
    float[] row = new float[FEATURES];
    for (int i = 0; i < FEATURES; i++) {
      row[i] = column.data().getFloat(4 * (2 * FEATURES + i));
    }
    return row;
  }

  /** All the numbers once more, from lists of codons as text. */
  private static float[] oracle(String sequence) {
    String text = sequence.toUpperCase(Locale.ROOT).replace('T', 'U').replaceAll("[^ACGU]", "N");
    float[] row = new float[FEATURES];
    int bestFrom = -1;
    String bestOrf = "";
    boolean bestClosed = false;
    for (int frame = 0; frame < 3; frame++) {
      List<String> codons = new ArrayList<>();
      for (int at = frame; at + 3 <= text.length(); at += 3) {
        codons.add(text.substring(at, at + 3));
      }
      int longest = 0;
      int free = 0;
      for (int first = 0; first < codons.size(); first++) {
        // Every AUG begins a frame of its own; nested ones are shorter.
        StringBuilder orf = new StringBuilder();
        boolean closed = false;
        int length = 0;
        for (int i = first; i < codons.size() && !codons.get(i).contains("N"); i++) {
          if (!stops(codons.get(i)) && length >= 0) {
            length += 3;
            free = Math.max(free, length);
          } else {
            length = -1;
          }
          if (!closed) {
            orf.append(codons.get(i));
            closed = stops(codons.get(i));
          }
        }
        if (codons.get(first).equals("AUG")) {
          longest = Math.max(longest, orf.length());
          if (orf.length() > bestOrf.length()) {
            bestOrf = orf.toString();
            bestFrom = frame + 3 * first;
            bestClosed = closed;
          }
        }
      }
      double sum = 0;
      int pairs = 0;
      double bestSum = 0;
      int bestEnd = -1;
      int bestPairs = 0;
      for (int end = 0; end + 1 < codons.size(); end++) {
        double segment = 0;
        for (int begin = end; begin >= 0; begin--) {
          String pair = codons.get(begin) + codons.get(begin + 1);
          if (pair.contains("N")) {
            break;
          }
          if (begin == end) {
            sum += logOdds(pair);
            pairs++;
          }
          segment += logOdds(pair);
          if (segment > bestSum) {
            bestSum = segment;
            bestEnd = end;
            bestPairs = end - begin + 1;
          }
        }
      }
      row[frame] = longest;
      row[3 + frame] = free;
      row[6 + frame] = pairs == 0 ? 0 : (float) (sum / pairs);
      row[9 + frame] = (float) bestSum;
      row[12 + frame] = bestEnd < 0 ? 0 : 3 * (bestPairs + 1);
    }
    if (bestFrom >= 0) {
      row[15] = (float) ((double) bestOrf.length() / text.length());
      row[16] = (float) ((double) bestFrom / text.length());
      row[17] = bestClosed ? 1 : 0;
      double sum = 0;
      int pairs = 0;
      for (int at = 0; at + 6 <= bestOrf.length(); at += 3, pairs++) {
        sum += logOdds(bestOrf.substring(at, at + 6));
      }
      row[18] = pairs == 0 ? 0 : (float) (sum / pairs);
      String around = "NNN" + text + "N";
      char third = around.charAt(bestFrom);
      row[19] = third == 'A' || third == 'G' ? 1 : 0;
      row[19] += around.charAt(bestFrom + 6) == 'G' ? 1 : 0;
    }
    for (int letter = 0; letter < 4; letter++) {
      row[20 + letter] = asymmetry(text, "ACGU".charAt(letter));
      row[24 + letter] = asymmetry(bestOrf, "ACGU".charAt(letter));
    }
    return row;
  }

  private static boolean stops(String codon) {
    return codon.equals("UAA") || codon.equals("UAG") || codon.equals("UGA");
  }

  private static float asymmetry(String text, char letter) {
    int[] counts = new int[3];
    for (int i = 0; i < text.length(); i++) {
      counts[i % 3] += text.charAt(i) == letter ? 1 : 0;
    }
    java.util.Arrays.sort(counts);
    return (float) (counts[2] / (counts[0] + 1.0));
  }

  @Test
  void aTranscriptByHand(@TempDir Path folder) {
    Encoder encoder = encoder(folder, table(), VIEW);
    // Frame 2: GCC AUG GAA UAA C…, frame 1: CGC CAU GGA AUA AC, frame 3: CCA UGG AAU AAC.
    float[] row = of(encoder, "CGCCAUGGAAUAAC");
    assertEquals(RecordStatus.OK, status);
    double a = logOdds("GCCAUG");
    double b = logOdds("AUGGAA");
    double c = logOdds("GAAUAA");
    assertArrayEquals(new float[] {0, 9, 0}, java.util.Arrays.copyOfRange(row, 0, 3));
    assertArrayEquals(new float[] {12, 9, 12}, java.util.Arrays.copyOfRange(row, 3, 6));
    assertEquals((float) ((a + b + c) / 3), row[7]);
    assertEquals(9f / 14, row[15], 1e-7);
    assertEquals(4f / 14, row[16], 1e-7);
    assertEquals(1, row[17]);
    assertEquals((float) ((b + c) / 2), row[18]);
    // GCC AUG G: G three before, G behind.
    assertEquals(2, row[19]);
    // A of CGCCAUGGAAUAAC at 5, 9, 10, 12, 13 (from 1): places 2, 3, 1, 3, 1.
    assertEquals(2f / 2, row[20]);
    // A of AUGGAAUAA: places 1; 2, 3; 2, 3.
    assertEquals(2f / 2, row[24]);
    // U of AUGGAAUAA: places 2, 1.
    assertEquals(1f, row[27]);
    assertEquals(0f, row[25], "no C");
  }

  @Test
  void whatEndsAtTheEndIsOpenAndNsEndToo(@TempDir Path folder) {
    Encoder encoder = encoder(folder, table(), VIEW);
    float[] open = of(encoder, "AUGGCCGC");
    assertEquals(6, open[0]);
    assertEquals(0, open[17]);
    assertEquals(0, open[16]);
    assertEquals(1, open[19], "nothing stands before the record");
    float[] broken = of(encoder, "AUGGCCGNCGCCGCCGCC");
    assertEquals(6, broken[0]);
    assertEquals(0, broken[17]);
    assertEquals(9, broken[3]);
    assertEquals(0, of(encoder, "NNNNNNNA")[9]);
    assertEquals(RecordStatus.OK, status, "one base, no codon: zeros");
    float[] alone = of(encoder, "CAUGUAA");
    assertEquals(6, alone[1]);
    assertEquals((float) logOdds("AUGUAA"), alone[18]);
  }

  @Test
  void agreesWithASecondImplementation(@TempDir Path folder) {
    Encoder encoder = encoder(folder, table(), VIEW);
    Random random = new Random(83);
    int orfs = 0;
    int open = 0;
    for (int trial = 0; trial < 1500; trial++) {
      int length = trial < 60 ? 6 + trial / 2 : 6 + random.nextInt(trial % 50 == 0 ? 1500 : 200);
      StringBuilder text = new StringBuilder("A");
      while (text.length() < length) {
        int kind = random.nextInt(24);
        text.append(
            kind == 0
                ? "AUG"
                : kind == 1 && trial % 3 == 0
                    ? "n"
                    : String.valueOf("ACGUTacgu".charAt(random.nextInt(9))));
      }
      float[] expected = oracle(text.toString());
      assertArrayEquals(expected, of(encoder, text.toString()), text.toString());
      orfs += expected[15] > 0 ? 1 : 0;
      open += expected[15] > 0 && expected[17] == 0 ? 1 : 0;
    }
    assertTrue(orfs > 500 && open > 50, orfs + " " + open);
  }

  @Test
  void tooShortIsAStatus(@TempDir Path folder) {
    Encoder encoder = encoder(folder.resolve("a"), table(), VIEW);
    for (int length = 0; length <= 6; length++) {
      of(encoder, "A".repeat(length));
      assertEquals(
          length == 0
              ? RecordStatus.NO_USABLE_BASE
              : length < 6 ? RecordStatus.TOO_SHORT : RecordStatus.OK,
          status);
    }
    of(encoder, "NNNNNNNN");
    assertEquals(RecordStatus.NO_USABLE_BASE, status);
    Encoder any =
        encoder(
            folder.resolve("b"), table(), VIEW.replace("options: {", "options: {shortest: 1, "));
    for (int length = 1; length < 9; length++) {
      String text = "AUGAUGAUG".substring(0, length);
      assertArrayEquals(oracle(text), of(any, text), text);
      assertEquals(RecordStatus.OK, status);
    }
  }

  @Test
  void tenMillionNucleotides(@TempDir Path folder) {
    Encoder encoder = encoder(folder, table(), VIEW);
    int count = 10_000_000;
    byte[] codes = new byte[count];
    // A C A C A C …: no start, no stop; every codon pair is ACACAC or CACACA.
    for (int i = 1; i < count; i += 2) {
      codes[i] = 1;
    }
    assertEquals(RecordStatus.OK, encoder.encode(codes, 0, count, column, block, 0));
    assertEquals(9_999_999f, column.number(0, 3));
    assertEquals(0, column.number(0, 0));
    double mean = (logOdds("ACACAC") + logOdds("CACACA")) / 2;
    assertEquals(mean, column.number(0, 6), 1e-6);
  }

  @Test
  void theNamesAreAsManyAsTheNumbers() {
    assertEquals(FEATURES, CodingEncoder.FEATURES.size());
    assertEquals(FEATURES, CodingEncoder.FEATURES.stream().distinct().count());
    assertEquals("orf_kozak", CodingEncoder.FEATURES.get(19));
    assertEquals("asymmetry.A", CodingEncoder.FEATURES.get(20));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "AAAAAA\t0.5",
        "AAAAAA\tx",
        "AAAAAA\tNaN",
        "AAAAA\t1",
        "AAAAAN\t1",
        "AAAAAAA\t1",
        "AAAAAA",
        ""
      })
  void aTableThatIsNotWholeIsRefused(String line, @TempDir Path folder) {
    // The first line of the table is UUUUUU's, so AAAAAA is there already.
    String table = table();
    int from = table.indexOf('\n') + 1;
    String wrong = table.substring(0, from) + line + table.substring(table.indexOf('\n', from));
    RibonnxException refusal =
        assertThrows(RibonnxException.class, () -> encoder(folder, wrong, VIEW));
    assertEquals(RibonnxException.Kind.BUNDLE, refusal.kind());
    assertTrue(refusal.line().contains("views.v.options.hexamers"), refusal.line());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "encoder: coding@1, dtype: float32, shape: [28]",
        "encoder: coding@1, dtype: float32, shape: [27], options: {hexamers: {file: hexamers.tsv, sha256: SHA(hexamers.tsv)}}",
        "encoder: coding@1, dtype: float64, shape: [28], options: {hexamers: {file: hexamers.tsv, sha256: SHA(hexamers.tsv)}}",
        "encoder: coding@1, dtype: float32, shape: [length], max: 28, options: {hexamers: {file: hexamers.tsv, sha256: SHA(hexamers.tsv)}}",
        "encoder: coding@1, dtype: float32, shape: [28], options: {shortest: 0, hexamers: {file: hexamers.tsv, sha256: SHA(hexamers.tsv)}}",
        "encoder: coding@1, dtype: float32, shape: [28], options: {start: AUG, hexamers: {file: hexamers.tsv, sha256: SHA(hexamers.tsv)}}"
      })
  void whatTheEncoderCannotDoIsRefused(String view, @TempDir Path folder) {
    RibonnxException refusal =
        assertThrows(RibonnxException.class, () -> encoder(folder, table(), view));
    assertEquals(RibonnxException.Kind.BUNDLE, refusal.kind());
    assertTrue(refusal.line().contains("views.v"), refusal.line());
  }
}
