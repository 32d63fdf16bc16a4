"""The networks of rna-type-human and rna-type-mouse: eight tokens of one record, attention among them, a few networks averaged.

Shapes: B records, T = 8 tokens of D = 96 numbers, M networks, C classes, H = 2 heads: the type of a whole transcript, and that of a piece of one. What
tells types apart is not the same in the two (a whole mRNA has a start and an end), so each has a last layer of its own on what they share. Attention is over the tokens of a record, never over the batch or over a single
token (as in AttenRNA, where the softmax is always 1 and the block is two linear maps).
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "training"))

from data import HEADS  # noqa: E402
from ribonnx_training.layers import Softmax  # noqa: E402

TOKENS = ("short-kmers", "kmers-4", "kmers-5", "coding", "length", "junction", "head", "tail")
WIDTH, HIDDEN = 96, 128
DOUBT = 0.3  # the card says what it costs and gives
KS = (1, 2, 3, 4, 5)  # of the view kmers, in its order
SCALES = ((1, 2, 3), (4,), (5,))  # which of them make a token
END, NEAR = 128, 24  # nucleotides of an end that are read, and those next to it whose places count
KNOTS = tuple(5 + 0.5 * k for k in range(13))  # of the logarithm of the length, 148 to 60,000 nucleotides


def by_head(numbers: torch.Tensor) -> torch.Tensor:
    """[B, H C] to [B, H, C]."""
    return numbers.unflatten(1, (len(HEADS), -1))


def signed_log(x: torch.Tensor) -> torch.Tensor:
    return torch.sign(x) * torch.log1p(torch.abs(x))


def ranked(frames: torch.Tensor) -> torch.Tensor:
    """The numbers of three reading frames, [B, 3], from the largest to the smallest. No TopK, no reduction: the same bytes at any place of a batch."""
    a, b, c = frames[:, 0:1], frames[:, 1:2], frames[:, 2:3]
    most, least = torch.maximum(torch.maximum(a, b), c), torch.minimum(torch.minimum(a, b), c)
    middle = torch.maximum(torch.minimum(a, b), torch.minimum(torch.maximum(a, b), c))
    return torch.cat([most, middle, least], 1)


def right_aligned(tail: torch.Tensor) -> torch.Tensor:
    """Codes of the 3' end, uint8 [B, 128] padded with 5 behind, to int64 [B, 128] padded in front, so that the last nucleotide is at the last place."""
    codes = tail.to(torch.int64)
    missing = torch.matmul((codes == 5).to(torch.float32), torch.ones(END, 1)).to(torch.int64)
    place = torch.arange(END)[None] - missing
    return torch.where(place >= 0, codes.gather(1, place.clamp(min=0)), torch.full_like(codes, 5))


