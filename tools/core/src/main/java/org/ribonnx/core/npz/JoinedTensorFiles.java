package org.ribonnx.core.npz;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.block.Column;
import org.ribonnx.core.block.RecordFlag;
import org.ribonnx.core.block.RecordStatus;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.io.Spool;
import org.ribonnx.core.tensor.RowShape;

/**
 * Tensor files with some of the views each, joined by id in whatever order they have them. Records
 * come in the order of the first file, then those that only later files have, in theirs. Where a
 * file lacks a record, the rows of its views say {@link RecordStatus#MISSING_VIEW}.
 *
 * <p>Ids are looked up in an {@link IdTable}; views are read by position. Where a file goes on in
 * the order of the first one, its ids are compared one after the other and nothing is looked up.
 */
public final class JoinedTensorFiles extends RangedSource {
  private static final int WINDOW = 1 << 16;
  private static final int FILE_BITS = 16;

  /** A file, and which of its rows belongs to which record. */
  private static final class Part {
    final TensorFileReader file;
    final Map<String, RowShape> views;
    final TensorFileReader.Ids ids;
    final boolean clean;

    /** Number in the joined lists of each status and flag of the file. */
    final int[] statuses;

    final int[] flags;

    /** Record → row, −1 where there is none; null: each record's row has its number. */
    @Nullable IntBuffer rows;

    Part(TensorFileReader file, List<String> allStatuses, List<String> allFlags) {
      this.file = file;
      this.views = file.mainViews();
      this.ids = file.new Ids(WINDOW);
      this.statuses = places(file.meta().status(), allStatuses);
      this.flags = places(file.meta().flags(), allFlags);
      this.clean = views.keySet().stream().allMatch(file::isClean);
    }

    private static int[] places(List<String> names, List<String> all) {
      return names.stream().mapToInt(all::indexOf).toArray();
    }

    /** The row of a record, −1 where the file lacks it. */
    int row(long record) {
      if (rows == null) {
        return record < file.records() ? (int) record : -1;
      }
      return record < rows.capacity() ? rows.get((int) record) : -1;
    }

    int status(byte @Nullable [] found, int at) {
      return found == null ? 0 : statuses[found[at] & 0xff];
    }

    int flags(int bits) {
      int joined = 0;
      for (int bit = 0; bit < flags.length && bits >> bit != 0; bit++) {
        joined |= (bits >> bit & 1) << flags[bit];
      }
      return joined;
    }
  }

  private final List<Part> parts = new ArrayList<>();
  private final Map<String, Part> partOf = new LinkedHashMap<>();
  private final Map<String, RowShape> views = new LinkedHashMap<>();
  private final Map<String, RowShape> wanted = new LinkedHashMap<>();
  private final TensorMeta meta;
  private final long records;

  /** File and row of each record that the first file lacks, as one number. */
  private final Spool later;

  private UnaryOperator<String> columnOf = UnaryOperator.identity();

  /**
   * Finds out which rows belong together. Closes the files with itself, also when this fails.
   *
   * @param files at least one
   * @param order of the views, whatever file they are in; others come behind
   * @throws RibonnxException input, if two files have the same view, or a file an id twice; memory
   */
  public JoinedTensorFiles(List<TensorFileReader> files, Collection<String> order) {
    Spool spool = new Spool(Spool.folder(), "joined ids");
    later = spool;
    try {
      meta = joined(files.stream().map(TensorFileReader::meta).toList());
      for (TensorFileReader file : files) {
        parts.add(new Part(file, meta.status(), meta.flags()));
      }
      collectViews(order);
      records = join();
      end = records;
    } catch (RuntimeException | Error e) {
      spool.close();
      files.forEach(TensorFileReader::close);
      throw e;
    }
  }

  private static TensorMeta joined(List<TensorMeta> all) {
    List<String> statuses = new ArrayList<>(RecordStatus.labels());
    List<String> flags = new ArrayList<>(RecordFlag.labels());
    for (TensorMeta meta : all) {
      meta.status().stream().filter(name -> !statuses.contains(name)).forEach(statuses::add);
      meta.flags().stream().filter(name -> !flags.contains(name)).forEach(flags::add);
    }
    if (flags.size() > Byte.SIZE || statuses.size() > 1 << Byte.SIZE) {
      throw RibonnxException.input(
          "the files name more statuses or flags than a tensor file holds: "
              + statuses
              + ", "
              + flags
              + "; make them with one release");
    }
    TensorMeta first = all.get(0);
    // A step is passed where every file has passed it.
    Map<String, String> stages = new LinkedHashMap<>(first.stages());
    all.forEach(meta -> stages.keySet().retainAll(meta.stages().keySet()));
    return new TensorMeta(first.kind(), first.model(), stages, statuses, flags);
  }

