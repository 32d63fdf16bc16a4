package org.ribonnx.core.npz;

/**
 * Joins CRC-32 values. A member's header is known only after its data, so their checksums are made
 * apart and joined: appending {@code n} zero bytes is a linear map over GF(2), applied by squaring
 * its matrix.
 */
final class Crc {
  private static final int POLYNOMIAL = 0xEDB88320;

  private Crc() {}

  /** The CRC-32 of A followed by B, from that of A, that of B, and B's length in bytes. */
  static long join(long crcOfA, long crcOfB, long lengthOfB) {
    if (lengthOfB == 0) {
      return crcOfA;
    }
    int[] shift = new int[32];
    shift[0] = POLYNOMIAL;
    for (int i = 1; i < 32; i++) {
      shift[i] = 1 << (i - 1);
    }
    // One zero bit so far; three squarings make it a byte.
    shift = square(square(square(shift)));
    int crc = (int) crcOfA;
    for (long n = lengthOfB; n != 0; n >>>= 1) {
      if ((n & 1) != 0) {
        crc = times(shift, crc);
      }
      shift = square(shift);
    }
    return (crc ^ (int) crcOfB) & 0xffffffffL;
  }

  private static int times(int[] matrix, int vector) {
    int sum = 0;
    for (int i = 0, v = vector; v != 0; i++, v >>>= 1) {
      if ((v & 1) != 0) {
        sum ^= matrix[i];
      }
    }
    return sum;
  }

  private static int[] square(int[] matrix) {
    int[] result = new int[32];
    for (int i = 0; i < 32; i++) {
      result[i] = times(matrix, matrix[i]);
    }
    return result;
  }
}
