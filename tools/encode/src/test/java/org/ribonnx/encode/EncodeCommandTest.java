package org.ribonnx.encode;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.block.Column;
import org.ribonnx.core.io.Tree;
import org.ribonnx.core.npz.TensorFileReader;
import org.ribonnx.core.testing.TestBundle;
import org.ribonnx.core.testing.Tool;

class EncodeCommandTest {
  private static final String CARD =
      """
      schema: 1
      id: m
      version: 1.0.0
      inputs: {rna: {kind: sequences, what: hairpins, length: [3, 8]}}
      views:
        v: {encoder: nucleotides@1, shape: [6], pad: 5}
      """;

  private static Tool.Outcome encode(Path folder, byte[] input, Object... more) {
    Path model = new TestBundle(CARD).folder(folder.resolve("model"));
    List<Object> arguments = new ArrayList<>();
    arguments.addAll(List.of("--model", model, "--output", folder.resolve("out.npz")));
    arguments.addAll(List.of(more));
    if (arguments.stream().noneMatch(one -> one.toString().endsWith(".in"))) {
      arguments.add("-");
    }
    return Tool.run(EncodeCommand::new, new ByteArrayInputStream(input), arguments.toArray());
  }

  private static Tool.Outcome encode(Path folder, String input, Object... more) {
    return encode(folder, input.getBytes(StandardCharsets.UTF_8), more);
  }

  /** id, status, codes: a line per record. */
  private static List<String> rows(Path folder) {
    List<String> rows = new ArrayList<>();
    try (TensorFileReader reader = new TensorFileReader(folder.resolve("out.npz"))) {
      reader.want("x", reader.mainViews());
      Block block = new Block(16);
      while (reader.fill(block)) {
        for (int row = 0; row < block.size(); row++) {
          Column column = block.column("x/v");
          StringBuilder codes = new StringBuilder();
          for (int i = 0; i < 6; i++) {
            codes.append(column.data().get(6 * row + i));
          }
          String status = reader.meta().status().get(block.status(row));
          rows.add(block.id(row) + " " + status + " " + codes + " " + block.flags(row));
        }
      }
    }
    return rows;
  }

  private static String refused(Path folder, byte[] input, Object... more) throws IOException {
    Files.deleteIfExists(folder.resolve("out.npz"));
    Tool.Outcome outcome = encode(folder, input, more);
    assertEquals(4, outcome.code(), outcome.err());
    assertEquals(1, outcome.err().lines().count(), outcome.err());
    assertFalse(Files.exists(folder.resolve("out.npz")));
    return outcome.err();
  }

  private static String refused(Path folder, String input, Object... more) throws IOException {
    return refused(folder, input.getBytes(StandardCharsets.UTF_8), more);
  }

