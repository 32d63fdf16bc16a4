package org.ribonnx.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.ribonnx.core.testing.OnnxBuilder;
import org.ribonnx.core.testing.TestBundle;
import org.ribonnx.core.testing.Tool;

/**
 * Models of the forms that other people's exports have: the bundles that {@code make_shapes.py}
 * made, whose scores come from scikit-learn or from each record run alone in Python.
 */
class ShapesTest {
  private static final Path SHAPES = Tool.repository("test-data/bundles/shapes");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "two-inputs",
        "varying",
        "targets-and-labels",
        "half",
        "int8-static",
        "int8-dynamic",
        "pipeline",
        "forest",
        "boosted",
        "forest-targets"
      })
  void theScoresAreThoseOfPython(String name, @TempDir Path folder) throws IOException {
    Path model = SHAPES.resolve(name);
    byte[] input = Files.readAllBytes(SHAPES.resolve("input.fa"));
    List<String> expected = Files.readAllLines(model.resolve("expected.tsv"));
    // Half precision has steps of 1/2048, and a record alone is summed in another order.
    StepsTest.sameScores(
        expected,
        StepsTest.predict(model, input, folder).scores(),
        name.equals("half") ? value -> 1e-3 : StepsTest::rounding);
    Path results = folder.resolve("results");
    Tool.run(
            RibonnxCommand::new,
            new ByteArrayInputStream(input),
            "predict",
            "--quiet",
            "--model",
            model,
            "--outdir",
            results,
            "-")
        .succeeded();
    String head = expected.get(0).split("\t", -1)[1].split("\\.", -1)[0];
    assertTrue(Files.readString(results.resolve("report.html")).contains(head));
    StepsTest.sameByEveryWay(model, VaryingLengthTest.records(120, 150, 120), folder);
  }

  /** Its scale is found over all records of a run, so each must have a run of its own. */
  @Test
  void dynamicQuantisationSeesOneRecordAtATime(@TempDir Path folder) throws IOException {
    byte[] graph =
        new OnnxBuilder()
            .input("codes", OnnxBuilder.UINT8, -1, 8)
            .floats("ones", new long[] {8, 1}, 1, 1, 1, 1, 1, 1, 1, 1)
            .add("Cast", "codes", "numbers", OnnxBuilder.attribute("to", OnnxBuilder.FLOAT))
            .add("MatMul", "numbers,ones", "sums")
            .add(
                OnnxBuilder.node(
                    "DynamicQuantizeLinear", List.of("sums"), List.of("q", "scale", "zero")))
            .add(OnnxBuilder.node("DequantizeLinear", List.of("q", "scale", "zero"), List.of("y")))
            .output("y", OnnxBuilder.FLOAT, -1, 1)
            .build();
    Path model =
        new TestBundle(
                """
                schema: 1
                id: scale
                version: 1.0.0
                inputs: {rna: {kind: sequences}}
                views: {v: {encoder: nucleotides@1, pad: 5}}
                heads: {h: {kind: regression, graph: g.onnx, sha256: SHA(g.onnx)}}
                """)
            .file("g.onnx", graph)
            .folder(folder.resolve("model"));
    byte[] input = ">a\nAAAAAAAC\n>b\nUUUUUUUU\n>c\nAAAAAAAG\n".getBytes(StandardCharsets.UTF_8);
    // Beside the 24 of b, the 1 of a would be 0.94: a multiple of 24/255.
    assertEquals(
        List.of("id\th", "a\t1", "b\t24", "c\t2"),
        StepsTest.predict(model, input, folder).scores().lines().toList());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "zipmap| | output 'output_probability' is sequence of maps; a tensor with a record per row is expected; export with skl2onnx and options={'zipmap': False}",
        "forest| probabilities>label | heads.kind.graph returns int64 [] per record; float32, float64 or float16",
        "targets-and-labels| thresholds: [0.5, 0.4, 0.6, 0.5]>thresholds: [0.5, 0.4] | heads.traits.thresholds must give a number for each of the 4 labels",
        "targets-and-labels| {name: load}>{name: load}, {name: more} | heads.amounts.labels holds 3 labels, but the graph returns 2 numbers; correct the labels",
        "two-inputs| inputs: {codes: codes}, lengths: length>inputs: {codes: codes} | the graph also wants the input 'length'",
        "two-inputs| lengths: length>lengths: codes | input 'codes' is uint8 [?, 40]; for lengths, int64, int32 or float32",
        "two-inputs| lengths: length>lengths: {length: other} | lengths names the view 'other', which is none of the graph's inputs"
      })
  void whatIsNotReadIsToldWithItsRemedy(
      String name, String change, String message, @TempDir Path folder) throws IOException {
    Path model = Files.createDirectories(folder.resolve("model"));
    for (String file : List.of("model.yaml", "head.onnx")) {
      Files.copy(SHAPES.resolve(name).resolve(file), model.resolve(file));
    }
    if (change != null) {
      Path card = model.resolve("model.yaml");
      String[] parts = change.split(">", -1);
      String text = Files.readString(card);
      assertTrue(text.contains(parts[0]), parts[0]);
      Files.writeString(card, text.replace(parts[0], parts[1]));
    }
    Tool.Outcome outcome =
        Tool.run(
            RibonnxCommand::new,
            new ByteArrayInputStream(">a\nACGU\n".getBytes(StandardCharsets.UTF_8)),
            "predict",
            "--quiet",
            "--model",
            model,
            "--output",
            "-",
            "-");
    assertEquals(5, outcome.code(), outcome.err());
    assertEquals(1, outcome.err().lines().count(), outcome.err());
    assertTrue(outcome.err().contains(message), outcome.err());
  }
}
