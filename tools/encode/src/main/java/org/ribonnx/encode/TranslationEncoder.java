package org.ribonnx.encode;

import java.util.ArrayList;
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
 * {@code translation@1}: the three reading frames of a record as one {@code uint8} code per codon,
 * frame after frame. A view of {@code [length]} is cut into the codons of frame 0 (those that begin
 * at nucleotide 0, 3, 6, … below {@code length}), then those of frame 1 and of frame 2: {@code
 * length} codons in all, {@code ceil((length − f) / 3)} in frame f.
 *
 * <p>Codes: amino acids 0 to 19 in the order {@code ACDEFGHIKLMNPQRSTVWY} by the standard genetic
 * code (NCBI table 1), a stop 20, a codon with an ambiguous letter or with letters behind the end
 * of the record 21, and the view's pad (22 to 255) where the whole codon is behind the end. What
 * the paper writes as the letter O are all codes from 20 on.
 *
 * <p>Options: {@code keep}, {@code too-long}, {@code shortest} as {@link NucleotidesEncoder} has
 * them. Frames are counted from the first nucleotide that stays.
 *
 * <p>Source: the amino-acid view of multi-view models of RNA-binding proteins (iDeepM, iDeepMV and
 * their successors), where 2,700 letters give 3 × 900 codons.
 */
final class TranslationEncoder implements Encoder {
  static final String NAME = "translation@1";

  private static final byte[] TABLE = Codons.table();

  private final KeptPart part;
  private final byte pad;

  /** Where each frame begins in the row, and where the last one ends. */
  private final int[] frames;

  private final ThreadLocal<byte[]> rows;

  private TranslationEncoder(KeptPart part, int pad) {
    this.part = part;
    this.pad = (byte) pad;
    int length = part.length();
    this.frames = new int[4];
    for (int frame = 0; frame < 3; frame++) {
      frames[frame + 1] = frames[frame] + Codons.inFrame(frame, length);
    }
    this.rows = ThreadLocal.withInitial(() -> new byte[length]);
  }

  /** The encoder that a view asks for; the view's options are checked. */
  static TranslationEncoder of(ViewSpec view, EncoderOptions options) {
    if (view.dtype() != DType.UINT8 || view.shape().size() != 1 || view.varies()) {
      throw RibonnxException.bundle(
          options.where("")
              + NAME
              + " makes uint8 of shape [N], N a number, not "
              + view.dtype().label()
              + " of "
              + view.rowShape());
    }
    if (view.pad() <= Codons.UNKNOWN) {
      throw RibonnxException.bundle(
          options.where("pad")
              + "is "
              + view.pad()
              + "; it must differ from the codes 0 to "
              + Codons.UNKNOWN
              + ": 22 to 255");
    }
    KeptPart part = KeptPart.of(options, view.shape().get(0));
    options.end();
    return new TranslationEncoder(part, view.pad());
  }

  /** Frame, from 1, and the first nucleotide of the codon, from 1: {@code frame2.5}. */
  @Override
  public List<String> names() {
    List<String> names = new ArrayList<>();
    for (int frame = 0; frame < 3; frame++) {
      for (int at = frame; at < part.length(); at += 3) {
        names.add("frame" + (frame + 1) + "." + (at + 1));
      }
    }
    return names;
  }

  /** As of a codon with an ambiguous letter. */
  @Override
  public OptionalDouble blank() {
    return OptionalDouble.of(Codons.UNKNOWN);
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
    int taken = part.taken(count);
    byte[] codons = rows.get();
    translate(codes, part.start(from, count), taken, codons);
    for (int frame = 0; frame < 3; frame++) {
      int end = frames[frame] + Codons.inFrame(frame, taken);
      Arrays.fill(codons, end, frames[frame + 1], pad);
    }
    column.data().put(row * codons.length, codons, 0, codons.length);
    return RecordStatus.OK;
  }

  /** A pass over the letters, three at a time: one for each frame. */
  private void translate(byte[] codes, int start, int count, byte[] codons) {
    int first = frames[0];
    int second = frames[1];
    int third = frames[2];
    int at = 0;
    if (count > 4) {
      int rolling = codes[start] << 3 | codes[start + 1];
      int last = start + count - 2;
      int next = start + 2;
      for (; next < last; next += 3) {
        rolling = (rolling << 3 | codes[next]) & Codons.MASK;
        codons[first++] = TABLE[rolling];
        rolling = (rolling << 3 | codes[next + 1]) & Codons.MASK;
        codons[second++] = TABLE[rolling];
        rolling = (rolling << 3 | codes[next + 2]) & Codons.MASK;
        codons[third++] = TABLE[rolling];
      }
      at = next - start - 2;
    }
    for (; at < count; at++) {
      int code = Codons.UNKNOWN;
      if (at + 2 < count) {
        int codon = start + at;
        code = TABLE[codes[codon] << 6 | codes[codon + 1] << 3 | codes[codon + 2]];
      }
      codons[frames[at % 3] + at / 3] = (byte) code;
    }
  }
}
