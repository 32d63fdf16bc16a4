"""From networks and trees to the bundle: its two graphs, with the trees' share and a temperature from half of `val`; the other half is for prediction sets (sets.py)."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.metrics import f1_score
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "training"))

import trees as T  # noqa: E402
from data import VIEWS  # noqa: E402
from model import Fusing, Head, Network, Numbers  # noqa: E402
from ribonnx_training import graphs  # noqa: E402
from ribonnx_training.layers import Softmax  # noqa: E402


class Probabilities(nn.Module):
    """Calibrated probabilities [B, C] from the fused vector: a temperature for all classes (Guo et al. 2017)."""

    def __init__(self, head: Head, temperature: float):
        super().__init__()
        self.head, self.softmax, self.temperature = head, Softmax(), temperature

    def forward(self, fused: torch.Tensor) -> torch.Tensor:
        return self.softmax(self.head(fused) / self.temperature)


def temperature(logits: torch.Tensor, truth: torch.Tensor) -> float:
    """The temperature, in hundredths, with the smallest cross-entropy."""
    tried = np.arange(0.3, 3.0, 0.01)
    return round(float(min(tried, key=lambda t: F.cross_entropy(logits / t, truth).item())), 2)


def share(networks: torch.Tensor, trees: torch.Tensor, truth: torch.Tensor) -> float:
    """The trees' share of the logarithms, in twentieths, with the smallest cross-entropy at its own temperature. networks, trees: [N, C]."""
    def loss(part: float) -> float:
        both = (1 - part) * networks + part * trees
        return F.cross_entropy(both / temperature(both, truth), truth).item()

    return min((k / 20 for k in range(15)), key=loss)


def export(numbers: Numbers, networks: list[Network], partner, views: dict[str, np.ndarray], truth: np.ndarray, bundle: Path, log) -> None:
    """Write fuse.onnx and classify.onnx. partner: of trees.fit; views, truth: of `val`, whose rows 0, 2, 4, … give the trees' share and the temperature."""
    with torch.no_grad():
        for weight in (w for n in networks for w in n.parameters() if w.numel() >= 1 << 14):  # stored so, and from here on judged so
            weight.copy_(weight.half().float())
    fusing = Fusing(numbers, networks).eval()
    given, right = [torch.from_numpy(views[v]) for v in VIEWS], torch.from_numpy(truth[::2])
    with torch.no_grad():
        hidden, attention, inputs = (torch.cat(parts) for parts in zip(*(fusing(*(x[k:k + 512] for x in given)) for k in range(0, len(truth), 512))))
        trees = torch.from_numpy(T.log_probabilities(partner, inputs.numpy()))
        fused = torch.cat([hidden, trees], 1)
        part = share(Head(networks, 0.0)(fused)[::2], trees[::2], right)
        head = Head(networks, part).eval()
        heat = temperature(head(fused)[::2], right)
    path = bundle / "fuse.onnx"
    graphs.export(fusing, tuple(x[:64] for x in given), path, list(VIEWS), ["hidden", "attention", "trees"])
    graphs.store_half(path)
    T.join(partner, path, trees.shape[1])
    some = {v: views[v][:512] for v in VIEWS}
    agreement = graphs.prove(path, some, {"fused": fused[:512].numpy(), "attention": attention[:512].numpy()})
    graphs.export(Probabilities(head, heat).eval(), fused[:64].clone(), bundle / "classify.onnx", "fused", "probabilities")
    graphs.fill_digests(bundle)
    with torch.no_grad():
        whole = {"networks": Head(networks, 0.0)(fused), "trees": trees, "both": head(fused)}
    log(", ".join(f"{name}: val weighted F1 {f1_score(truth, scores.argmax(1).numpy(), average='weighted'):.4f}" for name, scores in whole.items()))
    log(f"share of the trees {part}, temperature {heat}, difference to the parts {agreement.difference:.1e}, {sum(f.stat().st_size for f in bundle.glob('*.onnx')):,} bytes of graphs")
