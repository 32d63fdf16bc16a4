package org.ribonnx.encode;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.block.Column;
import org.ribonnx.core.block.RecordFlag;
import org.ribonnx.core.block.RecordStatus;
import org.ribonnx.core.bundle.InputSpec;
import org.ribonnx.core.io.IoErrors;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.run.WrongInput;
import org.ribonnx.core.tensor.RowShape;
import org.ribonnx.encode.records.PairRecords;
import org.ribonnx.encode.records.SequenceBatch;
import org.ribonnx.encode.records.SequenceInput;
import org.ribonnx.encode.records.SequenceReader;
import org.ribonnx.encode.records.TextInput;

/** Records that are sequences: FASTA, FASTQ or a table of ids and sequences. */
final class SequenceSource implements RecordSource<SequenceSource.Work> {
  static final String KIND = "sequences";

  /** A batch with what its worker found. */
  static final class Work extends SequenceBatch {
    final Letters.Result letters = new Letters.Result();
    final Column[] columns;

    /** The records' codes; null where they are not kept. */
    final @Nullable Column codes;

    long empty;
    int longest;
    long longestRecord;

    Work(List<View> views, boolean keepsCodes) {
      super(RowShape.roomFor(Encode.shapes(views), Encode.BATCH, Block.ROWS));
      columns = Encode.columns(block(), views);
      codes =
          keepsCodes
              ? block()
                  .column(
                      Encode.STEP + "/" + Encode.CODES,
                      Encode.CODES_SHAPE.type(),
                      Encode.CODES_SHAPE.axes())
              : null;
    }
  }

  private final Request request;
  private final InputSpec input;
  private final Encode.Options options;
  private final List<View> views;
  private final SequenceViews sequenceViews;
  private final boolean pairs;

  private int file;
  private long first;
  private long empty;
  private int longest;
  private long longestRecord;
  private long same;
  private @Nullable String firstSame;
  private @Nullable SequenceReader reader;

  /** Number of the first record of each file. */
  private final List<Long> starts = new ArrayList<>();

  /** Number of a pair → its line less its number, where that is not so of the pair before. */
  private final TreeMap<Long, Long> lines = new TreeMap<>();

  SequenceSource(Request request) {
    this.request = request;
    this.input = request.input();
    this.options = request.options();
    this.views = request.views();
    this.sequenceViews = new SequenceViews(views);
    this.pairs = request.reading() == Encode.Reading.PAIRS;
  }

  @Override
  public Work newBatch() {
    return new Work(views, keepsCodes());
  }

  private boolean keepsCodes() {
    return request.reading() == Encode.Reading.RECORDS_WITH_CODES;
  }

  private String called(int number) {
    return TextInput.called(options.inputs().get(number));
  }

  // ---- reading
  // ------------------------------------------------------------------------------------------------------

  @Override
  public boolean fill(Work batch) {
    batch.clear(first);
    while (!batch.isFull()) {
      SequenceReader open = reader;
      if (open == null) {
        if (file == options.inputs().size()) {
          break;
        }
        open = open(options.inputs().get(file));
        reader = open;
        starts.add(first + batch.block().size());
      }
      if (!next(open, batch)) {
        noteSame();
        close();
        file++;
      } else if (pairs) {
        noteLine(first + batch.block().size() - 1, batch.headerLine(batch.block().size() - 1));
      }
    }
    first += batch.block().size();
    return batch.block().size() > 0;
  }

  private SequenceReader open(String source) {
    return pairs
        ? PairRecords.open(source, file, options.format(), request.standardInput())
        : SequenceInput.open(
            source, file, options.format(), options.wholeHeader(), request.standardInput());
  }

  private void noteLine(long record, long line) {
    long pair = record / 2;
    Map.@Nullable Entry<Long, Long> before = lines.lastEntry();
    if (before == null || before.getValue() != line - pair) {
      lines.put(pair, line - pair);
    }
  }

  private void noteSame() {
    if (reader instanceof PairRecords ended) {
      same += ended.same();
      firstSame = firstSame == null ? ended.firstSame() : firstSame;
    }
  }

