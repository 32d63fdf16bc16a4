package org.ribonnx.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ribonnx.core.testing.Tool;

/**
 * Site maps of a model with several views of one sequence, against predictions of sequences in
 * which N stands where a window was; and the same values in the coordinates of a genome.
 */
@NullUnmarked
class SiteMapTest {
  @TempDir Path folder;

  private static String explain(int window, int step) {
    String how =
        window == 0
            ? "{method: occlusion}"
            : "{method: occlusion, window: " + window + ", step: " + step + "}";
    return "explain: {proteins: HOW, kind: HOW, amount: HOW}\n".replace("HOW", how);
  }

  private Path model(int window, int step) {
    return Sites.bundle(explain(window, step))
        .folder(folder.resolve("sites-" + window + "-" + step));
  }

  private Tool.Outcome run(Path model, List<StepsTest.Entry> records, Object... more) {
    List<Object> arguments = new ArrayList<>(List.of("explain", "--model", model));
    arguments.addAll(List.of(more));
    arguments.add("-");
    return Tool.run(
        RibonnxCommand::new,
        new ByteArrayInputStream(StepsTest.fasta(records)),
        arguments.toArray());
  }

  /** Record, column of scores, position → value and base. */
  private Map<String, String[]> rows(Path model, List<StepsTest.Entry> records) {
    String text = run(model, records, "--labels", "all", "--top", 0, "--output", "-").text();
    Map<String, String[]> rows = new TreeMap<>();
    List<String> lines = text.lines().toList();
    assertEquals("id\thead\tlabel\tposition\tvalue\tbase", lines.get(0));
    for (String line : lines.subList(1, lines.size())) {
      String[] cells = line.split("\t", -1);
      rows.put(
          cells[0] + " " + Sites.column(cells[1], cells[2]) + " " + cells[3],
          new String[] {cells[4], cells[5]});
    }
    assertEquals(lines.size() - 1, rows.size());
    return rows;
  }

  /** What the values are by their definition. */
  private Map<String, Double> expected(
      Path model, List<StepsTest.Entry> records, int window, int step) throws IOException {
    List<StepsTest.Entry> blanked = new ArrayList<>();
    Map<String, List<int[]>> windows = new LinkedHashMap<>();
    for (StepsTest.Entry record : records) {
      int length = record.sequence().length();
      int last = Math.max(0, length - window);
      List<int[]> of = new ArrayList<>();
      for (int start = 0; ; start += step) {
        int from = Math.min(start, last);
        int to = Math.min(length, from + window);
        of.add(new int[] {from, to});
        blanked.add(
            new StepsTest.Entry(
                record.id() + "|" + from,
                record.sequence().substring(0, from)
                    + "N".repeat(to - from)
                    + record.sequence().substring(to)));
        if (start >= last) {
          break;
        }
      }
      windows.put(record.id(), of);
    }
    Map<String, Map<String, Double>> whole = Sites.predict(model, records, folder);
    Map<String, Map<String, Double>> without = Sites.predict(model, blanked, folder);
    Map<String, Double> values = new TreeMap<>();
    for (StepsTest.Entry record : records) {
      for (String column : Sites.COLUMNS) {
        for (int position = 0; position < record.sequence().length(); position++) {
          double sum = 0;
          int count = 0;
          for (int[] one : windows.get(record.id())) {
            if (one[0] <= position && position < one[1]) {
              sum +=
                  whole.get(record.id()).get(column)
                      - without.get(record.id() + "|" + one[0]).get(column);
              count++;
            }
          }
          if (count > 0) {
            values.put(record.id() + " " + column + " " + (position + 1), sum / count);
          }
        }
      }
    }
    return values;
  }

