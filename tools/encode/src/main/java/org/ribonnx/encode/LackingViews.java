package org.ribonnx.encode;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.block.RecordStatus;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.EmbedSpec;
import org.ribonnx.core.bundle.GraphRef;

/**
 * Records that lack a view and have another one, of models that fuse them all the same ({@code
 * fuse.missing} with {@code mean} or {@code mask}): counted by view, since they are not unusable.
 */
final class LackingViews {
  /** What makes a record unusable whatever its views. */
  private static final Set<Integer> OF_RECORDS =
      Set.of(
          RecordStatus.WRONG_LETTER.number(),
          RecordStatus.BAD_ID.number(),
          RecordStatus.BAD_VALUE.number());

  private final List<String> views;
  private final boolean fills;

  /** Whether all views are encoded, so that it is known which records have none. */
  private final boolean whole;

  /** Views of which each that is fused is made. */
  private final List<Set<String>> fused = new ArrayList<>();

  private final Map<String, Long> counts = new LinkedHashMap<>();

  /**
   * @param encoded the views that are encoded
   */
  LackingViews(Bundle bundle, List<RecordSource.View> encoded) {
    views = encoded.stream().map(view -> view.spec().name()).toList();
    fills = bundle.fuse().missing().policy().fills();
    whole = views.size() == bundle.views().size();
    GraphRef graph = bundle.fuse().graph();
    Set<String> read = graph == null ? Set.of() : new HashSet<>(graph.inputs().values());
    for (String view : bundle.views().keySet()) {
      @Nullable EmbedSpec embed = bundle.embed().get(view);
      if (read.isEmpty() || read.contains(view)) {
        fused.add(embed == null ? Set.of(view) : Set.copyOf(embed.reads()));
      }
    }
  }

  /** Takes note of a record; returns its status as a whole, ok where other views may be there. */
  int status(Block block, int row) {
    int status = block.status(row);
    if (status == 0 || !fills || OF_RECORDS.contains(status)) {
      return status;
    }
    Set<String> there = new HashSet<>();
    for (String view : views) {
      if (block.status(row, block.column(Encode.STEP + "/" + view)) == 0) {
        there.add(view);
      }
    }
    boolean some = fused.stream().anyMatch(there::containsAll);
    if (whole && !some) {
      return status;
    }
    for (String view : views) {
      if (!there.contains(view)) {
        counts.merge(view, 1L, Long::sum);
      }
    }
    return 0;
  }

  /** View → number of records that lack it, in the order of the bundle. */
  Map<String, Long> counts() {
    Map<String, Long> ordered = new LinkedHashMap<>();
    for (String view : views) {
      @Nullable Long count = counts.get(view);
      if (count != null) {
        ordered.put(view, count);
      }
    }
    return ordered;
  }
}
