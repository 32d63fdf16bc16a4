package org.ribonnx.dist;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** Writes ONNX files field by field, so that they can be wrong in any way. */
final class GraphFile {
  static final int FLOAT = 1;
  static final int UINT8 = 2;
  static final int INT64 = 7;

  /** A protocol-buffer message. */
  static final class Message {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    Message number(int field, long value) {
      varint((long) field << 3);
      varint(value);
      return this;
    }

    Message text(int field, String value) {
      return bytes(field, value.getBytes(StandardCharsets.UTF_8));
    }

    Message bytes(int field, byte[] value) {
      varint(((long) field << 3) | 2);
      varint(value.length);
      bytes.writeBytes(value);
      return this;
    }

    Message message(int field, Consumer<Message> content) {
      Message inner = new Message();
      content.accept(inner);
      return bytes(field, inner.bytes.toByteArray());
    }

    private void varint(long value) {
      long rest = value;
      while ((rest & ~0x7fL) != 0) {
        bytes.write((int) ((rest & 0x7f) | 0x80));
        rest >>>= 7;
      }
      bytes.write((int) rest);
    }
  }

  private final Message graph = new Message();
  private long ir = 8;
  private long opset = 17;

  GraphFile versions(long irVersion, long opsetVersion) {
    ir = irVersion;
    opset = opsetVersion;
    return this;
  }

  GraphFile node(String operator, String[] inputs, String output, Consumer<Message> more) {
    graph.message(
        1,
        node -> {
          for (String input : inputs) {
            node.text(1, input);
          }
          node.text(2, output).text(3, "node-" + output).text(4, operator);
          more.accept(node);
        });
    return this;
  }

  GraphFile node(String operator, String output, String... inputs) {
    return node(operator, inputs, output, node -> {});
  }

  /** A Cast to an element type. */
  GraphFile cast(String output, String input, int type) {
    return node(
        "Cast",
        new String[] {input},
        output,
        node -> node.message(5, to -> to.text(1, "to").number(3, type).number(20, 2)));
  }

  GraphFile numbers(String name, long... values) {
    ByteBuffer raw = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (long value : values) {
      raw.putLong(value);
    }
    graph.message(
        5, t -> t.number(1, values.length).number(2, INT64).text(8, name).bytes(9, raw.array()));
    return this;
  }

  /** A tensor whose data stands in another file. */
  GraphFile external(String name, String file) {
    graph.message(
        5,
        t ->
            t.number(1, 3)
                .number(2, FLOAT)
                .text(8, name)
                .message(13, entry -> entry.text(1, "location").text(2, file))
                .number(14, 1));
    return this;
  }

  GraphFile input(String name, int type, long... dims) {
    return port(11, name, type, dims);
  }

  GraphFile output(String name, int type, long... dims) {
    return port(12, name, type, dims);
  }

  private GraphFile port(int field, String name, int type, long... dims) {
    graph.message(
        field,
        port ->
            port.text(1, name)
                .message(
                    2,
                    kind ->
                        kind.message(
                            1,
                            tensor ->
                                tensor
                                    .number(1, type)
                                    .message(
                                        2,
                                        shape -> {
                                          for (long dim : dims) {
                                            shape.message(
                                                1,
                                                axis -> {
                                                  if (dim < 0) {
                                                    axis.text(2, "batch");
                                                  } else {
                                                    axis.number(1, dim);
                                                  }
                                                });
                                          }
                                        }))));
    return this;
  }

  /** The graph alone, to which fields may be appended. */
  byte[] graphBytes() {
    return graph.text(2, "graph").bytes.toByteArray();
  }

  byte[] bytes() {
    Message model = new Message();
    model.number(1, ir);
    model.bytes(7, graphBytes());
    model.message(8, set -> set.text(1, "").number(2, opset));
    return model.bytes.toByteArray();
  }

  /** Takes codes of 40 bases and returns three numbers, by way of what the caller adds. */
  static GraphFile head() {
    return new GraphFile()
        .input("codes", UINT8, -1, 40)
        .output("probabilities", FLOAT, -1, 3)
        .numbers("zero", 0)
        .numbers("three", 3)
        .numbers("axis", 1)
        .numbers("flat", -1, 3);
  }

  /** The rest of {@link #head()}: the first three codes as numbers, plus {@code added}. */
  GraphFile endedBy(String added) {
    cast("numbers", "codes", FLOAT);
    node("Slice", "begin", "numbers", "zero", "three", "axis");
    return node("Add", "probabilities", "begin", added);
  }
}
