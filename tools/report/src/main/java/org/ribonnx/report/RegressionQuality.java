package org.ribonnx.report;

/** A target of a regression against the truth. Moments are updated as Welford (1962) does. */
final class RegressionQuality {
  private long records;
  private double absolute;
  private double squared;
  private double truthMean;
  private double truthSquares;
  private double predictedMean;
  private double predictedSquares;
  private double products;

  void add(double truth, double predicted) {
    if (!Double.isFinite(truth) || !Double.isFinite(predicted)) {
      return;
    }
    records++;
    absolute += Math.abs(predicted - truth);
    squared += (predicted - truth) * (predicted - truth);
    double truthStep = truth - truthMean;
    truthMean += truthStep / records;
    truthSquares += truthStep * (truth - truthMean);
    double predictedStep = predicted - predictedMean;
    predictedMean += predictedStep / records;
    predictedSquares += predictedStep * (predicted - predictedMean);
    products += truthStep * (predicted - predictedMean);
  }

  long records() {
    return records;
  }

  double meanAbsoluteError() {
    return records == 0 ? Double.NaN : absolute / records;
  }

  double rootMeanSquaredError() {
    return records == 0 ? Double.NaN : Math.sqrt(squared / records);
  }

  /** 1 − squared error / squared deviation from the mean; NaN where the truth does not vary. */
  double determination() {
    return truthSquares == 0 ? Double.NaN : 1 - squared / truthSquares;
  }

  /** Pearson's correlation; NaN where truth or prediction does not vary. */
  double correlation() {
    double scale = Math.sqrt(truthSquares * predictedSquares);
    return scale == 0 ? Double.NaN : products / scale;
  }
}
