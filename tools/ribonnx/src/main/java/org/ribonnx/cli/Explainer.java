package org.ribonnx.cli;

import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.ribonnx.classify.Classify;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.block.RecordFlag;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.ExplainSpec;
import org.ribonnx.core.bundle.HeadSpec;
import org.ribonnx.core.cli.Log;
import org.ribonnx.core.cli.Plural;
import org.ribonnx.core.io.ByteText;
import org.ribonnx.core.io.TextOutput;
import org.ribonnx.core.npz.TensorFileReader;
import org.ribonnx.core.onnx.OnnxRuntime;
import org.ribonnx.core.run.RunRecord;
import org.ribonnx.encode.Encode;
import org.ribonnx.report.Truth;

/**
 * Explains the scores of records on their way: what each part of a record does for a label, by a
 * graph of the bundle or by leaving the part out. Works in the blocks of {@link Predict}, behind
 * the heads.
 */
final class Explainer implements Behind {
  /**
   * What is wanted.
   *
   * @param labels labels that rows are written of
   * @param top rows per record, head and label; 0: all
   * @param truth known labels, by which {@code importance.tsv} is made; null: by the best
   * @param outputs where the tables go
   */
  record Options(LabelChoice labels, int top, @Nullable Truth truth, Outputs outputs) {
    /** Nothing is written; explanations are only checked. */
    static final Options NONE = new Options(LabelChoice.BEST, 0, null, Outputs.NONE);
  }

  /**
   * Where the tables go: paths, or {@code -}; null: not wanted.
   *
   * @param rows the table of explanations
   * @param importance the table of means
   * @param bedGraph values in the coordinates of a genome; then a record has one label
   * @param standardOutput where {@code -} goes
   */
  record Outputs(
      @Nullable String rows,
      @Nullable String importance,
      @Nullable String bedGraph,
      OutputStream standardOutput) {
    static final Outputs NONE = new Outputs(null, null, null, OutputStream.nullOutputStream());
  }

  /** The heads to explain, and what is wanted of them. */
  record Plan(List<ExplainSpec> specs, List<Parts> parts, Options options) implements Behind.Plan {
    /** Whether all rows are about positions of sequences. */
    boolean isOfSequences() {
      return parts.stream().allMatch(Parts::isSequence);
    }

    @Override
    public Encode.Reading reading() {
      return parts.stream().anyMatch(Parts::isInSequence)
          ? Encode.Reading.RECORDS_WITH_CODES
          : Encode.Reading.RECORDS;
    }

    @Override
    public String done() {
      return "explained";
    }

    @Override
    public String phase() {
      return "explain";
    }

    @Override
    public Behind open(Bundle bundle, Chain chain, OnnxRuntime runtime, int batchSize) {
      return new Explainer(bundle, specs, options, chain, runtime, batchSize);
    }
  }

  /** Bytes that the values and rows of the records in all blocks should take at most. */
  private static final long ROOM = 1 << 26;

  /** Bytes of a row of text, roughly. */
  private static final int ROW_BYTES = 64;

  private static final int ROWS = Block.ROWS;

  /** Copies of the records of a block, where a record has fewer. */
  private static final int COPIES = 4096;

  /** Up to so many of the largest values are found by going through all of them once. */
  private static final int SHORT = 64;

  /** A head with what explains it. */
  private record Head(HeadSpec head, int number, ExplainSpec spec, Parts parts, int[] named) {}

  /** Heads whose copies of a record are the same. */
  private record Occluded(Parts parts, List<Integer> heads, List<String> names) {}

  /** What a worker needs beside the records. */
  private final class Work implements Behind.Work {
    private final Classify.Work block;

    /** Head → row → label, or labels, that importance is about. */
    private final int[][][] counted;

    /** Head → row → labels that values are found of. */
    private final int[][][] labels;

    /** Head → row → labels that rows are written of. */
    private final int[][][] asked;

    /** Head → row → value of each part, for each of those labels. */
    private final double[][][][] values;

    private final Classify.@Nullable Work copies;
    private final int[] copiedRow;
    private final int[] copiedPart;
    private final long[] undefined;
    private final ByteText text = new ByteText(1 << 14);
    private final ByteText bedGraph = new ByteText(16);
    private long unplaced;
    private String firstUnplaced = "";

