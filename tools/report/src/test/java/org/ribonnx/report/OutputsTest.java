package org.ribonnx.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ribonnx.core.io.Tree;
import org.ribonnx.core.testing.Tool;

/** Figures, Markdown and files for MultiQC. */
class OutputsTest {
  private static final String HEADER =
      "id\thead\tprediction\tscore\tstatus\tbest\tname\tset\treason\n";
  private static final String NASTY =
      "=<script>alert(1)</script>\"><img onerror=x>](javascript:y)`${galaxy x}|--> ../\u202e=1";

  @TempDir Path folder = Path.of(".");
  private String errors = "";

  @BeforeEach
  void bundle() throws IOException {
    bundle("a", "alpha");
  }

  private void bundle(String label, String name) throws IOException {
    Files.createDirectories(folder.resolve("model"));
    Files.writeString(
        folder.resolve("model/model.yaml"),
        """
        schema: 1
        id: tiny
        version: 1.0.0
        title: 'Tiny <script>alert(2)</script> [x](javascript:z)'
        inputs: {rna: {kind: sequences, what: hairpins, length: [45, 200]}}
        views: {v: {encoder: nucleotides@1, shape: [8]}}
        heads:
          kind: {kind: single-label, graph: g.onnx, sha256: '%s', labels: labels.tsv, reject: {unassigned-when: below, at: 0.5, labels: [other]}}
        """
            .formatted("0".repeat(64)));
    Files.writeString(
        folder.resolve("model/labels.tsv"),
        "label\tname\n" + label + "\t" + name + "\nb\tbeta\nother\tnone\n");
  }

  private int report(String predictions, String... more) throws IOException {
    Files.writeString(folder.resolve("predictions.tsv"), predictions);
    List<String> arguments = new ArrayList<>();
    for (String text :
        List.of(
            "--model",
            "model/",
            "--output",
            "r.html",
            "--figures",
            "figures",
            "--markdown",
            "r.md",
            "--multiqc",
            "multiqc")) {
      arguments.add(
          text.startsWith("--") ? text : folder.resolve(text) + (text.endsWith("/") ? "/" : ""));
    }
    arguments.addAll(List.of(more));
    arguments.add(folder.resolve("predictions.tsv").toString());
    Tool.Outcome outcome = Tool.run(ReportCommand::new, arguments.toArray());
    errors = outcome.err();
    return outcome.code();
  }

  private static String row(String id, String label, String name, String score, boolean ok) {
    return String.join(
            "\t",
            id,
            "kind",
            ok ? label : "NA",
            score,
            ok ? "ok" : "unassigned",
            label,
            name,
            "NA",
            ok ? "NA" : "below-threshold")
        + "\n";
  }

  private Map<String, byte[]> files(String name) throws IOException {
    Map<String, byte[]> files = new TreeMap<>();
    try (Stream<Path> paths = Files.list(folder.resolve(name))) {
      for (Path path : paths.toList()) {
        files.put(path.getFileName().toString(), Files.readAllBytes(path));
      }
    }
    return files;
  }

  private String[] truthAndScores(String label) throws IOException {
    Path truth = folder.resolve("truth.tsv");
    Path scores = folder.resolve("scores.tsv");
    Files.writeString(truth, "id\tkind\nr0\t" + label + "\nr1\tb\nr2\tother\nr3\t" + label + "\n");
    Files.writeString(
        scores,
        "id\tkind."
            + label
            + "\tkind.b\tkind.other\nr0\t0.9\t0.05\t0.05\nr1\t0.3\t0.6\t0.1\nr2\t0.4\t0.3\t0.3\nr3\t0.51\t0.49\t0\n");
    return new String[] {"--truth", truth.toString(), "--scores", scores.toString()};
  }

  private static String four(String label, String name) {
    return HEADER
        + row("r0", label, name, "0.9", true)
        + row("r1", "b", "beta", "0.6", true)
        + row("r2", label, name, "0.4", false)
        + row("r3", label, name, "0.51", true);
  }

