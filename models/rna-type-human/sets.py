#!/usr/bin/env python3
"""Prediction sets of rna-type-human or rna-type-mouse: quantiles from the half of `val` that gave no temperature, figures on `test`; those of the head
`type-of-piece` from pieces and on pieces.

    sets.py --species human --data DATA --ribonnx .../bin/ribonnx --work WORK --out . --coverage 0.9 --per-label type type-of-piece

Then `ribonnx model seal`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "training"))

import data as D  # noqa: E402
from ribonnx_training import conformal, tensors  # noqa: E402


def main() -> None:
    p = conformal.parser(__doc__)
    p.add_argument("--data", type=Path, required=True)
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--species", choices=("human", "mouse"), required=True)
    a = p.parse_args()
    a.work.mkdir(parents=True, exist_ok=True)
    names = D.labels(a.out)
    rows = D.transcripts(a.data, a.species, names)

    def write(head: str, split: str, step: slice, seed: int) -> tuple[Path, Path]:
        source, truth = a.work / f"sets-{head}-{split}.fa", a.work / f"sets-{head}-{split}.tsv"
        sequences = rows.of(split) if head == "type" else D.pieces(rows.of(split), np.random.default_rng(seed))
        tensors.write_fasta(source, sequences[step])
        ids = [line[1:].split()[0] for line in source.read_text().splitlines() if line.startswith(">")]
        truth.write_text(f"id\t{head}\n" + "".join(f"{i}\t{names[t]}\n" for i, t in zip(ids, rows.truth_of(split)[step])))
        return source, truth

    for head in D.HEADS:  # seed 0: the pieces of `val` that gave the temperature, of the other half
        found = conformal.fill(a.out, a.ribonnx, a.work, write(head, "val", slice(1, None, 2), 0), write(head, "test", slice(None), 1), a.per_label, a.coverage)
    print(conformal.markdown(found))


if __name__ == "__main__":
    main()
