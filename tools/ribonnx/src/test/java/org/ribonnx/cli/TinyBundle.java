package org.ribonnx.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.NullUnmarked;
import org.ribonnx.core.io.Digest;
import org.ribonnx.core.io.Tree;
import org.ribonnx.core.testing.NumpyFile;
import org.ribonnx.core.testing.OnnxBuilder;
import org.ribonnx.core.testing.TestBundle;
import org.ribonnx.core.testing.Tool;

/**
 * A small bundle with every section and every kind of head, as a tree and files that tests change.
 * Its description is written as JSON, which is YAML too.
 */
@NullUnmarked
final class TinyBundle {
  static final int LENGTH = 24;
  static final int WIDTH = 6;

  private static final String CARD =
      """
      schema: 1
      id: tiny
      version: 1.0.0
      requires: {ribonnx: ">=0.1"}
      title: Tiny
      inputs:
        rna: {kind: sequences, what: hairpins, length: [5, 30], species: any, example: test/in.fa}
      views:
        v: {from: [rna], encoder: nucleotides@1, options: {keep: 5p, too-long: cut, shortest: 2}, dtype: uint8, shape: [24], pad: 5}
      embed:
        v: {graph: embed.onnx, inputs: {codes: v}, outputs: {e: {width: 6}}, batch: {cpu: 16, cuda: 32}, device: any}
      fuse: {method: identity, missing: {policy: unusable}}
      heads:
        kind: {kind: single-label, graph: heads.onnx, inputs: {x: v}, output: first, labels: labels.tsv,
               reject: {score: max-probability, unassigned-when: below, at: 0.6, labels: [c], calibration: {true-positive-rate: 0.9, false-positive-rate: 0.1}},
               sets: {method: split-conformal, coverage: 0.9, quantile: 0.45}}
        traits: {kind: multi-label, graph: heads.onnx, inputs: {x: v}, output: second, labels: [p, q, r], thresholds: [0.5, 0.45, 0.55]}
        amount: {kind: regression, graph: heads.onnx, inputs: {x: v}, output: third, targets: [{name: age, unit: years}]}
      report:
        projector: {graph: project.onnx, inputs: {e: v}, output: place, batch: {cpu: 16, cuda: 16}}
        background: {file: background.npz, head: kind}
      explain: {kind: {method: occlusion, window: 5, step: 1}}
      test: {input: test/in.fa, expected: test/expected.npz, absolute: 1.0e-4, relative: 1.0e-3}
      card: {licence: MIT, authors: [a, b], cite: ["doi:10.1/x"], training-data: t, metrics: {accuracy: 0.9}, intended-use: i, limits: l}
      """;

  /** Usable, cut, ambiguous, short, empty and too long records. */
  static final String RECORDS =
      """
      >a
      GCAUGCAUCGGAUCGAUUAGCGAU
      >b
      GGGGUUUUACGCGCAUAUAUGCGCGCGCAUAAUUAA
      >c
      G
      >d
      NNNNNNN
      >e
      ACGUNRYACGU
      >f
      UUUUUUUUUUUUUUUUUU
      >g
      GGGGGGGGGGGGGGGGGGGGGGGGGGG
      >h
      AAAC
      """;

  Map<String, Object> card;
  final Map<String, byte[]> files;

  private TinyBundle(Map<String, Object> card, Map<String, byte[]> files) {
    this.card = card;
    this.files = files;
  }

  /** The embedding graph: sigmoid(codes · weights). */
  static OnnxBuilder embedding() {
    return OnnxBuilder.onCodes("codes", LENGTH, WIDTH)
        .add("Sigmoid", "sums", "e")
        .output("e", OnnxBuilder.FLOAT, -1, WIDTH);
  }

  /** The heads: a softmax and a sigmoid of three, and one number. */
  static OnnxBuilder heads() {
    return headNodes(
            new OnnxBuilder()
                .input("x", OnnxBuilder.FLOAT, -1, WIDTH)
                .floats("a", new long[] {WIDTH, 3}, scaled(WIDTH, 3)))
        .output("first", OnnxBuilder.FLOAT, -1, 3)
        .output("second", OnnxBuilder.FLOAT, -1, 3)
        .output("third", OnnxBuilder.FLOAT, -1, 1);
  }

