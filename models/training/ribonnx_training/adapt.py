"""Changes to ONNX graphs that other libraries wrote, so that a bundle can hold them. Needs onnx and NumPy, no framework.

Each function changes the model in place and returns it (`older_opset` returns another). `save` cleans, checks and writes it.
As a command, on a finished file:

    python -m ribonnx_training.adapt theirs.onnx net.onnx --one-hot B4L --order ACGT --length 200
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Mapping

import numpy as np
import onnx
import onnx.version_converter
from onnx import TensorProto, helper, numpy_helper

from .graphs import MAX_OPSET, clean
from .layouts import LETTERS, Layout


def _input(model: onnx.ModelProto, name: str | None) -> onnx.ValueInfoProto:
    """The input of that name, or the only one; ValueError names those there are."""
    stored = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in stored]
    found = [value for value in inputs if name is None or value.name == name]
    if len(found) != 1:
        raise ValueError(f"the graph has the inputs {[value.name for value in inputs]}; say which one is meant")
    return found[0]


def _opset(model: onnx.ModelProto) -> int:
    """Version of the operators of ai.onnx; the entry is added where a graph has none."""
    for entry in model.opset_import:
        if entry.domain in ("", "ai.onnx"):
            return entry.version
    model.opset_import.append(helper.make_opsetid("", 17))
    return 17


def _put_first(model: onnx.ModelProto, nodes: list[onnx.NodeProto]) -> None:
    """Put nodes before all others: a graph's nodes stand in the order in which they run."""
    rest = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend(nodes + rest)


def codes_in_front(model: onnx.ModelProto, length: int, layout: Layout, name: str = "codes",
                   input: str | None = None) -> onnx.ModelProto:
    """Put a one-hot layer before an input: the graph then takes uint8 [batch, length] under `name`.

    layout: what the input takes; float16 and float64 inputs get that type. `input`: which one, where there are several.
    Raises ValueError if the input is not there or no floating-point tensor, or if `name` is taken.
    """
    old = _input(model, input)
    kind = old.type.tensor_type.elem_type
    if kind not in (TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.DOUBLE):
        raise ValueError(f"the input {old.name!r} is no floating-point tensor")
    if any(value.name == name for value in [*model.graph.input, *model.graph.initializer]) \
            or any(name in node.output for node in model.graph.node):
        raise ValueError(f"the graph has a tensor {name!r} already; give another name")
    opset = _opset(model)
    table = layout.table().astype(helper.tensor_dtype_to_np_dtype(kind))
    model.graph.initializer.append(numpy_helper.from_array(table, f"{name}.table"))
    nodes = [helper.make_node("Cast", [name], [f"{name}.index"], to=TensorProto.INT32),
             helper.make_node("Gather", [f"{name}.table", f"{name}.index"], [f"{name}.0"], axis=0)]
    step = 0

    def add(operator: str, *more: str, **attributes) -> None:
        nonlocal step
        nodes.append(helper.make_node(operator, [f"{name}.{step}", *more], [f"{name}.{step + 1}"], **attributes))
        step += 1

    if layout.channels_first:
        add("Transpose", perm=[0, 2, 1])
    if layout.flat:
        add("Flatten", axis=1)
    elif layout.ones and opset >= 13:
        model.graph.initializer.append(numpy_helper.from_array(np.array(layout.ones, np.int64), f"{name}.ones"))
        add("Unsqueeze", f"{name}.ones")
    elif layout.ones:
        add("Unsqueeze", axes=layout.ones)
    nodes[-1].output[0] = old.name
    _put_first(model, nodes)
    place = [value.name for value in model.graph.input].index(old.name)
    model.graph.input.remove(old)
    model.graph.input.insert(place, helper.make_tensor_value_info(name, TensorProto.UINT8, ["batch", length]))
    return model


