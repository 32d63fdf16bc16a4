#!/usr/bin/env python3
"""The recipe of the bundle ncrna-class: encode, train a few networks, calibrate on `val`, export.

    train.py --data DATA --encode .../bin/ribonnx-encode --work WORK --out .

Steps, not seconds, end the training, and every draw comes from a seeded generator. `--smoke` runs all of it in tiny;
`--resume` keeps the networks that --work holds already; `--only-train` leaves the bundle as it is.
"""

from __future__ import annotations

import argparse
import math
import re
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
from model import FUSED, KMERS, READ, TOKEN, Classifying, Fusing, Network, Reading, Telling, by_place, one_hot  # noqa: E402
from ribonnx_training import conformal, graphs, metrics, recipe  # noqa: E402
from ribonnx_training.learning import Learner  # noqa: E402

RECALL, COVERAGE = 0.95, 0.9  # share of `val` that the threshold accepts; that the prediction sets promise for each class
OTHERS = 48  # RNA of no class, per step
KEPT = 0.998  # of the exponential mean of the weights


def arguments() -> argparse.Namespace:
    p = recipe.parser(__doc__, "rna-class/ and rna-type/")
    p.add_argument("--networks", type=int, default=2)
    p.add_argument("--epochs", type=int, default=24)
    p.add_argument("--batch", type=int, default=96, help="records per step")
    p.add_argument("--rate", type=float, default=2e-3)
    p.add_argument("--family", type=float, default=0.3, help="weight of the loss that names the Rfam family")
    p.add_argument("--doubt", type=float, default=1.0, help="weight of the loss that spreads the probability of RNA of no class")
    p.add_argument("--smoothing", type=float, default=0.05)
    p.add_argument("--even", action="store_true", help="attention with even weights (a rival)")
    p.add_argument("--no-stems", action="store_true", help="without what pairs, in training and `val` (a rival; use --only-train)")
    p.add_argument("--only-train", action="store_true", help="no export")
    p.add_argument("--resume", action="store_true", help="keep the networks that --work holds already")
    return p.parse_args()


@dataclass(frozen=True)
class Task:
    """Training rows and RNA of no class, as text (both are disturbed anew); `val`, encoded."""

    train: D.Rows
    classes: list[str]
    families: list[str]
    labels: torch.Tensor
    family: torch.Tensor
    others: list[str]
    val: D.Views
    truth: np.ndarray


def task(a: argparse.Namespace) -> Task:
    rng = np.random.default_rng(7)
    train, val = D.rows(a.data, "train"), D.rows(a.data, "val")
    if a.smoke:
        train, val = (D.Rows(r.sequences[::step], r.classes[::step], r.families[::step]) for r, step in ((train, 20), (val, 8)))
    classes = [line.split("\t")[0] for line in (a.out / "labels.tsv").read_text().splitlines()[1:]]
    families = sorted(set(train.families))
    others = [s for kind in D.others(a.data, "train", train, rng).values() for s in kind]
    return Task(train, classes, families, torch.tensor([classes.index(c) for c in train.classes]), torch.tensor([families.index(f) for f in train.families]), others,
                D.views(val.sequences, a.encode, a.out, a.work, "val"), np.array([classes.index(c) for c in val.classes]))


def tokens(net: Network, v: D.Views, pick: np.ndarray) -> torch.Tensor:
    """Tokens [n, 12, 64] of some records, packed side by side; the same as the graphs make of each alone."""
    p = D.pack(v, pick)
    mask = (p.codes < D.PAD).float()[:, None, None]
    x = torch.cat([one_hot(p.codes)[:, :, None], p.paired[:, :, None]], 1)
    h = net.reader.body(x, mask)[:, :, 0].transpose(1, 2).flatten(0, 1)
    read = net.reader.pooled(h[p.index], by_place(p.paired).flatten(0, 1)[p.index], p.places)
    return net.tokens(read, v.counts[pick], v.lengths[pick])