  /** The nodes of the heads, from {@code x} and {@code a}. */
  static OnnxBuilder headNodes(OnnxBuilder graph) {
    return graph
        .floats("b", new long[] {WIDTH, 3}, OnnxBuilder.weights(3, WIDTH))
        .floats("c", new long[] {WIDTH, 1}, OnnxBuilder.weights(WIDTH, 1))
        .add("MatMul", "x,a", "sums")
        .add("Softmax", "sums", "first")
        .add("MatMul", "x,b", "others")
        .add("Sigmoid", "others", "second")
        .add("MatMul", "x,c", "third");
  }

  static float[] scaled(int rows, int columns) {
    float[] weights = OnnxBuilder.weights(rows, columns);
    for (int i = 0; i < weights.length; i++) {
      weights[i] *= 4;
    }
    return weights;
  }

  static TinyBundle make(Path folder) {
    return make(folder, CARD, Map.of());
  }

  /**
   * The same with its view twice, of which a graph takes the mean of those that are there: so the
   * fused numbers are those of the view, and what is predicted stays the same.
   */
  static TinyBundle fused(Path folder) {
    String card = CARD;
    for (String line : CARD.lines().filter(line -> line.startsWith("  v: {")).toList()) {
      card = card.replace(line, line + "\n" + line.replace("v: {", "w: {").replace(": v}", ": w}"));
    }
    card =
        card.replace(
                "fuse: {method: identity, missing: {policy: unusable}}",
                """
                fuse: {graph: fuse.onnx, inputs: {v: v, w: w}, output: fused, width: 6,
                  missing: {policy: mask, input: there, values: {file: means.npz}},
                  attention: {output: weights, queries: [all], tokens: [v, w]}}\
                """)
            .replace("inputs: {x: v}", "inputs: {x: fused}")
            .replace("inputs: {e: v}", "inputs: {e: fused}");
    return make(folder, card, Map.of("fuse.onnx", fusion().build(), "means.npz", means(WIDTH)));
  }

  /** The graph that fuses: weights [records, 1, 2] times the views. */
  static OnnxBuilder fusion() {
    return shares(views(2))
        .add("Unsqueeze", "shares,one", "weights")
        .output("weights", OnnxBuilder.FLOAT, -1, 1, 2);
  }

  /** Inputs of a graph that fuses. */
  static OnnxBuilder views(int mask) {
    return new OnnxBuilder()
        .input("v", OnnxBuilder.FLOAT, -1, WIDTH)
        .input("w", OnnxBuilder.FLOAT, -1, WIDTH)
        .input("there", OnnxBuilder.FLOAT, -1, mask)
        .int64("one", 1);
  }

  /** The shares of the views, [records, 2], and the fused view. */
  static OnnxBuilder shares(OnnxBuilder graph) {
    return graph
        .add("ReduceSum", "there,one", "sum")
        .add("Div", "there,sum", "shares")
        .add("Unsqueeze", "shares,one", "rows")
        .add("Unsqueeze", "v,one", "first")
        .add("Unsqueeze", "w,one", "second")
        .add("Concat", "first,second", "both", OnnxBuilder.attribute("axis", 1))
        .add("MatMul", "rows,both", "mean")
        .add("Squeeze", "mean,one", "fused")
        .output("fused", OnnxBuilder.FLOAT, -1, WIDTH);
  }

  /** Vectors that stand in for a missing view. */
  static byte[] means(int width, float... changed) {
    NumpyFile file = new NumpyFile();
    for (String view : List.of("v", "w")) {
      ByteBuffer data = ByteBuffer.allocate(4 * width).order(ByteOrder.LITTLE_ENDIAN);
      for (int i = 0; i < width; i++) {
        data.putFloat(i < changed.length ? changed[i] : 0.5f);
      }
      file.array(view, "<f4", width + ",", data.array());
    }
    return file.toBytes();
  }

