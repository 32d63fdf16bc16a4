package org.ribonnx.core.bundle;

import org.jspecify.annotations.Nullable;

/**
 * How the views of a record become one.
 *
 * @param method {@code identity}, {@code concat}, {@code mean} or {@code graph}
 * @param graph the graph, where the method is {@code graph}
 * @param output the graph's output that is the fused view; null: its only one
 * @param width that the fused view must have; null: as the graph says
 * @param missing what a missing view does to its record: {@code fail} or {@code unusable}
 */
public record FuseSpec(
    String method,
    @Nullable GraphRef graph,
    @Nullable String output,
    @Nullable Integer width,
    String missing) {
  /** Name of the view that fusing makes. */
  public static final String VIEW = "fused";

  public boolean isIdentity() {
    return method.equals("identity");
  }
}
