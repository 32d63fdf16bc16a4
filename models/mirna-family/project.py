#!/usr/bin/env python3
"""The map of the bundle mirna-family: a small network from the embedding to two numbers, and the background it is seen on.

    project.py --data DATA --encode .../bin/ribonnx-encode --work WORK --out .

The embeddings are those of the bundle's own embed.onnx, of a sample of training hairpins and of wrong inputs made from them;
`ribonnx_training.maps` does the rest. What the map keeps of the embedding's neighbourhoods is measured on `val`. Nothing else of
the bundle changes.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "training"))

import data as D  # noqa: E402
from ribonnx_training import graphs, maps, tensors  # noqa: E402


def main() -> None:
    p = maps.parser(__doc__, "mirna-family/")
    p.add_argument("--placed", type=int, default=10000, help="training hairpins that t-SNE places")
    p.add_argument("--wrong", type=int, default=1500, help="wrong inputs among them")
    a = p.parse_args()
    if a.smoke:
        a.placed, a.wrong, a.background, a.steps = 600, 100, 300, 200
    torch.set_num_threads(a.threads)
    a.work.mkdir(parents=True, exist_ok=True)
    log = maps.stopwatch()

    def embedded(sequences: list[str], name: str) -> np.ndarray:
        """Embeddings [N, 256] that the released graph gives."""
        codes = tensors.encode(a.encode, a.out, sequences, a.work, name).views["hairpin"]
        return graphs.run(graphs.session(a.out / "embed.onnx"), codes, 256, 5)

    rng = np.random.default_rng(a.seed)
    names = [line.split("\t")[0] for line in (a.out / "labels.tsv").read_text().splitlines()[1:]]
    place = {name: k for k, name in enumerate(names)}
    other = place["other"]
    rows = [r for r in D.hairpins(a.data) if r.target in place and r.target != "other"]
    train, val = ([r for r in rows if r.split == s] for s in ("train", "val"))
    train = [train[k] for k in maps.spread(np.array([place[r.target] for r in train]), a.placed, rng)]
    val = [val[k] for k in np.sort(rng.choice(len(val), min(len(val), 4000), replace=False))]
    wrong = D.shuffles([train[k].sequence[:D.LENGTH] for k in rng.choice(len(train), a.wrong // 2)], rng)
    wrong += D.simulated_hairpins(a.wrong - len(wrong), rng)
    x = embedded([r.sequence for r in train] + wrong, "map-train")
    labels = np.array([place[r.target] for r in train] + [other] * len(wrong))
    x_val, labels_val = embedded([r.sequence for r in val], "map-val"), np.array([place[r.target] for r in val])
    log(f"{len(train)} hairpins, {len(wrong)} wrong inputs, {len(val)} of val")
    maps.make(a.out, (x, labels), (x_val, labels_val), a, rng, log, "embedding", "family")


if __name__ == "__main__":
    main()
