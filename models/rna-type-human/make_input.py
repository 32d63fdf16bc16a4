#!/usr/bin/env python3
"""Make test/input.fa of rna-type-human or rna-type-mouse: simulated transcripts, none of them a row of the data.

    make_input.py --out .

Coding stretches are drawn codon by codon as hexamers.tsv of the bundle favours them; everything around is random letters.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np

SEED = 8
CODONS = [a + b + c for a in "ACGU" for b in "ACGU" for c in "ACGU"]
STOPS = ("UAA", "UAG", "UGA")


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--out", type=Path, required=True)
    a = p.parse_args()
    rng = np.random.default_rng(SEED)
    with open(a.out / "hexamers.tsv") as lines:
        odds = {row["hexamer"]: float(row["log_odds"]) for row in csv.DictReader(lines, delimiter="\t")}
    favour = np.exp([[odds[first + then] if then not in STOPS else -np.inf for then in CODONS] for first in CODONS])
    favour /= favour.sum(1, keepdims=True)
    draw = lambda n, shares=(0.27, 0.22, 0.23, 0.28): "".join(rng.choice(list("ACGU"), n, p=shares))

    def coding(codons: int) -> str:
        at = [CODONS.index("AUG")]
        while len(at) < codons:
            at.append(int(rng.choice(64, p=favour[at[-1]])))
        return "".join(CODONS[k] for k in at)

    records = []
    for k in range(6):
        body = coding(int(rng.integers(150, 500)))
        records.append((f"messenger_{k + 1}", draw(int(rng.integers(60, 250)), (0.18, 0.32, 0.32, 0.18)) + body + "UGA" + draw(int(rng.integers(200, 1200)))
                        + "AAUAAA" + draw(18) + "A" * int(rng.integers(0, 30))))
    records += [(f"random_{k + 1}", draw(int(rng.integers(250, 2000)))) for k in range(5)]
    records += [(f"circle_{k + 1}", "G" + coding(int(rng.integers(60, 250)))[3:] + "AG") for k in range(5)]
    records += [("dna_lower_case", records[0][1].lower().replace("u", "t")), ("some_n", records[6][1][:100] + "NNNNNRY" + records[6][1][107:]),
                ("rotated_circle", records[11][1][90:] + records[11][1][:90]), ("long_12000", draw(12_000)), ("length_60", draw(60)),
                ("all_n", "N" * 300), ("very_short", "ACGUA")]
    (a.out / "test").mkdir(exist_ok=True)
    (a.out / "test" / "input.fa").write_text("".join(f">{name}\n{sequence}\n" for name, sequence in records))


if __name__ == "__main__":
    main()
