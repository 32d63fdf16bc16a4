package org.ribonnx.encode;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.block.RecordFlag;
import org.ribonnx.core.block.RecordStatus;
import org.ribonnx.core.io.ByteText;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.encode.records.TableInput;
import org.ribonnx.encode.records.TextInput;

/** Records that are samples of tables: a number per feature and sample. */
final class TableSource implements RecordSource<TableBatch> {
  static final String KIND = "table";

  /** Below this share of features found, a table is worth a warning. */
  private static final double FEW = 0.8;

  private final Request request;
  private final Encode.Options options;
  private final List<View> views;
  private final List<TableEncoder> encoders;
  private final boolean counts;
  private final ValueKind kind = new ValueKind();

  private int file;
  private long first;
  private @Nullable SampleTable table;

  /** Tables whose last batch may still be worked on. */
  private final List<SampleTable> read = new ArrayList<>();

  private final Map<String, Map<String, Long>> facts = new LinkedHashMap<>();
  private final List<String> notes = new ArrayList<>();
  private final List<String> warnings = new ArrayList<>();
  private final List<Long> starts = new ArrayList<>();

  TableSource(Request request) {
    this.request = request;
    this.options = request.options();
    this.views = request.views();
    this.encoders = views.stream().map(view -> (TableEncoder) view.encoder()).toList();
    this.counts = "counts".equals(request.input().values());
  }

  @Override
  public TableBatch newBatch() {
    return new TableBatch(views);
  }

  // ---- reading
  // ------------------------------------------------------------------------------------------------------

  @Override
  public boolean fill(TableBatch batch) {
    while (true) {
      SampleTable open = table;
      if (open == null) {
        if (file == options.inputs().size()) {
          return false;
        }
        open = open(options.inputs().get(file));
        table = open;
        starts.add(first);
      }
      batch.clear(first, open);
      if (open.fill(batch)) {
        first += batch.block().size();
        return true;
      }
      describe(open);
      table = null;
      read.add(open);
      file++;
    }
  }

  private SampleTable open(String source) {
    TableInput input = TableInput.open(source, options.format(), request.standardInput());
    try {
      return open(input);
    } catch (RuntimeException | Error e) {
      input.close();
      throw e;
    }
  }

  private SampleTable open(TableInput input) {
    boolean stated = options.featuresIn() == Encode.FeaturesIn.COLUMNS;
    @Nullable SampleTable found = null;
    List<String> lineNames = new ArrayList<>();
    if (options.featuresIn() != Encode.FeaturesIn.ROWS) {
      found = RowTable.of(input, encoders, stated);
    }
    if (found == null && !stated) {
      found = TurnedTable.of(input, encoders, lineNames);
    }
    if (found != null) {
      return found;
    }
    List<String> columnNames = new ArrayList<>();
    for (int column = 1; column < Math.min(4, input.width()); column++) {
      columnNames.add(input.header().text(input.headerCell(column)));
    }
    throw RibonnxException.input(
        input.called()
            + ": holds none of the features that the model reads ("
            + listed(encoders.get(0).examples(3))
            + "); "
            + (options.featuresIn() == Encode.FeaturesIn.ROWS
                ? ""
                : "its columns are called " + listed(columnNames))
            + (lineNames.isEmpty() || columnNames.isEmpty() || stated ? "" : ", ")
            + (lineNames.isEmpty() ? "" : "its lines " + listed(lineNames)));
  }

  private static String listed(List<String> names) {
    StringBuilder text = new StringBuilder();
    for (String name : names) {
      text.append(text.length() == 0 ? "'" : ", '")
          .append(name.length() > 40 ? name.substring(0, 40) + "…" : name)
          .append('\'');
    }
    return text.append(", …").toString();
  }

