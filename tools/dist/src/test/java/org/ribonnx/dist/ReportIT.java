package org.ribonnx.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The report of the installed model: its map, pictures and files, and inputs that do not fit. */
class ReportIT {
  private static final String MODEL = "mirna-family";
  private static final Path JAVA_25 = Path.of("/usr/lib/jvm/temurin-25-jdk-amd64");
  private static final String HEADER =
      "id\thead\tprediction\tscore\tstatus\tbest\tname\tset\treason\n";

  private final List<Case> cases = new ArrayList<>();

  private static void installed() {
    assumeTrue(Files.isDirectory(Sandbox.INSTALLATION.resolve("models").resolve(MODEL)), MODEL);
  }

  private static void ok(Sandbox.Result result) {
    assertEquals(0, result.code(), result.toString());
  }

  /** A run of the umbrella command whose outputs the report can be made of again. */
  private static void predict(Sandbox box, Path input) {
    ok(
        box.run(
            "ribonnx",
            "predict",
            "--quiet",
            "--model",
            MODEL,
            "--outdir",
            box.out("whole"),
            "--embeddings",
            box.out("e.npz"),
            input.toString()));
  }

  private static Path hairpins() {
    return Sandbox.TEST_DATA.resolve("hairpins.fa");
  }

  private static List<String> command(Sandbox box, String name, String... more) {
    List<String> words =
        new ArrayList<>(
            List.of(
                "ribonnx-report",
                "--quiet",
                "--model",
                MODEL,
                "--output",
                box.out(name + "/report.html"),
                "--figures",
                box.out(name + "/figures"),
                "--multiqc",
                box.out(name + "/multiqc"),
                "--title",
                "T"));
    words.addAll(List.of(more));
    return words;
  }

  private static Map<String, String> digests(Path folder) {
    Map<String, String> files = new TreeMap<>(Sandbox.digests(folder));
    // It holds times.
    files.remove("report.html.run.json");
    return files;
  }

  @Test
  void mapPicturesAndMultiQc() throws IOException {
    installed();
    try (Sandbox box = new Sandbox()) {
      predict(box, hairpins());
      String truth = Sandbox.TEST_DATA.resolve("truth.tsv").toString();
      List<String> first = new ArrayList<>();
      for (String name : List.of("one", "two", "java25")) {
        Files.createDirectories(box.out.resolve(name));
        if (name.equals("java25")) {
          if (!Files.isDirectory(JAVA_25)) {
            System.out.println("skipped: no Java 25 in " + JAVA_25);
            continue;
          }
          box.environment.put("RIBONNX_JAVA", JAVA_25.toString());
        }
        ok(
            box.run(
                command(
                    box,
                    name,
                    "--scores",
                    box.out("whole/scores.tsv"),
                    "--truth",
                    truth,
                    "--embeddings",
                    box.out("e.npz"),
                    box.out("whole/predictions.tsv"))));
        first.add(name);
      }
      Map<String, String> made = digests(box.out.resolve("one"));
      assertEquals(made, digests(box.out.resolve("two")), "the same bytes twice");
      String page = Sandbox.read(box.out.resolve("one/report.html"));
      assertTrue(page.contains("<section id=\"map\">"), "map");
      assertTrue(page.contains("map-model-t") && page.contains("map-components-t"), "two maps");
      assertTrue(page.contains("pale dots are records"), "background");
      for (String name : first) {
        String other = Sandbox.read(box.out.resolve(name).resolve("report.html"));
        assertEquals(page, other, "the page does not depend on the Java: " + name);
        int pictures = 0;
        try (Stream<Path> files = Files.list(box.out.resolve(name).resolve("figures"))) {
          for (Path file : files.toList()) {
            picture(file);
            pictures++;
          }
        }
        assertTrue(pictures >= 9, pictures + " pictures by " + name);
        assertTrue(
            Files.exists(box.out.resolve(name).resolve("figures/family-map-model.png")), name);
        try (Stream<Path> files = Files.list(box.out.resolve(name).resolve("multiqc"))) {
          List<Path> texts = files.toList();
          assertEquals(4, texts.size(), texts.toString());
          for (Path text : texts) {
            String content = Sandbox.read(text);
            assertTrue(text.toString().endsWith("_mqc.json"), text.toString());
            assertTrue(content.contains("\"plot_type\"") && content.contains("\"T\""), content);
          }
        }
      }
      // What the umbrella command says of the predictions without a truth is the same again.
      Files.createDirectories(box.out.resolve("again"));
      ok(
          box.run(
              command(
                  box,
                  "again",
                  "--scores",
                  box.out("whole/scores.tsv"),
                  "--embeddings",
                  box.out("e.npz"),
                  box.out("whole/predictions.tsv"))));
      assertEquals(
          middle(Sandbox.read(box.out.resolve("whole/report.html"))),
          middle(Sandbox.read(box.out.resolve("again/report.html"))));
      box.assertNothingElse("report");
    }
  }

