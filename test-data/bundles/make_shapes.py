#!/usr/bin/env python3
"""Makes the bundles in shapes/: models of forms that other people's exports have, each as small as it can be.

    python3 make_shapes.py     (needs numpy, onnx, onnxruntime, scikit-learn, skl2onnx)

Every bundle reads sequences; input.fa goes with all of them. expected.tsv of each holds the scores of input.fa: of
scikit-learn's own predictions where it made the model, else of the graph run by onnxruntime on each record alone.
"""

import hashlib
import os
import random
import sys
from pathlib import Path

import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

HERE = Path(__file__).parent / "shapes"
LENGTH = 40
PAD = 5
rng = numpy.random.default_rng(20261121)

VIEW = f"codes: {{encoder: nucleotides@1, shape: [{LENGTH}], pad: {PAD}}}"


def sequences(count, longest, seed):
    letters = random.Random(seed)
    return ["".join(letters.choice("ACGU") for _ in range(letters.randint(4, longest))) for _ in range(count)]


def codes(sequence, length=LENGTH):
    row = ["ACGU".index(letter) for letter in sequence[:length]]
    return numpy.array(row + [PAD] * (length - len(row)), dtype=numpy.uint8)


def weights(*shape, scale=0.2):
    return (rng.standard_normal(shape) * scale).astype(numpy.float32)


