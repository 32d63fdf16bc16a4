package org.ribonnx.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
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
        DynamicTest.dynamicTest(
            "smallest", () -> check(Path.of(Sandbox.smallest()), "", records(10_000), 1)));
    for (String shape : List.of("varying", "forest", "half", "int8-dynamic")) {
      Path bundle = Sandbox.TEST_DATA.resolve("bundles/shapes").resolve(shape);
      tests.add(DynamicTest.dynamicTest(shape, () -> check(bundle, "", records(2_000), 1)));
    }
    for (String name :
        List.of(
            "mirna-family", "ncrna-class", "rbp-multiview", "rna-type-human", "rna-type-mouse")) {
      Path bundle = Sandbox.INSTALLATION.resolve("models").resolve(name);
      int heads = name.startsWith("rna-type-") ? 2 : 1;
      tests.add(DynamicTest.dynamicTest(name, () -> check(bundle, "", records(300), heads)));
    }
    for (String name : List.of("srna-expression", "srna-expression-forest")) {
      Path bundle = Sandbox.INSTALLATION.resolve("models").resolve(name);
      List<String> lines = Sandbox.read(bundle.resolve("test/counts.tsv")).lines().toList();
      List<String> samples = lines.stream().skip(1).map(line -> line + "\n").toList();
      tests.add(
          DynamicTest.dynamicTest(name, () -> check(bundle, lines.get(0) + "\n", samples, 4)));
    }
    return tests.stream();
  }

  /**
   * @param header what every input begins with
   * @param all the records, in the order of the whole input
   * @param heads how many rows of predictions a record has
   */
  private static void check(Path bundle, String header, List<String> all, int heads)
      throws IOException {
    try (Sandbox box = new Sandbox()) {
      String model = bundle.toString();
      int records = all.size();
      String whole = input(box, "whole", header, all);
      Tables expected = predict(box, model, whole, 1);
      assertEquals(records * heads + 1, expected.predictions().lines().count());
      assertEquals(expected, predict(box, model, whole, 2), "predict with two threads");

      // Shuffled, and put back in order.
      List<String> shuffled = new ArrayList<>(all);
      Collections.shuffle(shuffled, new Random(5));
      Tables mixed = predict(box, model, input(box, "mixed", header, shuffled), 2);
      assertEquals(
          expected,
          new Tables(
              ordered(mixed.predictions(), expected.predictions()),
              ordered(mixed.scores(), expected.scores())),
          "shuffled");

      // Alone.
      int one = records / 3;
      Tables alone = predict(box, model, input(box, "alone", header, all.subList(one, one + 1)), 1);
      assertEquals(
          rows(expected.predictions(), one * heads, heads), rows(alone.predictions(), 0, heads));
      assertEquals(rows(expected.scores(), one, 1), rows(alone.scores(), 0, 1));

      // The five tools: in one piece, in seven, and (the first records) one by one.
      assertEquals(expected, tools(box, model, whole, 1, 1), "tools with one thread");
      assertEquals(expected, tools(box, model, whole, 1, 2), "tools with two threads");
      assertEquals(expected, tools(box, model, whole, 7, 2), "tools with seven shards");
      Tables single = tools(box, model, input(box, "few", header, all.subList(0, 4)), 4, 1);
      assertEquals(
          head(expected.predictions(), 4 * heads + 1), single.predictions(), "a record per shard");
      assertEquals(head(expected.scores(), 5), single.scores(), "a record per shard");
      box.assertNothingElse(model);
    }
  }

  private static String input(Sandbox box, String name, String header, List<String> records) {
    return box.input(name + ".dat", header + String.join("", records));
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

  private static List<String> rows(String table, int from, int count) {
    return table.lines().skip(1 + from).limit(count).toList();
  }

  private static String head(String table, int lines) {
    return String.join("\n", table.lines().limit(lines).toList()) + "\n";
  }

  /** The rows of a table in the order of the ids in another; rows of one id stay as they are. */
  private static String ordered(String table, String like) {
    Map<String, StringBuilder> rows = new HashMap<>();
    table
        .lines()
        .forEach(
            line ->
                rows.computeIfAbsent(id(line), i -> new StringBuilder()).append(line).append('\n'));
    StringBuilder text = new StringBuilder();
    like.lines().map(SameBytesIT::id).distinct().forEach(id -> text.append(rows.get(id)));
    return text.toString();
  }

  private static String id(String line) {
    return line.substring(0, line.indexOf('\t'));
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