  private static String middle(String page) {
    return page.substring(
        page.indexOf("<section id=\"head-0\">"), page.indexOf("<section id=\"methods\">"));
  }

  private static void picture(Path file) throws IOException {
    byte[] bytes = Sandbox.bytes(file);
    byte[] signature = {(byte) 0x89, 'P', 'N', 'G', 13, 10, 26, 10};
    assertTrue(Arrays.equals(signature, 0, 8, bytes, 0, 8), file + " is no PNG");
    BufferedImage image = ImageIO.read(file.toFile());
    assertTrue(image.getWidth() >= 400 && image.getHeight() >= 40, file + ": size");
    assertTrue(
        image.getRGB(0, 0) != image.getRGB(image.getWidth() / 2, image.getHeight() / 2)
            || bytes.length > 2_000,
        file + " shows nothing");
  }

  @Test
  void scoresOfATensorFileGiveMargins() {
    installed();
    try (Sandbox box = new Sandbox()) {
      ok(
          box.run(
              "ribonnx",
              "predict",
              "--quiet",
              "--model",
              MODEL,
              "--outdir",
              box.out("npz"),
              "--scores",
              box.out("s.npz"),
              hairpins().toString()));
      String page = Sandbox.read(box.out.resolve("npz/report.html"));
      assertTrue(page.contains("How far the best label is ahead"), "margins");
    }
  }

  /** A model of several heads on a table, with what its features count for each label. */
  @Test
  void severalHeadsAndImportance() throws IOException {
    Path bundle = Sandbox.TEST_DATA.resolve("bundles/expression");
    List<String> features = Sandbox.read(bundle.resolve("features.tsv")).lines().skip(1).toList();
    StringBuilder table =
        new StringBuilder("head\tlabel\tfeature\tmean\tmean_absolute\trecords\trank\n");
    for (String label : List.of("tissue\tbrain", "tissue\tliver", "tissue\tmuscle", "age\tage")) {
      for (int i = 0; i < features.size(); i++) {
        double mean = 3 - 0.5 * i;
        table.append(label).append('\t').append(features.get(i)).append('\t').append(mean);
        table.append('\t').append(Math.abs(mean)).append("\t5\t").append(i + 1).append('\n');
      }
    }
    try (Sandbox box = new Sandbox()) {
      ok(
          box.run(
              "ribonnx",
              "predict",
              "--quiet",
              "--model",
              bundle.toString(),
              "--outdir",
              box.out("run"),
              bundle.resolve("counts.tsv").toString()));
      String importance = box.input("importance.tsv", table.toString());
      String truth =
          box.input("truth.tsv", "id\ttissue\tage\nS01\tliver\t\nS02\t\t40\nS04\tliver\t50\n");
      for (String name : List.of("one", "two")) {
        Files.createDirectories(box.out.resolve(name));
        ok(
            box.run(
                "ribonnx-report",
                "--quiet",
                "--model",
                bundle.toString(),
                "--output",
                box.out(name + "/report.html"),
                "--figures",
                box.out(name + "/figures"),
                "--scores",
                box.out("run/scores.tsv"),
                "--truth",
                truth,
                "--importance",
                importance,
                "--compare-importance",
                importance,
                box.out("run/predictions.tsv")));
      }
      assertEquals(
          digests(box.out.resolve("one")), digests(box.out.resolve("two")), "the same bytes twice");
      String page = Sandbox.read(box.out.resolve("one/report.html"));
      for (String part : List.of("head-0", "truth-0", "importance-0", "head-1", "importance-1")) {
        assertTrue(page.contains("<section id=\"" + part + "\">"), part);
        assertTrue(page.contains("<a href=\"#" + part + "\">"), "link to " + part);
      }
      assertTrue(page.contains("2 heads, each a question of its own"), "lead");
      assertTrue(page.contains("Two rankings compared"), "comparison");
      for (String name :
          List.of(
              "tissue-importance", "tissue-importance-liver", "age-importance", "age-values-age")) {
        picture(box.out.resolve("one/figures").resolve(name + ".png"));
      }
      String metrics = Sandbox.read(box.out.resolve("one/metrics.json"));
      assertTrue(metrics.contains("\"mean_spearman\" : 1"), "a table is like itself");
      box.assertNothingElse("several heads");
    }
  }