  private Map<String, Double> lncRna(Path model, List<StepsTest.Entry> records) throws IOException {
    Path scores = folder.resolve("s.tsv");
    Object[] arguments = {
      "predict",
      "--quiet",
      "--model",
      model,
      "--output",
      folder.resolve("p.tsv"),
      "--scores",
      scores,
      "-"
    };
    Tool.run(RibonnxCommand::new, new ByteArrayInputStream(StepsTest.fasta(records)), arguments)
        .succeeded();
    List<String> lines = Files.readAllLines(scores);
    int column = List.of(lines.get(0).split("\t", -1)).indexOf("type.lncRNA");
    Map<String, Double> found = new TreeMap<>();
    lines
        .subList(1, lines.size())
        .forEach(
            line -> {
              String[] cells = line.split("\t", -1);
              found.put(cells[0], Double.valueOf(cells[column]));
            });
    return found;
  }

  /** The model of transcripts counts k-mers and reads frames: all of it is made anew. */
  @Test
  void aTranscriptIsExplainedByWindowsOfFifty() throws IOException {
    Path model = Tool.repository("models/rna-type-mouse");
    String all = Files.readString(model.resolve("test/input.fa"));
    int from = all.indexOf(">random_5");
    String[] lines = all.substring(from + 1, all.indexOf('>', from + 1)).split("\n", -1);
    String sequence = String.join("", List.of(lines).subList(1, lines.length));
    List<StepsTest.Entry> records = new ArrayList<>();
    records.add(new StepsTest.Entry("whole", sequence));
    int last = sequence.length() - 50;
    List<Integer> starts = new ArrayList<>();
    for (int start = 0; start < last + 10; start += 10) {
      int at = Math.min(start, last);
      starts.add(at);
      String blanked = sequence.substring(0, at) + "N".repeat(50) + sequence.substring(at + 50);
      records.add(new StepsTest.Entry("w" + at, blanked));
    }
    Map<String, Double> scores = lncRna(model, records);
    String[] labels = {"--quiet", "--labels", "lncRNA", "--top", "0", "--output", "-"};
    List<String> rows =
        run(model, records.subList(0, 1), (Object[]) labels).succeeded().text().lines().toList();
    assertEquals(1 + sequence.length(), rows.size());
    double largest = 0;
    for (String row : rows.subList(1, rows.size())) {
      String[] cells = row.split("\t", -1);
      int position = Integer.parseInt(cells[3]) - 1;
      double expected =
          starts.stream()
              .filter(start -> start <= position && position < start + 50)
              .mapToDouble(start -> scores.get("whole") - scores.get("w" + start))
              .average()
              .orElseThrow();
      assertEquals(expected, Double.parseDouble(cells[4]), 2e-6, row);
      largest = Math.max(largest, Math.abs(expected));
    }
    assertTrue(largest > 0.01, "largest value " + largest);
  }

  @Test
  void valuesAreThoseOfSequencesWithN() throws IOException {
    List<StepsTest.Entry> records = Sites.records(7, 9);
    for (int[] sizes : new int[][] {{5, 1}, {4, 3}, {1, 1}, {0, 1}, {3, 5}}) {
      Path model = model(sizes[0], sizes[1]);
      Map<String, String[]> rows = rows(model, records);
      Map<String, Double> expected = expected(model, records, Math.max(1, sizes[0]), sizes[1]);
      assertEquals(expected.keySet(), rows.keySet());
      double largest = 0;
      for (Map.Entry<String, Double> entry : expected.entrySet()) {
        double value = Double.parseDouble(rows.get(entry.getKey())[0]);
        assertEquals(entry.getValue(), value, 2e-5, entry.getKey());
        largest = Math.max(largest, Math.abs(value));
      }
      assertTrue(largest > 0.05, "something matters: " + largest);
      for (StepsTest.Entry record : records) {
        for (int i = 0; i < record.sequence().length(); i++) {
          String[] row = rows.get(record.id() + " kind.a " + (i + 1));
          if (row != null) {
            assertEquals(record.sequence().substring(i, i + 1), row[1]);
          }
        }
      }
    }
  }

  @Test
  void theFolderHasAPageWithTracks() throws IOException {
    Path outdir = folder.resolve("results");
    run(model(5, 1), Sites.records(14, 5), "--outdir", outdir, "--top", 0).succeeded();
    String page = Files.readString(outdir.resolve("report.html"));
    assertTrue(page.contains("s3"), "tracks of records");
    assertTrue(Files.readString(outdir.resolve("explanations.tsv")).contains("\tvalue\tbase\n"));
  }

