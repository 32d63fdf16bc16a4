package org.ribonnx.cli;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.block.Column;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.ExplainSpec;
import org.ribonnx.core.bundle.ViewSpec;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.tensor.RowShape;
import org.ribonnx.encode.Encode;
import org.ribonnx.encode.Encoder;

/**
 * The parts of a record that are left out: the positions of a view, groups of its features, or
 * windows on a sequence. What they tell goes to places, by which records are compared, and which
 * have a name: a part's own; or, where the sequence itself is blanked, each position's.
 */
final class Parts {
  private final ViewSpec view;
  private final Encode.Positions positions;

  /** Names of places; empty: they are numbers from 1. */
  private final List<String> names;

  /** Positions of each group; null: parts are positions or windows. */
  private final int @Nullable [][] groups;

  private final int window;
  private final int step;

  /** Makes all views of a record from its sequence, which is blanked; null: the view is. */
  private final @Nullable SequenceCopies sequence;

  private Parts(
      ViewSpec view,
      Encode.Positions positions,
      List<String> names,
      int @Nullable [][] groups,
      int window,
      int step,
      @Nullable SequenceCopies sequence) {
    this.view = view;
    this.positions = positions;
    this.names = names;
    this.groups = groups;
    this.window = window;
    this.step = step;
    this.sequence = sequence;
  }

  /**
   * The parts that an entry of {@code explain} asks for.
   *
   * @throws RibonnxException bundle, if the view has no such parts
   */
  static Parts of(Bundle bundle, ExplainSpec spec) {
    if (spec instanceof ExplainSpec.Occlusion occlusion && isInSequence(bundle, occlusion)) {
      return ofSequence(bundle, occlusion);
    }
    ViewSpec view = view(bundle, spec);
    Encode.Positions positions = Encode.positions(bundle, view);
    if (!(spec instanceof ExplainSpec.Occlusion occlusion)) {
      return new Parts(view, positions, positions.names(), null, 0, 1, null);
    }
    if (positions.blank().isEmpty()) {
      throw bad(
          bundle,
          spec,
          "leaves parts of the view '"
              + view.name()
              + "' out, but its encoder "
              + positions.encoder()
              + " has no number for what is not there; use method: contributions");
    }
    boolean named = !positions.names().isEmpty();
    if (occlusion.window() > 0 && named) {
      throw bad(
          bundle,
          spec,
          "has a window, but the features of the view '"
              + view.name()
              + "' are no sequence; use groups");
    }
    ExplainSpec.@Nullable Groups stated = occlusion.groups();
    if (stated == null) {
      return new Parts(
          view, positions, positions.names(), null, occlusion.window(), occlusion.step(), null);
    }
    if (!named) {
      throw bad(
          bundle,
          spec,
          "has groups, but the positions of the view '"
              + view.name()
              + "' have no names; use a window");
    }
    Map<String, List<Integer>> members = groups(bundle, stated, positions.names());
    int[][] groups =
        members.values().stream()
            .map(list -> list.stream().mapToInt(Integer::intValue).toArray())
            .toArray(int[][]::new);
    return new Parts(view, positions, List.copyOf(members.keySet()), groups, 0, 1, null);
  }

  /** Whether no view is named of several, all of which are made from one sequence. */
  private static boolean isInSequence(Bundle bundle, ExplainSpec.Occlusion spec) {
    return spec.view() == null
        && spec.groups() == null
        && bundle.views().size() > 1
        && bundle.inputs().size() == 1
        && bundle.inputs().values().stream().allMatch(input -> input.kind().equals("sequences"));
  }

  private static Parts ofSequence(Bundle bundle, ExplainSpec.Occlusion spec) {
    ViewSpec codes =
        new ViewSpec(
            Encode.CODES,
            List.copyOf(bundle.inputs().keySet()),
            Encode.encoder("nucleotides"),
            Map.of(),
            Encode.CODES_SHAPE.type(),
            List.of(RowShape.VARYING),
            0,
            Encode.MOST_CODES,
            ViewSpec.Beyond.UNUSABLE);
    Encode.Positions positions =
        new Encode.Positions(List.of(), OptionalDouble.of(Encoder.AMBIGUOUS), codes.encoder());
    return new Parts(
        codes, positions, List.of(), null, spec.window(), spec.step(), new SequenceCopies(bundle));
  }

