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
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.block.Column;
import org.ribonnx.core.npz.TensorFileReader;
import org.ribonnx.core.testing.TestBundle;
import org.ribonnx.core.testing.Tool;

/** Tables as records: what is read, what is counted, what is refused and with which words. */
class TableEncodeTest {
  private static final String OPTIONS = "duplicates: error";

  private static Tool.Outcome encode(
      Path folder, String values, String options, byte[] input, Object... more) {
    Path model =
        new TestBundle(
                "schema: 1\nid: m\nversion: 1.0.0\n"
                    + "inputs: {t: {kind: table, what: counts"
                    + (values.isEmpty() ? "" : ", values: " + values)
                    + "}}\n"
                    + "views: {v: {encoder: expression@1, dtype: float32, shape: [3],"
                    + " options: {features: {file: features.tsv, sha256: SHA(features.tsv)}, "
                    + options
                    + "}}}\n")
            .file("features.tsv", "feature\tnote\nf1\tx\nf2\ty\nf3\tz\n")
            .file("aliases.tsv", "alias\tfeature\none\tf1\nuno\tf1\n")
            .folder(folder.resolve("model"));
    List<Object> arguments = new ArrayList<>();
    arguments.addAll(List.of("--model", model, "--output", folder.resolve("out.npz")));
    arguments.addAll(List.of(more));
    if (arguments.stream().noneMatch(one -> one.toString().endsWith(".in"))) {
      arguments.add("-");
    }
    return Tool.run(EncodeCommand::new, new ByteArrayInputStream(input), arguments.toArray());
  }

