package org.ribonnx.cli;

import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.ribonnx.classify.Classify;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.Models;
import org.ribonnx.core.bundle.Release;
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
      "Checks the installation: Java, native library, devices, every model, memory, writable places, environment.",
      "Each line is ok, warn or fail with the remedy; exit code 1 if one is fail."
    })
final class DoctorCommand extends Cli.Command {
  /** Of the JSON; raised when a key goes or changes its meaning. */
  private static final int SCHEMA = 1;

  private static final long LITTLE_SPACE = 1L << 30;
  private static final long LITTLE_MEMORY = 1L << 30;

  /** Written into a folder to see whether there is room. */
  private static final int PROBE = 1 << 20;

  /** What the CUDA library of ONNX Runtime needs beside the driver. */
  private static final List<String> CUDA_LIBRARIES =
      List.of("libcudart.so.12", "libcublas.so.12", "libcufft.so.11", "libcudnn.so.9");

  private static final List<String> LIBRARY_FOLDERS =
      List.of(
          "/usr/local/cuda/lib64",
          "/usr/lib/x86_64-linux-gnu",
          "/lib/x86_64-linux-gnu",
          "/usr/lib64",
          "/usr/lib",
          "/usr/lib/wsl/lib");

  private enum Verdict {
    OK,
    WARN,
    FAIL;

    String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private record Check(String what, Verdict verdict, String finding, @Nullable String remedy) {}

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
    try (@Nullable OnnxRuntime runtime = runtime()) {
      cuda();
      memory();
      temporary();
      workingFolder();
      environment();
      models(runtime);
    }
    Verdict worst = Verdict.OK;
    for (Check check : checks) {
      worst = check.verdict().compareTo(worst) > 0 ? check.verdict() : worst;
    }
    print(json ? json(worst) : text());
    return worst == Verdict.FAIL ? RibonnxException.Kind.FAILED.exitCode() : 0;
  }

  private String text() {
    StringBuilder text = new StringBuilder();
    for (Check check : checks) {
      text.append(
          String.format(
              Locale.ROOT,
              "%-4s  %-24s %s%s%n",
              check.verdict().label(),
              line(check.what()),
              line(check.finding()),
              check.remedy() == null ? "" : "; " + line(check.remedy())));
    }
    return text.toString();
  }

  /** What comes from files or the environment may hold line breaks and control codes. */
  private static String line(String text) {
    return RibonnxException.failed(text, null).line();
  }

  private String json(Verdict worst) {
    List<Object> all = new ArrayList<>();
    for (Check check : checks) {
      Map<String, @Nullable Object> entry = new LinkedHashMap<>();
      entry.put("check", check.what());
      entry.put("verdict", check.verdict().label());
      entry.put("finding", check.finding());
      entry.put("remedy", check.remedy());
      all.add(entry);
    }
    Map<String, @Nullable Object> tree = new LinkedHashMap<>();
    tree.put("schema", SCHEMA);
    tree.put("version", Release.VERSION);
    tree.put("verdict", worst.label());
    tree.put("checks", all);
    return Tree.prettyJson(tree);
  }

  private void ok(String what, String finding) {
    checks.add(new Check(what, Verdict.OK, finding, null));
  }

  private void warn(String what, String finding, @Nullable String remedy) {
    checks.add(new Check(what, Verdict.WARN, finding, remedy));
  }

  private void fail(String what, String finding, @Nullable String remedy) {
    checks.add(new Check(what, Verdict.FAIL, finding, remedy));
  }

  private void java() {
    String found =
        System.getProperty("java.version")
            + " ("
            + System.getProperty("java.vendor")
            + ") in "
            + System.getProperty("java.home");
    String from = System.getProperty("ribonnx.java.from", "");
    ok("Java", found + (from.isEmpty() ? "" : ", found by " + from));
    Path home = streams.home();
    if (home != null) {
      Path archive =
          home.resolve("lib").resolve("archive-" + System.getProperty("java.version") + ".jsa");
      if (!Files.isReadable(archive)) {
        warn(
            "class-data archive",
            "there is none for this Java, so each start takes longer",
            "run " + home.resolve("lib").resolve("make-archive"));
      }
    }
  }

  private void installation() {
    Path home = streams.home();
    if (home == null) {
      warn("installation", "not started from an installation", "start bin/ribonnx");
    } else {
      ok("installation", home + ", " + Release.VERSION);
    }
  }

