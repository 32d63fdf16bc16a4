package org.ribonnx.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** Against scikit-learn 1.9.1, {@code PCA(2, svd_solver="full")}, on the same numbers. */
class PrincipalComponentsTest {
  private static void check(
      float[] rows, int count, double[] components, double[] explained, double[] places) {
    int width = rows.length / count;
    PrincipalComponents found = PrincipalComponents.of(rows, count, width);
    for (int c = 0; c < 2; c++) {
      assertEquals(explained[c], found.explained(c), 1e-8);
      for (int i = 0; i < width; i++) {
        assertEquals(components[c * width + i], found.component(c, i), 1e-7, c + " " + i);
      }
      for (int row = 0; row < count; row++) {
        assertEquals(places[2 * row + c], found.place(rows, row * width, c), 1e-6, c + " " + row);
      }
    }
  }

  @Test
  void moreRecordsThanNumbers() {
    float[] rows = {
      6.12f, -5.54f, 0.56f, -0.28f, -1.36f, -0.47f, -2.69f, -0.12f, -2.6f, 7.2f, 0.3f, -0.18f,
      -0.84f, -1.45f, -1.41f, -0.2f, 1.45f, -0.52f, 1.28f, -0.1f, 0.07f, 3.35f, 0.73f, -0.25f,
      -0.55f, 1.17f, 2.58f, -0.13f, -0.73f, 2.17f, -1.18f, -0.15f, 2.65f, 1.26f, 0.12f, 0.34f
    };
    check(
        rows,
        9,
        new double[] {
          -0.5590235636,
          0.8290731358,
          -0.01128835215,
          0.00172160122,
          0.5657501947,
          0.3913128873,
          0.7255825315,
          0.01819152336
        },
        new double[] {0.775670297, 0.1693421212},
        new double[] {
          -8.419520498, 1.098141933, 0.002339070924, -3.504945769, 7.020663551, 0.9632941492,
          -1.115431738, -2.66695191, -1.654751146, 0.9461731766, 2.331164692, 1.278019624,
          0.8497030576, 1.418703019, 1.821810308, -1.020373141, -0.835977298, 1.487938918
        });
  }

  @Test
  void fewerRecordsThanNumbers() {
    float[] rows = {
      -2.41f, -3.42f, -0.54f, 0.74f, 1.51f, 0.1f, -0.28f, -2.35f, 1.93f, 3.54f, 0.48f, -1.64f,
      -0.88f, 0.8f, 0.61f, -4.47f, -0.18f, -2.04f, -0.84f, -0.45f, -0.36f, 1.66f, -0.16f, -1.28f,
      0.72f, 1.11f, -1.51f, -0.13f
    };
    check(
        rows,
        4,
        new double[] {
          -0.2785118218, 0.7360028765, 0.5204111176, 0.1755996723, -0.2315898051, -0.06423926365,
          0.1459706608, 0.6345934675, 0.519200382, -0.3861378499, 0.2248617164, 0.2511814149,
          -0.2544745105, -0.01440430465
        },
        new double[] {0.593965708, 0.2385759638},
        new double[] {
          -1.67424149,
          -1.411556591,
          5.274395264,
          -0.787058365,
          -3.021079131,
          -1.253532699,
          -0.5790746437,
          3.452147655
        });
  }

  /** On a line there is no second direction; all alike there is none at all. */
  @Test
  void fewDirections() {
    PrincipalComponents line =
        PrincipalComponents.of(new float[] {1, 2, 3, 2, 4, 6, 4, 8, 12, 0, 0, 0}, 4, 3);
    assertEquals(1, line.explained(0), 1e-12);
    assertEquals(0, line.explained(1), 1e-12);
    assertEquals(1 / Math.sqrt(14), line.component(0, 0), 1e-9);
    PrincipalComponents alike = PrincipalComponents.of(new float[] {1, 2, 1, 2, 1, 2}, 3, 2);
    assertEquals(0, alike.explained(0), 0);
    assertEquals(0, alike.place(new float[] {1, 2}, 0, 0), 1e-12);
  }
}
