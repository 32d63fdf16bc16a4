package org.ribonnx.core.onnx;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.providers.OrtCUDAProviderOptions;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.io.RibonnxException;

/**
 * ONNX Runtime, loaded once, on the device that was chosen. Without a device the graphs run on the
 * CPU with one thread per run: the number of runs at a time is the callers' affair, so that the
 * last bits of a result do not depend on it.
 */
public final class OnnxRuntime implements AutoCloseable {
  private static final Set<String> ONLY_TELLING = Set.of("--help", "-h", "--version", "-V");
  private static final String NATIVE_PATH = "onnxruntime.native.path";

  private static final Pattern BUFFER = Pattern.compile("requested buffer of size ([0-9]{1,30})");

  /** More bytes than this in one tensor are a fault of the graph, whatever the machine has. */
  private static final BigInteger ABSURD = BigInteger.ONE.shiftLeft(35);

  private final OrtEnvironment environment;
  private final @Nullable Integer cuda;
  private final @Nullable String fallback;
  private final @Nullable ExecutorService gpuThread;

  private static volatile @Nullable Thread preloading;

  /** Why preloading failed, as {@link #load} is to say it. */
  private static volatile @Nullable String preloadFailure;

  private OnnxRuntime(
      OrtEnvironment environment, @Nullable Integer cuda, @Nullable String fallback) {
    this.environment = environment;
    this.cuda = cuda;
    this.fallback = fallback;
    // Runs from changing threads made the CUDA provider grow its memory with each run; one thread
    // never did.
    this.gpuThread =
        cuda == null
            ? null
            : Executors.newSingleThreadExecutor(
                task -> {
                  Thread thread = new Thread(task, "gpu");
                  thread.setDaemon(true);
                  return thread;
                });
  }

  /**
   * For a process that is about to {@link #load}: begins with the slow part of it in another
   * thread, if it is clear which library will be used. A failure is kept for {@link #load}.
   *
   * @param arguments of the command line; one that only asks for help loads nothing
   */
  public static void preload(@Nullable Path home, String[] arguments) {
    if (home == null
        || Files.isDirectory(home.resolve("native").resolve("cuda"))
        || Arrays.stream(arguments).anyMatch(ONLY_TELLING::contains)) {
      return;
    }
    Thread thread =
        new Thread(
            () -> {
              try {
                useLibrary(home, "cpu");
                environment();
              } catch (RibonnxException e) {
                preloadFailure = e.line();
              }
            },
            "preload");
    thread.setDaemon(true);
    preloading = thread;
    thread.start();
  }

