#!/usr/bin/env python3
"""All figures of the two model cards: the exported graphs with ONNX Runtime, beside a logistic regression on the same rows.

    evaluate.py --data DATA --encode .../bin/ribonnx-encode --work WORK --out . --forest ../srna-expression-forest

Writes metrics.json and the tables of both READMEs between their marks.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "training"))

import data as D  # noqa: E402
from ribonnx_training import graphs, metrics, recipe  # noqa: E402
from train import standardise  # noqa: E402

STRENGTHS = (0.001, 0.003, 0.01, 0.03, 0.1)  # inverse regularisation of the regression, chosen on `val`
SHOWN = 0.9  # share of samples assigned, for the row of that name


def predict(bundle: Path, counts: np.ndarray) -> dict[str, np.ndarray]:
    """Head to probabilities [N, labels], by the bundle's classifying graph."""
    session = graphs.session(bundle / "classify.onnx")
    names = [o.name for o in session.get_outputs()]
    return dict(zip(names, graphs.run_all(session, {"counts": counts}, 16)))


class Regression:
    """Multinomial logistic regression per head on standardised log-CPM."""

    def __init__(self, rows: D.Rows, train: np.ndarray, val: np.ndarray):
        self.scaler = standardise(torch.from_numpy(rows.counts[train]))
        z = self.z(rows.counts)
        self.models, self.strengths = {}, {}
        for head in D.HEADS:
            known = rows.truth[head] >= 0
            best = (-1.0, None, 0.0)
            for c in STRENGTHS:
                model = LogisticRegression(C=c, max_iter=500).fit(z[train & known], rows.truth[head][train & known])
                score = model.score(z[val & known], rows.truth[head][val & known])
                best = max(best, (score, model, c), key=lambda b: b[0])
            self.models[head], self.strengths[head] = best[1], best[2]

    @torch.no_grad()
    def z(self, counts: np.ndarray) -> np.ndarray:
        return self.scaler(torch.from_numpy(counts)).numpy()

    def predict(self, counts: np.ndarray) -> dict[str, np.ndarray]:
        return {h: m.predict_proba(self.z(counts)) for h, m in self.models.items()}


def figures(p: dict[str, np.ndarray], other: dict[str, np.ndarray], rows: D.Rows, test: np.ndarray, atlas: D.Rows,
            names: dict[str, list[str]], thresholds: dict[str, float] | None) -> dict[str, dict]:
    """Row of the table to {n, value}."""
    out = {}

    def add(name: str, right: np.ndarray) -> None:
        out[name] = {"rows": len(right), "value": round(float(right.mean()), 4)}

    truth = {h: rows.truth[h][test] for h in D.HEADS}
    for head in D.HEADS:
        known = truth[head] >= 0
        add(f"{head}: accuracy", (p[head].argmax(1) == truth[head])[known])
        out[f"{head}: macro-F1"] = {"rows": int(known.sum()), "value": round(metrics.macro_f1(truth[head][known], p[head].argmax(1)[known]), 4)}
        out[f"{head}: expected calibration error"] = {"rows": int(known.sum()), "value": round(
            metrics.calibration_error(p[head].max(1)[known], (p[head].argmax(1) == truth[head])[known]), 4)}
    for head in ("tissue", "cohort"):
        known = truth[head] >= 0
        score, right = p[head].max(1)[known], (p[head].argmax(1) == truth[head])[known]
        order = np.argsort(-score, kind="stable")[:int(SHOWN * len(score))]
        add(f"{head}: accuracy of the {SHOWN:.0%} most certain", right[order])
        if thresholds:
            kept = score >= thresholds[head]
            add(f"{head}: share assigned at the bundle's threshold", kept)
            add(f"{head}: accuracy of those", right[kept])
    kind = rows.category[test]
    for k in ("tumour", "normal"):
        add(f"tissue: accuracy, {k} samples", (p["tissue"].argmax(1) == truth["tissue"])[(kind == k) & (truth["tissue"] >= 0)])
    true = atlas.truth["tissue"]
    found = np.array([names["tissue"].index(t) for t in D.RESTRICTED])
    for title, pick in (("normal tissue", atlas.category == "tissue"), ("tissue, cell lines and the rest", np.ones(len(true), bool))):
        add(f"other atlas, {title}: accuracy among all {len(names['tissue'])} tissues", (other["tissue"].argmax(1) == true)[pick])
        add(f"other atlas, {title}: accuracy among its {len(found)} tissues", (found[other["tissue"][:, found].argmax(1)] == true)[pick])
    return out


def write_table(readme: Path, columns: dict[str, dict[str, dict]]) -> None:
    names = list(columns)
    lines = ["| | rows | " + " | ".join(names) + " |", "|---|---|" + "---|" * len(names)]
    for row in columns[names[0]]:
        cells = [f"{columns[n][row]['value']:.4f}" if row in columns[n] else "" for n in names]
        lines.append(f"| {row} | {columns[names[0]][row]['rows']} | " + " | ".join(cells) + " |")
    text = "<!-- metrics -->\n" + "\n".join(lines) + "\n<!-- end -->"
    readme.write_text(re.sub(r"<!-- metrics -->.*?<!-- end -->", lambda _: text, readme.read_text(), flags=re.S))


def thresholds(bundle: Path) -> dict[str, float]:
    text = (bundle / "model.yaml").read_text()
    return {h: float(re.search(rf"\n  {h}:\n.*?unassigned-when: below, at: ([\d.]+)", text, re.S)[1]) for h in ("tissue", "cohort")}


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("data", "encode", "work", "out"):
        p.add_argument(f"--{name}", type=Path, required=True)
    p.add_argument("--forest", type=Path, help="folder of srna-expression-forest")
    a = p.parse_args()
    a.work.mkdir(parents=True, exist_ok=True)
    names = D.labels(a.data)
    rows, atlas = D.samples(a.data, a.encode, a.out, a.work), D.atlas(a.data, a.encode, a.out, a.work)
    known = rows.usable & (rows.truth["cohort"] >= 0)
    test, train, val = (known & (rows.split == s) for s in ("test", "train", "val"))
    columns = {"network": figures(predict(a.out, rows.counts[test]), predict(a.out, atlas.counts), rows, test, atlas, names, thresholds(a.out))}
    if a.forest:
        columns["forest"] = figures(predict(a.forest, rows.counts[test]), predict(a.forest, atlas.counts), rows, test, atlas, names, thresholds(a.forest))
    regression = Regression(rows, train, val)
    columns["logistic regression"] = figures(regression.predict(rows.counts[test]), regression.predict(atlas.counts), rows, test, atlas, names, None)
    for column, found in columns.items():
        print(column, json.dumps({k: v["value"] for k, v in found.items()}))
    print("regression", regression.strengths)
    recipe.write_metrics(a.out, {**columns, "regression-strengths": regression.strengths})
    for folder in (a.out, a.forest):
        if folder and (folder / "README.md").exists():
            write_table(folder / "README.md", columns)


if __name__ == "__main__":
    main()
