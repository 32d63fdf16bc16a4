package org.ribonnx.fuse;

import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.ribonnx.core.block.Block;
import org.ribonnx.core.block.Column;
import org.ribonnx.core.block.Pipeline;
import org.ribonnx.core.bundle.FuseSpec;
import org.ribonnx.core.io.ByteText;
import org.ribonnx.core.io.TextOutput;
import org.ribonnx.core.npz.TensorFileWriter;
import org.ribonnx.core.npz.TensorMeta;
import org.ribonnx.core.tensor.DType;
import org.ribonnx.core.tensor.RowShape;

/**
 * Writes the weights of attention of each record: a table with {@code id} and a column {@code
 * query.token} each, or a tensor file with {@code fused.attention}, float32 [records, queries,
 * tokens].
 */
public final class AttentionFile implements Pipeline.Sink<Block>, AutoCloseable {
  private final @Nullable TextOutput table;
  private final @Nullable TensorFileWriter tensors;
  private final ByteText text = new ByteText(1 << 14);

  /**
   * @param target a path, a tensor file if it ends in .npz, or {@code -}
   * @param standardOutput where {@code -} goes
   */
  public AttentionFile(String target, FuseSpec.Attention attention, OutputStream standardOutput) {
    if (target.endsWith(".npz")) {
      RowShape shape =
          new RowShape(DType.FLOAT32, attention.queries().size(), attention.tokens().size());
      table = null;
      tensors = new TensorFileWriter(Path.of(target), Fuse.STEP, Map.of(FuseSpec.ATTENTION, shape));
      return;
    }
    tensors = null;
    table = TextOutput.open(target, standardOutput);
    text.append("id");
    for (String query : attention.queries()) {
      attention.tokens().forEach(token -> text.append('\t').append(query + "." + token));
    }
    table.write(text.append('\n'));
  }

  @Override
  public void accept(Block block) {
    if (tensors != null) {
      tensors.accept(block);
    }
    if (table == null) {
      return;
    }
    Column column = block.column(Fuse.STEP + "/" + FuseSpec.ATTENTION);
    text.clear();
    for (int row = 0; row < block.size(); row++) {
      text.append(block.idBytes(), block.idStart(row), block.idLength(row));
      for (double weight : column.numbers(row)) {
        text.append('\t').append(weight);
      }
      text.append('\n');
    }
    table.write(text);
  }

  /**
   * Gives the file its name.
   *
   * @param records what a tensor file says of the same records
   */
  public void commit(TensorMeta records) {
    if (table != null) {
      table.commit();
    }
    if (tensors != null) {
      tensors.finish(
          new TensorMeta(
              "attention", records.model(), records.stages(), records.status(), records.flags()));
    }
  }

  @Override
  public void close() {
    if (table != null) {
      table.close();
    }
    if (tensors != null) {
      tensors.close();
    }
  }
}
