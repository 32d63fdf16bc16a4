package org.ribonnx.cli;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.ribonnx.classify.Classify;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.block.Column;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.cli.Log;
import org.ribonnx.core.io.IoErrors;
import org.ribonnx.core.io.OutputFile;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.io.Spool;
import org.ribonnx.core.npz.TensorFileReader;
import org.ribonnx.core.npz.TensorFileWriter;
import org.ribonnx.core.npz.TensorMeta;
import org.ribonnx.core.onnx.OnnxRuntime;
import org.ribonnx.core.tensor.DType;
import org.ribonnx.core.tensor.Half;
import org.ribonnx.core.tensor.RowShape;
import org.ribonnx.embed.Embed;
import org.ribonnx.encode.Encode;
import org.ribonnx.encode.records.SequenceInput;
import org.ribonnx.fuse.Fuse;
import org.ribonnx.report.Projection;

/**
 * Runs a bundle's stored input through every step, to store what each gives or to compare with what
 * is stored. Views are named {@code step.view} in the stored file.
 */
final class StoredRun {
  /**
   * How a step's result differs from the stored one.
   *
   * @param view {@code step.view}
   * @param largest largest absolute difference
   * @param passed whether every value is within the tolerance
   */
  record Comparison(String view, double largest, boolean passed) {
    String line() {
      return String.format(
          Locale.ROOT, "%s\t%s\tlargest difference %.3g", view, passed ? "ok" : "FAILED", largest);
    }
  }

  private final Bundle bundle;
  private final OnnxRuntime runtime;
  private final Log log;
  private final Bundle.StoredTest test;

  StoredRun(Bundle bundle, OnnxRuntime runtime, Log log) {
    this.bundle = bundle;
    this.runtime = runtime;
    this.log = log;
    Bundle.@Nullable StoredTest stored = bundle.storedTest();
    if (stored == null) {
      throw RibonnxException.bundle(
          bundle.cardName() + ": test is missing; it names an input and what it must give");
    }
    this.test = stored;
  }

  private interface Use<T> {
    T of(TensorFileReader features, Chain chain, @Nullable Projection projection);
  }

  /** Writes the results; returns where they are. */
  Path store() {
    Path target = bundle.path().resolve(test.expected());
    return with(
        (features, chain, projection) -> {
          Map<String, RowShape> views = views(chain, projection);
          try (TensorFileWriter writer = new TensorFileWriter(target, views, StoredRun::column)) {
            TensorMeta meta = features.meta();
            Classify.Work work = chain.newWork();
            while (features.fill(work.block())) {
              chain.apply(work, meta.status(), meta.flags());
              if (projection != null) {
                projection.apply(work.block());
              }
              writer.accept(work.block());
            }
            writer.finish(
                new TensorMeta("expected", bundle.name(), Map.of(), meta.status(), meta.flags()));
          }
          return target;
        });
  }

  /** Compares every view of every step. */
  List<Comparison> compare() {
    if (!bundle.hasFile(test.expected())) {
      throw RibonnxException.bundle(
          bundle.path().resolve(test.expected()) + ": is missing; 'ribonnx model seal' writes it");
    }
    Path stored = copied(test.expected(), ".npz");
    try (TensorFileReader expected = new TensorFileReader(stored)) {
      return with((features, chain, projection) -> compare(features, chain, projection, expected));
    } finally {
      delete(stored);
    }
  }

  private List<Comparison> compare(
      TensorFileReader features,
      Chain chain,
      @Nullable Projection projection,
      TensorFileReader expected) {
    Map<String, RowShape> views = views(chain, projection);
    expected.want(views, StoredRun::column);
    if (expected.records() != features.records()) {
      throw RibonnxException.bundle(
          test.expected()
              + ": holds "
              + expected.records()
              + " records, but "
              + test.input()
              + " has "
              + features.records());
    }
    Map<String, Double> largest = new LinkedHashMap<>();
    Map<String, Boolean> passed = new LinkedHashMap<>();
    Classify.Work work = chain.newWork();
    Block want = new Block(work.block().capacity());
    while (features.fill(work.block()) && expected.fill(want, work.block().size())) {
      chain.apply(work, features.meta().status(), features.meta().flags());
      if (projection != null) {
        projection.apply(work.block());
      }
      for (String view : views.keySet()) {
        compare(work.block(), want, view, largest, passed);
      }
    }
    List<Comparison> comparisons = new ArrayList<>();
    for (String view : views.keySet()) {
      comparisons.add(
          new Comparison(
              view,
              Objects.requireNonNull(largest.get(view)),
              Objects.requireNonNull(passed.get(view))));
    }
    return comparisons;
  }

