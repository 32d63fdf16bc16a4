package org.ribonnx.dist;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The installed commands take a graph to an installed model, and say what is wrong with one. */
class ModelPathIT {
  private static byte[] graph() {
    return GraphFile.head()
        .cast("numbers", "codes", GraphFile.FLOAT)
        .node("Slice", "begin", "numbers", "zero", "three", "axis")
        .node("Softmax", "probabilities", "begin")
        .bytes();
  }

  private static Sandbox.Result ok(Sandbox box, String... command) {
    Sandbox.Result result = box.run(command);
    assertEquals(0, result.code(), String.join(" ", command) + ": " + result.err());
    box.assertNothingElse(String.join(" ", command));
    return result;
  }

  @Test
  void fromAGraphToAnInstalledModel() throws IOException {
    try (Sandbox box = new Sandbox()) {
      String net = box.input("net.onnx", graph());
      String labels = box.input("labels.txt", "low\nmiddle\nhigh\n");
      String model = box.out("stranger");
      ok(
          box,
          "ribonnx",
          "model",
          "new",
          model,
          "--graph",
          net,
          "--encoder",
          "nucleotides",
          "--labels",
          labels,
          "--licence",
          "MIT",
          "--head",
          "level");
      ok(box, "ribonnx", "model", "seal", model);
      // What the installed commands give is a reference that they reach, in the file that they
      // write.
      String scores = box.out("scores.npz");
      String records = model + "/test/input.fa";
      ok(
          box,
          "ribonnx",
          "predict",
          "--quiet",
          "--model",
          model,
          "--scores",
          scores,
          "--output",
          box.out("direct.tsv"),
          records);
      String tested = ok(box, "ribonnx", "model", "test", model, "--reference", scores).out();
      assertTrue(tested.startsWith("stranger@0.1.0\treference.level\tok"), tested);
      assertTrue(tested.contains("\talone.level\tok"), tested);
      String checked = ok(box, "ribonnx", "model", "validate", model).out();
      assertTrue(checked.contains("stranger@0.1.0: sound, 0 errors"), checked);
      String zip = box.out("stranger.zip");
      String again = box.out("again.zip");
      ok(box, "ribonnx", "model", "pack", model, "--output", zip);
      ok(box, "ribonnx", "model", "pack", model, "--output", again);
      assertArrayEquals(Sandbox.bytes(Path.of(zip)), Sandbox.bytes(Path.of(again)));
      box.environment.put("RIBONNX_MODELS", box.out("models"));
      ok(box, "ribonnx", "model", "install", zip);
      String listed = ok(box, "ribonnx", "model", "list").out();
      assertTrue(listed.startsWith("stranger@0.1.0\t"), listed);
      ok(
          box,
          "ribonnx",
          "predict",
          "--quiet",
          "--model",
          "stranger@0.1.0",
          "--output",
          box.out("named.tsv"),
          records);
      assertEquals(
          Sandbox.read(Path.of(box.out("direct.tsv"))),
          Sandbox.read(Path.of(box.out("named.tsv"))));
      // A folder in the working folder needs no path, and the zip its usual name.
      Sandbox.copy(Path.of(model), box.root.resolve("home/mine"));
      Sandbox.Result packed = box.run("ribonnx", "model", "pack", "mine");
      assertEquals(0, packed.code(), packed.err());
      assertArrayEquals(
          Sandbox.bytes(Path.of(zip)), Sandbox.bytes(box.root.resolve("home/stranger-0.1.0.zip")));
    }
  }

  @Test
  void mistakesAreOneLineAndLeaveNothing() {
    try (Sandbox box = new Sandbox()) {
      String net = box.input("net.onnx", graph());
      String smallest = Sandbox.smallest();
      List<String> make =
          List.of("ribonnx", "model", "new", box.out("m"), "--graph", net, "--encoder");
      box.fails(2, List.of("no encoder 'one-hot'", "nucleotides@1"), with(make, "one-hot"));
      box.fails(
          5,
          List.of("options.keep is 'all'"),
          with(make, "nucleotides", "--encoder-option", "keep=all"));
      box.fails(
          2,
          List.of("holds 1 labels", "3 are expected"),
          with(make, "nucleotides", "--labels", box.input("l.txt", "one\n")));
      box.fails(
          2,
          List.of("only a folder can be packed"),
          List.of("ribonnx", "model", "pack", box.input("x/y.zip", "no zip")));
      box.fails(
          4,
          List.of("is no tensor file"),
          List.of(
              "ribonnx",
              "model",
              "test",
              smallestWithTest(box),
              "--reference",
              box.input("r.npz", "no numbers")));
      Sandbox.Result unfinished =
          box.run("ribonnx", "model", "pack", smallest, "--output", box.out("s.zip"));
      assertEquals(5, unfinished.code(), unfinished.err());
      assertTrue(unfinished.err().contains("error: "), unfinished.err());
      assertTrue(Files.notExists(Path.of(box.out("s.zip"))));
      Sandbox.Result json = box.run("ribonnx", "model", "validate", "--json", smallest);
      assertEquals(5, json.code(), json.err());
      assertTrue(json.out().contains("\"severity\" : \"error\""), json.out());
      assertTrue(json.out().contains("card.licence is missing"), json.out());
    }
  }

  private static String smallestWithTest(Sandbox box) {
    Path folder = box.in.resolve("tested");
    Sandbox.copy(Path.of(Sandbox.smallest()), folder);
    box.input("tested/in.fa", ">a\nACGU\n");
    box.input(
        "tested/model.yaml", Sandbox.read(folder.resolve("model.yaml")) + "test: {input: in.fa}\n");
    return folder.toString();
  }

  private static List<String> with(List<String> command, String... more) {
    List<String> all = new ArrayList<>(command);
    all.addAll(List.of(more));
    return all;
  }
}
