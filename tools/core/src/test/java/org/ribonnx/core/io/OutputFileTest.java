package org.ribonnx.core.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputFileTest {
  private static long entries(Path folder) throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.count();
    }
  }

  @Test
  void theNameAppearsWithTheWholeContentOnly(@TempDir Path folder) throws IOException {
    Path target = folder.resolve("out.tsv");
    try (OutputFile output = OutputFile.create(target)) {
      output.channel().write(ByteBuffer.wrap(new byte[] {'a'}));
      assertFalse(Files.exists(target));
      assertEquals(1, entries(folder));
      output.commit();
      assertEquals("a", Files.readString(target));
    }
    assertEquals(1, entries(folder));
  }

  @Test
  void aFailureLeavesTheOldContentAndNothingElse(@TempDir Path folder) throws IOException {
    Path target = Files.writeString(folder.resolve("out.tsv"), "old");
    try (OutputFile output = OutputFile.create(target)) {
      output.channel().write(ByteBuffer.wrap(new byte[100_000]));
    }
    assertEquals("old", Files.readString(target));
    assertEquals(1, entries(folder));
  }

  @Test
  void textIsWholeOrNotThere(@TempDir Path folder) throws IOException {
    Path target = folder.resolve("out.tsv");
    byte[] line = "line\n".getBytes(StandardCharsets.UTF_8);
    try (TextOutput output = TextOutput.open(target.toString(), OutputStream.nullOutputStream())) {
      for (int i = 0; i < 100_000; i++) {
        output.write(line, 0, line.length);
      }
      assertFalse(Files.exists(target));
      output.commit();
    }
    assertEquals("line\n".repeat(100_000), Files.readString(target));
  }

  @Test
  void permissionsAreThoseOfAnyNewFile(@TempDir Path folder) throws IOException {
    Path usual = Files.createFile(folder.resolve("usual"));
    Path target = folder.resolve("out.tsv");
    try (OutputFile output = OutputFile.create(target)) {
      output.commit();
    }
    // What the user's mask leaves, not what temporary files get.
    assertEquals(Files.getPosixFilePermissions(usual), Files.getPosixFilePermissions(target));
  }

  @Test
  void aNameAsLongAsTheFileSystemTakes(@TempDir Path folder) throws IOException {
    Path target = folder.resolve("é".repeat(120) + ".tsv");
    try (OutputFile output = OutputFile.create(target)) {
      output.commit();
    }
    assertTrue(Files.exists(target));
  }

  private static String refusal(Path target, Path... inputs) {
    RibonnxException refusal =
        assertThrows(RibonnxException.class, () -> OutputFile.check(target, List.of(inputs)));
    assertEquals(RibonnxException.Kind.USAGE, refusal.kind());
    return refusal.line();
  }

  @Test
  void targetsThatCannotBeWrittenAreRefusedBeforeAnyWork(@TempDir Path folder) throws IOException {
    Path input = Files.writeString(folder.resolve("in.fa"), ">a\nA\n");
    Path link = Files.createSymbolicLink(folder.resolve("link.fa"), input);
    assertTrue(refusal(folder).contains("is a folder"));
    assertTrue(refusal(folder.resolve("none/out")).contains("no such folder"));
    assertTrue(refusal(input, input).contains("both input and output"));
    assertTrue(refusal(link, input).contains("both input and output"));
    assertTrue(refusal(folder.resolve("./x/../in.fa").normalize(), input).contains("both"));
    OutputFile.check(folder.resolve("out"), List.of(input));
    assertEquals(2, entries(folder));
  }

  /** Moving a file over a device would replace the device. */
  @Test
  void aDeviceIsNoTarget() {
    Path device = Path.of("/dev/null");
    Assumptions.assumeTrue(Files.exists(device) && !Files.isRegularFile(device));
    assertTrue(refusal(device).contains("no regular file"));
  }
}
