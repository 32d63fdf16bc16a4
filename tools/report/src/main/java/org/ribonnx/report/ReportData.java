package org.ribonnx.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.bundle.Bundle;

/** All that the page and metrics.json say. */
final class ReportData {
  /** A head with everything known about it. */
  static final class Head {
    final HeadSummary summary;
    @Nullable SingleLabelQuality single;
    @Nullable MultiLabelQuality multi;
    final Map<Integer, RegressionQuality> targets = new LinkedHashMap<>();
    @Nullable BinnedAreas areas;
    @Nullable Margins margins;
    @Nullable ScoreLoss loss;
    @Nullable LabelScores labelScores;

    /** Measures against the truth, where a record can have several labels. */
    List<MultiLabelMeasures.Measure> measures = List.of();

    Head(HeadSummary summary) {
      this.summary = summary;
    }
  }

  final Bundle bundle;
  final String title;
  final List<Head> heads = new ArrayList<>();
  final List<SampleSummary> samples = new ArrayList<>();
  final RunRecords runs = new RunRecords();
  final List<String> warnings = new ArrayList<>();
  @Nullable Truth truth;
  @Nullable RecordMap map;
  @Nullable Importance importance;
  @Nullable Importance otherImportance;
  @Nullable Attention attention;
  @Nullable Explanations explanations;
  @Nullable Variants variants;
  boolean scored;

  /** What the sample is called where several reports stand together. */
  String sampleName = "";

  /** Records of the predictions that the table of truth does not have. */
  long withoutTruth;

  long records;

  /** Digest of the names of all records, in their order. */
  long nameDigest = MapSample.NO_IDS;

  ReportData(Bundle bundle, String title) {
    this.bundle = bundle;
    this.title = title;
    bundle.heads().values().forEach(head -> heads.add(new Head(new HeadSummary(head))));
  }
}
