package org.ribonnx.dist;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Bundles that are broken, forged or do not fit: exit 5 before or while a graph runs. */
class BadBundleIT {
  private static final String RECORDS = ">a\nGCAUGCAUCGGAUCGAUUAGCGAUCGGGCAUAUCGCGAUU\n";
  private static final byte[] HEAD =
      Sandbox.bytes(Path.of(Sandbox.smallest()).resolve("head.onnx"));
  private static final String CARD =
      """
      schema: 1
      id: tested
      version: 1.0.0
      inputs:
        rna: {kind: sequences}
      views:
        bases: {encoder: nucleotides@1, shape: [40], pad: 5}
      heads:
        composition: {kind: single-label, graph: head.onnx, sha256: DIGEST, labels: [one, two, three]}
      """;

  private final List<Case> cases = new ArrayList<>();

  private static String card(byte[] graph) {
    return CARD.replace("DIGEST", Sandbox.sha256(graph));
  }

  private static List<String> predict(Sandbox box, String model) {
    return List.of(
        "ribonnx",
        "predict",
        "--model",
        model,
        "--output",
        box.out("p.tsv"),
        box.input("x.fa", RECORDS));
  }

  private void bad(String name, Function<Sandbox, String> bundle, String... fragments) {
    cases.add(Case.of(name, 5, box -> predict(box, bundle.apply(box)), fragments));
  }

  /** A folder with a changed card and a graph. */
  private void folder(
      String name, byte[] graph, UnaryOperator<String> change, String... fragments) {
    bad(name, box -> write(box, graph, change), fragments);
  }

  private static String write(Sandbox box, byte[] graph, UnaryOperator<String> change) {
    String card = card(graph);
    String changed = change.apply(card);
    if (change != SAME && changed.equals(card)) {
      throw new IllegalStateException("the card was not changed");
    }
    box.input("bundle/head.onnx", graph);
    box.input("bundle/model.yaml", changed);
    return box.in.resolve("bundle").toString();
  }

  private static final UnaryOperator<String> SAME = UnaryOperator.identity();

  private static UnaryOperator<String> with(String from, String to) {
    return card -> card.replace(from, to);
  }

  private void graph(String name, GraphFile graph, String... fragments) {
    folder(name, graph.bytes(), SAME, fragments);
  }

