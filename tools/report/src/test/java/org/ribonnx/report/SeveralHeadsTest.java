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
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ribonnx.core.io.Tree;
import org.ribonnx.core.testing.Tool;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * A model of several heads on a table, as the numbers of labels of real ones: 25, 31, 2, 3, years.
 */
class SeveralHeadsTest {
  private static final int RECORDS = 300;
  private static final int FEATURES = 90;
  private static final List<String> HEADS = List.of("tissue", "cohort", "sex", "Sex", "age");
  private static final int[] LABELS = {25, 31, 2, 2, 3};

  @TempDir Path folder = Path.of(".");
  private final Random random = new Random(11);

  private static String label(int head, int label) {
    return HEADS.get(head).toLowerCase(Locale.ROOT) + "-" + label;
  }

  @BeforeEach
  void run() throws IOException {
    Files.createDirectories(folder.resolve("model"));
    StringBuilder yaml =
        new StringBuilder(
            """
            schema: 1
            id: several
            version: 1.0.0
            title: Several heads
            inputs: {rna: {kind: sequences, what: "hairpins, 5'→3'", length: [45, 200]}}
            views: {v: {encoder: nucleotides@1, shape: [8]}}
            heads:
            """);
    String graph = "graph: g.onnx, sha256: '" + "0".repeat(64) + "'";
    for (int head = 0; head < LABELS.length; head++) {
      List<String> labels = new ArrayList<>();
      for (int label = 0; label < LABELS[head]; label++) {
        labels.add(label(head, label));
      }
      yaml.append("  " + HEADS.get(head) + ": {" + (head == 2 ? "what: whose it is, " : ""));
      yaml.append("kind: single-label, " + graph + ", labels: " + labels);
      yaml.append(head < 2 ? ", reject: {unassigned-when: below, at: 0.5}}\n" : "}\n");
    }
    yaml.append("  when: {kind: regression, " + graph + ", targets: [{name: years, unit: a}]}\n");
    Files.writeString(folder.resolve("model/model.yaml"), yaml);
    StringBuilder predictions =
        new StringBuilder("id\thead\tprediction\tscore\tstatus\tbest\tname\tset\treason\n");
    StringBuilder truth = new StringBuilder("id\t" + String.join("\t", HEADS) + "\n");
    StringBuilder scores = new StringBuilder("id");
    for (int head = 0; head < LABELS.length; head++) {
      for (int label = 0; label < LABELS[head]; label++) {
        scores.append('\t').append(HEADS.get(head)).append('.').append(label(head, label));
      }
    }
    scores.append("\twhen.years\n");
    for (int record = 0; record < RECORDS; record++) {
      truth.append("r").append(record);
      scores.append("r").append(record);
      for (int head = 0; head < LABELS.length; head++) {
        int known = random.nextInt(LABELS[head]);
        record(predictions, scores, record, head, known);
        // Half of what is known of one head, and a third of another, is not known.
        boolean unknown = (head == 1 && record % 2 == 0) || (head == 4 && record % 3 == 0);
        truth.append('\t').append(unknown ? "" : label(head, known));
      }
      predictions.append(
          "r" + record + "\twhen.years\t" + record % 80 + "\tNA\tok\tNA\tNA\tNA\tNA\n");
      scores.append("\t" + record % 80 + "\n");
      truth.append('\n');
    }
    Files.writeString(folder.resolve("predictions.tsv"), predictions);
    Files.writeString(folder.resolve("scores.tsv"), scores);
    Files.writeString(folder.resolve("truth.tsv"), truth);
    Files.writeString(folder.resolve("one.tsv"), importance(0));
    Files.writeString(folder.resolve("other.tsv"), importance(1));
  }

