#!/usr/bin/env python3
"""All figures of the card, by `ribonnx predict` with the model and with each rival.

    evaluate.py --data DATA --encode .../bin/ribonnx-encode --work WORK --out .

Writes metrics.json, the tables of README.md between their marks, and the line `metrics:` of model.yaml. `ribonnx` is sought beside ribonnx-encode.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "training"))

import data as D  # noqa: E402
from ribonnx_training import conformal, metrics, tensors  # noqa: E402
from ribonnx_training.cards import put, table  # noqa: E402

BINS = ((1, 80), (80, 120), (120, 200), (200, 400), (400, 2000))  # nucleotides
RIVALS = {"length": "length alone", "kmers": "k-mer regression", "boosting": "boosting", "attenrna": "AttenRNA's network"}
WHO = {"model": "this model", **RIVALS}


@dataclass(frozen=True)
class Answers:
    """What `ribonnx predict` wrote of N records: probabilities [N, C]; prediction, which is `NA` for an unassigned record."""

    p: np.ndarray
    prediction: list[str]


def predict(ribonnx: Path, model: Path, sequences: list[str], work: Path, name: str) -> Answers:
    fasta, table, scores = (work / f"{name}.{kind}" for kind in ("fa", "tsv", "scores.tsv"))
    tensors.write_fasta(fasta, sequences)
    subprocess.run([str(ribonnx), "predict", "--quiet", "--device", "cpu", "--threads", "1", "--model", str(model), "--output", str(table), "--scores", str(scores), str(fasta)], check=True)
    with open(table) as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    with open(scores) as lines:
        p = np.array([line.rstrip("\n").split("\t")[1:] for line in lines][1:], float)
    if len(rows) != len(sequences) or len(p) != len(sequences):
        raise ValueError(f"{table}: {len(rows)} rows and {len(p)} scores of {len(sequences)} records")
    return Answers(p, [r["prediction"] for r in rows])


def f1_each(truth: np.ndarray, best: np.ndarray, classes: int) -> np.ndarray:
    hits = np.array([np.sum((truth == c) & (best == c)) for c in range(classes)])
    return 2 * hits / np.maximum(np.bincount(truth, minlength=classes) + np.bincount(best, minlength=classes)[:classes], 1)


def figures(p: np.ndarray, truth: np.ndarray, unseen: np.ndarray, lengths: np.ndarray, labels: list[str]) -> dict:
    """Of the best label of every record, whatever the threshold says."""
    best = p.argmax(1)
    each = f1_each(truth, best, len(labels))
    support = np.bincount(truth, minlength=len(labels))
    return {
        "accuracy": metrics.accuracy(truth, best), "macro-F1": metrics.macro_f1(truth, best), "weighted-F1": float((each * support).sum() / support.sum()),
        "calibration-error": metrics.calibration_error(p.max(1), best == truth), "accuracy-unseen-families": metrics.accuracy(truth[unseen], best[unseen]),
        "F1": dict(zip(labels, each.tolist())),
        "lengths": {f"{low} to {high - 1}": {"rows": int(here.sum()), "accuracy": metrics.accuracy(truth[here], best[here]), "macro-F1": metrics.macro_f1(truth[here], best[here])}
                    for low, high in BINS for here in [(lengths >= low) & (lengths < high)]},
    }


def coverage(sets: np.ndarray, truth: np.ndarray, labels: list[str]) -> dict:
    """Of prediction sets, bool [N, C]: how often they hold the right label, overall and per class, and how large they are."""
    held, sizes = conformal.of_truth(sets, truth), sets.sum(1)
    return {"coverage": float(held.mean()), "coverage-by-class": {name: float(held[truth == c].mean()) for c, name in enumerate(labels)},
            "mean-size": float(sizes.mean()), "empty": float((sizes == 0).mean()), "several": float((sizes > 1).mean())}


def number(value: float) -> str:
    return f"{value:.4f}"


def write_tables(readme: Path, result: dict, labels: list[str]) -> None:
    test, names = result["test"], ["accuracy", "macro-F1", "weighted-F1", "accuracy-unseen-families", "calibration-error"]
    put(readme, "figures", table([["`test`, 1,278 RNAs", *WHO.values()]] + [[n.replace("-", " "), *(number(test[w][n]) for w in WHO)] for n in names]
                                 + [["`val`: macro-F1 (chosen on these)", *(number(result["val"][w]["macro-F1"]) for w in WHO)]]))
    put(readme, "classes", table([["F1 on `test`", "rows", *WHO.values()]] + [[n, str(result["rows"][n]), *(number(test[w]["F1"][n]) for w in WHO)] for n in labels]))
    put(readme, "lengths", table([["nucleotides", "rows", *(f"{w}: accuracy" for w in WHO.values()), "this model: macro-F1"]]
                                 + [[k, str(v["rows"]), *(number(test[w]["lengths"][k]["accuracy"]) for w in WHO), number(v["macro-F1"])] for k, v in test["model"]["lengths"].items()]))
    wrong = result["rejection"]
    put(readme, "rejection", table([["`test`", "rows", "AUROC", "accepted at the threshold"]]
                                   + [[k, str(v["rows"]), number(v["auroc"]), f"{100 * v['accepted']:.1f} %"] for k, v in wrong["wrong"].items()]
                                   + [["the 13 classes", str(wrong["rows"]), "", f"{100 * wrong['recall']:.1f} %, {100 * wrong['accuracy-of-accepted']:.1f} % of them rightly"]]))
    if "sets" in result:
        sets = result["sets"]
        each = sorted(sets["coverage-by-class"].items(), key=lambda item: item[1])
        put(readme, "sets", table([["`test`", ""], ["coverage (promised 0.9 for each class)", number(sets["coverage"])], ["lowest of a class", f"{each[0][1]:.4f} ({each[0][0]})"],
                                   ["highest of a class", f"{each[-1][1]:.4f} ({each[-1][0]})"], ["mean size", f"{sets['mean-size']:.3f}"],
                                   ["empty sets", f"{100 * sets['empty']:.1f} %"], ["more than one label", f"{100 * sets['several']:.1f} %"]]), "end of sets")


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("data", "encode", "work", "out"):
        p.add_argument(f"--{name}", type=Path, required=True)
    a = p.parse_args()
    a.work.mkdir(parents=True, exist_ok=True)
    ribonnx = a.encode.parent / "ribonnx"
    labels = [line.split("\t")[0] for line in (a.out / "labels.tsv").read_text().splitlines()[1:]]
    seen = set(D.rows(a.data, "train").families)
    result: dict = {"val": {}, "test": {}}
    answers: dict[str, Answers] = {}
    for split in ("val", "test"):
        rows = D.rows(a.data, split)
        truth = np.array([labels.index(c) for c in rows.classes])
        unseen, lengths = np.array([f not in seen for f in rows.families]), np.array([len(s) for s in rows.sequences])
        for who in WHO:
            answers[who] = predict(ribonnx, a.out if who == "model" else a.out / "ablation" / who, rows.sequences, a.work, f"{split}-{who}")
            result[split][who] = figures(answers[who].p, truth, unseen, lengths, labels)
            print(split, who, {k: round(v, 4) for k, v in result[split][who].items() if isinstance(v, float)}, flush=True)
    result["rows"] = {**dict(zip(labels, np.bincount(truth).tolist())), "unseen families": int(unseen.sum())}
    own = answers["model"]
    right, given = np.array([labels[c] for c in truth]), np.array(own.prediction)
    assigned, scores = given != "NA", own.p.max(1)
    best = np.array([labels.index(g) if g != "NA" else len(labels) for g in given])
    result["rejection"] = {"rows": len(truth), "recall": float(assigned.mean()), "accuracy-of-accepted": float((given == right)[assigned].mean()),
                           "macro-F1-unassigned-counted-as-errors": metrics.macro_f1(truth, best), "wrong": {}}
    for kind, sequences in D.others(a.data, "test", rows, np.random.default_rng(9)).items():
        found = predict(ribonnx, a.out, sequences, a.work, f"test-{kind}")
        result["rejection"]["wrong"]["stretches of human mRNA and lncRNA" if kind == "transcripts" else "shuffles that keep the dinucleotides"] = {
            "rows": len(sequences), "auroc": metrics.auroc(scores, found.p.max(1)), "accepted": float(np.mean([g != "NA" for g in found.prediction]))}
    quantiles = [float(q) for q in re.search(r"quantiles: \[([^]]*)\]", (a.out / "model.yaml").read_text())[1].split(",")]
    result["sets"] = coverage(conformal.members(own.p, quantiles), truth, labels)
    print(json.dumps(result["rejection"]), json.dumps(result["sets"]))
    old = a.out / "metrics.json"
    kept = {"map": json.loads(old.read_text())["map"]} if old.exists() and "map" in json.loads(old.read_text()) else {}
    rounded = json.loads(json.dumps({**result, **kept}), parse_float=lambda v: round(float(v), 6))
    old.write_text(json.dumps(rounded, indent=1) + "\n")
    model, card = result["test"]["model"], a.out / "model.yaml"
    line = ", ".join(f"{k}: {model[k]:.4f}" for k in ("accuracy", "macro-F1", "weighted-F1")).lower()
    if kept:
        line += f", map-trustworthiness: {kept['map']['trustworthiness']:.4f}"
    card.write_text(re.sub(r"metrics: \{[^}]*\}", f"metrics: {{{line}}}", card.read_text()))
    if (a.out / "README.md").exists():
        write_tables(a.out / "README.md", rounded, labels)


if __name__ == "__main__":
    main()
