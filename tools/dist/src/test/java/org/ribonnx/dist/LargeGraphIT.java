package org.ribonnx.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** A graph of 300 MB: its weights are in memory while it is loaded, and not three times. */
class LargeGraphIT {
  private static final int WIDTH = 8660;

  /** The output is the sum of the codes times this: every weight is a power of two. */
  private static final double FACTOR = (double) WIDTH * WIDTH / (1 << 22);

  @Test
  void loadsInReasonableMemory() throws IOException {
    try (Sandbox box = new Sandbox()) {
      Path model = Files.createDirectories(box.in.resolve("large"));
      String sha256 = write(model.resolve("head.onnx"));
      Files.writeString(
          model.resolve("model.yaml"),
          """
          schema: 1
          id: large
          version: 1.0.0
          inputs: {rna: {kind: sequences}}
          views: {codes: {encoder: nucleotides@1, shape: [40], pad: 5}}
          heads: {sum: {kind: regression, graph: head.onnx, sha256: SHA}}
          """
              .replace("SHA", sha256));
      assertTrue(Files.size(model.resolve("head.onnx")) > 300_000_000L);
      String input = box.input("in.fa", ">a\n" + "A".repeat(40) + "\n>b\n" + "U".repeat(40) + "\n");
      Sandbox.Result result =
          box.run(
              "ribonnx",
              "predict",
              "--model",
              model.toString(),
              "--output",
              box.out("p.tsv"),
              "--scores",
              box.out("s.tsv"),
              input);
      assertEquals(0, result.code(), result.err());
      String[] rows = Sandbox.read(Path.of(box.out("s.tsv"))).split("\n", -1);
      assertEquals("a\t0", rows[1]);
      assertEquals(120 * FACTOR, Double.parseDouble(rows[2].split("\t", -1)[1]), 0.01 * FACTOR);
      // ONNX Runtime holds the weights twice for a moment. The files of a folder are not held
      // besides.
      assertTrue(result.peak() < 800, result.peak() + " MB");
    }
  }

  /** Writes the graph codes · ones · ones/4096 · ones/1024; returns its digest. */
  private static String write(Path target) throws IOException {
    byte[] small =
        new GraphFile()
            .input("codes", GraphFile.UINT8, -1, 40)
            .output("y", GraphFile.FLOAT, -1, 1)
            .cast("numbers", "codes", GraphFile.FLOAT)
            .node("MatMul", "x", "numbers", "first")
            .node("MatMul", "z", "x", "second")
            .node("MatMul", "y", "z", "third")
            .graphBytes();
    Tensor[] tensors = {
      new Tensor("first", 40, WIDTH, 1),
      new Tensor("second", WIDTH, WIDTH, 1f / 4096),
      new Tensor("third", WIDTH, 1, 1f / 1024)
    };
    long length = small.length;
    for (Tensor tensor : tensors) {
      length += tensor.head().length + tensor.bytes();
    }
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
    try (OutputStream file = new BufferedOutputStream(Files.newOutputStream(target), 1 << 16)) {
      ByteArrayOutputStream start = new ByteArrayOutputStream();
      // ir_version 8; opset_import {version 17}; graph.
      start.writeBytes(new byte[] {0x08, 8, 0x42, 4, 0x0a, 0, 0x10, 17, 0x3a});
      varint(start, length);
      start.writeBytes(small);
      put(start.toByteArray(), file, digest);
      for (Tensor tensor : tensors) {
        put(tensor.head(), file, digest);
        ByteBuffer row = ByteBuffer.allocate(4 * tensor.columns).order(ByteOrder.LITTLE_ENDIAN);
        while (row.hasRemaining()) {
          row.putFloat(tensor.value);
        }
        for (int i = 0; i < tensor.rows; i++) {
          put(row.array(), file, digest);
        }
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static void put(byte[] bytes, OutputStream file, MessageDigest digest)
      throws IOException {
    file.write(bytes);
    digest.update(bytes);
  }

  private static void varint(ByteArrayOutputStream to, long value) {
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      to.write((int) ((rest & 0x7f) | 0x80));
      rest >>>= 7;
    }
    to.write((int) rest);
  }

  /** An initialiser that holds one number again and again, too large to be built in memory. */
  private record Tensor(String name, int rows, int columns, float value) {
    long bytes() {
      return 4L * rows * columns;
    }

    /** All of the field but its data: dims, data_type, name, and the start of raw_data. */
    byte[] head() {
      ByteArrayOutputStream inner = new ByteArrayOutputStream();
      inner.write(0x08);
      varint(inner, rows);
      inner.write(0x08);
      varint(inner, columns);
      inner.writeBytes(new byte[] {0x10, 1, 0x42, (byte) name.length()});
      inner.writeBytes(name.getBytes(StandardCharsets.US_ASCII));
      inner.write(0x4a);
      varint(inner, bytes());
      ByteArrayOutputStream head = new ByteArrayOutputStream();
      head.write(0x2a);
      varint(head, inner.size() + bytes());
      head.writeBytes(inner.toByteArray());
      return head.toByteArray();
    }
  }
}
