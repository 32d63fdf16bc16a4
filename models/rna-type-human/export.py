"""From networks and trees to the bundle: its two graphs, with the trees' shares and temperatures from half of `val`; the other half is for prediction sets (sets.py)."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Callable

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.metrics import f1_score
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "training"))

import trees as T  # noqa: E402
from data import HEADS, VIEWS  # noqa: E402
from model import Fusing, Head, Network, Numbers  # noqa: E402
from ribonnx_training import graphs, metrics, recipe  # noqa: E402
from ribonnx_training.layers import Softmax  # noqa: E402

RECALL = 0.995  # of the transcripts of `val` that get a type


class Probabilities(nn.Module):
    """Calibrated probabilities [B, C] of each head from the fused vector: a temperature for all classes of a head (Guo et al. 2017)."""

    def __init__(self, head: Head, temperatures: list[float]):
        super().__init__()
        self.head, self.softmax, self.temperatures = head, Softmax(), temperatures

    def forward(self, fused: torch.Tensor) -> tuple[torch.Tensor, ...]:
        found = self.head(fused)
        return tuple(self.softmax(found[:, k] / t) for k, t in enumerate(self.temperatures))


def temperature(logits: torch.Tensor, truth: torch.Tensor) -> float:
    """The temperature, in hundredths, with the smallest cross-entropy."""
    tried = np.arange(0.3, 3.0, 0.01)
    return round(float(min(tried, key=lambda t: F.cross_entropy(logits / t, truth).item())), 2)


def share(answer: Callable[[float], torch.Tensor], truth: torch.Tensor) -> float:
    """The trees' share, in twentieths, with the smallest cross-entropy at its own temperature. answer(share): log-probabilities [N, C]."""
    def loss(part: float) -> float:
        found = answer(part)
        return F.cross_entropy(found / temperature(found, truth), truth).item()

    return min((k / 20 for k in range(15)), key=loss)


def export(numbers: Numbers, networks: list[Network], partners: list, views: list[dict[str, np.ndarray]], truth: np.ndarray, strange: dict[str, np.ndarray],
           bundle: Path, log) -> None:
    """Write fuse.onnx and classify.onnx, and the threshold of the head `type`. partners: of trees.fit, for each head; views, for each head, and truth: of
    `val`, whose rows 0, 2, 4, … give the trees' shares and the temperatures; strange: views of RNA of no type.
    """
    with torch.no_grad():
        for weight in (w for n in networks for w in n.parameters() if w.numel() >= 1 << 14):  # stored so, and from here on judged so
            weight.copy_(weight.half().float())
    fusing = Fusing(numbers, networks).eval()

    @torch.no_grad()
    def fuse(views: dict[str, np.ndarray]) -> tuple[torch.Tensor, torch.Tensor]:
        given = [torch.from_numpy(views[v]) for v in VIEWS]
        hidden, attention, inputs = (torch.cat(parts) for parts in zip(*(fusing(*(x[j:j + 512] for x in given)) for j in range(0, len(given[0]), 512))))
        return torch.cat([hidden, *(torch.from_numpy(T.log_probabilities(p, inputs.numpy())) for p in partners)], 1), attention

    right, fused, shares, heats = torch.from_numpy(truth), {}, [0.0] * len(HEADS), [1.0] * len(HEADS)
    with torch.no_grad():
        for k, name in reversed(list(enumerate(HEADS))):  # the first head asks the second
            fused[k] = fuse(views[k])
            answer = lambda part: Head(networks, [*shares[:k], part, *shares[k + 1:]])(fused[k][0])[:, k]
            shares[k] = share(lambda part: answer(part)[::2], right[::2])
            heats[k] = temperature(answer(shares[k])[::2], right[::2])
            for who, part in (("networks", 0.0), ("trees", 1.0), ("both", shares[k])):
                log(f"{name}, {who}: val weighted F1 {f1_score(truth, answer(part).argmax(1).numpy(), average='weighted'):.4f}")
    path = bundle / "fuse.onnx"
    some = {v: views[0][v][:512] for v in VIEWS}
    graphs.export(fusing, tuple(torch.from_numpy(some[v][:64]) for v in VIEWS), path, list(VIEWS), ["hidden", "attention", "trees"])
    graphs.store_half(path)
    T.join(partners, path)
    agreement = graphs.prove(path, some, {"fused": fused[0][0][:512].numpy(), "attention": fused[0][1][:512].numpy()})
    answering = Probabilities(Head(networks, shares), heats).eval()
    graphs.export(answering, fused[0][0][:64].clone(), bundle / "classify.onnx", "fused", [h.replace("-", "_") for h in HEADS])
    graphs.fill_digests(bundle)
    with torch.no_grad():
        sure, strange_sure = (answering(f)[0].amax(1).numpy() for f in (fused[0][0], fuse(strange)[0]))
    at = math.floor(metrics.threshold_at_recall(sure, RECALL) * 1000) / 1000
    recipe.fill_threshold(bundle, HEADS[0], at, {
        "rows": "val", "negatives": "other non-coding RNAs of val", "true-positive-rate": metrics.accepted(sure, at),
        "false-positive-rate": metrics.accepted(strange_sure, at), "auroc": metrics.auroc(sure, strange_sure), "temperature": heats[0]})
    log(f"threshold {at}, which accepts {metrics.accepted(strange_sure, at):.3f} of the RNA of no type; shares of the trees {shares}, temperatures {heats}, difference to the parts {agreement.difference:.1e}, {sum(f.stat().st_size for f in bundle.glob('*.onnx')):,} bytes of graphs")
