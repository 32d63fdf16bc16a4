package org.ribonnx.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.GraphRef;
import org.ribonnx.core.bundle.InputSpec;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.onnx.GraphInfo;
import org.ribonnx.core.onnx.OnnxRuntime;
import org.ribonnx.encode.Encode;

/** Looks for all problems of a bundle, section by section, where a run would stop at the first. */
final class BundleCheck {
  /** What a card must say before others can judge a model. */
  private static final List<String> CARD =
      List.of("licence", "authors", "cite", "training-data", "metrics", "intended-use", "limits");

  private final Bundle bundle;
  private final OnnxRuntime runtime;
  private final List<String> problems = new ArrayList<>();

  BundleCheck(Bundle bundle, OnnxRuntime runtime) {
    this.bundle = bundle;
    this.runtime = runtime;
  }

  List<String> problems() {
    check(this::inputs);
    check(bundle::views);
    check(() -> Encode.check(bundle));
    check(bundle::fuse);
    check(bundle::heads);
    check(bundle::report);
    check(this::graphs);
    if (problems.isEmpty()) {
      // Fits the graphs together; says little where a section can't be read at all.
      check(
          () -> {
            try (Chain chain = new Chain(bundle, runtime, 0, false)) {
              chain.checkMap(bundle, runtime);
            }
          });
    }
    check(this::test);
    check(this::digests);
    card();
    return problems;
  }

  private void check(Runnable part) {
    try {
      part.run();
    } catch (RibonnxException e) {
      if (!problems.contains(e.line())) {
        problems.add(e.line());
      }
    }
  }

  private void inputs() {
    for (InputSpec input : bundle.inputs().values()) {
      @Nullable String example = input.example();
      if (example != null && !bundle.hasFile(example)) {
        problems.add(
            bundle.cardName()
                + ": inputs."
                + input.name()
                + ".example names "
                + example
                + ", which is not there");
      }
    }
  }

  private void graphs() {
    for (GraphRef graph : bundle.graphs()) {
      check(
          () -> {
            GraphInfo info = bundle.graph(graph).info();
            for (GraphInfo.Port port : info.inputs()) {
              if (port.dims().length > 0 && port.dims()[0] > 0) {
                problems.add(
                    graph.file()
                        + ": input '"
                        + port.name()
                        + "' is "
                        + port.signature()
                        + "; export it with a dynamic batch axis, which is faster");
              }
            }
          });
    }
  }

  private void test() {
    Bundle.@Nullable StoredTest test = bundle.storedTest();
    if (test == null) {
      problems.add(
          bundle.cardName() + ": test is missing; name an input and run 'ribonnx model seal'");
      return;
    }
    for (String file : List.of(test.input(), test.expected())) {
      if (!bundle.hasFile(file)) {
        problems.add(bundle.cardName() + ": test names " + file + ", which is not there");
      }
    }
  }

  private void digests() {
    for (String file : bundle.looseFiles()) {
      if (bundle.hasDigest(file)) {
        check(() -> bundle.file(file));
      } else if (bundle.labelFiles().contains(file)) {
        problems.add(
            bundle.cardName()
                + ": digests."
                + file
                + " is missing; 'ribonnx model seal' writes it");
      }
    }
  }

  private void card() {
    Map<String, @Nullable Object> card = bundle.cardContent();
    for (String key : CARD) {
      if (card.get(key) == null) {
        problems.add(bundle.cardName() + ": card." + key + " is missing");
      }
    }
  }
}
