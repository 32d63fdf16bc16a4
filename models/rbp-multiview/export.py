"""From trained networks to bundles: calibration and thresholds from `val`, graphs, and the rivals' own bundles under ablation/."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "training"))

import data as D  # noqa: E402
from model import VIEWS, Model, all_logits  # noqa: E402
from ribonnx_training import graphs, metrics  # noqa: E402

RIVAL = """\
schema: 1
id: rbp-{name}
version: {version}
title: "Rival of rbp-multiview: {title}"
inputs:
{inputs}
views:
{views}
embed:
{embed}
fuse: {fuse}
heads:
  proteins: {{kind: multi-label, graph: classify.onnx, sha256: "", inputs: {{{head}}}, output: probabilities, labels: labels.tsv, thresholds: {thresholds}}}
card:
  licence: Apache-2.0
  intended-use: Comparison with rbp-multiview; see its card for data, terms and figures.
"""


class Calibration(nn.Module):
    """Probabilities from logits [B, labels]: a slope and an offset per label (Platt 1999)."""

    def __init__(self, slope: np.ndarray, offset: np.ndarray):
        super().__init__()
        self.register_buffer("slope", torch.from_numpy(slope.astype(np.float32)))
        self.register_buffer("offset", torch.from_numpy(offset.astype(np.float32)))

    def forward(self, logits: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(logits * self.slope + self.offset)


class Attending(nn.Module):
    """The fusing graph of attention: a feature [B, 202] per view and `present` [B, V] to the fused vector, the views' logits behind it, and the weights."""

    def __init__(self, model: Model):
        super().__init__()
        self.model = model

    def forward(self, rna: torch.Tensor, protein: torch.Tensor, dipeptides: torch.Tensor, present: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.model.fuse([rna, protein, dipeptides], present)


class Concatenating(nn.Module):
    """The fusing graph of concatenation: a feature [B, 202] per view to the fused vector."""

    def __init__(self, model: Model):
        super().__init__()
        self.fusion = model.fusion

    def forward(self, rna: torch.Tensor, protein: torch.Tensor, dipeptides: torch.Tensor) -> torch.Tensor:
        return self.fusion([rna, protein, dipeptides])[0]


def calibrate(logits: np.ndarray, truth: np.ndarray) -> Calibration:
    """Slope and offset of each label by logistic regression of the truth on the logit; slopes of at least 0.05, so that the order of records stays."""
    fits = [LogisticRegression(C=1e6).fit(logits[:, k:k + 1], truth[:, k]) for k in range(truth.shape[1])]
    return Calibration(np.array([f.coef_[0, 0] for f in fits]).clip(min=0.05), np.array([f.intercept_[0] for f in fits]))


def thresholds(probabilities: np.ndarray, truth: np.ndarray) -> list[float]:
    """Per label the probability, in thousandths, from which its F1 is the highest."""
    found = []
    for k in range(truth.shape[1]):
        order = np.argsort(-probabilities[:, k], kind="stable")
        hits = truth[order, k].cumsum()
        best = (2 * hits / (np.arange(1, len(order) + 1) + truth[:, k].sum())).argmax()
        found.append(round(np.floor(float(probabilities[order[best], k]) * 1000) / 1000, 3))
    return found


@torch.no_grad()
def mean_features(model: Model, views: dict[str, torch.Tensor]) -> dict[str, np.ndarray]:
    """Mean feature of each view, float32 [202]: what a concatenation takes for one that is missing."""
    count = len(next(iter(views.values())))
    sums = [sum(f.double().sum(0) for f in parts) for parts in
            zip(*(model.features({v: views[v][k:k + 1024] for v in VIEWS}) for k in range(0, count, 1024)))]
    return {v: (s / count).numpy().astype(np.float32) for v, s in zip(VIEWS, sums)}


def section(text: str, name: str) -> str:
    """The lines below `name:` in a model.yaml."""
    return re.search(rf"^{name}:\n((?:  .*\n)+)", text, re.M)[1].rstrip("\n")


def export(model: Model, name: str, views: dict[str, torch.Tensor], truth: np.ndarray, bundle: Path, log, shared: Path | None = None) -> list[float]:
    """Write the graphs of one model into `bundle`; returns the thresholds of its labels.

    shared: the folder of a model whose view networks are the same, and whose graphs are copied.
    """
    model.eval()
    found = all_logits(model, views)
    calibration = calibrate(found, truth)
    some = {v: views[v][:48] for v in model.views}
    with torch.no_grad():
        features = dict(zip(model.views, model.features(some)))
    for view in model.views:
        if shared:
            shutil.copy(shared / f"{view}.onnx", bundle)
            continue
        graphs.export(model.networks[view], some[view], bundle / f"{view}.onnx", "codes" if view != "dipeptides" else "counts", "feature")
    if name == "attention":
        present = torch.ones(48, len(VIEWS))
        present[::4, 0], present[1::4, 1], present[2::4, 2] = 0, 0, 0
        parts = (*(features[v] * present[:, k:k + 1] for k, v in enumerate(VIEWS)), present)
        fusing, last = Attending(model).eval(), lambda out: out[0]
        graphs.export(fusing, parts, bundle / "fuse.onnx", [*VIEWS, "present"], ["fused", "attention"])
    elif model.fusion:
        parts = tuple(features[v] for v in VIEWS)
        fusing, last = Concatenating(model).eval(), lambda out: out
        graphs.export(fusing, parts, bundle / "fuse.onnx", list(VIEWS), "fused")
    if model.fusion:
        with torch.no_grad():
            last, head = last(fusing(*parts)), nn.Sequential(model.head, calibration)
    else:
        last, head = features[name], nn.Sequential(model.own[name], calibration)
    graphs.export(head.eval(), last.clone(), bundle / "classify.onnx", "fused" if model.fusion else "feature", "probabilities")
    with torch.no_grad():
        probabilities = calibration(torch.from_numpy(found)).numpy()
    log(f"{name}: val macro {metrics.many_labels(truth, probabilities)[0]:.4f}, "
        f"{sum(f.stat().st_size for f in bundle.glob('*.onnx')):,} bytes of graphs")
    return thresholds(probabilities, truth)


def rival(name: str, model: Model, limits: list[float], bundle: Path, description: str) -> None:
    """model.yaml and labels of a rival, from those of the bundle."""
    folder = bundle / "ablation" / name
    lines = {v: line for v in VIEWS for line in section(description, "views").split("\n") if line.startswith(f"  {v}:")}
    embeds = {v: line for v in VIEWS for line in section(description, "embed").split("\n") if line.startswith(f"  {v}:")}
    inputs = re.sub(r", example: [^,}]*", "", section(description, "inputs"))
    fuse = ("{graph: fuse.onnx, sha256: \"\", inputs: {%s}, output: fused, width: %d, missing: {policy: mean, values: {file: means.npz, sha256: \"\"}}}"
            % (", ".join(f"{v}: {v}" for v in VIEWS), model.fusion.width)) if model.fusion else "{method: identity}"
    (folder / "model.yaml").write_text(RIVAL.format(
        name=name, version=re.search(r"^version: (.*)", description, re.M)[1], title=name if model.fusion else f"the view {name} alone",
        inputs=inputs, views="\n".join(lines[v] for v in model.views), embed="\n".join(embeds[v] for v in model.views), fuse=fuse,
        head="fused: fused" if model.fusion else f"feature: {name}", thresholds=json.dumps(limits)))
    shutil.copy(bundle / "labels.tsv", folder)


def finish(models: dict[str, Model], rows: D.Rows, val: dict[str, torch.Tensor], a, log) -> None:
    """Export the bundle (attention) and its rivals."""
    truth = rows.truth[rows.split == "val"]
    limits = export(models["attention"], "attention", val, truth, a.out, log)
    path = a.out / "model.yaml"
    description, done = re.subn(r"(thresholds: )\[[^\]]*\]", lambda m: m[1] + json.dumps(limits), path.read_text())
    if done != 1:
        raise ValueError(f"{path}: one list of thresholds is expected")
    path.write_text(description)
    sequences = [s for s, split in zip(rows.sequences, rows.split) if split == "train"]
    train = {v: torch.from_numpy(x) for v, x in D.views(sequences[:20_000], a.encode, a.out, a.work, "means").items()}
    for name, model in models.items():
        if name == "attention":
            continue
        folder = a.out / "ablation" / name
        folder.mkdir(parents=True, exist_ok=True)
        limits = export(model, name, val, truth, folder, log, a.out)
        if model.fusion:
            np.savez(folder / "means.npz", **mean_features(model, train))
        rival(name, model, limits, a.out, description)
        graphs.fill_digests(folder)
    graphs.fill_digests(a.out)
