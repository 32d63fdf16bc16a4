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
import org.ribonnx.core.block.Pipeline;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.io.Tree;
import org.ribonnx.core.tensor.DType;
import org.ribonnx.core.tensor.RowShape;

/**
 * Reads the records of a tensor file block by block, all or a range of rows. Takes what the steps
 * write, and what a modeller writes with {@code numpy.savez}.
 */
public final class TensorFileReader implements Pipeline.Source<Block>, AutoCloseable {
  private static final String OFFSETS = TensorFileWriter.OFFSETS;

  private final NpzReader npz;
  private final TensorMeta meta;
  private final long records;
  private final Map<String, RowShape> views = new LinkedHashMap<>();
  private final Map<String, RowShape> wanted = new LinkedHashMap<>();
  private final Map<String, NpzReader.Member> offsets = new LinkedHashMap<>();
  private final NpzReader.Member ids;
  private final NpzReader.@Nullable Member status;
  private final NpzReader.@Nullable Member flags;
  private final boolean unicodeIds;
  private final int idWidth;

  private UnaryOperator<String> columnOf = UnaryOperator.identity();
  private long next;
  private long end;

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

  public TensorMeta meta() {
    return meta;
  }

  /** Records in the file, whatever range is read. */
  public long records() {
    return records;
  }

  /** Records that are read. */
  public long selected() {
    return end - Math.min(end, firstSelected);
  }

  private long firstSelected;

  /** Records that no end of a block may part. */
  private int together = 1;

  /** View of varying length → positions of its longest record. */
  private final Map<String, Long> longest = new HashMap<>();

  /** Every view in the file. */
  public Map<String, RowShape> views() {
    return views;
  }

  /** The views that steps take: those without the extra outputs ({@code view.output}). */
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

  /** Names the views to read as those of a step, and checks that they are there. */
  public void want(String step, Map<String, RowShape> expected) {
    want(expected, name -> step + "/" + name);
  }

  /**
   * As {@link #want(String, Map)}, for views of several steps: name in the file → column in the
   * blocks.
   */
  public void want(Map<String, RowShape> expected, UnaryOperator<String> toColumn) {
    columnOf = toColumn;
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

  /** Reads only the {@code shard}-th of {@code shards} ranges of rows, counted from 1. */
  public void select(int shard, int shards) {
    firstSelected = range(records, shard - 1, shards);
    next = firstSelected;
    end = range(records, shard, shards);
  }

  private static long range(long records, int shard, int shards) {
    // Exact for any number of records: the product of quotient and shard never overflows.
    return records / shards * shard + records % shards * shard / shards;
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
      if (entry.getValue().varies()) {
        long[] found = offsets(entry.getKey(), rows);
        ends.put(entry.getKey(), found);
        // A block of long records has fewer of them, though always one.
        long room = budget / entry.getValue().bytes();
        while (rows > together && found[rows] - found[0] > room) {
          rows -= together;
        }
      }
    }
    block.clear(next);
    byte[] idRows = rows(ids, idWidth, rows);
    byte @Nullable [] statusRows = status == null ? null : rows(status, 1, rows);
    byte @Nullable [] flagRows = flags == null ? null : rows(flags, 1, rows);
    for (int row = 0; row < rows; row++) {
      int recordStatus = statusRows == null ? 0 : statusRows[row] & 0xff;
      if (recordStatus >= meta.status().size()) {
        throw bad(
            "record "
                + (next + row + 1)
                + " has the status "
                + recordStatus
                + ", which the file does not name");
      }
      addRecord(block, idRows, row * idWidth, recordStatus, flagRows == null ? 0 : flagRows[row]);
    }
    for (Map.Entry<String, RowShape> entry : wanted.entrySet()) {
      String name = entry.getKey();
      RowShape shape = entry.getValue();
      Column column = block.column(columnOf.apply(name), shape.type(), shape.axes());
      long from = next;
      long @Nullable [] places = ends.get(name);
      if (places != null) {
        from = places[0];
        for (int row = 0; row < rows; row++) {
          column.length(row, (int) (places[row + 1] - places[row]));
        }
      }
      ByteBuffer data = column.data().slice(0, column.place(rows));
      npz.read(Objects.requireNonNull(npz.member(name)), from * column.rowBytes(), data);
    }
    next += rows;
    return true;
  }

  /** Where the next rows of a view of varying length begin, and where the last of them ends. */
  private long[] offsets(String view, int rows) {
    NpzReader.Member member = Objects.requireNonNull(offsets.get(view));
    ByteBuffer data = ByteBuffer.allocate((rows + 1) * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    npz.read(member, next * Long.BYTES, data);
    long[] places = new long[rows + 1];
    data.flip().asLongBuffer().get(places);
    return places;
  }

  private byte[] rows(NpzReader.Member member, int width, int rows) {
    ByteBuffer data = ByteBuffer.allocate(rows * width);
    npz.read(member, next * width, data);
    return data.array();
  }

  private void addRecord(Block block, byte[] idRows, int from, int recordStatus, int recordFlags) {
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
            throw bad("record " + (next + block.size() + 1) + " has an id that is no text");
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
          "record "
              + (next + block.size() + 1)
              + " has "
              + (length == 0 ? "no id" : "an id over 255 bytes"));
    }
    for (int i = start; i < start + length; i++) {
      if (bytes[i] >= 0 && bytes[i] < 0x20) {
        throw bad("record " + (next + block.size() + 1) + " has an id with a control character");
      }
    }
    block.add(bytes, start, length, recordStatus, recordFlags);
  }

  @Override
  public void close() {
    npz.close();
  }
}
