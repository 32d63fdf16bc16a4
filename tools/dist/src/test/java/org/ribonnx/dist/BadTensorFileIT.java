package org.ribonnx.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Tensor files that are damaged, forged or not meant for the step: exit 4. */
class BadTensorFileIT {
  private final List<Case> cases = new ArrayList<>();

  private void bad(String name, UnaryOperator<byte[]> change, byte[] good, String... words) {
    String[] all = Arrays.copyOf(words, words.length + 1);
    all[words.length] = "x.npz";
    String step = List.of("embed", "fuse", "classify").get(cases.size() % 3);
    cases.add(
        Case.of(
            step + ": " + name,
            4,
            box ->
                List.of(
                    "ribonnx-" + step,
                    "--model",
                    Sandbox.smallest(),
                    "--output",
                    box.out("y"),
                    box.input("x.npz", change.apply(good.clone()))),
            all));
  }

  private static UnaryOperator<byte[]> flip(int at, int bit) {
    return bytes -> {
      bytes[at < 0 ? bytes.length + at : at] ^= (byte) bit;
      return bytes;
    };
  }

  /** The file with a text of its bytes replaced by one of the same length. */
  private static UnaryOperator<byte[]> replace(String from, String to) {
    return bytes -> {
      String text = new String(bytes, StandardCharsets.ISO_8859_1);
      if (!text.contains(from) || from.length() != to.length()) {
        throw new IllegalStateException("no " + from);
      }
      return text.replace(from, to).getBytes(StandardCharsets.ISO_8859_1);
    };
  }

  private static UnaryOperator<byte[]> shape(String text) {
    return replace("(90, 40), }" + " ".repeat(40), text + " ".repeat(51 - text.length()));
  }

