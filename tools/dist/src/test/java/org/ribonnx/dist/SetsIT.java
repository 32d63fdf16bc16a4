package org.ribonnx.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** {@code --sets} of the packaged executables, with a real model of four heads. */
class SetsIT {
  private static final String MODEL = "srna-expression";

  private static Sandbox.Result ok(Sandbox.Result result) {
    assertEquals(0, result.code(), result.err());
    return result;
  }

  private static List<String[]> rows(Path table) {
    return Sandbox.read(table).lines().skip(1).map(line -> line.split("\t", -1)).toList();
  }

  @Test
  void setsOfARealModelOnItsPage() {
    Path stored = Sandbox.INSTALLATION.resolve("models/" + MODEL + "/test/counts.tsv");
    Assumptions.assumeTrue(Files.exists(stored));
    try (Sandbox box = new Sandbox()) {
      List<String> predict = List.of("ribonnx", "predict", "--quiet", "--model", MODEL);
      String counts = box.input("counts.tsv", Sandbox.read(stored));
      List<String> plain = new java.util.ArrayList<>(predict);
      plain.addAll(List.of("--output", box.out("plain.tsv"), counts));
      ok(box.run(plain));
      // What the sets hold as a truth: the label of the record is always in a set of its own.
      StringBuilder truth = new StringBuilder("id\tsex\n");
      for (String[] row : rows(box.out.resolve("plain.tsv"))) {
        assertEquals("NA", row[7]);
        if (row[1].equals("sex")) {
          truth.append(row[0]).append("\tmale\n");
        }
      }
      List<String> page = new java.util.ArrayList<>(predict);
      page.addAll(List.of("--sets", "--outdir", box.out("r")));
      page.addAll(List.of("--truth", box.input("truth.tsv", truth.toString()), counts));
      ok(box.run(page));
      List<String[]> with = rows(box.out.resolve("r/predictions.tsv"));
      long several = 0;
      long males = 0;
      long usable = 0;
      for (String[] row : with) {
        boolean used = !row[4].equals("unusable");
        assertEquals(used, !row[7].equals("NA"), String.join(" ", row));
        several += row[7].contains(";") ? 1 : 0;
        if (used && row[1].equals("sex")) {
          usable++;
          males += List.of(row[7].split(";", -1)).contains("male") ? 1 : 0;
        }
        // Best first: what a set begins with is the best label.
        assertTrue(!used || row[7].equals("none") || row[7].split(";", -1)[0].equals(row[5]));
      }
      assertTrue(several > 0 && males > 0 && males < usable, several + " " + males + " " + usable);
      String metrics = Sandbox.read(box.out.resolve("r/metrics.json"));
      assertTrue(metrics.contains("\"covered\" : " + males), metrics);
      String html = Sandbox.read(box.out.resolve("r/report.html"));
      assertTrue(html.contains("Prediction sets") && html.contains("Do the sets hold the truth?"));
      assertTrue(html.contains(males + " of " + usable + " records"), "coverage");
      ok(
          box.run(
              "ribonnx-encode", "--quiet", "--model", MODEL, "--output", box.out("f.npz"), counts));
      ok(
          box.run(
              "ribonnx-classify",
              "--quiet",
              "--sets",
              "--model",
              MODEL,
              "--output",
              box.out("c.tsv"),
              box.out("f.npz")));
      assertEquals(
          Sandbox.read(box.out.resolve("r/predictions.tsv")),
          Sandbox.read(box.out.resolve("c.tsv")));
    }
  }

  @Test
  void aModelWithoutSetsIsRefused() {
    try (Sandbox box = new Sandbox()) {
      box.fails(
          2,
          List.of("--sets: no head of smallest@1.0.0 has prediction sets (composition)"),
          List.of(
              "ribonnx",
              "predict",
              "--sets",
              "--model",
              Sandbox.smallest(),
              "--output",
              box.out("p.tsv"),
              box.input("a.fa", ">a\nACGUACGU\n")));
      assertTrue(Files.notExists(Path.of(box.out("p.tsv"))));
    }
  }
}
