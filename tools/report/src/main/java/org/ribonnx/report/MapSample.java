package org.ribonnx.report;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.block.Column;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.ReportSpec;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.npz.TensorFileReader;
import org.ribonnx.core.tensor.DType;
import org.ribonnx.core.tensor.RowShape;

/**
 * The vectors that the map is drawn from: all usable records of a run, or a sample of them drawn
 * with a fixed seed. Of the other records only a digest of their ids is kept, so memory does not
 * grow with the input.
 */
public final class MapSample {
  /** The seed of the sample. */
  static final long SEED = 1;

  /** Most records that are drawn. */
  static final int MOST = 2_000;

  private static final int MOST_NUMBERS = 1 << 22;
  private static final long PRIME = 0x100000001b3L;

  /** Digest of no id at all. */
  static final long NO_IDS = 0xcbf29ce484222325L;

  /**
   * A view that the map can be made of.
   *
   * @param view its name
   * @param width numbers per record; 0: the map can't be made of it
   */
  public record Source(String view, int width) {
    /** Whether records can be placed by it. */
    public boolean fits() {
      return width > 0;
    }
  }

  private final Source source;
  private final String column;
  private final String origin;
  private final int capacity;
  private final SplittableRandom random = new SplittableRandom(SEED);
  private final List<Kept> kept = new ArrayList<>();
  private long records;
  private long usable;
  private long hash = NO_IDS;

  /** A record of the sample. */
  private record Kept(long record, byte[] id, float[] vector) {}

  /**
   * @param origin where the vectors come from, for messages
   * @param column name of the view in the blocks
   */
  public MapSample(String origin, Source source, String column) {
    this.origin = origin;
    this.source = source;
    this.column = column;
    this.capacity = source.fits() ? Math.min(MOST, Math.max(3, MOST_NUMBERS / source.width())) : 0;
  }

  /**
   * Chooses the view: the one that the projector takes, else the fused one, else the first.
   *
   * @param views the views of a tensor file or a run; not empty
   * @throws RibonnxException input, if the projector's view is not among them
   */
  public static Source source(Bundle bundle, String origin, Map<String, RowShape> views) {
    String view =
        views.containsKey("fused") ? "fused" : views.keySet().stream().findFirst().orElse("");
    ReportSpec.@Nullable Projector projector = bundle.report().projector();
    if (projector != null) {
      Map<String, String> inputs = projector.graph().inputs();
      if (inputs.size() > 1) {
        throw RibonnxException.bundle(
            bundle.cardName() + ": report.projector.inputs must name one view");
      }
      view = inputs.isEmpty() ? view : inputs.values().iterator().next();
      if (!views.containsKey(view)) {
        if (origin.equals(bundle.cardName())) {
          throw RibonnxException.bundle(
              origin
                  + ": report.projector.inputs names the view '"
                  + view
                  + "'; there are "
                  + views.keySet());
        }
        throw RibonnxException.input(
            origin
                + ": lacks the view '"
                + view
                + "', which the map of "
                + bundle.name()
                + " is made of; it holds "
                + views.keySet()
                + "; give the file of the step before or after (ribonnx-embed, ribonnx-fuse)");
      }
    }
    @Nullable RowShape shape = views.get(view);
    boolean fits =
        shape != null
            && shape.type() == DType.FLOAT32
            && shape.axes().length == 1
            && !shape.varies();
    return new Source(view, fits && shape != null ? shape.axes()[0] : 0);
  }

