package org.ribonnx.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ribonnx.core.io.Tree;
import org.ribonnx.core.testing.NumpyFile;
import org.ribonnx.core.testing.OnnxBuilder;
import org.ribonnx.core.testing.Tool;

/**
 * Bundles that were changed in hundreds of ways: each is refused with exit code 5 and one line that
 * names what is wrong, or is still legal and gives the answer that {@link Oracle} works out.
 */
@NullUnmarked
class MutatedBundlesTest {
  /** How many of the retyped fields are left out for one that is run; 1 runs all. */
  private static final int EACH = Integer.getInteger("ribonnx.mutants", 5);

  private static final String TMP = "ribonnx.tmpdir";

  @TempDir static Path folder;
  private static TinyBundle base;
  private static Path tmp;
  private static Path input;
  private static String tmpBefore;

  @BeforeAll
  static void prepare() throws IOException {
    base = TinyBundle.make(folder.resolve("base"));
    tmp = Files.createDirectory(folder.resolve("tmp"));
    input = Files.writeString(folder.resolve("in.fa"), TinyBundle.RECORDS);
    tmpBefore = System.getProperty(TMP);
    System.setProperty(TMP, tmp.toString());
  }

  @AfterAll
  static void putBack() {
    if (tmpBefore == null) {
      System.clearProperty(TMP);
    } else {
      System.setProperty(TMP, tmpBefore);
    }
  }

  /** What went wrong with mutants, and how they ended. */
  private final List<String> faults = new ArrayList<>();

  private final Map<Integer, Integer> endings = new TreeMap<>();
  private int number;

  private void finish(int least) {
    assertTrue(faults.isEmpty(), faults.size() + " faults:\n" + String.join("\n", faults));
    assertTrue(number >= least, number + " mutants, exit codes " + endings);
  }

  private void run(String name, TinyBundle mutant, String... named) {
    run(name, mutant.bundle().folder(folder.resolve("m" + number)), mutant, named);
  }

  /**
   * Runs a mutant.
   *
   * @param legal the bundle whose answer is right, if it is one
   * @param named of these, the message must hold one
   */
  private void run(String name, Path model, TinyBundle legal, String... named) {
    number++;
    try {
      Path out = Files.createDirectories(folder.resolve("out"));
      Map<String, Long> before = files(model);
      long memory = memory(true);
      long start = System.nanoTime();
      List<Object> arguments = new ArrayList<>(List.of("predict", "--quiet", "--model", model));
      arguments.addAll(List.of("--output", out.resolve("p.tsv")));
      arguments.addAll(List.of("--report", out.resolve("r.html")));
      if (legal.hasSets()) {
        arguments.add("--sets");
      }
      Path weights = out.resolve("a.tsv");
      if (legal.hasAttention()) {
        arguments.addAll(List.of("--attention", weights));
      }
      arguments.add(input);
      Tool.Outcome outcome = Tool.run(RibonnxCommand::new, arguments.toArray());
      long seconds = (System.nanoTime() - start) / 1_000_000_000;
      long grown = memory(false) - memory;
      endings.merge(outcome.code(), 1, Integer::sum);
      String fault = "";
      if (outcome.code() == 5) {
        fault = refused(outcome.err(), named);
        if (!files(out).isEmpty()) {
          fault = "left " + files(out);
        }
      } else if (outcome.code() == 0 && unjudged) {
        fault = outcome.err().contains("Exception") ? "an exception" : "";
      } else if (outcome.code() == 0) {
        fault =
            Oracle.difference(Oracle.predictions(legal), Files.readString(out.resolve("p.tsv")));
        if (legal.hasAttention() && !Files.readString(weights).equals(Oracle.attention(legal))) {
          fault += " attention: " + Files.readString(weights);
        }
      } else {
        fault = "exit code " + outcome.code();
      }
      if (!files(tmp).isEmpty()) {
        fault += " left in TMPDIR: " + files(tmp);
      }
      if (!files(model).equals(before)) {
        fault += " changed the bundle";
      }
      if (seconds > 60) {
        fault += " took " + seconds + " s";
      }
      if (grown > 700) {
        fault += " took " + grown + " MB";
      }
      if (!fault.isEmpty()) {
        faults.add(name + ": " + fault + " | " + outcome.err().strip());
      }
      clear(out);
      clear(tmp);
      clear(model);
    } catch (IOException e) {
      throw new AssertionError(name, e);
    } catch (RuntimeException e) {
      faults.add(name + ": the oracle: " + e);
    }
  }

  private static String refused(String err, String... named) {
    if (err.lines().count() != 1 || !err.startsWith("ribonnx predict: ")) {
      return "not one line";
    }
    if (err.matches("(?s).*(\\bat [a-z]+\\.[\\w.$]+\\(|Exception|\\bdefect\\b).*")) {
      return "a stack trace or defect";
    }
    if (err.length() > 1000) {
      return "a line of " + err.length() + " letters";
    }
    for (String name : named) {
      if (err.contains(name)) {
        return "";
      }
    }
    return named.length == 0 ? "" : "does not name any of " + List.of(named);
  }

