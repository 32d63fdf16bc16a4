package org.ribonnx.encode;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.io.Tree;
import org.ribonnx.core.npz.TensorFileReader;
import org.ribonnx.core.testing.TestBundle;
import org.ribonnx.core.testing.Tool;

/** Counts, length and coding views through the command: status, policies, order, company. */
class KmersCommandTest {
  private static final List<String> VIEWS = List.of("kmers", "joint", "length", "coding");

  private static final String CARD =
      """
      schema: 1
      id: m
      version: 1.0.0
      inputs: {rna: {kind: sequences, length: [6, 1000]}}
      views:
        kmers: {encoder: kmers@1, dtype: uint8, shape: [80], options: {k: [2, 3]}}
        joint: {encoder: kmers@1, dtype: int16, shape: [64], options: {k: [3], ends: junction}}
        length: {encoder: length@1, dtype: int32, shape: [1]}
        coding: {encoder: coding@1, dtype: float32, shape: [28], options: {hexamers: {file: h.tsv, sha256: SHA(h.tsv)}}}
      """;

  /** A record as it came out. */
  private record Row(String status, int flags, Map<String, double[]> views) {
    /** All of it as text, NaN included. */
    @Override
    public String toString() {
      StringBuilder text = new StringBuilder(status + " " + flags);
      views.forEach((name, numbers) -> text.append(name).append(Arrays.toString(numbers)));
      return text.toString();
    }
  }

  private static Tool.Outcome encode(Path folder, String input, Object... more) {
    Path model =
        new TestBundle(CARD)
            .file("h.tsv", CodingEncoderTest.table())
            .folder(folder.resolve("model"));
    List<Object> arguments = new ArrayList<>();
    arguments.addAll(List.of("--model", model, "--output", folder.resolve("out.npz")));
    arguments.addAll(List.of(more));
    arguments.add("-");
    return Tool.run(
        EncodeCommand::new,
        new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
        arguments.toArray());
  }

  private static Map<String, Row> rows(Path folder) {
    Map<String, Row> rows = new LinkedHashMap<>();
    try (TensorFileReader reader = new TensorFileReader(folder.resolve("out.npz"))) {
      reader.want("x", reader.mainViews());
      Block block = new Block(16);
      while (reader.fill(block)) {
        for (int row = 0; row < block.size(); row++) {
          Map<String, double[]> views = new LinkedHashMap<>();
          for (String view : VIEWS) {
            views.put(view, block.column("x/" + view).numbers(row));
          }
          String status = reader.meta().status().get(block.status(row));
          rows.put(block.id(row), new Row(status, block.flags(row), views));
        }
      }
    }
    return rows;
  }

  private static double[] view(Map<String, Row> rows, String id, String view) {
    Row row = rows.get(id);
    double[] numbers = row == null ? null : row.views().get(view);
    return numbers == null ? new double[0] : numbers;
  }

