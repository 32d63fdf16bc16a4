#!/usr/bin/env python3
"""Prediction sets of the bundle: the quantile from `val`, coverage and sizes on `test`, into model.yaml and the card.

    sets.py --data DATA --ribonnx .../bin/ribonnx --work WORK --out models/mirna-family

Rows are the hairpins of the model's families; no set could hold what belongs to another. Then `ribonnx model seal`.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "training"))

import data as D  # noqa: E402
from ribonnx_training import conformal  # noqa: E402


def write(data: Path, out: Path, work: Path, split: str) -> tuple[Path, Path]:
    """Hairpins of a split and their families, as a FASTA file and a table of truth."""
    families = {line.split("\t")[0] for line in (out / "labels.tsv").read_text().splitlines()[1:-1]}
    rows = [r for r in D.hairpins(data) if r.split == split and r.target in families]
    source, truth = work / f"{split}.fa", work / f"{split}.tsv"
    source.write_text("".join(f">{split}-{k}\n{r.sequence}\n" for k, r in enumerate(rows)))
    truth.write_text("id\tfamily\n" + "".join(f"{split}-{k}\t{r.target}\n" for k, r in enumerate(rows)))
    return source, truth


def main() -> None:
    p = conformal.parser(__doc__)
    p.add_argument("--data", type=Path, required=True)
    p.add_argument("--out", type=Path, required=True)
    a = p.parse_args()
    a.work.mkdir(parents=True, exist_ok=True)
    val, test = (write(a.data, a.out, a.work, split) for split in ("val", "test"))
    print(conformal.markdown(conformal.fill(a.out, a.ribonnx, a.work, val, test, a.per_label, a.coverage)))


if __name__ == "__main__":
    main()
