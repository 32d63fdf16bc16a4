package org.ribonnx.core.block;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.GraphRef;
import org.ribonnx.core.bundle.Grid;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.onnx.Graph;
import org.ribonnx.core.onnx.GraphInfo;
import org.ribonnx.core.tensor.DType;
import org.ribonnx.core.tensor.Half;
import org.ribonnx.core.tensor.RowShape;
import org.ribonnx.core.tensor.TensorView;

/**
 * Runs a graph over the usable records of a block, in batches that are a multiple of {@link
 * Block#ROWS}. Reads and writes the block's columns in place; only where a block holds unusable
 * records are the usable ones gathered first.
 *
 * <p>Views of varying length are padded to a length of the graph's {@link Grid}: the shortest that
 * holds the record, whatever else is in the block. Records of one padded length share a run.
 */
public final class GraphStep implements Pipeline.Step<Block> {
  /** The operator whose result for a record depends on the other records of its run. */
  public static final String MIXING = "DynamicQuantizeLinear";

  /**
   * A graph's input or output and the column that it reads or writes.
   *
   * @param flat whether the graph knows no axis but the records', where the view has one of length
   *     1
   */
  private record Binding(
      String port,
      String column,
      DType type,
      int[] rowShape,
      boolean flat,
      GraphRef.ViewFacts fact) {
    RowShape shape() {
      return new RowShape(type, rowShape);
    }
  }

  /** A graph's input that takes the number of positions of a record's row. */
  private record Lengths(String port, DType type, boolean flat, Binding of) {}

  private record Batch(int length, int records) {}

  private final Graph graph;
  private final GraphRef ref;
  private final int batch;
  private final boolean fixedBatch;
  private final List<Binding> inputs = new ArrayList<>();
  private final List<Lengths> lengths = new ArrayList<>();
  private final List<Binding> outputs = new ArrayList<>();

  /** Padded lengths with their batches; one of length 0 where rows have equal size. */
  private final List<Batch> cells = new ArrayList<>();

  private final boolean padded;

  /**
   * Binds a graph to views, checking names, element types, ranks and widths.
   *
   * @param ref what model.yaml says of the graph
   * @param from step that the views come from
   * @param views the views there are
   * @param to step that the outputs belong to
   * @param wanted graph output → view to write; an empty name means its only output
   * @param widths graph output → width that model.yaml states
   * @param batch largest number of records per run
   */
  public GraphStep(
      Graph graph,
      GraphRef ref,
      String from,
      Map<String, RowShape> views,
      String to,
      Map<String, String> wanted,
      Map<String, @Nullable Integer> widths,
      int batch) {
    this.graph = graph;
    this.ref = ref;
    GraphInfo info = graph.info();
    Map<String, String> named = ref.inputs();
    if (named.isEmpty()) {
      List<GraphInfo.Port> open =
          info.inputs().stream().filter(port -> !ref.lengths().containsKey(port.name())).toList();
      if (open.size() != 1 || views.size() != 1) {
        throw bad(ref, "inputs must say which view goes into which of " + names(info.inputs()));
      }
      named = Map.of(open.get(0).name(), views.keySet().iterator().next());
    }
    long fixed = -1;
    for (Map.Entry<String, String> entry : named.entrySet()) {
      GraphInfo.Port port = port(ref, info.inputs(), entry.getKey(), "input");
      @Nullable RowShape view = views.get(entry.getValue());
      if (view == null) {
        throw bad(
            ref, "inputs names the view '" + entry.getValue() + "'; there are " + views.keySet());
      }
      inputs.add(input(ref, port, from, entry.getValue(), view));
      fixed = port.dims().length > 0 && port.dims()[0] > 0 ? port.dims()[0] : fixed;
    }
    for (Map.Entry<String, String> entry : ref.lengths().entrySet()) {
      lengths.add(
          lengths(ref, port(ref, info.inputs(), entry.getKey(), "input"), entry.getValue(), from));
    }
    for (GraphInfo.Port port : info.inputs()) {
      if (!named.containsKey(port.name()) && !ref.lengths().containsKey(port.name())) {
        throw bad(
            ref,
            "the graph also wants the input '" + port.name() + "', which inputs does not name");
      }
    }
    if (fixed > 0 && Block.ROWS % fixed != 0) {
      throw bad(
          ref,
          "the graph takes " + fixed + " records at a time; export it with a dynamic batch axis");
    }
    if (fixed < 0 && info.operators().containsKey(MIXING)) {
      // Its scale is that of the largest number among all records of a run.
      fixed = 1;
    }
    this.fixedBatch = fixed > 0;
    this.batch = fixed > 0 ? (int) fixed : batch;
    boolean varies = inputs.stream().anyMatch(input -> input.shape().varies());
    this.padded = varies || !lengths.isEmpty();
    cells(ref, varies);
    for (Map.Entry<String, String> entry : wanted.entrySet()) {
      GraphInfo.Port port;
      if (entry.getKey().isEmpty()) {
        if (info.outputs().size() != 1) {
          throw bad(ref, "output must say which of " + names(info.outputs()) + " is meant");
        }
        port = info.outputs().get(0);
      } else {
        port = port(ref, info.outputs(), entry.getKey(), "output");
      }
      outputs.add(output(ref, port, to + "/" + entry.getValue(), widths.get(entry.getKey())));
    }
  }