  /** A record that is one window has nothing left without it, and so no value. */
  @Test
  void withoutAnyBaseThereIsNoValue() throws IOException {
    Path model = model(40, 1);
    List<StepsTest.Entry> records = Sites.records(8, 2);
    Path table = folder.resolve("e.tsv");
    Tool.Outcome outcome = run(model, records, "--output", table).succeeded();
    assertEquals(1, Files.readAllLines(table).size());
    assertTrue(outcome.err().contains("the model gives no number"), outcome.err());
  }

  @Test
  void theSameBytesByEveryWay() throws IOException {
    Path model = model(5, 1);
    List<StepsTest.Entry> records = Sites.records(9, 120);
    records.add(40, new StepsTest.Entry("nothing", "NNNN"));
    String expected = "";
    for (Object[] way :
        new Object[][] {
          {"--threads", 1},
          {"--threads", 4},
          {"--threads", 2, "--batch-size", 16},
          {"--threads", 1, "--batch-size", 64}
        }) {
      List<Object> arguments = new ArrayList<>(List.of(way));
      Path table = folder.resolve("e.tsv");
      Path means = folder.resolve("i.tsv");
      arguments.addAll(List.of("--output", table, "--importance", means, "--top", 0));
      run(model, records, arguments.toArray()).succeeded();
      String found = Files.readString(table) + Files.readString(means);
      expected = expected.isEmpty() ? found : expected;
      assertEquals(expected, found, arguments.toString());
    }
    // Alone, in another order.
    StringBuilder joined = new StringBuilder();
    for (StepsTest.Entry record : records) {
      if (!record.id().equals("nothing")) {
        Path table = folder.resolve("one.tsv");
        run(model, List.of(record), "--output", table, "--top", 0, "--quiet").succeeded();
        joined.append(Files.readString(table).substring(Files.readString(table).indexOf('\n') + 1));
      }
    }
    assertTrue(expected.contains(joined), "records alone");
  }

  @Test
  void aViewThatIsNamedIsBlankedAlone() throws IOException {
    Path named =
        Sites.bundle("explain: {kind: {method: occlusion, window: 3, step: 1, view: bases}}\n")
            .folder(folder.resolve("named"));
    List<StepsTest.Entry> records = Sites.records(10, 3);
    List<String> lines =
        run(named, records, "--output", "-", "--top", 0).succeeded().text().lines().toList();
    // A row per window, at its middle.
    long expected = records.stream().mapToInt(record -> record.sequence().length() - 2).sum();
    assertEquals(1 + expected, lines.size());
    assertTrue(lines.get(1).matches("s0\tkind\t[abc]\t\\d+\t[-0-9.e]+\t[ACGUN]"), lines.get(1));
  }

  @Test
  void recordsThatAreTooLong() {
    Path model = model(5, 1);
    List<StepsTest.Entry> records = new ArrayList<>(Sites.records(11, 2));
    records.add(new StepsTest.Entry("long", "ACGU".repeat(25_001)));
    Tool.Outcome outcome = run(model, records, "--output", folder.resolve("e.tsv"));
    assertEquals(4, outcome.code());
    assertTrue(
        outcome.err().contains("standard input, record 3 has 100,004 nucleotides; at most 100,000"),
        outcome.err());
  }

  // ---- in the coordinates of a genome
  // ------------------------------------------------------------------------------

  @Test
  void placesOfRecords() {
    assertEquals(new BedGraph.Place("chr1", 100, 50, false), BedGraph.place("chr1:100-150(+)", 50));
    assertEquals(new BedGraph.Place("chr1", 100, 50, true), BedGraph.place("chr1:100-150(-)", 50));
    assertEquals(new BedGraph.Place("chr1", 100, 50, false), BedGraph.place("chr1:101-150", 50));
    assertEquals(new BedGraph.Place("chr1", 100, 50, true), BedGraph.place("chr1:101-150/rc", 50));
    assertEquals(new BedGraph.Place("2", 0, 9, false), BedGraph.place("peak7::2:0-9(.)", 9));
    assertEquals(
        new BedGraph.Place("HLA-A*01:01", 4, 5, true), BedGraph.place("HLA-A*01:01:4-9(-)", 5));
    for (String id :
        List.of("chr1:100-160(+)", "chr1:100-149(+)x", "chr1", "chr1:0-49", "chr1:a-b(+)")) {
      assertNull(BedGraph.place(id, 50), id);
    }
  }