  @Test
  void everyFigureIsAPictureWithTheSameBytesTwice() throws IOException {
    String[] more = truthAndScores("a");
    assertEquals(0, report(four("a", "alpha"), more), () -> errors);
    Map<String, byte[]> first = files("figures");
    Map<String, byte[]> texts = files("multiqc");
    byte[] markdown = Files.readAllBytes(folder.resolve("r.md"));
    assertEquals(0, report(four("a", "alpha"), more), () -> errors);
    Map<String, byte[]> second = files("figures");
    assertEquals(
        Set.of(
            "kind-labels.png",
            "kind-scores.png",
            "kind-margins.png",
            "kind-confusion.png",
            "kind-roc.png",
            "kind-precision-recall.png",
            "kind-label-roc.png",
            "kind-calibration.png"),
        first.keySet());
    for (Map.Entry<String, byte[]> entry : first.entrySet()) {
      assertArrayEquals(entry.getValue(), second.get(entry.getKey()), entry.getKey());
      BufferedImage image = ImageIO.read(new ByteArrayInputStream(entry.getValue()));
      assertNotNull(image);
      Set<Integer> colours = new HashSet<>();
      for (int y = 0; y < image.getHeight(); y++) {
        for (int x = 0; x < image.getWidth(); x++) {
          colours.add(image.getRGB(x, y) & 0xffffff);
        }
      }
      assertTrue(colours.contains(0xffffff) && colours.contains(0x333333), entry.getKey());
      assertTrue(colours.contains(0x2563a8), entry.getKey() + " shows nothing: " + colours.size());
      assertTrue(
          new String(markdown, java.nio.charset.StandardCharsets.UTF_8)
              .contains("path=\"" + entry.getKey() + "\""));
    }
    String text = new String(markdown, java.nio.charset.StandardCharsets.UTF_8);
    // Galaxy shows nothing of a report that names an output which is not there.
    assertEquals(first.size(), text.split("output=\"report_md\", path=", -1).length - 1, text);
    assertEquals(first.size(), text.split("```galaxy", -1).length - 1, text);
    assertFalse(text.contains("## More figures"), "a figure without a section: " + text);
    assertTrue(text.contains("## Methods paragraph"), text);
    texts.forEach((name, bytes) -> assertTrue(name.endsWith("_mqc.json"), name));
    assertEquals(4, texts.size());
    for (Map.Entry<String, byte[]> entry : files("multiqc").entrySet()) {
      assertArrayEquals(texts.get(entry.getKey()), entry.getValue());
      assertNotNull(Tree.parseJson(entry.getValue()));
    }
    assertArrayEquals(markdown, Files.readAllBytes(folder.resolve("r.md")));
    String page = Files.readString(folder.resolve("r.html"));
    // Of margins of 0.85, 0.3, 0.1 and 0.02 two are small.
    assertTrue(page.contains("Two labels nearly alike (2)"), page);
    // Of 0.4, 0.1, 0.1 and 0.01 from the threshold three are.
    assertTrue(page.contains("Near the threshold (3)"), page);
    assertTrue(page.contains("<a href=\"#label-0-0\">alpha</a>"), page);
  }

  @Test
  void whatIsSureIsNotListedAsDoubtful() throws IOException {
    Path card = folder.resolve("model/model.yaml");
    Files.writeString(card, Files.readString(card).replace("at: 0.5", "at: 0.95"));
    Path scores = folder.resolve("scores.tsv");
    Files.writeString(
        scores, "id\tkind.a\tkind.b\tkind.other\nr0\t0.99\t0.01\t0\nr1\t0.01\t0.96\t0.03\n");
    String rows = row("r0", "a", "alpha", "0.99", true) + row("r1", "b", "beta", "0.96", true);
    assertEquals(0, report(HEADER + rows, "--scores", scores.toString()), () -> errors);
    String page = Files.readString(folder.resolve("r.html"));
    assertTrue(page.contains("Near the threshold (1)"), page);
    assertFalse(page.contains("nearly alike"), page);
  }

