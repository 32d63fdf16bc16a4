package org.ribonnx.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.ribonnx.classify.ClassifyCommand;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.Models;
import org.ribonnx.core.cli.Cli;
import org.ribonnx.core.cli.Streams;
import org.ribonnx.core.io.Digest;
import org.ribonnx.core.io.IoErrors;
import org.ribonnx.embed.EmbedCommand;
import org.ribonnx.encode.EncodeCommand;
import org.ribonnx.fuse.FuseCommand;
import org.ribonnx.report.ReportCommand;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Loads the classes that the commands need, for the class-data archive: runs each of them once on
 * an installed model. Prints the version of Java, by which the archive is named.
 */
@Command(name = "train-archive", hidden = true, description = "Used by lib/make-archive.")
final class TrainArchiveCommand extends Cli.Command {
  @Option(names = "--work", required = true, description = "Folder for what the runs write.")
  private Path work = Path.of(".");

  TrainArchiveCommand(Streams streams) {
    super(streams);
  }

  @Override
  public Integer call() {
    Streams silent =
        new Streams(
            streams.in(),
            OutputStream.nullOutputStream(),
            new PrintWriter(Writer.nullWriter()),
            Map.of("RIBONNX_DEVICE", "cpu"),
            streams.home(),
            false);
    for (Cli.Command command :
        List.of(
            new EncodeCommand(silent),
            new EmbedCommand(silent),
            new FuseCommand(silent),
            new ClassifyCommand(silent),
            new ReportCommand(silent),
            new RibonnxCommand(silent))) {
      Cli.execute(command, new String[] {"--help"});
    }
    for (Models.Found found : new Models(Map.of(), streams.home()).list()) {
      steps(found, silent);
    }
    table(silent);
    print(System.getProperty("java.version") + "\n");
    return 0;
  }

  private void steps(Models.Found found, Streams silent) {
    @Nullable Path input = input(found.path());
    if (input == null) {
      return;
    }
    String model = found.path().toString();
    String features = work.resolve("features.npz").toString();
    String embeddings = work.resolve("embeddings.npz").toString();
    String fused = work.resolve("fused.npz").toString();
    String predictions = work.resolve("predictions.tsv").toString();
    Cli.execute(
        new EncodeCommand(silent),
        new String[] {"--model", model, "--output", features, input.toString()});
    Cli.execute(
        new EmbedCommand(silent),
        new String[] {"--model", model, "--output", embeddings, features});
    Cli.execute(
        new FuseCommand(silent), new String[] {"--model", model, "--output", fused, embeddings});
    Cli.execute(
        new ClassifyCommand(silent),
        new String[] {"--model", model, "--output", predictions, fused});
    Cli.execute(
        new RibonnxCommand(silent),
        new String[] {
          "predict",
          "--model",
          model,
          "--outdir",
          work.resolve("results").toString(),
          input.toString()
        });
  }

  /** Encodes a table, whether or not a model is installed that reads one. */
  private void table(Streams silent) {
    Path folder = work.resolve("table");
    String features = "feature\na\nb\n";
    try {
      Files.createDirectories(folder);
      Files.writeString(folder.resolve("features.tsv"), features);
      Files.writeString(
          folder.resolve("model.yaml"),
          """
          schema: 1
          id: table
          version: 1.0.0
          inputs: {counts: {kind: table, values: counts}}
          views:
            x:
              encoder: expression@1
              dtype: float32
              shape: [2]
              options: {features: {file: features.tsv, sha256: %s}}
          """
              .formatted(Digest.of(features)));
      Path input = Files.writeString(folder.resolve("input.tsv"), "sample\ta\tb\none\t1\t20\n");
      Cli.execute(
          new EncodeCommand(silent),
          new String[] {
            "--model",
            folder.toString(),
            "--output",
            folder.resolve("features.npz").toString(),
            input.toString()
          });
    } catch (IOException e) {
      throw IoErrors.writing(folder.toString(), e);
    }
  }

  /** A copy of the model's stored input. */
  private @Nullable Path input(Path model) {
    Path copy = work.resolve("input.fa");
    try (Bundle bundle = Bundle.open(model)) {
      Bundle.@Nullable StoredTest test = bundle.storedTest();
      if (test == null) {
        return null;
      }
      Files.deleteIfExists(copy);
      ByteBuffer content = bundle.file(test.input());
      try (FileChannel channel =
          FileChannel.open(copy, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        while (content.hasRemaining()) {
          channel.write(content);
        }
      }
      return copy;
    } catch (IOException e) {
      throw IoErrors.writing(copy.toString(), e);
    }
  }
}