  // ---- libraries
  // ----------------------------------------------------------------------------------------------------

  private @Nullable OnnxRuntime runtime() {
    Path home = streams.home();
    if (home != null) {
      Path library = home.resolve("native").resolve("cpu").resolve("libonnxruntime.so");
      String problem = libraryProblem(library);
      Path bridge = library.resolveSibling("libonnxruntime4j_jni.so");
      problem = problem.isEmpty() ? libraryProblem(bridge) : problem;
      if (!problem.isEmpty()) {
        // Loading it could end this process.
        fail("ONNX Runtime", problem, "install Ribonnx again, for Linux on x86-64 with glibc");
        return null;
      }
    }
    try {
      OnnxRuntime runtime = OnnxRuntime.load(DeviceChoice.CPU, home);
      ok("ONNX Runtime", runtime.version() + " on the CPU");
      return runtime;
    } catch (RibonnxException e) {
      fail("ONNX Runtime", e.line().replace("; 'ribonnx doctor' says more", ""), lacking());
      return null;
    }
  }

  private static String lacking() {
    return "install what is named (libstdc++ and glibc 2.28 or newer are needed), or use a container";
  }

  /** What the header of a shared library says against loading it here; empty if nothing. */
  private static String libraryProblem(Path library) {
    if (!Files.isReadable(library)) {
      return library + ": the native library is missing";
    }
    try (FileChannel channel = FileChannel.open(library, StandardOpenOption.READ)) {
      ByteBuffer header = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
      while (header.hasRemaining() && channel.read(header) >= 0) {
        // Until it is full, or the file ends.
      }
      if (header.position() < 64 || header.getInt(0) != 0x464c457f) {
        return library + ": is no library of Linux";
      }
      int machine = header.getShort(18) & 0xffff;
      if (header.get(4) != 2 || machine != 62) {
        return library
            + ": is for another kind of processor ("
            + (machine == 183 ? "ARM, 64 bits" : "ELF machine " + machine)
            + "), not x86-64";
      }
      // The table of sections stands at the end of the file.
      long end = header.getLong(40) + (long) header.getShort(58) * header.getShort(60);
      if (end > channel.size()) {
        return library + ": is cut short (" + channel.size() + " of " + end + " bytes)";
      }
      return "";
    } catch (IOException e) {
      return library + ": cannot be read: " + IoErrors.text(e);
    }
  }

  private void cuda() {
    Path home = streams.home();
    Path libraries =
        home == null ? Path.of("native", "cuda") : home.resolve("native").resolve("cuda");
    boolean driver =
        Files.exists(Path.of("/proc/driver/nvidia/version"))
            || Files.exists(Path.of("/dev/nvidiactl"))
            || Files.exists(Path.of("/dev/dxg"));
    if (!Files.isDirectory(libraries)) {
      if (driver) {
        warn(
            "CUDA",
            "an NVIDIA driver is there, but the CUDA libraries of ONNX Runtime are not (native/cuda); graphs run"
                + " on the CPU",
            "install them with: mvn package -Pcuda");
      } else {
        ok("CUDA", "not installed, and no NVIDIA driver here; graphs run on the CPU");
      }
      return;
    }
    for (String name :
        List.of(
            "libonnxruntime.so", "libonnxruntime4j_jni.so", "libonnxruntime_providers_cuda.so")) {
      String problem = libraryProblem(libraries.resolve(name));
      if (!problem.isEmpty()) {
        fail(
            "CUDA", problem, "install them again with: mvn package -Pcuda, or remove " + libraries);
        return;
      }
    }
    if (!driver) {
      warn(
          "CUDA",
          "its libraries are installed, but there is no NVIDIA driver; graphs run on the CPU",
          "install the driver, or set RIBONNX_DEVICE=cpu");
      return;
    }
    List<String> missing = CUDA_LIBRARIES.stream().filter(name -> !found(name)).toList();
    if (!missing.isEmpty()) {
      warn(
          "CUDA",
          "the driver is there, but these libraries were not found: " + String.join(", ", missing),
          "install CUDA 12 and cuDNN 9, or name their folder in LD_LIBRARY_PATH");
      return;
    }
    // The library that is loaded stays for the life of a process, so CUDA is not tried in this one.
    ok("CUDA", "libraries and driver are there; try: ribonnx predict --device cuda");
  }