  private static TinyBundle make(Path folder, String card, Map<String, byte[]> more) {
    byte[] project =
        new OnnxBuilder()
            .input("e", OnnxBuilder.FLOAT, -1, WIDTH)
            .floats("w", new long[] {WIDTH, 2}, OnnxBuilder.weights(WIDTH, 2))
            .add("MatMul", "e,w", "place")
            .output("place", OnnxBuilder.FLOAT, -1, 2)
            .build();
    byte[] background =
        new NumpyFile()
            .ids("1", "2")
            .floats("position", 2, 0.5f, 1, -0.25f, 0)
            .array("label", "<i4", "2,", new byte[] {1, 0, 0, 0, 2, 0, 0, 0})
            .toBytes();
    TestBundle bundle =
        new TestBundle(card)
            .file("embed.onnx", embedding().build())
            .file("heads.onnx", heads().build())
            .file("project.onnx", project)
            .file("background.npz", background)
            .file("labels.tsv", "label\tname\na\tfirst of all\nb\t\nc\tnone of these\n")
            .file("test/in.fa", RECORDS);
    more.forEach(bundle::file);
    Path made = bundle.folder(folder);
    Tool.run(RibonnxCommand::new, "model", "seal", made).succeeded();
    try (Stream<Path> all = Files.walk(made)) {
      Map<String, byte[]> files = new TreeMap<>();
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        files.put(made.relativize(file).toString(), Files.readAllBytes(file));
      }
      return new TinyBundle(tree(Tree.parseYaml(files.remove("model.yaml"))), files);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @SuppressWarnings("unchecked")
  static Map<String, Object> tree(Object value) {
    return (Map<String, Object>) value;
  }

  TinyBundle copy() {
    try {
      return new TinyBundle(tree(Tree.parseJson(json(card))), new TreeMap<>(files));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static byte[] json(Object tree) {
    return Tree.prettyJson(tree).getBytes(StandardCharsets.UTF_8);
  }

  /** Puts a file in and writes its digest wherever the description names it. */
  TinyBundle sealed(String name, byte[] content) {
    String old = Digest.of(ByteBuffer.wrap(files.get(name)));
    files.put(name, content);
    String text = new String(json(card), StandardCharsets.UTF_8);
    try {
      card =
          tree(
              Tree.parseJson(
                  text.replace(old, Digest.of(ByteBuffer.wrap(content)))
                      .getBytes(StandardCharsets.UTF_8)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return this;
  }

  Object at(List<Object> path) {
    Object value = card;
    for (Object step : path) {
      value = value instanceof List<?> list ? list.get((int) step) : tree(value).get(step);
    }
    return value;
  }

  @SuppressWarnings("unchecked")
  void set(List<Object> path, Object value) {
    Object parent = at(path.subList(0, path.size() - 1));
    Object last = path.get(path.size() - 1);
    if (parent instanceof List<?> list) {
      ((List<Object>) list).set((int) last, value);
    } else {
      tree(parent).put((String) last, value);
    }
  }

  void drop(List<Object> path) {
    Object parent = at(path.subList(0, path.size() - 1));
    Object last = path.get(path.size() - 1);
    if (parent instanceof List<?> list) {
      list.remove((int) last);
    } else {
      tree(parent).remove((String) last);
    }
  }

  /** Gives a key another name, at its place. */
  void rename(List<Object> path, String name) {
    Map<String, Object> parent = tree(at(path.subList(0, path.size() - 1)));
    Map<String, Object> before = new java.util.LinkedHashMap<>(parent);
    parent.clear();
    before.forEach(
        (key, value) -> parent.put(key.equals(path.get(path.size() - 1)) ? name : key, value));
  }

  /** Whether the head of one label still says how prediction sets are made. */
  boolean hasSets() {
    return card.get("heads") instanceof Map<?, ?> heads
        && heads.get("kind") instanceof Map<?, ?> head
        && head.containsKey("sets");
  }

  /** Whether weights of attention can be asked for. */
  boolean hasAttention() {
    return card.get("fuse") instanceof Map<?, ?> fuse && fuse.get("attention") instanceof Map;
  }

  /** Every key and list item of the description. */
  List<List<Object>> paths() {
    List<List<Object>> all = new ArrayList<>();
    collect(card, List.of(), all);
    return all;
  }

  private static void collect(Object value, List<Object> path, List<List<Object>> all) {
    if (!path.isEmpty()) {
      all.add(path);
    }
    if (value instanceof Map<?, ?> map) {
      map.forEach((key, inner) -> collect(inner, with(path, key), all));
    } else if (value instanceof List<?> list) {
      for (int i = 0; i < list.size(); i++) {
        collect(list.get(i), with(path, i), all);
      }
    }
  }

  private static List<Object> with(List<Object> path, Object step) {
    List<Object> longer = new ArrayList<>(path);
    longer.add(step);
    return List.copyOf(longer);
  }

  /** The description in block form, which more lines may follow. */
  String yaml() {
    StringBuilder text = new StringBuilder();
    card.forEach(
        (key, value) ->
            text.append(key)
                .append(": ")
                .append(Tree.prettyJson(value).replaceAll("\\s*\\n\\s*", " "))
                .append('\n'));
    return text.toString();
  }

  TestBundle bundle() {
    return bundle(new String(json(card), StandardCharsets.UTF_8));
  }

  TestBundle bundle(String text) {
    TestBundle bundle = new TestBundle(text);
    files.forEach(bundle::file);
    return bundle;
  }
}
