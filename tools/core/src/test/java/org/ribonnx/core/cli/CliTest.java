package org.ribonnx.core.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.ribonnx.core.bundle.Release;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.testing.Tool;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

class CliTest {
  @Command(
      name = "probe",
      mixinStandardHelpOptions = true,
      versionProvider = Cli.Version.class,
      description = "For tests.")
  static final class Probe extends Cli.Command {
    @Mixin private RunOptions options = new RunOptions();
    @Mixin private ThreadOption threads = new ThreadOption();

    @Option(names = "--number")
    private @Nullable Integer number;

    private final Supplier<? extends Throwable> failure;

    Probe(Streams streams, Supplier<? extends Throwable> failure) {
      super(streams);
      this.failure = failure;
    }

    @Override
    public Integer call() {
      Throwable thrown = failure.get();
      if (thrown instanceof RuntimeException exception) {
        throw exception;
      }
      if (thrown instanceof Error error) {
        throw error;
      }
      options.choice(streams);
      print(options.batchSize() + " " + threads.value(streams) + " " + number + "\n");
      return 0;
    }
  }

  private static Tool.Outcome run(@Nullable Throwable failure, Object... arguments) {
    Supplier<@Nullable Throwable> supplier = () -> failure;
    return Tool.run(streams -> new Probe(streams, supplier), arguments);
  }

  @ParameterizedTest
  @EnumSource(RibonnxException.Kind.class)
  void everyKindOfFailureIsOneLineAndItsExitCode(RibonnxException.Kind kind) {
    Tool.Outcome outcome = run(new RibonnxException(kind, "x: is wrong; do this", null));
    assertEquals(kind.exitCode(), outcome.code());
    assertEquals("probe: x: is wrong; do this\n", outcome.err());
    assertEquals("", outcome.text());
  }

  @Test
  void exitCodesAreTheDocumentedOnes() {
    assertEquals(1, RibonnxException.Kind.FAILED.exitCode());
    assertEquals(2, RibonnxException.Kind.USAGE.exitCode());
    assertEquals(3, RibonnxException.Kind.MEMORY.exitCode());
    assertEquals(4, RibonnxException.Kind.INPUT.exitCode());
    assertEquals(5, RibonnxException.Kind.BUNDLE.exitCode());
    assertEquals(6, RibonnxException.Kind.DEVICE.exitCode());
  }

  @Test
  void outOfMemoryIsThree() {
    Tool.Outcome outcome = run(new OutOfMemoryError("Java heap space"));
    assertEquals(3, outcome.code());
    assertEquals(1, outcome.err().lines().count(), outcome.err());
    assertTrue(outcome.err().contains("RIBONNX_JAVA_OPTS"), outcome.err());
  }

  @Test
  void aDefectIsOneWithOneLine() {
    for (Throwable defect :
        new Throwable[] {
          new IllegalStateException("odd\nin two lines"),
          new StackOverflowError(),
          new NoClassDefFoundError("gone"),
          new InternalError("a fault in mapped memory"),
          new AssertionError("never")
        }) {
      Tool.Outcome outcome = run(defect);
      assertEquals(1, outcome.code(), defect.toString());
      assertEquals(1, outcome.err().lines().count(), outcome.err());
      assertTrue(outcome.err().startsWith("probe: defect in " + Release.VERSION), outcome.err());
    }
  }

  @Test
  void verboseAddsTheStackTrace() {
    for (Throwable failure :
        new Throwable[] {
          new IllegalStateException("odd"),
          RibonnxException.input("bad"),
          new StackOverflowError("deep"),
          new OutOfMemoryError("heap")
        }) {
      assertFalse(run(failure).err().contains("\tat "), failure.toString());
      Tool.Outcome outcome = run(failure, "--verbose");
      assertTrue(outcome.err().contains("\tat org.ribonnx.core.cli.CliTest"), failure.toString());
      assertTrue(
          outcome.err().lines().reduce("", (a, b) -> b).startsWith("probe: "), outcome.err());
    }
  }

  @Test
  void wrongUsageIsTwoAndMakesASuggestion() {
    Tool.Outcome outcome = run(null, "--treads", "3");
    assertEquals(2, outcome.code());
    assertEquals(1, outcome.err().lines().count(), outcome.err());
    assertTrue(outcome.err().contains("did you mean --threads"), outcome.err());
    assertTrue(outcome.err().contains("see --help"), outcome.err());
    for (String[] wrong :
        new String[][] {
          {"--number", "x"},
          {"--threads"},
          {"--threads", "0"},
          {"--threads", "1025"},
          {"--batch-size", "17"},
          {"--batch-size", "-16"},
          {"--device", "gpu"},
          {"surplus"}
        }) {
      Tool.Outcome refused = run(null, (Object[]) wrong);
      assertEquals(2, refused.code(), String.join(" ", wrong));
      assertEquals(1, refused.err().lines().count(), refused.err());
      assertEquals("", refused.text());
    }
  }

  @Test
  void optionsWinOverTheEnvironment() {
    java.util.Map<String, String> environment =
        java.util.Map.of("RIBONNX_THREADS", "3", "RIBONNX_DEVICE", "nonsense");
    java.io.InputStream none = java.io.InputStream.nullInputStream();
    Supplier<@Nullable Throwable> well = () -> null;
    assertEquals(
        "0 3 null\n",
        Tool.run(s -> new Probe(s, well), environment, none, "--device", "cpu").text());
    assertEquals(
        "32 5 null\n",
        Tool.run(
                s -> new Probe(s, well),
                environment,
                none,
                "--device=CUDA:1",
                "--threads=5",
                "--batch-size=32")
            .text());
    assertEquals(2, Tool.run(s -> new Probe(s, well), environment, none).code());
    assertEquals(
        2,
        Tool.run(s -> new Probe(s, well), java.util.Map.of("RIBONNX_THREADS", "many"), none)
            .code());
  }

  @Test
  void helpAndVersionGoToStandardOutput() {
    Tool.Outcome help = run(null, "--help");
    assertEquals(0, help.code());
    assertTrue(help.text().contains("--batch-size"), help.text());
    Tool.Outcome version = run(null, "--version");
    assertEquals("probe " + Release.VERSION + "\n", version.text());
    assertEquals(0, version.code());
  }
}
