package org.ribonnx.report;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** The things of the largest strength, at most a number of them; of equal ones the earlier. */
final class Strongest<T> {
  private record Entry<T>(double strength, T thing) {}

  private final int most;
  private final List<Entry<T>> entries = new ArrayList<>();

  Strongest(int most) {
    this.most = most;
  }

  /** Takes a thing, which is made only if it is among the strongest so far. */
  void offer(double strength, Supplier<T> thing) {
    if (Double.isNaN(strength)
        || (entries.size() == most && strength <= entries.get(most - 1).strength())) {
      return;
    }
    if (entries.size() == most) {
      entries.remove(most - 1);
    }
    int at = entries.size();
    while (at > 0 && entries.get(at - 1).strength() < strength) {
      at--;
    }
    entries.add(at, new Entry<>(strength, thing.get()));
  }

  /** The strongest first. */
  List<T> all() {
    return entries.stream().map(Entry::thing).toList();
  }
}