    private Work(Classify.Work block) {
      this.block = block;
      int rows = block.block().capacity();
      counted = new int[heads.size()][rows][];
      labels = new int[heads.size()][rows][];
      asked = new int[heads.size()][rows][];
      values = new double[heads.size()][rows][][];
      copies = occluded.isEmpty() ? null : chain.newWork();
      int room = copies == null ? 0 : copies.block().capacity();
      copiedRow = new int[room];
      copiedPart = new int[room];
      undefined = new long[heads.size()];
    }

    @Override
    public void prepare() {
      Explainer.this.prepare(this, block.block());
    }

    @Override
    public void apply() {
      Explainer.this.apply(this, block);
    }

    @Override
    public void accept() {
      Explainer.this.accept(this, block.block());
    }
  }

  private final Options options;
  private final Chain chain;
  private final List<Head> heads = new ArrayList<>();
  private final List<Occluded> occluded = new ArrayList<>();
  private final Contributions contributions;
  private final Means means = new Means();
  private final long[] explained;
  private final long[] unusable;
  private final long[] undefined;
  private @Nullable TextOutput rows;
  private @Nullable TextOutput bedGraph;
  private long unplaced;
  private String firstUnplaced = "";

  /** Nucleotides of the longest record, where sequences are blanked. */
  private long longest = Long.MAX_VALUE;

  /**
   * @param specs the heads to explain, in the order of the bundle
   * @param batchSize records per run of a graph; 0: as the bundle says
   * @throws org.ribonnx.core.io.RibonnxException bundle, if an entry does not fit
   */
  Explainer(
      Bundle bundle,
      List<ExplainSpec> specs,
      Options options,
      Chain chain,
      OnnxRuntime runtime,
      int batchSize) {
    this.options = options;
    this.chain = chain;
    List<String> order = List.copyOf(bundle.heads().keySet());
    List<ExplainSpec.Contributions> graphs = new ArrayList<>();
    Map<String, Parts> parts = new LinkedHashMap<>();
    for (ExplainSpec spec : specs) {
      HeadSpec head = spec.head();
      Parts of = Parts.of(bundle, spec);
      int place = heads.size();
      heads.add(new Head(head, order.indexOf(head.name()), spec, of, options.labels().fixed(head)));
      means.add(head, of);
      parts.put(head.name(), of);
      if (spec instanceof ExplainSpec.Contributions graph) {
        graphs.add(graph);
      } else {
        occlude(of, place, head.name());
      }
    }
    explained = new long[heads.size()];
    unusable = new long[heads.size()];
    undefined = new long[heads.size()];
    contributions = new Contributions(bundle, graphs, parts, runtime, batchSize);
  }

  private void occlude(Parts parts, int head, String name) {
    for (Occluded known : occluded) {
      if (known.parts().alike(parts)) {
        known.heads().add(head);
        known.names().add(name);
        return;
      }
    }
    occluded.add(
        new Occluded(parts, new ArrayList<>(List.of(head)), new ArrayList<>(List.of(name))));
  }

  /** Whether rows are about letters of a sequence, by their numbers. */
  private boolean isSequence() {
    return heads.stream().allMatch(head -> head.parts().isSequence());
  }

  @Override
  public void begin(TensorFileReader reader) {
    if (heads.stream().anyMatch(head -> head.parts().isInSequence())) {
      longest = reader.longest(Encode.CODES);
    }
    Outputs outputs = options.outputs();
    if (outputs.rows() != null) {
      TextOutput output = TextOutput.open(outputs.rows(), outputs.standardOutput());
      rows = output;
      String columns = isSequence() ? "position\tvalue\tbase\n" : "feature\tvalue\n";
      byte[] header = ("id\thead\tlabel\t" + columns).getBytes(StandardCharsets.UTF_8);
      output.write(header, 0, header.length);
    }
    if (outputs.bedGraph() != null) {
      bedGraph = TextOutput.open(outputs.bedGraph(), outputs.standardOutput());
    }
  }

  /** A block for records and what explains them. */
  @Override
  public Classify.Work newBlock() {
    return chain.newWork(contributions.shapes());
  }

  @Override
  public Behind.Work newWork(Classify.Work block) {
    return new Work(block);
  }

