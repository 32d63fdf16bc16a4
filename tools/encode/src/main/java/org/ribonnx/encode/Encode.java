package org.ribonnx.encode;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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
import org.ribonnx.core.io.IoErrors;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.io.Spool;
import org.ribonnx.core.npz.TensorFileWriter;
import org.ribonnx.core.npz.TensorMeta;
import org.ribonnx.core.run.WrongInput;
import org.ribonnx.core.tensor.RowShape;
import org.ribonnx.encode.records.SequenceBatch;
import org.ribonnx.encode.records.SequenceInput;
import org.ribonnx.encode.records.SequenceReader;

/**
 * The first step: sequence records to a tensor file with a row per record and view.
 *
 * <p>The whole input is checked before the file gets its name: letters, ids, duplicates. What a
 * policy did to a record is counted.
 */
public final class Encode {
  /** Name of this step's views in a block. */
  public static final String STEP = "encode";

  private static final int BATCH = 512;

  /**
   * What the user decides.
   *
   * @param inputs files of one sample in order, {@code -} for standard input
   * @param format of the files
   * @param wholeHeader whether the whole header is the id, instead of its first word
   * @param invalidUnusable whether a record with a wrong letter or no id becomes an unusable row
   *     instead of an error
   * @param numberDuplicates whether a repeated id is numbered instead of an error
   * @param threads batches encoded at a time
   */
  public record Options(
      List<String> inputs,
      SequenceInput.Format format,
      boolean wholeHeader,
      boolean invalidUnusable,
      boolean numberDuplicates,
      int threads) {}

  /**
   * What was done.
   *
   * @param records number of records
   * @param status status → number of records
   * @param flags policy → number of records it touched
   * @param warning a line that the user should read last; null if all is well
   */
  public record Result(
      long records, Map<String, Long> status, Map<String, Long> flags, @Nullable String warning) {}

  private record View(ViewSpec spec, Encoder encoder) {}

  /** A batch with what its worker found. */
  private static final class Work {
    final SequenceBatch batch;
    final Letters.Result letters = new Letters.Result();
    final Column[] columns;
    long invalid;
    long empty;
    @Nullable String firstInvalid;

    Work(List<View> views) {
      List<RowShape> shapes = views.stream().map(view -> view.spec().rowShape()).toList();
      batch = new SequenceBatch(RowShape.roomFor(shapes, BATCH, Block.ROWS));
      columns = new Column[views.size()];
      for (int i = 0; i < columns.length; i++) {
        ViewSpec spec = views.get(i).spec();
        RowShape shape = spec.rowShape();
        columns[i] = batch.block().column(STEP + "/" + spec.name(), shape.type(), shape.axes());
      }
    }
  }

  private final Bundle bundle;
  private final Options options;
  private final InputStream standardInput;
  private final InputSpec input;
  private final List<View> views = new ArrayList<>();

  private final long[] statusCounts = new long[RecordStatus.values().length];
  private final long[] flagCounts = new long[RecordFlag.values().length];
  private long invalid;
  private long empty;
  private @Nullable String firstInvalid;

  public Encode(Bundle bundle, Options options, InputStream standardInput) {
    this.bundle = bundle;
    this.options = options;
    this.standardInput = standardInput;
    List<InputSpec> inputs =
        bundle.inputs().values().stream().filter(spec -> spec.kind().equals("sequences")).toList();
    if (inputs.size() != 1 || bundle.inputs().size() != 1) {
      throw RibonnxException.bundle(
          bundle.cardName()
              + ": inputs asks for "
              + bundle.inputs().values().stream().map(InputSpec::kind).toList()
              + "; this release reads one input of sequences");
    }
    this.input = inputs.get(0);
    for (ViewSpec spec : bundle.views().values()) {
      views.add(new View(spec, Encoders.of(bundle, spec)));
    }
  }

  /**
   * Checks the sections that encoding reads.
   *
   * @throws RibonnxException bundle, naming the first problem
   */
  public static void check(Bundle bundle) {
    bundle.views().values().forEach(view -> Encoders.of(bundle, view));
  }

  /** The views that encoding makes. */
  public static Map<String, RowShape> shapes(Bundle bundle) {
    Map<String, RowShape> shapes = new LinkedHashMap<>();
    bundle.views().forEach((name, view) -> shapes.put(name, view.rowShape()));
    return shapes;
  }

