"""Tensor files (NPZ) as `ribonnx-encode` writes them, and the way to have one written."""

from __future__ import annotations

import json
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Iterable

import numpy as np


@dataclass(frozen=True)
class Features:
    """One features file: a row per input record, in input order."""

    ids: list[str]
    status: np.ndarray  # uint8 [N]; 0 is usable
    views: dict[str, np.ndarray]  # [N, ...] each; a view of varying length keeps its `.offsets` beside it
    meta: dict


def read_features(path: Path) -> Features:
    """Read a tensor file; `meta.json` may be missing, as it may for the tools."""
    with zipfile.ZipFile(path) as archive:
        meta = json.loads(archive.read("meta.json")) if "meta.json" in archive.namelist() else {}
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files if name != "meta.json"}
    ids = [i.decode() if isinstance(i, bytes) else str(i) for i in arrays.pop("ids")]
    status = arrays.pop("status", np.zeros(len(ids), np.uint8))
    return Features(ids, status, arrays, meta)


def write_fasta(path: Path, sequences: Iterable[str]) -> None:
    """Write sequences under running numbers (`r0`, `r1`, ...), so that row k of the features is sequence k."""
    with open(path, "w", encoding="ascii") as out:
        for k, sequence in enumerate(sequences):
            out.write(f">r{k}\n{sequence}\n")


def encode(executable: Path, model: Path, sequences: list[str], work: Path, name: str) -> Features:
    """Have `ribonnx-encode` encode `sequences` with the views of the bundle `model`; files go to `work`."""
    fasta, npz = work / f"{name}.fa", work / f"{name}.npz"
    write_fasta(fasta, sequences)
    subprocess.run([str(executable), "--model", str(model), "--output", str(npz), str(fasta)], check=True)
    features = read_features(npz)
    if features.ids != [f"r{k}" for k in range(len(sequences))]:
        raise ValueError(f"{npz}: rows are not the input records in input order")
    if features.status.any():
        raise ValueError(f"{npz}: {int((features.status != 0).sum())} records are unusable")
    return features