  /** Resident memory in MB: now, or the most since the last time it was asked for afresh. */
  private static long memory(boolean afresh) throws IOException {
    if (afresh) {
      Files.writeString(Path.of("/proc/self/clear_refs"), "5");
    }
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
      return lines
          .filter(line -> line.startsWith("VmHWM:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024)
          .findFirst()
          .orElseThrow();
    }
  }

  private static Map<String, Long> files(Path path) throws IOException {
    Map<String, Long> found = new TreeMap<>();
    try (Stream<Path> all = Files.walk(path)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        found.put(path.relativize(file).toString(), Files.getLastModifiedTime(file).toMillis());
      }
    }
    return found;
  }

  private static void clear(Path path) throws IOException {
    try (Stream<Path> all = Files.walk(path)) {
      for (Path file : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
        if (!file.equals(tmp)) {
          Files.delete(file);
        }
      }
    }
  }

  /** The ways to name a field: its path, or that of a section around it. */
  private static String[] names(List<Object> path) {
    List<String> names = new ArrayList<>();
    for (int i = path.size(); i > 0; i--) {
      List<String> steps =
          path.subList(0, i).stream()
              .filter(String.class::isInstance)
              .map(String::valueOf)
              .toList();
      names.add(" " + String.join(".", steps));
    }
    // What is left out of one section, or changed there, may be what another one stands on.
    switch (String.valueOf(path.get(0))) {
      case "inputs" -> names.add(" views.v.from ");
      case "views" -> names.addAll(List.of(" embed.v ", " heads.kind (heads.onnx): input 'x'"));
      case "embed" -> names.add(" heads.kind (heads.onnx): input 'x'");
      case "fuse" ->
          names.addAll(
              List.of(
                  " heads.kind (heads.onnx): input 'x'",
                  " heads.kind (heads.onnx): inputs names the view 'fused'"));
      case "heads" -> names.add(" report.background.head ");
      default -> {
        // The rest stands alone.
      }
    }
    return names.toArray(String[]::new);
  }

  @Test
  void theBaseIsRight() {
    run("base", base.copy());
    assertEquals(Map.of(0, 1), endings, faults.toString());
    finish(1);
  }

  private static final List<Object> VALUES = values();

  private static List<Object> values() {
    List<Object> values = new ArrayList<>();
    values.add(null);
    values.addAll(List.of(Map.of(), Map.of("a", 1L), List.of(), List.of("a"), "", "nonsense"));
    values.addAll(List.of(0L, -1L, 7L, 0.5, 1e300, Long.MAX_VALUE, true, "../x", "x".repeat(3000)));
    values.addAll(List.of("a\nb", "NaN", "\u0000"));
    return values;
  }

  /** Every field of the section that fuses: dropped, renamed, set to each value, swapped. */
  @Test
  void fusionsOfAnotherKind() {
    TinyBundle fused = TinyBundle.fused(folder.resolve("fused"));
    run("fused", fused.copy());
    assertEquals(Map.of(0, 1), endings, faults.toString());
    List<List<Object>> paths =
        fused.paths().stream().filter(path -> path.get(0).equals("fuse")).toList();
    for (List<Object> path : paths) {
      TinyBundle mutant = fused.copy();
      mutant.drop(path);
      run("drop " + path, mutant, names(path));
      if (path.get(path.size() - 1) instanceof String name) {
        mutant = fused.copy();
        mutant.rename(path, name + "x");
        run("rename " + path, mutant, names(path));
      }
      VALUES.forEach(value -> retyped(fused, path, value));
      for (List<Object> other : paths) {
        int shared = Math.min(path.size(), other.size());
        if (!path.subList(0, shared).equals(other.subList(0, shared))) {
          mutant = fused.copy();
          mutant.set(path, fused.copy().at(other));
          mutant.set(other, fused.copy().at(path));
          List<String> names = new ArrayList<>(List.of(names(path)));
          names.addAll(List.of(names(other)));
          run("swap " + path + " and " + other, mutant, names.toArray(String[]::new));
        }
      }
    }
    // Names that are none of the graph's, the views', or of each other.
    String[][] changes = {
      {"tokens", "v", "float32 [?, 1, 1] is expected"},
      {"tokens", "v,w,v", "fuse.attention.tokens"},
      {"tokens", "v,w,x", "float32 [?, 1, 3] is expected"},
      {"tokens", "w,v", ""},
      {"tokens", "v.w,x", "fuse.attention.tokens"},
      {"queries", "v,w", "float32 [?, 2, 2] is expected"},
      {"queries", "other", ""},
    };
    for (String[] change : changes) {
      TinyBundle mutant = fused.copy();
      mutant.set(
          List.of("fuse", "attention", change[0]),
          new ArrayList<Object>(List.of(change[1].split(",", -1))));
      run("attention " + String.join(" ", change), mutant, named(change[2]));
    }
    finish(500);
  }

  private static String[] named(String name) {
    return name.isEmpty() ? new String[0] : new String[] {name};
  }

