package org.ribonnx.core.cli;

import java.util.Locale;

/**
 * How far a run is: records, rate, time left. On a terminal a line that is redrawn; elsewhere a
 * line every few seconds, so that a short run prints none.
 */
public final class Progress {
  private static final long ON_TERMINAL = 200_000_000L;
  private static final long ELSEWHERE = 10_000_000_000L;

  private final Log log;
  private final boolean terminal;
  private final String doing;
  private final long total;
  private final long start = System.nanoTime();
  private long next;
  private long done;
  private boolean drawn;

  /**
   * @param doing what is done, as in {@code encoded}
   * @param total records there will be; 0 where that is not known
   */
  public Progress(Log log, boolean terminal, String doing, long total) {
    this.log = log;
    this.terminal = terminal;
    this.doing = doing;
    this.total = total;
    this.next = start + (terminal ? ON_TERMINAL : ELSEWHERE);
  }

  /** Counts {@code records} more. */
  public void add(long records) {
    done += records;
    long now = System.nanoTime();
    if (now < next || log.isQuiet()) {
      return;
    }
    next = now + (terminal ? ON_TERMINAL : ELSEWHERE);
    double seconds = (now - start) / 1e9;
    double rate = done / seconds;
    StringBuilder line = new StringBuilder();
    line.append(String.format(Locale.ROOT, "%s %,d", doing, done));
    if (total > 0) {
      line.append(String.format(Locale.ROOT, " of %,d (%d %%)", total, done * 100 / total));
    }
    line.append(String.format(Locale.ROOT, ", %,.0f records/s", rate));
    if (total > done) {
      line.append(", ").append(duration((total - done) / rate)).append(" left");
    }
    if (terminal) {
      log.err().print("\r\u001b[K" + line);
      log.err().flush();
      drawn = true;
    } else {
      log.print(line.toString());
    }
  }

  /** Removes the redrawn line. */
  public void end() {
    if (drawn) {
      log.err().print("\r\u001b[K");
      log.err().flush();
    }
  }

  static String duration(double seconds) {
    long whole = Math.round(seconds);
    if (whole < 60) {
      return whole + " s";
    }
    if (whole < 3600) {
      return whole / 60 + " min " + whole % 60 + " s";
    }
    return whole / 3600 + " h " + whole % 3600 / 60 + " min";
  }
}
