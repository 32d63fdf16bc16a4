#!/usr/bin/env python3
"""Makes the bundle fusion/: three views of a sequence, fused by attention over the tokens of one record, of which views may be missing.

    python3 make_fusion.py     (needs numpy, onnx, onnxruntime)

expected.tsv holds the scores of input.fa, attention.tsv the weights: of the graphs run by onnxruntime on each record alone, on views that this
script encodes by itself. Records of under 12 nucleotides lack the view protein, those of under 20 the view dipeptides.
"""

import hashlib
import random
from pathlib import Path

import numpy
from make_shapes import model, node, session
from onnx import TensorProto

HERE = Path(__file__).parent / "fusion"
LENGTH, WIDTH, LABELS = 40, 8, ["A1", "B2", "C3", "D4"]
VIEWS = {"rna": (LENGTH, 0), "protein": (LENGTH, 12), "dipeptides": (440, 20)}
TOKENS = [*VIEWS, "common"]
ACIDS = "ACDEFGHIKLMNPQRSTVWY"
# The standard code, codons in the order UCAG.
CODE = "FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG"
rng = numpy.random.default_rng(20261122)


def weights(*shape, scale):
    return (rng.standard_normal(shape) * scale).astype(numpy.float32)


def acid(codon):
    if not all(letter in "ACGU" for letter in codon) or len(codon) < 3:
        return 21
    found = CODE[sum("UCAG".index(letter) * 4 ** (2 - place) for place, letter in enumerate(codon))]
    return 20 if found == "*" else ACIDS.index(found)


def encode(sequence):
    """The views of a record; None where it is too short for one."""
    sequence = sequence[:LENGTH]
    rna = ["ACGU".index(letter) if letter in "ACGU" else 4 for letter in sequence] + [5] * (LENGTH - len(sequence))
    starts = [start for frame in range(3) for start in range(frame, LENGTH, 3)]
    protein = [22 if start >= len(sequence) else acid(sequence[start : start + 3]) for start in starts]
    filled = sequence + "N" * (LENGTH - len(sequence))
    text = [min(acid(filled[start : start + 3]), 20) for start in starts]
    pairs = numpy.zeros(441, dtype=numpy.int64)
    for left, right in zip(text, text[1:]):
        pairs[21 * left + right] += 1
    views = {"rna": rna, "protein": protein, "dipeptides": numpy.minimum(pairs[:440], 30)}
    return {
        name: numpy.array(values, dtype=numpy.uint8)[None] if len(sequence) >= VIEWS[name][1] else None
        for name, values in views.items()
    }


def view_graph(length, scale):
    f32 = TensorProto.FLOAT
    return model(
        [node("Cast", "codes", "numbers", to=f32), node("MatMul", "numbers w", "sums"), node("Tanh", "sums", "feature")],
        [("codes", TensorProto.UINT8, ["batch", length])],
        [("feature", f32, ["batch", WIDTH])],
        {"w": weights(length, WIDTH, scale=scale)},
    )


def fuse_graph():
    """Tokens are the views and their common part, the mean of those that are there; each view asks all four."""
    f32 = TensorProto.FLOAT
    nodes, features, masked = [], [], []
    for number, view in enumerate(VIEWS):
        nodes += [
            node("Gather", f"present i{number}", f"p_{view}", axis=1),
            node("Mul", f"{view} p_{view}", f"m_{view}"),
            node("Unsqueeze", f"{view} one", f"t_{view}"),
        ]
        features.append(f"t_{view}")
        masked.append(f"m_{view}")
    nodes += [
        node("Sum", " ".join(masked), "total"),
        node("MatMul", "present ones", "count"),
        node("Div", "total count", "common"),
        node("Unsqueeze", "common one", "t_common"),
        node("Concat", " ".join([*features, "t_common"]), "tokens", axis=1),
        node("Concat", " ".join(features), "asking", axis=1),
        node("MatMul", "asking wq", "queries"),
        node("MatMul", "tokens wk", "keys"),
        node("Transpose", "keys", "turned", perm=[0, 2, 1]),
        node("MatMul", "queries turned", "scores"),
        node("Add", "present none", "always"),
        node("Gather", "always i0", "first", axis=1),
        node("Sub", "first first", "zero"),
        node("Add", "zero unit", "there"),
        node("Concat", "present there", "mask4", axis=1),
        node("Sub", "mask4 unit", "lacking"),
        node("Mul", "lacking far", "away"),
        node("Unsqueeze", "away one", "away3"),
        node("Add", "scores away3", "open"),
        node("Softmax", "open", "attention", axis=-1),
        node("MatMul", "attention tokens", "seen"),
        node("Unsqueeze", "present two", "asked"),
        node("Mul", "seen asked", "kept"),
        node("Reshape", "kept flat", "private"),
        node("Concat", "private common", "fused", axis=1),
    ]
    inputs = [(view, f32, ["batch", WIDTH]) for view in VIEWS] + [("present", f32, ["batch", len(VIEWS)])]
    outputs = [("fused", f32, ["batch", 4 * WIDTH]), ("attention", f32, ["batch", len(VIEWS), len(TOKENS)])]
    whole = numpy.int64
    return model(
        nodes,
        inputs,
        outputs,
        {
            **{f"i{number}": numpy.array([number], dtype=whole) for number in range(len(VIEWS))},
            "one": numpy.array([1], dtype=whole),
            "two": numpy.array([2], dtype=whole),
            "flat": numpy.array([-1, len(VIEWS) * WIDTH], dtype=whole),
            "ones": numpy.ones((len(VIEWS), 1), numpy.float32),
            "none": numpy.zeros(len(VIEWS), numpy.float32),
            "unit": numpy.ones(1, numpy.float32),
            "far": numpy.array([1e9], dtype=numpy.float32),
            "wq": weights(WIDTH, WIDTH, scale=0.6),
            "wk": weights(WIDTH, WIDTH, scale=0.6),
        },
    )