  @Test
  void everyRecordIsARow(@TempDir Path folder) throws IOException {
    String input =
        ">plain\nGGAUGAAAUAGC\n>poly\n"
            + "A".repeat(300)
            + "\n>short\nACGUA\n>none\nNNNNNNN\n>some\nACGUNNacgt\n>empty\n";
    Tool.Outcome outcome = encode(folder, input);
    outcome.succeeded();
    Map<String, Row> rows = rows(folder);
    assertEquals(
        List.of("ok 0", "ok 32", "too-short 1", "no-usable-base 4", "ok 4", "no-usable-base 1"),
        rows.values().stream().map(row -> row.status() + " " + row.flags()).toList());
    // AA, AAA: 299 and 298, of which a byte holds 255; the joint has two windows.
    assertEquals(255, view(rows, "poly", "kmers")[0]);
    assertEquals(255, view(rows, "poly", "kmers")[16]);
    assertEquals(2, view(rows, "poly", "joint")[0]);
    assertArrayEquals(new double[] {300}, view(rows, "poly", "length"));
    // GCG and CGG hold the joint of GGAUGAAAUAGC.
    assertEquals(1, view(rows, "plain", "joint")[0b10_01_10]);
    assertEquals(1, view(rows, "plain", "joint")[0b01_10_10]);
    assertEquals(2, Arrays.stream(view(rows, "plain", "joint")).sum());
    // AUG AAA UAG in frame 3.
    assertArrayEquals(new double[] {0, 0, 9}, Arrays.copyOf(view(rows, "plain", "coding"), 3));
    assertEquals(6, Arrays.stream(view(rows, "some", "kmers"), 0, 16).sum());
    // A view that can't be made is blank, the others are there; the record is not run.
    assertTrue(Double.isNaN(view(rows, "short", "coding")[0]));
    assertEquals(4, Arrays.stream(view(rows, "short", "kmers"), 0, 16).sum());
    assertArrayEquals(new double[] {0}, view(rows, "none", "length"));
    assertTrue(outcome.err().contains("counts-capped: 1 record\n"), outcome.err());
    Object tree = Tree.parseJson(Files.readAllBytes(folder.resolve("out.npz.run.json")));
    Map<?, ?> record = (Map<?, ?>) java.util.Objects.requireNonNull(tree);
    Map<?, ?> counts = (Map<?, ?>) java.util.Objects.requireNonNull(record.get("counts"));
    assertEquals(
        Map.of("counts-capped", 1L, "ambiguous-letters", 2L, "outside-training-range", 2L),
        counts.get("policies"));
  }

  @Test
  void theSameAloneInCompanyAndInAnyOrder(@TempDir Path folder) {
    Random random = new Random(84);
    Map<String, String> records = new LinkedHashMap<>();
    for (int i = 0; i < 700; i++) {
      int length = i % 70 == 0 ? 30_000 : random.nextInt(300);
      StringBuilder text = new StringBuilder();
      for (int j = 0; j < length; j++) {
        text.append("ACGUT".charAt(random.nextInt(5)));
      }
      if (i % 9 == 0 && length > 0) {
        text.setCharAt(random.nextInt(length), 'N');
      }
      records.put("r" + i, text.toString());
    }
    List<String> ids = new ArrayList<>(records.keySet());
    encode(folder, fasta(ids, records), "--threads", "1").succeeded();
    String all = rows(folder).toString();
    assertEquals(700, rows(folder).size());
    encode(folder, fasta(ids, records), "--threads", "3").succeeded();
    assertEquals(all, rows(folder).toString());
    Map<String, Row> rows = rows(folder);
    Collections.shuffle(ids, random);
    encode(folder, fasta(ids, records), "--threads", "2").succeeded();
    Map<String, Row> shuffled = rows(folder);
    for (String id : ids) {
      assertEquals(String.valueOf(rows.get(id)), String.valueOf(shuffled.get(id)), id);
    }
    for (String id : List.of("r0", "r1", "r9", "r433", "r699")) {
      if (!records.getOrDefault(id, "").isEmpty()) {
        encode(folder, fasta(List.of(id), records)).succeeded();
        assertEquals(String.valueOf(rows.get(id)), String.valueOf(rows(folder).get(id)), id);
      }
    }
  }

  private static String fasta(List<String> ids, Map<String, String> records) {
    StringBuilder text = new StringBuilder();
    for (String id : ids) {
      text.append('>').append(id).append('\n').append(records.get(id)).append('\n');
    }
    return text.toString();
  }

  @Test
  void aBundleWithHalfATableIsRefused(@TempDir Path folder) {
    Path model =
        new TestBundle(CARD)
            .file("h.tsv", "hexamer\tlog_odds\nAAAAAA\t0.5\n")
            .folder(folder.resolve("model"));
    Tool.Outcome outcome =
        Tool.run(
            EncodeCommand::new,
            new ByteArrayInputStream(">a\nACGUACGU\n".getBytes(StandardCharsets.UTF_8)),
            "--model",
            model,
            "--output",
            folder.resolve("out.npz"),
            "-");
    assertEquals(5, outcome.code(), outcome.err());
    assertTrue(outcome.err().contains("holds 1 hexamers"), outcome.err());
    assertEquals(1, outcome.err().lines().count(), outcome.err());
    assertFalse(Files.exists(folder.resolve("out.npz")));
  }
}
