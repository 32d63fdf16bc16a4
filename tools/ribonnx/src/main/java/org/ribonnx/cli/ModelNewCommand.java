package org.ribonnx.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.HeadSpec;
import org.ribonnx.core.cli.Cli;
import org.ribonnx.core.cli.Streams;
import org.ribonnx.core.io.RibonnxException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ribonnx model new}. */
@Command(
    name = "new",
    mixinStandardHelpOptions = true,
    versionProvider = Cli.Version.class,
    description = {
      "Makes a bundle around an ONNX graph: model.yaml with what the graph says, labels, a card and a"
          + " test input. What you must add is marked TODO."
    },
    footer = {
      "",
      "One graph:   ribonnx model new DIR --graph net.onnx --encoder nucleotides",
      "Two graphs:  ribonnx model new DIR --embed-graph body.onnx --head-graph head.onnx --encoder"
          + " nucleotides",
      "A table:     ribonnx model new DIR --graph net.onnx --encoder expression --features"
          + " names.txt",
      "Then:        ribonnx model seal DIR, test, validate, pack"
    })
final class ModelNewCommand extends Cli.Command {
  private static final Pattern LENGTH = Pattern.compile("([0-9]{1,9})-([0-9]{1,9})");

  @Parameters(paramLabel = "DIR", description = "Folder of the bundle, made if it is not there.")
  private Path folder = Path.of("");

  @Option(
      names = {"--graph", "--head-graph"},
      required = true,
      paramLabel = "FILE",
      description = "ONNX graph that predicts; it returns final values.")
  private Path graph = Path.of("");

  @Option(
      names = "--embed-graph",
      paramLabel = "FILE",
      description = "ONNX graph before that one, from the encoded record to an embedding.")
  private @Nullable Path embedGraph;

  @Option(
      names = "--encoder",
      required = true,
      paramLabel = "NAME",
      description = "What makes numbers of a record, as nucleotides, nucleotides@1 or expression.")
  private String encoder = "";

  @Option(
      names = "--encoder-option",
      paramLabel = "KEY=VALUE",
      description = "Option of the encoder, as keep=5p; may be repeated.")
  private List<String> encoderOptions = new ArrayList<>();

  @Option(
      names = "--features",
      paramLabel = "FILE",
      description = {
        "Names of the features in the order of the graph's input, one a line or a table with the column 'feature': for the"
            + " encoder expression."
      })
  private @Nullable Path features;

  @Option(
      names = "--shape",
      split = ",",
      paramLabel = "N",
      description = "Shape of an encoded record, where the graph leaves it open.")
  private List<Integer> shape = new ArrayList<>();

  @Option(
      names = "--longest",
      paramLabel = "N",
      description = {
        "Records of any length up to N, where the graph leaves the length open; default: that of"
            + " --length."
      })
  private @Nullable Integer longest;

  @Option(
      names = "--pad",
      paramLabel = "N",
      description = "Code behind the end of a record; default ${DEFAULT-VALUE}.")
  private int pad = 5;

  @Option(
      names = "--output",
      paramLabel = "NAME",
      description = {
        "Output of the graph to predict from, where it has several; repeated: a head for each."
      })
  private List<String> outputs = new ArrayList<>();

  @Option(
      names = "--head",
      paramLabel = "NAME",
      description = "Name of the head, as it stands in predictions; once per output.")
  private List<String> heads = new ArrayList<>();

  @Option(
      names = "--kind",
      paramLabel = "KIND",
      description = {
        "single-label, multi-label or regression; guessed where the graph leaves no doubt. Once, or"
            + " once per output."
      })
  private List<String> kinds = new ArrayList<>();

  @Option(
      names = {"--labels", "--targets"},
      paramLabel = "FILE",
      description = {
        "Labels in the order of the output, one a line, or a table with the column 'label'; for a"
            + " regression the targets, one a line, with a tab and the unit. Once per output."
      })
  private List<Path> labels = new ArrayList<>();

  @Option(names = "--id", paramLabel = "ID", description = "Id; default: the folder's name.")
  private @Nullable String id;

  @Option(
      names = "--model-version",
      paramLabel = "VERSION",
      description = "Version of the model; default ${DEFAULT-VALUE}.")
  private String version = "0.1.0";

  @Option(names = "--title", paramLabel = "TEXT", description = "What it predicts, in one line.")
  private @Nullable String title;

  @Option(
      names = "--what",
      paramLabel = "TEXT",
      description = "What a user brings, as 'miRNA precursors, sense strand'.")
  private @Nullable String what;

  @Option(
      names = "--length",
      paramLabel = "MIN-MAX",
      description = "Lengths of records that it was trained on, as 45-200.")
  private @Nullable String length;

  @Option(names = "--licence", paramLabel = "SPDX", description = "Licence, as Apache-2.0.")
  private @Nullable String licence;

  @Option(names = "--authors", paramLabel = "TEXT", description = "Who made the model.")
  private @Nullable String authors;

  @Option(
      names = "--test-input",
      paramLabel = "FILE",
      description = "Records for the stored test; default: simulated ones.")
  private @Nullable Path testInput;

  ModelNewCommand(Streams streams) {
    super(streams);
  }

  @Override
  public Integer call() {
    NewBundle.Options options =
        new NewBundle.Options(
            folder,
            graph,
            embedGraph,
            encoder,
            keyed(),
            List.copyOf(shape),
            longest,
            pad,
            List.copyOf(outputs),
            List.copyOf(heads),
            kinds.stream().map(ModelNewCommand::kind).toList(),
            List.copyOf(labels),
            id,
            version,
            title,
            what,
            range(),
            licence,
            authors,
            testInput,
            features);
    NewBundle.Result result = new NewBundle(options).run();
    result.files().forEach((file, how) -> print(how + "\t" + file + "\n"));
    result.hints().forEach(log()::warn);
    log()
        .info(
            "fill in what says TODO ("
                + (result.missing().isEmpty() ? "nothing" : String.join(", ", result.missing()))
                + "), then run: ribonnx model seal "
                + folder);
    return 0;
  }

  private Map<String, String> keyed() {
    Map<String, String> values = new LinkedHashMap<>();
    for (String option : encoderOptions) {
      int at = option.indexOf('=');
      if (at < 1) {
        throw RibonnxException.usage(
            "--encoder-option is '" + option + "'; KEY=VALUE is expected, as keep=5p");
      }
      if (values.put(option.substring(0, at), option.substring(at + 1)) != null) {
        throw RibonnxException.usage(
            "--encoder-option gives '" + option.substring(0, at) + "' twice");
      }
    }
    return values;
  }

  private static HeadSpec.Kind kind(String label) {
    for (HeadSpec.Kind kind : HeadSpec.Kind.values()) {
      if (kind.label().equals(label)) {
        return kind;
      }
    }
    throw RibonnxException.usage(
        "--kind is '"
            + label
            + "'; single-label, multi-label or regression is expected"
            + (label.equals("projection")
                ? "; an embedding is no head: take regression with a target per number, or the"
                    + " file that --embeddings of predict writes"
                : ""));
  }

  private NewBundle.@Nullable Lengths range() {
    if (length == null) {
      return null;
    }
    Matcher matcher = LENGTH.matcher(length);
    if (!matcher.matches()) {
      throw RibonnxException.usage("--length is '" + length + "'; MIN-MAX is expected, as 45-200");
    }
    NewBundle.Lengths lengths =
        new NewBundle.Lengths(
            Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)));
    if (lengths.longest() < Math.max(1, lengths.shortest())) {
      throw RibonnxException.usage("--length is '" + length + "', which no record has");
    }
    return lengths;
  }
}