def tokens_in_front(model: onnx.ModelProto, length: int, tokens: Mapping[str, int], name: str = "codes",
                    input: str | None = None) -> onnx.ModelProto:
    """Let an input that takes token numbers take codes, uint8 [batch, length], under `name`.

    tokens: number of each of A, C, G, U (or T), N and `pad`, as the network's vocabulary has them. Raises ValueError if one is
    missing or the input holds no whole numbers.
    """
    old = _input(model, input)
    kind = old.type.tensor_type.elem_type
    if kind not in (TensorProto.INT32, TensorProto.INT64):
        raise ValueError(f"the input {old.name!r} takes no whole numbers (int32, int64)")
    number = {key.upper().replace("T", "U"): value for key, value in tokens.items()}
    if set(number) != {"A", "C", "G", "U", "N", "PAD"}:
        raise ValueError(f"tokens are given for {', '.join(tokens)}; A, C, G, U (or T), N and pad are expected")
    table = np.full(256, number["PAD"], helper.tensor_dtype_to_np_dtype(kind))
    for letter in "ACGUN":
        table[LETTERS[letter]] = number[letter]
    model.graph.initializer.append(numpy_helper.from_array(table, f"{name}.tokens"))
    _put_first(model, [helper.make_node("Cast", [name], [f"{name}.place"], to=TensorProto.INT32),
                       helper.make_node("Gather", [f"{name}.tokens", f"{name}.place"], [old.name], axis=0)])
    old.CopyFrom(helper.make_tensor_value_info(name, TensorProto.UINT8, ["batch", length]))
    return model


def input_from_codes(model: onnx.ModelProto, input: str, what: str, name: str = "codes") -> onnx.ModelProto:
    """Make another input in the graph, from the codes that it takes already under `name`.

    what: `mask`, 1 where a record has a letter and 0 behind its end, [batch, length]; `length`, its number of letters, [batch] or
    [batch, 1]; `zeros`, [batch, length]. The element type is that of the input. Raises ValueError on another word, or if one of
    the two inputs is not there.
    """
    if what not in ("mask", "length", "zeros"):
        raise ValueError(f"{what!r} is none of mask, length, zeros")
    _input(model, name)
    old = _input(model, input)
    kind, part = old.type.tensor_type.elem_type, f"{name}.{input}"
    nodes = [helper.make_node("Cast", [name], [f"{part}.0"], to=TensorProto.INT32)]
    if what == "zeros":
        nodes.append(helper.make_node("Sub", [f"{part}.0", f"{part}.0"], [f"{part}.1"]))
    else:
        model.graph.initializer.append(numpy_helper.from_array(np.array(5, np.int32), f"{part}.end"))
        nodes.append(helper.make_node("Less", [f"{part}.0", f"{part}.end"], [f"{part}.1"]))
    last = f"{part}.1"
    if what == "length":
        nodes.append(helper.make_node("Cast", [last], [f"{part}.2"], to=TensorProto.INT32))
        keep, last = int(len(old.type.tensor_type.shape.dim) > 1), f"{part}.3"
        if _opset(model) >= 13:
            model.graph.initializer.append(numpy_helper.from_array(np.array([1], np.int64), f"{part}.axes"))
            nodes.append(helper.make_node("ReduceSum", [f"{part}.2", f"{part}.axes"], [last], keepdims=keep))
        else:
            nodes.append(helper.make_node("ReduceSum", [f"{part}.2"], [last], axes=[1], keepdims=keep))
    nodes.append(helper.make_node("Cast", [last], [old.name], to=kind))
    _put_first(model, nodes)
    model.graph.input.remove(old)
    return model