  private void zip(String name, Consumer<Map<String, byte[]>> change, String... fragments) {
    bad(
        name,
        box -> {
          Map<String, byte[]> entries = new LinkedHashMap<>();
          entries.put("model.yaml", card(HEAD).getBytes(StandardCharsets.UTF_8));
          entries.put("head.onnx", HEAD);
          change.accept(entries);
          Path file = box.in.resolve("bundle.zip");
          try (OutputStream stream = Files.newOutputStream(file);
              ZipOutputStream zip = new ZipOutputStream(stream)) {
            for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
              zip.putNextEntry(new ZipEntry(entry.getKey()));
              zip.write(entry.getValue());
            }
          } catch (IOException e) {
            throw new IllegalStateException(e);
          }
          return file.toString();
        },
        fragments);
  }

  @TestFactory
  Stream<DynamicTest> cards() {
    folder(
        "input by a wrong name",
        HEAD,
        with("labels:", "inputs: {nope: bases}, labels:"),
        "nope",
        "codes");
    folder(
        "view by a wrong name",
        HEAD,
        with("labels:", "inputs: {codes: nope}, labels:"),
        "nope",
        "bases");
    folder(
        "output by a wrong name",
        HEAD,
        with("labels:", "output: nope, labels:"),
        "nope",
        "probabilities");
    folder("another element type", HEAD, with("pad: 5", "pad: 5, dtype: int32"), "int32");
    folder("another width", HEAD, with("[40]", "[50]"), "[?, 40]", "50", "bases");
    folder(
        "a label too few", HEAD, with("[one, two, three]", "[one, two]"), "composition", "3", "2");
    folder("a label twice", HEAD, with("[one, two, three]", "[one, two, one]"), "'one'");
    folder("a label with a line break", HEAD, with("three]", "\"th\\nree\"]"), "label");
    folder("a label NA", HEAD, with("three]", "NA]"), "'NA'");
    folder(
        "a changed digest",
        HEAD,
        card -> card.replaceAll("sha256: .", "sha256: g").replace("sha256: g", "sha256: 0"),
        "head.onnx",
        "sha256",
        "model seal");
    folder(
        "a digest missing",
        HEAD,
        card -> card.replaceAll("sha256: [0-9a-f]+, ", ""),
        "sha256",
        "is missing",
        "model seal");
    folder("an unknown key", HEAD, with("pad: 5", "pad: 5, padd: 5"), "padd", "model.yaml");
    folder(
        "an unknown key at the top", HEAD, with("heads:", "hats: 1\nheads:"), "hats", "known here");
    folder("an unknown head kind", HEAD, with("single-label", "oracle"), "oracle", "single-label");
    folder("an unknown encoder", HEAD, with("nucleotides@1", "codons@9"), "codons@9");
    folder("a newer schema", HEAD, with("schema: 1", "schema: 2"), "schema", "must be 1");
    folder(
        "a newer release asked for",
        HEAD,
        with("inputs:", "requires: {ribonnx: \">=99\"}\ninputs:"),
        ">=99",
        "newer release");
    folder(
        "a key twice", HEAD, with("schema: 1", "schema: 1\nschema: 1"), "schema", "no valid YAML");
    folder("anchors that explode", HEAD, card -> bomb() + card, "anchors", "model.yaml");
    folder(
        "deep nesting",
        HEAD,
        card -> card + "card: " + "[".repeat(5000) + "]".repeat(5000) + "\n",
        "model.yaml");
    folder("YAML that is none", HEAD, with("views:", "views: ["), "no valid YAML", "line");
    folder("a card that is no mapping", HEAD, card -> "- a\n- b\n", "model.yaml");
    folder("an empty card", HEAD, card -> "", "model.yaml", "empty");
    folder("a card of 2 MB", HEAD, card -> card + "#".repeat(2_000_000), "larger than");
    folder(
        "a tag of another language",
        HEAD,
        with("id: tested", "id: !!javax.script.ScriptEngineManager [x]"),
        "model.yaml");
    folder(
        "a path that leaves the bundle",
        HEAD,
        with("head.onnx", "../x.fa"),
        "../x.fa",
        "inside the bundle");
    folder(
        "an absolute path",
        HEAD,
        with("head.onnx", "/etc/passwd"),
        "/etc/passwd",
        "inside the bundle");
    folder(
        "a label file that is missing",
        HEAD,
        with("[one, two, three]", "labels.tsv"),
        "labels.tsv",
        "lacks this file");
    folder(
        "a label path that leaves the bundle",
        HEAD,
        with("[one, two, three]", "../x.fa"),
        "../x.fa",
        "inside the bundle");
    folder(
        "no head", HEAD, card -> card.substring(0, card.indexOf("heads:")), "heads", "is missing");
    folder("a view of 100 GB", HEAD, with("[40]", "[200000000, 500]"), "shape");
    folder("a markup in the id", HEAD, with("id: tested", "id: <b>x</b>"), "id", "does not match");
    bad(
        "a link that leaves the bundle",
        box -> {
          String bundle = write(box, HEAD, SAME);
          try {
            Files.delete(Path.of(bundle, "head.onnx"));
            box.input("elsewhere.onnx", HEAD);
            Files.createSymbolicLink(
                Path.of(bundle, "head.onnx"), box.in.resolve("elsewhere.onnx"));
          } catch (IOException e) {
            throw new IllegalStateException(e);
          }
          return bundle;
        },
        "head.onnx",
        "link that leaves the bundle");
    bad(
        "a label file behind a link",
        box -> {
          String bundle = write(box, HEAD, with("[one, two, three]", "labels.tsv"));
          try {
            box.input("elsewhere.tsv", "label\none\ntwo\nthree\n");
            Files.createSymbolicLink(
                Path.of(bundle, "labels.tsv"), box.in.resolve("elsewhere.tsv"));
          } catch (IOException e) {
            throw new IllegalStateException(e);
          }
          return bundle;
        },
        "labels.tsv",
        "link that leaves the bundle");
    bad(
        "a label with a script address",
        box -> {
          String bundle = write(box, HEAD, with("[one, two, three]", "labels.tsv"));
          box.input("bundle/labels.tsv", "label\turl\none\tjavascript:alert(1)\ntwo\t\nthree\t\n");
          return bundle;
        },
        "labels.tsv",
        "line",
        "https:");
    bad(
        "a folder without a card",
        box -> box.in.resolve(box.input("empty/x", "").isEmpty() ? "" : "empty").toString(),
        "model.yaml",
        "lacks this file");
    bad("a file that is no bundle", box -> box.input("bundle.zip", "hello"), "bundle.zip", "zip");
    zip(
        "a zip entry that leaves the bundle",
        entries -> entries.put("../evil.txt", new byte[] {1}),
        "../evil.txt",
        "inside the bundle");
    zip(
        "an absolute zip entry",
        entries -> entries.put("/tmp/evil.txt", new byte[] {1}),
        "/tmp/evil.txt");
    zip("a zip bomb", entries -> entries.put("zeros", new byte[20_000_000]), "zeros", "unpacks to");
    zip(
        "too many zip entries",
        entries -> {
          for (int i = 0; i < 1200; i++) {
            entries.put("n" + i, new byte[0]);
          }
        },
        "more than");
    zip("a zip without a card", entries -> entries.remove("model.yaml"), "holds no model.yaml");
    zip(
        "a zip without the graph",
        entries -> entries.remove("head.onnx"),
        "head.onnx",
        "lacks this file");
    zip(
        "a zip with another graph",
        entries -> entries.put("head.onnx", new byte[] {1}),
        "head.onnx",
        "sha256");
    return Case.tests(cases);
  }

  private static String bomb() {
    StringBuilder text = new StringBuilder("x-a: &a [lol, lol, lol, lol, lol, lol, lol, lol]\n");
    for (char c = 'b'; c < 'l'; c++) {
      char before = (char) (c - 1);
      text.append(
          "x-" + c + ": &" + c + " [" + ("*" + before + ", ").repeat(8) + "*" + before + "]\n");
    }
    return text.toString();
  }

  @TestFactory
  Stream<DynamicTest> graphs() {
    byte[] truncated = Arrays.copyOf(HEAD, HEAD.length / 2);
    folder("graph cut short", truncated, SAME, "head.onnx", "no readable ONNX");
    folder("graph that is text", "hello".getBytes(StandardCharsets.UTF_8), SAME, "head.onnx");
    folder("graph that is empty", new byte[0], SAME, "head.onnx");
    graph(
        "data in another file",
        GraphFile.head().external("w", "../x.fa").endedBy("w"),
        "external data");
    graph(
        "a node of a custom domain",
        GraphFile.head()
            .node("Evil", new String[] {"codes"}, "w", node -> node.text(7, "com.evil"))
            .endedBy("w"),
        "com.evil",
        "Evil");
    graph(
        "an operator that is unknown",
        GraphFile.head().node("Nonsense", "w", "zero").endedBy("w"),
        "head.onnx");
    graph(
        "a newer opset",
        GraphFile.head().versions(10, 21).cast("w", "three", 1).endedBy("w"),
        "opset 21",
        "at most 20");
    graph(
        "a newer file format",
        GraphFile.head().versions(11, 20).cast("w", "three", 1).endedBy("w"),
        "IR version 11");
    graph(
        "an input more than the card",
        GraphFile.head().input("more", GraphFile.FLOAT, -1, 3).endedBy("more"),
        "head.onnx",
        "inputs");
    graph("a node that reads nothing", GraphFile.head().endedBy("nothing"), "head.onnx");
    graph(
        "100 GB as a constant",
        huge(GraphFile.head().numbers("shape", 25_000_000_000L)),
        "head.onnx",
        "ConstantOfShape",
        "25000000000");
    graph(
        "a run that fails: indices beyond the axis",
        GraphFile.head()
            .numbers("far", 99)
            .node("Gather", "g", "three", "far")
            .cast("w", "g", GraphFile.FLOAT)
            .endedBy("w"),
        "head.onnx");
    return Case.tests(cases);
  }

  /** Adds a tensor of the shape {@code shape} to the outputs. */
  private static GraphFile huge(GraphFile graph) {
    return graph
        .node("ConstantOfShape", "tensor", "shape")
        .node("ReduceSum", "w", "tensor")
        .endedBy("w");
  }

  /** 100 GB, and more where a machine has that much. */
  private static long factor() {
    for (String line : Sandbox.read(Path.of("/proc/meminfo")).lines().toList()) {
      if (line.startsWith("MemTotal:")) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) > 90_000_000 ? 1000 : 1;
      }
    }
    return 1;
  }

  /** What the check of the file can't see ends as memory or bundle, in little memory. */
  @TestFactory
  Stream<DynamicTest> hugeAtRunTime() {
    Map<String, GraphFile> graphs = new LinkedHashMap<>();
    graphs.put(
        "a shape folded from constants",
        huge(
            GraphFile.head()
                .numbers("a", 250_000 * factor())
                .numbers("b", 100_000)
                .node("Mul", "shape", "a", "b")));
    graphs.put(
        "a shape from the input",
        huge(
            GraphFile.head()
                .node("Shape", "dims", "codes")
                .numbers("b", 100_000 * factor(), 390)
                .node("Mul", "shape", "dims", "b")));
    graphs.put(
        "a tile of the input",
        GraphFile.head()
            .cast("f", "codes", GraphFile.FLOAT)
            .node("Shape", "dims", "codes")
            .numbers("b", 6_250 * factor(), 156)
            .node("Mul", "shape", "dims", "b")
            .node("Tile", "tensor", "f", "shape")
            .node("ReduceMax", "w", "tensor")
            .endedBy("w"));
    return graphs.entrySet().stream()
        .map(
            entry ->
                DynamicTest.dynamicTest(
                    entry.getKey(),
                    () -> {
                      try (Sandbox box = new Sandbox()) {
                        String bundle = write(box, entry.getValue().bytes(), SAME);
                        Sandbox.Result result = box.run(predict(box, bundle));
                        String shown = result.toString();
                        assertTrue(List.of(3, 5).contains(result.code()), shown);
                        // Records are encoded before a graph runs, and what was done to them is
                        // told.
                        String last = result.lines().get(result.lines().size() - 1);
                        Sandbox.assertOneLine(
                            new Sandbox.Result(result.code(), "", last, 0), "ribonnx", shown);
                        assertTrue(last.contains("head.onnx"), shown);
                        assertTrue(result.peak() < 1000, shown);
                        assertTrue(Sandbox.digests(box.out).isEmpty(), shown);
                        box.assertNothingElse(shown);
                      }
                    }));
  }

  /** Ids and labels with markup are data: they pass, and the table holds them as they are. */
  @TestFactory
  Stream<DynamicTest> markup() {
    return Stream.of(
        DynamicTest.dynamicTest(
            "markup in ids and labels",
            () -> {
              try (Sandbox box = new Sandbox()) {
                String label = "<script>alert(1)</script>";
                String bundle =
                    write(
                        box,
                        HEAD,
                        with("[one, two, three]", "['" + label + "1', '" + label + "2', '${x}']"));
                String id = "<img/src=x/onerror=alert(1)>&\"'../../etc";
                String input = box.input("x.fa", ">" + id + "\n" + RECORDS.lines().toList().get(1));
                Sandbox.Result result =
                    box.run(
                        "ribonnx",
                        "predict",
                        "--model",
                        bundle,
                        "--output",
                        box.out("p.tsv"),
                        input);
                assertTrue(result.code() == 0, result.toString());
                String row = Sandbox.read(box.out.resolve("p.tsv")).lines().toList().get(1);
                assertTrue(row.startsWith(id + "\t"), row);
                box.assertNothingElse(result.toString());
              }
            }));
  }
}