  /** Encodes all inputs into {@code target}. */
  public Result run(Path target, Log log, boolean terminal) {
    Map<String, RowShape> shapes = shapes(bundle);
    Progress progress = new Progress(log, terminal, "encoded", 0);
    try (TensorFileWriter writer = new TensorFileWriter(target, STEP, shapes);
        DuplicateIds duplicates = new DuplicateIds(Spool.folder());
        Inputs inputs = new Inputs()) {
      Pipeline<Work> pipeline = new Pipeline<>(options.threads(), () -> new Work(views));
      pipeline.run(
          inputs,
          this::encode,
          work -> {
            count(work);
            Block block = work.batch.block();
            long position = writer.ids().end();
            writer.accept(block);
            for (int row = 0; row < block.size(); row++) {
              duplicates.add(block.idBytes(), block.idStart(row), block.idLength(row), position);
              position += 1 + block.idLength(row);
            }
            progress.add(block.size());
          });
      progress.end();
      long records = writer.records();
      refuseInvalid(records);
      Map<Long, DuplicateIds.Duplicate> found = duplicates.find(writer.ids());
      Map<Long, String> renamed = Map.of();
      if (!found.isEmpty()) {
        if (!options.numberDuplicates()) {
          throw refuseDuplicates(found, inputs.starts);
        }
        renamed = DuplicateIds.numbered(found, writer.ids());
        flagCounts[List.of(RecordFlag.values()).indexOf(RecordFlag.RENAMED)] = renamed.size();
      }
      writer.finish(
          new TensorMeta(
              "features",
              bundle.name(),
              Map.of("encode", bundle.digestOf("encode")),
              RecordStatus.labels(),
              RecordFlag.labels()),
          renamed);
      return result(records);
    }
  }

  private void refuseInvalid(long records) {
    if (records == 0) {
      throw RibonnxException.input(called(0) + ": holds no sequence record");
    }
    if (empty == records) {
      throw RibonnxException.input(
          called(0)
              + ": holds "
              + records
              + (records == 1 ? " header" : " headers")
              + " and no sequence");
    }
    if (invalid > 0 && !options.invalidUnusable()) {
      throw RibonnxException.input(
          (invalid == 1 ? "1 record is" : String.format(Locale.ROOT, "%d records are", invalid))
              + " invalid; the first: "
              + firstInvalid
              + "; --invalid-records unusable keeps such records as unusable rows");
    }
  }

  private RibonnxException refuseDuplicates(
      Map<Long, DuplicateIds.Duplicate> found, List<Long> starts) {
    DuplicateIds.Duplicate first = found.values().iterator().next();
    return RibonnxException.input(
        (found.size() == 1 ? "1 record repeats an id" : found.size() + " records repeat an id")
            + "; the first: "
            + place(first.record(), starts)
            + ", has the id '"
            + first.id()
            + "' of "
            + place(first.earlier(), starts)
            + "; --duplicate-ids number gives them ids of their own (id_2, id_3, …)");
  }

  /** File and number of a record, counted from 1 in its file. */
  private String place(long record, List<Long> starts) {
    int file = 0;
    while (file + 1 < starts.size() && starts.get(file + 1) <= record) {
      file++;
    }
    return called(file) + ", record " + (record - starts.get(file) + 1);
  }

  private Result result(long records) {
    Map<String, Long> status = new LinkedHashMap<>();
    Map<String, Long> flags = new LinkedHashMap<>();
    for (RecordStatus value : RecordStatus.values()) {
      status.put(value.label(), statusCounts[value.number()]);
    }
    int place = 0;
    for (RecordFlag value : RecordFlag.values()) {
      flags.put(value.label(), flagCounts[place++]);
    }
    long outside = flags.getOrDefault(RecordFlag.OUTSIDE_TRAINING_RANGE.label(), 0L);
    @Nullable String warning = WrongInput.outsideRange(bundle, outside, records);
    return new Result(records, status, flags, warning);
  }

  private void count(Work work) {
    Block block = work.batch.block();
    for (int row = 0; row < block.size(); row++) {
      statusCounts[block.status(row)]++;
      int flags = block.flags(row);
      for (int bit = 0; flags != 0; bit++, flags >>= 1) {
        flagCounts[bit] += flags & 1;
      }
    }
    if (firstInvalid == null) {
      firstInvalid = work.firstInvalid;
    }
    invalid += work.invalid;
    empty += work.empty;
  }

