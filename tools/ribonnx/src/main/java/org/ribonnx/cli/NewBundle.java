package org.ribonnx.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.HeadSpec;
import org.ribonnx.core.io.IoErrors;
import org.ribonnx.core.io.OutputFile;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.io.TextOutput;
import org.ribonnx.core.io.Tree;
import org.ribonnx.core.onnx.GraphInfo;
import org.ribonnx.core.onnx.GraphNodes;
import org.ribonnx.core.tensor.DType;
import org.ribonnx.encode.Encode;

/**
 * Makes a bundle around ONNX graphs: what they say of themselves goes into model.yaml, what nobody
 * but their author knows is marked {@link #MARK} there. Files that are in the folder already are
 * kept; after a failure none is left that was not there.
 */
final class NewBundle {
  /** How a place begins that the modeller has to fill in. */
  static final String MARK = "TODO";

  private static final String INPUT = "rna";
  private static final String FEATURES = "features.tsv";
  private static final String VIEW = "sequence";
  private static final String LABELS = "labels.tsv";
  private static final String README = "README.md";

  private static final Pattern PLAIN = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
  private static final Pattern FILE = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]*");
  private static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z0-9_-]{0,63}");
  private static final Pattern ID = Pattern.compile("[a-z0-9][a-z0-9._-]{0,63}");

  /** Types of a length that tools can hand to a graph. */
  private static final Set<DType> COUNTING = Set.of(DType.INT64, DType.INT32, DType.FLOAT32);

  /** Simulated records, the longest of them, and where their letters come from. */
  private static final int RECORDS = 6;

  private static final int LONGEST = 2_000;

  /** Padded lengths are multiples of it, which networks can halve four times. */
  private static final int STEP = 16;

  private static final int MOST_POSITIONS = 1 << 24;

  /** Positions of a run that a graph gets without anybody having measured it. */
  private static final int CPU_POSITIONS = 1 << 15;

  private static final int CUDA_POSITIONS = 1 << 17;
  private static final long SEED = 20;

  /** Operators that hand on what they get, or a part of it. */
  private static final Set<String> PASSING =
      Set.of(
          "Identity",
          "Cast",
          "Reshape",
          "Flatten",
          "Squeeze",
          "Unsqueeze",
          "Clip",
          "Normalizer",
          "Slice",
          "Transpose",
          "DequantizeLinear",
          "QuantizeLinear");

  private static final Set<String> CLASSIFIERS =
      Set.of("TreeEnsembleClassifier", "LinearClassifier", "SVMClassifier");

  private static final Set<String> REGRESSORS =
      Set.of("TreeEnsembleRegressor", "LinearRegressor", "SVMRegressor");

  /** Lengths of records, in nucleotides. */
  record Lengths(int shortest, int longest) {}

  /**
   * What is asked for.
   *
   * @param folder of the bundle
   * @param graph that predicts
   * @param embedGraph before it; null: none
   * @param encoder name, with or without a revision
   * @param encoderOptions its options
   * @param shape of an encoded record; empty: as the graph says
   * @param longest longest record of a graph that leaves the length open; null: that of lengths
   * @param pad code behind the end of a record
   * @param outputs of the graph to predict from; empty: its only one
   * @param heads their names; empty: named by kind
   * @param kinds their kinds, one for all or one each; empty: guessed
   * @param labels files with their labels; empty: placeholders
   * @param id of the model; null: the folder's name
   * @param version of the model
   * @param title in one line; null: to be filled in
   * @param what a user brings; null: to be filled in
   * @param lengths it was trained on; null: to be filled in
   * @param licence of the model; null: to be filled in
   * @param authors of the model; null: to be filled in
   * @param testInput records of the stored test; null: simulated
   * @param features names of the features, for an encoder of tables; null for others
   */
  record Options(
      Path folder,
      Path graph,
      @Nullable Path embedGraph,
      String encoder,
      Map<String, String> encoderOptions,
      List<Integer> shape,
      @Nullable Integer longest,
      int pad,
      List<String> outputs,
      List<String> heads,
      List<HeadSpec.Kind> kinds,
      List<Path> labels,
      @Nullable String id,
      String version,
      @Nullable String title,
      @Nullable String what,
      @Nullable Lengths lengths,
      @Nullable String licence,
      @Nullable String authors,
      @Nullable Path testInput,
      @Nullable Path features) {}

  /**
   * What was made.
   *
   * @param files file → {@code written}, {@code copied} or {@code kept}
   * @param missing what the modeller has to fill in
   * @param hints what looks wrong
   */
  record Result(Map<Path, String> files, List<String> missing, List<String> hints) {}

  private record Source(Path path, ByteBuffer content, GraphInfo info, GraphNodes nodes) {}

  /**
   * What a graph takes.
   *
   * @param codes the encoded record
   * @param length its number of positions; null: it does not ask
   */
  private record Taken(GraphInfo.Port codes, GraphInfo.@Nullable Port length) {}

  /**
   * A record as the graph takes it.
   *
   * @param axes lengths of its axes; where it varies, the longest
   * @param varies whether records have lengths of their own
   */
  private record Shape(List<Integer> axes, boolean varies) {
    String yaml() {
      return varies ? "[length]" : axes.toString();
    }
  }

  private record Head(
      String name, HeadSpec.Kind kind, GraphInfo.Port output, int width, @Nullable Path labels) {}

  private final Options options;
  private final Path folder;
  private final Map<Path, String> files = new LinkedHashMap<>();
  private final List<String> missing = new ArrayList<>();
  private final List<String> hints = new ArrayList<>();

  NewBundle(Options options) {
    this.options = options;
    this.folder = options.folder();
  }

  /**
   * Makes the bundle.
   *
   * @throws RibonnxException usage, if something is asked for that can't be, or the graph leaves in
   *     doubt what no option says; bundle, if a graph can't be part of a bundle
   */
  Result run() {
    if (Files.exists(folder) && !Files.isDirectory(folder)) {
      throw RibonnxException.usage(folder + ": is a file; name a folder for the bundle");
    }
    if (Files.exists(folder.resolve(Bundle.CARD))) {
      throw RibonnxException.usage(
          folder.resolve(Bundle.CARD) + ": is there already; edit it, or name another folder");
    }
    String id = id();
    String encoder = Encode.encoder(options.encoder());
    List<String> features = features(encoder);
    Source head = source(options.graph());
    @Nullable Path embedGraph = options.embedGraph();
    @Nullable Source embed = embedGraph == null ? null : source(embedGraph);
    if (embed != null
        && !same(embed.path(), head.path())
        && fileName(embed).equals(fileName(head))) {
      throw RibonnxException.usage(
          "both graphs are called " + fileName(head) + "; give one of them another name");
    }
    Taken taken = taken(embed == null ? head : embed);
    Shape shape = shape(embed == null ? head : embed, taken.codes());
    if (embed != null) {
      only(head);
    }
    List<Head> heads = heads(head);
    String card = card(id, encoder, embed, head, taken, shape, heads);
    boolean made = !Files.exists(folder);
    boolean done = false;
    try {
      Files.createDirectories(folder.resolve("test"));
      if (embed != null) {
        copy(embed.path(), folder.resolve(fileName(embed)));
      }
      copy(head.path(), folder.resolve(fileName(head)));
      for (Head one : heads) {
        if (one.kind() != HeadSpec.Kind.REGRESSION) {
          labels(one, heads.size());
        }
      }
      if (!features.isEmpty()) {
        write(folder.resolve(FEATURES), "feature\n" + String.join("\n", features) + "\n");
      }
      testInput(shape.axes(), features);
      write(folder.resolve(README), readme(id, embed, head, heads, shape));
      write(folder.resolve(Bundle.CARD), card);
      check();
      done = true;
    } catch (IOException e) {
      throw IoErrors.writing(folder.toString(), e);
    } finally {
      if (!done) {
        undo(made);
      }
    }
    return new Result(files, missing, hints);
  }

  /** Name of the input. */
  private String input() {
    return options.features() == null ? INPUT : "table";
  }

  /** Name of the view. */
  private String view() {
    return options.features() == null ? VIEW : "features";
  }

  /** The features of an encoder of tables; empty for others. */
  private List<String> features(String encoder) {
    boolean table = Encode.kindOf(encoder).equals("table");
    @Nullable Path given = options.features();
    if (given == null) {
      if (table) {
        throw RibonnxException.usage(
            "--encoder "
                + encoder
                + " reads tables: give the names of its columns, --features FILE");
      }
      return List.of();
    }
    if (!table) {
      throw RibonnxException.usage("--features goes with an encoder of tables, as expression");
    }
    if (!Files.isReadable(given)) {
      throw RibonnxException.usage(given + ": no such file, or it can't be read");
    }
    List<String> names = new ArrayList<>();
    for (String line : lines(given)) {
      String name = line.split("\t", -1)[0].strip();
      if (!names.isEmpty() || !name.equals("feature")) {
        names.add(name);
      }
    }
    if (names.isEmpty()) {
      throw RibonnxException.usage(given + ": holds no feature");
    }
    return names;
  }

  /** What was written is a bundle that can be sealed. */
  private void check() {
    try (Bundle bundle = Bundle.openForSealing(folder)) {
      Encode.check(bundle);
      bundle.embed();
      bundle.fuse();
      bundle.heads();
      bundle.storedTest();
    } catch (RibonnxException e) {
      if (e.line().contains(" makes ")) {
        throw RibonnxException.bundle(
            e.line()
                + "; put a layer in front of the network that takes what the encoder makes"
                + " (docs/add-a-model.md), and export it again",
            e);
      }
      throw e;
    }
  }

  private void undo(boolean made) {
    List<Path> ours = new ArrayList<>();
    files.forEach(
        (file, how) -> {
          if (!how.equals("kept")) {
            ours.add(file);
          }
        });
    ours.add(folder.resolve("test"));
    if (made) {
      ours.add(folder);
    }
    for (Path file : ours) {
      // A folder with other files in it stays.
      file.toFile().delete();
    }
  }

  // ---- what the graphs say
  // ------------------------------------------------------------------------------------------

  private String id() {
    String id = options.id();
    String from = "--id";
    if (id == null) {
      @Nullable Path name = folder.toAbsolutePath().normalize().getFileName();
      id = name == null ? "" : name.toString().toLowerCase(Locale.ROOT);
      from = "the folder's name";
    }
    if (!ID.matcher(id).matches()) {
      throw RibonnxException.usage(
          from
              + " is '"
              + id
              + "'; an id has small letters, digits, '.', '_' and '-'; give one with --id");
    }
    return id;
  }

  private static Source source(Path path) {
    if (!Files.isRegularFile(path)) {
      throw RibonnxException.usage(path + ": no such file; name an ONNX file");
    }
    if (!FILE.matcher(path.getFileName().toString()).matches()) {
      throw RibonnxException.usage(
          path + ": give the file a name of letters, digits, '.', '_' and '-'");
    }
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      ByteBuffer content = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
      return new Source(
          path,
          content,
          GraphInfo.read(path.toString(), content),
          GraphNodes.read(path.toString(), content));
    } catch (IOException e) {
      throw IoErrors.reading(path.toString(), e);
    }
  }

  private static String fileName(Source source) {
    return source.path().getFileName().toString();
  }

  private static List<String> signatures(List<GraphInfo.Port> ports) {
    return ports.stream().map(port -> "'" + port.name() + "' " + port.signature()).toList();
  }

  private static GraphInfo.Port only(Source source) {
    if (source.info().inputs().size() != 1) {
      throw RibonnxException.bundle(
          source.path()
              + ": takes "
              + source.info().inputs().size()
              + " inputs "
              + signatures(source.info().inputs())
              + "; behind another graph one is expected: join them in the graph, or write"
              + " model.yaml by hand");
    }
    return source.info().inputs().get(0);
  }

  /** A number per record, as a graph takes lengths. */
  private static boolean counts(GraphInfo.Port port) {
    long[] dims = port.dims();
    return port.type() != null
        && COUNTING.contains(port.type())
        && (dims.length == 1 || (dims.length == 2 && dims[1] == 1));
  }

  /** The encoded record, and its length where the graph asks for that too. */
  private static Taken taken(Source source) {
    List<GraphInfo.Port> all = source.info().inputs();
    if (all.size() == 1) {
      return new Taken(all.get(0), null);
    }
    List<GraphInfo.Port> lengths = all.stream().filter(NewBundle::counts).toList();
    List<GraphInfo.Port> others = all.stream().filter(port -> !counts(port)).toList();
    if (others.size() == 1 && lengths.size() == 1) {
      return new Taken(others.get(0), lengths.get(0));
    }
    throw RibonnxException.bundle(
        source.path()
            + ": takes "
            + all.size()
            + " inputs "
            + signatures(all)
            + "; codes and at most a length (int64, int32, float32 [?] or [?, 1]) are expected:"
            + " ribonnx_training.adapt makes masks and zeros in the graph (--mask-input,"
            + " --zeros-input); for more views write model.yaml by hand, with inputs:"
            + " {INPUT: VIEW, …}");
  }

  private static final String EITHER =
      "; say --longest N (each record at its own length, N at most) or --shape N (all padded to N)";

  private Shape shape(Source source, GraphInfo.Port port) {
    List<Integer> shape = new ArrayList<>();
    long[] dims = port.dims();
    @Nullable Integer longest = options.longest();
    boolean open = dims.length == 2 && dims[1] < 0;
    if (longest != null) {
      if (!options.shape().isEmpty()) {
        throw RibonnxException.usage("--longest and --shape can't both be given" + EITHER);
      }
      if (!open) {
        throw RibonnxException.usage(
            "--longest goes with a graph that leaves the length open, but input '"
                + port.name()
                + "' is "
                + port.signature());
      }
      if (longest < 1 || longest > MOST_POSITIONS) {
        throw RibonnxException.usage(
            "--longest is " + longest + "; a number from 1 to " + MOST_POSITIONS + " is expected");
      }
    }
    @Nullable Lengths lengths = options.lengths();
    if (open && options.shape().isEmpty() && port.type() != null) {
      if (longest == null && lengths == null) {
        throw RibonnxException.usage(
            source.path()
                + ": input '"
                + port.name()
                + "' is "
                + port.signature()
                + ": it leaves open how long a record is"
                + EITHER);
      }
      int most = longest != null ? longest : lengths != null ? lengths.longest() : 0;
      return new Shape(List.of(Math.min(most, MOST_POSITIONS)), true);
    }
    if (port.type() == null || dims.length < 2) {
      throw RibonnxException.bundle(
          source.path()
              + ": input '"
              + port.name()
              + "' is "
              + port.signature()
              + "; a tensor with a record per row is expected");
    }
    if (!options.shape().isEmpty() && options.shape().size() != dims.length - 1) {
      throw RibonnxException.usage(
          "--shape gives "
              + options.shape().size()
              + " axes, but input '"
              + port.name()
              + "' is "
              + port.signature()
              + ", the first of them for the records");
    }
    for (int i = 1; i < dims.length; i++) {
      @Nullable Integer given = options.shape().isEmpty() ? null : options.shape().get(i - 1);
      if (dims[i] < 0 && given == null) {
        throw RibonnxException.usage(
            source.path()
                + ": input '"
                + port.name()
                + "' is "
                + port.signature()
                + ": it leaves open how long a record is; say so with --shape, a number per axis");
      }
      if (given != null && (given < 1 || (dims[i] >= 0 && dims[i] != given))) {
        throw RibonnxException.usage(
            "--shape says " + given + ", but input '" + port.name() + "' is " + port.signature());
      }
      long length = given == null ? dims[i] : given;
      if (length > 1 << 28) {
        throw RibonnxException.bundle(
            source.path() + ": input '" + port.name() + "' is " + port.signature());
      }
      shape.add((int) length);
    }
    return new Shape(List.copyOf(shape), false);
  }

  private static boolean scores(GraphInfo.Port port) {
    return port.type() != null
        && port.type().isFloating()
        && (port.dims().length == 1 || port.dims().length == 2);
  }

  private List<Head> heads(Source source) {
    List<GraphInfo.Port> all = source.info().outputs();
    List<GraphInfo.Port> chosen = new ArrayList<>();
    for (String name : options.outputs()) {
      chosen.add(
          all.stream()
              .filter(port -> port.name().equals(name))
              .findFirst()
              .orElseThrow(
                  () ->
                      RibonnxException.usage(
                          "--output is '" + name + "'; the graph returns " + signatures(all))));
    }
    if (chosen.isEmpty()) {
      List<GraphInfo.Port> fitting = all.stream().filter(NewBundle::scores).toList();
      if (fitting.size() > 1) {
        throw RibonnxException.usage(
            source.path() + ": returns " + signatures(all) + "; choose with --output");
      }
      if (fitting.isEmpty()) {
        boolean maps = source.nodes().nodes().stream().anyMatch(n -> n.operator().equals("ZipMap"));
        throw RibonnxException.bundle(
            source.path()
                + ": returns "
                + signatures(all)
                + "; float16, float32 or float64 with a number per label is expected"
                + (maps ? "; export it without ZipMap (skl2onnx: options zipmap False)" : ""));
      }
      chosen.addAll(fitting);
    }
    once("--head", options.heads().size(), chosen.size());
    once("--labels", options.labels().size(), chosen.size());
    if (options.kinds().size() > 1) {
      once("--kind", options.kinds().size(), chosen.size());
    }
    List<Head> heads = new ArrayList<>();
    for (int i = 0; i < chosen.size(); i++) {
      GraphInfo.Port port = chosen.get(i);
      if (!scores(port) || (port.dims().length == 2 && port.dims()[1] == 0)) {
        throw RibonnxException.bundle(
            source.path()
                + ": output '"
                + port.name()
                + "' is "
                + port.signature()
                + "; float16, float32 or float64 with a column per label is expected");
      }
      @Nullable Path labels = options.labels().isEmpty() ? null : options.labels().get(i);
      int width = width(source, port, labels);
      HeadSpec.@Nullable Kind asked =
          options.kinds().isEmpty()
              ? null
              : options.kinds().get(Math.min(i, options.kinds().size() - 1));
      HeadSpec.Kind kind = kind(source, port, width, asked);
      String name =
          options.heads().isEmpty() ? headName(kind, port, chosen) : options.heads().get(i);
      if (!NAME.matcher(name).matches()) {
        throw RibonnxException.usage(
            "--head is '" + name + "'; letters, digits, _ and - are allowed, a letter first");
      }
      if (heads.stream().anyMatch(head -> head.name().equals(name))) {
        throw RibonnxException.usage("two heads are called '" + name + "'; name them with --head");
      }
      heads.add(new Head(name, kind, port, width, labels));
    }
    return heads;
  }

  /** Numbers per record of an output; where the graph leaves that open, the labels say it. */
  private static int width(Source source, GraphInfo.Port port, @Nullable Path labels) {
    if (port.dims().length == 1) {
      return 1;
    }
    if (port.dims()[1] > 0) {
      return (int) port.dims()[1];
    }
    if (labels == null) {
      throw RibonnxException.usage(
          source.path()
              + ": output '"
              + port.name()
              + "' is "
              + port.signature()
              + ": it leaves open how many numbers a record has; name them with --labels FILE (or"
              + " --targets FILE), one a line");
    }
    return rows(labels).size();
  }

  private static void once(String option, int given, int wanted) {
    if (given != 0 && given != wanted) {
      throw RibonnxException.usage(
          option + " is given " + given + " times; once per output is expected: " + wanted);
    }
  }

  private static String headName(
      HeadSpec.Kind kind, GraphInfo.Port port, List<GraphInfo.Port> chosen) {
    if (chosen.size() > 1 && NAME.matcher(port.name()).matches()) {
      return port.name();
    }
    return switch (kind) {
      case SINGLE_LABEL -> "class";
      case MULTI_LABEL -> "labels";
      case REGRESSION -> "value";
    };
  }

  /** The operator that makes an output; those that only hand it on are passed over. */
  private static String last(Source source, String output) {
    String value = output;
    for (GraphNodes.Node node = source.nodes().maker(value);
        node != null;
        node = source.nodes().maker(value)) {
      if (!PASSING.contains(node.operator()) || node.inputs().isEmpty()) {
        return node.operator();
      }
      value = node.inputs().get(0);
    }
    return "";
  }

  private HeadSpec.Kind kind(
      Source source, GraphInfo.Port port, int width, HeadSpec.@Nullable Kind asked) {
    String operator = last(source, port.name());
    if (operator.equals("LogSoftmax")) {
      throw RibonnxException.bundle(
          source.path()
              + ": output '"
              + port.name()
              + "' holds logarithms (LogSoftmax); a head graph returns probabilities: use Softmax");
    }
    HeadSpec.@Nullable Kind guess =
        (operator.equals("Softmax") && width > 1) || CLASSIFIERS.contains(operator)
            ? HeadSpec.Kind.SINGLE_LABEL
            : operator.equals("Sigmoid")
                ? HeadSpec.Kind.MULTI_LABEL
                : REGRESSORS.contains(operator) ? HeadSpec.Kind.REGRESSION : null;
    if (asked != null) {
      boolean numbers = guess == null || guess == HeadSpec.Kind.REGRESSION;
      if (asked != HeadSpec.Kind.REGRESSION && numbers) {
        hints.add(
            "output '"
                + port.name()
                + "' comes from "
                + (operator.isEmpty() ? "an input" : operator)
                + "; a "
                + asked.label()
                + " head returns probabilities, so the graph should end with "
                + (asked == HeadSpec.Kind.SINGLE_LABEL ? "Softmax" : "Sigmoid"));
      }
      return asked;
    }
    if (guess == null) {
      throw RibonnxException.usage(
          source.path()
              + ": output '"
              + port.name()
              + "' "
              + port.signature()
              + " comes from "
              + (operator.isEmpty() ? "an input" : operator)
              + ", which leaves its meaning open; say --kind regression for numbers, or let the"
              + " graph end with Softmax (one label of several) or Sigmoid (any number of them)");
    }
    return guess;
  }

  // ---- what is written
  // -----------------------------------------------------------------------------------------------

  /** A text as YAML: plain where that is safe. */
  private static String yaml(String text) {
    return PLAIN.matcher(text).matches() && !text.matches("(?i)y|n|yes|no|on|off|true|false|null")
        ? text
        : Tree.canonicalJson(text);
  }

  private String orMark(String key, @Nullable String value) {
    if (value == null) {
      missing.add(key);
      return MARK;
    }
    return yaml(value);
  }

  private String card(
      String id,
      String encoder,
      @Nullable Source embed,
      Source head,
      Taken taken,
      Shape shape,
      List<Head> heads) {
    DType type = java.util.Objects.requireNonNull(taken.codes().type());
    StringBuilder text =
        new StringBuilder(
            """
            # A model bundle. 'ribonnx model new' wrote what the graph says; fill in every TODO, then run
            #   ribonnx model seal, test, validate and pack on this folder.
            # Unknown keys are errors, except under 'card' and those that begin with 'x-'.
            schema: 1
            """);
    text.append("id: ").append(Tree.canonicalJson(id)).append('\n');
    text.append("version: ").append(Tree.canonicalJson(options.version()));
    text.append("   # raise it with every change that users get\n");
    text.append("requires: {ribonnx: \">=0.1\"}\n");
    text.append("title: ").append(orMark("title", options.title()));
    text.append("   # what it predicts, in one line of plain words\n\n");

    text.append("inputs:   # what a user brings\n  ").append(input()).append(":\n");
    boolean table = options.features() != null;
    text.append("    kind: ").append(table ? "table" : "sequences").append('\n');
    text.append("    what: ").append(orMark("what", options.what()));
    text.append("   # which molecules, which strand; forms show it\n");
    @Nullable Lengths lengths = options.lengths();
    if (table) {
      text.append("    # values: counts   # or normalised: then the kind of numbers is checked\n");
    } else if (lengths == null) {
      missing.add("length");
      text.append(
          "    # length: [20, 200]   # TODO: shortest and longest record that it was trained on;"
              + " others are marked\n");
    } else {
      text.append("    length: [").append(lengths.shortest()).append(", ");
      text.append(lengths.longest()).append("]   # trained on; other records are marked\n");
    }
    text.append("    # species: Homo sapiens   # if it is for some species only\n");
    text.append("    example: ").append(yaml(testName())).append("\n\n");

    text.append("views:   # how a record becomes numbers\n  ").append(view()).append(":\n");
    text.append("    from: [").append(input()).append("]\n");
    text.append("    encoder: ").append(encoder).append('\n');
    if (table || !options.encoderOptions().isEmpty()) {
      text.append("    options: {");
      List<String> parts = new ArrayList<>();
      if (table) {
        parts.add("features: {file: " + FEATURES + "}");
      }
      options
          .encoderOptions()
          .forEach(
              (key, value) ->
                  parts.add(
                      yaml(key) + ": " + (value.matches("-?[0-9]{1,18}") ? value : yaml(value))));
      text.append(String.join(", ", parts)).append("}\n");
    }
    text.append("    dtype: ").append(type.label()).append('\n');
    text.append("    shape: ").append(shape.yaml()).append("   # per record\n");
    if (shape.varies()) {
      text.append("    max: ").append(shape.axes().get(0));
      text.append("   # longest record that is taken whole\n");
      text.append(
          "    beyond: keep-5p   # of longer ones: keep-5p, keep-3p, keep-centre or unusable\n");
    }
    if (!table) {
      text.append("    pad: ").append(options.pad()).append("   # behind the end of a record\n");
    }
    text.append('\n');

    if (embed != null) {
      text.append("embed:   # graph before the head\n  ").append(view()).append(":\n");
      text.append("    graph: ").append(fileName(embed)).append('\n');
      inputs(text, taken, shape);
      GraphInfo.Port next = only(head);
      List<GraphInfo.Port> made = embed.info().outputs();
      if (made.size() == 1 && made.get(0).dims().length == 2 && made.get(0).dims()[1] < 0) {
        long width = next.dims().length == 2 ? next.dims()[1] : -1;
        if (width < 1) {
          throw RibonnxException.bundle(
              embed.path()
                  + ": output '"
                  + made.get(0).name()
                  + "' is "
                  + made.get(0).signature()
                  + ", and "
                  + head.path()
                  + " leaves its width open too; state one of them (adapt --width N)");
        }
        text.append("    outputs: {").append(yaml(made.get(0).name())).append(": {width: ");
        text.append(width).append("}}\n");
      }
      text.append('\n');
    }
    text.append("heads:   # what is predicted; graphs return final values\n");
    for (Head one : heads) {
      head(text, one, head, embed == null ? taken : null, shape, heads.size());
    }
    text.append("\ntest:   # 'seal' stores what the graph gives for these records\n");
    text.append("  input: ").append(yaml(testName())).append('\n');
    text.append("  expected: test/expected.npz\n");
    text.append(
        "  absolute: 1.0e-4   # tolerance on other machines: absolute + relative * value\n");
    text.append("  relative: 1.0e-3\n\n");

    text.append("card:   # what others need to judge the model; README.md says more\n");
    field(text, "licence", options.licence(), "terms of graph and data, as Apache-2.0 (SPDX)");
    field(text, "authors", options.authors(), "who made it");
    field(text, "cite", null, "list of \"doi:...\", or a text");
    field(text, "training-data", null, "what it learned from, with source and terms");
    field(text, "metrics", null, "measured figures on data held back, as {accuracy: 0.93}");
    field(text, "intended-use", null, "what it is for, and what not");
    field(text, "limits", null, "where it fails; what wrong input gives");
    return text.toString();
  }

  private void field(StringBuilder text, String key, @Nullable String value, String what) {
    text.append("  ").append(key).append(": ").append(orMark("card." + key, value));
    text.append("   # ").append(what).append('\n');
  }

  /** What goes into the graph that reads records. */
  private void inputs(StringBuilder text, Taken taken, Shape shape) {
    text.append("    inputs: {").append(yaml(taken.codes().name())).append(": ").append(view());
    text.append("}   # input of the graph: view\n");
    GraphInfo.@Nullable Port length = taken.length();
    if (length != null) {
      text.append("    lengths: ").append(yaml(length.name()));
      text.append("   # gets the number of nucleotides of a record\n");
    }
    if (shape.varies()) {
      text.append(
          "    # Records are padded to the shortest length that holds them; batch: most records of"
              + " a run (1, 2, 4, 8, 16, 32, …).\n"
              + "    # Not measured for this graph: take a smaller batch where memory is short, and"
              + " lengths that suit the graph\n"
              + "    # (these are multiples of 16).\n");
      text.append("    grid:\n");
      for (int padded : grid(shape.axes().get(0))) {
        text.append("      - {length: ").append(padded).append(", batch: {cpu: ");
        text.append(batch(padded, CPU_POSITIONS, 16)).append(", cuda: ");
        text.append(batch(padded, CUDA_POSITIONS, 256)).append("}}\n");
      }
    }
  }

  /**
   * Padded lengths for records of up to {@code longest} positions: powers of two, six at most, and
   * at the end the next multiple of {@link #STEP}.
   */
  static List<Integer> grid(int longest) {
    int last = (longest + STEP - 1) / STEP * STEP;
    List<Integer> lengths = new ArrayList<>();
    for (int length = Math.max(64, Integer.highestOneBit(last) / 32);
        length < last - last / 5;
        length *= 2) {
      lengths.add(length);
    }
    lengths.add(last);
    return lengths;
  }

  /** Records of a run, a power of two, so that a run has about {@code positions}. */
  private static int batch(int length, int positions, int most) {
    return Math.min(most, Integer.highestOneBit(Math.max(1, positions / length)));
  }

  private void head(
      StringBuilder text, Head head, Source source, @Nullable Taken taken, Shape shape, int heads) {
    text.append("  ").append(yaml(head.name())).append(":\n");
    text.append("    kind: ").append(head.kind().label()).append('\n');
    text.append("    graph: ").append(fileName(source)).append('\n');
    if (taken == null) {
      inputs(text, new Taken(only(source), null), new Shape(List.of(), false));
    } else {
      inputs(text, taken, shape);
    }
    text.append("    output: ").append(yaml(head.output().name())).append('\n');
    if (head.kind() == HeadSpec.Kind.REGRESSION) {
      text.append("    targets:   # in the order of the output\n");
      targets(head)
          .forEach(
              (name, unit) -> {
                text.append("      - {name: ").append(yaml(name)).append(", unit: ");
                text.append(orMark("unit of " + name, unit.isEmpty() ? null : unit)).append("}\n");
              });
      return;
    }
    text.append("    labels: ").append(labelsName(head, heads));
    text.append("   # ").append(head.width()).append(" of them, in the order of the output\n");
    if (head.kind() == HeadSpec.Kind.MULTI_LABEL) {
      text.append(
          "    thresholds: 0.5   # one for all or a list, from records used for nothing else\n");
    } else {
      text.append(
          "    # reject: {score: max-probability, unassigned-when: below, at: 0.5, labels: []}   #"
              + " unsure records\n"
              + "    # sets: {method: split-conformal, coverage: 0.9, quantile: 0.5}   #"
              + " ribonnx_training.recipe.fill_sets\n");
    }
  }

  private static String labelsName(Head head, int heads) {
    return heads == 1 ? LABELS : "labels-" + head.name() + ".tsv";
  }

  /** Target → unit, which is empty where nobody said it. */
  private Map<String, String> targets(Head head) {
    Map<String, String> names = new LinkedHashMap<>();
    @Nullable Path given = head.labels();
    if (given != null) {
      List<String> rows = rows(given);
      for (String line : rows) {
        String[] cells = line.split("\t", -1);
        String name = cells[0].strip();
        if (!NAME.matcher(name).matches()) {
          throw RibonnxException.usage(
              given + ": '" + name + "' is no name of a target (letters, digits, _ and -)");
        }
        if (names.put(name, cells.length > 1 ? cells[1].strip() : "") != null) {
          throw RibonnxException.usage(given + ": names '" + name + "' twice");
        }
      }
      count(given, rows.size(), head);
      return names;
    }
    if (head.width() == 1) {
      return Map.of(head.name(), "");
    }
    missing.add("names of the targets");
    for (int i = 1; i <= head.width(); i++) {
      names.put(MARK + "-" + i, "");
    }
    return names;
  }

  private static boolean isHeader(String line) {
    List<String> cells = List.of(line.split("\t", -1));
    return cells.contains("label") || cells.equals(List.of("name", "unit"));
  }

  /** The lines of a file of labels, without a header. */
  private static List<String> rows(Path file) {
    List<String> lines = lines(file);
    return !lines.isEmpty() && isHeader(lines.get(0)) ? lines.subList(1, lines.size()) : lines;
  }

  private static void count(Path file, int found, Head head) {
    if (found != head.width()) {
      throw RibonnxException.usage(
          file
              + ": holds "
              + found
              + " labels, but output '"
              + head.output().name()
              + "' is "
              + head.output().signature()
              + ": "
              + head.width()
              + " are expected");
    }
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readString(file).lines().filter(line -> !line.isBlank()).toList();
    } catch (IOException e) {
      throw IoErrors.reading(file.toString(), e);
    }
  }

  private void labels(Head head, int heads) {
    Path target = folder.resolve(labelsName(head, heads));
    @Nullable Path given = head.labels();
    if (given == null) {
      if (!Files.exists(target)) {
        missing.add(labelsName(head, heads));
      }
      StringBuilder text = new StringBuilder("label\tname\tdescription\turl\n");
      for (int i = 1; i <= head.width(); i++) {
        text.append(MARK).append('-').append(i).append("\t\t\t\n");
      }
      write(target, text.toString());
      return;
    }
    List<String> lines = lines(given);
    boolean table = !lines.isEmpty() && isHeader(lines.get(0));
    count(given, rows(given).size(), head);
    if (!table && lines.stream().anyMatch(line -> line.indexOf('\t') >= 0)) {
      throw RibonnxException.usage(
          given + ": is a table, but none of its columns is called 'label'");
    }
    write(target, (table ? "" : "label\n") + String.join("\n", lines) + "\n");
  }

  private String testName() {
    @Nullable Path given = options.testInput();
    String otherwise = options.features() == null ? "input.fa" : "input.tsv";
    if (given == null) {
      return "test/" + otherwise;
    }
    String name = given.getFileName().toString();
    return "test/" + (FILE.matcher(name).matches() ? name : otherwise);
  }

  private void testInput(List<Integer> shape, List<String> features) {
    Path target = folder.resolve(testName());
    @Nullable Path given = options.testInput();
    if (given != null) {
      copy(given, target);
      return;
    }
    if (!features.isEmpty()) {
      write(target, simulated(features));
      return;
    }
    int longest = 1;
    for (int axis : shape) {
      longest = Math.max(longest, axis);
    }
    @Nullable Lengths lengths = options.lengths();
    longest = Math.min(LONGEST, lengths == null ? longest : lengths.longest());
    int shortest = lengths == null ? Math.min(20, longest) : Math.min(longest, lengths.shortest());
    write(target, simulated(Math.max(1, shortest), longest));
  }

  /** A table of random counts. */
  private static String simulated(List<String> features) {
    Random random = new Random(SEED);
    StringBuilder text = new StringBuilder("sample\t");
    text.append(String.join("\t", features)).append('\n');
    for (int i = 0; i < RECORDS; i++) {
      text.append("simulated-").append(i + 1);
      for (int j = 0; j < features.size(); j++) {
        text.append('\t').append((long) Math.exp(10 * random.nextDouble()) - 1);
      }
      text.append('\n');
    }
    return text.toString();
  }

  /** FASTA of random letters, from the shortest to the longest record. */
  private static String simulated(int shortest, int longest) {
    Random random = new Random(SEED);
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < RECORDS; i++) {
      int length = shortest + (int) ((long) (longest - shortest) * i / (RECORDS - 1));
      text.append(">simulated-").append(i + 1).append('\n');
      for (int j = 0; j < length; j++) {
        text.append("ACGU".charAt(random.nextInt(4)));
      }
      text.append('\n');
    }
    return text.toString();
  }

  private String readme(
      String id, @Nullable Source embed, Source head, List<Head> heads, Shape shape) {
    StringBuilder text = new StringBuilder("# ").append(id).append("\n\n");
    text.append("TODO: what it predicts and for whom, in two sentences.\n\n## In and out\n\n");
    text.append("| | |\n|---|---|\n");
    text.append("| in | TODO: what a user brings; a record is ").append(shape.yaml());
    text.append(" after encoding |\n");
    for (Head one : heads) {
      text.append("| `").append(one.name()).append("` | ").append(one.kind().label());
      text.append(", ").append(one.width()).append(one.width() == 1 ? " number" : " numbers");
      text.append(" |\n");
    }
    for (Source source : embed == null ? List.of(head) : List.of(embed, head)) {
      text.append("| `")
          .append(fileName(source))
          .append("` | opset ")
          .append(source.info().opset());
      text.append(", IR ").append(source.info().ir()).append("; takes ");
      text.append(String.join(", ", signatures(source.info().inputs()))).append("; returns ");
      text.append(String.join(", ", signatures(source.info().outputs()))).append(" |\n");
    }
    text.append(
        """

        ## Data

        TODO: source, number of records, terms; how it was split, and what keeps the parts apart.

        ## Measured

        TODO: figures on data held back, beside a simple baseline. No figure that nobody measured.

        ## Wrong input

        TODO: what comes out for other molecules, the other strand, records that are too short or too long.

        ## Limits

        TODO: where it fails, what it must not be used for.

        ## Licence and citation

        TODO: terms of the graph and of the data; what to cite.

        ## How it was made

        TODO: the code, its versions and seeds, and how the graph was exported.
        """);
    return text.toString();
  }

  // ---- files
  // ---------------------------------------------------------------------------------------------------------

  private static boolean same(Path a, Path b) {
    try {
      return Files.exists(a) && Files.exists(b) && Files.isSameFile(a, b);
    } catch (IOException e) {
      throw IoErrors.reading(b.toString(), e);
    }
  }

  private void write(Path target, String text) {
    if (Files.exists(target)) {
      files.put(target, "kept");
      return;
    }
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    try (TextOutput output = TextOutput.open(target.toString(), OutputStream.nullOutputStream())) {
      output.write(bytes, 0, bytes.length);
      output.commit();
    }
    files.put(target, "written");
  }

  private void copy(Path from, Path target) {
    if (same(from, target)) {
      files.put(target, "kept");
      return;
    }
    if (Files.exists(target)) {
      throw RibonnxException.usage(
          target + ": is there already; remove it, or give " + from + " another name");
    }
    try (FileChannel source = FileChannel.open(from, StandardOpenOption.READ);
        OutputFile output = OutputFile.create(target)) {
      long size = source.size();
      for (long done = 0; done < size; ) {
        done += source.transferTo(done, size - done, output.channel());
      }
      output.commit();
      files.put(target, "copied");
    } catch (IOException e) {
      throw IoErrors.writing(target.toString(), e);
    }
  }
}
