package org.ribonnx.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.HeadSpec;
import org.ribonnx.core.bundle.Release;

/** Every number of the page for programs, with a definition of each. Undefined numbers are null. */
final class MetricsJson {
  static final double[] RATES = {0, 0.001, 0.01, 0.05, 0.1, 0.2};
  private static final int TOP_LABELS = 3;

  private final ReportData data;

  MetricsJson(ReportData data) {
    this.data = data;
  }

  private static Map<String, @Nullable Object> map() {
    return new LinkedHashMap<>();
  }

  Map<String, @Nullable Object> tree() {
    Map<String, @Nullable Object> tree = map();
    tree.put("format", 1L);
    tree.put("title", data.title);
    Map<String, @Nullable Object> model = map();
    model.put("id", data.bundle.id());
    model.put("version", data.bundle.version());
    model.put("title", data.bundle.title());
    model.put("sha256", data.bundle.cardDigest());
    tree.put("model", model);
    tree.put("version", Release.VERSION);
    tree.put("warnings", data.warnings);
    tree.put("records", data.records);
    Map<String, @Nullable Object> runs = map();
    data.runs
        .runs()
        .forEach(
            (tool, count) -> {
              Map<String, @Nullable Object> run = map();
              run.put("runs", count);
              run.put("seconds", data.runs.seconds().get(tool));
              runs.put(tool, run);
            });
    tree.put("runs", runs);
    tree.put("devices", data.runs.devices());
    Map<String, @Nullable Object> heads = map();
    for (int i = 0; i < data.heads.size(); i++) {
      ReportData.Head head = data.heads.get(i);
      Map<String, @Nullable Object> facts = head(head);
      if (ImportanceSection.applies(data, i)) {
        facts.put("importance", ImportanceSection.tree(data, i));
      }
      HeadSpec spec = head.summary.head();
      Attention attention = data.attention;
      if (attention != null && spec.kind() != HeadSpec.Kind.REGRESSION) {
        facts.put("attention", AttentionSection.tree(data, attention, i));
      }
      Explanations explanations = data.explanations;
      if (explanations != null) {
        facts.put("explanations", TrackSection.tree(explanations, spec, i));
      }
      Variants variants = data.variants;
      if (variants != null) {
        facts.put("variants", VariantSection.tree(variants, spec, i));
      }
      heads.put(spec.name(), facts);
    }
    tree.put("heads", heads);
    Attention attention = data.attention;
    if (attention != null) {
      tree.put("attention", AttentionSection.tree(attention));
    }
    if (!data.samples.isEmpty()) {
      tree.put("samples", samples());
    }
    Truth truth = data.truth;
    if (truth != null) {
      Map<String, @Nullable Object> facts = map();
      facts.put("ids", truth.size());
      facts.put("ids_not_predicted", truth.unmet());
      facts.put("records_without_truth", data.withoutTruth);
      tree.put("truth", facts);
    }
    RecordMap mapped = data.map;
    if (mapped != null) {
      tree.put("map", mapped.tree());
    }
    tree.put("definitions", Definitions.all(data.scored));
    return tree;
  }

  private static String outcome(Outcome outcome) {
    return outcome == Outcome.OK ? "assigned" : outcome.label();
  }

  private static List<@Nullable Object> list(long[] counts) {
    List<@Nullable Object> list = new ArrayList<>();
    for (long count : counts) {
      list.add(count);
    }
    return list;
  }

  private Map<String, @Nullable Object> samples() {
    Map<String, @Nullable Object> samples = map();
    for (SampleSummary sample : data.samples) {
      Map<String, @Nullable Object> heads = map();
      for (int i = 0; i < data.heads.size(); i++) {
        HeadSpec spec = data.heads.get(i).summary.head();
        Map<String, @Nullable Object> facts = map();
        facts.put("records", sample.records(i));
        for (Outcome outcome : Outcome.values()) {
          facts.put(outcome(outcome), sample.count(i, outcome));
        }
        Map<String, @Nullable Object> top = map();
        sample
            .top(i, TOP_LABELS)
            .forEach(one -> top.put(spec.labels().get(one.label()).label(), one.count()));
        facts.put("top_labels", top);
        heads.put(spec.name(), facts);
      }
      samples.put(sample.name(), heads);
    }
    return samples;
  }

