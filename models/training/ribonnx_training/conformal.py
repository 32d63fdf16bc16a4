"""Prediction sets by split conformal prediction: quantiles from `val`, what they hold on `test`. Needs NumPy.

A record's set holds each label whose probability is at least 1 - quantile. With the quantile from n records that are
like those to come (exchangeable), and used for nothing else, the truth is in a new record's set with a probability of
at least the coverage (Vovk, Gammerman and Shafer 2005; Angelopoulos and Bates 2021, with `least ambiguous` sets of
Sadinle, Lei and Wasserman 2019). With a quantile per label that holds for the records of each label (Vovk 2012).
A set can be empty: no label is as probable as the true label mostly is. Where a model is right more often than the
coverage, sets are empty for just the hard records, and those of one label for all others: then ask for more (`choose`).

As a command, for a bundle of any kind:

    conformal.py --bundle DIR --ribonnx .../bin/ribonnx --work WORK --val INPUT TRUTH --test INPUT TRUTH [--per-label HEAD ...]

TRUTH is a table: id, then a column per head; empty where it is unknown.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

if __package__ is None or __package__ == "":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ribonnx_training import recipe, tensors  # noqa: E402

LEFT = "<!-- sets -->"
RIGHT = "<!-- end of sets -->"


def quantile(probability: np.ndarray, coverage: float = 0.9) -> float:
    """The ceil((n + 1) · coverage)-th smallest of n values 1 - p, p being the probability of a record's true label, [n].

    Rounded up to six digits behind the point, so that the numbers of model.yaml promise no more; 1 where n is too small
    for any promise (n + 1 < 1 / (1 - coverage)), so that every label is in every set.
    """
    if not 0 < coverage < 1:
        raise ValueError(f"coverage is {coverage}; a number between 0 and 1 is expected")
    distance = np.sort(1 - np.asarray(probability, np.float64))
    if distance.ndim != 1 or not np.isfinite(distance).all():
        raise ValueError("probability must be finite numbers [n]")
    # 0.9 · 10 is a little over 9 in binary; the rank is meant in decimals.
    rank = math.ceil(round((len(distance) + 1) * coverage, 9))
    if rank > len(distance):
        return 1.0
    return min(1.0, max(0.0, math.ceil(round(float(distance[rank - 1]) * 1e6, 3)) / 1e6))


def of_truth(p: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Probability of each record's true label; p: [n, labels], truth: class indices [n]."""
    return p[np.arange(len(truth)), truth]


def per_label(p: np.ndarray, truth: np.ndarray, coverage: float = 0.9) -> list[float]:
    """A quantile for each label, from its own records; p: [n, labels], truth: class indices [n]."""
    own = of_truth(p, truth)
    return [quantile(own[truth == k], coverage) for k in range(p.shape[1])]


def members(p: np.ndarray, quantiles: float | list[float]) -> np.ndarray:
    """Which labels each record's set holds, bool [n, labels]; one quantile, or one per label."""
    return 1 - p.astype(np.float64) <= np.asarray(quantiles)


def figures(p: np.ndarray, truth: np.ndarray, quantiles: float | list[float], labels: list[str]) -> dict:
    """What sets hold on rows that they were not made from: coverage over all and of each label, sizes.

    p: [n, labels]; truth: class indices [n]; labels: their names. Labels without a record are left out.
    """
    held = members(p, quantiles)
    right = of_truth(held, truth)
    size = held.sum(1)
    classes = {labels[k]: {"records": int((truth == k).sum()), "coverage": float(right[truth == k].mean()),
                           "mean_size": float(size[truth == k].mean())} for k in np.unique(truth)}
    return {"records": len(truth), "coverage": float(right.mean()), "interval": wilson(int(right.sum()), len(truth)),
            "mean_size": float(size.mean()), "empty": float((size == 0).mean()), "one": float((size == 1).mean()),
            "classes": classes}


