package org.ribonnx.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Tables of expression through the executables: what is refused, and what memory it takes. */
class TablesIT {
  private static final Path BUNDLE = Sandbox.TEST_DATA.resolve("bundles/expression");
  private static final String HEADER = "sample\thsa-let-7a-1\thsa-let-7b\thsa-mir-122\tnote\n";

  private final List<Case> cases = new ArrayList<>();

  private void bad(String name, String content, String... fragments) {
    boolean predict = cases.size() % 2 == 0;
    cases.add(
        Case.of(
            (predict ? "predict: " : "encode: ") + name,
            4,
            box -> {
              List<String> command =
                  new ArrayList<>(
                      predict ? List.of("ribonnx", "predict") : List.of("ribonnx-encode"));
              command.addAll(List.of("--model", BUNDLE.toString()));
              command.addAll(List.of("--output", box.out(predict ? "p.tsv" : "f.npz")));
              command.add(box.input("x.tsv", content));
              return command;
            },
            fragments));
  }

  @TestFactory
  Stream<DynamicTest> badTables() {
    bad("empty", "", "x.tsv", "is empty", "a table of numbers is expected");
    bad("header only", HEADER, "x.tsv", "nothing below it");
    bad("sequences", ">a\nACGU\n", "x.tsv", "looks like sequences");
    bad("ragged", HEADER + "a\t1\t2\t3\tx\nb\t1\t2\t3\n", "x.tsv, line 3", "4 cells", "makes it 5");
    bad("empty cell", HEADER + "a\t1\t\t3\tx\n", "x.tsv, line 2, column 3 ('hsa-let-7b')", "empty");
    bad("no number", HEADER + "a\t1\tNaN\t3\tx\n", "line 2, column 3", "'NaN'");
    bad("word", HEADER + "a\t1\tmany\t3\tx\n", "line 2, column 3", "'many'", "no number");
    bad(
        "decimal comma",
        HEADER + "a\t1\t2,5\t3\tx\n",
        "line 2, column 3",
        "'2,5'",
        "decimal point");
    bad("negative", HEADER + "a\t1\t-2\t3\tx\n", "line 2, column 3", "-2", "below 0");
    bad("not whole", HEADER + "a\t1\t2.5\t3\tx\n", "line 2, column 3", "2.5", "logarithms");
    bad("sample twice", HEADER + "a\t1\t2\t3\tx\na\t1\t2\t3\tx\n", "sample 2", "'a'", "sample 1");
    bad(
        "feature twice",
        HEADER.replace("note", "hsa-let-7b") + "a\t1\t2\t3\t4\n",
        "line 1, column 5",
        "'hsa-let-7b'",
        "line 1, column 3");
    bad("no feature in common", "id\tA1BG\tTP53\ns\t1\t2\n", "'let-7a'", "'A1BG'", "'s'");
    bad(
        "names on both sides",
        "id\thsa-let-7a-1\nhsa-let-7b\t3\n",
        "line 2",
        "'hsa-let-7b'",
        "--features-in");
    return Case.tests(cases);
  }

  private static String header(int columns) {
    StringBuilder text =
        new StringBuilder("id\thsa-let-7a-1\thsa-let-7b\thsa-mir-122\thsa-mir-9-1");
    for (int i = 4; i < columns; i++) {
      text.append("\thsa-mir-").append(1000 + i);
    }
    return text.append('\n').toString();
  }

  private static Sandbox.Result predict(Sandbox box, String table) {
    Sandbox.Result result =
        box.run(
            "ribonnx",
            "predict",
            "--quiet",
            "--threads",
            "2",
            "--model",
            BUNDLE.toString(),
            "--output",
            box.out("p.tsv"),
            table);
    assertEquals(0, result.code(), result.err());
    return result;
  }

  private static long peakOf(int samples) throws IOException {
    try (Sandbox box = new Sandbox()) {
      Path table = Path.of(box.input("x.tsv", ""));
      Random random = new Random(606);
      try (var writer = Files.newBufferedWriter(table)) {
        writer.write(header(680));
        for (int sample = 0; sample < samples; sample++) {
          StringBuilder line = new StringBuilder("s").append(sample);
          for (int i = 0; i < 680; i++) {
            line.append('\t').append(random.nextInt(300));
          }
          writer.write(line.append('\n').toString());
        }
      }
      long peak = predict(box, table.toString()).peak();
      try (Stream<String> lines = Files.lines(Path.of(box.out("p.tsv")))) {
        assertEquals(1 + 2L * samples, lines.count());
      }
      return peak;
    }
  }

  @Test
  void memoryDoesNotGrowWithTheSamples() throws IOException {
    long few = peakOf(2_000);
    long many = peakOf(30_000);
    assertTrue(many < few + 40, few + " MB for 2,000 samples, " + many + " MB for 30,000");
  }

  @Test
  void aMillionColumnsFitTheHeapOfTheExecutable() throws IOException {
    try (Sandbox box = new Sandbox()) {
      StringBuilder row = new StringBuilder("s");
      for (int i = 0; i < 1_000_000; i++) {
        row.append('\t').append(i % 1000);
      }
      Sandbox.Result result =
          predict(box, box.input("x.tsv", header(1_000_000) + row + "\n" + row.replace(0, 1, "t")));
      assertTrue(result.err().contains("4 of the 12 features"), result.err());
      assertTrue(result.peak() < 400, result.peak() + " MB");
      assertEquals(5, Sandbox.read(Path.of(box.out("p.tsv"))).lines().count());
    }
  }

  @Test
  void throughAPipe() {
    try (Sandbox box = new Sandbox()) {
      Sandbox.Result plain = predict(box, BUNDLE.resolve("counts.tsv").toString());
      String expected = Sandbox.read(Path.of(box.out("p.tsv")));
      Sandbox.Result piped =
          box.shell(
              "gzip -c '"
                  + BUNDLE.resolve("turned.csv")
                  + "' | ribonnx predict --quiet --model '"
                  + BUNDLE
                  + "' --output - -");
      assertEquals(0, plain.code() + piped.code(), piped.err());
      assertEquals(expected, piped.out());
    }
  }
}