def model(nodes, inputs, outputs, constants, opset=17):
    """A checked model. inputs, outputs: (name, element type, axes)."""
    graph = helper.make_graph(
        nodes,
        "graph",
        [helper.make_tensor_value_info(*port) for port in inputs],
        [helper.make_tensor_value_info(*port) for port in outputs],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    onnx.checker.check_model(made)
    return made


def node(operator, inputs, output, **attributes):
    return helper.make_node(operator, inputs.split(), output.split(), **attributes)


def codes_first(made, name):
    """Puts a Cast in front of a model on numbers, so that it takes codes."""
    made = onnx.ModelProto.FromString(made.SerializeToString())
    old = made.graph.input[0].name
    made.graph.node.insert(0, node("Cast", "codes", old, to=TensorProto.FLOAT))
    del made.graph.input[:]
    made.graph.input.append(helper.make_tensor_value_info("codes", TensorProto.UINT8, ["batch", LENGTH]))
    made.ir_version = min(made.ir_version, 10)
    made.graph.name = name
    made.producer_version = ""
    onnx.checker.check_model(made)
    return made


def write(name, card, graphs, columns=None, scores=None):
    """A bundle; SHA(file) in its card stands for the digest."""
    folder = HERE / name
    folder.mkdir(parents=True, exist_ok=True)
    card = f"schema: 1\nid: {name}\nversion: 1.0.0\ninputs: {{rna: {{kind: sequences}}}}\n{card}"
    for file, made in graphs.items():
        content = made.SerializeToString()
        (folder / file).write_bytes(content)
        card = card.replace(f"SHA({file})", hashlib.sha256(content).hexdigest())
    (folder / "model.yaml").write_text(card)
    if columns:
        rows = ["id\t" + "\t".join(columns)]
        for number, row in enumerate(scores):
            rows.append(f"r{number + 1}\t" + "\t".join(f"{float(value):.6g}" for value in row))
        (folder / "expected.tsv").write_text("\n".join(rows) + "\n")


def session(made):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(made.SerializeToString(), options, providers=["CPUExecutionProvider"])


def alone(made, feeds, output=0):
    """The output of each record by itself."""
    running = session(made)
    return [running.run(None, feed)[output][0] for feed in feeds]


def main():
    HERE.mkdir(exist_ok=True)
    input_records = sequences(24, 120, 1)
    (HERE / "input.fa").write_text("".join(f">r{n + 1}\n{s}\n" for n, s in enumerate(input_records)))
    batch = [{"codes": codes(sequence)[None]} for sequence in input_records]
    u8, f32, f16, i64 = TensorProto.UINT8, TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.INT64

    # Two inputs to one graph: the codes, and how many of them are no padding.
    made = model(
        [
            node("Cast", "codes", "numbers", to=f32),
            node("Cast", "length", "count", to=f32),
            node("MatMul", "numbers w", "sums"),
            node("Div", "sums count", "means"),
            node("Exp", "means", "raised"),
            node("MatMul", "raised ones", "total"),
            node("Div", "raised total", "probabilities"),
        ],
        [("codes", u8, ["batch", LENGTH]), ("length", i64, ["batch", 1])],
        [("probabilities", f32, ["batch", 3])],
        {"w": weights(LENGTH, 3), "ones": numpy.ones((3, 1), numpy.float32)},
    )
    feeds = [
        {"codes": codes(s)[None], "length": numpy.array([[min(len(s), LENGTH)]], dtype=numpy.int64)}
        for s in input_records
    ]
    write(
        "two-inputs",
        f"views: {{{VIEW}}}\nheads:\n  kind: {{kind: single-label, graph: head.onnx, sha256: SHA(head.onnx), "
        "inputs: {codes: codes}, lengths: length, labels: [a, b, c]}\n",
        {"head.onnx": made},
        ["kind.a", "kind.b", "kind.c"],
        alone(made, feeds),
    )

    # Records of every length: a convolution over the padded record, summed, divided by the length.
    grid = [32, 64, 128]
    embed = model(
        [
            node("Cast", "codes", "numbers", to=i64),
            node("OneHot", "numbers depth values", "onehot", axis=1),
            node("Conv", "onehot kernel", "raw", pads=[2, 2]),
            node("Relu", "raw", "positive"),
            node("ReduceSum", "positive last", "sums", keepdims=0),
            node("Cast", "length", "count", to=f32),
            node("Unsqueeze", "count one", "column"),
            node("Div", "sums column", "embedding"),
        ],
        [("codes", u8, ["batch", "positions"]), ("length", i64, ["batch"])],
        [("embedding", f32, ["batch", 8])],
        {
            "depth": numpy.array(PAD + 1, dtype=numpy.int64),
            "values": numpy.array([0, 1], dtype=numpy.float32),
            "kernel": weights(8, PAD + 1, 5, scale=0.6),
            "last": numpy.array([2], dtype=numpy.int64),
            "one": numpy.array([1], dtype=numpy.int64),
        },
    )
    head = model(
        [node("MatMul", "embedding w", "sums"), node("Sigmoid", "sums", "probabilities")],
        [("embedding", f32, ["batch", 8])],
        [("probabilities", f32, ["batch", 2])],
        {"w": weights(8, 2, scale=2)},
    )
    feeds = []
    for s in input_records:
        s = s[-100:]
        padded = next(length for length in grid if length >= len(s))
        feeds.append({"codes": codes(s, padded)[None], "length": numpy.array([len(s)], dtype=numpy.int64)})
    feeds = [{"embedding": row[None]} for row in alone(embed, feeds)]
    write(
        "varying",
        "views: {codes: {encoder: nucleotides@1, shape: [length], max: 100, beyond: keep-3p, pad: 5}}\n"
        "embed:\n  codes: {graph: embed.onnx, sha256: SHA(embed.onnx), inputs: {codes: codes}, lengths: length,\n"
        "          grid: [{length: 32, batch: 32}, {length: 64}, {length: 128, batch: 4}]}\n"
        "heads:\n  signals: {kind: multi-label, graph: head.onnx, sha256: SHA(head.onnx), labels: [x, y], thresholds: [0.5, 0.4]}\n",
        {"embed.onnx": embed, "head.onnx": head},
        ["signals.x", "signals.y"],
        alone(head, feeds),
    )

    # One graph, no embed: a regression with two targets, and a head with several labels, on outputs of one file.
    made = model(
        [
            node("Cast", "codes", "numbers", to=f32),
            node("MatMul", "numbers w", "amounts"),
            node("MatMul", "numbers v", "sums"),
            node("Sigmoid", "sums", "traits"),
        ],
        [("codes", u8, ["batch", LENGTH])],
        [("amounts", f32, ["batch", 2]), ("traits", f32, ["batch", 4])],
        {"w": weights(LENGTH, 2), "v": weights(LENGTH, 4, scale=0.05)},
    )
    rows = [numpy.concatenate(values) for values in zip(alone(made, batch, 0), alone(made, batch, 1))]
    write(
        "targets-and-labels",
        f"views: {{{VIEW}}}\nheads:\n"
        "  amounts: {kind: regression, graph: head.onnx, sha256: SHA(head.onnx), output: amounts, targets: [{name: half-life, unit: h}, {name: load}]}\n"
        "  traits: {kind: multi-label, graph: head.onnx, sha256: SHA(head.onnx), output: traits, labels: [p, q, r, s], thresholds: [0.5, 0.4, 0.6, 0.5]}\n",
        {"head.onnx": made},
        ["amounts.half-life", "amounts.load", "traits.p", "traits.q", "traits.r", "traits.s"],
        rows,
    )

    half(input_records, batch, u8, f32, f16)
    quantised(batch, u8, f32)
    sklearn_models(input_records)


def half(input_records, batch, u8, f32, f16):
    """Half precision throughout: embedding, head and what the head returns."""
    embed = model(
        [node("Cast", "codes", "numbers", to=f16), node("MatMul", "numbers w", "sums"), node("Tanh", "sums", "embedding")],
        [("codes", u8, ["batch", LENGTH])],
        [("embedding", f16, ["batch", 16])],
        {"w": weights(LENGTH, 16, scale=0.05).astype(numpy.float16)},
    )
    head = model(
        [node("MatMul", "embedding w", "sums"), node("Sigmoid", "sums", "probabilities")],
        [("embedding", f16, ["batch", 16])],
        [("probabilities", f16, ["batch", 3])],
        {"w": weights(16, 3, scale=1).astype(numpy.float16)},
    )
    feeds = [{"embedding": row[None]} for row in alone(embed, batch)]
    write(
        "half",
        f"views: {{{VIEW}}}\nembed:\n  codes: {{graph: embed.onnx, sha256: SHA(embed.onnx)}}\n"
        "heads:\n  kind: {kind: multi-label, graph: head.onnx, sha256: SHA(head.onnx), labels: [a, b, c], thresholds: 0.5}\n",
        {"embed.onnx": embed, "head.onnx": head},
        ["kind.a", "kind.b", "kind.c"],
        alone(head, feeds),
    )


def quantised(batch, u8, f32):
    """Weights in int8: once with stored scales (QDQ), once with scales found in each run (dynamic)."""
    w, v = weights(LENGTH, 12, scale=0.05), weights(12, 2, scale=0.5)

    def int8(values):
        scale = numpy.float32(numpy.abs(values).max() / 127)
        return numpy.round(values / scale).astype(numpy.int8), scale

    (w8, ws), (v8, vs) = int8(w), int8(v)
    constants = {
        "w8": w8, "ws": numpy.array(ws), "v8": v8, "vs": numpy.array(vs),
        "zero": numpy.array(0, dtype=numpy.int8), "hs": numpy.array(1 / 127, dtype=numpy.float32),
    }
    static = model(
        [
            node("Cast", "codes", "numbers", to=f32),
            node("DequantizeLinear", "w8 ws zero", "w"),
            node("MatMul", "numbers w", "first"),
            node("Tanh", "first", "hidden"),
            node("QuantizeLinear", "hidden hs zero", "hidden8"),
            node("DequantizeLinear", "hidden8 hs zero", "hiddenq"),
            node("DequantizeLinear", "v8 vs zero", "v"),
            node("MatMul", "hiddenq v", "sums"),
            node("Sigmoid", "sums", "probabilities"),
        ],
        [("codes", u8, ["batch", LENGTH])], [("probabilities", f32, ["batch", 2])], constants,
    )
    dynamic = model(
        [
            node("Cast", "codes", "numbers", to=f32),
            node("DynamicQuantizeLinear", "numbers", "n8 ns nz"),
            node("MatMulInteger", "n8 w8 nz zero", "firsti"),
            node("Cast", "firsti", "firstf", to=f32),
            node("Mul", "ns ws", "s1"),
            node("Mul", "firstf s1", "first"),
            node("Tanh", "first", "hidden"),
            node("DynamicQuantizeLinear", "hidden", "h8 hds hz"),
            node("MatMulInteger", "h8 v8 hz zero", "sumsi"),
            node("Cast", "sumsi", "sumsf", to=f32),
            node("Mul", "hds vs", "s2"),
            node("Mul", "sumsf s2", "sums"),
            node("Sigmoid", "sums", "probabilities"),
        ],
        [("codes", u8, ["batch", LENGTH])], [("probabilities", f32, ["batch", 2])],
        {name: value for name, value in constants.items() if name != "hs"},
    )
    for name, made in [("int8-static", static), ("int8-dynamic", dynamic)]:
        write(
            name,
            f"views: {{{VIEW}}}\nheads:\n  kind: {{kind: multi-label, graph: head.onnx, sha256: SHA(head.onnx), labels: [a, b], thresholds: 0.5}}\n",
            {"head.onnx": made}, ["kind.a", "kind.b"], alone(made, batch),
        )


def sklearn_models(input_records):
    """Pipelines and forests of scikit-learn, as skl2onnx exports them, behind a Cast."""
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType
    from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier, RandomForestRegressor
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    training = sequences(300, 60, 2)
    x = numpy.array([codes(s) for s in training], dtype=numpy.float32)
    share = numpy.array([(s.count("G") + s.count("C")) / len(s) for s in training])
    kinds = numpy.digitize(share, [0.45, 0.55])
    amounts = numpy.stack([share, numpy.array([len(s) for s in training]) / 60], axis=1)
    test = numpy.array([codes(s) for s in input_records], dtype=numpy.float32)
    shape = [("x", FloatTensorType([None, LENGTH]))]
    target = {"": 17, "ai.onnx.ml": 3}

    def classifier(name, fitted, device=""):
        made = codes_first(to_onnx(fitted, initial_types=shape, target_opset=target, options={"zipmap": False}), name)
        write(
            name,
            f"views: {{{VIEW}}}\nheads:\n  kind: {{kind: single-label, graph: head.onnx, sha256: SHA(head.onnx), output: probabilities, "
            f"labels: [AU-rich, balanced, GC-rich]{device}}}\n",
            {"head.onnx": made}, ["kind.AU-rich", "kind.balanced", "kind.GC-rich"], fitted.predict_proba(test),
        )

    pipeline = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)).fit(x, kinds)
    classifier("pipeline", pipeline)
    classifier("forest", RandomForestClassifier(12, max_depth=4, random_state=1).fit(x, kinds), ", device: cpu")
    classifier("boosted", GradientBoostingClassifier(n_estimators=8, max_depth=2, random_state=1).fit(x, kinds))

    regressor = RandomForestRegressor(10, max_depth=4, random_state=1).fit(x, amounts)
    made = codes_first(to_onnx(regressor, initial_types=shape, target_opset=target), "forest-targets")
    # skl2onnx declares one number per record whatever the number of targets; an open axis is at least not wrong.
    made.graph.output[0].type.tensor_type.shape.dim[1].dim_param = "targets"
    write(
        "forest-targets",
        f"views: {{{VIEW}}}\nheads:\n  amounts: {{kind: regression, graph: head.onnx, sha256: SHA(head.onnx), targets: [{{name: gc}}, {{name: size, unit: \"60 nt\"}}]}}\n",
        {"head.onnx": made}, ["amounts.gc", "amounts.size"], regressor.predict(test),
    )

    # What skl2onnx exports unless told otherwise: a list of maps, label to probability. Refused, with the remedy.
    made = codes_first(to_onnx(pipeline, initial_types=shape, target_opset=target, options={"zipmap": True}), "zipmap")
    write(
        "zipmap",
        f"views: {{{VIEW}}}\nheads:\n  kind: {{kind: single-label, graph: head.onnx, sha256: SHA(head.onnx), output: {made.graph.output[1].name}, "
        "labels: [AU-rich, balanced, GC-rich]}\n",
        {"head.onnx": made},
    )


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":
        # skl2onnx walks through sets: without this, the same files come out in another order.
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "PYTHONHASHSEED": "0"})
    main()
