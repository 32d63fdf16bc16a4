package org.ribonnx.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.npz.TensorFileReader;
import org.ribonnx.core.testing.OnnxBuilder;
import org.ribonnx.core.testing.TestBundle;
import org.ribonnx.core.testing.Tool;
import org.ribonnx.embed.EmbedCommand;
import org.ribonnx.encode.EncodeCommand;

/**
 * The views of RNA-binding sites as the papers have them (4 × 2710 bases, 20 × 2710 amino acids of
 * three frames, 440 × 30 dipeptides), made by encoders and graphs, cell by cell. The graphs are
 * those that CONTRIBUTING.md describes.
 */
class BindingViewsGraphTest {
  private static final int LENGTH = 2700;
  private static final int FLANK = 5;
  private static final int COLUMNS = LENGTH + 2 * FLANK;
  private static final int PAIRS = 440;
  private static final int CAP = 30;
  private static final String ACIDS = "ACDEFGHIKLMNPQRSTVWY";

  private static final String CARD =
      """
      schema: 1
      id: binding
      version: 1.0.0
      inputs: {rna: {kind: sequences}}
      views:
        bases: {encoder: nucleotides@1, shape: [2700], pad: 5}
        codons: {encoder: translation@1, shape: [2700], pad: 22}
        pairs: {encoder: dipeptides@1, shape: [440], options: {length: 2700, cap: 30}}
      embed:
        bases: {graph: bases.onnx, sha256: SHA(bases.onnx)}
        codons: {graph: codons.onnx, sha256: SHA(codons.onnx)}
        pairs: {graph: pairs.onnx, sha256: SHA(pairs.onnx)}
      fuse: {method: concat}
      heads: {h: {kind: regression, graph: h.onnx, sha256: SHA(h.onnx)}}
      """;

  /**
   * Codes to {@code rows × 2710}: a row of a table per code, turned, with flanks; then in a line.
   */
  private static byte[] columns(String input, int rows, int codes, float other) {
    float[] table = new float[codes * rows];
    for (int code = 0; code < codes; code++) {
      for (int row = 0; row < rows; row++) {
        table[code * rows + row] = code >= rows ? other : code == row ? 1 : 0;
      }
    }
    return new OnnxBuilder()
        .input(input, OnnxBuilder.UINT8, -1, LENGTH)
        .floats("table", new long[] {codes, rows}, table)
        .floats("other", new long[] {}, other)
        .int64("ends", 0, 0, FLANK, 0, 0, FLANK)
        .int64("line", 0, (long) rows * COLUMNS)
        .add("Cast", input, "places", OnnxBuilder.attribute("to", OnnxBuilder.INT64))
        .add("Gather", "table,places", "found", OnnxBuilder.attribute("axis", 0))
        .add("Transpose", "found", "turned", OnnxBuilder.attribute("perm", 0, 2, 1))
        .add("Pad", "turned,ends,other", "flanked")
        .add("Reshape", "flanked,line", "out")
        .output("out", OnnxBuilder.FLOAT, -1, (long) rows * COLUMNS)
        .build();
  }

  /** Counts to {@code 440 × 30}: as many ones from the left as the count says; then in a line. */
  private static byte[] unary() {
    float[] steps = new float[CAP];
    for (int i = 0; i < CAP; i++) {
      steps[i] = i;
    }
    return new OnnxBuilder()
        .input("pairs", OnnxBuilder.UINT8, -1, PAIRS)
        .floats("steps", new long[] {CAP}, steps)
        .int64("last", 2)
        .int64("line", 0, PAIRS * CAP)
        .add("Cast", "pairs", "counts", OnnxBuilder.attribute("to", OnnxBuilder.FLOAT))
        .add("Unsqueeze", "counts,last", "column")
        .add("Less", "steps,column", "below")
        .add("Cast", "below", "ones", OnnxBuilder.attribute("to", OnnxBuilder.FLOAT))
        .add("Reshape", "ones,line", "out")
        .output("out", OnnxBuilder.FLOAT, -1, PAIRS * CAP)
        .build();
  }

  private static Path model(Path folder) {
    int width = 4 * COLUMNS + 20 * COLUMNS + PAIRS * CAP;
    return new TestBundle(CARD)
        .file("bases.onnx", columns("bases", 4, 6, 0.25f))
        .file("codons.onnx", columns("codons", 20, 23, 0.05f))
        .file("pairs.onnx", unary())
        .file("h.onnx", OnnxBuilder.linear("x", width, "y", 1))
        .folder(folder.resolve("model"));
  }

