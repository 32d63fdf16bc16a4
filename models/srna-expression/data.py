"""Rows of the recipe: what `ribonnx-encode` makes of the two atlases, and what is known about each sample."""

from __future__ import annotations

import gzip
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "training"))

from ribonnx_training import tensors  # noqa: E402
from ribonnx_training.recipe import table  # noqa: E402

SEXES = ["female", "male"]
AGES = ["under-55", "55-to-66", "67-and-over"]
LEFT_OUT = {"LAML", "FPPP"}  # LAML has rows in `val` alone, FPPP has eight in all
ONE_SEX = {"OV", "UCEC", "CESC", "UCS", "PRAD", "TGCT", "BRCA"}  # cohorts that tell the sex by themselves
RESTRICTED = "adrenal bladder brain breast cervix colorectal kidney liver lung pancreas prostate skin testis thyroid uterus".split()  # tissues of the other atlas
HEADS = ("tissue", "cohort", "sex", "age")
DETECTED = 0.02  # a feature stands in at least this share of the training samples


@dataclass(frozen=True)
class Rows:
    """Samples of one table.

    counts: float32 [N, features], NaN where the table has no such feature
    truth: head to class index [N], -1 where unknown or where the head does not apply
    split: str [N]; site: str [N]; usable: bool [N]
    """

    ids: list[str]
    counts: np.ndarray
    usable: np.ndarray
    truth: dict[str, np.ndarray]
    split: np.ndarray
    site: np.ndarray
    category: np.ndarray  # of the other atlas: tissue, cell line, ...


def stem(name: str) -> str:
    """The rule of names `mirna-stem` (docs/tables.md), for names of precursors; used to list the features, not to encode."""
    name = re.sub(r"-as$", "", name.lower().removeprefix("hsa-").split("/")[0])
    name = re.sub(r"-[35]p(\..*)?$", "", name).replace("*", "")
    kept = re.match(r"(let|mir)-\d+[a-z]*", name)
    return kept[0] if kept else name


def header(path: Path) -> list[str]:
    with gzip.open(path, "rt") as lines:
        return lines.readline().rstrip("\n").split("\t")[1:]


def write_features(data: Path, out: Path) -> None:
    """features.tsv: stems in at least 2 % of the training samples. aliases.tsv: the other atlas's names for some of them.

    miRBase gave `a` to some names when a relative was found, so that one precursor is mir-103 here and mir-103a there.
    """
    folder = data / "srna-expression"
    train = {r["sample"] for r in table(folder / "samples.tsv.gz") if r["split"] == "train"}
    stems = [stem(n) for n in header(folder / "counts.tsv.gz")]
    names = sorted(set(stems))
    place = np.array([names.index(s) for s in stems])
    seen = np.zeros(len(names))
    with gzip.open(folder / "counts.tsv.gz", "rt") as lines:
        next(lines)
        for line in lines:
            sample, *cells = line.rstrip("\n").split("\t")
            if sample in train:
                found = np.zeros(len(names), bool)
                found[place[np.array(cells, np.float64) > 0]] = True
                seen += found
    names = [n for n, k in zip(names, seen) if k >= DETECTED * len(train)]
    aliases = {}
    for s in sorted({stem(n) for n in header(folder / "atlas-counts.tsv.gz")} - set(names)):
        other = s[:-1] if s.endswith("a") else s + "a"
        if other in names:
            aliases[s] = other
    (out / "features.tsv").write_text("feature\n" + "".join(f"{n}\n" for n in names))
    (out / "aliases.tsv").write_text("alias\tfeature\n" + "".join(f"{a}\t{n}\n" for a, n in aliases.items()))


def age_bin(text: str) -> int:
    try:
        age = float(text)
    except ValueError:
        return -1
    return 0 if age < 55 else 1 if age < 67 else 2


def cohort_tissue(data: Path) -> dict[str, str]:
    return {r["cohort"]: r["tissue"] for r in table(data / "srna-expression" / "cohort-tissue.tsv")}


def labels(data: Path) -> dict[str, list[str]]:
    """Labels per head, in the order of the graphs' outputs: those that have training rows."""
    tissue = cohort_tissue(data)
    cohorts = sorted({r["cohort"] for r in table(data / "srna-expression" / "samples.tsv.gz") if r["split"] == "train"} - LEFT_OUT)
    return {"tissue": sorted({tissue[c] for c in cohorts}), "cohort": cohorts, "sex": SEXES, "age": AGES}


def tissue_of(data: Path) -> np.ndarray:
    """Index of each cohort's tissue, [cohorts]."""
    names, tissue = labels(data), cohort_tissue(data)
    return np.array([names["tissue"].index(tissue[c]) for c in names["cohort"]])


def labelled(data: Path) -> tuple[list[dict[str, str]], dict[str, np.ndarray]]:
    """(what is known of each sample, head to class index [N] with -1 where unknown) of the main atlas."""
    names = labels(data)
    known = table(data / "srna-expression" / "samples.tsv.gz")
    place = {h: {label: k for k, label in enumerate(names[h])} for h in names}
    cohort = np.array([place["cohort"].get(r["cohort"], -1) for r in known])
    two = lambda r: r["cohort"] not in ONE_SEX | LEFT_OUT
    truth = {"tissue": np.where(cohort < 0, -1, tissue_of(data)[cohort]),
             "cohort": cohort,
             "sex": np.array([place["sex"].get(r["sex"], -1) if two(r) else -1 for r in known]),
             "age": np.array([age_bin(r["age"]) if r["cohort"] not in LEFT_OUT else -1 for r in known])}
    return known, truth


def samples(data: Path, encode: Path, bundle: Path, work: Path) -> Rows:
    """The main atlas, every split; samples of the cohorts left out have no truth for tissue and cohort."""
    folder = data / "srna-expression"
    features = tensors.encode_file(encode, bundle, folder / "counts.tsv.gz", work / "samples.npz")
    known, truth = labelled(data)
    if [r["sample"] for r in known] != features.ids:
        raise ValueError("samples.tsv.gz and counts.tsv.gz name other samples")
    column = lambda name: np.array([r[name] for r in known])
    return Rows(features.ids, features.views["expression"], features.status == 0, truth, column("split"), column("site"), column("kind"))


def atlas(data: Path, encode: Path, bundle: Path, work: Path) -> Rows:
    """The other atlas: other laboratories, names of mature microRNAs; the samples whose tissue is one of the labels."""
    folder, names = data / "srna-expression", labels(data)
    features = tensors.encode_file(encode, bundle, folder / "atlas-counts.tsv.gz", work / "atlas.npz")
    known = {r["sample"]: r for r in table(folder / "atlas-tissue.tsv")}
    keep = np.array([i in known and known[i]["tissue"] in names["tissue"] for i in features.ids])
    ids = [i for i, k in zip(features.ids, keep) if k]
    tissue = np.array([names["tissue"].index(known[i]["tissue"]) for i in ids])
    study = {r["sample"]: r["study"] for r in table(folder / "atlas-samples.tsv.gz")}
    return Rows(ids, features.views["expression"][keep], (features.status == 0)[keep], {"tissue": tissue},
                np.array(["atlas"] * len(ids)), np.array([study[i] for i in ids]), np.array([known[i]["category"] for i in ids]))
