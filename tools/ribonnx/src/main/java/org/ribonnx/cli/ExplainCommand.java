package org.ribonnx.cli;

import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.ExplainSpec;
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

/** {@code ribonnx explain}. */
@Command(
    name = "explain",
    mixinStandardHelpOptions = true,
    versionProvider = Cli.Version.class,
    description = {
      "Records in; out come predictions, and what each feature or position did for them, as far as"
          + " the model says how that is found."
    })
final class ExplainCommand extends Cli.Command {
  @Mixin private ModelOption model = new ModelOption();
  @Mixin private EncodeOptions input = new EncodeOptions();
  @Mixin private RunOptions options = new RunOptions();
  @Mixin private ThreadOption threads = new ThreadOption();

  @Option(
      names = "--outdir",
      paramLabel = "FOLDER",
      description = {
        "Folder for explanations.tsv, importance.tsv and all that ribonnx predict writes; made if it is"
            + " not there."
      })
  private @Nullable Path outdir;

  @Option(
      names = "--output",
      paramLabel = "FILE",
      description =
          "Table of explanations, a row per record and feature (.tsv); - is standard output.")
  private @Nullable String output;

  @Option(
      names = "--importance",
      paramLabel = "FILE",
      description = "Table of means per label (.tsv); - is standard output.")
  private @Nullable String importance;

  @Option(
      names = "--bedgraph",
      paramLabel = "FILE",
      description = {
        "Values of all positions for a genome browser (bedGraph); - is standard output. Ids must say"
            + " where records lie: chr:start-end(strand) as bedtools getfasta writes them, 0-based"
            + " and half-open, or chr:start-end as samtools faidx does, 1-based with both ends; the"
            + " record's length tells which. Of one head and one label."
      })
  private @Nullable String bedGraph;

  @Option(
      names = "--markdown",
      paramLabel = "FILE",
      description = "With --outdir: the report as Markdown for Galaxy (.md).")
  private @Nullable Path markdown;

  @Option(
      names = "--truth",
      paramLabel = "FILE",
      description = {
        "Known labels: a table with id and a column per head. Means are then over the records of each"
            + " true label, not of each best one."
      })
  private @Nullable Path truth;

  @Option(
      names = "--head",
      paramLabel = "NAME",
      description =
          "A head to explain; may be given several times. Default: all that the model explains.")
  private List<String> heads = new ArrayList<>();

  @Option(
      names = "--labels",
      paramLabel = "LABELS",
      defaultValue = LabelChoice.BEST_WORD,
      description = {
        "Labels that rows are written of: best, all, or some with commas between them; may be given"
            + " several times. Default: ${DEFAULT-VALUE}, that of each record."
      })
  private List<String> labels = new ArrayList<>();

  @Option(
      names = "--top",
      paramLabel = "N",
      defaultValue = "20",
      description =
          "Rows per record, head and label, those of the largest values; 0: all. Default: ${DEFAULT-VALUE}.")
  private int top;

  ExplainCommand(Streams streams) {
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
    if (top < 0) {
      throw RibonnxException.usage("--top " + top + ": a number of rows is expected, 0 for all");
    }
    try (Bundle bundle = model.open(streams, log)) {
      List<String> notes = new ArrayList<>();
      List<ExplainSpec> specs = specs(bundle, notes);
      LabelChoice choice =
          LabelChoice.of(labels, specs.stream().map(ExplainSpec::head).toList(), notes);
      List<String> files = input.files(bundle);
      @Nullable String rows = target(output, "explanations.tsv");
      @Nullable String means = target(importance, "importance.tsv");
      String predictions = outdir == null ? "-" : outdir.resolve("predictions.tsv").toString();
      @Nullable String scores = outdir == null ? null : outdir.resolve("scores.tsv").toString();
      checkOutputs(rows, means, predictions, scores, files);
      try (@Nullable Truth known =
          truth == null ? null : new Truth(truth, List.copyOf(bundle.heads().values()), false)) {
        notes.forEach(log::info);
        Explainer.Plan plan =
            new Explainer.Plan(
                specs,
                specs.stream().map(spec -> Parts.of(bundle, spec)).toList(),
                new Explainer.Options(
                    choice,
                    top,
                    known,
                    new Explainer.Outputs(rows, means, bedGraph, streams.out())));
        if (bedGraph != null) {
          checkBedGraph(plan);
        }
        Predict predict =
            new Predict(bundle, () -> options.load(streams, log), threadCount, batchSize, plan);
        record.model(bundle);
        record.phase("start");
        @Nullable MapSample sample =
            predict.run(
                input.options(files, threadCount),
                streams.in(),
                new Predict.Outputs(predictions, scores, null),
                // Only the explanations may go to standard output.
                OutputStream.nullOutputStream(),
                outdir != null,
                record,
                log,
                streams.terminal());
        end(bundle, plan, predictions, scores, rows, means, sample, record, log);
      }
      log.end();
      return 0;
    }
  }