  private void bad(String name, int code, Making making, String... fragments) {
    cases.add(
        Case.of(
            name,
            code,
            box -> {
              try {
                List<String> line =
                    new ArrayList<>(
                        List.of("ribonnx-report", "--model", MODEL, "--output", box.out("r.html")));
                line.addAll(List.of(making.options(box)));
                return line;
              } catch (IOException e) {
                throw new IllegalStateException(e);
              }
            },
            fragments));
  }

  private interface Making {
    String[] options(Sandbox box) throws IOException;
  }

  private static String row(String id, String label, String status) {
    boolean ok = status.equals("ok");
    boolean none = status.equals("unusable");
    return String.join(
            "\t",
            id,
            "family",
            ok ? label : "NA",
            none ? "NA" : "0.97",
            status,
            none ? "NA" : label,
            "NA",
            "NA",
            none ? "too-short" : "NA")
        + "\n";
  }

  private static String good(Sandbox box) {
    return box.input("p.tsv", HEADER + row("r0", "RF00027", "ok") + row("r1", "RF00027", "ok"));
  }

  /** Each ends with one line, and leaves nothing in TMPDIR or among the outputs. */
  @TestFactory
  Stream<DynamicTest> inputsThatDoNotFit() {
    installed();
    cases.clear();
    bad("no table", 4, box -> new String[] {box.input("p.tsv", "")}, "p.tsv", "is empty");
    bad(
        "another table",
        4,
        box -> new String[] {box.input("p.tsv", ">a\nACGU\n")},
        "is not the header of a table of predictions");
    bad(
        "predictions of another model",
        4,
        box ->
            new String[] {
              box.input("p.tsv", HEADER + row("r", "RF00027", "ok").replace("family", "kind"))
            },
        "the head 'kind' is none of mirna-family@1.0.0",
        "--model");
    bad(
        "labels of another model",
        4,
        box -> new String[] {box.input("p.tsv", HEADER + row("r", "let-7", "ok"))},
        "line 2",
        "'let-7' is no label");
    bad(
        "truth of another head",
        4,
        box -> new String[] {"--truth", box.input("t.tsv", "id\tkind\nr0\tRF00027\n"), good(box)},
        "t.tsv",
        "'kind' is no head of the model; the heads are: family");
    bad(
        "an id twice in the truth",
        4,
        box ->
            new String[] {
              "--truth", box.input("t.tsv", "id\tfamily\nr0\tRF00027\nr0\tRF00027\n"), good(box)
            },
        "t.tsv: line 3",
        "occurs a second time");
    bad(
        "scores of another run",
        4,
        box -> new String[] {"--scores", box.input("s.tsv", "id\tfamily.x\nr0\t1\n"), good(box)},
        "s.tsv: line 1",
        "Give --model the one that made them");
    bad(
        "scores that are no tensor file",
        4,
        box -> new String[] {"--scores", box.input("s.npz", "junk"), good(box)},
        "s.npz");
    bad(
        "embeddings that are no tensor file",
        4,
        box -> new String[] {"--embeddings", box.input("e.npz", "junk"), good(box)},
        "e.npz");
    String header = "head\tlabel\tfeature\tmean\tmean_absolute\trecords\trank\n";
    bad(
        "importance of another model",
        4,
        box ->
            new String[] {
              "--importance", box.input("i.tsv", header + "kind\tx\t1\t1\t1\t1\t1\n"), good(box)
            },
        "i.tsv: line 2: column 1 (head) is 'kind'",
        "mirna-family@1.0.0 (family)");
    bad(
        "importance that is no number",
        4,
        box ->
            new String[] {
              "--importance",
              box.input("i.tsv", header + "family\tRF00027\t1\tmuch\t1\t1\t1\n"),
              good(box)
            },
        "i.tsv: line 2: column 4 (mean) is 'much'");
    bad(
        "another importance alone",
        2,
        box -> new String[] {"--compare-importance", box.input("i.tsv", header), good(box)},
        "give it with --importance");
    bad(
        "no such truth",
        2,
        box -> new String[] {"--truth", box.in + "/none.tsv", good(box)},
        "none.tsv: no such file");
    return Case.tests(cases);
  }