  private static Binding input(
      GraphRef ref, GraphInfo.Port port, String from, String view, RowShape shape) {
    int[] axes = shape.axes();
    long[] dims = port.dims();
    boolean flat = dims.length == 1 && axes.length == 1 && axes[0] == 1;
    boolean fits = port.type() == shape.type() && (flat || dims.length == axes.length + 1);
    for (int i = 0; fits && !flat && i < axes.length; i++) {
      fits = axes[i] == RowShape.VARYING || dims[i + 1] < 0 || dims[i + 1] == axes[i];
    }
    if (!fits) {
      throw bad(
          ref,
          "input '"
              + port.name()
              + "' is "
              + port.signature()
              + ", but the view '"
              + view
              + "' is "
              + shape
              + " per record");
    }
    if (shape.varies() && dims[1] > 0) {
      boolean same =
          ref.grid() != null
              && ref.grid().cells().stream().allMatch(cell -> cell.length() == dims[1]);
      if (!same) {
        throw bad(
            ref,
            "input '"
                + port.name()
                + "' is "
                + port.signature()
                + ", so the grid can have the length "
                + dims[1]
                + " alone; export it with a dynamic axis for more");
      }
    }
    return new Binding(
        port.name(), from + "/" + view, shape.type(), axes.clone(), flat, ref.fact(view));
  }

  private Lengths lengths(GraphRef ref, GraphInfo.Port port, String view, String from) {
    List<Binding> meant =
        inputs.stream()
            .filter(
                input ->
                    view.isEmpty()
                        ? input.rowShape().length > 0
                        : input.column().equals(from + "/" + view))
            .toList();
    if (view.isEmpty() && meant.size() > 1) {
      meant = meant.stream().filter(input -> input.shape().varies()).toList();
    }
    if (meant.size() != 1) {
      throw bad(
          ref,
          view.isEmpty()
              ? "lengths must say whose length is meant, as in {" + port.name() + ": VIEW}"
              : "lengths names the view '" + view + "', which is none of the graph's inputs");
    }
    Binding of = meant.get(0);
    if (!of.shape().varies() && of.type().bytes() > 1) {
      throw bad(
          ref,
          "lengths needs a view of varying length or of one-byte elements, whose padding can be told");
    }
    long[] dims = port.dims();
    boolean fits =
        (port.type() == DType.INT64 || port.type() == DType.INT32 || port.type() == DType.FLOAT32)
            && (dims.length == 1 || (dims.length == 2 && (dims[1] < 0 || dims[1] == 1)));
    if (!fits) {
      throw bad(
          ref,
          "input '"
              + port.name()
              + "' is "
              + port.signature()
              + "; for lengths, int64, int32 or float32 with a number per record is expected");
    }
    return new Lengths(port.name(), Objects.requireNonNull(port.type()), dims.length == 1, of);
  }

