package org.ribonnx.report;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.Bundle;
import org.ribonnx.core.bundle.HeadSpec;
import org.ribonnx.core.bundle.ReportSpec;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.onnx.OnnxRuntime;

/** Where the records lie: beside what the model knows, and among themselves. */
final class RecordMap {
  /** Labels with a colour of their own; number of the colour of all others. */
  static final int TOP = 8;

  /** What a record was given; other numbers are those of labels. */
  private static final int UNASSIGNED = -1;

  private static final int NO_LABEL = -2;
  private static final int NO_PREDICTION = -3;
  private static final int PREDICTED = -4;

  /**
   * Records that share a colour.
   *
   * @param name in the words of the page
   * @param label number of their label; negative: they have no common one
   * @param colour number of the colour
   * @param members numbers of the sample's records
   */
  record Group(String name, int label, int colour, int[] members) {}

  private final Bundle bundle;
  private final MapSample sample;
  private final HeadSpec head;
  private final int headNumber;
  private final ReportSpec spec;
  private final int[] given;
  private final List<Group> groups = new ArrayList<>();
  private float @Nullable [] places;
  private @Nullable Background background;
  private float @Nullable [] plane;
  private final double[] explained = new double[2];
  private String noPlane = "";

  private long met;
  private int next;
  private int current = -1;
  private long hash = MapSample.NO_IDS;

  RecordMap(Bundle bundle, MapSample sample) {
    this.bundle = bundle;
    this.sample = sample;
    this.spec = bundle.report();
    sample.sort();
    this.given = new int[sample.size()];
    Arrays.fill(given, NO_PREDICTION);
    List<HeadSpec> heads = List.copyOf(bundle.heads().values());
    ReportSpec.@Nullable Background stored = spec.background();
    int chosen = 0;
    for (int i = heads.size() - 1; i >= 0; i--) {
      boolean labels = heads.get(i).kind() != HeadSpec.Kind.REGRESSION;
      chosen = labels && stored == null ? i : chosen;
      chosen = stored != null && stored.head().name().equals(heads.get(i).name()) ? i : chosen;
    }
    this.headNumber = chosen;
    this.head = heads.get(chosen);
  }

  /**
   * Takes a row of the predictions.
   *
   * @throws RibonnxException input, if its record is not the one that stands there in the sample
   */
  void add(PredictionTable table) {
    if (table.beginsRecord()) {
      TableReader row = table.row();
      int from = row.start(table.idColumn());
      int length = row.end(table.idColumn()) - from;
      hash = MapSample.hashed(hash, row.bytes(), from, length);
      current = next < sample.size() && sample.record(next) == met ? next++ : -1;
      if (current >= 0) {
        byte[] id = sample.id(current);
        if (!Arrays.equals(id, 0, id.length, row.bytes(), from, from + length)) {
          throw RibonnxException.input(
              sample.origin()
                  + ": its record "
                  + (met + 1)
                  + " is '"
                  + Escape.plain(new String(id, StandardCharsets.UTF_8), 60)
                  + "', but in the predictions that is '"
                  + Escape.plain(row.text(table.idColumn()), 60)
                  + "'; give the embeddings of the same run");
        }
      }
      met++;
    }
    if (current >= 0 && table.head() == headNumber && table.target() == 0) {
      given[current] = code(table);
    }
  }

  private int code(PredictionTable table) {
    return switch (table.outcome()) {
      case UNUSABLE -> NO_PREDICTION;
      case UNASSIGNED -> UNASSIGNED;
      case OK ->
          head.kind() == HeadSpec.Kind.REGRESSION
              ? PREDICTED
              : table.predictedCount() == 0 ? NO_LABEL : table.predicted()[0];
    };
  }

