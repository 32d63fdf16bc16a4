package org.ribonnx.core.npz;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.block.Column;
import org.ribonnx.core.block.Pipeline;
import org.ribonnx.core.block.RecordFlag;
import org.ribonnx.core.io.OutputFile;
import org.ribonnx.core.io.Spool;
import org.ribonnx.core.io.Tree;
import org.ribonnx.core.tensor.RowShape;

/**
 * Writes blocks to a tensor file whose number of records is known at the end alone. The first view
 * goes straight to its place; the other members wait in temporary files.
 */
public final class TensorFileWriter implements Pipeline.Sink<Block>, AutoCloseable {
  /** What the member with the offsets of a view of varying length is called, behind its name. */
  static final String OFFSETS = ".offsets";

  /** What the member with the status of a view is called, behind its name. */
  static final String STATUS = ".status";

  private final UnaryOperator<String> columnOf;
  private final OutputFile output;
  private final NpzWriter npz;
  private final Map<String, RowShape> views;
  private final List<String> names;
  private final List<Spool> later = new ArrayList<>();

  /** Where the rows of each view of varying length end, in positions; the first is 0. */
  private final Map<String, Spool> offsets = new LinkedHashMap<>();

  private final Map<String, Long> positions = new LinkedHashMap<>();

  /** The status of each view whose rows have one of their own; found with the first block. */
  private final Map<String, Spool> viewStatus = new LinkedHashMap<>();

  private boolean beforeFusing;
  private final IdSpool ids;
  private final Spool status;
  private final Spool flags;
  private long records;

  /**
   * @param target where the file appears when it is whole
   * @param step the step whose views are written
   * @param views view → element type and shape per record, in the order of the file
   */
  public TensorFileWriter(Path target, String step, Map<String, RowShape> views) {
    this(target, views, name -> step + "/" + name);
  }

  /**
   * As {@link #TensorFileWriter(Path, String, Map)}, for views of several steps.
   *
   * @param columnOf name in the file → column in the blocks
   */
  public TensorFileWriter(
      Path target, Map<String, RowShape> views, UnaryOperator<String> columnOf) {
    this.columnOf = columnOf;
    this.views = new LinkedHashMap<>(views);
    this.names = List.copyOf(views.keySet());
    Path folder = Spool.folder();
    this.ids = new IdSpool(folder);
    this.status = new Spool(folder, "status");
    this.flags = new Spool(folder, "flags");
    for (int i = 1; i < names.size(); i++) {
      later.add(new Spool(folder, names.get(i)));
    }
    views.forEach(
        (name, shape) -> {
          if (shape.varies()) {
            Spool ends = new Spool(folder, name + OFFSETS);
            ends.appendLong(0);
            offsets.put(name, ends);
            positions.put(name, 0L);
          }
        });
    this.output = OutputFile.create(target);
    this.npz = new NpzWriter(output);
    try {
      npz.beginArray(names.get(0));
    } catch (IOException e) {
      throw npz.failure(e);
    }
  }

  /**
   * Writes status and flags of records as they were before fusing, which may have let records pass
   * that lack a view: the status is that of the first view that can't be used.
   */
  public void beforeFusing() {
    beforeFusing = true;
  }

  /** The ids written so far. */
  public IdSpool ids() {
    return ids;
  }

  public long records() {
    return records;
  }

  @Override
  public void accept(Block block) {
    for (int i = 0; i < names.size(); i++) {
      Column column = block.column(columnOf.apply(names.get(i)));
      ByteBuffer rows = column.data().slice(0, column.place(block.size()));
      @Nullable Spool ends = offsets.get(names.get(i));
      if (ends != null) {
        long at = Objects.requireNonNull(positions.get(names.get(i)));
        for (int row = 0; row < block.size(); row++) {
          at += column.length(row);
          ends.appendLong(at);
        }
        positions.put(names.get(i), at);
      }
      if (i > 0) {
        later.get(i - 1).append(rows);
      } else {
        try {
          npz.write(rows);
        } catch (IOException e) {
          throw npz.failure(e);
        }
      }
    }
    ids.append(block);
    acceptStatus(block);
    byte[] one = new byte[2 * block.size()];
    for (int row = 0; row < block.size(); row++) {
      one[row] = (byte) (beforeFusing ? strict(block, row) : block.status(row));
      int flags = block.flags(row);
      one[block.size() + row] =
          (byte) (beforeFusing ? flags & ~RecordFlag.VIEW_MISSING.bit() : flags);
    }
    status.append(one, 0, block.size());
    flags.append(one, block.size(), block.size());
    records += block.size();
  }

  /** A view, not what a graph returns beside one. */
  private static boolean isView(String name) {
    return name.indexOf('.') < 0;
  }

  private void acceptStatus(Block block) {
    for (String name : names) {
      Column column = block.column(columnOf.apply(name));
      if (isView(name) && column.hasStatus()) {
        Spool to =
            viewStatus.computeIfAbsent(name, view -> new Spool(Spool.folder(), view + STATUS));
        byte[] rows = new byte[block.size()];
        for (int row = 0; row < rows.length; row++) {
          rows[row] = (byte) column.status(row);
        }
        to.append(rows, 0, rows.length);
      }
    }
  }

