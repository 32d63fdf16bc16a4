package org.ribonnx.encode;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.block.Column;
import org.ribonnx.core.block.RecordStatus;
import org.ribonnx.core.bundle.ViewSpec;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.tensor.DType;

/**
 * {@code coding@1}: what in a record speaks for a protein, as {@code float32 [28]}, on the strand
 * that is given. Lengths are in nucleotides, raw; scaling is the graph's. A <i>frame</i> f (1, 2,
 * 3) holds the whole codons that begin at position f, f + 3, … A codon with an ambiguous letter is
 * none: what is open there ends, as at the 3' end, and begins anew behind it. Stops are UAA, UAG,
 * UGA.
 *
 * <p>Per frame, three numbers each, for frame 1, 2, 3:
 *
 * <ul>
 *   <li>0–2 {@code orf_length}: the longest open reading frame, from AUG to the first stop, which
 *       counts, or where there is none to the frame's last codon; of equally long ones the first.
 *       0: no AUG. (ORF size of CPAT, Wang et al. 2013, there over all frames.)
 *   <li>3–5 {@code stop_free}: the longest run of codons without a stop.
 *   <li>6–8 {@code hexamer_mean}: the mean of the table's log-odds over all pairs of neighbouring
 *       codons, a codon at a time; 0 where there is none.
 *   <li>9–11 {@code segment_score}: the largest sum of log-odds of neighbouring pairs, over all
 *       segments of the frame; 0 where no pair's is above 0. (The most-like coding sequence of
 *       CNCI, Sun et al. 2013, over hexamers in place of codon pairs' frequencies.)
 *   <li>12–14 {@code segment_length}: length of that segment, 3 · (pairs + 1); of equally good ones
 *       the one that ends first, and of those the one that begins last. 0 where the score is 0.
 * </ul>
 *
 * <p>Of the longest of the three open reading frames (of equally long ones that of the lower
 * frame), all 0 where there is none:
 *
 * <ul>
 *   <li>15 {@code orf_coverage}: its length / that of the record (CPAT's ORF coverage).
 *   <li>16 {@code orf_start}: nucleotides before it / length of the record.
 *   <li>17 {@code orf_closed}: 1 if it ends with a stop, else 0 (the integrity of CPC2, Kang et al.
 *       2017).
 *   <li>18 {@code orf_hexamer}: mean log-odds of its pairs of neighbouring codons, the stop among
 *       them (CPAT's hexamer score).
 *   <li>19 {@code orf_kozak}: 1 for A or G three before the AUG, and 1 for G right behind it (Kozak
 *       1987).
 * </ul>
 *
 * <p>Asymmetry of positions, a number each for A, C, G, U (Fickett 1982, position parameter): with
 * n1, n2, n3 how often the letter stands at positions 1, 2, 3 of threes, max(n) / (min(n) + 1):
 *
 * <ul>
 *   <li>20–23 {@code asymmetry}: over the record, threes from its first nucleotide on.
 *   <li>24–27 {@code orf_asymmetry}: over the longest open reading frame; 0 where there is none.
 * </ul>
 *
 * <p>Sums are in double precision in the order of the sequence. Options: {@code hexamers: {file,
 * sha256}}, a table with the columns {@code hexamer} (letters A C G U or T) and {@code log_odds}
 * and a line for each of the 4,096; {@code shortest} (default 6), below it a record is {@code
 * too-short}. A record without an unambiguous nucleotide is {@code no-usable-base}. Any length is
 * read whole.
 */
final class CodingEncoder implements Encoder {
  static final String NAME = "coding@1";

  /** Names of the numbers, in order. */
  static final List<String> FEATURES =
      List.of(
          "orf_length.1",
          "orf_length.2",
          "orf_length.3",
          "stop_free.1",
          "stop_free.2",
          "stop_free.3",
          "hexamer_mean.1",
          "hexamer_mean.2",
          "hexamer_mean.3",
          "segment_score.1",
          "segment_score.2",
          "segment_score.3",
          "segment_length.1",
          "segment_length.2",
          "segment_length.3",
          "orf_coverage",
          "orf_start",
          "orf_closed",
          "orf_hexamer",
          "orf_kozak",
          "asymmetry.A",
          "asymmetry.C",
          "asymmetry.G",
          "asymmetry.U",
          "orf_asymmetry.A",
          "orf_asymmetry.C",
          "orf_asymmetry.G",
          "orf_asymmetry.U");

  private static final int HEXAMERS = 1 << 12;
  private static final int SHORTEST = 6;
  private static final int START = 0b00_11_10;
  private static final long STOPS = (1L << 0b11_00_00) | (1L << 0b11_00_10) | (1L << 0b11_10_00);

