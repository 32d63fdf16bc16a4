"""The networks of rbp-multiview: one per view, their fusion by attention, and the rivals of the ablation.

Shapes: B records, V views (rna, protein, dipeptides), 202 numbers per view, K = 68 numbers per token, L labels.
The pattern is that of MMFA (Han et al.) as docs/rbp-multiview.md restates it: attention within a record, never across the batch.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

VIEWS = ("rna", "protein", "dipeptides")
LENGTH = 101  # nucleotides of a window, and codons of its three reading frames together
FEATURE, TOKEN = 202, 68
FRAME = 34  # codons of a frame, the last one filled up


def numbered(codes: torch.Tensor, k: int) -> torch.Tensor:
    """Numbers of the k-mers of codes, int64 [B, LENGTH] to [B, LENGTH - k + 1]; 4^k where a letter is ambiguous or missing."""
    letters, count = codes.clamp(max=3), LENGTH - k + 1
    number, hole = letters[:, :count], codes[:, :count] > 3
    for i in range(1, k):
        number = number * 4 + letters[:, i:count + i]
        hole = hole | (codes[:, i:count + i] > 3)
    return torch.where(hole, torch.full_like(number, 4 ** k), number)


class Profiles(nn.Module):
    """Embeddings of words summed over the positions under a few learned weightings, int64 [B, positions] to [B, weightings * width]."""

    def __init__(self, words: int, positions: int, width: int = 48, weightings: int = 4):
        super().__init__()
        self.table = nn.Embedding(words, width)
        nn.init.normal_(self.table.weight, std=0.1)
        self.weight = nn.Parameter(torch.randn(weightings, positions) * 0.1)
        self.width = weightings * width

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        return torch.matmul(torch.softmax(self.weight, 1), self.table(words)).flatten(1)


class Filters(nn.Module):
    """Motif detectors: a row of a table per word and place in the window, summed, ReLU. int64 [..., positions] to [..., positions - reach, channels].

    A convolution over one-hot letters has a weight per letter and place; this has one per word, so that neighbours within a word count together.
    """

    def __init__(self, words: int, places: tuple[int, ...], channels: int = 64):
        super().__init__()
        self.places = places
        self.tables = nn.ModuleList([nn.Embedding(words, channels) for _ in places])
        for table in self.tables:
            nn.init.normal_(table.weight, std=0.3)
        self.bias = nn.Parameter(torch.full((channels,), -0.3))

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        count = words.shape[-1] - self.places[-1]
        return F.relu(sum(table(words[..., p:p + count]) for p, table in zip(self.places, self.tables)) + self.bias)


class Dense(nn.Sequential):
    """What stands behind the features of a view: [B, width] to its feature [B, 202]."""

    def __init__(self, width: int, hidden: int = 512, dropout: float = 0.3):
        super().__init__(nn.BatchNorm1d(width), nn.Dropout(dropout), nn.Linear(width, hidden), nn.BatchNorm1d(hidden), nn.ReLU(),
                         nn.Dropout(dropout), nn.Linear(hidden, FEATURE), nn.ReLU())


class Residual(nn.Module):
    """A convolution of five positions, `dilation` apart, beside a shortcut, float [B, channels, positions] to the same shape.

    In training whole channels are dropped, on the branch alone.
    """

    def __init__(self, channels: int, dilation: int, dropout: float = 0.2):
        super().__init__()
        self.convolution = nn.Conv1d(channels, channels, 5, padding=2 * dilation, dilation=dilation, bias=False)
        self.norm, self.dropout = nn.BatchNorm1d(channels), nn.Dropout1d(dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + F.relu(self.norm(self.convolution(self.dropout(x))))


class Rna(nn.Module):
    """Codes of `nucleotides@1`, uint8 [B, 101], to [B, 202]: a residual convolution net, and words of five and six letters by position."""

    POOLED, STRETCHES = 34, 8  # positions behind the first pooling (of three), and parts of which the maxima are taken

    def __init__(self, channels: int = 96, dilations: tuple[int, ...] = (1, 2, 4), words: tuple[int, ...] = (5, 6)):
        super().__init__()
        self.register_buffer("letters", torch.cat([torch.eye(4), torch.full((2, 4), 0.25)]), persistent=False)
        self.first, self.norm = nn.Conv1d(4, channels, 11, padding=5, bias=False), nn.BatchNorm1d(channels)
        self.blocks = nn.Sequential(*(Residual(channels, d) for d in dilations))
        self.words = nn.ModuleDict({str(k): Profiles(4 ** k + 1, LENGTH - k + 1) for k in words})
        self.dense = Dense(channels * (self.STRETCHES + 2) + sum(p.width for p in self.words.values()))
        self.register_buffer("mean", torch.full((self.POOLED, 1), 1 / self.POOLED), persistent=False)

    def forward(self, codes: torch.Tensor) -> torch.Tensor:
        h = self.first(F.embedding(codes.to(torch.int32), self.letters).transpose(1, 2))
        h = F.pad(h, (0, 3 * self.POOLED - LENGTH)).unflatten(2, (self.POOLED, 3)).amax(3)
        h = self.blocks(F.relu(self.norm(h)))
        stretches = F.pad(h, (0, -self.POOLED % self.STRETCHES)).unflatten(2, (self.STRETCHES, -1)).amax(3)
        numbers = codes.to(torch.int64)
        parts = [stretches.flatten(1), stretches.amax(2), torch.matmul(h, self.mean).flatten(1)]  # a MatMul: a mean over the last axis would depend on the row's place
        return self.dense(torch.cat(parts + [profiles(numbered(numbers, int(k))) for k, profiles in self.words.items()], 1))


class Protein(nn.Module):
    """Codes of `translation@1`, uint8 [B, 101], to [B, 202]: motifs of four residues of a frame in a residual convolution net, pairs by position.

    Behind the first layer the three frames of a codon's place are pooled, so which one a motif stands in does not matter.
    """

    CODES, STRETCHES = 22, 8

    def __init__(self, channels: int = 96, dilations: tuple[int, ...] = (1, 2)):
        super().__init__()
        self.filters = Filters(self.CODES, (0, 1, 2, 3), channels)
        self.blocks = nn.Sequential(*(Residual(channels, d) for d in dilations))
        self.pairs = Profiles(self.CODES ** 2, 3 * (FRAME - 1))
        self.dense = Dense(channels * (self.STRETCHES + 2) + self.pairs.width)
        self.register_buffer("mean", torch.full((FRAME - 3, 1), 1 / (FRAME - 3)), persistent=False)

    def forward(self, codes: torch.Tensor) -> torch.Tensor:
        frames = F.pad(codes.to(torch.int64), (0, 3 * FRAME - LENGTH), value=self.CODES - 1).clamp(max=self.CODES - 1).unflatten(1, (3, FRAME))
        h = self.blocks(self.filters(frames).amax(1).transpose(1, 2))
        stretches = F.pad(h, (0, -h.shape[2] % self.STRETCHES)).unflatten(2, (self.STRETCHES, -1)).amax(3)
        pairs = self.pairs((frames[:, :, :-1] * self.CODES + frames[:, :, 1:]).flatten(1))
        return self.dense(torch.cat([stretches.flatten(1), stretches.amax(2), torch.matmul(h, self.mean).flatten(1), pairs], 1))


class Dipeptides(nn.Module):
    """Counts of `dipeptides@1`, uint8 [B, 440], to [B, 202]: their square roots through two layers."""

    def __init__(self, hidden: int = 768):
        super().__init__()
        self.dense = nn.Sequential(nn.Dropout(0.2), nn.Linear(440, hidden), nn.BatchNorm1d(hidden), nn.ReLU(), nn.Dropout(0.5),
                                   nn.Linear(hidden, FEATURE), nn.ReLU())

    def forward(self, counts: torch.Tensor) -> torch.Tensor:
        return self.dense(torch.sqrt(counts.to(torch.float32)))


NETWORKS = {"rna": Rna, "protein": Protein, "dipeptides": Dipeptides}


class Reverse(torch.autograd.Function):
    """The same forwards, the negative gradient backwards (Ganin and Lempitsky 2015): what follows learns, what precedes unlearns."""

    @staticmethod
    def forward(context, x: torch.Tensor) -> torch.Tensor:
        return x.view_as(x)

    @staticmethod
    def backward(context, gradient: torch.Tensor) -> torch.Tensor:
        return -gradient


class Attention(nn.Module):
    """Fusion of a record's views: private parts and a common part are four tokens; each view asks all of them.

    features: [B, 202] per view, zeros where one is missing; present: float [B, V], 1 where a view is there, 0 where it is missing.
    Returns the fused vector [B, (V + 1) K] and the attention weights [B, V, V + 1], rows of sum 1; tokens are the private parts and,
    last, the common part. A missing view is no token, and asks nothing.
    """

    def __init__(self):
        super().__init__()
        self.private, self.common, self.query = (nn.ModuleList([nn.Linear(FEATURE, TOKEN) for _ in VIEWS]) for _ in range(3))
        self.key, self.value = nn.Linear(TOKEN, TOKEN), nn.Linear(TOKEN, TOKEN)
        self.project = nn.Linear(len(VIEWS) * TOKEN, self.width)
        self.discriminator = nn.Linear(TOKEN, len(VIEWS))

    width = (len(VIEWS) + 1) * TOKEN

    def tokens(self, features: list[torch.Tensor], present: torch.Tensor) -> tuple[list[torch.Tensor], list[torch.Tensor], torch.Tensor]:
        """Private parts and common parts per view, [B, K] each, and the mean of the common parts over the views that are there."""
        here = [present[:, v:v + 1] for v in range(len(VIEWS))]
        private = [F.relu(layer(f)) * there for layer, f, there in zip(self.private, features, here)]
        common = [F.relu(layer(f)) for layer, f in zip(self.common, features)]
        return private, common, sum(c * there for c, there in zip(common, here)) / sum(here).clamp(min=1)

    def forward(self, features: list[torch.Tensor], present: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        private, _, shared = self.tokens(features, present)
        tokens = torch.stack([*private, shared], 1)
        keys, values = self.key(tokens).transpose(1, 2), self.value(tokens)
        missing = (torch.cat([present, torch.ones_like(present[:, :1])], 1) - 1) * 1e4
        asked = torch.stack([layer(f) for layer, f in zip(self.query, features)], 1)
        weights = torch.softmax(torch.matmul(asked, keys) / TOKEN ** 0.5 + missing[:, None], 2)
        heads = torch.matmul(weights, values) * present[:, :, None]
        return F.relu(self.project(heads.flatten(1))) + tokens.flatten(1), weights

    def losses(self, features: list[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """(adversarial, orthogonality) of whole records.

        The first is the discriminator's cross entropy of telling the view from its common part, reversed for what precedes it (SIMM, Wu et al.
        2019); the second the mean squared cosine between private and common parts.
        """
        private, common, shared = self.tokens(features, torch.ones(len(features[0]), len(VIEWS)))
        told = sum(F.cross_entropy(self.discriminator(Reverse.apply(c)), torch.full((len(c),), v)) for v, c in enumerate(common))
        shared = F.normalize(shared, dim=1)
        return told / len(VIEWS), sum(((F.normalize(p, dim=1) * shared).sum(1) ** 2).mean() for p in private) / len(VIEWS)


class Concatenation(nn.Module):
    """The rival: features side by side, one layer. A missing view's feature comes in as `mean`, that of the training records."""

    width = (len(VIEWS) + 1) * TOKEN

    def __init__(self, dropout: float = 0.4):
        super().__init__()
        self.layer = nn.Sequential(nn.Dropout(dropout), nn.Linear(len(VIEWS) * FEATURE, self.width), nn.ReLU())

    def forward(self, features: list[torch.Tensor], present: torch.Tensor | None = None) -> tuple[torch.Tensor, None]:
        return self.layer(torch.cat(features, 1)), None