  /**
   * Records in a block: few where each is run many times, so that all threads have some and the
   * values do not take much memory.
   */
  @Override
  public int rows(int capacity, long records, int threads) {
    long perRecord = 0;
    for (Head head : heads) {
      long labels =
          options.labels().isBest(head.head()) && head.head().kind() == HeadSpec.Kind.SINGLE_LABEL
              ? 2
              : head.head().labels().size();
      long parts = most(head.parts());
      long rowsOf = options.top() == 0 ? parts : Math.min(parts, options.top());
      perRecord += labels * (parts * Double.BYTES + rowsOf * ROW_BYTES);
    }
    // Blocks wait ahead of the threads too.
    long room = ROOM / (threads + 2L);
    long most = Math.max(1, Math.min(capacity, room / Math.max(1, perRecord)));
    for (Occluded one : occluded) {
      // So that all threads have some, and progress is seen.
      long few = Math.min(COPIES / Math.max(1, most(one.parts())), records / (4L * threads));
      most = Math.min(most, Math.max(1, Math.min(ROWS, few)));
    }
    return (int) most;
  }

  private long most(Parts parts) {
    return parts.isInSequence() ? Math.min(parts.most(), longest) : parts.most();
  }

  // ---- in the thread that reads and writes
  // ---------------------------------------------------------------------------

  /** Looks up what is known of a block's records. */
  private void prepare(Work work, Block block) {
    @Nullable Truth truth = options.truth();
    for (int i = 0; i < heads.size(); i++) {
      HeadSpec head = heads.get(i).head();
      for (int row = 0; row < block.size(); row++) {
        work.counted[i][row] = null;
        if (truth == null || !truth.covers(head) || head.kind() == HeadSpec.Kind.REGRESSION) {
          continue;
        }
        int from = block.idStart(row);
        int record = truth.record(block.idBytes(), from, from, from + block.idLength(row));
        int[] known;
        if (head.kind() == HeadSpec.Kind.SINGLE_LABEL) {
          int label = truth.label(head, record);
          known = label < 0 ? new int[0] : new int[] {label};
        } else {
          int @Nullable [] set = truth.labels(head, record);
          known = set == null ? new int[0] : set.clone();
        }
        work.counted[i][row] = known;
      }
    }
  }

  /** Takes a finished block. */
  private void accept(Work work, Block block) {
    if (rows != null) {
      rows.write(work.text);
    }
    if (bedGraph != null) {
      bedGraph.write(work.bedGraph);
    }
    if (work.unplaced > 0) {
      firstUnplaced = unplaced == 0 ? work.firstUnplaced : firstUnplaced;
      unplaced += work.unplaced;
    }
    for (int i = 0; i < heads.size(); i++) {
      undefined[i] += work.undefined[i];
      for (int row = 0; row < block.size(); row++) {
        int[] labels = work.labels[i][row];
        if (labels.length == 0) {
          unusable[i]++;
          continue;
        }
        explained[i]++;
        int[] places = heads.get(i).parts().places(block, row);
        for (int label : work.counted[i][row]) {
          means.add(i, label, places, work.values[i][row][Arrays.binarySearch(labels, label)]);
        }
      }
    }
  }

  @Override
  public void commit() {
    if (rows != null) {
      rows.commit();
    }
    if (bedGraph != null) {
      bedGraph.commit();
    }
    @Nullable String importance = options.outputs().importance();
    if (importance != null) {
      means.write(importance, options.outputs().standardOutput());
    }
  }

  @Override
  public void report(RunRecord record, Log log) {
    if (unplaced > 0) {
      String line =
          String.format(
              Locale.ROOT,
              "%,d %s not in the bedGraph file; the first: '%s', which is no chr:start-end(strand)"
                  + " of the record's length",
              unplaced,
              unplaced == 1 ? "record is" : "records are",
              firstUnplaced);
      record.warning(line);
      log.warn(line);
    }
    for (int i = 0; i < heads.size(); i++) {
      Head head = heads.get(i);
      Map<String, Long> counts = new LinkedHashMap<>();
      counts.put("explained", explained[i]);
      counts.put("unusable", unusable[i]);
      counts.put("values-not-a-number", undefined[i]);
      record.count("explain " + head.head().name(), counts);
      log.info(
          head.head().name()
              + ": "
              + Plural.records(explained[i])
              + " explained by "
              + method(head.spec())
              + (unusable[i] == 0 ? "" : ", " + unusable[i] + " unusable"));
      if (undefined[i] > 0) {
        String line =
            String.format(
                Locale.ROOT,
                "%s: %,d %s left out: with that part blanked, the model gives no number",
                head.head().name(),
                undefined[i],
                undefined[i] == 1 ? "value is" : "values are");
        record.warning(line);
        log.warn(line);
      }
    }
  }

