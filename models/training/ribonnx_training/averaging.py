"""An exponential mean of a network's weights. Needs torch."""

from __future__ import annotations

import torch
from torch import nn


class Averaged:
    """The mean over the steps of training, which is what is judged and exported.

    Of the old mean a share of (early + step) / (10 + step) is kept, `most` at the highest, so that the beginning is soon forgotten.
    """

    def __init__(self, model: nn.Module, most: float, early: int = 0):
        self.mean = {k: v.clone() for k, v in model.state_dict().items()}
        self.most, self.early, self.steps = most, early, 0

    @torch.no_grad()
    def add(self, model: nn.Module) -> None:
        self.steps += 1
        kept = min(self.most, (self.early + self.steps) / (10 + self.steps))
        for name, value in model.state_dict().items():
            if value.dtype.is_floating_point:
                self.mean[name].lerp_(value, 1 - kept)
            else:
                self.mean[name].copy_(value)
