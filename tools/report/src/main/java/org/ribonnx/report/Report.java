package org.ribonnx.report;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.HeadSpec;
import org.ribonnx.core.cli.Log;
import org.ribonnx.core.io.IoErrors;
import org.ribonnx.core.io.OutputFile;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.io.TextOutput;
import org.ribonnx.core.io.Tree;
import org.ribonnx.core.onnx.OnnxRuntime;
import org.ribonnx.core.run.RunRecord;

/**
 * The last step: a table of predictions to one page of HTML that needs nothing else, and to a file
 * of its numbers. The tables are read and not held; what is known of the records lies in a
 * temporary file.
 */
public final class Report {
  /** Tables that are drawn beside the predictions; null where there is none. */
  public record SideTables(
      @Nullable Path importance, @Nullable Path explanations, @Nullable Path variants) {}

  /**
   * What to report on and where to.
   *
   * @param predictions predictions.tsv, or several samples' with a first column {@code sample}
   * @param scores scores of the same records, a table or a tensor file (.npz)
   * @param truth what is known of the records: {@code id}, then a column per head
   * @param runs run records of the steps before
   * @param title heading of the page; null: the model's title
   * @param output the page
   * @param metrics its numbers; null: {@code metrics.json} beside the page
   * @param figures folder for each figure as a PNG, made if it is not there; null: not wanted
   * @param markdown the report as Markdown for Galaxy; null: not wanted
   * @param multiqc folder for what MultiQC reads, made if it is not there; null: not wanted
   * @param importance how much each feature counts for each label; null: not known
   * @param otherImportance the same by another model with the same heads, to compare; null: none
   * @param attention weights of attention of the same records, a table or a tensor file (.npz);
   *     null: not known
   * @param explanations values of each position of some records, by head and label; null: not known
   * @param variants differences between pairs of sequences, by head and label; null: not known
   */
  public record Options(
      Path predictions,
      @Nullable Path scores,
      @Nullable Path truth,
      List<Path> runs,
      @Nullable String title,
      Path output,
      @Nullable Path metrics,
      @Nullable Path figures,
      @Nullable Path markdown,
      @Nullable Path multiqc,
      @Nullable Path importance,
      @Nullable Path otherImportance,
      @Nullable Path attention,
      @Nullable Path explanations,
      @Nullable Path variants) {
    /**
     * A page with all that goes with it in the folder of the results.
     *
     * @param sideTables what else is drawn
     */
    public static Options intoFolder(
        Path folder,
        Path predictions,
        @Nullable Path scores,
        @Nullable Path truth,
        @Nullable Path markdown,
        SideTables sideTables) {
      return new Options(
          predictions,
          scores,
          truth,
          List.of(),
          null,
          folder.resolve("report.html"),
          folder.resolve("metrics.json"),
          folder.resolve("figures"),
          markdown,
          folder.resolve("multiqc"),
          sideTables.importance(),
          null,
          null,
          sideTables.explanations(),
          sideTables.variants());
    }

    /** Where the numbers go. */
    public Path metricsPath() {
      Path given = metrics;
      return given != null ? given : output.resolveSibling("metrics.json");
    }

    /** What the sample is called beside others: the title, else a name from the path. */
    String sampleName() {
      @Nullable String named = title;
      if (named != null) {
        return named;
      }
      Path file = predictions.toAbsolutePath().normalize();
      @Nullable Path folder = file.getParent();
      String name = String.valueOf(file.getFileName()).replaceFirst("\\.tsv$", "");
      return name.equals("predictions") && folder != null && folder.getFileName() != null
          ? folder.getFileName().toString()
          : name;
    }

    private List<Path> inputs() {
      List<Path> inputs = new ArrayList<>(runs);
      inputs.add(predictions);
      Stream.of(scores, truth, importance, otherImportance, attention, explanations, variants)
          .filter(Objects::nonNull)
          .forEach(inputs::add);
      return inputs;
    }
  }

  /**
   * What the map is made of: a sample that was taken on the way, or files.
   *
   * @param sample of the records in the order of the predictions; null: it is taken from the files
   * @param files tensor files of embeddings or fused views of the same run
   * @param runtimes loads ONNX Runtime on the CPU, for the bundle's projector
   */
  public record MapSource(
      @Nullable MapSample sample, List<Path> files, Supplier<OnnxRuntime> runtimes) {}

  private final Bundle bundle;
  private final Options options;
  private final @Nullable MapSource mapSource;

  /**
   * A report without a map.
   *
   * @throws RibonnxException usage, if an output can't be written
   */
  public Report(Bundle bundle, Options options) {
    this(bundle, options, null);
  }

