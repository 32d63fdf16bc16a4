#!/usr/bin/env python3
"""A table of counts to predictions, Ribonnx against pandas and ONNX Runtime, in turn.

    python3 tools/benchmark/tables.py [--samples 10000] [--features 680] [--rounds 7]

Makes a virtual environment with pandas and ONNX Runtime for Python, a model (logarithm of counts per million, one hidden
layer, 25 labels) and a table with a seed; checks that all scores are equal to 1e-5; then runs the contenders in turn, round
by round, each as a whole process, and prints minima and ratios. Peak memory is of the last round.

The rivals read by read_csv with the C engine and the types stated, check what can be checked in a line, and run one session with as
many intra-op threads as Ribonnx has in batches of 256. One writes predictions and all scores by to_csv, as most would; the other
formats lines itself, which is faster.
"""

import argparse
import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

from contest import HOME, python, run

HERE = Path(__file__).resolve()
LABELS = 25


def make(folder, samples, features):
    """Model and tables; run in the environment."""
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(6)
    f32 = lambda *shape: (rng.standard_normal(shape) * 0.05).astype(np.float32)
    node = lambda operator, inputs, output: helper.make_node(operator, inputs.split(), [output])
    nodes = [
        node("MatMul", "counts ones", "total"), node("Max", "total one", "divisor"), node("Div", "counts divisor", "share"),
        node("Mul", "share million", "cpm"), node("Add", "cpm one", "shifted"), node("Log", "shifted", "logs"),
        node("MatMul", "logs a", "hidden"), node("Relu", "hidden", "active"), node("MatMul", "active b", "sums"),
        node("Softmax", "sums", "probabilities"),
    ]
    constants = {"ones": np.ones((features, 1), np.float32), "one": np.float32(1), "million": np.float32(1e6), "a": f32(features, 128), "b": f32(128, LABELS)}
    graph = helper.make_graph(
        nodes, "graph",
        [helper.make_tensor_value_info("counts", TensorProto.FLOAT, ["batch", features])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", LABELS])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    names = [f"hsa-mir-{n}" for n in range(features)]
    files = {
        "head.onnx": helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString(),
        "features.tsv": ("feature\n" + "\n".join(names) + "\n").encode(),
    }
    model = Path(folder) / "model"
    model.mkdir()
    sha = {}
    for name, content in files.items():
        (model / name).write_bytes(content)
        sha[name] = hashlib.sha256(content).hexdigest()
    (model / "model.yaml").write_text(
        "schema: 1\nid: table\nversion: 1.0.0\ninputs: {counts: {kind: table, values: counts}}\n"
        "views: {x: {encoder: expression@1, dtype: float32, shape: [%d], options: {features: {file: features.tsv, sha256: %s}}}}\n"
        "heads: {tissue: {kind: single-label, graph: head.onnx, sha256: %s, labels: [%s]}}\n"
        % (features, sha["features.tsv"], sha["head.onnx"], ", ".join(f"t{n}" for n in range(LABELS)))
    )
    # As sparse and as skewed as counts of small RNAs: about half of the cells are 0.
    with open(Path(folder) / "counts.tsv", "w") as table:
        table.write("sample\t" + "\t".join(names) + "\n")
        level = rng.normal(1, 3, features)
        for start in range(0, samples, 500):
            count = min(500, samples - start)
            values = np.floor(np.exp(level + rng.normal(0, 1.5, (count, features)))).astype(np.int64)
            for number, row in enumerate(values):
                table.write(f"s{start + number}\t" + "\t".join(map(str, row)) + "\n")


def rival(folder, threads, tuned):
    import numpy as np
    import onnxruntime
    import pandas as pd

    folder = Path(folder)
    features = (folder / "model" / "features.tsv").read_text().split()[1:]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(folder / "model" / "head.onnx"), options, providers=["CPUExecutionProvider"])
    types = {name: np.float32 for name in features}
    types["sample"] = str
    frame = pd.read_csv(folder / "counts.tsv", sep="\t", index_col=0, dtype=types, engine="c")
    lacking = [name for name in features if name not in frame.columns]
    if lacking or frame.index.has_duplicates:
        sys.exit("a feature lacks, or a sample is there twice")
    counts = np.ascontiguousarray(frame[features].to_numpy(np.float32))
    if np.isnan(counts).any() or (counts < 0).any():
        sys.exit("a count is missing or negative")
    scores = np.concatenate([session.run(None, {"counts": counts[n : n + 256]})[0] for n in range(0, len(counts), 256)])
    labels = [f"t{n}" for n in range(LABELS)]
    best = scores.argmax(axis=1)
    if not tuned:
        names = np.array(labels)[best]
        columns = {"head": "tissue", "prediction": names, "score": scores.max(axis=1), "status": "ok", "best": names, "name": "NA", "set": "NA", "reason": "NA"}
        table = dict(sep="\t", float_format="%.6g", index_label="id")
        pd.DataFrame(columns, index=frame.index).to_csv(folder / "rival-predictions.tsv", **table)
        pd.DataFrame(scores, index=frame.index, columns=[f"tissue.{label}" for label in labels]).to_csv(folder / "rival-scores.tsv", **table)
        return
    form = "\t%.6g" * LABELS + "\n"
    with open(folder / "rival-predictions.tsv", "w") as out:
        out.write("id\thead\tprediction\tscore\tstatus\tbest\tname\tset\treason\n")
        out.writelines(
            "%s\ttissue\t%s\t%.6g\tok\t%s\tNA\tNA\tNA\n" % (name, labels[b], s, labels[b])
            for name, b, s in zip(frame.index, best, scores[np.arange(len(best)), best])
        )
    with open(folder / "rival-scores.tsv", "w") as out:
        out.write("id\t" + "\t".join(f"tissue.{label}" for label in labels) + "\n")
        out.writelines(name + form % tuple(row) for name, row in zip(frame.index, scores.tolist()))


def difference(folder):
    """Largest difference of any score; ends the run where ids or header differ."""
    ours, theirs = (open(Path(folder) / name) for name in ("scores.tsv", "rival-scores.tsv"))
    most = 0
    for a, b in zip(ours, theirs, strict=True):
        a, b = a.rstrip("\n").split("\t"), b.rstrip("\n").split("\t")
        if a[0] != b[0] or len(a) != len(b):
            sys.exit(f"{a[0]} and {b[0]} differ")
        if a[0] != "id":
            most = max(most, max(abs(float(x) - float(y)) for x, y in zip(a[1:], b[1:])))
    return most


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=int, default=10000)
    parser.add_argument("--features", type=int, default=680)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    interpreter = python("benchmark-tables", "numpy", "pandas", "onnx", "onnxruntime==1.29.0")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([interpreter, HERE, "make", folder, str(arguments.samples), str(arguments.features)], check=True)
        folder = Path(folder)
        size = (folder / "counts.tsv").stat().st_size / 1e6
        ours = [HOME / "bin" / "ribonnx", "predict", "--quiet", "--device", "cpu", "--threads", arguments.threads, "--model", folder / "model"]
        ours += ["--output", folder / "predictions.tsv", "--scores", folder / "scores.tsv", folder / "counts.tsv"]
        contenders = {
            "ribonnx predict": ours,
            "pandas and onnxruntime": [interpreter, HERE, "rival", folder, arguments.threads],
            "the same, lines formatted by hand": [interpreter, HERE, "tuned", folder, arguments.threads],
        }
        measured = {name: [] for name in contenders}
        for number in range(arguments.rounds + 1):
            for name, command in contenders.items():
                figures = run(command)
                if number:
                    measured[name].append(figures)
                elif command is not ours:  # the first round warms caches and compares
                    print(f"{arguments.samples} samples, {arguments.features} features, {size:.0f} MB; {name}: largest difference {difference(folder):.1e}")
        print("\n| | best, s | median, s | processor, s | peak MB |\n| --- | --- | --- | --- | --- |")
        for name, rows in measured.items():
            walls = sorted(row.wall for row in rows)
            print(f"| {name} | {walls[0]:.2f} | {walls[len(walls) // 2]:.2f} | {min(row.processor for row in rows):.2f} | {rows[-1].memory} |")
        mine = measured.pop("ribonnx predict")
        for name, theirs in measured.items():
            pairs = sorted(b.wall / a.wall for a, b in zip(mine, theirs))
            wall, processor = (min(getattr(row, of) for row in theirs) / min(getattr(row, of) for row in mine) for of in ("wall", "processor"))
            print(f"\n{name} against ours: wall {wall:.2f} (per round {pairs[0]:.2f} to {pairs[-1]:.2f}, median {pairs[len(pairs) // 2]:.2f}), processor {processor:.2f}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["make"]:
        make(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    elif sys.argv[1:2] in (["rival"], ["tuned"]):
        rival(sys.argv[2], int(sys.argv[3]), sys.argv[1] == "tuned")
    else:
        main()
