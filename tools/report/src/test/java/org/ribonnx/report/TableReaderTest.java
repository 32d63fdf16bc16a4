package org.ribonnx.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ribonnx.core.io.RibonnxException;

class TableReaderTest {
  @TempDir Path folder = Path.of(".");

  private Path file(byte[] content) throws IOException {
    return Files.write(folder.resolve("table"), content);
  }

  private Path file(String content) throws IOException {
    return file(content.getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] gzip(String content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream stream = new GZIPOutputStream(bytes)) {
      stream.write(content.getBytes(StandardCharsets.UTF_8));
    }
    return bytes.toByteArray();
  }

  @Test
  void readsWhatSpreadsheetsWrite() throws IOException {
    try (TableReader table = new TableReader(file("\uFEFFid\tx\r\na\t\r\n\tb"))) {
      assertTrue(table.next());
      assertEquals("id", table.text(0));
      assertEquals("x", table.text(1));
      assertTrue(table.next());
      assertEquals(2, table.columns());
      assertTrue(table.isEmpty(1));
      assertTrue(table.next());
      assertTrue(table.isEmpty(0));
      assertEquals("b", table.text(1));
      assertEquals(3, table.line());
      assertFalse(table.next());
      assertFalse(table.next());
    }
  }

  @Test
  void linesOverTheBufferAndGzip() throws IOException {
    String big = "x".repeat(300_000);
    String content = "a\t" + big + "\n" + big + "\tb\n";
    for (byte[] bytes : new byte[][] {content.getBytes(StandardCharsets.UTF_8), gzip(content)}) {
      try (TableReader table = new TableReader(file(bytes))) {
        assertTrue(table.next());
        assertEquals(big, table.text(1));
        assertTrue(table.next());
        assertEquals(big, table.text(0));
        assertEquals("b", table.text(1));
        assertFalse(table.next());
      }
    }
  }

  @Test
  void truncatedGzipIsTheUsersMatter() throws IOException {
    byte[] bytes = gzip("a\tb\n".repeat(10_000));
    Path cut = file(Arrays.copyOf(bytes, bytes.length / 2));
    RibonnxException failure =
        assertThrows(
            RibonnxException.class,
            () -> {
              try (TableReader table = new TableReader(cut)) {
                while (table.next()) {
                  assertEquals(2, table.columns());
                }
              }
            });
    assertEquals(RibonnxException.Kind.INPUT, failure.kind());
  }

  @Test
  void numbersAreThoseOfTheLibrary() throws IOException {
    StringBuilder text = new StringBuilder();
    Random random = new Random(5);
    double[] expected = new double[2000];
    for (int i = 0; i < expected.length; i++) {
      double value = (random.nextDouble() - 0.5) * Math.pow(10, random.nextInt(40) - 20);
      String written = Words.number(value);
      expected[i] = Double.parseDouble(written);
      text.append(written).append('\n');
    }
    try (TableReader table = new TableReader(file(text.toString()))) {
      for (double value : expected) {
        assertTrue(table.next());
        assertEquals(value, table.number(0, "x"), 0);
      }
    }
    try (TableReader table = new TableReader(file("NA\n-inf\n.5\n5.\n123456789012345680\n"))) {
      for (double value :
          new double[] {Double.NaN, Double.NEGATIVE_INFINITY, .5, 5, 1.2345678901234568e17}) {
        assertTrue(table.next());
        assertEquals(value, table.number(0, "x"), 0);
      }
    }
    for (String wrong :
        new String[] {"", "x", "1d", "0x1p3", "NaN", "1,5", "--1", ".", "1e", "1 "}) {
      try (TableReader table = new TableReader(file(wrong + "\ty\n"))) {
        assertTrue(table.next());
        assertThrows(RibonnxException.class, () -> table.number(0, "x"), wrong);
      }
    }
  }

  @Test
  void indexOfByteStrings() {
    ByteIndex index = new ByteIndex();
    for (int i = 0; i < 20_000; i++) {
      assertEquals(i, index.add("id" + i));
    }
    for (int i = 0; i < 20_000; i++) {
      assertEquals(i, index.find("id" + i));
      assertEquals("id" + i, index.text(i));
    }
    assertEquals(-1, index.find("id20000"));
    assertEquals(7, index.add("id7"));
    assertEquals(20_000, index.add(""));
    assertEquals(20_000, index.find(""));
  }
}
