#!/usr/bin/env python3
"""The rivals of ncrna-class, each a bundle that runs, under ablation/: length alone, k-mer logistic regression, boosting, and the k-mer-only network of AttenRNA.

    rivals.py --data DATA --encode .../bin/ribonnx-encode --work WORK --out .

They learn from the same training rows, encoded by ribonnx-encode with their own views; what is chosen is chosen on `val`. `--smoke` runs all of it in tiny.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "training"))

import data as D  # noqa: E402
from ribonnx_training import adapt, graphs, metrics, recipe, tensors  # noqa: E402
from ribonnx_training.layers import Softmax  # noqa: E402

RIVAL = """\
schema: 1
id: ncrna-class-{name}
version: 1.0.0
title: "Rival of ncrna-class: {title}"
inputs:
  rna: {{kind: sequences, what: "non-coding RNAs, 5'→3', sense strand", length: [38, 1200]}}
views:
  {view}
heads:
  class: {{kind: single-label, graph: classify.onnx, sha256: "", output: probabilities, labels: labels.tsv{device}}}
card:
  licence: Apache-2.0
  intended-use: Comparison with ncrna-class; see its card for data, terms and figures.
"""
KMERS = "kmers: {{from: [rna], encoder: kmers@1, options: {{k: {k}}}, dtype: int16, shape: [{width}]}}"
TITLES = {"length": "the length alone", "kmers": "logistic regression on k-mers of 1 to 5", "boosting": "boosted trees on counts of k-mers of 1 to 4",
          "attenrna": "the network of AttenRNA, on counts of k-mers of 3 to 5"}
VIEWS = {"length": "length: {from: [rna], encoder: length@1, dtype: int32, shape: [1]}", "kmers": KMERS.format(k="[1, 2, 3, 4, 5]", width=1364),
         "boosting": KMERS.format(k="[1, 2, 3, 4]", width=340), "attenrna": KMERS.format(k="[3, 4, 5]", width=1344)}
STRENGTHS = (3.0, 30.0, 300.0)  # inverse regularisation of the k-mer regression
WIDTH, HALF = 1024, 512  # of the network of AttenRNA


class Steps(nn.Module):
    """Length, int32 [B, 1], as 16 soft steps of its logarithm, [B, 16]."""

    def __init__(self):
        super().__init__()
        self.register_buffer("centres", torch.linspace(3.6, 6.8, 16)[None], persistent=False)

    def forward(self, length: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid((torch.log(length.to(torch.float32).clamp(min=1)) - self.centres) * 12)


class Shares(nn.Module):
    """k-mer counts, int16 [B, 1364], as square roots of their shares, the mean taken away and divided by one number."""

    def __init__(self, centre: np.ndarray, scale: float):
        super().__init__()
        self.register_buffer("centre", torch.from_numpy(centre.astype(np.float32)))
        self.scale = scale

    def forward(self, counts: torch.Tensor) -> torch.Tensor:
        parts = counts.to(torch.float32).split([4, 16, 64, 256, 1024], 1)
        return (torch.cat([torch.sqrt(p / p.sum(1, keepdim=True).clamp(min=1)) for p in parts], 1) - self.centre) / self.scale


class AttenRna(nn.Module):
    """The k-mer-only network of AttenRNA on raw counts, int16 [B, 1344], to logits [B, classes].

    Its attention has one token per record, so that the softmax is 1 whatever query and key are: each block is a value map (1024 to 512) and an
    output map (512 to 1024), and query and key are left out here.
    """

    def __init__(self, classes: int):
        super().__init__()
        self.first = nn.Sequential(nn.Linear(1344, WIDTH), nn.Linear(WIDTH, HALF), nn.Linear(HALF, WIDTH))
        self.second = nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, HALF), nn.Linear(HALF, WIDTH))
        self.last = nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, classes))

    def forward(self, counts: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.first(counts.to(torch.float32)))
        return self.last(x + self.second(x))


class Half(nn.Module):
    """A linear layer whose weights are stored in half precision; it reckons in single."""

    def __init__(self, layer: nn.Linear):
        super().__init__()
        self.register_buffer("weight", layer.weight.detach().t().half())
        self.register_buffer("bias", layer.bias.detach())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.matmul(x, self.weight.float()) + self.bias


class Folded(nn.Module):
    """`AttenRna` with linear maps that follow each other made one, where that is smaller, and weights in half precision; probabilities out."""

    def __init__(self, net: AttenRna):
        super().__init__()
        self.first = nn.Sequential(Half(joined(*net.first[:2])), Half(net.first[2]))
        self.second = nn.Sequential(Half(joined(*net.second[:2])), Half(net.second[2]))
        self.last = Half(joined(*net.last))

    def forward(self, counts: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.first(counts.to(torch.float32)))
        return Softmax()(self.last(x + self.second(x)))


@torch.no_grad()
def joined(a: nn.Linear, b: nn.Linear) -> nn.Linear:
    """One layer for two that follow each other."""
    both = nn.Linear(a.in_features, b.out_features)
    both.weight.copy_(b.weight @ a.weight)
    both.bias.copy_(b.weight @ a.bias + b.bias)
    return both


def regression(x: np.ndarray, y: np.ndarray, strength: float) -> nn.Linear:
    """Multinomial logistic regression, as a layer."""
    from sklearn.linear_model import LogisticRegression

    found = LogisticRegression(C=strength, max_iter=500).fit(x, y)
    layer = nn.Linear(x.shape[1], len(found.classes_))
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(found.coef_))
        layer.bias.copy_(torch.from_numpy(found.intercept_))
    return layer


def attenrna(x: torch.Tensor, y: torch.Tensor, val: torch.Tensor, truth: np.ndarray, classes: int, epochs: int, log) -> AttenRna:
    """Adam on cross-entropy, as far as it is known; the epoch with the best macro-F1 on `val` stays."""
    torch.manual_seed(1)
    net, best, kept = AttenRna(classes), 0.0, {}
    optimiser = torch.optim.Adam(net.parameters(), 1e-4)
    for epoch in range(epochs):
        for pick in torch.randperm(len(x)).split(64):
            loss = F.cross_entropy(net(x[pick]), y[pick])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        with torch.no_grad():
            now = metrics.macro_f1(truth, net(val).argmax(1).numpy())
        log(f"attenrna, epoch {epoch + 1}: val macro-F1 {now:.4f}")
        if now >= best:
            best, kept = now, {k: v.clone() for k, v in net.state_dict().items()}
    net.load_state_dict(kept)
    return net.eval()


def boosting(x: np.ndarray, y: np.ndarray, val: np.ndarray, truth: np.ndarray, rounds: int, path: Path) -> None:
    """LightGBM, stopped by `val`, as a graph of ai.onnx.ml that takes int16."""
    import lightgbm
    import onnx
    from onnxmltools import convert_lightgbm
    from onnxmltools.convert.common.data_types import FloatTensorType

    model = lightgbm.LGBMClassifier(n_estimators=rounds, learning_rate=0.08, num_leaves=15, colsample_bytree=0.2, subsample=0.8, subsample_freq=1,
                                    min_child_samples=10, n_jobs=1, verbose=-1, random_state=1)
    model.fit(x.astype(np.float32), y, eval_set=[(val.astype(np.float32), truth)], callbacks=[lightgbm.early_stopping(20, verbose=False)])
    graph = convert_lightgbm(model, initial_types=[("x", FloatTensorType([None, x.shape[1]]))], target_opset=15, zipmap=False)
    graph = adapt.keep_output(graph, "probabilities")
    given = graph.graph.input[0]
    given.name, given.type.tensor_type.elem_type = "counts", onnx.TensorProto.INT16
    graph.graph.node.insert(0, onnx.helper.make_node("Cast", ["counts"], ["x"], to=onnx.TensorProto.FLOAT))
    adapt.save(adapt.output_width(graph, int(y.max()) + 1), path)
    graphs.prove(path, {"counts": val[:64]}, {"probabilities": model.predict_proba(val[:64].astype(np.float32))})


def main() -> None:
    p = recipe.parser(__doc__, "rna-class/")
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    a.work.mkdir(parents=True, exist_ok=True)
    log = lambda line: print(line, flush=True)
    train, val = D.rows(a.data, "train"), D.rows(a.data, "val")
    if a.smoke:
        train, val = (D.Rows(r.sequences[::step], r.classes[::step], r.families[::step]) for r, step in ((train, 20), (val, 8)))
    # In the order of labels.tsv, which is that of the model's classes.
    classes = [line.split("\t")[0] for line in (a.out / "labels.tsv").read_text().splitlines()[1:]]
    y, truth = (np.array([classes.index(c) for c in rows.classes]) for rows in (train, val))
    for name, view in VIEWS.items():
        folder = a.out / "ablation" / name
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(a.out / "labels.tsv", folder)
        card = RIVAL.format(name=name, title=TITLES[name], view=view, device=", device: cpu" if name == "boosting" else "")
        (folder / "model.yaml").write_text(card)
        of = lambda rows, kind: next(iter(tensors.encode(a.encode, folder, rows.sequences, a.work, f"{name}-{kind}").views.values()))
        x, v = of(train, "train"), of(val, "val")
        path, some = folder / "classify.onnx", torch.from_numpy(v[:48])
        if name == "length":
            front = Steps()
            net = nn.Sequential(front, regression(front(torch.from_numpy(x)).numpy(), y, 100.0), Softmax())
            graphs.export(net, some, path, "length", "probabilities")
        elif name == "kmers":
            shares = Shares(np.zeros(x.shape[1]), 1.0)(torch.from_numpy(x)).numpy()
            front, tried = Shares(shares.mean(0), float(shares.std(0).mean())), {}
            ready, chosen = front(torch.from_numpy(x)).numpy(), front(torch.from_numpy(v))
            for strength in STRENGTHS:
                layer = regression(ready, y, strength / len(x))
                with torch.no_grad():
                    tried[strength] = metrics.macro_f1(truth, layer(chosen).argmax(1).numpy()), layer
                log(f"kmers, strength {strength}: val macro-F1 {tried[strength][0]:.4f}")
            graphs.export(nn.Sequential(front, max(tried.values(), key=lambda t: t[0])[1], Softmax()), some, path, "counts", "probabilities")
        elif name == "boosting":
            boosting(x, y, v, truth, 5 if a.smoke else 300, path)
        else:
            net = attenrna(torch.from_numpy(x), torch.from_numpy(y), torch.from_numpy(v), truth, len(classes), 1 if a.smoke else 15, log)
            graphs.export(Folded(net), some, path, "counts", "probabilities")
        graphs.fill_digests(folder)
        log(f"{name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
