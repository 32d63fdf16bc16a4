package org.ribonnx.cli;

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
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ribonnx.core.testing.Tool;

/** Differences of pairs against predictions of both sequences, each for itself. */
@NullUnmarked
class VariantsTest {
  private static final String HEADER = "id\thead\tlabel\tref\talt\tdifference\tlog_odds_difference";

  private record Pair(String id, String ref, String alt) {}

  @TempDir Path folder;

  private Path model() {
    return Sites.bundle("").folder(folder.resolve("sites"));
  }

  private static List<Pair> pairs(long seed, int count) {
    Random random = new Random(seed);
    List<Pair> pairs = new ArrayList<>();
    for (StepsTest.Entry record : Sites.records(seed, count)) {
      StringBuilder alt = new StringBuilder(record.sequence());
      int at = random.nextInt(alt.length());
      switch (random.nextInt(3)) {
        case 0 -> alt.setCharAt(at, alt.charAt(at) == 'A' ? 'G' : 'A');
        case 1 -> alt.deleteCharAt(at);
        default -> alt.insert(at, "CU");
      }
      pairs.add(new Pair("v" + record.id(), record.sequence(), alt.toString()));
    }
    return pairs;
  }

  private static String table(List<Pair> pairs) {
    StringBuilder text = new StringBuilder("id\tref\talt\n");
    pairs.forEach(pair -> text.append(pair.id() + "\t" + pair.ref() + "\t" + pair.alt() + "\n"));
    return text.toString();
  }

  private static Tool.Outcome run(Path model, byte[] input, Object... more) {
    List<Object> arguments = new ArrayList<>(List.of("variants", "--model", model));
    arguments.addAll(List.of(more));
    arguments.add("-");
    return Tool.run(RibonnxCommand::new, new ByteArrayInputStream(input), arguments.toArray());
  }

  private static Tool.Outcome run(Path model, String input, Object... more) {
    return run(model, input.getBytes(StandardCharsets.UTF_8), more);
  }

  private static List<String[]> rows(Tool.Outcome outcome) {
    List<String> lines = outcome.succeeded().text().lines().toList();
    assertEquals(HEADER, lines.get(0));
    return lines.stream().skip(1).map(line -> line.split("\t", -1)).toList();
  }

  private static double logOdds(double probability) {
    double p = Math.min(1 - 1e-6, Math.max(1e-6, probability));
    return Math.log(p) - Math.log(1 - p);
  }

  private static void check(
      String[] row, Map<String, Double> ref, Map<String, Double> alt, String column) {
    String what = String.join(" ", row);
    double before = Double.parseDouble(row[3]);
    double after = Double.parseDouble(row[4]);
    assertEquals(ref.get(column), before, 0, what);
    assertEquals(alt.get(column), after, 0, what);
    assertEquals(after - before, Double.parseDouble(row[5]), 2e-5, what);
    if (column.startsWith("amount")) {
      assertEquals("NA", row[6]);
    } else {
      double expected = logOdds(after) - logOdds(before);
      double spread =
          2e-6 / Math.min(before * (1 - before), after * (1 - after)) + 1e-5 * Math.abs(expected);
      assertEquals(expected, Double.parseDouble(row[6]), spread, what);
    }
  }

  @Test
  void differencesAreThoseOfPredictions() throws IOException {
    Path model = model();
    List<Pair> pairs = pairs(31, 150);
    List<StepsTest.Entry> both = new ArrayList<>();
    for (Pair pair : pairs) {
      both.add(new StepsTest.Entry(pair.id() + "|r", pair.ref()));
      both.add(new StepsTest.Entry(pair.id() + "|a", pair.alt()));
    }
    Map<String, Map<String, Double>> scores = Sites.predict(model, both, folder);
    List<String[]> rows = rows(run(model, table(pairs), "--output", "-"));
    assertEquals(pairs.size() * Sites.COLUMNS.size(), rows.size());
    double largest = 0;
    for (int i = 0; i < rows.size(); i++) {
      String[] row = rows.get(i);
      Pair pair = pairs.get(i / Sites.COLUMNS.size());
      String column = Sites.COLUMNS.get(i % Sites.COLUMNS.size());
      assertEquals(pair.id(), row[0]);
      assertEquals(column, Sites.column(row[1], row[2]));
      check(row, scores.get(pair.id() + "|r"), scores.get(pair.id() + "|a"), column);
      largest = Math.max(largest, Math.abs(Double.parseDouble(row[5])));
    }
    assertTrue(largest > 0.1, "something matters: " + largest);
  }

