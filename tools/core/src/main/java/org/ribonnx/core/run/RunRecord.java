package org.ribonnx.core.run;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.Release;
import org.ribonnx.core.io.TextOutput;
import org.ribonnx.core.io.Tree;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * What a run leaves behind about itself, beside its output: enough to repeat it and to write its
 * methods section.
 */
public final class RunRecord {
  private final String tool;
  private final Map<String, @Nullable Object> options = new LinkedHashMap<>();
  private final Map<String, @Nullable Object> model = new LinkedHashMap<>();
  private final Map<String, @Nullable Object> counts = new LinkedHashMap<>();
  private final Map<String, Double> seconds = new LinkedHashMap<>();
  private final List<@Nullable Object> steps = new ArrayList<>();
  private final List<String> warnings = new ArrayList<>();
  private String device = "";
  private long records;
  private @Nullable Object cite;
  private final long start = System.nanoTime();
  private long phase = start;

  public RunRecord(CommandSpec command) {
    this.tool = command.qualifiedName(" ");
    for (OptionSpec option : command.options()) {
      if (!option.usageHelp() && !option.versionHelp()) {
        options.put(option.longestName(), value(option));
      }
    }
    for (PositionalParamSpec parameter : command.positionalParameters()) {
      options.put("arguments", value(parameter));
    }
  }

  private static @Nullable Object value(ArgSpec argument) {
    @Nullable Object value = argument.getValue();
    if (value == null || value instanceof Boolean || value instanceof Integer) {
      return value;
    }
    if (value instanceof Enum<?> constant) {
      return constant.name().toLowerCase(Locale.ROOT);
    }
    if (value instanceof Map<?, ?> map && map.isEmpty()) {
      return null;
    }
    if (value instanceof List<?> items) {
      List<String> texts = new ArrayList<>();
      items.forEach(item -> texts.add(String.valueOf(item)));
      return texts;
    }
    return value.toString();
  }

  /** Fills in the value that an option had in effect, where its default depends on the machine. */
  public void option(String name, Object value) {
    options.put(name, value);
  }

  public void model(Bundle bundle) {
    model.put("id", bundle.id());
    model.put("version", bundle.version());
    model.put("title", bundle.title());
    model.put("path", bundle.path().toString());
    model.put("sha256", bundle.cardDigest());
    cite = bundle.cardContent().get("cite");
  }

  public void device(String name) {
    device = name;
  }

  public void records(long count) {
    records = count;
  }

  /** What happened to how many records; zero counts are left out. */
  public void count(String group, Map<String, Long> numbers) {
    Map<String, Long> some = new LinkedHashMap<>();
    numbers.forEach(
        (name, number) -> {
          if (number != 0) {
            some.put(name, number);
          }
        });
    counts.put(group, some);
  }

  /** The time since the phase before belongs to {@code name}. */
  public void phase(String name) {
    long now = System.nanoTime();
    seconds.merge(name, (now - phase) / 1e9, Double::sum);
    phase = now;
  }

  public void warning(String line) {
    warnings.add(line);
  }

  /** Records of the steps before, which this one holds as a whole. */
  public void step(@Nullable Object record) {
    steps.add(record);
  }

  /** The record as a document. */
  public Map<String, @Nullable Object> toTree() {
    Map<String, @Nullable Object> tree = new LinkedHashMap<>();
    tree.put("format", 1L);
    tree.put("tool", tool);
    tree.put("version", Release.VERSION);
    tree.put("options", options);
    tree.put("model", model);
    tree.put("records", records);
    tree.put("counts", counts);
    if (!warnings.isEmpty()) {
      tree.put("warnings", warnings);
    }
    if (!device.isEmpty()) {
      tree.put("device", device);
    }
    tree.put("processor", processor());
    tree.put("java", System.getProperty("java.version", ""));
    Map<String, @Nullable Object> times = new LinkedHashMap<>();
    seconds.forEach((name, value) -> times.put(name, rounded(value)));
    times.put("total", rounded((System.nanoTime() - start) / 1e9));
    tree.put("seconds", times);
    if (cite != null) {
      tree.put("cite", cite);
    }
    tree.put("methods", methods());
    if (!steps.isEmpty()) {
      tree.put("steps", steps);
    }
    return tree;
  }

  private static Double rounded(double value) {
    return Math.round(value * 1000) / 1000.0;
  }

  private String methods() {
    StringBuilder text =
        new StringBuilder("Records (n = ").append(records).append(") were processed with ");
    text.append(tool).append(' ').append(Release.VERSION);
    if (!model.isEmpty()) {
      text.append(" and the model ")
          .append(model.get("id"))
          .append(' ')
          .append(model.get("version"));
      text.append(" (SHA-256 of its description ").append(model.get("sha256")).append(')');
    }
    if (!device.isEmpty()) {
      text.append(" on ").append(device.equals("cpu") ? "a CPU" : "a CUDA device");
    }
    return text.append('.').toString();
  }

  private static String processor() {
    Path facts = Path.of("/proc/cpuinfo");
    if (Files.isReadable(facts)) {
      try (java.util.stream.Stream<String> lines =
          Files.lines(facts, StandardCharsets.ISO_8859_1)) {
        return lines
            .filter(line -> line.startsWith("model name"))
            .map(line -> line.substring(line.indexOf(':') + 1).strip())
            .findFirst()
            .orElse(System.getProperty("os.arch", ""));
      } catch (IOException | java.io.UncheckedIOException e) {
        return System.getProperty("os.arch", "");
      }
    }
    return System.getProperty("os.arch", "");
  }

  /** Writes the record to {@code target}. */
  public void write(Path target) {
    try (TextOutput output = TextOutput.open(target.toString(), OutputStream.nullOutputStream())) {
      byte[] text = Tree.prettyJson(toTree()).getBytes(StandardCharsets.UTF_8);
      output.write(text, 0, text.length);
      output.commit();
    }
  }

  /** Where the record of an output stands. */
  public static Path beside(Path output) {
    return Path.of(output + ".run.json");
  }
}
