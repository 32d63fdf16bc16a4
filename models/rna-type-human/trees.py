"""The partners of the networks: boosted trees on what `model.for_trees` gives, for each head, written into the fusing graph. Needs LightGBM, onnxmltools."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "training"))

from ribonnx_training import adapt, graphs  # noqa: E402

SHARE = 0.1  # what all records of no class weigh, of what the others do
LEAST = 1e-6  # what is added to a probability before its logarithm is taken


def fit(x: np.ndarray, y: np.ndarray, others: np.ndarray, val: np.ndarray, truth: np.ndarray, rounds: int):
    """LightGBM's classifier on x [N, n] and classes [N], stopped by `val`. others [M, n]: records of no class, which come as each of the classes, a part of each."""
    import lightgbm

    classes = int(y.max()) + 1
    known, weight = len(y), np.full(len(others) * classes, SHARE * len(y) / (len(others) * classes))
    x, y = np.concatenate([x, *[others] * classes]), np.concatenate([y, np.repeat(np.arange(classes), len(others))])
    weights = np.concatenate([np.ones(known), weight])

    model = lightgbm.LGBMClassifier(n_estimators=rounds, learning_rate=0.06, num_leaves=31, colsample_bytree=0.3, subsample=0.8, subsample_freq=1,
                                    min_child_samples=20, reg_lambda=5.0, n_jobs=1, verbose=-1, random_state=1)
    return model.fit(x, y, sample_weight=weights, eval_set=[(val, truth)], callbacks=[lightgbm.early_stopping(40, verbose=False)])


def log_probabilities(model, x: np.ndarray) -> np.ndarray:
    """float32 [N, C]."""
    return np.log(model.predict_proba(x) + LEAST).astype(np.float32)


def join(models: list, path: Path) -> None:
    """Put the trees of each head into the graph at `path`: its outputs hidden [B, W], attention and trees [B, n] become fused [B, W + H C] and attention."""
    from onnxmltools import convert_lightgbm
    from onnxmltools.convert.common.data_types import FloatTensorType

    whole = onnx.load(path)
    graph = whole.graph
    outputs = {o.name: o for o in graph.output}
    width, fused = outputs["hidden"].type.tensor_type.shape.dim[1].dim_value, ["hidden"]
    graph.initializer.append(helper.make_tensor("least", TensorProto.FLOAT, [], [LEAST]))
    for k, model in enumerate(models):
        name = f"trees{k}_"
        part = convert_lightgbm(model, initial_types=[("x", FloatTensorType([None, model.n_features_in_]))], target_opset=15, zipmap=False)
        part = onnx.compose.add_prefix(adapt.keep_output(part, "probabilities"), name)
        for node in part.graph.node:
            node.input[:] = ["trees" if given == f"{name}x" else given for given in node.input]
        graph.initializer.extend(part.graph.initializer)
        graph.node.extend([*part.graph.node, helper.make_node("Add", [f"{name}probabilities", "least"], [f"{name}above"]),
                           helper.make_node("Log", [f"{name}above"], [f"{name}log"])])
        fused.append(f"{name}log")
        width += model.n_classes_
        known = {o.domain for o in whole.opset_import}
        whole.opset_import.extend(o for o in part.opset_import if o.domain not in known and o.domain != "")
    graph.node.append(helper.make_node("Concat", fused, ["fused"], axis=1))
    del graph.output[:]
    graph.output.extend([helper.make_tensor_value_info("fused", TensorProto.FLOAT, ["batch", width]), outputs["attention"]])
    graphs.clean(whole)
    onnx.checker.check_model(whole, full_check=True)
    onnx.save(whole, path)
