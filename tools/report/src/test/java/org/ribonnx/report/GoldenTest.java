package org.ribonnx.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.ribonnx.core.io.Tree;

/** Measures against scikit-learn's, which src/test/python/golden.py wrote. */
class GoldenTest {
  private static @Nullable Object golden(String key) throws IOException {
    try (InputStream stream = GoldenTest.class.getResourceAsStream("golden.json")) {
      assertNotNull(stream);
      return get(Tree.parseJson(stream.readAllBytes()), key);
    }
  }

  private static @Nullable Object get(@Nullable Object tree, String key) {
    return tree instanceof Map<?, ?> map ? map.get(key) : null;
  }

  private static List<?> list(@Nullable Object value) {
    return value instanceof List<?> items ? items : List.of();
  }

  private static double number(@Nullable Object value) {
    return value instanceof Number number ? number.doubleValue() : Double.NaN;
  }

  private static void same(@Nullable Object expected, double found, String what) {
    assertEquals(number(expected), found, 1e-12, what);
  }

  @Test
  void curvesOfTwoGroups() throws IOException {
    List<?> cases = list(golden("two_groups"));
    assertEquals(7, cases.size());
    for (Object one : cases) {
      String name = String.valueOf(get(one, "name"));
      List<?> truth = list(get(one, "truth"));
      List<?> scores = list(get(one, "scores"));
      Numbers positive = new Numbers();
      Numbers negative = new Numbers();
      Calibration calibration = new Calibration();
      for (int i = 0; i < truth.size(); i++) {
        boolean yes = number(truth.get(i)) == 1;
        (yes ? positive : negative).add(number(scores.get(i)));
        calibration.add(number(scores.get(i)), yes);
      }
      Roc roc = new Roc(positive, negative);
      same(get(one, "auroc"), roc.area(), name);
      same(get(one, "average_precision"), roc.averagePrecision(), name);
      same(get(one, "brier"), calibration.brier(), name);
      if (Double.isNaN(roc.area())) {
        continue;
      }
      same(get(one, "ece"), calibration.expectedError(), name);
      List<List<Double>> bins = new ArrayList<>();
      for (int bin = 0; bin < Calibration.BINS; bin++) {
        if (calibration.count(bin) > 0) {
          bins.add(List.of(calibration.mean(bin), calibration.share(bin)));
        }
      }
      points(get(one, "calibration"), bins, name);
      points(
          get(one, "precision_recall"),
          roc.precisionOverRecall().stream()
              .map(point -> List.of(point.falsePositiveRate(), point.truePositiveRate()))
              .toList(),
          name);
      // Both leave out points on straight runs, but not the same ones: each of ours is on theirs.
      List<?> theirs = list(get(one, "roc"));
      for (Roc.Point point : roc.points()) {
        boolean on = false;
        for (int i = 1; i < theirs.size(); i++) {
          on |= isBetween(list(theirs.get(i - 1)), list(theirs.get(i)), point);
        }
        assertTrue(on, name + " " + point);
      }
    }
  }

  private static boolean isBetween(List<?> from, List<?> to, Roc.Point point) {
    double x = point.falsePositiveRate() - number(from.get(0));
    double y = point.truePositiveRate() - number(from.get(1));
    double width = number(to.get(0)) - number(from.get(0));
    double height = number(to.get(1)) - number(from.get(1));
    return Math.abs(x * height - y * width) < 1e-12
        && x >= -1e-12
        && x <= width + 1e-12
        && y >= -1e-12
        && y <= height + 1e-12;
  }

  private static void points(@Nullable Object expected, List<List<Double>> found, String name) {
    List<?> theirs = list(expected);
    assertEquals(theirs.size(), found.size(), name);
    for (int i = 0; i < theirs.size(); i++) {
      same(list(theirs.get(i)).get(0), found.get(i).get(0), name + " " + i);
      same(list(theirs.get(i)).get(1), found.get(i).get(1), name + " " + i);
    }
  }

