#!/usr/bin/env python3
"""`ribonnx predict` with rbp-multiview against NumPy and ONNX Runtime for Python, in turn.

    python3 tools/benchmark/multiview.py [--records 50000] [--rounds 5]

Makes a virtual environment with NumPy and ONNX Runtime, simulates windows of 101 nt with a seed, checks that all scores agree to 1e-5 and
all decisions are the same, then runs the contenders in turn, round by round, each as a whole process from FASTA to predictions and
scores, and prints minima and ratios.

The rival encodes 256 windows at a time as the tuned encoder of views.py does, runs the same five graphs in sessions with two intra-op
threads, or one, and formats lines by hand, which is faster than a table library. `--batch` gives it another size.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from contest import HOME, ROOT, contest, equal, python

HERE, MODEL = Path(__file__).resolve(), ROOT / "models" / "rbp-multiview"
LENGTH = 101


def simulate(path, records):
    import random

    rng = random.Random(7)
    with open(path, "w") as out:
        for number in range(records):
            out.write(f">w{number}\n{''.join(rng.choices('ACGU', k=LENGTH))}\n")


def rival(source, target, scores, batch, threads):
    import numpy as np
    import onnxruntime

    from rivals import read_fasta
    from views import encoder

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    graph = {n: onnxruntime.InferenceSession(str(MODEL / f"{n}.onnx"), options, providers=["CPUExecutionProvider"]) for n in ("rna", "protein", "dipeptides", "fuse", "classify")}
    labels = [line.split("\t")[0] for line in (MODEL / "labels.tsv").read_text().splitlines()[1:]]
    text = (MODEL / "model.yaml").read_text()
    limits = np.array([float(x) for x in text.split("thresholds: [")[1].split("]")[0].split(",")])
    encode = encoder(LENGTH)
    row = "\t%.6g" * len(labels) + "\n"

    def work(ids, rows, out, table):
        rna, protein, dipeptides = encode(rows)
        features = {
            "rna": graph["rna"].run(["feature"], {"codes": np.ascontiguousarray(rna)})[0],
            "protein": graph["protein"].run(["feature"], {"codes": protein})[0],
            "dipeptides": graph["dipeptides"].run(["feature"], {"counts": dipeptides})[0],
        }
        fused = graph["fuse"].run(["fused"], {**features, "present": np.ones((len(ids), 3), np.float32)})[0]
        p = graph["classify"].run(["probabilities"], {"fused": fused})[0]
        order = np.argsort(-p, axis=1, kind="stable")
        lines = []
        for name, values, best, passed in zip(ids, p, order, p >= limits):
            found = ";".join(labels[k] for k in best if passed[k])
            first = best[0]
            lines.append("%s\tproteins\t%s\t%.6g\tok\t%s\t%s\tNA\tNA\n" % (name.decode(), found or "none", values[first], labels[first], labels[first]))
        out.write("".join(lines))
        table.write("".join(name.decode() + row % tuple(values) for name, values in zip(ids, p.tolist())))

    with open(target, "w") as out, open(scores, "w") as table:
        out.write("id\thead\tprediction\tscore\tstatus\tbest\tname\tset\treason\n")
        table.write("id\t" + "\t".join(f"proteins.{label}" for label in labels) + "\n")
        ids, rows = [], []
        for name, sequence in read_fasta(source):
            ids.append(name)
            rows.append(sequence)
            if len(ids) == batch:
                work(ids, rows, out, table)
                ids, rows = [], []
        if ids:
            work(ids, rows, out, table)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batch", type=int, default=256)
    options = parser.parse_args()
    interpreter = python("benchmark", "numpy", "onnxruntime")
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        fasta = folder / "windows.fa"
        simulate(fasta, options.records)
        contenders = {
            "`ribonnx predict`": [HOME / "bin" / "ribonnx", "predict", "--quiet", "--device", "cpu", "--threads", 2, "--model", MODEL, "--output", folder / "ours.tsv", "--scores", folder / "ours.scores", fasta],
            **{
                f"NumPy and ONNX Runtime, {threads} intra-op thread{'s' * (threads > 1)}": [interpreter, HERE, "rival", fasta, folder / "theirs.tsv", folder / "theirs.scores", options.batch, threads]
                for threads in (2, 1)
            },
        }
        print(f"{options.records} windows")
        contest(contenders, options.rounds, lambda: equal(folder, "windows", 1e-5, options.records // 10_000))


if __name__ == "__main__":
    if sys.argv[1:2] == ["rival"]:
        rival(sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5]), int(sys.argv[6]))
    else:
        main()
