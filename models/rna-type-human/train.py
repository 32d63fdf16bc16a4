#!/usr/bin/env python3
"""The recipe of the bundles rna-type-human and rna-type-mouse: hexamer table, encode, train networks and trees, calibrate on `val`, export.

    train.py --species human --data DATA --encode .../bin/ribonnx-encode --work WORK --out . --seed 1
    train.py --species mouse --data DATA --encode .../bin/ribonnx-encode --work WORK --out ../rna-type-mouse --seed 1

Networks differ in their seed alone. Every transcript comes twice in an epoch: whole, for the head `type`, and as a piece that is drawn anew, for the head
`type-of-piece`. Beside them come non-coding RNAs of other kinds, which no type is to be more probable for than the others (outlier exposure, Hendrycks et al. 2019). Steps, not seconds, end the training; every draw comes from a seeded generator. `--smoke` runs all of it in tiny.
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

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "training"))

import data as D  # noqa: E402
import trees  # noqa: E402
from export import export  # noqa: E402
from model import Network, Numbers, for_trees, right_aligned  # noqa: E402
from ribonnx_training import graphs, recipe  # noqa: E402
from ribonnx_training.learning import Learner  # noqa: E402

BATCH, RATE, DECAY, SMOOTHING = 256, 1.5e-3, 0.05, 0.05
EPOCHS, NETWORKS = 16, 3
DRAWS = 2  # pieces of each transcript that the trees see
OTHERS = 24  # RNAs of no type beside each batch


def arguments() -> argparse.Namespace:
    p = recipe.parser(__doc__, "rna-type/ and rna-class/")
    p.add_argument("--species", choices=("human", "mouse"), required=True)
    p.add_argument("--only-train", action="store_true", help="no trees, no export")
    p.add_argument("--resume", action="store_true", help="keep the networks that --work holds already")
    return p.parse_args()


@dataclass(frozen=True)
class Records:
    """What networks read of N records: standardised numbers [N, n] of the first six tokens, and the codes of both ends, int64 [N, 128]."""

    numbers: list[torch.Tensor]
    head: torch.Tensor
    tail: torch.Tensor

    @classmethod
    @torch.no_grad()
    def of(cls, views: dict[str, np.ndarray], numbers: Numbers) -> Records:
        given = {name: torch.from_numpy(x) for name, x in views.items()}
        parts = zip(*(numbers(*(given[v][k:k + 4096] for v in D.VIEWS[:4])) for k in range(0, len(given["length"]), 4096)))
        return cls([torch.cat(p) for p in parts], given["head"].to(torch.int64), right_aligned(given["tail"]))

    def beside(self, other: Records) -> Records:
        """These records, and behind them others."""
        return Records([torch.cat(pair) for pair in zip(self.numbers, other.numbers)], torch.cat([self.head, other.head]), torch.cat([self.tail, other.tail]))

    def at(self, rows: torch.Tensor) -> tuple[list[torch.Tensor], torch.Tensor, torch.Tensor]:
        return [n[rows] for n in self.numbers], self.head[rows], self.tail[rows]

    def __len__(self) -> int:
        return len(self.head)


@torch.no_grad()
def logits(network: Network, records: Records) -> torch.Tensor:
    """Logits [N, H, C] of all records, outside of training."""
    network.eval()
    return torch.cat([network.logits(*records.at(rows)) for rows in torch.arange(len(records)).split(2048)])


def weighted_f1(truth: np.ndarray, predicted: np.ndarray) -> float:
    from sklearn.metrics import f1_score

    return float(f1_score(truth, predicted, average="weighted"))


def even(logits: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of each answer, [...], with even probabilities, which is what RNA of no type should get; logits [..., C]."""
    return -F.log_softmax(logits, -1).mean(-1)


