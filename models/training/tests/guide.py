"""Runs the commands of docs/add-a-model.md, read out of it, with the graph that its Python made (stored in guide/).

    python3 models/training/tests/guide.py INSTALLATION

Needs NumPy. Fails if the document's Python is not what the stored files were made from.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np

TRAINING = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TRAINING), str(TRAINING / "guide")]
import make  # noqa: E402
from ribonnx_training import tensors  # noqa: E402


def commands():
    """The blocks that follow <!-- run -->, a command per line."""
    blocks = re.findall(r"^<!-- run -->\n```bash\n(.*?)^```$", make.DOCUMENT.read_text(), re.M | re.S)
    return [[line for line in block.splitlines() if line.strip()] for block in blocks]


def main(installation):
    stored = (make.HERE / "made-from.sha256").read_text().strip()
    assert stored == make.digest(), "docs/add-a-model.md has other Python than the stored graph: run models/training/guide/make.py"
    assert len(make.scripts()["net.py"].splitlines()) <= 30
    building, using = commands()
    assert len(building) <= 5 and all(line.startswith("ribonnx model ") for line in building), building
    home = {"PATH": f"{installation / 'bin'}:/usr/bin:/bin", "HOME": os.environ.get("HOME", "/"), "LC_ALL": "C.UTF-8"}
    home |= {name: os.environ[name] for name in ("JAVA_HOME", "RIBONNX_JAVA", "TMPDIR") if name in os.environ}
    with tempfile.TemporaryDirectory(prefix="ribonnx-guide.") as folder:
        work = Path(folder)
        for name in make.FILES:
            shutil.copy(make.HERE / name, work)

        def run(line, code=0):
            done = subprocess.run(["bash", "-c", line], cwd=work, env=home, capture_output=True, text=True)
            assert done.returncode == code, f"{line}: exit {done.returncode}\n{done.stdout}{done.stderr}"
            return done

        for line in building + using:
            print("$", line)
            run(line)
        zips = list(work.glob("*.zip"))
        assert len(zips) == 1, zips
        first = zips[0].read_bytes()
        run(building[-1].replace("model pack", "model pack --output again.zip"))
        assert (work / "again.zip").read_bytes() == first, "packing again gives other bytes"
        names = zipfile.ZipFile(zips[0]).namelist()
        assert any(name.endswith("model.yaml") for name in names) and any(name.endswith("net.onnx") for name in names), names

        # What the executables say of the records is what the network said in torch, record by record.
        own = tensors.read_features(work / "out.npz")
        rows = [line.split("\t") for line in (work / "results" / "scores.tsv").read_text().splitlines()]
        labels = (work / "labels.txt").read_text().split()
        assert rows[0] == ["id"] + [f"motif.{label}" for label in labels], rows[0]
        assert [row[0] for row in rows[1:]] == own.ids
        np.testing.assert_allclose(np.array([row[1:] for row in rows[1:]], float), own.views["probabilities"], atol=1e-5)
        predictions = [line.split("\t") for line in (work / "results" / "predictions.tsv").read_text().splitlines()[1:]]
        assert [row[2] for row in predictions] == [labels[k] for k in own.views["probabilities"].argmax(1)]

        # The comparison with the author's numbers can fail: labels in another order.
        test = next(line for line in building if "--reference" in line)
        tensors.write_features(work / "out.npz", own.ids, {"probabilities": own.views["probabilities"][:, ::-1].copy()})
        told = run(test, 5)
        message = told.stderr + told.stdout
        assert any(i in message for i in own.ids) and any(label in message for label in labels), message
    print("the guide's commands make a bundle that says what the network said")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
