package org.ribonnx.encode;

import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.block.Column;
import org.ribonnx.core.block.Pipeline;
import org.ribonnx.core.block.RecordFlag;
import org.ribonnx.core.block.RecordStatus;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.InputSpec;
import org.ribonnx.core.bundle.ViewSpec;
import org.ribonnx.core.cli.Log;
import org.ribonnx.core.cli.Progress;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.io.Spool;
import org.ribonnx.core.npz.TensorFileWriter;
import org.ribonnx.core.npz.TensorMeta;
import org.ribonnx.core.tensor.DType;
import org.ribonnx.core.tensor.RowShape;
import org.ribonnx.encode.records.RecordBatch;
import org.ribonnx.encode.records.SequenceInput;

/**
 * The first step: records, whatever their kind, to a tensor file with a row per record and view.
 *
 * <p>The whole input is checked before the file gets its name: content, ids, duplicates. What a
 * policy did to a record is counted.
 */
public final class Encode {
  /** Name of this step's views in a block. */
  public static final String STEP = "encode";

  /**
   * Member with the codes of each sequence, where they are kept; no view's name has a point in it.
   */
  public static final String CODES = "sequence.codes";

  /** A code per nucleotide: A 0, C 1, G 2, U 3, ambiguous 4. */
  public static final RowShape CODES_SHAPE = new RowShape(DType.UINT8, RowShape.VARYING);

  /** Most nucleotides of a record whose codes are kept. */
  public static final int MOST_CODES = 100_000;

  /** Records at a time, where they are small. */
  static final int BATCH = 512;

  /**
   * What the user decides.
   *
   * @param inputs files of one sample in order, {@code -} for standard input
   * @param format of the files
   * @param wholeHeader whether the whole header is the id, instead of its first word
   * @param invalidUnusable whether a record with a wrong letter or number or no id becomes an
   *     unusable row instead of an error
   * @param numberDuplicates whether a repeated id is numbered instead of an error
   * @param featuresIn where the features of a table stand
   * @param views names of the views to make; empty: all
   * @param threads batches encoded at a time
   */
  public record Options(
      List<String> inputs,
      SequenceInput.Format format,
      boolean wholeHeader,
      boolean invalidUnusable,
      boolean numberDuplicates,
      FeaturesIn featuresIn,
      List<String> views,
      int threads) {
    /** Options of records that are no tables, or of tables that say themselves how they lie. */
    public Options(
        List<String> inputs,
        SequenceInput.Format format,
        boolean wholeHeader,
        boolean invalidUnusable,
        boolean numberDuplicates,
        int threads) {
      this(
          inputs,
          format,
          wholeHeader,
          invalidUnusable,
          numberDuplicates,
          FeaturesIn.AUTO,
          List.of(),
          threads);
    }

    /** The same for some of the views alone. */
    public Options withViews(List<String> only) {
      return new Options(
          inputs,
          format,
          wholeHeader,
          invalidUnusable,
          numberDuplicates,
          featuresIn,
          List.copyOf(only),
          threads);
    }
  }

  /** Where the features of a table stand, beside its samples. */
  public enum FeaturesIn {
    /** Told from the names. */
    AUTO,
    /** A column per feature, a row per sample. */
    COLUMNS,
    /** A row per feature, a column per sample. */
    ROWS
  }

  /** What is read of sequences, and kept beside the views. */
  public enum Reading {
    /** Records, for their views alone. */
    RECORDS,
    /** Records; the member {@link Encode#CODES} keeps their nucleotides. */
    RECORDS_WITH_CODES,
    /** A table of pairs: two records each, the reference and the alternative. */
    PAIRS
  }

  /**
   * What was done.
   *
   * @param records number of records
   * @param status status → number of records; one that lacks a view and is fused without it is ok
   * @param missing view → number of records that lack it, where the model fuses them all the same
   * @param flags policy → number of records it touched
   * @param counts what else was counted: group → name → number
   * @param notes lines for the log
   * @param warnings lines that the user should read last
   */
  public record Result(
      long records,
      Map<String, Long> status,
      Map<String, Long> missing,
      Map<String, Long> flags,
      Map<String, Map<String, Long>> counts,
      List<String> notes,
      List<String> warnings) {}

