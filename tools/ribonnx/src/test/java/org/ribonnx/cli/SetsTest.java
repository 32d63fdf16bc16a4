package org.ribonnx.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.ribonnx.classify.ClassifyCommand;
import org.ribonnx.core.testing.Tool;

/** {@code --sets} of both commands, with graphs that run. */
class SetsTest {
  private static final int SET = 7;
  private static final List<String> LABELS = List.of("a", "b", "c", "d");

  private static Path model(Path folder, String given) {
    return StepsTest.everything("concat", 8, given).folder(folder.resolve("model"));
  }

  private static List<String[]> rows(String table) {
    return table.lines().skip(1).map(line -> line.split("\t", -1)).toList();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "quantile: 0.5 | 0.5 0.5 0.5 0.5",
        "quantile: 0.52 | 0.52 0.52 0.52 0.52",
        "quantile: 1 | 1 1 1 1",
        "'quantiles: [0.45, 0.55, 0.5, 0.48]' | 0.45 0.55 0.5 0.48"
      })
  void aSetHoldsTheLabelsThatReachTheirLimit(String given, String limits, @TempDir Path folder)
      throws IOException {
    Path model = model(folder, given);
    byte[] input = StepsTest.fasta(StepsTest.records(97, 400));
    StepsTest.Tables tables = StepsTest.predict(model, input, folder, "--sets");
    String[] quantiles = limits.split(" ", -1);
    List<String[]> scores = rows(tables.scores());
    TreeSet<Integer> sizes = new TreeSet<>();
    int record = 0;
    for (String[] row : rows(tables.predictions())) {
      if (!row[1].equals("kind")) {
        assertEquals("NA", row[SET]);
        continue;
      }
      String[] numbers = scores.get(record++);
      assertEquals(numbers[0], row[0]);
      if (row[4].equals("unusable")) {
        assertEquals("NA", row[SET]);
        continue;
      }
      List<Integer> members = new ArrayList<>();
      boolean near = false;
      for (int label = 0; label < LABELS.size(); label++) {
        double over =
            Double.parseDouble(numbers[1 + label]) - (1 - Double.parseDouble(quantiles[label]));
        // Scores of the table are rounded.
        near |= Math.abs(over) < 1e-5 && over != 0;
        if (over >= 0) {
          members.add(label);
        }
      }
      members.sort(Comparator.comparingDouble(label -> -Double.parseDouble(numbers[1 + label])));
      List<String> names = members.stream().map(LABELS::get).toList();
      if (!near) {
        assertEquals(names.isEmpty() ? "none" : String.join(";", names), row[SET]);
        sizes.add(names.size());
      }
    }
    assertEquals(400, record);
    assertTrue(sizes.size() > 1 || (limits.equals("1 1 1 1") && sizes.contains(4)), "" + sizes);
    // Nothing else changes, and without the option there are none.
    StepsTest.Tables without = StepsTest.predict(model, input, folder);
    assertEquals(tables.scores(), without.scores());
    List<String[]> with = rows(tables.predictions());
    List<String[]> plain = rows(without.predictions());
    assertEquals(with.size(), plain.size());
    for (int i = 0; i < plain.size(); i++) {
      assertEquals("NA", plain.get(i)[SET]);
      plain.get(i)[SET] = with.get(i)[SET];
      assertEquals(List.of(with.get(i)), List.of(plain.get(i)));
    }
  }

  @Test
  void theStepsGiveTheSame(@TempDir Path folder) throws IOException {
    Path model = model(folder, "quantile: 0.52");
    byte[] input = StepsTest.fasta(StepsTest.records(98, 60));
    String expected = StepsTest.predict(model, input, folder, "--sets").predictions();
    StepsTest.steps(model, input, folder, 1);
    Path table = folder.resolve("sets.tsv");
    Tool.run(
            ClassifyCommand::new,
            "--model",
            model,
            "--sets",
            "--output",
            table,
            folder.resolve("fused.npz"))
        .succeeded();
    assertEquals(expected, Files.readString(table));
  }

  @Test
  void aModelWithoutSetsIsRefusedBeforeAnyWork(@TempDir Path folder) {
    Path table = folder.resolve("p.tsv");
    Tool.Outcome outcome =
        Tool.run(
            RibonnxCommand::new,
            new ByteArrayInputStream(new byte[0]),
            "predict",
            "--sets",
            "--model",
            StepsTest.SMALLEST,
            "--output",
            table,
            "-");
    assertEquals(2, outcome.code());
    assertTrue(
        outcome
            .err()
            .contains(
                "--sets: no head of smallest@1.0.0 has prediction sets (composition); run it without"
                    + " --sets, or have the model's author add sets to model.yaml"),
        outcome.err());
    assertTrue(Files.notExists(table));
  }
}
