package org.ribonnx.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.ExplainSpec;
import org.ribonnx.core.bundle.FuseSpec;
import org.ribonnx.core.bundle.GraphRef;
import org.ribonnx.core.bundle.ReportSpec;
import org.ribonnx.core.io.Digest;
import org.ribonnx.core.io.IoErrors;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.io.TextOutput;
import org.ribonnx.core.io.Tree;

/** Writes digests into model.yaml and leaves every other character of it alone. */
final class SealBundle {
  /** The section that {@link #looseDigests} wrote before. */
  private static final Pattern DIGESTS =
      Pattern.compile("(?m)^digests:[^\\n]*\\n([ \\t]+[^\\n]*(\\n|$))*");

  private final Path folder;

  SealBundle(Path folder) {
    this.folder = folder;
  }

  /** Seals the bundle; returns file → digest. */
  Map<String, String> digests() {
    Map<String, String> digests = new LinkedHashMap<>();
    try (Bundle bundle = Bundle.openForSealing(folder)) {
      for (GraphRef graph : bundle.graphs()) {
        // Loading refuses what must not be sealed.
        digests.put(graph.file(), Digest.of(bundle.graph(graph).content()));
      }
      for (String file : bundle.optionFiles()) {
        digests.put(file, Digest.of(bundle.file(file)));
      }
      FuseSpec.@Nullable Values means = bundle.fuse().missing().values();
      if (means != null) {
        digests.put(means.file(), Digest.of(bundle.content(means)));
      }
      ReportSpec.@Nullable Background background = bundle.report().background();
      if (background != null) {
        digests.put(background.file(), Digest.of(bundle.content(background)));
      }
      for (ExplainSpec spec : bundle.explain().values()) {
        if (spec instanceof ExplainSpec.Occlusion occlusion && occlusion.groups() != null) {
          digests.put(occlusion.groups().file(), Digest.of(bundle.content(occlusion.groups())));
        }
      }
    }
    Path card = folder.resolve(Bundle.CARD);
    String text = read(card);
    for (Map.Entry<String, String> entry : digests.entrySet()) {
      text = insert(card, text, entry.getKey(), entry.getValue());
    }
    write(card, text, digests);
    return digests;
  }

  /**
   * Writes the digests of files that have no place for one beside their name (labels, the stored
   * test) into {@code digests}, at the end of model.yaml; returns file → digest.
   */
  Map<String, String> looseDigests() {
    Map<String, String> digests = new LinkedHashMap<>();
    try (Bundle bundle = Bundle.openForSealing(folder)) {
      bundle.looseFiles().forEach(file -> digests.put(file, bundle.digestOfFile(file)));
    }
    Path card = folder.resolve(Bundle.CARD);
    String text = read(card);
    StringBuilder section = new StringBuilder();
    digests.forEach(
        (file, sha256) ->
            section.append("  ").append(quoted(file)).append(": ").append(sha256).append('\n'));
    String rest = DIGESTS.matcher(text).replaceFirst("");
    if (!rest.isEmpty() && !rest.endsWith("\n")) {
      rest += "\n";
    }
    write(card, digests.isEmpty() ? rest : rest + "digests:\n" + section, digests);
    return digests;
  }

  private static String read(Path card) {
    try {
      return Files.readString(card);
    } catch (IOException e) {
      throw IoErrors.reading(card.toString(), e);
    }
  }

  private static String quoted(String file) {
    return file.matches("[A-Za-z][A-Za-z0-9_./-]*") ? file : Tree.canonicalJson(file);
  }

  private static void write(Path card, String text, Map<String, String> digests) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    try {
      // A digest that stands elsewhere in its section would now be there twice.
      Tree.parseYaml(bytes);
    } catch (IOException | RuntimeException e) {
      throw RibonnxException.bundle(
          card + ": can't be sealed as it is laid out; write sha256 by hand: " + digests, e);
    }
    try (TextOutput output = TextOutput.open(card.toString(), OutputStream.nullOutputStream())) {
      output.write(bytes, 0, bytes.length);
      output.commit();
    }
  }

  /**
   * Puts the digest behind every {@code graph: file} or {@code file: file}, in place of one that
   * stands there.
   */
  private static String insert(Path card, String text, String file, String sha256) {
    // Either in braces on one or several lines, or one key a line, where the digest takes the
    // line's indent.
    Pattern graph =
        Pattern.compile(
            "(?<indent>(?m:^)[ ]*)?(?<key>(?:graph|file):\\s*['\"]?"
                + Pattern.quote(file)
                + "['\"]?)(?<comma>\\s*,)?"
                + "(?<old>\\s*sha256:[ ]*(['\"]?[0-9a-fA-F…]*['\"]?))?(?<end>[ ]*)");
    Matcher matcher = graph.matcher(text);
    StringBuilder sealed = new StringBuilder();
    boolean found = false;
    while (matcher.find()) {
      found = true;
      boolean block = matcher.group("indent") != null && matcher.group("comma") == null;
      String indent = matcher.group("indent") == null ? "" : matcher.group("indent");
      boolean had = matcher.group("old") != null;
      String separator = block ? "\n" + indent : ", ";
      String tail = !block && !had && matcher.group("comma") != null ? "," : "";
      String end = matcher.group("end");
      matcher.appendReplacement(
          sealed,
          Matcher.quoteReplacement(
              indent + matcher.group("key") + separator + "sha256: " + sha256 + tail + end));
    }
    matcher.appendTail(sealed);
    if (!found) {
      throw RibonnxException.bundle(
          card
              + ": the line with '"
              + file
              + "' was not found; write its sha256 by hand: "
              + sha256);
    }
    return sealed.toString();
  }
}
