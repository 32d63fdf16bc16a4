#!/usr/bin/env python3
"""All figures of the card: what `train.py` left in one folder per seed, on `test`, the rivals beside the model.

    evaluate.py --data DATA --encode .../bin/ribonnx-encode --out . --work WORK --seeds S1 S2 S3 [--few F1 F2 F3]

Writes metrics.json, and the tables of README.md between their marks. The seeds' folders hold what train.py made with --work; the
first is the seed of the bundle, whose graphs are held against its networks.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "training"))

import data as D  # noqa: E402
from export import calibrate, mean_features, thresholds  # noqa: E402
from model import VIEWS, Model, all_logits  # noqa: E402
from ribonnx_training import graphs, metrics  # noqa: E402
from ribonnx_training.cards import put, table  # noqa: E402

MODELS = (*VIEWS, "concatenation", "attention")
RESAMPLES, NOISE = 1000, 0.25  # bootstrap resamples; share of letters drawn anew in a noisy view


def load(folder: Path, labels: int) -> dict[str, Model]:
    found = {}
    for name in MODELS:
        found[name] = Model(name, labels)
        found[name].load_state_dict(torch.load(folder / f"{name}.pt", weights_only=True))
        found[name].eval()
    return found


@torch.no_grad()
def without(model: Model, views: dict[str, torch.Tensor], missing: str, stand_in: dict[str, np.ndarray] | None) -> np.ndarray:
    """Logits with one view missing: masked (stand_in None), or the stand-in in its place."""
    out = []
    for k in range(0, len(views[missing]), 1024):
        features = model.features({v: x[k:k + 1024] for v, x in views.items()})
        present = torch.ones(len(features[0]), len(VIEWS))
        present[:, VIEWS.index(missing)] = 0
        place = VIEWS.index(missing)
        features[place] = torch.zeros_like(features[place]) if stand_in is None else torch.from_numpy(stand_in[missing]).expand_as(features[place])
        out.append(model.logits(features, present).numpy())
    return np.concatenate(out)


class Bootstrap:
    """AUROC of many labels under resampled windows; the same resamples for all models, so that differences can be told."""

    def __init__(self, truth: np.ndarray, seed: int = 1):
        rng = np.random.default_rng(seed)
        count = len(truth)
        self.truth = truth
        self.times = [np.bincount(rng.integers(0, count, count), minlength=count) for _ in range(RESAMPLES)]

    def areas(self, scores: np.ndarray) -> np.ndarray:
        """(macro, micro) of each resample, [RESAMPLES, 2]; scores [N, labels] without ties."""
        n, labels = self.truth.shape
        columns = [np.argsort(scores[:, k], kind="stable") for k in range(labels)]
        truths = [self.truth[order, k] for k, order in enumerate(columns)]
        flat = np.argsort(scores.ravel(), kind="stable")
        rows, right = flat // labels, self.truth.ravel()[flat]

        def area(weight: np.ndarray, positive: np.ndarray) -> float:
            up = weight * positive
            down = weight - up
            return float((up * (down.cumsum() - down / 2)).sum() / (up.sum() * down.sum()))

        return np.array([(np.mean([area(t[o], p) for o, p in zip(columns, truths)]), area(t[rows], right)) for t in self.times])


def interval(values: np.ndarray) -> list[float]:
    return [round(float(q), 4) for q in np.quantile(values, (0.025, 0.975))]


def decisions(probabilities: np.ndarray, truth: np.ndarray, limits: list[float]) -> dict[str, float]:
    """Figures of the labels that pass their thresholds, and of the ranking of each window's labels."""
    chosen, right = probabilities >= np.array(limits), truth > 0
    hits, support = (chosen & right).sum(0), right.sum(0)
    f1 = 2 * hits / (chosen.sum(0) + support)
    some = right.any(1)
    return {"weighted F1": float((f1 * support).sum() / support.sum()), "macro F1": float(f1.mean()),
            "exact match": float((chosen == right).all(1).mean()),
            "one-error (best label is wrong, windows with a protein)": float(1 - right[some, probabilities[some].argmax(1)].mean()),
            "expected calibration error, all pairs of window and label": metrics.calibration_error(probabilities.ravel(), right.ravel())}


