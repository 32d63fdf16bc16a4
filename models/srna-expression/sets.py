#!/usr/bin/env python3
"""Prediction sets of all four heads: quantiles from `val`, coverage and sizes on `test`, into model.yaml and the cards.

    sets.py --data DATA --ribonnx .../bin/ribonnx --work WORK --out models/srna-expression models/srna-expression-forest

Both splits are of hospitals of their own. Then `ribonnx model seal` for each.
"""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "training"))

import data as D  # noqa: E402
from ribonnx_training import conformal  # noqa: E402


def write(data: Path, work: Path, split: str) -> tuple[Path, Path]:
    """Counts of a split's samples and what is known of them, as a table each."""
    rows, truth = D.labelled(data)
    names = D.labels(data)
    wanted = {r["sample"]: k for k, r in enumerate(rows) if r["split"] == split and truth["cohort"][k] >= 0}
    source, known = work / f"{split}-counts.tsv", work / f"{split}-truth.tsv"
    with gzip.open(data / "srna-expression" / "counts.tsv.gz", "rt") as lines, open(source, "w") as kept:
        kept.write(next(lines))
        kept.writelines(line for line in lines if line.split("\t", 1)[0] in wanted)
    label = lambda head, k: names[head][truth[head][k]] if truth[head][k] >= 0 else ""
    known.write_text("\t".join(["id", *D.HEADS]) + "\n" + "".join(
        "\t".join([i, *(label(head, k) for head in D.HEADS)]) + "\n" for i, k in wanted.items()))
    return source, known


def main() -> None:
    p = conformal.parser(__doc__)
    p.add_argument("--data", type=Path, required=True)
    p.add_argument("--out", type=Path, nargs="+", required=True)
    a = p.parse_args()
    a.work.mkdir(parents=True, exist_ok=True)
    val, test = (write(a.data, a.work, split) for split in ("val", "test"))
    for bundle in a.out:
        print(conformal.markdown(conformal.fill(bundle, a.ribonnx, a.work / bundle.name, val, test, a.per_label, a.coverage)))


if __name__ == "__main__":
    main()
