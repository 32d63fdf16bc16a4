"""Tensor files (NPZ) as the tools write and read them, and the way to have one written. Needs NumPy alone."""

from __future__ import annotations

import json
import os
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Iterable, Mapping, Sequence

import numpy as np

TYPES = {np.dtype(t) for t in ("bool", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "f2", "f4", "f8")}
OFFSETS = ".offsets"  # behind the name of a view of varying length


@dataclass(frozen=True)
class Features:
    """One tensor file: a row per input record, in input order."""

    ids: list[str]
    status: np.ndarray  # uint8 [N]; 0 is usable
    views: dict[str, np.ndarray]  # [N, ...] each; a view of varying length keeps its `.offsets` beside it
    meta: dict

    def row(self, view: str, record: int) -> np.ndarray:
        """What one record has in a view, [...]; in a view of varying length [its length, ...]."""
        offsets = self.views.get(view + OFFSETS)
        return self.views[view][record] if offsets is None else self.views[view][offsets[record]:offsets[record + 1]]


def read_features(path: Path) -> Features:
    """Read a tensor file of any step, or what `numpy.savez` wrote; `meta.json` and `status` may be missing, as for the tools.

    Raises ValueError if it has no ids, or if the rows of a member are not as many as the ids.
    """
    with zipfile.ZipFile(path) as archive:
        meta = json.loads(archive.read("meta.json")) if "meta.json" in archive.namelist() else {}
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files if name != "meta.json"}
    if "ids" not in arrays:
        raise ValueError(f"{path}: has no ids; the members are {sorted(arrays)}")
    ids = [i.decode() if isinstance(i, bytes) else str(i) for i in arrays.pop("ids").tolist()]
    status = arrays.pop("status", np.zeros(len(ids), np.uint8))
    _check_rows(str(path), len(ids), status, arrays)
    return Features(ids, status, arrays, meta)


def write_features(path: Path, ids: Sequence[str], views: Mapping[str, np.ndarray | Sequence[np.ndarray]],
                   status: np.ndarray | None = None, meta: Mapping | None = None) -> None:
    """Write a tensor file that the tools read: members stored, data at multiples of 64 bytes, there when it is whole.

    ids: one per record, 1 to 255 bytes of UTF-8, none twice.
    views: name to rows, [N, ...] of a number type; or a list of N arrays [length, ...] for a view of varying length.
    status: uint8 [N], 0 where a record is usable; left out, all are.
    meta: `meta.json`, as `read_features` returned it; left out, the tools check shapes alone and warn once.
    Raises ValueError naming what does not fit.
    """
    raw = [i.encode() for i in ids]
    if not raw or any(not 0 < len(i) < 256 for i in raw):
        raise ValueError(f"{path}: ids must be there and have 1 to 255 bytes each")
    if len(set(raw)) < len(raw):
        raise ValueError(f"{path}: the id {next(i for i in ids if list(ids).count(i) > 1)!r} is there twice")
    members: dict[str, np.ndarray] = {}
    for name, rows in views.items():
        if not isinstance(rows, np.ndarray):
            rows = [np.asarray(r) for r in rows]
            lengths = [len(r) for r in rows]
            members[name + OFFSETS] = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
            rows = np.concatenate(rows)
        if rows.dtype.newbyteorder("=") not in TYPES:
            raise ValueError(f"{path}: the view {name!r} is {rows.dtype}; numbers are expected")
        members[name] = np.ascontiguousarray(rows, rows.dtype.newbyteorder("<"))
    status = np.zeros(len(raw), np.uint8) if status is None else np.asarray(status, np.uint8)
    _check_rows(str(path), len(raw), status, members)
    members = {"ids": np.array(raw), "status": status, **members}
    path = Path(path)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive:
            for name, array in members.items():
                large = array.nbytes > 1 << 31 - 1
                entry = zipfile.ZipInfo(f"{name}.npy")
                start = archive.fp.tell() + 30 + len(entry.filename.encode()) + (20 if large else 0)
                padding = -start % 64
                if padding:  # an extra field of a private kind: kind, length, zeros
                    padding += 64 if padding < 4 else 0
                    entry.extra = b"\xfe\xca" + (padding - 4).to_bytes(2, "little") + bytes(padding - 4)
                with archive.open(entry, "w", force_zip64=large) as out:
                    np.lib.format.write_array(out, array, allow_pickle=False)
            if meta:
                archive.writestr(zipfile.ZipInfo("meta.json"), json.dumps(meta))
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _check_rows(called: str, count: int, status: np.ndarray, arrays: Mapping[str, np.ndarray]) -> None:
    """ValueError if a member does not have a row per id."""
    for name, array in {"status": status, **arrays}.items():
        offsets = arrays.get(name + OFFSETS)
        rows = len(array) - 1 if name.endswith(OFFSETS) else count if offsets is not None else len(array)
        if rows != count:
            raise ValueError(f"{called}: {name!r} has {rows} rows, but there are {count} ids")
        if offsets is not None and (offsets[0] != 0 or offsets[-1] != len(array) or (np.diff(offsets) < 0).any()):
            raise ValueError(f"{called}: {name}{OFFSETS} do not lead through the {len(array)} rows of {name!r}")


def write_fasta(path: Path, sequences: Iterable[str]) -> None:
    """Write sequences under running numbers (`r0`, `r1`, ...), so that row k of the features is sequence k."""
    with open(path, "w", encoding="ascii") as out:
        for k, sequence in enumerate(sequences):
            out.write(f">r{k}\n{sequence}\n")


def encode(executable: Path, model: Path, sequences: list[str], work: Path, name: str) -> Features:
    """Have `ribonnx-encode` encode `sequences` with the views of the bundle `model`; files go to `work`."""
    fasta = work / f"{name}.fa"
    write_fasta(fasta, sequences)
    features = encode_file(executable, model, fasta, work / f"{name}.npz")
    if features.ids != [f"r{k}" for k in range(len(sequences))]:
        raise ValueError(f"{work / name}.npz: rows are not the input records in input order")
    if features.status.any():
        raise ValueError(f"{work / name}.npz: {int((features.status != 0).sum())} records are unusable")
    return features


def encode_file(executable: Path, model: Path, source: Path, npz: Path) -> Features:
    """Have `ribonnx-encode` encode the file `source`, sequences or a table, with the views of the bundle `model`."""
    subprocess.run([str(executable), "--model", str(model), "--output", str(npz), str(source)], check=True)
    return read_features(npz)
