package org.ribonnx.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.ribonnx.core.io.Tree;

/** {@code ribonnx doctor} on installations and machines that lack something. */
class DoctorIT {
  private static final List<String> RUNTIME =
      List.of("libonnxruntime.so", "libonnxruntime4j_jni.so");

  /** An installation of its own: bin and native are copies, the rest is shared. */
  private static Path installation(Sandbox box) throws IOException {
    Path copy = Files.createDirectories(box.in.resolve("ribonnx"));
    Sandbox.copy(Sandbox.INSTALLATION.resolve("bin"), copy.resolve("bin"));
    Sandbox.copy(Sandbox.INSTALLATION.resolve("native/cpu"), copy.resolve("native/cpu"));
    Files.createSymbolicLink(copy.resolve("lib"), Sandbox.INSTALLATION.resolve("lib"));
    Files.createDirectory(copy.resolve("models"));
    smallModel(copy.resolve("models/smallest"));
    box.bin = copy.resolve("bin");
    return copy;
  }

  private static void smallModel(Path target) {
    Sandbox.copy(Path.of(Sandbox.smallest()), target);
  }

  /** Runs doctor as lines and as JSON; both must say the same. Returns the lines. */
  private static String doctor(Sandbox box, int code) throws IOException {
    Sandbox.Result lines = box.run("ribonnx", "doctor");
    assertEquals(code, lines.code(), lines.toString());
    assertEquals("", lines.err());
    Sandbox.Result json = box.run("ribonnx", "doctor", "--json");
    assertEquals(code, json.code(), json.toString());
    Map<?, ?> tree =
        (Map<?, ?>)
            Objects.requireNonNull(Tree.parseJson(json.out().getBytes(StandardCharsets.UTF_8)));
    assertEquals(1L, tree.get("schema"));
    assertTrue(String.valueOf(tree.get("version")).matches("[0-9]+\\.[0-9].*"), json.out());
    List<?> checks = (List<?>) Objects.requireNonNull(tree.get("checks"));
    List<String> shown = new ArrayList<>();
    List<String> order = List.of("ok", "warn", "fail");
    int worst = 0;
    for (Object one : checks) {
      Map<?, ?> check = (Map<?, ?>) one;
      assertTrue(check.containsKey("remedy") && check.size() == 4, check.toString());
      String verdict = String.valueOf(check.get("verdict"));
      worst = Math.max(worst, order.indexOf(verdict));
      shown.add((verdict + "    ").substring(0, 4) + "  " + check.get("check"));
      // What does not work comes with what to do, except where the finding says all.
      boolean said = check.get("remedy") != null || verdict.equals("ok");
      assertTrue(said || String.valueOf(check.get("check")).startsWith("model"), check.toString());
    }
    assertEquals(order.get(worst), tree.get("verdict"));
    assertEquals(code, worst == 2 ? 1 : 0);
    List<String> found = lines.out().lines().toList();
    assertEquals(shown.size(), found.size(), lines.out());
    for (int i = 0; i < shown.size(); i++) {
      assertTrue(found.get(i).startsWith(shown.get(i)), shown.get(i) + " in " + found.get(i));
    }
    assertEquals(Map.of(), Sandbox.digests(box.tmp));
    return lines.out();
  }

  private static void has(String lines, String verdict, String check, String... words) {
    String line =
        lines
            .lines()
            .filter(one -> one.startsWith(verdict) && one.startsWith(check, 6))
            .findFirst()
            .orElse("");
    assertFalse(line.isEmpty(), verdict + " " + check + " in\n" + lines);
    for (String word : words) {
      assertTrue(line.contains(word), word + " in " + line);
    }
  }

  @Test
  void aSoundInstallation() throws IOException {
    try (Sandbox box = new Sandbox()) {
      box.environment.put("RIBONNX_THREADS", "1");
      String lines = doctor(box, 0);
      has(lines, "ok", "Java", "found by JAVA_HOME");
      has(lines, "ok", "installation", Sandbox.INSTALLATION.toString());
      has(lines, "ok", "ONNX Runtime", "on the CPU");
      has(lines, "ok", "memory", "MB free", "processors");
      has(lines, "ok", "temporary files", box.tmp.toString());
      has(lines, "ok", "working folder");
      has(lines, "ok", "RIBONNX_THREADS", "'1' from the environment");
      has(lines, "ok", "RIBONNX_MODELS ", "(default)");
      has(lines, "ok", "TMPDIR", box.tmp.toString());
      has(lines, "ok", "model mirna-family@", "gives its stored results");
    }
  }

