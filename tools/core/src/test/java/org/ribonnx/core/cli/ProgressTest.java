package org.ribonnx.core.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class ProgressTest {
  @Test
  void durationsAsPeopleSayThem() {
    assertEquals("0 s", Progress.duration(0.4));
    assertEquals("1 s", Progress.duration(0.5));
    assertEquals("59 s", Progress.duration(59.4));
    assertEquals("1 min 0 s", Progress.duration(59.6));
    assertEquals("59 min 59 s", Progress.duration(3599.4));
    assertEquals("1 h 0 min", Progress.duration(3599.6));
    assertEquals("27 h 46 min", Progress.duration(100_000));
  }
}
