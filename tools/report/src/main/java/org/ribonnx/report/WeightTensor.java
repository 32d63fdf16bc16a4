package org.ribonnx.report;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.FuseSpec;

/** Weights of attention from a tensor file, that of the fused views or one of their own. */
final class WeightTensor extends RecordTensor implements Weights {
  private final FuseSpec.Attention attention;

  WeightTensor(Path file, Bundle bundle) {
    super(file, bundle, "weights of attention", List.of("attention", "fused"), REMEDY);
    FuseSpec.@Nullable Attention stated = bundle.fuse().attention();
    if (stated == null) {
      close();
      throw FuseSpec.noAttention(bundle.cardName());
    }
    attention = stated;
    int queries = attention.queries().size();
    int tokens = attention.tokens().size();
    want(
        FuseSpec.ATTENTION,
        "the weights of attention (" + FuseSpec.ATTENTION + ")",
        "write it again with --attention",
        "the model has "
            + Words.count(queries, "query", "queries")
            + " and "
            + Words.count(tokens, "token", "tokens"),
        queries,
        tokens);
  }

  @Override
  public List<String> queries() {
    return attention.queries();
  }

  @Override
  public List<String> tokens() {
    return attention.tokens();
  }

  @Override
  public double weight(int number) {
    return number(0, number);
  }
}
