package org.ribonnx.cli;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.ribonnx.core.bundle.HeadSpec;
import org.ribonnx.core.io.RibonnxException;

/**
 * Labels that rows are written of.
 *
 * @param names those that are named; empty otherwise
 */
record LabelChoice(Which which, List<String> names) {
  /** Which labels of a head. */
  enum Which {
    /** The record's best; of a regression every target. */
    BEST,
    ALL,
    /** Those that are named. */
    NAMED
  }

  static final String BEST_WORD = "best";
  static final String ALL_WORD = "all";
  static final LabelChoice BEST = new LabelChoice(Which.BEST, List.of());
  static final LabelChoice ALL = new LabelChoice(Which.ALL, List.of());

  /**
   * What {@code --labels} asks for.
   *
   * @param texts as given: {@code best}, {@code all}, or labels with commas between them
   * @param heads whose labels may be meant
   * @param notes takes lines for the log
   * @throws RibonnxException usage, if one is no label of these heads
   */
  static LabelChoice of(List<String> texts, List<HeadSpec> heads, List<String> notes) {
    if (texts.equals(List.of(BEST_WORD))) {
      return BEST;
    }
    if (texts.equals(List.of(ALL_WORD))) {
      return ALL;
    }
    Set<String> known = new LinkedHashSet<>();
    heads.forEach(head -> known.addAll(head.labelNames()));
    List<String> named = new ArrayList<>();
    for (String text : texts) {
      // A label may hold a comma itself.
      for (String label : known.contains(text) ? List.of(text) : List.of(text.split(",", -1))) {
        if (!known.contains(label)) {
          throw RibonnxException.usage(
              "--labels "
                  + text
                  + ": '"
                  + label
                  + "' is no label of "
                  + heads.stream().map(HeadSpec::name).toList()
                  + "; best, all or labels are expected, as in "
                  + known.iterator().next());
        }
        named.add(label);
      }
    }
    for (HeadSpec head : heads) {
      if (head.labelNames().stream().noneMatch(named::contains)) {
        notes.add("head '" + head.name() + "' has none of these labels: no rows of it are written");
      }
    }
    return new LabelChoice(Which.NAMED, named);
  }

  /**
   * Numbers of the labels of a head that are meant whatever the record; none where it is the best.
   */
  int[] fixed(HeadSpec head) {
    List<String> labels = head.labelNames();
    IntStream all = IntStream.range(0, labels.size());
    return switch (which) {
      case ALL -> all.toArray();
      case NAMED -> all.filter(label -> names.contains(labels.get(label))).toArray();
      case BEST -> head.kind() == HeadSpec.Kind.REGRESSION ? all.toArray() : new int[0];
    };
  }

  /** Whether rows are about the best label of each record. */
  boolean isBest(HeadSpec head) {
    return which == Which.BEST && head.kind() != HeadSpec.Kind.REGRESSION;
  }

  /** Most labels of a record of this head that rows are written of. */
  int most(HeadSpec head) {
    return isBest(head) ? 1 : fixed(head).length;
  }
}