class Numbers(nn.Module):
    """What the first six tokens are made of: float [B, n] each, standardised by the training records and cut at six deviations.

    Of k-mers the root of count over expectation in an even sequence, and the logarithm of the raw count beside it; the 28 coding numbers with
    logarithms where they are lengths or counts, and their frames ranked; of the length its logarithm, its square, and what it is above knots.
    """

    def __init__(self):
        super().__init__()
        sizes = [2 * sum(4 ** k for k in scale) for scale in SCALES] + [28 + 7 * 3 + 1, 2 + len(KNOTS), 64]
        for k, size in enumerate(sizes):
            self.register_buffer(f"mean{k}", torch.zeros(size))
            self.register_buffer(f"deviation{k}", torch.ones(size))
        self.sizes = sizes

    def raw(self, kmers: torch.Tensor, junction: torch.Tensor, coding: torch.Tensor, length: torch.Tensor) -> list[torch.Tensor]:
        nucleotides = length.to(torch.float32)
        counts, start, blocks = kmers.to(torch.float32), 0, {}
        for k in KS:
            block = counts[:, start:start + 4 ** k]
            windows = (nucleotides - (k - 1)).clamp(min=1)
            blocks[k] = torch.cat([torch.sqrt(block / windows * 4 ** k), torch.log1p(block)], 1)
            start += 4 ** k
        parts = [torch.cat([blocks[k] for k in scale], 1) for scale in SCALES]
        c, log = torch.nan_to_num(coding, nan=0.0), torch.log(nucleotides)
        shaped = torch.cat([torch.log1p(c[:, 0:6]), c[:, 6:9], signed_log(c[:, 9:12]), torch.log1p(c[:, 12:15]), c[:, 15:20], torch.log1p(c[:, 20:28])], 1)
        frames = [ranked(shaped[:, k:k + 3]) for k in range(0, 15, 3)] + [ranked(c[:, 0:3]) / nucleotides, ranked(c[:, 9:12]) / nucleotides]
        parts.append(torch.cat([shaped, *frames, log], 1))
        parts.append(torch.cat([log, log * log] + [F.relu(log - knot) for knot in KNOTS], 1))
        parts.append(junction.to(torch.float32))
        return parts

    def standardise(self, parts: list[torch.Tensor]) -> None:
        """Take means and deviations from the `raw` parts of training records."""
        for k, part in enumerate(parts):
            getattr(self, f"mean{k}").copy_(part.mean(0))
            getattr(self, f"deviation{k}").copy_(part.std(0) + 1e-3)

    def forward(self, kmers: torch.Tensor, junction: torch.Tensor, coding: torch.Tensor, length: torch.Tensor) -> list[torch.Tensor]:
        parts = self.raw(kmers, junction, coding, length)
        return [((p - getattr(self, f"mean{k}")) / getattr(self, f"deviation{k}")).clamp(-6, 6) for k, p in enumerate(parts)]


class Dense(nn.Sequential):
    """A token from numbers [B, n]."""

    def __init__(self, numbers: int, dropout: float):
        hidden = 2 * WIDTH if numbers > 60 else WIDTH
        super().__init__(nn.Dropout(dropout if numbers > 100 else 0.1), nn.Linear(numbers, hidden), nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden, WIDTH))


class End(nn.Module):
    """A token from the codes of an end, int64 [B, 128]: motifs of eight letters in 32 stretches' maxima, and the nearest letters by place."""

    def __init__(self, near: slice, channels: int = 48):
        super().__init__()
        self.register_buffer("letters", torch.cat([torch.eye(4), torch.zeros(2, 4)]), persistent=False)
        self.near = near
        self.motifs, self.norm = nn.Conv1d(4, channels, 8), nn.BatchNorm1d(channels)
        self.out = nn.Linear(channels * 4 + 4 * NEAR, WIDTH)

    def forward(self, codes: torch.Tensor) -> torch.Tensor:
        letters = F.embedding(codes, self.letters).transpose(1, 2)
        h = F.relu(self.norm(self.motifs(F.dropout(letters, 0.05, self.training))))
        h = F.pad(h, (0, -h.shape[2] % 4)).unflatten(2, (4, -1)).amax(3)
        return self.out(torch.cat([h.flatten(1), letters[:, :, self.near].flatten(1)], 1))


