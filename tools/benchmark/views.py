#!/usr/bin/env python3
"""Three views of RNA-binding sites from sequences, Ribonnx against NumPy, in turn.

    python3 tools/benchmark/views.py [--records 40000] [--rounds 5]

Makes a virtual environment with NumPy, simulates records with a seed, checks that every byte of the three views is equal, then
runs the contenders in turn, round by round, each as a whole process from FASTA to an .npz, and prints minima and ratios. User
time counts all threads of a process.

The views are those of models that read 4 x 2710 bases, 20 x 2710 amino acids and 440 x 30 dipeptides, in the form in which a file
should hold them: codes of 2,700 bases, codes of 3 x 900 codons, 440 counts up to 30.

The rivals have one thread and look codons up by one number of three bases. The tuned one works on 64 records at a time (the
fastest of 16 to 1,024), with one-byte numbers as far as they go, and counts the pairs of a batch by one bincount. The other has the
same look-ups and counts, record by record, with NumPy's own element types, as one writes it first.

"A further record" is the slope between two numbers of records, without what a process takes to start.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from contest import HOME, python, run

HERE = Path(__file__).resolve()
LENGTH, CAP = 2700, 30
OURS = "`ribonnx-encode --threads 1`"
CARD = f"""schema: 1
id: binding-views
version: 1.0.0
inputs: {{rna: {{kind: sequences}}}}
views:
  bases: {{encoder: nucleotides@1, shape: [{LENGTH}], pad: 5}}
  codons: {{encoder: translation@1, shape: [{LENGTH}], pad: 22}}
  pairs: {{encoder: dipeptides@1, shape: [440], options: {{length: {LENGTH}, cap: {CAP}}}}}
