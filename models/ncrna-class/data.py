"""Rows of the recipe: ncRNAs with class and family, and what `ribonnx-encode` makes of them, plain and disturbed."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "training"))

from model import STEPS, Body, stems  # noqa: E402
from ribonnx_training import recipe, tensors  # noqa: E402
from ribonnx_training.metrics import dinucleotide_shuffle  # noqa: E402

ROW = 1344  # nucleotides of a row of packed records: the longest and its gap fit
PAD = 5


@dataclass(frozen=True)
class Rows:
    """N records of one split. family: the Rfam accession that begins the id."""

    sequences: list[str]
    classes: list[str]
    families: list[str]


def rows(data: Path, split: str) -> Rows:
    found = [r for r in recipe.table(data / "rna-class" / "ncrna.tsv.gz") if r["split"] == split]
    return Rows([r["sequence"].upper() for r in found], [r["class"] for r in found], [r["id"].split("_")[0] for r in found])


def transcripts(data: Path, split: str, lengths: np.ndarray, rng: np.random.Generator) -> list[str]:
    """Stretches of human mRNAs and lncRNAs, one per length (or the whole transcript, if it is shorter): RNA of none of the classes."""
    found = [r["sequence"].upper() for r in recipe.table(data / "rna-type" / "transcripts.tsv.gz")
             if r["split"] == split and r["species"] == "human" and r["type"] in ("mRNA", "lncRNA")]
    out = []
    for k, n in zip(rng.integers(0, len(found), len(lengths)), lengths):
        at = int(rng.integers(0, max(1, len(found[k]) - n + 1)))
        out.append(found[k][at:at + n])
    return out


def others(data: Path, split: str, known: Rows, rng: np.random.Generator) -> dict[str, list[str]]:
    """RNA of none of the classes, as many of each kind and as long as the records `known`: stretches of transcripts, and shuffles that keep the dinucleotides."""
    lengths = rng.permutation([len(s) for s in known.sequences])
    return {"transcripts": transcripts(data, split, lengths, rng), "shuffles": [dinucleotide_shuffle(s, rng) for s in known.sequences]}


@dataclass(frozen=True)
class Views:
    """What `ribonnx-encode` wrote of N records: codes back to back with their offsets [N + 1], counts [N, 1364], lengths [N, 1]; and what the graph makes of codes, `stems`, float16 [8, total]."""

    codes: np.ndarray
    offsets: np.ndarray
    counts: torch.Tensor
    lengths: torch.Tensor
    paired: np.ndarray

    def __len__(self) -> int:
        return len(self.lengths)

    def padded(self, pick: np.ndarray, multiple: int = 16) -> torch.Tensor:
        """Codes of some records, uint8 [n, L], L a multiple of `multiple`."""
        width = -(-int((self.offsets[pick + 1] - self.offsets[pick]).max()) // multiple) * multiple
        out = np.full((len(pick), width), PAD, np.uint8)
        for row, k in enumerate(pick):
            own = self.codes[self.offsets[k]:self.offsets[k + 1]]
            out[row, :len(own)] = own
        return torch.from_numpy(out)


@torch.no_grad()
def paired_of(codes: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """`stems` of all records, float16 [8, total], in groups of like length."""
    out = np.zeros((8, len(codes)), np.float16)
    order = np.argsort(np.diff(offsets), kind="stable")
    for at in range(0, len(order), 16):
        pick = order[at:at + 16]
        width = -(-int((offsets[pick + 1] - offsets[pick]).max()) // STEPS) * STEPS
        padded = np.full((len(pick), width), PAD, np.uint8)
        for row, k in enumerate(pick):
            padded[row, :offsets[k + 1] - offsets[k]] = codes[offsets[k]:offsets[k + 1]]
        found = stems(torch.from_numpy(padded)).numpy()
        for row, k in enumerate(pick):
            out[:, offsets[k]:offsets[k + 1]] = found[row, :, :offsets[k + 1] - offsets[k]]
    return out


def views(sequences: list[str], encode: Path, bundle: Path, work: Path, name: str) -> Views:
    """Each view of each record, as the bundle's users get it."""
    found = tensors.encode(encode, bundle, sequences, work, name).views
    codes, offsets = found["sequence"], found["sequence.offsets"]
    return Views(codes, offsets, torch.from_numpy(found["kmers"]), torch.from_numpy(found["length"]), paired_of(codes, offsets))


