package org.ribonnx.fuse;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.block.Column;
import org.ribonnx.core.block.GraphStep;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.FuseSpec;
import org.ribonnx.core.bundle.GraphRef;
import org.ribonnx.core.cli.Log;
import org.ribonnx.core.cli.TensorCommand;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.io.TemporaryFile;
import org.ribonnx.core.npz.NamedArrays;
import org.ribonnx.core.npz.TensorMeta;
import org.ribonnx.core.npz.TensorSource;
import org.ribonnx.core.onnx.Graph;
import org.ribonnx.core.onnx.GraphInfo;
import org.ribonnx.core.onnx.OnnxRuntime;
import org.ribonnx.core.run.RunRecord;
import org.ribonnx.core.tensor.DType;
import org.ribonnx.core.tensor.RowShape;

/**
 * The third step: the views of a record become one. {@code concat} joins them in the order of the
 * bundle, {@code mean} is their arithmetic mean, a graph does what it was trained for, {@code
 * identity} lets all pass. What becomes of a record that lacks a view, a policy says.
 */
public final class Fuse implements TensorCommand.Step {
  /** Name of this step's views in a block. */
  public static final String STEP = "fuse";

  /** The views as they go into the graph, with what stands in for missing ones. */
  private static final String WHOLE = "whole";

  /** No view has such a name. */
  private static final String PRESENT = "=present";

  /** Largest difference of a row of attention from 1. */
  private static final double SUM_TOLERANCE = 1e-3;

  /**
   * What the user decides.
   *
   * @param batchSize records per run; 0: as the bundle says
   * @param missing what becomes of records that lack a view; null: as the bundle says
   * @param attention whether the weights of attention are wanted
   */
  public record Options(int batchSize, FuseSpec.@Nullable Policy missing, boolean attention) {
    /** Everything as the bundle says. */
    public Options(int batchSize) {
      this(batchSize, null, false);
    }
  }

  private final String from;
  private final FuseSpec spec;
  private final String cardName;
  private final List<String> views;
  private final Map<String, RowShape> shapes = new LinkedHashMap<>();
  private final Set<String> absent = new TreeSet<>();
  private final FuseSpec.Policy policy;
  private final MissingViews missing;

  /** View → the vector that stands in for it. */
  private final Map<String, float[]> values;

  private final Map<String, RowShape> produces = new LinkedHashMap<>();
  private final @Nullable Graph graph;
  private final @Nullable GraphStep step;
  private final @Nullable AttentionFile attentionFile;

  /** As below; the weights of attention, where they are wanted, go nowhere else. */
  public Fuse(
      Bundle bundle,
      OnnxRuntime runtime,
      String from,
      Map<String, RowShape> given,
      Options options) {
    this(bundle, runtime, from, given, options, null);
  }

  /**
   * @param from name of the step before
   * @param given the views it made
   * @param attentionFile that the weights of attention of each finished block go to, committed with
   *     the fused views; null: none
   * @throws RibonnxException bundle, if the method or graph does not fit the views; input, if a
   *     view is not given that nothing stands in for; usage, if the bundle can't do what is asked
   *     for
   */
  public Fuse(
      Bundle bundle,
      OnnxRuntime runtime,
      String from,
      Map<String, RowShape> given,
      Options options,
      @Nullable AttentionFile attentionFile) {
    this.from = from;
    this.attentionFile = attentionFile;
    this.spec = bundle.fuse();
    this.cardName = bundle.cardName();
    this.policy = policy(bundle, options.missing());
    FuseSpec.@Nullable Values stored = spec.missing().values();
    this.values = stored == null ? Map.of() : values(bundle, stored);
    GraphRef ref = spec.graph();
    graph = ref == null ? null : runtime.open(bundle.graph(ref), ref.cpuOnly());
    try {
      Map<String, RowShape> ordered = ordered(bundle, given);
      this.views = fused(bundle, ordered);
      findShapes(bundle, ordered);
      checkValues();
      this.missing = new MissingViews(policy, views, absent);
      step = ref == null || graph == null ? null : step(runtime, ref, graph, ordered, options);
    } catch (RuntimeException e) {
      if (graph != null) {
        graph.close();
      }
      throw e;
    }
    if (step != null) {
      produces.putAll(step.produces());
      return;
    }
    if (options.attention()) {
      throw FuseSpec.noAttention(cardName);
    }
    switch (spec.method()) {
      case "identity" -> views.forEach(view -> produces.put(view, shape(view)));
      case "concat", "mean" -> produces.put(FuseSpec.VIEW, new RowShape(DType.FLOAT32, width()));
      default -> throw new IllegalStateException(spec.method());
    }
  }

