package org.ribonnx.core.npz;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
  private final NpzReader npz;
  private final TensorMeta meta;
  private final long records;
  private final Map<String, RowShape> views = new LinkedHashMap<>();
  private final Map<String, RowShape> wanted = new LinkedHashMap<>();
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
      if (records == 0) {
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
    if (type == null || shape.length < 1) {
      throw bad(
          "member '"
              + name
              + "' is "
              + member.array().descr()
              + "; numbers with a record per row are expected");
    }
    if (shape[0] != records) {
      throw bad(
          "member '" + name + "' has " + shape[0] + " rows, but there are " + records + " ids");
    }
    int[] axes = new int[shape.length - 1];
    for (int i = 0; i < axes.length; i++) {
      if (shape[i + 1] == 0) {
        throw bad("member '" + name + "' has an axis of length 0");
      }
      axes[i] = (int) Math.min(shape[i + 1], Integer.MAX_VALUE);
    }
    if (member.dataSize() / records > 1 << 28) {
      throw bad("member '" + name + "' has records of over " + (1 << 28) + " bytes");
    }
    views.put(name, new RowShape(type, axes));
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
    int rows = (int) Math.min(block.capacity(), end - next);
    if (rows <= 0) {
      return false;
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
      ByteBuffer data = column.data().slice(0, rows * column.rowBytes());
      npz.read(java.util.Objects.requireNonNull(npz.member(name)), next * column.rowBytes(), data);
    }
    next += rows;
    return true;
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
