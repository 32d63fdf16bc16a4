package org.ribonnx.report;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.block.Column;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.ReportSpec;
import org.ribonnx.core.io.IoErrors;
import org.ribonnx.core.io.OutputFile;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.io.Spool;
import org.ribonnx.core.npz.TensorFileReader;
import org.ribonnx.core.tensor.DType;
import org.ribonnx.core.tensor.RowShape;

/**
 * Places and labels of records that the model knows: a tensor file with the views {@code position},
 * float32 [N, 2], and {@code label}, int32 [N], numbers of the labels of a head.
 */
public final class Background {
  /** Most places; a bundle is not trusted. */
  static final int MOST = 20_000;

  private static final int MOST_BYTES = 1 << 24;

  private final float[] places;
  private final int[] labels;
  private final int[] perLabel;

  private Background(float[] places, int[] labels, int known) {
    this.places = places;
    this.labels = labels;
    this.perLabel = new int[known];
    for (int label : labels) {
      perLabel[label]++;
    }
  }

  /**
   * Reads a bundle's background.
   *
   * @throws RibonnxException bundle, if the file is not what model.yaml says or no background
   */
  public static Background of(Bundle bundle, ReportSpec.Background spec) {
    ByteBuffer content = bundle.content(spec).duplicate();
    String called = bundle.path().resolve(spec.file()).toString();
    if (content.remaining() > MOST_BYTES) {
      throw RibonnxException.bundle(called + ": is larger than " + MOST_BYTES + " bytes");
    }
    // The file may be inside a zip, and is read by position.
    Path copy = copied(content);
    try {
      return read(copy, spec.head().labels().size());
    } catch (RibonnxException e) {
      if (e.kind() != RibonnxException.Kind.INPUT) {
        throw e;
      }
      throw RibonnxException.bundle(e.line().replace(copy.toString(), called), e);
    } finally {
      delete(copy);
    }
  }

  private static Background read(Path file, int known) {
    Map<String, RowShape> views = new LinkedHashMap<>();
    views.put("position", new RowShape(DType.FLOAT32, ReportSpec.PLACE));
    views.put("label", new RowShape(DType.INT32));
    try (TensorFileReader reader = new TensorFileReader(file)) {
      if (reader.records() > MOST) {
        throw RibonnxException.input(
            file + ": holds " + reader.records() + " places; at most " + MOST + " are drawn");
      }
      reader.want("map", views);
      int count = (int) reader.records();
      float[] places = new float[ReportSpec.PLACE * count];
      int[] labels = new int[count];
      Block block = new Block(1024);
      while (reader.fill(block)) {
        int first = (int) block.first();
        Column position = block.column("map/position");
        Column label = block.column("map/label");
        for (int row = 0; row < block.size(); row++) {
          for (int i = 0; i < ReportSpec.PLACE; i++) {
            int at = ReportSpec.PLACE * row + i;
            places[ReportSpec.PLACE * first + at] = position.data().getFloat(Float.BYTES * at);
          }
          labels[first + row] = label.data().getInt(Integer.BYTES * row);
          check(file, first + row, places, labels, known);
        }
      }
      return new Background(places, labels, known);
    }
  }

  private static void check(Path file, int row, float[] places, int[] labels, int known) {
    if (!Float.isFinite(places[2 * row]) || !Float.isFinite(places[2 * row + 1])) {
      throw RibonnxException.input(file + ": place " + (row + 1) + " is no finite number");
    }
    if (labels[row] < 0 || labels[row] >= known) {
      throw RibonnxException.input(
          file
              + ": place "
              + (row + 1)
              + " has the label "
              + labels[row]
              + "; the head has 0 to "
              + (known - 1));
    }
  }

  private static Path copied(ByteBuffer content) {
    try {
      Path copy = Files.createTempFile(Spool.folder(), "ribonnx-", ".npz");
      OutputFile.removeOnSignal(copy);
      byte[] bytes = new byte[content.remaining()];
      content.get(bytes);
      return Files.write(copy, bytes);
    } catch (IOException e) {
      throw IoErrors.writing("temporary file in " + Spool.folder() + " (see TMPDIR)", e);
    }
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw IoErrors.writing(file.toString(), e);
    }
  }

  int size() {
    return labels.length;
  }

  /** x and y in turn. */
  float[] places() {
    return places.clone();
  }

  /** Places that have the label. */
  int count(int label) {
    return perLabel[label];
  }

  /** Numbers of the places that have the label. */
  int[] withLabel(int label) {
    return java.util.stream.IntStream.range(0, labels.length)
        .filter(i -> labels[i] == label)
        .toArray();
  }

  /** Labels that some place has. */
  int labels() {
    return (int) Arrays.stream(perLabel).filter(count -> count > 0).count();
  }

  /** Label of the nearest place. */
  int nearestLabel(float x, float y) {
    return labels[nearest(x, y)];
  }

  private int nearest(float x, float y) {
    int best = -1;
    double least = Double.POSITIVE_INFINITY;
    for (int i = 0; i < labels.length; i++) {
      double distance = squared(i, x, y);
      if (distance < least) {
        least = distance;
        best = i;
      }
    }
    return best;
  }

  private double squared(int place, float x, float y) {
    double dx = (double) places[2 * place] - x;
    double dy = (double) places[2 * place + 1] - y;
    return dx * dx + dy * dy;
  }
}