  @Test
  void bedGraph() throws IOException {
    Path model = model(5, 1);
    String letters = Sites.records(12, 1).get(0).sequence().replace('N', 'A');
    int length = letters.length();
    List<StepsTest.Entry> records =
        List.of(
            new StepsTest.Entry("chr2:1000-" + (1000 + length) + "(+)", letters),
            new StepsTest.Entry("chrX:1001-" + (1000 + length) + "(-)", letters),
            new StepsTest.Entry("chr3:5-" + (5 + length + 3) + "(+)", letters),
            new StepsTest.Entry("peak", letters));
    Path table = folder.resolve("e.tsv");
    Path bed = folder.resolve("e.bedgraph");
    Tool.Outcome outcome =
        run(
                model,
                records,
                "--head",
                "proteins",
                "--labels",
                "FUS",
                "--output",
                table,
                "--bedgraph",
                bed)
            .succeeded();
    assertTrue(
        outcome.err().contains("2 records are not in the bedGraph file; the first: 'chr3:5-"),
        outcome.err());
    // The table holds the 20 largest, the file all positions.
    Map<Integer, String> values = new TreeMap<>();
    for (String line : Files.readAllLines(table)) {
      String[] cells = line.split("\t", -1);
      if (cells[0].startsWith("chr2")) {
        values.put(Integer.parseInt(cells[3]), cells[4]);
      }
    }
    assertEquals(Math.min(20, length), values.size());
    List<String> lines = Files.readAllLines(bed);
    assertEquals(2 * length, lines.size());
    for (int i = 0; i < length; i++) {
      String[] forward = lines.get(i).split("\t", -1);
      assertEquals("chr2 " + (1000 + i) + " " + (1001 + i), place(forward));
      // The same record on the other strand: its last position comes first in the genome.
      String[] reverse = lines.get(length + i).split("\t", -1);
      assertEquals("chrX " + (1000 + i) + " " + (1001 + i), place(reverse));
      assertEquals(lines.get(length - 1 - i).split("\t", -1)[3], reverse[3]);
      if (values.containsKey(i + 1)) {
        assertEquals(values.get(i + 1), forward[3]);
      }
    }
  }

  private static String place(String[] cells) {
    assertEquals(4, cells.length);
    return cells[0] + " " + cells[1] + " " + cells[2];
  }

  @Test
  void bedGraphHoldsOneValuePerPosition() throws IOException {
    Path model = model(5, 1);
    Path bed = folder.resolve("e.bedgraph");
    for (Object[] more :
        new Object[][] {{}, {"--labels", "all"}, {"--head", "proteins", "--labels", "FUS,PUM2"}}) {
      List<Object> arguments = new ArrayList<>(List.of("--bedgraph", bed));
      arguments.addAll(List.of(more));
      Tool.Outcome outcome = run(model, Sites.records(13, 1), arguments.toArray());
      assertEquals(2, outcome.code(), outcome.err());
      assertTrue(outcome.err().contains("one value per position"), outcome.err());
    }
    Tool.Outcome outcome =
        Tool.run(
            RibonnxCommand::new,
            new ByteArrayInputStream("".getBytes(StandardCharsets.UTF_8)),
            "explain",
            "--model",
            Sites.bundle("explain: {kind: {method: occlusion, view: codons}}\n")
                .folder(folder.resolve("codons")),
            "--bedgraph",
            bed,
            "-");
    assertEquals(2, outcome.code(), outcome.err());
    assertTrue(outcome.err().contains("--bedgraph is for sequences"), outcome.err());
  }
}
