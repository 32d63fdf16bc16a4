package org.ribonnx.encode;

import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.InputSpec;
import org.ribonnx.core.bundle.ViewSpec;
import org.ribonnx.core.io.RibonnxException;

/** The encoders there are, by name and revision. A new encoder is a class and a line here. */
final class Encoders {
  private interface Factory {
    ViewEncoder of(ViewSpec view, EncoderOptions options);
  }

  private static final Map<String, Factory> ALL =
      new TreeMap<>(
          Map.of(
              NucleotidesEncoder.NAME, NucleotidesEncoder::of,
              ExpressionEncoder.NAME, ExpressionEncoder::of));

  private Encoders() {}

  /**
   * The encoder of a view.
   *
   * @throws RibonnxException bundle, if there is none of that name and revision or its options are
   *     wrong
   */
  static ViewEncoder of(Bundle bundle, ViewSpec view) {
    EncoderOptions options = new EncoderOptions(bundle, view);
    @Nullable Factory factory = ALL.get(view.encoder());
    if (factory == null) {
      throw RibonnxException.bundle(
          bundle.cardName()
              + ": views."
              + view.name()
              + ".encoder is '"
              + view.encoder()
              + "'; this release has "
              + String.join(", ", ALL.keySet()));
    }
    ViewEncoder encoder = factory.of(view, options);
    for (String name : view.from()) {
      @Nullable InputSpec input = bundle.inputs().get(name);
      if (input != null && !input.kind().equals(encoder.kind())) {
        throw RibonnxException.bundle(
            options.where("")
                + "asks for "
                + view.encoder()
                + ", which"
                + " reads "
                + encoder.kind()
                + ", but the input '"
                + name
                + "' is of the kind "
                + input.kind());
      }
    }
    return encoder;
  }
}