  /**
   * @param mapSource what the map is made of; null: the page has none
   * @throws RibonnxException usage, if an output can't be written
   */
  public Report(Bundle bundle, Options options, @Nullable MapSource mapSource) {
    this.bundle = bundle;
    this.options = options;
    this.mapSource = mapSource;
    if (options.otherImportance() != null && options.importance() == null) {
      throw RibonnxException.usage(
          "--compare-importance compares with a first table; give it with --importance");
    }
    List<Path> inputs = options.inputs();
    if (mapSource != null) {
      inputs.addAll(mapSource.files());
    }
    OutputFile.check(options.output(), inputs);
    OutputFile.check(options.metricsPath(), inputs);
    if (options
        .output()
        .toAbsolutePath()
        .normalize()
        .equals(options.metricsPath().toAbsolutePath().normalize())) {
      throw RibonnxException.usage(
          options.output() + ": page and metrics can't have the same name; change --metrics");
    }
    @Nullable Path markdown = options.markdown();
    if (markdown != null) {
      OutputFile.check(markdown, inputs);
    }
    folder(options.figures());
    folder(options.multiqc());
  }

  /**
   * Reads, counts, writes both files.
   *
   * @param record takes counts and warnings; where it is that of a whole run rather than of this
   *     step alone, the page also tells what it says
   * @throws RibonnxException input, if a table does not fit the model
   */
  public void run(Log log, RunRecord record) {
    work(log, record);
  }

  /** Does the same; returns what it found. */
  ReportData work(Log log, RunRecord record) {
    ReportData data = begun();
    try {
      return work(data, log, record);
    } finally {
      @Nullable Truth truth = data.truth;
      if (truth != null) {
        truth.close();
      }
      @Nullable Attention attention = data.attention;
      if (attention != null) {
        attention.close();
      }
    }
  }

  private ReportData begun() {
    @Nullable String title = options.title();
    return new ReportData(bundle, title != null ? title : bundle.title());
  }

  private ReportData work(ReportData data, Log log, RunRecord record) {
    options.runs().forEach(file -> data.runs.read(file, bundle));
    Map<String, @Nullable Object> live = record.toTree();
    if (options.runs().isEmpty() && live.containsKey("device")) {
      data.runs.add(live, bundle);
    }
    readSideTables(data);
    beginMap(data, log, record);
    readPredictions(data);
    MapSource source = mapSource;
    if (data.map != null && source != null) {
      data.map.finish(source.runtimes());
    }
    if (options.scores() != null) {
      readScores(data, options.scores());
    }
    for (ReportData.Head head : data.heads) {
      @Nullable MultiLabelQuality multi = head.multi;
      if (multi != null && multi.records() > 0) {
        head.measures = MultiLabelMeasures.of(multi, head);
      }
    }
    record.phase("read");
    Warnings.collect(data);
    data.sampleName = options.sampleName();
    Page page = new Page(data);
    write(options.output(), page.html());
    write(options.metricsPath(), Tree.prettyJson(new MetricsJson(data).tree()));
    @Nullable Path figures = options.figures();
    if (figures != null) {
      Png png = new Png();
      for (Figures.Figure figure : page.figures().all()) {
        write(figures.resolve(figure.name() + ".png"), png.of(figure.drawing()));
      }
    }
    @Nullable Path markdown = options.markdown();
    if (markdown != null) {
      write(markdown, new Markdown(data, page, figures != null).text());
    }
    @Nullable Path multiqc = options.multiqc();
    if (multiqc != null) {
      new MultiQc(data).files().forEach((name, text) -> write(multiqc.resolve(name), text));
    }
    record.phase("write");
    note(data, log, record);
    return data;
  }

  private void beginMap(ReportData data, Log log, RunRecord record) {
    MapSource source = mapSource;
    if (source == null) {
      return;
    }
    MapSample sample = source.sample();
    if (sample == null) {
      sample =
          MapSample.of(
              bundle,
              source.files(),
              warning -> {
                log.warn(warning);
                record.warning(warning);
              });
    }
    data.map = new RecordMap(bundle, sample);
  }

  private void readSideTables(ReportData data) {
    @Nullable Path file = options.importance();
    @Nullable Path other = options.otherImportance();
    data.importance = file == null ? null : new Importance(file, bundle);
    data.otherImportance = other == null ? null : new Importance(other, bundle);
    @Nullable Path explanations = options.explanations();
    data.explanations = explanations == null ? null : new Explanations(explanations, bundle);
    @Nullable Path variants = options.variants();
    data.variants = variants == null ? null : new Variants(variants, bundle);
  }