  @Test
  void noJava() throws IOException {
    try (Sandbox box = new Sandbox()) {
      box.environment.remove("JAVA_HOME");
      Path path = Files.createDirectories(box.in.resolve("path"));
      for (String tool : List.of("sed", "tr", "head", "rm", "readlink")) {
        for (String folder : List.of("/usr/bin/", "/bin/")) {
          if (Files.exists(Path.of(folder + tool)) && Files.notExists(path.resolve(tool))) {
            Files.createSymbolicLink(path.resolve(tool), Path.of(folder + tool));
          }
        }
      }
      box.environment.put("PATH", path.toString());
      String lines = doctor(box, 1);
      has(lines, "fail", "Java", "no Java found", "install Java 17");
      has(lines, "ok", "ONNX Runtime", "is there");
      has(lines, "ok", "temporary files", box.tmp.toString());
      has(lines, "ok", "RIBONNX_DEVICE", "'cpu'");
      box.environment.put("TMPDIR", "/nowhere \"at\\all");
      has(doctor(box, 1), "fail", "temporary files", "/nowhere", "set TMPDIR");
      assertEquals(2, box.run("ribonnx", "doctor", "--jsno").code());
    }
  }

  @Test
  void javaElevenAndLibraries() throws IOException {
    try (Sandbox box = new Sandbox()) {
      Path home = installation(box);
      box.input("java 11/release", "JAVA_VERSION=\"11.0.2\"\n");
      Path java = Path.of(box.input("java 11/bin/java", "#!/bin/sh\nexit 9\n"));
      assertTrue(java.toFile().setExecutable(true));
      box.environment.put("RIBONNX_JAVA", box.in.resolve("java 11").toString());
      has(doctor(box, 1), "fail", "Java", "is Java 11.0.2", "install Java 17");
      box.environment.remove("RIBONNX_JAVA");

      Path library = home.resolve("native/cpu/libonnxruntime.so");
      byte[] whole = Files.readAllBytes(library);
      byte[] arm = whole.clone();
      arm[18] = (byte) 183;
      byte[] text = "hello".getBytes(StandardCharsets.UTF_8);
      Object[][] libraries = {
        {arm, "another kind of processor (ARM, 64 bits)"},
        {Arrays.copyOf(whole, whole.length / 2), "cut short"},
        {text, "no library of Linux"},
        {new byte[0], "no library of Linux"},
      };
      for (Object[] one : libraries) {
        Files.write(library, (byte[]) one[0]);
        String lines = doctor(box, 1);
        has(lines, "fail", "ONNX Runtime", (String) one[1], "install Ribonnx again");
        has(lines, "warn", "model smallest@1.0.0", "not run");
      }
      Files.delete(library);
      has(doctor(box, 1), "fail", "ONNX Runtime", "is missing", "install Ribonnx again");
    }
  }

  /** Runs a shell line as root of a mount namespace before the command; false where it can't. */
  private static boolean mounting(Sandbox box, String line) {
    box.before = List.of("unshare", "--mount", "/bin/sh", "-c", line + " && exec \"$@\"", "sh");
    try {
      Process process =
          new ProcessBuilder("unshare", "--mount", "/bin/sh", "-c", line)
              .redirectErrorStream(true)
              .start();
      process.getInputStream().readAllBytes();
      return process.waitFor() == 0;
    } catch (IOException | InterruptedException e) {
      return false;
    }
  }

  @Test
  void noRoomForTemporaryFiles() throws IOException {
    try (Sandbox box = new Sandbox()) {
      installation(box);
      if (!mounting(box, "mount -t tmpfs -o size=64k none '" + box.tmp + "'")) {
        // No file beyond 64 kB.
        box.before = List.of("/bin/sh", "-c", "ulimit -f 128 && exec \"$@\"", "sh");
      }
      has(doctor(box, 1), "fail", "temporary files", box.tmp.toString(), "set TMPDIR");
      Sandbox.Result predicted = box.run("ribonnx", "doctor", "--quiet");
      assertEquals(1, predicted.code());
    }
    try (Sandbox box = new Sandbox()) {
      installation(box);
      box.environment.put("TMPDIR", "/nowhere/at/all");
      has(doctor(box, 1), "fail", "temporary files", "no such file or folder", "set TMPDIR");
    }
  }

  @Test
  void cudaWithoutDriver() throws IOException {
    assumeTrue(Files.notExists(Path.of("/dev/nvidiactl")), "a machine without a GPU");
    try (Sandbox box = new Sandbox()) {
      Path home = installation(box);
      box.environment.put("RIBONNX_DEVICE", "auto");
      has(doctor(box, 0), "ok", "CUDA", "no NVIDIA driver");
      Path cuda = Files.createDirectory(home.resolve("native/cuda"));
      has(doctor(box, 1), "fail", "CUDA", "libonnxruntime.so", "is missing", "-Pcuda");
      cudaLibraries(home, cuda);
      has(doctor(box, 0), "warn", "CUDA", "no NVIDIA driver", "install the driver");
    }
  }

