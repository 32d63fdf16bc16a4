package org.ribonnx.core.onnx;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.tensor.DType;

/**
 * The structure of an ONNX file, read from its bytes before ONNX Runtime sees them. Files that
 * reach outside themselves (external data), bring operators of their own (custom domains), are
 * newer than the oldest runtime that must read them, or ask for absurd constants are refused.
 *
 * <p>Field numbers are those of the public {@code onnx.proto}.
 *
 * @param ir version of the file format
 * @param opset version of the operators of the domain {@code ai.onnx}; 0 where none is used
 * @param inputs what the graph takes, without its initialisers
 * @param outputs what it returns
 * @param operators the operators used, with how often
 */
public record GraphInfo(
    long ir, long opset, List<Port> inputs, List<Port> outputs, Map<String, Integer> operators) {
  /** The newest operator set that bundles may use. */
  public static final int MAX_OPSET = 20;

  /** The newest file format that bundles may use. */
  public static final int MAX_IR = 10;

  private static final Set<String> DOMAINS = Set.of("", "ai.onnx", "ai.onnx.ml");

  /**
   * An input or output.
   *
   * @param name its name
   * @param type element type; null where it is none that tensor files hold
   * @param dims length of each axis, -1 where it is open
   * @param kind what it is where it is no tensor of numbers: {@code text}, {@code sequence of
   *     maps}, …; empty where it is one
   */
  public record Port(String name, @Nullable DType type, long[] dims, String kind) {
    /** A tensor of numbers. */
    public Port(String name, @Nullable DType type, long[] dims) {
      this(name, type, dims, "");
    }

    /** As messages write it: {@code uint8 [?, 200]}. */
    public String signature() {
      if (!kind.isEmpty() && !kind.equals("text")) {
        return kind;
      }
      StringBuilder text =
          new StringBuilder(type == null ? kind.isEmpty() ? "unknown type" : kind : type.label())
              .append(" [");
      for (int i = 0; i < dims.length; i++) {
        text.append(i == 0 ? "" : ", ").append(dims[i] < 0 ? "?" : String.valueOf(dims[i]));
      }
      return text.append(']').toString();
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Port port
          && name.equals(port.name)
          && type == port.type
          && Arrays.equals(dims, port.dims);
    }

    @Override
    public int hashCode() {
      return name.hashCode();
    }
  }

  /**
   * Reads and checks a file.
   *
   * @param called how messages call it
   * @throws RibonnxException bundle, saying what the file does that it must not
   */
  public static GraphInfo read(String called, ByteBuffer content) {
    return read(
        called,
        content,
        problem -> {
          throw problem;
        });
  }

  /**
   * As {@link #read}, but everything that the file must not do is handed to {@code problems} before
   * it is refused.
   */
  public static GraphInfo review(
      String called, ByteBuffer content, Consumer<RibonnxException> problems) {
    List<RibonnxException> found = new ArrayList<>();
    GraphInfo info =
        read(
            called,
            content,
            problem -> {
              found.add(problem);
              problems.accept(problem);
            });
    if (!found.isEmpty()) {
      throw found.get(0);
    }
    return info;
  }

  private static GraphInfo read(
      String called, ByteBuffer content, Consumer<RibonnxException> problems) {
    try {
      return new Reader(called, problems).model(content.duplicate());
    } catch (ProtoReader.Malformed e) {
      throw RibonnxException.bundle(called + ": is no readable ONNX file: " + e.getMessage(), e);
    }
  }

  private static final class Reader {
    private static final int MAX_DEPTH = 16;
    private static final String EXTERNAL =
        "keeps data in another file (external data); export it as one file";

    private final String called;
    private final Consumer<RibonnxException> problems;
    private final Map<String, Integer> operators = new HashMap<>();
    private SizeCheck sizes = new SizeCheck();

    Reader(String called, Consumer<RibonnxException> problems) {
      this.called = called;
      this.problems = problems;
    }

    private RibonnxException refuse(String what) {
      return RibonnxException.bundle(called + ": " + what);
    }

    GraphInfo model(ByteBuffer bytes) throws ProtoReader.Malformed {
      long ir = 0;
      long opset = 0;
      List<Port> inputs = List.of();
      List<Port> outputs = List.of();
      boolean graph = false;
      ProtoReader proto = new ProtoReader(bytes);
      while (proto.next()) {
        switch (proto.field()) {
          case 1 -> ir = proto.varint();
          case 7 -> {
            List<List<Port>> ports = graph(proto.message(), 0);
            inputs = ports.get(0);
            outputs = ports.get(1);
            graph = true;
          }
          case 8 -> {
            String domain = "";
            long version = 0;
            ProtoReader entry = new ProtoReader(proto.message());
            while (entry.next()) {
              switch (entry.field()) {
                case 1 -> domain = entry.text();
                case 2 -> version = entry.varint();
                default -> entry.skip();
              }
            }
            if (domain.isEmpty() || domain.equals("ai.onnx")) {
              opset = version;
            }
          }
          case 25 -> function(proto.message());
          default -> proto.skip();
        }
      }
      if (!graph) {
        throw new ProtoReader.Malformed("it holds no graph");
      }
      if (ir > MAX_IR) {
        problems.accept(
            refuse(
                "has IR version "
                    + ir
                    + "; at most "
                    + MAX_IR
                    + " is allowed, export it again with an older one"));
      }
      if (opset > MAX_OPSET) {
        problems.accept(
            refuse(
                "has opset "
                    + opset
                    + "; at most "
                    + MAX_OPSET
                    + " is allowed, export it again with an older one"));
      }
      return new GraphInfo(ir, opset, inputs, outputs, operators);
    }

    /** Reads a graph; returns its inputs without initialisers, and its outputs. */
    private List<List<Port>> graph(ByteBuffer bytes, int depth) throws ProtoReader.Malformed {
      if (depth > MAX_DEPTH) {
        throw refuse("nests graphs deeper than " + MAX_DEPTH);
      }
      List<Port> inputs = new ArrayList<>();
      List<Port> outputs = new ArrayList<>();
      Set<String> initialisers = new HashSet<>();
      // Initialisers stand behind the nodes that use them, so constants are gathered first.
      ProtoReader first = new ProtoReader(bytes.duplicate());
      while (first.next()) {
        switch (first.field()) {
          case 5 -> {
            Stored stored = tensor(first.message());
            sizes.stored(stored.name(), stored.known());
            initialisers.add(stored.name());
          }
          case 11 -> {
            Port port = port(first.message());
            if (depth == 0) {
              sizes.input(port);
            }
          }
          case 15 -> sparse(first.message());
          default -> first.skip();
        }
      }
      ProtoReader proto = new ProtoReader(bytes);
      while (proto.next()) {
        switch (proto.field()) {
          case 1 -> node(proto.message(), depth);
          case 11 -> inputs.add(port(proto.message()));
          case 12 -> outputs.add(port(proto.message()));
          default -> proto.skip();
        }
      }
      inputs.removeIf(port -> initialisers.contains(port.name()));
      return List.of(List.copyOf(inputs), List.copyOf(outputs));
    }

    private void function(ByteBuffer bytes) throws ProtoReader.Malformed {
      // Its names are its own.
      sizes = new SizeCheck();
      ProtoReader proto = new ProtoReader(bytes);
      while (proto.next()) {
        if (proto.field() == 7) {
          node(proto.message(), 0);
        } else {
          proto.skip();
        }
      }
    }

    private void node(ByteBuffer bytes, int depth) throws ProtoReader.Malformed {
      RawNode node = RawNode.read(bytes);
      if (!DOMAINS.contains(node.domain())) {
        problems.accept(
            refuse(
                "node '"
                    + node.name()
                    + "' uses the operator "
                    + node.operator()
                    + " of the domain '"
                    + node.domain()
                    + "'; only "
                    + new TreeSet<>(Set.of("ai.onnx", "ai.onnx.ml"))
                    + " run everywhere"));
      }
      operators.merge(node.operator(), 1, Integer::sum);
      Map<String, SizeCheck.Attribute> read = new HashMap<>();
      for (ByteBuffer attribute : node.attributes()) {
        attribute(attribute, read, depth);
      }
      @Nullable String large = sizes.node(node.operator(), node.inputs(), node.outputs(), read);
      if (large != null) {
        throw refuse(
            "node '"
                + node.name()
                + "' ("
                + node.operator()
                + ") makes a tensor of shape "
                + large);
      }
    }

    private void attribute(ByteBuffer bytes, Map<String, SizeCheck.Attribute> into, int depth)
        throws ProtoReader.Malformed {
      ProtoReader proto = new ProtoReader(bytes);
      String name = "";
      long integer = 0;
      float number = 0;
      SizeCheck.@Nullable Known value = null;
      List<Long> integers = new ArrayList<>();
      while (proto.next()) {
        switch (proto.field()) {
          case 1 -> name = proto.text();
          case 2 -> number = proto.fixed32();
          case 3 -> integer = proto.varint();
          case 8 -> proto.varints(integers, 64);
          case 5, 10 -> value = tensor(proto.message()).known();
          case 6, 11 -> graph(proto.message(), depth + 1);
          case 22, 23 -> sparse(proto.message());
          default -> proto.skip();
        }
      }
      into.put(
          name,
          new SizeCheck.Attribute(
              integer, number, integers.stream().mapToLong(Long::longValue).toArray(), value));
    }

    private void sparse(ByteBuffer bytes) throws ProtoReader.Malformed {
      ProtoReader proto = new ProtoReader(bytes);
      while (proto.next()) {
        if (proto.field() == 1 || proto.field() == 2) {
          tensor(proto.message());
        } else {
          proto.skip();
        }
      }
    }

    private record Stored(String name, SizeCheck.Known known) {}

    /** Checks a stored tensor; its numbers are remembered if they are few. */
    private Stored tensor(ByteBuffer bytes) throws ProtoReader.Malformed {
      String name = "";
      int type = 0;
      List<Long> dims = new ArrayList<>();
      List<Long> integers = new ArrayList<>();
      List<Double> numbers = new ArrayList<>();
      ByteBuffer raw = ByteBuffer.allocate(0);
      ProtoReader proto = new ProtoReader(bytes);
      while (proto.next()) {
        switch (proto.field()) {
          case 1 -> proto.varints(dims, 64);
          case 2 -> type = (int) proto.varint();
          case 4 -> proto.floats(numbers, 64);
          case 5, 7 -> proto.varints(integers, 64);
          case 8 -> name = proto.text();
          case 9 -> raw = proto.message().order(java.nio.ByteOrder.LITTLE_ENDIAN);
          case 13 -> {
            proto.skip();
            problems.accept(refuse(EXTERNAL));
          }
          case 14 -> {
            if (proto.varint() != 0) {
              problems.accept(refuse(EXTERNAL));
            }
          }
          default -> proto.skip();
        }
      }
      integers.forEach(integer -> numbers.add((double) integer));
      int width = type == 7 || type == 11 ? 8 : type == 1 || type == 6 ? 4 : 0;
      if (width > 0 && raw.remaining() <= 64 * width) {
        while (raw.remaining() >= width) {
          numbers.add(
              switch (type) {
                case 1 -> (double) raw.getFloat();
                case 6 -> (double) raw.getInt();
                case 7 -> (double) raw.getLong();
                default -> raw.getDouble();
              });
        }
      }
      long[] shape = dims.stream().mapToLong(Long::longValue).toArray();
      long elements = 1;
      for (long axis : shape) {
        elements = Math.min(elements * Math.max(0, Math.min(axis, 65)), 65);
      }
      boolean whole = width > 0 && numbers.size() == elements;
      double @Nullable [] values =
          whole ? numbers.stream().mapToDouble(Double::doubleValue).toArray() : null;
      return new Stored(name, new SizeCheck.Known(values, shape, true));
    }

    private Port port(ByteBuffer bytes) throws ProtoReader.Malformed {
      String name = "";
      @Nullable DType type = null;
      List<Long> dims = new ArrayList<>();
      String what = "";
      ProtoReader proto = new ProtoReader(bytes);
      while (proto.next()) {
        switch (proto.field()) {
          case 1 -> name = proto.text();
          case 2 -> {
            ProtoReader kind = new ProtoReader(proto.message());
            while (kind.next()) {
              if (kind.field() != 1) {
                what = noTensor(kind);
                continue;
              }
              ProtoReader tensor = new ProtoReader(kind.message());
              while (tensor.next()) {
                switch (tensor.field()) {
                  case 1 -> {
                    long number = tensor.varint();
                    type = type(number);
                    what = number == 8 ? "text" : "";
                  }
                  case 2 -> dims = dims(tensor.message());
                  default -> tensor.skip();
                }
              }
            }
          }
          default -> proto.skip();
        }
      }
      return new Port(name, type, dims.stream().mapToLong(Long::longValue).toArray(), what);
    }

    /** What a type is that is no tensor. */
    private static String noTensor(ProtoReader kind) throws ProtoReader.Malformed {
      switch (kind.field()) {
        case 4 -> {
          ProtoReader sequence = new ProtoReader(kind.message());
          while (sequence.next()) {
            if (sequence.field() == 1) {
              ProtoReader element = new ProtoReader(sequence.message());
              if (element.next() && element.field() == 5) {
                return "sequence of maps";
              }
            } else {
              sequence.skip();
            }
          }
          return "sequence";
        }
        case 5 -> {
          kind.skip();
          return "map";
        }
        case 8 -> {
          kind.skip();
          return "sparse tensor";
        }
        default -> {
          kind.skip();
          return "";
        }
      }
    }

    private static List<Long> dims(ByteBuffer bytes) throws ProtoReader.Malformed {
      List<Long> dims = new ArrayList<>();
      ProtoReader proto = new ProtoReader(bytes);
      while (proto.next()) {
        if (proto.field() != 1) {
          proto.skip();
          continue;
        }
        long length = -1;
        ProtoReader axis = new ProtoReader(proto.message());
        while (axis.next()) {
          if (axis.field() == 1) {
            length = axis.varint();
          } else {
            axis.skip();
          }
        }
        dims.add(length);
      }
      return dims;
    }

    private static @Nullable DType type(long number) {
      return switch ((int) number) {
        case 1 -> DType.FLOAT32;
        case 2 -> DType.UINT8;
        case 3 -> DType.INT8;
        case 4 -> DType.UINT16;
        case 5 -> DType.INT16;
        case 6 -> DType.INT32;
        case 7 -> DType.INT64;
        case 9 -> DType.BOOL;
        case 10 -> DType.FLOAT16;
        case 11 -> DType.FLOAT64;
        case 12 -> DType.UINT32;
        default -> null;
      };
    }
  }
}
