package org.ribonnx.core.npz;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.block.RecordFlag;
import org.ribonnx.core.block.RecordStatus;

/**
 * What a tensor file says of itself (its member {@code meta.json}).
 *
 * @param kind {@code features}, {@code embeddings}, {@code fused}; empty in a file that is not ours
 * @param model bundle as {@code id@version}; empty in a file that is not ours
 * @param stages step → digest of what it did, for the steps the records have passed
 * @param status names of the statuses, by number
 * @param flags names of the bits of {@code flags}
 */
public record TensorMeta(
    String kind,
    String model,
    Map<String, String> stages,
    List<String> status,
    List<String> flags) {
  static final TensorMeta NONE = new TensorMeta("", "", Map.of(), List.of("ok"), List.of());

  /**
   * The same with all statuses and flags of this release, for a step that gives records new ones;
   * unchanged where the file has others at their places.
   */
  public TensorMeta withAllNames() {
    return new TensorMeta(
        kind,
        model,
        stages,
        longer(status, RecordStatus.labels()),
        longer(flags, RecordFlag.labels()));
  }

  private static List<String> longer(List<String> known, List<String> all) {
    boolean begins = known.size() <= all.size() && all.subList(0, known.size()).equals(known);
    return begins ? all : known;
  }

  Map<String, @Nullable Object> toTree(Map<String, @Nullable Object> views) {
    Map<String, @Nullable Object> tree = new LinkedHashMap<>();
    tree.put("format", 1L);
    tree.put("kind", kind);
    tree.put("model", model);
    tree.put("stages", stages);
    tree.put("views", views);
    tree.put("status", status);
    tree.put("flags", flags);
    return tree;
  }

  static TensorMeta ofTree(@Nullable Object tree) {
    if (!(tree instanceof Map<?, ?> map) || !Long.valueOf(1).equals(map.get("format"))) {
      throw new IllegalArgumentException("meta.json is not of format 1");
    }
    Map<String, String> stages = new LinkedHashMap<>();
    if (map.get("stages") instanceof Map<?, ?> entries) {
      entries.forEach((stage, digest) -> stages.put(String.valueOf(stage), String.valueOf(digest)));
    }
    List<String> status = texts(map.get("status"));
    if (status.isEmpty() || status.size() > 256) {
      throw new IllegalArgumentException("meta.json lists " + status.size() + " statuses");
    }
    return new TensorMeta(
        String.valueOf(map.get("kind")),
        String.valueOf(map.get("model")),
        stages,
        status,
        texts(map.get("flags")));
  }

  private static List<String> texts(@Nullable Object value) {
    List<String> texts = new ArrayList<>();
    if (value instanceof List<?> list) {
      for (Object item : list) {
        texts.add(String.valueOf(item));
      }
    }
    return texts;
  }
}