  private static Map<String, @Nullable Object> head(ReportData.Head head) {
    HeadSummary summary = head.summary;
    HeadSpec spec = summary.head();
    Map<String, @Nullable Object> tree = map();
    tree.put("kind", spec.kind().label());
    tree.put("records", summary.records());
    for (Outcome outcome : Outcome.values()) {
      tree.put(outcome(outcome), summary.count(outcome));
    }
    HeadSpec.@Nullable Reject reject = spec.reject();
    if (reject != null) {
      tree.put("threshold", reject.at());
      tree.put("unassigned_when", reject.below() ? "below" : "above");
      tree.put("threshold_true_positive_rate", reject.truePositiveRate());
      tree.put("threshold_false_positive_rate", reject.falsePositiveRate());
    }
    if (spec.kind() == HeadSpec.Kind.REGRESSION) {
      tree.put("targets", targets(summary));
    } else {
      Map<String, @Nullable Object> labels = map();
      Ranked.of(summary.labels())
          .forEach(one -> labels.put(spec.labels().get(one.label()).label(), one.count()));
      tree.put("labels", labels);
      if (spec.kind() == HeadSpec.Kind.MULTI_LABEL) {
        tree.put("labels_per_record", list(summary.labelsPerRecord()));
        ManyLabelsSection.put(tree, head);
      }
      Map<String, @Nullable Object> scores = map();
      scores.put("assigned", list(summary.assigned.counts()));
      scores.put("unassigned", list(summary.unassigned.counts()));
      scores.put("none", list(summary.none.counts()));
      scores.put(
          "outside",
          summary.assigned.outside() + summary.unassigned.outside() + summary.none.outside());
      tree.put("scores", scores);
      sure(tree, head);
      SetsSection.put(tree, summary);
    }
    Map<String, @Nullable Object> reasons = map();
    for (ReasonTally.Reason reason : summary.reasons().all()) {
      Map<String, @Nullable Object> facts = map();
      for (Outcome outcome : Outcome.values()) {
        facts.put(outcome.label(), reason.count(outcome));
      }
      facts.put("examples", reason.examples());
      reasons.put(reason.code(), facts);
    }
    tree.put("reasons", reasons);
    if (QualitySection.applies(head)) {
      tree.put("truth", truth(head));
    }
    return tree;
  }

  private static void sure(Map<String, @Nullable Object> tree, ReportData.Head head) {
    HeadSummary summary = head.summary;
    List<HeadSpec.Label> names = summary.head().labels();
    @Nullable Margins margins = head.margins;
    if (margins != null) {
      tree.put("margins", list(margins.histogram.counts()));
    }
    Map<String, @Nullable Object> look = map();
    look.put("nearest_to_threshold", entries(summary.nearest.entries(), names));
    if (summary.head().kind() == HeadSpec.Kind.SINGLE_LABEL) {
      Map<String, @Nullable Object> labels = map();
      for (Ranked one : Ranked.of(summary.labels())) {
        Map<String, @Nullable Object> facts = map();
        facts.put("median", summary.byLabel.quantile(one.label(), 0.5));
        facts.put("lowest_tenth", summary.byLabel.quantile(one.label(), 0.1));
        facts.put("mean_margin", margins == null ? null : margins.mean(one.label()));
        labels.put(names.get(one.label()).label(), facts);
      }
      tree.put("label_scores", labels);
      look.put("unusual_for_label", entries(summary.byLabel.unusual(), names));
    }
    if (margins != null) {
      look.put("narrowest_margin", entries(margins.narrowest.entries(), names));
    }
    if (summary.sets.sets() > 0) {
      look.put("empty_set", entries(summary.outsideSets.entries(), names));
    }
    tree.put("look", look);
  }

