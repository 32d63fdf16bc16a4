package org.ribonnx.report;

import java.util.SplittableRandom;

/**
 * The first two principal components of a set of vectors: orthogonal iteration on the covariance,
 * or on the smaller matrix of the vectors' products where there are fewer vectors than numbers in
 * each. The sign of a component makes its largest number positive, so equal data give equal bytes.
 */
final class PrincipalComponents {
  private static final int COMPONENTS = 2;

  /** More directions than wanted: the iteration converges with the eigenvalue behind them. */
  private static final int DIRECTIONS = 8;

  private static final int MOST_ROUNDS = 500;
  private static final double TOLERANCE = 1e-11;

  private final double[][] components;
  private final double[] explained;
  private final double[] means;

  private PrincipalComponents(double[][] components, double[] explained, double[] means) {
    this.components = components;
    this.explained = explained;
    this.means = means;
  }

  /**
   * Finds the components.
   *
   * @param rows {@code count} vectors of {@code width} finite numbers, one behind the other; at
   *     least two of each
   */
  static PrincipalComponents of(float[] rows, int count, int width) {
    double[] means = new double[width];
    for (int row = 0; row < count; row++) {
      for (int i = 0; i < width; i++) {
        means[i] += rows[row * width + i];
      }
    }
    for (int i = 0; i < width; i++) {
      means[i] /= count;
    }
    double[][] centred = new double[count][width];
    double total = 0;
    for (int row = 0; row < count; row++) {
      for (int i = 0; i < width; i++) {
        double value = rows[row * width + i] - means[i];
        centred[row][i] = value;
        total += value * value;
      }
    }
    boolean products = count < width;
    double[][] vectors = new double[COMPONENTS][];
    double[] values = new double[COMPONENTS];
    leading(products ? products(centred) : covariance(centred, width), vectors, values);
    double[][] components = new double[COMPONENTS][];
    double[] explained = new double[COMPONENTS];
    for (int c = 0; c < COMPONENTS; c++) {
      components[c] = products ? combined(centred, vectors[c], width) : vectors[c];
      normalise(components[c]);
      point(components[c]);
      explained[c] = total > 0 ? Math.max(0, values[c]) / total : 0;
    }
    return new PrincipalComponents(components, explained, means);
  }

  /** Share of all variance along each component, 0 to 1. */
  double explained(int component) {
    return explained[component];
  }

  /** Number {@code i} of a component, which has length 1. */
  double component(int component, int i) {
    return components[component][i];
  }

  /** Where a vector that begins at {@code from} lies along a component. */
  double place(float[] rows, int from, int component) {
    double sum = 0;
    for (int i = 0; i < means.length; i++) {
      sum += (rows[from + i] - means[i]) * components[component][i];
    }
    return sum;
  }

  /** The covariance times the number of vectors; only the scale differs. */
  private static double[][] covariance(double[][] rows, int width) {
    double[][] matrix = new double[width][width];
    for (double[] row : rows) {
      for (int i = 0; i < width; i++) {
        double factor = row[i];
        double[] line = matrix[i];
        for (int j = i; j < width; j++) {
          line[j] += factor * row[j];
        }
      }
    }
    mirror(matrix);
    return matrix;
  }

  private static double[][] products(double[][] rows) {
    double[][] matrix = new double[rows.length][rows.length];
    for (int i = 0; i < rows.length; i++) {
      for (int j = i; j < rows.length; j++) {
        matrix[i][j] = dot(rows[i], rows[j]);
      }
    }
    mirror(matrix);
    return matrix;
  }

  private static void mirror(double[][] matrix) {
    for (int i = 0; i < matrix.length; i++) {
      for (int j = 0; j < i; j++) {
        matrix[i][j] = matrix[j][i];
      }
    }
  }

  private static double[] combined(double[][] rows, double[] weights, int width) {
    double[] sum = new double[width];
    for (int row = 0; row < rows.length; row++) {
      for (int i = 0; i < width; i++) {
        sum[i] += weights[row] * rows[row][i];
      }
    }
    return sum;
  }

