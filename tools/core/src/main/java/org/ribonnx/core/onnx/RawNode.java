package org.ribonnx.core.onnx;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** A node as it stands in the file (NodeProto of the ONNX format); attributes not yet read. */
record RawNode(
    String operator,
    String domain,
    String name,
    List<String> inputs,
    List<String> outputs,
    List<ByteBuffer> attributes) {

  static RawNode read(ByteBuffer bytes) throws ProtoReader.Malformed {
    String operator = "";
    String domain = "";
    String name = "";
    List<String> inputs = new ArrayList<>();
    List<String> outputs = new ArrayList<>();
    List<ByteBuffer> attributes = new ArrayList<>();
    ProtoReader proto = new ProtoReader(bytes);
    while (proto.next()) {
      switch (proto.field()) {
        case 1 -> inputs.add(proto.text());
        case 2 -> outputs.add(proto.text());
        case 3 -> name = proto.text();
        case 4 -> operator = proto.text();
        case 5 -> attributes.add(proto.message());
        case 7 -> domain = proto.text();
        default -> proto.skip();
      }
    }
    return new RawNode(operator, domain, name, inputs, outputs, attributes);
  }
}