  private void readPredictions(ReportData data) {
    List<HeadSpec> heads = data.heads.stream().map(head -> head.summary.head()).toList();
    try (PredictionTable table = new PredictionTable(options.predictions(), bundle)) {
      @Nullable Path truthFile = options.truth();
      @Nullable Truth truth =
          truthFile == null ? null : new Truth(truthFile, heads, table.sampled());
      data.truth = truth;
      if (truth != null) {
        prepare(data, truth);
      }
      @Nullable Path weights = options.attention();
      @Nullable Attention attention = weights == null ? null : new Attention(weights, bundle);
      data.attention = attention;
      ByteIndex sampleNames = new ByteIndex();
      while (table.next()) {
        ReportData.Head head = data.heads.get(table.head());
        head.summary.add(table);
        if (table.sampled()) {
          sample(data, table, sampleNames, heads).add(table);
        }
        if (table.beginsRecord()) {
          data.records++;
          if (attention != null) {
            attention.next(table.row(), table.idColumn());
          }
          TableReader row = table.row();
          data.nameDigest =
              MapSample.hashed(
                  data.nameDigest,
                  row.bytes(),
                  row.start(0),
                  row.end(table.idColumn()) - row.start(0));
        }
        if (attention != null) {
          attention.add(table);
        }
        if (data.map != null) {
          data.map.add(table);
        }
        if (truth != null) {
          compare(data, truth, head, table);
        }
      }
      table.checkComplete();
      if (attention != null) {
        attention.checkComplete();
      }
    }
  }

  private static SampleSummary sample(
      ReportData data, PredictionTable table, ByteIndex names, List<HeadSpec> heads) {
    TableReader row = table.row();
    int known = names.size();
    int sample = names.add(row.bytes(), row.start(0), row.end(0));
    if (sample == known) {
      data.samples.add(new SampleSummary(names.text(sample), heads));
    }
    return data.samples.get(sample);
  }

  private void prepare(ReportData data, Truth truth) {
    for (ReportData.Head head : data.heads) {
      HeadSpec spec = head.summary.head();
      if (!truth.covers(spec)) {
        continue;
      }
      switch (spec.kind()) {
        case SINGLE_LABEL -> head.single = new SingleLabelQuality(spec, options.scores() != null);
        case MULTI_LABEL -> head.multi = new MultiLabelQuality(spec);
        case REGRESSION -> {
          for (int target = 0; target < spec.labels().size(); target++) {
            if (truth.covers(spec, target)) {
              head.targets.put(target, new RegressionQuality());
            }
          }
        }
      }
    }
  }

  private static void compare(
      ReportData data, Truth truth, ReportData.Head head, PredictionTable table) {
    TableReader row = table.row();
    int known =
        truth.record(
            row.bytes(), row.start(0), row.start(table.idColumn()), row.end(table.idColumn()));
    if (known >= 0) {
      truth.meet(known);
    } else if (table.beginsRecord()) {
      data.withoutTruth++;
    }
    HeadSpec spec = head.summary.head();
    if (head.single != null) {
      int label = truth.label(spec, known);
      head.single.add(label, table);
      head.summary.sets.compare(label, table);
    }
    if (head.multi != null) {
      head.multi.add(truth.labels(spec, known), table);
    }
    @Nullable RegressionQuality target = head.targets.get(table.target());
    if (target != null) {
      target.add(truth.value(spec, table.target(), known), table.value());
    }
  }

  private void readScores(ReportData data, Path file) {
    @Nullable Truth truth = data.truth;
    try (Scores table = Scores.of(file, bundle)) {
      if (table.sampled() == data.samples.isEmpty() && data.records > 0) {
        throw RibonnxException.input(
            file
                + (table.sampled()
                    ? ": has samples, but the predictions have none"
                    : ": has no column 'sample', but the predictions have one")
                + "; give the scores of the same run");
      }
      data.scored = true;
      for (ReportData.Head head : data.heads) {
        HeadSpec spec = head.summary.head();
        if (spec.kind() == HeadSpec.Kind.SINGLE_LABEL && spec.labels().size() > 1) {
          head.margins = new Margins(spec.labels().size());
        }
        if (head.single != null) {
          head.loss = new ScoreLoss();
        }
        if (spec.kind() == HeadSpec.Kind.MULTI_LABEL) {
          double[] thresholds = new double[spec.labels().size()];
          java.util.Arrays.setAll(
              thresholds,
              label -> spec.thresholds().isEmpty() ? Double.NaN : spec.thresholds().get(label));
          head.labelScores = new LabelScores(thresholds);
        }
        if (head.single != null || head.multi != null) {
          head.areas = new BinnedAreas(head.summary.head().labels().size());
        }
      }
      long rows = 0;
      long digest = MapSample.NO_IDS;
      while (table.next()) {
        rows++;
        digest =
            MapSample.hashed(
                digest, table.bytes(), table.nameStart(), table.nameEnd() - table.nameStart());
        int known =
            truth == null
                ? -1
                : truth.record(table.bytes(), table.nameStart(), table.idStart(), table.nameEnd());
        for (int i = 0; i < data.heads.size(); i++) {
          margin(data.heads.get(i), i, table);
          labelScores(data.heads.get(i), i, table);
          if (known >= 0 && truth != null) {
            score(data.heads.get(i), i, known, truth, table);
          }
        }
      }
      if (rows != data.records) {
        throw RibonnxException.input(
            file
                + ": holds "
                + rows
                + " records, but "
                + options.predictions()
                + " holds "
                + data.records
                + "; give the scores of the same run");
      }
      if (digest != data.nameDigest) {
        throw RibonnxException.input(
            file
                + ": its ids, or their order, are not those of "
                + options.predictions()
                + "; give the scores of the same run");
      }
    }
  }