  /**
   * Places the records, once all predictions are read.
   *
   * @param runtimes loads ONNX Runtime; called only where the bundle has a projector
   * @throws RibonnxException input, if the vectors are not those of the predictions; bundle
   */
  void finish(Supplier<OnnxRuntime> runtimes) {
    if (met != sample.records()) {
      throw RibonnxException.input(
          sample.origin()
              + ": holds "
              + sample.records()
              + " records, but the predictions hold "
              + met
              + "; give the embeddings of the same run");
    }
    if (hash != sample.idDigest()) {
      throw RibonnxException.input(
          sample.origin()
              + ": its ids are not those of the predictions, or stand in another order; give the"
              + " embeddings of the same run");
    }
    group();
    ReportSpec.@Nullable Projector projector = spec.projector();
    if (projector != null && sample.size() > 0) {
      ReportSpec.@Nullable Background stored = spec.background();
      background = stored == null ? null : Background.of(bundle, stored);
      try (OnnxRuntime runtime = runtimes.get()) {
        places = Projection.places(bundle, projector, runtime, sample);
      }
    }
    analyse();
  }

  private void analyse() {
    int width = sample.source().width();
    if (!sample.source().fits()) {
      noPlane =
          "The view '" + sample.source().view() + "' holds no list of real numbers per record.";
    } else if (sample.size() < 3) {
      noPlane =
          "Principal components need 3 usable records or more; here "
              + (sample.size() == 1 ? "is 1." : "are " + sample.size() + ".");
    } else if (width < 2) {
      noPlane = "The records have one number each, so there is no second direction.";
    } else {
      float[] vectors = sample.vectors();
      PrincipalComponents pca = PrincipalComponents.of(vectors, sample.size(), width);
      if (pca.explained(0) <= 0) {
        noPlane = "All records have the same numbers, so no direction is longer than another.";
        return;
      }
      float[] found = new float[2 * sample.size()];
      for (int i = 0; i < found.length; i++) {
        found[i] = (float) pca.place(vectors, i / 2 * width, i % 2);
      }
      plane = found;
      explained[0] = pca.explained(0);
      explained[1] = pca.explained(1);
    }
  }

  private void group() {
    long[] counts = new long[head.labels().size()];
    for (int code : given) {
      if (code >= 0) {
        counts[code]++;
      }
    }
    List<Ranked> ranked = Ranked.of(counts);
    List<Ranked> top = ranked.size() <= TOP + 1 ? ranked : ranked.subList(0, TOP);
    boolean[] own = new boolean[counts.length];
    for (int i = 0; i < top.size(); i++) {
      int label = top.get(i).label();
      own[label] = true;
      String name = HeadSection.called(head.labels().get(label));
      groups.add(new Group(name, label, i, where(label)));
    }
    int[] rest = members(code -> code >= 0 && !own[code]);
    if (rest.length > 0) {
      int labels = ranked.size() - top.size();
      groups.add(new Group(Words.count(labels) + " other labels", -1, TOP, rest));
    }
    add("predicted", 0, where(PREDICTED));
    add("no label", TOP + 1, where(NO_LABEL));
    add("unassigned", TOP + 1, where(UNASSIGNED));
    add("no prediction", TOP + 1, where(NO_PREDICTION));
  }

  private void add(String name, int colour, int[] members) {
    if (members.length > 0) {
      groups.add(new Group(name, -1, colour, members));
    }
  }

  private int[] where(int wanted) {
    return members(code -> code == wanted);
  }

  private int[] members(java.util.function.IntPredicate wanted) {
    return java.util.stream.IntStream.range(0, given.length)
        .filter(i -> wanted.test(given[i]))
        .toArray();
  }

  MapSample sample() {
    return sample;
  }

  HeadSpec head() {
    return head;
  }

  /** Most frequent labels first, then what has no label. */
  List<Group> groups() {
    return groups;
  }

  /** Places by the bundle's projector, x and y in turn; null: it has none. */
  float @Nullable [] places() {
    return places;
  }

  @Nullable Background background() {
    return background;
  }

  /** Places by principal components, x and y in turn; null: see {@link #noPlane}. */
  float @Nullable [] plane() {
    return plane;
  }

  double explained(int component) {
    return explained[component];
  }

