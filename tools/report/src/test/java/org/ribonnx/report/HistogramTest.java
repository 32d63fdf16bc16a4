package org.ribonnx.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class HistogramTest {
  @Test
  void scoresFallWhereTheirDigitsSay() {
    ScoreHistogram histogram = new ScoreHistogram();
    for (int i = 0; i <= 50; i++) {
      histogram.add(Double.parseDouble(Words.number(i / 50.0)));
    }
    histogram.add(-1);
    histogram.add(2);
    long[] counts = histogram.counts();
    for (int i = 0; i < 50; i++) {
      assertEquals(i == 0 ? 2 : i == 49 ? 3 : 1, counts[i], "bin " + i);
    }
    assertEquals(2, histogram.outside());
    assertEquals(53, histogram.total());
  }

  @Test
  void valuesOfAnyRange() {
    for (double scale : new double[] {1e-9, 1e-3, 1, 1e4, 1e30}) {
      Random random = new Random(3);
      ValueHistogram histogram = new ValueHistogram();
      double sum = 0;
      for (int i = 0; i < 20_000; i++) {
        double value = scale * random.nextGaussian();
        histogram.add(value);
        sum += value;
      }
      List<ValueHistogram.Bin> bins = histogram.shown();
      assertTrue(bins.size() <= 41, "bins at " + scale + ": " + bins.size());
      assertEquals(20_000, bins.stream().mapToLong(ValueHistogram.Bin::count).sum());
      assertEquals(sum / 20_000, histogram.mean(), scale * 1e-12);
      assertEquals(scale, histogram.standardDeviation(), scale * 0.05);
    }
  }

  @Test
  void limitsAreRound() {
    ValueHistogram histogram = new ValueHistogram();
    for (int i = 0; i <= 100; i++) {
      histogram.add(i / 10.0);
    }
    List<ValueHistogram.Bin> bins = histogram.shown();
    assertEquals(new ValueHistogram.Bin(0, 0.5, 5), bins.get(0));
    assertEquals(new ValueHistogram.Bin(0.5, 1, 5), bins.get(1));
    assertEquals(0, histogram.least(), 0);
    assertEquals(10, histogram.most(), 0);
    ValueHistogram one = new ValueHistogram();
    assertTrue(one.shown().isEmpty());
    one.add(3);
    assertEquals(1, one.shown().size());
    assertTrue(Double.isNaN(one.standardDeviation()));
  }

  @Test
  void sharesNeverClaimAllOrNothing() {
    assertEquals("0 %", Words.percent(0, 10));
    assertEquals("100 %", Words.percent(10, 10));
    assertEquals("<0.1 %", Words.percent(1, 100_000));
    assertEquals(">99.9 %", Words.percent(99_999, 100_000));
    assertEquals("33.3 %", Words.percent(1, 3));
    assertEquals("–", Words.percent(0, 0));
    assertEquals("1.0000", Words.ratio(1));
    assertEquals(">0.9999", Words.ratio(0.99999));
    assertEquals("0.9999", Words.ratio(0.99991));
    assertEquals("not defined", Words.ratio(Double.NaN));
  }
}