  /** Graphs and stored vectors that do not do what the section says, their digests written anew. */
  @Test
  void fusionsExchanged() {
    TinyBundle fused = TinyBundle.fused(folder.resolve("fused"));
    int real = OnnxBuilder.FLOAT;
    Map<String, OnnxBuilder> graphs = new TreeMap<>();
    // Weights of another shape or type; told and computed.
    graphs.put(
        "no weights | fuse.attention.output is 'weights'", TinyBundle.shares(TinyBundle.views(2)));
    graphs.put(
        "turned | fuse.attention.output 'weights' is float32 [?, 2, 1]",
        TinyBundle.shares(TinyBundle.views(2))
            .int64("two", 2)
            .add("Unsqueeze", "shares,two", "weights")
            .output("weights", real, -1, 2, 1));
    graphs.put(
        "flat | fuse.attention.output 'weights' is float32 [?, 2]",
        TinyBundle.shares(TinyBundle.views(2))
            .add("Identity", "shares", "weights")
            .output("weights", real, -1, 2));
    graphs.put(
        "unsaid | fuse.attention.output 'weights' is float32 [?, ?, ?]",
        TinyBundle.shares(TinyBundle.views(2))
            .add("Unsqueeze", "shares,one", "weights")
            .output("weights", real, -1, -1, -1));
    graphs.put(
        "doubles | fuse.attention.output 'weights' is float64",
        TinyBundle.shares(TinyBundle.views(2))
            .add("Unsqueeze", "shares,one", "rounded")
            .add("Cast", "rounded", "weights", OnnxBuilder.attribute("to", OnnxBuilder.DOUBLE))
            .output("weights", OnnxBuilder.DOUBLE, -1, 1, 2));
    graphs.put(
        "three tokens said to be two | fuse.onnx",
        TinyBundle.shares(TinyBundle.views(2))
            .add("Concat", "shares,sum", "three", OnnxBuilder.attribute("axis", 1))
            .add("Unsqueeze", "three,one", "weights")
            .output("weights", real, -1, 1, 2));
    graphs.put(
        "one row for all records | fuse.onnx",
        TinyBundle.shares(TinyBundle.views(2))
            .floats("weights", new long[] {1, 1, 2}, 0.5f, 0.5f)
            .output("weights", real, -1, 1, 2));
    // Numbers that are no shares.
    for (String factor : List.of("2", "NaN", "Infinity", "0")) {
      graphs.put(
          "shares times " + factor + " | fuse.attention: the weights of 'all' sum to ",
          TinyBundle.shares(TinyBundle.views(2))
              .floats("factor", new long[] {1}, Float.parseFloat(factor))
              .add("Mul", "rows,factor", "weights")
              .output("weights", real, -1, 1, 2));
    }
    graphs.put(
        "below 0 | fuse.attention: the weight of 'all' for 'v' is -0.5 for record 'a'",
        TinyBundle.shares(TinyBundle.views(2))
            .floats("shift", new long[] {1, 1, 2}, -1, 1)
            .add("Add", "rows,shift", "weights")
            .output("weights", real, -1, 1, 2));
    // Masks.
    graphs.put(
        "a mask of three | fuse.missing.input 'there' is float32 [?, 3]; float32 [?, 2] is expected",
        new OnnxBuilder()
            .input("v", real, -1, TinyBundle.WIDTH)
            .input("w", real, -1, TinyBundle.WIDTH)
            .input("there", real, -1, 3)
            .add("Add", "v,w", "fused")
            .output("fused", real, -1, TinyBundle.WIDTH));
    graphs.put(
        "no mask | fuse.missing.input is 'there', but the graph has the inputs [v, w]",
        new OnnxBuilder()
            .input("v", real, -1, TinyBundle.WIDTH)
            .input("w", real, -1, TinyBundle.WIDTH)
            .add("Add", "v,w", "fused")
            .output("fused", real, -1, TinyBundle.WIDTH));
    for (int type : new int[] {OnnxBuilder.UINT8, OnnxBuilder.INT64, OnnxBuilder.DOUBLE, 9, 10}) {
      graphs.put(
          "a mask of the type " + type + " | fuse.missing.input 'there' is ",
          TinyBundle.shares(
              new OnnxBuilder()
                  .input("v", real, -1, TinyBundle.WIDTH)
                  .input("w", real, -1, TinyBundle.WIDTH)
                  .input("said", type, -1, 2)
                  .int64("one", 1)
                  .add("Cast", "said", "there", OnnxBuilder.attribute("to", real))));
    }
    graphs.put(
        "a mask of one axis | fuse.missing.input 'there' is ",
        new OnnxBuilder()
            .input("v", real, -1, TinyBundle.WIDTH)
            .input("w", real, -1, TinyBundle.WIDTH)
            .input("there", real, -1)
            .add("Add", "v,w", "fused")
            .output("fused", real, -1, TinyBundle.WIDTH));
    graphs.forEach(
        (name, graph) -> {
          TinyBundle mutant = fused.copy().sealed("fuse.onnx", graph.build());
          if (name.contains("of the type")) {
            mutant.set(List.of("fuse", "missing", "input"), "said");
          }
          String named = name.substring(name.indexOf('|') + 2);
          run(name, mutant, name.contains("of the type") ? named.replace("there", "said") : named);
        });
    // Vectors that stand in.
    String at = "fuse.missing.values (means.npz): ";
    Map<String, byte[]> stored = new TreeMap<>();
    stored.put("too narrow | " + at + "'v' is float32 [5], but the view is", TinyBundle.means(5));
    stored.put("too wide | " + at + "'v' is float32 [7], but the view is", TinyBundle.means(7));
    stored.put("NaN | " + at + "'v' holds NaN; a finite number", TinyBundle.means(6, 0, Float.NaN));
    stored.put(
        "infinite | " + at + "'v' holds -Infinity; a finite number",
        TinyBundle.means(6, Float.NEGATIVE_INFINITY));
    byte[] six = new byte[48];
    stored.put(
        "one view | " + at + "lacks the view 'w'; it holds [v]",
        new NumpyFile().array("v", "<f4", "6,", java.util.Arrays.copyOf(six, 24)).toBytes());
    stored.put(
        "other names | " + at + "lacks the view 'v'; it holds [x, y]",
        new NumpyFile()
            .array("x", "<f4", "6,", java.util.Arrays.copyOf(six, 24))
            .array("y", "<f4", "6,", java.util.Arrays.copyOf(six, 24))
            .toBytes());
    stored.put("no vectors | " + at, new NumpyFile().toBytes());
    stored.put("doubles | " + at, new NumpyFile().array("v", "<f8", "6,", six).toBytes());
    stored.put("two axes | " + at, new NumpyFile().array("v", "<f4", "2, 6", six).toBytes());
    stored.put("texts | " + at, new NumpyFile().unicode("v", "1,", "abc").toBytes());
    stored.put("no npz | " + at, "hello".getBytes(StandardCharsets.UTF_8));
    stored.put("empty | " + at, new byte[0]);
    stored.forEach(
        (name, bytes) -> {
          for (String policy : List.of("mask", "mean", "unusable")) {
            TinyBundle mutant = fused.copy().sealed("means.npz", bytes);
            mutant.set(List.of("fuse", "missing", "policy"), policy);
            run(name + ", " + policy, mutant, name.substring(name.indexOf('|') + 2));
          }
        });
    byte[] whole = fused.files.get("means.npz");
    for (int i = 1; i < 30; i++) {
      byte[] cut = java.util.Arrays.copyOf(whole, i * whole.length / 30);
      run("means cut " + i, fused.copy().sealed("means.npz", cut), at);
    }
    Random random = new Random(11);
    for (int i = 0; i < 60; i++) {
      byte[] bytes = whole.clone();
      bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
      run("a bit of means " + i, fused.copy().sealed("means.npz", bytes), at);
    }
    finish(140);
  }

