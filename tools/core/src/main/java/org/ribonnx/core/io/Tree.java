package org.ribonnx.core.io;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Small documents as plain values: maps, lists, strings, {@code Long}, {@code Double}, {@code
 * Boolean} and null. Uses the streaming parsers alone, since data binding would cost more start-up
 * time than a short run takes.
 */
public final class Tree {
  private static final int MAX_DEPTH = 64;

  private Tree() {}

  /**
   * Reads a YAML document of untrusted origin. Anchors and aliases are refused, since they can make
   * a short text explode; so are tags, which would be ignored, and repeated keys.
   *
   * @throws IOException with the line and column of what is wrong
   */
  public static @Nullable Object parseYaml(byte[] text) throws IOException {
    YAMLFactory factory =
        YAMLFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();
    int[] points = new String(text, StandardCharsets.UTF_8).codePoints().toArray();
    try (JsonParser parser = factory.createParser(text)) {
      return document(parser, points);
    }
  }

  /** Reads a JSON document. */
  public static @Nullable Object parseJson(byte[] text) throws IOException {
    JsonFactory factory =
        JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();
    try (JsonParser parser = factory.createParser(text)) {
      return document(parser, new int[0]);
    }
  }

  /**
   * Reads to the end.
   *
   * @param points the text of a YAML document as code points; empty for JSON
   */
  private static @Nullable Object document(JsonParser parser, int[] points) throws IOException {
    if (parser.nextToken() == null) {
      throw new IOException("the document is empty");
    }
    @Nullable Object value = value(parser, 0, points);
    if (parser.nextToken() != null) {
      throw new IOException(
          "line " + parser.currentLocation().getLineNr() + ": a second document follows");
    }
    return value;
  }

  /** Refuses what stands before a key or value and is neither: an anchor, an alias, a tag. */
  private static void refuseMarks(JsonParser parser, int[] points) throws IOException {
    if (!(parser instanceof YAMLParser yaml)) {
      return;
    }
    // The parser tells of anchors on maps and lists alone; where a token begins, all can be seen.
    long place = parser.currentTokenLocation().getCharOffset();
    int first = place >= 0 && place < points.length ? points[(int) place] : 0;
    if (yaml.isCurrentAlias() || yaml.getObjectId() != null || first == '&' || first == '*') {
      throw new IOException(
          "line " + parser.currentLocation().getLineNr() + ": anchors and aliases are not allowed");
    }
    if (first == '!') {
      throw new IOException(
          "line " + parser.currentLocation().getLineNr() + ": tags (!…) are not allowed");
    }
  }

  private static @Nullable Object value(JsonParser parser, int depth, int[] points)
      throws IOException {
    refuseMarks(parser, points);
    if (depth > MAX_DEPTH) {
      throw new IOException(
          "line " + parser.currentLocation().getLineNr() + ": nested deeper than " + MAX_DEPTH);
    }
    JsonToken token = parser.currentToken();
    switch (token) {
      case START_OBJECT -> {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
          refuseMarks(parser, points);
          String key = parser.currentName();
          parser.nextToken();
          map.put(key, value(parser, depth + 1, points));
        }
        return map;
      }
      case START_ARRAY -> {
        List<@Nullable Object> list = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          list.add(value(parser, depth + 1, points));
        }
        return list;
      }
      case VALUE_NUMBER_INT -> {
        return parser.getLongValue();
      }
      case VALUE_NUMBER_FLOAT -> {
        return parser.getDoubleValue();
      }
      case VALUE_TRUE -> {
        return true;
      }
      case VALUE_FALSE -> {
        return false;
      }
      case VALUE_NULL -> {
        return null;
      }
      default -> {
        return parser.getText();
      }
    }
  }

  /**
   * JSON on one line with sorted keys: equal documents give equal text, whatever their order of
   * keys.
   */
  public static String canonicalJson(@Nullable Object value) {
    return json(sorted(value), false);
  }

  /** JSON for people: indented, keys in the order of the maps. */
  public static String prettyJson(@Nullable Object value) {
    return json(value, true) + "\n";
  }

  private static @Nullable Object sorted(@Nullable Object value) {
    if (value instanceof Map<?, ?> map) {
      TreeMap<String, @Nullable Object> sorted = new TreeMap<>();
      map.forEach((key, item) -> sorted.put(String.valueOf(key), sorted(item)));
      return sorted;
    }
    if (value instanceof List<?> list) {
      List<@Nullable Object> items = new ArrayList<>();
      for (Object item : list) {
        items.add(sorted(item));
      }
      return items;
    }
    return value;
  }

  private static String json(@Nullable Object value, boolean pretty) {
    StringWriter text = new StringWriter();
    try (JsonGenerator generator = new JsonFactory().createGenerator(text)) {
      if (pretty) {
        DefaultIndenter indenter = new DefaultIndenter("  ", "\n");
        generator.setPrettyPrinter(
            new DefaultPrettyPrinter().withObjectIndenter(indenter).withArrayIndenter(indenter));
      }
      write(generator, value);
    } catch (IOException e) {
      throw new IllegalStateException("writing JSON to memory", e);
    }
    return text.toString();
  }

  private static void write(JsonGenerator generator, @Nullable Object value) throws IOException {
    if (value == null) {
      generator.writeNull();
    } else if (value instanceof Map<?, ?> map) {
      generator.writeStartObject();
      for (Map.Entry<?, ?> entry : map.entrySet()) {
        generator.writeFieldName(String.valueOf(entry.getKey()));
        write(generator, entry.getValue());
      }
      generator.writeEndObject();
    } else if (value instanceof Iterable<?> items) {
      generator.writeStartArray();
      for (Object item : items) {
        write(generator, item);
      }
      generator.writeEndArray();
    } else if (value instanceof Long || value instanceof Integer) {
      generator.writeNumber(((Number) value).longValue());
    } else if (value instanceof Double number) {
      if (Double.isFinite(number)) {
        generator.writeNumber(number);
      } else {
        generator.writeNull();
      }
    } else if (value instanceof Boolean bool) {
      generator.writeBoolean(bool);
    } else {
      generator.writeString(value.toString());
    }
  }
}