  @Test
  void measuresOfLabels() throws IOException {
    List<?> cases = list(golden("labels"));
    assertEquals(3, cases.size());
    for (Object one : cases) {
      String name = String.valueOf(get(one, "name"));
      List<?> truth = list(get(one, "truth"));
      List<?> scores = list(get(one, "scores"));
      int labels = list(scores.get(0)).size();
      BinnedAreas areas = new BinnedAreas(labels);
      ScoreLoss loss = new ScoreLoss();
      long[] support = new long[labels];
      long[] predicted = new long[labels];
      long[] right = new long[labels];
      for (int i = 0; i < truth.size(); i++) {
        int known = (int) number(truth.get(i));
        double squares = 0;
        int best = 0;
        List<?> row = list(scores.get(i));
        for (int label = 0; label < labels; label++) {
          double score = number(row.get(label));
          squares += score * score;
          best = score > number(row.get(best)) ? label : best;
          areas.add(label, score, label == known);
        }
        support[known]++;
        predicted[best]++;
        right[known] += best == known ? 1 : 0;
        loss.add(number(row.get(known)), squares);
      }
      List<ClassCounts> classes = new ArrayList<>();
      long hits = 0;
      for (int label = 0; label < labels; label++) {
        classes.add(new ClassCounts(label, support[label], predicted[label], right[label]));
        hits += right[label];
        same(list(get(one, "auroc")).get(label), areas.area(label), name);
        same(list(get(one, "average_precision")).get(label), areas.averagePrecision(label), name);
      }
      assertEquals(0, areas.bins());
      same(get(one, "accuracy"), (double) hits / truth.size(), name);
      same(get(one, "macro_f1"), ClassCounts.macro(classes, ClassCounts::f1), name);
      same(get(one, "weighted_f1"), ClassCounts.weighted(classes, ClassCounts::f1), name);
      // Six digits of each probability: rows add up to 1 to 1e-6, and scikit-learn divides by it.
      assertEquals(number(get(one, "log_loss")), loss.logLoss(), 2e-6, name);
      assertEquals(number(get(one, "brier")), loss.brier(), 2e-6, name);
    }
  }

  @Test
  void intervalsAreThoseOfDrawingTheRecordsAnew() throws IOException {
    for (Object one : list(golden("bootstrap"))) {
      ClassCounts counts =
          new ClassCounts(
              0,
              (long) number(get(one, "support")),
              (long) number(get(one, "predicted")),
              (long) number(get(one, "right")));
      Bootstrap.Intervals drawn = Bootstrap.of(counts);
      List<Bootstrap.Interval> all = List.of(drawn.precision(), drawn.recall(), drawn.f1());
      for (int i = 0; i < 3; i++) {
        double from = number(list(get(one, "from")).get(i));
        double to = number(list(get(one, "to")).get(i));
        double close = 0.2 * (to - from);
        assertEquals(from, all.get(i).from(), close, counts + " " + i);
        assertEquals(to, all.get(i).to(), close, counts + " " + i);
      }
      assertEquals(drawn, Bootstrap.of(counts));
    }
    assertTrue(!Bootstrap.of(new ClassCounts(0, 0, 5, 0)).recall().isDefined());
  }

  @Test
  void binsAreCloseToTheExact() {
    Random random = new Random(3);
    Numbers positive = new Numbers();
    Numbers negative = new Numbers();
    Numbers fewPositive = new Numbers();
    Numbers fewNegative = new Numbers();
    Set<Boolean> exact = new HashSet<>();
    for (int i = 0; i < Numbers.EXACT + 1; i++) {
      double high = 1 / (1 + Math.exp(-1 - random.nextGaussian()));
      double low = 1 / (1 + Math.exp(-random.nextGaussian()));
      positive.add(high);
      negative.add(low);
      if (i < Numbers.EXACT) {
        fewPositive.add(high);
        fewNegative.add(low);
      }
    }
    Roc binned = new Roc(positive, negative);
    Roc plain = new Roc(fewPositive, fewNegative);
    exact.add(binned.exact());
    assertTrue(plain.exact() && !exact.contains(true));
    assertEquals(plain.area(), binned.area(), 2e-5);
    assertEquals(plain.averagePrecision(), binned.averagePrecision(), 2e-4);
    assertEquals(Numbers.EXACT + 1, binned.positives());
  }
}