  private int strict(Block block, int row) {
    boolean own = false;
    for (String name : names) {
      Column column = block.column(columnOf.apply(name));
      if (isView(name) && column.hasStatus()) {
        own = true;
        if (column.status(row) != 0) {
          return column.status(row);
        }
      }
    }
    return own ? 0 : block.status(row);
  }

  /** Writes what is left and moves the file into place. */
  public void finish(TensorMeta meta) {
    finish(meta, Map.of());
  }

  /**
   * As {@link #finish(TensorMeta)}, with other ids for some records.
   *
   * @param renamed number of the record → its id; the record gets the flag {@link
   *     RecordFlag#RENAMED}
   */
  public void finish(TensorMeta meta, Map<Long, String> renamed) {
    try {
      ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 17);
      for (int i = 0; i < names.size(); i++) {
        if (i > 0) {
          npz.beginArray(names.get(i));
          copy(later.get(i - 1), buffer);
        }
        RowShape shape = Objects.requireNonNull(views.get(names.get(i)));
        // The length of a varying view is the records' axis: rows stand back to back.
        @Nullable Long total = positions.get(names.get(i));
        int first = total == null ? 0 : 1;
        long[] axes = new long[shape.axes().length + 1 - first];
        axes[0] = total == null ? records : total;
        for (int axis = 1; axis < axes.length; axis++) {
          axes[axis] = shape.axes()[axis - 1 + first];
        }
        npz.endArray(shape.type().descr(), axes);
      }
      for (Map.Entry<String, Spool> entry : offsets.entrySet()) {
        npz.beginArray(entry.getKey() + OFFSETS);
        copy(entry.getValue(), buffer);
        npz.endArray("<i8", records + 1);
      }
      for (Map.Entry<String, Spool> entry : viewStatus.entrySet()) {
        npz.beginArray(entry.getKey() + STATUS);
        copy(entry.getValue(), buffer);
        npz.endArray("|u1", records);
      }
      ids(renamed, buffer);
      npz.beginArray("status");
      copy(status, buffer);
      npz.endArray("|u1", records);
      npz.beginArray("flags");
      flags(renamed, buffer);
      npz.endArray("|u1", records);
      npz.raw(
          "meta.json", Tree.prettyJson(meta.toTree(describe())).getBytes(StandardCharsets.UTF_8));
      npz.commit();
    } catch (IOException e) {
      throw npz.failure(e);
    }
  }

  private Map<String, @Nullable Object> describe() {
    Map<String, @Nullable Object> described = new LinkedHashMap<>();
    views.forEach(
        (name, shape) -> {
          List<Object> axes = new ArrayList<>();
          for (int axis : shape.axes()) {
            axes.add(axis == RowShape.VARYING ? "length" : (Object) (long) axis);
          }
          Map<String, Object> view = new LinkedHashMap<>();
          view.put("dtype", shape.type().label());
          view.put("shape", axes);
          described.put(name, view);
        });
    return described;
  }

  private void copy(Spool from, ByteBuffer buffer) throws IOException {
    for (long at = 0; at < from.size(); ) {
      buffer.clear().limit((int) Math.min(buffer.capacity(), from.size() - at));
      from.read(at, buffer);
      at += buffer.position();
      npz.write(buffer.flip());
    }
  }

  private void flags(Map<Long, String> renamed, ByteBuffer buffer) throws IOException {
    for (long at = 0; at < flags.size(); ) {
      buffer.clear().limit((int) Math.min(buffer.capacity(), flags.size() - at));
      flags.read(at, buffer);
      for (long number : renamed.keySet()) {
        if (number >= at && number < at + buffer.position()) {
          int place = (int) (number - at);
          buffer.put(place, (byte) (buffer.get(place) | RecordFlag.RENAMED.bit()));
        }
      }
      at += buffer.position();
      npz.write(buffer.flip());
    }
  }

  private void ids(Map<Long, String> renamed, ByteBuffer buffer) throws IOException {
    int widest = Math.max(1, ids.widest());
    for (String id : renamed.values()) {
      widest = Math.max(widest, id.getBytes(StandardCharsets.UTF_8).length);
    }
    int width = widest;
    npz.beginArray("ids");
    buffer.clear();
    ids.forEach(
        (number, bytes, from, length) -> {
          if (buffer.remaining() < width) {
            drain(buffer);
          }
          @Nullable String other = renamed.isEmpty() ? null : renamed.get(number);
          int end = buffer.position() + width;
          if (other == null) {
            buffer.put(bytes, from, length);
          } else {
            buffer.put(other.getBytes(StandardCharsets.UTF_8));
          }
          while (buffer.position() < end) {
            buffer.put((byte) 0);
          }
        });
    drain(buffer);
    npz.endArray("|S" + width, records);
  }

  private void drain(ByteBuffer buffer) {
    try {
      npz.write(buffer.flip());
    } catch (IOException e) {
      throw npz.failure(e);
    }
    buffer.clear();
  }

  @Override
  public void close() {
    ids.close();
    status.close();
    flags.close();
    later.forEach(Spool::close);
    offsets.values().forEach(Spool::close);
    viewStatus.values().forEach(Spool::close);
    output.close();
  }
}
