package org.ribonnx.core.onnx;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Steps through the fields of a protocol-buffer message (the public wire format), trusting no
 * length.
 */
final class ProtoReader {
  /** The bytes are no message. */
  static final class Malformed extends Exception {
    private static final long serialVersionUID = 1L;

    Malformed(String message) {
      super(message);
    }
  }

  private final ByteBuffer bytes;
  private int field;
  private int wire;

  ProtoReader(ByteBuffer bytes) {
    this.bytes = bytes;
  }

  /** Moves to the next field; false at the end. Each field must be read or skipped. */
  boolean next() throws Malformed {
    if (!bytes.hasRemaining()) {
      return false;
    }
    long tag = number();
    field = (int) (tag >>> 3);
    wire = (int) (tag & 7);
    if (field == 0) {
      throw new Malformed("a field has the number 0");
    }
    return true;
  }

  int field() {
    return field;
  }

  long varint() throws Malformed {
    expect(0);
    return number();
  }

  /** Numbers written packed or one by one; at most {@code most} are kept. */
  void varints(List<Long> into, int most) throws Malformed {
    if (wire == 0) {
      keep(into, most, number());
      return;
    }
    ByteBuffer packed = message();
    ProtoReader reader = new ProtoReader(packed);
    while (packed.hasRemaining()) {
      keep(into, most, reader.number());
    }
  }

  float fixed32() throws Malformed {
    expect(5);
    return Float.intBitsToFloat(word());
  }

  private int word() throws Malformed {
    if (bytes.remaining() < 4) {
      throw new Malformed("it is cut short");
    }
    int word = 0;
    for (int shift = 0; shift < 32; shift += 8) {
      word |= (bytes.get() & 0xff) << shift;
    }
    return word;
  }

  /** Floats written packed or one by one; at most {@code most} are kept. */
  void floats(List<Double> into, int most) throws Malformed {
    ProtoReader reader = this;
    int count = 1;
    if (wire == 2) {
      ByteBuffer packed = message();
      count = packed.remaining() / 4;
      reader = new ProtoReader(packed);
    } else {
      expect(5);
    }
    for (int i = 0; i < count && into.size() < most; i++) {
      into.add((double) Float.intBitsToFloat(reader.word()));
    }
  }

  private static void keep(List<Long> into, int most, long value) {
    if (into.size() < most) {
      into.add(value);
    }
  }

  String text() throws Malformed {
    return StandardCharsets.UTF_8.decode(message()).toString();
  }

  /** A length-delimited field, as a buffer of its own. */
  ByteBuffer message() throws Malformed {
    expect(2);
    long length = number();
    if (length < 0 || length > bytes.remaining()) {
      throw new Malformed("it is cut short");
    }
    ByteBuffer part = bytes.slice(bytes.position(), (int) length);
    bytes.position(bytes.position() + (int) length);
    return part;
  }

  void skip() throws Malformed {
    switch (wire) {
      case 0 -> number();
      case 1 -> forward(8);
      case 2 -> message();
      case 5 -> forward(4);
      default -> throw new Malformed("a field has the wire type " + wire);
    }
  }

  private void forward(int count) throws Malformed {
    if (bytes.remaining() < count) {
      throw new Malformed("it is cut short");
    }
    bytes.position(bytes.position() + count);
  }

  private void expect(int type) throws Malformed {
    if (wire != type) {
      throw new Malformed("field " + field + " has the wire type " + wire);
    }
  }

  private long number() throws Malformed {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (!bytes.hasRemaining()) {
        throw new Malformed("it is cut short");
      }
      byte b = bytes.get();
      value |= (b & 0x7fL) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw new Malformed("a number is too long");
  }
}
