package org.ribonnx.encode;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.block.Column;
import org.ribonnx.core.block.RecordFlag;
import org.ribonnx.core.block.RecordStatus;
import org.ribonnx.core.bundle.InputSpec;
import org.ribonnx.core.bundle.ViewSpec;
import org.ribonnx.core.io.IoErrors;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.run.WrongInput;
import org.ribonnx.core.tensor.RowShape;
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
    long empty;

    Work(List<View> views) {
      super(RowShape.roomFor(Encode.shapes(views), Encode.BATCH, Block.ROWS));
      columns = Encode.columns(block(), views);
    }
  }

  private final Request request;
  private final InputSpec input;
  private final Encode.Options options;
  private final List<View> views;
  private final Encoder[] encoders;

  private int file;
  private long first;
  private long empty;
  private @Nullable SequenceReader reader;

  /** Number of the first record of each file. */
  private final List<Long> starts = new ArrayList<>();

  SequenceSource(Request request) {
    this.request = request;
    this.input = request.input();
    this.options = request.options();
    this.views = request.views();
    this.encoders = views.stream().map(view -> (Encoder) view.encoder()).toArray(Encoder[]::new);
  }

  @Override
  public Work newBatch() {
    return new Work(views);
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
        open =
            SequenceInput.open(
                options.inputs().get(file),
                file,
                options.format(),
                options.wholeHeader(),
                request.standardInput());
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
  }

  @Override
  public String place(long record) {
    int number = 0;
    while (number + 1 < starts.size() && starts.get(number + 1) <= record) {
      number++;
    }
    return called(number) + ", record " + (record - starts.get(number) + 1);
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
    @Nullable String warning = WrongInput.outsideRange(request.bundle(), outside, records);
    return warning == null ? Findings.NONE : new Findings(Map.of(), List.of(), List.of(warning));
  }

  // ---- in the workers
  // -------------------------------------------------------------------------------------------

  @Override
  public void encode(Work batch) {
    batch.empty = 0;
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
    RecordStatus worst = RecordStatus.OK;
    boolean cut = false;
    for (int i = 0; i < encoders.length; i++) {
      Column column = work.columns[i];
      RecordStatus status = encoders[i].encode(letters, from, count, column, block, row);
      column.status(row, status.number());
      if (status != RecordStatus.OK) {
        ViewSpec spec = views.get(i).spec();
        column.padRow(row, spec.pad());
        worst = worst == RecordStatus.OK ? status : worst;
      }
      cut |= status == RecordStatus.OK && count > encoders[i].capacity();
    }
    block.status(row, worst.number());
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
    for (int i = 0; i < work.columns.length; i++) {
      work.columns[i].padRow(row, views.get(i).spec().pad());
      work.columns[i].status(row, status.number());
    }
    block.status(row, status.number());
  }

  private void invalid(Work work, int row, long line, String what) {
    work.invalid(called(work.file(row)) + ", line " + line + ": " + what);
  }
}