def main():
    HERE.mkdir(exist_ok=True)
    letters = random.Random(7)
    lengths = [5, 11, 12, 19, 20, 21, 40, 60] + [letters.randint(3, 60) for _ in range(22)]
    sequences = ["".join(letters.choice("ACGU" if length % 5 else "ACGUN") for _ in range(length)) for length in lengths]
    (HERE / "input.fa").write_text("".join(f">r{n + 1}\n{s}\n" for n, s in enumerate(sequences)))
    graphs = {f"{view}.onnx": view_graph(size, 0.05 if view != "dipeptides" else 0.5) for view, (size, _) in VIEWS.items()}
    graphs["fuse.onnx"] = fuse_graph()
    graphs["head.onnx"] = model(
        [node("MatMul", "fused w", "sums"), node("Sigmoid", "sums", "probabilities")],
        [("fused", TensorProto.FLOAT, ["batch", 4 * WIDTH])],
        [("probabilities", TensorProto.FLOAT, ["batch", len(LABELS)])],
        {"w": weights(4 * WIDTH, len(LABELS), scale=0.6)},
    )
    digests = {}
    for name, made in graphs.items():
        content = made.SerializeToString()
        (HERE / name).write_bytes(content)
        digests[name] = hashlib.sha256(content).hexdigest()
    running = {name: session(made) for name, made in graphs.items()}
    encoded = [encode(sequence) for sequence in sequences]
    features = [
        {name: None if codes is None else running[f"{name}.onnx"].run(None, {"codes": codes})[0] for name, codes in views.items()}
        for views in encoded
    ]
    means = {name: numpy.mean([one[name][0] for one in features if one[name] is not None], axis=0) for name in VIEWS}
    numpy.savez(HERE / "means.npz", **means)
    digests["means.npz"] = hashlib.sha256((HERE / "means.npz").read_bytes()).hexdigest()
    scores = ["id\t" + "\t".join(f"proteins.{label}" for label in LABELS)]
    looked = ["id\t" + "\t".join(f"{query}.{token}" for query in VIEWS for token in TOKENS)]
    for number, one in enumerate(features):
        feed = {name: numpy.zeros((1, WIDTH), numpy.float32) if row is None else row for name, row in one.items()}
        feed["present"] = numpy.array([[float(row is not None) for row in one.values()]], dtype=numpy.float32)
        fused, attention = running["fuse.onnx"].run(None, feed)
        probabilities = running["head.onnx"].run(None, {"fused": fused})[0][0]
        scores.append(f"r{number + 1}\t" + "\t".join(f"{float(value):.6g}" for value in probabilities))
        looked.append(f"r{number + 1}\t" + "\t".join(f"{float(value):.6g}" for value in attention[0].ravel()))
    (HERE / "expected.tsv").write_text("\n".join(scores) + "\n")
    (HERE / "attention.tsv").write_text("\n".join(looked) + "\n")
    embed = "\n".join(
        f"  {view}: {{graph: {view}.onnx, sha256: {digests[view + '.onnx']}, inputs: {{codes: {view}}}, "
        f"outputs: {{feature: {{width: {WIDTH}}}}}}}"
        for view in VIEWS
    )
    names = ", ".join(VIEWS)
    (HERE / "model.yaml").write_text(
        f"""schema: 1
id: fusion
version: 1.0.0
inputs: {{rna: {{kind: sequences}}}}
views:
  rna: {{encoder: nucleotides@1, shape: [{LENGTH}], pad: 5}}
  protein: {{encoder: translation@1, options: {{shortest: 12}}, shape: [{LENGTH}], pad: 22}}
  dipeptides: {{encoder: dipeptides@1, options: {{length: {LENGTH}, cap: 30, shortest: 20}}, shape: [440]}}
embed:
{embed}
fuse:
  graph: fuse.onnx
  sha256: {digests["fuse.onnx"]}
  inputs: {{{", ".join(f"{view}: {view}" for view in VIEWS)}}}
  output: fused
  width: {4 * WIDTH}
  missing: {{policy: mask, input: present, values: {{file: means.npz, sha256: {digests["means.npz"]}}}}}
  attention: {{output: attention, queries: [{names}], tokens: [{", ".join(TOKENS)}]}}
heads:
  proteins: {{kind: multi-label, graph: head.onnx, sha256: {digests["head.onnx"]}, labels: [{", ".join(LABELS)}], thresholds: 0.5}}
explain:
  proteins: {{method: occlusion, window: 5, step: 2}}
"""
    )


if __name__ == "__main__":
    main()
