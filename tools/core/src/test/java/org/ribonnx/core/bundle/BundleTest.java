package org.ribonnx.core.bundle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.testing.OnnxBuilder;
import org.ribonnx.core.testing.TestBundle;

class BundleTest {
  /** Every section and nearly every key; quoted pieces are what the tests change. */
  private static final String CARD =
      """
      schema: 1
      id: whole
      version: 1.2.3
      requires: {ribonnx: ">=0.1"}
      title: All of it
      inputs:
        rna: {kind: sequences, what: hairpins, length: [4, 9], example: test/in.fa}
      views:
        v: {from: [rna], encoder: nucleotides@1, options: {keep: 5p}, dtype: uint8, shape: [8], pad: 5}
      embed:
        v: {graph: embed.onnx, sha256: SHA(embed.onnx), inputs: {codes: v}, outputs: {e: {width: 4}}, batch: {cpu: 16, cuda: 32}, device: any}
      fuse: {method: concat, missing: {policy: fail}}
      heads:
        one:
          {kind: single-label, graph: head.onnx, sha256: SHA(head.onnx), output: p, labels: labels.tsv,
           reject: {score: max-probability, unassigned-when: below, at: 0.5, labels: [b], calibration: {true-positive-rate: 0.9, free: text}},
           sets: {method: split-conformal, coverage: 0.9, quantile: 0.8}}
        many: {kind: multi-label, graph: head.onnx, sha256: SHA(head.onnx), labels: [x, y, z], thresholds: [0.1, 0.2, 1]}
        number: {kind: regression, graph: head.onnx, sha256: SHA(head.onnx), targets: [{name: age, unit: years}]}
      report:
        projector: {graph: project.onnx, sha256: SHA(project.onnx), inputs: {e: v}, output: position, batch: {cpu: 16, cuda: 64}}
        background: {file: known.npz, sha256: SHA(known.npz), head: one}
      explain:
        one: {method: contributions, graph: explain.onnx, sha256: SHA(explain.onnx), inputs: {x: v}, output: c, difference: d, rule: by hand, unit: logit, view: v}
        many: {method: occlusion, window: 5, step: 2}
        number: {method: occlusion, groups: {file: groups.tsv, sha256: SHA(groups.tsv)}}
      test: {input: test/in.fa, expected: test/out.npz, absolute: 1.0e-4, relative: 1.0e-3}
      card: {licence: X, anything: {goes: here}}
      x-note: left to everybody
      """;

  private static TestBundle bundle(String card, String labels) {
    return new TestBundle(card)
        .file("embed.onnx", OnnxBuilder.codesToScores("codes", 8, "e", 4))
        .file("head.onnx", OnnxBuilder.linear("e", 4, "p", 3))
        .file("project.onnx", OnnxBuilder.linear("e", 4, "position", 2))
        .file("explain.onnx", OnnxBuilder.linear("x", 8, "c", 3))
        .file("groups.tsv", "feature\tgroup\n")
        .file("known.npz", "content is the report's affair")
        .file("labels.tsv", labels);
  }

  @Test
  void aQuantileForEachLabel(@TempDir Path folder) {
    String card = CARD.replace("quantile: 0.8", "quantiles: [0.5, 1, 0.25]");
    try (Bundle bundle = Bundle.open(bundle(card, LABELS).folder(folder))) {
      HeadSpec one = Objects.requireNonNull(bundle.heads().get("one"));
      HeadSpec.Sets sets = Objects.requireNonNull(one.sets());
      assertEquals(new HeadSpec.Sets(0.9, List.of(0.5, 1.0, 0.25), true), sets);
      // The limit itself is inside.
      assertTrue(sets.holds(0, 0.5) && !sets.holds(0, 0.49));
      assertTrue(sets.holds(1, 0) && !sets.holds(2, 0.7));
    }
  }

  private static final String LABELS = "label\tname\turl\na\tA\thttps://a.org\nb\tB\t\nc\t\t\n";