  private static RibonnxException bad(Bundle bundle, ExplainSpec spec, String what) {
    return RibonnxException.bundle(
        bundle.cardName() + ": explain." + spec.head().name() + " " + what);
  }

  private static ViewSpec view(Bundle bundle, ExplainSpec spec) {
    Map<String, ViewSpec> views = bundle.views();
    @Nullable String named = spec.view();
    Set<String> meant = new LinkedHashSet<>(views.keySet());
    if (spec instanceof ExplainSpec.Contributions contributions
        && !contributions.graph().inputs().isEmpty()) {
      meant = new LinkedHashSet<>(contributions.graph().inputs().values());
    }
    if (named == null && meant.size() == 1) {
      named = meant.iterator().next();
    }
    @Nullable ViewSpec view = named == null ? null : views.get(named);
    if (view == null) {
      throw bad(
          bundle,
          spec,
          named == null
              ? "must say which view is meant, as in view: " + meant.iterator().next()
              : "names the view '" + named + "'; there are " + views.keySet());
    }
    return view;
  }

  /** Group → places of its features, in the order of their first features. */
  private static Map<String, List<Integer>> groups(
      Bundle bundle, ExplainSpec.Groups stated, List<String> features) {
    String where = bundle.cardName() + ": " + stated.where() + " (" + stated.file() + ")";
    ByteBuffer content = bundle.content(stated);
    Map<String, String> groupOf = new HashMap<>();
    Set<String> known = new LinkedHashSet<>(features);
    List<String> lines =
        StandardCharsets.UTF_8.decode(content.duplicate()).toString().lines().toList();
    List<String> header = lines.isEmpty() ? List.of() : List.of(lines.get(0).split("\t", -1));
    int feature = header.indexOf("feature");
    int group = header.indexOf("group");
    if (feature < 0 || group < 0) {
      throw RibonnxException.bundle(
          where + ": a table with the columns 'feature' and 'group' is expected");
    }
    for (int i = 1; i < lines.size(); i++) {
      String line = lines.get(i);
      if (line.isEmpty()) {
        continue;
      }
      String at = where + ", line " + (i + 1) + ": ";
      String[] cells = line.split("\t", -1);
      if (cells.length <= Math.max(feature, group)
          || cells[feature].isBlank()
          || cells[group].isBlank()) {
        throw RibonnxException.bundle(at + "lacks a feature or a group");
      }
      if (!known.contains(cells[feature])) {
        throw RibonnxException.bundle(
            at + "names '" + cells[feature] + "', which is no feature of the view");
      }
      if (cells[group].chars().anyMatch(letter -> letter < ' ')) {
        throw RibonnxException.bundle(at + "has a group with a control character in its name");
      }
      if (groupOf.put(cells[feature], cells[group]) != null) {
        throw RibonnxException.bundle(at + "names '" + cells[feature] + "' a second time");
      }
    }
    Set<String> groups = Set.copyOf(groupOf.values());
    Map<String, List<Integer>> members = new LinkedHashMap<>();
    for (int i = 0; i < features.size(); i++) {
      String name = features.get(i);
      @Nullable String named = groupOf.get(name);
      if (named == null && groups.contains(name)) {
        throw RibonnxException.bundle(
            where
                + ": '"
                + name
                + "' is a group and a feature outside of it; put it in, or rename the group");
      }
      members.computeIfAbsent(named == null ? name : named, key -> new ArrayList<>()).add(i);
    }
    return members;
  }

  ViewSpec view() {
    return view;
  }

  /** Whether places are numbers of a sequence's letters. */
  boolean isSequence() {
    return names.isEmpty();
  }

  /** Whether the sequence itself is blanked, and every view made anew from it. */
  boolean isInSequence() {
    return sequence != null;
  }

  /** The base at a place of a sequence: A, C, G, U or N; N too where the view does not hold it. */
  String base(Block block, int row, int place) {
    Column column = column(block);
    int code =
        positions.encoder().startsWith("nucleotides@")
            ? (int) column.number(row, place)
            : Encoder.AMBIGUOUS;
    return SequenceCopies.LETTERS.substring(code, code + 1);
  }

  /** What a place is called. */
  String name(int place) {
    return names.isEmpty() ? Integer.toString(place + 1) : names.get(place);
  }

  private Column column(Block block) {
    return block.column(Encode.STEP + "/" + view.name());
  }

  private int length(Block block, int row) {
    return names.isEmpty() ? column(block).unpadded(row, view.pad()) : view.shape().get(0);
  }