  private static final int ORF_LENGTH = 0;
  private static final int STOP_FREE = 3;
  private static final int HEXAMER_MEAN = 6;
  private static final int SEGMENT_SCORE = 9;
  private static final int SEGMENT_LENGTH = 12;
  private static final int ORF_COVERAGE = 15;
  private static final int ORF_START = 16;
  private static final int ORF_CLOSED = 17;
  private static final int ORF_HEXAMER = 18;
  private static final int ORF_KOZAK = 19;
  private static final int ASYMMETRY = 20;
  private static final int ORF_ASYMMETRY = 24;

  /** What a thread works in. */
  private static final class Room {
    final float[] numbers = new float[FEATURES.size()];

    /** Letter × place in a three; the ambiguous letter's are not read. */
    final int[] letters = new int[3 * (AMBIGUOUS + 1)];

    /** The longest open reading frame of the record so far. */
    int orfFrom;

    int orfLength;
    boolean orfClosed;
  }

  private final double[] logOdds;
  private final int shortest;
  private final ThreadLocal<Room> rooms = ThreadLocal.withInitial(Room::new);

  private CodingEncoder(double[] logOdds, int shortest) {
    this.logOdds = logOdds;
    this.shortest = shortest;
  }

  /** The encoder that a view asks for; the view's options are checked. */
  static CodingEncoder of(ViewSpec view, EncoderOptions options) {
    if (view.dtype() != DType.FLOAT32 || !view.shape().equals(List.of(FEATURES.size()))) {
      throw RibonnxException.bundle(
          options.where("")
              + NAME
              + " makes float32 ["
              + FEATURES.size()
              + "], not "
              + view.rowShape());
    }
    double[] logOdds = table(options);
    int shortest = options.integer("shortest", SHORTEST, 1, Integer.MAX_VALUE);
    options.end();
    return new CodingEncoder(logOdds, shortest);
  }

  private static double[] table(EncoderOptions options) {
    double[] logOdds = new double[HEXAMERS];
    Arrays.fill(logOdds, Double.NaN);
    List<String[]> lines = options.lines("hexamers", List.of("hexamer", "log_odds"));
    for (String[] line : lines) {
      int code = line[0].length() == 6 ? 0 : -1;
      for (int i = 0; i < line[0].length() && code >= 0; i++) {
        int letter = "ACGUacguTt".indexOf(line[0].charAt(i));
        code = letter < 0 ? -1 : (code << 2) | (letter < 8 ? letter & 3 : 3);
      }
      double value = number(line[1]);
      if (code < 0 || !Double.isFinite(value) || !Double.isNaN(logOdds[code])) {
        throw RibonnxException.bundle(
            options.where("hexamers")
                + "has the line '"
                + line[0]
                + "', '"
                + line[1]
                + "'; a hexamer of A, C, G, U, once, and a number are expected");
      }
      logOdds[code] = value;
    }
    if (lines.size() != HEXAMERS) {
      throw RibonnxException.bundle(
          options.where("hexamers")
              + (lines.isEmpty() ? "is missing or empty" : "holds " + lines.size() + " hexamers")
              + "; {file: hexamers.tsv} with all 4096 is expected");
    }
    return logOdds;
  }

