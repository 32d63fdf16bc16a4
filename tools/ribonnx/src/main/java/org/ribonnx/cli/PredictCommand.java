package org.ribonnx.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.ribonnx.classify.ClassifyCommand;
import org.ribonnx.classify.SetsOption;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.FuseSpec;
import org.ribonnx.core.cli.Cli;
import org.ribonnx.core.cli.Log;
import org.ribonnx.core.cli.ModelOption;
import org.ribonnx.core.cli.RunOptions;
import org.ribonnx.core.cli.Streams;
import org.ribonnx.core.cli.ThreadOption;
import org.ribonnx.core.io.OutputFile;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.run.RunRecord;
import org.ribonnx.encode.EncodeOptions;
import org.ribonnx.report.MapSample;
import org.ribonnx.report.Report;
import org.ribonnx.report.Truth;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ribonnx predict}. */
@Command(
    name = "predict",
    mixinStandardHelpOptions = true,
    versionProvider = Cli.Version.class,
    description = "Records in, predictions and a report out: all steps in one process.")
final class PredictCommand extends Cli.Command {
  @Mixin private ModelOption model = new ModelOption();
  @Mixin private EncodeOptions input = new EncodeOptions();
  @Mixin private RunOptions options = new RunOptions();
  @Mixin private ThreadOption threads = new ThreadOption();
  @Mixin private SetsOption sets = new SetsOption();

  @Option(
      names = "--outdir",
      paramLabel = "FOLDER",
      description = {
        "Folder for predictions.tsv, scores.tsv, report.html, metrics.json, run.json, figures and what MultiQC"
            + " reads; made if it is not there."
      })
  private @Nullable Path outdir;

  @Option(
      names = "--output",
      paramLabel = "FILE",
      description = "Table of predictions (.tsv); - is standard output.")
  private @Nullable String output;

  @Option(
      names = "--scores",
      paramLabel = "FILE",
      description = "All scores: a table (.tsv) or a tensor file (.npz).")
  private @Nullable String scores;

  @Option(names = "--report", paramLabel = "FILE", description = "Report (.html).")
  private @Nullable Path report;

  @Option(
      names = "--embeddings",
      paramLabel = "FILE",
      description = "Embeddings as a tensor file (.npz).")
  private @Nullable Path embeddings;

  @Option(
      names = "--attention",
      paramLabel = "FILE",
      description =
          "Weights of attention, where the model fuses by it: a table (.tsv) or a tensor file (.npz).")
  private @Nullable String attention;

  @Option(
      names = "--truth",
      paramLabel = "FILE",
      description = "Known labels for the report: a table with id and a column per head.")
  private @Nullable Path truth;

  @Option(
      names = "--figures",
      paramLabel = "FOLDER",
      description = "Folder for each figure of the report (.png).")
  private @Nullable Path figures;

  @Option(
      names = "--markdown",
      paramLabel = "FILE",
      description = "Report as Markdown for Galaxy (.md).")
  private @Nullable Path markdown;

  @Option(
      names = "--multiqc",
      paramLabel = "FOLDER",
      description = "Folder for files that MultiQC reads (*_mqc.json).")
  private @Nullable Path multiqc;

  PredictCommand(Streams streams) {
    super(streams);
  }

  @Override
  public Integer call() {
    Log log = log();
    RunRecord record = new RunRecord(spec());
    int batchSize = options.batchSize();
    int threadCount = threads.value(streams);
    options.choice(streams);
    record.option("--threads", threadCount);
    try (Bundle bundle = model.open(streams, log)) {
      List<String> files = input.files(bundle);
      String predictions = Predict.target(output, outdir, "predictions.tsv");
      @Nullable String allScores =
          scores == null && outdir == null ? null : Predict.target(scores, outdir, "scores.tsv");
      @Nullable Path page =
          report == null && outdir != null ? outdir.resolve("report.html") : report;
      checkOutputs(predictions, allScores, page, inputs(files));
      checkAttention(bundle, predictions, allScores, inputs(files));
      checkTruth(bundle);
      boolean withSets = sets.value(bundle);
      Predict predict =
          new Predict(bundle, () -> options.load(streams, log), threadCount, batchSize, null);
      record.model(bundle);
      record.phase("start");
      @Nullable MapSample sample =
          predict.run(
              input.options(files, threadCount),
              streams.in(),
              new Predict.Outputs(predictions, allScores, embeddings, attention, withSets),
              streams.out(),
              page != null,
              record,
              log,
              streams.terminal());
      if (page != null) {
        Path metrics = page.resolveSibling("metrics.json");
        Report.Options what =
            new Report.Options(
                Path.of(predictions),
                allScores == null || allScores.equals("-") ? null : Path.of(allScores),
                truth,
                List.of(),
                null,
                page,
                metrics,
                figures == null && outdir != null ? outdir.resolve("figures") : figures,
                markdown,
                multiqc == null && outdir != null ? outdir.resolve("multiqc") : multiqc,
                null,
                null,
                attention == null || attention.equals("-") ? null : Path.of(attention),
                null,
                null);
        Predict.report(bundle, what, sample, streams, log, record);
      }
      if (outdir != null) {
        record.write(outdir.resolve("run.json"));
        log.info("results are in " + outdir + (page == null ? "" : "; open " + page));
      } else if (!predictions.equals("-")) {
        record.write(RunRecord.beside(Path.of(predictions)));
      }
      log.end();
      return 0;
    }
  }

  private List<Path> inputs(List<String> files) {
    List<Path> inputs = new ArrayList<>(EncodeOptions.paths(files));
    if (truth != null) {
      if (!Files.isReadable(truth)) {
        throw RibonnxException.usage(truth + ": no such file, or it can't be read");
      }
      inputs.add(truth);
    }
    return inputs;
  }

  /**
   * Reads the whole table, so that a fault in it is told before records are worked on, not behind.
   */
  private void checkTruth(Bundle bundle) {
    if (truth != null) {
      new Truth(truth, List.copyOf(bundle.heads().values()), false).close();
    }
  }

  private void checkAttention(
      Bundle bundle, String predictions, @Nullable String allScores, List<Path> inputs) {
    if (attention == null) {
      return;
    }
    if (bundle.fuse().attention() == null) {
      throw FuseSpec.noAttention(bundle.cardName());
    }
    if (attention.equals(predictions) || attention.equals(allScores)) {
      throw RibonnxException.usage(attention + ": two outputs can't have the same name");
    }
    if (!attention.equals("-")) {
      OutputFile.check(Path.of(attention), inputs);
    }
  }

  private void checkOutputs(
      String predictions, @Nullable String allScores, @Nullable Path page, List<Path> inputs) {
    if (outdir != null) {
      Predict.makeFolder(outdir);
    }
    ClassifyCommand.checkOutputs(predictions, allScores, inputs);
    if (page != null) {
      if (predictions.equals("-")) {
        throw RibonnxException.usage(
            "a report needs the predictions in a file: --output FILE instead of -");
      }
      OutputFile.check(page, inputs);
    }
    if (truth != null && page == null) {
      throw RibonnxException.usage("--truth goes with a report: --report FILE or --outdir FOLDER");
    }
    if (page == null && (figures != null || markdown != null || multiqc != null)) {
      throw RibonnxException.usage(
          "--figures, --markdown and --multiqc go with a report: --report FILE or --outdir FOLDER");
    }
    if (markdown != null) {
      OutputFile.check(markdown, inputs);
    }
    if (embeddings != null) {
      OutputFile.check(embeddings, inputs);
    }
  }
}
