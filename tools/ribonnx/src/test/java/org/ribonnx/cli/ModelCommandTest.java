package org.ribonnx.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ribonnx.core.io.Digest;
import org.ribonnx.core.testing.NumpyFile;
import org.ribonnx.core.testing.OnnxBuilder;
import org.ribonnx.core.testing.TestBundle;
import org.ribonnx.core.testing.Tool;
import org.ribonnx.report.ReportCommand;

class ModelCommandTest {
  private static final byte[] HEAD = OnnxBuilder.codesToProbabilities("codes", 8, "p", 4);
  private static final String SHA = Digest.of(ByteBuffer.wrap(HEAD));

  private static final String START =
      """
      schema: 1   # a comment that stays
      id: m
      version: 1.0.0
      title: "é: kept"
      inputs: {rna: {kind: sequences}}
      views:
        v: {encoder: nucleotides@1, pad: 5}
      test: {input: test/in.fa}
      """;

  private static Path write(Path folder, String heads) {
    return new TestBundle(START + heads)
        .file("head.onnx", HEAD)
        .file("test/in.fa", ">a\nACGU\n>n\nNNN\n>b\nGGGGUUUUAC\n")
        .folder(folder);
  }

  private static Tool.Outcome model(Object... arguments) {
    return Tool.run(RibonnxCommand::new, arguments);
  }

  @Test
  void sealingWritesDigestsAndLeavesAllElse(@TempDir Path folder) throws IOException {
    String[][] forms = {
      {
        "heads:\n  h: {kind: single-label, graph: head.onnx, labels: [a, b, c, d]}\n",
        "heads:\n  h: {kind: single-label, graph: head.onnx, sha256: NEW, labels: [a, b, c, d]}\n"
      },
      {
        "heads:\n  h: {kind: single-label, labels: [a, b, c, d], graph: head.onnx}\n",
        "heads:\n  h: {kind: single-label, labels: [a, b, c, d], graph: head.onnx, sha256: NEW}\n"
      },
      {
        "heads:\n  h: {kind: single-label, graph: head.onnx, sha256: OLD, labels: [a, b, c, d]}\n",
        "heads:\n  h: {kind: single-label, graph: head.onnx, sha256: NEW, labels: [a, b, c, d]}\n"
      },
      {
        "heads:\n  h:\n    kind: single-label\n    graph: head.onnx\n    labels: [a, b, c, d]\n",
        "heads:\n  h:\n    kind: single-label\n    graph: head.onnx\n    sha256: NEW\n    labels: [a, b, c, d]\n"
      },
      {
        "heads:\n  h:\n    graph: head.onnx\n    sha256: OLD\n    kind: single-label\n    labels: [a, b, c, d]\n",
        "heads:\n  h:\n    graph: head.onnx\n    sha256: NEW\n    kind: single-label\n    labels: [a, b, c, d]\n"
      },
    };
    for (int i = 0; i < forms.length; i++) {
      Path bundle = write(folder.resolve("m" + i), forms[i][0].replace("OLD", "0".repeat(64)));
      Tool.Outcome outcome = model("model", "seal", bundle).succeeded();
      assertTrue(outcome.text().contains("head.onnx\t" + SHA), outcome.text());
      String expected =
          START
              + forms[i][1].replace("NEW", SHA)
              + "digests:\n"
              + digest(bundle, "test/expected.npz")
              + digest(bundle, "test/in.fa");
      assertEquals(expected, Files.readString(bundle.resolve("model.yaml")));
      // What was stored is reached, and sealing again changes nothing.
      String tested = model("model", "test", bundle).succeeded().text();
      assertTrue(tested.contains("classify.h\tok"), tested);
      byte[] stored = Files.readAllBytes(bundle.resolve("test/expected.npz"));
      model("model", "seal", bundle).succeeded();
      assertEquals(expected, Files.readString(bundle.resolve("model.yaml")));
      assertEquals(
          Digest.of(ByteBuffer.wrap(stored)),
          Digest.of(ByteBuffer.wrap(Files.readAllBytes(bundle.resolve("test/expected.npz")))));
    }
  }

