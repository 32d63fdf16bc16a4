package org.ribonnx.core.bundle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.testing.TestBundle;

class ModelsTest {
  private static Path install(Path place, String folder, String id, String version) {
    return new TestBundle("schema: 1\nid: " + id + "\nversion: " + version + "\n")
        .folder(place.resolve(folder));
  }

  private static String refusal(Models models, String model) {
    RibonnxException refusal = assertThrows(RibonnxException.class, () -> models.find(model));
    assertEquals(RibonnxException.Kind.USAGE, refusal.kind());
    return refusal.line();
  }

  @Test
  void theHighestVersionWinsWhereverItIs(@TempDir Path folder) {
    Path a = folder.resolve("a");
    Path home = folder.resolve("home");
    install(a, "x", "m", "1.9.0");
    Path newest = install(home.resolve("models"), "y", "m", "1.10.0");
    install(a, "z", "m", "1.10.0-rc1");
    Path first = install(a, "same", "twin", "1.0.0");
    install(home.resolve("models"), "same", "twin", "1.0.0");
    Models models = new Models(Map.of("RIBONNX_MODELS", a.toString()), home);
    assertEquals(newest, models.find("m"));
    assertEquals(a.resolve("x"), models.find("m@1.9.0"));
    assertEquals(first, models.find("twin"), "of equals, the first place");
    assertTrue(refusal(models, "m@2").contains("m@1.9.0"));
    assertTrue(refusal(models, "n").contains("no model 'n' is installed"));
  }

  @Test
  void placesAreSearchedInOrder(@TempDir Path folder) {
    Path a = folder.resolve("a");
    Path b = folder.resolve("b");
    install(a, "m", "m", "1.0.0");
    install(b, "m", "m", "1.0.0");
    Map<String, String> environment =
        Map.of("RIBONNX_MODELS", b + File.pathSeparator + File.pathSeparator + a);
    Models models = new Models(environment, null);
    assertEquals(List.of(b, a), models.places());
    assertEquals(b.resolve("m"), models.find("m"));
  }

  @Test
  void aPathIsTakenAsItIs(@TempDir Path folder) {
    Models models = new Models(Map.of(), null);
    assertEquals(Path.of("./m"), models.find("./m"));
    assertEquals(Path.of("m.zip"), models.find("m.zip"));
    assertEquals(folder, models.find(folder.toString()));
    assertTrue(refusal(models, "m").contains("none is"));
    assertTrue(refusal(models, "m").endsWith("by its path, with a /"));
    // A folder of the working folder, which is that of this module.
    assertTrue(refusal(models, "src").endsWith("by its path, with a /: ./src is one here"));
  }

  @Test
  void onlyInstalledModelsMayBeUsedIfTheAdministratorSaysSo(@TempDir Path folder)
      throws IOException {
    Path place = folder.resolve("place");
    Path inside = install(place, "m", "m", "1.0.0");
    Path outside = install(folder, "outside", "o", "1.0.0");
    Path home = folder.resolve("home");
    install(home.resolve("models"), "h", "h", "1.0.0");
    Map<String, String> environment =
        Map.of("RIBONNX_MODELS", place.toString(), "RIBONNX_MODELS_ONLY", "1");
    Models models = new Models(environment, home);
    assertEquals(inside, models.find("m"));
    assertEquals(inside, models.find(inside.toString()));
    assertTrue(refusal(models, outside.toString()).contains("RIBONNX_MODELS_ONLY"));
    refusal(models, place + "/../outside");
    refusal(models, "h");
    assertTrue(refusal(models, "src").endsWith("by its path, with a /"));
    Files.createSymbolicLink(place.resolve("link"), outside);
    refusal(models, place + "/link");
    RibonnxException none =
        assertThrows(
            RibonnxException.class, () -> new Models(Map.of("RIBONNX_MODELS_ONLY", "1"), home));
    assertEquals(RibonnxException.Kind.USAGE, none.kind());
  }

  @Test
  void brokenModelsAreListedWithTheirProblem(@TempDir Path folder) throws IOException {
    install(folder, "good", "good", "1.0.0");
    new TestBundle("schema: 9").folder(folder.resolve("bad"));
    Files.writeString(folder.resolve("garbage.zip"), "PK");
    Files.createDirectory(folder.resolve("no-bundle"));
    List<Models.Found> found = new Models(Map.of("RIBONNX_MODELS", folder.toString()), null).list();
    assertEquals(
        List.of("bad", "garbage.zip", "good"), found.stream().map(Models.Found::id).toList());
    assertNotNull(found.get(0).problem());
    assertNotNull(found.get(1).problem());
    assertEquals("1.0.0", found.get(2).version());
  }
}
