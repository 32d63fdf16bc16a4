#!/usr/bin/env python3
"""Makes expression/: the smallest model of a table of numbers that has all there is to it.

    python3 make_expression.py     (needs numpy, onnx, onnxruntime)

Twelve microRNAs as stems, an alias, counts per million and a logarithm in the graph, two heads of one graph. Beside it the
same made-up samples as four tables: precursor names with samples in lines (counts.tsv), mature names with samples in columns
as R writes them (turned.csv), other laboratories' names with a part of the features (half.tsv), and counts per million
(normalised.tsv). expected.tsv holds the scores, reckoned with NumPy in double precision.
"""

import hashlib
from pathlib import Path

import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

HERE = Path(__file__).parent / "expression"
STEMS = ["let-7a", "let-7b", "mir-1", "mir-9", "mir-21", "mir-103", "mir-122", "mir-124", "mir-133a", "mir-192", "mir-205", "mir-451a"]
# The columns of the tables and the feature of each.
PRECURSORS = [
    ("hsa-let-7a-1", 0), ("hsa-let-7a-2", 0), ("hsa-let-7b", 1), ("hsa-mir-1-1", 2), ("hsa-mir-1-2", 2), ("hsa-mir-9-1", 3),
    ("hsa-mir-21", 4), ("hsa-mir-103-1", 5), ("hsa-mir-103-1-as", 5), ("hsa-mir-122", 6), ("hsa-mir-124-1", 7), ("hsa-mir-133a-1", 8),
    ("hsa-mir-192", 9), ("hsa-mir-205", 10), ("hsa-mir-451a", 11), ("hsa-mir-9999", None), ("hsa-mir-8888", None),
]
MATURE = [
    ("hsa-let-7a-5p/7c-5p", 0), ("hsa-let-7a-3p", 0), ("hsa-let-7b-5p", 1), ("hsa-miR-1-3p", 2), ("hsa-miR-1-5p", 2), ("hsa-miR-9-5p", 3),
    ("MIMAT0000076", 4), ("hsa-miR-103a-3p", None), ("hsa-miR-103-1", 5), ("hsa-miR-122-5p", 6), ("hsa-miR-124-3p.1", 7), ("hsa-miR-133a*", 8),
    ("hsa-miR-192-5p", 9), ("hsa-miR-205-5p", 10), ("hsa-miR-451a", 11),
]
TISSUES = ["brain", "liver", "muscle"]
rng = numpy.random.default_rng(20261121)


