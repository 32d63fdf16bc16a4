package org.ribonnx.core.testing;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Writes small ONNX files by the public field numbers of {@code onnx.proto}: an independent writer
 * for tests of what reads and runs them.
 */
public final class OnnxBuilder {
  public static final int FLOAT = 1;
  public static final int UINT8 = 2;
  public static final int INT32 = 6;
  public static final int INT64 = 7;
  public static final int DOUBLE = 11;

  /** A protocol-buffer message that grows field by field. */
  public static final class Message {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    private void number(long value) {
      long rest = value;
      while ((rest & ~0x7fL) != 0) {
        bytes.write((int) ((rest & 0x7f) | 0x80));
        rest >>>= 7;
      }
      bytes.write((int) rest);
    }

    public Message number(int field, long value) {
      number((long) field << 3);
      number(value);
      return this;
    }

    public Message bytes(int field, byte[] content) {
      number(((long) field << 3) | 2);
      number(content.length);
      bytes.writeBytes(content);
      return this;
    }

    public Message text(int field, String content) {
      return bytes(field, content.getBytes(StandardCharsets.UTF_8));
    }

    public Message message(int field, Message content) {
      return bytes(field, content.toBytes());
    }

    public byte[] toBytes() {
      return bytes.toByteArray();
    }
  }

  private final Message graph = new Message().text(2, "test");
  private final List<Message> functions = new ArrayList<>();
  private long ir = 8;
  private long opset = 17;

  public OnnxBuilder ir(long version) {
    ir = version;
    return this;
  }

  public OnnxBuilder opset(long version) {
    opset = version;
    return this;
  }

  /** An input; a dimension below 0 is open. */
  public OnnxBuilder input(String name, int type, long... dims) {
    graph.message(11, port(name, type, dims));
    return this;
  }

  public OnnxBuilder output(String name, int type, long... dims) {
    graph.message(12, port(name, type, dims));
    return this;
  }

  private static Message port(String name, int type, long... dims) {
    Message shape = new Message();
    for (long dim : dims) {
      shape.message(1, dim < 0 ? new Message().text(2, "open") : new Message().number(1, dim));
    }
    Message tensor = new Message().number(1, type).message(2, shape);
    return new Message().text(1, name).message(2, new Message().message(1, tensor));
  }

  public OnnxBuilder floats(String name, long[] dims, float... values) {
    ByteBuffer raw = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      raw.putFloat(value);
    }
    graph.message(5, tensor(name, FLOAT, dims).bytes(9, raw.array()));
    return this;
  }

  public OnnxBuilder int64(String name, long... values) {
    ByteBuffer raw = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (long value : values) {
      raw.putLong(value);
    }
    graph.message(5, tensor(name, INT64, values.length).bytes(9, raw.array()));
    return this;
  }

  /** A tensor without its data. */
  public static Message tensor(String name, int type, long... dims) {
    Message tensor = new Message();
    for (long dim : dims) {
      tensor.number(1, dim);
    }
    return tensor.number(2, type).text(8, name);
  }

  /** An initialiser as a message of one's own making. */
  public OnnxBuilder initializer(Message tensor) {
    graph.message(5, tensor);
    return this;
  }

  public static Message attribute(String name, long value) {
    return new Message().text(1, name).number(3, value).number(20, 2);
  }

  public static Message attribute(String name, long... values) {
    Message attribute = new Message().text(1, name).number(20, 7);
    for (long value : values) {
      attribute.number(8, value);
    }
    return attribute;
  }

  public static Message attribute(String name, Message tensor) {
    return new Message().text(1, name).message(5, tensor).number(20, 4);
  }

  /** An attribute that is a graph: that of another builder. */
  public static Message attribute(String name, OnnxBuilder nested) {
    return new Message().text(1, name).message(6, nested.graph).number(20, 5);
  }

  public static Message node(
      String operator, List<String> inputs, List<String> outputs, Message... attributes) {
    Message node = new Message();
    inputs.forEach(input -> node.text(1, input));
    outputs.forEach(output -> node.text(2, output));
    node.text(3, operator + "_" + String.join("_", outputs)).text(4, operator);
    Arrays.asList(attributes).forEach(attribute -> node.message(5, attribute));
    return node;
  }

  public OnnxBuilder add(Message node) {
    graph.message(1, node);
    return this;
  }

  public OnnxBuilder add(String operator, String input, String output, Message... attributes) {
    return add(node(operator, List.of(input.split(",", -1)), List.of(output), attributes));
  }

  /** A function of the model that holds one node. */
  public OnnxBuilder function(Message node) {
    functions.add(new Message().text(1, "f").message(7, node));
    return this;
  }

  public byte[] build() {
    Message model = new Message().number(1, ir);
    model.message(8, new Message().text(1, "").number(2, opset));
    model.message(7, graph);
    functions.forEach(function -> model.message(25, function));
    return model.toBytes();
  }

  /**
   * A graph {@code output = sigmoid(codes · weights)} on a view of codes: its weights differ from
   * place to place and output to output, so that a mix-up of either shows.
   */
  public static byte[] codesToScores(String input, int length, String output, int width) {
    return onCodes(input, length, width)
        .add("Sigmoid", "sums", output)
        .output(output, FLOAT, -1, width)
        .build();
  }

  /** The same with a softmax: one label of several. */
  public static byte[] codesToProbabilities(String input, int length, String output, int width) {
    return onCodes(input, length, width)
        .add("Softmax", "sums", output)
        .output(output, FLOAT, -1, width)
        .build();
  }

  /** The start of a graph on codes, whose last value is {@code sums}. */
  public static OnnxBuilder onCodes(String input, int length, int width) {
    return new OnnxBuilder()
        .input(input, UINT8, -1, length)
        .floats("weights", new long[] {length, width}, weights(length, width))
        .add("Cast", input, "numbers", attribute("to", FLOAT))
        .add("MatMul", "numbers,weights", "sums");
  }

  /** A graph {@code output = x · weights} on numbers. */
  public static byte[] linear(String input, int length, String output, int width) {
    return new OnnxBuilder()
        .input(input, FLOAT, -1, length)
        .floats("weights", new long[] {length, width}, weights(length, width))
        .add("MatMul", input + ",weights", output)
        .output(output, FLOAT, -1, width)
        .build();
  }

  /** Weights from −0.25 to 0.25, no two neighbours alike. */
  public static float[] weights(int rows, int columns) {
    float[] weights = new float[rows * columns];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = (i * 37 % 101 - 50) / 200f;
    }
    return weights;
  }
}