  /** How an entry explains, in words. */
  static String method(ExplainSpec spec) {
    if (spec instanceof ExplainSpec.Contributions graph) {
      return "contributions"
          + (graph.rule().isEmpty() ? "" : ", " + graph.rule())
          + (graph.unit().isEmpty() ? "" : ", in " + graph.unit());
    }
    ExplainSpec.Occlusion occlusion = (ExplainSpec.Occlusion) spec;
    return "occlusion"
        + (occlusion.groups() != null ? " of groups" : "")
        + (occlusion.window() > 0 ? " of windows of " + occlusion.window() : "");
  }

  // ---- in the workers
  // ------------------------------------------------------------------------------------------------

  /** Checks the contributions of a block that the heads have run on. */
  void check(Classify.Work block) {
    contributions.apply(block.block(), (head, row) -> isUsable(block, head, row));
  }

  private boolean isUsable(Classify.Work block, HeadSpec head, int row) {
    for (Head known : heads) {
      if (known.head().name().equals(head.name())) {
        return chain.classify().best(block, known.number(), row) >= 0;
      }
    }
    return false;
  }

  /** Explains the records of a block that the heads have run on. */
  private void apply(Work work, Classify.Work block) {
    Arrays.fill(work.undefined, 0);
    check(block);
    for (int i = 0; i < heads.size(); i++) {
      for (int row = 0; row < block.block().size(); row++) {
        prepare(work, block, i, row);
      }
    }
    for (Occluded one : occluded) {
      occlude(work, block, one);
      for (int head : one.heads()) {
        for (int row = 0; row < block.block().size(); row++) {
          double[][] values = work.values[head][row];
          for (int i = 0; i < values.length; i++) {
            values[i] = one.parts().atPlaces(block.block(), row, values[i]);
          }
        }
      }
    }
    write(work, block.block());
  }

  /** Settles which labels of a record are explained, and makes room for their values. */
  private void prepare(Work work, Classify.Work block, int number, int row) {
    Head head = heads.get(number);
    int best = chain.classify().best(block, head.number(), row);
    int[] all = IntStream.range(0, head.head().labels().size()).toArray();
    if (best < 0) {
      work.labels[number][row] = new int[0];
      work.counted[number][row] = new int[0];
      work.asked[number][row] = new int[0];
      work.values[number][row] = new double[0][];
      return;
    }
    int[] usual = head.head().kind() == HeadSpec.Kind.REGRESSION ? all : new int[] {best};
    int @Nullable [] known = work.counted[number][row];
    int[] counted = known == null ? usual : known;
    int[] asked =
        switch (options.labels().which()) {
          case BEST -> usual;
          case ALL -> all;
          case NAMED -> head.named();
        };
    int[] labels =
        IntStream.concat(IntStream.of(asked), IntStream.of(counted)).distinct().sorted().toArray();
    // A record of which nothing is asked is usable all the same.
    labels = labels.length == 0 ? usual : labels;
    double[][] values = new double[labels.length][head.parts().count(block.block(), row)];
    if (head.spec() instanceof ExplainSpec.Contributions) {
      for (int i = 0; i < labels.length; i++) {
        Contributions.values(block.block(), head.head(), row, labels[i], values[i]);
      }
    }
    work.labels[number][row] = labels;
    work.counted[number][row] = counted;
    work.asked[number][row] = asked;
    work.values[number][row] = values;
  }

  private void occlude(Work work, Classify.Work block, Occluded one) {
    Block records = block.block();
    Classify.Work copies = Objects.requireNonNull(work.copies);
    copies.block().clear(0);
    for (int row = 0; row < records.size(); row++) {
      int at = row;
      if (one.heads().stream().noneMatch(head -> work.labels[head][at].length > 0)) {
        continue;
      }
      int parts = one.parts().count(records, row);
      for (int part = 0; part < parts; part++) {
        // Blanked, it would be the record itself: its value stays 0.
        if (!one.parts().isBlank(records, row, part)) {
          int copy = one.parts().copy(chain, records, row, part, copies.block());
          work.copiedRow[copy] = row;
          work.copiedPart[copy] = part;
          if (chain.isFull(copies.block())) {
            run(work, block, copies, one);
          }
        }
      }
    }
    run(work, block, copies, one);
  }