@torch.no_grad()
def logits(net: Network, v: D.Views) -> np.ndarray:
    """Logits [N, classes], outside of training."""
    net.eval()
    parts = np.array_split(np.arange(len(v)), math.ceil(len(v) / 128))
    return np.concatenate([net.head(net.attention(tokens(net, v, pick))[0]).numpy() for pick in parts])


def probabilities(found: list[np.ndarray], temperature: float) -> np.ndarray:
    """What `Classifying` computes, from the logits [N, classes] of each network."""
    return np.mean([torch.softmax(torch.from_numpy(z) / temperature, 1).numpy() for z in found], 0)


def loss_of(net: Network, fused: torch.Tensor, labels: torch.Tensor, family: torch.Tensor, a: argparse.Namespace) -> torch.Tensor:
    """Cross-entropy of class and family of the first records; the rest is of no class, and its probability is to be spread over all (Hendrycks et al. 2019)."""
    fused, known = net.dropout(fused), len(labels)
    z = net.head(fused)
    spread = (torch.logsumexp(z[known:], 1) - z[known:].mean(1)).mean()
    return (F.cross_entropy(z[:known], labels, label_smoothing=a.smoothing)
            + a.family * F.cross_entropy(net.families(fused[:known]), family, label_smoothing=a.smoothing) + a.doubt * spread)


