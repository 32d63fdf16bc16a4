package org.ribonnx.encode;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.io.Tree;
import org.ribonnx.core.npz.TensorFileReader;
import org.ribonnx.core.testing.TestBundle;
import org.ribonnx.core.testing.Tool;

/** Three views of one record from the command line: bases, codons of three frames, dipeptides. */
class BindingViewsTest {
  private static final String CARD =
      """
      schema: 1
      id: binding
      version: 1.0.0
      inputs: {rna: {kind: sequences}}
      views:
        bases: {encoder: nucleotides@1, shape: [101], pad: 5, options: {keep: centre}}
        codons: {encoder: translation@1, shape: [101], pad: 22, options: {keep: centre}}
        pairs: {encoder: dipeptides@1, shape: [440], options: {length: 101, cap: 4, keep: centre}}
      """;

  private static Path model(Path folder) {
    return new TestBundle(CARD).folder(folder.resolve("model"));
  }

  /** Id → status, flags and the numbers of all views. */
  private static Map<String, String> rows(Path file) {
    Map<String, String> rows = new TreeMap<>();
    try (TensorFileReader reader = new TensorFileReader(file)) {
      reader.want("x", reader.mainViews());
      Block block = new Block(16);
      while (reader.fill(block)) {
        for (int row = 0; row < block.size(); row++) {
          StringBuilder text = new StringBuilder(reader.meta().status().get(block.status(row)));
          text.append(' ').append(block.flags(row));
          for (String view : List.of("bases", "codons", "pairs")) {
            text.append(' ');
            for (double number : block.column("x/" + view).numbers(row)) {
              text.append((int) number).append(',');
            }
          }
          rows.put(block.id(row), text.toString());
        }
      }
    }
    return rows;
  }

  private static List<String> records(int count) {
    Random random = new Random(7);
    List<String> records = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int length = i % 5 == 0 ? 101 : random.nextInt(230);
      String letters = i % 7 == 0 ? "AAAAC" : i % 11 == 0 ? "ACGUN" : i % 53 == 0 ? "N" : "ACGU";
      records.add(">r" + i + "\n" + OneView.sequence(random, length, letters) + "\n");
    }
    return records;
  }

  private static byte[] encode(Path folder, Path model, int threads, String text)
      throws IOException {
    Path input = Files.writeString(folder.resolve("in.fa"), text);
    Path out = folder.resolve("out.npz");
    Tool.run(EncodeCommand::new, "--model", model, "--threads", threads, "--output", out, input)
        .succeeded();
    return Files.readAllBytes(out);
  }

  @Test
  void theSameAloneAndInCompany(@TempDir Path folder) throws IOException {
    Path model = model(folder);
    List<String> records = records(1500);
    byte[] whole = encode(folder, model, 1, String.join("", records));
    Map<String, String> expected = rows(folder.resolve("out.npz"));
    assertEquals(1500, expected.size());
    for (int threads = 2; threads < 5; threads++) {
      assertArrayEquals(whole, encode(folder, model, threads, String.join("", records)));
    }
    // In another order.
    List<String> turned = new ArrayList<>(records);
    java.util.Collections.shuffle(turned, new Random(8));
    encode(folder, model, 2, String.join("", turned));
    assertEquals(expected, rows(folder.resolve("out.npz")));
    for (int i = 0; i < 60; i++) {
      String record = records.get(i);
      if (record.endsWith("\n\n")) {
        continue; // a file of one empty record is refused
      }
      encode(folder, model, 1, record);
      assertEquals(Map.of("r" + i, expected.get("r" + i)), rows(folder.resolve("out.npz")));
    }
  }

  @Test
  void whatAPolicyDidIsCounted(@TempDir Path folder) throws IOException {
    String text =
        ">a\n"
            + "ACGU".repeat(25)
            + "\n>long\n"
            + "ACGU".repeat(26)
            + "\n>poly\n"
            + "A".repeat(101)
            + "\n>n\nNNN\n>some\nACNGU\n";
    encode(folder, model(folder), 2, text);
    Object tree = Tree.parseJson(Files.readAllBytes(folder.resolve("out.npz.run.json")));
    Map<?, ?> record = (Map<?, ?>) Objects.requireNonNull(tree);
    // Four codons in turn in each frame: pairs of them come 8 times and more.
    assertEquals(
        Map.of(
            "status", Map.of("ok", 4L, "no-usable-base", 1L),
            "policies", Map.of("cut", 1L, "ambiguous-letters", 2L, "counts-capped", 3L)),
        record.get("counts"));
    Map<String, String> rows = rows(folder.resolve("out.npz"));
    String[] blank = Objects.requireNonNull(rows.get("n")).split(" ", -1);
    assertEquals("5,".repeat(101), blank[2]);
    assertEquals("22,".repeat(101), blank[3]);
    assertEquals("0,".repeat(440), blank[4]);
    String poly = Objects.requireNonNull(rows.get("poly"));
    assertTrue(poly.startsWith("ok 32 " + "0,".repeat(101) + " " + "8,".repeat(33)), poly);
  }

  @Test
  void aViewThatRefusesMakesTheRecordUnusable(@TempDir Path folder) throws IOException {
    Path model =
        new TestBundle(
                CARD.replace("cap: 4, keep: centre", "too-long: unusable")
                    .replace(
                        "shape: [101], pad: 22, options: {keep: centre}",
                        "shape: [101], pad: 22, options: {shortest: 3}"))
            .folder(folder.resolve("model"));
    encode(folder, model, 1, ">a\nACG\n>short\nAC\n>long\n" + "ACGU".repeat(26) + "\n");
    Map<String, String> rows = rows(folder.resolve("out.npz"));
    assertTrue(Objects.requireNonNull(rows.get("a")).startsWith("ok 0"));
    assertTrue(Objects.requireNonNull(rows.get("short")).startsWith("too-short 0"));
    assertTrue(Objects.requireNonNull(rows.get("long")).startsWith("too-long 2"), "bases were cut");
  }
}
