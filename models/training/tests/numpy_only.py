"""Tensor files and one-hot layouts of ribonnx_training, with NumPy and without torch and onnx, against the executables.

    python3 models/training/tests/numpy_only.py INSTALLATION
"""

import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from fractions import Fraction
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "models" / "training"))
from ribonnx_training import conformal, layouts, recipe, tensors  # noqa: E402

SMALLEST = ROOT / "test-data" / "bundles" / "smallest"


def refused(words, call, *arguments, **named):
    """The call raises a ValueError that says `words`."""
    try:
        call(*arguments, **named)
    except ValueError as e:
        assert words in str(e), f"{e}; expected: {words}"
    else:
        raise AssertionError(f"nothing is refused: {words}")


def data_starts(path):
    """Where the numbers of each member begin in the file."""
    starts = {}
    with zipfile.ZipFile(path) as archive, open(path, "rb") as raw:
        for entry in archive.infolist():
            assert entry.compress_type == zipfile.ZIP_STORED
            if not entry.filename.endswith(".npy"):
                continue
            raw.seek(entry.header_offset + 26)
            name, extra = (int.from_bytes(raw.read(2), "little") for _ in range(2))
            start = entry.header_offset + 30 + name + extra
            raw.seek(start)
            np.lib.format.read_magic(raw)
            np.lib.format.read_array_header_1_0(raw)
            starts[entry.filename] = raw.tell()
    return starts


def round_trip(work):
    """What is written is read, by our reader and by numpy.load."""
    rng = np.random.default_rng(1)
    ids = [f"record {k} é" for k in range(9)]
    views = {"a": rng.integers(0, 6, (9, 40), np.uint8), "b": rng.standard_normal((9, 3, 5)).astype(np.float32),
             "half": rng.standard_normal((9, 2)).astype(np.float16), "one": np.arange(9), "big": np.arange(9.0).astype(">f8")}
    lengths = [3, 0, 7, 1, 1, 12, 5, 2, 4]
    pieces = [rng.integers(0, 6, n, np.uint8) for n in lengths]
    status = np.array([0, 1, 0, 0, 0, 0, 0, 0, 2], np.uint8)
    meta = {"format": 1, "kind": "features"}
    tensors.write_features(work / "x.npz", ids, {**views, "open": pieces}, status, meta)
    got = tensors.read_features(work / "x.npz")
    assert got.ids == ids and got.meta == meta
    np.testing.assert_array_equal(got.status, status)
    for name, rows in views.items():
        np.testing.assert_array_equal(got.views[name], rows)
        assert got.views[name].dtype == rows.dtype.newbyteorder("<"), name
    assert got.views["open.offsets"].tolist() == np.cumsum([0, *lengths]).tolist()
    for k, piece in enumerate(pieces):
        np.testing.assert_array_equal(got.row("open", k), piece)
    np.testing.assert_array_equal(got.row("b", 4), views["b"][4])
    starts = data_starts(work / "x.npz")
    assert len(starts) == 9 and all(start % 64 == 0 for start in starts.values()), starts
    with np.load(work / "x.npz") as file:
        assert file["ids"].dtype.kind == "S" and file["a"].tolist() == views["a"].tolist()


def refusals(work):
    """Each thing that does not fit is told, and nothing is left."""
    rows = np.zeros((2, 4), np.float32)
    path = work / "no.npz"
    refused("the id 'x' is there twice", tensors.write_features, path, ["x", "x"], {"a": rows})
    refused("1 to 255 bytes", tensors.write_features, path, ["x", ""], {"a": rows})
    refused("1 to 255 bytes", tensors.write_features, path, [], {"a": rows[:0]})
    refused("1 to 255 bytes", tensors.write_features, path, ["x", "é" * 128], {"a": rows})
    refused("'a' has 2 rows, but there are 3 ids", tensors.write_features, path, ["x", "y", "z"], {"a": rows})
    refused("'status' has 1 rows", tensors.write_features, path, ["x", "y"], {"a": rows}, status=[0])
    refused("numbers are expected", tensors.write_features, path, ["x", "y"], {"a": np.array(["u", "v"])})
    assert not list(work.glob("no.npz*"))
    np.savez(path, a=rows)
    refused("has no ids", tensors.read_features, path)
    np.savez(path, a=rows, ids=np.array(["x", "y", "z"]))
    refused("'a' has 2 rows", tensors.read_features, path)
    np.savez(path, **{"a": rows, "a.offsets": np.array([0, 3, 2]), "ids": np.array(["x", "y"])})
    refused("do not lead through", tensors.read_features, path)


