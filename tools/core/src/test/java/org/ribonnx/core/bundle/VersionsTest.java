package org.ribonnx.core.bundle;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class VersionsTest {
  @Test
  void eachIsNewerThanTheOneBefore() {
    List<String> order =
        List.of(
            "0.9",
            "0.10",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.2",
            "1.0.0-alpha.10",
            "1.0.0-alpha.beta",
            "1.0.0-rc",
            "1.0.0-rc1",
            "1.0.0-rc2",
            "1.0.0-rc10",
            "1.0.0",
            "1.0.1",
            "1.2",
            "1.10",
            "2",
            "2.0.1",
            "10.0");
    for (int i = 0; i < order.size(); i++) {
      for (int j = 0; j < order.size(); j++) {
        assertEquals(
            Integer.signum(Integer.compare(i, j)),
            Integer.signum(Versions.compare(order.get(i), order.get(j))),
            order.get(i) + " and " + order.get(j));
      }
    }
  }

  @Test
  void missingPartsAreZero() {
    assertEquals(0, Versions.compare("1", "1.0.0"));
    assertEquals(0, Versions.compare("1.2", "1.2.0"));
    assertEquals(0, Versions.compare("1.2+a", "1.2+b"));
  }
}