  private void describe(SampleTable done) {
    for (int view = 0; view < encoders.size(); view++) {
      TableEncoder.Columns columns = done.columns(view);
      String about =
          done.called() + (encoders.size() == 1 ? "" : ", view " + views.get(view).spec().name());
      Map<String, Long> numbers = new LinkedHashMap<>();
      numbers.put("samples", done.count);
      numbers.put("features-of-model", (long) columns.of());
      numbers.put("features-found", (long) columns.given());
      numbers.put("features-filled", (long) columns.of() - columns.given());
      numbers.put("names-ignored", done.ignored());
      facts.put("table " + about, numbers);
      String share =
          ": "
              + columns.given()
              + " of the "
              + columns.of()
              + " features that the model reads were found ("
              + ByteText.of(Math.floor(100.0 * columns.given() / columns.of()))
              + " %)";
      notes.add(about + share + ignored(done.ignored()));
      if (encoders.get(view).tooFew(columns)) {
        warnings.add(about + share + ", too few for the model: its samples are unusable");
      } else if (columns.given() < FEW * columns.of()) {
        warnings.add(about + share + "; the others were filled in, so trust the results less");
      }
    }
  }

  private static String ignored(long names) {
    return names == 0
        ? ""
        : "; "
            + names
            + (names == 1
                ? " name stands for none and was ignored"
                : " names stand for none and were ignored");
  }

  @Override
  public void accept(TableBatch batch) {
    kind.add(batch.found);
  }

  @Override
  public String place(long record) {
    int number = 0;
    while (number + 1 < starts.size() && starts.get(number + 1) <= record) {
      number++;
    }
    return TextInput.called(options.inputs().get(number))
        + ", sample "
        + (record - starts.get(number) + 1);
  }

  @Override
  public Findings end(long records, long outside) {
    kind.check(request.input(), TextInput.called(options.inputs().get(0)));
    return new Findings(facts, notes, warnings);
  }

  @Override
  public void close() {
    if (table != null) {
      table.close();
      table = null;
    }
    read.forEach(SampleTable::close);
    read.clear();
  }

  // ---- in the workers
  // -------------------------------------------------------------------------------------------

  @Override
  public void encode(TableBatch batch) {
    batch.found.clear();
    SampleTable from = batch.table();
    from.load(batch);
    for (int row = 0; row < batch.block().size(); row++) {
      encode(batch, from, row);
    }
  }

  private void encode(TableBatch batch, SampleTable from, int row) {
    Block block = batch.block();
    String idProblem = batch.idProblem(row);
    @Nullable String problem = from.values(batch, row);
    if (!idProblem.isEmpty()) {
      unusable(batch, row, RecordStatus.BAD_ID);
      batch.invalid(from.place(batch, row) + ": the sample has " + idProblem);
      return;
    }
    if (problem == null && counts && !batch.whole) {
      problem = negative(batch, from, row);
    }
    if (problem != null) {
      unusable(batch, row, RecordStatus.BAD_VALUE);
      batch.invalid(problem);
      return;
    }
    // Counts as they should be need no second look; they would not change what a table looks like.
    int fraction = counts && batch.whole ? -1 : batch.found.add(batch.values, from.values());
    if (fraction >= 0 && !batch.found.hasFraction()) {
      batch.found.fraction(from.place(batch, row, fraction) + ": is " + batch.values[fraction]);
    }
    RecordStatus worst = RecordStatus.OK;
    boolean filled = false;
    for (int view = 0; view < encoders.size(); view++) {
      TableEncoder.Columns columns = from.columns(view);
      RecordStatus status =
          encoders.get(view).encode(batch.values, columns, batch.room, batch.columns[view], row);
      batch.columns[view].status(row, status.number());
      if (status != RecordStatus.OK) {
        batch.columns[view].padRow(row, views.get(view).spec().pad());
        worst = worst == RecordStatus.OK ? status : worst;
      }
      filled |= columns.given() < columns.of();
    }
    block.status(row, worst.number());
    if (filled) {
      block.addFlag(row, RecordFlag.FEATURES_FILLED);
    }
  }

  private static @Nullable String negative(TableBatch batch, SampleTable from, int row) {
    for (int i = 0; i < from.values(); i++) {
      if (batch.values[i] < 0) {
        batch.found.negative();
        return from.place(batch, row, i)
            + ": is "
            + ByteText.of(batch.values[i])
            + "; a count can't be below 0";
      }
    }
    return null;
  }

  private void unusable(TableBatch batch, int row, RecordStatus status) {
    for (int view = 0; view < batch.columns.length; view++) {
      batch.columns[view].padRow(row, views.get(view).spec().pad());
      batch.columns[view].status(row, status.number());
    }
    batch.block().status(row, status.number());
  }
}