  private static String digest(Path bundle, String file) throws IOException {
    byte[] content = Files.readAllBytes(bundle.resolve(file));
    return "  " + file + ": " + Digest.of(ByteBuffer.wrap(content)) + "\n";
  }

  /** The map of the report is sealed, run and compared like the steps. */
  @Test
  void theMapIsPartOfABundle(@TempDir Path folder) throws IOException {
    byte[] projector =
        new OnnxBuilder()
            .input("e", OnnxBuilder.FLOAT, -1, 4)
            .floats("w", new long[] {4, 2}, OnnxBuilder.weights(4, 2))
            .add("MatMul", "e,w", "place")
            .output("place", OnnxBuilder.FLOAT, -1, 2)
            .build();
    byte[] background =
        new NumpyFile()
            .ids("1")
            .floats("position", 2, 0.5f, 1)
            .array("label", "<i4", "1,", new byte[] {1, 0, 0, 0})
            .toBytes();
    String start = START.replace("id: m", "id: mapped");
    String rest =
        """
        embed: {v: {graph: head.onnx}}
        heads:
          h: {kind: single-label, graph: linear.onnx, labels: [a, b, c, d]}
        report:
          projector: {graph: project.onnx}
          background: {file: background.npz}
        """;
    Path bundle =
        new TestBundle(start + rest)
            .file("head.onnx", HEAD)
            .file(
                "linear.onnx",
                new OnnxBuilder()
                    .input("e", OnnxBuilder.FLOAT, -1, 4)
                    .add("Softmax", "e", "p")
                    .output("p", OnnxBuilder.FLOAT, -1, 4)
                    .build())
            .file("project.onnx", projector)
            .file("background.npz", background)
            .file("test/in.fa", ">a\nACGU\n>n\nNNN\n>b\nGGGGUUUUAC\n>c\nCAGU\n")
            .folder(folder.resolve("m"));
    String sealed = model("model", "seal", bundle).succeeded().text();
    assertTrue(sealed.contains("background.npz\t"), sealed);
    String card = Files.readString(bundle.resolve("model.yaml"));
    assertTrue(card.contains("{file: background.npz, sha256: "), card);
    String tested = model("model", "test", bundle).succeeded().text();
    assertTrue(tested.contains("report.position\tok"), tested);
    String info = model("model", "info", bundle).succeeded().text();
    assertTrue(info.contains("records beside known ones"), info);
    // Both ways to a report draw the same map.
    Path out = folder.resolve("out");
    Path file = folder.resolve("e.npz");
    Object[] run = {
      "predict",
      "--model",
      bundle,
      "--outdir",
      out,
      "--embeddings",
      file,
      bundle.resolve("test/in.fa")
    };
    model(run).succeeded();
    Object[] again = {
      "--model",
      bundle,
      "--output",
      folder.resolve("r.html"),
      "--embeddings",
      file,
      out.resolve("predictions.tsv")
    };
    Tool.run(ReportCommand::new, again).succeeded();
    assertEquals(map(out.resolve("report.html")), map(folder.resolve("r.html")));
    Files.write(bundle.resolve("background.npz"), new byte[] {1});
    Tool.Outcome changed = model(run);
    assertEquals(5, changed.code(), changed.err());
    assertTrue(changed.err().contains("report.background.sha256 is "), changed.err());
  }

  private static String map(Path page) throws IOException {
    String text = Files.readString(page);
    int from = text.indexOf("<section id=\"map\">");
    assertTrue(from > 0 && text.contains("id=\"map-model-t\""), text);
    return text.substring(from, text.indexOf("</section>", from));
  }

  /** What the writer of digests can't find its way in is left alone, with a word on what to do. */
  @Test
  void aCardThatCannotBeSealedStaysAsItIs(@TempDir Path folder) throws IOException {
    String[] forms = {
      "heads:\n  h:\n    graph: head.onnx\n    kind: single-label\n    labels: [a, b, c, d]\n    sha256: OLD\n",
      "heads:\n  h: {sha256: OLD, kind: single-label, graph: head.onnx, labels: [a, b, c, d]}\n",
      "heads:\n  h: {\n    kind: single-label, labels: [a, b, c, d],\n    graph: head.onnx\n    }\n",
    };
    for (int i = 0; i < forms.length; i++) {
      String heads = forms[i].replace("OLD", "0".repeat(64));
      Path bundle = write(folder.resolve("m" + i), heads);
      Tool.Outcome outcome = model("model", "seal", bundle);
      assertEquals(5, outcome.code(), outcome.err());
      assertEquals(1, outcome.err().lines().count(), outcome.err());
      assertTrue(outcome.err().contains(SHA), outcome.err());
      assertEquals(START + heads, Files.readString(bundle.resolve("model.yaml")));
    }
  }

