package org.ribonnx.cli;

import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.HeadSpec;
import org.ribonnx.core.io.ByteText;
import org.ribonnx.core.io.TextOutput;

/**
 * Means of explanations over the records of each label. Holds numbers per label and place alone, so
 * memory does not grow with the records; these come in order, so sums are the same in every run.
 */
final class Means {
  private static final String HEADER = "head\tlabel\tfeature\tmean\tmean_absolute\trecords\trank\n";

  /** Sums of a label, by place. */
  private static final class Sums {
    private double[] values = new double[0];
    private double[] absolutes = new double[0];
    private long[] records = new long[0];

    private void add(int place, double value) {
      if (place >= values.length) {
        int room = Math.max(place + 1, 2 * values.length);
        values = Arrays.copyOf(values, room);
        absolutes = Arrays.copyOf(absolutes, room);
        records = Arrays.copyOf(records, room);
      }
      values[place] += value;
      absolutes[place] += Math.abs(value);
      records[place]++;
    }
  }

  private record Head(HeadSpec head, Parts parts, @Nullable Sums[] labels) {}

  private final List<Head> heads = new ArrayList<>();

  /** Adds a head; heads have numbers from 0 in the order in which they are added. */
  void add(HeadSpec head, Parts parts) {
    heads.add(new Head(head, parts, new Sums[head.labels().size()]));
  }

  /** Adds what a record's parts are to a label; NaN: not known. */
  void add(int head, int label, int[] places, double[] values) {
    @Nullable Sums[] labels = heads.get(head).labels();
    @Nullable Sums sums = labels[label];
    if (sums == null) {
      sums = new Sums();
      labels[label] = sums;
    }
    for (int i = 0; i < places.length; i++) {
      if (!Double.isNaN(values[i])) {
        sums.add(places[i], values[i]);
      }
    }
  }

  /** Writes the table to a path, or to standard output ({@code -}). */
  void write(String target, OutputStream standardOutput) {
    try (TextOutput output = TextOutput.open(target, standardOutput)) {
      ByteText text = new ByteText(1 << 14);
      text.append(HEADER);
      for (Head head : heads) {
        for (int label = 0; label < head.labels().length; label++) {
          @Nullable Sums sums = head.labels()[label];
          if (sums != null) {
            rows(head, head.head().labels().get(label).label(), sums, text);
          }
          output.write(text);
          text.clear();
        }
      }
      output.write(text);
      output.commit();
    }
  }

  private static void rows(Head head, String label, Sums sums, ByteText text) {
    byte[] start = (head.head().name() + "\t" + label + "\t").getBytes(StandardCharsets.UTF_8);
    List<Integer> places =
        IntStream.range(0, sums.values.length)
            .filter(place -> sums.absolutes[place] > 0)
            .boxed()
            .sorted(
                Comparator.<Integer>comparingDouble(
                        place -> 0.0 - sums.values[place] / sums.records[place])
                    .thenComparing(Comparator.naturalOrder()))
            .toList();
    int rank = 0;
    for (int place : places) {
      long records = sums.records[place];
      text.append(start).append(head.parts().name(place));
      text.append('\t').append(sums.values[place] / records);
      text.append('\t').append(sums.absolutes[place] / records);
      text.append('\t').append(Long.toString(records));
      text.append('\t').append(Integer.toString(++rank)).append('\n');
    }
  }
}