  private FuseSpec.Policy policy(Bundle bundle, FuseSpec.@Nullable Policy asked) {
    if (asked == null) {
      return spec.missing().policy();
    }
    List<FuseSpec.Policy> possible = spec.missing().possible();
    if (!possible.contains(asked)) {
      throw RibonnxException.usage(
          "--missing "
              + asked.label()
              + ": the model "
              + bundle.name()
              + " has no "
              + (asked == FuseSpec.Policy.MEAN ? "stored means" : "graph that takes a mask")
              + "; it can do "
              + String.join(", ", possible.stream().map(FuseSpec.Policy::label).toList()));
    }
    return asked;
  }

  // ---- views
  // -----------------------------------------------------------------------------------------------------------------

  /** The views in the order of the bundle, whatever order a file holds them in. */
  private static Map<String, RowShape> ordered(Bundle bundle, Map<String, RowShape> given) {
    Map<String, RowShape> ordered = new LinkedHashMap<>();
    for (String name : bundle.viewNames()) {
      @Nullable RowShape shape = given.get(name);
      if (shape != null) {
        ordered.put(name, shape);
      }
    }
    given.forEach(ordered::putIfAbsent);
    return ordered;
  }

  /** The views that become one: those that the graph reads, or all of the bundle. */
  private List<String> fused(Bundle bundle, Map<String, RowShape> given) {
    Set<String> fused = new LinkedHashSet<>();
    GraphRef ref = spec.graph();
    if (ref != null && !ref.inputs().isEmpty()) {
      fused.addAll(ref.inputs().values());
      // A name that is none is told by what binds the graph.
      fused.removeIf(view -> !given.containsKey(view) && !bundle.viewNames().contains(view));
    } else {
      fused.addAll(given.keySet());
      if (ref == null && !spec.isIdentity()) {
        fused = new LinkedHashSet<>(bundle.viewNames());
        fused.addAll(given.keySet());
      }
    }
    return List.copyOf(fused);
  }

  private RowShape shape(String view) {
    return Objects.requireNonNull(shapes.get(view));
  }

  private void findShapes(Bundle bundle, Map<String, RowShape> given) {
    for (String view : views) {
      @Nullable RowShape shape = given.get(view);
      if (shape == null) {
        absent.add(view);
      } else {
        shapes.put(view, shape);
      }
    }
    if (!absent.isEmpty() && (!policy.fills() || absent.size() == views.size())) {
      String first = absent.iterator().next();
      throw RibonnxException.input(
          "no file given holds the view '"
              + first
              + "', which the model "
              + bundle.name()
              + " fuses; there are "
              + given.keySet()
              + "; give the file that holds it too (ribonnx-embed --view "
              + first
              + ")");
    }
    for (String view : absent) {
      shapes.put(view, shapeOfAbsent(view));
    }
    for (String view : views) {
      if (policy.fills() && shape(view).varies()) {
        throw RibonnxException.bundle(
            cardName
                + ": fuse.missing.policy "
                + policy.label()
                + " needs views of one length, but '"
                + view
                + "' is "
                + shape(view));
      }
    }
  }

  /** What the stored vector or the graph says of a view that no file has. */
  private RowShape shapeOfAbsent(String view) {
    float @Nullable [] value = values.get(view);
    if (value != null) {
      return new RowShape(DType.FLOAT32, value.length);
    }
    GraphRef ref = spec.graph();
    if (graph != null && ref != null) {
      for (GraphInfo.Port port : graph.info().inputs()) {
        if (view.equals(ref.inputs().get(port.name())) && port.type() != null) {
          int[] axes = new int[port.dims().length - 1];
          boolean fixed = true;
          for (int i = 0; i < axes.length; i++) {
            axes[i] = (int) Math.min(RowShape.MOST_BYTES, port.dims()[i + 1]);
            fixed &= axes[i] > 0;
          }
          if (fixed) {
            return new RowShape(port.type(), axes);
          }
        }
      }
    }
    throw RibonnxException.bundle(
        cardName
            + ": fuse: the width of the view '"
            + view
            + "', which no file holds, can't be told; export the graph with a fixed width");
  }

