"""What a model of sequences is held against, each a bundle that runs: the length alone, k-mer regression, boosted trees, and the k-mer network of AttenRNA.

All learn from the training records that the model has, encoded by ribonnx-encode with their own views; what is chosen is chosen on `val`.
Needs torch, scikit-learn, LightGBM, onnxmltools.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Mapping

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from . import adapt, graphs, metrics, tensors
from .layers import Softmax

CARD = """\
schema: 1
id: {id}-{name}
version: {version}
title: "Rival of {id}: {title}"
inputs:
{inputs}
views:
{views}
heads:
  {head}: {{kind: single-label, graph: classify.onnx, sha256: "", inputs: {{{names}}}, output: probabilities, labels: labels.tsv{device}}}
card:
  licence: Apache-2.0
  intended-use: Comparison with {id}; see its card for data, terms and figures.
"""
TITLES = {"length": "the length alone", "kmers": "logistic regression on k-mers of 1 to 5", "boosting": "boosted trees",
          "attenrna": "the network of AttenRNA, on counts of k-mers of 3 to 5"}
LENGTH = "{from: [rna], encoder: length@1, dtype: int32, shape: [1]}"
STRENGTHS = (3.0, 30.0, 300.0)  # inverse regularisation of the k-mer regression
WIDTH, HALF = 1024, 512  # of the network of AttenRNA


@dataclass(frozen=True)
class Task:
    """Sequences and their classes, int64 [N], for training and for choosing."""

    train: list[str]
    classes: np.ndarray
    val: list[str]
    val_classes: np.ndarray


def kmers(ks: list[int]) -> str:
    """The view of counts, int32 [Σ 4^k], as model.yaml has it."""
    return f"{{from: [rna], encoder: kmers@1, options: {{k: {ks}}}, dtype: int32, shape: [{sum(4 ** k for k in ks)}]}}"


class Steps(nn.Module):
    """Length, int32 [B, 1], as 16 soft steps of its logarithm between two bounds, [B, 16]."""

    def __init__(self, low: float, high: float):
        super().__init__()
        self.register_buffer("centres", torch.linspace(low, high, 16)[None], persistent=False)
        self.steep = 38 / (high - low)

    def forward(self, length: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid((torch.log(length.to(torch.float32).clamp(min=1)) - self.centres) * self.steep)


class Shares(nn.Module):
    """Counts of k-mers of 1 to 5, [B, 1364], as square roots of their shares, the mean taken away and divided by one number."""

    def __init__(self, centre: np.ndarray, scale: float):
        super().__init__()
        self.register_buffer("centre", torch.from_numpy(centre.astype(np.float32)))
        self.scale = scale

    def forward(self, counts: torch.Tensor) -> torch.Tensor:
        parts = counts.to(torch.float32).split([4, 16, 64, 256, 1024], 1)
        return (torch.cat([torch.sqrt(p / p.sum(1, keepdim=True).clamp(min=1)) for p in parts], 1) - self.centre) / self.scale


class AttenRna(nn.Module):
    """The k-mer network of AttenRNA on raw counts, [B, 1344], to logits [B, classes].

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
    """Multinomial logistic regression, as a layer; two classes get two rows."""
    from sklearn.linear_model import LogisticRegression

    found = LogisticRegression(C=strength, max_iter=500).fit(x, y)
    weight, bias = (np.stack([-v[0], v[0]]) / 2 if len(found.classes_) == 2 else v for v in (found.coef_, found.intercept_))
    layer = nn.Linear(x.shape[1], len(found.classes_))
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(weight))
        layer.bias.copy_(torch.from_numpy(bias))
    return layer


def attenrna(x: torch.Tensor, y: torch.Tensor, val: torch.Tensor, truth: np.ndarray, epochs: int, log: Callable[[str], None]) -> AttenRna:
    """Adam on cross-entropy, as far as it is known; the epoch with the best macro-F1 on `val` stays."""
    torch.manual_seed(1)
    net, best, kept = AttenRna(int(y.max()) + 1), -1.0, {}
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
        if now > best:
            best, kept = now, {k: v.clone() for k, v in net.state_dict().items()}
    net.load_state_dict(kept)
    return net.eval()


