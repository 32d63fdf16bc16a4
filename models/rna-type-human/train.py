#!/usr/bin/env python3
"""The recipe of the bundles rna-type-human and rna-type-mouse: hexamer table, encode, train networks and trees, calibrate on `val`, export.

    train.py --species human --data DATA --encode .../bin/ribonnx-encode --work WORK --out . --seed 1
    train.py --species mouse --data DATA --encode .../bin/ribonnx-encode --work WORK --out ../rna-type-mouse --seed 1

Networks differ in their seed alone. In training half of the transcripts come a second time as a piece, drawn anew in every epoch, so that the model does not
lean on whole molecules alone. Steps, not seconds, end the training; every draw comes from a seeded generator. `--smoke` runs all of it in tiny.
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
import trees  # noqa: E402
from export import export  # noqa: E402
from model import Network, Numbers, for_trees, right_aligned  # noqa: E402
from ribonnx_training import graphs, recipe  # noqa: E402
from ribonnx_training.averaging import Averaged  # noqa: E402

BATCH, RATE, DECAY, SMOOTHING = 256, 1.5e-3, 0.05, 0.05
EPOCHS, NETWORKS, PIECES = 12, 3, 0.5


def arguments() -> argparse.Namespace:
    p = recipe.parser(__doc__, "rna-type/")
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
    """Logits [N, C] of all records, outside of training."""
    network.eval()
    return torch.cat([network.logits(*records.at(rows)) for rows in torch.arange(len(records)).split(2048)])


def weighted_f1(truth: np.ndarray, predicted: np.ndarray) -> float:
    from sklearn.metrics import f1_score

    return float(f1_score(truth, predicted, average="weighted"))


def train(networks: list[Network], seeds: list[int], whole: Records, truth: torch.Tensor, fresh_pieces, val: dict[str, tuple[Records, np.ndarray]], epochs: int, log) -> None:
    """Train all networks beside each other; they end with their averaged weights. fresh_pieces(): records of pieces, and whose they are."""
    start = time.time()
    extra = int(PIECES * len(whole))
    steps = epochs * ((len(whole) + extra) // BATCH)
    optimisers = [torch.optim.AdamW(n.parameters(), lr=RATE, weight_decay=DECAY) for n in networks]
    schedules = [torch.optim.lr_scheduler.OneCycleLR(o, RATE, total_steps=steps, pct_start=0.15) for o in optimisers]
    averages = [Averaged(n, 0.99) for n in networks]
    orders = [np.random.default_rng(s) for s in seeds]
    for epoch in range(epochs):
        parts, owners = fresh_pieces()
        records, right = whole.beside(parts), torch.cat([truth, truth[owners]])
        for k, network in enumerate(networks):
            torch.manual_seed(seeds[k] * 1000 + epoch)
            network.train()
            order, total = orders[k].permutation(len(records)), 0.0
            for b in range(len(records) // BATCH):
                rows = torch.from_numpy(order[b * BATCH:(b + 1) * BATCH])
                loss = F.cross_entropy(network.logits(*records.at(rows)), right[rows], label_smoothing=SMOOTHING)
                optimisers[k].zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(network.parameters(), 1.0)
                optimisers[k].step()
                schedules[k].step()
                averages[k].add(network)
                total += loss.item()
            plain = {n: v.clone() for n, v in network.state_dict().items()}
            network.load_state_dict(averages[k].mean)
            found = ", ".join(f"{name} {weighted_f1(t, logits(network, r).argmax(1).numpy()):.4f}" for name, (r, t) in val.items())
            log(f"network {k + 1}, {epoch + 1}/{epochs}: loss {total / (len(records) // BATCH):.4f}, weighted F1 {found}, {time.time() - start:.0f} s")
            if epoch + 1 < epochs:
                network.load_state_dict(plain)
    for network in networks:
        network.eval()


def main() -> None:
    a = arguments()
    torch.set_num_threads(a.threads)
    a.work.mkdir(parents=True, exist_ok=True)
    with open(a.work / "log.txt", "a") as out:
        def log(line: str) -> None:
            print(line, flush=True)
            print(line, file=out, flush=True)

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
        chosen_views = encoded(chosen, "val")
        val = {"val": (Records.of(chosen_views, numbers), right),
               "pieces": (Records.of(encoded(D.pieces(chosen, np.random.default_rng(0), 400, 400), "pieces"), numbers), right)}
        rng = np.random.default_rng(a.seed)

        def some_pieces(rng: np.random.Generator) -> tuple[Records, torch.Tensor]:
            owners = np.sort(rng.permutation(len(sequences))[:int(PIECES * len(sequences))])
            return Records.of(encoded(D.pieces([sequences[k] for k in owners], rng), "epoch"), numbers), torch.from_numpy(owners)

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
            train(networks, seeds, whole, torch.from_numpy(truth), lambda: some_pieces(rng), val, 1 if a.smoke else EPOCHS, log)
            torch.save([n.state_dict() for n in networks], stored)
        for name, (records, t) in val.items():
            mean = sum(logits(n, records) for n in networks)
            log(f"together: {name} {weighted_f1(t, mean.argmax(1).numpy()):.4f}")
        if not a.only_train:
            parts, owners = some_pieces(np.random.default_rng([a.seed, 1]))
            rows_of = lambda r: for_trees(r.numbers, r.head, r.tail).numpy()
            x, y = np.concatenate([rows_of(whole), rows_of(parts)]), np.concatenate([truth, truth[owners.numpy()]])
            partner = trees.fit(x, y, rows_of(val["val"][0]), right, 20 if a.smoke else 600)
            export(numbers, networks, partner, chosen_views, right, a.out, log)


if __name__ == "__main__":
    main()
