package org.ribonnx.encode;

import java.nio.file.Path;
import java.util.List;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.cli.Cli;
import org.ribonnx.core.cli.Log;
import org.ribonnx.core.cli.ModelOption;
import org.ribonnx.core.cli.Plural;
import org.ribonnx.core.cli.Streams;
import org.ribonnx.core.cli.ThreadOption;
import org.ribonnx.core.io.OutputFile;
import org.ribonnx.core.run.RunRecord;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ribonnx-encode}. */
@Command(
    name = "ribonnx-encode",
    mixinStandardHelpOptions = true,
    versionProvider = Cli.Version.class,
    description =
        "Encodes RNA records as the views that a model reads: sequences or a table in, a tensor file (.npz)"
            + " out.")
public final class EncodeCommand extends Cli.Command {
  @Mixin private ModelOption model = new ModelOption();
  @Mixin private EncodeOptions input = new EncodeOptions();
  @Mixin private ThreadOption threads = new ThreadOption();

  @Option(
      names = "--output",
      required = true,
      paramLabel = "FILE",
      description = "Tensor file to write (.npz).")
  private Path output = Path.of("features.npz");

  @Option(
      names = "--view",
      paramLabel = "NAME",
      description = {
        "Make only this view of the model; may be given several times. Views can so be made by several tasks, and"
            + " ribonnx-fuse joins them. Default: all."
      })
  private List<String> view = List.of();

  public EncodeCommand(Streams streams) {
    super(streams);
  }

  @Override
  public Integer call() {
    Log log = log();
    RunRecord record = new RunRecord(spec());
    try (Bundle bundle = model.open(streams, log)) {
      List<String> files = input.files(bundle);
      OutputFile.check(output, EncodeOptions.paths(files));
      int threadCount = threads.value(streams);
      record.option("--threads", threadCount);
      Encode encode =
          new Encode(bundle, input.options(files, threadCount).withViews(view), streams.in());
      record.phase("start");
      Encode.Result result = encode.run(output, log, streams.terminal());
      record.phase("encode");
      record.model(bundle);
      report(result, record, log);
      if (!result.missing().isEmpty()) {
        record.count("missing-views", result.missing());
        result
            .missing()
            .forEach(
                (name, count) -> log.info("view " + name + " missing in " + Plural.records(count)));
      }
      record.write(RunRecord.beside(output));
      log.info(Plural.records(result.records()) + " encoded");
      log.end();
      return 0;
    }
  }

  /** Puts what encoding found into the run record and the log. */
  public static void report(Encode.Result result, RunRecord record, Log log) {
    record.records(result.records());
    record.count("status", result.status());
    record.count("policies", result.flags());
    result
        .flags()
        .forEach(
            (name, count) -> {
              if (count > 0) {
                log.info(name + ": " + Plural.records(count));
              }
            });
    result
        .status()
        .forEach(
            (name, count) -> {
              if (count > 0 && !name.equals("ok")) {
                log.info("unusable, " + name + ": " + Plural.records(count));
              }
            });
    result.counts().forEach(record::count);
    result.notes().forEach(log::info);
    for (String warning : result.warnings()) {
      record.warning(warning);
      log.warnLast(warning);
    }
  }

  public static void main(String[] arguments) {
    Cli.main(new EncodeCommand(Streams.ofProcess()), arguments);
  }
}