def main():
    HERE.mkdir(exist_ok=True)
    width, labels = len(STEMS), len(TISSUES)
    weights = (rng.standard_normal((width, labels)) * 0.15).round(3).astype(numpy.float32)
    weights[[3, 7], 0] += numpy.float32(0.5)
    weights[6, 1] += numpy.float32(0.6)
    weights[[2, 8], 2] += numpy.float32(0.5)
    aging = (rng.standard_normal((width, 1))).round(3).astype(numpy.float32)
    f32 = TensorProto.FLOAT

    def node(operator, inputs, output):
        return helper.make_node(operator, inputs.split(), [output])

    constants = {
        "ones": numpy.ones((width, 1), numpy.float32),
        "each": numpy.ones((labels, 1), numpy.float32),
        "million": numpy.array(1e6, numpy.float32),
        "one": numpy.array(1, numpy.float32),
        "weights": weights,
        "aging": aging,
    }
    # Sums by MatMul, since a reduction's last bits can depend on the row's place in a run.
    nodes = [
        node("MatMul", "counts ones", "total"), node("Max", "total one", "divisor"), node("Div", "counts divisor", "share"),
        node("Mul", "share million", "cpm"), node("Add", "cpm one", "shifted"), node("Log", "shifted", "logs"),
        node("MatMul", "logs weights", "sums"), node("Exp", "sums", "raised"), node("MatMul", "raised each", "all"),
        node("Div", "raised all", "probabilities"), node("MatMul", "logs aging", "years"),
    ]
    graph = helper.make_graph(
        nodes,
        "graph",
        [helper.make_tensor_value_info("counts", f32, ["batch", width])],
        [helper.make_tensor_value_info("probabilities", f32, ["batch", labels]), helper.make_tensor_value_info("years", f32, ["batch", 1])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(made)
    files = {
        "head.onnx": made.SerializeToString(),
        "features.tsv": ("feature\n" + "\n".join(STEMS) + "\n").encode(),
        "aliases.tsv": b"alias\tfeature\nMIMAT0000076\tmir-21\nmir-133b\tmir-133a\n",
    }
    card = f"""# Tissue and age from counts of twelve microRNAs: made up, for tests. make_expression.py made it.
schema: 1
id: expression
version: 1.0.0
title: Tissue and age from counts of twelve microRNAs (made up, for tests)
inputs:
  counts: {{kind: table, what: read counts of human microRNAs, values: counts, example: counts.tsv}}
views:
  expression:
    encoder: expression@1
    options:
      features: {{file: features.tsv, sha256: SHA(features.tsv)}}
      aliases: {{file: aliases.tsv, sha256: SHA(aliases.tsv)}}
      names: mirna-stem
      duplicates: sum
      missing: {{fill: 0}}
      min-coverage: 0.25
      min-total: 100
    dtype: float32
    shape: [{width}]
heads:
  tissue:
    {{kind: single-label, graph: head.onnx, sha256: SHA(head.onnx), output: probabilities, labels: [{", ".join(TISSUES)}],
     reject: {{score: max-probability, unassigned-when: below, at: 0.5}},
     sets: {{method: split-conformal, coverage: 0.9, quantile: 0.65}}}}
  age: {{kind: regression, graph: head.onnx, sha256: SHA(head.onnx), output: years, targets: [{{name: age, unit: years}}]}}
test: {{input: counts.tsv, expected: expected.npz}}
card:
  licence: CC0-1.0
  authors: the authors of Ribonnx
  cite: nothing
  training-data: none; the weights are random numbers with some markers made large
  metrics: {{none: 0}}
  intended-use: tests
  limits: its answers mean nothing
"""
    for name, content in files.items():
        (HERE / name).write_bytes(content)
        card = card.replace(f"SHA({name})", hashlib.sha256(content).hexdigest())
    (HERE / "model.yaml").write_text(card)

    samples = [f"S{n + 1:02}" for n in range(20)]
    wanted = (rng.lognormal(5, 2, (len(samples), width))).round()
    wanted[4] = 0  # a sample without a read
    wanted[5] = wanted[5] * 0 + 2  # one with too few

    def split(columns):
        """Counts of columns that add up to the features'; what stands for none is made up."""
        table = numpy.zeros((len(samples), len(columns)))
        for place in range(width):
            mine = [n for n, (_, feature) in enumerate(columns) if feature == place]
            table[:, mine[0]] = wanted[:, place]
            for other in mine[1:]:
                part = (table[:, mine[0]] * 0.3).round()
                table[:, mine[0]] -= part
                table[:, other] += part
        for n, (_, feature) in enumerate(columns):
            if feature is None:
                table[:, n] = rng.integers(0, 50, len(samples))
        return table

    precursors = split(PRECURSORS)
    lines = ["sample\t" + "\t".join(name for name, _ in PRECURSORS)]
    lines += [f"{s}\t" + "\t".join(str(int(v)) for v in row) for s, row in zip(samples, precursors)]
    (HERE / "counts.tsv").write_text("\n".join(lines) + "\n")
    mature = split(MATURE)
    lines = [",".join(f'"{s}"' for s in samples)]
    lines += [f'"{name}",' + ",".join(str(int(v)) for v in mature[:, n]) for n, (name, _) in enumerate(MATURE)]
    (HERE / "turned.csv").write_text("\n".join(lines) + "\n")
    half = [n for n, (_, feature) in enumerate(PRECURSORS) if feature is not None and feature % 2 == 0]
    lines = ["sample\t" + "\t".join(PRECURSORS[n][0] for n in half)]
    lines += [f"{s}\t" + "\t".join(str(int(row[n])) for n in half) for s, row in zip(samples, precursors)]
    (HERE / "half.tsv").write_text("\n".join(lines) + "\n")
    known = [n for n, (_, feature) in enumerate(PRECURSORS) if feature is not None]
    usable = [n for n in range(len(samples)) if n not in (4, 5)]
    lines = ["sample\t" + "\t".join(PRECURSORS[n][0] for n in known)]
    lines += [f"{samples[s]}\t" + "\t".join(f"{v:.3f}" for v in precursors[s, known] / precursors[s, known].sum() * 1e6) for s in usable]
    (HERE / "normalised.tsv").write_text("\n".join(lines) + "\n")

    logs = numpy.log1p(wanted / numpy.maximum(wanted.sum(axis=1, keepdims=True), 1) * 1e6)
    raised = numpy.exp(logs @ weights.astype(float))
    scores = numpy.hstack([raised / raised.sum(axis=1, keepdims=True), logs @ aging.astype(float)])
    lines = ["id\t" + "\t".join(f"tissue.{t}" for t in TISSUES) + "\tage"]
    for sample, counts, row in zip(samples, wanted, scores):
        lines.append(sample + "\t" + "\t".join("NA" if counts.sum() < 100 else f"{v:.6g}" for v in row))
    (HERE / "expected.tsv").write_text("\n".join(lines) + "\n")
    session = onnxruntime.InferenceSession(files["head.onnx"], providers=["CPUExecutionProvider"])
    found = numpy.hstack(session.run(["probabilities", "years"], {"counts": wanted.astype(numpy.float32)}))
    print("ONNX Runtime differs from NumPy by", numpy.abs(found - scores).max())


if __name__ == "__main__":
    main()