  private void end(
      Bundle bundle,
      Explainer.Plan plan,
      String predictions,
      @Nullable String scores,
      @Nullable String rows,
      @Nullable String means,
      @Nullable MapSample sample,
      RunRecord record,
      Log log) {
    if (outdir != null) {
      Report.SideTables tables =
          new Report.SideTables(
              means == null || means.equals("-") ? null : Path.of(means),
              // Features of tables are drawn from the means.
              rows == null || rows.equals("-") || !plan.isOfSequences() ? null : Path.of(rows),
              null);
      Report.Options what =
          Report.Options.intoFolder(
              outdir,
              Path.of(predictions),
              scores == null ? null : Path.of(scores),
              truth,
              markdown,
              tables);
      Predict.reportInto(outdir, bundle, what, sample, streams, log, record);
      return;
    }
    for (@Nullable String file : new @Nullable String[] {rows, means, bedGraph}) {
      if (file != null && !file.equals("-")) {
        record.write(RunRecord.beside(Path.of(file)));
        return;
      }
    }
  }

  /** The entries of the heads that are asked for. */
  private List<ExplainSpec> specs(Bundle bundle, List<String> notes) {
    Map<String, ExplainSpec> stated = bundle.explain();
    if (stated.isEmpty()) {
      throw RibonnxException.bundle(
          bundle.cardName()
              + ": has no section explain, so the model can't be explained; its author can add"
              + " explain: {"
              + bundle.heads().keySet().iterator().next()
              + ": {method: occlusion}}");
    }
    Set<String> asked = new LinkedHashSet<>(heads);
    for (String head : asked) {
      if (!bundle.heads().containsKey(head)) {
        throw RibonnxException.usage(
            "--head " + head + ": the model has the heads " + bundle.heads().keySet());
      }
      if (!stated.containsKey(head)) {
        throw RibonnxException.usage(
            "--head "
                + head
                + ": the model does not say how this head is explained; it does for "
                + stated.keySet());
      }
    }
    List<ExplainSpec> specs = new ArrayList<>();
    for (String head : bundle.heads().keySet()) {
      @Nullable ExplainSpec spec = stated.get(head);
      if (spec != null && (asked.isEmpty() || asked.contains(head))) {
        specs.add(spec);
      } else if (spec == null && asked.isEmpty()) {
        notes.add("head '" + head + "' is left out: the model does not say how it is explained");
      }
    }
    return specs;
  }

  private void checkBedGraph(Explainer.Plan plan) {
    if (!plan.isOfSequences()) {
      throw RibonnxException.usage("--bedgraph is for sequences; the model explains features");
    }
    LabelChoice choice = plan.options().labels();
    int most = plan.specs().stream().mapToInt(spec -> choice.most(spec.head())).sum();
    if (most != 1) {
      throw RibonnxException.usage(
          "--bedgraph holds one value per position, but rows of "
              + most
              + " labels are asked for; choose one: --head HEAD, --labels LABEL");
    }
  }

  private @Nullable String target(@Nullable String named, String inFolder) {
    return named == null && outdir != null ? outdir.resolve(inFolder).toString() : named;
  }

  private void checkOutputs(
      @Nullable String rows,
      @Nullable String means,
      String predictions,
      @Nullable String scores,
      List<String> files) {
    if (rows == null && means == null && bedGraph == null) {
      throw RibonnxException.usage(
          "say where the results go: --outdir FOLDER, or --output FILE, --importance FILE");
    }
    if (rows != null && rows.equals(means)) {
      throw RibonnxException.usage(rows + ": explanations and importance can't have the same name");
    }
    if (bedGraph != null && (bedGraph.equals(rows) || bedGraph.equals(means))) {
      throw RibonnxException.usage(
          bedGraph + ": the bedGraph file can't have the name of another result");
    }
    if (outdir != null) {
      Predict.makeFolder(outdir);
    }
    List<Path> inputs = new ArrayList<>(EncodeOptions.paths(files));
    if (truth != null) {
      inputs.add(truth);
    }
    Predict.checkMarkdown(markdown, outdir, inputs);
    for (@Nullable String file :
        new @Nullable String[] {rows, means, bedGraph, predictions, scores}) {
      if (file != null && !file.equals("-")) {
        OutputFile.check(Path.of(file), inputs);
      }
    }
  }
}
