#!/usr/bin/env python3
"""Make test/input.fa: 28 records of our own, none of them a row of the data.

    make_input.py --out .

Drawn at random along what textbooks say of a class: paired stems with loops, boxes and conserved letters; and the edges: short, long, ambiguous, empty of letters.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

SEED = 8
PAIR = {"A": "U", "C": "G", "G": "C", "U": "A"}


class Maker:
    """Draws stretches and stems from one seeded generator."""

    def __init__(self, seed: int):
        self.rng = np.random.default_rng(seed)

    def draw(self, n: int, gc: float = 0.5) -> str:
        return "".join(self.rng.choice(list("ACGU"), n, p=((1 - gc) / 2, gc / 2, gc / 2, (1 - gc) / 2)))

    def stem(self, n: int, inside: str, gc: float = 0.6) -> str:
        """A stem of n pairs around a loop."""
        left = self.draw(n, gc)
        return left + inside + "".join(PAIR[c] for c in reversed(left))

    def trna(self) -> str:
        """A cloverleaf with the letters that nearly all tRNAs share."""
        d = "U" + "A" + self.stem(4, "AGUUGGGA")[:16] + "A"
        anticodon = self.stem(5, "CU" + self.draw(3) + "AA")
        t = self.stem(5, "UUCGAAU")
        acceptor = self.draw(7, 0.6)
        return acceptor + d + anticodon + self.draw(5) + t + "".join(PAIR[c] for c in reversed(acceptor)) + self.draw(1) + "CCA"

    def hairpin(self) -> str:
        """A long stem with a few bulges, as of a microRNA precursor."""
        left = list(self.draw(32, 0.45))
        right = [PAIR[c] for c in reversed(left)]
        for at in self.rng.integers(2, 30, 4):
            right[at] = self.draw(1)
        return "".join(left) + self.draw(12, 0.4) + "".join(right)

    def box_cd(self) -> str:
        """C box, D boxes and a short terminal stem."""
        return self.stem(5, "AUGAUGA" + self.draw(24, 0.4) + "CUGA" + self.draw(10, 0.4) + "UGAUGA" + self.draw(18, 0.4) + "CUGA")

    def box_haca(self) -> str:
        """Two hairpins with a pocket each, the hinge ANANNA and ACA at the end."""
        half = lambda: self.stem(6, self.draw(7) + self.stem(8, "GUAA") + self.draw(7))
        return self.draw(3) + half() + "A" + self.draw(1) + "A" + self.draw(2) + "A" + self.draw(4) + half() + "ACA" + self.draw(3)

    def hammerhead(self) -> str:
        """The core of a hammerhead ribozyme between its three stems."""
        return self.stem(6, "CUGAUGA" + self.stem(4, "GAAA") + "GAAA" + self.stem(5, "UUCG") + "UC")


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--out", type=Path, required=True)
    a = p.parse_args()
    m = Maker(SEED)
    kinds = {"cloverleaf": m.trna, "bulged_hairpin": m.hairpin, "box_cd": m.box_cd, "box_haca": m.box_haca, "hammerhead": m.hammerhead}
    records = [(f"{name}_{k + 1}", make()) for name, make in kinds.items() for k in range(3)]
    records += [(f"random_{n}", m.draw(n)) for n in (40, 70, 128, 129, 260, 513)]
    records += [("dna_lower_case", records[0][1].lower().replace("u", "t")), ("some_n", records[3][1][:20] + "NNNRY" + records[3][1][25:]), ("too_long", m.draw(1400)),
                ("shorter_than_trained", m.draw(20)), ("very_short", "ACGUA"), ("one_letter", "A" * 90), ("all_n", "N" * 60)]
    (a.out / "test").mkdir(exist_ok=True)
    (a.out / "test" / "input.fa").write_text("".join(f">{name}\n{sequence}\n" for name, sequence in records))


if __name__ == "__main__":
    main()
