package org.ribonnx.core.io;

import java.io.File;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * An output that appears under its name only when it is whole: written to a temporary name beside
 * the target and moved into place by {@link #commit}. Closing without a commit, or the end of the
 * JVM, removes the temporary file.
 */
public final class OutputFile implements AutoCloseable {
  private static final Set<Path> OPEN = ConcurrentHashMap.newKeySet();

  /** What a shell reports for a process that SIGTERM ended. */
  private static final int SIGNALLED = 143;

  private static final String SUFFIX = ".ribonnx-partial";

  /** Letters of the target's name in that of its temporary file; names have a longest length. */
  private static final int MAX_PREFIX = 50;

  private static volatile boolean finished;

  private final Path target;
  private final Path partial;
  private final FileChannel channel;
  private boolean committed;

  private OutputFile(Path target, Path partial, FileChannel channel) {
    this.target = target;
    this.partial = partial;
    this.channel = channel;
  }

  /**
   * Checks, before any work, that {@code target} can be written and is none of {@code inputs}.
   *
   * @throws RibonnxException usage, naming the path and the remedy
   */
  public static void check(Path target, Collection<Path> inputs) {
    if (Files.isDirectory(target)) {
      throw RibonnxException.usage(target + ": is a folder; name a file for the output");
    }
    if (Files.exists(target) && !Files.isRegularFile(target)) {
      // Moving the finished file there would replace the device or pipe itself.
      throw RibonnxException.usage(target + ": is no regular file; name a file for the output");
    }
    Path folder = folderOf(target);
    if (!Files.isDirectory(folder)) {
      throw RibonnxException.usage(
          folder + ": no such folder for the output " + target.getFileName() + "; create it");
    }
    if (!Files.isWritable(folder)) {
      throw RibonnxException.usage(
          folder + ": the folder can't be written to; choose another place for the output");
    }
    for (Path input : inputs) {
      if (same(target, input)) {
        throw RibonnxException.usage(
            target + ": is both input and output; choose another name for the output");
      }
    }
  }

  private static boolean same(Path a, Path b) {
    try {
      return Files.exists(a) && Files.exists(b) && Files.isSameFile(a, b);
    } catch (IOException e) {
      return a.toAbsolutePath().normalize().equals(b.toAbsolutePath().normalize());
    }
  }

  /** Creates the temporary file of {@code target}, open for reading and writing. */
  public static OutputFile create(Path target) {
    Path folder = folderOf(target);
    try {
      // The prefix keeps the target's name readable for somebody who finds the file of a killed
      // process.
      String name = target.getFileName().toString();
      String prefix = "." + name.substring(0, Math.min(name.length(), MAX_PREFIX)) + ".";
      Path partial = Files.createTempFile(folder, prefix, SUFFIX);
      OPEN.add(partial);
      // createTempFile makes files for the owner alone; an output has the permissions that the
      // user's mask gives.
      Files.delete(partial);
      FileChannel channel =
          FileChannel.open(
              partial,
              StandardOpenOption.CREATE_NEW,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE);
      return new OutputFile(target, partial, channel);
    } catch (IOException e) {
      throw IoErrors.writing(target.toString(), e);
    }
  }

  private static Path folderOf(Path target) {
    @Nullable Path parent = target.toAbsolutePath().getParent();
    return parent == null ? target.toAbsolutePath() : parent;
  }

  public FileChannel channel() {
    return channel;
  }

  public Path target() {
    return target;
  }

  /** Moves the finished file to its name. */
  public void commit() {
    try {
      channel.close();
      try {
        Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
      } catch (AtomicMoveNotSupportedException e) {
        Files.move(partial, target, StandardCopyOption.REPLACE_EXISTING);
      }
      committed = true;
      OPEN.remove(partial);
    } catch (IOException e) {
      throw IoErrors.writing(target.toString(), e);
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
      if (!committed) {
        Files.deleteIfExists(partial);
      }
      OPEN.remove(partial);
    } catch (IOException e) {
      throw IoErrors.writing(target.toString(), e);
    }
  }

  /**
   * For a process: removes what is unfinished when a signal ends it, and ends it at once, since
   * native code may still be running and must not meet a runtime that is being taken down.
   */
  public static void removeOnSignal() {
    Runtime.getRuntime()
        .addShutdownHook(new Thread(OutputFile::removeUnfinished, "remove-unfinished-outputs"));
  }

  /** For a process: a temporary file that a signal removes too. */
  public static void removeOnSignal(Path temporary) {
    OPEN.add(temporary);
  }

  /** A temporary file that is gone. */
  static void removed(Path temporary) {
    OPEN.remove(temporary);
  }

  private static void removeUnfinished() {
    // A file that can't be removed keeps its telling name; there is nobody left to tell more.
    OPEN.forEach(partial -> partial.toFile().delete());
    if (!finished) {
      // ONNX Runtime leaves the removal of its folder, empty here, to an end of the JVM that a halt
      // skips.
      File @Nullable [] folders =
          Spool.folder().toFile().listFiles((folder, name) -> name.startsWith("onnxruntime-java"));
      for (File folder : folders == null ? new File[0] : folders) {
        folder.delete();
      }
      Runtime.getRuntime().halt(SIGNALLED);
    }
  }

  /** For a process: its work is over, the JVM may end in its own way. */
  public static void finished() {
    finished = true;
  }
}