  /** A record's three views. */
  private record Views(double[] bases, double[] acids, double[] pairs) {
    double base(int row, int column) {
      return bases[row * COLUMNS + column];
    }

    double acid(int row, int column) {
      return acids[row * COLUMNS + column];
    }

    /** Letter of a column of the amino acids: O where all are 0.05. */
    char letter(int column) {
      int found = -1;
      for (int row = 0; row < 20; row++) {
        double value = acid(row, column);
        if (value == 1) {
          assertEquals(-1, found);
          found = row;
        } else {
          assertEquals(acid(found == 0 ? 1 : 0, column), value, "column " + column);
        }
      }
      double rest = acid(found == 0 ? 1 : 0, column);
      assertEquals(found < 0 ? 0.05f : 0, rest, "column " + column);
      return found < 0 ? 'O' : ACIDS.charAt(found);
    }

    /** Ones of a row of the dipeptides, all of which stand on the left. */
    int count(String pair) {
      int row = 21 * (ACIDS + "O").indexOf(pair.charAt(0)) + (ACIDS + "O").indexOf(pair.charAt(1));
      int count = 0;
      while (count < CAP && pairs[row * CAP + count] == 1) {
        count++;
      }
      for (int i = count; i < CAP; i++) {
        assertEquals(0, pairs[row * CAP + i]);
      }
      return count;
    }

    /** Ones of all rows. */
    int ones() {
      int ones = 0;
      for (double cell : pairs) {
        ones += cell == 1 ? 1 : 0;
      }
      return ones;
    }
  }

  private static Map<String, Views> encode(Path folder, Map<String, String> records)
      throws IOException {
    StringBuilder fasta = new StringBuilder();
    records.forEach((id, letters) -> fasta.append(">" + id + "\n" + letters + "\n"));
    Path input = Files.writeString(folder.resolve("in.fa"), fasta);
    Path model = model(folder);
    Path features = folder.resolve("f.npz");
    Path embeddings = folder.resolve("e.npz");
    Tool.run(EncodeCommand::new, "--model", model, "--output", features, input).succeeded();
    Tool.run(EmbedCommand::new, "--model", model, "--output", embeddings, features).succeeded();
    Map<String, Views> found = new LinkedHashMap<>();
    try (TensorFileReader reader = new TensorFileReader(embeddings)) {
      reader.want("x", reader.mainViews());
      Block block = new Block(16);
      while (reader.fill(block)) {
        for (int row = 0; row < block.size(); row++) {
          found.put(
              block.id(row),
              new Views(
                  block.column("x/bases").numbers(row),
                  block.column("x/codons").numbers(row),
                  block.column("x/pairs").numbers(row)));
        }
      }
    }
    assertEquals(records.keySet(), found.keySet());
    return found;
  }

  private static Views encode(Path folder, String letters) throws IOException {
    return encode(folder, Map.of("one", letters)).values().iterator().next();
  }

  private static void base(Views views, int column, double a, double c, double g, double u) {
    List<Double> found = new ArrayList<>();
    for (int row = 0; row < 4; row++) {
      found.add(views.base(row, column));
    }
    assertEquals(List.of(a, c, g, u), found, "column " + column);
  }

  @Test
  void aShortRecord(@TempDir Path folder) throws IOException {
    Views views = encode(folder, "AUGNTccUAAg");
    assertEquals(4 * 2710, views.bases().length);
    assertEquals(20 * 2710, views.acids().length);
    assertEquals(440 * 30, views.pairs().length);
    for (int column = 0; column < 5; column++) {
      base(views, column, 0.25, 0.25, 0.25, 0.25);
    }
    base(views, 5, 1, 0, 0, 0);
    base(views, 6, 0, 0, 0, 1);
    base(views, 7, 0, 0, 1, 0);
    base(views, 8, 0.25, 0.25, 0.25, 0.25); // N
    base(views, 9, 0, 0, 0, 1); // T is U
    base(views, 10, 0, 1, 0, 0);
    base(views, 14, 1, 0, 0, 0);
    base(views, 15, 0, 0, 1, 0);
    for (int column = 16; column < 2710; column++) {
      base(views, column, 0.25, 0.25, 0.25, 0.25);
    }
    // AUG NUC CUA AG | UGN UCC UAA G | GNU CCU AAG
    StringBuilder acids = new StringBuilder();
    for (int column = 0; column < 2710; column++) {
      acids.append(views.letter(column));
    }
    String nothing = "O".repeat(896);
    assertEquals(
        "OOOOO" + "MOLO" + nothing + "OSOO" + nothing + "OPKO" + nothing + "OOOOO",
        acids.toString());
    for (String pair : List.of("MO", "OL", "LO", "OS", "SO", "OP", "PK", "KO")) {
      assertEquals(1, views.count(pair), pair);
    }
    assertEquals(8, views.ones());
  }