def keep_output(model: onnx.ModelProto, name: str) -> onnx.ModelProto:
    """Leave one output and what it needs. An output that a ZipMap makes becomes the tensor that the ZipMap reads.

    Raises ValueError if there is no such output.
    """
    outputs = {value.name: value for value in model.graph.output}
    if name not in outputs:
        raise ValueError(f"the graph has the outputs {sorted(outputs)}, not {name!r}")
    keep = outputs[name]
    maker = next((node for node in model.graph.node if name in node.output), None)
    if maker is not None and maker.op_type == "ZipMap":
        labels = next(len(a.strings) or len(a.ints) for a in maker.attribute if a.name.startswith("classlabels"))
        model.graph.node.remove(maker)
        keep = helper.make_tensor_value_info(maker.input[0], TensorProto.FLOAT, ["batch", labels])
    del model.graph.output[:]
    model.graph.output.append(keep)
    needed, nodes = {keep.name}, []
    for node in reversed(model.graph.node):
        if needed & set(node.output):
            needed |= set(node.input) | _outer(node)
            nodes.insert(0, node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    for tensor in [t for t in model.graph.initializer if t.name not in needed]:
        model.graph.initializer.remove(tensor)
    return model


def _outer(node: onnx.NodeProto) -> set[str]:
    """Every tensor that graphs inside a node read."""
    names = set()
    for attribute in node.attribute:
        for inner in [attribute.g, *attribute.graphs]:
            names |= {value.name for value in inner.output}
            for child in inner.node:
                names |= set(child.input) | _outer(child)
    return names


def open_batch(model: onnx.ModelProto) -> onnx.ModelProto:
    """Name the first axis of every input and output `batch`, where an exporter fixed or forgot it.

    The graph must take any number of records already: a number that it holds inside stays.
    """
    for value in [*model.graph.input, *model.graph.output]:
        dims = value.type.tensor_type.shape.dim
        if dims:
            dims[0].ClearField("dim_value")
            dims[0].dim_param = "batch"
    del model.graph.value_info[:]
    return model


def output_width(model: onnx.ModelProto, width: int, output: str | None = None) -> onnx.ModelProto:
    """State that an output is [batch, width], where an exporter left it open."""
    value = next(v for v in model.graph.output if output in (None, v.name))
    value.CopyFrom(helper.make_tensor_value_info(value.name, value.type.tensor_type.elem_type, ["batch", width]))
    return model


def final_values(model: onnx.ModelProto, what: str, output: str | None = None, name: str = "probabilities") -> onnx.ModelProto:
    """Put a softmax or a sigmoid behind an output of logits, [batch, width], which then is called `name`.

    what: `softmax` (one label per record) or `sigmoid` (many). Classes are filled up to a multiple of 4 for the softmax, so that the bytes
    do not depend on a record's place in a batch. Raises ValueError if the output is not there, its width is open (`output_width`), it is
    no floating-point tensor of two axes, or the opset is under 11.
    """
    if what not in ("softmax", "sigmoid"):
        raise ValueError(f"{what!r} is none of softmax, sigmoid")
    found = [value for value in model.graph.output if output in (None, value.name)]
    if len(found) != 1 or any(value.name == name for value in model.graph.output):
        raise ValueError(f"the graph has the outputs {[value.name for value in model.graph.output]}; say which one holds logits")
    old, kind = found[0], found[0].type.tensor_type.elem_type
    dims = old.type.tensor_type.shape.dim
    if kind not in (TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.DOUBLE) or len(dims) != 2 or not dims[1].dim_value:
        raise ValueError(f"the output {old.name!r} is not [batch, width] of floating-point numbers; state its width if it is open")
    if _opset(model) < 11:
        raise ValueError(f"the graph has opset {_opset(model)}; at least 11 is needed")
    width = dims[1].dim_value
    fill = -width % 4
    if what == "sigmoid":
        nodes = [helper.make_node("Sigmoid", [old.name], [name])]
    elif not fill:
        nodes = [helper.make_node("Softmax", [old.name], [name], axis=1)]
    else:
        numbers = {"pads": [0, 0, 0, fill], "from": [0], "to": [width], "axis": [1]}
        model.graph.initializer.extend(numpy_helper.from_array(np.array(v, np.int64), f"{name}.{k}") for k, v in numbers.items())
        model.graph.initializer.append(numpy_helper.from_array(np.array(-3e4, helper.tensor_dtype_to_np_dtype(kind)), f"{name}.fill"))
        nodes = [helper.make_node("Pad", [old.name, f"{name}.pads", f"{name}.fill"], [f"{name}.0"]),
                 helper.make_node("Softmax", [f"{name}.0"], [f"{name}.1"], axis=1),
                 helper.make_node("Slice", [f"{name}.1", f"{name}.from", f"{name}.to", f"{name}.axis"], [name])]
    model.graph.node.extend(nodes)
    old.CopyFrom(helper.make_tensor_value_info(name, kind, ["batch", width]))
    return model


def older_opset(model: onnx.ModelProto) -> onnx.ModelProto:
    """A model with opset 20, if this one has a newer one; else the model itself.

    Raises ValueError where onnx can't translate an operator: export the model again, then.
    """
    if _opset(model) <= MAX_OPSET:
        return model
    try:
        return onnx.version_converter.convert_version(model, MAX_OPSET)
    except Exception as e:  # the converter raises whatever its C++ threw
        raise ValueError(f"onnx can't bring opset {_opset(model)} down to {MAX_OPSET} ({e}); export the model again with it") from e


def save(model: onnx.ModelProto, path: Path) -> Path:
    """Take traces of the exporter out, bring the IR version to 10 at most, check the graph, write one file.

    Weights that lay in another file must be in the model (as `onnx.load` puts them). Raises onnx's errors on a graph
    that is no legal one, and ValueError on weights that are still elsewhere.
    """
    if any(t.data_location == TensorProto.EXTERNAL for t in model.graph.initializer):
        raise ValueError("weights are in another file; load the model with onnx.load, which reads them")
    clean(model)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)
    return Path(path)


