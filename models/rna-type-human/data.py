"""Rows of the recipes rna-type-human and rna-type-mouse: transcripts, pieces of them, and the table of hexamers that their coding view reads."""

from __future__ import annotations

import csv
import hashlib
import itertools
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "training"))

from ribonnx_training import recipe, tensors  # noqa: E402

VIEWS = ("kmers", "junction", "coding", "length", "head", "tail")
HEADS = ("type", "type-of-piece")  # of a whole transcript; of what may be a piece of one
SHORTEST, LONGEST = 150, 1500  # lengths of the pieces seen in training, nucleotides
STOPS, START = (48, 50, 56), 14  # UAA, UAG, UGA and AUG as numbers of codons, A 0, C 1, G 2, U 3


@dataclass(frozen=True)
class Rows:
    """sequences: N transcripts; truth: int64 [N], index into the labels; split: str [N], `train`, `val` or `test`."""

    ids: list[str]
    sequences: list[str]
    truth: np.ndarray
    split: np.ndarray

    def of(self, split: str) -> list[str]:
        return [s for s, k in zip(self.sequences, self.split) if k == split]

    def truth_of(self, split: str) -> np.ndarray:
        return self.truth[self.split == split]


def labels(bundle: Path) -> list[str]:
    with open(bundle / "labels.tsv") as lines:
        return [row["label"] for row in csv.DictReader(lines, delimiter="\t")]


def mouse_split(cluster: str) -> str:
    """The side a cluster of similar mouse transcripts stands on, by its digest: a fifth `test`, a tenth `val`, the rest `train`."""
    place = int(hashlib.sha256(cluster.encode()).hexdigest()[:8], 16) % 20
    return "test" if place < 4 else "val" if place < 6 else "train"


def transcripts(data: Path, species: str, names: list[str]) -> Rows:
    """The transcripts of a species whose type is among `names`; human ones in the splits of the set, mouse ones in `mouse_split`."""
    rows = [r for r in recipe.table(data / "rna-type" / "transcripts.tsv.gz") if r["species"] == species and r["type"] in names]
    split = [r["split"] if species == "human" else mouse_split(r["cluster"]) for r in rows]
    return Rows([r["id"] for r in rows], [r["sequence"].upper() for r in rows], np.array([names.index(r["type"]) for r in rows]), np.array(split))


def others(data: Path, split: str) -> list[str]:
    """RNA of none of the types: non-coding RNAs of 13 classes, most of them below 300 nt."""
    return [r["sequence"].upper() for r in recipe.table(data / "rna-class" / "ncrna.tsv.gz") if r["split"] == split]


def views(sequences: list[str], encode: Path, bundle: Path, work: Path, name: str) -> dict[str, np.ndarray]:
    """Each view of each sequence, [N, ...], as the bundle's users get it."""
    features = tensors.encode(encode, bundle, sequences, work, name).views
    return {view: features[view] for view in VIEWS}


def pieces(sequences: list[str], rng: np.random.Generator, shortest: int = SHORTEST, longest: int = LONGEST) -> list[str]:
    """A piece of each sequence, at a place drawn evenly, of a length whose logarithm is drawn evenly, up to that of the sequence; sequences of less than `shortest` come whole."""
    most = np.minimum([len(s) for s in sequences], longest)
    lengths = np.exp(rng.uniform(np.log(np.minimum(shortest, most)), np.log(most + 1))).astype(int)
    starts = rng.random(len(sequences))
    return [s[(k := int(at * (len(s) - n + 1))):k + n] for s, n, at in zip(sequences, lengths, starts)]


def codons(codes: np.ndarray, frame: int) -> np.ndarray:
    """Numbers of the whole codons of a frame, 0 to 63; negative where a letter is ambiguous. codes: int64 [L], A 0 to U 3, ambiguous -64."""
    triplets = codes[frame:frame + (len(codes) - frame) // 3 * 3].reshape(-1, 3)
    return triplets @ np.array([16, 4, 1])


def longest_orf(codes: np.ndarray) -> np.ndarray:
    """Codons of the longest open reading frame as `coding@1` defines it (docs/coding.md), stop included; empty where there is no AUG."""
    best = np.zeros(0, np.int64)
    for frame in range(3):
        numbers = codons(codes, frame)
        first = -1
        for end in [*np.flatnonzero(np.isin(numbers, STOPS) | (numbers < 0)).tolist(), len(numbers)]:
            starts = np.flatnonzero(numbers[first + 1:end] == START)
            if len(starts):
                orf = numbers[first + 1 + starts[0]:end + (end < len(numbers) and numbers[min(end, len(numbers) - 1)] >= 0)]
                best = orf if len(orf) > len(best) else best
            first = end
    return best


def hexamers(coding: list[str], other: list[str], path: Path, clip: float = 5.0) -> None:
    """Write hexamers.tsv: ln(frequency in the longest frames of `coding` / frequency in all frames of `other`), one added to each count."""
    letters = np.full(256, -64, np.int64)
    for code, pair in enumerate(("Aa", "Cc", "Gg", "UuTt")):
        letters[[ord(c) for c in pair]] = code
    counts = np.ones((2, 4096))

    def add(row: int, numbers: np.ndarray) -> None:
        whole = (numbers[:-1] >= 0) & (numbers[1:] >= 0)
        counts[row] += np.bincount((numbers[:-1] * 64 + numbers[1:])[whole], minlength=4096)

    for row, sequences in enumerate((coding, other)):
        for sequence in sequences:
            codes = letters[np.frombuffer(sequence.encode(), np.uint8)]
            for numbers in [longest_orf(codes)] if row == 0 else [codons(codes, f) for f in range(3)]:
                add(row, numbers)
    odds = (np.log(counts[0] / counts[0].sum()) - np.log(counts[1] / counts[1].sum())).clip(-clip, clip)
    lines = ["hexamer\tlog_odds"] + [f"{''.join(h)}\t{o:.4f}" for h, o in zip(itertools.product("ACGU", repeat=6), odds)]
    path.write_text("\n".join(lines) + "\n")
