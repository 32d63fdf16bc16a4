package org.ribonnx.core.bundle;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.io.RibonnxException;

/**
 * How the views of a record become one.
 *
 * @param method {@code identity}, {@code concat}, {@code mean} or {@code graph}
 * @param graph the graph, where the method is {@code graph}
 * @param output the graph's output that is the fused view; null: its only one
 * @param width that the fused view must have; null: as the graph says
 * @param missing what becomes of a record that lacks a view
 * @param attention weights that the graph returns beside the fused view; null: none
 */
public record FuseSpec(
    String method,
    @Nullable GraphRef graph,
    @Nullable String output,
    @Nullable Integer width,
    Missing missing,
    @Nullable Attention attention) {
  /** Name of the view that fusing makes. */
  public static final String VIEW = "fused";

  /** Name of the weights beside it: float32 [queries, tokens] per record. */
  public static final String ATTENTION = VIEW + ".attention";

  /** What becomes of a record that has some of the views and lacks others. */
  public enum Policy {
    /** It ends the run. */
    FAIL,
    /** It can't be used. */
    UNUSABLE,
    /** A stored vector stands in for the view. */
    MEAN,
    /** Zeros stand in for the view, and an input of the graph says so. */
    MASK;

    /** As model.yaml and the command line write it. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** Whether something stands in for a missing view, so that the record is fused without it. */
    public boolean fills() {
      return this == MEAN || this == MASK;
    }

    static List<String> labels() {
      return Arrays.stream(values()).map(Policy::label).toList();
    }
  }

  /**
   * What is done about missing views.
   *
   * @param policy what the bundle asks for
   * @param input the graph's input, float32 [records, views], that has 1 for a view that is there
   *     and 0 for one that is not, in the order of the graph's inputs; null: it has none
   * @param values the stored vectors; null: there are none
   */
  public record Missing(Policy policy, @Nullable String input, @Nullable Values values) {
    static final Missing USUAL = new Missing(Policy.UNUSABLE, null, null);

    /** The policies that the bundle can follow, its own or one that a user prefers. */
    public List<Policy> possible() {
      List<Policy> possible = new ArrayList<>(List.of(Policy.FAIL, Policy.UNUSABLE));
      if (values != null) {
        possible.add(Policy.MEAN);
      }
      if (input != null) {
        possible.add(Policy.MASK);
      }
      return possible;
    }
  }

  /**
   * A file with a float32 [width] array per view.
   *
   * @param file path inside the bundle
   * @param sha256 digest that it must have; empty where a bundle is being sealed
   */
  public record Values(String file, String sha256) {}

  /**
   * Weights of attention: float32 [records, queries, tokens], each row over the tokens sums to 1.
   *
   * @param output the graph's output
   * @param queries what asks
   * @param tokens what is looked at
   */
  public record Attention(String output, List<String> queries, List<String> tokens) {}

  /**
   * What to throw where a user wants weights of attention of a model that returns none.
   *
   * @param cardName where the bundle's description stands
   */
  public static RibonnxException noAttention(String cardName) {
    return RibonnxException.usage(
        "--attention: the model returns no weights; " + cardName + " has no fuse.attention");
  }

  public boolean isIdentity() {
    return method.equals("identity");
  }
}
