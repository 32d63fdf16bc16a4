#!/usr/bin/env python3
"""What a random split flatters: five folds inside source sites against five folds across them.

    cross_validate.py --data DATA --encode .../bin/ribonnx-encode --work WORK --bundle ..

Every sample of the three splits with a known cohort takes part. One network is one expert of train.py (`plain`), the
forests are those of srna-expression-forest with 100 trees each, the regression has the strength 0.01. Writes cross_validation.json beside itself.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import torch
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, StratifiedKFold

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
sys.path.insert(0, str(HERE.parent.parent / "training"))

import data as D  # noqa: E402
from forests import FORESTS  # noqa: E402
from model import Folded, Mixture  # noqa: E402
from train import PLANS, logits_of, standardise, train  # noqa: E402

FOLDS, SEED = 5, 3
TREES = 100  # of each forest; the bundle has more


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("data", "encode", "work", "bundle"):
        p.add_argument(f"--{name}", type=Path, required=True)
    p.add_argument("--folds", type=int, default=FOLDS, help="folds to run of the five (development)")
    a = p.parse_args()
    a.work.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    names = D.labels(a.data)
    sizes = {h: len(names[h]) for h in D.HEADS}
    rows = D.samples(a.data, a.encode, a.bundle, a.work)
    known = np.flatnonzero(rows.usable & (rows.truth["cohort"] >= 0))
    tissue_of = D.tissue_of(a.data)
    cohort, site = rows.truth["cohort"][known], rows.site[known]
    splits = {"inside sites": StratifiedKFold(FOLDS, shuffle=True, random_state=SEED).split(known, cohort),
              "across sites": GroupKFold(FOLDS, shuffle=True, random_state=SEED).split(known, cohort, site)}
    result: dict[str, dict] = {}
    for kind, folds in splits.items():
        right: dict[tuple[str, str], list[np.ndarray]] = {}
        for fold, (inside, outside) in enumerate(folds):
            if fold >= a.folds:
                break
            pick = np.zeros(len(rows.ids), bool)
            pick[known[inside]] = True
            test = known[outside]
            scaler = standardise(torch.from_numpy(rows.counts[pick]))
            expert = train(PLANS[0], rows, pick, np.zeros(rows.counts.shape[1], bool), sizes, scaler, SEED + fold, print)
            network = logits_of(Mixture(scaler, [Folded(expert, list(sizes.values()))], [True]).eval(), rows.counts[test], sizes)
            with torch.no_grad():
                z = scaler(torch.from_numpy(rows.counts)).numpy()
            for head in D.HEADS:
                truth = rows.truth[head]
                there = truth[test] >= 0
                score = lambda model, guess: right.setdefault((model, head), []).append((guess == truth[test])[there])
                score("network", network[head].argmax(1))
                learn = pick & (truth >= 0)
                if head != "tissue":  # the forest's tissue is the sum over its cohorts
                    forest = RandomForestClassifier(**{**FORESTS[head], "n_estimators": TREES}, random_state=1).fit(z[learn], truth[learn])
                    votes = np.zeros((len(test), sizes[head]))
                    votes[:, forest.classes_] = forest.predict_proba(z[test])
                    score("forest", votes.argmax(1))
                    if head == "cohort":
                        there_tissue = rows.truth["tissue"][test] >= 0
                        guess = (votes @ np.eye(sizes["tissue"])[tissue_of]).argmax(1)
                        right.setdefault(("forest", "tissue"), []).append((guess == rows.truth["tissue"][test])[there_tissue])
                score("logistic regression", LogisticRegression(C=0.01, max_iter=500).fit(z[learn], truth[learn]).predict(z[test]))
            print(kind, fold, {f"{m}, {h}": round(float(r[-1].mean()), 4) for (m, h), r in right.items()}, flush=True)
        result[kind] = {m: {h: round(float(np.concatenate(right[m, h]).mean()), 4) for h in D.HEADS}
                        for m in ("network", "forest", "logistic regression")}
    result["samples"] = {h: int((rows.truth[h][known] >= 0).sum()) for h in D.HEADS}
    (HERE / "cross_validation.json").write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