class Shortcut(nn.Module):
    """The head behind attention: logits that the views have by themselves, and what the fused vector adds to them, which is nothing at first."""

    def __init__(self, labels: int, dropout: float):
        super().__init__()
        self.dropout, self.layer = nn.Dropout(dropout), nn.Linear(Attention.width, labels)
        nn.init.zeros_(self.layer.weight)
        nn.init.zeros_(self.layer.bias)

    def forward(self, fused: torch.Tensor) -> torch.Tensor:
        return fused[:, Attention.width:] + self.layer(self.dropout(fused[:, :Attention.width]))


class Model(nn.Module):
    """View networks, a fusion, and the logits of the labels.

    fusion: `attention`, `concatenation`, or the name of a view, which then is all that is read. A single view's logits are linear in
    its feature; so are each view's own logits, whose mean over the views that are there goes past the attention to the head.
    """

    def __init__(self, fusion: str, labels: int, dropout: float = 0.4):
        super().__init__()
        self.views = VIEWS if fusion not in VIEWS else (fusion,)
        self.networks = nn.ModuleDict({v: NETWORKS[v]() for v in self.views})
        self.own = nn.ModuleDict({v: nn.Sequential(nn.Dropout(dropout), nn.Linear(FEATURE, labels)) for v in self.views})
        if fusion == "attention":
            self.fusion, self.head, self.from_common = Attention(), Shortcut(labels, dropout), nn.Linear(TOKEN, labels)
        elif fusion == "concatenation":
            self.fusion, self.head = Concatenation(), nn.Sequential(nn.Dropout(dropout), nn.Linear(Concatenation.width, labels))
        else:
            self.fusion = None
        self.attends = fusion == "attention"

    def features(self, views: dict[str, torch.Tensor]) -> list[torch.Tensor]:
        return [self.networks[v](views[v]) for v in self.views]

    def fuse(self, features: list[torch.Tensor], present: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
        """What the fusing graph returns: the fused vector, [B, 272] and behind it, for attention, the views' logits [B, labels]; the weights."""
        fused, weights = self.fusion(features, present)
        if self.attends:
            own = sum(self.own[v](f) * present[:, k:k + 1] for k, (v, f) in enumerate(zip(self.views, features)))
            fused = torch.cat([fused, own / sum(present[:, k:k + 1] for k in range(len(VIEWS))).clamp(min=1)], 1)
        return fused, weights

    def logits(self, features: list[torch.Tensor], present: torch.Tensor) -> torch.Tensor:
        """Logits [B, labels] from features of the views, whatever they are where `present` is 0 (a stand-in, in a concatenation)."""
        return self.head(self.fuse(features, present)[0]) if self.fusion else self.own[self.views[0]](features[0])

    def forward(self, views: dict[str, torch.Tensor]) -> torch.Tensor:
        features = self.features(views)
        return self.logits(features, torch.ones(len(features[0]), len(self.views)))


@torch.no_grad()
def all_logits(model: Model, views: dict[str, torch.Tensor]) -> np.ndarray:
    """Logits [N, labels] of all rows, outside of training."""
    model.eval()
    count = len(next(iter(views.values())))
    return np.concatenate([model({v: views[v][k:k + 1024] for v in model.views}).numpy() for k in range(0, count, 1024)])
