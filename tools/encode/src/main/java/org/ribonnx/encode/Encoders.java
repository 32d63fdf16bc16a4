package org.ribonnx.encode;

import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.InputSpec;
import org.ribonnx.core.bundle.ViewSpec;
import org.ribonnx.core.io.RibonnxException;

/** The encoders there are, by name and revision. A new encoder is a class and a line here. */
final class Encoders {
  /** Makes the encoder of a view; checks its options. */
  interface Factory {
    ViewEncoder of(ViewSpec view, EncoderOptions options);
  }

  /**
   * Encoders that another jar on the class path brings. The installation has none: this is how
   * tests stand in for a later release.
   */
  interface More {
    Map<String, Factory> encoders();
  }

  private static final Map<String, Factory> OF_SEQUENCES =
      Map.ofEntries(
          Map.entry(CodingEncoder.NAME, CodingEncoder::of),
          Map.entry(KmersEncoder.NAME, KmersEncoder::of),
          Map.entry(LengthEncoder.NAME, LengthEncoder::of),
          Map.entry(DipeptidesEncoder.NAME, DipeptidesEncoder::of),
          Map.entry(TranslationEncoder.NAME, TranslationEncoder::of),
          Map.entry(NucleotidesEncoder.NAME, NucleotidesEncoder::of));

  private static final Map<String, Factory> OF_TABLES =
      Map.of(ExpressionEncoder.NAME, ExpressionEncoder::of);

  private static final Map<String, Factory> ALL = new TreeMap<>(OF_SEQUENCES);

  static {
    ALL.putAll(OF_TABLES);
  }

  private Encoders() {}

  /**
   * The full name of an encoder: {@code nucleotides} becomes its newest revision.
   *
   * @throws RibonnxException usage, if there is none of that name
   */
  static String named(String name) {
    @Nullable String newest = null;
    int revision = 0;
    for (String known : ALL.keySet()) {
      int at = known.indexOf('@');
      int of = Integer.parseInt(known.substring(at + 1));
      if (known.equals(name)) {
        return known;
      }
      if (known.substring(0, at).equals(name) && of > revision) {
        newest = known;
        revision = of;
      }
    }
    if (newest == null) {
      throw RibonnxException.usage(
          "there is no encoder '"
              + name
              + "'; this release has "
              + String.join(", ", ALL.keySet()));
    }
    return newest;
  }

  /** The kind of input that an encoder reads, by its full name. */
  static String kindOf(String name) {
    return OF_TABLES.containsKey(name) ? TableSource.KIND : SequenceSource.KIND;
  }

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
      // Looked for only here, since it takes time at every start.
      Map<String, Factory> all = new TreeMap<>(ALL);
      ServiceLoader.load(More.class).forEach(more -> all.putAll(more.encoders()));
      factory = all.get(view.encoder());
      if (factory == null) {
        throw RibonnxException.bundle(
            bundle.cardName()
                + ": views."
                + view.name()
                + ".encoder is '"
                + view.encoder()
                + "'; this release has "
                + String.join(", ", all.keySet()));
      }
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
