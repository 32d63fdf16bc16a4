#!/usr/bin/env python3
"""The rivals of rna-type-human and rna-type-mouse, each a bundle that runs, under ablation/.

    rivals.py --species human --data DATA --encode .../bin/ribonnx-encode --work WORK --out .

`--smoke` runs all of it in tiny.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "training"))

import data as D  # noqa: E402
from ribonnx_training import controls, recipe  # noqa: E402

BOOSTED = {"kmers": controls.kmers([1, 2, 3, 4]), "coding": "{from: [rna], encoder: coding@1, options: {hexamers: {file: hexamers.tsv, sha256: \"\"}}, dtype: float32, shape: [28]}",
           "length": controls.LENGTH}


def main() -> None:
    p = recipe.parser(__doc__, "rna-type/")
    p.add_argument("--species", choices=("human", "mouse"), required=True)
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    a.work.mkdir(parents=True, exist_ok=True)
    rows = D.transcripts(a.data, a.species, D.labels(a.out))
    step = 20 if a.smoke else 1
    task = controls.Task(rows.of("train")[::step], rows.truth_of("train")[::step], rows.of("val")[::step], rows.truth_of("val")[::step])
    controls.make(a.out, "type", task, BOOSTED, a, lambda line: print(line, flush=True))


if __name__ == "__main__":
    main()
