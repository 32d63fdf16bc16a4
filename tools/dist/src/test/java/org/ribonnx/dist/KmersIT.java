package org.ribonnx.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Counts of k-mers and coding features through the executable: long records, many records. */
class KmersIT {
  private static String bundle(Sandbox box) {
    StringBuilder table = new StringBuilder("hexamer\tlog_odds\n");
    for (int code = 0; code < 4096; code++) {
      StringBuilder name = new StringBuilder();
      for (int shift = 10; shift >= 0; shift -= 2) {
        name.append("ACGU".charAt((code >> shift) & 3));
      }
      table.append(name).append('\t').append((code % 17 - 8) / 4.0).append('\n');
    }
    byte[] bytes = table.toString().getBytes(StandardCharsets.UTF_8);
    box.input("model/hexamers.tsv", bytes);
    String card =
        box.input(
            "model/model.yaml",
            "schema: 1\nid: m\nversion: 1.0.0\ninputs: {rna: {kind: sequences}}\nviews:\n"
                + "  kmers: {encoder: kmers@1, dtype: int32, shape: [1344], options: {k: [3, 4, 5]}}\n"
                + "  few: {encoder: kmers@1, dtype: int16, shape: [4], options: {k: [1], ends: joined}}\n"
                + "  length: {encoder: length@1, dtype: int32, shape: [1]}\n"
                + "  coding: {encoder: coding@1, dtype: float32, shape: [28],"
                + " options: {hexamers: {file: hexamers.tsv, sha256: "
                + Sandbox.sha256(bytes)
                + "}}}\n");
    return Path.of(card).resolveSibling("").toString();
  }

  private static Sandbox.Result encode(Sandbox box, String fasta, String out, String threads) {
    Sandbox.Result result =
        box.run(
            "ribonnx-encode",
            "--threads",
            threads,
            "--model",
            bundle(box),
            "--output",
            box.out(out),
            fasta);
    assertEquals(0, result.code(), result.err());
    return result;
  }

  private static String fasta(Sandbox box, int records, int length) throws IOException {
    Path path = Path.of(box.input("x.fa", ""));
    Random random = new Random(85);
    byte[] letters = new byte[length];
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(path))) {
      for (int record = 0; record < records; record++) {
        for (int i = 0; i < length; i++) {
          letters[i] = (byte) "ACGU".charAt(random.nextInt(4));
        }
        out.write((">r" + record + "\n").getBytes(StandardCharsets.US_ASCII));
        // Lines of 60 for short records, one line for long ones.
        int width = length > 100_000 ? length : 60;
        for (int at = 0; at < length; at += width) {
          out.write(letters, at, Math.min(width, length - at));
          out.write('\n');
        }
      }
    }
    return path.toString();
  }

  @Test
  void recordsOfTenMillionNucleotidesStream() throws IOException {
    try (Sandbox box = new Sandbox()) {
      String fasta = fasta(box, 8, 10_000_000);
      Sandbox.Result result = encode(box, fasta, "f.npz", "2");
      assertTrue(result.err().contains("8 records encoded"), result.err());
      // A two-byte count of 2.5 million stops at 32,767.
      assertTrue(result.err().contains("counts-capped: 8 records"), result.err());
      assertTrue(result.peak() < 300, result.peak() + " MB for records of 10 MB");
      encode(box, fasta, "g.npz", "1");
      byte[] two = Files.readAllBytes(Path.of(box.out("f.npz")));
      assertTrue(
          Arrays.equals(two, Files.readAllBytes(Path.of(box.out("g.npz")))), "one thread or two");
    }
  }

  @Test
  void memoryDoesNotGrowWithTheRecords() throws IOException {
    long few;
    long many;
    try (Sandbox box = new Sandbox()) {
      few = encode(box, fasta(box, 2_000, 2_200), "f.npz", "2").peak();
    }
    try (Sandbox box = new Sandbox()) {
      many = encode(box, fasta(box, 20_000, 2_200), "f.npz", "2").peak();
    }
    assertTrue(many < few + 30, few + " MB for 2,000 records, " + many + " MB for 20,000");
  }

  @Test
  void throughAPipe() throws IOException {
    try (Sandbox box = new Sandbox()) {
      String fasta = fasta(box, 50, 700);
      encode(box, fasta, "f.npz", "2");
      Sandbox.Result piped =
          box.shell(
              "gzip -c '"
                  + fasta
                  + "' | ribonnx-encode --quiet --model '"
                  + bundle(box)
                  + "' --output '"
                  + box.out("g.npz")
                  + "' -");
      assertEquals(0, piped.code(), piped.err());
      assertTrue(
          Arrays.equals(
              Files.readAllBytes(Path.of(box.out("f.npz"))),
              Files.readAllBytes(Path.of(box.out("g.npz")))));
    }
  }
}