  @Test
  void theSameBytesByEveryWayAndFormat() throws IOException {
    Path model = model();
    List<Pair> pairs = pairs(32, 700);
    String expected = run(model, table(pairs), "--output", "-").succeeded().text();
    for (Object[] way :
        new Object[][] {{"--threads", 1}, {"--threads", 4, "--batch-size", 16}, {"--threads", 3}}) {
      List<Object> arguments = new ArrayList<>(List.of(way));
      arguments.addAll(List.of("--output", "-"));
      assertEquals(expected, run(model, table(pairs), arguments.toArray()).succeeded().text());
    }
    // Columns in another order among others, quoted cells, DNA in lower case, gzip, two files.
    StringBuilder other = new StringBuilder("Alt;note;Ref;ID\r\n");
    for (Pair pair : pairs.subList(0, 300)) {
      other.append(
          "\"" + pair.alt().replace('U', 't').toLowerCase(java.util.Locale.ROOT) + "\";\"a;b\";");
      other.append(pair.ref() + ";" + pair.id() + "\r\n");
    }
    ByteArrayOutputStream zipped = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(zipped)) {
      gzip.write(other.toString().getBytes(StandardCharsets.UTF_8));
    }
    Path first = Files.write(folder.resolve("dataset_1.dat"), zipped.toByteArray());
    byte[] second = table(pairs.subList(300, 700)).getBytes(StandardCharsets.UTF_8);
    assertEquals(
        expected, run(model, second, "--output", "-", first.toString()).succeeded().text());
    // Alone.
    for (int i : new int[] {0, 17, 699}) {
      String alone = run(model, table(List.of(pairs.get(i))), "--output", "-").text();
      assertTrue(expected.contains(alone.substring(HEADER.length())), pairs.get(i).id());
    }
  }

  @Test
  void aSequenceThatCannotBeUsed() {
    Path model = model();
    String input =
        "id\tref\talt\ngood\tACGUACGUACGU\tACGAACGUACGU\nbad\tACGUACGUACGU\tNNNN\nworse\t\tACGU\n";
    Tool.Outcome outcome = run(model, input, "--output", "-", "--min-difference", "1000");
    List<String[]> rows = rows(outcome);
    // What can't be compared stays, whatever the difference asked for.
    assertEquals(2 * Sites.COLUMNS.size(), rows.size());
    for (String[] row : rows) {
      assertEquals(row[0].equals("bad"), !row[3].equals("NA"), String.join(" ", row));
      assertEquals(row[0].equals("worse"), !row[4].equals("NA"), String.join(" ", row));
      assertEquals("NA NA", row[5] + " " + row[6]);
    }
    assertTrue(outcome.err().contains("unusable, no-usable-base: 2 records"), outcome.err());
    assertTrue(
        outcome.err().contains("kind: 1 pair compared, 6 rows; NA in those of 2")
            && outcome.err().contains("the first: 'bad'"),
        outcome.err());
    List<String[]> best = rows(run(model, input, "--output", "-", "--labels", "best"));
    assertEquals(3 * 3, best.size());
    for (String[] row : best) {
      assertFalse(row[2].equals("NA"), String.join(" ", row));
    }
  }

  @Test
  void labelsAndDifferencesThatAreAskedFor() {
    Path model = model();
    String input = table(pairs(33, 60));
    List<String[]> all = rows(run(model, input, "--output", "-"));
    List<String[]> named = rows(run(model, input, "--output", "-", "--labels", "FUS,b"));
    assertEquals(
        texts(all.stream().filter(row -> row[2].equals("FUS") || row[2].equals("b")).toList()),
        texts(named));
    List<String[]> large = rows(run(model, input, "--output", "-", "--min-difference", "0.05"));
    assertTrue(large.size() > 20 && large.size() < all.size() - 20, large.size() + " rows");
    for (String[] row : large) {
      assertTrue(Math.abs(Double.parseDouble(row[5])) >= 0.05, String.join(" ", row));
    }
    Set<String> kept = new HashSet<>(texts(large));
    for (String[] row : all) {
      if (!kept.contains(String.join("\t", row))) {
        assertTrue(Math.abs(Double.parseDouble(row[5])) < 0.05, String.join(" ", row));
      }
    }
    List<String[]> best = rows(run(model, input, "--output", "-", "--labels", "best"));
    assertEquals(60 * 3, best.size());
    for (String[] row : best) {
      for (String[] other : all) {
        if (other[0].equals(row[0]) && other[1].equals(row[1])) {
          assertTrue(Double.parseDouble(other[3]) <= Double.parseDouble(row[3]));
        }
      }
    }
  }

  private static List<String> texts(List<String[]> rows) {
    return rows.stream().map(row -> String.join("\t", row)).toList();
  }

  @Test
  void theFolder() throws IOException {
    Path model = model();
    List<Pair> pairs = pairs(34, 19);
    pairs.add(new Pair("neither", "NNN", ""));
    Path input = Files.writeString(folder.resolve("pairs.tsv"), table(pairs));
    Path outdir = folder.resolve("results");
    Tool.run(RibonnxCommand::new, "variants", "--model", model, "--outdir", outdir, input)
        .succeeded();
    assertEquals(
        run(model, table(pairs), "--output", "-").text(),
        Files.readString(outdir.resolve("variants.tsv")));
    List<String> predictions = Files.readAllLines(outdir.resolve("predictions.tsv"));
    assertEquals(1 + 20 * 2 * 3, predictions.size());
    assertTrue(predictions.get(1).startsWith("vs0:ref\tproteins\t"), predictions.get(1));
    assertTrue(predictions.get(4).startsWith("vs0:alt\tproteins\t"), predictions.get(4));
    String record = Files.readString(outdir.resolve("run.json"));
    assertTrue(record.contains("variants proteins") && record.contains("\"compared\""), record);
    assertTrue(Files.size(outdir.resolve("report.html")) > 5_000);
    assertTrue(Files.readString(outdir.resolve("report.html")).contains("vs1"), "the strongest");
    Path best = folder.resolve("best");
    Tool.run(
            RibonnxCommand::new,
            "variants",
            "--model",
            model,
            "--labels",
            "best",
            "--outdir",
            best,
            input)
        .succeeded();
    List<String> rows = Files.readAllLines(best.resolve("variants.tsv"));
    assertEquals("neither\tproteins\tNA\tNA\tNA\tNA\tNA", rows.get(1 + 19 * 3));
    Path table = folder.resolve("one.tsv");
    Tool.run(RibonnxCommand::new, "variants", "--model", model, "--output", table, input)
        .succeeded();
    assertTrue(Files.exists(folder.resolve("one.tsv.run.json")));
  }

  // ---- every substitution of a base
  // --------------------------------------------------------------------------------

  @Test
  void allSubstitutionsAreThoseOfPairs() throws IOException {
    Path model = model();
    List<StepsTest.Entry> records = Sites.records(35, 12);
    List<Pair> pairs = new ArrayList<>();
    for (StepsTest.Entry record : records) {
      String letters = record.sequence();
      for (int at = 0; at < letters.length(); at++) {
        for (char base : "ACGU".toCharArray()) {
          if (letters.charAt(at) != 'N' && letters.charAt(at) != base) {
            pairs.add(
                new Pair(
                    record.id() + ":" + (at + 1) + ":" + letters.charAt(at) + ">" + base,
                    letters,
                    letters.substring(0, at) + base + letters.substring(at + 1)));
          }
        }
      }
    }
    String expected = run(model, table(pairs), "--output", "-").succeeded().text();
    List<StepsTest.Entry> input = new ArrayList<>(records);
    input.add(3, new StepsTest.Entry("nothing", "NNNNNNNNNNNN"));
    for (Object[] way : new Object[][] {{"--threads", 1}, {"--threads", 3, "--batch-size", 16}}) {
      List<Object> arguments = new ArrayList<>(List.of(way));
      arguments.addAll(List.of("--all-substitutions", "--output", "-"));
      Tool.Outcome outcome = run(model, StepsTest.fasta(input), arguments.toArray());
      assertEquals(expected, outcome.succeeded().text());
      assertTrue(
          outcome.err().contains("kind: " + String.format("%,d", pairs.size()) + " substitutions"),
          outcome.err());
      assertTrue(outcome.err().contains("1 record can't be used and has no rows"), outcome.err());
    }
  }

  // ---- what is refused
  // ---------------------------------------------------------------------------------------------

  private void refused(int code, String input, List<String> fragments, Object... more) {
    List<Object> arguments = new ArrayList<>(List.of("--output", folder.resolve("x.tsv")));
    arguments.addAll(List.of(more));
    Tool.Outcome outcome = run(model(), input, arguments.toArray());
    assertEquals(code, outcome.code(), outcome.err());
    assertEquals(1, outcome.err().lines().count(), outcome.err());
    for (String fragment : fragments) {
      assertTrue(outcome.err().contains(fragment), fragment + " in " + outcome.err());
    }
    assertFalse(Files.exists(folder.resolve("x.tsv")));
  }

  @Test
  void inputThatIsNotWhatItShouldBe() {
    String columns = "a table with the columns id, ref and alt is expected";
    refused(4, "", List.of("standard input: is empty", columns));
    refused(4, "id\tref\talt\n", List.of("holds a header and nothing below it", columns));
    refused(4, "id\tref\na\tAC\n", List.of("line 1", "lacks 'alt'", columns));
    refused(4, "x\tACGU\tACGA\ny\tA\tC\n", List.of("lacks 'id' and 'ref' and 'alt'", columns));
    refused(4, "id\tref\talt\talt\na\tA\tC\tC\n", List.of("line 1", "'alt' twice"));
    refused(4, ">a\nACGU\n", List.of("looks like sequences", columns));
    refused(4, "id,ref,alt\na,ACGU\n", List.of("line 2", "has 2 cells"));
    refused(
        4,
        "id\tref\talt\na\tACGU\tACGA\n\nb\tACGU\tACXA\nc\tEF\tA\n",
        List.of(
            "2 records are invalid",
            "line 4",
            "'b:alt' has the letter 'X' at position 3",
            "--invalid-records unusable"));
    refused(4, "id\tref\talt\n\tACGU\tACGA\n", List.of("line 2", "has no id"));
    refused(
        4,
        "id\tref\talt\na\tACGU\tACGA\n\nb\tACGU\tACCA\na\tC\tG\nb\tC\tG\n",
        List.of("2 pairs repeat an id", "line 5, has the id 'a' of standard input, line 2"));
  }

  @Test
  void pairsOfTheSameSequence() {
    Tool.Outcome outcome =
        run(
            model(),
            "id\tref\talt\na\tACGUACGUACGU\tacgtacgtacgt\nb\tACGU\tACGA\nc\tAC\tAC\n",
            "--output",
            "-");
    for (String[] row : rows(outcome)) {
      if (!row[0].equals("b")) {
        assertEquals("0", row[5]);
        assertTrue(row[6].equals("0") || row[1].equals("amount"), String.join(" ", row));
      }
    }
    assertTrue(
        outcome
            .err()
            .contains(
                "2 pairs have the same sequence as ref and as alt, so the difference is 0; the"
                    + " first: standard input, line 2: id 'a'"),
        outcome.err());
  }

  @Test
  void wrongUsage() throws IOException {
    String input = "id\tref\talt\na\tACGU\tACGA\n";
    refused(2, input, List.of("--labels", "'XYZ' is no label"), "--labels", "XYZ");
    refused(2, input, List.of("--min-difference -1"), "--min-difference", "-1");
    Tool.Outcome outcome = run(model(), input);
    assertEquals(2, outcome.code());
    assertTrue(outcome.err().contains("--outdir FOLDER, or --output FILE"), outcome.err());
    outcome = Tool.run(RibonnxCommand::new, "variants", "--model", model(), "--output", "-");
    assertEquals(2, outcome.code());
    assertTrue(outcome.err().contains("no input is given"), outcome.err());
    outcome = run(Tool.repository("test-data/bundles/expression"), input, "--output", "-");
    assertEquals(2, outcome.code());
    assertTrue(outcome.err().contains("variants are of sequences"), outcome.err());
  }

  @Test
  void invalidSequencesThatAreKept() {
    String input = "id\tref\talt\na\tACGUACGU\tACXACGUA\nb\tACGUACGU\tACGUACGA\n\tACGU\tACGA\n";
    List<String[]> rows =
        rows(run(model(), input, "--output", "-", "--invalid-records", "unusable"));
    assertEquals(3 * Sites.COLUMNS.size(), rows.size());
    for (String[] row : rows) {
      assertEquals(row[0].equals("b"), !row[5].equals("NA"), String.join(" ", row));
    }
    assertEquals("record-5", rows.get(rows.size() - 1)[0]);
  }
}