class Network(nn.Module):
    """Tokens, one attention among them with a shortcut past it, and a hidden layer: [B, 128] and attention weights [B, T, T], rows of sum 1.

    tokens: which of TOKENS are there; the rivals of the ablation have fewer.
    """

    def __init__(self, sizes: list[int], classes: int, tokens: tuple[str, ...] = TOKENS, dropout: float = 0.35):
        super().__init__()
        self.tokens = tokens
        places = {"head": slice(0, NEAR), "tail": slice(END - NEAR, END)}
        self.parts = nn.ModuleDict({t: End(places[t]) if t in places else Dense(sizes[TOKENS.index(t)], dropout) for t in tokens})
        self.which = nn.Parameter(torch.randn(len(tokens), WIDTH) * 0.1)
        self.norm = nn.LayerNorm(WIDTH)
        self.query, self.key, self.value = (nn.Linear(WIDTH, WIDTH) for _ in range(3))
        self.hidden = nn.Sequential(nn.Dropout(dropout), nn.Linear(len(tokens) * WIDTH, HIDDEN), nn.ReLU())
        self.out = nn.Sequential(nn.Dropout(dropout), nn.Linear(HIDDEN, len(HEADS) * classes))

    def forward(self, numbers: list[torch.Tensor], head: torch.Tensor, tail: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        given = {**dict(zip(TOKENS, numbers)), "head": head, "tail": tail}
        tokens = F.relu(torch.stack([self.parts[t](given[t]) for t in self.tokens], 1))
        if self.training:  # a token that is dropped can't be leaned on
            tokens = tokens * (torch.rand(tokens.shape[:2]) > 0.1)[:, :, None]
        asked = self.norm(tokens + self.which)
        weights = torch.softmax(torch.matmul(self.query(asked), self.key(asked).transpose(1, 2)) / WIDTH ** 0.5, 2)
        return self.hidden((tokens + torch.matmul(weights, self.value(asked))).flatten(1)), weights

    def logits(self, numbers: list[torch.Tensor], head: torch.Tensor, tail: torch.Tensor) -> torch.Tensor:
        """[B, H, C]."""
        return by_head(self.out(self(numbers, head, tail)[0]))


def for_trees(numbers: list[torch.Tensor], head: torch.Tensor, tail: torch.Tensor) -> torch.Tensor:
    """What the boosted trees read, float [B, 478]: k-mers up to four by their roots, coding, length, junction, and the twelve letters next to each end."""
    return torch.cat([numbers[0][:, :84], numbers[1][:, :256], numbers[3], numbers[4][:, :1], numbers[5],
                      head[:, :12].to(torch.float32), tail[:, END - 12:].to(torch.float32)], 1)


class Fusing(nn.Module):
    """The fusing graph but for the trees: views to the hidden layers of all networks side by side, [B, 128 M], the mean of their attention weights, and
    what the trees read.
    """

    def __init__(self, numbers: Numbers, networks: list[Network]):
        super().__init__()
        self.numbers, self.networks = numbers, nn.ModuleList(networks)

    def forward(self, kmers: torch.Tensor, junction: torch.Tensor, coding: torch.Tensor, length: torch.Tensor, head: torch.Tensor,
                tail: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        numbers, first, last = self.numbers(kmers, junction, coding, length), head.to(torch.int64), right_aligned(tail)
        found = [network(numbers, first, last) for network in self.networks]
        return torch.cat([hidden for hidden, _ in found], 1), sum(weights for _, weights in found) / len(found), for_trees(numbers, first, last)


class Head(nn.Module):
    """Log-probabilities [B, H, C], not summing to one, from the fused vector [B, 128 M + H C]: those of the networks' mean logits and, behind, those of the
    trees, whose share is given for each head. `DOUBT` of the type of a whole transcript is what it is as a piece: no transcript is surely whole, and what
    holds for pieces holds in other databases and species, too.
    """

    def __init__(self, networks: list[Network], shares: list[float]):
        super().__init__()
        self.out, self.softmax = nn.ModuleList([n.out for n in networks]), Softmax()
        self.register_buffer("shares", torch.tensor(shares)[:, None])

    def forward(self, fused: torch.Tensor) -> torch.Tensor:
        logits = sum(out(fused[:, k * HIDDEN:(k + 1) * HIDDEN]) for k, out in enumerate(self.out)) / len(self.out)
        own = (1 - self.shares) * by_head(logits) + self.shares * by_head(fused[:, len(self.out) * HIDDEN:])
        whole, piece = own[:, 0], own[:, 1]
        return torch.stack([torch.log((1 - DOUBT) * self.softmax(whole) + DOUBT * self.softmax(piece)), piece], 1)
