package org.ribonnx.core.npz;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;

class CrcTest {
  @Test
  void joinedChecksumIsThatOfTheWhole() {
    Random random = new Random(1);
    for (int trial = 0; trial < 300; trial++) {
      byte[] bytes = new byte[random.nextInt(5000)];
      random.nextBytes(bytes);
      int cut = random.nextInt(bytes.length + 1);
      assertEquals(
          crc(bytes, 0, bytes.length),
          Crc.join(crc(bytes, 0, cut), crc(bytes, cut, bytes.length - cut), bytes.length - cut));
    }
  }

  @Test
  void joinsLengthsBeyondFourGigabytes() {
    // Zeros behind a text: joined in one step or in two must be the same.
    long first = 0x1234567L;
    long zeros = 5_000_000_000L;
    long half = crcOfZeros(zeros / 2);
    long whole = Crc.join(half, half, zeros / 2);
    assertEquals(
        Crc.join(first, whole, zeros), Crc.join(Crc.join(first, half, zeros / 2), half, zeros / 2));
  }

  private static long crcOfZeros(long count) {
    // Doubling, by the very function under test, from the checksum of a single zero byte.
    long crc = 0;
    long unit = crc(new byte[1], 0, 1);
    long length = 1;
    long done = 0;
    for (long rest = count; rest > 0; rest >>= 1) {
      if ((rest & 1) != 0) {
        crc = Crc.join(crc, unit, length);
        done += length;
      }
      unit = Crc.join(unit, unit, length);
      length *= 2;
    }
    assertEquals(count, done);
    return crc;
  }

  private static long crc(byte[] bytes, int from, int length) {
    CRC32 crc = new CRC32();
    crc.update(bytes, from, length);
    return crc.getValue();
  }
}
