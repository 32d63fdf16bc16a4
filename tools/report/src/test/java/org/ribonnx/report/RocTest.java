package org.ribonnx.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class RocTest {
  private static Numbers numbers(double... values) {
    Numbers numbers = new Numbers();
    for (double value : values) {
      numbers.add(value);
    }
    return numbers;
  }

  @Test
  void areaWithTiesIsThatOfScikitLearn() {
    // y = [1,1,1,1,0,0,0,1,0,0]; s = [.9,.8,.8,.4,.8,.3,.4,.7,.1,.05]
    // sklearn.metrics.roc_auc_score(y, s)  ->  0.86
    Roc roc = new Roc(numbers(.9, .8, .8, .4, .7), numbers(.8, .3, .4, .1, .05));
    assertEquals(0.86, roc.area(), 1e-12);
    assertEquals(new Roc.Point(0, 0), roc.points().get(0));
    assertEquals(new Roc.Point(1, 1), roc.points().get(roc.points().size() - 1));
  }

  @Test
  void edgeCases() {
    assertEquals(0.5, new Roc(numbers(1, 1), numbers(1)).area(), 0);
    assertEquals(1, new Roc(numbers(2), numbers(1, 0)).area(), 0);
    assertEquals(0, new Roc(numbers(0), numbers(1)).area(), 0);
    assertTrue(Double.isNaN(new Roc(numbers(), numbers(1)).area()));
    assertTrue(Double.isNaN(new Roc(numbers(1), numbers()).area()));
    assertTrue(Double.isNaN(new Roc(numbers(), numbers()).area()));
  }

  @Test
  void acceptedAtARate() {
    Numbers positive = numbers(.9, .8, .8, .4, .7);
    Numbers negative = numbers(.8, .3, .4, .1, .05);
    assertEquals(0.2, Roc.truePositiveRateAt(positive, negative, 0), 1e-12);
    assertEquals(0.8, Roc.truePositiveRateAt(positive, negative, 0.2), 1e-12);
    assertEquals(1, Roc.truePositiveRateAt(positive, negative, 1), 0);
    assertTrue(Double.isNaN(Roc.truePositiveRateAt(numbers(), negative, 0)));
  }

  @Test
  void manyPointsAreThinnedAndTheAreaIsNot() {
    Random random = new Random(11);
    Numbers positive = new Numbers();
    Numbers negative = new Numbers();
    double pairs = 0;
    double[] high = new double[900];
    double[] low = new double[1100];
    for (int i = 0; i < high.length; i++) {
      high[i] = Math.round(100 * (random.nextGaussian() + 1)) / 100.0;
      positive.add(high[i]);
    }
    for (int i = 0; i < low.length; i++) {
      low[i] = Math.round(100 * random.nextGaussian()) / 100.0;
      negative.add(low[i]);
    }
    for (double a : high) {
      for (double b : low) {
        pairs += a > b ? 1 : a == b ? 0.5 : 0;
      }
    }
    Roc roc = new Roc(positive, negative);
    assertEquals(pairs / high.length / low.length, roc.area(), 1e-12);
    assertTrue(roc.points().size() <= 300);
  }

  @Test
  void binnedAreasOfOneLabelAgainstTheRest() {
    BinnedAreas areas = new BinnedAreas(3);
    double[] high = {.9, .8, .8, .4, .7};
    double[] low = {.8, .3, .4, .1, .05};
    for (double score : high) {
      areas.add(0, score, true);
      areas.add(1, score, true);
    }
    for (double score : low) {
      areas.add(0, score, false);
    }
    assertEquals(0.86, areas.area(0), 1e-12);
    assertTrue(Double.isNaN(areas.area(1)));
    assertTrue(Double.isNaN(areas.area(2)));
    assertEquals(0.86, areas.macro(), 1e-12);
    assertEquals(1, areas.defined());
    assertTrue(Double.isNaN(new BinnedAreas(2).macro()));
  }

  @Test
  void binsTellSixDigitsApartNearTheEnds() {
    BinnedAreas areas = new BinnedAreas(1);
    areas.add(0, 0.999999, true);
    areas.add(0, 0.999995, false);
    areas.add(0, 1e-6, false);
    areas.add(0, 1.0, true);
    areas.add(0, 0.0, false);
    assertEquals(1, areas.area(0), 0);
  }
}
