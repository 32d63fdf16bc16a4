"""What the scripts beside this one share: simulated records, their codes, and the files that go to `ribonnx model new`.

A script is called as `python NAME.py ENCODE FOLDER`: ENCODE is `ribonnx-encode`, and FOLDER gets net.onnx, test.fa,
out.npz (the library's own output on test.fa), labels.txt and facts.json.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from ribonnx_training import graphs, tensors  # noqa: E402

LENGTH = 200
LABELS = ["plain", "motif", "AU-rich"]
MOTIF = "GGACUUCGGUCC"
FEATURES = """schema: 1
id: features
version: 1.0.0
inputs:
  rna: {kind: sequences}
views:
  codes: {encoder: nucleotides@1, dtype: uint8, shape: [200], pad: 5}
"""


@dataclass(frozen=True)
class Data:
    """Simulated records. codes: uint8 [N, 200]; labels: places in LABELS [N]; gc: share of G and C [N]; motifs: 0 or 1 [N]."""

    sequences: list[str]
    codes: np.ndarray
    labels: np.ndarray
    gc: np.ndarray

    @property
    def motifs(self) -> np.ndarray:
        """1 where the motif occurs."""
        return np.array([MOTIF in s for s in self.sequences], np.float32)


def simulated(seed: int, count: int) -> tuple[list[str], np.ndarray]:
    """`count` sequences of 40 to 200 nt and their labels: nothing in them, a motif anywhere, or many A and U."""
    rng = np.random.default_rng(seed)
    sequences, labels = [], rng.integers(0, 3, count)
    for label in labels:
        share = [0.35, 0.15, 0.15, 0.35] if label == 2 else [0.25] * 4
        letters = list(rng.choice(list("ACGU"), int(rng.integers(40, LENGTH + 1)), p=share))
        if label == 1:
            at = rng.integers(0, len(letters) - len(MOTIF) + 1)
            letters[at:at + len(MOTIF)] = MOTIF
        if rng.random() < 0.1:
            letters[rng.integers(0, len(letters))] = "N"
        sequences.append("".join(letters))
    return sequences, labels


class Job:
    """One script's run: the data, and `finish`."""

    def __init__(self):
        self.encode, self.folder = Path(sys.argv[1]), Path(sys.argv[2])
        self.folder.mkdir(parents=True, exist_ok=True)
        self.start = time.monotonic()
        (self.folder / "features").mkdir(exist_ok=True)
        (self.folder / "features" / "model.yaml").write_text(FEATURES)
        self.train, self.test = self.data(1, 3000, "train"), self.data(2, 96, "test")

    def data(self, seed: int, count: int, name: str) -> Data:
        """Simulated records, encoded by `ribonnx-encode`."""
        sequences, labels = simulated(seed, count)
        features = tensors.encode(self.encode, self.folder / "features", sequences, self.folder, name)
        gc = np.array([sum(c in "GC" for c in s) / len(s) for s in sequences], np.float32)
        return Data(sequences, features.views["codes"], labels, gc)

    def finish(self, reference: np.ndarray, needed: str, weights: str, kind: str = "single-label", labels: list[str] = LABELS,
               absolute: float = 1e-4, relative: float = 1e-3, quality: str = "", varying: bool = False) -> None:
        """Prove net.onnx against the library's own output and write what `ribonnx model new` and `model test` take.

        reference: the library's output on the test records, [96, len(labels)], computed without ONNX.
        needed: what the library's model needed to become a bundle; weights: how they came about; quality: a figure of the test set.
        varying: the graph takes any length, and the lengths as its second input.
        """
        reference = np.asarray(reference, np.float32).reshape(len(self.test.codes), -1)
        session = graphs.session(self.folder / "net.onnx")
        name = session.get_outputs()[0].name
        shape = session.get_outputs()[0].shape
        expected = reference if len(shape) > 1 else reference[:, 0]
        feeds = {session.get_inputs()[0].name: self.test.codes}
        if varying:
            feeds[session.get_inputs()[1].name] = (self.test.codes < 5).sum(1)
        agreement = graphs.prove(self.folder / "net.onnx", feeds, {name: expected}, absolute, relative, open_length=varying)
        ids = [f"r{k}" for k in range(len(self.test.sequences))]
        tensors.write_features(self.folder / "out.npz", ids, {"result": expected})
        (self.folder / "labels.txt").write_text("".join(f"{label}\n" for label in labels))
        facts = {"kind": kind, "needed": needed, "weights": weights, "quality": quality, "python_difference": agreement.difference,
                 "bytes": agreement.bytes, "absolute": absolute, "relative": relative, "seconds": round(time.monotonic() - self.start, 1)}
        (self.folder / "facts.json").write_text(json.dumps(facts, indent=1) + "\n")
        print(facts)


def accuracy(probabilities: np.ndarray, data: Data) -> str:
    """Accuracy on records, in words."""
    return f"accuracy {float((np.argmax(probabilities, 1) == data.labels).mean()):.2f}"


def fit(net, data: Data, steps: int, loss, target: np.ndarray, seed: int = 1, batch: int = 64, rate: float = 3e-3) -> None:
    """Train a torch network on codes with Adam for a number of steps."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    optimiser = torch.optim.Adam(net.parameters(), rate)
    codes, target = torch.from_numpy(data.codes), torch.from_numpy(target)
    net.train()
    for _ in range(steps):
        rows = torch.from_numpy(rng.integers(0, len(codes), batch))
        optimiser.zero_grad()
        loss(net(codes[rows]), target[rows]).backward()
        optimiser.step()
    net.eval()
