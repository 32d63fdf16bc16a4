"""The network of srna-expression: experts on standardised log-CPM, the mean of their logits, and the contributions to them.

Shapes: B samples, F features, E experts, L labels of all heads together.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "training"))

from ribonnx_training.layers import Softmax  # noqa: E402

CLAMP = 4.0  # standard deviations
STRANGE = 0.02  # share of missing features from which a table is taken for a foreign one


class Standardise(nn.Module):
    """Counts, float [B, F] with NaN for what the table lacks, to standardised log2(CPM + 1), float [B, F].

    Counts per million are of the features that are there. What is missing becomes 0, the mean of the training samples.
    """

    def __init__(self, mean: torch.Tensor, deviation: torch.Tensor):
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("scale", 1 / deviation)
        self.register_buffer("ones", torch.ones(len(mean), 1))

    def logarithms(self, counts: torch.Tensor) -> torch.Tensor:
        there = torch.where(torch.isnan(counts), torch.zeros_like(counts), counts)
        total = (there @ self.ones).clamp(min=1.0)  # a MatMul: a sum over the last axis would depend on the row's place
        return torch.log2(there * (1e6 / total) + 1)

    def scaled(self, logarithms: torch.Tensor) -> torch.Tensor:
        return ((logarithms - self.mean) * self.scale).clamp(-CLAMP, CLAMP)

    def forward(self, counts: torch.Tensor) -> torch.Tensor:
        z = self.scaled(self.logarithms(counts))
        return torch.where(torch.isnan(counts), torch.zeros_like(z), z)

    def missing(self, counts: torch.Tensor) -> torch.Tensor:
        """Share of the features that the table lacks, float [B, 1]."""
        return torch.isnan(counts).float() @ self.ones / len(self.mean)


class Expert(nn.Module):
    """Two hidden layers and one linear layer for the logits of all heads, [B, F] to [B, L]."""

    def __init__(self, features: int, labels: int, hidden: int, inputs: float = 0.1, dropout: float = 0.4):
        super().__init__()
        self.trunk = nn.Sequential(
            nn.Dropout(inputs), nn.Linear(features, hidden), nn.BatchNorm1d(hidden), nn.ReLU(), nn.Dropout(dropout),
            nn.Linear(hidden, hidden // 2), nn.BatchNorm1d(hidden // 2), nn.ReLU(), nn.Dropout(dropout))
        self.heads = nn.Linear(hidden // 2, labels)

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        return self.heads(self.trunk(z))

    def layers(self) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """(weight [out, in], bias [out]) of the three layers, the normalisation folded in."""
        found = []
        for linear, norm in ((self.trunk[1], self.trunk[2]), (self.trunk[5], self.trunk[6])):
            gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            found.append((linear.weight * gain[:, None], (linear.bias - norm.running_mean) * gain + norm.bias))
        found.append((self.heads.weight, self.heads.bias))
        return [(w.detach().clone(), b.detach().clone()) for w, b in found]


class Folded(nn.Module):
    """An expert as it is exported. Logits are centred over the labels of each head: softmax does not see it, readers do."""

    def __init__(self, expert: Expert, sizes: list[int]):
        super().__init__()
        (w1, b1), (w2, b2), (w3, b3) = expert.layers()
        w3, b3 = (torch.cat([part - part.mean(0, keepdim=True) for part in torch.split(t, sizes)]) for t in (w3, b3))
        for name, value in dict(w1=w1, b1=b1, w2=w2, b2=b2, w3=w3, b3=b3).items():
            self.register_buffer(name, value.contiguous())
        # The reference is z = 0: every feature at the mean of the training samples.
        one = torch.relu(b1)
        two = torch.relu(w2 @ one + b2)
        self.register_buffer("a1", b1.clone())
        self.register_buffer("a2", w2 @ one + b2)
        self.register_buffer("reference", w3 @ two + b3)

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        h = torch.relu(z @ self.w1.T + self.b1)
        return torch.relu(h @ self.w2.T + self.b2) @ self.w3.T + self.b3

    def contributions(self, z: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(contributions [B, L, F], logits minus those of the reference [B, L]).

        DeepLIFT's rescale rule (Shrikumar et al. 2017, PMLR 70:3145, section 3.2): the multiplier of a ReLU is the
        ratio of the differences from the reference behind and before it; multipliers chain like derivatives.
        """
        a1 = z @ self.w1.T + self.b1
        h1 = torch.relu(a1)
        a2 = h1 @ self.w2.T + self.b2
        logits = torch.relu(a2) @ self.w3.T + self.b3
        m2 = self.w3 * _slope(a2, self.a2)[:, None, :]  # [B, L, hidden / 2]
        m1 = (m2 @ self.w2) * _slope(a1, self.a1)[:, None, :]  # [B, L, hidden]
        return (m1 @ self.w1) * z[:, None, :], logits - self.reference