  private static void cudaLibraries(Path home, Path cuda) throws IOException {
    for (String library : RUNTIME) {
      Files.createLink(cuda.resolve(library), home.resolve("native/cpu").resolve(library));
    }
    Files.copy(
        home.resolve("native/cpu/libonnxruntime4j_jni.so"),
        cuda.resolve("libonnxruntime_providers_cuda.so"),
        StandardCopyOption.REPLACE_EXISTING);
  }

  /** A driver that is no more than its folder. */
  @Test
  void cudaDriverWithoutLibraries() throws IOException {
    try (Sandbox box = new Sandbox()) {
      String driver =
          "mount -t tmpfs none /proc/driver && mkdir /proc/driver/nvidia && touch /proc/driver/nvidia/version";
      assumeTrue(mounting(box, driver), "mounts are allowed");
      assumeTrue(Files.notExists(Path.of("/usr/local/cuda")), "a machine without CUDA");
      Path home = installation(box);
      box.environment.put("RIBONNX_DEVICE", "auto");
      has(doctor(box, 0), "warn", "CUDA", "driver is there", "-Pcuda");
      Path cuda = Files.createDirectory(home.resolve("native/cuda"));
      has(doctor(box, 1), "fail", "CUDA", "is missing", "remove " + cuda);
      cudaLibraries(home, cuda);
      has(doctor(box, 0), "warn", "CUDA", "libcudart.so.12", "libcudnn.so.9", "CUDA 12");
      for (String name :
          List.of("libcudart.so.12", "libcublas.so.12", "libcufft.so.11", "libcudnn.so.9")) {
        box.input("libs/" + name, "");
      }
      box.environment.put("LD_LIBRARY_PATH", box.in.resolve("libs").toString());
      has(doctor(box, 0), "ok", "CUDA", "libraries and driver are there");
    }
  }

  @Test
  void brokenModelsAmongGoodOnes() throws IOException {
    try (Sandbox box = new Sandbox()) {
      installation(box);
      Path models = Files.createDirectory(box.in.resolve("models"));
      smallModel(models.resolve("good"));
      smallModel(models.resolve("tampered"));
      byte[] graph = Files.readAllBytes(models.resolve("tampered/head.onnx"));
      graph[graph.length / 2] ^= 1;
      Files.write(models.resolve("tampered/head.onnx"), graph);
      box.input("models/broken/model.yaml", "schema: 7\n");
      box.input("models/zipped.zip", "no zip");
      Sandbox.copy(Sandbox.INSTALLATION.resolve("models/mirna-family"), models.resolve("real"));
      Files.createDirectory(models.resolve(".installing-1"));
      box.environment.put("RIBONNX_MODELS", models.toString());
      String lines = doctor(box, 1);
      has(lines, "fail", "model broken", "schema must be 1", "remove " + models.resolve("broken"));
      has(lines, "fail", "model zipped.zip", "readable zip");
      has(lines, "fail", "model smallest@1.0.0", "heads.composition.sha256");
      has(lines, "warn", "model smallest@1.0.0", "no stored test");
      has(lines, "ok", "model mirna-family@1.0.0", "gives its stored results");
      has(lines, "warn", "models", ".installing-1", "remove it");
    }
  }

  @Test
  void theEnvironment() throws IOException {
    try (Sandbox box = new Sandbox()) {
      installation(box);
      box.environment.put("RIBONNX_DEVICE", "tpu");
      box.environment.put("RIBONNX_THREADS", "many");
      box.environment.put("RIBONNX_MODELS_ONLY", "yes");
      box.environment.put("RIBONNX_MODELS", "/nowhere");
      box.environment.put("RIBONNX_MEMORY", "4g");
      box.environment.put("RIBONNX_JAVA_OPTS", "-Dx=1");
      String lines = doctor(box, 1);
      has(lines, "fail", "RIBONNX_DEVICE", "'tpu' from the environment", "auto, cpu, cuda");
      has(lines, "fail", "RIBONNX_THREADS", "'many'", "a number");
      has(lines, "warn", "RIBONNX_MODELS_ONLY", "'yes'", "only 1");
      has(lines, "warn", "RIBONNX_MODELS ", "'/nowhere'", "no folder");
      has(lines, "ok", "RIBONNX_MEMORY", "'4g'");
      has(lines, "ok", "RIBONNX_JAVA_OPTS", "'-Dx=1'");
      has(lines, "ok", "memory", "RIBONNX_MEMORY is 4g");
      box.environment.put("RIBONNX_MEMORY", "much");
      Sandbox.Result result = box.run("ribonnx", "doctor");
      assertEquals(2, result.code());
      assertTrue(result.err().contains("RIBONNX_MEMORY is 'much'"), result.err());
    }
  }
}
