#!/usr/bin/env python3
"""The map of rna-type-human or rna-type-mouse: a small network from the fused vector to two numbers, and the background it is seen on.

    project.py --species human --data DATA --encode .../bin/ribonnx-encode --work WORK --out .

The vectors are those of the bundle's own fuse.onnx; `ribonnx_training.maps` does the rest.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "training"))

import data as D  # noqa: E402
from ribonnx_training import graphs, maps  # noqa: E402


def main() -> None:
    p = maps.parser(__doc__, "rna-type/")
    p.add_argument("--species", choices=("human", "mouse"), required=True)
    p.add_argument("--placed", type=int, default=6000, help="training transcripts that t-SNE places")
    a = p.parse_args()
    if a.smoke:
        a.placed, a.background, a.steps = 400, 200, 200
    torch.set_num_threads(a.threads)
    a.work.mkdir(parents=True, exist_ok=True)
    log, rng = maps.stopwatch(), np.random.default_rng(a.seed)

    rows = D.transcripts(a.data, a.species, D.labels(a.out))

    def fused(split: str, most: int) -> tuple[np.ndarray, np.ndarray]:
        """Fused vectors [N, W] that the released graph gives, and labels."""
        sequences, labels = rows.of(split), rows.truth_of(split)
        pick = maps.spread(labels, most, rng)
        views = D.views([sequences[k] for k in pick], a.encode, a.out, a.work, f"map-{split}")
        return graphs.run_all(graphs.session(a.out / "fuse.onnx"), views, 64)[0], labels[pick]

    train, val = fused("train", a.placed), fused("val", 4000)
    log(f"{len(train[0])} transcripts, {len(val[0])} of val")
    maps.make(a.out, train, val, a, rng, log, "fused", "type")


if __name__ == "__main__":
    main()
