package org.ribonnx.dist;

import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/**
 * A line of a table of cases: what is done, the exit code, and what the one line on standard error
 * says.
 *
 * @param name of the case
 * @param command makes the inputs and returns the command
 * @param code the documented exit code
 * @param fragments texts that the line holds
 */
record Case(
    String name, Function<Sandbox, List<String>> command, int code, List<String> fragments) {
  static Case of(
      String name, int code, Function<Sandbox, List<String>> command, String... fragments) {
    return new Case(name, command, code, List.of(fragments));
  }

  DynamicTest test() {
    return DynamicTest.dynamicTest(
        name,
        () -> {
          try (Sandbox box = new Sandbox()) {
            box.fails(code, fragments, command.apply(box));
          }
        });
  }

  static Stream<DynamicTest> tests(List<Case> cases) {
    return cases.stream().map(Case::test);
  }
}
