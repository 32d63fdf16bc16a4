package org.ribonnx.core.npz;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.block.Column;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.io.Tree;
import org.ribonnx.core.tensor.DType;
import org.ribonnx.core.tensor.RowShape;

/**
 * Reads the records of a tensor file block by block, all or a range of rows. Takes what the steps
 * write, and what a modeller writes with {@code numpy.savez}.
 */
public final class TensorFileReader extends RangedSource {
  private static final String OFFSETS = TensorFileWriter.OFFSETS;
  private static final String STATUS = TensorFileWriter.STATUS;

  private final NpzReader npz;
  private final TensorMeta meta;
  private final long records;
  private final Map<String, RowShape> views = new LinkedHashMap<>();
  private final Map<String, RowShape> wanted = new LinkedHashMap<>();
  private final Map<String, NpzReader.Member> offsets = new LinkedHashMap<>();
  private final Map<String, NpzReader.Member> viewStatus = new LinkedHashMap<>();
  private final NpzReader.Member ids;
  private final NpzReader.@Nullable Member status;
  private final NpzReader.@Nullable Member flags;
  private final boolean unicodeIds;
  private final int idWidth;

  private UnaryOperator<String> columnOf = UnaryOperator.identity();

  /**
   * Opens a file and compares every member with its checksum.
   *
   * @throws RibonnxException input, saying what is wrong with the file
   */
  public TensorFileReader(Path path) {
    this(path, true);
  }

  /**
   * As {@link #TensorFileReader(Path)}; a file that this process wrote a moment ago need not be
   * compared.
   */
  public TensorFileReader(Path path, boolean verify) {
    npz = new NpzReader(path);
    try {
      if (verify) {
        npz.verify();
      }
      meta = readMeta();
      ids = required("ids");
      String descr = ids.array().descr();
      unicodeIds = descr.startsWith("<U");
      idWidth =
          DType.ofDescr(descr) != null
              ? -1
              : (int) (ids.dataSize() / Math.max(1, ids.array().elements()));
      if (idWidth < 0 || ids.array().shape().length != 1) {
        throw bad(
            "member 'ids' is "
                + descr
                + "; a list of texts is expected (numpy.array(ids, dtype='S'))");
      }
      records = ids.array().shape()[0];
      // A step that was given more shards than there are records writes such a file.
      if (records == 0 && meta.stages().isEmpty()) {
        throw bad("holds no record");
      }
      status = bytes("status");
      flags = bytes("flags");
      for (NpzReader.Member member : npz.members().values()) {
        addView(member);
      }
      end = records;
    } catch (RibonnxException e) {
      npz.close();
      throw e;
    }
  }

  private RibonnxException bad(String what) {
    return RibonnxException.input(npz.path() + ": " + what);
  }

  private NpzReader.Member required(String name) {
    NpzReader.@Nullable Member member = npz.member(name);
    if (member == null || member.header() == null) {
      throw bad("lacks the member '" + name + "'; it holds " + npz.members().keySet());
    }
    return member;
  }

  private NpzReader.@Nullable Member bytes(String name) {
    NpzReader.@Nullable Member member = npz.member(name);
    if (member == null) {
      return null;
    }
    if (member.header() == null
        || DType.ofDescr(member.array().descr()) != DType.UINT8
        || member.array().shape().length != 1
        || member.array().shape()[0] != records) {
      throw bad("member '" + name + "' must be uint8 with one number per id");
    }
    return member;
  }

  private void addView(NpzReader.Member member) {
    String name = member.name();
    if (member.header() == null || List.of("ids", "status", "flags", "meta").contains(name)) {
      return;
    }
    @Nullable DType type = DType.ofDescr(member.array().descr());
    long[] shape = member.array().shape();
    if (name.endsWith(OFFSETS) && isOffsets(member)) {
      return;
    }
    if (isStatus(member)) {
      viewStatus.put(
          name.substring(0, name.length() - STATUS.length()), Objects.requireNonNull(bytes(name)));
      return;
    }
    NpzReader.@Nullable Member ends = npz.member(name + OFFSETS);
    if (ends != null && !isOffsets(ends)) {
      ends = null;
    }
    if (type == null || shape.length < 1) {
      throw bad(
          "member '"
              + name
              + "' is "
              + member.array().descr()
              + "; numbers with a record per row are expected");
    }
    if (ends != null) {
      offsets.put(name, ends);
    } else if (shape[0] != records) {
      throw bad(
          "member '" + name + "' has " + shape[0] + " rows, but there are " + records + " ids");
    }
    int first = ends == null ? 0 : 1;
    int[] axes = new int[shape.length - 1 + first];
    if (ends != null) {
      axes[0] = RowShape.VARYING;
    }
    long bytes = type.bytes();
    for (int i = 1; i < shape.length; i++) {
      if (shape[i] == 0) {
        throw bad("member '" + name + "' has an axis of length 0");
      }
      axes[i - 1 + first] = (int) Math.min(shape[i], Integer.MAX_VALUE);
      bytes = Math.min(1L << 40, bytes * axes[i - 1 + first]);
    }
    if (bytes > RowShape.MOST_BYTES) {
      throw bad("member '" + name + "' has records of over " + RowShape.MOST_BYTES + " bytes");
    }
    RowShape row = new RowShape(type, axes);
    if (ends != null) {
      checkOffsets(name, ends, shape[0], row.bytes());
    }
    views.put(name, row);
  }