  private static List<@Nullable Object> entries(
      List<WorthALook.Entry> entries, List<HeadSpec.Label> names) {
    List<@Nullable Object> all = new ArrayList<>();
    for (WorthALook.Entry entry : entries) {
      Map<String, @Nullable Object> facts = map();
      facts.put("record", entry.name());
      facts.put("best", names.get(entry.best()).label());
      if (entry.second() >= 0) {
        facts.put("second", names.get(entry.second()).label());
      }
      facts.put("score", entry.score());
      facts.put("rank", entry.rank());
      all.add(facts);
    }
    return all;
  }

  /** The limits of an interval; null where it is not defined. */
  static @Nullable List<@Nullable Object> interval(Bootstrap.Interval interval) {
    if (!interval.isDefined()) {
      return null;
    }
    List<@Nullable Object> limits = new ArrayList<>();
    limits.add(interval.from());
    limits.add(interval.to());
    return limits;
  }

  private static Map<String, @Nullable Object> targets(HeadSummary summary) {
    Map<String, @Nullable Object> targets = map();
    for (int target = 0; target < summary.values().size(); target++) {
      ValueHistogram values = summary.values().get(target);
      Map<String, @Nullable Object> facts = map();
      facts.put("unit", summary.head().labels().get(target).description());
      facts.put("values", values.count());
      facts.put("mean", values.mean());
      facts.put("standard_deviation", values.standardDeviation());
      facts.put("least", values.least());
      facts.put("most", values.most());
      List<@Nullable Object> bins = new ArrayList<>();
      for (ValueHistogram.Bin bin : values.shown()) {
        Map<String, @Nullable Object> one = map();
        one.put("from", bin.from());
        one.put("to", bin.to());
        one.put("count", bin.count());
        bins.add(one);
      }
      facts.put("histogram", bins);
      targets.put(summary.head().labels().get(target).label(), facts);
    }
    return targets;
  }

  private static Map<String, @Nullable Object> truth(ReportData.Head head) {
    HeadSpec spec = head.summary.head();
    Map<String, @Nullable Object> tree = map();
    SingleLabelQuality single = head.single;
    if (single != null) {
      single(tree, head, single);
    }
    MultiLabelQuality multi = head.multi;
    if (multi != null) {
      tree.put("records", multi.records());
      tree.put("unusable", multi.unusable());
      tree.put("unknown", multi.unknown());
      tree.put("records_with_labels", multi.withLabels());
      for (MultiLabelMeasures.Measure one : head.measures) {
        tree.put(one.key(), one.value());
        Bootstrap.@Nullable Interval drawn = one.interval();
        if (drawn != null) {
          tree.put(one.key() + "_interval", interval(drawn));
        }
      }
      classes(tree, head, multi.classes());
    }
    if (!head.targets.isEmpty()) {
      Map<String, @Nullable Object> targets = map();
      head.targets.forEach(
          (target, quality) -> {
            Map<String, @Nullable Object> facts = map();
            facts.put("records", quality.records());
            facts.put("mean_absolute_error", quality.meanAbsoluteError());
            facts.put("root_mean_squared_error", quality.rootMeanSquaredError());
            facts.put("r_squared", quality.determination());
            facts.put("correlation", quality.correlation());
            targets.put(spec.labels().get(target).label(), facts);
          });
      tree.put("targets", targets);
    }
    return tree;
  }