def main(arguments: list[str] | None = None) -> None:
    """The command; errors are one line and exit code 1."""
    parser = argparse.ArgumentParser(prog="python -m ribonnx_training.adapt", description="Puts a graph of another library into the form that a bundle takes.")
    parser.add_argument("graph", type=Path, help="ONNX file")
    parser.add_argument("result", type=Path, help="ONNX file to write")
    parser.add_argument("--one-hot", metavar="AXES", help="the input takes one-hot in these axes (B4L, BL4, B14L, B(L4), ...): it gets codes instead")
    parser.add_argument("--tokens", metavar="LETTER=N,...", help="the input takes tokens of these numbers: A=5,C=6,G=7,U=8,N=9,pad=0")
    parser.add_argument("--length", type=int, required=True, help="positions of a record")
    parser.add_argument("--order", default="ACGU", help="letters of the channels, with --one-hot (%(default)s)")
    parser.add_argument("--unknown", type=float, default=0, help="value of each channel at an ambiguous letter (%(default)s)")
    parser.add_argument("--pad", type=float, default=0, help="value of each channel behind the end (%(default)s)")
    parser.add_argument("--input", help="which input, where there are several")
    for what, text in (("mask", "1 where a record has a letter"), ("length", "its number of letters"), ("zeros", "0 everywhere")):
        parser.add_argument(f"--{what}-input", metavar="NAME", help=f"another input, made in the graph: {text}")
    parser.add_argument("--output", help="the output to keep, where there are several")
    parser.add_argument("--open-batch", action="store_true", help="the first axis is fixed in the file, but the graph takes any number of records")
    parser.add_argument("--width", type=int, help="numbers per record in the output, where the file leaves it open")
    parser.add_argument("--final", choices=["softmax", "sigmoid"], help="what makes probabilities of the output, where it holds logits")
    a = parser.parse_args(arguments)
    if bool(a.one_hot) == bool(a.tokens):
        parser.error("one of --one-hot and --tokens is expected")
    try:
        model = older_opset(onnx.load(a.graph))
        if a.output:
            keep_output(model, a.output)
        if a.open_batch:
            open_batch(model)
        if a.one_hot:
            codes_in_front(model, a.length, Layout(a.one_hot, a.order, a.unknown, a.pad), input=a.input)
        else:
            pairs = [pair.partition("=") for pair in a.tokens.split(",")]
            tokens_in_front(model, a.length, {letter: int(number) for letter, _, number in pairs}, input=a.input)
        for what in ("mask", "length", "zeros"):
            if another := getattr(a, f"{what}_input"):
                input_from_codes(model, another, what)
        if a.width:
            output_width(model, a.width)
        if a.final:
            final_values(model, a.final)
        save(model, a.result)
    except (ValueError, OSError, onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as e:
        parser.exit(1, f"adapt: {a.graph}: {' '.join(str(e).split())}\n")


if __name__ == "__main__":
    main()
