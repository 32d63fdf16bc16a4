package org.ribonnx.report;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.block.RecordFlag;
import org.ribonnx.core.bundle.InputSpec;
import org.ribonnx.core.run.WrongInput;

/** What a user should know before any number: most important first. */
final class Warnings {
  private static final double MOST = 0.5;
  private static final int NAMED = 5;

  private Warnings() {}

  static void collect(ReportData data) {
    Set<String> lines = new LinkedHashSet<>();
    String expects =
        data.bundle.inputs().values().stream()
            .map(InputSpec::what)
            .collect(Collectors.joining(", "));
    data.heads.forEach(head -> unassigned(data, head.summary, lines));
    unusable(data, lines);
    for (int head = 0; head < data.heads.size(); head++) {
      samples(data, head, expects, lines);
    }
    outsideRange(data, lines);
    truth(data, lines);
    if (data.records == 0) {
      lines.add("There are no records: the table of predictions holds its header and nothing else");
    }
    empty(data.importance != null && data.importance.isEmpty(), "table of importance", lines);
    empty(
        data.otherImportance != null && data.otherImportance.isEmpty(),
        "other table of importance",
        lines);
    empty(data.explanations != null && data.explanations.isEmpty(), "table of explanations", lines);
    empty(data.variants != null && data.variants.isEmpty(), "table of variants", lines);
    // A step says of its shard what is said here of all records, so its line would only disagree.
    data.runs.warnings().stream().filter(line -> !WrongInput.isSaidBy(line)).forEach(lines::add);
    if (data.runs.otherCard()) {
      lines.add(
          "A step ran with another description (model.yaml) of "
              + data.bundle.name()
              + " than this report; thresholds and names shown here may not be those of the run");
    }
    data.warnings.addAll(lines);
  }

  /** The wrong kind of RNA shows here first. */
  private static void unassigned(ReportData data, HeadSummary head, Set<String> lines) {
    add(
        lines,
        WrongInput.unassigned(
            data.bundle, head.head().name(), head.count(Outcome.UNASSIGNED), head.usable()));
  }

  private static void add(Set<String> lines, @Nullable String line) {
    if (line != null) {
      lines.add(line);
    }
  }

  private static void unusable(ReportData data, Set<String> lines) {
    for (ReportData.Head head : data.heads) {
      long unusable = head.summary.count(Outcome.UNUSABLE);
      if (unusable > MOST * head.summary.records()) {
        String why =
            head.summary.reasons().all().stream()
                .filter(reason -> reason.count(Outcome.UNUSABLE) > 0)
                .filter(reason -> !RecordFlag.labels().contains(reason.code()))
                .map(reason -> reason.code() + " " + Words.count(reason.count(Outcome.UNUSABLE)))
                .collect(Collectors.joining(", "));
        lines.add(
            String.format(
                Locale.ROOT,
                "%,d of %,d records (%s) could not be used%s; the report explains the reasons",
                unusable,
                head.summary.records(),
                Words.percent(unusable, head.summary.records()),
                why.isEmpty() ? "" : " (" + why + ")"));
        return;
      }
    }
  }

  private static void samples(ReportData data, int head, String expects, Set<String> lines) {
    List<String> names = new ArrayList<>();
    for (SampleSummary sample : data.samples) {
      long unassigned = sample.count(head, Outcome.UNASSIGNED);
      if (unassigned > MOST * (unassigned + sample.count(head, Outcome.OK))) {
        names.add(sample.name());
      }
    }
    if (!names.isEmpty() && data.samples.size() > 1) {
      lines.add(
          Words.count(names.size(), "sample holds", "samples hold")
              + " mostly records that look like nothing that the head"
              + " '"
              + data.heads.get(head).summary.head().name()
              + "' was trained on; it expects: "
              + expects
              + ": "
              + String.join(", ", names.subList(0, Math.min(NAMED, names.size())))
              + (names.size() > NAMED ? ", …" : ""));
    }
  }

  private static void outsideRange(ReportData data, Set<String> lines) {
    HeadSummary first = data.heads.get(0).summary;
    long outside = first.reasons().count(RecordFlag.OUTSIDE_TRAINING_RANGE.label());
    add(lines, WrongInput.outsideRange(data.bundle, outside, first.records()));
  }

  private static void empty(boolean isEmpty, String which, Set<String> lines) {
    if (isEmpty) {
      lines.add("The " + which + " holds its header and nothing else");
    }
  }

  private static void truth(ReportData data, Set<String> lines) {
    @Nullable Truth truth = data.truth;
    if (truth == null) {
      return;
    }
    if (data.records > 0 && data.withoutTruth == data.records) {
      lines.add(
          "None of the ids of the predictions occurs in the table of truth; do both use the same ids?");
    } else if (truth.unmet() > 0) {
      lines.add(
          Words.count(truth.unmet(), "id", "ids")
              + " of the table of truth "
              + (truth.unmet() == 1 ? "is" : "are")
              + " not among the predictions, the first: "
              + truth.unmetExamples().get(0));
    }
    for (ReportData.Head head : data.heads) {
      if (head.single != null || head.multi != null) {
        List<String> misnamed = truth.misnamed(head.summary.head());
        if (!misnamed.isEmpty()) {
          lines.add(
              "The truth of the head '"
                  + head.summary.head().name()
                  + "' holds plain names; write the label '"
                  + misnamed.get(1)
                  + "' for '"
                  + misnamed.get(0)
                  + "', or it counts as no label of the model");
        } else if (truth.isAllForeign(head.summary.head())) {
          lines.add(
              "None of the labels in the truth of the head '"
                  + head.summary.head().name()
                  + "' is one of the model's ("
                  + truth.foreign(head.summary.head()).keySet().iterator().next()
                  + ", …), so every record counts as one to leave unassigned; is the truth that of"
                  + " another model?");
        }
      }
    }
  }
}
