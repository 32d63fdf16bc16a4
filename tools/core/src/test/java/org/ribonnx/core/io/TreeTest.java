package org.ribonnx.core.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TreeTest {
  private static @Nullable Object yaml(String text) throws IOException {
    return Tree.parseYaml(text.getBytes(StandardCharsets.UTF_8));
  }

  private static @Nullable Object json(String text) throws IOException {
    return Tree.parseJson(text.getBytes(StandardCharsets.UTF_8));
  }

  private static @Nullable Object randomTree(Random random, int depth) {
    return switch (random.nextInt(depth > 4 ? 5 : 7)) {
      case 0 -> null;
      case 1 -> random.nextBoolean();
      case 2 -> random.nextLong();
      case 3 -> random.nextGaussian();
      case 4 -> "text \"" + random.nextInt(100) + "\" é\n";
      case 5 -> {
        List<@Nullable Object> list = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
          list.add(randomTree(random, depth + 1));
        }
        yield list;
      }
      default -> {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        for (int i = random.nextInt(5); i > 0; i--) {
          map.put("key" + random.nextInt(1000), randomTree(random, depth + 1));
        }
        yield map;
      }
    };
  }

  /** The same tree with its keys in another order. */
  private static @Nullable Object shuffled(@Nullable Object tree, Random random) {
    if (tree instanceof Map<?, ?> map) {
      List<Object> keys = new ArrayList<>(map.keySet());
      Collections.shuffle(keys, random);
      Map<String, @Nullable Object> other = new LinkedHashMap<>();
      keys.forEach(key -> other.put(key.toString(), shuffled(map.get(key), random)));
      return other;
    }
    if (tree instanceof List<?> list) {
      List<@Nullable Object> other = new ArrayList<>();
      list.forEach(item -> other.add(shuffled(item, random)));
      return other;
    }
    return tree;
  }

  @Test
  void canonicalJsonDoesNotDependOnTheOrderOfKeys() throws IOException {
    Random random = new Random(20);
    for (int i = 0; i < 500; i++) {
      Object tree = randomTree(random, 0);
      String canonical = Tree.canonicalJson(tree);
      assertEquals(canonical, Tree.canonicalJson(shuffled(tree, random)));
      assertTrue(canonical.indexOf('\n') < 0, canonical);
      assertEquals(tree, json(canonical));
      assertEquals(tree, json(Tree.prettyJson(tree)));
      // JSON is YAML.
      assertEquals(tree, yaml(canonical));
    }
  }

  @Test
  void theOrderOfListsAndTheTypeOfValuesMatter() {
    assertEquals("[1,2]", Tree.canonicalJson(List.of(1L, 2L)));
    assertEquals("[2,1]", Tree.canonicalJson(List.of(2L, 1L)));
    assertEquals("\"1\"", Tree.canonicalJson("1"));
    assertEquals("1.0", Tree.canonicalJson(1.0));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a: &x 1\nb: *x",
        "a: &x [1, 2]\nb: *x",
        "a: &x {b: 1}",
        "- &x lol\n- [*x, *x]",
        "a: {<<: &x {b: 1}}",
        "&top {a: 1}",
        "a: &x 1\nb: 2",
        "&x a: 1",
        "a: [&x 1]",
        "a: &x\nb: 2",
        "ä😀: b\nc: &y 1",
        "a: !!str 1",
        "a: !own {b: 1}"
      })
  void anchorsAndAliasesAreRefused(String text) {
    assertThrows(IOException.class, () -> yaml(text));
  }

  @Test
  void whatOnlyLooksLikeAnAnchorOrTagIsText() throws IOException {
    assertEquals(Map.of("a", "x & !y *z"), yaml("a: x & !y *z"));
    assertEquals(Map.of("a", "&x"), yaml("a: '&x'"));
    assertEquals(Map.of("ü&b", "!"), yaml("ü&b: \"!\""));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a: 1\na: 2", "{a: 1, a: 1}", "x: {a: 1, b: 2, a: 3}"})
  void keysThatStandTwiceAreRefused(String text) {
    assertThrows(IOException.class, () -> yaml(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "# nothing",
        "a: 1\n---\nb: 2",
        "a: [1",
        "a: {b: 1",
        "a: 'x",
        "\t a: 1",
        "a: b: c",
        "]",
        "99999999999999999999",
        "? {a: 1}\n: 2",
        "a: !!binary x\n b"
      })
  void whatIsNoSingleSoundDocumentIsRefused(String text) {
    assertThrows(IOException.class, () -> yaml(text));
  }

  @Test
  void depthIsLimited() throws IOException {
    assertEquals(
        "[".repeat(60) + "]".repeat(60), Tree.canonicalJson(json("[".repeat(60) + "]".repeat(60))));
    assertThrows(IOException.class, () -> json("[".repeat(66) + "]".repeat(66)));
    assertThrows(IOException.class, () -> json("{\"a\":".repeat(66) + "1" + "}".repeat(66)));
    assertThrows(IOException.class, () -> json("[".repeat(500_000)));
  }

  @Test
  void deepYamlIsRefusedWithoutAnOverflow() {
    // The YAML parser has a limit of its own, with an exception of its own.
    assertThrows(Exception.class, () -> yaml("[".repeat(100_000)));
    assertThrows(Exception.class, () -> yaml("[".repeat(66) + "]".repeat(66)));
  }

  @Test
  void numbersThatAreNoneBecomeNull() {
    assertEquals("[null,null]", Tree.canonicalJson(List.of(Double.NaN, 1 / 0.0)));
  }
}
