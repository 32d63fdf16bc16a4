"""Tensor files against NumPy: what the executables write, numpy.load opens; what numpy.savez writes, they read.

    python3 numpy_round_trip.py INSTALLATION

The encoder below is independent of the Java one and is its oracle.
"""

import hashlib
import itertools
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[5]
DATA = ROOT / "test-data"
SMALLEST = DATA / "bundles" / "smallest"
LENGTH = 40


def run(installation, command, *arguments, code=0):
    done = subprocess.run(
        [installation / "bin" / command, *map(str, arguments)], capture_output=True, text=True
    )
    assert done.returncode == code, f"{command}: exit {done.returncode}, {done.stderr}"
    return done


def read_fasta(path):
    records = []
    for line in path.read_text().splitlines():
        if line.startswith(">"):
            records.append([line[1:].split()[0], ""])
        else:
            records[-1][1] += line
    return records


def encode(records):
    table = np.full(256, 4, dtype=np.uint8)
    for code, letters in enumerate(("Aa", "Cc", "Gg", "UuTt")):
        for letter in letters:
            table[ord(letter)] = code
    codes = np.full((len(records), LENGTH), 5, dtype=np.uint8)
    for row, (_, sequence) in enumerate(records):
        letters = np.frombuffer(sequence[:LENGTH].encode(), dtype=np.uint8)
        if (table[letters] < 4).any():
            codes[row, : len(letters)] = table[letters]
    return codes


def kmers(sequence, ks, joined):
    """Counts of all k-mers by looking each window up; windows with other letters than A, C, G, U are left out."""
    row = []
    for k in ks:
        text = sequence + sequence[: k - 1] if joined and len(sequence) >= k else sequence
        windows = [text[at : at + k] for at in range(len(text) - k + 1)]
        order = ["".join(kmer) for kmer in itertools.product("ACGU", repeat=k)]
        counts = dict.fromkeys(order, 0)
        for window in windows:
            if window in counts:
                counts[window] += 1
        row += [counts[kmer] for kmer in order]
    return row


def coding(sequence, log_odds):
    """coding@1 by regular expressions on text; docs/coding.md says what each number is."""
    orf_lengths, free, means, scores, lengths = [], [], [], [], []
    longest = (0, 0, False)
    for frame in range(3):
        codons = [sequence[at : at + 3] for at in range(frame, len(sequence) - 2, 3)]
        text = "".join("X" if re.search("[^ACGU]", c) else "*" if c in ("UAA", "UAG", "UGA") else "M" if c == "AUG" else "a" for c in codons)
        orfs = [(3 * (m.end() - m.start()), frame + 3 * m.start(), m.group().endswith("*")) for m in re.finditer(r"M[aM]*\*?", text)]
        orf_lengths.append(max([o[0] for o in orfs], default=0))
        for orf in orfs:
            if orf[0] > longest[0]:
                longest = orf
        free.append(3 * max([len(m) for m in re.findall("[aM]+", text)], default=0))
        pairs = [log_odds.get(a + b) for a, b in zip(codons, codons[1:])]
        known = [p for p in pairs if p is not None]
        means.append(sum(known) / len(known) if known else 0)
        best, width, running, count = 0, 0, 0, 0
        for pair in pairs:
            running, count = (0, 0) if pair is None else (running + pair, count + 1) if running > 0 else (pair, 1)
            if running > best:
                best, width = running, 3 * (count + 1)
        scores.append(best)
        lengths.append(width)
    size, start, closed = longest
    orf = sequence[start : start + size]
    pairs = [log_odds[orf[at : at + 6]] for at in range(0, size - 5, 3)]
    around = "---" + sequence + "-"
    of_orf = [size / len(sequence), start / len(sequence), closed, sum(pairs) / max(1, len(pairs))]
    of_orf.append((around[start] in "AG") + (around[start + 6] == "G") if size else 0)
    asymmetry = []
    for part in (sequence, orf):
        for letter in "ACGU":
            counts = [part[place::3].count(letter) for place in range(3)]
            asymmetry.append(max(counts) / (min(counts) + 1))
    return orf_lengths + free + means + scores + lengths + of_orf + asymmetry


