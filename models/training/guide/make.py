"""Makes the stored files of the guide: runs the Python of docs/add-a-model.md and keeps what it writes. Needs torch.

    venv/bin/python models/training/guide/make.py
"""

import hashlib
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
DOCUMENT = HERE.parents[2] / "docs" / "add-a-model.md"
FILES = ("net.onnx", "labels.txt", "test.fa", "out.npz")


def scripts():
    """File name to text of each Python block that has a name."""
    return dict(re.findall(r"^```python (\S+)\n(.*?)^```$", DOCUMENT.read_text(), re.M | re.S))


def digest():
    """What the stored files were made from."""
    return hashlib.sha256("\n".join(f"{name}\n{text}" for name, text in sorted(scripts().items())).encode()).hexdigest()


def main():
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        for name, text in scripts().items():
            (work / name).write_text(text)
        subprocess.run([sys.executable, "bridge.py"], cwd=work, check=True,
                       env={**os.environ, "PYTHONPATH": str(HERE.parent), "OMP_NUM_THREADS": "1"})
        for name in FILES:
            (HERE / name).write_bytes((work / name).read_bytes())
    (HERE / "made-from.sha256").write_text(digest() + "\n")


if __name__ == "__main__":
    main()