  private void record(
      StringBuilder predictions, StringBuilder scores, int record, int head, int known) {
    double[] all = new double[LABELS[head]];
    double sum = 0;
    int best = 0;
    for (int label = 0; label < all.length; label++) {
      all[label] = Math.exp(random.nextGaussian() + (label == known ? 4 : 0));
      sum += all[label];
      best = all[label] > all[best] ? label : best;
    }
    for (double score : all) {
      scores.append(String.format(Locale.ROOT, "\t%.6f", score / sum));
    }
    boolean ok = head > 1 || all[best] / sum >= 0.5;
    predictions.append(
        String.join(
                "\t",
                "r" + record,
                HEADS.get(head),
                ok ? label(head, best) : "NA",
                String.format(Locale.ROOT, "%.6f", all[best] / sum),
                ok ? "ok" : "unassigned",
                label(head, best),
                "NA",
                "NA",
                ok ? "NA" : "below-threshold")
            + "\n");
  }

  /** Label i is told by the features 2i and 2i + 1; the last label of tissue has no record. */
  private String importance(int which) {
    StringBuilder text =
        new StringBuilder("head\tlabel\tfeature\tmean\tmean_absolute\trecords\trank\n");
    for (int head = 0; head < LABELS.length; head++) {
      for (int label = 0; label < LABELS[head] - (head == 0 ? 1 : 0); label++) {
        Map<Double, Integer> features = new TreeMap<>(java.util.Collections.reverseOrder());
        for (int feature = 0; feature < FEATURES; feature++) {
          double mean =
              feature / 2 == label ? 3 - feature % 2 - which * 0.5 : 0.1 * random.nextGaussian();
          features.put(Math.round(mean * 1e6) / 1e6, feature);
        }
        int rank = 1;
        for (Map.Entry<Double, Integer> entry : features.entrySet()) {
          text.append(HEADS.get(head)).append('\t').append(label(head, label));
          text.append("\tmir-").append(entry.getValue()).append('\t').append(entry.getKey());
          text.append('\t').append(Math.abs(entry.getKey()) + 0.5).append("\t12\t").append(rank++);
          text.append('\n');
        }
      }
    }
    return text.toString();
  }

  private Tool.Outcome report(String name, String... more) {
    List<Object> arguments =
        new ArrayList<>(
            List.of(
                "--model",
                folder + "/model/",
                "--output",
                folder.resolve(name + ".html"),
                "--metrics",
                folder.resolve(name + ".json")));
    for (String text : more) {
      arguments.add(text.startsWith("--") ? text : folder.resolve(text));
    }
    arguments.add(folder.resolve("predictions.tsv"));
    return Tool.run(ReportCommand::new, arguments.toArray());
  }

  private void all(String name, String... more) {
    List<String> options =
        new ArrayList<>(
            List.of(
                "--scores",
                "scores.tsv",
                "--truth",
                "truth.tsv",
                "--importance",
                "one.tsv",
                "--compare-importance",
                "other.tsv"));
    options.addAll(List.of(more));
    report(name, options.toArray(new String[0])).succeeded();
  }

