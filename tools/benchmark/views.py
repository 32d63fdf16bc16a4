#!/usr/bin/env python3
"""Three views of RNA-binding sites from sequences, Ribonnx against NumPy, in turn.

    python3 tools/benchmark/views.py [--records 20000] [--rounds 7]

Makes a virtual environment with NumPy, simulates records with a seed, checks that every byte of the three views is equal, then
runs the contenders in turn, round by round, each as a whole process from FASTA to an .npz, and prints minima and ratios. User
time counts all threads of a process.

The views are those of models that read 4 x 2710 bases, 20 x 2710 amino acids and 440 x 30 dipeptides, in the form in which a file
should hold them: codes of 2,700 bases, codes of 3 x 900 codons, 440 counts up to 30.

The rival has one thread, looks bases up in one joined array, codons by one number of three bases, and counts the pairs of a batch
by one bincount; element types and batch size are the fastest of what was tried. The same program with 4-byte numbers everywhere and
records one by one, as the papers' scripts have it, is many times slower.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve()
ROOT = HERE.parents[2]
HOME = ROOT / "tools" / "dist" / "target" / "ribonnx"
LENGTH, CAP = 2700, 30
CARD = f"""schema: 1
id: binding-views
version: 1.0.0
inputs: {{rna: {{kind: sequences}}}}
views:
  bases: {{encoder: nucleotides@1, shape: [{LENGTH}], pad: 5}}
  codons: {{encoder: translation@1, shape: [{LENGTH}], pad: 22}}
  pairs: {{encoder: dipeptides@1, shape: [440], options: {{length: {LENGTH}, cap: {CAP}}}}}
"""


def python():
    environment = ROOT / "target" / "benchmark-views"
    if not (environment / "bin" / "python").exists():
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    if subprocess.run([environment / "bin" / "pip", "install", "-q", "--disable-pip-version-check", "numpy"]).returncode:
        sys.exit("NumPy can't be installed")
    return environment / "bin" / "python"


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


def rival(source, target, size=64):
    import numpy as np

    from rivals import TABLE_PAD, read_fasta

    acids = "FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG"
    codon = np.full((6, 6, 6), 21, np.uint8)  # letters A 0, C 1, G 2, U 3, ambiguous 4, behind the end 5
    codon[5] = 22
    for number, acid in enumerate(acids):
        first, second, third = ("ACGU".index("UCAG"[number // step % 4]) for step in (16, 4, 1))
        codon[first, second, third] = "ACDEFGHIKLMNPQRSTVWY*".index(acid)
    codon = codon.reshape(-1)
    ids, parts = [], []

    def encode(rows):
        count = len(rows)
        bases = np.full((count, LENGTH + 2), 5, np.uint8)
        bases[:, :LENGTH] = TABLE_PAD[np.frombuffer(b"".join(rows), np.uint8)].reshape(count, LENGTH)
        number = bases[:, :-2] * np.uint8(36)
        number += bases[:, 1:-1] * np.uint8(6)
        number += bases[:, 2:]
        every = codon[number]
        codons = np.concatenate([every[:, frame::3] for frame in range(3)], axis=1)
        letters = np.minimum(codons, 20)
        pairs = letters[:, :-1].astype(np.int16)
        pairs *= 21
        pairs += letters[:, 1:]
        place = pairs + np.arange(count)[:, None] * 441
        counts = np.bincount(place.reshape(-1), minlength=441 * count).reshape(count, 441)
        return bases[:, :LENGTH], codons, np.minimum(counts[:, :440], CAP).astype(np.uint8)

    rows = []
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


def compare(ours, theirs):
    import numpy as np

    a, b = np.load(ours), np.load(theirs)
    for name in ("ids", "bases", "codons", "pairs"):
        if a[name].dtype != b[name].dtype or not np.array_equal(a[name], b[name]):
            sys.exit(f"{name} differs")
    print(f"equal: {len(a['ids'])} ids, views {[a[name].shape for name in ('bases', 'codons', 'pairs')]}; {int((a['pairs'] == CAP).any(axis=1).sum())} records reach the cap")


def run(command):
    """Wall, user and system seconds and peak memory in MB of one process."""
    start = time.perf_counter()
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{command}: {errors.decode()}")
    return time.perf_counter() - start, used.ru_utime, used.ru_stime, used.ru_maxrss // 1024


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=20000)
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    interpreter = python()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        fasta = folder / "in.fa"
        simulate(fasta, arguments.records)
        (folder / "model").mkdir()
        (folder / "model" / "model.yaml").write_text(CARD)
        ours = [HOME / "bin" / "ribonnx-encode", "--quiet", "--model", folder / "model", fasta]
        contenders = {
            "`ribonnx-encode --threads 1`": ours + ["--threads", 1, "--output", folder / "one.npz"],
            "`ribonnx-encode --threads 2`": ours + ["--threads", 2, "--output", folder / "two.npz"],
            "NumPy, one thread": [interpreter, HERE, "rival", fasta, folder / "rival.npz"],
        }
        measured = {name: [] for name in contenders}
        loads = []
        for number in range(arguments.rounds + 1):
            for name, command in contenders.items():
                figures = run(command)
                if number:  # the first round warms caches
                    measured[name].append(figures)
            if number:
                loads.append(os.getloadavg()[0])
            else:
                for file in ("one.npz", "two.npz"):
                    print(subprocess.run([interpreter, HERE, "compare", folder / file, folder / "rival.npz"], check=True, capture_output=True, text=True).stdout, end="", flush=True)
        print(f"{arguments.records} records, {fasta.stat().st_size / 1e6:.0f} MB of FASTA; load {min(loads):.1f} to {max(loads):.1f} on {os.cpu_count()} processors, {arguments.rounds} rounds")
        print("\n| | best, s | median, s | user, s | user and system, s | peak MB |\n| --- | --- | --- | --- | --- | --- |")
        for name, rows in measured.items():
            walls = sorted(row[0] for row in rows)
            print(f"| {name} | {walls[0]:.2f} | {walls[len(walls) // 2]:.2f} | {min(row[1] for row in rows):.2f} | {min(row[1] + row[2] for row in rows):.2f} | {rows[-1][3]} |")
        theirs = measured.pop("NumPy, one thread")
        for name, mine in measured.items():
            pairs = sorted(b[0] / a[0] for a, b in zip(mine, theirs))
            wall, user = (min(row[n] for row in theirs) / min(row[n] for row in mine) for n in (0, 1))
            both = min(row[1] + row[2] for row in theirs) / min(row[1] + row[2] for row in mine)
            print(f"\n{name}: wall {wall:.2f} times as fast (per round {pairs[0]:.2f} to {pairs[-1]:.2f}, median {pairs[len(pairs) // 2]:.2f}), user {user:.2f}, user and system {both:.2f}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["rival"]:
        rival(sys.argv[2], sys.argv[3], *map(int, sys.argv[4:5]))
    elif sys.argv[1:2] == ["compare"]:
        compare(sys.argv[2], sys.argv[3])
    else:
        main()
