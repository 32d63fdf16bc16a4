"""Export to ONNX, and the checks a graph must pass before it goes into a bundle."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort

MAX_OPSET, MAX_IR = 20, 10
DOMAINS = {"", "ai.onnx", "ai.onnx.ml"}
REDUCTIONS = {"Softmax", "LogSoftmax", "Hardmax", "LayerNormalization", "ArgMax", "ArgMin"}  # and every Reduce*


def export(module, example, path: Path, input_name: str, output_name: str) -> None:
    """Export a torch module with one input and one output, first axis dynamic, and drop all traces of the exporter.

    `example`: an input of at least two rows. The file holds the graph and its weights only: no stack traces, no paths.
    """
    import torch

    module.eval()
    batch = torch.export.Dim("batch", min=1, max=1 << 20)
    torch.onnx.export(
        module, (example,), str(path), dynamo=True, opset_version=MAX_OPSET, external_data=False,
        dynamic_shapes=({0: batch},), input_names=[input_name], output_names=[output_name], verbose=False,
    )
    model = onnx.load(path)
    clean(model)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


def clean(model: onnx.ModelProto) -> None:
    """Drop documentation, metadata and intermediate shapes, give nodes and tensors short names, and set the IR version."""
    model.ir_version = min(model.ir_version, MAX_IR)
    model.producer_name, model.producer_version, model.doc_string, model.domain = "ribonnx", "", "", ""
    del model.metadata_props[:]
    graph = model.graph
    graph.name, graph.doc_string = "graph", ""
    del graph.metadata_props[:]
    del graph.value_info[:]
    keep = {v.name for v in [*graph.input, *graph.output]}
    names: dict[str, str] = {"": ""}

    def short(name: str) -> str:
        if name not in names:
            names[name] = name if name in keep else f"t{len(names)}"
        return names[name]

    for value in [*graph.input, *graph.output]:
        value.doc_string = ""
        del value.metadata_props[:]
    for tensor in graph.initializer:
        tensor.name, tensor.doc_string = short(tensor.name), ""
        del tensor.metadata_props[:]
    for k, node in enumerate(graph.node):
        node.name, node.doc_string = f"n{k}", ""
        del node.metadata_props[:]
        node.input[:] = [short(i) for i in node.input]
        node.output[:] = [short(o) for o in node.output]
    used = {node.domain for node in graph.node} | {""}
    for opset in [o for o in model.opset_import if o.domain not in used]:
        model.opset_import.remove(opset)


def check_graph(path: Path) -> list[str]:
    """Everything about the file that the tools would refuse or warn of; an empty list is a pass."""
    model = onnx.load(path, load_external_data=False)
    found = []
    for opset in model.opset_import:
        if opset.domain not in DOMAINS:
            found.append(f"domain {opset.domain}")
        if opset.domain in ("", "ai.onnx") and opset.version > MAX_OPSET:
            found.append(f"opset {opset.version} > {MAX_OPSET}")
    if model.ir_version > MAX_IR:
        found.append(f"IR version {model.ir_version} > {MAX_IR}")
    if any(t.data_location == onnx.TensorProto.EXTERNAL for t in model.graph.initializer):
        found.append("external data")
    for value in [*model.graph.input, *model.graph.output]:
        dims = value.type.tensor_type.shape.dim
        if not dims or dims[0].HasField("dim_value"):
            found.append(f"{value.name}: the batch axis is fixed")
        found += [f"{value.name}: axis {k} is not fixed" for k, d in enumerate(dims) if k and not d.HasField("dim_value")]
    inferred = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    shapes = {v.name: [d.dim_value if d.HasField("dim_value") else None for d in v.type.tensor_type.shape.dim]
              for v in [*inferred.value_info, *inferred.input, *inferred.output]}
    for node in inferred.node:
        if node.op_type in REDUCTIONS or node.op_type.startswith("Reduce"):
            shape = shapes.get(node.input[0])
            if shape is None:
                found.append(f"{node.op_type} {node.name}: shape unknown")
            elif shape[-1] is None or shape[-1] % 4:
                axes = reduced_axes(node, inferred, len(shape))
                if len(shape) - 1 in axes:
                    found.append(f"{node.op_type} {node.name} reduces a last axis of width {shape[-1]}, no multiple of 4")
    return found


def reduced_axes(node: onnx.NodeProto, graph: onnx.GraphProto, rank: int) -> set[int]:
    """The axes a reduction runs over, counted from 0."""
    attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
    if "axis" in attributes or not node.op_type.startswith("Reduce"):
        return {attributes.get("axis", -1) % rank}
    axes = attributes.get("axes")
    if axes is None and len(node.input) > 1:
        axes = next((onnx.numpy_helper.to_array(t).tolist() for t in graph.initializer if t.name == node.input[1]), None)
    return {a % rank for a in np.atleast_1d(axes).tolist()} if axes is not None else set(range(rank))


def session(path: Path) -> ort.InferenceSession:
    """A session as the tools open it on a CPU: one thread inside an operator."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def run(sess: ort.InferenceSession, rows: np.ndarray, batch: int = 16, fill: int | float = 0) -> np.ndarray:
    """Run a one-input graph over `rows` [N, ...] in batches, the last one filled up to a multiple of 16 with `fill`."""
    name, out = sess.get_inputs()[0].name, []
    for start in range(0, len(rows), batch):
        part = rows[start:start + batch]
        short = -len(part) % 16
        if short:
            part = np.concatenate([part, np.full((short, *part.shape[1:]), fill, part.dtype)])
        out.append(sess.run(None, {name: part})[0][:len(rows[start:start + batch])])
    return np.concatenate(out)


def batch_invariant(sess: ort.InferenceSession, rows: np.ndarray, fill: int | float = 0, seed: int = 1) -> bool:
    """Whether every row gives the same bytes alone, in batches of 16, 32, 64 and 256, and at any place in them."""
    rng = np.random.default_rng(seed)
    alone = np.concatenate([run(sess, row[None], 16, fill) for row in rows])
    for batch in (16, 32, 64, 256):
        for order in (np.arange(len(rows)), rng.permutation(len(rows)), rng.permutation(len(rows))):
            if run(sess, rows[order], batch, fill).tobytes() != alone[order].tobytes():
                return False
    return True


def sha256(path: Path) -> str:
    """Digest of a file, as model.yaml holds it."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def fill_digests(bundle: Path) -> None:
    """Write the digest of every graph of a bundle into its model.yaml, behind `graph: FILE, sha256:`."""
    text = (bundle / "model.yaml").read_text()
    text = re.sub(r'graph: ([\w./-]+),(\s*)sha256: "?\w*"?',
                  lambda m: f"graph: {m[1]},{m[2]}sha256: {sha256(bundle / m[1])}", text)
    (bundle / "model.yaml").write_text(text)
