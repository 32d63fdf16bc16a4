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
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.block.Column;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.ExplainSpec;
import org.ribonnx.core.bundle.ViewSpec;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.encode.Encode;

/**
 * The parts of a record that get a value each: the positions of a view, groups of its features, or
 * windows on a sequence. A part has a place, by which it is told from the parts of other records,
 * and a name.
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

  private Parts(
      ViewSpec view,
      Encode.Positions positions,
      List<String> names,
      int @Nullable [][] groups,
      int window,
      int step) {
    this.view = view;
    this.positions = positions;
    this.names = names;
    this.groups = groups;
    this.window = window;
    this.step = step;
  }

  /**
   * The parts that an entry of {@code explain} asks for.
   *
   * @throws RibonnxException bundle, if the view has no such parts
   */
  static Parts of(Bundle bundle, ExplainSpec spec) {
    ViewSpec view = view(bundle, spec);
    Encode.Positions positions = Encode.positions(bundle, view);
    if (!(spec instanceof ExplainSpec.Occlusion occlusion)) {
      return new Parts(view, positions, positions.names(), null, 0, 1);
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
          view, positions, positions.names(), null, occlusion.window(), occlusion.step());
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
    return new Parts(view, positions, List.copyOf(members.keySet()), groups, 0, 1);
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

  /** Places of all parts of a record; of a window its middle, the first of two. */
  int[] places(Block block, int row) {
    int[] places = new int[count(block, row)];
    int length = window == 0 ? 0 : length(block, row);
    for (int part = 0; part < places.length; part++) {
      places[part] = window == 0 ? part : start(part, length) + (Math.min(window, length) - 1) / 2;
    }
    return places;
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

  /**
   * Blanks a part of a copy.
   *
   * @param block of the record
   * @param copies holds the copy
   */
  void blank(Block block, int row, int part, Block copies, int copy) {
    walk(copies, copy, positions(block, row, part), true);
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