  @Test
  void lengthsAroundThatOfTheView(@TempDir Path folder) throws IOException {
    Map<String, String> records = new LinkedHashMap<>();
    String repeat = "AUGGCA".repeat(451);
    for (int length : new int[] {1, 2699, 2700, 2701}) {
      records.put("n" + length, repeat.substring(0, length));
    }
    Map<String, Views> found = encode(folder, records);
    records.forEach(
        (id, letters) -> {
          Views views = java.util.Objects.requireNonNull(found.get(id));
          int taken = Math.min(letters.length(), 2700);
          for (int column = 0; column < 2710; column++) {
            int at = column - 5;
            if (at < 0 || at >= taken) {
              base(views, column, 0.25, 0.25, 0.25, 0.25);
            } else {
              int row = "ACGU".indexOf(letters.charAt(at));
              assertEquals(1, views.base(row, column));
              assertEquals(0, views.base((row + 1) % 4, column));
            }
          }
          // Frame 0 is MAMA…, frame 1 (UGG CAA) WQWQ…, frame 2 (GGC AAU) GNGN….
          StringBuilder text = new StringBuilder("OOOOO");
          for (int frame = 0; frame < 3; frame++) {
            for (int at = frame; at < 2700; at += 3) {
              text.append(at + 2 < taken ? "MAWQGN".charAt(2 * frame + at / 3 % 2) : 'O');
            }
          }
          text.append("OOOOO");
          for (int column = 0; column < 2710; column++) {
            assertEquals(text.charAt(column), views.letter(column), id + ", column " + column);
          }
        });
    Views one = java.util.Objects.requireNonNull(found.get("n1"));
    assertEquals(0, one.ones());
    // 900 codons in frame 0 and 899 and a partial one in the others: 450 MA, cut to 30.
    Views whole = java.util.Objects.requireNonNull(found.get("n2700"));
    for (String pair : List.of("MA", "AM", "WQ", "QW", "GN", "NG")) {
      assertEquals(30, whole.count(pair), pair);
    }
    for (String pair : List.of("AW", "WO", "OG", "GO")) {
      assertEquals(1, whole.count(pair), pair);
    }
    // AW and OG lie across the joints; frame 2 ends in G and a partial codon.
    assertEquals(6 * 30 + 4, whole.ones());
    // The letter behind the view changes nothing, a letter less does: frame 0 ends in M and O.
    Views longer = java.util.Objects.requireNonNull(found.get("n2701"));
    assertEquals(List.of(boxed(whole.pairs())), List.of(boxed(longer.pairs())));
    Views shorter = java.util.Objects.requireNonNull(found.get("n2699"));
    for (String pair : List.of("MO", "OW", "WO", "OG", "GO")) {
      assertEquals(1, shorter.count(pair), pair);
    }
    assertEquals(0, shorter.count("AW"));
    assertEquals(6 * 30 + 5, shorter.ones());
  }

  private static List<Double> boxed(double[] numbers) {
    return java.util.Arrays.stream(numbers).boxed().toList();
  }

  /** Alone and among others of every length, cell by cell. */
  @Test
  void theSameAloneAndInCompany(@TempDir Path folder) throws IOException {
    Random random = new Random(3);
    Map<String, String> records = new LinkedHashMap<>();
    for (int i = 0; i < 40; i++) {
      StringBuilder letters = new StringBuilder();
      int length = 1 + random.nextInt(i % 2 == 0 ? 200 : 3000);
      for (int n = 0; n < length; n++) {
        letters.append("ACGUACGUACGUACGUACGUN".charAt(random.nextInt(21)));
      }
      records.put("r" + i, letters + "A");
    }
    Map<String, Views> company = encode(folder, records);
    for (int i = 0; i < 40; i += 7) {
      Views alone = encode(folder, java.util.Objects.requireNonNull(records.get("r" + i)));
      Views beside = java.util.Objects.requireNonNull(company.get("r" + i));
      assertEquals(boxed(alone.bases()), boxed(beside.bases()));
      assertEquals(boxed(alone.acids()), boxed(beside.acids()));
      assertEquals(boxed(alone.pairs()), boxed(beside.pairs()));
    }
  }
}