  private static byte[] gzip(String text) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
      gzip.write(text.getBytes(StandardCharsets.UTF_8));
    }
    return bytes.toByteArray();
  }

  @Test
  void everyFormatGivesTheSameFile(@TempDir Path folder) throws IOException {
    // The second is cut, the third holds an ambiguous letter; c has three letters, as many as it
    // needs.
    List<String> expected = List.of("a ok 012355 0", "é ok 012301 2", "c ok 433555 4");
    String fasta = ">a one\nACG\nu\n>é\nACGUACGU\n>c\nnTt\n";
    String fastq = "@a one\nACGu\n+\nIIII\n@é\nACGUACGU\n+\n@@@@@@@@\n@c\nnTt\n+\nIII\n";
    String headed = "other\tsequence\tid\nx\tACGu\ta\nx\tACGUACGU\té\nx\tnTt\tc\n";
    String bare = "a\tACGu\né\tACGUACGU\nc\tnTt";
    for (String text : List.of(fasta, fastq, headed, bare)) {
      for (String mark : List.of("", "\ufeff")) {
        encode(folder, mark + text).succeeded();
        assertEquals(expected, rows(folder), text);
      }
      encode(folder, gzip(text)).succeeded();
      assertEquals(expected, rows(folder), text);
      encode(folder, text.replace("\n", "\r\n")).succeeded();
      assertEquals(expected, rows(folder), text);
      Path odd = Files.write(folder.resolve("dataset_12.dat.in"), gzip(text));
      encode(folder, "", odd).succeeded();
      assertEquals(expected, rows(folder), text);
      encode(folder, text, "--threads", 3).succeeded();
      assertEquals(expected, rows(folder), text);
    }
  }

  @Test
  void severalFilesAreOneSample(@TempDir Path folder) throws IOException {
    Path first = Files.writeString(folder.resolve("1.in"), ">a\nACG");
    Path second = Files.write(folder.resolve("2.in"), gzip("b\tUUU"));
    encode(folder, ">c\nGGG\n", first, second, "-").succeeded();
    assertEquals(List.of("a ok 012555 0", "b ok 333555 0", "c ok 222555 0"), rows(folder));
  }

  @Test
  void whatIsNoSequenceFileIsNamed(@TempDir Path folder) throws IOException {
    assertTrue(refused(folder, "").contains("is empty"));
    assertTrue(refused(folder, " \n\n").contains("is empty"));
    assertTrue(refused(folder, "BZh91AY").contains("bzip2"));
    assertTrue(refused(folder, new byte[] {(byte) 0xfd, '7', 'z', 'X', 'Z', 0}).contains("xz"));
    assertTrue(refused(folder, new byte[] {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd}).contains("zstd"));
    assertTrue(refused(folder, new byte[] {'P', 'K', 3, 4, 0}).contains("is a zip"));
    assertTrue(refused(folder, new byte[] {'B', 'A', 'M', 1}).contains("BAM"));
    assertTrue(refused(folder, new byte[] {(byte) 0xff, (byte) 0xfe, '>', 0}).contains("UTF-16"));
    assertTrue(refused(folder, new byte[] {(byte) 0xfe, (byte) 0xff, 0, '>'}).contains("UTF-16"));
    assertTrue(refused(folder, new byte[] {'>', 'a', '\n', 0, 1}).contains("is binary"));
    assertTrue(refused(folder, "<!DOCTYPE html>").contains("web page"));
    assertTrue(refused(folder, "##gff-version 3\n").contains("annotation"));
    assertTrue(
        refused(folder, "1\tsrc\texon\t10\t20\t.\t+\t.\tgene_id \"x\"\n").contains("annotation"));
    assertTrue(refused(folder, "@HD\tVN:1.6\n").contains("SAM"));
    assertTrue(refused(folder, "ACGUACGU\n").contains("begins neither FASTA"));
    assertTrue(refused(folder, gzip("")).contains("is empty"));
    assertTrue(refused(folder, gzip("BZh91AY")).contains("bzip2"));
    assertTrue(refused(folder, "BZh91AY", "--format", "fasta").contains("bzip2"));
    assertTrue(refused(folder, "a\tACG\n", "--format", "fasta").contains("begins with '>'"));
    assertTrue(refused(folder, "@a\nACGU\n+\nIII\n").contains("no sound FASTQ"));
    assertTrue(refused(folder, "@a\nACGU\n").contains("no sound FASTQ"));
    assertTrue(refused(folder, "id\tletters\na\tACGU\n").contains("lacks the column 'sequence'"));
    assertTrue(refused(folder, "a\tACGU\nb\n").contains("line 2: has 1 columns"));
  }

  @Test
  void truncatedGzipIsRefusedWhereverItEnds(@TempDir Path folder) throws IOException {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 300; i++) {
      text.append(">id").append(i).append("\nACGU\n");
    }
    byte[] whole = gzip(text.toString());
    for (int length = 3; length < whole.length; length += 97) {
      String line = refused(folder, java.util.Arrays.copyOf(whole, length));
      assertTrue(line.contains("gzip data is damaged or cut short"), length + ": " + line);
    }
    byte[] flipped = whole.clone();
    flipped[whole.length - 6] ^= 1;
    assertTrue(refused(folder, flipped).contains("gzip data is damaged"));
  }

  @Test
  void filesWithoutASequenceAreRefused(@TempDir Path folder) throws IOException {
    assertTrue(refused(folder, ">a\n").contains("1 header and no sequence"));
    assertTrue(refused(folder, ">a\n>b\n\n>c").contains("3 headers and no sequence"));
    assertTrue(refused(folder, "; only a comment\n").contains("no sequence record"));
    assertTrue(refused(folder, "id\tsequence\n").contains("no sequence record"));
  }

  @Test
  void anEmptyRecordAmongOthersIsAnUnusableRow(@TempDir Path folder) {
    encode(folder, ">a\nACG\n>empty\n>n\nNNNN\n>b\nUUU\n").succeeded();
    assertEquals(
        List.of(
            "a ok 012555 0",
            "empty no-usable-base 555555 1",
            "n no-usable-base 555555 4",
            "b ok 333555 0"),
        rows(folder));
  }

  @Test
  void theFirstWrongLetterIsNamedWithItsPlace(@TempDir Path folder) throws IOException {
    String line = refused(folder, ">a\nACGU\n>b c\n\nACG\nACXG\n>d\nJ\n");
    assertTrue(line.contains("2 records are invalid"), line);
    assertTrue(line.contains("line 6: id 'b' has the letter 'X' at position 6"), line);
    assertTrue(line.contains("protein") && line.contains("--invalid-records unusable"), line);
    assertTrue(refused(folder, ">a\nAC-GU\n").contains("line 2: id 'a' has the letter '-'"));
    assertTrue(refused(folder, ">a\nAC-GU\n").contains("alignment"));
    assertTrue(refused(folder, ">a\nAC1GU\n").contains("the letter '1' at position 3"));
    assertTrue(refused(folder, ">a\nACé\n").contains("byte 0xc3"));
    assertTrue(refused(folder, "a\tACG\nb\tAXG\n").contains("line 2: id 'b'"));
    assertTrue(refused(folder, "id\tsequence\na\tACG\nb\tAXG").contains("line 3: id 'b'"));
    assertTrue(refused(folder, "@a\nACG\n+\nIII\n@b\nAXG\n+\nIII\n").contains("line 6: id 'b'"));
  }

  @Test
  void idsThatTablesCannotHoldAreRefused(@TempDir Path folder) throws IOException {
    String longest = "x".repeat(255);
    encode(folder, ">" + longest + "\nACG\n").succeeded();
    assertEquals(List.of(longest + " ok 012555 0"), rows(folder));
    assertTrue(refused(folder, ">a\nA\n>\nACG\n").contains("line 3: has no id"));
    assertTrue(refused(folder, ">" + longest + "x\nA\n").contains("over 255 bytes"));
    assertTrue(refused(folder, ">" + "é".repeat(128) + "\nA\n").contains("over 255 bytes"));
    assertTrue(refused(folder, ">a\u0007b\nA\n").contains("control character"));
    assertTrue(refused(folder, "a\tACG\n\tACG\n").contains("line 2: has no id"));
    byte[] latin = ">caf\u00e9\nACG\n".getBytes(StandardCharsets.ISO_8859_1);
    assertTrue(refused(folder, latin).contains("not UTF-8"));
  }

  @Test
  void invalidRecordsMayBecomeUnusableRows(@TempDir Path folder) {
    Tool.Outcome outcome =
        encode(folder, ">a\nACG\n>b\nAXG\n>\nACG\n>d\nUUU\n", "--invalid-records", "unusable");
    outcome.succeeded();
    assertEquals(
        List.of(
            "a ok 012555 0",
            "b wrong-letter 555555 0",
            "record-3 bad-id 555555 0",
            "d ok 333555 0"),
        rows(folder));
    assertTrue(outcome.err().contains("unusable, wrong-letter: 1 record\n"), outcome.err());
  }

  @Test
  void duplicatesAreRefusedOrNumbered(@TempDir Path folder) throws IOException {
    String text = ">a\nACG\n>a x\nUUU\n>a_2\nGGG\n>b\nCCC\n>b\nCCC\n";
    String line = refused(folder, text);
    assertTrue(line.contains("2 records repeat an id"), line);
    assertTrue(line.contains("record 2, has the id 'a' of") && line.contains(", record 1;"), line);
    assertTrue(line.contains("--duplicate-ids number"), line);
    encode(folder, text, "--duplicate-ids", "number").succeeded();
    assertEquals(
        List.of(
            "a ok 012555 0",
            "a_3 ok 333555 8",
            "a_2 ok 222555 0",
            "b ok 111555 0",
            "b_2 ok 111555 8"),
        rows(folder));
    encode(folder, text.replace(">b\nCCC\n>b", ">b\nCCC\n>c"), "--id-from", "header").succeeded();
    assertEquals("a x ok 333555 0", rows(folder).get(1));
  }

  @Test
  void aWordSaysThatManyRecordsAreOutsideTheTrainingRange(@TempDir Path folder) {
    Tool.Outcome few = encode(folder, ">a\nACG\n>b\nACG\n>c\nACG\n>d\nACG\n>e\nAC\n");
    assertFalse(few.succeeded().err().contains("warning"), few.err());
    Tool.Outcome many = encode(folder, ">a\nACG\n>b\nACG\n>c\nACG\n>d\nACGUACGUA\n>e\nAC\n");
    String last = many.succeeded().err().lines().reduce("", (a, b) -> b);
    assertTrue(last.contains("2 of 5 records (40 %)") && last.contains("hairpins"), last);
  }

  @Test
  void theRunRecordSaysWhatWasDone(@TempDir Path folder) throws IOException {
    encode(folder, ">a\nACG\n>n\nN\n", "--threads", 2).succeeded();
    Object tree = Tree.parseJson(Files.readAllBytes(folder.resolve("out.npz.run.json")));
    Map<?, ?> record = (Map<?, ?>) java.util.Objects.requireNonNull(tree);
    assertEquals("ribonnx-encode", record.get("tool"));
    assertEquals(2L, record.get("records"));
    assertEquals(
        Map.of(
            "status", Map.of("ok", 1L, "no-usable-base", 1L),
            "policies", Map.of("outside-training-range", 1L, "ambiguous-letters", 1L)),
        record.get("counts"));
    Map<?, ?> options = (Map<?, ?>) java.util.Objects.requireNonNull(record.get("options"));
    assertEquals(2L, options.get("--threads"));
    assertEquals("fail", options.get("--duplicate-ids"));
    assertEquals("auto", options.get("--format"));
    assertEquals(List.of("-"), options.get("arguments"));
    Map<?, ?> model = (Map<?, ?>) java.util.Objects.requireNonNull(record.get("model"));
    assertEquals("m", model.get("id"));
  }

  @Test
  void wrongUsageIsToldBeforeAnyWork(@TempDir Path folder) throws IOException {
    Path input = Files.writeString(folder.resolve("a.in"), ">a\nACG\n");
    Path model = new TestBundle(CARD).folder(folder.resolve("model"));
    Path out = folder.resolve("out.npz");
    Object[][] wrong = {
      {"--output", out, input},
      {"--model", model, input},
      {"--model", model, "--output", out},
      {"--model", model, "--output", out, folder.resolve("none.fa")},
      {"--model", model, "--output", out, folder},
      {"--model", model, "--output", input, input},
      {"--model", model, "--output", folder, input},
      {"--model", model, "--output", folder.resolve("none/out.npz"), input},
      {"--model", model, "--output", out, "-", "-"},
      {"--model", model, "--output", out, "--input", "other=" + input},
      {"--model", model, "--output", out, "--format", "embl", input},
      {"--model", model, "--output", out, "--invalid-records", "drop", input},
      {"--model", model, "--output", out, "--threads", "0", input},
      {"--model", "not-installed", "--output", out, input},
      {"--model", folder.resolve("no/model"), "--output", out, input},
    };
    for (Object[] arguments : wrong) {
      Tool.Outcome outcome = Tool.run(EncodeCommand::new, arguments);
      assertEquals(2, outcome.code(), List.of(arguments) + ": " + outcome.err());
      assertEquals(1, outcome.err().lines().count(), outcome.err());
      assertFalse(Files.exists(out));
    }
    assertEquals(">a\nACG\n", Files.readString(input));
  }

  @Test
  void aNamedInputIsAnInput(@TempDir Path folder) throws IOException {
    Path input = Files.writeString(folder.resolve("a.txt"), ">a\nACG\n");
    Path model = new TestBundle(CARD).folder(folder.resolve("model"));
    Tool.run(
            EncodeCommand::new,
            "--model",
            model,
            "--output",
            folder.resolve("out.npz"),
            "--input",
            "rna=" + input)
        .succeeded();
    assertEquals(List.of("a ok 012555 0"), rows(folder));
  }
}
