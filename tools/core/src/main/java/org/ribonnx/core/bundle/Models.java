package org.ribonnx.core.bundle;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.io.IoErrors;
import org.ribonnx.core.io.RibonnxException;

/**
 * Where bundles are found: a path, or an id sought in RIBONNX_MODELS and then in the installation's
 * models.
 */
public final class Models {
  /** A bundle that was found; {@code problem} says why it can't be used. */
  public record Found(
      Path path, String id, String version, String title, @Nullable String problem) {}

  private static final Pattern PLAIN = Pattern.compile("(id|version):[ ]*([A-Za-z0-9._-]+)[ ]*");

  private final List<Path> places = new ArrayList<>();
  private final boolean only;

  /**
   * @param environment the process environment (RIBONNX_MODELS, RIBONNX_MODELS_ONLY)
   * @param home the installation; null where there is none (tests)
   */
  public Models(Map<String, String> environment, @Nullable Path home) {
    for (String place :
        environment.getOrDefault("RIBONNX_MODELS", "").split(File.pathSeparator, -1)) {
      if (!place.isBlank()) {
        places.add(Path.of(place));
      }
    }
    only = environment.getOrDefault("RIBONNX_MODELS_ONLY", "").equals("1");
    if (only && places.isEmpty()) {
      throw RibonnxException.usage(
          "RIBONNX_MODELS_ONLY is set, but RIBONNX_MODELS names no folder");
    }
    if (home != null && !only) {
      places.add(home.resolve("models"));
    }
  }

  /** The places that are searched, in order. */
  public List<Path> places() {
    return List.copyOf(places);
  }

  /**
   * Finds the bundle that {@code --model} names.
   *
   * @throws RibonnxException usage, listing what there is
   */
  public Path find(String model) {
    if (model.contains("/") || model.endsWith(".zip") || model.equals(".") || model.equals("..")) {
      Path path = Path.of(model);
      if (only && places.stream().noneMatch(place -> inside(place, path))) {
        throw RibonnxException.usage(
            model
                + ": only installed models may be used here (RIBONNX_MODELS_ONLY); they are in "
                + String.join(", ", places.stream().map(Path::toString).toList()));
      }
      return path;
    }
    int at = model.indexOf('@');
    String id = at < 0 ? model : model.substring(0, at);
    String version = at < 0 ? "" : model.substring(at + 1);
    @Nullable Found best = null;
    List<Found> all = list(Models::nameOf);
    for (Found found : all) {
      boolean matches =
          found.id().equals(id) && (version.isEmpty() || found.version().equals(version));
      if (matches && (best == null || Versions.compare(found.version(), best.version()) > 0)) {
        best = found;
      }
    }
    if (best == null) {
      List<String> names =
          all.stream().map(found -> found.id() + "@" + found.version()).distinct().toList();
      throw RibonnxException.usage(
          "no model '"
              + model
              + "' is installed; "
              + (names.isEmpty() ? "none is" : "there are " + String.join(", ", names))
              + " (searched: "
              + String.join(", ", places.stream().map(Path::toString).toList())
              + "); a bundle elsewhere is named by its path, with a /"
              + (!only && Files.isDirectory(Path.of(model))
                  ? ": ./" + model + " is one here"
                  : ""));
    }
    return best.path();
  }

  private static boolean inside(Path place, Path path) {
    try {
      return Files.exists(path)
          && Files.exists(place)
          && path.toRealPath().startsWith(place.toRealPath());
    } catch (IOException e) {
      throw IoErrors.reading(path.toString(), e);
    }
  }

  /** Every bundle in the places, the broken ones with their problem. */
  public List<Found> list() {
    return list(Models::open);
  }

  private static Found open(Path candidate) {
    try (Bundle bundle = Bundle.open(candidate)) {
      return new Found(candidate, bundle.id(), bundle.version(), bundle.title(), null);
    } catch (RibonnxException e) {
      return new Found(candidate, candidate.getFileName().toString(), "?", "", e.line());
    }
  }

  /**
   * Id and version alone, without reading the whole description where they stand plainly at its
   * top.
   */
  private static Found nameOf(Path candidate) {
    Path card = candidate.resolve(Bundle.CARD);
    if (Files.isRegularFile(card)) {
      try (BufferedReader lines = Files.newBufferedReader(card)) {
        String id = "";
        String version = "";
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          Matcher plain = PLAIN.matcher(line);
          if (plain.matches() && plain.group(1).equals("id")) {
            id = plain.group(2);
          } else if (plain.matches()) {
            version = plain.group(2);
          }
          if (!id.isEmpty() && !version.isEmpty()) {
            return new Found(candidate, id, version, "", null);
          }
        }
      } catch (IOException e) {
        return open(candidate);
      }
    }
    return open(candidate);
  }

  private List<Found> list(Function<Path, Found> read) {
    List<Found> all = new ArrayList<>();
    for (Path place : places) {
      if (!Files.isDirectory(place)) {
        continue;
      }
      List<Path> candidates = new ArrayList<>();
      try (DirectoryStream<Path> entries = Files.newDirectoryStream(place)) {
        for (Path entry : entries) {
          if (Files.isRegularFile(entry.resolve(Bundle.CARD))
              || entry.toString().endsWith(".zip")) {
            candidates.add(entry);
          }
        }
      } catch (IOException e) {
        throw IoErrors.reading(place.toString(), e);
      }
      candidates.sort(null);
      for (Path candidate : candidates) {
        all.add(read.apply(candidate));
      }
    }
    return all;
  }
}
