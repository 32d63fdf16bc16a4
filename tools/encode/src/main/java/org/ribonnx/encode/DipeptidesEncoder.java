package org.ribonnx.encode;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.IntStream;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.block.Column;
import org.ribonnx.core.block.RecordFlag;
import org.ribonnx.core.block.RecordStatus;
import org.ribonnx.core.bundle.ViewSpec;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.tensor.DType;

/**
 * {@code dipeptides@1}: how often each pair of neighbouring codons occurs in the three reading
 * frames of a record, as {@code [440]} counts of the type that the view asks for.
 *
 * <p>The record, cut or filled up with ambiguous letters to {@code length}, is translated in frame
 * 0, 1 and 2 as {@link TranslationEncoder} does it, the frames are joined to one text of {@code
 * length} letters, and all {@code length − 1} pairs of neighbours are counted, also the two that
 * lie across a joint. Letters: amino acids 0 to 19 in the order {@code ACDEFGHIKLMNPQRSTVWY}, and
 * 20, called O, for all else (stops, codons with an ambiguous letter or behind the end). The pair
 * (a, b) is at 21 · a + b; OO, the 441st, is left out. A count above {@code cap} is written as
 * {@code cap}, and the record flagged as {@code counts-capped}.
 *
 * <p>Options: {@code length} (must be given); {@code cap}, by default the largest number of the
 * type; {@code keep}, {@code too-long}, {@code shortest} as {@link NucleotidesEncoder} has them.
 *
 * <p>Source: the dipeptide view of multi-view models of RNA-binding proteins (iDeepMV and its
 * successors), with a length of 2,700 and a cap of 30; its unary form is made in the graph.
 */
final class DipeptidesEncoder implements Encoder {
  static final String NAME = "dipeptides@1";

  /** Pairs but OO. */
  static final int PAIRS = 440;

  private static final Set<DType> TYPES = EnumSet.of(DType.UINT8, DType.UINT16, DType.INT32);
  private static final int LETTERS = 21;
  private static final int OTHER = 20;

  /** Rolling code of a codon → letter. */
  private static final byte[] TABLE = letters();

  /** What a thread counts in; OO, the last, is not written. */
  private record Room(int[] counts, WholeNumbers numbers) {}

  private final KeptPart part;
  private final ThreadLocal<Room> rooms;

  private DipeptidesEncoder(KeptPart part, DType type, int cap) {
    this.part = part;
    this.rooms =
        ThreadLocal.withInitial(
            () -> new Room(new int[PAIRS + 1], new WholeNumbers(type, PAIRS, cap)));
  }

  private static byte[] letters() {
    byte[] table = Codons.table();
    for (int i = 0; i < table.length; i++) {
      table[i] = (byte) Math.min(table[i], OTHER);
    }
    return table;
  }

  /** The encoder that a view asks for; the view's options are checked. */
  static DipeptidesEncoder of(ViewSpec view, EncoderOptions options) {
    if (!TYPES.contains(view.dtype()) || view.shape().size() != 1 || view.shape().get(0) != PAIRS) {
      throw RibonnxException.bundle(
          options.where("")
              + NAME
              + " makes uint8, uint16 or int32 of shape [440], not "
              + view.dtype().label()
              + " of "
              + view.rowShape());
    }
    int length = options.integer("length", 0, 1, 1 << 24);
    if (length == 0) {
      throw RibonnxException.bundle(
          options.where("length")
              + "is missing; give the number of nucleotides that records are cut or filled up to");
    }
    int largest = WholeNumbers.most(view.dtype());
    int cap = options.integer("cap", largest, 1, largest);
    KeptPart part = KeptPart.of(options, length);
    options.end();
    return new DipeptidesEncoder(part, view.dtype(), cap);
  }

  /** The pairs, by their two letters. */
  @Override
  public List<String> names() {
    String letters = Codons.LETTERS + "O";
    return IntStream.range(0, PAIRS)
        .mapToObj(pair -> "" + letters.charAt(pair / LETTERS) + letters.charAt(pair % LETTERS))
        .toList();
  }

  /** As of a record without the pair. */
  @Override
  public OptionalDouble blank() {
    return OptionalDouble.of(0);
  }

  @Override
  public int capacity() {
    return part.capacity();
  }

  @Override
  public RecordStatus encode(
      byte[] codes, int from, int count, Column column, Block block, int row) {
    RecordStatus status = part.status(codes, from, count);
    if (status != RecordStatus.OK) {
      return status;
    }
    Room room = rooms.get();
    int[] counts = room.counts();
    Arrays.fill(counts, 0);
    count(codes, part.start(from, count), part.taken(count), counts);
    if (room.numbers().take(counts, 0, PAIRS, 0)) {
      block.addFlag(row, RecordFlag.COUNTS_CAPPED);
    }
    room.numbers().write(column, row);
    return RecordStatus.OK;
  }

  /** A pass over the letters, three at a time: one for each frame. */
  private void count(byte[] codes, int start, int count, int[] counts) {
    // 21 times the latest letter of each frame.
    int first = LETTERS * letter(codes, start, count, 0);
    int second = LETTERS * letter(codes, start, count, 1);
    int third = LETTERS * letter(codes, start, count, 2);
    int at = 3;
    if (count > 7) {
      int rolling = codes[start + 3] << 3 | codes[start + 4];
      int last = start + count - 2;
      int next = start + 5;
      for (; next < last; next += 3) {
        rolling = (rolling << 3 | codes[next]) & Codons.MASK;
        int letter = TABLE[rolling];
        counts[first + letter]++;
        first = LETTERS * letter;
        rolling = (rolling << 3 | codes[next + 1]) & Codons.MASK;
        letter = TABLE[rolling];
        counts[second + letter]++;
        second = LETTERS * letter;
        rolling = (rolling << 3 | codes[next + 2]) & Codons.MASK;
        letter = TABLE[rolling];
        counts[third + letter]++;
        third = LETTERS * letter;
      }
      at = next - start - 2;
    }
    // The rest, with what is behind the end as far as it makes a pair: a second O in a row does
    // not.
    int end = Math.min(part.length(), count + 3);
    for (; at < end; at++) {
      int letter = letter(codes, start, count, at);
      switch (at % 3) {
        case 0 -> {
          counts[first + letter]++;
          first = LETTERS * letter;
        }
        case 1 -> {
          counts[second + letter]++;
          second = LETTERS * letter;
        }
        default -> {
          counts[third + letter]++;
          third = LETTERS * letter;
        }
      }
    }
    if (part.length() > 1) {
      counts[first + letter(codes, start, count, 1)]++;
    }
    if (part.length() > 2) {
      counts[second + letter(codes, start, count, 2)]++;
    }
  }

  /** The letter of the codon that begins at {@code at}. */
  private static int letter(byte[] codes, int start, int count, int at) {
    if (at + 2 >= count) {
      return OTHER;
    }
    int codon = start + at;
    return TABLE[codes[codon] << 6 | codes[codon + 1] << 3 | codes[codon + 2]];
  }
}
