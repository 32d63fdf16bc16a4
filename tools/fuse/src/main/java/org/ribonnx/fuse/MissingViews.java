package org.ribonnx.fuse;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.block.RecordFlag;
import org.ribonnx.core.block.RecordStatus;
import org.ribonnx.core.bundle.FuseSpec;
import org.ribonnx.core.cli.Log;
import org.ribonnx.core.cli.Plural;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.npz.TensorSource;
import org.ribonnx.core.run.RunRecord;

/**
 * Decides what becomes of records that lack views, and counts them. A record lacks a view if that
 * can't be used and another one can; without any it is unusable whatever the policy.
 */
final class MissingViews {
  private final FuseSpec.Policy policy;
  private final List<String> views;
  private final Set<String> absent;

  private final Map<String, Long> counts = new LinkedHashMap<>();
  private long records;

  /**
   * @param views all that are fused
   * @param absent those that no record has
   */
  MissingViews(FuseSpec.Policy policy, List<String> views, Set<String> absent) {
    this.policy = policy;
    this.views = views;
    this.absent = absent;
  }

  /** Whether something stands in for what is missing. */
  boolean fills() {
    return policy.fills();
  }

  /** Status of a record's view. */
  int status(Block block, int row, String from, String view) {
    return absent.contains(view)
        ? RecordStatus.MISSING_VIEW.number()
        : block.status(row, block.column(from + "/" + view));
  }

  private boolean lacks(Block block, int row, String from) {
    int usable = 0;
    for (String view : views) {
      usable += status(block, row, from, view) == 0 ? 1 : 0;
    }
    return usable > 0 && usable < views.size();
  }

  /**
   * Sets status and flags of the records of a block.
   *
   * @param from name of the step whose views are fused
   * @return whether a record is fused that lacks a view
   */
  boolean decide(Block block, String from) {
    boolean some = false;
    for (int row = 0; row < block.size(); row++) {
      boolean lacks = lacks(block, row, from);
      int first = 0;
      for (String view : views) {
        int status = status(block, row, from, view);
        first = first == 0 ? status : first;
      }
      if (lacks && fills()) {
        block.status(row, 0);
        block.addFlag(row, RecordFlag.VIEW_MISSING);
        some = true;
      } else {
        block.status(row, first);
      }
    }
    return some;
  }

  /** Counts the records of a block that lack a view; in one thread. */
  void count(Block block, String from) {
    for (int row = 0; row < block.size(); row++) {
      if (lacks(block, row, from)) {
        records++;
        for (String view : views) {
          if (status(block, row, from, view) != 0) {
            counts.merge(view, 1L, Long::sum);
          }
        }
      }
    }
  }

  /**
   * Where missing views end the run: looks through all records before any work.
   *
   * @param from name of the step that the source's views belong to
   * @throws RibonnxException input, with the number of records and the first of them
   */
  void refuse(TensorSource source, String from) {
    if (policy != FuseSpec.Policy.FAIL || views.size() < 2) {
      return;
    }
    source.statusOnly(true);
    Block block = new Block(1024);
    long all = 0;
    long lacking = 0;
    @Nullable String first = null;
    while (source.fill(block)) {
      all += block.size();
      for (int row = 0; row < block.size(); row++) {
        if (lacks(block, row, from)) {
          lacking++;
          first = first == null ? first(block, row, from, source.meta().status()) : first;
        }
      }
    }
    source.statusOnly(false);
    source.rewind();
    if (lacking > 0) {
      throw RibonnxException.input(
          lacking
              + " of "
              + all
              + (lacking == 1 ? " records lacks" : " records lack")
              + " a view that is fused, and the policy is fail; the first: "
              + first
              + "; give what is missing, or ribonnx-fuse --missing unusable");
    }
  }

  private String first(Block block, int row, String from, List<String> names) {
    for (String view : views) {
      int status = status(block, row, from, view);
      if (status != 0) {
        return "'" + block.id(row) + "' lacks '" + view + "' (" + names.get(status) + ")";
      }
    }
    throw new IllegalStateException("lacks no view");
  }

  /** Puts the counts into the run record and the log. */
  void report(RunRecord record, Log log) {
    if (records == 0) {
      return;
    }
    Map<String, Long> all = new LinkedHashMap<>();
    all.put("records", records);
    for (String view : views) {
      if (counts.containsKey(view)) {
        all.put(view, counts.get(view));
      }
    }
    record.count("missing-views", all);
    StringBuilder text = new StringBuilder();
    all.forEach(
        (name, count) -> {
          if (!name.equals("records")) {
            text.append(text.length() == 0 ? "" : ", ").append(name).append(' ').append(count);
          }
        });
    log.info(
        (fills() ? "view-missing: " : "unusable for want of a view: ")
            + Plural.records(records)
            + " ("
            + text
            + ")");
  }
}