  @Test
  void fieldsDropped() {
    for (List<Object> path : base.paths()) {
      TinyBundle mutant = base.copy();
      mutant.drop(path);
      run("drop " + path, mutant, names(path));
    }
    finish(80);
  }

  @Test
  void fieldsRenamed() {
    for (List<Object> path : base.paths()) {
      if (path.get(path.size() - 1) instanceof String name) {
        TinyBundle mutant = base.copy();
        mutant.rename(path, name + "x");
        run("rename " + path, mutant, names(path));
      }
    }
    finish(60);
  }

  @Test
  void fieldsRetyped() {
    // Each value at every fourth place, another fourth for each value.
    List<List<Object>> paths = base.paths();
    for (int i = 0; i < paths.size(); i++) {
      for (int j = 0; j < VALUES.size(); j++) {
        if ((i + j) % EACH == 0) {
          retyped(base, paths.get(i), VALUES.get(j));
        }
      }
    }
    finish(1500 / EACH);
  }

  private void retyped(TinyBundle of, List<Object> path, Object value) {
    TinyBundle mutant = of.copy();
    mutant.set(path, value);
    String shown = String.valueOf(value);
    run(
        "set " + path + " to " + shown.substring(0, Math.min(20, shown.length())),
        mutant,
        names(path));
  }

  @Test
  void fieldsSwapped() {
    Random random = new Random(5);
    List<List<Object>> paths = base.paths();
    for (int i = 0; i < 100; i++) {
      List<Object> a = paths.get(random.nextInt(paths.size()));
      List<Object> b = paths.get(random.nextInt(paths.size()));
      TinyBundle mutant = base.copy();
      Object one = mutant.at(a);
      Object other = mutant.at(b);
      int shared = Math.min(a.size(), b.size());
      if (a.subList(0, shared).equals(b.subList(0, shared))) {
        continue;
      }
      mutant.set(a, other);
      mutant.set(b, one);
      List<String> names = new ArrayList<>(List.of(names(a)));
      names.addAll(List.of(names(b)));
      run("swap " + a + " and " + b, mutant, names.toArray(String[]::new));
    }
    finish(50);
  }

  @Test
  void digestsAltered() {
    String[][] places = {
      {"embed", "v"},
      {"heads", "kind"},
      {"heads", "traits"},
      {"heads", "amount"},
      {"report", "projector"},
      {"report", "background"}
    };
    for (String[] place : places) {
      List<Object> path = List.of(place[0], place[1], "sha256");
      String sha256 = (String) base.at(path);
      String where = String.join(".", place) + ".sha256";
      for (String changed :
          List.of(
              (sha256.startsWith("0") ? "1" : "0") + sha256.substring(1),
              sha256.toUpperCase(Locale.ROOT),
              sha256.substring(1),
              "0".repeat(64),
              (String)
                  base.at(
                      List.of(
                          place[0].equals("embed") ? "report" : "embed",
                          place[0].equals("embed") ? "projector" : "v",
                          "sha256")))) {
        TinyBundle mutant = base.copy();
        mutant.set(path, changed);
        run("digest of " + where, mutant, where);
      }
    }
    for (String file : List.of("labels.tsv", "test/in.fa")) {
      TinyBundle mutant = base.copy();
      TinyBundle.tree(mutant.at(List.of("digests"))).put(file, "0".repeat(64));
      run("digest of " + file, mutant, "digests." + file);
    }
    // Files that are others than those sealed.
    for (String file : base.files.keySet()) {
      TinyBundle mutant = base.copy();
      byte[] content = mutant.files.get(file).clone();
      content[content.length / 2] ^= 1;
      mutant.files.put(file, content);
      run("a bit of " + file, mutant, ".sha256 is ", "digests.");
    }
    TinyBundle swapped = base.copy();
    swapped.files.put(
        "labels.tsv",
        "label\tname\nb\tfirst of all\na\t\nc\tnone of these\n".getBytes(StandardCharsets.UTF_8));
    run("labels in another order", swapped, "digests.labels.tsv is ");
    TinyBundle gone = base.copy();
    gone.files.remove("labels.tsv");
    run("no labels", gone, "heads.kind.labels names labels.tsv");
    finish(35);
  }