  String noPlane() {
    return noPlane;
  }

  /** Middle (median) of a group. */
  static double median(float[] places, int axis, int[] members) {
    double[] values = new double[members.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = places[2 * members[i] + axis];
    }
    Arrays.sort(values);
    int half = values.length / 2;
    return values.length % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
  }

  /**
   * Records of a group whose nearest place of the background has their own label; of records of
   * labels that the background has.
   */
  long amongOwn(Group group) {
    return count(group, true);
  }

  /** Records of a group whose label the background has. */
  long comparable(Group group) {
    return count(group, false);
  }

  private long count(Group group, boolean near) {
    float @Nullable [] at = places;
    Background known = background;
    long count = 0;
    for (int i : group.members()) {
      if (at != null && known != null && given[i] >= 0 && known.count(given[i]) > 0) {
        boolean own = !near || known.nearestLabel(at[2 * i], at[2 * i + 1]) == given[i];
        count += own ? 1 : 0;
      }
    }
    return count;
  }

  /** What the card states of the map's faithfulness; null: nothing. */
  @Nullable Double trustworthiness() {
    return bundle.cardContent().get("metrics") instanceof Map<?, ?> metrics
            && metrics.get("map-trustworthiness") instanceof Number number
        ? Double.valueOf(number.doubleValue())
        : null;
  }

  /** The numbers of the section, for programs. */
  Map<String, @Nullable Object> tree() {
    Map<String, @Nullable Object> tree = new LinkedHashMap<>();
    tree.put("head", head.name());
    tree.put("view", sample.source().view());
    tree.put("seed", MapSample.SEED);
    tree.put("usable", sample.usable());
    tree.put("drawn", (long) sample.size());
    Background known = background;
    if (known != null) {
      tree.put("background", (long) known.size());
      tree.put("trustworthiness", trustworthiness());
    }
    if (plane != null) {
      tree.put("explained_variance", List.of(explained[0], explained[1]));
    }
    List<Object> all = new ArrayList<>();
    for (Group group : groups) {
      Map<String, @Nullable Object> entry = new LinkedHashMap<>();
      entry.put("group", group.label() >= 0 ? labelOf(group) : group.name());
      entry.put("drawn", (long) group.members().length);
      middle(entry, "middle", places, group);
      if (known != null) {
        entry.put("comparable", comparable(group));
        entry.put("among_own", amongOwn(group));
      }
      middle(entry, "middle_of_components", plane, group);
      all.add(entry);
    }
    tree.put("groups", all);
    return tree;
  }

  private String labelOf(Group group) {
    return head.labels().get(group.label()).label();
  }

  private static void middle(
      Map<String, @Nullable Object> entry, String key, float @Nullable [] at, Group group) {
    if (at != null) {
      entry.put(key, List.of(median(at, 0, group.members()), median(at, 1, group.members())));
    }
  }

  /** Definitions of the numbers in {@link #tree}. */
  static void define(Map<String, String> all) {
    all.put("map.seed", "Seed of the sample that is drawn where there are more records.");
    all.put("map.usable", "Records that have finite numbers, so that they could be drawn.");
    all.put("map.drawn", "Records on the map: all usable ones, or a sample of them.");
    all.put("map.background", "Places of known records that the model brings.");
    all.put(
        "map.trustworthiness",
        "How far neighbours on the map are neighbours for the model, 0 to 1, as the model states.");
    all.put(
        "map.explained_variance.[]",
        "Share of the drawn records' variance along the first and the second principal component.");
    String g = "map.groups.[].";
    all.put(g + "drawn", "Records of the group on the map.");
    all.put(g + "middle.[]", "Median of the group's places on the model's map, x and y.");
    all.put(g + "comparable", "Records of the group whose label the background has.");
    all.put(
        g + "among_own",
        "Those of comparable whose nearest place of the background has their label.");
    all.put(
        g + "middle_of_components.[]",
        "Median of the group's places on the plane of the principal components, x and y.");
  }
}