  private Map<String, float[]> values(Bundle bundle, FuseSpec.Values stored) {
    try (TemporaryFile copy = TemporaryFile.of(".npz", bundle.content(stored))) {
      try {
        return NamedArrays.vectors(copy.path());
      } catch (RibonnxException e) {
        throw RibonnxException.bundle(
            valuesAt(stored) + e.line().replace(copy.path() + ": ", ""), e);
      }
    }
  }

  private String valuesAt(FuseSpec.Values stored) {
    return cardName + ": fuse.missing.values (" + stored.file() + "): ";
  }

  private void checkValues() {
    FuseSpec.@Nullable Values stored = spec.missing().values();
    if (stored == null) {
      return;
    }
    for (String view : views) {
      float @Nullable [] value = values.get(view);
      RowShape shape = shape(view);
      if (value == null) {
        throw RibonnxException.bundle(
            valuesAt(stored) + "lacks the view '" + view + "'; it holds " + values.keySet());
      }
      if (shape.type() != DType.FLOAT32
          || shape.axes().length != 1
          || shape.axes()[0] != value.length) {
        throw RibonnxException.bundle(
            valuesAt(stored)
                + "'"
                + view
                + "' is float32 ["
                + value.length
                + "], but the view is "
                + shape
                + " per record");
      }
      for (float number : value) {
        if (!Float.isFinite(number)) {
          throw RibonnxException.bundle(
              valuesAt(stored)
                  + "'"
                  + view
                  + "' holds "
                  + number
                  + "; a finite number is expected");
        }
      }
    }
  }

  // ---- methods
  // ---------------------------------------------------------------------------------------------------------------

  private GraphStep step(
      OnnxRuntime runtime,
      GraphRef ref,
      Graph opened,
      Map<String, RowShape> given,
      Options options) {
    Map<String, RowShape> bound = new LinkedHashMap<>(given);
    bound.putAll(shapes);
    GraphRef whole = ref;
    @Nullable String input = spec.missing().input();
    if (input != null) {
      checkMask(opened.info(), input);
      whole = ref.withInput(input, PRESENT);
      bound.put(PRESENT, new RowShape(DType.FLOAT32, views.size()));
    }
    String output = spec.output() == null ? "" : spec.output();
    Map<String, String> wanted = new LinkedHashMap<>();
    wanted.put(output, FuseSpec.VIEW);
    FuseSpec.@Nullable Attention attention = spec.attention();
    if (attention != null) {
      checkAttention(opened.info(), attention);
    }
    if (options.attention()) {
      if (attention == null) {
        throw FuseSpec.noAttention(cardName);
      }
      wanted.put(attention.output(), FuseSpec.ATTENTION);
    }
    return new GraphStep(
        opened,
        whole,
        WHOLE,
        bound,
        STEP,
        wanted,
        spec.width() == null ? Map.of() : Map.of(output, spec.width()),
        ref.batchFor(runtime, options.batchSize()));
  }

  private static GraphInfo.@Nullable Port port(List<GraphInfo.Port> ports, String name) {
    return ports.stream().filter(port -> port.name().equals(name)).findFirst().orElse(null);
  }

  private void checkMask(GraphInfo info, String input) {
    GraphInfo.@Nullable Port port = port(info.inputs(), input);
    if (port == null) {
      throw RibonnxException.bundle(
          cardName
              + ": fuse.missing.input is '"
              + input
              + "', but the graph has the inputs "
              + info.inputs().stream().map(GraphInfo.Port::name).toList());
    }
    long[] dims = port.dims();
    if (port.type() != DType.FLOAT32
        || dims.length != 2
        || (dims[1] > 0 && dims[1] != views.size())) {
      throw RibonnxException.bundle(
          cardName
              + ": fuse.missing.input '"
              + input
              + "' is "
              + port.signature()
              + "; float32 [?, "
              + views.size()
              + "] is expected, a number per view "
              + views);
    }
  }