  private static void readAll(Bundle bundle) {
    bundle.inputs();
    bundle.views();
    bundle.embed();
    bundle.fuse();
    bundle.heads();
    bundle.storedTest();
    bundle.graphs().forEach(bundle::graph);
    ReportSpec.Background background = bundle.report().background();
    if (background != null) {
      bundle.content(background);
    }
    for (ExplainSpec spec : bundle.explain().values()) {
      if (spec instanceof ExplainSpec.Occlusion occlusion && occlusion.groups() != null) {
        bundle.content(occlusion.groups());
      }
    }
  }

  private static String refusal(Path folder, TestBundle made) {
    Path path = made.folder(folder);
    RibonnxException refusal =
        assertThrows(
            RibonnxException.class,
            () -> {
              try (Bundle bundle = Bundle.open(path)) {
                readAll(bundle);
              }
            });
    assertEquals(RibonnxException.Kind.BUNDLE, refusal.kind(), refusal.line());
    assertEquals(1, refusal.line().lines().count(), refusal.line());
    assertTrue(refusal.line().contains(folder.toString()), refusal.line());
    return refusal.line();
  }

  @Test
  void everySectionIsRead(@TempDir Path folder) {
    try (Bundle bundle = Bundle.open(bundle(CARD, LABELS).folder(folder))) {
      readAll(bundle);
      assertEquals("whole@1.2.3", bundle.name());
      assertEquals("All of it", bundle.title());
      HeadSpec one = bundle.heads().get("one");
      assertNotNull(one);
      assertEquals(List.of("a", "b", "c"), one.labelNames());
      assertEquals("https://a.org", one.labels().get(0).url());
      assertEquals(new HeadSpec.Reject(true, 0.5, List.of("b"), 0.9, null), one.reject());
      assertEquals(new HeadSpec.Sets(0.9, List.of(0.8, 0.8, 0.8), false), one.sets());
      HeadSpec many = bundle.heads().get("many");
      assertNotNull(many);
      assertEquals(List.of(0.1, 0.2, 1.0), many.thresholds());
      HeadSpec number = bundle.heads().get("number");
      assertNotNull(number);
      assertEquals("years", number.labels().get(0).description());
      assertEquals(FuseSpec.Policy.FAIL, bundle.fuse().missing().policy());
      assertEquals(6, bundle.graphs().size());
      ReportSpec.Projector projector = bundle.report().projector();
      assertNotNull(projector);
      assertEquals("position", projector.output());
      assertEquals("report.projector", projector.graph().where());
      ReportSpec.Background background = bundle.report().background();
      assertNotNull(background);
      assertEquals("one", background.head().name());
      Map<String, ExplainSpec> explain = bundle.explain();
      assertEquals(List.of("one", "many", "number"), List.copyOf(explain.keySet()));
      ExplainSpec graph = explain.get("one");
      assertEquals(
          new ExplainSpec.Contributions(
              one, bundle.graphs().get(5), "c", "d", "by hand", "logit", "v"),
          graph);
      assertEquals(new ExplainSpec.Occlusion(many, null, 5, 2, null), explain.get("many"));
      ExplainSpec.Groups groups =
          new ExplainSpec.Groups(
              "groups.tsv", bundle.digestOfFile("groups.tsv"), "explain.number.groups");
      assertEquals(new ExplainSpec.Occlusion(number, groups, 0, 1, null), explain.get("number"));
    }
  }

