"""Writes N simulated hairpins of 60 to 150 nt as FASTA: python3 simulate.py N FILE [seed]."""

import random
import sys


def main(count, path, seed):
    rng = random.Random(seed)
    pair = str.maketrans("ACGU", "UGCA")
    with open(path, "w") as out:
        for number in range(count):
            stem = "".join(rng.choices("ACGU", k=rng.randint(26, 68)))
            loop = "".join(rng.choices("ACGU", k=rng.randint(8, 14)))
            out.write(f">sim{number}\n{stem}{loop}{stem.translate(pair)[::-1]}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 7)