  private void cells(GraphRef ref, boolean varies) {
    @Nullable Grid grid = ref.grid();
    if (!varies) {
      if (grid != null) {
        throw bad(ref, "grid goes with views of varying length; none of its inputs is one");
      }
      cells.add(new Batch(0, batch));
      return;
    }
    if (grid == null) {
      throw bad(
          ref,
          "reads a view of varying length, so it needs a grid: the lengths that records are padded to, as in [{length: 512, batch: 64}, {length: 4096, batch: 8}]");
    }
    for (Binding input : inputs) {
      if (input.shape().varies() && input.fact().max() > grid.longest()) {
        throw bad(
            ref,
            "grid ends at "
                + grid.longest()
                + ", but the view '"
                + view(input)
                + "' has max "
                + input.fact().max());
      }
    }
    long rows = 0;
    for (Grid.Cell cell : grid.cells()) {
      int most = graph.isCuda() ? cell.batch().cuda() : cell.batch().cpu();
      int records = fixedBatch ? batch : Math.min(batch, most);
      cells.add(new Batch(cell.length(), records));
      for (Binding input : inputs) {
        if (input.shape().varies()) {
          rows = Math.max(rows, (long) cell.length() * records * input.shape().bytes());
        }
      }
    }
    if (rows > Integer.MAX_VALUE - 64) {
      throw bad(ref, "grid makes a run of " + rows + " bytes; lower its batch");
    }
  }

  private static String view(Binding binding) {
    return binding.column().substring(binding.column().indexOf('/') + 1);
  }

  private static Binding output(
      GraphRef ref, GraphInfo.Port port, String column, @Nullable Integer width) {
    long[] dims = port.dims();
    if (port.type() == null || dims.length < 1) {
      throw bad(
          ref,
          "output '"
              + port.name()
              + "' is "
              + port.signature()
              + "; a tensor with a record per row is expected"
              + remedy(port));
    }
    int[] row = new int[dims.length - 1];
    long elements = 1;
    for (int i = 0; i < row.length; i++) {
      long length = dims[i + 1] < 0 && width != null && row.length == 1 ? width : dims[i + 1];
      elements = Math.min(1L << 40, elements * Math.max(1, length));
      if (length < 1 || length > 1 << 24) {
        throw bad(
            ref,
            "output '"
                + port.name()
                + "' is "
                + port.signature()
                + (row.length == 1
                    ? "; model.yaml must state its width"
                    : "; a fixed shape per record is expected: export it with one"));
      }
      row[i] = (int) length;
    }
    if (elements * port.type().bytes() > RowShape.MOST_BYTES) {
      throw bad(
          ref,
          "output '"
              + port.name()
              + "' is "
              + port.signature()
              + ", which is over "
              + RowShape.MOST_BYTES
              + " bytes a record");
    }
    if (width != null && (row.length != 1 || row[0] != width)) {
      throw bad(
          ref,
          "output '"
              + port.name()
              + "' is "
              + port.signature()
              + ", but model.yaml says width "
              + width);
    }
    return new Binding(port.name(), column, port.type(), row, false, new GraphRef.ViewFacts(0, 0));
  }

  private static String remedy(GraphInfo.Port port) {
    return switch (port.kind()) {
      case "sequence of maps" -> "; export with skl2onnx and options={'zipmap': False}";
      case "text" -> "; name the output with the probabilities instead of the labels";
      default -> "";
    };
  }

  private static GraphInfo.Port port(
      GraphRef ref, List<GraphInfo.Port> ports, String name, String what) {
    for (GraphInfo.Port port : ports) {
      if (port.name().equals(name)) {
        return port;
      }
    }
    throw bad(
        ref, "names the " + what + " '" + name + "', but " + ref.file() + " has " + names(ports));
  }

  private static List<String> names(List<GraphInfo.Port> ports) {
    return ports.stream().map(GraphInfo.Port::name).toList();
  }

  private static RibonnxException bad(GraphRef ref, String what) {
    return RibonnxException.bundle("model.yaml: " + ref.where() + " (" + ref.file() + "): " + what);
  }

  /** The columns that this step writes. */
  public Map<String, RowShape> produces() {
    Map<String, RowShape> shapes = new LinkedHashMap<>();
    for (Binding output : outputs) {
      shapes.put(
          output.column().substring(output.column().indexOf('/') + 1),
          new RowShape(output.type(), output.rowShape()));
    }
    return shapes;
  }

  /** Runs the graph over the records that are usable as a whole. */
  @Override
  public void apply(Block block) {
    apply(block, row -> block.status(row) == 0);
  }