  private void graph(String name, String file, byte[] graph, String... named) {
    run(name, base.copy().sealed(file, graph), named);
  }

  /** Graphs that do not fit, their digests written anew. */
  @Test
  void graphsExchanged() {
    OnnxBuilder none = new OnnxBuilder();
    graph("no nodes", "embed.onnx", none.build(), "embed.onnx");
    graph("other input", "embed.onnx", OnnxBuilder.codesToScores("x", 24, "e", 6), "embed.v");
    graph("other output", "embed.onnx", OnnxBuilder.codesToScores("codes", 24, "y", 6), "embed.v");
    graph("other length", "embed.onnx", OnnxBuilder.codesToScores("codes", 25, "e", 6), "embed.v");
    graph("other width", "embed.onnx", OnnxBuilder.codesToScores("codes", 24, "e", 7), "embed.v");
    graph("float codes", "embed.onnx", OnnxBuilder.linear("codes", 24, "e", 6), "embed.v");
    graph(
        "other heads", "heads.onnx", OnnxBuilder.linear("x", 6, "first", 3), "heads.traits.output");
    graph("swapped heads", "heads.onnx", base.files.get("embed.onnx"), "heads.kind");
    graph("projector", "project.onnx", OnnxBuilder.linear("e", 6, "place", 3), "report.projector");
    graph(
        "projector's input",
        "project.onnx",
        OnnxBuilder.linear("x", 6, "place", 2),
        "report.projector");
    graph("no ONNX", "heads.onnx", "hello".getBytes(StandardCharsets.UTF_8), "heads.onnx");
    graph("nothing", "heads.onnx", new byte[0], "heads.onnx");
    for (int type = 0; type < 24; type++) {
      if (type != OnnxBuilder.UINT8) {
        byte[] bytes =
            new OnnxBuilder()
                .input("codes", type, -1, 24)
                .floats("w", new long[] {24, 6}, OnnxBuilder.weights(24, 6))
                .add("Cast", "codes", "n", OnnxBuilder.attribute("to", OnnxBuilder.FLOAT))
                .add("MatMul", "n,w", "sums")
                .add("Sigmoid", "sums", "e")
                .output("e", OnnxBuilder.FLOAT, -1, 6)
                .build();
        graph("codes of the type " + type, "embed.onnx", bytes, "embed.v", "embed.onnx");
      }
      if (type != OnnxBuilder.FLOAT) {
        byte[] bytes =
            OnnxBuilder.onCodes("codes", 24, 6)
                .add("Sigmoid", "sums", "f")
                .add("Cast", "f", "e", OnnxBuilder.attribute("to", type))
                .output("e", type, -1, 6)
                .build();
        graph(
            "outputs of the type " + type,
            "embed.onnx",
            bytes,
            "embed.v",
            "heads.kind",
            "embed.onnx");
      }
    }
    // What a file says of its shapes and what it does are two things.
    for (long[] dims :
        new long[][] {
          {},
          {-1},
          {16, 6},
          {-1, 5},
          {-1, 6, 1},
          {-1, 0},
          {-1, 4_000_000},
          {-1, 1 << 30},
          {-1, 1 << 24, 1 << 24},
          {-1, Long.MAX_VALUE},
          {7, 6},
          {32, 6}
        }) {
      OnnxBuilder graph =
          OnnxBuilder.onCodes("codes", 24, 6)
              .add("Sigmoid", "sums", "e")
              .output("e", OnnxBuilder.FLOAT, dims);
      TinyBundle mutant = base.copy().sealed("embed.onnx", graph.build());
      if (dims.length == 2 && dims[1] > 0 && dims[1] <= 1 << 24) {
        mutant.set(List.of("embed", "v", "outputs", "e", "width"), dims[1]);
      }
      String[] named = {"embed.v", "embed.onnx", "heads.kind"};
      if (dims.length == 2 && dims[0] == 16 && dims[1] == 6) {
        named = new String[0];
      }
      run("output said to be " + java.util.Arrays.toString(dims), mutant, named);
    }
    for (long[] dims : new long[][] {{}, {24}, {-1, 24, 1}, {7, 24}, {3, 24}, {-1, -1, -1}}) {
      byte[] bytes =
          new OnnxBuilder()
              .input("codes", OnnxBuilder.UINT8, dims)
              .floats("w", new long[] {24, 6}, OnnxBuilder.weights(24, 6))
              .add("Cast", "codes", "n", OnnxBuilder.attribute("to", OnnxBuilder.FLOAT))
              .add("MatMul", "n,w", "sums")
              .add("Sigmoid", "sums", "e")
              .output("e", OnnxBuilder.FLOAT, -1, 6)
              .build();
      graph(
          "input said to be " + java.util.Arrays.toString(dims),
          "embed.onnx",
          bytes,
          "embed.v",
          "embed.onnx");
    }
    for (String operator :
        List.of(
            "Nonsense",
            "Loop",
            "If",
            "Scan",
            "LSTM",
            "Conv",
            "NonMaxSuppression",
            "StringNormalizer",
            "Softmax")) {
      byte[] bytes =
          OnnxBuilder.onCodes("codes", 24, 6)
              .add(operator, "sums", "e")
              .output("e", OnnxBuilder.FLOAT, -1, 6)
              .build();
      String[] named = {"embed.onnx"};
      if (operator.equals("Softmax")) {
        continue;
      }
      graph("operator " + operator, "embed.onnx", bytes, named);
    }
    finish(75);
  }

