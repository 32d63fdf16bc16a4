#!/usr/bin/env python3
"""The recipe of the bundle srna-expression: list the features, encode, train the experts, calibrate on `val`, export.

    train.py --data DATA --encode .../bin/ribonnx-encode --work WORK --out .

Steps, not seconds, end the training, and every draw comes from a seeded generator. `--smoke` runs all of it in tiny.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.linear_model import LogisticRegression

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "training"))

import data as D  # noqa: E402
from model import Contributions, Expert, Folded, Mixture, Probabilities, Standardise  # noqa: E402
from ribonnx_training import graphs, metrics, recipe  # noqa: E402

ASSIGNED = 0.93  # share of the `val` samples that get a tissue and a cohort


@dataclass(frozen=True)
class Plan:
    """How one expert is trained. Standard deviations are in log2(CPM + 1)."""

    name: str
    batch: int = 128
    rate: float = 1e-3
    decay: float = 1e-2
    epochs: int = 40
    hidden: int = 512
    inputs: float = 0.1  # share of the features dropped
    dropout: float = 0.4  # of the hidden units
    class_weight: float = 0.0  # exponent of (mean class size / class size)
    mixup: float = 0.0  # parameter of the beta distribution; 0 is none
    gain: float = 0.0  # deviation of a feature's gain, drawn per sample: another protocol
    gained: float = 0.0  # share of the samples it is drawn for
    common_gain: float = 0.0  # deviation of a feature's gain, one draw per batch
    missing: float = 0.0  # share of the samples that lack what the other atlas's table lacks
    foreign: bool = False  # answers alone for tables that lack features


PLANS = [
    Plan("wide-1", batch=64),
    Plan("wide-2", batch=64),
    Plan("decay", decay=0.1, rate=2e-3),
    Plan("narrow-1", batch=64, hidden=256),
    Plan("narrow-2", batch=64, hidden=256),
    Plan("mixup", mixup=0.3, gain=1.0, gained=0.7),
    Plan("foreign-1", hidden=256, gain=3.0, gained=0.7, common_gain=0.5, missing=0.7, foreign=True),
    Plan("foreign-2", hidden=256, gain=3.0, gained=0.7, common_gain=0.5, missing=1.0, mixup=0.3, foreign=True),
    Plan("foreign-3", hidden=256, gain=3.0, gained=0.7, common_gain=0.5, missing=1.0, mixup=0.2, epochs=60, foreign=True),
]
WEIGHTS = {"tissue": 0.5, "cohort": 1.0, "sex": 0.3, "age": 0.3}  # of the heads' losses
LINEAR = {"sex": 0.5}  # heads that get a logistic regression on top, and its share; chosen on `val`
STRENGTH = 0.1  # its inverse regularisation
SMOOTHING = {"tissue": 0.05, "cohort": 0.05, "sex": 0.1, "age": 0.1}


def arguments() -> argparse.Namespace:
    p = recipe.parser(__doc__, "srna-expression/")
    p.add_argument("--resume", action="store_true", help="keep the experts that --work holds already")
    return p.parse_args()


def standardise(counts: torch.Tensor) -> Standardise:
    """Mean and deviation of log2(CPM + 1) over the training samples; deviations under 0.3 count as 0.3."""
    plain = Standardise(torch.zeros(counts.shape[1]), torch.ones(counts.shape[1]))
    logarithms = plain.logarithms(counts)
    return Standardise(logarithms.mean(0), logarithms.std(0).clamp(min=0.3))


def train(plan: Plan, rows: D.Rows, pick: np.ndarray, lacking: np.ndarray, sizes: dict[str, int], scaler: Standardise,
          seed: int, log) -> Expert:
    """Train one expert on the samples `pick` (bool [N]); `lacking` (bool [F]) is what the other atlas's table lacks."""
    generator = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    logarithms = scaler.logarithms(torch.from_numpy(rows.counts[pick]))
    truth = {h: torch.from_numpy(rows.truth[h][pick]) for h in sizes}
    members = torch.bincount(truth["cohort"], minlength=sizes["cohort"]).clamp(min=1).float()
    weight = (members.mean() / members) ** plan.class_weight
    lacks = torch.from_numpy(lacking)
    expert = Expert(logarithms.shape[1], sum(sizes.values()), plan.hidden, plan.inputs, plan.dropout)
    optimiser = torch.optim.AdamW(expert.parameters(), lr=plan.rate, weight_decay=plan.decay)
    count = len(logarithms)
    steps = plan.epochs * (count // plan.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, plan.rate, total_steps=steps)
    mean = {k: v.clone() for k, v in expert.state_dict().items()}
    start, done = time.time(), 0
    draw = lambda *shape: torch.randn(*shape, generator=generator)
    uniform = lambda *shape: torch.rand(*shape, generator=generator)

    def loss_of(logits: torch.Tensor, pick: torch.Tensor) -> torch.Tensor:
        total, at = 0.0, 0
        for head, size in sizes.items():
            part, right = logits[:, at:at + size], truth[head][pick]
            at += size
            if (right >= 0).any():
                each = F.cross_entropy(part, right, ignore_index=-1, label_smoothing=SMOOTHING[head], reduction="none")
                if head in ("tissue", "cohort"):
                    each = each * weight[truth["cohort"][pick].clamp(min=0)]
                total = total + WEIGHTS[head] * each.sum() / (right >= 0).sum()
        return total

    for epoch in range(plan.epochs):
        expert.train()
        order = torch.randperm(count, generator=generator)
        for b in range(count // plan.batch):
            rows_now = order[b * plan.batch:(b + 1) * plan.batch]
            x, n = logarithms[rows_now], plan.batch
            if plan.gain:
                strength = plan.gain * uniform(n, 1) * (uniform(n, 1) < plan.gained)
                x = torch.where(x > 0, (x + draw(*x.shape) * strength).clamp(min=0), x)
            if plan.common_gain:
                x = torch.where(x > 0, (x + draw(1, x.shape[1]) * plan.common_gain * uniform(1)).clamp(min=0), x)
            z = scaler.scaled(x)
            if plan.missing:
                z = z.masked_fill((uniform(n, 1) < plan.missing) & lacks[None], 0.0)
            if plan.mixup:
                share, other = float(rng.beta(plan.mixup, plan.mixup)), torch.randperm(n, generator=generator)
                logits = expert(share * z + (1 - share) * z[other])
                loss = share * loss_of(logits, rows_now) + (1 - share) * loss_of(logits, rows_now[other])
            else:
                loss = loss_of(expert(z), rows_now)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            done += 1
            keep = min(0.998, (1 + done) / (10 + done))
            for name, value in expert.state_dict().items():
                if value.dtype.is_floating_point:
                    mean[name].mul_(keep).add_(value, alpha=1 - keep)
    state = expert.state_dict()
    expert.load_state_dict({k: mean[k] if v.dtype.is_floating_point else v for k, v in state.items()})
    log(f"{plan.name}: {done} steps, {time.time() - start:.0f} s")
    return expert.eval()


def linear_part(rows: D.Rows, pick: np.ndarray, scaler: Standardise, sizes: dict[str, int]) -> tuple[torch.Tensor, torch.Tensor]:
    """Logistic regressions of the heads in LINEAR, times their shares; (weight [L, F], bias [L]), 0 for the other heads."""
    with torch.no_grad():
        z = scaler(torch.from_numpy(rows.counts[pick])).numpy()
    weights, biases = [], []
    for head, size in sizes.items():
        weight, bias = np.zeros((size, z.shape[1])), np.zeros(size)
        if head in LINEAR:
            known = rows.truth[head][pick] >= 0
            model = LogisticRegression(C=STRENGTH, max_iter=500).fit(z[known], rows.truth[head][pick][known])
            weight, bias = model.coef_, model.intercept_
            if size == 2:  # scikit-learn gives the difference of the two
                weight, bias = np.concatenate([-weight, weight]) / 2, np.concatenate([-bias, bias]) / 2
            weight, bias = ((v - v.mean(0)) * LINEAR[head] for v in (weight, bias))
        weights.append(weight)
        biases.append(bias)
    return tuple(torch.from_numpy(np.concatenate(v)).float() for v in (weights, biases))


@torch.no_grad()
def logits_of(model: torch.nn.Module, counts: np.ndarray, sizes: dict[str, int]) -> dict[str, np.ndarray]:
    """Head to logits [N, labels]."""
    parts = torch.split(model(torch.from_numpy(counts)), list(sizes.values()), 1)
    return {h: p.numpy() for h, p in zip(sizes, parts)}


def softmax(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    e = np.exp((logits - logits.max(1, keepdims=True)) / temperature)
    return e / e.sum(1, keepdims=True)


def judge(logits: dict[str, np.ndarray], truth: dict[str, np.ndarray]) -> dict[str, float]:
    """Accuracy per head over the samples whose truth is known."""
    return {h: round(metrics.accuracy(truth[h][truth[h] >= 0], logits[h].argmax(1)[truth[h] >= 0]), 4) for h in logits if h in truth}


def temperature(logits: np.ndarray, truth: np.ndarray) -> float:
    """The temperature of least negative log-likelihood, to 0.01."""
    known = truth >= 0
    loss = lambda t: -np.log(softmax(logits[known], t)[np.arange(known.sum()), truth[known]] + 1e-12).mean()
    return float(min(np.arange(0.2, 3.0, 0.01), key=loss))


def finish(mixture: Mixture, rows: D.Rows, sizes: dict[str, int], a: argparse.Namespace, log) -> None:
    """Calibrate and set thresholds on `val`, export both graphs, prove them."""
    val = rows.usable & (rows.split == "val") & (rows.truth["cohort"] >= 0)
    counts, truth = rows.counts[val], {h: t[val] for h, t in rows.truth.items()}
    logits = logits_of(mixture, counts, sizes)
    heats = {h: temperature(logits[h], truth[h]) for h in sizes}
    for head in ("tissue", "cohort"):
        p = softmax(logits[head], heats[head])
        at = np.floor(metrics.threshold_at_recall(p.max(1), ASSIGNED) * 1000) / 1000
        kept, right = p.max(1) >= at, p.argmax(1) == truth[head]
        log(f"val, {head}: temperature {heats[head]:.2f}, calibration error {metrics.calibration_error(p.max(1), right):.4f}, "
            f"threshold {at:g} assigns {kept.mean():.4f}, {right[kept].mean():.4f} of them rightly")
        recipe.fill_threshold(a.out, head, at, {
            "rows": "val", "true-positive-rate": float(kept[right].mean()), "false-positive-rate": float(kept[~right].mean()),
            "auroc": metrics.auroc(p.max(1)[right], p.max(1)[~right]), "temperature": heats[head]})
    some = counts[:48].copy()
    some[::3, :40] = np.nan  # foreign tables, too
    example = torch.from_numpy(some)
    graphs.export(Probabilities(mixture, list(sizes.values()), list(heats.values())).eval(), example, a.out / "classify.onnx", "counts", list(sizes))
    names = [*(f"{h}_contributions" for h in sizes), *(f"{h}_difference" for h in sizes)]
    graphs.export(Contributions(mixture, list(sizes.values())).eval(), example, a.out / "explain.onnx", "counts", names)
    for name in ("classify", "explain"):
        log(f"{name}.onnx: {(a.out / f'{name}.onnx').stat().st_size:,} bytes")
    graphs.fill_digests(a.out)


def main() -> None:
    a = arguments()
    plans = [replace(p, epochs=1, hidden=32) for p in PLANS[:1] + PLANS[-1:]] if a.smoke else PLANS
    torch.set_num_threads(a.threads)
    with recipe.log_in(a.work) as log:
        D.write_features(a.data, a.out)
        graphs.fill_digests(a.out)
        names = D.labels(a.data)
        sizes = {h: len(names[h]) for h in D.HEADS}
        for head in ("tissue", "cohort"):
            if [r["label"] for r in D.table(a.out / f"{head}.tsv")] != names[head]:
                raise SystemExit(f"{head}.tsv does not hold the labels of the data in their order")
        rows, other = D.samples(a.data, a.encode, a.out, a.work), D.atlas(a.data, a.encode, a.out, a.work)
        known = rows.usable & (rows.truth["cohort"] >= 0)
        pick, val = known & (rows.split == "train"), known & (rows.split == "val")
        lacking = np.isnan(other.counts).all(0)
        log(f"{rows.counts.shape[1]} features, {lacking.sum()} of them not in the other atlas; {pick.sum()} samples to train, {val.sum()} to choose")
        scaler = standardise(torch.from_numpy(rows.counts[pick]))
        experts = []
        for k, plan in enumerate(plans):
            kept = a.work / f"{plan.name}.pt"
            expert = Expert(rows.counts.shape[1], sum(sizes.values()), plan.hidden)
            if a.resume and kept.exists():
                expert.load_state_dict(torch.load(kept, weights_only=True))
                expert.eval()
            else:
                expert = train(plan, rows, pick, lacking, sizes, scaler, a.seed * 100 + k, log)
                torch.save(expert.state_dict(), kept)
            experts.append(Folded(expert, list(sizes.values())).eval())
            one = Mixture(scaler, [experts[-1]], [True])
            log(f"{plan.name}: val {judge(logits_of(one, rows.counts[val], sizes), {h: t[val] for h, t in rows.truth.items()})}")
        mixture = Mixture(scaler, experts, [p.foreign for p in plans], linear_part(rows, pick, scaler, sizes)).eval()
        log(f"all: val {judge(logits_of(mixture, rows.counts[val], sizes), {h: t[val] for h, t in rows.truth.items()})}")
        finish(mixture, rows, sizes, a, log)


if __name__ == "__main__":
    main()