  private boolean next(SequenceReader open, SequenceBatch batch) {
    try {
      return open.next(batch);
    } catch (IOException e) {
      throw TextInput.reading(called(file), e);
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

  @Override
  public void accept(Work batch) {
    empty += batch.empty;
    if (batch.longest > longest) {
      longest = batch.longest;
      longestRecord = batch.longestRecord;
    }
  }

  @Override
  public String place(long record) {
    int number = 0;
    while (number + 1 < starts.size() && starts.get(number + 1) <= record) {
      number++;
    }
    Map.@Nullable Entry<Long, Long> line = lines.floorEntry(record / 2);
    return line != null
        ? called(number) + ", line " + (record / 2 + line.getValue())
        : called(number) + ", record " + (record - starts.get(number) + 1);
  }

  @Override
  public RibonnxException repeated(int count, DuplicateIds.Duplicate first) {
    if (!pairs) {
      return RecordSource.super.repeated(count, first);
    }
    return RibonnxException.input(
        (count == 2 ? "1 pair repeats an id" : count / 2 + " pairs repeat an id")
            + "; the first: "
            + place(first.record())
            + ", has the id '"
            + PairRecords.pair(first.id())
            + "' of "
            + place(first.earlier())
            + "; give each pair an id of its own");
  }

  @Override
  public Findings end(long records, long outside) {
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
    if (keepsCodes() && longest > Encode.MOST_CODES) {
      throw RibonnxException.input(
          String.format(
              Locale.ROOT,
              "%s has %,d nucleotides; at most %,d are taken here, since each of them is a run of"
                  + " the model: cut the record to the part that matters",
              place(longestRecord),
              longest,
              Encode.MOST_CODES));
    }
    List<String> warnings = new ArrayList<>();
    if (same > 0) {
      warnings.add(
          (same == 1 ? "1 pair has" : String.format(Locale.ROOT, "%,d pairs have", same))
              + " the same sequence as ref and as alt, so the difference is 0; the first: "
              + firstSame);
    }
    @Nullable String warning = WrongInput.outsideRange(request.bundle(), outside, records);
    if (warning != null) {
      warnings.add(warning);
    }
    return new Findings(Map.of(), List.of(), warnings);
  }

  // ---- in the workers
  // -------------------------------------------------------------------------------------------

  @Override
  public void encode(Work batch) {
    batch.empty = 0;
    batch.longest = 0;
    for (int row = 0; row < batch.block().size(); row++) {
      encode(batch, batch.block(), row);
    }
  }

  private void encode(Work work, Block block, int row) {
    byte[] letters = work.letters();
    int from = work.start(row);
    int length = work.length(row);
    String idProblem = work.idProblem(row);
    if (!idProblem.isEmpty()) {
      unusable(work, block, row, RecordStatus.BAD_ID);
      invalid(work, row, work.headerLine(row), "has " + idProblem);
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
          row,
          work.lineOf(row, wrong),
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
    boolean cut = sequenceViews.encode(letters, from, count, work.columns, block, row);
    Column codes = work.codes;
    if (codes != null) {
      codes.length(row, count);
      codes.data().put(codes.place(row), letters, from, count);
      if (count > work.longest) {
        work.longest = count;
        work.longestRecord = block.first() + row;
      }
    }
    if (count < input.minLength() || count > input.maxLength()) {
      block.addFlag(row, RecordFlag.OUTSIDE_TRAINING_RANGE);
    }
    if (cut) {
      block.addFlag(row, RecordFlag.CUT);
    }
    if (found.ambiguous) {
      block.addFlag(row, RecordFlag.AMBIGUOUS_LETTERS);
    }
  }

  private void unusable(Work work, Block block, int row, RecordStatus status) {
    sequenceViews.blank(work.columns, block, row, status);
    if (work.codes != null) {
      work.codes.length(row, 0);
    }
  }

  private void invalid(Work work, int row, long line, String what) {
    work.invalid(called(work.file(row)) + ", line " + line + ": " + what);
  }
}