  /** Tensors of 100 GB and more, told and computed. */
  @Test
  void hugeTensors() {
    Map<String, OnnxBuilder> huge = new TreeMap<>();
    huge.put("constant", base().int64("s", 25_000_000_000L).add("ConstantOfShape", "s", "t"));
    huge.put(
        "product",
        base()
            .int64("a", 250_000)
            .int64("b", 100_000)
            .add("Mul", "a,b", "s")
            .add("ConstantOfShape", "s", "t"));
    huge.put(
        "input",
        base()
            .add("Shape", "codes", "d")
            .int64("b", 100_000, 3_900)
            .add("Mul", "d,b", "s")
            .add("ConstantOfShape", "s", "t"));
    huge.put("expand", base().int64("s", 1_000_000, 100_000, 1).add("Expand", "numbers,s", "t"));
    huge.put(
        "tile",
        base()
            .add("Shape", "codes", "d")
            .int64("b", 6_250, 156)
            .add("Mul", "d,b", "s")
            .add("Tile", "numbers,s", "t"));
    huge.put(
        "range",
        base()
            .int64("z", 0)
            .int64("o", 1)
            .int64("l", 100_000_000_000L)
            .add("Squeeze", "z", "z0")
            .add("Squeeze", "o", "o0")
            .add("Squeeze", "l", "l0")
            .add("Range", "z0,l0,o0", "i")
            .add("Cast", "i", "t", OnnxBuilder.attribute("to", OnnxBuilder.FLOAT)));
    huge.put(
        "outer",
        base()
            .int64("p", 300_000, 1)
            .int64("q", 1, 300_000)
            .add("ConstantOfShape", "p", "a")
            .add("ConstantOfShape", "q", "b")
            .add("Add", "a,b", "t"));
    huge.put(
        "matmul",
        base()
            .int64("p", 300_000, 1)
            .int64("q", 1, 300_000)
            .add("ConstantOfShape", "p", "a")
            .add("ConstantOfShape", "q", "b")
            .add("MatMul", "a,b", "t"));
    huge.put(
        "onehot",
        base()
            .int64("v", 0, 1)
            .int64("n", 10_000_000_000L)
            .add("OneHot", "codes,n,v", "i")
            .add("Cast", "i", "t", OnnxBuilder.attribute("to", OnnxBuilder.FLOAT)));
    huge.put(
        "gathered",
        base()
            .int64("a", 9, 500_000, 7)
            .int64("i", 1, 1)
            .add("Gather", "a,i", "s")
            .add("ConstantOfShape", "s", "t"));
    huge.put(
        "concatenated",
        base()
            .int64("a", 500_000)
            .add("Concat", "a,a", "s", OnnxBuilder.attribute("axis", 0))
            .add("ConstantOfShape", "s", "t"));
    huge.put(
        "attribute",
        base()
            .add(
                OnnxBuilder.node(
                    "RandomNormal",
                    List.of(),
                    List.of("t"),
                    OnnxBuilder.attribute("shape", 500_000, 500_000))));
    huge.forEach(
        (name, graph) -> {
          byte[] bytes =
              graph
                  .add("ReduceMax", "t", "m")
                  .add("Add", "sums,m", "n")
                  .add("Sigmoid", "n", "e")
                  .output("e", OnnxBuilder.FLOAT, -1, 6)
                  .build();
          graph("huge by " + name, "embed.onnx", bytes, "embed.onnx: node '");
        });
    // From the values of a record: nobody knows before the graph runs.
    byte[] data =
        base()
            .add("ReduceMax", "numbers", "m", OnnxBuilder.attribute("keepdims", 0))
            .floats("many", new long[] {1}, 100_000)
            .add("Mul", "m,many", "f")
            .add("Cast", "f", "s", OnnxBuilder.attribute("to", OnnxBuilder.INT64))
            .add("Concat", "s,s", "d", OnnxBuilder.attribute("axis", 0))
            .add("ConstantOfShape", "d", "t")
            .add("ReduceMax", "t", "x")
            .add("Add", "sums,x", "n")
            .add("Sigmoid", "n", "e")
            .output("e", OnnxBuilder.FLOAT, -1, 6)
            .build();
    graph("huge by the data", "embed.onnx", data, "embed.onnx: asks for a tensor of ");
    finish(13);
  }