  @Test
  void aChangedGraphOrResultIsFoundOut(@TempDir Path folder) throws IOException {
    Path bundle =
        write(
            folder, "heads:\n  h: {kind: single-label, graph: head.onnx, labels: [a, b, c, d]}\n");
    assertEquals(5, model("model", "test", bundle).code(), "not sealed yet");
    model("model", "seal", bundle).succeeded();
    Files.writeString(bundle.resolve("test/in.fa"), ">a\nACGA\n>n\nNNN\n>b\nGGGGUUUUAC\n");
    Tool.Outcome exchanged = model("model", "test", bundle);
    assertEquals(5, exchanged.code(), exchanged.err());
    assertTrue(exchanged.err().contains("digests.test/in.fa is "), exchanged.err());
    // Without its digest it is another input, and its results are others.
    String card = Files.readString(bundle.resolve("model.yaml"));
    Files.writeString(
        bundle.resolve("model.yaml"), card.replaceAll("  test/in.fa: [0-9a-f]+\n", ""));
    Tool.Outcome other = model("model", "test", bundle);
    assertEquals(5, other.code(), other.err());
    assertTrue(other.text().contains("encode.v\tFAILED"), other.text());
    Files.write(bundle.resolve("head.onnx"), OnnxBuilder.linear("x", 8, "p", 4));
    Tool.Outcome changed = model("model", "test", bundle);
    assertEquals(5, changed.code());
    assertTrue(changed.err().contains("heads.h.sha256 is " + SHA), changed.err());
  }

  @Test
  void validateNamesEveryProblemAtOnce(@TempDir Path folder) {
    Path bundle =
        write(folder, "heads:\n  h: {kind: single-label, graph: head.onnx, labels: [a, b]}\n");
    Tool.Outcome open = model("model", "validate", bundle);
    assertEquals(5, open.code());
    String found = open.text();
    assertTrue(
        found.contains("error: " + bundle.resolve("model.yaml") + ": heads.h.sha256 is missing"),
        found);
    assertTrue(found.contains("heads.h.labels holds 2 labels, but the graph returns 4"), found);
    assertTrue(found.contains("card.licence is missing"), found);
    assertTrue(
        found.contains("warning: " + bundle.resolve("model.yaml") + ": card.limits is missing"),
        found);
    assertTrue(found.contains("test names test/expected.npz"), found);
    assertTrue(open.err().contains("m@1.0.0: 4 errors, 9 warnings"), open.err());
    assertEquals(1, open.err().lines().count(), open.err());
  }

  @Test
  void whatSetsPromiseIsSaid(@TempDir Path folder) {
    String head =
        "  %s: {kind: single-label, graph: head.onnx, sha256: SHA(head.onnx), labels: [a, b, c, d], sets: {method: split-conformal, coverage: %s, quantile%s}}\n";
    Path bundle =
        write(
            folder.resolve("m"),
            "heads:\n"
                + head.formatted("all", "0.99", ": 0.5")
                    .replace("{kind", "{what: which letter it is, kind")
                + head.formatted("each", "0.875", "s: [0.5, 0.5, 0.5, 0.5]"));
    String info = model("model", "info", bundle).succeeded().text();
    assertTrue(
        info.contains(
            "all: which letter it is; single-label, 4 labels (a, b, c, d), prediction sets that hold the truth of 99 % of the records\n"),
        info);
    assertTrue(
        info.contains(
            "prediction sets that hold the truth of 87.5 % of the records of each label\n"),
        info);
    String json =
        model("model", "info", bundle, "--json").succeeded().text().replaceAll("\\s+", "");
    assertTrue(json.contains("{\"name\":\"all\",\"what\":\"whichletteritis\","), json);
    assertTrue(json.contains("{\"name\":\"each\",\"what\":null,"), json);
    assertTrue(json.contains("\"sets\":{\"coverage\":0.99,\"per_label\":false}"), json);
    assertTrue(json.contains("\"sets\":{\"coverage\":0.875,\"per_label\":true}"), json);
  }