  private boolean found(String library) {
    List<String> folders = new ArrayList<>(LIBRARY_FOLDERS);
    for (String folder :
        streams.environment().getOrDefault("LD_LIBRARY_PATH", "").split(File.pathSeparator, -1)) {
      if (!folder.isEmpty()) {
        folders.add(folder);
      }
    }
    return folders.stream().anyMatch(folder -> Files.exists(Path.of(folder, library)));
  }

  // ---- memory and places
  // --------------------------------------------------------------------------------------------

  private void memory() {
    long heap = Runtime.getRuntime().maxMemory() >> 20;
    long available = available();
    String limit = streams.environment().getOrDefault("RIBONNX_MEMORY", "");
    String text =
        String.format(
            Locale.ROOT,
            "%s%,d MB of Java heap at most, %s, %d processors",
            available < 0 ? "" : String.format(Locale.ROOT, "%,d MB free, ", available >> 20),
            heap,
            limit.isEmpty() ? "RIBONNX_MEMORY is not set" : "RIBONNX_MEMORY is " + limit,
            Runtime.getRuntime().availableProcessors());
    if (available >= 0 && available < LITTLE_MEMORY) {
      warn("memory", text, "give the job more memory; models need some hundred MB");
    } else {
      ok("memory", text);
    }
  }

  /** Bytes of memory that can be had here, by the machine and by the control group; -1: unknown. */
  private static long available() {
    long available = -1;
    try (Stream<String> lines = Files.lines(Path.of("/proc/meminfo"))) {
      for (String line : lines.filter(line -> line.startsWith("MemAvailable:")).toList()) {
        available = Long.parseLong(line.replaceAll("[^0-9]", "")) << 10;
      }
      Path most = Path.of("/sys/fs/cgroup/memory.max");
      Path used = Path.of("/sys/fs/cgroup/memory.current");
      if (Files.isReadable(most) && Files.isReadable(used)) {
        String text = Files.readString(most).strip();
        if (!text.equals("max")) {
          long left = Long.parseLong(text) - Long.parseLong(Files.readString(used).strip());
          available = Math.max(0, Math.min(available, left));
        }
      }
    } catch (IOException | java.io.UncheckedIOException | NumberFormatException e) {
      return available;
    }
    return available;
  }

  private void temporary() {
    Path folder = Spool.folder();
    String remedy = "set TMPDIR to a folder with space that you can write to";
    String problem = writing(folder);
    if (!problem.isEmpty()) {
      fail("temporary files", problem, remedy);
      return;
    }
    try {
      FileStore store = Files.getFileStore(folder);
      long space = store.getUsableSpace();
      String text = String.format(Locale.ROOT, "%s, %,d MB free", folder, space >> 20);
      if (space < LITTLE_SPACE) {
        warn("temporary files", text, "set TMPDIR to a place with more for large inputs");
      } else {
        ok("temporary files", text);
      }
    } catch (IOException e) {
      warn("temporary files", folder + ": " + IoErrors.text(e), remedy);
    }
  }

  /** Writes a megabyte into a folder and takes it away; what went wrong, or empty. */
  private static String writing(Path folder) {
    @Nullable Path probe = null;
    try {
      probe = Files.createTempFile(folder, "ribonnx-", ".probe");
      try (FileChannel channel = FileChannel.open(probe, StandardOpenOption.WRITE)) {
        ByteBuffer content = ByteBuffer.allocate(PROBE);
        while (content.hasRemaining()) {
          channel.write(content);
        }
        channel.force(false);
      }
      return "";
    } catch (IOException e) {
      return folder + ": " + IoErrors.text(e);
    } finally {
      if (probe != null) {
        probe.toFile().delete();
      }
    }
  }

  private void workingFolder() {
    Path folder = Path.of("").toAbsolutePath();
    if (Files.isWritable(folder)) {
      ok("working folder", folder + ", can be written to");
    } else {
      warn(
          "working folder",
          folder + ": can't be written to",
          "name a folder of yours for results (--outdir, --output)");
    }
  }

  // ---- environment
  // --------------------------------------------------------------------------------------------------

