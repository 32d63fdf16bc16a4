package org.ribonnx.core.bundle;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.io.RibonnxException;

/**
 * A mapping in model.yaml, read key by key. Every error names the file and the path of the key, as
 * in {@code heads.family.output}; {@link #end} refuses keys that nobody asked for. Several threads
 * may read from one section at a time.
 */
public final class Section {
  private final String file;
  private final String path;
  private final Map<String, @Nullable Object> values;

  /** The keys asked for, in order; one thread may read views while another reads heads. */
  private final Set<String> asked = new ConcurrentSkipListSet<>();

  Section(String file, String path, @Nullable Object value) {
    this.file = file;
    this.path = path;
    this.values = new LinkedHashMap<>();
    if (!(value instanceof Map<?, ?> map)) {
      throw problem(path.isEmpty() ? "the document" : path, "must be a mapping (key: value)");
    }
    map.forEach((key, item) -> values.put(String.valueOf(key), item));
  }

  private String at(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  /** A failure that names {@code key} of this section. */
  public RibonnxException error(String key, String what) {
    return problem(at(key), what);
  }

  private RibonnxException problem(String where, String what) {
    return RibonnxException.bundle(file + ": " + where + " " + what);
  }

  public boolean has(String key) {
    return values.containsKey(key);
  }

  public Set<String> keys() {
    return values.keySet();
  }

  public @Nullable Object value(String key) {
    asked.add(key);
    return values.get(key);
  }

  private Object required(String key) {
    @Nullable Object value = value(key);
    if (value == null) {
      throw error(key, "is missing");
    }
    return value;
  }

  /** A required text; a whole number will do, one with a point must stand in quotes. */
  public String text(String key) {
    return asText(at(key), required(key));
  }

  public @Nullable String textOrNull(String key) {
    @Nullable Object value = value(key);
    return value == null ? null : asText(at(key), value);
  }

  private String asText(String where, @Nullable Object value) {
    if (value == null || value instanceof Map || value instanceof List) {
      throw problem(where, "must be a text");
    }
    if (value instanceof Double) {
      // 1.10 is the number 1.1: what was written is lost.
      throw problem(where, "is the number " + value + "; write it in quotes");
    }
    String text = value.toString();
    if (text.isEmpty()) {
      throw problem(where, "is empty");
    }
    return text;
  }

  /** A required text out of {@code allowed}. */
  public String choice(String key, List<String> allowed) {
    String text = text(key);
    if (!allowed.contains(text)) {
      throw error(key, "is '" + text + "'; one of " + String.join(", ", allowed) + " is expected");
    }
    return text;
  }

  public @Nullable Double numberOrNull(String key) {
    @Nullable Object value = value(key);
    if (value == null) {
      return null;
    }
    if (!(value instanceof Number number)) {
      throw error(key, "is '" + value + "'; a number is expected");
    }
    if (!Double.isFinite(number.doubleValue())) {
      throw error(key, "is '" + value + "'; a finite number is expected");
    }
    return number.doubleValue();
  }

  /** A number from 0 to 1, or null. */
  public @Nullable Double shareOrNull(String key) {
    @Nullable Double number = numberOrNull(key);
    if (number != null && (number < 0 || number > 1)) {
      throw error(key, "is " + number + "; a number from 0 to 1 is expected");
    }
    return number;
  }

  /** A required number from 0 to 1. */
  public double share(String key) {
    required(key);
    return java.util.Objects.requireNonNull(shareOrNull(key));
  }

  /** A whole number from {@code least} to {@code most}. */
  public int integer(String key, int otherwise, int least, int most) {
    @Nullable Object value = value(key);
    if (value == null) {
      return otherwise;
    }
    if (!(value instanceof Long number) || number < least || number > most) {
      throw error(
          key, "is '" + value + "'; a whole number from " + least + " to " + most + " is expected");
    }
    return number.intValue();
  }

  /** A list of texts, or one text. Absent: empty. */
  public List<String> texts(String key) {
    @Nullable Object value = value(key);
    List<String> texts = new ArrayList<>();
    if (value instanceof List<?> list) {
      for (Object item : list) {
        texts.add(asText(at(key), item));
      }
    } else if (value != null) {
      texts.add(asText(at(key), value));
    }
    return List.copyOf(texts);
  }

  /** A list as it is written. Absent: empty. */
  public List<@Nullable Object> list(String key) {
    @Nullable Object value = value(key);
    if (value == null) {
      return List.of();
    }
    if (!(value instanceof List<?> list)) {
      throw error(key, "must be a list");
    }
    return new ArrayList<>(list);
  }

  public Section section(String key) {
    return new Section(file, at(key), required(key));
  }

  public @Nullable Section sectionOrNull(String key) {
    @Nullable Object value = value(key);
    return value == null ? null : new Section(file, at(key), value);
  }

  /** Every entry as a section of its own, in the order of the file. Absent: empty. */
  public Map<String, Section> sections(String key) {
    Map<String, Section> sections = new LinkedHashMap<>();
    @Nullable Object value = value(key);
    if (value == null) {
      return sections;
    }
    Section outer = new Section(file, at(key), value);
    for (String name : outer.keys()) {
      sections.put(name, outer.section(name));
    }
    return sections;
  }

  /** A list of mappings, each as a section of its own. Absent: empty. */
  public List<Section> entries(String key) {
    List<Section> entries = new ArrayList<>();
    for (Object item : list(key)) {
      entries.add(new Section(file, at(key) + "[" + entries.size() + "]", item));
    }
    return entries;
  }

  /** A mapping of texts to texts. Absent: empty. */
  public Map<String, String> textMap(String key) {
    Map<String, String> texts = new LinkedHashMap<>();
    @Nullable Section section = sectionOrNull(key);
    if (section != null) {
      for (String name : section.keys()) {
        texts.put(name, section.text(name));
      }
    }
    return texts;
  }

  /** Marks a key as free-form content that is not read here. */
  public void ignore(String key) {
    asked.add(key);
  }

  /**
   * Refuses keys that nobody asked for; {@code x-…} is left to everybody.
   *
   * @throws RibonnxException bundle, naming the key and the known ones
   */
  public void end() {
    for (String key : values.keySet()) {
      if (!asked.contains(key) && !key.startsWith("x-")) {
        throw error(key, "is not known; known here: " + String.join(", ", asked));
      }
    }
  }
}
