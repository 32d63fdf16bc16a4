package org.ribonnx.core.cli;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.ribonnx.core.io.RibonnxException;
import org.ribonnx.core.npz.TensorSource;
import picocli.CommandLine.Option;

/** {@code --shard I/N}: how a front end spreads a file over tasks. */
public final class ShardOption {
  private static final Pattern FORM = Pattern.compile("([0-9]{1,9})/([0-9]{1,9})");

  @Option(
      names = "--shard",
      paramLabel = "I/N",
      defaultValue = "1/1",
      description =
          "Work only on the I-th of N equal ranges of records, counted from 1. Default: ${DEFAULT-VALUE}.")
  private String shard = "1/1";

  /** Restricts the reader to the range. */
  public void select(TensorSource reader) {
    Matcher matcher = FORM.matcher(shard);
    if (!matcher.matches()) {
      throw RibonnxException.usage("--shard " + shard + ": I/N is expected, as in 1/4");
    }
    int number = Integer.parseInt(matcher.group(1));
    int shards = Integer.parseInt(matcher.group(2));
    if (number < 1 || number > shards) {
      throw RibonnxException.usage("--shard " + shard + ": I must be from 1 to N");
    }
    reader.select(number, shards);
  }
}
