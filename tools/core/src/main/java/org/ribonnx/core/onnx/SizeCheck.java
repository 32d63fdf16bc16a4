package org.ribonnx.core.onnx;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Works out the sizes of tensors that a graph computes from constants and from the shape of its
 * inputs, and finds those that no machine should be asked for. What depends on the values of a
 * record is not known here; a limit of the process is what stops that.
 *
 * <p>Values are kept flat, whatever their rank: shapes are lists.
 */
final class SizeCheck {
  /** Elements of the largest tensor that constants alone may make. */
  static final long MOST_CONSTANT = 1L << 28;

  /** Elements of the largest tensor of a run of {@link #RECORDS} records. */
  static final long MOST = 1L << 31;

  /** The fewest records of a run. */
  private static final int RECORDS = 16;

  private static final int MOST_VALUES = 64;

  private static final Set<String> SAME_VALUES =
      Set.of("Identity", "Reshape", "Squeeze", "Unsqueeze", "Flatten");
  private static final Set<String> SAME_DIMS =
      Set.of("Identity", "Cast", "Sigmoid", "Tanh", "Relu", "Abs", "Neg", "Exp", "Log", "Sqrt");
  private static final Set<String> ELEMENTWISE =
      Set.of(
          "Add", "Sub", "Mul", "Div", "Pow", "Max", "Min", "Mod", "Greater", "Less", "Equal", "And",
          "Or", "Where");

  /**
   * What is known of a tensor.
   *
   * @param values its few elements; null where they are not known
   * @param dims its shape; null where it is not known
   * @param constant whether it depends on no input
   */
  record Known(double @Nullable [] values, long @Nullable [] dims, boolean constant) {}

  private static final Known NOTHING = new Known(null, null, false);

  /** An attribute of a node, as far as it matters here. */
  record Attribute(long integer, float number, long[] integers, @Nullable Known tensor) {}

  private final Map<String, Known> known = new HashMap<>();

  /** Puts a stored tensor in. */
  void stored(String name, Known tensor) {
    known.put(name, tensor);
  }

  /** Puts an input of the graph in; its first axis is the records'. */
  void input(GraphInfo.Port port) {
    long[] dims = port.dims().clone();
    if (dims.length > 0 && dims[0] < 0) {
      dims[0] = RECORDS;
    }
    known.putIfAbsent(port.name(), new Known(null, dims, false));
  }

  private Known of(List<String> names, int place) {
    return place < names.size() ? known.getOrDefault(names.get(place), NOTHING) : NOTHING;
  }

  /**
   * Takes a node in.
   *
   * @return the shape of a tensor that is too large; null if there is none
   */
  @Nullable String node(
      String operator,
      List<String> inputs,
      List<String> outputs,
      Map<String, Attribute> attributes) {
    Known result = result(operator, inputs, attributes);
    if (!outputs.isEmpty()) {
      known.put(outputs.get(0), result);
    }
    long[] dims = result.dims();
    return dims != null && elements(dims) > (result.constant() ? MOST_CONSTANT : MOST)
        ? Arrays.toString(dims)
        : null;
  }

  /** Elements of a shape; an open axis counts as one, and what is beyond counting as very many. */
  private static long elements(long[] dims) {
    long elements = 1;
    for (long axis : dims) {
      if (axis > 0 && elements > Long.MAX_VALUE / axis) {
        return Long.MAX_VALUE;
      }
      elements *= axis < 0 ? 1 : axis;
    }
    return elements;
  }

  private Known result(String operator, List<String> inputs, Map<String, Attribute> attributes) {
    boolean constant = true;
    for (int i = 0; i < inputs.size(); i++) {
      constant &= inputs.get(i).isEmpty() || of(inputs, i).constant();
    }
    Known first = of(inputs, 0);
    Known second = of(inputs, 1);
    if (operator.equals("Constant")) {
      return constant(attributes);
    }
    if (operator.equals("Shape")) {
      return shape(first, attributes);
    }
    double @Nullable [] values = values(operator, inputs, attributes);
    long @Nullable [] dims =
        switch (operator) {
          case "ConstantOfShape" -> whole(first.values());
          case "Expand" -> broadcast(first.dims(), whole(second.values()));
          case "Tile" -> tiled(first.dims(), whole(second.values()));
          case "Resize", "Upsample" -> whole(of(inputs, 3).values());
          case "RandomNormal", "RandomUniform" ->
              attributes.containsKey("shape") ? attributes.get("shape").integers() : null;
          case "Range" -> range(first.values(), second.values(), of(inputs, 2).values());
          case "OneHot" -> oneHot(first.dims(), second.values());
          case "MatMul" -> product(first.dims(), second.dims());
          case "Pad" -> padded(first.dims(), whole(second.values()));
          default ->
              SAME_DIMS.contains(operator)
                  ? first.dims()
                  : ELEMENTWISE.contains(operator) ? broadcast(inputs) : null;
        };
    if (dims == null && values != null) {
      dims = new long[] {values.length};
    }
    return new Known(values, dims, constant);
  }

