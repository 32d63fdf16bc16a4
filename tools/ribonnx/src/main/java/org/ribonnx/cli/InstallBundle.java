package org.ribonnx.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.io.Digest;
import org.ribonnx.core.io.IoErrors;
import org.ribonnx.core.io.RibonnxException;

/**
 * Copies the files of a checked bundle into a folder of models; it appears there when it is whole.
 */
final class InstallBundle {
  private final Bundle bundle;
  private final Path into;

  InstallBundle(Bundle bundle, Path into) {
    this.bundle = bundle;
    this.into = into.toAbsolutePath().normalize();
  }

  Path target() {
    return into.resolve(bundle.id() + "-" + bundle.version());
  }

  /** What an installation came to. */
  enum Outcome {
    INSTALLED(": installed in "),
    THERE(": is there already, in "),
    REPLACED(": put in the place of another one in ");

    private final String words;

    Outcome(String words) {
      this.words = words;
    }

    String words() {
      return words;
    }
  }

  /**
   * Installs the bundle.
   *
   * @param replace whether another bundle that has its place gives way
   * @throws RibonnxException usage, if another bundle has its place or the folder can't be written
   */
  Outcome run(boolean replace) {
    Path target = target();
    boolean taken = Files.exists(target);
    if (taken) {
      @Nullable String difference = difference(target);
      if (difference == null) {
        return Outcome.THERE;
      }
      if (!replace) {
        throw RibonnxException.usage(
            target
                + ": holds another model of this name and version ("
                + difference
                + "); raise the version, or give --replace");
      }
    }
    @Nullable Path partial = null;
    try {
      Files.createDirectories(into);
      if (!Files.isWritable(into)) {
        throw RibonnxException.usage(
            into + ": can't be written to; name another folder of models with --into");
      }
      partial = Files.createTempDirectory(into, ".installing-");
      Path folder = Files.createDirectory(partial.resolve("model"));
      for (String name : bundle.fileNames()) {
        Path file = folder.resolve(name);
        @Nullable Path parent = file.getParent();
        if (parent != null) {
          Files.createDirectories(parent);
        }
        try (FileChannel channel =
            FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
          ByteBuffer content = bundle.file(name);
          while (content.hasRemaining()) {
            channel.write(content);
          }
        }
      }
      Path old = partial.resolve("old");
      if (taken) {
        Files.move(target, old, StandardCopyOption.ATOMIC_MOVE);
      }
      try {
        Files.move(folder, target, StandardCopyOption.ATOMIC_MOVE);
      } catch (IOException e) {
        if (taken) {
          Files.move(old, target, StandardCopyOption.ATOMIC_MOVE);
        }
        throw e;
      }
      return taken ? Outcome.REPLACED : Outcome.INSTALLED;
    } catch (IOException e) {
      throw IoErrors.writing(target.toString(), e);
    } finally {
      if (partial != null) {
        remove(partial);
      }
    }
  }

  /** The first thing in which what is installed differs from this bundle; null: nothing. */
  private @Nullable String difference(Path target) {
    try (Bundle there = Bundle.open(target)) {
      for (String name : bundle.fileNames()) {
        if (!there.hasFile(name)) {
          return name + " is missing there";
        }
        if (!Digest.of(there.file(name)).equals(Digest.of(bundle.file(name)))) {
          return name + " differs";
        }
      }
      return null;
    } catch (RibonnxException e) {
      return "which can't be opened";
    }
  }

  private static void remove(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw IoErrors.writing(folder.toString(), e);
    }
  }

  /** The model as a row of a table of models: column to text, {@code NA} where nothing is known. */
  Map<String, @Nullable Object> row() {
    TreeSet<String> kinds = new TreeSet<>();
    TreeSet<String> species = new TreeSet<>();
    List<String> what = new ArrayList<>();
    bundle
        .inputs()
        .forEach(
            (name, input) -> {
              kinds.add(input.kind());
              what.add(input.what());
              @Nullable String of = bundle.species(name);
              if (of != null) {
                species.add(of);
              }
            });
    Map<String, @Nullable Object> card = bundle.cardContent();
    List<String> cited = new ArrayList<>();
    Object cite = card.get("cite");
    for (Object one : cite instanceof List<?> list ? list : List.of(String.valueOf(cite))) {
      if (String.valueOf(one).startsWith("doi:")) {
        cited.add(String.valueOf(one).substring("doi:".length()));
      }
    }
    Map<String, @Nullable Object> row = new LinkedHashMap<>();
    row.put("value", bundle.id() + "-" + bundle.version());
    row.put("name", cell(bundle.title() + " (" + bundle.id() + " " + bundle.version() + ")"));
    row.put("description", cell(String.join("; ", what)));
    row.put("input", cell(String.join(",", kinds)));
    row.put("heads", cell(String.join(",", bundle.heads().keySet())));
    row.put("species", cell(String.join(", ", species)));
    row.put("version", bundle.version());
    row.put("sha256", bundle.cardDigest());
    row.put(
        "licence", cell(card.get("licence") == null ? "" : String.valueOf(card.get("licence"))));
    row.put("doi", cell(String.join(",", cited)));
    row.put("path", target().toString());
    return row;
  }

  /** A text from a description that is not trusted, on one line of a table. */
  private static String cell(String text) {
    String clean = text.replaceAll("[\\p{Cntrl}\\p{Z}]+", " ").strip();
    return clean.isEmpty() ? "NA" : clean;
  }
}
