"""Layers to put around an existing PyTorch network, so that it takes codes and returns final values."""

from __future__ import annotations

import torch
from torch import nn

from .layouts import Layout


class OneHot(nn.Module):
    """Codes of `nucleotides@1`, uint8 [B, L], to a one-hot tensor, float32, in any layout.

    The arguments are those of `layouts.Layout`, which tells the errors too. The shape of the result is that of `axes`:
    [B, 4, L] for `B4L`, [B, 1, 4, L] for `B14L`, [B, 4 L] for `B(4L)`.
    """

    def __init__(self, axes: str = "B4L", order: str = "ACGU", unknown: float = 0.0, pad: float = 0.0):
        super().__init__()
        self.layout = Layout(axes, order, unknown, pad)
        self.register_buffer("table", torch.from_numpy(self.layout.table()), persistent=False)

    def forward(self, codes: torch.Tensor) -> torch.Tensor:
        x = nn.functional.embedding(codes.to(torch.int32), self.table)
        if self.layout.channels_first:
            x = x.transpose(1, 2)
        if self.layout.flat:
            return x.flatten(1)
        for place in self.layout.ones:
            x = x.unsqueeze(place)
        return x


class Softmax(nn.Module):
    """Logits, float [B, classes], to probabilities of the same shape, the same bytes at any place of a batch.

    A softmax over a width that is no multiple of 4 may round differently from row to row, so the classes are filled up.
    """

    def forward(self, logits: torch.Tensor) -> torch.Tensor:
        classes = logits.shape[1]
        filled = nn.functional.pad(logits, (0, -classes % 4), value=-3e4)
        return torch.softmax(filled, 1)[:, :classes]


class WithCodes(nn.Module):
    """A trained network behind `OneHot`, and behind it what makes its output final.

    net: takes the one-hot tensor alone and returns [B, n] (or [B]).
    final: `softmax` (logits of one label per record), `sigmoid` (of many), `none` (already probabilities, or numbers).
    The other arguments are those of `OneHot`. Raises ValueError if `final` is none of these.

    Input: uint8 [B, L]. Output: what the network returns after `final`.
    """

    def __init__(self, net: nn.Module, axes: str = "B4L", order: str = "ACGU", unknown: float = 0.0, pad: float = 0.0,
                 final: str = "none"):
        super().__init__()
        finals = {"softmax": Softmax, "sigmoid": nn.Sigmoid, "none": nn.Identity}
        if final not in finals:
            raise ValueError(f"final is {final!r}; one of {', '.join(finals)} is expected")
        self.one_hot, self.net, self.final = OneHot(axes, order, unknown, pad), net, finals[final]()

    def forward(self, codes: torch.Tensor) -> torch.Tensor:
        return self.final(self.net(self.one_hot(codes)))