def boosting(train: Mapping[str, np.ndarray], y: np.ndarray, val: Mapping[str, np.ndarray], truth: np.ndarray, rounds: int, path: Path) -> None:
    """LightGBM, stopped by `val`, as a graph of ai.onnx.ml that takes the views, [N, width] each, side by side."""
    import lightgbm
    import onnx
    from onnxmltools import convert_lightgbm
    from onnxmltools.convert.common.data_types import FloatTensorType

    x, v = (np.concatenate([part.astype(np.float32) for part in parts.values()], 1) for parts in (train, val))
    model = lightgbm.LGBMClassifier(n_estimators=rounds, learning_rate=0.08, num_leaves=15, colsample_bytree=0.2, subsample=0.8, subsample_freq=1,
                                    min_child_samples=10, n_jobs=1, verbose=-1, random_state=1)
    model.fit(x, y, eval_set=[(v, truth)], callbacks=[lightgbm.early_stopping(20, verbose=False)])
    graph = convert_lightgbm(model, initial_types=[("x", FloatTensorType([None, x.shape[1]]))], target_opset=15, zipmap=False)
    graph = adapt.keep_output(graph, "probabilities")
    del graph.graph.input[:]
    nodes = []
    for name, part in train.items():
        graph.graph.input.append(onnx.helper.make_tensor_value_info(name, onnx.helper.np_dtype_to_tensor_dtype(part.dtype), [None, part.shape[1]]))
        nodes.append(onnx.helper.make_node("Cast", [name], [f"{name}_float"], to=onnx.TensorProto.FLOAT))
    nodes.append(onnx.helper.make_node("Concat", [f"{name}_float" for name in train], ["x"], axis=1))
    for k, node in enumerate(nodes):
        graph.graph.node.insert(k, node)
    adapt.save(adapt.output_width(graph, int(y.max()) + 1), path)
    graphs.prove(path, {name: part[:64] for name, part in val.items()}, {"probabilities": model.predict_proba(v[:64])})


def make(bundle: Path, head: str, task: Task, boosted: Mapping[str, str], a, log: Callable[[str], None]) -> None:
    """Write the rivals of a bundle under its ablation/.

    head: the name of the head; boosted: the views that the boosted trees read, as model.yaml has them; a: the options of `recipe.parser`.
    """
    card = (bundle / "model.yaml").read_text()
    fact = lambda key: re.search(rf"^{key}: (.*)", card, re.M)[1]
    inputs = re.sub(r", example: [^,}]*", "", re.search(r"^inputs:\n((?:  .*\n)+)", card, re.M)[1].rstrip("\n"))
    views = {"length": {"length": LENGTH}, "kmers": {"kmers": kmers([1, 2, 3, 4, 5])}, "boosting": boosted, "attenrna": {"kmers": kmers([3, 4, 5])}}
    for name, wanted in views.items():
        folder = bundle / "ablation" / name
        folder.mkdir(parents=True, exist_ok=True)
        for file in ["labels.tsv", *(m for view in wanted.values() for m in re.findall(r"file: ([\w.]+)", view))]:
            shutil.copy(bundle / file, folder)
        (folder / "model.yaml").write_text(CARD.format(
            id=fact("id"), version=fact("version"), name=name, title=TITLES[name], head=head, inputs=inputs, device=", device: cpu" if name == "boosting" else "",
            views="\n".join(f"  {view}: {line}" for view, line in wanted.items()), names=", ".join(f"{view}: {view}" for view in wanted)))
        graphs.fill_digests(folder)
        of = lambda rows, kind: {v: x for v, x in tensors.encode(a.encode, folder, rows, a.work, f"{name}-{kind}").views.items() if v in wanted}
        train, val = of(task.train, "train"), of(task.val, "val")
        x, v, path = *(next(iter(parts.values())) for parts in (train, val)), folder / "classify.onnx"
        y, truth, some = task.classes, task.val_classes, torch.from_numpy(v[:48])
        if name == "length":
            low, high = np.log(np.quantile(x, (0.001, 0.999)))
            front = Steps(float(low), float(high))
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
            graphs.export(nn.Sequential(front, max(tried.values(), key=lambda t: t[0])[1], Softmax()), some, path, "kmers", "probabilities")
        elif name == "boosting":
            boosting(train, y, val, truth, 5 if a.smoke else 400, path)
        else:
            net = attenrna(torch.from_numpy(x), torch.from_numpy(y), torch.from_numpy(v), truth, 1 if a.smoke else 15, log)
            graphs.export(Folded(net), some, path, "kmers", "probabilities")
        graphs.fill_digests(folder)
        log(f"{name}: {path.stat().st_size:,} bytes")