@dataclass(frozen=True)
class Packed:
    """Records side by side in rows, with empty places between them, so that a convolution wastes little on padding.

    codes: uint8 [R, ROW]; paired: float [R, 8, ROW]; index: places of each record in the flat places of all rows, int64 [n, P], those
    that are not its own lead to the first place of a row, which is always empty; places: float [n, 1].
    """

    codes: torch.Tensor
    paired: torch.Tensor
    index: torch.Tensor
    places: torch.Tensor


def pack(v: Views, pick: np.ndarray) -> Packed:
    lengths = (v.offsets[pick + 1] - v.offsets[pick]).astype(int)
    gap = Body.REACH
    room: list[int] = []  # where the next record of each row begins
    spots = np.zeros((len(pick), 2), int)
    for k in np.argsort(-lengths, kind="stable"):
        size = -(-lengths[k] // STEPS) * STEPS + gap
        row = next((r for r, begin in enumerate(room) if begin + size <= ROW), None)
        if row is None:
            row = len(room)
            room.append(gap)
        spots[k] = row, room[row]
        room[row] += size
    codes, paired = np.full((len(room), ROW), PAD, np.uint8), np.zeros((len(room), 8, ROW), np.float32)
    most = -(-lengths.max() // STEPS)
    index = np.zeros((len(pick), most), np.int64)
    for k, (row, at) in enumerate(spots):
        own = slice(v.offsets[pick[k]], v.offsets[pick[k] + 1])
        codes[row, at:at + lengths[k]] = v.codes[own]
        paired[row, :, at:at + lengths[k]] = v.paired[:, own]
        count = -(-lengths[k] // STEPS)
        index[k, :count] = row * (ROW // STEPS) + at // STEPS + np.arange(count)
    places = torch.from_numpy(-(-lengths // STEPS)).float()[:, None]
    return Packed(torch.from_numpy(codes), torch.from_numpy(paired), torch.from_numpy(index), places)


LETTERS = np.frombuffer(b"ACGT", np.uint8)


def disturbed(sequences: list[str], rng: np.random.Generator, most: float = 0.12) -> list[str]:
    """Records with letters drawn anew, short gaps and insertions, and other ends: up to a tenth cut off, or up to 12 random letters before or behind."""
    out = []
    for s in sequences:
        codes = np.frombuffer(s.encode(), np.uint8)
        n = len(codes)
        low, high = 0, n
        if rng.random() < 0.3:
            low = int(rng.integers(0, n // 10 + 1))
        if rng.random() < 0.3:
            high = n - int(rng.integers(0, n // 10 + 1))
        codes = codes[low:high].copy()
        change = rng.random(len(codes)) < rng.random() * most
        codes[change] = LETTERS[rng.integers(0, 4, int(change.sum()))]
        for _ in range(rng.poisson(0.6)):
            at, size = int(rng.integers(0, len(codes))), int(rng.integers(1, 4))
            codes = np.concatenate([codes[:at], codes[at + size:]]) if rng.random() < 0.5 else np.concatenate(
                [codes[:at], LETTERS[rng.integers(0, 4, size)], codes[at:]])
        ends = [LETTERS[rng.integers(0, 4, int(rng.integers(0, 13)) if rng.random() < 0.2 else 0)] for _ in range(2)]
        out.append(np.concatenate([ends[0], codes, ends[1]]).tobytes().decode())
    return out