def areas(truth: np.ndarray, scores: np.ndarray) -> dict[str, float]:
    from sklearn.metrics import average_precision_score, roc_auc_score

    macro, micro = metrics.many_labels(truth, scores)
    return {"macro AUROC": macro, "micro AUROC": micro, "weighted AUROC": float(roc_auc_score(truth, scores, average="weighted")),
            "macro average precision": float(average_precision_score(truth, scores, average="macro")),
            "micro average precision": float(average_precision_score(truth, scores, average="micro"))}


def of_seed(models: dict[str, Model], val: dict, test: dict, noisy: dict, truth: dict[str, np.ndarray], means: dict) -> tuple[dict[str, dict[str, float]], dict[str, np.ndarray]]:
    """Model to its figures on `test`, and to its probabilities there."""
    out, probabilities = {}, {}
    for name, model in models.items():
        found, chosen = all_logits(model, test), all_logits(model, val)
        calibration = calibrate(chosen, truth["val"])
        with torch.no_grad():
            p, q = (calibration(torch.from_numpy(x)).numpy() for x in (found, chosen))
        probabilities[name] = p
        out[name] = {**areas(truth["test"], p), **decisions(p, truth["test"], thresholds(q, truth["val"]))}
        if model.fusion:
            for v in VIEWS:
                gone = without(model, test, v, None if name == "attention" else means[name])
                out[name][f"macro AUROC without {v}"] = metrics.many_labels(truth["test"], calibrated(calibration, gone))[0]
                rough = all_logits(model, {**test, v: noisy[v]})
                out[name][f"macro AUROC, {v} noisy"] = metrics.many_labels(truth["test"], calibrated(calibration, rough))[0]
    singles = sum(all_logits(models[v], test) for v in VIEWS)
    out["mean of the three views' logits"] = areas(truth["test"], singles)
    return out, probabilities


@torch.no_grad()
def calibrated(calibration, logits: np.ndarray) -> np.ndarray:
    return calibration(torch.from_numpy(logits)).numpy()


