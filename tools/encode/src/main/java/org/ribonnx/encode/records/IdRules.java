package org.ribonnx.encode.records;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.npz.IdSpool;

/** What an id may be, the same for every kind of record. */
public final class IdRules {
  private IdRules() {}

  /** A number that says what is wrong with an id; 0: nothing. */
  public static int problem(byte[] id, int from, int length) {
    if (length == 0) {
      return 1;
    }
    if (length > IdSpool.MAX) {
      return 2;
    }
    boolean ascii = true;
    for (int i = from; i < from + length; i++) {
      if ((id[i] >= 0 && id[i] < ' ') || id[i] == 0x7f) {
        return 3;
      }
      ascii &= id[i] >= 0;
    }
    return ascii || isUtf8(id, from, length) ? 0 : 4;
  }

  private static boolean isUtf8(byte[] bytes, int from, int length) {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, from, length));
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }

  /** A problem in words; empty if there is none. */
  public static String words(int problem) {
    return switch (problem) {
      case 1 -> "no id";
      case 2 -> "an id of over " + IdSpool.MAX + " bytes";
      case 3 -> "an id with a control character";
      case 4 -> "an id that is not UTF-8";
      default -> "";
    };
  }

  /**
   * Adds a record to a block. Every record needs an id that tables can hold, also one that is
   * refused or unusable: with a problem it is called {@code record-N}. Returns its row.
   */
  public static int add(Block block, byte[] id, int from, int length, int problem) {
    if (problem == 0) {
      return block.add(id, from, length, 0, 0);
    }
    byte[] standIn =
        ("record-" + (block.first() + block.size() + 1)).getBytes(StandardCharsets.UTF_8);
    return block.add(standIn, 0, standIn.length, 0, 0);
  }
}
