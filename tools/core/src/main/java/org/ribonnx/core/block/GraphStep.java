package org.ribonnx.core.block;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.GraphRef;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.onnx.Graph;
import org.ribonnx.core.onnx.GraphInfo;
import org.ribonnx.core.tensor.DType;
import org.ribonnx.core.tensor.RowShape;
import org.ribonnx.core.tensor.TensorView;

/**
 * Runs a graph over the usable records of a block, in batches that are a multiple of {@link
 * Block#ROWS}. Reads and writes the block's columns in place; only where a block holds unusable
 * records are the usable ones gathered first.
 */
public final class GraphStep implements Pipeline.Step<Block> {

  private record Binding(String port, String column, DType type, int[] rowShape) {}

  private final Graph graph;
  private final int batch;
  private final boolean fixedBatch;
  private final List<Binding> inputs = new ArrayList<>();
  private final List<Binding> outputs = new ArrayList<>();

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
    GraphInfo info = graph.info();
    Map<String, String> named = ref.inputs();
    if (named.isEmpty()) {
      if (info.inputs().size() != 1 || views.size() != 1) {
        throw bad(ref, "inputs must say which view goes into which of " + names(info.inputs()));
      }
      named = Map.of(info.inputs().get(0).name(), views.keySet().iterator().next());
    }
    long fixed = -1;
    for (Map.Entry<String, String> entry : named.entrySet()) {
      GraphInfo.Port port = port(ref, info.inputs(), entry.getKey(), "input");
      @Nullable RowShape view = views.get(entry.getValue());
      if (view == null) {
        throw bad(
            ref, "inputs names the view '" + entry.getValue() + "'; there are " + views.keySet());
      }
      boolean fits = port.type() == view.type() && port.dims().length == view.axes().length + 1;
      for (int i = 0; fits && i < view.axes().length; i++) {
        fits = port.dims()[i + 1] < 0 || port.dims()[i + 1] == view.axes()[i];
      }
      if (!fits) {
        throw bad(
            ref,
            "input '"
                + port.name()
                + "' is "
                + port.signature()
                + ", but the view '"
                + entry.getValue()
                + "' is "
                + view
                + " per record");
      }
      fixed = port.dims()[0] > 0 ? port.dims()[0] : fixed;
      inputs.add(
          new Binding(
              port.name(), from + "/" + entry.getValue(), view.type(), view.axes().clone()));
    }
    for (GraphInfo.Port port : info.inputs()) {
      if (!named.containsKey(port.name())) {
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
    this.fixedBatch = fixed > 0;
    this.batch = fixed > 0 ? (int) fixed : batch;
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
              + "; a tensor with a record per row is expected");
    }
    int[] row = new int[dims.length - 1];
    for (int i = 0; i < row.length; i++) {
      long length = dims[i + 1] < 0 && width != null && row.length == 1 ? width : dims[i + 1];
      if (length < 1 || length > 1 << 24) {
        throw bad(
            ref,
            "output '"
                + port.name()
                + "' is "
                + port.signature()
                + "; model.yaml must state its width");
      }
      row[i] = (int) length;
    }
    long bytes = port.type().bytes();
    for (int length : row) {
      bytes = Math.min(bytes * length, 1L << 32);
    }
    if (bytes > RowShape.MOST_BYTES) {
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
    return new Binding(port.name(), column, port.type(), row);
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

  @Override
  public void apply(Block block) {
    if (block.allUsable()) {
      for (int from = 0; from < block.size(); from += batch) {
        int rows = rows(block.size() - from);
        run(block, "", from, rows);
      }
      return;
    }
    int[] usable = new int[block.size()];
    int count = 0;
    for (int row = 0; row < block.size(); row++) {
      if (block.status(row) == 0) {
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
      in.put(input.port(), column.rows(from, rows));
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
}