  /** Whether a member is what stands beside a view of varying length. */
  private boolean isOffsets(NpzReader.Member member) {
    String name = member.name();
    return member.header() != null
        && npz.member(name.substring(0, name.length() - OFFSETS.length())) != null
        && DType.ofDescr(member.array().descr()) == DType.INT64
        && member.array().shape().length == 1
        && member.array().shape()[0] == records + 1;
  }

  /** Whether a member is what stands beside a view whose rows have a status of their own. */
  private boolean isStatus(NpzReader.Member member) {
    String name = member.name();
    return name.endsWith(STATUS)
        && npz.member(name.substring(0, name.length() - STATUS.length())) != null
        && DType.ofDescr(member.array().descr()) == DType.UINT8
        && member.array().shape().length == 1;
  }

  private void checkOffsets(String name, NpzReader.Member ends, long total, int bytes) {
    ByteBuffer part = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);
    long before = 0;
    for (long at = 0; at < ends.dataSize(); at += part.limit()) {
      part.clear().limit((int) Math.min(part.capacity(), ends.dataSize() - at));
      npz.read(ends, at, part);
      part.flip();
      while (part.remaining() >= Long.BYTES) {
        long place = (at + part.position()) / Long.BYTES;
        long end = part.getLong();
        boolean last = place == records;
        if (end < before || end > total || (place == 0 && end != 0) || (last && end != total)) {
          throw bad(
              "member '"
                  + ends.name()
                  + "' has "
                  + end
                  + " at place "
                  + place
                  + "; offsets rise from 0 to the "
                  + total
                  + " rows of '"
                  + name
                  + "'");
        }
        if ((end - before) * bytes > RowShape.MOST_BYTES) {
          throw bad(
              "record "
                  + place
                  + " of the view '"
                  + name
                  + "' has over "
                  + RowShape.MOST_BYTES
                  + " bytes");
        }
        longest.merge(name, end - before, Math::max);
        before = end;
      }
    }
  }

  /** Most positions that a record of a view of varying length has. */
  public long longest(String view) {
    return longest.getOrDefault(view, 0L);
  }

  /** Lets every block that is filled hold an even number of records: pairs stay together. */
  public void inPairs() {
    together = 2;
  }

  private TensorMeta readMeta() {
    NpzReader.@Nullable Member raw = npz.member("meta.json");
    NpzReader.@Nullable Member array = npz.member("meta");
    byte[] text;
    if (raw != null && raw.header() == null) {
      text = npz.raw(raw);
    } else if (array != null && array.header() != null && array.dataSize() < 1 << 24) {
      text = text(array);
    } else {
      return TensorMeta.NONE;
    }
    try {
      return TensorMeta.ofTree(Tree.parseJson(text));
    } catch (IOException | IllegalArgumentException e) {
      throw RibonnxException.input(
          npz.path() + ": its metadata can't be read: " + e.getMessage(), e);
    }
  }

  /** An array that holds one text, as bytes or as UCS-4. */
  private byte[] text(NpzReader.Member member) {
    ByteBuffer data = ByteBuffer.allocate((int) member.dataSize()).order(ByteOrder.LITTLE_ENDIAN);
    npz.read(member, 0, data);
    data.flip();
    if (!member.array().descr().startsWith("<U")) {
      return new String(data.array(), StandardCharsets.UTF_8)
          .replace("\0", "")
          .getBytes(StandardCharsets.UTF_8);
    }
    StringBuilder text = new StringBuilder();
    while (data.remaining() >= 4) {
      int point = data.getInt();
      if (point > 0 && point <= Character.MAX_CODE_POINT) {
        text.appendCodePoint(point);
      }
    }
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  public Path path() {
    return npz.path();
  }

  @Override
  public TensorMeta meta() {
    return meta;
  }

  /** Records in the file, whatever range is read. */
  @Override
  public long records() {
    return records;
  }

  /** Records that no end of a block may part. */
  private int together = 1;

  /** View of varying length → positions of its longest record. */
  private final Map<String, Long> longest = new HashMap<>();

  /** Every view in the file. */
  public Map<String, RowShape> views() {
    return views;
  }

  @Override
  public Map<String, RowShape> mainViews() {
    Map<String, RowShape> main = new LinkedHashMap<>();
    views.forEach(
        (name, shape) -> {
          if (name.indexOf('.') < 0) {
            main.put(name, shape);
          }
        });
    return main;
  }

  /**
   * Checks that the records have passed the steps of this bundle and no other's.
   *
   * @param needed steps that they must have passed; not checked in a file that says nothing of
   *     itself
   * @return a line to warn with if the file says nothing of itself, else null
   */
  public @Nullable String checkSteps(Bundle bundle, List<String> needed) {
    if (meta.stages().isEmpty()) {
      return path()
          + ": says nothing of the model it was made for; only names and shapes are checked";
    }
    meta.stages()
        .forEach(
            (passed, digest) -> {
              if (!digest.equals(bundle.digestOf(passed))) {
                throw bad(
                    "was made by the step '"
                        + passed
                        + "' of the model "
                        + meta.model()
                        + ", which is not that of "
                        + bundle.name());
              }
            });
    for (String one : needed) {
      if (!meta.stages().containsKey(one)) {
        throw bad("has not passed the step '" + one + "'; run ribonnx-" + one + " first");
      }
    }
    return null;
  }

  @Override
  public void want(Map<String, RowShape> expected, UnaryOperator<String> toColumn) {
    columnOf = toColumn;
    wanted.clear();
    expected.forEach(
        (name, shape) -> {
          @Nullable RowShape found = views.get(name);
          if (found == null) {
            throw bad("lacks the view '" + name + "' of the model; it holds " + views.keySet());
          }
          if (!found.equals(shape)) {
            throw bad(
                "view '" + name + "' is " + found + " per record; the model expects " + shape);
          }
          wanted.put(name, shape);
        });
  }

  @Override
  public boolean fill(Block block) {
    return fill(block, block.capacity(), Block.VARYING_BYTES);
  }

  /** As {@link #fill(Block)}, with exactly {@code rows} records, if so many are left. */
  public boolean fill(Block block, int rows) {
    return fill(block, rows, Long.MAX_VALUE);
  }

  private boolean fill(Block block, int most, long budget) {
    int rows = (int) Math.min(most, end - next);
    if (rows <= 0) {
      return false;
    }
    Map<String, long[]> ends = new LinkedHashMap<>();
    for (Map.Entry<String, RowShape> entry : wanted.entrySet()) {
      if (entry.getValue().varies() && !statusOnly) {
        long[] found = offsets(entry.getKey(), next, rows);
        ends.put(entry.getKey(), found);
        // A block of long records has fewer of them, though always one.
        long room = budget / entry.getValue().bytes();
        while (rows > together && found[rows] - found[0] > room) {
          rows -= together;
        }
      }
    }
    block.clear(next);
    byte[] idRows = rows(ids, idWidth, next, rows);
    byte @Nullable [] statusRows = statuses(status, next, rows);
    byte @Nullable [] flagRows = flags(next, rows);
    byte[] id = new byte[IdSpool.MAX];
    for (int row = 0; row < rows; row++) {
      int recordStatus = statusRows == null ? 0 : statusRows[row] & 0xff;
      int length = id(idRows, row * idWidth, next + row, id);
      block.add(id, 0, length, recordStatus, flagRows == null ? 0 : flagRows[row]);
    }
    for (Map.Entry<String, RowShape> entry : wanted.entrySet()) {
      String name = entry.getKey();
      RowShape shape = entry.getValue();
      Column column = block.column(columnOf.apply(name), shape.type(), shape.axes());
      byte @Nullable [] own = statuses(viewStatus.get(name), next, rows);
      column.keepStatus(own != null);
      for (int row = 0; own != null && row < rows; row++) {
        column.status(row, own[row] & 0xff);
      }
      if (statusOnly) {
        continue;
      }
      long from = next;
      long @Nullable [] places = ends.get(name);
      if (places != null) {
        from = places[0];
        for (int row = 0; row < rows; row++) {
          column.length(row, (int) (places[row + 1] - places[row]));
        }
      }
      read(name, from, column.data().slice(0, column.place(rows)));
    }
    next += rows;
    return true;
  }

  /** Reads rows of a view from one on, as many as there is room for; of a varying one positions. */
  void read(String view, long from, ByteBuffer into) {
    RowShape shape = Objects.requireNonNull(views.get(view));
    npz.read(Objects.requireNonNull(npz.member(view)), from * shape.bytes(), into);
  }

  /** Where rows of a view of varying length begin, and where the last of them ends. */
  long[] offsets(String view, long from, int rows) {
    NpzReader.Member member = Objects.requireNonNull(offsets.get(view));
    ByteBuffer data = ByteBuffer.allocate((rows + 1) * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    npz.read(member, from * Long.BYTES, data);
    long[] places = new long[rows + 1];
    data.flip().asLongBuffer().get(places);
    return places;
  }

  /**
   * Status of rows of a view: its own, else that of the records; null where all are usable, for
   * what is read here and there.
   */
  byte @Nullable [] statusOf(String view, long from, int rows) {
    NpzReader.@Nullable Member own = viewStatus.get(view);
    return statuses(own == null ? status : own, from, rows);
  }

  /** Whether no row of a view has anything wrong, and no record a flag. */
  boolean isClean(String view) {
    NpzReader.@Nullable Member own = viewStatus.get(view);
    return isZero(own == null ? status : own) && isZero(flags);
  }

  private boolean isZero(NpzReader.@Nullable Member member) {
    if (member == null) {
      return true;
    }
    ByteBuffer part = ByteBuffer.allocate(1 << 16);
    for (long at = 0; at < member.dataSize(); at += part.limit()) {
      part.clear().limit((int) Math.min(part.capacity(), member.dataSize() - at));
      npz.read(member, at, part);
      for (int i = 0; i < part.limit(); i++) {
        if (part.get(i) != 0) {
          return false;
        }
      }
    }
    return true;
  }

  private byte @Nullable [] statuses(NpzReader.@Nullable Member member, long from, int rows) {
    if (member == null) {
      return null;
    }
    byte[] found = rows(member, 1, from, rows);
    for (int row = 0; row < rows; row++) {
      if ((found[row] & 0xff) >= meta.status().size()) {
        throw bad(
            "record "
                + (from + row + 1)
                + " has the "
                + member.name()
                + " "
                + (found[row] & 0xff)
                + ", which the file does not name");
      }
    }
    return found;
  }

  /** Flags of records; null where the file has none. */
  byte @Nullable [] flags(long from, int rows) {
    return flags == null ? null : rows(flags, 1, from, rows);
  }

  private byte[] rows(NpzReader.Member member, int width, long from, int rows) {
    ByteBuffer data = ByteBuffer.allocate(rows * width);
    npz.read(member, from * width, data);
    return data.array();
  }

  /** Reads ids one by one, from a part of the file that it holds in memory. */
  final class Ids {
    private final int most;
    private byte[] part = {};
    private long first;
    private int held;

    /**
     * @param bytes how much is held, about; 0: one id
     */
    Ids(int bytes) {
      most = Math.max(1, bytes / Math.max(1, idWidth));
    }

    /** Whether a row's id is held already. */
    boolean holds(long row) {
      return row >= first && row < first + held;
    }

    /**
     * Puts a row's id, as UTF-8, into a buffer of {@link IdSpool#MAX} bytes; returns its length.
     */
    int read(long row, byte[] into) {
      if (!holds(row)) {
        first = row;
        held = (int) Math.min(most, records - row);
        part = rows(ids, idWidth, row, held);
      }
      return id(part, (int) (row - first) * idWidth, row, into);
    }
  }

  /** Takes an id out of a row as it stands in the file; returns its length in bytes of UTF-8. */
  private int id(byte[] idRows, int from, long record, byte[] into) {
    byte[] bytes = idRows;
    int start = from;
    int length = idWidth;
    if (unicodeIds) {
      StringBuilder text = new StringBuilder();
      ByteBuffer points = ByteBuffer.wrap(idRows, from, idWidth).order(ByteOrder.LITTLE_ENDIAN);
      while (points.remaining() >= 4) {
        int point = points.getInt();
        if (point != 0) {
          if (!Character.isValidCodePoint(point)) {
            throw bad("record " + (record + 1) + " has an id that is no text");
          }
          text.appendCodePoint(point);
        }
      }
      bytes = text.toString().getBytes(StandardCharsets.UTF_8);
      start = 0;
      length = bytes.length;
    }
    while (length > 0 && bytes[start + length - 1] == 0) {
      length--;
    }
    if (length == 0 || length > IdSpool.MAX) {
      throw bad(
          "record " + (record + 1) + " has " + (length == 0 ? "no id" : "an id over 255 bytes"));
    }
    for (int i = start; i < start + length; i++) {
      if (bytes[i] >= 0 && bytes[i] < 0x20) {
        throw bad("record " + (record + 1) + " has an id with a control character");
      }
    }
    System.arraycopy(bytes, start, into, 0, length);
    return length;
  }

  @Override
  public void close() {
    npz.close();
  }
}
