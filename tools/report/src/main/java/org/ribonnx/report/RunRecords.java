package org.ribonnx.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.io.IoErrors;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.io.Tree;

/** What the run records of the steps before say together: a step may have run in many shards. */
final class RunRecords {
  private final Map<String, Double> seconds = new LinkedHashMap<>();
  private final Map<String, Integer> runs = new LinkedHashMap<>();
  private final Set<String> devices = new LinkedHashSet<>();
  private final Set<String> versions = new LinkedHashSet<>();
  private final Set<String> warnings = new LinkedHashSet<>();
  private final Set<String> methods = new LinkedHashSet<>();
  private final List<Map<?, ?>> documents = new ArrayList<>();
  private boolean otherCard;

  /**
   * Reads a record.
   *
   * @throws RibonnxException input, if it is none, or one of another model
   */
  void read(Path file, Bundle bundle) {
    @Nullable Object document;
    try {
      document = Tree.parseJson(Files.readAllBytes(file));
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw RibonnxException.input(
          file + ": is no JSON; --run takes the .run.json files that the steps wrote", e);
    } catch (java.nio.file.NoSuchFileException e) {
      throw RibonnxException.usage(file + ": no such file");
    } catch (IOException e) {
      throw IoErrors.reading(file.toString(), e);
    }
    if (!(document instanceof Map<?, ?> map) || !(map.get("tool") instanceof String)) {
      throw RibonnxException.input(
          file + ": is no run record; --run takes the .run.json files that the steps wrote");
    }
    if (map.get("model") instanceof Map<?, ?> model
        && !model.isEmpty()
        && !bundle.name().equals(model.get("id") + "@" + model.get("version"))) {
      throw RibonnxException.input(
          file
              + ": is the record of a run of "
              + Escape.plain(model.get("id") + "@" + model.get("version"), 80)
              + ", not of "
              + bundle.name()
              + "; give --model the model that made the predictions");
    }
    add(map, bundle);
  }

  /** Takes a record that is not in a file. */
  void add(Map<?, ?> record, Bundle bundle) {
    documents.add(record);
    String tool = String.valueOf(record.get("tool"));
    runs.merge(tool, 1, Integer::sum);
    if (record.get("seconds") instanceof Map<?, ?> times
        && times.get("total") instanceof Number total) {
      seconds.merge(tool, total.doubleValue(), Double::sum);
    }
    text(record.get("device"), devices);
    text(record.get("version"), versions);
    text(record.get("methods"), methods);
    if (record.get("warnings") instanceof Collection<?> lines) {
      lines.forEach(line -> text(line, warnings));
    }
    if (record.get("model") instanceof Map<?, ?> model
        && model.get("sha256") instanceof String digest
        && !digest.equals(bundle.cardDigest())) {
      otherCard = true;
    }
  }

  private static void text(@Nullable Object value, Set<String> into) {
    if (value instanceof String text && !text.isBlank()) {
      into.add(text);
    }
  }

  boolean isEmpty() {
    return documents.isEmpty();
  }

  List<Map<?, ?>> documents() {
    return documents;
  }

  /** Seconds of each tool, all its runs added up. */
  Map<String, Double> seconds() {
    return seconds;
  }

  /** How often each tool ran. */
  Map<String, Integer> runs() {
    return runs;
  }

  Set<String> devices() {
    return devices;
  }

  Set<String> versions() {
    return versions;
  }

  Set<String> warnings() {
    return warnings;
  }

  Set<String> methods() {
    return methods;
  }

  /** Whether a step ran with another model.yaml of the same version. */
  boolean otherCard() {
    return otherCard;
  }
}