def executables(installation, work):
    """The executables read what is written here, and the other way round; the numbers stay."""
    run = lambda *a: subprocess.run([str(installation / "bin" / a[0]), *map(str, a[1:])], check=True, capture_output=True, text=True)
    fasta = ROOT / "test-data" / "hairpins.fa"
    run("ribonnx-encode", "--quiet", "--model", SMALLEST, "--output", work / "features.npz", fasta)
    run("ribonnx-classify", "--quiet", "--model", SMALLEST, "--output", work / "p.tsv", "--scores", work / "p.npz", work / "features.npz")
    features = tensors.read_features(work / "features.npz")
    sequences = ["".join(part.split("\n")[1:]).upper() for part in fasta.read_text().split(">")[1:]]
    assert features.ids == [line[1:].split()[0] for line in fasta.read_text().splitlines() if line[:1] == ">"]
    for k, sequence in enumerate(sequences):
        row = features.row("bases", k)
        wanted = [layouts.LETTERS.get(letter, 4) for letter in sequence[:len(row)]]
        assert row.tolist() == wanted + [5] * (len(row) - len(wanted)), features.ids[k]
    for meta in (features.meta, None):
        tensors.write_features(work / "own.npz", features.ids, features.views, features.status, meta)
        done = run("ribonnx-classify", "--model", SMALLEST, "--output", work / "q.tsv", "--scores", work / "q.npz", work / "own.npz")
        assert ("says nothing of the model" in done.stderr) == (meta is None), done.stderr
        ours, theirs = tensors.read_features(work / "q.npz"), tensors.read_features(work / "p.npz")
        assert ours.ids == theirs.ids
        np.testing.assert_array_equal(ours.views["composition"], theirs.views["composition"])
        columns = lambda path: [line.split("\t")[:8] for line in path.read_text().splitlines()]
        assert columns(work / "q.tsv") == columns(work / "p.tsv")


def one_hot():
    """Every layout against letters looked up one by one."""
    letters = "ACGUNACXX"  # X is padding
    codes = np.array([[layouts.LETTERS.get(letter, 5) for letter in letters]] * 3, np.uint8)
    codes[2, -1] = 255
    for order in ("ACGU", "ACGT", "AGCU", "UGCA", "ACGUN", "NTGCA"):
        c = len(order)
        for unknown, pad in ((0, 0), (0.25, 0), (0.25, 0.25)):
            oracle = np.zeros((3, len(letters), c), np.float32)
            for k, letter in enumerate(letters):
                letter = letter.replace("T", "U")
                if letter == "X":
                    oracle[:, k] = pad
                elif letter in order.replace("T", "U"):
                    oracle[:, k, order.replace("T", "U").index(letter)] = 1
                else:
                    oracle[:, k] = unknown
            turned = oracle.transpose(0, 2, 1)
            wanted = {f"B{c}L": turned, f"BL{c}": oracle, f"B1{c}L": turned[:, None], f"B1L{c}": oracle[:, None],
                      f"BL{c}1": oracle[..., None], f"B{c}1L": turned[:, :, None], f"B({c}L)": turned.reshape(3, -1),
                      f"B(L{c})": oracle.reshape(3, -1)}
            for axes, x in wanted.items():
                np.testing.assert_array_equal(layouts.Layout(axes, order, unknown, pad).apply(codes), x, f"{axes} {order}")
    for axes in ("4L", "B4", "BLL", "B5L", "B4L4", "B(4)L", "B(41L)", "b4l", "B44L", ""):
        refused("axes is", layouts.Layout, axes)
    for order in ("ACG", "ACGG", "ACGTU", "ACGX", "ACGNN", ""):
        refused("order is", layouts.Layout, "B4L", order)
    refused("uint8 [records, positions]", layouts.Layout().apply, np.zeros((2, 3), np.int64))


