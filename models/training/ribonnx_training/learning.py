"""A network that learns by AdamW with one cycle of the rate, and the exponential mean of its weights. Needs torch."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Iterator

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


class Learner:
    """One step after the other; gradients are cut at a norm of `clip`.

    rate: the largest of the cycle, which rises in the first part `rise` of the steps; decay: of AdamW; most, early: of `Averaged`.
    """

    def __init__(self, model: nn.Module, rate: float, decay: float, steps: int, rise: float, most: float, early: int = 0, clip: float = 1.0):
        self.model, self.clip = model, clip
        self.optimiser = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=decay)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(self.optimiser, rate, total_steps=steps, pct_start=rise)
        self.averaged = Averaged(model, most, early)

    def step(self, loss: torch.Tensor) -> float:
        """Learn from the loss of a batch, and return it."""
        self.optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
        self.optimiser.step()
        self.schedule.step()
        self.averaged.add(self.model)
        return loss.item()

    def settle(self) -> None:
        """Put the mean in, for good."""
        self.model.load_state_dict(self.averaged.mean)

    @contextmanager
    def settled(self) -> Iterator[None]:
        """The mean is in for the moment, to be judged."""
        plain = {k: v.clone() for k, v in self.model.state_dict().items()}
        self.settle()
        yield
        self.model.load_state_dict(plain)