def train(networks: list[Network], seeds: list[int], whole: Records, truth: torch.Tensor, fresh_pieces, others: Records, val: list[Records], chosen: np.ndarray, strange: Records,
          epochs: int, log) -> None:
    """Train all networks beside each other; they end with their averaged weights.

    fresh_pieces(): a piece of each of `whole`. others: RNA of no type. val, for each head, and chosen: the records to watch, and their types; strange: RNA of no
    type to watch.
    """
    start = time.time()
    steps = epochs * (len(D.HEADS) * len(whole) // BATCH)
    right, head = truth.repeat(len(D.HEADS)), torch.arange(len(D.HEADS)).repeat_interleave(len(whole))
    learners = [Learner(n, RATE, DECAY, steps, 0.15, 0.99) for n in networks]
    orders = [np.random.default_rng(s) for s in seeds]
    for epoch in range(epochs):
        records = whole.beside(fresh_pieces())
        both = records.beside(others)
        for k, network in enumerate(networks):
            torch.manual_seed(seeds[k] * 1000 + epoch)
            network.train()
            order, total = orders[k].permutation(len(records)), 0.0
            for b in range(len(records) // BATCH):
                rows = torch.from_numpy(order[b * BATCH:(b + 1) * BATCH])
                some = torch.from_numpy(orders[k].choice(len(others), OTHERS, replace=False)) + len(records)
                found = network.logits(*both.at(torch.cat([rows, some])))
                known = F.cross_entropy(found[torch.arange(len(rows)), head[rows]], right[rows], label_smoothing=SMOOTHING, reduction="sum")
                total += learners[k].step((known + even(found[len(rows):]).mean(1).sum()) / (BATCH + OTHERS))
            with learners[k].settled():
                found = ", ".join(f"{name} {weighted_f1(chosen, logits(network, val[h])[:, h].argmax(1).numpy()):.4f}" for h, name in enumerate(D.HEADS))
                sure = (torch.softmax(logits(network, strange), 2).amax(2) > 0.9).float().mean(0).tolist()
            log(f"network {k + 1}, {epoch + 1}/{epochs}: loss {total / (len(records) // BATCH):.4f}, weighted F1 {found}, sure of others "
                f"{', '.join(f'{s:.3f}' for s in sure)}, {time.time() - start:.0f} s")
    for learner, network in zip(learners, networks):
        learner.settle()
        network.eval()


def main() -> None:
    a = arguments()
    torch.set_num_threads(a.threads)
    with recipe.log_in(a.work) as log:
        names = D.labels(a.out)
        rows = D.transcripts(a.data, a.species, names)
        sequences, truth = rows.of("train"), rows.truth_of("train")
        if a.smoke:
            sequences, truth = sequences[::20], truth[::20]
        of_type = lambda name: [s for s, t in zip(sequences, truth) if names[t] == name]
        D.hexamers(of_type("mRNA"), of_type("lncRNA"), a.out / "hexamers.tsv")
        graphs.fill_digests(a.out)
        encoded = lambda s, name: D.views(s, a.encode, a.out, a.work, name)
        whole = encoded(sequences, "train")
        numbers = Numbers()
        with torch.no_grad():
            numbers.standardise(numbers.raw(*(torch.from_numpy(whole[v]) for v in D.VIEWS[:4])))
        chosen, right = rows.of("val"), rows.truth_of("val")
        whole = Records.of(whole, numbers)
        chosen_views = [encoded(chosen, "val"), encoded(D.pieces(chosen, np.random.default_rng(0)), "pieces")]
        val = [Records.of(v, numbers) for v in chosen_views]
        other_views = {split: encoded(D.others(a.data, split)[::20 if a.smoke else 1], f"others-{split}") for split in ("train", "val")}
        others, strange = (Records.of(v, numbers) for v in other_views.values())
        pieces_by = lambda rng: Records.of(encoded(D.pieces(sequences, rng), "epoch"), numbers)
        networks, seeds = [], [a.seed * 100 + k for k in range(NETWORKS)]
        for seed in seeds:
            torch.manual_seed(seed)
            networks.append(Network(numbers.sizes, len(names)))
        log(f"{a.species}, seed {a.seed}: {len(sequences)} transcripts to train, {len(chosen)} to choose")
        stored = a.work / "networks.pt"
        if a.resume and stored.exists():
            for network, weights in zip(networks, torch.load(stored, weights_only=True)):
                network.load_state_dict(weights)
        else:
            rng = np.random.default_rng(a.seed)
            train(networks, seeds, whole, torch.from_numpy(truth), lambda: pieces_by(rng), others, val, right, strange, 1 if a.smoke else EPOCHS, log)
            torch.save([n.state_dict() for n in networks], stored)
        if not a.only_train:
            rng = np.random.default_rng([a.seed, 1])
            rows_of = lambda r: for_trees(r.numbers, r.head, r.tail).numpy()
            read, partners = (rows_of(whole), np.concatenate([rows_of(pieces_by(rng)) for _ in range(DRAWS)])), []
            for x, watched in zip(read, val):
                partners.append(trees.fit(x, np.tile(truth, len(x) // len(truth)), rows_of(others), rows_of(watched), right, 20 if a.smoke else 600))
            export(numbers, networks, partners, chosen_views, right, other_views["val"], a.out, log)


if __name__ == "__main__":
    main()
