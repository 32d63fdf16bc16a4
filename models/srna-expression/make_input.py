#!/usr/bin/env python3
"""Make the stored test input: counts of samples that never were, drawn around the profiles of a few tissues.

    make_input.py --data DATA --encode .../bin/ribonnx-encode --work WORK --out .

A sample is drawn from mean and deviation of log2(CPM + 1) over the training samples of its tissue, feature by feature, and
gets a depth; no row of the data is copied. test/counts.tsv has lines of samples and names of precursors, test/mature.tsv the
same turned, with names of mature microRNAs, and without every eighth feature.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "training"))

import data as D  # noqa: E402

TISSUES = ("brain", "breast", "colorectal", "kidney", "liver", "lung", "prostate", "skin", "testis", "thyroid")
EACH, SEED = 2, 17


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("data", "encode", "work", "out"):
        p.add_argument(f"--{name}", type=Path, required=True)
    a = p.parse_args()
    a.work.mkdir(parents=True, exist_ok=True)
    names, rows, rng = D.labels(a.data), D.samples(a.data, a.encode, a.out, a.work), np.random.default_rng(SEED)
    features = (a.out / "features.tsv").read_text().split("\n")[1:-1]
    logs = np.log2(rows.counts / rows.counts.sum(1, keepdims=True).clip(1) * 1e6 + 1)
    samples, counts = [], []
    for tissue in TISSUES:
        inside = (rows.split == "train") & (rows.truth["tissue"] == names["tissue"].index(tissue))
        mean, deviation = logs[inside].mean(0), logs[inside].std(0)
        for k in range(EACH):
            cpm = np.maximum(2 ** (mean + 0.7 * deviation * rng.standard_normal(len(mean))) - 1, 0)
            samples.append(f"{tissue}-{k + 1}")
            counts.append(rng.poisson(cpm / cpm.sum() * rng.uniform(1e6, 6e6)))
    counts = np.array(counts)
    folder = a.out / "test"
    folder.mkdir(exist_ok=True)
    with open(folder / "counts.tsv", "w") as out:
        out.write("sample\t" + "\t".join(f"hsa-{f}" for f in features) + "\n")
        for sample, row in zip(samples, counts):
            out.write(sample + "\t" + "\t".join(map(str, row)) + "\n")
    with open(folder / "mature.tsv", "w") as out:
        out.write("miRNA\t" + "\t".join(samples) + "\n")
        for k, feature in enumerate(features):
            if k % 8 != 7:
                out.write(f"hsa-{feature.replace('mir-', 'miR-')}-5p\t" + "\t".join(map(str, counts[:, k])) + "\n")


if __name__ == "__main__":
    main()
