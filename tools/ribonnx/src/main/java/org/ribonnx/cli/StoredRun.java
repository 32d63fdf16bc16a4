package org.ribonnx.cli;

import java.io.ByteArrayInputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.ribonnx.classify.Classify;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.block.Column;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.HeadSpec;
import org.ribonnx.core.cli.Log;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.io.TemporaryFile;
import org.ribonnx.core.npz.TensorFileReader;
import org.ribonnx.core.npz.TensorFileWriter;
import org.ribonnx.core.npz.TensorMeta;
import org.ribonnx.core.onnx.GraphInfo;
import org.ribonnx.core.onnx.OnnxRuntime;
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
   * @param mismatch the first value beyond the tolerance, in words; null: none
   */
  record Comparison(String view, double largest, @Nullable String mismatch) {
    boolean passed() {
      return mismatch == null;
    }

    String line() {
      return String.format(
          Locale.ROOT,
          "%s\t%s\tlargest difference %.3g%s",
          view,
          passed() ? "ok" : "FAILED",
          largest,
          mismatch == null ? "" : "\t" + mismatch);
    }
  }

  /** The differences of a view, as they are met. */
  private final class Differences {
    private final String view;
    private double largest;
    private @Nullable String mismatch;

    Differences(String view) {
      this.view = view;
    }

    void add(double found, double expected, Supplier<String> where) {
      if (Double.compare(found, expected) == 0) {
        return;
      }
      double difference = Math.abs(found - expected);
      double allowed = test.absolute() + test.relative() * Math.abs(expected);
      // Not a number is never within; it makes the largest difference not a number too.
      largest = Math.max(largest, difference);
      if (!(difference <= allowed)) {
        add(
            String.format(
                Locale.ROOT,
                "%s: expected %.6g, found %.6g, tolerance %.2g",
                where.get(),
                expected,
                found,
                allowed));
      }
    }

    void add(String words) {
      mismatch = mismatch == null ? words : mismatch;
    }

    Comparison comparison() {
      return new Comparison(view, largest, mismatch);
    }
  }

  /** Records that are run one by one. */
  private static final int ALONE = 32;

  private final Bundle bundle;
  private final OnnxRuntime runtime;
  private final Log log;
  private final Bundle.StoredTest test;

  /** Checks that contributions add up; null: the bundle has none, or nothing runs. */
  private @Nullable Explainer explainer;

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
            Classify.Work work = newWork(chain);
            while (features.fill(work.block())) {
              apply(features, chain, work);
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

  /** Whether there are results to compare with. */
  boolean isStored() {
    return bundle.hasFile(test.expected());
  }

  /** Compares every view of every step. */
  List<Comparison> compare() {
    if (!isStored()) {
      throw RibonnxException.bundle(
          bundle.path().resolve(test.expected()) + ": is missing; 'ribonnx model seal' writes it");
    }
    try (TemporaryFile copy = TemporaryFile.of(".npz", bundle.file(test.expected()))) {
      try (TensorFileReader expected = new TensorFileReader(copy.path())) {
        return with(
            (features, chain, projection) -> {
              try {
                return compare(features, chain, projection, expected);
              } catch (RibonnxException e) {
                throw ofBundle(e, copy.path(), "expected", test.expected());
              }
            });
      } catch (RibonnxException e) {
        throw ofBundle(e, copy.path(), "expected", test.expected());
      }
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
    Map<String, Differences> differences = new LinkedHashMap<>();
    views.keySet().forEach(view -> differences.put(view, new Differences(view)));
    Classify.Work work = newWork(chain);
    Block want = new Block(work.block().capacity());
    while (features.fill(work.block()) && expected.fill(want, work.block().size())) {
      apply(features, chain, work);
      if (projection != null) {
        projection.apply(work.block());
      }
      differences.forEach((view, found) -> compare(work.block(), want, view, found));
    }
    return differences.values().stream().map(Differences::comparison).toList();
  }

  private Classify.Work newWork(Chain chain) {
    return explainer == null ? chain.newWork() : explainer.newBlock();
  }

  /**
   * Runs what the bundle explains scores by, without comparing anything with stored results.
   *
   * @throws RibonnxException bundle, if it does not fit, or contributions do not add up
   */
  void checkExplanations() {
    with(
        (features, chain, projection) -> {
          Classify.Work work = newWork(chain);
          while (features.fill(work.block())) {
            apply(features, chain, work);
          }
          return test;
        });
  }

  private void apply(TensorFileReader features, Chain chain, Classify.Work work) {
    chain.apply(work, features.meta().status(), features.meta().flags());
    if (explainer != null) {
      explainer.check(work);
    }
    for (HeadSpec head : bundle.heads().values()) {
      Column column = work.block().column(column(Classify.STEP + "." + head.name()));
      for (int row = 0; row < work.block().size(); row++) {
        double[] scores = column.numbers(row);
        boolean numbers =
            work.block().status(row) == 0 && Arrays.stream(scores).noneMatch(Double::isNaN);
        int record = row;
        @Nullable String problem =
            numbers ? head.improbable(scores, 0, true, () -> work.block().id(record)) : null;
        if (problem != null) {
          throw RibonnxException.bundle(bundle.cardName() + ": " + problem);
        }
      }
    }
  }

  private void compare(Block found, Block want, String view, Differences differences) {
    Column a = found.column(column(view));
    Column b = want.column(column(view));
    for (int row = 0; row < found.size(); row++) {
      String record = "record '" + found.id(row) + "'";
      if (!found.id(row).equals(want.id(row))) {
        differences.add(record + ": '" + want.id(row) + "' is stored in its place");
      } else if (found.status(row) != want.status(row)) {
        differences.add(record + ": its status differs");
      }
      if (a.bytes(row) != b.bytes(row)) {
        differences.add(record + ": its length differs");
        continue;
      }
      for (int i = 0; i < a.bytes(row) / a.type().bytes(); i++) {
        int place = i;
        differences.add(
            a.number(row, i), b.number(row, i), () -> record + " " + place(view, place));
      }
    }
  }

  /** What a number of a view is about: a label, where it is a head's. */
  private String place(String view, int place) {
    if (view.startsWith(Classify.STEP + ".")) {
      @Nullable HeadSpec head = bundle.heads().get(view.substring(Classify.STEP.length() + 1));
      if (head != null && place < head.labels().size()) {
        return "label '" + head.labels().get(place).label() + "'";
      }
    }
    return "number " + (place + 1);
  }

  // ---- the author's own results
  // ---------------------------------------------------------------------------------------------------

  /**
   * Compares heads with results that the model's author made elsewhere.
   *
   * @param file an NPZ with {@code ids} and, named like a head or like its graph's output, an array
   *     with a row per id and a column per label; the ids in any order, all of them in the test
   *     input
   * @throws RibonnxException input, if the file is no such NPZ
   */
  List<Comparison> compareReference(Path file) {
    try (TensorFileReader reference = new TensorFileReader(file)) {
      Map<String, String> arrays = arrays(reference);
      Map<String, RowShape> wanted = new LinkedHashMap<>();
      arrays
          .values()
          .forEach(name -> wanted.put(name, Objects.requireNonNull(reference.views().get(name))));
      reference.want(wanted, name -> name);
      Map<String, Map<String, double[]>> rows = rows(reference, arrays);
      return with((features, chain, projection) -> compareReference(features, chain, file, rows));
    }
  }

  /** What the encoder did to a record, which may be why it differs: {@code (cut)}. */
  private static String flags(Block block, int row, TensorMeta meta) {
    List<String> names = new ArrayList<>();
    for (int bit = 0; bit < meta.flags().size(); bit++) {
      if ((block.flags(row) >> bit & 1) != 0) {
        names.add(meta.flags().get(bit));
      }
    }
    return names.isEmpty() ? "" : " (" + String.join(", ", names) + ")";
  }

  /** Head → array of the file. */
  private Map<String, String> arrays(TensorFileReader reference) {
    Map<String, String> arrays = new LinkedHashMap<>();
    List<String> names = new ArrayList<>();
    for (HeadSpec head : bundle.heads().values()) {
      @Nullable String output = head.output();
      if (output == null) {
        List<GraphInfo.Port> outputs = bundle.graph(head.graph()).info().outputs();
        output = outputs.size() == 1 ? outputs.get(0).name() : head.name();
      }
      names.add(
          "'" + head.name() + "'" + (output.equals(head.name()) ? "" : " or '" + output + "'"));
      String name = reference.views().containsKey(head.name()) ? head.name() : output;
      @Nullable RowShape shape = reference.views().get(name);
      if (shape == null) {
        continue;
      }
      int width = 1;
      for (int axis : shape.axes()) {
        width *= axis;
      }
      if (width != head.labels().size()) {
        throw RibonnxException.input(
            reference.path()
                + ": '"
                + name
                + "' has "
                + width
                + " numbers per record, but head '"
                + head.name()
                + "' has "
                + head.labels().size()
                + " labels");
      }
      arrays.put(head.name(), name);
    }
    if (arrays.isEmpty()) {
      throw RibonnxException.input(
          reference.path()
              + ": holds "
              + reference.views().keySet()
              + ", but no array "
              + String.join(", ", names)
              + "; numpy.savez(file, ids=..., NAME=...) names it");
    }
    return arrays;
  }

  /** Id → head → numbers. */
  private static Map<String, Map<String, double[]>> rows(
      TensorFileReader reference, Map<String, String> arrays) {
    Map<String, Map<String, double[]>> rows = new LinkedHashMap<>();
    Block block = new Block(Block.ROWS);
    while (reference.fill(block)) {
      for (int row = 0; row < block.size(); row++) {
        Map<String, double[]> numbers = new LinkedHashMap<>();
        for (Map.Entry<String, String> entry : arrays.entrySet()) {
          numbers.put(entry.getKey(), block.column(entry.getValue()).numbers(row));
        }
        if (rows.put(block.id(row), numbers) != null) {
          throw RibonnxException.input(
              reference.path() + ": holds the id '" + block.id(row) + "' twice");
        }
      }
    }
    return rows;
  }

  private List<Comparison> compareReference(
      TensorFileReader features, Chain chain, Path file, Map<String, Map<String, double[]>> rows) {
    Map<String, Differences> differences = new LinkedHashMap<>();
    rows.values()
        .forEach(
            numbers ->
                numbers
                    .keySet()
                    .forEach(
                        head ->
                            differences.computeIfAbsent(
                                head, name -> new Differences("reference." + name))));
    Map<String, Map<String, double[]>> left = new LinkedHashMap<>(rows);
    Classify.Work work = newWork(chain);
    Block block = work.block();
    while (features.fill(block)) {
      apply(features, chain, work);
      for (int row = 0; row < block.size(); row++) {
        @Nullable Map<String, double[]> numbers = left.remove(block.id(row));
        if (numbers == null) {
          continue;
        }
        String record = "record '" + block.id(row) + "'" + flags(block, row, features.meta());
        if (block.status(row) != 0) {
          String status = features.meta().status().get(block.status(row));
          differences
              .values()
              .forEach(
                  one -> one.add(record + ": has a reference, but is unusable here: " + status));
          continue;
        }
        for (Map.Entry<String, double[]> entry : numbers.entrySet()) {
          String view = Classify.STEP + "." + entry.getKey();
          Column column = block.column(column(view));
          for (int i = 0; i < entry.getValue().length; i++) {
            int place = i;
            Objects.requireNonNull(differences.get(entry.getKey()))
                .add(
                    column.number(row, i),
                    entry.getValue()[i],
                    () -> record + " " + place(view, place));
          }
        }
      }
    }
    if (!left.isEmpty()) {
      throw RibonnxException.input(
          file
              + ": "
              + left.size()
              + " of "
              + rows.size()
              + " ids are none of "
              + test.input()
              + ", the first of them '"
              + left.keySet().iterator().next()
              + "'; make the reference of the stored test's records");
    }
    log.info(
        "reference: "
            + rows.size()
            + " of "
            + features.records()
            + " records have one, all compared");
    return differences.values().stream().map(Differences::comparison).toList();
  }

  // ---- alone or in company
  // -------------------------------------------------------------------------------------------------------

  /**
   * Runs records one by one and compares with what they give together: a graph that mixes the
   * records of a batch shows here.
   */
  List<Comparison> compareAlone() {
    return with(
        (features, chain, projection) -> {
          Map<String, Differences> differences = new LinkedHashMap<>();
          chain
              .classify()
              .produces()
              .keySet()
              .forEach(head -> differences.put(head, new Differences("alone." + head)));
          Classify.Work together = newWork(chain);
          features.fill(together.block());
          apply(features, chain, together);
          Classify.Work alone = newWork(chain);
          long records = features.records();
          int count = Math.min(together.block().size(), ALONE);
          Set<String> bits = new TreeSet<>();
          for (int row = 0; row < count; row++) {
            features.select(row + 1, (int) records);
            features.fill(alone.block());
            apply(features, chain, alone);
            String record = "record '" + together.block().id(row) + "' alone";
            int at = row;
            differences.forEach(
                (head, found) -> {
                  String view = Classify.STEP + "." + head;
                  Column a = alone.block().column(column(view));
                  Column b = together.block().column(column(view));
                  for (int i = 0; i < a.rowBytes() / a.type().bytes(); i++) {
                    int place = i;
                    double x = a.number(0, i);
                    double y = b.number(at, i);
                    if (Double.compare(x, y) != 0) {
                      bits.add(head);
                    }
                    found.add(x, y, () -> record + " " + place(view, place));
                  }
                });
          }
          List<Comparison> comparisons = new ArrayList<>();
          differences.forEach(
              (head, found) -> {
                Comparison comparison = found.comparison();
                if (comparison.passed() && bits.contains(head)) {
                  log.warn(
                      "head '"
                          + head
                          + "': the last bits depend on the records beside; 'ribonnx model validate'"
                          + " may name the node");
                }
                comparisons.add(comparison);
              });
          return comparisons;
        });
  }

  /** Input that is wrong is the bundle's here; it is read from a copy that nobody knows. */
  private RibonnxException ofBundle(RibonnxException e, Path copy, String key, String file) {
    if (e.kind() != RibonnxException.Kind.INPUT) {
      return e;
    }
    return RibonnxException.bundle(
        bundle.cardName()
            + ": test."
            + key
            + " ("
            + file
            + "): "
            + e.line().replace(copy + ": ", "").replace(copy.toString(), file),
        e);
  }

  private <T> T with(Use<T> use) {
    try (TemporaryFile input = TemporaryFile.of(".input", bundle.file(test.input()));
        TemporaryFile features = new TemporaryFile(".npz")) {
      Encode.Options options =
          new Encode.Options(
              List.of(input.path().toString()), SequenceInput.Format.AUTO, false, false, false, 1);
      try {
        new Encode(bundle, options, new ByteArrayInputStream(new byte[0]))
            .run(features.path(), log, false);
      } catch (RibonnxException e) {
        throw ofBundle(e, input.path(), "input", test.input());
      }
      try (TensorFileReader reader = new TensorFileReader(features.path(), false);
          Chain chain =
              new Chain(
                  bundle, runtime, 0, Classify.Wanted.NOTHING, bundle.fuse().attention() != null);
          @Nullable Projection projection = chain.projection(bundle, runtime);
          Explainer checking =
              new Explainer(
                  bundle,
                  List.copyOf(bundle.explain().values()),
                  Explainer.Options.NONE,
                  chain,
                  runtime,
                  0)) {
        explainer = checking;
        reader.want(Encode.STEP, reader.mainViews());
        return use.of(reader, chain, projection);
      } finally {
        explainer = null;
      }
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
}
