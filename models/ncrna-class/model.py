"""The networks of ncrna-class: what reads the sequence, tokens of one record, attention over them, and the class; and the graphs that are exported.

Shapes: B records, L nucleotides, P places (a place is four nucleotides), T = 12 tokens of D = 64 numbers, C = 13 classes.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from ribonnx_training.layers import Softmax

TOKENS = ("motifs", "content", "start", "middle", "end", "stems", "k1", "k2", "k3", "k4", "k5", "length")
READ = 6  # tokens that the network of the sequence makes, the first ones
KMERS = (1, 2, 3, 4, 5)
TOKEN, FUSED = 64, 256
STEPS = 4  # nucleotides of a place
DISTANCES = ((10, 20), (20, 40), (40, 100), (100, 1 << 20))  # of the two ends of a stem, nucleotides
LOOP = 4  # least distance of two partners


def stems(codes: torch.Tensor) -> torch.Tensor:
    """How well each position can pair, uint8 [B, L] to float [B, 8, L]: the best stem of four stacked pairs by the distance of its ends, partners to the 3' side, then to the 5' side.

    A stem's four pairs count 1 (G-C), 0.8 (A-U), 0.4 (G-U) and -1 (anything else); what is above 2 of 4 stays. It is 1 for four G-C.
    """
    pairs = torch.full((6, 6), -1.0)
    for a, b, worth in ((1, 2, 1.0), (0, 3, 0.8), (2, 3, 0.4)):
        pairs[a, b] = pairs[b, a] = worth
    length = codes.shape[1]
    hot = F.embedding(codes.to(torch.int32), torch.eye(6))  # [B, L, 6]
    mine, other = torch.matmul(hot, pairs).transpose(1, 2), torch.flip(hot, [1])  # the partner's place is counted from the 3' end
    cells = F.pad(torch.matmul(other, mine), (0, 3, 0, 3), value=-1.0)  # [B, L + 3, L + 3]: partner, position; as if padding went on
    run = sum(cells[:, t:t + length, t:t + length] for t in range(4))
    run = F.relu(run - 2) * 0.5
    place = torch.arange(length)
    ahead = (length - 1 - place)[:, None] - place[None]  # of the partner before the position
    found = []
    for low, high in DISTANCES:
        found.append((run * ((ahead >= low) & (ahead < high)).to(run.dtype)).amax(1))
    for low, high in DISTANCES:  # the stem is met from inside here: its inner pair stands at the position
        inner = low - 2 * 3
        found.append((run * ((-ahead >= inner) & (-ahead < high - 2 * 3)).to(run.dtype)).amax(1))
    return torch.stack(found, 1)


def one_hot(codes: torch.Tensor) -> torch.Tensor:
    """uint8 [..., L] to float [..., 4, L]: a quarter of each for an ambiguous letter, nothing for padding."""
    table = torch.cat([torch.eye(4), torch.full((1, 4), 0.25), torch.zeros(1, 4)])
    return F.embedding(codes.to(torch.int32), table).transpose(-1, -2)


class Convolution(nn.Sequential):
    """Convolution and batch normalisation; in two dimensions because ONNX Runtime runs those faster. [B, inputs, 1, L] to [B, outputs, 1, L / stride]."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, dilation: int = 1):
        pad = (kernel - 1) // 2 * dilation
        super().__init__(nn.Conv2d(inputs, outputs, (1, kernel), (1, stride), (0, pad), (1, dilation), bias=False), nn.BatchNorm2d(outputs))


class Body(nn.Module):
    """Motifs, two halvings, residual layers. Each layer's padding is set to zero again, so that neighbours and padding never leak in.

    x: [B, 12, 1, L], L a multiple of 4; mask: [B, 1, 1, L], 1 where a nucleotide is. Returns [B, channels, 1, L / 4].
    """

    REACH = 16  # nucleotides that must be empty between two records of one row

    def __init__(self, motifs: int, channels: int, dilations: tuple[int, ...], dropout: float):
        super().__init__()
        self.motifs, self.down = Convolution(12, motifs, 13, stride=2), Convolution(motifs, channels, 3, stride=2)
        self.layers = nn.ModuleList(nn.ModuleList([Convolution(channels, channels, 3, dilation=d), Convolution(channels, channels, 3, dilation=d)]) for d in dilations)
        self.dropout = nn.Dropout2d(dropout)

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        half, quarter = mask[:, :, :, ::2], mask[:, :, :, ::4]
        x = torch.relu(self.motifs(x)) * half
        x = torch.relu(self.down(x)) * quarter
        for first, second in self.layers:
            x = torch.relu(x + second(torch.relu(first(self.dropout(x))) * quarter)) * quarter
        return x


