"""Writes the golden values of GoldenTest with scikit-learn: python3 golden.py ../resources/org/ribonnx/report/golden.json

Scores have six significant digits, as in scores.tsv, so both sides read the same numbers.
"""

import json
import sys

import numpy as np
import sklearn
from sklearn.calibration import calibration_curve
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    brier_score_loss,
    coverage_error,
    f1_score,
    hamming_loss,
    label_ranking_loss,
    log_loss,
    precision_recall_curve,
    roc_auc_score,
    roc_curve,
)


def six(value):
    return float(f"{value:.6g}")


def number(value):
    return None if value is None or np.isnan(value) else float(value)


def two_groups(rng):
    """Scores of two groups: plain, with many ties, all alike, one group alone, separate."""
    cases = []
    for name, count, digits in [("plain", 200, 6), ("ties", 200, 1), ("few", 7, 2), ("alike", 20, 0)]:
        truth = rng.integers(0, 2, count)
        truth[:2] = [0, 1]
        scores = [six(round(x, digits)) for x in np.clip(rng.normal(0.4 + 0.3 * truth, 0.25), 0.001, 0.999)]
        if name == "alike":
            scores = [0.5] * count
        cases.append((name, truth, scores))
    cases.append(("separate", np.array([0] * 5 + [1] * 4), [0.1, 0.2, 0.2, 0.3, 0.4, 0.5, 0.5, 0.6, 0.9]))
    cases.append(("positives-alone", np.ones(6, int), [0.1, 0.2, 0.2, 0.6, 0.7, 0.9]))
    cases.append(("negatives-alone", np.zeros(6, int), [0.1, 0.2, 0.2, 0.6, 0.7, 0.9]))
    out = []
    for name, truth, scores in cases:
        both = 0 < truth.sum() < len(truth)
        case = {"name": name, "truth": truth.tolist(), "scores": scores}
        case["auroc"] = number(roc_auc_score(truth, scores)) if both else None
        case["average_precision"] = number(average_precision_score(truth, scores)) if truth.sum() else None
        if both:
            false, true, _ = roc_curve(truth, scores)
            case["roc"] = [[float(a), float(b)] for a, b in zip(false, true)]
            precision, recall, _ = precision_recall_curve(truth, scores)
            # From the highest score on, without the point (0, 1) that no threshold gives.
            case["precision_recall"] = [[float(r), float(p)] for r, p in zip(recall[:-1][::-1], precision[:-1][::-1])]
        case["brier"] = number(brier_score_loss(truth, scores, pos_label=1))
        right, mean = calibration_curve(truth, scores, n_bins=10) if both else ([], [])
        case["calibration"] = [[float(m), float(r)] for m, r in zip(mean, right)]
        edges = np.searchsorted(np.linspace(0, 1, 11)[1:-1], scores)
        counts = np.bincount(edges, minlength=10)
        case["ece"] = (
            float(sum(c * abs(r - m) for c, r, m in zip(counts[counts > 0], right, mean)) / len(truth)) if both else None
        )
        out.append(case)
    return out


def labels(rng, name, count, classes, present):
    """A single-label head without rejection: all measures of its labels."""
    truth = rng.choice(present, count)
    raw = rng.dirichlet(np.full(classes, 0.5), count)
    raw[np.arange(count), truth] += 0.5
    scores = np.array([[six(x) for x in row / row.sum()] for row in raw])
    best = scores.argmax(1)
    normal = scores / scores.sum(1, keepdims=True)
    truths = np.eye(classes, dtype=int)[truth]
    areas = [roc_auc_score(truths[:, k], scores[:, k]) if 0 < truths[:, k].sum() < count else np.nan for k in range(classes)]
    precisions = [average_precision_score(truths[:, k], scores[:, k]) if truths[:, k].sum() else np.nan for k in range(classes)]
    known = sorted(set(truth.tolist()))
    return {
        "name": name,
        "truth": truth.tolist(),
        "scores": scores.tolist(),
        "accuracy": accuracy_score(truth, best),
        "macro_f1": f1_score(truth, best, labels=known, average="macro", zero_division=0),
        "weighted_f1": f1_score(truth, best, labels=known, average="weighted", zero_division=0),
        "auroc": [number(x) for x in areas],
        "average_precision": [number(x) for x in precisions],
        "log_loss": log_loss(truth, normal, labels=list(range(classes))),
        "brier": brier_score_loss(truths.argmax(1), normal, labels=list(range(classes))),
    }