  @Test
  void modelsAreListedAndDescribed(@TempDir Path folder) {
    write(
        folder.resolve("m"),
        "heads:\n  h: {kind: single-label, graph: head.onnx, sha256: SHA(head.onnx), labels: [a, b, c, d]}\n");
    new TestBundle("schema: 7").folder(folder.resolve("broken"));
    Map<String, String> environment = Map.of("RIBONNX_MODELS", folder.toString());
    InputStream none = InputStream.nullInputStream();
    String list =
        Tool.run(RibonnxCommand::new, environment, none, "model", "list").succeeded().text();
    assertTrue(list.contains("m@1.0.0\té: kept\t" + folder.resolve("m")), list);
    assertTrue(list.contains("broken: "), list);
    String info =
        Tool.run(RibonnxCommand::new, environment, none, "model", "info", "m").succeeded().text();
    assertTrue(info.contains("h: single-label, 4 labels"), info);
    String json =
        Tool.run(RibonnxCommand::new, environment, none, "model", "info", "--model", "m", "--json")
            .succeeded()
            .text();
    assertTrue(json.contains("\"labels\" : [") || json.contains("\"labels\" : [ "), json);
    assertFalse(json.contains("\"sets\""), json);
    assertEquals(2, Tool.run(RibonnxCommand::new, environment, none, "model", "info", "q").code());
    assertEquals(2, Tool.run(RibonnxCommand::new, environment, none, "model", "info").code());
    Tool.Outcome doctor = Tool.run(RibonnxCommand::new, environment, none, "doctor");
    assertEquals(1, doctor.code());
    assertTrue(doctor.text().contains("fail  model broken"), doctor.text());
  }

  /** What the description names is copied and nothing else; a second time changes nothing. */
  @Test
  void installsWhatTheDescriptionNames(@TempDir Path folder) throws IOException {
    Path bundle =
        write(
            folder.resolve("m"),
            "heads:\n  h: {kind: single-label, graph: head.onnx, sha256: "
                + SHA
                + ", labels: [a, b, c, d]}\ncard: {licence: MIT, cite: [\"doi:10.1/x\", other], authors: a,"
                + " training-data: t, metrics: {accuracy: 1}, intended-use: i, limits: l}\n");
    model("model", "seal", bundle).succeeded();
    Files.writeString(bundle.resolve("secret.txt"), "not named");
    Path models = folder.resolve("models");
    String row = model("model", "install", "--json", "--into", models, bundle).succeeded().text();
    Path installed = models.resolve("m-1.0.0");
    for (String part :
        new String[] {
          "\"value\" : \"m-1.0.0\"",
          "\"input\" : \"sequences\"",
          "\"heads\" : \"h\"",
          "\"species\" : \"NA\"",
          "\"licence\" : \"MIT\"",
          "\"doi\" : \"10.1/x\"",
          "\"path\" : \"" + installed + "\""
        }) {
      assertTrue(row.contains(part), row);
    }
    try (var files = Files.walk(models)) {
      assertEquals(
          "head.onnx model.yaml test/expected.npz test/in.fa",
          String.join(
              " ",
              files
                  .filter(Files::isRegularFile)
                  .map(file -> installed.relativize(file).toString())
                  .sorted()
                  .toList()));
    }
    model("model", "validate", installed).succeeded();
    model("model", "install", "--into", models, bundle).succeeded();
    // Another content under the same name and version is not put over it.
    Files.writeString(
        bundle.resolve("model.yaml"), "\n# changed\n", java.nio.file.StandardOpenOption.APPEND);
    assertEquals(2, model("model", "install", "--into", models, bundle).code());
    // A digest that is wrong leaves nothing behind.
    Files.write(bundle.resolve("head.onnx"), new byte[] {1, 2});
    assertEquals(5, model("model", "install", "--into", folder.resolve("none"), bundle).code());
    assertTrue(Files.notExists(folder.resolve("none")));
  }
}