def wilson(part: int, whole: int) -> list[float]:
    """95 % score interval of a share (Wilson 1927)."""
    z, share = 1.959963984540054, part / whole
    middle, half = share + z * z / whole / 2, z * math.sqrt(share * (1 - share) / whole + z * z / whole / whole / 4)
    return [(middle - half) / (1 + z * z / whole), (middle + half) / (1 + z * z / whole)]


def choose(p: np.ndarray, truth: np.ndarray) -> tuple[float, bool]:
    """(coverage, whether each label gets a quantile), from calibration rows: p [n, labels], truth [n].

    0.9; 0.99 for a model whose best label is right for more than 0.9 of the rows. A quantile for each label where all
    have rows enough for that coverage.
    """
    coverage = 0.99 if (p.argmax(1) == truth).mean() > 0.9 else 0.9
    fewest = np.bincount(truth, minlength=p.shape[1]).min()
    return coverage, bool(math.ceil(round((fewest + 1) * coverage, 9)) <= fewest)


@dataclass(frozen=True)
class Scored:
    """ids; head to probabilities [N, labels], NaN where a record can't be used; head to the labels' names."""

    ids: list[str]
    p: dict[str, np.ndarray]
    labels: dict[str, list[str]]


def scores(ribonnx: Path, bundle: Path, source: Path, work: Path) -> Scored:
    """What `ribonnx predict --scores` gives for a file: the very numbers that the tool makes sets from."""
    table, tensor = work / f"{source.name}.scores.tsv", work / f"{source.name}.scores.npz"
    for target in (table, tensor):  # the table names the labels, the tensor file has all digits
        subprocess.run([str(ribonnx), "predict", "--quiet", "--device", "cpu", "--model", f"{bundle}/", "--output", str(work / "predictions.tsv"),
                        "--scores", str(target), str(source)], check=True)
    found = tensors.read_features(tensor)
    with open(table) as lines:
        columns = lines.readline().rstrip("\n").split("\t")[1:]
    labels = {head: [c[len(head) + 1:] for c in columns if c.startswith(head + ".")] for head in found.views}
    p = {head: np.where((found.status == 0)[:, None], found.views[head], np.nan) for head, names in labels.items() if names}
    return Scored(found.ids, p, labels)


def truth(path: Path) -> dict[str, dict[str, str]]:
    """Head to id to label, of a table of truth; what is empty is left out."""
    head, *lines = [line.rstrip("\n").split("\t") for line in open(path)]
    return {name: {cells[0]: cells[k] for cells in lines if len(cells) > k and cells[k]}
            for k, name in enumerate(head) if k}


def known(scored: Scored, true: dict[str, str], head: str) -> tuple[np.ndarray, np.ndarray]:
    """(p [n, labels], truth [n]) of the usable records whose truth is a label of the head."""
    place = {label: k for k, label in enumerate(scored.labels[head])}
    index = np.array([place.get(true.get(i, ""), -1) for i in scored.ids])
    keep = (index >= 0) & np.isfinite(scored.p[head]).all(1)
    return scored.p[head][keep], index[keep]


