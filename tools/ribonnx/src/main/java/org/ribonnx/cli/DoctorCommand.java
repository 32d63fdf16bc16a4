package org.ribonnx.cli;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.Models;
import org.ribonnx.core.cli.Cli;
import org.ribonnx.core.cli.Streams;
import org.ribonnx.core.io.IoErrors;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.io.Spool;
import org.ribonnx.core.io.Tree;
import org.ribonnx.core.onnx.DeviceChoice;
import org.ribonnx.core.onnx.OnnxRuntime;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ribonnx doctor}: does it work here, and if not, why. */
@Command(
    name = "doctor",
    mixinStandardHelpOptions = true,
    versionProvider = Cli.Version.class,
    description = {
      "Checks the installation: Java, native library, devices, every model, memory, writable places."
    })
final class DoctorCommand extends Cli.Command {
  private static final long LITTLE_SPACE = 1L << 30;
  private static final List<String> VARIABLES =
      List.of(
          "RIBONNX_MODELS",
          "RIBONNX_MODELS_ONLY",
          "RIBONNX_DEVICE",
          "RIBONNX_THREADS",
          "RIBONNX_JAVA",
          "RIBONNX_JAVA_OPTS",
          "TMPDIR");

  private enum Verdict {
    OK,
    WARN,
    FAIL
  }

  private record Check(String what, Verdict verdict, String finding) {}

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  private final List<Check> checks = new ArrayList<>();

  DoctorCommand(Streams streams) {
    super(streams);
  }

  @Override
  public Integer call() {
    java();
    installation();
    @Nullable OnnxRuntime runtime = runtime();
    cuda();
    memory();
    temporary();
    environment();
    models(runtime);
    if (runtime != null) {
      runtime.close();
    }
    boolean failed = checks.stream().anyMatch(check -> check.verdict() == Verdict.FAIL);
    if (json) {
      List<Object> all = new ArrayList<>();
      for (Check check : checks) {
        Map<String, @Nullable Object> entry = new LinkedHashMap<>();
        entry.put("check", check.what());
        entry.put("verdict", check.verdict().name().toLowerCase(Locale.ROOT));
        entry.put("finding", check.finding());
        all.add(entry);
      }
      Map<String, @Nullable Object> tree = new LinkedHashMap<>();
      tree.put("verdict", failed ? "fail" : "ok");
      tree.put("checks", all);
      print(Tree.prettyJson(tree));
    } else {
      for (Check check : checks) {
        print(
            String.format(
                Locale.ROOT,
                "%-4s  %-24s %s%n",
                check.verdict().name().toLowerCase(Locale.ROOT),
                check.what(),
                check.finding()));
      }
    }
    return failed ? RibonnxException.Kind.FAILED.exitCode() : 0;
  }

  private void add(String what, Verdict verdict, String finding) {
    checks.add(new Check(what, verdict, finding));
  }

  private void java() {
    add(
        "Java",
        Verdict.OK,
        System.getProperty("java.version")
            + " ("
            + System.getProperty("java.vendor")
            + ") in "
            + System.getProperty("java.home"));
  }

  private void installation() {
    Path home = streams.home();
    if (home == null) {
      add("installation", Verdict.WARN, "not started from an installation (no ribonnx.home)");
    } else {
      add("installation", Verdict.OK, home.toString());
    }
  }

  private @Nullable OnnxRuntime runtime() {
    try {
      OnnxRuntime runtime = OnnxRuntime.load(DeviceChoice.CPU, streams.home());
      add("ONNX Runtime", Verdict.OK, runtime.version() + " on the CPU");
      return runtime;
    } catch (RibonnxException e) {
      add("ONNX Runtime", Verdict.FAIL, e.line());
      return null;
    }
  }

  private void cuda() {
    Path home = streams.home();
    Path libraries =
        home == null ? Path.of("native", "cuda") : home.resolve("native").resolve("cuda");
    boolean driver =
        Files.exists(Path.of("/proc/driver/nvidia/version"))
            || Files.exists(Path.of("/dev/nvidiactl"));
    if (!Files.isDirectory(libraries)) {
      add(
          "CUDA",
          driver ? Verdict.WARN : Verdict.OK,
          driver
              ? "an NVIDIA driver is there, but the CUDA libraries are not installed; build with -Pcuda"
              : "not installed, and no NVIDIA driver here; graphs run on the CPU");
      return;
    }
    if (!driver) {
      add(
          "CUDA",
          Verdict.WARN,
          "libraries are installed, but there is no NVIDIA driver; graphs run on the CPU");
      return;
    }
    // The library that is loaded stays for the life of a process, so CUDA is tried in one of its
    // own.
    add("CUDA", Verdict.OK, "libraries and driver are there; try: ribonnx predict --device cuda");
  }

  private void memory() {
    long heap = Runtime.getRuntime().maxMemory() >> 20;
    add(
        "memory",
        Verdict.OK,
        heap
            + " MB of Java heap at most, "
            + Runtime.getRuntime().availableProcessors()
            + " processors");
  }

  private void temporary() {
    Path folder = Spool.folder();
    try {
      Path probe = Files.createTempFile(folder, "ribonnx-", ".probe");
      Files.delete(probe);
      FileStore store = Files.getFileStore(folder);
      long space = store.getUsableSpace();
      add(
          "temporary files",
          space < LITTLE_SPACE ? Verdict.WARN : Verdict.OK,
          String.format(
              Locale.ROOT,
              "%s, %,d MB free%s",
              folder,
              space >> 20,
              space < LITTLE_SPACE ? "; set TMPDIR to a place with more" : ""));
    } catch (IOException e) {
      add(
          "temporary files",
          Verdict.FAIL,
          folder + ": " + IoErrors.text(e) + "; set TMPDIR to a folder you can write to");
    }
  }

  private void environment() {
    for (String variable : VARIABLES) {
      @Nullable String value = streams.environment().get(variable);
      if (value != null) {
        add(variable, Verdict.OK, "'" + value + "' from the environment");
      }
    }
  }

  private void models(@Nullable OnnxRuntime runtime) {
    Models models;
    try {
      models = new Models(streams.environment(), streams.home());
    } catch (RibonnxException e) {
      add("models", Verdict.FAIL, e.line());
      return;
    }
    List<Models.Found> all = models.list();
    if (all.isEmpty()) {
      add("models", Verdict.WARN, "none in " + models.places());
    }
    for (Models.Found found : all) {
      if (found.problem() != null) {
        add("model " + found.id(), Verdict.FAIL, found.problem());
      } else if (runtime != null) {
        model(found, runtime);
      }
    }
  }

  private void model(Models.Found found, OnnxRuntime runtime) {
    String name = "model " + found.id() + "@" + found.version();
    try (Bundle bundle = Bundle.open(found.path())) {
      if (bundle.storedTest() == null) {
        new Chain(bundle, runtime, 0, false).close();
        add(name, Verdict.WARN, "can be opened; it has no stored test");
        return;
      }
      boolean passed =
          new StoredRun(bundle, runtime, log())
              .compare().stream().allMatch(StoredRun.Comparison::passed);
      add(
          name,
          passed ? Verdict.OK : Verdict.FAIL,
          passed
              ? "gives its stored results"
              : "does not give its stored results here; see ribonnx model test " + found.id());
    } catch (RibonnxException e) {
      add(name, Verdict.FAIL, e.line());
    }
  }
}