  private final Bundle bundle;
  private final Options options;
  private final Reading reading;
  private final InputStream standardInput;
  private final InputSpec input;
  private final List<RecordSource.View> views = new ArrayList<>();

  private final LackingViews lacking;
  private final long[] statusCounts = new long[RecordStatus.values().length];
  private final long[] flagCounts = new long[RecordFlag.values().length];
  private long invalid;
  private @Nullable String firstInvalid;

  /**
   * @throws RibonnxException usage, if there is no view of a name that is asked for; bundle, if an
   *     encoder can't be made
   */
  public Encode(Bundle bundle, Options options, InputStream standardInput) {
    this(bundle, options, Reading.RECORDS, standardInput);
  }

  /**
   * As {@link #Encode(Bundle, Options, InputStream)}, of a model that reads sequences.
   *
   * @param reading what is read of them
   */
  public Encode(Bundle bundle, Options options, Reading reading, InputStream standardInput) {
    this.bundle = bundle;
    this.options = options;
    this.reading = reading;
    this.standardInput = standardInput;
    List<InputSpec> inputs = List.copyOf(bundle.inputs().values());
    this.input = inputs.get(0);
    if (inputs.size() != 1 || input.kind().equals("annotation")) {
      throw RibonnxException.bundle(
          bundle.cardName()
              + ": inputs asks for "
              + inputs.stream().map(InputSpec::kind).toList()
              + "; this release reads one input, of sequences or a table");
    }
    options.views().forEach(bundle::checkView);
    boolean several = bundle.views().size() > 1;
    for (ViewSpec spec : bundle.views().values()) {
      if (options.views().isEmpty() || options.views().contains(spec.name())) {
        views.add(new RecordSource.View(spec, Encoders.of(bundle, spec), several));
      }
    }
    lacking = new LackingViews(bundle, views);
  }

  /**
   * Checks the sections that encoding reads.
   *
   * @throws RibonnxException bundle, naming the first problem
   */
  public static void check(Bundle bundle) {
    bundle.views().values().forEach(view -> Encoders.of(bundle, view));
  }

  /**
   * The full name of an encoder, as {@code nucleotides@1}: without a revision its newest.
   *
   * @throws RibonnxException usage, if there is none of that name
   */
  public static String encoder(String name) {
    return Encoders.named(name);
  }

  /** The kind of input that an encoder reads; of its full name. */
  public static String kindOf(String encoder) {
    return Encoders.kindOf(encoder);
  }

  /**
   * What the positions of a view are, to who explains a model's scores by them.
   *
   * @param names their names in order; empty: they have numbers alone
   * @param blank what stands at one where nothing was measured or read; empty: the encoder has no
   *     such number
   * @param encoder the view's encoder
   */
  public record Positions(List<String> names, OptionalDouble blank, String encoder) {}

  /**
   * The positions of a view.
   *
   * @throws RibonnxException bundle, if its encoder can't be made
   */
  public static Positions positions(Bundle bundle, ViewSpec view) {
    ViewEncoder encoder = Encoders.of(bundle, view);
    return new Positions(encoder.names(), encoder.blank(), view.encoder());
  }

  /** The views that encoding makes. */
  public static Map<String, RowShape> shapes(Bundle bundle) {
    Map<String, RowShape> shapes = new LinkedHashMap<>();
    bundle.views().forEach((name, view) -> shapes.put(name, view.rowShape()));
    return shapes;
  }

  /** The shapes of some views. */
  static List<RowShape> shapes(List<RecordSource.View> views) {
    return views.stream().map(view -> view.spec().rowShape()).toList();
  }

  /** A column per view. */
  static Column[] columns(Block block, List<RecordSource.View> views) {
    Column[] columns = new Column[views.size()];
    for (int i = 0; i < columns.length; i++) {
      ViewSpec spec = views.get(i).spec();
      RowShape shape = spec.rowShape();
      columns[i] = block.column(STEP + "/" + spec.name(), shape.type(), shape.axes());
      columns[i].keepStatus(views.get(i).hasStatus());
    }
    return columns;
  }

