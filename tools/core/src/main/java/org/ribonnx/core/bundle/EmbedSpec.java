package org.ribonnx.core.bundle;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a view becomes an embedding.
 *
 * @param view the view it replaces
 * @param graph the graph
 * @param outputs graph output → width (null: as the graph says); the first is the embedding, the
 *     others are extra
 */
public record EmbedSpec(String view, GraphRef graph, Map<String, @Nullable Integer> outputs) {
  /** The encoded views that it is made from. */
  public List<String> reads() {
    return graph.inputs().isEmpty() ? List.of(view) : List.copyOf(graph.inputs().values());
  }
}
