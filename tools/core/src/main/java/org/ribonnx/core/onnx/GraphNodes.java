package org.ribonnx.core.onnx;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.io.RibonnxException;

/**
 * The nodes of an ONNX file's main graph, for those who look into what a graph does. Those of
 * graphs inside of nodes (branches, loops) are kept apart.
 *
 * <p>Field numbers are those of the public {@code onnx.proto}.
 */
public final class GraphNodes {
  /** Numbers of a list that are kept; axes and shapes have fewer. */
  private static final int KEPT = 64;

  /**
   * A node.
   *
   * @param operator what it does, for example {@code Softmax}
   * @param name its name; empty where it has none
   * @param inputs names of the values it takes
   * @param outputs names of the values it makes
   * @param numbers its attributes that are whole numbers or short lists of them
   * @param within the node of the main graph that it is part of, as messages call that; empty: none
   */
  public record Node(
      String operator,
      String name,
      List<String> inputs,
      List<String> outputs,
      Map<String, List<Long>> numbers,
      String within) {
    /** A whole number among the attributes. */
    public long number(String attribute, long otherwise) {
      List<Long> values = numbers.getOrDefault(attribute, List.of());
      return values.isEmpty() ? otherwise : values.get(0);
    }

    /** As messages call it: {@code node 'head/Softmax' (Softmax)}. */
    public String called() {
      String made = outputs.isEmpty() ? "?" : outputs.get(0);
      return "node '" + (name.isEmpty() ? made : name) + "' (" + operator + ")";
    }
  }

  private final List<Node> nodes = new ArrayList<>();
  private final List<Node> inner = new ArrayList<>();
  private final Map<String, Node> makers = new HashMap<>();
  private final Map<String, List<Long>> constants = new HashMap<>();

  private GraphNodes() {}

  /**
   * Reads a file that {@link GraphInfo#read} has accepted.
   *
   * @param called how messages call it
   * @throws RibonnxException bundle, if it is no readable ONNX file
   */
  public static GraphNodes read(String called, ByteBuffer content) {
    GraphNodes all = new GraphNodes();
    try {
      ProtoReader model = new ProtoReader(content.duplicate());
      while (model.next()) {
        if (model.field() == 7) {
          all.graph(model.message(), "");
        } else {
          model.skip();
        }
      }
    } catch (ProtoReader.Malformed e) {
      throw RibonnxException.bundle(called + ": is no readable ONNX file: " + e.getMessage(), e);
    }
    return all;
  }

  /** The nodes, in the order of the file, which is one in which they can run. */
  public List<Node> nodes() {
    return List.copyOf(nodes);
  }

  /** The nodes of graphs inside of nodes, at any depth. */
  public List<Node> inner() {
    return List.copyOf(inner);
  }

  /** The node that makes a value; null: it is an input, or stored. */
  public @Nullable Node maker(String value) {
    return makers.get(value);
  }

  /** A stored short list of whole numbers; null: there is none of that name. */
  public @Nullable List<Long> constant(String value) {
    return constants.get(value);
  }

  private void graph(ByteBuffer bytes, String within) throws ProtoReader.Malformed {
    ProtoReader proto = new ProtoReader(bytes);
    while (proto.next()) {
      switch (proto.field()) {
        case 1 -> node(proto.message(), within);
        case 5 -> tensor(proto.message(), "");
        default -> proto.skip();
      }
    }
  }

  private void node(ByteBuffer bytes, String within) throws ProtoReader.Malformed {
    RawNode raw = RawNode.read(bytes);
    Map<String, List<Long>> numbers = new HashMap<>();
    List<ByteBuffer> graphs = new ArrayList<>();
    for (ByteBuffer attribute : raw.attributes()) {
      attribute(
          attribute,
          numbers,
          graphs,
          raw.operator().equals("Constant") ? raw.outputs() : List.of());
    }
    Node node =
        new Node(
            raw.operator(),
            raw.name(),
            List.copyOf(raw.inputs()),
            List.copyOf(raw.outputs()),
            numbers,
            within);
    if (within.isEmpty()) {
      nodes.add(node);
      raw.outputs().forEach(output -> makers.put(output, node));
    } else {
      inner.add(node);
    }
    for (ByteBuffer graph : graphs) {
      graph(graph, within.isEmpty() ? node.called() : within);
    }
  }

  private void attribute(
      ByteBuffer bytes,
      Map<String, List<Long>> numbers,
      List<ByteBuffer> graphs,
      List<String> constantOf)
      throws ProtoReader.Malformed {
    String name = "";
    List<Long> values = new ArrayList<>();
    @Nullable ByteBuffer tensor = null;
    ProtoReader proto = new ProtoReader(bytes);
    while (proto.next()) {
      switch (proto.field()) {
        case 1 -> name = proto.text();
        case 3 -> values.add(proto.varint());
        case 5 -> tensor = proto.message();
        case 6, 11 -> graphs.add(proto.message());
        case 8 -> proto.varints(values, KEPT);
        default -> proto.skip();
      }
    }
    if (constantOf.isEmpty()) {
      numbers.put(name, List.copyOf(values));
    } else if (tensor != null) {
      tensor(tensor, constantOf.get(0));
    } else {
      constants.put(constantOf.get(0), List.copyOf(values));
    }
  }

  private void tensor(ByteBuffer bytes, String constant) throws ProtoReader.Malformed {
    String name = constant;
    long type = 0;
    List<Long> values = new ArrayList<>();
    ProtoReader proto = new ProtoReader(bytes);
    while (proto.next()) {
      switch (proto.field()) {
        case 2 -> type = proto.varint();
        case 7 -> proto.varints(values, KEPT);
        case 8 -> {
          String own = proto.text();
          name = constant.isEmpty() ? own : constant;
        }
        case 9 -> {
          ByteBuffer raw = proto.message().order(ByteOrder.LITTLE_ENDIAN);
          if (raw.remaining() <= KEPT * Long.BYTES) {
            while (raw.remaining() >= Long.BYTES) {
              values.add(raw.getLong());
            }
          }
        }
        default -> proto.skip();
      }
    }
    if (type == 7) {
      constants.put(name, List.copyOf(values));
    }
  }
}