  private static Known constant(Map<String, Attribute> attributes) {
    for (Map.Entry<String, Attribute> entry : attributes.entrySet()) {
      Attribute value = entry.getValue();
      switch (entry.getKey()) {
        case "value" -> {
          if (value.tensor() != null) {
            return value.tensor();
          }
        }
        case "value_int" -> {
          return new Known(new double[] {value.integer()}, new long[0], true);
        }
        case "value_float" -> {
          return new Known(new double[] {value.number()}, new long[0], true);
        }
        case "value_ints" -> {
          long[] numbers = value.integers();
          return new Known(
              Arrays.stream(numbers).asDoubleStream().toArray(), new long[] {numbers.length}, true);
        }
        default -> {
          // Texts, or lists of floats: no shapes.
        }
      }
    }
    return new Known(null, null, true);
  }

  private static Known shape(Known of, Map<String, Attribute> attributes) {
    long[] dims = of.dims();
    if (dims == null) {
      return NOTHING;
    }
    int from = 0;
    int to = dims.length;
    if (attributes.containsKey("start")) {
      from = place(attributes.get("start").integer(), dims.length);
    }
    if (attributes.containsKey("end")) {
      to = place(attributes.get("end").integer(), dims.length);
    }
    double[] values = new double[Math.max(0, to - from)];
    for (int i = 0; i < values.length; i++) {
      if (dims[from + i] < 0) {
        return NOTHING;
      }
      values[i] = dims[from + i];
    }
    return new Known(values, new long[] {values.length}, false);
  }

  private static int place(long stated, int length) {
    return (int) Math.max(0, Math.min(length, stated < 0 ? stated + length : stated));
  }

  private double @Nullable [] values(
      String operator, List<String> inputs, Map<String, Attribute> attributes) {
    double[] first = of(inputs, 0).values();
    if (operator.equals("Concat")) {
      double[] all = new double[0];
      for (int i = 0; i < inputs.size(); i++) {
        double[] more = of(inputs, i).values();
        if (more == null || all.length + more.length > MOST_VALUES) {
          return null;
        }
        int before = all.length;
        all = Arrays.copyOf(all, before + more.length);
        System.arraycopy(more, 0, all, before, more.length);
      }
      return all;
    }
    if (first == null) {
      return null;
    }
    if (SAME_VALUES.contains(operator)) {
      return first;
    }
    double[] second = of(inputs, 1).values();
    return switch (operator) {
      case "Cast" -> {
        long type = attributes.containsKey("to") ? attributes.get("to").integer() : 1;
        boolean whole = type != 1 && type != 10 && type != 11;
        yield each(first, value -> whole ? (double) (long) value : value);
      }
      case "Abs" -> each(first, Math::abs);
      case "Neg" -> each(first, value -> -value);
      case "Exp" -> each(first, Math::exp);
      case "Sqrt" -> each(first, Math::sqrt);
      case "Floor" -> each(first, Math::floor);
      case "Ceil" -> each(first, Math::ceil);
      case "Round" -> each(first, Math::rint);
      case "Add" -> both(first, second, Double::sum);
      case "Sub" -> both(first, second, (a, b) -> a - b);
      case "Mul" -> both(first, second, (a, b) -> a * b);
      case "Div" -> both(first, second, (a, b) -> a / b);
      case "Pow" -> both(first, second, Math::pow);
      case "Max" -> both(first, second, Math::max);
      case "Min" -> both(first, second, Math::min);
      case "ReduceProd" -> new double[] {Arrays.stream(first).reduce(1, (a, b) -> a * b)};
      case "ReduceSum" -> new double[] {Arrays.stream(first).sum()};
      case "ReduceMax" -> new double[] {Arrays.stream(first).max().orElse(0)};
      case "Gather" -> gathered(first, second);
      case "Slice" -> sliced(first, second, of(inputs, 2).values(), of(inputs, 4).values());
      default -> null;
    };
  }

  private static double[] each(double[] values, java.util.function.DoubleUnaryOperator function) {
    return Arrays.stream(values).map(function).toArray();
  }