"""


def simulate(path, records):
    """Records of 1,500 to 3,000 letters; one in ten has an N, one in fifty a repeat that passes the cap."""
    rng = random.Random(7)
    with open(path, "w") as out:
        for number in range(records):
            letters = rng.choices("ACGU", k=rng.randint(1500, 3000))
            if number % 10 == 0:
                letters[rng.randrange(len(letters))] = "N"
            if number % 50 == 0:
                letters[100:300] = "A" * 200
            text = "".join(letters)
            out.write(f">r{number}\n" + "\n".join(text[n : n + 80] for n in range(0, len(text), 80)) + "\n")


def codons_by_number(first, second):
    """Codes of `translation@1`, 22 behind the end, at the numbers first * A + second * B + C of three letters (4 ambiguous, 5 behind the end)."""
    import numpy as np

    acids = "FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG"
    table = np.full(6 * first, 21, np.uint8)
    table[5 * first :] = 22
    for number, acid in enumerate(acids):
        a, b, c = ("ACGU".index("UCAG"[number // step % 4]) for step in (16, 4, 1))
        table[first * a + second * b + c] = "ACDEFGHIKLMNPQRSTVWY*".index(acid)
    return table


def encoder(length=LENGTH):
    """A function of a list of records, cut or filled up with bytes 255 to `length`, to the three views of all of them: the tuned rival."""
    import numpy as np

    from rivals import TABLE_PAD

    table = codons_by_number(36, 6)

    def encode(rows):
        count = len(rows)
        bases = np.full((count, length + 2), 5, np.uint8)
        bases[:, :length] = TABLE_PAD[np.frombuffer(b"".join(rows), np.uint8)].reshape(count, length)
        number = bases[:, :-2] * np.uint8(36)
        number += bases[:, 1:-1] * np.uint8(6)
        number += bases[:, 2:]
        every = table[number]
        codons = np.concatenate([every[:, frame::3] for frame in range(3)], axis=1)
        letters = np.minimum(codons, 20)
        pairs = letters[:, :-1].astype(np.int16)
        pairs *= 21
        pairs += letters[:, 1:]
        place = pairs + np.arange(count)[:, None] * 441
        counts = np.bincount(place.reshape(-1), minlength=441 * count).reshape(count, 441)
        return bases[:, :length], codons, np.minimum(counts[:, :440], CAP).astype(np.uint8)

    return encode


def rival(source, target, size=64):
    import numpy as np

    from rivals import read_fasta

    encode = encoder()
    ids, parts, rows = [], [], []
    for name, sequence in read_fasta(source):
        ids.append(name)
        rows.append(sequence[:LENGTH].ljust(LENGTH, b"\xff"))
        if len(rows) == size:
            parts.append(encode(rows))
            rows = []
    if rows:
        parts.append(encode(rows))
    bases, codons, pairs = (np.concatenate(part) for part in zip(*parts))
    np.savez(target, ids=np.array(ids, dtype="S"), bases=bases, codons=codons, pairs=pairs)


def plain(source, target):
    import numpy as np

    from rivals import TABLE_PAD, read_fasta

    table = codons_by_number(36, 6)
    ids, all_bases, all_codons, all_pairs = [], [], [], []
    for name, sequence in read_fasta(source):
        letters = np.frombuffer(sequence[:LENGTH], dtype=np.uint8)
        bases = np.full(LENGTH + 2, 5)
        bases[: len(letters)] = TABLE_PAD[letters]
        every = table[36 * bases[:-2] + 6 * bases[1:-1] + bases[2:]]
        codons = np.concatenate([every[0::3], every[1::3], every[2::3]])
        text = np.minimum(codons, 20).astype(int)
        counts = np.bincount(21 * text[:-1] + text[1:], minlength=441)[:440]
        ids.append(name)
        all_bases.append(bases[:LENGTH].astype(np.uint8))
        all_codons.append(codons)
        all_pairs.append(np.minimum(counts, CAP).astype(np.uint8))
    np.savez(target, ids=np.array(ids, dtype="S"), bases=np.stack(all_bases), codons=np.stack(all_codons), pairs=np.stack(all_pairs))


def compare(ours, theirs):
    import numpy as np

    a, b = np.load(ours), np.load(theirs)
    for name in ("ids", "bases", "codons", "pairs"):
        if a[name].dtype != b[name].dtype or not np.array_equal(a[name], b[name]):
            sys.exit(f"{name} differs")
    print(f"equal: {len(a['ids'])} ids, views {[a[name].shape for name in ('bases', 'codons', 'pairs')]}; {int((a['pairs'] == CAP).any(axis=1).sum())} records reach the cap")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=40000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    interpreter = python("benchmark-views", "numpy")
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "model").mkdir()
        (folder / "model" / "model.yaml").write_text(CARD)
        sizes = (arguments.records, arguments.records // 4)
        contenders, measured, loads = {}, {}, []
        for size in sizes:
            fasta = folder / f"{size}.fa"
            simulate(fasta, size)
            ours = [HOME / "bin" / "ribonnx-encode", "--quiet", "--model", folder / "model", fasta]
            contenders[OURS, size] = ours + ["--threads", 1, "--output", folder / "one.npz"]
            contenders["`ribonnx-encode --threads 2`", size] = ours + ["--threads", 2, "--output", folder / "two.npz"]
            contenders["NumPy, tuned", size] = [interpreter, HERE, "rival", fasta, folder / "tuned.npz"]
            contenders["NumPy, record by record", size] = [interpreter, HERE, "plain", fasta, folder / "plain.npz"]
        for number in range(arguments.rounds + 1):
            for (name, size), command in contenders.items():
                figures = run(command)
                if number:  # the first round warms caches and compares
                    measured.setdefault((name, size), []).append(figures)
                elif command[2] == "plain":
                    for file in ("one.npz", "two.npz", "plain.npz"):
                        print(subprocess.run([interpreter, HERE, "compare", folder / file, folder / "tuned.npz"], check=True, capture_output=True, text=True).stdout, end="", flush=True)
            if number:
                loads.append(os.getloadavg()[0])
        print(f"{sizes[0]} records, {(folder / f'{sizes[0]}.fa').stat().st_size / 1e6:.0f} MB of FASTA; load {min(loads):.1f} to {max(loads):.1f} on {os.cpu_count()} processors, {arguments.rounds} rounds")
        print("\n| | best, s | median, s | user, s | user and system, s | a further record: user, µs | user and system, µs | peak MB |\n| --- | --- | --- | --- | --- | --- | --- | --- |")
        kept = {}
        for name in dict.fromkeys(name for name, _ in contenders):
            rows, fewer = (measured[name, size] for size in sizes)
            walls = sorted(row.wall for row in rows)
            user, both, user_few, both_few = (min(getattr(row, of) for row in some) for some in (rows, fewer) for of in ("user", "processor"))
            slopes = [1e6 * (more - less) / (sizes[0] - sizes[1]) for more, less in ((user, user_few), (both, both_few))]
            kept[name] = [walls[0], user, both, *slopes]
            print(f"| {name} | {walls[0]:.2f} | {walls[len(walls) // 2]:.2f} | {user:.2f} | {both:.2f} | {slopes[0]:.1f} | {slopes[1]:.1f} | {rows[-1].memory} |")
        print("\n| times as fast as | " + OURS + ": wall, best | per round, median (range) | user | user and system | a further record: user | user and system |\n| --- | --- | --- | --- | --- | --- | --- |")
        for name in ("NumPy, tuned", "NumPy, record by record"):
            pairs = sorted(b.wall / a.wall for a, b in zip(measured[OURS, sizes[0]], measured[name, sizes[0]]))
            wall, *others = (theirs / mine for mine, theirs in zip(kept[OURS], kept[name]))
            print(f"| {name} | {wall:.2f} | {pairs[len(pairs) // 2]:.2f} ({pairs[0]:.2f} to {pairs[-1]:.2f}) | " + " | ".join(f"{one:.2f}" for one in others) + " |")


if __name__ == "__main__":
    if sys.argv[1:2] == ["rival"]:
        rival(sys.argv[2], sys.argv[3], *map(int, sys.argv[4:5]))
    elif sys.argv[1:2] == ["plain"]:
        plain(sys.argv[2], sys.argv[3])
    elif sys.argv[1:2] == ["compare"]:
        compare(sys.argv[2], sys.argv[3])
    else:
        main()
