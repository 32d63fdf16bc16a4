package org.ribonnx.core.bundle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ribonnx.core.io.Digest;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.testing.TestBundle;

class BundleFilesTest {
  private static TestBundle small() {
    return new TestBundle(
            "schema: 1\nid: m\nversion: 1.0.0\ninputs: {rna: {kind: sequences}}\nviews: {v: {encoder: x@1, shape: [4]}}\n")
        .file("data/some.bin", new byte[] {1, 2, 3});
  }

  private static String refusal(Path path) {
    RibonnxException refusal =
        assertThrows(
            RibonnxException.class,
            () -> {
              try (Bundle bundle = Bundle.open(path)) {
                bundle.file("data/some.bin");
              }
            });
    assertEquals(RibonnxException.Kind.BUNDLE, refusal.kind(), refusal.line());
    return refusal.line();
  }

  @Test
  void aZipIsTheSameBundleAsItsFolder(@TempDir Path folder) {
    Path plain = small().folder(folder.resolve("plain"));
    Path flat = small().zip(folder.resolve("flat.zip"), "");
    Path nested = small().zip(folder.resolve("nested.zip"), "m-1.0.0/");
    try (Bundle a = Bundle.open(plain)) {
      for (Path zip : new Path[] {flat, nested}) {
        try (Bundle b = Bundle.open(zip)) {
          assertEquals(a.name(), b.name());
          assertEquals(a.cardDigest(), b.cardDigest());
          assertEquals(a.digestOf("encode"), b.digestOf("encode"));
          assertEquals(Digest.of(a.file("data/some.bin")), Digest.of(b.file("data/some.bin")));
          assertTrue(b.hasFile("data/some.bin") && !b.hasFile("data/none.bin"));
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"../x", "/x", "a/../../x", "a//x", "./x", "a\\x", "data/../model.yaml"})
  void namesThatLeaveTheZipAreRefused(String name, @TempDir Path folder) {
    Path zip = small().file(name, "x").zip(folder.resolve("m.zip"), "");
    assertTrue(refusal(zip).contains("must be a path inside the bundle"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"../x", "/etc/passwd", "a/../../x", "", ".", "..", "a\\..\\x"})
  void namesThatLeaveTheFolderAreRefused(String name, @TempDir Path folder) {
    try (Bundle bundle = Bundle.open(small().folder(folder))) {
      RibonnxException refusal = assertThrows(RibonnxException.class, () -> bundle.file(name));
      assertEquals(RibonnxException.Kind.BUNDLE, refusal.kind());
    }
  }

  @Test
  void linksMayNotLeaveTheBundle(@TempDir Path folder) throws IOException {
    Path secret = Files.writeString(folder.resolve("secret"), "x");
    Path model = small().folder(folder.resolve("model"));
    Path file = model.resolve("data/some.bin");
    Files.delete(file);
    Files.createSymbolicLink(file, secret);
    assertTrue(refusal(model).contains("is a link that leaves the bundle"));
    Files.delete(file);
    Files.delete(model.resolve("data"));
    Path outside = Files.createDirectory(folder.resolve("outside"));
    Files.writeString(outside.resolve("some.bin"), "x");
    Files.createSymbolicLink(model.resolve("data"), outside);
    assertTrue(refusal(model).contains("is a link that leaves the bundle"));
    // Inside is well.
    Files.delete(model.resolve("data"));
    Files.createDirectory(model.resolve("data"));
    Files.createSymbolicLink(file, model.resolve("model.yaml"));
    try (Bundle bundle = Bundle.open(model)) {
      assertEquals(bundle.cardDigest(), Digest.of(bundle.file("data/some.bin")));
    }
  }

  @Test
  void bombsAreRefused(@TempDir Path folder) {
    Path zip = small().file("bomb.bin", new byte[3_000_000]).zip(folder.resolve("m.zip"), "");
    assertTrue(refusal(zip).contains("unpacks to over 200 times"));
    TestBundle many = small();
    for (int i = 0; i < 1000; i++) {
      many.file("f" + i, "x");
    }
    assertTrue(refusal(many.zip(folder.resolve("many.zip"), "")).contains("more than 1000"));
  }

  @Test
  void aNameThatStandsTwiceIsRefused(@TempDir Path folder) throws IOException {
    Path zip = small().file("data/same.bin", "evil").zip(folder.resolve("m.zip"), "");
    byte[] bytes = Files.readAllBytes(zip);
    byte[] forged =
        new String(bytes, StandardCharsets.ISO_8859_1)
            .replace("data/same.bin", "data/some.bin")
            .getBytes(StandardCharsets.ISO_8859_1);
    Files.write(zip, forged);
    assertTrue(refusal(zip).contains("'data/some.bin' twice"));
  }

  @Test
  void damagedZipsAreRefusedOrHarmless(@TempDir Path folder) throws IOException {
    byte[] whole = Files.readAllBytes(small().zip(folder.resolve("whole.zip"), ""));
    String expected = Digest.of(java.nio.ByteBuffer.wrap(new byte[] {1, 2, 3}));
    Path zip = folder.resolve("damaged.zip");
    Random random = new Random(80);
    int refused = 0;
    for (int trial = 0; trial < 600; trial++) {
      byte[] damaged = whole.clone();
      if (trial < 100) {
        damaged = java.util.Arrays.copyOf(whole, trial * whole.length / 100);
      } else {
        damaged[random.nextInt(whole.length)] ^= (byte) (1 << random.nextInt(8));
      }
      Files.write(zip, damaged);
      try (Bundle bundle = Bundle.open(zip)) {
        // A flipped bit in a name or the card is found out by digests; none here, so only reading.
        if (bundle.hasFile("data/some.bin")) {
          assertEquals(expected, Digest.of(bundle.file("data/some.bin")));
        }
      } catch (RibonnxException e) {
        assertEquals(RibonnxException.Kind.BUNDLE, e.kind(), e.line());
        refused++;
      }
    }
    assertTrue(refused > 100, refused + " refused");
  }

  @Test
  void anEncryptedZipIsRefused(@TempDir Path folder) throws IOException {
    byte[] bytes = Files.readAllBytes(small().zip(folder.resolve("m.zip"), ""));
    for (int at = 0; at + 10 < bytes.length; at++) {
      boolean local = bytes[at] == 'P' && bytes[at + 1] == 'K' && bytes[at + 2] == 3;
      boolean central = bytes[at] == 'P' && bytes[at + 1] == 'K' && bytes[at + 2] == 1;
      if (local || central) {
        bytes[at + (local ? 6 : 8)] |= 1;
      }
    }
    refusal(Files.write(folder.resolve("m.zip"), bytes));
  }

  @Test
  void whatIsNoBundleIsRefused(@TempDir Path folder) throws IOException {
    refusal(Files.writeString(folder.resolve("garbage.zip"), "PK garbage"));
    assertTrue(refusal(Files.createDirectory(folder.resolve("empty"))).contains("lacks this file"));
    assertTrue(
        refusal(new TestBundle("x: 1").zip(folder.resolve("deep.zip"), "a/b/"))
            .contains("holds no model.yaml"));
    RibonnxException missing =
        assertThrows(RibonnxException.class, () -> Bundle.open(folder.resolve("none")));
    assertEquals(RibonnxException.Kind.USAGE, missing.kind());
  }
}