  /** The eigenvectors of the largest eigenvalues of a symmetric matrix without negative ones. */
  private static void leading(double[][] matrix, double[][] vectors, double[] values) {
    int size = matrix.length;
    int directions = Math.min(DIRECTIONS, size);
    SplittableRandom random = new SplittableRandom(1);
    double[][] basis = new double[directions][size];
    for (double[] vector : basis) {
      for (int i = 0; i < size; i++) {
        vector[i] = random.nextDouble() - 0.5;
      }
    }
    orthogonalise(basis);
    for (int round = 0; ; round++) {
      double[][] images = new double[directions][];
      for (int k = 0; k < directions; k++) {
        images[k] = times(matrix, basis[k]);
      }
      // Within the span of the basis the eigenvectors are those of a small matrix.
      double[][] small = new double[directions][directions];
      for (int i = 0; i < directions; i++) {
        for (int j = 0; j < directions; j++) {
          small[i][j] = (dot(basis[i], images[j]) + dot(basis[j], images[i])) / 2;
        }
      }
      double[][] turns = jacobi(small);
      double[][] turned = turn(basis, turns);
      double[][] turnedImages = turn(images, turns);
      double worst = 0;
      for (int c = 0; c < Math.min(COMPONENTS, directions); c++) {
        double miss = 0;
        for (int i = 0; i < size; i++) {
          double difference = turnedImages[c][i] - small[c][c] * turned[c][i];
          miss += difference * difference;
        }
        worst = Math.max(worst, Math.sqrt(miss));
      }
      if (worst <= TOLERANCE * Math.abs(small[0][0]) || round == MOST_ROUNDS) {
        for (int c = 0; c < COMPONENTS; c++) {
          vectors[c] = c < directions ? turned[c] : new double[size];
          values[c] = c < directions ? small[c][c] : 0;
        }
        return;
      }
      basis = turnedImages;
      orthogonalise(basis);
    }
  }

  private static double[][] turn(double[][] basis, double[][] turns) {
    double[][] turned = new double[basis.length][basis[0].length];
    for (int k = 0; k < basis.length; k++) {
      for (int j = 0; j < basis.length; j++) {
        double factor = turns[j][k];
        for (int i = 0; i < turned[k].length; i++) {
          turned[k][i] += factor * basis[j][i];
        }
      }
    }
    return turned;
  }

  /**
   * Jacobi's method on a small symmetric matrix: leaves the eigenvalues on its diagonal, largest
   * first, and returns the eigenvectors as columns.
   */
  private static double[][] jacobi(double[][] a) {
    int n = a.length;
    double[][] v = new double[n][n];
    for (int i = 0; i < n; i++) {
      v[i][i] = 1;
    }
    for (int sweep = 0; sweep < 60; sweep++) {
      double off = 0;
      double on = 0;
      for (int i = 0; i < n; i++) {
        on += a[i][i] * a[i][i];
        for (int j = i + 1; j < n; j++) {
          off += a[i][j] * a[i][j];
        }
      }
      if (off <= 1e-30 * on) {
        break;
      }
      for (int p = 0; p < n; p++) {
        for (int q = p + 1; q < n; q++) {
          rotate(a, v, p, q);
        }
      }
    }
    for (int i = 0; i < n; i++) {
      int best = i;
      for (int j = i + 1; j < n; j++) {
        best = a[j][j] > a[best][best] ? j : best;
      }
      double value = a[i][i];
      a[i][i] = a[best][best];
      a[best][best] = value;
      for (int k = 0; k < n; k++) {
        double entry = v[k][i];
        v[k][i] = v[k][best];
        v[k][best] = entry;
      }
    }
    return v;
  }

  private static void rotate(double[][] a, double[][] v, int p, int q) {
    if (a[p][q] == 0) {
      return;
    }
    double theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
    double t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
    double c = 1 / Math.sqrt(t * t + 1);
    double s = t * c;
    for (int k = 0; k < a.length; k++) {
      double x = a[k][p];
      double y = a[k][q];
      a[k][p] = c * x - s * y;
      a[k][q] = s * x + c * y;
    }
    for (int k = 0; k < a.length; k++) {
      double x = a[p][k];
      double y = a[q][k];
      a[p][k] = c * x - s * y;
      a[q][k] = s * x + c * y;
      x = v[k][p];
      y = v[k][q];
      v[k][p] = c * x - s * y;
      v[k][q] = s * x + c * y;
    }
  }

  private static double[] times(double[][] matrix, double[] vector) {
    double[] result = new double[vector.length];
    for (int i = 0; i < vector.length; i++) {
      result[i] = dot(matrix[i], vector);
    }
    return result;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  /** Gram and Schmidt, twice over, since once leaves rounding errors. */
  private static void orthogonalise(double[][] basis) {
    for (int k = 0; k < basis.length; k++) {
      double before = Math.sqrt(dot(basis[k], basis[k]));
      for (int pass = 0; pass < 2; pass++) {
        for (int j = 0; j < k; j++) {
          double share = dot(basis[k], basis[j]);
          for (int i = 0; i < basis[k].length; i++) {
            basis[k][i] -= share * basis[j][i];
          }
        }
      }
      if (Math.sqrt(dot(basis[k], basis[k])) <= 1e-13 * before) {
        // Nothing is left of this direction: the matrix has fewer than there are directions.
        java.util.Arrays.fill(basis[k], 0);
      }
      normalise(basis[k]);
    }
  }

  private static void normalise(double[] vector) {
    double length = Math.sqrt(dot(vector, vector));
    if (length > 0) {
      for (int i = 0; i < vector.length; i++) {
        vector[i] /= length;
      }
    }
  }

  private static void point(double[] vector) {
    double most = 0;
    for (double value : vector) {
      most = Math.abs(value) > Math.abs(most) ? value : most;
    }
    for (int i = 0; most < 0 && i < vector.length; i++) {
      vector[i] = -vector[i];
    }
  }
}