  /** Each line: what stands in the card, what is put in its place, what the message must name. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          schema: 1 | schema: 2 | schema must be 1
          schema: 1 | x-schema: 1 | schema must be 1
          schema: 1 | schema: one | schema is 'one'
          id: whole | x-id: whole | id is missing
          id: whole | id: Whole | id is 'Whole'
          id: whole | id: a/b | id is 'a/b'
          id: whole | id: [a] | id must be a text
          version: 1.2.3 | version: new | version is 'new'
          version: 1.2.3 | version: 1.10 | version is the number 1.1
          version: 1.2.3 | version: "" | version is empty
          ">=0.1" | ">=99" | requires.ribonnx is '>=99'
          ">=0.1" | "0.1" | requires.ribonnx is '0.1'
          requires: {ribonnx | requires: {oops | requires.oops is not known
          title: All | unknown: All | unknown is not known
          kind: sequences | kind: pictures | inputs.rna.kind is 'pictures'
          kind: sequences, what | what | inputs.rna.kind is missing
          what: hairpins | wat: hairpins | inputs.rna.wat is not known
          [4, 9] | [9, 4] | inputs.rna.length
          [4, 9] | [4] | inputs.rna.length
          [4, 9] | [a, b] | inputs.rna.length
          [4, 9] | 4 | inputs.rna.length must be a list
          '  rna: {' | '  1rna: {' | inputs.1rna is no valid name
          from: [rna] | from: [dna] | views.v.from names 'dna'
          encoder: nucleotides@1, | '' | views.v.encoder is missing
          options: {keep: 5p} | options: [5p] | views.v.options must be a mapping
          dtype: uint8 | dtype: byte | views.v.dtype is 'byte'
          shape: [8] | shape: [0] | views.v.shape must be
          shape: [8] | shape: [x] | views.v.shape must be
          shape: [8] | shape: [100000, 100000] | views.v.shape makes records
          pad: 5} | pad: 256} | views.v.pad is '256'
          pad: 5} | pad: 5, oops: 1} | views.v.oops is not known
          graph: embed.onnx, | '' | embed.v.graph is missing
          graph: embed.onnx | graph: ../embed.onnx | embed.v.graph '../embed.onnx' must be a path inside
          graph: embed.onnx | graph: /etc/passwd | must be a path inside
          graph: embed.onnx | graph: none.onnx | none.onnx: the bundle lacks this file
          sha256: SHA(embed.onnx), | '' | embed.v.sha256 is missing
          sha256: SHA(embed.onnx) | sha256: abc | embed.v.sha256 is no SHA-256
          sha256: SHA(embed.onnx) | sha256: SHA(head.onnx) | embed.v.sha256 is
          inputs: {codes: v} | inputs: {codes: [v]} | embed.v.inputs.codes must be a text
          {width: 4} | {width: 0} | embed.v.outputs.e.width is '0'
          {width: 4} | {wide: 4} | embed.v.outputs.e.wide is not known
          cpu: 16 | cpu: 17 | embed.v.batch.cpu is 17
          cpu: 16 | gpu: 16 | embed.v.batch.gpu is not known
          device: any | device: tpu | embed.v.device is 'tpu'
          device: any | devise: any | embed.v.devise is not known
          method: concat | method: sum | fuse.method is 'sum'
          method: concat, | '' | fuse.method is missing
          policy: fail | policy: guess | fuse.missing.policy is 'guess'
          policy: fail | rule: fail | fuse.missing.policy is missing
          kind: single-label | kind: binary | heads.one.kind is 'binary'
          '  one:' | '  o.ne:' | heads.o.ne is no valid name
          labels: labels.tsv | labels: none.tsv | none.tsv: the bundle lacks this file
          labels: labels.tsv, | '' | heads.one.labels is missing
          score: max-probability | score: entropy | heads.one.reject.score
          below, at | beneath, at | heads.one.reject.unassigned-when
          at: 0.5 | at: half | heads.one.reject.at is 'half'
          ', at: 0.5' | '' | heads.one.reject.at is missing
          labels: [b] | labels: [q] | heads.one.reject.labels names 'q'
          true-positive-rate: 0.9 | true-positive-rate: high | heads.one.reject.calibration.true-positive-rate
          split-conformal | magic | heads.one.sets.method
          coverage: 0.9, | '' | heads.one.sets.coverage is missing
          ', quantile: 0.8' | '' | heads.one.sets.quantile is missing
          quantile: 0.8 | 'quantiles: [0.8, 0.9]' | heads.one.sets.quantiles must give a number for each of the 3 labels
          quantile: 0.8 | 'quantiles: [0.8, 0.9, 2]' | heads.one.sets.quantiles holds 2.0; numbers from 0 to 1
          quantile: 0.8 | 'quantiles: [0.8, 0.9, x]' | heads.one.sets.quantiles must be a number
          quantile: 0.8 | 'quantile: 0.8, quantiles: [0.8, 0.9, 1]' | heads.one.sets.quantile and quantiles exclude each other
          labels: [x, y, z] | labels: [x, y, x] | heads.many.labels holds twice: 'x'
          labels: [x, y, z] | labels: [x, y, NA] | heads.many.labels holds a label that is not allowed
          labels: [x, y, z] | labels: [x, y, none] | not allowed: 'none'
          labels: [x, y, z] | labels: [x, y, "a;b"] | not allowed: 'a;b'
          labels: [x, y, z] | labels: [x, y, "a\\tb"] | not allowed
          labels: [x, y, z] | labels: [] | heads.many.labels holds no label
          thresholds: [0.1, 0.2, 1] | thresholds: [0.1] | heads.many.thresholds must give
          thresholds: [0.1, 0.2, 1] | thresholds: [a, b, c] | heads.many.thresholds must be
          ', thresholds: [0.1, 0.2, 1]' | '' | heads.many.thresholds must give
          outputs: {e: {width: 4}} | outputs: {e: {width: 4}, status: {}} | embed.v.outputs.status has a name that tensor files use
          outputs: {e: {width: 4}} | outputs: {e: {width: 4}, offsets: {}} | embed.v.outputs.offsets has a name that tensor files use
          targets: [{name: age, unit: years}] | targets: [age] | heads.number.targets[0] must be a mapping
          targets: [{name: age, unit: years}] | targets: [{unit: years}] | heads.number.targets[0].name is missing
          targets: [{name: age, unit: years}] | targets: [{name: age, units: years}] | heads.number.targets[0].units is not known
          targets: [{name: age, unit: years}] | targets: [{name: age}, {name: age}] | heads.number.targets[1].name is 'age', as that of another target
          targets: [{name: age, unit: years}] | targets: [{name: 2nd}] | heads.number.targets[0].name is '2nd'
          unit: years}]} | unit: years}], thresholds: 1} | heads.number.thresholds goes with
          unit: years}]} | unit: years}], oops: 1} | heads.number.oops is not known
          graph: project.onnx | graph: none.onnx | none.onnx: the bundle lacks this file
          graph: project.onnx, | '' | report.projector.graph is missing
          sha256: SHA(project.onnx), | '' | report.projector.sha256 is missing
          sha256: SHA(project.onnx) | sha256: SHA(head.onnx) | report.projector.sha256 is
          output: position | outputs: position | report.projector.outputs is not known
          cuda: 64 | cuda: 63 | report.projector.batch.cuda is 63
          file: known.npz | file: ../known.npz | report.background.file '../known.npz' must be a path inside
          file: known.npz | file: none.npz | none.npz: the bundle lacks this file
          file: known.npz, | '' | report.background.file is missing
          sha256: SHA(known.npz), | '' | report.background.sha256 is missing
          method: contributions | method: gradients | explain.one.method is 'gradients'
          '  one: {method' | '  two: {method' | explain.two names no head
          graph: explain.onnx | graph: none.onnx | explain.one.graph names none.onnx: the bundle lacks this file
          graph: explain.onnx, | '' | explain.one.graph is missing
          sha256: SHA(explain.onnx), | '' | explain.one.sha256 is missing
          sha256: SHA(explain.onnx) | sha256: SHA(head.onnx) | explain.one.sha256 is
          output: c, | '' | explain.one.output is missing
          difference: d, | '' | explain.one.difference is missing
          difference: d | difference: c | explain.one.difference is the output
          rule: by hand | rule: "by\\nhand" | explain.one.rule must be a few words
          rule: by hand | rules: by hand | explain.one.rules is not known
          view: v} | view: w} | explain.one.view is 'w'
          window: 5 | window: 0 | explain.many.window is '0'
          'window: 5, ' | '' | explain.many.step goes with a window
          step: 2 | step: wide | explain.many.step is 'wide'
          step: 2 | groups: {file: groups.tsv} | explain.many.groups and a window
          file: groups.tsv, | '' | explain.number.groups.file is missing
          file: groups.tsv | file: ../groups.tsv | explain.number.groups.file '../groups.tsv' must be a path inside
          file: groups.tsv | file: none.tsv | explain.number.groups.file names none.tsv
          ', sha256: SHA(groups.tsv)' | '' | explain.number.groups.sha256 is missing
          SHA(groups.tsv) | SHA(labels.tsv) | explain.number.groups.sha256 is
          sha256: SHA(groups.tsv) | sha256: SHA(groups.tsv), oops: 1 | explain.number.groups.oops is not known
          sha256: SHA(known.npz) | sha256: SHA(head.onnx) | report.background.sha256 is
          head: one} | head: number} | report.background.head names 'number'
          ', head: one}' | '}' | report.background.head must say which
          head: one} | heads: one} | report.background.heads is not known
          '  projector: {' | '  x-projector: {' | report.background needs a projector
          '  background: {' | '  backdrop: {' | report.backdrop is not known
          test: {input: test/in.fa, | test: { | test.input is missing
          input: test/in.fa | input: a/../../in.fa | test.input
          relative: 1.0e-3 | relativ: 1.0e-3 | test.relativ is not known
          card: {licence | card: {a: &x 1, b: *x, licence | is no valid YAML
          x-note: left | id: left | is no valid YAML
          """)
  void everyMistakeIsNamed(String find, String put, String message, @TempDir Path folder) {
    assertTrue(CARD.contains(find), find);
    String card = CARD.replace(find, put == null ? "" : put);
    String line = refusal(folder, bundle(card, LABELS));
    assertTrue(line.contains(message), line);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "name\tlabel\n\ta\n\ta\n",
        "name\na\n",
        "label\n\n",
        "label\turl\na\thttp://plain.org\n",
        "label\turl\na\tjavascript:x\n",
        "label\tlabel\na\tb\n",
        "label\nNA\n",
        "label\na;b\n",
        "label\tname\n\tA\n",
        ""
      })
  void labelTablesAreChecked(String labels, @TempDir Path folder) {
    refusal(folder, bundle(CARD, labels));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "[]", "text", "a: [", "schema: 1\n---\nid: x", "\u0000"})
  void whatIsNoCardIsRefused(String card, @TempDir Path folder) {
    refusal(folder, new TestBundle(card));
  }

  @Test
  void aStageDigestDependsOnItsOwnSectionsAndThoseBefore(@TempDir Path folder) {
    String[] steps = {"encode", "embed", "fuse"};
    String[][] changes = {
      {"keep: 5p", "keep: 3p", "encode"},
      {"cuda: 32", "cuda: 48", "embed"},
      {"policy: fail", "policy: unusable", "fuse"},
      {"at: 0.5", "at: 0.6", ""},
      {"cuda: 64", "cuda: 48", ""},
      {"title: All of it", "title: Other", ""},
      {"from: [rna], encoder: nucleotides@1", "encoder: nucleotides@1, from: [rna]", ""}
    };
    try (Bundle before = Bundle.open(bundle(CARD, LABELS).folder(folder.resolve("before")))) {
      for (int i = 0; i < changes.length; i++) {
        String card = CARD.replace(changes[i][0], changes[i][1]);
        assertNotEquals(CARD, card);
        try (Bundle after = Bundle.open(bundle(card, LABELS).folder(folder.resolve("b" + i)))) {
          boolean changed = false;
          for (String step : steps) {
            changed |= step.equals(changes[i][2]);
            assertEquals(
                changed,
                !before.digestOf(step).equals(after.digestOf(step)),
                step + " after " + changes[i][1]);
          }
          assertNotEquals(before.cardDigest(), after.cardDigest());
        }
      }
    }
  }
}
