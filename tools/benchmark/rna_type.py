#!/usr/bin/env python3
"""`ribonnx predict` with rna-type-human against NumPy and ONNX Runtime for Python, in turn.

    python3 tools/benchmark/rna_type.py [--records 5000] [--length 2200] [--rounds 5]

Makes a virtual environment with NumPy and ONNX Runtime, and transcripts with a seed as kmers.py does; checks that all scores agree to 1e-3 (they do to
1e-6, but where a number that differs in its last bit lies on a threshold of the trees) and all decisions are the same; then runs the contenders in turn, round by round, each as a whole process from FASTA to predictions and scores.

The rival counts k-mers by one bincount per record and k, reckons the 28 coding numbers with whole arrays per frame (docs/coding.md), and runs the two
graphs on 64 records at a time in sessions with two intra-op threads, or one.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from contest import HOME, ROOT, contest, equal, python

HERE, MODEL = Path(__file__).resolve(), ROOT / "models" / "rna-type-human"
END, PAD, BATCH = 128, 5, 64


def kmers(codes, ks, np):
    """Counts of the ks, one after the other, int32; windows with an ambiguous letter are left out."""
    wide, parts = codes.astype(np.int64), []
    for k in ks:
        count = len(codes) - k + 1
        if count < 1:
            parts.append(np.zeros(4 ** k, np.int64))
            continue
        number, hole = np.zeros(count, np.int64), np.zeros(count, bool)
        for i in range(k):
            number = number * 4 + wide[i : i + count]
            hole |= codes[i : i + count] > 3
        parts.append(np.bincount(number[~hole], minlength=4 ** k)[: 4 ** k])
    return np.concatenate(parts)


def best_segment(odds, np):
    """(largest sum of consecutive numbers, how many), the one that ends first, of those the shortest; (0, 0) if none is above 0."""
    sums = np.concatenate([[0.0], odds.cumsum()])
    low = np.minimum.accumulate(sums[:-1])
    gain = sums[1:] - low
    end = int(gain.argmax()) if len(gain) else 0
    if not len(gain) or gain[end] <= 0:
        return 0.0, 0
    begin = int(np.flatnonzero(sums[: end + 1] == low[end])[-1])
    return float(odds[begin : end + 1].sum()), end + 1 - begin


def asymmetry(codes, np):
    """max / (min + 1) of how often each letter stands at the three places of a codon, [4]."""
    found = np.bincount(codes.astype(np.int64) * 3 + np.arange(len(codes)) % 3, minlength=15)[:12].reshape(4, 3)
    return found.max(1) / (found.min(1) + 1)


def coding(codes, table, np):
    """The 28 numbers of coding@1, float32."""
    out, whole, best = np.zeros(28), len(codes), (0, 0, 0, 0, False)  # best: codons, frame, first codon, behind the last, closed
    wide = codes.astype(np.int64)
    for frame in range(3):
        triplets = wide[frame : frame + (whole - frame) // 3 * 3].reshape(-1, 3)
        bad = (triplets > 3).any(1)
        numbers = np.where(bad, -1, triplets @ np.array([16, 4, 1]))
        stop = (numbers == 48) | (numbers == 50) | (numbers == 56)
        ends = np.concatenate([[-1], np.flatnonzero(stop | bad), [len(numbers)]])
        out[3 + frame] = 3 * max(0, int(np.diff(ends).max()) - 1)
        starts = np.flatnonzero(numbers == 14)
        if len(starts):
            after = np.searchsorted(ends, starts)
            after, first = np.unique(after, return_index=True)
            closed = np.append(stop, False)[ends[after]]
            lengths = ends[after] + closed - starts[first]
            longest = int(lengths.argmax())
            out[frame] = 3 * lengths[longest]
            if lengths[longest] > best[0]:
                best = (int(lengths[longest]), frame, int(starts[first[longest]]), int(starts[first[longest]] + lengths[longest]), bool(closed[longest]))
        pair = (~bad[:-1]) & (~bad[1:])
        odds = table[(numbers[:-1] * 64 + numbers[1:])[pair]]
        if len(odds):
            out[6 + frame] = odds.sum() / len(odds)
            pieces = np.split(odds, np.searchsorted(np.flatnonzero(pair), np.flatnonzero(~pair))) if not pair.all() else [odds]
            score, count = max((best_segment(p, np) for p in pieces), key=lambda s: s[0])
            out[9 + frame], out[12 + frame] = score, 3 * (count + 1) if count else 0
    if best[0]:
        frame, first, behind = best[1:4]
        from_, to = frame + 3 * first, frame + 3 * behind
        numbers = wide[from_:to].reshape(-1, 3) @ np.array([16, 4, 1])
        out[15], out[16], out[17] = (to - from_) / whole, from_ / whole, best[4]
        if len(numbers) > 1:
            out[18] = table[numbers[:-1] * 64 + numbers[1:]].sum() / (len(numbers) - 1)
        out[19] = int(from_ >= 3 and codes[from_ - 3] in (0, 2)) + int(from_ + 3 < whole and codes[from_ + 3] == 2)
        out[24:28] = asymmetry(codes[from_:to], np)
    out[20:24] = asymmetry(codes, np)
    return out.astype(np.float32)


def rival(source, target, scores, threads):
    import numpy as np
    import onnxruntime

    from rivals import TABLE, read_fasta

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    fuse, classify = (onnxruntime.InferenceSession(str(MODEL / f"{n}.onnx"), options, providers=["CPUExecutionProvider"]) for n in ("fuse", "classify"))
    labels = [line.split("\t") for line in (MODEL / "labels.tsv").read_text().splitlines()[1:]]
    table = np.array([float(line.split("\t")[1]) for line in (MODEL / "hexamers.tsv").read_text().splitlines()[1:]])
    heads = {"type": "type", "type-of-piece": "type_of_piece"}  # and their outputs of the graph
    least = {"type": float(re.search(r"unassigned-when: below, at: ([\d.]+)", (MODEL / "model.yaml").read_text())[1]), "type-of-piece": 0.0}
    row = "\t%.6g" * (len(heads) * len(labels)) + "\n"

    def work(ids, batch, out, numbers):
        size = len(ids)
        views = {"kmers": np.zeros((size, 1364), np.int32), "junction": np.zeros((size, 64), np.uint8), "coding": np.zeros((size, 28), np.float32),
                 "length": np.zeros((size, 1), np.int32), "head": np.full((size, END), PAD, np.uint8), "tail": np.full((size, END), PAD, np.uint8)}
        for k, codes in enumerate(batch):
            views["kmers"][k] = kmers(codes, (1, 2, 3, 4, 5), np)
            views["junction"][k] = kmers(np.concatenate([codes[-2:], codes[:2]]), (3,), np)
            views["coding"][k] = coding(codes, table, np)
            views["length"][k] = len(codes)
            head, tail = codes[:END], codes[-END:]
            views["head"][k, : len(head)], views["tail"][k, : len(tail)] = head, tail
        p = np.stack(classify.run(list(heads.values()), {"fused": fuse.run(["fused"], views)[0]}), 1)
        for name, values, best in zip(ids, p.tolist(), p.argmax(2)):
            for head, own, k in zip(heads, values, best):
                label, plain = labels[k][:2]
                told = own[k] >= least[head]
                found = (name, head, label if told else "NA", own[k], "ok" if told else "unassigned", label, plain, "NA" if told else "below-threshold")
                out.write("%s\t%s\t%s\t%.6g\t%s\t%s\t%s\tNA\t%s\n" % found)
            numbers.write(name + row % tuple(values[0] + values[1]))

    with open(target, "w") as out, open(scores, "w") as numbers:
        out.write("id\thead\tprediction\tscore\tstatus\tbest\tname\tset\treason\n")
        numbers.write("id\t" + "\t".join(f"{head}.{label[0]}" for head in heads for label in labels) + "\n")
        ids, batch = [], []
        for name, sequence in read_fasta(source):
            ids.append(name.decode())
            batch.append(TABLE[np.frombuffer(sequence, np.uint8)])
            if len(ids) == BATCH:
                work(ids, batch, out, numbers)
                ids, batch = [], []
        if ids:
            work(ids, batch, out, numbers)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=5000)
    parser.add_argument("--length", type=int, default=2200)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    interpreter = python("benchmark", "numpy", "onnxruntime")
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        fasta = folder / "transcripts.fa"
        subprocess.run([interpreter, HERE.with_name("kmers.py"), "make", fasta, str(options.records), str(options.length)], check=True)
        contenders = {
            "`ribonnx predict`": [HOME / "bin" / "ribonnx", "predict", "--quiet", "--device", "cpu", "--threads", 2, "--model", MODEL, "--output", folder / "ours.tsv", "--scores", folder / "ours.scores", fasta],
            **{
                f"NumPy and ONNX Runtime, {threads} intra-op thread{'s' * (threads > 1)}": [interpreter, HERE, "rival", fasta, folder / "theirs.tsv", folder / "theirs.scores", threads]
                for threads in (2, 1)
            },
        }
        print(f"{options.records} transcripts, {fasta.stat().st_size / 1e6:.0f} MB")
        contest(contenders, options.rounds, lambda: equal(folder, "transcripts", 1e-3, 0))


if __name__ == "__main__":
    if sys.argv[1:2] == ["rival"]:
        rival(sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5]))
    else:
        main()