def fill(bundle: Path, ribonnx: Path, work: Path, val: tuple[Path, Path], test: tuple[Path, Path],
         by_label: list[str] | None = None, coverage: float | None = None) -> dict:
    """Give every head that the truth names its sets: quantiles of `val` into model.yaml, figures of `test` into
    metrics.json (where there is one) and README.md (between its marks). Returns the figures, by head; those of heads
    that the truth does not name are what metrics.json has of them, so that heads on other rows take a call each.

    by_label: heads whose labels have a quantile each; coverage: of all heads; what is None is chosen on `val` (`choose`).
    The figures beside them, under `of 0.9`, are those of one quantile for a coverage of 0.9.
    Run `ribonnx model seal` afterwards.
    """
    work.mkdir(parents=True, exist_ok=True)
    on_val, on_test = (scores(ribonnx, bundle, source, work) for source, _ in (val, test))
    true_val, true_test = truth(val[1]), truth(test[1])
    found = {}
    for head in true_val:
        p, index = known(on_val, true_val[head], head)
        chosen, each = choose(p, index)
        chosen = chosen if coverage is None else coverage
        each = each if by_label is None else head in by_label
        q = per_label(p, index, chosen) if each else quantile(of_truth(p, index), chosen)
        recipe.fill_sets(bundle, head, chosen, q)
        rows = known(on_test, true_test[head], head)
        found[head] = {"coverage": chosen, "per_label": bool(each), "calibration_records": len(index),
                       "test": figures(*rows, q, on_test.labels[head]),
                       "of 0.9": figures(*rows, quantile(of_truth(p, index), 0.9), on_test.labels[head])}
    metrics = bundle / "metrics.json"
    if metrics.exists():
        kept = json.loads(metrics.read_text())
        rounded = json.loads(json.dumps(found), parse_float=lambda v: round(float(v), 6))
        found = {**kept.get("sets", {}), **rounded}
        recipe.write_metrics(bundle, {**kept, "sets": found})
    readme = bundle / "README.md"
    if readme.exists() and LEFT in readme.read_text():
        text = f"{LEFT}\n{markdown(found)}\n{RIGHT}"
        readme.write_text(re.sub(f"{LEFT}.*?{RIGHT}", lambda _: text, readme.read_text(), flags=re.S))
    return found


SEEN = 20  # rows that a label must have on `test` to be the least or the most of the card's table


def markdown(found: dict) -> str:
    """The table of a card."""
    lines = ["| head | promised | `val` | `test` | coverage (95 % interval) | least of a label | most | labels in a set | empty | one label |",
             "|---|---|---|---|---|---|---|---|---|---|"]
    for head, f in found.items():
        promise = f"{f['coverage']:g}{' for each label' if f['per_label'] else ''}"
        lines.append(_row(head, promise, f["calibration_records"], f["test"]))
        if promise != "0.9":
            lines.append(_row(f"{head}, not in the bundle", "0.9", f["calibration_records"], f["of 0.9"]))
    return "\n".join(lines)


def _row(head: str, promise: str, calibrated: int, t: dict) -> str:
    often = sorted(((n, c) for n, c in t["classes"].items() if c["records"] >= SEEN), key=lambda item: item[1]["coverage"])
    shown = lambda at: f"{often[at][0]}, {100 * often[at][1]['coverage']:.1f} % of {often[at][1]['records']:,}" if often else ""
    return (f"| {head} | {promise} | {calibrated:,} | {t['records']:,} | {100 * t['coverage']:.2f} % "
            f"({100 * t['interval'][0]:.2f}–{100 * t['interval'][1]:.2f}) | {shown(0)} | {shown(-1)} | {t['mean_size']:.2f} | "
            f"{100 * t['empty']:.2f} % | {100 * t['one']:.2f} % |")


def parser(description: str | None) -> argparse.ArgumentParser:
    """The options that all recipes of sets have."""
    p = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--ribonnx", type=Path, required=True, help="the executable ribonnx")
    p.add_argument("--work", type=Path, required=True, help="folder for inputs and scores")
    p.add_argument("--coverage", type=float, help="of all heads; chosen on `val` where it is not given")
    p.add_argument("--per-label", nargs="*", metavar="HEAD", help="heads whose labels have a quantile each; chosen likewise")
    return p


def main() -> None:
    p = parser(__doc__)
    p.add_argument("--bundle", type=Path, required=True)
    for name in ("val", "test"):
        p.add_argument(f"--{name}", type=Path, nargs=2, required=True, metavar=("INPUT", "TRUTH"))
    a = p.parse_args()
    found = fill(a.bundle, a.ribonnx, a.work, tuple(a.val), tuple(a.test), a.per_label, a.coverage)
    print(markdown(found))


if __name__ == "__main__":
    main()
