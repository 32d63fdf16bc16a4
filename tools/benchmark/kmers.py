#!/usr/bin/env python3
"""Counts of k-mers (k = 3, 4, 5) of transcripts, ribonnx-encode against NumPy's bincount and a loop with a Counter, in turn.

    python3 tools/benchmark/kmers.py [--records 20000] [--length 2200] [--rounds 5] [--counter 1] [--memory 1000000]

Makes a virtual environment with NumPy, a bundle and transcripts with a seed (lengths around --length, one letter in 2,000 ambiguous);
checks that all counts are equal; then runs the contenders in turn, round by round, each as a whole process, and prints wall and processor
seconds, minima and medians. --counter: how often the slow loop runs. --memory N: peak memory at N records instead.
"one core" is the whole process, reader and collector of garbage included, on one core (taskset); the rivals have one thread.

"bincount" makes the codes of windows of five at once, counts them by one bincount a record, and gets counts of four and three as sums
of those of five and the last windows. "batches" does so for 64 records at a time, with numbers of two bytes: the fastest we found. The loop counts slices of text, one Counter per k, as most would.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from contest import HOME, python, run

HERE = Path(__file__).resolve()
KS = (3, 4, 5)


def make(path, records, length):
    """Transcripts of length / 2 to 3 · length / 2, in lines of 60."""
    import numpy as np

    rng = np.random.default_rng(8)
    with open(path, "wb") as out:
        for number in range(records):
            count = int(rng.integers(length // 2, 3 * length // 2 + 1))
            letters = np.frombuffer(b"ACGT", np.uint8)[rng.integers(0, 4, count)]
            letters[rng.integers(0, 2000, count) == 0] = ord("N")
            text = letters.tobytes()
            out.write(b">t%d\n" % number)
            out.write(b"\n".join(text[at : at + 60] for at in range(0, count, 60)) + b"\n")


def by_bincount(source, target):
    import numpy as np

    from rivals import TABLE, read_fasta
    ids, rows = [], []
    for name, text in read_fasta(source):
        codes = TABLE[np.frombuffer(text, np.uint8)].astype(np.int16)
        row = np.zeros(64 + 256 + 1024, np.int32)
        ambiguous = np.flatnonzero(codes == 4)
        # A stretch at a time; nearly all records have one or two.
        for begin, end in zip([0, *(ambiguous + 1)], [*ambiguous, len(codes)]):
            stretch = codes[begin:end]
            if len(stretch) < 5:
                for k in (3, 4):
                    for at in range(len(stretch) - k + 1):
                        code = int("".join(map(str, stretch[at : at + k])), 4)
                        row[(0 if k == 3 else 64) + code] += 1
                continue
            two = stretch[:-1] * 4 + stretch[1:]
            four = two[:-2] * 16 + two[2:]
            five = four[:-1] * 4 + stretch[4:]
            counts = np.bincount(five, minlength=1024)
            row[320:] += counts
            counts = counts.reshape(256, 4).sum(axis=1)
            counts[four[-1]] += 1
            row[64:320] += counts
            counts = counts.reshape(64, 4).sum(axis=1)
            counts[four[-1] & 63] += 1
            row[:64] += counts
        ids.append(name)
        rows.append(row)
    np.savez(target, ids=np.array(ids, dtype="S"), kmers=np.array(rows))


def by_batches(source, target):
    """One bincount for 64 records; what a person finds who measures."""
    import numpy as np

    from rivals import TABLE, read_fasta

    def batch(texts):
        count = len(texts)
        lengths = np.array([len(text) + 1 for text in texts])
        total = lengths.sum()
        codes = TABLE[np.frombuffer(b"N".join(texts) + b"NNNNN", np.uint8)]
        wrong = codes > 3
        codes = codes.astype(np.int16)
        two, wrong2 = codes[:-1] * 4 + codes[1:], wrong[:-1] | wrong[1:]
        wrong3 = wrong2[:-1] | wrong[2:]
        four, wrong4 = two[:-2] * 16 + two[2:], wrong2[:-2] | wrong2[2:]
        five, wrong5 = four[:-1] * 4 + codes[4:], wrong4[:-1] | wrong[4:]
        five[wrong5] = 1024
        places = np.repeat(np.arange(count) * 1025, lengths)
        places += five[:total]
        rows = np.empty((count, 1344), np.int32)
        counts = np.bincount(places, minlength=count * 1025).reshape(count, 1025)[:, :1024]
        rows[:, 320:] = counts
        ends = np.cumsum(lengths)
        for k, own, longer, begin in ((4, wrong4, wrong5, 64), (3, wrong3, wrong4, 0)):
            counts = counts.reshape(count, 4**k, 4).sum(axis=2)
            last = np.flatnonzero(~own[:total] & longer[:total])
            codes_there = four[last] if k == 4 else two[last] * 4 + codes[last + 2]
            np.add.at(counts, (np.searchsorted(ends, last, side="right"), codes_there), 1)
            rows[:, begin : begin + 4**k] = counts
        return rows

    ids, rows, texts = [], [], []
    for name, text in read_fasta(source):
        ids.append(name)
        texts.append(text)
        if len(texts) == 64:
            rows.append(batch(texts))
            texts = []
    if texts:
        rows.append(batch(texts))
    np.savez(target, ids=np.array(ids, dtype="S"), kmers=np.concatenate(rows))


def by_counter(source, target):
    from collections import Counter
    from itertools import product

    import numpy as np

    from rivals import read_fasta

    names = [["".join(letters) for letters in product("ACGU", repeat=k)] for k in KS]
    ids, rows = [], []
    for name, text in read_fasta(source):
        sequence = text.decode().upper().replace("T", "U")
        row = []
        for k, kmers in zip(KS, names):
            counts = Counter()
            for at in range(len(sequence) - k + 1):
                counts[sequence[at : at + k]] += 1
            row += [counts[kmer] for kmer in kmers]
        ids.append(name)
        rows.append(row)
    np.savez(target, ids=np.array(ids, dtype="S"), kmers=np.array(rows, np.int32))


def equal(ours, theirs):
    import numpy as np

    a, b = np.load(ours), np.load(theirs)
    if not (np.array_equal(a["ids"], b["ids"]) and np.array_equal(a["kmers"], b["kmers"]) and a["kmers"].any()):
        sys.exit(f"{ours} and {theirs} differ")
    print(f"{Path(theirs).stem}: ids and {a['kmers'].size:,} counts equal, {a['kmers'].sum():,} windows")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=20000)
    parser.add_argument("--length", type=int, default=2200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--counter", type=int, default=1)
    parser.add_argument("--memory", type=int, default=0)
    arguments = parser.parse_args()
    interpreter = python("benchmark-kmers", "numpy")
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "model.yaml").write_text(
            "schema: 1\nid: kmers\nversion: 1.0.0\ninputs: {rna: {kind: sequences}}\n"
            "views: {kmers: {encoder: kmers@1, dtype: int32, shape: [1344], options: {k: [3, 4, 5]}}}\n"
        )
        fasta = folder / "transcripts.fa"
        subprocess.run([interpreter, HERE, "make", fasta, str(arguments.memory or arguments.records), str(arguments.length)], check=True)
        ours = [HOME / "bin" / "ribonnx-encode", "--quiet", "--model", folder, "--output", folder / "ours.npz", fasta, "--threads"]
        if arguments.memory:
            for threads in (1, 2):
                one = run([*ours, threads])
                print(f"{arguments.memory:,} records, {threads} threads: {one.memory} MB, {one.wall:.1f} s, processor {one.processor:.1f} s")
            return
        contenders = {
            "ribonnx-encode --threads 2": [*ours, 2],
            "ribonnx-encode --threads 1": [*ours, 1],
            "ribonnx-encode --threads 1, one core": ["taskset", "-c", "0", *ours, 1],
            "NumPy, bincount": [interpreter, HERE, "bincount", fasta, folder / "bincount.npz"],
            "NumPy, batches": [interpreter, HERE, "batches", fasta, folder / "batches.npz"],
            "Counter": [interpreter, HERE, "counter", fasta, folder / "counter.npz"],
        }
        measured = {name: [] for name in contenders}
        for number in range(arguments.rounds + 1):
            for name, command in contenders.items():
                if name == "Counter" and number >= arguments.counter:
                    continue
                figures = run(command)
                if number or name == "Counter":  # the first round warms caches
                    measured[name].append(figures)
            print(f"round {number} of {arguments.rounds}, load {os.getloadavg()[0]:.1f}", file=sys.stderr)
        for name in ("bincount", "batches", "counter")[: 2 + bool(arguments.counter)]:
            subprocess.run([interpreter, HERE, "equal", folder / "ours.npz", folder / f"{name}.npz"], check=True)
        size = fasta.stat().st_size / 1e6
        print(f"\n{arguments.records:,} records, {size:.0f} MB; load {os.getloadavg()[0]:.1f}\n")
        print("| | best, s | median, s | processor, s | its median, s | peak MB |\n| --- | --- | --- | --- | --- | --- |")
        measured = {name: rows for name, rows in measured.items() if rows}
        for name, rows in measured.items():
            walls, processors = (sorted(of) for of in zip(*((row.wall, row.processor) for row in rows)))
            middle = len(rows) // 2
            print(f"| {name} | {walls[0]:.2f} | {walls[middle]:.2f} | {processors[0]:.2f} | {processors[middle]:.2f} | {rows[-1].memory} |")
        for one, other in (
            ("NumPy, bincount", "ribonnx-encode --threads 1, one core"),
            ("NumPy, batches", "ribonnx-encode --threads 1, one core"),
            ("Counter", "ribonnx-encode --threads 1, one core"),
            ("ribonnx-encode --threads 1, one core", "ribonnx-encode --threads 2"),
            ("ribonnx-encode --threads 1", "ribonnx-encode --threads 2"),
        ):
            if one not in measured:
                continue
            wall, processor = (min(getattr(row, of) for row in measured[one]) / min(getattr(row, of) for row in measured[other]) for of in ("wall", "processor"))
            pairs = sorted(a.wall / b.wall for a, b in zip(measured[one], measured[other]))
            print(f"\n{one} against {other}: wall {wall:.2f} (per round {pairs[0]:.2f} to {pairs[-1]:.2f}), processor {processor:.2f}")


if __name__ == "__main__":
    steps = {"bincount": by_bincount, "batches": by_batches, "counter": by_counter, "equal": equal}
    if sys.argv[1:2] == ["make"]:
        make(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    elif sys.argv[1:2] and sys.argv[1] in steps:
        steps[sys.argv[1]](*sys.argv[2:])
    else:
        main()
