package org.ribonnx.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Views made by tasks of their own and joined by the executables; files that can't be joined. */
class FusionIT {
  private static final Path BUNDLE = Sandbox.TEST_DATA.resolve("bundles/fusion");
  private static final List<String> VIEWS = List.of("rna", "protein", "dipeptides");

  private static void ok(Sandbox.Result result) {
    assertEquals(0, result.code(), result.toString());
  }

  /** Embeds one view; returns the file. */
  private static String view(Sandbox box, String view, String input) {
    String features = box.in.resolve(view + ".npz").toString();
    String embeddings = box.in.resolve("e-" + view + ".npz").toString();
    String model = BUNDLE.toString();
    ok(box.run("ribonnx-encode", "--model", model, "--view", view, "--output", features, input));
    ok(
        box.run(
            "ribonnx-embed", "--model", model, "--view", view, "--output", embeddings, features));
    return embeddings;
  }

  private static List<String> records() {
    List<String> records = new ArrayList<>();
    for (String part : Sandbox.read(BUNDLE.resolve("input.fa")).split(">", -1)) {
      if (!part.isEmpty()) {
        records.add(">" + part);
      }
    }
    return records;
  }

  @Test
  void threeFilesInAnyOrderGiveWhatPredictGives() {
    try (Sandbox box = new Sandbox()) {
      String model = BUNDLE.toString();
      String input = BUNDLE.resolve("input.fa").toString();
      Path p = box.out.resolve("p.tsv");
      Path s = box.out.resolve("s.tsv");
      ok(
          box.run(
              "ribonnx",
              "predict",
              "--model",
              model,
              "--output",
              p.toString(),
              "--scores",
              s.toString(),
              "--attention",
              box.out("a.tsv"),
              input));
      assertTrue(Sandbox.read(box.out.resolve("a.tsv")).startsWith("id\trna.rna\trna.protein\t"));
      List<String> files = new ArrayList<>();
      for (String view : VIEWS) {
        List<String> records = records();
        Collections.shuffle(records, new Random(view.equals("rna") ? 0 : view.length()));
        boolean same = view.equals("rna");
        String of = same ? input : box.input(view + ".fa", String.join("", records));
        files.add(view(box, view, of));
      }
      Path fused = box.out.resolve("fused.npz");
      Sandbox.Result result =
          box.run(
              "ribonnx-fuse",
              "--model",
              model,
              "--output",
              fused.toString(),
              files.get(0),
              files.get(2),
              files.get(1));
      ok(result);
      assertTrue(result.err().contains("view-missing: "), result.err());
      assertTrue(Sandbox.read(Path.of(fused + ".run.json")).contains("\"missing-views\""));
      ok(
          box.run(
              "ribonnx-classify",
              "--model",
              model,
              "--output",
              box.out("p2.tsv"),
              "--scores",
              box.out("s2.tsv"),
              fused.toString()));
      assertEquals(Sandbox.read(p), Sandbox.read(box.out.resolve("p2.tsv")));
      assertEquals(Sandbox.read(s), Sandbox.read(box.out.resolve("s2.tsv")));
      box.assertNothingElse(model);
    }
  }

  private static Case bad(
      String name,
      List<String> fragments,
      java.util.function.Function<Sandbox, List<String>> files) {
    return Case.of(
        name,
        4,
        box -> {
          List<String> command = new ArrayList<>(files.apply(box));
          command.addAll(
              0, List.of("ribonnx-fuse", "--model", BUNDLE.toString(), "--output", box.out("y")));
          return command;
        },
        fragments.toArray(new String[0]));
  }

  @TestFactory
  Stream<DynamicTest> filesThatCanNotBeJoined() {
    String input = BUNDLE.resolve("input.fa").toString();
    List<Case> cases = new ArrayList<>();
    cases.add(
        bad(
            "a view file that is not given",
            List.of("no file given holds the view 'dipeptides'", "--view dipeptides"),
            box ->
                List.of(
                    "--missing",
                    "unusable",
                    view(box, "rna", input),
                    view(box, "protein", input))));
    cases.add(
        bad(
            "a view twice",
            List.of("holds the view 'rna'", "give each view once"),
            box -> {
              String rna = view(box, "rna", input);
              return List.of(rna, box.input("again.npz", Sandbox.bytes(Path.of(rna))));
            }));
    cases.add(
        bad(
            "a view file that is cut short",
            List.of("e-cut.npz", "cut short"),
            box -> {
              byte[] bytes = Sandbox.bytes(Path.of(view(box, "protein", input)));
              return List.of(
                  view(box, "rna", input),
                  box.input("e-cut.npz", Arrays.copyOf(bytes, bytes.length / 2)));
            }));
    cases.add(
        bad(
            "features in place of embeddings",
            List.of("protein.npz", "has not passed the step 'embed'", "run ribonnx-embed first"),
            box -> {
              view(box, "protein", input);
              return List.of(view(box, "rna", input), box.in.resolve("protein.npz").toString());
            }));
    cases.add(
        bad(
            "a record without a view where that ends the run",
            List.of("records lack a view", "the first: 'r1' lacks 'protein' (too-short)"),
            box ->
                List.of(
                    "--missing",
                    "fail",
                    view(box, "rna", input),
                    view(box, "protein", input),
                    view(box, "dipeptides", input))));
    return Case.tests(cases);
  }
}