  /**
   * Runs the graph over the records whose views that it reads are usable, whatever their other
   * views are. Where those have a status of their own, the outputs have it too: the first that is
   * not usable.
   */
  public void applyToViews(Block block) {
    List<Column> from = inputs.stream().map(input -> block.column(input.column())).toList();
    apply(block, row -> status(block, from, row) == 0);
    boolean own = from.stream().anyMatch(Column::hasStatus);
    for (Binding output : outputs) {
      Column to = block.column(output.column());
      to.keepStatus(own);
      for (int row = 0; own && row < block.size(); row++) {
        to.status(row, status(block, from, row));
      }
    }
  }

  private static int status(Block block, List<Column> views, int row) {
    for (Column view : views) {
      int status = block.status(row, view);
      if (status != 0) {
        return status;
      }
    }
    return 0;
  }

  private void apply(Block block, IntPredicate usableRow) {
    for (Binding output : outputs) {
      block.column(output.column(), output.type(), output.rowShape());
    }
    if (padded) {
      applyPadded(block, usableRow);
      return;
    }
    if (IntStream.range(0, block.size()).allMatch(usableRow)) {
      for (int from = 0; from < block.size(); from += batch) {
        int rows = rows(block.size() - from);
        run(block, "", from, rows);
      }
      return;
    }
    int[] usable = new int[block.size()];
    int count = 0;
    for (int row = 0; row < block.size(); row++) {
      if (usableRow.test(row)) {
        usable[count++] = row;
      }
    }
    for (Binding input : inputs) {
      Column from = block.column(input.column());
      Column to = block.column("gathered/" + input.column(), input.type(), input.rowShape());
      for (int i = 0; i < count; i++) {
        from.copyRow(usable[i], to, i);
      }
    }
    for (int from = 0; from < count; from += batch) {
      run(block, "gathered/", from, rows(count - from));
    }
    for (Binding output : outputs) {
      Column from = block.column("gathered/" + output.column(), output.type(), output.rowShape());
      Column to = block.column(output.column(), output.type(), output.rowShape());
      for (int row = 0, next = 0; row < block.size(); row++) {
        if (next < count && usable[next] == row) {
          from.copyRow(next++, to, row);
        } else {
          to.blankRow(row);
        }
      }
    }
  }

  private int rows(int left) {
    return fixedBatch ? batch : Math.min(batch, Block.roundUp(left));
  }

  private void run(Block block, String prefix, int from, int rows) {
    Map<String, TensorView> in = new LinkedHashMap<>();
    for (Binding input : inputs) {
      Column column = block.column(prefix + input.column(), input.type(), input.rowShape());
      TensorView view = column.rows(from, rows);
      in.put(
          input.port(),
          input.flat() ? new TensorView(view.type(), new long[] {rows}, view.data()) : view);
    }
    Map<String, TensorView> out = new LinkedHashMap<>();
    for (Binding output : outputs) {
      out.put(
          output.port(),
          block
              .column(prefix + output.column(), output.type(), output.rowShape())
              .rows(from, rows));
    }
    graph.run(in, out);
  }

  // ---- padded runs
  // --------------------------------------------------------------------------------------------------

  private void applyPadded(Block block, IntPredicate usableRow) {
    int[] cellOf = new int[block.size()];
    for (int row = 0; row < block.size(); row++) {
      cellOf[row] = usableRow.test(row) ? cell(block, row) : -1;
    }
    List<Column> into = new ArrayList<>();
    for (Binding output : outputs) {
      Column column = block.column(output.column(), output.type(), output.rowShape());
      into.add(column);
      for (int row = 0; row < block.size(); row++) {
        if (cellOf[row] < 0) {
          column.blankRow(row);
        }
      }
    }
    for (int cell = 0; cell < cells.size(); cell++) {
      int[] rows = new int[cells.get(cell).records()];
      int count = 0;
      for (int row = 0; row < block.size(); row++) {
        if (cellOf[row] == cell) {
          rows[count++] = row;
          if (count == rows.length) {
            runPadded(block, cells.get(cell), rows, count, into);
            count = 0;
          }
        }
      }
      if (count > 0) {
        runPadded(block, cells.get(cell), rows, count, into);
      }
    }
  }

  /** The shortest padded length that holds the record. */
  private int cell(Block block, int row) {
    int longest = 0;
    Binding of = inputs.get(0);
    for (Binding input : inputs) {
      if (input.shape().varies()) {
        int length = block.column(input.column()).length(row);
        of = length > longest ? input : of;
        longest = Math.max(longest, length);
      }
    }
    for (int cell = 0; cell < cells.size(); cell++) {
      if (longest <= cells.get(cell).length() || cells.get(cell).length() == 0) {
        return cell;
      }
    }
    throw RibonnxException.input(
        "record '"
            + block.id(row)
            + "' has "
            + longest
            + " positions in the view '"
            + view(of)
            + "', but the grid of "
            + ref.where()
            + " ends at "
            + cells.get(cells.size() - 1).length());
  }