  private void collectViews(Collection<String> order) {
    for (Part part : parts) {
      if (part.views.isEmpty()) {
        throw RibonnxException.input(
            part.file.path() + ": holds no view; give the output of ribonnx-embed");
      }
      for (String view : part.views.keySet()) {
        @Nullable Part other = partOf.putIfAbsent(view, part);
        if (other != null) {
          throw RibonnxException.input(
              part.file.path()
                  + ": holds the view '"
                  + view
                  + "', as "
                  + other.file.path()
                  + " does; give each view once");
        }
      }
    }
    for (String view : order) {
      @Nullable Part part = partOf.get(view);
      if (part != null) {
        views.put(view, Objects.requireNonNull(part.views.get(view)));
      }
    }
    partOf.forEach(
        (view, part) -> views.putIfAbsent(view, Objects.requireNonNull(part.views.get(view))));
  }

  // ---- which rows belong together
  // ------------------------------------------------------------------------------------------------

  /** Numbers all records; returns how many there are. */
  private long join() {
    long most = parts.stream().mapToLong(part -> part.file.records()).sum();
    TensorFileReader.Ids[] single =
        parts.stream().map(part -> part.file.new Ids(0)).toArray(TensorFileReader.Ids[]::new);
    IdTable table = new IdTable(most, (record, into) -> id(single, record, into));
    long count = 0;
    for (int number = 0; number < parts.size(); number++) {
      count = number == 0 ? addFirst(table) : add(table, number, count);
    }
    return count;
  }

  private long addFirst(IdTable table) {
    Part part = parts.get(0);
    byte[] id = new byte[IdSpool.MAX];
    Repeated repeated = new Repeated(part);
    long rows = part.file.records();
    for (long row = 0; row < rows; row++) {
      int length = part.ids.read(row, id);
      long before = table.add(id, length, row);
      if (before >= 0) {
        repeated.add(before, row, id, length);
      }
    }
    repeated.refuse();
    return rows;
  }

  private long add(IdTable table, int number, long before) {
    Part part = parts.get(number);
    Part first = parts.get(0);
    int most = Math.toIntExact(before + part.file.records());
    IntBuffer rows =
        ByteBuffer.allocateDirect(Math.multiplyExact(most, Integer.BYTES))
            .order(ByteOrder.nativeOrder())
            .asIntBuffer();
    for (int i = 0; i < most; i++) {
      rows.put(i, -1);
    }
    part.rows = rows;
    Repeated repeated = new Repeated(part);
    byte[] id = new byte[IdSpool.MAX];
    byte[] other = new byte[IdSpool.MAX];
    long count = before;
    long expected = 0; // the record that comes next if the file has the order of the first
    boolean inOrder = true;
    for (int row = 0; row < part.file.records(); row++) {
      int length = part.ids.read(row, id);
      long record = -1;
      if ((inOrder || first.ids.holds(expected)) && expected < first.file.records()) {
        int found = first.ids.read(expected, other);
        record = Arrays.equals(id, 0, length, other, 0, found) ? expected : -1;
      }
      if (record < 0) {
        record = table.add(id, length, count);
      }
      inOrder = record >= 0 && record == expected;
      if (record < 0) {
        later.appendLong((long) row << FILE_BITS | number);
        record = count++;
      } else {
        expected = record + 1;
      }
      if (rows.get((int) record) >= 0) {
        repeated.add(rows.get((int) record), row, id, length);
      }
      rows.put((int) record, row);
    }
    repeated.refuse();
    return count;
  }

  /** Ids that a file has more than once. */
  private static final class Repeated {
    private final Part part;
    private long count;
    private String first = "";

    Repeated(Part part) {
      this.part = part;
    }

    void add(long before, long row, byte[] id, int length) {
      if (count++ == 0) {
        String text = new String(id, 0, length, StandardCharsets.UTF_8);
        first = "'" + text + "' of record " + (before + 1) + " and of record " + (row + 1);
      }
    }

    void refuse() {
      if (count > 0) {
        throw RibonnxException.input(
            part.file.path()
                + ": "
                + (count == 1 ? "1 record repeats an id" : count + " records repeat an id")
                + "; the first: "
                + first
                + "; files are joined by ids that are unique in each"
                + " (ribonnx-encode --duplicate-ids number)");
      }
    }
  }

  private int id(TensorFileReader.Ids[] from, long record, byte[] into) {
    if (record < parts.get(0).file.records()) {
      return from[0].read(record, into);
    }
    long place = place(record);
    return from[(int) (place & (1 << FILE_BITS) - 1)].read(place >> FILE_BITS, into);
  }

  /** File and row of a record that the first file lacks. */
  private long place(long record) {
    ByteBuffer one = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    later.read((record - parts.get(0).file.records()) * Long.BYTES, one);
    return one.getLong(0);
  }

  // ---- reading
  // ---------------------------------------------------------------------------------------------------------------

  /** The files, in the order given. */
  public List<Path> paths() {
    return parts.stream().map(part -> part.file.path()).toList();
  }

  @Override
  public TensorMeta meta() {
    return meta;
  }

