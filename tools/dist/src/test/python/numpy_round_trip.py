"""Tensor files against NumPy: what the executables write, numpy.load opens; what numpy.savez writes, they read.

    python3 numpy_round_trip.py INSTALLATION

The encoder below is independent of the Java one and is its oracle.
"""

import json
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
    print("NumPy and the executables agree")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