  @Test
  void honestPages() {
    installed();
    try (Sandbox box = new Sandbox()) {
      String page = page(box, HEADER);
      assertTrue(page.contains("There are no records"), "header alone");
      page = page(box, HEADER + row("a", "", "unusable") + row("b", "", "unusable"));
      assertTrue(page.contains("2 of 2 records (100 %) could not be used"), "unusable");
      String two = HEADER + row("r0", "RF00027", "ok") + row("r1", "RF00027", "ok");
      page = page(box, two, "--truth", box.input("t.tsv", "id\tfamily\nx\tRF00027\n"));
      assertTrue(page.contains("None of the ids of the predictions occurs"), "unknown ids");
      page = page(box, two, "--truth", box.input("t.tsv", "id\tfamily\nr0\tRF-none\n"));
      assertTrue(page.contains("None of the labels in the truth"), "other labels");
      page = page(box, two, "--truth", box.input("t.tsv", "id\tfamily\nr0\tRF00027\nx\tRF00027\n"));
      assertTrue(page.contains("1 id of the table of truth is not among"), "missing ids");
      box.assertNothingElse("report");
    }
  }

  private static String page(Sandbox box, String predictions, String... more) {
    List<String> words =
        new ArrayList<>(List.of("ribonnx-report", "--model", MODEL, "--output", box.out("r.html")));
    words.addAll(List.of(more));
    words.add(box.input("p.tsv", predictions));
    ok(box.run(words));
    return Sandbox.read(box.out.resolve("r.html"));
  }

  /** Ids that want to be more than text, from the sequences on to every file of the report. */
  @Test
  void hostileIds() throws IOException {
    installed();
    try (Sandbox box = new Sandbox()) {
      String sequence = Sandbox.read(hairpins()).lines().skip(1).findFirst().orElse("");
      StringBuilder fasta = new StringBuilder();
      for (String id :
          List.of(
              "<script>alert(1)</script>",
              "\"><img/src=x/onerror=alert(1)>",
              "](javascript:alert(1))",
              "`id`",
              "../../x",
              "=1+1",
              "\u202egnp")) {
        fasta.append('>').append(id).append('\n').append(sequence).append('\n');
      }
      Path input = Path.of(box.input("x.fa", fasta.toString()));
      ok(
          box.run(
              "ribonnx",
              "predict",
              "--quiet",
              "--model",
              MODEL,
              "--outdir",
              box.out("o"),
              "--markdown",
              box.out("o.md"),
              input.toString()));
      String page = Sandbox.read(box.out.resolve("o/report.html"));
      for (String sign : List.of("<script", "<img", "\u202e", "`")) {
        assertFalse(page.contains(sign), sign);
      }
      assertTrue(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "shown as text");
      String markdown = Sandbox.read(box.out.resolve("o.md"));
      for (String sign : List.of("<script", "<img", "](javascript", "\u202e", "`id`")) {
        assertFalse(markdown.contains(sign), sign);
      }
      box.assertNothingElse("hostile ids");
    }
  }
}
