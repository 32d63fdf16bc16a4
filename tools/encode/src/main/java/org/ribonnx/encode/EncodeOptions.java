package org.ribonnx.encode;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.encode.records.SequenceInput;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * The options by which commands take records: shared by {@code ribonnx-encode} and {@code ribonnx
 * predict}.
 */
public final class EncodeOptions {
  private enum Invalid {
    FAIL,
    UNUSABLE
  }

  private enum Duplicate {
    FAIL,
    NUMBER
  }

  private enum IdFrom {
    WORD,
    HEADER
  }

  @Parameters(
      paramLabel = "INPUT",
      arity = "0..*",
      description = {
        "Files of one sample, in order: FASTA, FASTQ or a table with id and sequence; for models that read numbers,"
            + " tables of samples and features. Gzipped or not; - is standard input."
      })
  private List<String> positional = new ArrayList<>();

  @Option(
      names = "--input",
      paramLabel = "NAME=FILE",
      description = "A file for the model's input NAME, where the model has several.")
  private Map<String, String> named = new java.util.LinkedHashMap<>();

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      defaultValue = "auto",
      description =
          "auto, fasta, fastq, tsv, or csv for tables of numbers. Default: ${DEFAULT-VALUE}, told from the content.")
  private SequenceInput.Format format = SequenceInput.Format.AUTO;

  @Option(
      names = "--id-from",
      paramLabel = "PART",
      defaultValue = "word",
      description =
          "word: ids are the first word of a header; header: the whole of it. Default: ${DEFAULT-VALUE}.")
  private IdFrom idFrom = IdFrom.WORD;

  @Option(
      names = "--invalid-records",
      paramLabel = "POLICY",
      defaultValue = "fail",
      description = {
        "A record with a wrong letter or number or without an id: fail ends the run, unusable keeps it as an unusable"
            + " row. Default: "
            + "${DEFAULT-VALUE}."
      })
  private Invalid invalid = Invalid.FAIL;

  @Option(
      names = "--duplicate-ids",
      paramLabel = "POLICY",
      defaultValue = "fail",
      description =
          "A repeated id: fail ends the run, number makes it id_2, id_3, …. Default: ${DEFAULT-VALUE}.")
  private Duplicate duplicate = Duplicate.FAIL;

  @Option(
      names = "--features-in",
      paramLabel = "PLACE",
      defaultValue = "auto",
      description = {
        "Of a table of numbers. columns: a column per feature and a row per sample; rows: the other way round. Default: "
            + "${DEFAULT-VALUE}, told from the names."
      })
  private Encode.FeaturesIn featuresIn = Encode.FeaturesIn.AUTO;

  /** The files, in order, checked to be there. */
  public List<String> files(Bundle bundle) {
    List<String> files = new ArrayList<>(positional);
    named.forEach(
        (name, file) -> {
          if (!bundle.inputs().containsKey(name)) {
            throw RibonnxException.usage(
                "--input "
                    + name
                    + "="
                    + file
                    + ": the model has the inputs "
                    + bundle.inputs().keySet());
          }
          files.add(file);
        });
    checkFiles(files);
    return files;
  }

  /**
   * Checks that files that a user names are there.
   *
   * @throws RibonnxException usage, naming the first that is not
   */
  public static void checkFiles(List<String> files) {
    if (files.isEmpty()) {
      throw RibonnxException.usage("no input is given; name a file, or - for standard input");
    }
    if (files.stream().filter(file -> file.equals("-")).count() > 1) {
      throw RibonnxException.usage("standard input (-) is given twice");
    }
    for (String file : files) {
      if (!file.equals("-")) {
        if (!Files.exists(Path.of(file))) {
          throw RibonnxException.usage(file + ": no such file");
        }
        if (Files.isDirectory(Path.of(file))) {
          throw RibonnxException.usage(file + ": is a folder; name the files in it");
        }
        if (!Files.isReadable(Path.of(file))) {
          throw RibonnxException.usage(file + ": permission denied");
        }
      }
    }
  }

  /** The files that have a path. */
  public static List<Path> paths(List<String> files) {
    return files.stream().filter(file -> !file.equals("-")).map(Path::of).toList();
  }

  public Encode.Options options(List<String> files, int threads) {
    return new Encode.Options(
        List.copyOf(files),
        format,
        idFrom == IdFrom.HEADER,
        invalid == Invalid.UNUSABLE,
        duplicate == Duplicate.NUMBER,
        featuresIn,
        List.of(),
        threads);
  }
}
