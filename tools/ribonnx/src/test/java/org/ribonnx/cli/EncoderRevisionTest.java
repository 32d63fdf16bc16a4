package org.ribonnx.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ribonnx.core.testing.OnnxBuilder;
import org.ribonnx.core.testing.TestBundle;
import org.ribonnx.core.testing.Tool;
import org.ribonnx.encode.EncodeCommand;
import org.ribonnx.encode.ThrowAwayEncoders;

/** A bundle that names a revision of an encoder runs the same when a later release has another. */
class EncoderRevisionTest {
  private static final String CARD =
      """
      schema: 1
      id: old
      version: 1.0.0
      inputs: {rna: {kind: sequences}}
      views:
        v: {encoder: backwards@1, shape: [8], pad: 5}
      heads:
        h: {kind: single-label, graph: head.onnx, labels: [a, b, c, d]}
      test: {input: test/in.fa}
      """;

  @AfterEach
  void thisRelease() {
    ThrowAwayEncoders.revisions = 1;
  }

  private static byte[] predictions(Path model, Path out) throws IOException {
    Tool.run(
            RibonnxCommand::new,
            "predict",
            "--model",
            model,
            "--output",
            out,
            model.resolve("test/in.fa"))
        .succeeded();
    return Files.readAllBytes(out);
  }

  private static byte[] features(Path model, Path out) throws IOException {
    Tool.run(EncodeCommand::new, "--model", model, "--output", out, model.resolve("test/in.fa"))
        .succeeded();
    return Files.readAllBytes(out);
  }

  @Test
  void aSecondRevisionChangesNothingForTheFirst(@TempDir Path folder) throws IOException {
    Path model =
        new TestBundle(CARD)
            .file("head.onnx", OnnxBuilder.codesToScores("codes", 8, "p", 4))
            .file("test/in.fa", ">a\nACGUACGA\n>b\nGGCA\n>c\nCCCCAAAA\n")
            .folder(folder.resolve("old"));
    Tool.run(RibonnxCommand::new, "model", "seal", model).succeeded();
    byte[] sealed = Files.readAllBytes(model.resolve("model.yaml"));
    byte[] before = predictions(model, folder.resolve("before.tsv"));
    byte[] featuresBefore = features(model, folder.resolve("before.npz"));

    Path newer = folder.resolve("new");
    TestBundle second =
        new TestBundle(CARD.replace("backwards@1", "backwards@2").replace("id: old", "id: new"))
            .file("head.onnx", OnnxBuilder.codesToScores("codes", 8, "p", 4))
            .file("test/in.fa", Files.readAllBytes(model.resolve("test/in.fa")));
    second.folder(newer);
    Tool.Outcome tooNew = Tool.run(RibonnxCommand::new, "model", "seal", newer);
    assertEquals(5, tooNew.code(), tooNew.err());
    assertTrue(
        tooNew.err().contains("views.v.encoder is 'backwards@2'; this release has backwards@1"),
        tooNew.err());

    ThrowAwayEncoders.revisions = 2;
    assertArrayEquals(before, predictions(model, folder.resolve("after.tsv")));
    assertArrayEquals(featuresBefore, features(model, folder.resolve("after.npz")));
    String tested = Tool.run(RibonnxCommand::new, "model", "test", model).succeeded().text();
    assertTrue(tested.contains("encode.v\tok\tlargest difference 0"), tested);
    assertArrayEquals(sealed, Files.readAllBytes(model.resolve("model.yaml")));

    // The second revision is another encoder, and its files are no others' input.
    second.folder(newer);
    Tool.run(RibonnxCommand::new, "model", "seal", newer).succeeded();
    assertNotEquals(
        new String(before, java.nio.charset.StandardCharsets.UTF_8),
        new String(
            predictions(newer, folder.resolve("newer.tsv")),
            java.nio.charset.StandardCharsets.UTF_8));
    Tool.Outcome mixed =
        Tool.run(
            org.ribonnx.classify.ClassifyCommand::new,
            "--model",
            newer,
            "--output",
            folder.resolve("mixed.tsv"),
            folder.resolve("after.npz"));
    assertEquals(4, mixed.code(), mixed.err());
    assertTrue(mixed.err().contains("old@1.0.0"), mixed.err());
  }
}