  /**
   * Runs {@code count} records at one padded length; the rows up to a whole batch repeat the last.
   */
  private void runPadded(Block block, Batch cell, int[] rows, int count, List<Column> into) {
    int unit = fixedBatch ? batch : Math.min(Block.ROWS, cell.records());
    int total = (count + unit - 1) / unit * unit;
    Map<String, TensorView> in = new LinkedHashMap<>();
    for (Binding input : inputs) {
      in.put(input.port(), gathered(block, input, cell, rows, count, total));
    }
    for (Lengths of : lengths) {
      in.put(of.port(), lengths(block, of, rows, count, total));
    }
    Map<String, TensorView> out = new LinkedHashMap<>();
    for (Binding output : outputs) {
      int bytes = output.shape().bytes();
      ByteBuffer data = memory(block, output.port(), "out", total * bytes);
      out.put(output.port(), new TensorView(output.type(), shape(output, 0, total), data));
    }
    graph.run(in, out);
    for (int i = 0; i < outputs.size(); i++) {
      Column column = into.get(i);
      int bytes = column.rowBytes();
      TensorView view = Objects.requireNonNull(out.get(outputs.get(i).port()));
      for (int row = 0; row < count; row++) {
        column.data().put(rows[row] * bytes, view.data(), row * bytes, bytes);
      }
    }
  }

  private ByteBuffer memory(Block block, String port, String what, int bytes) {
    return block
        .scratch(ref.where() + "/" + what + "/" + port, bytes)
        .slice(0, bytes)
        .order(ByteOrder.nativeOrder());
  }

  private static long[] shape(Binding binding, int length, int records) {
    int[] axes = binding.rowShape();
    long[] shape = new long[binding.flat() ? 1 : axes.length + 1];
    shape[0] = records;
    for (int i = 1; i < shape.length; i++) {
      shape[i] = axes[i - 1] == RowShape.VARYING ? length : axes[i - 1];
    }
    return shape;
  }

  private TensorView gathered(
      Block block, Binding input, Batch cell, int[] rows, int count, int total) {
    boolean varies = input.shape().varies();
    int bytes = input.shape().bytes() * (varies ? cell.length() : 1);
    ByteBuffer data = memory(block, input.port(), "in", total * bytes);
    Column column = block.column(input.column());
    for (int i = 0; i < total; i++) {
      int row = rows[Math.min(i, count - 1)];
      int filled = column.bytes(row);
      data.put(i * bytes, column.data(), column.place(row), filled);
      if (filled < bytes) {
        pad(data, i * bytes + filled, (i + 1) * bytes, input.type(), input.fact().pad());
      }
    }
    return new TensorView(input.type(), shape(input, cell.length(), total), data);
  }

  private static void pad(ByteBuffer data, int from, int to, DType type, int pad) {
    for (int at = from; at < to; at += type.bytes()) {
      number(data, at, type, pad);
    }
  }

  private static void number(ByteBuffer data, int at, DType type, int value) {
    switch (type) {
      case BOOL, INT8, UINT8 -> data.put(at, (byte) value);
      case INT16, UINT16 -> data.putShort(at, (short) value);
      case INT32, UINT32 -> data.putInt(at, value);
      case INT64 -> data.putLong(at, value);
      case FLOAT16 -> data.putShort(at, Half.of(value));
      case FLOAT32 -> data.putFloat(at, value);
      case FLOAT64 -> data.putDouble(at, value);
    }
  }

  private TensorView lengths(Block block, Lengths of, int[] rows, int count, int total) {
    int bytes = of.type().bytes();
    ByteBuffer data = memory(block, of.port(), "in", total * bytes);
    Column column = block.column(of.of().column());
    for (int i = 0; i < total; i++) {
      int row = rows[Math.min(i, count - 1)];
      int length = column.unpadded(row, of.of().fact().pad());
      number(data, i * bytes, of.type(), length);
    }
    return new TensorView(of.type(), of.flat() ? new long[] {total} : new long[] {total, 1}, data);
  }
}
