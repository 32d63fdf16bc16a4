package org.ribonnx.core.bundle;

/** Order of versions: number by number, and a release after its pre-releases. */
final class Versions {
  private Versions() {}

  static int compare(String a, String b) {
    String[] left = a.split("-", 2);
    String[] right = b.split("-", 2);
    String[] ls = left[0].split("\\.", -1);
    String[] rs = right[0].split("\\.", -1);
    for (int i = 0; i < Math.max(ls.length, rs.length); i++) {
      String l = i < ls.length ? ls[i] : "0";
      String r = i < rs.length ? rs[i] : "0";
      int order =
          l.matches("[0-9]{1,9}") && r.matches("[0-9]{1,9}")
              ? Integer.compare(Integer.parseInt(l), Integer.parseInt(r))
              : l.compareTo(r);
      if (order != 0) {
        return order;
      }
    }
    if (left.length != right.length) {
      return left.length < right.length ? 1 : -1;
    }
    return left.length == 1 ? 0 : left[1].compareTo(right[1]);
  }
}