def bootstrap(rng):
    """Percentile intervals from drawing the records themselves anew."""
    out = []
    for right, missed, foreign, rest in [(80, 20, 10, 400), (9, 1, 3, 100), (900, 50, 30, 2000)]:
        truth = np.array([1] * (right + missed) + [0] * (foreign + rest))
        found = np.array([1] * right + [0] * missed + [1] * foreign + [0] * rest)
        drawn = []
        for _ in range(4000):
            at = rng.integers(0, len(truth), len(truth))
            t, f = truth[at], found[at]
            hit = (t * f).sum()
            drawn.append([hit / f.sum(), hit / t.sum(), 2 * hit / (t.sum() + f.sum())])
        low, high = np.percentile(np.array(drawn), [2.5, 97.5], axis=0)
        out.append(
            {
                "support": right + missed,
                "predicted": right + foreign,
                "right": right,
                "from": low.tolist(),
                "to": high.tolist(),
            }
        )
    return out


def many_labels(rng, name, count, classes, digits, absent):
    """A multi-label head: measures over all labels and of each. Macro and weighted ones are over the labels that occur."""
    hidden = rng.normal(size=(count, 3))
    true = hidden @ rng.normal(size=(3, classes)) - 0.8
    truth = (rng.normal(size=(count, classes)) < true).astype(int)
    truth[:, absent] = 0
    noisy = true + rng.normal(size=(count, classes))
    scores = np.array([[six(round(x, digits)) for x in row] for row in 1 / (1 + np.exp(-1.5 * noisy))])
    thresholds = [six(x) for x in np.round(rng.uniform(0.3, 0.7, classes), 3)]
    predicted = (scores >= thresholds).astype(int)
    best = scores.argmax(1)
    some = truth.sum(0) > 0
    labelled = truth.sum(1) > 0

    def areas(rows, average):
        return roc_auc_score(truth[rows][:, some], scores[rows][:, some], average=average)

    draws = []
    for _ in range(2000):
        rows = rng.integers(0, count, count)
        defined = [k for k in range(classes) if 0 < truth[rows][:, k].sum() < count]
        macro = np.mean([roc_auc_score(truth[rows][:, k], scores[rows][:, k]) for k in defined])
        draws.append([macro, roc_auc_score(truth[rows].ravel(), scores[rows].ravel())])
    low, high = np.quantile(draws, [0.025, 0.975], axis=0)
    whole = np.arange(count)
    return {
        "name": name,
        "thresholds": thresholds,
        "truth": truth.tolist(),
        "scores": scores.tolist(),
        "interval_from": low.tolist(),
        "interval_to": high.tolist(),
        "measures": {
            "macro_auroc": float(areas(whole, "macro")),
            "micro_auroc": float(roc_auc_score(truth.ravel(), scores.ravel())),
            "weighted_auroc": float(areas(whole, "weighted")),
            "macro_average_precision": float(average_precision_score(truth[:, some], scores[:, some], average="macro")),
            "micro_average_precision": float(average_precision_score(truth, scores, average="micro")),
            "weighted_average_precision": float(average_precision_score(truth[:, some], scores[:, some], average="weighted")),
            "macro_f1": float(f1_score(truth[:, some], predicted[:, some], average="macro", zero_division=0)),
            "micro_f1": float(f1_score(truth, predicted, average="micro", zero_division=0)),
            "weighted_f1": float(f1_score(truth, predicted, average="weighted", zero_division=0)),
            "exact_match": float(accuracy_score(truth, predicted)),
            "subset_error": float(1 - accuracy_score(truth, predicted)),
            "one_error": float((truth[np.arange(count), best][labelled] == 0).mean()),
            "hamming_loss": float(hamming_loss(truth, predicted)),
            "coverage_error": float(coverage_error(truth, scores)),
            "ranking_loss": float(label_ranking_loss(truth, scores)),
        },
        "classes": {
            str(k): {
                "support": int(truth[:, k].sum()),
                "auroc": float(roc_auc_score(truth[:, k], scores[:, k])),
                "average_precision": float(average_precision_score(truth[:, k], scores[:, k])),
                "f1": float(f1_score(truth[:, k], predicted[:, k], zero_division=0)),
            }
            for k in range(classes)
            if some[k]
        },
    }


def main(target):
    rng = np.random.default_rng(20240229)
    golden = {
        "sklearn": sklearn.__version__,
        "two_groups": two_groups(rng),
        "labels": [labels(rng, "four", 150, 4, [0, 1, 2, 3]), labels(rng, "absent", 60, 4, [0, 2]), labels(rng, "one", 20, 3, [1])],
        "bootstrap": bootstrap(rng),
        "many_labels": [many_labels(rng, "plain", 120, 6, 6, []), many_labels(rng, "ties", 80, 5, 1, []), many_labels(rng, "absent", 60, 5, 6, [2])],
    }
    with open(target, "w", encoding="ascii") as out:
        json.dump(golden, out, indent=None, separators=(",", ":"))
        out.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
