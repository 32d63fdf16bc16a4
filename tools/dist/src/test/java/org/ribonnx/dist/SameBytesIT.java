package org.ribonnx.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The same bytes come out alone or in company, in any order, chunking and number of threads. */
class SameBytesIT {
  private record Tables(String predictions, String scores) {}

  @TestFactory
  Stream<DynamicTest> sameBytes() {
    List<DynamicTest> tests = new ArrayList<>();
    tests.add(
        DynamicTest.dynamicTest("smallest", () -> check(Path.of(Sandbox.smallest()), 10_000)));
    for (String shape : List.of("varying", "forest", "half", "int8-dynamic")) {
      Path bundle = Sandbox.TEST_DATA.resolve("bundles/shapes").resolve(shape);
      tests.add(DynamicTest.dynamicTest(shape, () -> check(bundle, 2_000)));
    }
    Path family = Sandbox.INSTALLATION.resolve("models/mirna-family");
    if (Files.isDirectory(family)) {
      tests.add(DynamicTest.dynamicTest("mirna-family", () -> check(family, 300)));
    }
    return tests.stream();
  }

  private static void check(Path bundle, int records) throws IOException {
    try (Sandbox box = new Sandbox()) {
      String model = bundle.toString();
      List<String> all = records(records);
      String whole = box.input("whole.fa", String.join("", all));
      Tables expected = predict(box, model, whole, 1);
      assertEquals(records + 1, expected.predictions().lines().count());
      assertEquals(expected, predict(box, model, whole, 2), "predict with two threads");

      // Shuffled, and put back in order.
      List<String> shuffled = new ArrayList<>(all);
      Collections.shuffle(shuffled, new Random(5));
      Tables mixed = predict(box, model, box.input("mixed.fa", String.join("", shuffled)), 2);
      assertEquals(
          expected,
          new Tables(
              ordered(mixed.predictions(), expected.predictions()),
              ordered(mixed.scores(), expected.scores())),
          "shuffled");

      // Alone.
      int one = records / 3;
      Tables alone = predict(box, model, box.input("alone.fa", all.get(one)), 1);
      assertEquals(expected.predictions().lines().toList().get(one + 1), row(alone.predictions()));
      assertEquals(expected.scores().lines().toList().get(one + 1), row(alone.scores()));

      // The five tools: in one piece, in seven, and (the first six records) one by one.
      assertEquals(expected, tools(box, model, whole, 1, 1), "tools with one thread");
      assertEquals(expected, tools(box, model, whole, 1, 2), "tools with two threads");
      assertEquals(expected, tools(box, model, whole, 7, 2), "tools with seven shards");
      String few = box.input("few.fa", String.join("", all.subList(0, 4)));
      Tables single = tools(box, model, few, 4, 1);
      assertEquals(head(expected.predictions(), 5), single.predictions(), "a record per shard");
      assertEquals(head(expected.scores(), 5), single.scores(), "a record per shard");
      box.assertNothingElse(model);
    }
  }

  private static Tables predict(Sandbox box, String model, String input, int threads) {
    Path out = box.out.resolve("predict");
    ok(
        box.run(
            "ribonnx",
            "predict",
            "--model",
            model,
            "--threads",
            "" + threads,
            "--output",
            out + ".tsv",
            "--scores",
            out + "-scores.tsv",
            input));
    return new Tables(
        Sandbox.read(Path.of(out + ".tsv")), Sandbox.read(Path.of(out + "-scores.tsv")));
  }

  private static Tables tools(Sandbox box, String model, String input, int shards, int threads) {
    ok(
        box.run(
            "ribonnx-encode",
            "--model",
            model,
            "--threads",
            "" + threads,
            "--output",
            box.out("f.npz"),
            input));
    StringBuilder predictions = new StringBuilder();
    StringBuilder scores = new StringBuilder();
    for (int shard = 1; shard <= shards; shard++) {
      String part = shard + "/" + shards;
      ok(box.run(step("embed", model, part, threads, box.out("e.npz"), box.out("f.npz"))));
      ok(box.run(step("fuse", model, "1/1", threads, box.out("u.npz"), box.out("e.npz"))));
      List<String> last =
          new ArrayList<>(
              step("classify", model, "1/1", threads, box.out("t.tsv"), box.out("u.npz")));
      last.addAll(List.of("--scores", box.out("ts.tsv")));
      ok(box.run(last));
      String table = Sandbox.read(box.out.resolve("t.tsv"));
      String all = Sandbox.read(box.out.resolve("ts.tsv"));
      predictions.append(shard == 1 ? table : table.substring(table.indexOf('\n') + 1));
      scores.append(shard == 1 ? all : all.substring(all.indexOf('\n') + 1));
    }
    return new Tables(predictions.toString(), scores.toString());
  }

  private static List<String> step(
      String name, String model, String shard, int threads, String output, String input) {
    return List.of(
        "ribonnx-" + name,
        "--model",
        model,
        "--shard",
        shard,
        "--threads",
        "" + threads,
        "--output",
        output,
        input);
  }

  private static void ok(Sandbox.Result result) {
    assertEquals(0, result.code(), result.toString());
    assertTrue(result.out().isEmpty(), result.toString());
  }

  private static String row(String table) {
    return table.lines().toList().get(1);
  }

  private static String head(String table, int lines) {
    return String.join("\n", table.lines().limit(lines).toList()) + "\n";
  }

  private static String ordered(String table, String like) {
    Map<String, String> rows = new HashMap<>();
    table.lines().forEach(line -> rows.put(line.substring(0, line.indexOf('\t')), line));
    StringBuilder text = new StringBuilder();
    like.lines()
        .forEach(line -> text.append(rows.get(line.substring(0, line.indexOf('\t')))).append('\n'));
    return text.toString();
  }

  /** Simulated records of 30 to 230 bases, some with ambiguous letters. */
  private static List<String> records(int count) {
    Random random = new Random(11);
    List<String> records = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      StringBuilder text = new StringBuilder(">record-" + i + " simulated\n");
      int length = 30 + random.nextInt(200);
      for (int j = 0; j < length; j++) {
        text.append(i % 17 == 0 && j % 29 == 0 ? 'N' : "ACGU".charAt(random.nextInt(4)));
      }
      records.add(text.append('\n').toString());
    }
    return records;
  }
}
