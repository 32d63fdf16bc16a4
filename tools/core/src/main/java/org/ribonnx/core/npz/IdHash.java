package org.ribonnx.core.npz;

/** A hash of ids, 64 bits, all of which may be used. */
public final class IdHash {
  private IdHash() {}

  /** FNV-1a, finished by a mixer since its high bits are weak on short texts. */
  public static long of(byte[] bytes, int from, int length) {
    long hash = 0xcbf29ce484222325L;
    for (int i = from; i < from + length; i++) {
      hash = (hash ^ (bytes[i] & 0xff)) * 0x100000001b3L;
    }
    hash = (hash ^ (hash >>> 33)) * 0xff51afd7ed558ccdL;
    return hash ^ (hash >>> 33);
  }
}
