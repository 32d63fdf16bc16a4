#!/usr/bin/env python3
"""The map of the bundle ncrna-class: a small network from the fused vector to two numbers, and the background it is seen on.

    project.py --data DATA --encode .../bin/ribonnx-encode --work WORK --out .

The vectors are those of the bundle's own graphs on the training records; `ribonnx_training.maps` does the rest. What the map keeps of
their neighbourhoods is measured on `val`. Nothing else of the bundle changes.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "training"))

import data as D  # noqa: E402
from ribonnx_training import maps, tensors  # noqa: E402


def main() -> None:
    p = maps.parser(__doc__, "rna-class/")
    p.set_defaults(background=3000)
    a = p.parse_args()
    if a.smoke:
        a.background, a.steps = 300, 200
    torch.set_num_threads(a.threads)
    a.work.mkdir(parents=True, exist_ok=True)
    log = maps.stopwatch()

    def embedded(sequences: list[str], name: str) -> np.ndarray:
        """Fused vectors [N, W] that the released graphs give."""
        files = [a.work / f"{name}.{kind}" for kind in ("fa", "npz", "embedded.npz", "fused.npz")]
        tensors.write_fasta(files[0], sequences)
        for step, source, target in zip(("encode", "embed", "fuse"), files, files[1:]):
            device = ["--device", "cpu"] if step != "encode" else []
            subprocess.run([str(a.encode.parent / f"ribonnx-{step}"), "--quiet", "--model", str(a.out), *device, "--output", str(target), str(source)], check=True)
        return tensors.read_features(files[-1]).views["fused"]

    names = [line.split("\t")[0] for line in (a.out / "labels.tsv").read_text().splitlines()[1:]]
    parts = []
    for split in ("train", "val"):
        rows = D.rows(a.data, split)
        step = 8 if a.smoke else 1
        parts.append((embedded(rows.sequences[::step], f"map-{split}"), np.array([names.index(c) for c in rows.classes[::step]])))
    log(f"{len(parts[0][0])} records, {len(parts[1][0])} of val")
    maps.make(a.out, *parts, a, np.random.default_rng(a.seed), log, "fused", "class")


if __name__ == "__main__":
    main()
