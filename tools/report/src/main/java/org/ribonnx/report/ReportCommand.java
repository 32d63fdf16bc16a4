package org.ribonnx.report;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.cli.Cli;
import org.ribonnx.core.cli.Log;
import org.ribonnx.core.cli.ModelOption;
import org.ribonnx.core.cli.Streams;
import org.ribonnx.core.onnx.DeviceChoice;
import org.ribonnx.core.onnx.OnnxRuntime;
import org.ribonnx.core.run.RunRecord;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ribonnx-report}. */
@Command(
    name = "ribonnx-report",
    mixinStandardHelpOptions = true,
    versionProvider = Cli.Version.class,
    description = "Makes a page to read, and a file of numbers, from a table of predictions.")
public final class ReportCommand extends Cli.Command {
  @Mixin private ModelOption model = new ModelOption();

  @Parameters(
      paramLabel = "PREDICTIONS",
      description = {
        "Table that ribonnx-classify or ribonnx predict wrote (.tsv); a first column 'sample' makes a report on"
            + " several samples."
      })
  private Path predictions = Path.of("PREDICTIONS");

  @Option(
      names = "--output",
      required = true,
      paramLabel = "FILE",
      description = "Page to write (.html).")
  private Path output = Path.of("report.html");

  @Option(
      names = "--metrics",
      paramLabel = "FILE",
      description = "File of all numbers to write (.json). Default: metrics.json beside the page.")
  private @Nullable Path metrics;

  @Option(
      names = "--scores",
      paramLabel = "FILE",
      description =
          "All scores of the same records (.tsv or .npz): how far the best label is ahead; more measures with --truth.")
  private @Nullable Path scores;

  @Option(
      names = "--truth",
      paramLabel = "FILE",
      description = {
        "What is known of the records (.tsv): id, then a column per head; several labels joined by ';', empty where"
            + " nothing is known. Adds accuracy, precision, recall, confusion and ROC."
      })
  private @Nullable Path truth;

  @Option(
      names = "--embeddings",
      paramLabel = "FILE",
      description = {
        "Embeddings or fused views of the same records (.npz), as ribonnx-embed, ribonnx-fuse or ribonnx predict"
            + " --embeddings wrote them; may be repeated for shards, in their order. Adds a map of the records."
      })
  private List<Path> embeddings = new ArrayList<>();

  @Option(
      names = "--importance",
      paramLabel = "FILE",
      description =
          "How much each feature counts for each label, as ribonnx explain wrote it (importance.tsv): a heat map and"
              + " bars per head.")
  private @Nullable Path importance;

  @Option(
      names = "--compare-importance",
      paramLabel = "FILE",
      description =
          "The same by another model with the same heads and labels: compares both rankings per label.")
  private @Nullable Path otherImportance;

  @Option(
      names = "--attention",
      paramLabel = "FILE",
      description =
          "Weights of attention of the same records, as ribonnx predict or ribonnx-fuse wrote them (.tsv or .npz): how"
              + " the fusion weighed its views.")
  private @Nullable Path attention;

  @Option(
      names = "--explanations",
      paramLabel = "FILE",
      description =
          "What each position of a sequence counted, as ribonnx explain wrote it (explanations.tsv): tracks of the"
              + " sequences with the largest values.")
  private @Nullable Path explanations;

  @Option(
      names = "--variants",
      paramLabel = "FILE",
      description =
          "Differences between pairs of sequences, as ribonnx variants wrote them (variants.tsv): the strongest, and how"
              + " many went up or down per label.")
  private @Nullable Path variants;

  @Option(
      names = "--run",
      paramLabel = "FILE",
      description = "Run record (.run.json) of a step before; may be repeated.")
  private List<Path> runs = new ArrayList<>();

  @Option(
      names = "--title",
      paramLabel = "TEXT",
      description = "Heading of the page. Default: the title of the model.")
  private @Nullable String title;

  @Option(
      names = "--figures",
      paramLabel = "FOLDER",
      description = "Folder to write each figure to (.png); made if it is not there.")
  private @Nullable Path figures;

  @Option(
      names = "--markdown",
      paramLabel = "FILE",
      description = "Report as Markdown for Galaxy to write (.md).")
  private @Nullable Path markdown;

  @Option(
      names = "--multiqc",
      paramLabel = "FOLDER",
      description = "Folder to write files for MultiQC to (*_mqc.json); made if it is not there.")
  private @Nullable Path multiqc;

  public ReportCommand(Streams streams) {
    super(streams);
  }

  @Override
  public Integer call() {
    Log log = log();
    RunRecord record = new RunRecord(spec());
    try (Bundle bundle = model.open(streams, log)) {
      record.model(bundle);
      Report report =
          new Report(
              bundle,
              new Report.Options(
                  predictions,
                  scores,
                  truth,
                  runs,
                  title,
                  output,
                  metrics,
                  figures,
                  markdown,
                  multiqc,
                  importance,
                  otherImportance,
                  attention,
                  explanations,
                  variants),
              embeddings.isEmpty()
                  ? null
                  : new Report.MapSource(
                      null, embeddings, () -> OnnxRuntime.load(DeviceChoice.CPU, streams.home())));
      ReportData data = report.work(log, record);
      record.records(data.records);
      for (ReportData.Head head : data.heads) {
        Map<String, Long> outcomes = new LinkedHashMap<>();
        for (Outcome outcome : Outcome.values()) {
          outcomes.put(outcome.label(), head.summary.count(outcome));
        }
        record.count("head " + head.summary.head().name(), outcomes);
      }
      data.runs.documents().forEach(record::step);
      record.write(RunRecord.beside(output));
      log.end();
      return 0;
    }
  }

  public static void main(String[] arguments) {
    Cli.main(new ReportCommand(Streams.ofProcess()), arguments);
  }
}
