package org.ribonnx.core.npz;

import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The header of a {@code .npy} array (format versions 1 to 3 are read, 1 is written).
 *
 * @param descr NumPy's type string, for example {@code <f4} or {@code S12}
 * @param shape length of each axis
 * @param bytes length of the header with its magic, after which the data begins
 */
record NpyHeader(String descr, long[] shape, int bytes) {
  /** Room for the header of a member whose number of rows is not known yet; a multiple of 64. */
  static final int RESERVED = 192;

  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
  private static final Pattern DESCR = Pattern.compile("'descr'\\s*:\\s*'([^']*)'");
  private static final Pattern FORTRAN = Pattern.compile("'fortran_order'\\s*:\\s*(True|False)");
  private static final Pattern SHAPE = Pattern.compile("'shape'\\s*:\\s*\\(([0-9,\\sL]*)\\)");

  /** The header as bytes, padded with spaces to {@link #RESERVED}. */
  static byte[] write(String descr, long... shape) {
    StringBuilder text =
        new StringBuilder("{'descr': '")
            .append(descr)
            .append("', 'fortran_order': False, 'shape': (");
    for (int i = 0; i < shape.length; i++) {
      text.append(i == 0 ? "" : " ")
          .append(shape[i])
          .append(i < shape.length - 1 || shape.length == 1 ? "," : "");
    }
    text.append("), }");
    int room = RESERVED - MAGIC.length - 4 - 1;
    if (text.length() > room) {
      throw new IllegalArgumentException("array header too long: " + text);
    }
    byte[] header = new byte[RESERVED];
    System.arraycopy(MAGIC, 0, header, 0, MAGIC.length);
    header[6] = 1;
    int length = RESERVED - 10;
    header[8] = (byte) length;
    header[9] = (byte) (length >> 8);
    byte[] ascii =
        text.append(" ".repeat(room - text.length()))
            .append('\n')
            .toString()
            .getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(ascii, 0, header, 10, ascii.length);
    return header;
  }

  /**
   * Reads a header from the first bytes of an array.
   *
   * @return the header, or null if more bytes are needed than {@code start} holds
   * @throws IllegalArgumentException saying what is wrong
   */
  static @Nullable NpyHeader read(byte[] start, int available) {
    if (available < 12) {
      throw new IllegalArgumentException("too short for an array");
    }
    for (int i = 0; i < MAGIC.length; i++) {
      if (start[i] != MAGIC[i]) {
        throw new IllegalArgumentException("does not begin like a NumPy array");
      }
    }
    int version = start[6];
    int prefix;
    long length;
    if (version == 1) {
      prefix = 10;
      length = (start[8] & 0xff) | (start[9] & 0xff) << 8;
    } else if (version == 2 || version == 3) {
      prefix = 12;
      length =
          (start[8] & 0xffL)
              | (start[9] & 0xffL) << 8
              | (start[10] & 0xffL) << 16
              | (start[11] & 0xffL) << 24;
    } else {
      throw new IllegalArgumentException("array format version " + version + " is unknown");
    }
    if (length > 1 << 16) {
      throw new IllegalArgumentException("array header of " + length + " bytes");
    }
    if (prefix + length > available) {
      return null;
    }
    String text = new String(start, prefix, (int) length, StandardCharsets.ISO_8859_1);
    String descr = group(DESCR, text, "descr");
    boolean fortran = group(FORTRAN, text, "fortran_order").equals("True");
    String[] axes = group(SHAPE, text, "shape").split(",", -1);
    int rank = 0;
    long[] shape = new long[axes.length];
    for (String axis : axes) {
      String digits = axis.replace("L", "").strip();
      if (!digits.isEmpty()) {
        try {
          shape[rank++] = Long.parseLong(digits);
        } catch (NumberFormatException e) {
          throw new IllegalArgumentException("axis length " + digits, e);
        }
      }
    }
    if (fortran && rank > 1) {
      throw new IllegalArgumentException(
          "stored column by column; save numpy.ascontiguousarray(array)");
    }
    return new NpyHeader(descr, java.util.Arrays.copyOf(shape, rank), prefix + (int) length);
  }

  private static String group(Pattern pattern, String text, String key) {
    Matcher matcher = pattern.matcher(text);
    if (!matcher.find()) {
      throw new IllegalArgumentException("array header without " + key);
    }
    return matcher.group(1);
  }

  /** Number of elements, or -1 if it exceeds what a long can count. */
  long elements() {
    long product = 1;
    for (long axis : shape) {
      if (axis < 0 || (axis != 0 && product > Long.MAX_VALUE / axis)) {
        return -1;
      }
      product *= axis;
    }
    return product;
  }
}