  private String called(int file) {
    String source = options.inputs().get(file);
    return source.equals("-") ? "standard input" : source;
  }

  // ---- in the workers
  // -------------------------------------------------------------------------------------------

  private void encode(Work work) {
    SequenceBatch batch = work.batch;
    Block block = batch.block();
    work.invalid = 0;
    work.empty = 0;
    work.firstInvalid = null;
    for (int row = 0; row < block.size(); row++) {
      encode(work, batch, block, row);
    }
  }

  private void encode(Work work, SequenceBatch batch, Block block, int row) {
    byte[] letters = batch.letters();
    int from = batch.start(row);
    int length = batch.length(row);
    String idProblem = batch.idProblem(row);
    if (!idProblem.isEmpty()) {
      unusable(work, block, row, RecordStatus.BAD_ID);
      invalid(work, batch, row, batch.headerLine(row), "has " + idProblem);
      return;
    }
    Letters.Result found = work.letters;
    if (!Letters.translate(letters, from, length, found)) {
      int wrong = found.wrongAt;
      unusable(work, block, row, RecordStatus.WRONG_LETTER);
      int letter = letters[from + wrong] & 0xff;
      String shown =
          letter > ' ' && letter < 0x7f
              ? "'" + (char) letter + "'"
              : String.format(Locale.ROOT, "byte 0x%02x", letter);
      invalid(
          work,
          batch,
          row,
          batch.lineOf(row, wrong),
          "id '"
              + block.id(row)
              + "' has the letter "
              + shown
              + " at position "
              + (wrong + 1)
              + Letters.hint(letter));
      return;
    }
    int count = found.length;
    if (count == 0) {
      work.empty++;
    }
    RecordStatus worst = RecordStatus.OK;
    boolean cut = false;
    for (int i = 0; i < views.size(); i++) {
      View view = views.get(i);
      Column column = work.columns[i];
      RecordStatus status = view.encoder().encode(letters, from, count, column, row);
      if (status != RecordStatus.OK) {
        column.padRow(row, view.spec().pad());
        worst = worst == RecordStatus.OK ? status : worst;
      }
      cut |= count > view.encoder().capacity();
    }
    block.status(row, worst.number());
    if (count < input.minLength() || count > input.maxLength()) {
      block.addFlag(row, RecordFlag.OUTSIDE_TRAINING_RANGE);
    }
    if (cut && worst == RecordStatus.OK) {
      block.addFlag(row, RecordFlag.CUT);
    }
    if (found.ambiguous) {
      block.addFlag(row, RecordFlag.AMBIGUOUS_LETTERS);
    }
  }

  private void unusable(Work work, Block block, int row, RecordStatus status) {
    for (int i = 0; i < views.size(); i++) {
      work.columns[i].padRow(row, views.get(i).spec().pad());
    }
    block.status(row, status.number());
  }

  private void invalid(Work work, SequenceBatch batch, int row, long line, String what) {
    if (work.invalid++ == 0) {
      work.firstInvalid = called(batch.file(row)) + ", line " + line + ": " + what;
    }
  }

  // ---- the source
  // ---------------------------------------------------------------------------------------------------

  /** Reads the inputs one after the other. */
  private final class Inputs implements Pipeline.Source<Work>, AutoCloseable {
    private int file;
    private long first;
    private @Nullable SequenceReader reader;

    /** Number of the first record of each file. */
    private final List<Long> starts = new ArrayList<>();

    @Override
    public boolean fill(Work work) {
      SequenceBatch batch = work.batch;
      batch.clear(first);
      while (!batch.isFull()) {
        SequenceReader open = reader;
        if (open == null) {
          if (file == options.inputs().size()) {
            break;
          }
          open =
              SequenceInput.open(
                  options.inputs().get(file),
                  file,
                  options.format(),
                  options.wholeHeader(),
                  standardInput);
          reader = open;
          starts.add(first + batch.block().size());
        }
        if (!next(open, batch)) {
          close();
          file++;
        }
      }
      first += batch.block().size();
      return batch.block().size() > 0;
    }

    private boolean next(SequenceReader open, SequenceBatch batch) {
      try {
        return open.next(batch);
      } catch (IOException e) {
        throw SequenceInput.reading(called(file), e);
      }
    }

    @Override
    public void close() {
      if (reader != null) {
        try {
          reader.close();
        } catch (IOException e) {
          throw IoErrors.reading(called(file), e);
        }
        reader = null;
      }
    }
  }
}