  private static @Nullable Object at(@Nullable Object tree, String... keys) {
    Object value = tree;
    for (String key : keys) {
      value = value instanceof Map<?, ?> map ? map.get(key) : null;
    }
    return value;
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

  @Test
  void everyHeadHasItsSections() throws Exception {
    all("all");
    Document document =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(folder.resolve("all.html").toFile());
    NodeList elements = document.getElementsByTagName("*");
    Set<String> ids = new HashSet<>();
    List<String> links = new ArrayList<>();
    for (int i = 0; i < elements.getLength(); i++) {
      Element element = (Element) elements.item(i);
      if (element.hasAttribute("id")) {
        assertTrue(ids.add(element.getAttribute("id")), "twice: " + element.getAttribute("id"));
      }
      if (element.getAttribute("href").startsWith("#")) {
        links.add(element.getAttribute("href").substring(1));
      }
    }
    assertTrue(ids.containsAll(links), "links that lead nowhere");
    String contents = document.getElementsByTagName("nav").item(0).getTextContent();
    for (int head = 0; head < LABELS.length; head++) {
      for (String part : List.of("head-", "look-", "truth-", "importance-")) {
        assertTrue(ids.contains(part + head) && links.contains(part + head), part + head);
      }
      assertTrue(contents.contains(HEADS.get(head) + ":"), contents);
    }
    // The regression has predictions alone: nothing is known of it.
    assertTrue(ids.contains("head-5") && !ids.contains("truth-5") && !ids.contains("importance-5"));
    Object heads = at(Tree.parseJson(Files.readAllBytes(folder.resolve("all.json"))), "heads");
    assertEquals(300L, at(heads, "tissue", "truth", "records"));
    assertEquals(150L, at(heads, "cohort", "truth", "records"));
    assertEquals(150L, at(heads, "cohort", "truth", "unknown"));
    assertEquals(200L, at(heads, "age", "truth", "records"));
    assertEquals(100L, at(heads, "age", "truth", "unknown"));
    assertNotNull(at(heads, "sex", "truth", "accuracy"));
    assertFalse(heads instanceof Map<?, ?> map && at(map, "when", "truth") != null);
  }

  @Test
  void whatAHeadAnswersIsSaidWhereTheModelSaysIt() throws IOException {
    all("all", "--markdown", folder.resolve("all.md").toString());
    String page = Files.readString(folder.resolve("all.html"));
    assertTrue(page.contains("<li>Head sex (whose it is): 300 records: "), page);
    assertTrue(page.contains("<li>Head Sex: 300 records: "), page);
    String section = page.substring(page.indexOf("<section id=\"head-2\""));
    assertTrue(
        section.substring(0, 200).contains("<p>What this head answers: whose it is.</p>"), section);
    assertEquals(2, page.split("What this head answers", -1).length);
    assertTrue(
        Files.readString(folder.resolve("all.md")).contains("Head sex &#40;whose it is&#41;"));
  }

  @Test
  void aHeadWithoutAThresholdIsNotAskedWhatItRejects() throws IOException {
    all("all");
    String page = Files.readString(folder.resolve("all.html"));
    String tissue = page.substring(page.indexOf("<section id=\"truth-0\""));
    String sex = page.substring(page.indexOf("<section id=\"truth-2\""));
    sex = sex.substring(0, sex.indexOf("</section>"));
    assertTrue(tissue.contains("Does the score know what to reject?"));
    assertFalse(sex.contains("Does the score know what to reject?"), sex);
    assertFalse(sex.contains("not defined") || sex.contains("Share assigned"), sex);
    assertFalse(sex.contains(">unassigned<"), sex);
    assertTrue(sex.contains("its mirror image"), sex);
    assertTrue(tissue.contains("Of 25 labels the 8 with the smallest area are drawn"));
  }

  @Test
  void figuresAreNamedByHeadAndTheSameTwice() throws IOException {
    all("all", "--figures", "all", "--markdown", "all.md");
    Map<String, byte[]> first = files("all");
    all("all", "--figures", "all", "--markdown", "all.md");
    Map<String, byte[]> second = files("all");
    assertEquals(first.keySet(), second.keySet());
    first.forEach((name, bytes) -> assertArrayEquals(bytes, second.get(name), name));
    for (String name :
        List.of(
            "tissue-importance.png",
            "tissue-importance-tissue-23.png",
            "cohort-importance-cohort-30.png",
            "cohort-label-roc.png",
            "sex-importance.png",
            "sex-labels.png",
            // The head that differs by a capital alone has figures of its own.
            "sex-labels-2.png",
            "sex-importance-2.png",
            "age-confusion.png",
            "when-values-years.png")) {
      assertTrue(first.containsKey(name), name + " of " + first.keySet());
    }
    assertFalse(first.containsKey("tissue-importance-tissue-24.png"), "a label without a record");
    BufferedImage image =
        ImageIO.read(new ByteArrayInputStream(first.get("tissue-importance.png")));
    Set<Integer> colours = new HashSet<>();
    for (int y = 0; y < image.getHeight(); y += 3) {
      for (int x = 0; x < image.getWidth(); x += 3) {
        colours.add(image.getRGB(x, y) & 0xffffff);
      }
    }
    assertTrue(colours.contains(0x2563a8) && colours.contains(0xc2660a), "both ends of the scale");
    assertTrue(colours.size() > 12, "steps between: " + colours.size());
    String markdown = Files.readString(folder.resolve("all.md"));
    Set<String> drawn = new HashSet<>();
    for (String part : markdown.split("output=\"report_md\", path=\"", -1)) {
      drawn.add(part.substring(0, Math.max(0, part.indexOf('"'))));
    }
    assertTrue(drawn.containsAll(Set.of("sex-labels.png", "sex-labels-2.png")), drawn.toString());
    assertTrue(drawn.contains("tissue-importance.png"), drawn.toString());
    assertTrue(drawn.contains("age-importance-age-2.png"), drawn.toString());
    // Dozens of bars stay on the page.
    assertFalse(drawn.contains("tissue-importance-tissue-3.png"), drawn.toString());
    assertFalse(markdown.contains("## More figures"), markdown);
  }

  @Test
  void importanceIsShownAndCounted() throws IOException {
    all("all");
    Object heads = at(Tree.parseJson(Files.readAllBytes(folder.resolve("all.json"))), "heads");
    Object found = at(heads, "tissue", "importance", "labels", "tissue-3", "features");
    assertTrue(found instanceof Map);
    if (found instanceof Map<?, ?> features) {
      assertEquals(13, features.size(), "ten for it, three against it");
      assertEquals(List.of("mir-6", "mir-7"), List.copyOf(features.keySet()).subList(0, 2));
      assertEquals(3.0, at(features, "mir-6", "mean"));
      assertEquals(3.5, at(features, "mir-6", "mean_absolute"));
      assertEquals(1L, at(features, "mir-6", "rank"));
    }
    assertEquals(12L, at(heads, "sex", "importance", "labels", "sex-0", "records"));
    Object compared = at(heads, "tissue", "importance", "compared", "tissue-3");
    assertTrue(at(compared, "in_both") instanceof Long both && both >= 2);
    assertTrue(at(compared, "spearman") instanceof Double spearman && Math.abs(spearman) < 0.5);
    String page = Files.readString(folder.resolve("all.html"));
    assertTrue(page.contains("A is one.tsv, B is other.tsv"));
    assertTrue(page.contains("Not in the table of importance: 1 label"), "tissue-24");
    String section = page.substring(page.indexOf("<section id=\"importance-1\""));
    String drawing = section.substring(section.indexOf("<svg"), section.indexOf("</svg>"));
    // 31 labels, two features each is more than 60: one each.
    assertEquals(31, drawing.split(">mir-", -1).length - 1);
    assertTrue(drawing.contains("<title>cohort-4, mir-8: 3.00</title>"), drawing);
    // Every number of a figure stands in a table.
    assertTrue(section.contains("<td>mir-8</td>"));
    assertTrue(Files.size(folder.resolve("all.html")) < 1_000_000);
  }

  @Test
  void otherwiseThePageHasNoImportance() throws IOException {
    report("plain", "--scores", "scores.tsv").succeeded();
    assertFalse(Files.readString(folder.resolve("plain.html")).contains("What counted"));
    String one = Files.readString(folder.resolve("one.tsv"));
    Files.writeString(folder.resolve("one.tsv"), one.substring(0, one.indexOf('\n') + 1));
    report("none", "--importance", "one.tsv").succeeded();
    String page = Files.readString(folder.resolve("none.html"));
    assertTrue(page.contains("The table of importance holds its header and nothing else"), page);
    Tool.Outcome alone = report("x", "--compare-importance", "one.tsv");
    assertEquals(2, alone.code());
    assertTrue(alone.err().contains("give it with --importance"), alone.err());
  }

  @Test
  void recordsAreOneColumnOfMultiQc() throws IOException {
    all("all", "--multiqc", "all-multiqc");
    int columns = 0;
    for (Map.Entry<String, byte[]> file : files("all-multiqc").entrySet()) {
      String text = new String(file.getValue(), java.nio.charset.StandardCharsets.UTF_8);
      columns += text.contains("\"title\" : \"Records\"") ? 1 : 0;
    }
    assertEquals(1, columns);
  }
}