  /**
   * For a process that is about to end: waits for a preloading under way, which would leave its
   * empty folder in TMPDIR.
   */
  public static void settle() {
    @Nullable Thread thread = preloading;
    if (thread != null) {
      try {
        thread.join(5_000);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static synchronized void useLibrary(Path home, String flavour) {
    if (System.getProperty(NATIVE_PATH) != null) {
      return;
    }
    Path libraries = home.resolve("native").resolve(flavour);
    Path library = libraries.resolve(System.mapLibraryName("onnxruntime"));
    if (!Files.isReadable(library)) {
      throw RibonnxException.failed(
          library + ": the native library is missing; install Ribonnx again", null);
    }
    System.setProperty(NATIVE_PATH, libraries.toString());
  }

  /**
   * Loads the native library and settles the device.
   *
   * @param choice what was asked for
   * @param home the installation, whose {@code native} folder is used; null: the library inside the
   *     jar
   * @throws RibonnxException device, if CUDA was asked for and is not to be had; failed, if the
   *     library can't be loaded
   */
  public static OnnxRuntime load(DeviceChoice choice, @Nullable Path home) {
    boolean wantsCuda = choice.policy() != DeviceChoice.Policy.CPU;
    boolean cudaInstalled =
        home != null && Files.isDirectory(home.resolve("native").resolve("cuda"));
    if (home != null) {
      useLibrary(home, wantsCuda && cudaInstalled ? "cuda" : "cpu");
    }
    @Nullable String before = preloadFailure;
    if (before != null) {
      throw RibonnxException.failed(before, null);
    }
    OrtEnvironment environment = environment();
    if (!wantsCuda) {
      return new OnnxRuntime(environment, null, null);
    }
    String reason =
        cudaInstalled
            ? tryCuda(choice.index())
            : "the CUDA libraries are not installed (native/cuda)";
    if (reason.isEmpty()) {
      return new OnnxRuntime(environment, choice.index(), null);
    }
    if (choice.policy() == DeviceChoice.Policy.CUDA) {
      throw RibonnxException.device(
          "CUDA was asked for and is not to be had: "
              + reason
              + "; 'ribonnx doctor' says more, --device cpu works",
          null);
    }
    return new OnnxRuntime(environment, null, reason);
  }

  private static synchronized OrtEnvironment environment() {
    try {
      return OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL, "ribonnx");
    } catch (UnsatisfiedLinkError
        | ExceptionInInitializerError
        | NoClassDefFoundError
        | IllegalStateException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw RibonnxException.failed(
          "the native library of ONNX Runtime can't be loaded on this system: "
              + cause.getMessage()
              + "; 'ribonnx doctor' says more",
          e);
    }
  }

  /** Why CUDA can't be used; empty if it can. */
  private static String tryCuda(int index) {
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions();
        OrtCUDAProviderOptions provider = new OrtCUDAProviderOptions(index)) {
      options.addCUDA(provider);
      return "";
    } catch (OrtException e) {
      String message = oneLine(e);
      String lower = message.toLowerCase(Locale.ROOT);
      if (lower.contains("failed to load shared library")
          || lower.contains("failed to find cuda")) {
        return "its libraries can't be loaded (NVIDIA driver, CUDA 12 and cuDNN 9 are needed)";
      }
      return message;
    }
  }

  /** {@code cpu} or {@code cuda:N}, for logs and run records. */
  public String device() {
    return cuda == null ? "cpu" : "cuda:" + cuda;
  }

  public boolean isCuda() {
    return cuda != null;
  }

  /** Why {@code auto} chose the CPU; null if it did not have to. */
  public @Nullable String fallback() {
    return fallback;
  }

  /** Version of the native library. */
  public String version() {
    return environment.getVersion();
  }

  /**
   * Opens a graph.
   *
   * @param cpuOnly whether it stays on the CPU whatever the device is
   * @throws RibonnxException bundle, if ONNX Runtime refuses it
   */
  public Graph open(GraphFile file, boolean cpuOnly) {
    boolean onCuda = cuda != null && !cpuOnly;
    OrtSession.@Nullable SessionOptions options = null;
    try {
      options = new OrtSession.SessionOptions();
      options.setIntraOpNumThreads(1);
      options.setInterOpNumThreads(1);
      options.setExecutionMode(OrtSession.SessionOptions.ExecutionMode.SEQUENTIAL);
      options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
      if (onCuda) {
        try (OrtCUDAProviderOptions provider =
            new OrtCUDAProviderOptions(Objects.requireNonNull(cuda))) {
          provider.add("arena_extend_strategy", "kSameAsRequested");
          provider.add("cudnn_conv_algo_search", "HEURISTIC");
          // TF32 keeps ten bits of the mantissa: results would leave the bundles' tolerance.
          provider.add("use_tf32", "0");
          options.addCUDA(provider);
        }
      }
      OrtSession session;
      if (file.location() != null) {
        session = environment.createSession(file.location().toString(), options);
      } else {
        session = environment.createSession(file.content().duplicate(), options);
      }
      return new Graph(environment, session, options, file, onCuda ? gpuThread : null);
    } catch (OrtException e) {
      if (options != null) {
        options.close();
      }
      throw failure(file.called(), "can't be opened", e);
    }
  }

  OrtEnvironment ort() {
    return environment;
  }

  static RibonnxException failure(String called, String what, OrtException e) {
    String message = oneLine(e);
    String lower = message.toLowerCase(Locale.ROOT);
    Matcher asked = BUFFER.matcher(lower);
    if (asked.find() && new BigInteger(asked.group(1)).compareTo(ABSURD) > 0) {
      return RibonnxException.bundle(
          called + ": asks for a tensor of " + asked.group(1) + " bytes, which no run should need",
          e);
    }
    if (lower.contains("out of memory")
        || lower.contains("failed to allocate")
        || lower.contains("bad_alloc")
        || lower.contains("allocation failed")
        || lower.contains("available memory")) {
      return RibonnxException.memory(
          called
              + ": out of memory; give the run more, or a smaller --batch-size ("
              + message
              + ")",
          e);
    }
    return RibonnxException.bundle(called + ": " + what + ": " + message, e);
  }

  private static String oneLine(OrtException e) {
    // Places in the library's own source say nothing to whom has made or runs a graph.
    return String.valueOf(e.getMessage())
        .strip()
        .replaceAll("\\s*[\\r\\n]+\\s*", " ")
        .replaceAll("Exception during (initialization|loading): ", "")
        .replaceAll("/onnxruntime_src/\\S+:[0-9]+ .*?\\)(?= [A-Z\\['])", "")
        .replaceFirst("^Error code - ORT_[A-Z_]+ - message: ", "");
  }

  @Override
  public void close() {
    if (gpuThread != null) {
      gpuThread.shutdown();
    }
  }
}