class Reader(nn.Module):
    """Body and pooling: six tokens of a sequence."""

    ENDS = 16  # places of the start and of the end

    def __init__(self, motifs: int = 128, channels: int = 96, dilations: tuple[int, ...] = (1, 2, 4), dropout: float = 0.1):
        super().__init__()
        self.body = Body(motifs, channels, dilations, dropout)
        self.out = nn.ModuleList([nn.Sequential(nn.BatchNorm1d(w), nn.Dropout(0.2), nn.Linear(w, TOKEN)) for w in (*[channels] * 5, 16)])

    def pooled(self, h: torch.Tensor, paired: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
        """h: [B, P, channels]; paired: [B, P, 16]; places: float [B, 1], how many are the record's own, the rest of h is zeros. Returns tokens [B, 6, 64]."""
        at = torch.arange(h.shape[1], dtype=torch.float32)[None]  # [1, P]
        here = (at < places).to(h.dtype)
        near = (at < self.ENDS).to(h.dtype) * here
        far = (at >= places - self.ENDS).to(h.dtype) * here
        middle = ((at - places / 2).abs() <= places / 4).to(h.dtype) * here
        best = lambda weight: (h * weight[:, :, None]).amax(1)  # h is not negative
        mean = lambda x: x.sum(1) / places
        parts = (h.amax(1), mean(h), best(near), best(middle), best(far), mean(paired))
        return torch.stack([layer(x) for layer, x in zip(self.out, parts)], 1)

    def forward(self, codes: torch.Tensor, paired: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """codes: uint8 [B, L]; paired: what `stems` makes of them; lengths: float [B, 1]. Returns [B, 6, 64]."""
        mask = (codes < 5).to(torch.float32)[:, None, None]
        x = torch.cat([one_hot(codes)[:, :, None], paired[:, :, None]], 1)
        h = self.body(x, mask)[:, :, 0].transpose(1, 2)
        return self.pooled(h, by_place(paired), torch.ceil(lengths / STEPS))


def by_place(paired: torch.Tensor) -> torch.Tensor:
    """[B, 8, L] to [B, L / 4, 16]: mean of each four nucleotides, and where a strong stem is among them."""
    parts = paired.unflatten(2, (-1, STEPS))
    parts = [parts[:, :, :, t] for t in range(STEPS)]
    mean = (parts[0] + parts[1] + parts[2] + parts[3]) * 0.25
    best = torch.maximum(torch.maximum(parts[0], parts[1]), torch.maximum(parts[2], parts[3]))
    return torch.cat([mean, torch.relu(best - 0.5)], 1).transpose(1, 2)


class Counts(nn.Module):
    """k-mer counts, int [B, 1364], to a token per k, [B, 5, 64]: logarithms of the counts, and square roots of shares."""

    def __init__(self, dropout: float = 0.4):
        super().__init__()
        self.out = nn.ModuleList([nn.Sequential(nn.BatchNorm1d(2 * 4 ** k), nn.Dropout(dropout), nn.Linear(2 * 4 ** k, TOKEN)) for k in KMERS])

    def forward(self, counts: torch.Tensor) -> torch.Tensor:
        counts = counts.to(torch.float32)
        parts, at = [], 0
        for k, layer in zip(KMERS, self.out):
            own = counts[:, at:at + 4 ** k]
            share = own / own.sum(1, keepdim=True).clamp(min=1)  # widths are multiples of 4
            parts.append(layer(torch.cat([torch.log1p(own), torch.sqrt(share)], 1)))
            at += 4 ** k
        return torch.stack(parts, 1)


class Length(nn.Module):
    """Length, int [B, 1], to a token [B, 1, 64]: soft steps of its logarithm."""

    def __init__(self):
        super().__init__()
        self.register_buffer("centres", torch.linspace(3.5, 7, 16)[None], persistent=False)
        self.out = nn.Sequential(nn.Linear(16, TOKEN), nn.ReLU(), nn.Dropout(0.2), nn.Linear(TOKEN, TOKEN))

    def forward(self, length: torch.Tensor) -> torch.Tensor:
        steps = torch.sigmoid((torch.log(length.to(torch.float32).clamp(min=1)) - self.centres) * 6)
        return self.out(steps)[:, None]


class Attention(nn.Module):
    """Tokens [B, 12, 64] to a fused vector [B, 256] and the weights [B, 12, 12]: each token of a record asks all tokens of the same record.

    even: all weights are 1/12, whatever the tokens are (a rival).
    """

    def __init__(self, dropout: float = 0.3, even: bool = False):
        super().__init__()
        self.even = even
        self.own = nn.Parameter(torch.zeros(len(TOKENS), TOKEN))  # which token it is
        self.query, self.key, self.value = (nn.Linear(TOKEN, TOKEN) for _ in range(3))
        self.norm = nn.BatchNorm1d(len(TOKENS) * TOKEN)
        self.dropout = nn.Dropout(dropout)
        self.out = nn.Linear(len(TOKENS) * TOKEN, FUSED)

    def forward(self, tokens: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        z = F.gelu(tokens) + self.own
        weights = torch.softmax(torch.matmul(self.query(z), self.key(z).transpose(1, 2)) / TOKEN ** 0.5, 2)  # 12 is a multiple of 4
        if self.even:
            weights = torch.full_like(weights, 1 / len(TOKENS))
        z = z + torch.matmul(weights, self.value(z))
        return torch.relu(self.out(self.dropout(self.norm(z.flatten(1))))), weights


class Network(nn.Module):
    """One network: tokens, attention, logits of the classes and, for the training alone, of the families."""

    def __init__(self, classes: int, families: int, dropout: float = 0.3, even: bool = False):
        super().__init__()
        self.reader, self.counts, self.length, self.attention = Reader(), Counts(), Length(), Attention(dropout, even)
        self.dropout = nn.Dropout(dropout)
        self.head, self.families = nn.Linear(FUSED, classes), nn.Linear(FUSED, families)

    def tokens(self, read: torch.Tensor, counts: torch.Tensor, length: torch.Tensor) -> torch.Tensor:
        return torch.cat([read, self.counts(counts), self.length(length)], 1)


class Reading(nn.Module):
    """The graph of the view `sequence`: codes uint8 [B, L] and lengths float [B] to the six tokens of every network, [B, networks * 384]."""

    def __init__(self, networks: nn.ModuleList):
        super().__init__()
        self.readers = nn.ModuleList(n.reader for n in networks)

    def forward(self, codes: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        paired = stems(codes)
        return torch.cat([r(codes, paired, lengths[:, None]).flatten(1) for r in self.readers], 1)


class Counting(nn.Module):
    """The graph of the view `kmers`: counts int16 [B, 1364] to the five tokens of every network, [B, networks * 320]."""

    def __init__(self, networks: nn.ModuleList):
        super().__init__()
        self.parts = nn.ModuleList(n.counts for n in networks)

    def forward(self, counts: torch.Tensor) -> torch.Tensor:
        return torch.cat([p(counts).flatten(1) for p in self.parts], 1)


class Measuring(nn.Module):
    """The graph of the view `length`: int32 [B, 1] to the token of every network, [B, networks * 64]."""

    def __init__(self, networks: nn.ModuleList):
        super().__init__()
        self.parts = nn.ModuleList(n.length for n in networks)

    def forward(self, length: torch.Tensor) -> torch.Tensor:
        return torch.cat([p(length).flatten(1) for p in self.parts], 1)


class Fusing(nn.Module):
    """The fusing graph: the tokens of all networks, by view, to their fused vectors [B, networks * 256] and the mean of their weights [B, 12, 12]."""

    def __init__(self, networks: nn.ModuleList):
        super().__init__()
        self.parts = nn.ModuleList(n.attention for n in networks)

    def forward(self, sequence: torch.Tensor, kmers: torch.Tensor, length: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        fused, weights = [], []
        for n, part in enumerate(self.parts):
            own = [x[:, n * count * TOKEN:(n + 1) * count * TOKEN] for x, count in ((sequence, READ), (kmers, len(KMERS)), (length, 1))]
            f, w = part(torch.cat(own, 1).unflatten(1, (len(TOKENS), TOKEN)))
            fused.append(f)
            weights.append(w)
        return torch.cat(fused, 1), sum(weights) / len(weights)


class Classifying(nn.Module):
    """The graph of the head: fused vectors [B, networks * 256] to the mean of the networks' calibrated probabilities [B, C]."""

    def __init__(self, networks: nn.ModuleList, temperature: float):
        super().__init__()
        self.parts, self.temperature = nn.ModuleList(n.head for n in networks), temperature

    def forward(self, fused: torch.Tensor) -> torch.Tensor:
        found = [Softmax()(part(x) / self.temperature) for part, x in zip(self.parts, fused.split(FUSED, 1))]
        return sum(found) / len(found)
