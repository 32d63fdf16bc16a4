#!/usr/bin/env python3
"""All figures of the cards of rna-type-human and rna-type-mouse, the rivals under ablation/ beside the model, all through `ribonnx predict`.

    evaluate.py --species human --data DATA --encode .../bin/ribonnx-encode --work WORK --out .

Writes metrics.json, and the tables of README.md between their marks.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
from sklearn.metrics import f1_score, precision_recall_fscore_support

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "training"))

import data as D  # noqa: E402
from ribonnx_training import metrics, tensors  # noqa: E402
from ribonnx_training.cards import put, table  # noqa: E402

RIVALS = ("length", "kmers", "attenrna", "boosting")
BINS = (0, 300, 500, 1000, 2000, 4000, 1 << 30)  # nucleotides
PIECE, DRAWS, RESAMPLES = 400, 50, 1000


def scores(bundle: Path, encode: Path, sequences: list[str], work: Path, name: str) -> dict[str, np.ndarray]:
    """Probabilities [N, labels] of a bundle, by head, as its users get them; the rivals have one head, which then answers for both."""
    source, table = work / f"{name}.fa", work / f"{name}.{bundle.name}.tsv"
    tensors.write_fasta(source, sequences)
    subprocess.run([encode.with_name("ribonnx"), "predict", "--quiet", "--model", bundle, source, "--scores", table, "--output", work / "predictions.tsv"], check=True)
    with open(table) as lines:
        (_, *columns), *rows = csv.reader(lines, delimiter="\t")
    values = np.array([[float(x) for x in row[1:]] for row in rows])
    found = {head: values[:, [c.rsplit(".", 1)[0] == head for c in columns]] for head in D.HEADS}
    return {head: p if p.shape[1] else found["type"] for head, p in found.items()}


def told(work: Path) -> np.ndarray:
    """Of the records of the last `scores`, which ones got a type, bool [N]: not those that are unassigned."""
    with open(work / "predictions.tsv") as lines:
        return np.array([row["prediction"] != "NA" for row in csv.DictReader(lines, delimiter="\t") if row["head"] == D.HEADS[0]])


def weighted(truth: np.ndarray, predicted: np.ndarray) -> float:
    return float(f1_score(truth, predicted, average="weighted"))


def matched(lengths: np.ndarray, truth: np.ndarray, predicted: np.ndarray) -> tuple[float, int]:
    """Mean weighted F1 over draws of equally many records of each class in each bin of the length, and how many records a draw has.

    Bins are eighths of the lengths' powers of two: within one, lengths differ by 9 % at most.
    """
    rng, place = np.random.default_rng(1), np.floor(np.log2(lengths) * 8).astype(int)
    cells = [[np.flatnonzero((place == b) & (truth == c)) for c in np.unique(truth)] for b in np.unique(place)]
    values = []
    for _ in range(DRAWS):
        rows = np.concatenate([rng.choice(cell, min(map(len, cells_of)), replace=False) for cells_of in cells for cell in cells_of])
        values.append(weighted(truth[rows], predicted[rows]))
    return float(np.mean(values)), len(rows)


def interval(truth: np.ndarray, predicted: np.ndarray) -> list[float]:
    """95 % of the weighted F1 of resampled records."""
    rng = np.random.default_rng(1)
    found = [weighted(truth[rows], predicted[rows]) for rows in rng.integers(0, len(truth), (RESAMPLES, len(truth)))]
    return [round(float(q), 4) for q in np.quantile(found, (0.025, 0.975))]


def two_way(probabilities: np.ndarray, names: list[str], wanted: list[str]) -> np.ndarray:
    """The likeliest of `wanted`, as an index into it, whatever the others have."""
    return probabilities[:, [names.index(w) for w in wanted]].argmax(1)


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("data", "encode", "work", "out"):
        p.add_argument(f"--{name}", type=Path, required=True)
    p.add_argument("--species", choices=("human", "mouse"), required=True)
    a = p.parse_args()
    a.work.mkdir(parents=True, exist_ok=True)
    names = D.labels(a.out)
    rows = D.transcripts(a.data, a.species, names)
    test, truth = rows.of("test"), rows.truth_of("test")
    lengths = np.array([len(s) for s in test])
    long = lengths >= PIECE
    others = D.others(a.data, "test")
    cut = D.pieces(test, np.random.default_rng(1), PIECE, PIECE)
    both = ["lncRNA", "mRNA"]
    other = D.transcripts(a.data, "mouse" if a.species == "human" else "human", both)
    foreign = np.arange(len(other.truth)) if a.species == "human" else np.flatnonzero(other.split == "test")
    foreign_name = "all mouse transcripts, lncRNA against mRNA" if a.species == "human" else "human `test`, lncRNA against mRNA"
    result: dict = {"records": {s: int((rows.split == s).sum()) for s in ("train", "val", "test")}, "models": {}}
    for name in (*RIVALS, "model"):
        bundle = a.out if name == "model" else a.out / "ablation" / name
        whole = scores(bundle, a.encode, test, a.work, "test")
        predicted, as_piece = (whole[head].argmax(1) for head in D.HEADS)
        assigned = told(a.work)
        found = {"weighted F1": weighted(truth, predicted), "accuracy": metrics.accuracy(truth, predicted), "macro F1": metrics.macro_f1(truth, predicted)}
        for k, (precision, recall, f1, _) in enumerate(zip(*precision_recall_fscore_support(truth, predicted))):
            found.update({f"{names[k]}: precision": float(precision), f"{names[k]}: recall": float(recall), f"{names[k]}: F1": float(f1)})
        for low, high in zip(BINS, BINS[1:]):
            inside = (lengths >= low) & (lengths < high)
            found[f"weighted F1, {low:,} to {high - 1:,} nt" if high < BINS[-1] else f"weighted F1, {low:,} nt and more"] = weighted(truth[inside], predicted[inside])
        found["weighted F1, length-matched"], result["length-matched records"] = matched(lengths, truth, predicted)
        pieces = {head: p.argmax(1) for head, p in scores(bundle, a.encode, cut, a.work, "pieces").items()}
        found[f"weighted F1, pieces of {PIECE} nt, `type-of-piece`"] = weighted(truth[long], pieces["type-of-piece"][long])
        found[f"weighted F1, pieces of {PIECE} nt, `type`"] = weighted(truth[long], pieces["type"][long])
        found[f"weighted F1, pieces of {PIECE} nt and shorter transcripts, `type-of-piece`"] = weighted(truth, pieces["type-of-piece"])
        found["weighted F1, whole transcripts, `type-of-piece`"] = weighted(truth, as_piece)
        away = scores(bundle, a.encode, [other.sequences[k] for k in foreign], a.work, "foreign")["type"]
        found[f"weighted F1, {foreign_name}"] = weighted(other.truth[foreign], two_way(away, names, both))
        found["told a type"] = float(assigned.mean())
        found["weighted F1, unassigned counted as wrong"] = weighted(truth, np.where(assigned, predicted, len(names)))
        strange = scores(bundle, a.encode, others, a.work, "others")["type"].max(1)
        found["other non-coding RNA told a type"] = float(told(a.work).mean())
        found["other non-coding RNA told with more than .9"] = metrics.accepted(strange, 0.9)
        found["area under the curve, transcripts against other non-coding RNA, by the largest probability"] = metrics.auroc(whole["type"].max(1), strange)
        found["calibration error"] = metrics.calibration_error(whole["type"].max(1), predicted == truth)
        result["models"][name] = found
        result.setdefault("intervals", {})[name] = interval(truth, predicted)
        print(name, {k: round(v, 4) for k, v in found.items()}, flush=True)
        if name == "model":
            result["confusion"] = [[int(((truth == t) & (predicted == k)).sum()) for k in range(len(names))] for t in range(len(names))]
    path = a.out / "metrics.json"
    kept = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps({**kept, **result}, indent=1) + "\n")
    page = a.out / "README.md"
    if page.exists():
        models = result["models"]
        put(page, "figures", table([["`test`", *RIVALS, "model"]] + [[f, *(f"{models[m][f]:.4f}" for m in (*RIVALS, "model"))] for f in models["model"]]
                                   + [["weighted F1, 95 % of 1,000 resamples", *("{:.4f} to {:.4f}".format(*result["intervals"][m]) for m in (*RIVALS, "model"))]]))
        put(page, "confusion", table([["`test`: true, then told", *names]] + [[n, *map(str, r)] for n, r in zip(names, result["confusion"])]))


if __name__ == "__main__":
    main()