  @Test
  void hostileTextIsTextEverywhere() throws IOException {
    String label = NASTY.replace(";", "");
    bundle(label, NASTY);
    String[] more = truthAndScores(label);
    for (String file : List.of("truth.tsv", "scores.tsv")) {
      Path path = folder.resolve(file);
      Files.writeString(path, Files.readString(path).replace("r3", NASTY));
    }
    assertEquals(0, report(four(label, NASTY).replace("r3", NASTY), more), () -> errors);
    String markdown = Files.readString(folder.resolve("r.md"));
    String directives =
        markdown.replaceAll(
            "(?s)```galaxy\n[a-z_]+\\(output=\"report_md\", path=\"[a-z0-9-]+\\.png\"\\)\n```", "");
    for (String sign : List.of("<", "](", "`", "${", "javascript:", "\u202e")) {
      assertFalse(directives.contains(sign), sign + " in " + directives);
    }
    assertTrue(markdown.contains("&#60;script&#62;alert&#40;1&#41;"), markdown);
    for (Map.Entry<String, byte[]> entry : files("multiqc").entrySet()) {
      String text = new String(entry.getValue(), java.nio.charset.StandardCharsets.UTF_8);
      for (String sign : List.of("<", "`", "\"=", "\u202e", "&")) {
        assertFalse(text.contains(sign), sign + " in " + text);
      }
      assertTrue(entry.getKey().matches("[A-Za-z0-9_.-]+_mqc\\.json"), entry.getKey());
    }
    assertTrue(
        files("figures").keySet().stream().allMatch(name -> name.matches("[a-z0-9-]+\\.png")));
    String page = Files.readString(folder.resolve("r.html"));
    assertFalse(page.contains("<script"), "HTML and SVG");
    assertFalse(page.contains("<img"), "HTML and SVG");
  }

  @Test
  void aHostileTitleNamesNoFileOutside() throws IOException {
    assertEquals(0, report(four("a", "alpha"), "--title", "../../" + NASTY + "/x"), () -> errors);
    assertEquals(4, files("multiqc").size());
    assertTrue(
        files("multiqc").keySet().stream()
            .allMatch(name -> name.matches("[A-Za-z0-9][A-Za-z0-9_.-]+")));
  }

  @Test
  void nothingIsShownHonestly() throws IOException {
    assertEquals(0, report(HEADER), () -> errors);
    assertTrue(Files.readString(folder.resolve("r.md")).contains("There are no records"));
    assertTrue(files("figures").isEmpty());
    String unusable = "x\tkind\tNA\tNA\tunusable\tNA\tNA\tNA\ttoo-short\n";
    assertEquals(0, report(HEADER + unusable), () -> errors);
    assertTrue(Files.readString(folder.resolve("r.md")).contains("could not be used"));
    assertTrue(files("figures").isEmpty());
  }

  @Test
  void samplesAreAFigureAndRowsOfMultiQc() throws IOException {
    String text =
        "sample\t"
            + HEADER
            + "s/1\t"
            + row("r", "a", "alpha", "0.9", true)
            + "s2\t"
            + row("r", "a", "alpha", "0.4", false);
    assertEquals(0, report(text), () -> errors);
    assertTrue(files("figures").containsKey("kind-samples.png"));
    String outcomes =
        Files.readString(
            folder
                .resolve("multiqc")
                .resolve(
                    files("multiqc").keySet().stream()
                        .filter(name -> name.endsWith("_outcomes_mqc.json"))
                        .findFirst()
                        .orElse("")));
    assertTrue(outcomes.contains("s∕1") && outcomes.contains("s2"), outcomes);
  }

  @Test
  void aFolderThatCannotBeMadeIsSaid() throws IOException {
    Files.writeString(folder.resolve("figures"), "a file");
    assertEquals(2, report(HEADER));
    assertTrue(errors.contains("the folder can't be made"), errors);
  }

  @Test
  void lettersAreOutlines() {
    Glyphs glyphs = new Glyphs();
    assertEquals(glyphs.width("iii", 10), 3 * glyphs.width("i", 10), 1e-9);
    assertTrue(glyphs.width("W", 10) > 2 * glyphs.width("i", 10));
    assertFalse(glyphs.outline("A", 10).getBounds2D().isEmpty());
    assertTrue(glyphs.outline(" ", 10).getBounds2D().isEmpty());
    // A letter that is not there is a box.
    assertEquals(6, glyphs.width("漢", 10), 1e-9);
    assertFalse(glyphs.outline("漢", 10).getBounds2D().isEmpty());
  }
}