def graph_scores(bundle: Path, views: dict[str, torch.Tensor]) -> np.ndarray:
    """Probabilities of the bundle's graphs in ONNX Runtime."""
    run = lambda name, feeds: graphs.run_all(graphs.session(bundle / f"{name}.onnx"), feeds, 64)
    features = {v: run(v, {"counts" if v == "dipeptides" else "codes": views[v].numpy()})[0] for v in VIEWS}
    fused = run("fuse", {**features, "present": np.ones((len(views["rna"]), len(VIEWS)), np.float32)})[0]
    return run("classify", {"fused": fused})[0]


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("data", "encode", "work", "out"):
        p.add_argument(f"--{name}", type=Path, required=True)
    p.add_argument("--seeds", type=Path, nargs="+", required=True)
    p.add_argument("--few", type=Path, nargs="*", default=[], help="the same, trained on a tenth of the windows")
    a = p.parse_args()
    a.work.mkdir(parents=True, exist_ok=True)
    names = D.labels(a.out)
    rows = D.windows(a.data, names)
    of = lambda split: [s for s, k in zip(rows.sequences, rows.split) if k == split]
    tensors = lambda sequences, name: {v: torch.from_numpy(x) for v, x in D.views(sequences, a.encode, a.out, a.work, name).items()}
    val, test = tensors(of("val"), "val"), tensors(of("test"), "test")
    rng = np.random.default_rng(7)
    noisy = tensors(D.disturbed(of("test"), rng, shift=0, changed=NOISE), "noisy")
    train = tensors(of("train")[:20_000], "means")
    truth = {s: rows.truth[rows.split == s] for s in ("val", "test")}
    result: dict = {"windows": {s: int((rows.split == s).sum()) for s in ("train", "val", "test")}, "seeds": [], "few": []}
    first: dict[str, np.ndarray] = {}
    for kind, folders in (("seeds", a.seeds), ("few", a.few)):
        for folder in folders:
            models = load(folder, len(names))
            means = {"concatenation": mean_features(models["concatenation"], train)}
            figures, probabilities = of_seed(models, val, test, noisy, truth, means)
            result[kind].append(figures)
            first = first or probabilities
            print(folder, {m: (round(f["macro AUROC"], 4), round(f["micro AUROC"], 4)) for m, f in result[kind][-1].items()}, flush=True)
    bundle = graph_scores(a.out, test)
    print("graphs against networks:", float(np.abs(bundle - first["attention"]).max()))
    bootstrap = Bootstrap(truth["test"])
    drawn = {n: bootstrap.areas(p) for n, p in first.items()}
    best = max(VIEWS, key=lambda v: result["seeds"][0][v]["macro AUROC"])
    result["intervals"] = {n: {"macro AUROC": interval(d[:, 0]), "micro AUROC": interval(d[:, 1])} for n, d in drawn.items()}
    result["intervals"]["attention - concatenation"] = {k: interval((drawn["attention"] - drawn["concatenation"])[:, i]) for i, k in enumerate(("macro AUROC", "micro AUROC"))}
    result["intervals"][f"attention - {best}"] = {k: interval((drawn["attention"] - drawn[best])[:, i]) for i, k in enumerate(("macro AUROC", "micro AUROC"))}
    each = areas_of_labels(truth["test"], bundle)
    result["labels"] = {n: {"windows": int(truth["test"][:, k].sum()), **each[k]} for k, n in enumerate(names)}
    (a.out / "metrics.json").write_text(json.dumps(result, indent=1) + "\n")
    write_tables(a.out / "README.md", result, best)


def areas_of_labels(truth: np.ndarray, scores: np.ndarray) -> list[dict[str, float]]:
    from sklearn.metrics import average_precision_score

    return [{"AUROC": metrics.auroc(scores[truth[:, k] > 0, k], scores[truth[:, k] == 0, k]),
             "average precision": float(average_precision_score(truth[:, k], scores[:, k]))} for k in range(truth.shape[1])]


def write_tables(readme: Path, result: dict, best: str) -> None:
    if not readme.exists():
        return
    columns = [*MODELS, "mean of the three views' logits"]

    def cell(runs: list[dict], model: str, figure: str) -> str:
        values = [run[model][figure] for run in runs if figure in run[model]]
        if not values:
            return ""
        return f"{np.mean(values):.4f}" + (f" ± {np.std(values, ddof=1):.4f}" if len(values) > 1 else "")

    figures = list(result["seeds"][0]["attention"])
    put(readme, "ablation", table([["`test`", *columns]] + [[f, *(cell(result["seeds"], m, f) for m in columns)] for f in figures]))
    ranges = [["seed of the bundle, 95 % of 1,000 resamples of the windows", "macro AUROC", "micro AUROC"]]
    for name, found in result["intervals"].items():
        ranges.append([name, *(f"{found[k][0]:.4f} to {found[k][1]:.4f}" for k in ("macro AUROC", "micro AUROC"))])
    put(readme, "intervals", table(ranges))
    put(readme, "labels", table([["protein", "windows of `test`", "AUROC", "average precision"]] + [
        [n, str(f["windows"]), f"{f['AUROC']:.4f}", f"{f['average precision']:.4f}"] for n, f in result["labels"].items()]))
    if result["few"]:
        put(readme, "few", table([["trained on a tenth", *columns]] + [[f, *(cell(result["few"], m, f) for m in columns)] for f in ("macro AUROC", "micro AUROC")]))


if __name__ == "__main__":
    main()