  /**
   * Takes the sample from tensor files: that of a run, or those of its shards in their order. Files
   * without the view that the map is made of are passed over, so those of several steps can be
   * given together.
   *
   * @param warn is told that a file says nothing of its model, if so
   * @throws RibonnxException input, if a file is of another model or step, or none has the view
   */
  static MapSample of(Bundle bundle, List<Path> files, Consumer<String> warn) {
    List<String> needed = bundle.embed().isEmpty() ? List.of() : List.of("embed");
    Map<String, RowShape> views = new LinkedHashMap<>();
    for (Path file : files) {
      try (TensorFileReader reader = new TensorFileReader(file)) {
        @Nullable String warning = reader.checkSteps(bundle, needed);
        if (warning != null) {
          warn.accept(warning);
        }
        Map<String, RowShape> own = reader.mainViews();
        if (own.isEmpty()) {
          throw RibonnxException.input(file + ": holds no view; give the output of ribonnx-embed");
        }
        own.forEach(views::putIfAbsent);
      }
    }
    String origin =
        files.get(0)
            + (files.size() == 1
                ? ""
                : " and " + Words.count(files.size() - 1, "other file", "other files"));
    Source source = source(bundle, origin, views);
    MapSample sample = new MapSample(origin, source, "map/" + source.view());
    Map<String, RowShape> wanted = new LinkedHashMap<>();
    if (source.fits()) {
      wanted.put(source.view(), new RowShape(DType.FLOAT32, source.width()));
    }
    Block block = new Block(128);
    for (Path file : files) {
      // Each file was compared with its checksums a moment ago.
      try (TensorFileReader reader = new TensorFileReader(file, false)) {
        if (reader.mainViews().containsKey(source.view())) {
          reader.want("map", wanted);
          while (reader.fill(block)) {
            sample.accept(block);
          }
        }
      }
    }
    return sample;
  }

  /** Takes the next records, in the order of the input. */
  public void accept(Block block) {
    @Nullable Column data = source.fits() ? block.column(column) : null;
    for (int row = 0; row < block.size(); row++) {
      hash = hashed(hash, block.idBytes(), block.idStart(row), block.idLength(row));
      if (data != null && block.status(row) == 0) {
        consider(block, row, data);
      }
      records++;
    }
  }

  private void consider(Block block, int row, Column data) {
    int from = row * data.rowBytes();
    for (int i = 0; i < source.width(); i++) {
      if (!Float.isFinite(data.data().getFloat(from + i * Float.BYTES))) {
        return;
      }
    }
    usable++;
    // Vitter's algorithm R: after any number of records every one is in the sample equally likely.
    long place = usable <= capacity ? kept.size() : random.nextLong(usable);
    if (place >= capacity) {
      return;
    }
    float[] vector = new float[source.width()];
    for (int i = 0; i < vector.length; i++) {
      vector[i] = data.data().getFloat(from + i * Float.BYTES);
    }
    int start = block.idStart(row);
    byte[] id = Arrays.copyOfRange(block.idBytes(), start, start + block.idLength(row));
    Kept one = new Kept(records, id, vector);
    if (place == kept.size()) {
      kept.add(one);
    } else {
      kept.set((int) place, one);
    }
  }

  /** Goes on with a digest of ids by one more id (FNV-1a). */
  static long hashed(long before, byte[] bytes, int from, int length) {
    long value = before;
    for (int i = from; i < from + length; i++) {
      value = (value ^ (bytes[i] & 0xff)) * PRIME;
    }
    return (value ^ 0x100) * PRIME;
  }

  /** Puts the sample into the order of the input. */
  void sort() {
    kept.sort(java.util.Comparator.comparingLong(Kept::record));
  }

  Source source() {
    return source;
  }

  String origin() {
    return origin;
  }

  /** Records of the run or file. */
  long records() {
    return records;
  }

  /** Records that could have been drawn. */
  long usable() {
    return usable;
  }

  /** Digest of all ids in their order. */
  long idDigest() {
    return hash;
  }

  /** Records in the sample. */
  int size() {
    return kept.size();
  }

  /** Number of the sample's record {@code i} in the input, from 0. */
  long record(int i) {
    return kept.get(i).record();
  }

  byte[] id(int i) {
    return kept.get(i).id();
  }

  /** All vectors, one behind the other. */
  float[] vectors() {
    float[] all = new float[kept.size() * source.width()];
    for (int i = 0; i < kept.size(); i++) {
      System.arraycopy(kept.get(i).vector(), 0, all, i * source.width(), source.width());
    }
    return all;
  }
}