  private void checkAttention(GraphInfo info, FuseSpec.Attention attention) {
    GraphInfo.@Nullable Port port = port(info.outputs(), attention.output());
    if (port == null) {
      throw RibonnxException.bundle(
          cardName
              + ": fuse.attention.output is '"
              + attention.output()
              + "', but the graph has the outputs "
              + info.outputs().stream().map(GraphInfo.Port::name).toList());
    }
    long[] dims = port.dims();
    if (port.type() != DType.FLOAT32
        || dims.length != 3
        || dims[1] != attention.queries().size()
        || dims[2] != attention.tokens().size()) {
      throw RibonnxException.bundle(
          cardName
              + ": fuse.attention.output '"
              + attention.output()
              + "' is "
              + port.signature()
              + "; float32 [?, "
              + attention.queries().size()
              + ", "
              + attention.tokens().size()
              + "] is expected, queries and tokens");
    }
  }

  private int width() {
    int sum = 0;
    int first = -1;
    for (String view : views) {
      RowShape shape = shape(view);
      if (shape.type() != DType.FLOAT32 || shape.axes().length != 1 || shape.varies()) {
        throw RibonnxException.bundle(
            cardName
                + ": fuse.method "
                + spec.method()
                + " needs float32 views of one axis and one length, but '"
                + view
                + "' is "
                + shape);
      }
      first = first < 0 ? shape.axes()[0] : first;
      if (spec.method().equals("mean") && shape.axes()[0] != first) {
        throw RibonnxException.bundle(
            cardName
                + ": fuse.method mean needs views of one width, but '"
                + view
                + "' is "
                + shape);
      }
      sum += shape.axes()[0];
    }
    return spec.method().equals("mean") ? first : sum;
  }

  /** The largest number of records that the graph takes at a time. */
  public static int largestBatch(Bundle bundle, OnnxRuntime runtime, int asked) {
    @Nullable GraphRef graph = bundle.fuse().graph();
    return graph == null ? Block.ROWS : graph.batchFor(runtime, asked);
  }

  @Override
  public Map<String, RowShape> produces() {
    return produces;
  }

  /** The views that are fused, in the order of the graph's inputs or of the bundle. */
  public List<String> views() {
    return views;
  }

  /** Whether records are fused that lack a view. */
  public boolean fills() {
    return missing.fills();
  }

  // ---- running
  // ---------------------------------------------------------------------------------------------------------------

  @Override
  public void apply(Block block) {
    boolean lacking = missing.decide(block, from);
    for (String view : views) {
      boolean filled = (lacking || absent.contains(view)) && fill(block, view);
      block.alias(WHOLE + "/" + view, (filled ? "filled" : from) + "/" + view);
    }
    if (step != null) {
      if (spec.missing().input() != null) {
        mask(block);
      }
      step.apply(block);
      checkAttention(block);
    } else if (spec.isIdentity()) {
      for (String view : views) {
        block.alias(STEP + "/" + view, from + "/" + view);
      }
    } else {
      join(block);
    }
  }

  /**
   * Makes a copy of a view in which something stands in for missing rows.
   *
   * @return false if no row that is fused is missing, and there is no copy
   */
  private boolean fill(Block block, String view) {
    boolean none = !absent.contains(view);
    for (int row = 0; row < block.size(); row++) {
      none &= block.status(row) != 0 || missing.status(block, row, from, view) == 0;
    }
    if (none) {
      return false;
    }
    RowShape shape = shape(view);
    Column to = block.column("filled/" + view, shape.type(), shape.axes());
    for (int row = 0; row < block.size(); row++) {
      if (missing.status(block, row, from, view) == 0) {
        block.column(from + "/" + view).copyRow(row, to, row);
        continue;
      }
      float @Nullable [] value = policy == FuseSpec.Policy.MEAN ? values.get(view) : null;
      if (value == null) {
        for (int at = row * to.rowBytes(); at < (row + 1) * to.rowBytes(); at++) {
          to.data().put(at, (byte) 0);
        }
      } else {
        for (int i = 0; i < value.length; i++) {
          to.number(row, i, value[i]);
        }
      }
    }
    return true;
  }

