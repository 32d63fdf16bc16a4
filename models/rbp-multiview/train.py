#!/usr/bin/env python3
"""The recipe of the bundle rbp-multiview and of its rivals: encode, train, calibrate on `val`, export.

    train.py --data DATA --encode .../bin/ribonnx-encode --work WORK --out . --seed 1

First the single views, each alone; then attention and concatenation on copies of their networks, which stay as they are. All see the same disturbed windows in the same
order. Steps, not seconds, end the training, and every draw comes from a seeded generator. `--smoke` runs all of it in tiny;
`--share 0.1` trains on a tenth of the windows; `--only-train` leaves the bundle as it is (other seeds, for the table of the card).
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "training"))

import data as D  # noqa: E402
from export import finish  # noqa: E402
from model import VIEWS, Model, all_logits  # noqa: E402
from ribonnx_training import metrics, recipe  # noqa: E402
from ribonnx_training.learning import Learner  # noqa: E402

FUSIONS = ("attention", "concatenation")
BATCH = 256
COMMON, ADVERSARIAL, ORTHOGONAL = 0.1, 0.005, 0.005  # weights of the common part's loss, of the discriminator's, of the squared cosines
MISSING = 0.1  # chance of each view to be missing, in the training of attention


@dataclass(frozen=True)
class Stage:
    """epochs over the training windows; rate: the largest, of one cycle; decay: of AdamW."""

    epochs: int
    rate: float
    decay: float = 1e-2
    frozen: bool = False  # whether the view networks stay as they are; only their dropout is at work


SINGLE, FUSED = Stage(9, 2e-3), Stage(4, 1e-3, frozen=True)


def arguments() -> argparse.Namespace:
    p = recipe.parser(__doc__, "rbp/")
    p.add_argument("--share", type=float, default=1.0, help="share of the training windows that is used (%(default)s)")
    p.add_argument("--epochs", type=float, default=1.0, help="factor of all epochs (%(default)s)")
    p.add_argument("--only-train", action="store_true", help="no export")
    p.add_argument("--resume", action="store_true", help="keep the models that --work holds already")
    return p.parse_args()


def loss_of(model: Model, views: dict[str, torch.Tensor], truth: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Binary cross entropy of the logits; for attention the terms of its parts, too, and views that are missing at random."""
    bce = F.binary_cross_entropy_with_logits
    features, extra = model.features(views), 0.0
    present = torch.ones(len(truth), len(model.views))
    if model.attends:
        adversarial, orthogonal = model.fusion.losses(features)
        _, _, shared = model.fusion.tokens(features, present)
        extra = COMMON * bce(model.from_common(shared), truth) + ADVERSARIAL * adversarial + ORTHOGONAL * orthogonal
        present = (torch.rand(present.shape, generator=generator) >= MISSING).float()
        present[present.sum(1) == 0] = 1
        features = [f * present[:, v:v + 1] for v, f in enumerate(features)]
    return bce(model.logits(features, present), truth) + extra


def learning(model: Model, frozen: bool) -> None:
    """Put a model into training; `frozen` networks keep their weights, their own logits and the statistics of their normalisation."""
    model.train()
    if frozen:
        model.own.requires_grad_(False).eval()
        model.networks.requires_grad_(False).eval()
        for part in model.networks.modules():
            if isinstance(part, (nn.Dropout, nn.Dropout1d)):
                part.train()


def train(models: dict[str, Model], stage: Stage, rows: D.Rows, pick: np.ndarray, val: dict[str, torch.Tensor], a: argparse.Namespace, seed: int, log) -> None:
    """Train all `models` beside each other on the windows `pick`; they end with their averaged weights."""
    rng, generator = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    sequences, truth = [rows.sequences[k] for k in pick], torch.from_numpy(rows.truth[pick])
    right = rows.truth[rows.split == "val"]
    epochs = max(1, round(stage.epochs * a.epochs)) if models else 0
    steps = epochs * (len(pick) // BATCH)
    learners = {n: Learner(m, stage.rate, stage.decay, steps, 0.2, 0.998, 1) for n, m in models.items()}
    start = time.time()
    for epoch in range(epochs):
        views = {v: torch.from_numpy(x) for v, x in D.views(D.disturbed(sequences, rng), a.encode, a.out, a.work, "disturbed").items()}
        order = rng.permutation(len(pick))
        for name, model in models.items():
            learning(model, stage.frozen)
            total = 0.0
            for b in range(len(pick) // BATCH):
                now = torch.from_numpy(order[b * BATCH:(b + 1) * BATCH])
                loss = loss_of(model, {v: views[v][now] for v in model.views}, truth[now], generator)
                total += learners[name].step(loss)
            with learners[name].settled():
                macro, micro = metrics.many_labels(right, all_logits(model, val))
            log(f"{name} {epoch + 1}/{epochs}: loss {total / (len(pick) // BATCH):.4f}, val macro {macro:.4f} micro {micro:.4f}, {time.time() - start:.0f} s")
    for name, model in models.items():
        learners[name].settle()
        model.eval()


def main() -> None:
    a = arguments()
    torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    with recipe.log_in(a.work) as log:
        names = D.labels(a.out)
        rows = D.windows(a.data, names)
        pick = np.flatnonzero(rows.split == "train")
        pick = np.random.default_rng(a.seed).permutation(pick)[:int(len(pick) * (0.02 if a.smoke else a.share))]
        pick.sort()
        chosen = [s for s, split in zip(rows.sequences, rows.split) if split == "val"]
        val = {v: torch.from_numpy(x) for v, x in D.views(chosen, a.encode, a.out, a.work, "val").items()}
        log(f"seed {a.seed}: {len(pick)} windows to train, {len(chosen)} to choose, {len(names)} labels")
        if a.smoke:
            a.epochs = 0.1
        singles = {v: Model(v, len(names)) for v in VIEWS}
        fusions = {f: Model(f, len(names)) for f in FUSIONS}
        for stage, models, seed in ((SINGLE, singles, a.seed * 100), (FUSED, fusions, a.seed * 100 + 1)):
            files = {n: a.work / f"{n}.pt" for n in models}
            done = {n for n, f in files.items() if a.resume and f.exists()}
            for name, model in models.items():
                if name in done:
                    model.load_state_dict(torch.load(files[name], weights_only=True))
                elif model.fusion:
                    for v in VIEWS:
                        model.networks[v].load_state_dict(singles[v].networks[v].state_dict())
                        model.own[v].load_state_dict(singles[v].own[v].state_dict())
            train({n: m for n, m in models.items() if n not in done}, stage, rows, pick, val, a, seed, log)
            for name, model in models.items():
                torch.save(model.state_dict(), files[name])
        if not a.only_train:
            finish({**singles, **fusions}, rows, val, a, log)


if __name__ == "__main__":
    main()
