package org.ribonnx.report;

/** The score interval of a share (Wilson 1927), which is right for few records and near 0 and 1. */
final class Wilson {
  /** Of the normal distribution, for 95 %. */
  private static final double Z = 1.959963984540054;

  private Wilson() {}

  /** The 95 % interval of a share of some records among all; NaN where there are none. */
  static Bootstrap.Interval of(long part, long all) {
    double share = (double) part / all;
    double squared = Z * Z / all;
    double middle = (share + squared / 2) / (1 + squared);
    double half = Z * Math.sqrt(share * (1 - share) / all + squared / all / 4) / (1 + squared);
    return new Bootstrap.Interval(
        part == 0 ? 0 : middle - half, part == all && all > 0 ? 1 : middle + half);
  }
}
