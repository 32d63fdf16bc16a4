package org.ribonnx.core.bundle;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class InputSpecTest {
  private static String lengths(int shortest, int longest) {
    return new InputSpec("rna", "sequences", "", shortest, longest, null, null).lengths();
  }

  @Test
  void lengthsAreSaidAsPeopleDo() {
    assertEquals("45 to 200 nt", lengths(45, 200));
    assertEquals("101 nt", lengths(101, 101));
    assertEquals("", lengths(0, Integer.MAX_VALUE));
  }
}
