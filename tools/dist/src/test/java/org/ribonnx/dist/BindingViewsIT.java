package org.ribonnx.dist;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;

/**
 * Views of RNA-binding sites by the executable: codes of bases, of codons, counts of dipeptides.
 */
class BindingViewsIT {
  private static final String CARD =
      """
      schema: 1
      id: binding
      version: 1.0.0
      inputs: {rna: {kind: sequences}}
      views:
        bases: {encoder: nucleotides@1, shape: [LENGTH], pad: 5}
        codons: {encoder: translation@1, shape: [LENGTH], pad: 22}
        pairs: {encoder: dipeptides@1, shape: [440], options: {length: LENGTH, cap: 30}}
      """;

  private static String model(Sandbox box, int length) {
    box.input("model/model.yaml", CARD.replace("LENGTH", "" + length));
    return box.in.resolve("model").toString();
  }

  /** The data of a member whose elements are bytes. */
  private static byte[] member(Path file, String name) throws IOException {
    try (ZipFile zip = new ZipFile(file.toFile());
        InputStream in = zip.getInputStream(zip.getEntry(name + ".npy"))) {
      byte[] bytes = in.readAllBytes();
      assertEquals(1, bytes[6], "version of the header");
      int header = (bytes[8] & 0xff) | (bytes[9] & 0xff) << 8;
      return Arrays.copyOfRange(bytes, 10 + header, bytes.length);
    }
  }

  @Test
  void valuesByHand() throws IOException {
    try (Sandbox box = new Sandbox()) {
      String model = model(box, 9);
      String input = box.input("x.fa", ">a\nAUGGC\nCTAA\n>n\nNNN\n>b\nAUGNC\n");
      Sandbox.Result result =
          box.run("ribonnx-encode", "--model", model, "--output", box.out("f.npz"), input);
      assertEquals(0, result.code(), result.toString());
      Path file = box.out.resolve("f.npz");
      byte[] bases = {
        0, 3, 2, 2, 1, 1, 3, 0, 0, 5, 5, 5, 5, 5, 5, 5, 5, 5, 0, 3, 2, 4, 1, 5, 5, 5, 5
      };
      assertArrayEquals(bases, member(file, "bases"));
      // MA* WPx GLx; nothing; M x - | x x - | x - -
      byte[] codons = {
        10, 0, 20, 18, 12, 21, 5, 9, 21, 22, 22, 22, 22, 22, 22, 22, 22, 22, 10, 21, 22, 21, 21, 22,
        21, 22, 22
      };
      assertArrayEquals(codons, member(file, "codons"));
      byte[] pairs = new byte[3 * 440];
      for (int place : new int[] {210, 20, 438, 390, 272, 425, 114, 209, 880 + 230}) {
        pairs[place] = 1;
      }
      assertArrayEquals(pairs, member(file, "pairs"));
      assertArrayEquals(new byte[] {0, 1, 0}, member(file, "status"));
      box.assertNothingElse(result.toString());
    }
  }

  @Test
  void theSameWithAnyNumberOfThreadsAndAlone() throws IOException {
    try (Sandbox box = new Sandbox()) {
      String model = model(box, 2700);
      Random random = new Random(21);
      StringBuilder all = new StringBuilder();
      String last = "";
      for (int i = 0; i < 600; i++) {
        StringBuilder record = new StringBuilder(">r" + i + "\n");
        int length = 1 + random.nextInt(3000);
        for (int n = 0; n < length; n++) {
          record.append("ACGU".charAt(random.nextInt(4)));
        }
        last = record.append('\n').toString();
        all.append(last);
      }
      String whole = box.input("all.fa", all.toString().getBytes(StandardCharsets.UTF_8));
      String one = box.input("one.fa", last);
      for (String threads : new String[] {"1", "3"}) {
        Sandbox.Result result =
            box.run(
                "ribonnx-encode",
                "--model",
                model,
                "--threads",
                threads,
                "--output",
                box.out(threads + ".npz"),
                whole);
        assertEquals(0, result.code(), result.toString());
        assertTrue(result.peak() < 120, result.peak() + " MB");
      }
      assertArrayEquals(
          Sandbox.bytes(box.out.resolve("1.npz")), Sandbox.bytes(box.out.resolve("3.npz")));
      assertEquals(
          0,
          box.run("ribonnx-encode", "--model", model, "--output", box.out("one.npz"), one).code());
      for (String view : new String[] {"bases", "codons", "pairs"}) {
        byte[] company = member(box.out.resolve("1.npz"), view);
        byte[] alone = member(box.out.resolve("one.npz"), view);
        assertArrayEquals(
            Arrays.copyOfRange(company, company.length - alone.length, company.length),
            alone,
            view);
      }
    }
  }

  @Test
  void whatABundleAsksForInVainIsOneLine() {
    try (Sandbox box = new Sandbox()) {
      box.input("model/model.yaml", CARD.replace("LENGTH", "9").replace("pad: 22", "pad: 21"));
      String input = box.input("x.fa", ">a\nAUGGC\n");
      box.fails(
          5,
          java.util.List.of("views.codons", "pad", "22 to 255"),
          java.util.List.of(
              "ribonnx-encode",
              "--model",
              box.in.resolve("model").toString(),
              "--output",
              box.out("f.npz"),
              input));
    }
  }
}