  /** Most parts that a record can have. */
  int most() {
    return groups != null ? groups.length : view.varies() ? view.max() : view.shape().get(0);
  }

  /** Parts of a record. */
  int count(Block block, int row) {
    if (groups != null) {
      return groups.length;
    }
    int length = length(block, row);
    return window == 0 ? length : windows(length);
  }

  private int windows(int length) {
    int over = length - window;
    return over <= 0 ? Math.min(1, length) : over / step + 1 + (over % step == 0 ? 0 : 1);
  }

  /** First position of a window; the last one ends with the record. */
  private int start(int part, int length) {
    return Math.max(0, Math.min(part * step, length - window));
  }

  /** Nucleotides of a record's sequence. */
  int letters(Block block, int row) {
    return length(block, row);
  }

  /**
   * Places of a record that get a value: of each part its own; of a window on a view its middle,
   * the first of two; every position, where the sequence itself is blanked.
   */
  int[] places(Block block, int row) {
    int length = window == 0 ? 0 : length(block, row);
    if (sequence != null && window > 0) {
      return IntStream.range(0, length).toArray();
    }
    int[] places = new int[count(block, row)];
    for (int part = 0; part < places.length; part++) {
      places[part] = window == 0 ? part : start(part, length) + (Math.min(window, length) - 1) / 2;
    }
    return places;
  }

  /**
   * The values of a record's places, from those of its parts. Where windows on the sequence itself
   * were blanked: the mean over the windows that hold the position; NaN, where none of them has a
   * number.
   */
  double[] atPlaces(Block block, int row, double[] values) {
    if (sequence == null || window == 0) {
      return values;
    }
    int length = length(block, row);
    double[] sums = new double[length];
    int[] windows = new int[length];
    for (int part = 0; part < values.length; part++) {
      if (!Double.isNaN(values[part])) {
        for (int position : positions(block, row, part)) {
          sums[position] += values[part];
          windows[position]++;
        }
      }
    }
    for (int position = 0; position < length; position++) {
      sums[position] = windows[position] == 0 ? Double.NaN : sums[position] / windows[position];
    }
    return sums;
  }

  private int[] positions(Block block, int row, int part) {
    if (groups != null) {
      return groups[part];
    }
    if (window == 0) {
      return new int[] {part};
    }
    int length = length(block, row);
    int start = start(part, length);
    int[] positions = new int[Math.min(window, length)];
    for (int i = 0; i < positions.length; i++) {
      positions[i] = start + i;
    }
    return positions;
  }

  /** Whether a part of a record is blank already. */
  boolean isBlank(Block block, int row, int part) {
    return walk(block, row, positions(block, row, part), false);
  }

  /** Adds a copy of a record, with a part blanked, to another block; returns its row there. */
  int copy(Chain chain, Block records, int row, int part, Block copies) {
    int[] at = positions(records, row, part);
    if (sequence == null) {
      int copy = chain.copy(records, row, copies);
      walk(copies, copy, at, true);
      return copy;
    }
    byte[] codes = SequenceCopies.codes(records, row);
    for (int position : at) {
      codes[position] = Encoder.AMBIGUOUS;
    }
    return sequence.add(records, row, codes, copies);
  }

  /** Whether all of some positions are blank; sets them if asked to. */
  private boolean walk(Block block, int row, int[] at, boolean set) {
    Column column = column(block);
    double blank = positions.blank().orElseThrow();
    int width = 1;
    for (int axis = 1; axis < view.shape().size(); axis++) {
      width *= view.shape().get(axis);
    }
    boolean all = true;
    for (int position : at) {
      for (int i = position * width; i < (position + 1) * width; i++) {
        if (Double.compare(column.number(row, i), blank) != 0) {
          all = false;
          if (set) {
            column.number(row, i, blank);
          }
        }
      }
    }
    return all;
  }

  /** Whether two heads' copies of a record are the same. */
  boolean alike(Parts other) {
    return view.name().equals(other.view.name())
        && names.equals(other.names)
        && window == other.window
        && step == other.step
        && groupLists().equals(other.groupLists());
  }

  private List<List<Integer>> groupLists() {
    List<List<Integer>> lists = new ArrayList<>();
    for (int[] group : groups == null ? new int[0][] : groups) {
      List<Integer> list = new ArrayList<>();
      for (int member : group) {
        list.add(member);
      }
      lists.add(list);
    }
    return Collections.unmodifiableList(lists);
  }
}