  private void run(Work work, Classify.Work block, Classify.Work copies, Occluded one) {
    if (copies.block().size() == 0) {
      return;
    }
    chain.scores(copies, one.names());
    Classify classify = chain.classify();
    for (int copy = 0; copy < copies.block().size(); copy++) {
      int row = work.copiedRow[copy];
      for (int head : one.heads()) {
        int number = heads.get(head).number();
        int[] labels = work.labels[head][row];
        for (int i = 0; i < labels.length; i++) {
          double value =
              classify.score(block, number, row, labels[i])
                  - classify.score(copies, number, copy, labels[i]);
          work.values[head][row][i][work.copiedPart[copy]] = value;
          if (Double.isNaN(value)) {
            work.undefined[head]++;
          }
        }
      }
    }
    copies.block().clear(0);
  }

  private void write(Work work, Block block) {
    work.text.clear();
    work.bedGraph.clear();
    work.unplaced = 0;
    boolean bases = isSequence();
    for (int row = 0; row < block.size(); row++) {
      for (int i = 0; i < heads.size(); i++) {
        Head head = heads.get(i);
        int[] places = head.parts().places(block, row);
        for (int label : work.asked[i][row]) {
          int at = Arrays.binarySearch(work.labels[i][row], label);
          double[] values = work.values[i][row][at];
          String name = head.head().labels().get(label).label();
          for (int part : largest(values, options.top())) {
            work.text.append(block.idBytes(), block.idStart(row), block.idLength(row));
            work.text.append('\t').append(head.head().name()).append('\t').append(name);
            work.text.append('\t').append(head.parts().name(places[part]));
            work.text.append('\t').append(values[part]);
            if (bases) {
              work.text.append('\t').append(head.parts().base(block, row, places[part]));
            }
            work.text.append('\n');
          }
          if (bedGraph != null) {
            writeGenome(work, block, row, head.parts(), places, values);
          }
        }
      }
    }
  }

  private static void writeGenome(
      Work work, Block block, int row, Parts parts, int[] places, double[] values) {
    boolean cut = (block.flags(row) & RecordFlag.CUT.bit()) != 0 && !parts.isInSequence();
    BedGraph.@Nullable Place place =
        cut ? null : BedGraph.place(block.id(row), parts.letters(block, row));
    if (place != null) {
      BedGraph.lines(place, places, values, work.bedGraph);
    } else if (work.unplaced++ == 0) {
      work.firstUnplaced = block.id(row);
    }
  }

  /**
   * Places of the numbers of largest size, largest first, of equal ones the first; not a number is
   * left out.
   *
   * @param top how many; 0: all
   */
  static int[] largest(double[] values, int top) {
    if (top == 0 || top > SHORT) {
      return IntStream.range(0, values.length)
          .filter(place -> !Double.isNaN(values[place]))
          .boxed()
          .sorted(
              Comparator.<Integer>comparingDouble(place -> -Math.abs(values[place]))
                  .thenComparing(Comparator.naturalOrder()))
          .limit(top == 0 ? Long.MAX_VALUE : top)
          .mapToInt(Integer::intValue)
          .toArray();
    }
    int[] best = new int[Math.min(top, values.length)];
    int found = 0;
    for (int place = 0; place < values.length; place++) {
      double size = Math.abs(values[place]);
      boolean full = found == best.length;
      if (Double.isNaN(size) || (full && size <= Math.abs(values[best[found - 1]]))) {
        continue;
      }
      int at = full ? found - 1 : found++;
      while (at > 0 && Math.abs(values[best[at - 1]]) < size) {
        best[at] = best[at - 1];
        at--;
      }
      best[at] = place;
    }
    return Arrays.copyOf(best, found);
  }

  @Override
  public void close() {
    contributions.close();
    if (rows != null) {
      rows.close();
    }
    if (bedGraph != null) {
      bedGraph.close();
    }
  }
}