  private static double number(String text) {
    try {
      return Double.parseDouble(text.strip());
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }

  @Override
  public List<String> names() {
    return FEATURES;
  }

  /** As where there is nothing of the kind: no reading frame, no pair, no letter. */
  @Override
  public OptionalDouble blank() {
    return OptionalDouble.of(0);
  }

  @Override
  public int capacity() {
    return Integer.MAX_VALUE;
  }

  @Override
  public RecordStatus encode(
      byte[] codes, int from, int length, Column column, Block block, int row) {
    RecordStatus status = Nucleotides.status(codes, from, length, shortest);
    if (status != RecordStatus.OK) {
      return status;
    }
    Room room = rooms.get();
    float[] numbers = room.numbers;
    Arrays.fill(numbers, 0);
    room.orfLength = 0;
    room.orfFrom = from;
    for (int frame = 0; frame < 3; frame++) {
      readFrame(codes, from + frame, from + length, frame, room);
    }
    asymmetry(codes, from, length, room, ASYMMETRY);
    if (room.orfLength > 0) {
      describeOrf(codes, from, length, room);
    }
    ByteBuffer data = column.data();
    for (int i = 0; i < numbers.length; i++) {
      data.putFloat(column.place(row) + i * Float.BYTES, numbers[i]);
    }
    return RecordStatus.OK;
  }

  private void readFrame(byte[] codes, int from, int to, int frame, Room room) {
    double[] table = logOdds;
    int before = -1; // the codon before; −1: none
    int run = 0; // codons without a stop
    int longestRun = 0;
    int orf = -1; // where the open one begins
    int orfLength = 0;
    double sum = 0;
    int pairs = 0;
    double segment = 0; // the best sum of pairs that ends here
    int segmentPairs = 0;
    double best = 0;
    int bestPairs = 0;
    int at = from;
    for (; at + 3 <= to; at += 3) {
      int codon = (codes[at] << 4) | (codes[at + 1] << 2) | codes[at + 2];
      if ((codes[at] | codes[at + 1] | codes[at + 2]) >= AMBIGUOUS) {
        orfLength = Math.max(orfLength, endOrf(orf, at, false, room));
        orf = -1;
        before = -1;
        run = 0;
        segment = 0;
        segmentPairs = 0;
        continue;
      }
      if (before >= 0) {
        double value = table[(before << 6) | codon];
        sum += value;
        pairs++;
        if (segment > 0) {
          segment += value;
          segmentPairs++;
        } else {
          segment = value;
          segmentPairs = 1;
        }
        if (segment > best) {
          best = segment;
          bestPairs = segmentPairs;
        }
      }
      before = codon;
      if (((STOPS >>> codon) & 1) != 0) {
        run = 0;
        orfLength = Math.max(orfLength, endOrf(orf, at + 3, true, room));
        orf = -1;
      } else {
        longestRun = Math.max(longestRun, ++run);
        if (codon == START && orf < 0) {
          orf = at;
        }
      }
    }
    orfLength = Math.max(orfLength, endOrf(orf, at, false, room));
    float[] numbers = room.numbers;
    numbers[ORF_LENGTH + frame] = orfLength;
    numbers[STOP_FREE + frame] = 3f * longestRun;
    numbers[HEXAMER_MEAN + frame] = pairs == 0 ? 0 : (float) (sum / pairs);
    numbers[SEGMENT_SCORE + frame] = (float) best;
    numbers[SEGMENT_LENGTH + frame] = bestPairs == 0 ? 0 : 3f * (bestPairs + 1);
  }

  /** Ends an open reading frame; returns its length. */
  private static int endOrf(int from, int to, boolean closed, Room room) {
    int length = from < 0 ? 0 : to - from;
    if (length > room.orfLength) {
      room.orfLength = length;
      room.orfFrom = from;
      room.orfClosed = closed;
    }
    return length;
  }

  private void describeOrf(byte[] codes, int from, int length, Room room) {
    int start = room.orfFrom;
    int end = start + room.orfLength;
    double sum = 0;
    for (int at = start; at + 6 <= end; at += 3) {
      int hexamer = 0;
      for (int i = 0; i < 6; i++) {
        hexamer = (hexamer << 2) | codes[at + i];
      }
      sum += logOdds[hexamer];
    }
    int pairs = room.orfLength / 3 - 1;
    boolean purine = start - 3 >= from && (codes[start - 3] == 0 || codes[start - 3] == 2);
    boolean guanine = start + 3 < from + length && codes[start + 3] == 2;
    float[] numbers = room.numbers;
    numbers[ORF_COVERAGE] = (float) ((double) room.orfLength / length);
    numbers[ORF_START] = (float) ((double) (start - from) / length);
    numbers[ORF_CLOSED] = room.orfClosed ? 1 : 0;
    numbers[ORF_HEXAMER] = pairs == 0 ? 0 : (float) (sum / pairs);
    numbers[ORF_KOZAK] = (purine ? 1 : 0) + (guanine ? 1 : 0);
    asymmetry(codes, start, room.orfLength, room, ORF_ASYMMETRY);
  }

  private static void asymmetry(byte[] codes, int from, int length, Room room, int to) {
    int[] letters = room.letters;
    Arrays.fill(letters, 0);
    int at = from;
    int end = from + length;
    for (; at + 3 <= end; at += 3) {
      letters[3 * codes[at]]++;
      letters[3 * codes[at + 1] + 1]++;
      letters[3 * codes[at + 2] + 2]++;
    }
    for (int place = 0; at < end; at++, place++) {
      letters[3 * codes[at] + place]++;
    }
    for (int letter = 0; letter < 4; letter++) {
      int a = letters[3 * letter];
      int b = letters[3 * letter + 1];
      int c = letters[3 * letter + 2];
      int most = Math.max(a, Math.max(b, c));
      int least = Math.min(a, Math.min(b, c));
      room.numbers[to + letter] = (float) ((double) most / (least + 1.0));
    }
  }
}