def _slope(a: torch.Tensor, reference: torch.Tensor) -> torch.Tensor:
    """(relu(a) - relu(reference)) / (a - reference); where both agree to 1e-5, the derivative."""
    difference = a - reference
    close = difference.abs() < 1e-5
    ratio = (torch.relu(a) - torch.relu(reference)) / torch.where(close, torch.ones_like(difference), difference)
    return torch.where(close, (a > 0).to(a.dtype), ratio)


class Mixture(nn.Module):
    """Mean logits of the experts and a linear part, [B, F] counts to [B, L].

    A table that lacks over 2 % of the features comes from elsewhere: the experts that were trained for that (`foreign`)
    answer for it, the others for the rest.

    linear: (weight [L, F], bias [L]) of logits that are added; None adds nothing.
    """

    def __init__(self, standardise: Standardise, experts: list[Folded], foreign: list[bool],
                 linear: tuple[torch.Tensor, torch.Tensor] | None = None):
        super().__init__()
        self.standardise, self.experts = standardise, nn.ModuleList(experts)
        kept = torch.tensor(foreign, dtype=torch.float32)
        home = 1 - kept if 0 < kept.sum() < len(foreign) else torch.ones(len(foreign))
        kept = kept if kept.sum() else home
        self.register_buffer("home", home / home.sum())
        self.register_buffer("foreign", kept / kept.sum())
        labels = len(experts[0].reference)
        weight, bias = linear or (torch.zeros(labels, len(standardise.mean)), torch.zeros(labels))
        self.register_buffer("weight", weight)
        self.register_buffer("bias", bias)

    def shares(self, counts: torch.Tensor) -> torch.Tensor:
        """Of each expert in the mean, [B, E], sums of 1."""
        return torch.where(self.standardise.missing(counts) > STRANGE, self.foreign[None], self.home[None])

    def forward(self, counts: torch.Tensor) -> torch.Tensor:
        z, share = self.standardise(counts), self.shares(counts)
        return z @ self.weight.T + self.bias + sum(expert(z) * share[:, k:k + 1] for k, expert in enumerate(self.experts))

    def contributions(self, counts: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """As of an expert; a linear part contributes weight times value."""
        z, share = self.standardise(counts), self.shares(counts)
        parts, differences = zip(*(expert.contributions(z) for expert in self.experts))
        return (self.weight[None] * z[:, None, :] + sum(p * share[:, k:k + 1, None] for k, p in enumerate(parts)),
                z @ self.weight.T + sum(d * share[:, k:k + 1] for k, d in enumerate(differences)))


class Probabilities(nn.Module):
    """The classifying graph: counts [B, F] to one tensor of probabilities per head."""

    def __init__(self, mixture: Mixture, sizes: list[int], temperatures: list[float]):
        super().__init__()
        self.mixture, self.sizes, self.temperatures, self.softmax = mixture, sizes, temperatures, Softmax()

    def forward(self, counts: torch.Tensor) -> tuple[torch.Tensor, ...]:
        parts = torch.split(self.mixture(counts), self.sizes, 1)
        return tuple(self.softmax(p / t) for p, t in zip(parts, self.temperatures))


class Contributions(nn.Module):
    """The explaining graph: counts [B, F] to contributions [B, labels, F] and differences [B, labels] per head."""

    def __init__(self, mixture: Mixture, sizes: list[int]):
        super().__init__()
        self.mixture, self.sizes = mixture, sizes

    def forward(self, counts: torch.Tensor) -> tuple[torch.Tensor, ...]:
        parts, differences = self.mixture.contributions(counts)
        return (*torch.split(parts, self.sizes, 1), *torch.split(differences, self.sizes, 1))
