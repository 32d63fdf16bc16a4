#!/usr/bin/env python3
"""The rivals of ncrna-class, each a bundle that runs, under ablation/: length alone, k-mer logistic regression, boosting, and the k-mer-only network of AttenRNA.

    rivals.py --data DATA --encode .../bin/ribonnx-encode --work WORK --out .

`--smoke` runs all of it in tiny.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "training"))

import data as D  # noqa: E402
from ribonnx_training import controls, recipe  # noqa: E402

BOOSTED = {"kmers": controls.kmers([1, 2, 3, 4, 5]), "length": controls.LENGTH}


def main() -> None:
    a = recipe.parser(__doc__, "rna-class/").parse_args()
    torch.set_num_threads(a.threads)
    a.work.mkdir(parents=True, exist_ok=True)
    classes = [line.split("\t")[0] for line in (a.out / "labels.tsv").read_text().splitlines()[1:]]

    def given(split: str, step: int) -> tuple[list[str], np.ndarray]:
        rows = D.rows(a.data, split)
        step = step if a.smoke else 1
        return rows.sequences[::step], np.array([classes.index(c) for c in rows.classes])[::step]

    task = controls.Task(*given("train", 20), *given("val", 8))
    controls.make(a.out, "class", task, BOOSTED, a, lambda line: print(line, flush=True))


if __name__ == "__main__":
    main()