  private static double @Nullable [] both(
      double[] a, double @Nullable [] b, java.util.function.DoubleBinaryOperator function) {
    if (b == null || (a.length != b.length && a.length != 1 && b.length != 1)) {
      return null;
    }
    double[] result = new double[Math.max(a.length, b.length)];
    for (int i = 0; i < result.length; i++) {
      result[i] = function.applyAsDouble(a[a.length == 1 ? 0 : i], b[b.length == 1 ? 0 : i]);
    }
    return result;
  }

  private static double @Nullable [] gathered(double[] values, double @Nullable [] places) {
    if (places == null) {
      return null;
    }
    double[] result = new double[places.length];
    for (int i = 0; i < result.length; i++) {
      int place = (int) (places[i] < 0 ? places[i] + values.length : places[i]);
      if (place < 0 || place >= values.length) {
        return null;
      }
      result[i] = values[place];
    }
    return result;
  }

  private static double @Nullable [] sliced(
      double[] values, double @Nullable [] from, double @Nullable [] to, double @Nullable [] step) {
    boolean plain = step == null || (step.length == 1 && step[0] == 1);
    if (from == null || to == null || from.length != 1 || to.length != 1 || !plain) {
      return null;
    }
    int first = place((long) from[0], values.length);
    return Arrays.copyOfRange(values, first, Math.max(first, place((long) to[0], values.length)));
  }

  private static long @Nullable [] whole(double @Nullable [] values) {
    if (values == null) {
      return null;
    }
    long[] whole = new long[values.length];
    for (int i = 0; i < whole.length; i++) {
      whole[i] = (long) values[i];
    }
    return whole;
  }

  private long @Nullable [] broadcast(List<String> inputs) {
    long @Nullable [] dims = new long[0];
    for (int i = 0; i < inputs.size() && dims != null; i++) {
      dims = broadcast(dims, of(inputs, i).dims());
    }
    return dims;
  }

  private static long @Nullable [] broadcast(long @Nullable [] a, long @Nullable [] b) {
    if (a == null || b == null) {
      // What one of them asks for is asked for in any case.
      return a == null ? b : a;
    }
    long[] dims = new long[Math.max(a.length, b.length)];
    for (int i = 1; i <= dims.length; i++) {
      long x = i <= a.length ? a[a.length - i] : 1;
      long y = i <= b.length ? b[b.length - i] : 1;
      dims[dims.length - i] = Math.max(x, y);
    }
    return dims;
  }

  private static long @Nullable [] tiled(long @Nullable [] dims, long @Nullable [] repeats) {
    if (repeats == null || dims == null || dims.length != repeats.length) {
      return repeats;
    }
    long[] tiled = new long[dims.length];
    for (int i = 0; i < tiled.length; i++) {
      tiled[i] = elements(new long[] {Math.max(1, dims[i]), repeats[i]});
    }
    return tiled;
  }

  private static long @Nullable [] range(
      double @Nullable [] from, double @Nullable [] to, double @Nullable [] step) {
    if (from == null || to == null || step == null) {
      return null;
    }
    boolean one = from.length == 1 && to.length == 1 && step.length == 1;
    return one && step[0] != 0
        ? new long[] {(long) Math.max(0, Math.ceil((to[0] - from[0]) / step[0]))}
        : null;
  }

  private static long @Nullable [] oneHot(long @Nullable [] dims, double @Nullable [] depth) {
    if (depth == null || depth.length != 1) {
      return null;
    }
    long[] base = dims == null ? new long[0] : dims;
    long[] deep = Arrays.copyOf(base, base.length + 1);
    deep[base.length] = (long) depth[0];
    return deep;
  }

  private static long @Nullable [] product(long @Nullable [] a, long @Nullable [] b) {
    if (a == null || b == null || a.length < 2 || b.length < 2) {
      return null;
    }
    long[] outer = broadcast(Arrays.copyOf(a, a.length - 2), Arrays.copyOf(b, b.length - 2));
    long[] dims = Arrays.copyOf(outer == null ? new long[0] : outer, Math.max(a.length, b.length));
    dims[dims.length - 2] = a[a.length - 2];
    dims[dims.length - 1] = b[b.length - 1];
    return dims;
  }

  private static long @Nullable [] padded(long @Nullable [] dims, long @Nullable [] pads) {
    if (dims == null || pads == null || pads.length != 2 * dims.length) {
      return null;
    }
    long[] padded = new long[dims.length];
    for (int i = 0; i < padded.length; i++) {
      padded[i] = dims[i] < 0 ? -1 : Math.max(0, dims[i] + pads[i] + pads[dims.length + i]);
    }
    return padded;
  }
}