  private static void single(
      Map<String, @Nullable Object> tree, ReportData.Head head, SingleLabelQuality quality) {
    tree.put("records", quality.records());
    tree.put("unusable", quality.unusable());
    tree.put("unknown", quality.unknown());
    tree.put("accuracy", quality.accuracy());
    tree.put("accuracy_interval", interval(Bootstrap.ofShare(quality.right(), quality.records())));
    tree.put("accuracy_assigned", quality.accuracyOfAssigned());
    tree.put("share_assigned", quality.shareAssigned());
    tree.put("share_wrongly_accepted", quality.shareForeignAssigned());
    tree.put("accuracy_best", quality.accuracyOfBest());
    tree.put("macro_f1_best", quality.macroF1OfBest());
    classes(tree, head, quality.classes());
    tree.put("confusion", confusion(quality));
    Roc roc = quality.roc();
    Map<String, @Nullable Object> rejection = map();
    rejection.put("should_be_accepted", roc.positives());
    rejection.put("should_be_rejected", roc.negatives());
    rejection.put("auroc", roc.area());
    rejection.put("average_precision", roc.averagePrecision());
    rejection.put("true_positive_rate", quality.shareAssigned());
    rejection.put("false_positive_rate", quality.shareForeignAssigned());
    Map<String, @Nullable Object> accepted = map();
    for (double rate : RATES) {
      accepted.put(Words.number(rate), quality.acceptedAt(rate));
    }
    rejection.put("accepted_at", accepted);
    tree.put("rejection", rejection);
    Calibration calibration = quality.calibration();
    Map<String, @Nullable Object> sure = map();
    sure.put("expected_error", calibration.expectedError());
    sure.put("brier", calibration.brier());
    List<@Nullable Object> bins = new ArrayList<>();
    for (int bin = 0; bin < Calibration.BINS; bin++) {
      Map<String, @Nullable Object> facts = map();
      facts.put("records", calibration.count(bin));
      facts.put("mean", calibration.mean(bin));
      facts.put("right", calibration.share(bin));
      bins.add(facts);
    }
    sure.put("bins", bins);
    tree.put("calibration", sure);
    @Nullable ScoreLoss loss = head.loss;
    if (loss != null) {
      tree.put("brier", loss.brier());
      tree.put("log_loss", loss.logLoss());
    }
    SetsSection.putTruth(tree, head.summary);
  }

  private static void classes(
      Map<String, @Nullable Object> tree, ReportData.Head head, List<ClassCounts> classes) {
    tree.put("macro_f1", ClassCounts.macro(classes, ClassCounts::f1));
    tree.put("weighted_f1", ClassCounts.weighted(classes, ClassCounts::f1));
    BinnedAreas areas = head.areas;
    if (areas != null) {
      tree.put("macro_auroc", areas.macro());
      tree.put("macro_auroc_bins", areas.bins());
      tree.put("macro_auroc_labels", areas.defined());
      tree.put("macro_average_precision", areas.macroAveragePrecision());
    }
    Map<String, @Nullable Object> byLabel = map();
    for (ClassCounts one : classes) {
      Map<String, @Nullable Object> facts = map();
      facts.put("support", one.support());
      List<Double> thresholds = head.summary.head().thresholds();
      if (!thresholds.isEmpty()) {
        facts.put("threshold", thresholds.get(one.label()));
      }
      facts.put("predicted", one.predicted());
      facts.put("right", one.right());
      facts.put("precision", one.precision());
      facts.put("recall", one.recall());
      facts.put("f1", one.f1());
      Bootstrap.Intervals drawn = Bootstrap.of(one);
      facts.put("precision_interval", interval(drawn.precision()));
      facts.put("recall_interval", interval(drawn.recall()));
      facts.put("f1_interval", interval(drawn.f1()));
      if (areas != null) {
        facts.put("auroc", areas.area(one.label()));
        facts.put("average_precision", areas.averagePrecision(one.label()));
      }
      byLabel.put(head.summary.head().labels().get(one.label()).label(), facts);
    }
    tree.put("classes", byLabel);
  }

  private static List<@Nullable Object> confusion(SingleLabelQuality quality) {
    List<HeadSpec.Label> labels = quality.head().labels();
    List<@Nullable Object> places = new ArrayList<>();
    long[] @Nullable [] matrix = quality.confusion();
    for (int row = 0; row < matrix.length; row++) {
      long[] counts = matrix[row];
      for (int column = 0; counts != null && column < counts.length; column++) {
        if (counts[column] > 0) {
          Map<String, @Nullable Object> place = map();
          place.put("truth", row == labels.size() ? null : labels.get(row).label());
          place.put("decision", column == labels.size() ? null : labels.get(column).label());
          place.put("records", counts[column]);
          places.add(place);
        }
      }
    }
    return places;
  }
}