  private static void margin(ReportData.Head head, int number, Scores table) {
    @Nullable Margins margins = head.margins;
    if (margins == null) {
      return;
    }
    int best = -1;
    int second = -1;
    double highest = Double.NEGATIVE_INFINITY;
    double next = Double.NEGATIVE_INFINITY;
    for (int label = 0; label < head.summary.head().labels().size(); label++) {
      double score = table.score(number, label);
      if (Double.isNaN(score)) {
        return;
      }
      if (score > highest) {
        next = highest;
        second = best;
        highest = score;
        best = label;
      } else if (score > next) {
        next = score;
        second = label;
      }
    }
    margins.add(best, highest, second, next, table::name);
  }

  private static void labelScores(ReportData.Head head, int number, Scores table) {
    @Nullable LabelScores scores = head.labelScores;
    for (int label = 0; scores != null && label < head.summary.head().labels().size(); label++) {
      double score = table.score(number, label);
      if (!Double.isNaN(score)) {
        scores.add(label, score);
      }
    }
  }

  private static void score(
      ReportData.Head head, int number, int known, Truth truth, Scores table) {
    HeadSpec spec = head.summary.head();
    @Nullable BinnedAreas areas = head.areas;
    if (areas == null) {
      return;
    }
    int labels = spec.labels().size();
    if (head.multi != null) {
      int @Nullable [] truths = truth.labels(spec, known);
      double[] scores = new double[labels];
      java.util.Arrays.setAll(scores, label -> table.score(number, label));
      if (truths == null || java.util.Arrays.stream(scores).anyMatch(Double::isNaN)) {
        return;
      }
      for (int label = 0, at = 0; label < labels; label++) {
        boolean positive = at < truths.length && truths[at] == label;
        at += positive ? 1 : 0;
        areas.add(label, scores[label], positive);
      }
      head.multi.ranking().add(scores, truths);
      return;
    }
    int trueLabel = truth.label(spec, known);
    if (trueLabel == Truth.UNKNOWN || head.single == null) {
      return;
    }
    double highest = Double.NEGATIVE_INFINITY;
    double squares = 0;
    for (int label = 0; label < labels; label++) {
      double score = table.score(number, label);
      if (Double.isNaN(score)) {
        return;
      }
      squares += score * score;
      if (!head.summary.isRejecting(label)) {
        highest = Math.max(highest, score);
      }
      if (trueLabel >= 0) {
        areas.add(label, score, label == trueLabel);
      }
    }
    head.single.addScore(trueLabel, highest);
    @Nullable ScoreLoss loss = head.loss;
    if (loss != null && trueLabel >= 0) {
      loss.add(table.score(number, trueLabel), squares);
    }
  }

  private static void folder(@Nullable Path folder) {
    if (folder == null) {
      return;
    }
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw RibonnxException.usage(folder + ": the folder can't be made: " + IoErrors.text(e));
    }
    if (!Files.isWritable(folder)) {
      throw RibonnxException.usage(
          folder + ": the folder can't be written to; choose another place for the output");
    }
  }

  private static void write(Path target, String text) {
    write(target, text.getBytes(StandardCharsets.UTF_8));
  }

  private static void write(Path target, byte[] bytes) {
    try (TextOutput output = TextOutput.open(target.toString(), OutputStream.nullOutputStream())) {
      output.write(bytes, 0, bytes.length);
      output.commit();
    }
  }

  private void note(ReportData data, Log log, RunRecord record) {
    Object before = record.toTree().get("warnings");
    for (String warning : data.warnings) {
      // In a run of all steps the one that made the predictions may have said so already.
      if (!(before instanceof List<?> lines && lines.contains(warning))) {
        record.warning(warning);
        log.warnLast(warning);
      }
    }
    log.info(
        "report on " + Words.count(data.records, "record", "records") + " in " + options.output());
  }
}