def train(t: Task, seed: int, a: argparse.Namespace, log) -> Network:
    """AdamW with one cycle of the rate; the result has the exponential mean of the weights."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    net = Network(len(t.classes), len(t.families), even=a.even)
    count = len(t.labels)
    each = count // a.batch
    learner, began = Learner(net, a.rate, 0.02, a.epochs * each, 0.15, KEPT, 1, clip=2.0), time.process_time()
    for epoch in range(a.epochs):
        if epoch % 2 == 0:  # two epochs see the same disturbed records
            some = [t.others[k] for k in rng.choice(len(t.others), min(each * OTHERS, len(t.others)), replace=False)]
            views = D.views(D.disturbed(t.train.sequences + some, rng), a.encode, a.out, a.work, f"disturbed-{seed}")
            if a.no_stems:
                views.paired[:] = 0
        net.train()
        total, order, other = 0.0, rng.permutation(count), count + rng.permutation(len(some))
        for step in range(each):
            known = order[step * a.batch:(step + 1) * a.batch]
            pick = np.concatenate([known, other[step * OTHERS:(step + 1) * OTHERS]])
            loss = loss_of(net, net.attention(tokens(net, views, pick))[0], t.labels[known], t.family[known], a)
            total += learner.step(loss)
        if epoch % 4 == 3 or epoch + 1 == a.epochs:
            with learner.settled():
                z = logits(net, t.val)
            log(f"network {seed}, epoch {epoch + 1}/{a.epochs}: loss {total / each:.4f}, val accuracy {metrics.accuracy(t.truth, z.argmax(1)):.4f}, "
                f"macro-F1 {metrics.macro_f1(t.truth, z.argmax(1)):.4f}, {time.process_time() - began:.0f} s")
    learner.settle()
    return net.eval()


def write_graphs(networks: nn.ModuleList, temperature: float, v: D.Views, out: Path) -> None:
    """Export all graphs; each is proven on records of `v`."""
    some = np.argsort(v.lengths[:, 0].numpy(), kind="stable")[::max(1, len(v) // 48)][:48]
    counts, length = v.counts[some], v.lengths[some]
    short = some[:32]
    codes = v.padded(short)
    graphs.export(Reading(networks), (codes, v.lengths[short, 0].float()), out / "sequence.onnx", ["codes", "lengths"], "tokens", multiple_of=16)
    graphs.export(Telling(networks, "counts"), counts, out / "kmers.onnx", "counts", "tokens")
    graphs.export(Telling(networks, "length"), length, out / "length.onnx", "length", "tokens")
    with torch.no_grad():
        read = Reading(networks)(v.padded(some), length[:, 0].float())
        parts = read, Telling(networks, "counts")(counts), Telling(networks, "length")(length)
        fused = Fusing(networks)(*parts)[0]
    graphs.export(Fusing(networks), parts, out / "fuse.onnx", ["sequence", "kmers", "length"], ["fused", "attention"])
    graphs.export(Classifying(networks, temperature), fused, out / "classify.onnx", "fused", "probabilities")


def finish(networks: nn.ModuleList, t: Task, a: argparse.Namespace, log) -> None:
    """Calibrate on `val`, export, and fill model.yaml."""
    found = [logits(n, t.val) for n in networks]
    rows = np.arange(len(t.truth))
    temperature = min(np.linspace(0.2, 1.6, 71).tolist(), key=lambda x: float(-np.log(probabilities(found, x)[rows, t.truth]).mean()))
    p = probabilities(found, temperature)
    wrong = [s for kind in D.others(a.data, "val", D.rows(a.data, "val"), np.random.default_rng(8)).values() for s in kind]
    wrong = wrong[::10] if a.smoke else wrong
    other = D.views(wrong, a.encode, a.out, a.work, "others")
    score, false = p.max(1), probabilities([logits(n, other) for n in networks], temperature).max(1)
    best = p.argmax(1)
    log(f"val: accuracy {metrics.accuracy(t.truth, best):.4f}, macro-F1 {metrics.macro_f1(t.truth, best):.4f}, temperature {temperature:.2f}, "
        f"calibration error {metrics.calibration_error(score, best == t.truth):.4f}")
    at = math.floor(metrics.threshold_at_recall(score, RECALL) * 1000) / 1000
    write_graphs(networks, temperature, t.val, a.out)
    graphs.fill_digests(a.out)
    recipe.fill_threshold(a.out, "class", at, {
        "rows": "val", "negatives": "stretches of human transcripts and shuffles of val", "true-positive-rate": metrics.accepted(score, at),
        "false-positive-rate": metrics.accepted(false, at), "auroc": metrics.auroc(score, false), "temperature": temperature})
    card = a.out / "model.yaml"
    widths = {f"{view}.onnx.*width": len(networks) * tokens * TOKEN for view, tokens in (("sequence", READ), ("kmers", len(KMERS)), ("length", 1))}
    text = card.read_text()
    for what, value in {**widths, "fuse.onnx.*width": len(networks) * FUSED}.items():
        text, done = re.subn(rf"({what}: )[\d.]+", rf"\g<1>{value:g}", text)
        if done != 1:
            raise ValueError(f"{card}: one place for {what} is expected")
    card.write_text(text)
    # Of an easy class the own quantile lies within rounding of probability 1, and would leave out what is right; that of all records is the least then.
    least = conformal.quantile(conformal.of_truth(p, t.truth), COVERAGE)
    recipe.fill_sets(a.out, "class", COVERAGE, [max(least, own) for own in conformal.per_label(p, t.truth, COVERAGE)])


def main() -> None:
    a = arguments()
    if a.smoke:
        a.networks, a.epochs, a.batch = 2, 1, 48
    torch.set_num_threads(a.threads)
    with recipe.log_in(a.work) as log:
        t = task(a)
        if a.no_stems:
            t.val.paired[:] = 0
        networks = nn.ModuleList()
        for seed in range(a.seed, a.seed + a.networks):
            file = a.work / f"network-{seed}.pt"
            if a.resume and file.exists():
                net = Network(len(t.classes), len(t.families), even=a.even)
                net.load_state_dict(torch.load(file, weights_only=True))
            else:
                net = train(t, seed, a, log)
                torch.save(net.state_dict(), file)
            networks.append(net.eval())
        if not a.only_train:
            finish(networks, t, a, log)


if __name__ == "__main__":
    main()
