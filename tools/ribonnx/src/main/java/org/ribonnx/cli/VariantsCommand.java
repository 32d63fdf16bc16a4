package org.ribonnx.cli;

import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.InputSpec;
import org.ribonnx.core.cli.Cli;
import org.ribonnx.core.cli.Log;
import org.ribonnx.core.cli.ModelOption;
import org.ribonnx.core.cli.RunOptions;
import org.ribonnx.core.cli.Streams;
import org.ribonnx.core.cli.ThreadOption;
import org.ribonnx.core.io.OutputFile;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.run.RunRecord;
import org.ribonnx.encode.Encode;
import org.ribonnx.encode.EncodeOptions;
import org.ribonnx.encode.records.SequenceInput;
import org.ribonnx.report.MapSample;
import org.ribonnx.report.Report;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ribonnx variants}. */
@Command(
    name = "variants",
    mixinStandardHelpOptions = true,
    versionProvider = Cli.Version.class,
    description = {
      "Pairs of a reference and an alternative sequence in; out comes how far the model's scores of"
          + " the two are apart, per label."
    })
final class VariantsCommand extends Cli.Command {
  private enum Invalid {
    FAIL,
    UNUSABLE
  }

  @Mixin private ModelOption model = new ModelOption();
  @Mixin private RunOptions options = new RunOptions();
  @Mixin private ThreadOption threads = new ThreadOption();

  @Parameters(
      paramLabel = "PAIRS",
      arity = "0..*",
      description = {
        "Tables (.tsv, .csv) with a header and the columns id, ref and alt: whole sequences. Gzipped"
            + " or not; - is standard input. With --all-substitutions: sequences, as ribonnx predict"
            + " takes them."
      })
  private List<String> files = new ArrayList<>();

  @Option(
      names = "--all-substitutions",
      description = {
        "Take sequences instead of pairs, and compare each with all that differ from it in one base;"
            + " ids are then ID:POSITION:BASE>BASE."
      })
  private boolean allSubstitutions;

  @Option(
      names = "--invalid-records",
      paramLabel = "POLICY",
      defaultValue = "fail",
      description = {
        "A sequence with a wrong letter or without an id: fail ends the run, unusable keeps it, and"
            + " its pair has NA. Default: ${DEFAULT-VALUE}."
      })
  private Invalid invalid = Invalid.FAIL;

  @Option(
      names = "--labels",
      paramLabel = "LABELS",
      defaultValue = LabelChoice.ALL_WORD,
      description = {
        "Labels that rows are written of: all, best (that of the reference), or some with commas"
            + " between them; may be given several times. Default: ${DEFAULT-VALUE}."
      })
  private List<String> labels = new ArrayList<>();

  @Option(
      names = "--markdown",
      paramLabel = "FILE",
      description = "With --outdir: the report as Markdown for Galaxy (.md).")
  private @Nullable Path markdown;

  @Option(
      names = "--min-difference",
      paramLabel = "X",
      defaultValue = "0",
      description = {
        "Leave out rows whose scores differ by less than X in either direction. Rows of NA stay."
            + " Default: ${DEFAULT-VALUE}."
      })
  private double minDifference;

  @Option(
      names = "--outdir",
      paramLabel = "FOLDER",
      description = {
        "Folder for variants.tsv and all that ribonnx predict writes of the sequences; made if it is"
            + " not there."
      })
  private @Nullable Path outdir;

  @Option(
      names = "--output",
      paramLabel = "FILE",
      description = "Table of differences (.tsv); - is standard output.")
  private @Nullable String output;

  VariantsCommand(Streams streams) {
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
    if (!(minDifference >= 0)) {
      throw RibonnxException.usage(
          "--min-difference " + minDifference + ": a number from 0 on is expected");
    }
    EncodeOptions.checkFiles(files);
    try (Bundle bundle = model.open(streams, log)) {
      checkSequences(bundle);
      List<String> notes = new ArrayList<>();
      LabelChoice choice = LabelChoice.of(labels, List.copyOf(bundle.heads().values()), notes);
      String table = Predict.target(output, outdir, "variants.tsv");
      @Nullable Path predictions = inFolder("predictions.tsv");
      @Nullable Path scores = inFolder("scores.tsv");
      checkOutputs(table, predictions, scores);
      notes.forEach(log::info);
      VariantTable.Options wanted =
          new VariantTable.Options(choice, minDifference, table, streams.out());
      Behind.Plan plan =
          allSubstitutions ? new Substitutions.Plan(wanted) : new PairVariants.Plan(wanted);
      record.model(bundle);
      record.phase("start");
      @Nullable MapSample sample =
          new Predict(bundle, () -> options.load(streams, log), threadCount, batchSize, plan)
              .run(
                  input(threadCount),
                  streams.in(),
                  new Predict.Outputs(
                      predictions == null ? "-" : predictions.toString(),
                      scores == null ? null : scores.toString(),
                      null),
                  // Only the differences may go to standard output.
                  OutputStream.nullOutputStream(),
                  outdir != null,
                  record,
                  log,
                  streams.terminal());
      end(bundle, table, predictions, scores, sample, record, log);
      log.end();
      return 0;
    }
  }

  private static void checkSequences(Bundle bundle) {
    for (InputSpec input : bundle.inputs().values()) {
      if (!input.kind().equals("sequences")) {
        throw RibonnxException.usage(
            "variants are of sequences, but "
                + bundle.cardName()
                + " reads "
                + input.kind()
                + ": compare two rows of the scores of ribonnx predict");
      }
    }
  }

  private Encode.Options input(int threadCount) {
    return new Encode.Options(
        List.copyOf(files),
        SequenceInput.Format.AUTO,
        false,
        invalid == Invalid.UNUSABLE,
        false,
        threadCount);
  }

  private @Nullable Path inFolder(String name) {
    return outdir == null ? null : outdir.resolve(name);
  }

  private void checkOutputs(String table, @Nullable Path predictions, @Nullable Path scores) {
    if (outdir != null) {
      Predict.makeFolder(outdir);
    }
    List<Path> inputs = EncodeOptions.paths(files);
    if (!table.equals("-")) {
      OutputFile.check(Path.of(table), inputs);
    }
    Predict.checkMarkdown(markdown, outdir, inputs);
    for (@Nullable Path file : new @Nullable Path[] {predictions, scores}) {
      if (file != null) {
        OutputFile.check(file, inputs);
      }
    }
  }

  private void end(
      Bundle bundle,
      String table,
      @Nullable Path predictions,
      @Nullable Path scores,
      @Nullable MapSample sample,
      RunRecord record,
      Log log) {
    if (outdir == null || predictions == null) {
      if (!table.equals("-")) {
        record.write(RunRecord.beside(Path.of(table)));
      }
      return;
    }
    Report.SideTables tables =
        new Report.SideTables(null, null, table.equals("-") ? null : Path.of(table));
    Report.Options what =
        Report.Options.intoFolder(outdir, predictions, scores, null, markdown, tables);
    Predict.reportInto(outdir, bundle, what, sample, streams, log, record);
  }
}