def quantiles():
    """The rank of the quantile by exact fractions, its promise on simulated records, the edges."""
    rng = np.random.default_rng(3)
    for n in (1, 8, 9, 10, 19, 20, 99, 100, 1000):
        p = rng.random(n)
        for coverage in ("0.5", "0.8", "0.9", "0.95"):
            rank = -(-(n + 1) * Fraction(coverage) // 1)
            q = conformal.quantile(p, float(coverage))
            if rank > n:
                assert q == 1, (n, coverage, q)
            else:
                wanted = np.sort(1 - p)[int(rank) - 1]
                assert wanted <= q <= wanted + 1.000001e-6, (n, coverage, q, wanted)
                assert (1 - p <= q).sum() >= rank
    assert conformal.quantile(np.ones(50)) == 0
    refused("coverage is 1", conformal.quantile, np.ones(5), 1)
    refused("finite numbers", conformal.quantile, np.array([0.5, np.nan]))
    # Of many draws of 60 calibration rows and a new one, 90 to 92 % cover: (n + 1) · 0.9 = 54.9, so 55 of 61.
    sets = lambda p, truth: conformal.of_truth(conformal.members(p, conformal.quantile(conformal.of_truth(p[:-1], truth[:-1]))), truth)[-1]
    covered = np.mean([sets(*_records(rng, 61)) for _ in range(4000)])
    assert abs(covered - 55 / 61) < 4 * np.sqrt(0.09 / 4000), covered
    p, truth = _records(rng, 3000)
    each = conformal.per_label(p, truth)
    assert each == [conformal.quantile(p[truth == k, k]) for k in range(4)]
    assert conformal.choose(p, truth) == (0.9, True)
    assert conformal.choose(np.eye(4)[truth], truth) == (0.99, True) and conformal.choose(p[:9], truth[:9])[1] is False
    found = conformal.figures(p, truth, each, list("abcd"))
    assert list(found["classes"]) == list("abcd") and all(0.9 <= c["coverage"] < 0.92 for c in found["classes"].values())
    held = conformal.members(p, each)
    assert found["coverage"] == np.mean([held[i, truth[i]] for i in range(3000)])
    assert found["interval"][0] < found["coverage"] < found["interval"][1]
    np.testing.assert_allclose(conformal.wilson(8, 10), [0.4901625, 0.9433178], atol=1e-6)  # SciPy's binomtest


def _records(rng, n):
    """Probabilities [n, 4] and true classes [n] drawn from them, sharpened so that the probabilities are wrong."""
    p = rng.dirichlet(np.full(4, 0.7), n)
    truth = np.array([rng.choice(4, p=row) for row in p])
    wrong = p ** 2 / (p ** 2).sum(1, keepdims=True)
    return wrong, truth


def sets_of_a_bundle(installation, work):
    """Quantiles go into model.yaml of every style, replace what stood there, and the tool makes those very sets."""
    bundle = work / "bundle"
    shutil.copytree(SMALLEST, bundle)
    card = bundle / "model.yaml"
    labels = ["AU-rich", "GC-rich", "balanced"]
    source, truth = ROOT / "test-data" / "hairpins.fa", work / "truth.tsv"
    ids = [line[1:].split()[0] for line in source.read_text().splitlines() if line[:1] == ">"]
    rng = np.random.default_rng(4)
    truth.write_text("id\tcomposition\n" + "".join(f"{i}\t{rng.choice(labels + [''])}\n" for i in ids))
    plain = card.read_text()
    style = re.search(r"composition: \{(.*?), (graph.*?), (sha256.*?), (labels.*)\}", plain)
    block = plain.replace(style[0], "composition:\n    " + "\n    ".join(style.groups()) + "\n  # the end")
    quoted = plain.replace("AU-rich", "'AU-rich'").replace("balanced]}", 'balanced],\n    output: "probabilities"}\nx-note: "}"')
    executable = installation / "bin" / "ribonnx"
    for text in (plain, block, quoted):
        card.write_text(text)
        for by_label in ([], ["composition"], []):
            found = conformal.fill(bundle, executable, work / "sets", (source, truth), (source, truth), by_label, 0.8)["composition"]
            assert card.read_text().count("sets:") == 1 and found["per_label"] == bool(by_label)
            # What the sets were made from is covered at least as often as promised.
            least = [found["test"]["coverage"], *(c["coverage"] for c in found["test"]["classes"].values() if by_label)]
            assert min(least) >= 0.8, found
            _same_sets(executable, bundle, source, work, found)
    refused("no head other", recipe.fill_sets, bundle, "other", 0.9, 0.5)


def _same_sets(executable, bundle, source, work, found):
    """The column `set` of the tool against the sets made here."""
    subprocess.run([str(executable), "predict", "--quiet", "--sets", "--model", f"{bundle}/", "--output", str(work / "sets.tsv"), str(source)], check=True)
    rows = [line.split("\t") for line in (work / "sets.tsv").read_text().splitlines()[1:]]
    scored = conformal.scores(executable, bundle, source, work)
    given = re.search(r"quantiles?: \[?([^\]}]*)", bundle.joinpath("model.yaml").read_text())[1]
    held = conformal.members(scored.p["composition"], [float(q) for q in given.split(",")])
    labels = np.array(scored.labels["composition"])
    assert len(rows) == len(held)
    for row, one in zip(rows, held):
        assert set(row[7].split(";")) == (set(labels[one]) or {"none"}), row
    assert found["test"]["mean_size"] > 0


def main(installation):
    work = Path(tempfile.mkdtemp(prefix="ribonnx-numpy."))
    round_trip(work)
    refusals(work)
    one_hot()
    executables(installation, work)
    quantiles()
    sets_of_a_bundle(installation, work)
    heavy = {"torch", "onnx", "onnxruntime"} & set(sys.modules)
    assert not heavy, f"{heavy} were imported"
    print("tensor files, layouts and prediction sets: NumPy alone agrees with the executables")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
