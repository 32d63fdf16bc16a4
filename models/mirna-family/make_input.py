#!/usr/bin/env python3
"""Make test/input.fa: 24 records of our own, none of them a row of the data.

    make_input.py --encode .../bin/ribonnx-encode --work WORK --out .

The hairpins that a family is to be named for start as random hairpins and are changed, one batch of mutants after the
other, towards what the trained network takes for that family: they show the network's taste, not its skill.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "training"))

import data as D  # noqa: E402
from ribonnx_training import graphs, tensors  # noqa: E402

SEED, CLIMBED, WANTED = 20, 12, 0.995


def codes_of(sequences: list[str]) -> np.ndarray:
    """Codes of mutants on the way; what is written is encoded with ribonnx-encode for the last word."""
    result = np.full((len(sequences), D.LENGTH), D.PAD, np.uint8)
    for k, s in enumerate(sequences):
        result[k, :len(s)] = [D.LETTERS.index(c) for c in s[:D.LENGTH]]
    return result


def climb(start: str, target: int, probability, rng: np.random.Generator) -> str:
    """Hill climbing: 64 mutants per round, the best is kept when it is better."""
    best, score = codes_of([start])[0], -1.0
    n = len(start)
    for _ in range(600):
        rate = rng.choice([1, 2, 4, 8], (64, 1)) / n
        mutants = D.substitute(np.repeat(best[None], 64, 0), rate, rng)
        values = probability(mutants)[:, target]
        if values.max() > score:
            best, score = mutants[values.argmax()], values.max()
        if score > WANTED:
            break
    return "".join(D.LETTERS[c] for c in best[:n])


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--encode", type=Path, required=True)
    p.add_argument("--work", type=Path, required=True)
    p.add_argument("--out", type=Path, required=True)
    a = p.parse_args()
    rng = np.random.default_rng(SEED)
    embed, classify = graphs.session(a.out / "embed.onnx"), graphs.session(a.out / "classify.onnx")
    probability = lambda codes: graphs.run(classify, graphs.run(embed, codes, 16, D.PAD))
    labels = [line.split("\t")[0] for line in (a.out / "labels.tsv").read_text().splitlines()[1:]]
    records: list[tuple[str, str]] = []
    for target in rng.permutation(len(labels) - 1):
        start = next(s for s in D.simulated_hairpins(100, rng) if 60 <= len(s) <= 130)
        reached = climb(start, int(target), probability, rng)
        if len(records) < CLIMBED and probability(codes_of([reached]))[0, target] > WANTED:
            records.append((f"climbed_{labels[target]}", reached))
        if len(records) == CLIMBED:
            break
    climbed = [s for _, s in records]
    hairpins = [s for s in D.simulated_hairpins(100, rng) if 60 <= len(s) <= 180][:4]
    records += [(f"random_hairpin_{k + 1}", s) for k, s in enumerate(hairpins)]
    records += [(f"shuffled_{k + 1}", s) for k, s in enumerate(D.shuffles(climbed[:3], rng))]
    records.append(("mature_like", climbed[3][4:26]))
    records.append(("rna_letters_lower_case", climbed[4].replace("T", "U").lower()))
    records.append(("some_n", climbed[5][:30] + "NNR" + climbed[5][33:]))
    records.append(("longer_than_200", climbed[6] + "".join(rng.choice(list("ACGT"), 140))))
    records.append(("random", "".join(rng.choice(list("ACGT"), 100))))
    (a.out / "test").mkdir(exist_ok=True)
    with open(a.out / "test" / "input.fa", "w") as out:
        for name, sequence in records:
            out.write(f">{name}\n{sequence}\n")
    views = tensors.encode(a.encode, a.out, [s for _, s in records], a.work, "test-input").views
    for (name, s), row in zip(records, probability(views["hairpin"])):
        print(f"{name}\t{len(s)}\t{labels[row.argmax()]}\t{row.max():.3f}\t{row[:-1].max():.3f}")


if __name__ == "__main__":
    main()