  private void environment() {
    variable("RIBONNX_MODELS", "the installation's models", this::modelPlaces);
    variable(
        "RIBONNX_MODELS_ONLY",
        "0",
        value ->
            value.equals("1") || value.equals("0") || value.isEmpty()
                ? ""
                : "only 1 restricts to RIBONNX_MODELS");
    variable(
        "RIBONNX_DEVICE",
        "auto",
        value -> {
          DeviceChoice.parse(value.toLowerCase(Locale.ROOT));
          return "";
        });
    variable(
        "RIBONNX_THREADS",
        Runtime.getRuntime().availableProcessors() + ", the processors",
        value -> value.matches("[1-9][0-9]{0,3}") ? "" : "!a number from 1 on is expected");
    variable("RIBONNX_MEMORY", "64g without CUDA, else none", value -> "");
    variable("RIBONNX_JAVA", "the installation's java, JAVA_HOME, PATH", value -> "");
    variable("RIBONNX_JAVA_OPTS", "none", value -> "");
    variable("TMPDIR", "/tmp", value -> "");
    for (String others : List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS")) {
      if (streams.environment().containsKey(others)) {
        variable(
            others, "", value -> "changes every Java; unset it, or use RIBONNX_JAVA_OPTS instead");
      }
    }
  }

  /** Finds what is wrong with a value: empty, or a warning; a failure if it begins with !. */
  private interface Judge {
    String of(String value);
  }

  private void variable(String name, String otherwise, Judge judge) {
    @Nullable String value = streams.environment().get(name);
    if (value == null) {
      ok(name, otherwise + " (default)");
      return;
    }
    String text = "'" + value + "' from the environment";
    try {
      String problem = judge.of(value);
      if (problem.isEmpty()) {
        ok(name, text);
      } else if (problem.startsWith("!")) {
        fail(name, text, problem.substring(1));
      } else {
        warn(name, text, problem);
      }
    } catch (RibonnxException e) {
      fail(name, text, e.line());
    }
  }

  private String modelPlaces(String value) {
    for (String place : value.split(File.pathSeparator, -1)) {
      if (!place.isBlank() && !Files.isDirectory(Path.of(place))) {
        return place + " is no folder";
      }
    }
    return "";
  }

  // ---- models
  // -------------------------------------------------------------------------------------------------------

  private void models(@Nullable OnnxRuntime runtime) {
    Models models;
    List<Models.Found> all;
    try {
      models = new Models(streams.environment(), streams.home());
      all = models.list();
    } catch (RibonnxException e) {
      fail("models", e.line(), "name a readable folder of models in RIBONNX_MODELS");
      return;
    }
    if (all.isEmpty()) {
      warn(
          "models",
          "none in " + String.join(", ", models.places().stream().map(Path::toString).toList()),
          "install one: ribonnx model install --into FOLDER MODEL, and name the folder in RIBONNX_MODELS");
    }
    for (Models.Found found : all) {
      @Nullable String problem = found.problem();
      if (problem != null) {
        fail("model " + found.id(), problem, "install it again or remove " + found.path());
      } else if (runtime != null) {
        model(found, runtime);
      } else {
        warn("model " + found.id() + "@" + found.version(), "not run, without ONNX Runtime", null);
      }
    }
    leftOvers(models);
  }

  /** What an installation of a model that was killed has left. */
  private void leftOvers(Models models) {
    for (Path place : models.places()) {
      if (!Files.isDirectory(place)) {
        continue;
      }
      try (DirectoryStream<Path> entries = Files.newDirectoryStream(place, ".installing-*")) {
        for (Path entry : entries) {
          warn("models", entry + ": was left by an installation that was ended", "remove it");
        }
      } catch (IOException e) {
        warn("models", place + ": " + IoErrors.text(e), null);
      }
    }
  }

  private void model(Models.Found found, OnnxRuntime runtime) {
    String name = "model " + found.id() + "@" + found.version();
    String remedy = "install it again or remove " + found.path();
    try (Bundle bundle = Bundle.open(found.path())) {
      if (bundle.storedTest() == null) {
        new Chain(bundle, runtime, 0, Classify.Wanted.NOTHING, false).close();
        warn(name, "can be opened; it has no stored test, so it was not run", null);
        return;
      }
      long start = System.nanoTime();
      boolean passed =
          new StoredRun(bundle, runtime, log())
              .compare().stream().allMatch(StoredRun.Comparison::passed);
      double seconds = (System.nanoTime() - start) / 1e9;
      if (passed) {
        ok(name, String.format(Locale.ROOT, "gives its stored results (%.1f s)", seconds));
      } else {
        fail(
            name,
            "does not give its stored results here",
            "do not use it; see ribonnx model test " + found.id() + "@" + found.version());
      }
    } catch (RibonnxException e) {
      fail(name, e.line(), e.kind() == RibonnxException.Kind.BUNDLE ? remedy : null);
    }
  }
}