  /** Encodes all inputs into {@code target}. */
  public Result run(Path target, Log log, boolean terminal) {
    try (@Nullable RecordSource<?> source =
        RecordSource.of(
            new RecordSource.Request(bundle, input, views, options, reading, standardInput))) {
      if (source == null) {
        throw new IllegalStateException("no source of " + input.kind());
      }
      return run(source, target, log, terminal);
    }
  }

  private <B extends RecordBatch> Result run(
      RecordSource<B> source, Path target, Log log, boolean terminal) {
    Progress progress = new Progress(log, terminal, "encoded", 0);
    Map<String, RowShape> members = shapes(bundle);
    members.keySet().retainAll(views.stream().map(view -> view.spec().name()).toList());
    if (reading == Reading.RECORDS_WITH_CODES) {
      members.put(CODES, CODES_SHAPE);
    }
    try (TensorFileWriter writer = new TensorFileWriter(target, STEP, members);
        DuplicateIds duplicates = new DuplicateIds(Spool.folder())) {
      new Pipeline<B>(options.threads(), source::newBatch)
          .run(
              source,
              batch -> {
                batch.clearFindings();
                source.encode(batch);
              },
              batch -> {
                count(batch);
                source.accept(batch);
                Block block = batch.block();
                long position = writer.ids().end();
                writer.accept(block);
                for (int row = 0; row < block.size(); row++) {
                  duplicates.add(
                      block.idBytes(), block.idStart(row), block.idLength(row), position);
                  position += 1 + block.idLength(row);
                }
                progress.add(block.size());
              });
      progress.end();
      long records = writer.records();
      RecordSource.Findings findings =
          source.end(records, flagCounts[place(RecordFlag.OUTSIDE_TRAINING_RANGE)]);
      refuseInvalid();
      Map<Long, DuplicateIds.Duplicate> found = duplicates.find(writer.ids());
      Map<Long, String> renamed = Map.of();
      if (!found.isEmpty()) {
        if (!options.numberDuplicates()) {
          throw source.repeated(found.size(), found.values().iterator().next());
        }
        renamed = DuplicateIds.numbered(found, writer.ids());
        flagCounts[place(RecordFlag.RENAMED)] = renamed.size();
      }
      writer.finish(
          new TensorMeta(
              "features",
              bundle.name(),
              Map.of("encode", bundle.digestOf("encode")),
              RecordStatus.labels(),
              RecordFlag.labels()),
          renamed);
      return result(records, findings);
    }
  }

  private static int place(RecordFlag flag) {
    return List.of(RecordFlag.values()).indexOf(flag);
  }

  private void refuseInvalid() {
    if (invalid > 0 && !options.invalidUnusable()) {
      throw RibonnxException.input(
          (invalid == 1 ? "1 record is" : String.format(Locale.ROOT, "%d records are", invalid))
              + " invalid; the first: "
              + firstInvalid
              + "; --invalid-records unusable keeps such records as unusable rows");
    }
  }

  private Result result(long records, RecordSource.Findings findings) {
    Map<String, Long> status = new LinkedHashMap<>();
    Map<String, Long> flags = new LinkedHashMap<>();
    for (RecordStatus value : RecordStatus.values()) {
      status.put(value.label(), statusCounts[value.number()]);
    }
    int place = 0;
    for (RecordFlag value : RecordFlag.values()) {
      flags.put(value.label(), flagCounts[place++]);
    }
    return new Result(
        records,
        status,
        lacking.counts(),
        flags,
        findings.counts(),
        findings.notes(),
        findings.warnings());
  }

  private void count(RecordBatch batch) {
    Block block = batch.block();
    for (int row = 0; row < block.size(); row++) {
      statusCounts[lacking.status(block, row)]++;
      int flags = block.flags(row);
      for (int bit = 0; flags != 0; bit++, flags >>= 1) {
        flagCounts[bit] += flags & 1;
      }
    }
    if (firstInvalid == null) {
      firstInvalid = batch.firstInvalid();
    }
    invalid += batch.invalid();
  }
}
