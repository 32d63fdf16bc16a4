#!/usr/bin/env python3
"""Make test/input.fa: 32 windows of our own, none of them a row of the data.

    make_input.py --out .

Random windows of the composition of untranslated regions, some with motifs from the literature in the middle, and the edges: short, long, ambiguous.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

SEED, LENGTH = 20, 101
MOTIFS = {  # name: what is written into the middle
    "pumilio": "UGUAAAUA",  # PUM2: UGUANAUA
    "quaking": "ACUAACUAAC",  # QKI: ACUAAY
    "poly_u": "UUUUUUUUUUUU",  # HNRNPC, TIA1, TIAL1, ELAVL1
    "ug_repeat": "UGUGUGUGUGUGUG",  # TARDBP
    "ca_repeat": "CACACACACACACA",  # HNRNPL, HNRNPLL
    "ga_rich": "GGAGAAGGAGAAGAAGGA",  # SRSF1
    "splice_site": "UUUUCUUUUUCCUUUUUACAG",  # U2AF2
    "gg_rich": "GGGUGGUGGGGGUGG",  # FUS, EWSR1, TAF15
}


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--out", type=Path, required=True)
    a = p.parse_args()
    rng = np.random.default_rng(SEED)
    draw = lambda n, shares=(0.29, 0.2, 0.22, 0.29): "".join(rng.choice(list("ACGU"), n, p=shares))
    records = []
    for name, motif in MOTIFS.items():
        for copy in (1, 2):
            left = (LENGTH - len(motif)) // 2
            records.append((f"{name}_{copy}", draw(left) + motif + draw(LENGTH - left - len(motif))))
    records += [(f"random_{k + 1}", draw(LENGTH)) for k in range(6)]
    records += [(f"gc_rich_{k + 1}", draw(LENGTH, (0.15, 0.35, 0.35, 0.15))) for k in range(4)]
    records += [("dna_lower_case", records[0][1].lower().replace("u", "t")), ("some_n", records[2][1][:20] + "NNNRY" + records[2][1][25:]),
                ("short_60", draw(60)), ("long_180", draw(40) + records[4][1] + draw(39)), ("all_n", "N" * LENGTH), ("very_short", "ACGUA")]
    (a.out / "test").mkdir(exist_ok=True)
    (a.out / "test" / "input.fa").write_text("".join(f">{name}\n{sequence}\n" for name, sequence in records))


if __name__ == "__main__":
    main()