def counts_and_coding(installation, work):
    rng = np.random.default_rng(86)
    order = ["".join(kmer) for kmer in itertools.product("ACGU", repeat=6)]
    log_odds = dict(zip(order, rng.integers(-16, 17, len(order)) / 8))
    table = "hexamer\tlog_odds\n" + "".join(f"{kmer}\t{value}\n" for kmer, value in log_odds.items())
    model = work / "counts"
    model.mkdir()
    (model / "hexamers.tsv").write_text(table)
    sha = hashlib.sha256(table.encode()).hexdigest()
    (model / "model.yaml").write_text(
        "schema: 1\nid: counts\nversion: 1.0.0\ninputs: {rna: {kind: sequences}}\nviews:\n"
        "  line: {encoder: kmers@1, dtype: int32, shape: [1344], options: {k: [3, 4, 5]}}\n"
        "  circle: {encoder: kmers@1, dtype: uint8, shape: [4112], options: {k: [2, 6], ends: joined}}\n"
        "  spliced: {encoder: kmers@1, dtype: int16, shape: [64], options: {k: [3], ambiguous: splice}}\n"
        "  length: {encoder: length@1, dtype: int32, shape: [1]}\n"
        "  coding: {encoder: coding@1, dtype: float32, shape: [28], options: {hexamers: {file: hexamers.tsv, sha256: %s}}}\n" % sha
    )
    sequences = ["".join(rng.choice(list("ACGUN"), size, p=[0.3, 0.2, 0.22, 0.27, 0.01])) for size in rng.integers(6, 2500, 150)]
    sequences += ["A" * 700, "AUGUAA", "CCCCCC", "AUG" + "GCC" * 500 + "UGA"]
    fasta = work / "counts.fa"
    fasta.write_text("".join(f">r{number}\n{text}\n" for number, text in enumerate(sequences)))
    run(installation, "ribonnx-encode", "--model", model, "--output", work / "counts.npz", fasta)
    with np.load(work / "counts.npz") as file:
        assert not file["status"].any()
        assert file["circle"].dtype == np.uint8 and file["spliced"].dtype == np.int16
        np.testing.assert_array_equal(file["length"][:, 0], [len(text) for text in sequences])
        np.testing.assert_array_equal(file["line"], [kmers(text, (3, 4, 5), False) for text in sequences])
        np.testing.assert_array_equal(file["circle"], np.minimum([kmers(text, (2, 6), True) for text in sequences], 255))
        np.testing.assert_array_equal(file["spliced"], [kmers(text.replace("N", ""), (3,), False) for text in sequences])
        np.testing.assert_array_equal(file["coding"], np.float32([coding(text, log_odds) for text in sequences]))


def main(installation):
    work = Path(tempfile.mkdtemp())
    for name in ("hairpins.fa", "edge.fa"):
        records = read_fasta(DATA / name)
        features = work / "features.npz"
        run(installation, "ribonnx-encode", "--model", SMALLEST, "--output", features, DATA / name)
        with np.load(features) as file:
            assert file["ids"].astype(str).tolist() == [record[0] for record in records]
            assert file["bases"].dtype == np.uint8
            np.testing.assert_array_equal(file["bases"], encode(records))
            meta = json.loads(file["meta.json"])
            statuses = [meta["status"][number] for number in file["status"]]
            expected = ["ok" if any(b in "ACGUTacgut" for b in r[1]) else "no-usable-base" for r in records]
            assert statuses == expected
        predictions = work / "predictions.tsv"
        run(installation, "ribonnx-classify", "--model", SMALLEST, "--output", predictions, features)

        # The same rows, as a modeller would save them: texts, no status, no description, in any order of members.
        usable = [row for row, status in enumerate(statuses) if status == "ok"]
        for ids in (np.array([records[row][0] for row in usable]), np.array([records[row][0].encode() for row in usable])):
            np.savez(work / "own.npz", bases=encode(records)[usable], ids=ids)
            done = run(
                installation, "ribonnx-classify", "--model", SMALLEST, "--output", work / "own.tsv",
                "--scores", work / "own-scores.npz", work / "own.npz",
            )
            assert "says nothing of the model" in done.stderr
            columns = lambda path: [line.split("\t")[:8] for line in path.read_text().splitlines()]
            theirs = [row for row in columns(predictions) if row[4] != "unusable"]
            assert columns(work / "own.tsv") == theirs
            with np.load(work / "own-scores.npz") as file:
                np.testing.assert_allclose(file["composition"].sum(axis=1), 1, rtol=1e-6)

        np.savez_compressed(work / "packed.npz", bases=encode(records), ids=np.array(["x"] * len(records)))
        done = run(
            installation, "ribonnx-classify", "--model", SMALLEST, "--output", work / "packed.tsv", work / "packed.npz", code=4
        )
        assert "numpy.savez" in done.stderr and not (work / "packed.tsv").exists()

    # Records of varying length: back to back, with offsets. Written by NumPy, they give what ours give.
    varying = DATA / "bundles" / "shapes" / "varying"
    source = DATA / "bundles" / "shapes" / "input.fa"
    records = read_fasta(source)
    run(installation, "ribonnx-encode", "--model", varying, "--output", features, source)
    kept = [sequence[-100:] for _, sequence in records]
    codes = np.array(["ACGU".index(letter) for sequence in kept for letter in sequence], dtype=np.uint8)
    offsets = np.concatenate([[0], np.cumsum([len(sequence) for sequence in kept])])
    with np.load(features) as file:
        assert file["codes.offsets"].dtype == np.int64
        np.testing.assert_array_equal(file["codes"], codes)
        np.testing.assert_array_equal(file["codes.offsets"], offsets)
    np.savez(work / "own.npz", **{"codes": codes, "codes.offsets": offsets, "ids": np.array([r[0] for r in records])})
    for name in ("features", "own"):
        run(installation, "ribonnx-embed", "--model", varying, "--output", work / f"{name}-e.npz", work / f"{name}.npz")
    with np.load(work / "features-e.npz") as ours, np.load(work / "own-e.npz") as theirs:
        assert ours["codes"].shape == (len(records), 8)
        np.testing.assert_array_equal(ours["codes"], theirs["codes"])
    counts_and_coding(installation, work)
    print("NumPy and the executables agree")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
