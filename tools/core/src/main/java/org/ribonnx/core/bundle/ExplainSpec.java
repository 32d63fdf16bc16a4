package org.ribonnx.core.bundle;

import org.jspecify.annotations.Nullable;

/** How the scores of a head are explained: by a graph of the bundle, or by leaving things out. */
public sealed interface ExplainSpec {
  /** The head that is explained. */
  HeadSpec head();

  /** The view whose positions get the values; null: the only one that can be meant. */
  @Nullable String view();

  /**
   * A graph from views, as encoding wrote them, to what each position adds to each label.
   *
   * @param head the head
   * @param graph the graph
   * @param output graph output with the contributions: float [N, labels, positions]
   * @param difference graph output with f(record) − f(reference), their sum: float [N, labels]
   * @param rule how they were found, in words; empty where it is not stated
   * @param unit what they are measured in; empty where it is not stated
   * @param view view whose positions they belong to
   */
  record Contributions(
      HeadSpec head,
      GraphRef graph,
      String output,
      String difference,
      String rule,
      String unit,
      @Nullable String view)
      implements ExplainSpec {}

  /**
   * The score of a record less its score with a part blanked. No graph of its own is needed.
   *
   * @param head the head
   * @param groups features that are blanked together; null: each by itself
   * @param window positions that are blanked together, a stretch of a sequence; 0: none is stated
   * @param step positions from one window to the next
   * @param view view that is blanked
   */
  record Occlusion(
      HeadSpec head, @Nullable Groups groups, int window, int step, @Nullable String view)
      implements ExplainSpec {}

  /**
   * A table with the columns {@code feature} and {@code group}.
   *
   * @param file path inside the bundle
   * @param sha256 digest that the file must have; empty where a bundle is being sealed
   * @param where path of its section in model.yaml, for messages
   */
  record Groups(String file, String sha256, String where) {}
}
