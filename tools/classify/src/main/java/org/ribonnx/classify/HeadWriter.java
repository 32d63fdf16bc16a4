package org.ribonnx.classify;

import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.block.Column;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.HeadSpec;
import org.ribonnx.core.io.ByteText;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.tensor.DType;
import org.ribonnx.core.tensor.Half;
import org.ribonnx.core.tensor.RowShape;

/**
 * Decides what a head says of a record, and writes it. Holds no state of a record, so workers share
 * it.
 */
final class HeadWriter {
  private static final byte[] NA = ascii("NA");

  private final HeadSpec head;
  private final int width;
  private final DType type;
  private final byte[][] labels;
  private final byte[][] names;
  private final boolean[] rejected;
  private final HeadSpec.@Nullable Sets sets;

  /**
   * @param shape of what the head's graph returns for a record
   * @param writesSets whether prediction sets are wanted
   */
  HeadWriter(HeadSpec head, RowShape shape, boolean writesSets) {
    this.head = head;
    this.sets = writesSets ? head.sets() : null;
    this.width = head.labels().size();
    this.type = shape.type();
    this.labels = new byte[width][];
    this.names = new byte[width][];
    this.rejected = new boolean[width];
    HeadSpec.@Nullable Reject reject = head.reject();
    for (int i = 0; i < width; i++) {
      HeadSpec.Label label = head.labels().get(i);
      labels[i] = label.label().getBytes(StandardCharsets.UTF_8);
      names[i] = label.name().isEmpty() ? NA : label.name().getBytes(StandardCharsets.UTF_8);
      rejected[i] = reject != null && reject.labels().contains(label.label());
    }
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  HeadSpec head() {
    return head;
  }

  /** Column names in a table of scores. */
  List<String> columns() {
    List<String> columns = new ArrayList<>();
    for (HeadSpec.Label label : head.labels()) {
      boolean single = width == 1 && label.label().equals(head.name());
      columns.add(single ? head.name() : head.name() + "." + label.label());
    }
    return columns;
  }

  /** Numbers that the head returns for a record. */
  int width() {
    return width;
  }

  /**
   * Takes the scores of a block out of native memory, row by row.
   *
   * @throws RibonnxException bundle, if a label's score is no probability
   */
  void load(Block block, double[] into) {
    Column column = block.column(Classify.STEP + "/" + head.name());
    int count = block.size() * width;
    switch (type) {
      case FLOAT64 -> column.data().asDoubleBuffer().get(into, 0, count);
      case FLOAT16 -> {
        ShortBuffer halves = column.data().asShortBuffer();
        for (int i = 0; i < count; i++) {
          into[i] = Half.toFloat(halves.get(i));
        }
      }
      default -> {
        FloatBuffer floats = column.data().asFloatBuffer();
        for (int i = 0; i < count; i++) {
          into[i] = floats.get(i);
        }
      }
    }
    for (int row = 0; row < block.size(); row++) {
      if (block.status(row) == 0 && isNumbers(into, row)) {
        int record = row;
        @Nullable String problem =
            head.improbable(into, row * width, false, () -> block.id(record));
        if (problem != null) {
          throw RibonnxException.bundle(Bundle.CARD + ": " + problem);
        }
      }
    }
  }

  /** Whether the head gave a number for every label of a record. */
  boolean isNumbers(double[] scores, int row) {
    for (int label = 0; label < width; label++) {
      if (Double.isNaN(value(scores, row, label))) {
        return false;
      }
    }
    return true;
  }

  private double value(double[] scores, int row, int label) {
    return scores[row * width + label];
  }

  void scores(Block block, int row, double[] scores, ByteText text) {
    for (int label = 0; label < width; label++) {
      text.append('\t').append(block.status(row) == 0 ? value(scores, row, label) : Double.NaN);
    }
  }

  /** Writes the row, or rows, of a record. */
  void predict(
      Block block,
      int row,
      double[] scores,
      List<String> statuses,
      List<String> flags,
      ByteText text,
      Tally tally) {
    Reasons reasons = new Reasons();
    if (block.status(row) != 0) {
      reasons.add(statuses.get(block.status(row)));
    }
    if (block.status(row) == 0 && !isNumbers(scores, row)) {
      reasons.add("not-a-number");
    }
    boolean usable = reasons.isEmpty();
    switch (head.kind()) {
      case SINGLE_LABEL -> single(block, row, flags, text, tally, scores, reasons, usable);
      case MULTI_LABEL -> multi(block, row, flags, text, tally, scores, reasons, usable);
      case REGRESSION -> {
        for (int target = 0; target < width; target++) {
          text.append(block.idBytes(), block.idStart(row), block.idLength(row)).append('\t');
          text.append(columns().get(target)).append('\t');
          if (usable) {
            text.append(value(scores, row, target));
          } else {
            text.append(NA);
          }
          text.append("\tNA\t").append(usable ? "ok" : "unusable").append("\tNA\tNA\tNA\t");
          reasons.write(block.flags(row), flags, text);
        }
        tally.add(head, usable ? Tally.OK : Tally.UNUSABLE, -1);
      }
    }
  }

  private void begin(Block block, int row, ByteText text) {
    text.append(block.idBytes(), block.idStart(row), block.idLength(row))
        .append('\t')
        .append(head.name())
        .append('\t');
  }

  private static void unusable(
      Block block, int row, List<String> flags, ByteText text, Reasons reasons) {
    text.append("NA\tNA\tunusable\tNA\tNA\tNA\t");
    reasons.write(block.flags(row), flags, text);
  }

  private void single(
      Block block,
      int row,
      List<String> flags,
      ByteText text,
      Tally tally,
      double[] scores,
      Reasons reasons,
      boolean usable) {
    begin(block, row, text);
    if (!usable) {
      unusable(block, row, flags, text, reasons);
      tally.add(head, Tally.UNUSABLE, -1);
      return;
    }
    int best = best(scores, row);
    HeadSpec.@Nullable Reject reject = head.reject();
    if (reject != null) {
      double known = Double.NEGATIVE_INFINITY;
      for (int label = 0; label < width; label++) {
        if (!rejected[label]) {
          known = Math.max(known, value(scores, row, label));
        }
      }
      if (reject.below() ? known < reject.at() : known > reject.at()) {
        reasons.add(reject.below() ? "below-threshold" : "above-threshold");
      }
      if (rejected[best]) {
        reasons.add("rejected-label");
      }
    }
    boolean assigned = reasons.isEmpty();
    text.append(assigned ? labels[best] : NA)
        .append('\t')
        .append(value(scores, row, best))
        .append('\t');
    text.append(assigned ? "ok" : "unassigned")
        .append('\t')
        .append(labels[best])
        .append('\t')
        .append(names[best]);
    text.append('\t');
    set(scores, row, text);
    text.append('\t');
    reasons.write(block.flags(row), flags, text);
    tally.add(head, assigned ? Tally.OK : Tally.UNASSIGNED, assigned ? best : -1);
  }

  /** The label with the highest score, the first of several. */
  int best(double[] scores, int row) {
    int best = 0;
    for (int label = 1; label < width; label++) {
      if (value(scores, row, label) > value(scores, row, best)) {
        best = label;
      }
    }
    return best;
  }

  private void set(double[] scores, int row, ByteText text) {
    if (sets == null) {
      text.append(NA);
      return;
    }
    List<Integer> members = new ArrayList<>();
    for (int label = 0; label < width; label++) {
      if (sets.holds(label, value(scores, row, label))) {
        members.add(label);
      }
    }
    join(members, scores, row, text);
  }

  private void multi(
      Block block,
      int row,
      List<String> flags,
      ByteText text,
      Tally tally,
      double[] scores,
      Reasons reasons,
      boolean usable) {
    begin(block, row, text);
    if (!usable) {
      unusable(block, row, flags, text, reasons);
      tally.add(head, Tally.UNUSABLE, -1);
      return;
    }
    List<Integer> passing = new ArrayList<>();
    for (int label = 0; label < width; label++) {
      if (value(scores, row, label) >= head.thresholds().get(label)) {
        passing.add(label);
        tally.label(head, label);
      }
    }
    int best = best(scores, row);
    join(passing, scores, row, text);
    text.append('\t').append(value(scores, row, best)).append("\tok\t");
    text.append(labels[best]).append('\t').append(names[best]).append("\tNA\t");
    reasons.write(block.flags(row), flags, text);
    tally.add(head, Tally.OK, -1);
  }

  /** Writes labels best first, {@code none} if there are none. */
  private void join(List<Integer> members, double[] scores, int row, ByteText text) {
    if (members.isEmpty()) {
      text.append("none");
      return;
    }
    members.sort((a, b) -> Double.compare(value(scores, row, b), value(scores, row, a)));
    for (int i = 0; i < members.size(); i++) {
      if (i > 0) {
        text.append(';');
      }
      text.append(labels[members.get(i)]);
    }
  }

  /** The codes of the column {@code reason}, then the end of the row. */
  private static final class Reasons {
    private final List<String> codes = new ArrayList<>(2);

    void add(String code) {
      codes.add(code);
    }

    boolean isEmpty() {
      return codes.isEmpty();
    }

    void write(int flags, List<String> names, ByteText text) {
      boolean some = false;
      for (String code : codes) {
        text.append(some ? ";" : "").append(code);
        some = true;
      }
      for (int bit = 0; bit < names.size() && flags >> bit != 0; bit++) {
        if ((flags >> bit & 1) != 0) {
          text.append(some ? ";" : "").append(names.get(bit));
          some = true;
        }
      }
      if (!some) {
        text.append(NA);
      }
      text.append('\n');
    }
  }
}
