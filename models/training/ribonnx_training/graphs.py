"""Export to ONNX, and the checks a graph must pass before it goes into a bundle."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Sequence

import numpy as np
import onnx
import onnxruntime as ort

MAX_OPSET, MAX_IR = 20, 10
DOMAINS = {"", "ai.onnx", "ai.onnx.ml"}
REDUCTIONS = {"Softmax", "LogSoftmax", "Hardmax", "LayerNormalization", "ArgMax", "ArgMin"}  # and every Reduce*


@dataclass(frozen=True)
class Agreement:
    """How an exported graph compares with what it was made from.

    difference: largest absolute difference of any output, in the output's unit
    rows: number of records compared
    bytes: size of the file
    """

    difference: float
    rows: int
    bytes: int


def export(module, example, path: Path, input_name: str | Sequence[str], output_name: str | Sequence[str], *,
           opset: int = MAX_OPSET, absolute: float = 1e-4, relative: float = 1e-3, check: bool = True, multiple_of: int = 0) -> Agreement:
    """Export a torch module, first axis of every input dynamic, and prove the file.

    module: takes one tensor per input, [B, ...], and returns one per output, [B, ...].
    example: a tensor, or a tuple of them in the order of the inputs; at least two records, 16 or more say more. Use records
        like real ones: they are what is compared.
    opset: at most 20. The file has IR version 10 at most.
    absolute, relative: how far ONNX Runtime may be from torch; a value passes if |a - b| <= absolute + relative * |b|.
    multiple_of: 0 fixes all axes but the first. Else axis 1 of every input that has one is the length of a record and stays
        open: the graph takes each multiple of this number. A network that halves the length twice needs 4.
    check: whether to refuse a graph whose records depend on their neighbours or their place in the batch, or that the tools
        would refuse or warn of (`check_graph`). Recipes that run these checks themselves turn it off.

    The file holds the graph and its weights only: no stack traces, no paths, no data in a second file. It is there only if
    everything holds. Raises ValueError saying what does not: the opset, a difference, a record that depends on others.
    """
    import torch

    if opset > MAX_OPSET:
        raise ValueError(f"opset is {opset}; bundles hold {MAX_OPSET} at most")
    examples = tuple(example) if isinstance(example, (tuple, list)) else (example,)
    inputs = [input_name] if isinstance(input_name, str) else list(input_name)
    outputs = [output_name] if isinstance(output_name, str) else list(output_name)
    if len(inputs) != len(examples) or set(inputs) & set(outputs) or len(set(inputs + outputs)) != len(inputs + outputs):
        raise ValueError(f"inputs {inputs}, outputs {outputs}: a name for each of {len(examples)} inputs, none twice, is expected")
    if min(len(e) for e in examples) < 2:
        raise ValueError("the example has one record; with one, the exporter takes the number of records for fixed")
    module.eval()
    shape = {0: torch.export.Dim("batch", min=1, max=1 << 20)}
    if multiple_of:
        length = torch.export.Dim("length", min=1, max=1 << 20)
        shape[1] = length if multiple_of == 1 else multiple_of * length
    path = Path(path)
    temporary = path.with_name(path.name + ".part")
    try:
        torch.onnx.export(
            module, examples, str(temporary), dynamo=True, opset_version=opset, external_data=False,
            dynamic_shapes=tuple({k: d for k, d in shape.items() if k < e.ndim} for e in examples), input_names=inputs, output_names=outputs, verbose=False,
        )
        model = onnx.load(temporary)
        clean(model)
        onnx.checker.check_model(model, full_check=True)
        onnx.save(model, temporary)
        with torch.no_grad():
            expected = module(*examples)
        expected = [e.numpy() for e in (expected if isinstance(expected, (tuple, list)) else [expected])]
        feeds = {name: e.numpy() for name, e in zip(inputs, examples)}
        agreement = prove(temporary, feeds, dict(zip(outputs, expected)), absolute, relative, check, multiple_of > 0)
        temporary.replace(path)
        return agreement
    finally:
        temporary.unlink(missing_ok=True)


def prove(path: Path, feeds: dict[str, np.ndarray], expected: dict[str, np.ndarray], absolute: float = 1e-4,
          relative: float = 1e-3, check: bool = True, open_length: bool = False) -> Agreement:
    """Compare a graph, run as the tools run it, with the output of the library it comes from.

    feeds: graph input to records [N, ...]; expected: graph output to the library's values [N, ...].
    check: whether to raise on what `check_graph` finds except reductions, and on records whose bytes depend on their
        neighbours or their place in the batch (a reduction is then named as the likely reason).
    open_length: whether axis 1 of inputs and outputs may be open (views of varying length).
    Raises ValueError saying which output of which record differs by how much, or what was found.
    """
    found = check_graph(path, open_length) if check else []
    reductions = [f for f in found if "multiple of 4" in f or "shape unknown" in f]
    if refused := [f for f in found if f not in reductions]:
        raise ValueError(f"{Path(path).name}: {'; '.join(refused)}")
    sess, largest = session(path), 0.0
    names = [o.name for o in sess.get_outputs()]
    if missing := [name for name in expected if name not in names]:
        raise ValueError(f"{Path(path).name}: there is no output {missing[0]!r}; there are {names}")
    got = dict(zip(names, run_all(sess, feeds, 16)))
    for name, right in expected.items():
        wrong, right = got[name].astype(np.float64), np.asarray(right, np.float64)
        if wrong.shape != right.shape:
            raise ValueError(f"{name}: shape {wrong.shape}, but {right.shape} is expected")
        difference = np.abs(wrong - right)
        bad = ~(difference <= absolute + relative * np.abs(right))
        if bad.any():
            place = np.unravel_index(np.argmax(np.where(bad, np.nan_to_num(difference, nan=np.inf), -1)), bad.shape)
            raise ValueError(f"{name}: {bad.sum()} of {bad.size} values differ by more than {absolute:g} + {relative:g} of the "
                             f"value; the largest at {tuple(map(int, place))}: expected {right[place]:g}, found {wrong[place]:g}")
        largest = max(largest, float(difference.max(initial=0)))
    some = {name: rows[:24] for name, rows in feeds.items()}
    if check and not batch_invariant(sess, some):
        why = f"; {'; '.join(reductions)}" if reductions else ""
        raise ValueError(f"{Path(path).name}: a record's result depends on its neighbours or its place in the batch{why}")
    return Agreement(largest, len(next(iter(feeds.values()))), Path(path).stat().st_size)


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
    used = {""}

    def nodes(part: onnx.GraphProto, prefix: str) -> None:
        for k, node in enumerate(part.node):
            node.name, node.doc_string = f"{prefix}{k}", ""
            used.add(node.domain)
            del node.metadata_props[:]
            node.input[:] = [short(i) for i in node.input]
            node.output[:] = [short(o) for o in node.output]
            for attribute in node.attribute:
                attribute.doc_string = ""
                for inner in ([attribute.g] if attribute.HasField("g") else []) + list(attribute.graphs):
                    inner.doc_string = ""
                    del inner.metadata_props[:]
                    del inner.value_info[:]
                    for value in [*inner.input, *inner.output, *inner.initializer]:
                        value.name, value.doc_string = short(value.name), ""
                        del value.metadata_props[:]
                    nodes(inner, f"{node.name}.")

    nodes(graph, "n")
    for opset in [o for o in model.opset_import if o.domain not in used]:
        model.opset_import.remove(opset)


def store_half(path: Path, least: int = 1 << 14) -> int:
    """Store the float32 weights of a graph that half precision holds without a loss, and that have `least` numbers or more, in half precision.

    They are cast to float32 when the graph is loaded, so that every result stays the same. Returns the bytes saved. Round weights (`half().float()`)
    before anything is measured with them, or there will be none.
    """
    model, before = onnx.load(path), path.stat().st_size
    for place, tensor in enumerate(model.graph.initializer):
        if tensor.data_type != onnx.TensorProto.FLOAT:
            continue
        values = onnx.numpy_helper.to_array(tensor)
        with np.errstate(over="ignore"):
            half = values.astype(np.float16)
        if values.size < least or not np.array_equal(half.astype(np.float32), values):
            continue
        name = tensor.name
        model.graph.initializer[place].CopyFrom(onnx.numpy_helper.from_array(half, f"{name}_half"))
        model.graph.node.insert(0, onnx.helper.make_node("Cast", [f"{name}_half"], [name], to=onnx.TensorProto.FLOAT))
    onnx.save(model, path)
    return before - path.stat().st_size


def check_graph(path: Path, open_length: bool = False) -> list[str]:
    """Everything about the file that the tools would refuse or warn of; an empty list is a pass.

    open_length: whether axis 1 of inputs and outputs may be open (views of varying length).
    """
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
        found += [f"{value.name}: axis {k} is not fixed" for k, d in enumerate(dims)
                  if k > (1 if open_length else 0) and not d.HasField("dim_value")]
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


def run_all(sess: ort.InferenceSession, feeds: dict[str, np.ndarray], batch: int = 16,
            fill: int | float = 0) -> list[np.ndarray]:
    """Every output of a graph over records in batches, the last one filled up to a multiple of 16 with `fill`.

    feeds: graph input to records [N, ...], the same N for all; the outputs are [N, ...] each.
    """
    count, out = len(next(iter(feeds.values()))), []
    for start in range(0, count, batch):
        parts, size = {}, min(batch, count - start)
        for name, rows in feeds.items():
            part, short = rows[start:start + batch], -size % 16
            parts[name] = np.concatenate([part, np.full((short, *part.shape[1:]), fill, part.dtype)]) if short else part
        out.append([values[:size] for values in sess.run(None, parts)])
    return [np.concatenate(values) for values in zip(*out)]


def run(sess: ort.InferenceSession, rows: np.ndarray, batch: int = 16, fill: int | float = 0) -> np.ndarray:
    """The first output of a one-input graph over `rows` [N, ...], as `run_all` makes it."""
    return run_all(sess, {sess.get_inputs()[0].name: rows}, batch, fill)[0]


def batch_invariant(sess: ort.InferenceSession, rows: np.ndarray | dict[str, np.ndarray], fill: int | float = 0,
                    seed: int = 1) -> bool:
    """Whether every row gives the same bytes alone, in batches of 16, 32, 64 and 256, and at any place in them.

    rows: [N, ...], or graph input to rows where there are several inputs.
    """
    feeds = rows if isinstance(rows, dict) else {sess.get_inputs()[0].name: rows}
    count, rng = len(next(iter(feeds.values()))), np.random.default_rng(seed)

    def ordered(order: np.ndarray, batch: int) -> list[np.ndarray]:
        return run_all(sess, {name: values[order] for name, values in feeds.items()}, batch, fill)

    alone = [np.concatenate(values) for values in zip(*(ordered(np.array([k]), 16) for k in range(count)))]
    for batch in (16, 32, 64, 256):
        for order in (np.arange(count), rng.permutation(count), rng.permutation(count)):
            if any(a.tobytes() != b[order].tobytes() for a, b in zip(ordered(order, batch), alone)):
                return False
    return True


def sha256(path: Path) -> str:
    """Digest of a file, as model.yaml holds it."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def fill_digests(bundle: Path) -> None:
    """Write digests into a bundle's model.yaml, behind `graph: FILE, sha256:` and `file: FILE, sha256:`, of the files that are there."""
    text = (bundle / "model.yaml").read_text()
    text = re.sub(r'(graph|file): ([\w./-]+),(\s*)sha256: "?\w*"?',
                  lambda m: f"{m[1]}: {m[2]},{m[3]}sha256: {sha256(bundle / m[2])}" if (bundle / m[2]).exists() else m[0], text)
    (bundle / "model.yaml").write_text(text)