  private void compare(
      Block found,
      Block want,
      String view,
      Map<String, Double> largest,
      Map<String, Boolean> passed) {
    Column a = found.column(column(view));
    Column b = want.column(column(view));
    double most = 0;
    boolean within = true;
    for (int row = 0; row < found.size(); row++) {
      within &= found.id(row).equals(want.id(row)) && found.status(row) == want.status(row);
      within &= a.bytes(row) == b.bytes(row);
      int end = Math.min(a.bytes(row), b.bytes(row));
      for (int at = 0; at < end; at += a.type().bytes()) {
        double x = value(a.type(), a.data(), a.place(row) + at);
        double y = value(b.type(), b.data(), b.place(row) + at);
        if (Double.compare(x, y) != 0) {
          double difference = Math.abs(x - y);
          most = Math.max(most, difference);
          within &= difference <= test.absolute() + test.relative() * Math.abs(y);
        }
      }
    }
    largest.merge(view, most, Math::max);
    passed.merge(view, within, Boolean::logicalAnd);
  }

  private static double value(DType type, ByteBuffer data, int at) {
    return switch (type) {
      case BOOL, UINT8 -> data.get(at) & 0xff;
      case INT8 -> data.get(at);
      case INT16 -> data.getShort(at);
      case UINT16 -> data.getShort(at) & 0xffff;
      case INT32 -> data.getInt(at);
      case UINT32 -> data.getInt(at) & 0xffffffffL;
      case INT64 -> data.getLong(at);
      case FLOAT16 -> Half.toFloat(data.getShort(at));
      case FLOAT32 -> data.getFloat(at);
      case FLOAT64 -> data.getDouble(at);
    };
  }

  private <T> T with(Use<T> use) {
    Path input = copied(test.input(), ".input");
    Path features = temporary(".npz");
    try {
      Encode.Options options =
          new Encode.Options(
              List.of(input.toString()), SequenceInput.Format.AUTO, false, false, false, 1);
      new Encode(bundle, options, new ByteArrayInputStream(new byte[0])).run(features, log, false);
      try (TensorFileReader reader = new TensorFileReader(features, false);
          Chain chain = new Chain(bundle, runtime, 0, false);
          @Nullable Projection projection = chain.projection(bundle, runtime)) {
        reader.want(Encode.STEP, reader.mainViews());
        return use.of(reader, chain, projection);
      }
    } finally {
      delete(input);
      delete(features);
    }
  }

  private static Map<String, RowShape> views(Chain chain, @Nullable Projection projection) {
    Map<String, RowShape> views = new LinkedHashMap<>();
    chain.features().forEach((name, shape) -> views.put(Encode.STEP + "." + name, shape));
    chain.embeddings().forEach((name, shape) -> views.put(Embed.STEP + "." + name, shape));
    chain.fused().forEach((name, shape) -> views.put(Fuse.STEP + "." + name, shape));
    chain
        .classify()
        .produces()
        .forEach((name, shape) -> views.put(Classify.STEP + "." + name, shape));
    if (projection != null) {
      projection
          .produces()
          .forEach((name, shape) -> views.put(Projection.STEP + "." + name, shape));
    }
    return views;
  }

  private static String column(String view) {
    return view.replaceFirst("\\.", "/");
  }

  /** A file of the bundle, which may be inside a zip, as a file of its own. */
  private Path copied(String name, String suffix) {
    Path copy = temporary(suffix);
    try (OutputFile output = OutputFile.create(copy)) {
      ByteBuffer content = bundle.file(name);
      while (content.hasRemaining()) {
        output.channel().write(content);
      }
      output.commit();
      return copy;
    } catch (IOException e) {
      throw IoErrors.writing(copy.toString(), e);
    }
  }

  private static Path temporary(String suffix) {
    try {
      return Files.createTempFile(Spool.folder(), "ribonnx-", suffix);
    } catch (IOException e) {
      throw IoErrors.writing("temporary file in " + Spool.folder() + " (see TMPDIR)", e);
    }
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw IoErrors.writing(file.toString(), e);
    }
  }
}
