package org.ribonnx.report;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The measures of a multi-label head against the truth, in the order in which the page, the metrics
 * file, the Markdown and MultiQC give them.
 */
final class MultiLabelMeasures {
  /**
   * A measure.
   *
   * @param key in the metrics file
   * @param name for people
   * @param value NaN where it is not defined
   * @param interval of the value; null where none is drawn
   * @param meaning in one sentence
   */
  record Measure(
      String key,
      String name,
      double value,
      Bootstrap.@org.jspecify.annotations.Nullable Interval interval,
      String meaning) {}

  static final String WEIGHTED = ", each label weighted by its number of records.";

  private MultiLabelMeasures() {}

  /** The measures of a head; those of the scores only where these are known. */
  static List<Measure> of(MultiLabelQuality quality, ReportData.Head head) {
    List<Measure> all = new ArrayList<>();
    BinnedAreas areas = head.areas;
    if (areas != null) {
      AreaBootstrap.Intervals intervals = AreaBootstrap.of(areas);
      String labels = " Labels with an area: " + Words.count(areas.defined()) + ".";
      all.add(
          new Measure(
              "macro_auroc",
              "Macro AUROC, one label against the rest",
              areas.macro(),
              intervals.macro(),
              Definitions.areas(areas.bins()) + labels));
      all.add(
          new Measure(
              "micro_auroc",
              "Micro AUROC",
              areas.micro(),
              intervals.micro(),
              Definitions.MICRO_AUROC));
      all.add(plain("weighted_auroc", "Weighted AUROC", areas.weighted()));
      all.add(
          new Measure(
              "macro_average_precision",
              "Macro average precision, one label against the rest",
              areas.macroAveragePrecision(),
              null,
              Definitions.MACRO_AVERAGE_PRECISION));
      all.add(
          plain(
              "micro_average_precision", "Micro average precision", areas.microAveragePrecision()));
      all.add(
          plain(
              "weighted_average_precision",
              "Weighted average precision",
              areas.weightedAveragePrecision()));
    }
    List<ClassCounts> classes = quality.classes();
    all.add(plain("macro_f1", "Macro F1", ClassCounts.macro(classes, ClassCounts::f1)));
    all.add(plain("micro_f1", "Micro F1", ClassCounts.micro(classes)));
    all.add(plain("weighted_f1", "Weighted F1", ClassCounts.weighted(classes, ClassCounts::f1)));
    all.add(plain("exact_match", "Exact match", quality.exactShare()));
    all.add(plain("subset_error", "Subset error", 1 - quality.exactShare()));
    all.add(plain("one_error", "One-error", quality.oneError()));
    all.add(plain("hamming_loss", "Hamming loss", quality.hammingLoss()));
    LabelRanking ranking = quality.ranking();
    if (ranking.records() > 0) {
      all.add(plain("coverage_error", "Coverage error", ranking.coverage()));
      all.add(plain("ranking_loss", "Ranking loss", ranking.loss()));
    }
    return all;
  }

  private static Measure plain(String key, String name, double value) {
    return new Measure(key, name, value, null, MEANINGS.getOrDefault(key, ""));
  }

  /** Meaning of the measures that only a multi-label head has, by key. */
  static final Map<String, String> MEANINGS = meanings();

  private static Map<String, String> meanings() {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("micro_auroc", Definitions.MICRO_AUROC);
    all.put("weighted_auroc", "As macro AUROC" + WEIGHTED);
    all.put(
        "micro_average_precision",
        "Average precision over all pairs of record and label together.");
    all.put("weighted_average_precision", "As macro average precision" + WEIGHTED);
    all.put("macro_f1", Definitions.MACRO_F1);
    all.put("micro_f1", Definitions.MICRO_F1);
    all.put("weighted_f1", Definitions.WEIGHTED_F1);
    all.put("exact_match", Definitions.EXACT);
    all.put(
        "subset_error",
        "1 - exact match: share of the records with any label too many or too few. Some papers call this"
            + " one-error.");
    all.put(
        "one_error",
        "Share of the records with at least one true label whose best label is not among the true ones (the"
            + " classical one-error).");
    all.put(
        "hamming_loss", "Share of wrong decisions among all pairs of record and label; 0 is best.");
    all.put(
        "coverage_error",
        "Mean number of labels, best first, until all true ones of a record are met; 0 for a record without"
            + " true labels, of equal scores the worst case.");
    all.put(
        "ranking_loss",
        "Mean over the records of the share of pairs of a true and another label where the other one scores"
            + " as high or higher; 0 is best.");
    return Collections.unmodifiableMap(all);
  }
}