  /** Says of each record which views are there; what a mean stands in for is. */
  private void mask(Block block) {
    Column present = block.column(WHOLE + "/" + PRESENT, DType.FLOAT32, views.size());
    for (int row = 0; row < block.size(); row++) {
      for (int i = 0; i < views.size(); i++) {
        boolean there =
            policy != FuseSpec.Policy.MASK || missing.status(block, row, from, views.get(i)) == 0;
        present.number(row, i, there ? 1 : 0);
      }
    }
  }

  private void join(Block block) {
    RowShape shape = Objects.requireNonNull(produces.get(FuseSpec.VIEW));
    Column fused = block.column(STEP + "/" + FuseSpec.VIEW, shape.type(), shape.axes());
    List<Column> columns = new ArrayList<>();
    views.forEach(view -> columns.add(block.column(WHOLE + "/" + view)));
    for (int row = 0; row < block.size(); row++) {
      if (block.status(row) != 0) {
        fused.blankRow(row);
      } else if (spec.method().equals("concat")) {
        int at = row * fused.rowBytes();
        for (Column column : columns) {
          fused.data().put(at, column.data(), row * column.rowBytes(), column.rowBytes());
          at += column.rowBytes();
        }
      } else {
        mean(columns, fused, row);
      }
    }
  }

  private static void mean(List<Column> columns, Column fused, int row) {
    int at = row * fused.rowBytes();
    ByteBuffer to = fused.data();
    for (int i = 0; i < fused.rowBytes(); i += Float.BYTES) {
      // Summed as double in the order of the bundle, so the result does not depend on anything
      // else.
      double sum = 0;
      for (Column column : columns) {
        sum += column.data().getFloat(at + i);
      }
      to.putFloat(at + i, (float) (sum / columns.size()));
    }
  }

  /**
   * Checks that the weights of attention of a block's records are shares: each row sums to 1.
   *
   * @throws RibonnxException bundle, naming the first row that does not
   */
  private void checkAttention(Block block) {
    FuseSpec.@Nullable Attention attention = spec.attention();
    if (attention == null || !produces.containsKey(FuseSpec.ATTENTION)) {
      return;
    }
    Column column = block.column(STEP + "/" + FuseSpec.ATTENTION);
    int tokens = attention.tokens().size();
    for (int row = 0; row < block.size(); row++) {
      for (int query = 0; block.status(row) == 0 && query < attention.queries().size(); query++) {
        double sum = 0;
        for (int token = 0; token < tokens; token++) {
          double weight = column.number(row, query * tokens + token);
          if (weight < 0) {
            throw RibonnxException.bundle(
                cardName
                    + ": fuse.attention: the weight of '"
                    + attention.queries().get(query)
                    + "' for '"
                    + attention.tokens().get(token)
                    + "' is "
                    + weight
                    + " for record '"
                    + block.id(row)
                    + "'; a number from 0 on is expected");
          }
          sum += weight;
        }
        if (!(Math.abs(sum - 1) <= SUM_TOLERANCE)) {
          throw RibonnxException.bundle(
              cardName
                  + ": fuse.attention: the weights of '"
                  + attention.queries().get(query)
                  + "' sum to "
                  + sum
                  + " for record '"
                  + block.id(row)
                  + "'; 1 is expected");
        }
      }
    }
  }

  // ---- records that lack views
  // ---------------------------------------------------------------------------------------------

  @Override
  public void look(TensorSource records) {
    look(records, from);
  }

  /**
   * As {@link #look(TensorSource)}, of views that another step made.
   *
   * @param step its name in the blocks
   */
  public void look(TensorSource records, String step) {
    missing.refuse(records, step);
  }

  @Override
  public void accept(Block block) {
    missing.count(block, from);
    if (attentionFile != null) {
      attentionFile.accept(block);
    }
  }

  @Override
  public void finish(TensorMeta meta) {
    if (attentionFile != null) {
      attentionFile.commit(meta);
    }
  }

  @Override
  public TensorMeta meta(TensorMeta before) {
    return missing.fills() ? before.withAllNames() : before;
  }

  @Override
  public void report(RunRecord record, Log log) {
    missing.report(record, log);
  }

  @Override
  public void close() {
    if (graph != null) {
      graph.close();
    }
  }
}
