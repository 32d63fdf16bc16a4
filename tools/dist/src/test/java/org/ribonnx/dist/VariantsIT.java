package org.ribonnx.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** {@code ribonnx variants} through the executable, on the model of hairpins. */
class VariantsIT {
  private static List<String> hairpins() throws IOException {
    String all = Files.readString(Sandbox.TEST_DATA.resolve("hairpins.fa"));
    return List.of(all.split(">", -1)).subList(1, 41).stream()
        .map(record -> record.substring(record.indexOf('\n')).replace("\n", ""))
        .toList();
  }

  private static String changed(String letters, int number) {
    int at = number % letters.length();
    char base = letters.charAt(at) == 'G' ? 'C' : 'G';
    return letters.substring(0, at) + base + letters.substring(at + 1);
  }

  private static void assumeModel() {
    Assumptions.assumeTrue(Files.isDirectory(Sandbox.INSTALLATION.resolve("models/mirna-family")));
  }

  private static Sandbox.Result run(Sandbox box, String... arguments) {
    String[] command = new String[arguments.length + 4];
    System.arraycopy(
        new String[] {"ribonnx", "variants", "--model", "mirna-family"}, 0, command, 0, 4);
    System.arraycopy(arguments, 0, command, 4, arguments.length);
    return box.run(command);
  }

  /** Each difference is that of two predictions, and the same with any number of threads. */
  @Test
  void pairsOnTheInstalledModel() throws IOException {
    assumeModel();
    try (Sandbox box = new Sandbox()) {
      StringBuilder pairs = new StringBuilder("id,alt,ref\n");
      StringBuilder fasta = new StringBuilder();
      List<String> hairpins = hairpins();
      for (int i = 0; i < hairpins.size(); i++) {
        String ref = hairpins.get(i);
        String alt = changed(ref, 7 * i);
        pairs.append("v" + i + "," + alt + "," + ref + "\n");
        fasta.append(">v" + i + ":ref\n" + ref + "\n>v" + i + ":alt\n" + alt + "\n");
      }
      String input = box.input("pairs", pairs.toString());
      for (String threads : List.of("1", "3")) {
        Sandbox.Result result =
            run(box, "--threads", threads, "--outdir", box.out("t" + threads), input);
        assertEquals(0, result.code(), result.err());
        assertTrue(result.err().contains("family: 40 pairs compared, 6,600 rows"), result.err());
      }
      String table = Sandbox.read(Path.of(box.out("t1"), "variants.tsv"));
      assertEquals(table, Sandbox.read(Path.of(box.out("t3"), "variants.tsv")));
      Sandbox.Result plain =
          box.run(
              "ribonnx",
              "predict",
              "--model",
              "mirna-family",
              "--outdir",
              box.out("plain"),
              box.input("both.fa", fasta.toString()));
      assertEquals(0, plain.code(), plain.err());
      for (String name : List.of("predictions.tsv", "scores.tsv")) {
        assertEquals(
            Sandbox.read(Path.of(box.out("plain"), name)),
            Sandbox.read(Path.of(box.out("t1"), name)));
      }
      Map<String, String> scores = new HashMap<>();
      List<String> rows = Sandbox.read(Path.of(box.out("plain"), "scores.tsv")).lines().toList();
      String[] labels = rows.get(0).split("\t", -1);
      for (String row : rows.subList(1, rows.size())) {
        String[] cells = row.split("\t", -1);
        for (int i = 1; i < cells.length; i++) {
          scores.put(cells[0] + " " + labels[i], cells[i]);
        }
      }
      List<String> lines = table.lines().toList();
      assertEquals("id\thead\tlabel\tref\talt\tdifference\tlog_odds_difference", lines.get(0));
      double largest = 0;
      for (String line : lines.subList(1, lines.size())) {
        String[] cells = line.split("\t", -1);
        String label = " " + cells[1] + "." + cells[2];
        assertEquals(scores.get(cells[0] + ":ref" + label), cells[3], line);
        assertEquals(scores.get(cells[0] + ":alt" + label), cells[4], line);
        double difference = Double.parseDouble(cells[4]) - Double.parseDouble(cells[3]);
        assertEquals(difference, Double.parseDouble(cells[5]), 2e-6, line);
        largest = Math.max(largest, Math.abs(difference));
      }
      assertTrue(largest > 0.005, "something matters: " + largest);
      assertTrue(Files.size(Path.of(box.out("t1"), "report.html")) > 10_000);
      box.assertNothingElse("variants");
    }
  }

  @Test
  void allSubstitutionsAreAsPairs() throws IOException {
    assumeModel();
    try (Sandbox box = new Sandbox()) {
      String letters = hairpins().get(0).replace('T', 'U');
      StringBuilder pairs = new StringBuilder("id\tref\talt\n");
      for (int at = 0; at < letters.length(); at++) {
        for (char base : "ACGU".toCharArray()) {
          if (base != letters.charAt(at)) {
            pairs.append("h:" + (at + 1) + ":" + letters.charAt(at) + ">" + base + "\t" + letters);
            pairs.append("\t" + letters.substring(0, at) + base + letters.substring(at + 1) + "\n");
          }
        }
      }
      Sandbox.Result expected =
          run(box, "--labels", "best", "--output", "-", box.input("p.tsv", pairs.toString()));
      assertEquals(0, expected.code(), expected.err());
      Sandbox.Result found =
          run(
              box,
              "--labels",
              "best",
              "--all-substitutions",
              "--output",
              "-",
              box.input("h.fa", ">h\n" + letters + "\n"));
      assertEquals(0, found.code(), found.err());
      assertEquals(expected.out(), found.out());
      assertEquals(1 + 3L * letters.length(), found.out().lines().count());
    }
  }

  @Test
  void whatIsRefused() {
    assumeModel();
    try (Sandbox box = new Sandbox()) {
      List<String> command =
          List.of("ribonnx", "variants", "--model", "mirna-family", "--output", box.out("v.tsv"));
      List<String> wrong = new java.util.ArrayList<>(command);
      wrong.add(box.input("w.tsv", "id\tref\talt\na\tACGU\tACGA\nb\tACGU\tAC-A\n"));
      box.fails(
          4, List.of("w.tsv, line 3", "'b:alt'", "'-' at position 3", "--invalid-records"), wrong);
      List<String> lacking = new java.util.ArrayList<>(command);
      lacking.add(box.input("l.tsv", "id\tsequence\na\tACGU\n"));
      box.fails(4, List.of("l.tsv, line 1", "lacks 'ref' and 'alt'"), lacking);
      box.fails(2, List.of("no input is given"), command);
    }
  }
}
