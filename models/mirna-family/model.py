"""The network: codes [N, 200] to an embedding [N, W], and the head from there to probabilities [N, 165]."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import nn

LENGTH, PLACES = 200, 50  # nucleotides of the view, places after two halvings


def convolution(inputs: int, outputs: int, kernel: int, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    """Convolution, batch normalisation; written in two dimensions because ONNX Runtime runs those faster."""
    pad = (kernel - 1) // 2 * dilation
    conv = nn.Conv2d(inputs, outputs, (1, kernel), (1, stride), (0, pad), (1, dilation), bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs))


class Tower(nn.Module):
    """A wide first layer of motifs, then dilated residual layers on a quarter of the places, then masked pooling."""

    def __init__(self, width: int, motifs: int, channels: int, dilations: tuple[int, ...]):
        super().__init__()
        self.motifs = convolution(4, motifs, 15, stride=2)
        self.down = convolution(motifs, channels, 3, stride=2)
        self.layers = nn.ModuleList(convolution(channels, channels, 3, dilation=d) for d in dilations)
        self.out = nn.Linear(2 * channels, width)
        self.norm = nn.BatchNorm1d(width)

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """x: [N, 4, 1, 200]; mask: [N, 1, 1, 50], one where the place holds a nucleotide; result [N, width]."""
        x = torch.relu(self.motifs(x))
        x = torch.relu(self.down(x))
        for first, second in zip(self.layers[::2], self.layers[1::2]):
            x = torch.relu(x + second(torch.relu(first(x))))
        x = x * mask
        share = nn.functional.avg_pool2d(mask, (1, PLACES)).clamp(min=1 / LENGTH)  # pooling, as reductions over 50 would
        mean = nn.functional.avg_pool2d(x, (1, PLACES)) / share  # depend on the row's place in a batch
        best = nn.functional.max_pool2d(x, (1, PLACES))
        return self.norm(self.out(torch.cat([mean, best], 1).flatten(1)))


class Embedder(nn.Module):
    """Codes to the joined embeddings of one or more towers."""

    def __init__(self, width: int = 256, motifs: int = 256, channels: int = 128,
                 dilations: tuple[int, ...] = (1, 2, 4, 8), towers: int = 1):
        super().__init__()
        self.register_buffer("letters", torch.arange(4, dtype=torch.int32).reshape(1, 4, 1, 1))
        self.towers = nn.ModuleList(Tower(width // towers, motifs, channels, dilations) for _ in range(towers))

    def forward(self, codes: torch.Tensor) -> torch.Tensor:
        codes = codes.to(torch.int32).unsqueeze(1).unsqueeze(1)
        x = (codes == self.letters).to(torch.float32) + 0.25 * (codes == 4).to(torch.float32)
        mask = (codes[:, :, :, ::4] < 5).to(torch.float32)
        if self.training:
            x = x.contiguous(memory_format=torch.channels_last)
        return torch.cat([tower(x, mask) for tower in self.towers], 1) if len(self.towers) > 1 else self.towers[0](x, mask)


class Head(nn.Module):
    """Embedding to one row of logits per tower, [N, towers, classes]."""

    def __init__(self, width: int, classes: int, towers: int = 1, dropout: float = 0.0):
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.parts = nn.ModuleList(nn.Linear(width // towers, classes) for _ in range(towers))

    def forward(self, embedding: torch.Tensor) -> torch.Tensor:
        parts = self.dropout(torch.relu(embedding)).chunk(len(self.parts), 1)
        return torch.stack([part(x) for part, x in zip(self.parts, parts)], 1)


class Calibration(NamedTuple):
    """How logits become probabilities; fitted on `val`.

    `offset` is taken from the logit of `other`. `floor` is the logit of doubt, one more place in the softmax: weak evidence
    for every family then gives no family a high probability, even where it beats the evidence for the next one. Its share
    goes to `other` as far as `other` wins a sharper softmax, the rest to all families alike. `temperature` divides all.
    """

    temperature: float = 1.0
    offset: float = 0.0
    floor: float = -1e4


SHARPER = 4.0


class Classifier(nn.Module):
    """What is exported: embedding to calibrated probabilities, the mean over the towers.

    The classes and the floor are padded to a multiple of 4, so that the softmax runs the same way at every place of a
    batch.
    """

    def __init__(self, head: Head, calibration: Calibration):
        super().__init__()
        self.classes = head.parts[0].out_features
        self.parts = nn.ModuleList()
        for part in head.parts:
            padded = nn.Linear(part.in_features, -(-(self.classes + 1) // 4) * 4)
            with torch.no_grad():
                padded.weight.zero_()
                padded.bias.fill_(-1e4)
                padded.weight[:self.classes] = part.weight / calibration.temperature
                padded.bias[:self.classes] = part.bias / calibration.temperature
                padded.bias[self.classes - 1] -= calibration.offset / calibration.temperature
                padded.bias[self.classes] = calibration.floor / calibration.temperature
            self.parts.append(padded)
        families = torch.full((1, self.classes), 1 / (self.classes - 1))
        families[0, -1] = 0
        other = torch.zeros(1, self.classes)
        other[0, -1] = 1
        doubt = torch.zeros(1, self.parts[0].out_features)
        doubt[0, self.classes] = -1e4  # takes the place of doubt out of the sharper softmax
        self.register_buffer("families", families)
        self.register_buffer("other", other)
        self.register_buffer("doubt", doubt)

    def forward(self, embedding: torch.Tensor) -> torch.Tensor:
        n, total = self.classes, 0.0
        for part, x in zip(self.parts, torch.relu(embedding).chunk(len(self.parts), 1)):
            z = part(x)
            p = torch.softmax(z, 1)
            won = torch.softmax(SHARPER * z + self.doubt, 1)[:, n - 1:n]
            total = total + p[:, :n] + p[:, n:n + 1] * (won * self.other + (1 - won) * self.families)
        return total / len(self.parts)


def folded(embedder: Embedder) -> Embedder:
    """A copy with every batch normalisation folded into the layer before it."""
    import copy

    from torch.nn.utils.fusion import fuse_conv_bn_eval, fuse_linear_bn_eval

    result = copy.deepcopy(embedder).eval()
    for tower in result.towers:
        for name in ("motifs", "down"):
            setattr(tower, name, fuse_conv_bn_eval(*getattr(tower, name)))
        tower.layers = nn.ModuleList(fuse_conv_bn_eval(*layer) for layer in tower.layers)
        tower.out, tower.norm = fuse_linear_bn_eval(tower.out, tower.norm), nn.Identity()
    return result
