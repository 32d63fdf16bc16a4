"""Rows of the recipe: windows with their proteins, and what `ribonnx-encode` makes of them, plain and disturbed."""

from __future__ import annotations

import csv
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "training"))

from model import LENGTH, VIEWS  # noqa: E402
from ribonnx_training import recipe, tensors  # noqa: E402

LETTERS = "ACGTN"
SHIFT, CHANGED = 3, 0.05  # largest shift of a disturbed window, nucleotides; share of its letters that are drawn anew


@dataclass(frozen=True)
class Rows:
    """sequences: N windows; truth: float32 [N, labels], 1 where the protein was found; split: str [N]."""

    ids: list[str]
    sequences: list[str]
    truth: np.ndarray
    split: np.ndarray


def labels(bundle: Path) -> list[str]:
    with open(bundle / "labels.tsv") as lines:
        return [row["label"] for row in csv.DictReader(lines, delimiter="\t")]


def windows(data: Path, names: list[str]) -> Rows:
    """The windows that have a nucleotide at all; 51 of the set are all N."""
    rows = [r for r in recipe.table(data / "rbp" / "windows.tsv.gz") if set(r["sequence"].upper()) & set("ACGTU")]
    truth = np.zeros((len(rows), len(names)), np.float32)
    for k, row in enumerate(rows):
        for protein in row["proteins"].split(","):
            if protein != "none":
                truth[k, names.index(protein)] = 1
    return Rows([r["id"] for r in rows], [r["sequence"].upper() for r in rows], truth, np.array([r["split"] for r in rows]))


def views(rows: list[str], encode: Path, bundle: Path, work: Path, name: str) -> dict[str, np.ndarray]:
    """Each view of each sequence, uint8 [N, ...], as the bundle's users get it."""
    features = tensors.encode(encode, bundle, rows, work, name).views
    return {view: features[view] for view in VIEWS}


def disturbed(sequences: list[str], rng: np.random.Generator, shift: int = SHIFT, changed: float = CHANGED) -> list[str]:
    """Windows shifted by up to `shift` nucleotides (N comes in) with a share `changed` of the letters drawn anew; N windows of the same length."""
    codes = np.frombuffer("".join(sequences).encode(), np.uint8).reshape(len(sequences), LENGTH)
    from_ = np.arange(LENGTH)[None] + rng.integers(-shift, shift + 1, (len(sequences), 1))
    inside = (from_ >= 0) & (from_ < LENGTH)
    codes = np.where(inside, np.take_along_axis(codes, from_.clip(0, LENGTH - 1), 1), ord("N"))
    drawn = np.frombuffer(b"ACGT", np.uint8)[rng.integers(0, 4, codes.shape)]
    codes = np.where((rng.random(codes.shape) < changed) & (codes != ord("N")), drawn, codes).astype(np.uint8)
    return [row.tobytes().decode() for row in codes]