  @Override
  public Map<String, RowShape> mainViews() {
    return views;
  }

  /** Records of all files, each id once. */
  @Override
  public long records() {
    return records;
  }

  @Override
  public void want(Map<String, RowShape> expected, UnaryOperator<String> toColumn) {
    for (Part part : parts) {
      Map<String, RowShape> own = new LinkedHashMap<>(expected);
      own.keySet().removeIf(view -> partOf.containsKey(view) && partOf.get(view) != part);
      part.file.want(own, toColumn);
    }
    columnOf = toColumn;
    wanted.clear();
    wanted.putAll(expected);
  }

  @Override
  public boolean fill(Block block) {
    int rows = (int) Math.min(block.capacity(), end - next);
    if (rows <= 0) {
      return false;
    }
    Map<Part, int[]> places = new LinkedHashMap<>();
    for (Part part : parts) {
      int[] at = new int[rows];
      for (int i = 0; i < rows; i++) {
        at[i] = part.row(next + i);
      }
      places.put(part, at);
    }
    if (!statusOnly) {
      rows = varying(block, places, rows);
    }
    block.clear(next);
    TensorFileReader.Ids[] ids =
        parts.stream().map(part -> part.ids).toArray(TensorFileReader.Ids[]::new);
    byte[] id = new byte[IdSpool.MAX];
    for (int row = 0; row < rows; row++) {
      block.add(id, 0, id(ids, next + row, id), 0, 0);
    }
    for (Map.Entry<String, RowShape> entry : wanted.entrySet()) {
      Part part = Objects.requireNonNull(partOf.get(entry.getKey()));
      read(block, entry.getKey(), entry.getValue(), part, Arrays.copyOf(get(places, part), rows));
    }
    places.forEach((part, at) -> flag(block, part, at));
    next += rows;
    return true;
  }

  private static int[] get(Map<Part, int[]> places, Part part) {
    return Objects.requireNonNull(places.get(part));
  }

  /**
   * Gives the rows of views of varying length theirs; returns how many records fit into a block.
   */
  private int varying(Block block, Map<Part, int[]> places, int most) {
    int rows = most;
    for (Map.Entry<String, RowShape> entry : wanted.entrySet()) {
      RowShape shape = entry.getValue();
      if (shape.varies()) {
        Part part = Objects.requireNonNull(partOf.get(entry.getKey()));
        Column column = block.column(columnOf.apply(entry.getKey()), shape.type(), shape.axes());
        int[] at = get(places, part);
        for (int row = 0; row < rows; row++) {
          long[] ends = at[row] < 0 ? new long[2] : part.file.offsets(entry.getKey(), at[row], 1);
          column.length(row, (int) (ends[1] - ends[0]));
          if (row > 0 && column.place(row + 1) > Block.VARYING_BYTES) {
            rows = row;
          }
        }
      }
    }
    return rows;
  }

  private void read(Block block, String view, RowShape shape, Part part, int[] at) {
    Column column = block.column(columnOf.apply(view), shape.type(), shape.axes());
    column.keepStatus(true);
    for (int from = 0, to; from < at.length; from = to) {
      to = endOfRun(at, from);
      if (at[from] < 0) {
        for (int row = from; row < to; row++) {
          status(block, column, row, RecordStatus.MISSING_VIEW.number());
          if (!statusOnly && !shape.varies()) {
            column.blankRow(row);
          }
        }
        continue;
      }
      byte @Nullable [] found = part.clean ? null : part.file.statusOf(view, at[from], to - from);
      for (int row = from; row < to; row++) {
        status(block, column, row, part.status(found, row - from));
      }
      if (!statusOnly) {
        long start = shape.varies() ? part.file.offsets(view, at[from], 1)[0] : at[from];
        int place = column.place(from);
        part.file.read(view, start, column.data().slice(place, column.place(to) - place));
      }
    }
  }

  /** A row of a view; the record has the status of its first view that can't be used. */
  private static void status(Block block, Column column, int row, int status) {
    column.status(row, status);
    if (block.status(row) == 0) {
      block.status(row, status);
    }
  }

  private static void flag(Block block, Part part, int[] at) {
    for (int from = 0, to; !part.clean && from < block.size(); from = to) {
      to = Math.min(block.size(), endOfRun(at, from));
      byte @Nullable [] found = at[from] < 0 ? null : part.file.flags(at[from], to - from);
      for (int row = from; found != null && row < to; row++) {
        block.flags(row, block.flags(row) | part.flags(found[row - from] & 0xff));
      }
    }
  }

  /** Where the rows of a file that follow each other, or records that it lacks, come to an end. */
  private static int endOfRun(int[] at, int from) {
    int to = from + 1;
    while (to < at.length && at[to] == (at[from] < 0 ? -1 : at[from] + to - from)) {
      to++;
    }
    return to;
  }

  @Override
  public void close() {
    parts.forEach(part -> part.file.close());
    later.close();
  }
}