  private static Tool.Outcome encode(Path folder, String input, Object... more) {
    return encode(folder, "counts", OPTIONS, bytes(input), more);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** id, status, numbers, flags: a line per sample. */
  private static List<String> rows(Path folder) {
    List<String> rows = new ArrayList<>();
    try (TensorFileReader reader = new TensorFileReader(folder.resolve("out.npz"))) {
      reader.want("x", reader.mainViews());
      Block block = new Block(16);
      while (reader.fill(block)) {
        for (int row = 0; row < block.size(); row++) {
          Column column = block.column("x/v");
          StringBuilder numbers = new StringBuilder();
          for (int i = 0; i < 3; i++) {
            numbers.append(' ').append(column.data().getFloat(4 * (3 * row + i)));
          }
          String status = reader.meta().status().get(block.status(row));
          rows.add(block.id(row) + " " + status + numbers + " " + block.flags(row));
        }
      }
    }
    return rows;
  }

  private static String refused(
      Path folder, String values, String options, byte[] input, Object... more) {
    Tool.Outcome outcome = encode(folder, values, options, input, more);
    assertEquals(4, outcome.code(), outcome.err());
    assertEquals(1, outcome.err().lines().count(), outcome.err());
    assertFalse(Files.exists(folder.resolve("out.npz")));
    return outcome.err();
  }

  private static byte[] gzip(byte[] bytes) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
      gzip.write(bytes);
    }
    return packed.toByteArray();
  }

  /** The fast way through a line and the slow one, against the JDK's own reading of each cell. */
  @Test
  void randomCellsAreTheNumbersThatTheJdkReads(@TempDir Path folder) {
    Random random = new Random(611);
    StringBuilder table = new StringBuilder("id\tnote\tf3\tf1\tother\tf2");
    List<String> expected = new ArrayList<>();
    for (int sample = 0; sample < 3000; sample++) {
      String[] cells = new String[3];
      for (int i = 0; i < 3; i++) {
        int digits = 1 + random.nextInt(12);
        StringBuilder cell = new StringBuilder();
        for (int digit = 0; digit < digits; digit++) {
          cell.append((char) ('0' + random.nextInt(random.nextInt(3) == 0 ? 1 : 10)));
        }
        int form = random.nextInt(40);
        if (form < 3) {
          cell.insert(random.nextInt(digits + 1), '.');
        } else if (form == 3) {
          cell.append("e-").append(random.nextInt(50));
        } else if (form == 4) {
          cell.insert(0, '-');
        }
        cells[i] = cell.toString();
      }
      String note =
          random.nextInt(50) == 0 ? "\"a \"\"b\"\"\"" : "x" + "y".repeat(random.nextInt(5));
      String other = random.nextInt(50) == 0 ? "" : "1.2.3";
      table.append("\ns").append(sample).append('\t').append(note);
      table.append('\t').append(cells[2]).append('\t').append(cells[0]);
      table.append('\t').append(other).append('\t').append(cells[1]);
      StringBuilder row = new StringBuilder("s" + sample + " ok");
      for (String cell : cells) {
        row.append(' ').append((float) Double.parseDouble(cell));
      }
      expected.add(row + " 0");
    }
    encode(folder, "", OPTIONS, bytes(table.toString()), "--threads", 2).succeeded();
    assertEquals(expected, rows(folder));
  }

  @Test
  void everyFormGivesTheSameFile(@TempDir Path folder) throws IOException {
    List<String> expected = List.of("a ok 1.0 20.0 3000.0 0", "é x ok 0.0 7.0 1.0E7 0");
    // Columns in another order than the bundle's, some that stand for no feature.
    String tabs = "id\tf3\tnote\tf1\tf2\na\t3000\tgood\t1\t20\né x\t10000000\tbad, or\t0\t7\n";
    String commas = "id,f3,note,f1,f2\na,3000,good,1,20\n\"é x\",1e7,\"bad, \"\"or\"\"\",0,7\n";
    String semicolons = "id;f2;f3;f1\na;20;3e3;1\né x;7.0;10000000.;0\n";
    String fromR = "\"f1\" \t\"f2\"\t\"f3\"\n\"a\"\t1\t20\t3000\n\"é x\"\t0\t7\t10000000\n";
    String turned = "\ta\té x\nf2\t20\t7\nother\tx\ty\nf1\t1\t0\nf3\t3000\t10000000\n";
    String turnedByR = "\"a\",\"é x\"\n\"f1\",1,0\n\"f2\",20,7\n\"f3\",3000,1e+07\n";
    String comments = "# made by hand\n\n## again\n" + tabs + "\n  \n";
    for (String text : List.of(tabs, commas, semicolons, fromR, turned, turnedByR, comments)) {
      for (String form : List.of(text, "\ufeff" + text, text.replace("\n", "\r\n"), text.strip())) {
        encode(folder, form).succeeded();
        assertEquals(expected, rows(folder), form);
      }
      encode(folder, "counts", OPTIONS, gzip(bytes(text)), "--threads", 3).succeeded();
      assertEquals(expected, rows(folder), text);
    }
    encode(folder, tabs, "--features-in", "columns", "--format", "tsv").succeeded();
    assertEquals(expected, rows(folder));
    encode(folder, turned, "--features-in", "rows").succeeded();
    assertEquals(expected, rows(folder));
    // Samples of two files that lie in different ways.
    Path one = Files.writeString(folder.resolve("a.in"), tabs);
    Path two =
        Files.writeString(folder.resolve("b.in"), turned.replace("é x", "c").replace("\ta", "\tb"));
    encode(folder, "", one, two).succeeded();
    assertEquals(
        List.of(expected.get(0), expected.get(1), "b ok 1.0 20.0 3000.0 0", "c ok 0.0 7.0 1.0E7 0"),
        rows(folder));
  }

  /** Both ways and any number of threads, over more samples than a batch holds. */
  @Test
  void manySamplesBothWays(@TempDir Path folder) {
    Random random = new Random(603);
    int samples = 1500;
    StringBuilder lines = new StringBuilder("id\tf1\tx\tf2\tf3\n");
    StringBuilder[] turned = new StringBuilder[4];
    for (int i = 0; i < 4; i++) {
      turned[i] = new StringBuilder(List.of("", "f1", "f2", "f3").get(i));
    }
    List<String> expected = new ArrayList<>();
    for (int sample = 0; sample < samples; sample++) {
      int[] counts = {random.nextInt(10), random.nextInt(100_000), random.nextInt(1 << 24)};
      String id = "s" + sample;
      lines.append(id).append('\t').append(counts[0]).append("\ttext\t").append(counts[1]);
      lines.append('\t').append(counts[2]).append('\n');
      turned[0].append('\t').append(id);
      StringBuilder row = new StringBuilder(id + " ok");
      for (int i = 0; i < 3; i++) {
        turned[i + 1].append('\t').append(counts[i]);
        row.append(' ').append((float) counts[i]);
      }
      expected.add(row + " 0");
    }
    for (int threads : new int[] {1, 3}) {
      encode(folder, lines.toString(), "--threads", threads).succeeded();
      assertEquals(expected, rows(folder));
      encode(folder, String.join("\n", turned), "--threads", threads).succeeded();
      assertEquals(expected, rows(folder));
    }
  }

  @Test
  void namesAreMappedAndSeveralOfOneFeatureJoined(@TempDir Path folder) throws IOException {
    String aliases = ", aliases: {file: aliases.tsv, sha256: SHA(aliases.tsv)}";
    String table = "id\tone\tf2\tuno\tf1\tF3\ns\t1\t20\t300\t4000\t5\n";
    encode(folder, "counts", "duplicates: sum" + aliases, bytes(table)).succeeded();
    assertEquals(List.of("s ok 4301.0 20.0 0.0 16"), rows(folder));
    encode(folder, "counts", "duplicates: first, missing: {fill: nan}" + aliases, bytes(table))
        .succeeded();
    assertEquals(List.of("s ok 1.0 20.0 NaN 16"), rows(folder));
    Files.delete(folder.resolve("out.npz"));
    String line = refused(folder, "counts", "duplicates: error" + aliases, bytes(table));
    assertTrue(
        line.contains(
            "line 1, column 4: 'uno' stands for the feature 'f1', as does 'one' (line 1, column 2); the"
                + " model takes one of them"),
        line);
  }

  @Test
  void coverageIsCountedAndTold(@TempDir Path folder) throws IOException {
    String table = "id\tf2\tx\ty\na\t5\t1\t2\nb\t6\t1\t2\n";
    Tool.Outcome outcome = encode(folder, table).succeeded();
    assertEquals(List.of("a ok 0.0 5.0 0.0 16", "b ok 0.0 6.0 0.0 16"), rows(folder));
    assertTrue(
        outcome
            .err()
            .contains(
                "standard input: 1 of the 3 features that the model reads were found (33 %); 2"),
        outcome.err());
    assertTrue(outcome.err().contains("warning: standard input: 1 of the 3"), outcome.err());
    String record = Files.readString(folder.resolve("out.npz.run.json")).replaceAll("\\s", "");
    assertTrue(
        record.contains(
            "\"tablestandardinput\":{\"samples\":2,\"features-of-model\":3,\"features-found\":1,"
                + "\"features-filled\":2,\"names-ignored\":2}"),
        record);
    assertTrue(record.contains("\"policies\":{\"features-filled\":2}"), record);

    outcome = encode(folder, "counts", "min-coverage: 0.34", bytes(table)).succeeded();
    assertEquals(
        List.of("a low-coverage NaN NaN NaN 16", "b low-coverage NaN NaN NaN 16"), rows(folder));
    assertTrue(outcome.err().contains("too few for the model: its samples are unusable"));
  }

  @Test
  void aSampleWithTooFewReadsIsUnusable(@TempDir Path folder) {
    String table = "id\tf1\tf2\tf3\na\t5\t4\t0\nb\t5\t5\t0\n";
    encode(folder, "counts", "min-total: 10", bytes(table)).succeeded();
    assertEquals(List.of("a low-total NaN NaN NaN 0", "b ok 5.0 5.0 0.0 0"), rows(folder));
  }

  @Test
  void badCellsMakeTheirSampleUnusableIfAskedFor(@TempDir Path folder) {
    String table = "id\tf1\tf2\tf3\na\t1\tNA\t3\nb\t1\t2\t3\n\t1\t2\t3\nc\t1\t-2\t3\nd\t1\t2\tx\n";
    encode(folder, table, "--invalid-records", "unusable").succeeded();
    List<String> expected =
        List.of(
            "a bad-value NaN NaN NaN 0",
            "b ok 1.0 2.0 3.0 0",
            "record-3 bad-id NaN NaN NaN 0",
            "c bad-value NaN NaN NaN 0",
            "d bad-value NaN NaN NaN 0");
    assertEquals(expected, rows(folder));
    String turned = "id\ta\tb\t\tc\td\nf1\t1\t1\t1\t1\t1\nf2\tNA\t2\t2\t-2\t2\nf3\t3\t3\t3\t3\tx\n";
    encode(folder, turned, "--invalid-records", "unusable").succeeded();
    assertEquals(expected, rows(folder));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "id,f1,f2,f3;a,1,,3|1 record is invalid; the first: standard input, line 2, column 3 ('f2'): is empty; a number is expected; --invalid-records unusable",
        "id,f1,f2,f3;a,1,2,|line 2, column 4 ('f3'): is empty",
        "id,f1,f2,f3;a,1,NaN,3|is 'NaN'; a number is expected",
        "id,f1,f2,f3;a,1,2,3;b,one,2,3|line 3, column 2 ('f1'): is 'one', which is no number",
        "id,f1,f2,f3;a,1,-2,3|line 2, column 3 ('f2'): is -2; a count can't be below 0",
        "id,f1,f2,f3;a,1,2,1e40|is '1e40', which is too large",
        "id,f1,f2,f3;a,1,\"2,5\",3|column 3 ('f2'): is '2,5', with a comma; write numbers with a decimal point",
        "id,f1,f2,f3;a,1,2|line 2: has 3 cells, but the header (line 1) makes it 4",
        "id,f1,f2,f3;a,1,2,3;b,1,2,3,4|line 3: has 5 cells, but the header (line 1) makes it 4",
        "id,f1,f2,f3;a,1,2,3,4,5|line 2: has 6 cells",
        "id,f1,f2,f3,f2;a,1,2,3,4|line 1, column 5: has the name 'f2', as has line 1, column 3",
        "id,a,b;f1,1,2;f2,1,2;f1,3,4|line 4: has the name 'f1', as has line 2",
        "id,a,b;f1,1,2;f2,1|line 3: has 2 cells, but the header (line 1) makes it 3",
        "id,a,b;f1,1,2;f2,1,x|line 3 ('f2'), column 3: is 'x', which is no number",
        "id,a,b;f1,1,2;f2,1,-7|line 3 ('f2'), column 3: is -7; a count can't be below 0",
        "id,f1,f2,f3;a,1,2,3;a,4,5,6|1 record repeats an id; the first: standard input, sample 2, has the id 'a' of standard input, sample 1",
        "id,a,a;f1,1,2;f2,1,2|sample 2, has the id 'a'",
        "id,f1,f2;f2,1,2|line 2: the line has the name of a feature, 'f2', and so has the column 'f1'; say --features-in columns or --features-in rows",
        "id,F1,x y,z;a,1,2,3;b,1,2,3|holds none of the features that the model reads ('f1', 'f2', 'f3', …); its columns are called 'F1', 'x y', 'z', …, its lines 'a', 'b', …",
        "id,f1,f2,f3;|holds a header and nothing below it",
        "f1;1|'f1' is no header of several columns",
        "id f1 f2;a 1 2|'id f1 f2' is no header of several columns",
        ";|is empty",
        "id,f1,f2,f3;,1,2,3|line 2: the sample has no id",
        "id,f1,f2,f3;\"a,1,2,3|line 2: a quoted cell has no closing quote",
        ">s;ACGU|looks like sequences; a table of numbers is expected",
        "id,f1,f2,f3;a,1,2.5,3|line 2, column 3 ('f2'): is 2.5, which is no whole number, and the model expects raw counts; the table looks like logarithms (no number reaches 30)",
        "id,f1,f2,f3;a,100000,200000.5,699999.5;b,999999.75,0.25,0|looks like counts per million (no sample adds up to more)",
        "id,f1,f2,f3;a,100,200.5,9|looks like normalised or estimated counts; give raw ones, or round",
        "id,f1,f2,f3;a,-1.5,2.5,3;b,1.5,2,3|looks like log ratios or z-scores"
      })
  void badTablesAreToldByTheirPlace(String table, String message, @TempDir Path folder)
      throws IOException {
    String text = table.replace(";", "\n") + "\n";
    String line = refused(folder, "counts", OPTIONS, bytes(text));
    assertTrue(line.contains(message), line);
    refused(folder, "counts", OPTIONS, gzip(bytes("\ufeff" + text.replace("\n", "\r\n"))));
  }

  @Test
  void normalisedValuesAreToldFromCounts(@TempDir Path folder) {
    String counts = "id,f1,f2,f3\na,1,2000,3\n";
    String line = refused(folder, "normalised", OPTIONS, bytes(counts));
    assertTrue(line.contains("every number is whole, up to 2000, and the model expects"), line);
    encode(folder, "normalised", OPTIONS, bytes("id,f1,f2,f3\na,-1.5,2000.25,3\n")).succeeded();
    assertEquals(List.of("a ok -1.5 2000.25 3.0 0"), rows(folder));
    // Not stated: everything goes.
    encode(folder, "", OPTIONS, bytes(counts)).succeeded();
    assertEquals(List.of("a ok 1.0 2000.0 3.0 0"), rows(folder));
  }

  @Test
  void statedPlacesOfFeaturesAreNotGuessed(@TempDir Path folder) throws IOException {
    // A feature's name on both sides: only a user knows.
    String both = "id\tf1\tf2\nf2\t1\t2\nf3\t4\t5\n";
    encode(folder, both, "--features-in", "columns").succeeded();
    assertEquals(List.of("f2 ok 1.0 2.0 0.0 16", "f3 ok 4.0 5.0 0.0 16"), rows(folder));
    encode(folder, both, "--features-in", "rows").succeeded();
    assertEquals(List.of("f1 ok 0.0 1.0 4.0 16", "f2 ok 0.0 2.0 5.0 16"), rows(folder));
    Files.delete(folder.resolve("out.npz"));
    String line =
        refused(folder, "counts", OPTIONS, bytes("id\ta\nf1\t1\n"), "--features-in", "columns");
    assertTrue(line.contains("its columns are called 'a', …"), line);
    line = refused(folder, "counts", OPTIONS, bytes("id\tf1\na\t1\n"), "--features-in", "rows");
    assertTrue(line.contains("its lines 'a', …"), line);
    assertEquals(2, encode(folder, both, "--format", "fasta").code());
  }

  @Test
  void aMillionColumns(@TempDir Path folder) throws IOException {
    StringBuilder header = new StringBuilder("id");
    StringBuilder row = new StringBuilder("s");
    for (int i = 0; i < 1_000_000; i++) {
      header.append('\t').append(i == 700_000 ? "f2" : "g" + i);
      row.append('\t').append(i % 10);
    }
    encode(folder, header + "\n" + row + "\n" + row.replace(0, 1, "t") + "\n").succeeded();
    assertEquals(List.of("s ok 0.0 0.0 0.0 16", "t ok 0.0 0.0 0.0 16"), rows(folder));
    Files.delete(folder.resolve("out.npz"));
    String line =
        refused(
            folder, "counts", OPTIONS, bytes(header.toString().replace("f2", "g") + "\n" + row));
    assertTrue(line.contains("holds none of the features"), line);
    line = refused(folder, "counts", OPTIONS, bytes(header + "\n" + row + "\t1\t2\n"));
    assertTrue(
        line.contains("line 2: has 1000003 cells, but the header (line 1) makes it 1000001"));
    // The same turned: a million samples of one feature.
    StringBuilder turned = new StringBuilder("f2");
    row.setLength(0);
    row.append("id");
    for (int i = 0; i < 1_000_000; i++) {
      row.append('\t').append('s').append(i);
      turned.append('\t').append(i % 1000);
    }
    encode(folder, row + "\n" + turned + "\n").succeeded();
    try (TensorFileReader reader = new TensorFileReader(folder.resolve("out.npz"))) {
      assertEquals(1_000_000, reader.records());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "dtype: float32>dtype: uint8|views.v expression@1 makes float32 [features], not uint8 [3]",
        "shape: [3]>shape: [4]|views.v.options.features holds 3 features, but the view is float32 [4]",
        "kind: table, values: counts>kind: sequences|views.v asks for expression@1, which reads table, but the input 't' is of the kind sequences",
        "values: counts>values: reads|inputs.t.values is 'reads'; one of counts, normalised is expected",
        "duplicates: error>duplicates: mean|views.v.options.duplicates is 'mean'; one of sum, first, error",
        "duplicates: error>missing: {fill: mean}|views.v.options.missing has fill 'mean'; a number or nan",
        "duplicates: error>missing: 0|views.v.options.missing must be {fill: …}",
        "duplicates: error>min-coverage: 2|views.v.options.min-coverage is '2'; a number from 0 to 1 is expected",
        "duplicates: error>orientation: x|views.v.options.orientation is not known",
        "duplicates: error>names: stem|views.v.options.names is 'stem'; one of exact, mirna-stem is expected",
        "feature\tnote>name\tnote|views.v.options.features names a table without the header 'feature'",
        "f2\ty>f1\ty|views.v.options.features holds 'f1' twice",
        "uno\tf1>uno\tf9|views.v.options.aliases leads from 'uno' to 'f9', which is no feature",
        "uno\tf1>one\tf1|views.v.options.aliases holds 'one' twice",
        "sha256: SHA(features.tsv)>sha256: 00|views.v.options.features.sha256"
      })
  void aWrongBundleIsToldByItsKey(String change, String message, @TempDir Path folder) {
    String[] parts = change.split(">", 2);
    String card =
        """
        schema: 1
        id: m
        version: 1.0.0
        inputs: {t: {kind: table, values: counts}}
        views: {v: {encoder: expression@1, dtype: float32, shape: [3], options: {duplicates: error,
          features: {file: features.tsv, sha256: SHA(features.tsv)}, aliases: {file: aliases.tsv, sha256: SHA(aliases.tsv)}}}}
        """;
    Path model =
        new TestBundle(card.replace(parts[0], parts[1]))
            .file(
                "features.tsv", "feature\tnote\nf1\tx\nf2\ty\nf3\tz\n".replace(parts[0], parts[1]))
            .file("aliases.tsv", "alias\tfeature\none\tf1\nuno\tf1\n".replace(parts[0], parts[1]))
            .folder(folder.resolve("model"));
    Tool.Outcome outcome =
        Tool.run(
            EncodeCommand::new,
            new ByteArrayInputStream(bytes("id\tf1\ns\t1\n")),
            "--model",
            model,
            "--output",
            folder.resolve("out.npz"),
            "-");
    assertEquals(5, outcome.code(), outcome.err());
    assertEquals(1, outcome.err().lines().count(), outcome.err());
    assertTrue(outcome.err().contains(message), outcome.err());
  }
}