  private static OnnxBuilder base() {
    return OnnxBuilder.onCodes("codes", 24, 6);
  }

  /** Bits of the description, whatever they make of it. */
  @Test
  void textDamaged() throws IOException {
    Random random = new Random(31);
    String text = new String(TinyBundle.json(base.card), StandardCharsets.UTF_8);
    for (int i = 0; i < 200; i++) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      if (i < 50) {
        bytes = java.util.Arrays.copyOf(bytes, i * bytes.length / 50);
      } else {
        bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
      }
      TinyBundle legal = base.copy();
      Path model = base.bundle(text).folder(folder.resolve("m" + number));
      Files.write(model.resolve("model.yaml"), bytes);
      try {
        legal.card = TinyBundle.tree(Tree.parseYaml(bytes));
      } catch (IOException | RuntimeException e) {
        legal.card = Map.of();
      }
      run("text " + i, model, legal, "model.yaml");
    }
    for (String more :
        List.of(
            "x-a: &a 1",
            "x-a: [&a 1]",
            "x-a: {&a b: 1}",
            "x-a: &a",
            "x-a: &a {}",
            "x-a: *a",
            "id: twice",
            "---\nid: x",
            "x-a: !!java.net.URL [x]\nid: y",
            "\tx: 1",
            "x-a: [",
            "x-a: ]",
            "a b: 1",
            "? x-a",
            "x-a: .nan",
            "x-a: 1" + "0".repeat(400))) {
      Path model = base.bundle(base.yaml() + more + "\n").folder(folder.resolve("m" + number));
      run("with " + more, model, base.copy(), "model.yaml");
    }
    finish(200);
  }

  private static ForgedZip zip() {
    ForgedZip zip = new ForgedZip().add("model.yaml", TinyBundle.json(base.card));
    base.files.forEach(zip::add);
    return zip;
  }

  private void zip(String name, byte[] bytes, String... named) throws IOException {
    Path model = folder.resolve("m" + number + ".zip");
    run(name, Files.write(model, bytes), base.copy(), named);
  }

  private void zip(String name, ForgedZip zip, String... named) throws IOException {
    zip(name, zip.build(), named);
  }

  private void forged(
      String name, java.util.function.Consumer<ForgedZip.Entry> change, String... named)
      throws IOException {
    for (String file : List.of("model.yaml", "heads.onnx", "background.npz")) {
      zip(name + " of " + file, zip().change(file, change), named);
    }
  }

  @Test
  void zipsForged() throws IOException {
    zip("a sound zip", zip());
    ForgedZip remarked = zip();
    remarked.comment = "a remark";
    zip("a sound zip with a comment", remarked);
    assertEquals(Map.of(0, 2), endings, faults.toString());
    for (String name :
        List.of(
            "../evil",
            "/tmp/evil",
            "a/../../evil",
            "a\\evil",
            "./evil",
            "a//evil",
            "a/./b",
            "..",
            "x".repeat(2000))) {
      zip("entry " + name, zip().add(name, new byte[] {1}), "must be a path inside the bundle");
    }
    zip("an entry twice", zip().add("heads.onnx", new byte[] {1}), "'heads.onnx' twice");
    zip("the card twice", zip().add("model.yaml", new byte[] {1}), "'model.yaml' twice");
    zip("a bomb", zip().add("zeros", new byte[20_000_000]), "'zeros' unpacks to over");
    ForgedZip many = zip();
    for (int i = 0; i < 1200; i++) {
      many.add("n" + i, new byte[0]);
    }
    zip("many entries", many, "more than 1000 entries");
    forged("another checksum", entry -> entry.crc ^= 1, "is damaged", "cannot be unpacked");
    forged("a flag of encryption", entry -> entry.flags |= 1, "is encrypted");
    forged("a flag of its own", entry -> entry.localFlags |= 1, "is encrypted");
    forged("strong encryption", entry -> entry.flags |= 0x40, "is encrypted");
    forged("a link", entry -> entry.mode = 0120777, "is a link or device");
    forged("a device", entry -> entry.mode = 0020666, "is a link or device");
    forged("another method", entry -> entry.method = 12, "by the method 12");
    forged(
        "another name inside",
        entry -> entry.localName = "other.onnx",
        "has another name in its own header");
    forged(
        "a larger size",
        entry -> entry.size += 100,
        "than the zip's directory says",
        "damaged",
        "unpacked",
        "readable");
    forged(
        "a smaller size",
        entry -> entry.size -= 10,
        "than the zip's directory says",
        "damaged",
        "unpacked",
        "readable");
    forged("a size of 1.9 GB", entry -> entry.size = 1_900_000_000L, "unpacks to over 200 times");
    forged(
        "a size of 4 GB", entry -> entry.size = 0xfffffff0L, "unpacks to over", "bytes unpacked");
    forged(
        "a place of its own",
        entry -> entry.start = 0,
        "another entry",
        "not where",
        "another name",
        "readable");
    forged("a place far off", entry -> entry.start = 0x7fffffff, "readable");
    forged(
        "nothing packed",
        entry -> entry.packed = new byte[0],
        "not where",
        "another entry",
        "reaches into");
    forged(
        "something else packed",
        entry -> java.util.Arrays.fill(entry.packed, (byte) 0x55),
        "unpacked",
        "damaged");
    // A megabyte that says it is 190: within the ratio, and refused before it is in memory.
    byte[] noise = new byte[1_000_000];
    new Random(1).nextBytes(noise);
    for (String file : List.of("model.yaml", "labels.tsv", "heads.onnx")) {
      ForgedZip large =
          zip()
              .change(
                  file,
                  entry -> {
                    entry.packed = noise;
                    entry.packedSize = noise.length;
                    entry.size = 190_000_000;
                  });
      zip("a large " + file, large, "is larger than", "unpacked");
    }
    for (int count : new int[] {0, 3, 900, 65_535}) {
      ForgedZip lying = zip();
      lying.count = count;
      zip("a directory of " + count, lying, "directory", "zip64");
    }
    for (long shift : new long[] {1, -5, 1_000_000, 0xffffffffL}) {
      ForgedZip lying = zip();
      lying.shift = shift;
      zip("a directory " + shift + " further", lying, "directory", "zip64");
    }
    byte[] whole = zip().build();
    for (int i = 0; i < 40; i++) {
      zip("cut short " + i, java.util.Arrays.copyOf(whole, i * whole.length / 40), "readable zip");
    }
    byte[] before = new byte[whole.length + 10];
    System.arraycopy(whole, 0, before, 10, whole.length);
    zip("something before it", before, "readable zip");
    zip("no zip", "hello".getBytes(StandardCharsets.UTF_8), "readable zip");
    Random random = new Random(77);
    for (int i = 0; i < 150; i++) {
      byte[] bytes = whole.clone();
      bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
      zip("a bit " + i, bytes);
    }
    finish(250);
  }

  /** Bits of the graphs, their digests written anew: refused or run, never a crash. */
  @Test
  void graphsDamaged() {
    Random random = new Random(9);
    int run = 0;
    for (int i = 0; i < 300; i++) {
      String file = List.of("embed.onnx", "heads.onnx", "project.onnx").get(i % 3);
      byte[] bytes = base.files.get(file).clone();
      for (int flips = random.nextInt(3); flips >= 0; flips--) {
        bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
      }
      TinyBundle mutant = base.copy().sealed(file, bytes);
      // What a changed weight must give is not worked out here, only that it runs.
      run += any("bit " + i + " of " + file, mutant);
    }
    assertTrue(run > 20, run + " ran");
    finish(250);
  }

  private int any(String name, TinyBundle mutant) {
    int before = endings.getOrDefault(0, 0);
    unjudged = true;
    run(name, mutant, ".onnx", "model.yaml");
    unjudged = false;
    return endings.getOrDefault(0, 0) - before;
  }

  private boolean unjudged;

  /** The stored test of a bundle, its input and results damaged. */
  @Test
  void storedTestsDamaged() throws IOException {
    Random random = new Random(3);
    int refused = 0;
    for (int i = 0; i < 60; i++) {
      TinyBundle mutant = base.copy();
      byte[] expected = mutant.files.get("test/expected.npz");
      byte[] changed =
          i < 20 ? java.util.Arrays.copyOf(expected, i * expected.length / 20) : expected.clone();
      if (i >= 20) {
        changed[random.nextInt(changed.length)] ^= (byte) (1 << random.nextInt(8));
      }
      if (i % 2 == 0) {
        mutant.sealed("test/expected.npz", changed);
      } else {
        mutant.files.put("test/expected.npz", changed);
      }
      refused += tested("stored " + i, mutant, "test/expected.npz", "stored results");
    }
    assertTrue(refused > 40, refused + " refused");
    for (String text :
        List.of("", "hello", ">a\nQQQ\n", ">a\nACGU\n>a\nACGU\n", ">a\n", "\u0000\u0001")) {
      TinyBundle mutant = base.copy().sealed("test/in.fa", text.getBytes(StandardCharsets.UTF_8));
      assertEquals(1, tested("input " + text, mutant, "test.input (test/in.fa): "));
    }
    for (String key : List.of("input", "expected", "absolute", "relative")) {
      for (Object value : List.of(-1.0, "../x", Map.of(), "none")) {
        TinyBundle mutant = base.copy();
        mutant.set(List.of("test", key), value);
        assertEquals(1, tested("test." + key + " " + value, mutant, " test." + key, "none"));
      }
    }
    finish(80);
  }

  private int tested(String name, TinyBundle mutant, String... named) throws IOException {
    Path model = mutant.bundle().folder(folder.resolve("t" + number));
    number++;
    Tool.Outcome outcome = Tool.run(RibonnxCommand::new, "model", "test", "--quiet", model);
    endings.merge(outcome.code(), 1, Integer::sum);
    String err = outcome.err().replace("ribonnx model test: ", "ribonnx predict: ");
    String fault =
        outcome.code() == 0 ? "" : outcome.code() == 5 ? refused(err, named) : "exit code";
    if (!fault.isEmpty() || !files(tmp).isEmpty()) {
      faults.add(name + ": " + fault + " " + files(tmp) + " | " + outcome.err().strip());
    }
    clear(model);
    clear(tmp);
    return outcome.code() == 5 ? 1 : 0;
  }
}
