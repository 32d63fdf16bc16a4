package org.ribonnx.core.bundle;

import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import java.util.regex.Pattern;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.apache.commons.csv.DuplicateHeaderMode;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.io.Digest;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.io.Tree;
import org.ribonnx.core.onnx.GraphFile;
import org.ribonnx.core.onnx.GraphInfo;
import org.ribonnx.core.tensor.DType;
import org.ribonnx.core.tensor.RowShape;

/**
 * A model bundle: model.yaml and the files it names. Each step reads its own section and nothing
 * else, so a bundle with {@code inputs} and {@code views} alone is complete for encoding.
 *
 * <p>Every failure is a {@link RibonnxException} of kind BUNDLE that names the file and the key.
 *
 * <p>Several threads may read from one bundle: {@code predict} encodes while it loads the graphs.
 */
public final class Bundle implements AutoCloseable {
  /** The only file whose name is fixed. */
  public static final String CARD = "model.yaml";

  private static final int MAX_CARD = 1 << 20;
  private static final int MAX_LABELS = 1 << 24;
  private static final int MAX_WORDS = 100;

  /** Above this size a file's digest is compared before the file is in memory. */
  private static final long LARGE = 1 << 26;

  private static final String SEAL_WRITES = "; 'ribonnx model seal' writes it";
  private static final Pattern ID = Pattern.compile("[a-z0-9][a-z0-9._-]{0,63}");
  private static final Pattern VERSION =
      Pattern.compile("[0-9]+(\\.[0-9]+){0,3}([.-][0-9A-Za-z.-]+)?");
  private static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z0-9_-]{0,63}");
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

  private final BundleFiles files;
  private final String card;
  private final Section root;
  private final Map<String, @Nullable Object> document;
  private final boolean sealing;
  private final @Nullable Consumer<RibonnxException> review;
  private final Map<String, String> digests;

  /** Digests found so far, by file. */
  private final Map<String, String> found = new ConcurrentHashMap<>();

  private final String id;
  private final String version;
  private final String title;

  private volatile @Nullable Map<String, ViewSpec> views;

  private Bundle(BundleFiles files, boolean sealing, @Nullable Consumer<RibonnxException> review) {
    this.files = files;
    this.sealing = sealing;
    this.review = review;
    this.card = files.called(CARD);
    byte[] bytes = files.small(CARD, MAX_CARD);
    @Nullable Object value;
    try {
      value = Tree.parseYaml(bytes);
    } catch (IOException | RuntimeException e) {
      throw RibonnxException.bundle(card + ": is no valid YAML: " + firstLine(e), e);
    }
    this.root = new Section(card, "", value);
    this.document = new LinkedHashMap<>();
    for (String key : root.keys()) {
      document.put(key, root.value(key));
    }
    if (root.integer("schema", -1, 0, Integer.MAX_VALUE) != 1) {
      throw root.error("schema", "must be 1: other versions are not known to this release");
    }
    this.id = matching("id", ID);
    this.version = matching("version", VERSION);
    this.title = titleOr(id);
    attempt(() -> checkRelease(root.sectionOrNull("requires")));
    this.digests = root.textMap("digests");
    digests.forEach(
        (name, sha256) -> {
          BundleFiles.checked(name, card + ": digests");
          if (!sealing && !SHA256.matcher(sha256).matches()) {
            complain(
                root.error(
                    "digests." + name, "is no SHA-256 in lower-case hexadecimal" + SEAL_WRITES));
          }
        });
    for (String key : root.keys()) {
      if (!TOP.contains(key) && !key.startsWith("x-")) {
        complain(root.error(key, "is not known; known here: " + String.join(", ", TOP)));
      }
    }
  }

  private String titleOr(String otherwise) {
    try {
      return root.has("title") ? root.text("title") : otherwise;
    } catch (RibonnxException e) {
      complain(e);
      return otherwise;
    }
  }

  /** A problem that only a review lives with. */
  private void complain(RibonnxException problem) {
    if (review == null) {
      throw problem;
    }
    review.accept(problem);
  }

  /**
   * In a review, runs parts of a section that stand for themselves, since reading the whole stops
   * at the first problem.
   */
  private void each(Runnable... parts) {
    if (review != null) {
      for (Runnable part : parts) {
        attempt(part);
      }
    }
  }

  /** Runs a part; in a review the others are looked at even if it fails. */
  private void attempt(Runnable part) {
    if (review == null) {
      part.run();
      return;
    }
    try {
      part.run();
    } catch (RibonnxException e) {
      review.accept(e);
    }
  }

  private static final List<String> TOP =
      List.of(
          "schema",
          "id",
          "version",
          "requires",
          "title",
          "inputs",
          "views",
          "embed",
          "fuse",
          "heads",
          "report",
          "explain",
          "test",
          "digests",
          "card");

  private static String firstLine(Exception e) {
    String message = String.valueOf(e.getMessage());
    String where = "";
    if (e instanceof com.fasterxml.jackson.core.JsonProcessingException json
        && json.getLocation() != null) {
      where =
          " (line "
              + json.getLocation().getLineNr()
              + ", column "
              + json.getLocation().getColumnNr()
              + ")";
      message = json.getOriginalMessage();
    }
    return message
            .lines()
            .findFirst()
            .orElse("unreadable")
            .replaceFirst("^(java|com|org)[\\w.$]+: ", "")
        + where;
  }

  private String matching(String key, Pattern pattern) {
    try {
      String text = root.text(key);
      if (!pattern.matcher(text).matches()) {
        complain(root.error(key, "is '" + text + "', which does not match " + pattern));
      }
      return text;
    } catch (RibonnxException e) {
      complain(e);
      return "unknown";
    }
  }

  private void checkRelease(@Nullable Section requires) {
    if (requires == null) {
      return;
    }
    @Nullable String range = requires.textOrNull("ribonnx");
    requires.end();
    if (range == null) {
      return;
    }
    if (!range.startsWith(">=")) {
      throw requires.error("ribonnx", "is '" + range + "'; '>=VERSION' is expected");
    }
    if (Versions.compare(Release.VERSION, range.substring(2).strip()) < 0) {
      throw requires.error(
          "ribonnx",
          "is '" + range + "', and this is " + Release.VERSION + "; install a newer release");
    }
  }

  /** Opens a bundle in a folder or zip. */
  public static Bundle open(Path path) {
    return open(path, false, null);
  }

  /**
   * Opens a bundle to look for all of its problems: what would stop another reader goes to {@code
   * problems}, the same one perhaps several times, and reading goes on with what is left. A graph
   * that must not be run is refused here too.
   */
  public static Bundle openForReview(Path path, Consumer<RibonnxException> problems) {
    return open(path, false, problems);
  }

  /** Opens a bundle whose digests may be missing, because they are to be written. */
  public static Bundle openForSealing(Path path) {
    return open(path, true, null);
  }

  private static Bundle open(
      Path path, boolean sealing, @Nullable Consumer<RibonnxException> review) {
    BundleFiles files = BundleFiles.open(path);
    try {
      return new Bundle(files, sealing, review);
    } catch (RuntimeException e) {
      files.close();
      throw e;
    }
  }

  public String id() {
    return id;
  }

  public String version() {
    return version;
  }

  public String title() {
    return title;
  }

  /** Folder or zip it was opened from. */
  public Path path() {
    return files.path;
  }

  /** {@code id@version}. */
  public String name() {
    return id + "@" + version;
  }

  /** Where the bundle's description stands, for messages. */
  public String cardName() {
    return card;
  }

  /** The whole description, as it is written. */
  public Map<String, @Nullable Object> document() {
    return document;
  }

  /** Names of the views, in the order of model.yaml, as they are written. */
  public List<String> viewNames() {
    return document.get("views") instanceof Map<?, ?> named
        ? named.keySet().stream().map(String::valueOf).toList()
        : List.of();
  }

  /**
   * Checks that a name given on the command line is that of a view.
   *
   * @throws RibonnxException usage, naming the views there are
   */
  public void checkView(String name) {
    if (!viewNames().contains(name)) {
      throw RibonnxException.usage(
          "--view " + name + ": the model " + name() + " has the views " + viewNames());
    }
  }

  /** The species that an input is of, as it is written; null where it is not stated. */
  public @Nullable String species(String input) {
    return document.get("inputs") instanceof Map<?, ?> inputs
            && inputs.get(input) instanceof Map<?, ?> stated
            && stated.get("species") != null
        ? String.valueOf(stated.get("species"))
        : null;
  }

  /** Free-form content of {@code card}. */
  public Map<String, @Nullable Object> cardContent() {
    Map<String, @Nullable Object> content = new LinkedHashMap<>();
    if (document.get("card") instanceof Map<?, ?> map) {
      map.forEach((key, value) -> content.put(String.valueOf(key), value));
    }
    return content;
  }

  /**
   * A file of the bundle; compared with its digest if {@code digests} holds one.
   *
   * @throws RibonnxException bundle, if it is not there or another than was sealed
   */
  public ByteBuffer file(String name) {
    checkDigests(name);
    return files.content(name);
  }

  private void checkDigests(String name) {
    @Nullable String sha256 = digests.get(name);
    if (sha256 != null) {
      checkDigest(name, sha256, RibonnxException.bundle(card + ": digests." + name));
    }
  }

  /** Whether the description holds a digest of a file that has none in its own section. */
  public boolean hasDigest(String name) {
    return digests.containsKey(name);
  }

  /**
   * The files that the description names without room for a digest beside them: tables of labels,
   * the stored test, examples. Their digests stand in {@code digests}.
   */
  public List<String> looseFiles() {
    Set<String> names = new TreeSet<>();
    inputs().values().forEach(input -> addFile(names, input.example()));
    names.addAll(labelFiles());
    @Nullable StoredTest test = storedTest();
    if (test != null) {
      addFile(names, test.input());
      addFile(names, test.expected());
    }
    return List.copyOf(names);
  }

  /** The tables of labels, which decide what an answer says. */
  public List<String> labelFiles() {
    Set<String> names = new TreeSet<>();
    root.sections("heads")
        .values()
        .forEach(head -> addFile(names, head.value("labels") instanceof String text ? text : null));
    return List.copyOf(names);
  }

  private void addFile(Set<String> names, @Nullable String name) {
    if (name != null && BundleFiles.plain(name) && hasFile(name)) {
      names.add(name);
    }
  }

  /** A file's digest, whatever the description says. */
  public String digestOfFile(String name) {
    return files.digest(name);
  }

  private void requireFile(String name, String where) {
    if (!files.has(name)) {
      throw RibonnxException.bundle(
          card + ": " + where + " names " + name + ": the bundle lacks this file");
    }
  }

  public boolean hasFile(String name) {
    return files.has(name);
  }

  /**
   * The files that belong to the bundle: its description, what that names outside of its free text,
   * and the README and licence beside it. All else in the folder or zip is left out.
   */
  public List<String> fileNames() {
    Set<String> names = new TreeSet<>(List.of(CARD));
    document.forEach(
        (key, value) -> {
          if (!key.equals("card")) {
            collectNames(value, names);
          }
        });
    for (String beside : List.of("README.md", "LICENSE", "NOTICE")) {
      if (hasFile(beside)) {
        names.add(beside);
      }
    }
    StoredTest test = storedTest();
    if (test != null && hasFile(test.expected())) {
      names.add(test.expected());
    }
    return List.copyOf(names);
  }

  private void collectNames(@Nullable Object value, Set<String> names) {
    if (value instanceof Map<?, ?> map) {
      map.values().forEach(inner -> collectNames(inner, names));
    } else if (value instanceof List<?> list) {
      list.forEach(inner -> collectNames(inner, names));
    } else if (value instanceof String text && BundleFiles.plain(text) && hasFile(text)) {
      names.add(text);
    }
  }

  /**
   * A file that an option names as {@code {file, sha256}}; its digest is compared.
   *
   * @param section the section with the two keys
   */
  public ByteBuffer digestedFile(Section section) {
    String name = section.text("file");
    String sha256 = section.textOrNull("sha256") == null ? "" : section.text("sha256");
    section.end();
    return sealed(name, sha256, section.error("sha256", ""));
  }

  /** The content of a file whose digest has been compared. */
  private ByteBuffer sealed(String name, String sha256, RibonnxException where) {
    if (sealing) {
      return files.content(name);
    }
    if (files.size(name) > LARGE) {
      checkDigest(name, sha256, where);
      return files.content(name);
    }
    ByteBuffer content = files.content(name);
    found.computeIfAbsent(name, key -> Digest.of(content));
    checkDigest(name, sha256, where);
    return content;
  }

  /**
   * A file that an option of a view names as {@code {file, sha256}}; null if the option is absent.
   *
   * @throws RibonnxException bundle, if it is not there or another than was sealed
   */
  public @Nullable ByteBuffer optionFile(String view, String option) {
    @Nullable Section section = root.sections("views").get(view);
    @Nullable Section options = section == null ? null : section.sectionOrNull("options");
    @Nullable Section file = options == null ? null : options.sectionOrNull(option);
    return file == null ? null : digestedFile(file);
  }

  /** The files that options of views name as {@code {file, sha256}}, each once. */
  public List<String> optionFiles() {
    Set<String> names = new TreeSet<>();
    for (ViewSpec view : views().values()) {
      for (Object option : view.options().values()) {
        if (option instanceof Map<?, ?> map && map.get("file") instanceof String name) {
          names.add(name);
        }
      }
    }
    return List.copyOf(names);
  }

  private void checkDigest(String name, String expected, RibonnxException where) {
    if (sealing || (review != null && expected.isEmpty())) {
      return;
    }
    String digest = found.computeIfAbsent(name, files::digest);
    if (!digest.equals(expected)) {
      complain(
          RibonnxException.bundle(
              where.line().strip()
                  + (expected.isEmpty() ? " is missing" : " is " + expected)
                  + ", but "
                  + name
                  + " has "
                  + digest
                  + "; if the change is meant, run 'ribonnx model seal'"));
    }
  }

  // ---- sections
  // -----------------------------------------------------------------------------------------------------

  public Map<String, InputSpec> inputs() {
    Map<String, InputSpec> inputs = new LinkedHashMap<>();
    root.sections("inputs")
        .forEach((name, section) -> attempt(() -> inputs.put(name, input(name, section))));
    if (inputs.isEmpty() && root.sections("inputs").isEmpty()) {
      complain(root.error("inputs", "is missing or empty"));
    }
    return inputs;
  }

  private InputSpec input(String name, Section section) {
    checkName("inputs", name);
    List<String> kinds = List.of("sequences", "annotation", "table");
    each(
        () -> section.choice("kind", kinds),
        () -> section.textOrNull("what"),
        () -> range(section),
        () -> section.textOrNull("example"),
        () -> values(section),
        () -> section.ignore("species"),
        section::end);
    String kind = section.choice("kind", kinds);
    @Nullable String what = section.textOrNull("what");
    int[] range = range(section);
    section.ignore("species");
    @Nullable String example = section.textOrNull("example");
    @Nullable String values = values(section);
    section.end();
    return new InputSpec(
        name, kind, what == null ? kind : what, range[0], range[1], example, values);
  }

  /** The kind of numbers that a table holds, where it is stated. */
  private static @Nullable String values(Section section) {
    return "table".equals(section.textOrNull("kind")) && section.has("values")
        ? section.choice("values", List.of("counts", "normalised"))
        : null;
  }

  /** The shortest and the longest record. */
  private static int[] range(Section section) {
    List<@Nullable Object> length = section.list("length");
    if (length.isEmpty()) {
      return new int[] {0, Integer.MAX_VALUE};
    }
    if (length.size() != 2
        || !(length.get(0) instanceof Long from)
        || !(length.get(1) instanceof Long to)
        || from < 0
        || to < from
        || to > Integer.MAX_VALUE) {
      throw section.error("length", "must be [shortest, longest] in nucleotides");
    }
    return new int[] {from.intValue(), to.intValue()};
  }

  private void checkName(String section, String name) {
    if (!NAME.matcher(name).matches()) {
      throw root.error(
          section + "." + name, "is no valid name (letters, digits, _ and -, a letter first)");
    }
  }

  public Map<String, ViewSpec> views() {
    @Nullable Map<String, ViewSpec> known = views;
    if (known != null) {
      return known;
    }
    Map<String, InputSpec> inputs = inputs();
    Map<String, ViewSpec> all = new LinkedHashMap<>();
    root.sections("views")
        .forEach((name, section) -> attempt(() -> all.put(name, view(name, section, inputs))));
    if (all.isEmpty() && root.sections("views").isEmpty()) {
      complain(root.error("views", "is missing or empty"));
    }
    views = all;
    return all;
  }

  private ViewSpec view(String name, Section section, Map<String, InputSpec> inputs) {
    checkName("views", name);
    if (name.equals("ids")
        || name.equals("status")
        || name.equals("flags")
        || name.equals("meta")) {
      throw root.error("views." + name, "has a name that tensor files use themselves");
    }
    each(
        () -> from(section, inputs),
        () -> section.text("encoder"),
        () -> options(section),
        () -> dtype(section),
        () -> shape(section),
        () -> section.integer("max", 0, 1, RowShape.MOST_BYTES),
        () -> beyond(section),
        () -> pad(section),
        section::end);
    List<String> from = from(section, inputs);
    String encoder = section.text("encoder");
    Map<String, @Nullable Object> options = options(section);
    DType dtype = dtype(section);
    List<Integer> shape = shape(section);
    if (shape.isEmpty()) {
      shape = shapeFromGraph(name, section);
    }
    int max = 0;
    ViewSpec.Beyond beyond = ViewSpec.Beyond.KEEP_5P;
    if (shape.get(0) == RowShape.VARYING) {
      if (!section.has("max")) {
        throw section.error("max", "is missing: the longest record of a view of varying length");
      }
      max = section.integer("max", 0, 1, RowShape.MOST_BYTES);
      beyond = beyond(section);
    }
    long elements = Math.max(1, max);
    for (int axis : shape) {
      elements = Math.min(1L << 40, elements * (axis == RowShape.VARYING ? 1 : axis));
    }
    if (elements * dtype.bytes() > RowShape.MOST_BYTES) {
      throw section.error("shape", "makes records of over " + RowShape.MOST_BYTES + " bytes");
    }
    int pad = pad(section);
    section.end();
    return new ViewSpec(name, from, encoder, options, dtype, List.copyOf(shape), pad, max, beyond);
  }

  private static List<String> from(Section section, Map<String, InputSpec> inputs) {
    List<String> from = section.texts("from");
    for (String input : from) {
      if (!inputs.containsKey(input)) {
        throw section.error("from", "names '" + input + "', which is no input");
      }
    }
    return from.isEmpty() ? List.copyOf(inputs.keySet()) : from;
  }

  private static Map<String, @Nullable Object> options(Section section) {
    Map<String, @Nullable Object> options = new LinkedHashMap<>();
    if (section.value("options") instanceof Map<?, ?> map) {
      map.forEach((key, value) -> options.put(String.valueOf(key), value));
    } else if (section.value("options") != null) {
      throw section.error("options", "must be a mapping (key: value)");
    }
    return options;
  }

  private static DType dtype(Section section) {
    String label = section.has("dtype") ? section.text("dtype") : "uint8";
    @Nullable DType dtype = DType.ofLabel(label);
    if (dtype == null) {
      throw section.error(
          "dtype", "is '" + label + "', which is no element type (uint8, float32, …)");
    }
    return dtype;
  }

  /** The stated shape; empty where none is. */
  private static List<Integer> shape(Section section) {
    List<Integer> shape = new ArrayList<>();
    for (Object axis : section.list("shape")) {
      if (shape.isEmpty() && "length".equals(axis)) {
        shape.add(RowShape.VARYING);
        continue;
      }
      if (!(axis instanceof Long length) || length < 1 || length > RowShape.MOST_BYTES) {
        throw section.error(
            "shape", "must be a list of positive whole numbers, the first may be 'length'");
      }
      shape.add(length.intValue());
    }
    return shape;
  }

  private static ViewSpec.Beyond beyond(Section section) {
    if (!section.has("beyond")) {
      return ViewSpec.Beyond.KEEP_5P;
    }
    List<ViewSpec.Beyond> all = List.of(ViewSpec.Beyond.values());
    String named = section.choice("beyond", all.stream().map(ViewSpec.Beyond::label).toList());
    return all.stream().filter(one -> one.label().equals(named)).findFirst().orElseThrow();
  }

  private static int pad(Section section) {
    return section.integer("pad", 0, 0, 255);
  }

  /** The shape that the only graph taking the view asks for. */
  private List<Integer> shapeFromGraph(String view, Section section) {
    List<GraphRef> takers = new ArrayList<>();
    @Nullable EmbedSpec embed = embed().get(view);
    if (embed != null) {
      takers.add(embed.graph());
    } else {
      heads().values().forEach(head -> takers.add(head.graph()));
    }
    for (GraphRef taker : takers) {
      GraphInfo info = graph(taker).info();
      for (GraphInfo.Port port : info.inputs()) {
        boolean mine =
            taker.inputs().isEmpty()
                ? info.inputs().size() == 1
                : view.equals(taker.inputs().get(port.name()));
        if (mine && port.dims().length > 1) {
          List<Integer> shape = new ArrayList<>();
          for (int i = 1; i < port.dims().length; i++) {
            if (port.dims()[i] < 1 || port.dims()[i] > RowShape.MOST_BYTES) {
              throw section.error("shape", "is missing, and " + taker.file() + " leaves it open");
            }
            shape.add((int) port.dims()[i]);
          }
          return shape;
        }
      }
    }
    throw section.error("shape", "is missing, and no graph says what it is");
  }

  public Map<String, EmbedSpec> embed() {
    Map<String, EmbedSpec> all = new LinkedHashMap<>();
    root.sections("embed")
        .forEach((view, section) -> attempt(() -> all.put(view, embed(view, section))));
    return all;
  }

  private EmbedSpec embed(String view, Section section) {
    checkName("embed", view);
    GraphRef graph = graphRef("embed." + view, section, Map.of());
    Map<String, @Nullable Integer> outputs = new LinkedHashMap<>();
    section
        .sections("outputs")
        .forEach(
            (output, facts) -> {
              if (!outputs.isEmpty() && (output.equals("status") || output.equals("offsets"))) {
                throw section.error(
                    "outputs." + output,
                    "has a name that tensor files use themselves, as " + view + "." + output);
              }
              int width = facts.integer("width", -1, 1, 1 << 24);
              facts.end();
              outputs.put(output, width < 0 ? null : Integer.valueOf(width));
            });
    section.end();
    return new EmbedSpec(view, graph, outputs);
  }

  public FuseSpec fuse() {
    @Nullable Section section = root.sectionOrNull("fuse");
    if (section == null) {
      return new FuseSpec("identity", null, null, null, FuseSpec.Missing.USUAL, null);
    }
    if (!section.has("graph")) {
      String method = section.choice("method", List.of("identity", "concat", "mean"));
      FuseSpec.Missing missing = missing(section, method, null);
      section.end();
      return new FuseSpec(method, null, null, null, missing, null);
    }
    each(() -> attention(section.sectionOrNull("attention")));
    GraphRef graph = graphRef("fuse", section, Map.of());
    @Nullable String output = section.textOrNull("output");
    int width = section.integer("width", -1, 1, 1 << 24);
    FuseSpec.Missing missing = missing(section, "graph", graph);
    FuseSpec.@Nullable Attention attention = attention(section.sectionOrNull("attention"));
    if (attention != null && (output == null || output.equals(attention.output()))) {
      throw section.error(
          "output", output == null ? "must say which output is fused" : "is that of attention");
    }
    if (section.has("method")) {
      section.choice("method", List.of("graph"));
    }
    section.end();
    return new FuseSpec("graph", graph, output, width < 0 ? null : width, missing, attention);
  }

  /**
   * What becomes of records that lack a view.
   *
   * @param graph the graph that fuses; null: none does
   */
  private FuseSpec.Missing missing(Section fuse, String method, @Nullable GraphRef graph) {
    @Nullable Section section = fuse.sectionOrNull("missing");
    if (section == null) {
      return FuseSpec.Missing.USUAL;
    }
    String named = section.choice("policy", FuseSpec.Policy.labels());
    FuseSpec.Policy policy = FuseSpec.Policy.valueOf(named.toUpperCase(Locale.ROOT));
    @Nullable String input = section.textOrNull("input");
    FuseSpec.@Nullable Values values = null;
    @Nullable Section stored = section.sectionOrNull("values");
    if (stored != null) {
      String file = BundleFiles.checked(stored.text("file"), card + ": fuse.missing.values.file");
      values = new FuseSpec.Values(file, sha256(stored));
      stored.end();
    }
    section.end();
    if (policy == FuseSpec.Policy.MEAN && values == null) {
      throw section.error("values", "is missing: the file with the vectors that stand in, {file}");
    }
    if (policy == FuseSpec.Policy.MASK && input == null) {
      throw section.error("input", "is missing: the graph's input that says which views are there");
    }
    if (values != null && method.equals("identity")) {
      throw section.error("values", "go with concat, mean or a graph, not with method: identity");
    }
    if (input != null && graph == null) {
      throw section.error("input", "goes with a graph; method: " + method + " has none");
    }
    if (input != null && graph != null && graph.inputs().isEmpty()) {
      throw fuse.error("inputs", "must say which view goes into which input of the graph");
    }
    if (input != null && graph != null && graph.inputs().containsKey(input)) {
      throw section.error("input", "is '" + input + "', into which a view goes");
    }
    return new FuseSpec.Missing(policy, input, values);
  }

  private static FuseSpec.@Nullable Attention attention(@Nullable Section section) {
    if (section == null) {
      return null;
    }
    String output = section.text("output");
    List<String> queries = plainNames(section, "queries");
    List<String> tokens = plainNames(section, "tokens");
    section.end();
    return new FuseSpec.Attention(output, queries, tokens);
  }

  /** A list of names, none twice. */
  private static List<String> plainNames(Section section, String key) {
    List<String> names = section.texts(key);
    if (names.isEmpty()) {
      throw section.error(key, "is missing or empty");
    }
    Set<String> seen = new HashSet<>();
    for (String name : names) {
      if (!NAME.matcher(name).matches() || !seen.add(name)) {
        throw section.error(
            key,
            "holds '"
                + name
                + (NAME.matcher(name).matches()
                    ? "' twice"
                    : "'; letters, digits, _ and -, a letter first"));
      }
    }
    return names;
  }

  /**
   * The vectors that stand in for missing views, their digest compared: view → float32 [width].
   *
   * @throws RibonnxException bundle, if it is another file than the one that was sealed
   */
  public ByteBuffer content(FuseSpec.Values values) {
    requireFile(values.file(), "fuse.missing.values.file");
    return sealed(
        values.file(),
        values.sha256(),
        RibonnxException.bundle(card + ": fuse.missing.values.sha256"));
  }

  public Map<String, HeadSpec> heads() {
    Map<String, HeadSpec> all = new LinkedHashMap<>();
    root.sections("heads")
        .forEach((name, section) -> attempt(() -> all.put(name, head(name, section))));
    if (all.isEmpty() && root.sections("heads").isEmpty()) {
      complain(root.error("heads", "is missing or empty"));
    }
    return all;
  }

  private HeadSpec head(String name, Section section) {
    checkName("heads", name);
    each(
        () -> section.textOrNull("what"),
        () -> kind(section),
        () -> graphRef("heads." + name, section, Map.of()),
        () -> section.textOrNull("output"),
        () -> names(name, section),
        () -> reject(section.sectionOrNull("reject"), names(name, section)),
        () -> thresholds(section, kind(section), names(name, section).size()),
        () -> sets(section.sectionOrNull("sets"), () -> names(name, section).size()),
        section::end);
    @Nullable String what = section.textOrNull("what");
    HeadSpec.Kind kind = kind(section);
    GraphRef graph = graphRef("heads." + name, section, Map.of());
    @Nullable String output = section.textOrNull("output");
    List<HeadSpec.Label> labels =
        kind == HeadSpec.Kind.REGRESSION ? targets(name, section) : labels(name, section);
    HeadSpec.@Nullable Reject reject = reject(section.sectionOrNull("reject"), labels);
    List<Double> thresholds = thresholds(section, kind, labels.size());
    HeadSpec.@Nullable Sets sets = sets(section.sectionOrNull("sets"), labels::size);
    if (kind != HeadSpec.Kind.SINGLE_LABEL && (reject != null || sets != null)) {
      throw section.error(reject != null ? "reject" : "sets", "goes with single-label heads only");
    }
    section.end();
    return new HeadSpec(
        name, what == null ? "" : what, kind, graph, output, labels, reject, thresholds, sets);
  }

  private static HeadSpec.Kind kind(Section section) {
    List<HeadSpec.Kind> all = List.of(HeadSpec.Kind.values());
    String named = section.choice("kind", all.stream().map(HeadSpec.Kind::label).toList());
    return all.stream().filter(one -> one.label().equals(named)).findFirst().orElseThrow();
  }

  /** The labels or targets of a head. */
  private List<HeadSpec.Label> names(String head, Section section) {
    boolean regression = section.has("targets") && !section.has("labels");
    return regression || kind(section) == HeadSpec.Kind.REGRESSION
        ? targets(head, section)
        : labels(head, section);
  }

  private static List<HeadSpec.Label> targets(String head, Section section) {
    List<HeadSpec.Label> targets = new ArrayList<>();
    for (Section target : section.entries("targets")) {
      String name = target.text("name");
      if (!NAME.matcher(name).matches()) {
        throw target.error("name", "is '" + name + "', which does not match " + NAME);
      }
      @Nullable String unit = target.textOrNull("unit");
      target.end();
      if (targets.stream().anyMatch(known -> known.label().equals(name))) {
        throw target.error("name", "is '" + name + "', as that of another target");
      }
      targets.add(new HeadSpec.Label(name, "", unit == null ? "" : unit, ""));
    }
    if (targets.isEmpty()) {
      targets.add(new HeadSpec.Label(head, "", "", ""));
    }
    return targets;
  }

  private List<HeadSpec.Label> labels(String head, Section section) {
    @Nullable Object value = section.value("labels");
    List<HeadSpec.Label> labels = new ArrayList<>();
    if (value instanceof List<?>) {
      for (String label : section.texts("labels")) {
        labels.add(new HeadSpec.Label(label, "", "", ""));
      }
    } else {
      labels.addAll(labelTable(section.text("labels"), "heads." + head + ".labels"));
    }
    Set<String> seen = new HashSet<>();
    for (HeadSpec.Label label : labels) {
      String text = label.label();
      boolean bad =
          text.isEmpty()
              || text.equals("NA")
              || text.equals("none")
              || text.matches("(?s).*[;\\t\\r\\n].*");
      if (bad || !seen.add(text)) {
        throw section.error(
            "labels",
            (bad ? "holds a label that is not allowed: '" : "holds twice: '") + text + "'");
      }
    }
    if (labels.isEmpty()) {
      throw section.error("labels", "holds no label");
    }
    return labels;
  }

  private List<HeadSpec.Label> labelTable(String name, String where) {
    BundleFiles.checked(name, card + ": " + where);
    requireFile(name, where);
    String text = new String(files.small(name, MAX_LABELS), StandardCharsets.UTF_8);
    checkDigests(name);
    CSVFormat format =
        CSVFormat.TDF
            .builder()
            .setHeader()
            .setSkipHeaderRecord(true)
            .setDuplicateHeaderMode(DuplicateHeaderMode.DISALLOW)
            .setQuote(null)
            .setTrim(true)
            .get();
    List<HeadSpec.Label> labels = new ArrayList<>();
    try (CSVParser parser = CSVParser.parse(new StringReader(text), format)) {
      if (!parser.getHeaderMap().containsKey("label")) {
        throw RibonnxException.bundle(files.called(name) + ": lacks the column 'label'");
      }
      for (CSVRecord row : parser) {
        String url = cell(row, "url");
        if (!url.isEmpty() && !url.startsWith("https:")) {
          throw RibonnxException.bundle(
              files.called(name)
                  + ": line "
                  + parser.getCurrentLineNumber()
                  + ": url must begin with https:");
        }
        labels.add(
            new HeadSpec.Label(
                cell(row, "label"), cell(row, "name"), cell(row, "description"), url));
      }
    } catch (IOException | IllegalArgumentException e) {
      throw RibonnxException.bundle(
          files.called(name) + ": is no readable table: " + e.getMessage(), e);
    }
    return labels;
  }

  private static String cell(CSVRecord row, String column) {
    return row.isMapped(column) && row.isSet(column) ? row.get(column) : "";
  }

  private static HeadSpec.@Nullable Reject reject(
      @Nullable Section section, List<HeadSpec.Label> labels) {
    if (section == null) {
      return null;
    }
    if (section.has("score")) {
      section.choice("score", List.of("max-probability"));
    }
    boolean below = section.choice("unassigned-when", List.of("below", "above")).equals("below");
    double at = section.share("at");
    List<String> none = section.texts("labels");
    for (String label : none) {
      if (labels.stream().noneMatch(known -> known.label().equals(label))) {
        throw section.error("labels", "names '" + label + "', which is no label of the head");
      }
    }
    @Nullable Double tpr = null;
    @Nullable Double fpr = null;
    @Nullable Section calibration = section.sectionOrNull("calibration");
    if (calibration != null) {
      tpr = calibration.shareOrNull("true-positive-rate");
      fpr = calibration.shareOrNull("false-positive-rate");
    }
    section.end();
    return new HeadSpec.Reject(below, at, none, tpr, fpr);
  }

  private static List<Double> thresholds(Section section, HeadSpec.Kind kind, int labels) {
    @Nullable Object value = section.value("thresholds");
    List<Double> thresholds = value == null ? List.of() : numbers(section, "thresholds", value);
    if (value instanceof Number) {
      thresholds = Collections.nCopies(labels, thresholds.get(0));
    }
    if (kind == HeadSpec.Kind.MULTI_LABEL ? thresholds.size() != labels : !thresholds.isEmpty()) {
      throw section.error(
          "thresholds",
          kind == HeadSpec.Kind.MULTI_LABEL
              ? "must give a number for each of the " + labels + " labels"
              : "goes with multi-label heads only");
    }
    return thresholds;
  }

  private static HeadSpec.@Nullable Sets sets(@Nullable Section section, IntSupplier labels) {
    if (section == null) {
      return null;
    }
    section.choice("method", List.of("split-conformal"));
    double coverage = section.share("coverage");
    @Nullable Object value = section.value("quantiles");
    if (value != null && section.has("quantile")) {
      throw section.error("quantile", "and quantiles exclude each other; give one of them");
    }
    List<Double> given =
        value == null ? List.of(section.share("quantile")) : numbers(section, "quantiles", value);
    // Asked for last: what is wrong with the labels would hide what is wrong here.
    int count = labels.getAsInt();
    if (value != null && given.size() != count) {
      throw section.error(
          "quantiles", "must give a number for each of the " + count + " labels, in their order");
    }
    List<Double> quantiles = value == null ? Collections.nCopies(count, given.get(0)) : given;
    section.end();
    return new HeadSpec.Sets(coverage, quantiles, value != null);
  }

  /** Numbers from 0 to 1. */
  private static List<Double> numbers(Section section, String key, Object value) {
    List<Double> numbers = new ArrayList<>();
    for (Object item : value instanceof List<?> list ? list : List.of(value)) {
      if (!(item instanceof Number number)) {
        throw section.error(key, "must be a number, or a list with a number per label");
      }
      double share = number.doubleValue();
      if (!(share >= 0 && share <= 1)) {
        throw section.error(key, "holds " + share + "; numbers from 0 to 1 are expected");
      }
      numbers.add(share);
    }
    return List.copyOf(numbers);
  }

  /** The map of the report; a bundle without the section has none. */
  public ReportSpec report() {
    @Nullable Section section = root.sectionOrNull("report");
    if (section == null) {
      return ReportSpec.NONE;
    }
    ReportSpec.@Nullable Projector projector = null;
    @Nullable Section projecting = section.sectionOrNull("projector");
    if (projecting != null) {
      GraphRef graph = graphRef("report.projector", projecting, Map.of());
      @Nullable String output = projecting.textOrNull("output");
      projecting.end();
      projector = new ReportSpec.Projector(graph, output);
    }
    ReportSpec.@Nullable Background background = null;
    @Nullable Section stored = section.sectionOrNull("background");
    if (stored != null) {
      if (projector == null) {
        throw section.error("background", "needs a projector, which places records beside it");
      }
      background = background(stored);
    }
    section.end();
    return new ReportSpec(projector, background);
  }

  private ReportSpec.Background background(Section section) {
    String file = BundleFiles.checked(section.text("file"), card + ": report.background.file");
    String sha256 = sha256(section);
    @Nullable String named = section.textOrNull("head");
    section.end();
    List<HeadSpec> labelled =
        heads().values().stream()
            .filter(head -> head.kind() != HeadSpec.Kind.REGRESSION)
            .filter(head -> named == null || head.name().equals(named))
            .toList();
    if (labelled.size() != 1) {
      throw section.error(
          "head",
          named == null
              ? "must say which head's labels the file has"
              : "names '" + named + "', which is no head with labels");
    }
    return new ReportSpec.Background(file, sha256, labelled.get(0));
  }

  /**
   * The content of the background, its digest compared.
   *
   * @throws RibonnxException bundle, if it is another file than the one that was sealed
   */
  public ByteBuffer content(ReportSpec.Background background) {
    requireFile(background.file(), "report.background.file");
    return sealed(
        background.file(),
        background.sha256(),
        RibonnxException.bundle(card + ": report.background.sha256"));
  }

  /**
   * How scores are explained, by head; empty where the bundle does not say.
   *
   * @throws RibonnxException bundle, if an entry is no explanation of a head
   */
  public Map<String, ExplainSpec> explain() {
    Map<String, ExplainSpec> all = new LinkedHashMap<>();
    Map<String, Section> sections = root.sections("explain");
    if (sections.isEmpty()) {
      return all;
    }
    Map<String, HeadSpec> heads = heads();
    sections.forEach(
        (name, section) ->
            attempt(
                () -> {
                  @Nullable HeadSpec head = heads.get(name);
                  if (head == null) {
                    throw root.error(
                        "explain." + name, "names no head; the heads are " + heads.keySet());
                  }
                  all.put(name, explain(head, section));
                }));
    return all;
  }

  private ExplainSpec explain(HeadSpec head, Section section) {
    String method = section.choice("method", List.of("contributions", "occlusion"));
    @Nullable String view = section.textOrNull("view");
    if (view != null && !views().containsKey(view)) {
      throw section.error(
          "view", "is '" + view + "', which is no view; there are " + views().keySet());
    }
    String where = "explain." + head.name();
    if (method.equals("contributions")) {
      GraphRef graph = graphRef(where, section, Map.of());
      String output = section.text("output");
      String difference = section.text("difference");
      if (output.equals(difference)) {
        throw section.error("difference", "is the output with the contributions");
      }
      String rule = words(section, "rule");
      String unit = words(section, "unit");
      section.end();
      return new ExplainSpec.Contributions(head, graph, output, difference, rule, unit, view);
    }
    int window = section.integer("window", 0, 1, RowShape.MOST_BYTES);
    int step = section.integer("step", 1, 1, RowShape.MOST_BYTES);
    if (window == 0 && section.has("step")) {
      throw section.error("step", "goes with a window");
    }
    ExplainSpec.@Nullable Groups groups = null;
    @Nullable Section named = section.sectionOrNull("groups");
    if (named != null) {
      if (window > 0) {
        throw section.error("groups", "and a window exclude each other");
      }
      String file = BundleFiles.checked(named.text("file"), card + ": " + where + ".groups.file");
      groups = new ExplainSpec.Groups(file, sha256(named), where + ".groups");
      named.end();
    }
    section.end();
    return new ExplainSpec.Occlusion(head, groups, window, step, view);
  }

  /** Words for a line of the log; empty where there are none. */
  private static String words(Section section, String key) {
    @Nullable String text = section.textOrNull(key);
    if (text != null && (text.length() > MAX_WORDS || text.matches("(?s).*\\p{Cntrl}.*"))) {
      throw section.error(key, "must be a few words on one line");
    }
    return text == null ? "" : text;
  }

  /**
   * The content of a table of groups, its digest compared.
   *
   * @throws RibonnxException bundle, if it is another file than the one that was sealed
   */
  public ByteBuffer content(ExplainSpec.Groups groups) {
    requireFile(groups.file(), groups.where() + ".file");
    return sealed(
        groups.file(),
        groups.sha256(),
        RibonnxException.bundle(card + ": " + groups.where() + ".sha256"));
  }

  /** The digest that a section states; empty where it is to be written. */
  private String sha256(Section section) {
    @Nullable String sha256 = section.textOrNull("sha256");
    if (!sealing && (sha256 == null || !SHA256.matcher(sha256).matches())) {
      complain(
          section.error(
              "sha256",
              (sha256 == null ? "is missing" : "is no SHA-256 in lower-case hexadecimal")
                  + "; 'ribonnx model seal' writes it"));
      return "";
    }
    return sha256 == null ? "" : sha256;
  }

  private GraphRef graphRef(String where, Section section, Map<String, String> otherwise) {
    String file = BundleFiles.checked(section.text("graph"), card + ": " + where + ".graph");
    String sha256 = sha256(section);
    each(
        () -> section.textMap("inputs"),
        () -> batch(section),
        () -> cpuOnly(section),
        () -> grid(section),
        () -> lengths(section));
    Map<String, String> inputs = section.has("inputs") ? section.textMap("inputs") : otherwise;
    GraphRef.Batch batch = batch(section);
    @Nullable Grid grid = grid(section);
    if (grid != null && section.value("batch") != null) {
      throw section.error("batch", "stands in each entry of the grid, where there is one");
    }
    return new GraphRef(
        file, sha256, where, inputs, batch, cpuOnly(section), grid, lengths(section), viewFacts());
  }

  private static GraphRef.Batch batch(Section section) {
    GraphRef.Batch usual = new GraphRef.Batch(16, 256);
    @Nullable Section sizes = section.sectionOrNull("batch");
    if (sizes == null) {
      return usual;
    }
    GraphRef.Batch batch =
        new GraphRef.Batch(
            batchSize(sizes, "cpu", usual.cpu()), batchSize(sizes, "cuda", usual.cuda()));
    sizes.end();
    return batch;
  }

  private static boolean cpuOnly(Section section) {
    return section.has("device") && section.choice("device", List.of("cpu", "any")).equals("cpu");
  }

  private static Map<String, String> lengths(Section section) {
    if (section.value("lengths") instanceof Map<?, ?>) {
      return section.textMap("lengths");
    }
    return section.has("lengths") ? Map.of(section.text("lengths"), "") : Map.of();
  }

  private static @Nullable Grid grid(Section section) {
    if (!section.has("grid")) {
      return null;
    }
    List<Grid.Cell> cells = new ArrayList<>();
    for (Section entry : section.entries("grid")) {
      int length = entry.integer("length", -1, 1, RowShape.MOST_BYTES);
      if (length < 0 || (!cells.isEmpty() && length <= cells.get(cells.size() - 1).length())) {
        throw entry.error("length", length < 0 ? "is missing" : "must be above the one before it");
      }
      GraphRef.Batch batch;
      if (entry.value("batch") instanceof Map<?, ?>) {
        Section sizes = entry.section("batch");
        batch = new GraphRef.Batch(cellBatch(sizes, "cpu", 16), cellBatch(sizes, "cuda", 16));
        sizes.end();
      } else {
        int size = cellBatch(entry, "batch", 16);
        batch = new GraphRef.Batch(size, size);
      }
      entry.end();
      cells.add(new Grid.Cell(length, batch));
    }
    if (cells.isEmpty()) {
      throw section.error("grid", "is empty");
    }
    return new Grid(List.copyOf(cells));
  }

  private static int cellBatch(Section section, String key, int otherwise) {
    int size = section.integer(key, otherwise, 1, 1 << 16);
    if (size % 16 != 0 && 16 % size != 0) {
      throw section.error(key, "is " + size + "; 1, 2, 4, 8 or a multiple of 16 is expected");
    }
    return size;
  }

  /**
   * Pad and longest record of each view, as they are written: a graph is read without checking the
   * views, which another step does.
   */
  private Map<String, GraphRef.ViewFacts> viewFacts() {
    Map<String, GraphRef.ViewFacts> facts = new LinkedHashMap<>();
    if (document.get("views") instanceof Map<?, ?> all) {
      all.forEach(
          (name, view) -> {
            if (view instanceof Map<?, ?> keys) {
              int pad = keys.get("pad") instanceof Long value ? value.intValue() : 0;
              int max = keys.get("max") instanceof Long value ? value.intValue() : 0;
              facts.put(String.valueOf(name), new GraphRef.ViewFacts(pad, max));
            }
          });
    }
    return facts;
  }

  private static int batchSize(Section batch, String key, int otherwise) {
    int size = batch.integer(key, otherwise, 16, 1 << 16);
    if (size % 16 != 0) {
      throw batch.error(key, "is " + size + ", which is no multiple of 16");
    }
    return size;
  }

  /**
   * Loads a graph of the bundle: digest compared, structure read, refused if it does what a bundle
   * must not.
   *
   * @throws RibonnxException bundle, with the reason
   */
  public GraphFile graph(GraphRef ref) {
    requireFile(ref.file(), ref.where() + ".graph");
    ByteBuffer content =
        sealed(
            ref.file(),
            ref.sha256(),
            RibonnxException.bundle(card + ": " + ref.where() + ".sha256"));
    String called = files.called(ref.file());
    GraphInfo info =
        review == null
            ? GraphInfo.read(called, content)
            : GraphInfo.review(called, content, review);
    return new GraphFile(called, content, files.location(ref.file()), info);
  }

  /**
   * Compares a graph with its digest, for a section that shares the graph of another.
   *
   * @throws RibonnxException bundle, if it is another file than the one that was sealed
   */
  public void checkDigest(GraphRef ref) {
    requireFile(ref.file(), ref.where() + ".graph");
    checkDigest(
        ref.file(), ref.sha256(), RibonnxException.bundle(card + ": " + ref.where() + ".sha256"));
  }

  /**
   * The stored test of the bundle.
   *
   * @param input example that is run
   * @param expected tensor file with what every step must give
   * @param absolute largest absolute difference
   * @param relative largest difference relative to the expected value
   */
  public record StoredTest(String input, String expected, double absolute, double relative) {}

  /** The stored test; null where there is none. */
  public @Nullable StoredTest storedTest() {
    @Nullable Section section = root.sectionOrNull("test");
    if (section == null) {
      return null;
    }
    String input = BundleFiles.checked(section.text("input"), card + ": test.input");
    @Nullable String expected = section.textOrNull("expected");
    @Nullable Double absolute = section.numberOrNull("absolute");
    @Nullable Double relative = section.numberOrNull("relative");
    if (absolute != null && absolute < 0) {
      throw section.error("absolute", "is " + absolute + "; it can't be below 0");
    }
    if (relative != null && relative < 0) {
      throw section.error("relative", "is " + relative + "; it can't be below 0");
    }
    section.end();
    return new StoredTest(
        input,
        expected == null
            ? "test/expected.npz"
            : BundleFiles.checked(expected, card + ": test.expected"),
        absolute == null ? 1e-4 : absolute,
        relative == null ? 1e-3 : relative);
  }

  /** Every graph that a section names. */
  public List<GraphRef> graphs() {
    List<GraphRef> graphs = new ArrayList<>();
    embed().values().forEach(spec -> graphs.add(spec.graph()));
    @Nullable GraphRef fusing = fuse().graph();
    if (fusing != null) {
      graphs.add(fusing);
    }
    heads().values().forEach(head -> graphs.add(head.graph()));
    ReportSpec.@Nullable Projector projector = report().projector();
    if (projector != null) {
      graphs.add(projector.graph());
    }
    explain().values().stream()
        .filter(ExplainSpec.Contributions.class::isInstance)
        .forEach(spec -> graphs.add(((ExplainSpec.Contributions) spec).graph()));
    return graphs;
  }

  // ---- stages
  // -------------------------------------------------------------------------------------------------------

  /** Digest of what encoding does: two bundles with the same digest make the same features. */
  private String encodeDigest() {
    Map<String, @Nullable Object> stage = new LinkedHashMap<>();
    stage.put("inputs", document.get("inputs"));
    stage.put("views", document.get("views"));
    return Digest.of(Tree.canonicalJson(stage));
  }

  /**
   * Digest of everything up to the step {@code encode}, {@code embed} or {@code fuse}; empty for
   * others.
   */
  public String digestOf(String step) {
    return switch (step) {
      case "encode" -> encodeDigest();
      case "embed" -> next(encodeDigest(), "embed");
      case "fuse" -> next(digestOf("embed"), "fuse");
      default -> "";
    };
  }

  private String next(String before, String section) {
    Map<String, @Nullable Object> stage = new LinkedHashMap<>();
    stage.put("before", before);
    stage.put(section, document.get(section));
    return Digest.of(Tree.canonicalJson(stage));
  }

  /** Digest of model.yaml, which names the digests of all else. */
  public String cardDigest() {
    return Digest.of(files.content(CARD));
  }

  @Override
  public void close() {
    files.close();
  }
}