  /** Packs the members again: deflated, or with a change to one of them. */
  private static byte[] packed(byte[] npz, int level, String member, UnaryOperator<byte[]> change) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ZipInputStream from = new ZipInputStream(new java.io.ByteArrayInputStream(npz));
        ZipOutputStream to = new ZipOutputStream(out)) {
      for (ZipEntry entry = from.getNextEntry(); entry != null; entry = from.getNextEntry()) {
        byte[] content = from.readAllBytes();
        content = entry.getName().equals(member) ? change.apply(content) : content;
        ZipEntry copy = new ZipEntry(entry.getName());
        if (level == 0) {
          java.util.zip.CRC32 crc = new java.util.zip.CRC32();
          crc.update(content);
          copy.setMethod(ZipEntry.STORED);
          copy.setSize(content.length);
          copy.setCrc(crc.getValue());
        }
        to.putNextEntry(copy);
        to.write(content);
      }
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return out.toByteArray();
  }

  private static UnaryOperator<byte[]> forged(String member, UnaryOperator<byte[]> change) {
    return bytes -> packed(bytes, 0, member, change);
  }

  @TestFactory
  Stream<DynamicTest> tensorFiles() {
    byte[] good;
    try (Sandbox box = new Sandbox()) {
      Sandbox.Result result =
          box.run(
              "ribonnx-encode",
              "--model",
              Sandbox.smallest(),
              "--output",
              box.out("f.npz"),
              Sandbox.TEST_DATA.resolve("hairpins.fa").toString());
      assertEquals(0, result.code(), result.toString());
      good = Sandbox.bytes(box.out.resolve("f.npz"));
    }
    bad("empty", bytes -> new byte[0], good, "is no tensor file");
    bad(
        "FASTA",
        bytes -> ">a\nGCAU\n".getBytes(StandardCharsets.UTF_8),
        good,
        "is no tensor file",
        "ribonnx-encode");
    bad("cut in half", bytes -> Arrays.copyOf(bytes, bytes.length / 2), good, "cut short");
    bad(
        "cut by a byte",
        bytes -> Arrays.copyOf(bytes, bytes.length - 1),
        good,
        "write the file again");
    bad("a zip's first bytes", bytes -> Arrays.copyOf(bytes, 30), good, "cut short");
    bad("a bit flipped in the data", flip(good.length / 2, 4), good, "write the file again");
    bad("a bit flipped in the directory", flip(-60, 64), good, "x.npz");
    bad("a bit flipped in the first header", flip(1, 1), good, "is no tensor file");
    for (int part = 1; part < 8; part++) {
      bad("a bit flipped at " + part + "/8", flip(good.length / 8 * part, 16), good, "x.npz");
    }
    bad("compressed", bytes -> packed(bytes, 9, "", b -> b), good, "compressed", "numpy.savez");
    bad(
        "a shape that lies",
        forged("bases.npy", replace("(90, 40)", "(99, 40)")),
        good,
        "bases",
        "shape");
    bad(
        "a shape beyond all memory",
        forged("bases.npy", shape("(9000000000000, 400), }")),
        good,
        "bases",
        "shape");
    bad(
        "a shape that overflows",
        forged("bases.npy", shape("(9000000000000000, 40000), }")),
        good,
        "bases",
        "shape");
    bad("big-endian", forged("bases.npy", replace("'|u1'", "'>i1'")), good, "big-endian");
    bad(
        "a type that is none",
        forged("bases.npy", replace("'|u1'", "'|O1'")),
        good,
        "bases",
        "type");
    bad("an array that is none", forged("bases.npy", flip(0, 1)), good, "bases.npy", "NumPy");
    bad("metadata that is no JSON", forged("meta.json", flip(0, 1)), good, "metadata");
    bad("a status that has no name", forged("status.npy", flip(-1, 0x40)), good, "status");
    bad(
        "an id with a control character",
        forged("ids.npy", replace("designed-1\0", "designed\t1\0")),
        good,
        "control character");
    bad(
        "features of another model",
        forged("meta.json", BadTensorFileIT::otherModel),
        good,
        "was made by the step 'encode'",
        "which is not that of");
    cases.add(
        Case.of(
            "a tensor file that is not there",
            2,
            box ->
                List.of(
                    "ribonnx-embed",
                    "--model",
                    Sandbox.smallest(),
                    "--output",
                    box.out("y"),
                    box.in + "/none.npz"),
            "none.npz",
            "no such file"));
    cases.add(
        Case.of(
            "output is the input",
            2,
            box ->
                List.of(
                    "ribonnx-embed",
                    "--model",
                    Sandbox.smallest(),
                    "--output",
                    box.input("x.npz", good),
                    box.in + "/x.npz"),
            "both input and output"));
    cases.add(
        Case.of(
            "a tensor file in place of records",
            4,
            box ->
                List.of(
                    "ribonnx-encode",
                    "--model",
                    Sandbox.smallest(),
                    "--output",
                    box.out("y"),
                    box.input("x.npz", good)),
            "tensor file",
            "FASTA"));
    Path family = Sandbox.INSTALLATION.resolve("models/mirna-family");
    if (java.nio.file.Files.isDirectory(family)) {
      cases.add(
          Case.of(
              "features given to a head that reads embeddings",
              4,
              box -> {
                Sandbox.Result result =
                    box.run(
                        "ribonnx-encode",
                        "--model",
                        family.toString(),
                        "--output",
                        box.in + "/f.npz",
                        Sandbox.TEST_DATA.resolve("hairpins.fa").toString());
                assertEquals(0, result.code(), result.toString());
                return List.of(
                    "ribonnx-classify",
                    "--model",
                    family.toString(),
                    "--output",
                    box.out("y"),
                    box.in + "/f.npz");
              },
              "has not passed the step 'embed'",
              "run ribonnx-embed first"));
    }
    return Case.tests(cases);
  }

  private static byte[] otherModel(byte[] good) {
    String text = new String(good, StandardCharsets.ISO_8859_1);
    int at = text.indexOf("\"encode\"");
    int digit = text.indexOf('"', at + 8) + 5;
    byte[] changed = good.clone();
    changed[digit] = (byte) (changed[digit] == 'a' ? 'b' : 'a');
    return changed;
  }
}
