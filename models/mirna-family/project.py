#!/usr/bin/env python3
"""The map of the bundle mirna-family: a small network from the embedding to two numbers, and the background it is seen on.

    project.py --data DATA --encode .../bin/ribonnx-encode --work WORK --out .

The embeddings are those of the bundle's own embed.onnx. t-SNE places a sample of training hairpins and of wrong inputs
made from them; the network learns those places, so that a new record gets one too. What the map keeps of the
embedding's neighbourhoods is measured on `val`. Nothing else of the bundle changes.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from pathlib import Path

import numpy as np
import torch
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE, trustworthiness
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "training"))

import data as D  # noqa: E402
from ribonnx_training import graphs, tensors  # noqa: E402

NEIGHBOURS = 15  # of the trustworthiness, and of the share of neighbours that have the same family


class Projector(nn.Module):
    """[N, 256] to [N, 2]; the scale of both sides stands in its first and last layer after `fold`."""

    def __init__(self, width: int, hidden: int = 256):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(),
                                    nn.Linear(hidden, 64), nn.ReLU(), nn.Linear(64, 2))

    def forward(self, embedding: torch.Tensor) -> torch.Tensor:
        return self.layers(embedding)

    @torch.no_grad()
    def fold(self, mean: np.ndarray, scale: float) -> None:
        """Takes in embeddings as they are, where the training saw (embedding - mean) / scale."""
        first = self.layers[0]
        first.weight /= scale
        first.bias -= first.weight @ torch.from_numpy(mean)


def arguments() -> argparse.Namespace:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--data", type=Path, required=True, help="folder that holds mirna-family/")
    p.add_argument("--encode", type=Path, required=True, help="the executable ribonnx-encode")
    p.add_argument("--work", type=Path, required=True, help="folder for features and logs")
    p.add_argument("--out", type=Path, required=True, help="folder of the bundle, with embed.onnx and labels.tsv")
    p.add_argument("--placed", type=int, default=10000, help="training hairpins that t-SNE places")
    p.add_argument("--wrong", type=int, default=1500, help="wrong inputs among them")
    p.add_argument("--background", type=int, default=4500, help="points of the stored background, wrong inputs included")
    p.add_argument("--steps", type=int, default=6000)
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--smoke", action="store_true", help="a tiny run that proves the recipe, not the map")
    return p.parse_args()


def embedded(a: argparse.Namespace, sequences: list[str], name: str) -> np.ndarray:
    """Embeddings [N, 256] that the released graph gives."""
    codes = tensors.encode(a.encode, a.out, sequences, a.work, name).views["hairpin"]
    return graphs.run(graphs.session(a.out / "embed.onnx"), codes, 256, 5)


def spread(labels: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """`count` rows, families drawn by the square root of their size; sorted indices."""
    weight = (np.bincount(labels).astype(float) ** -0.5)[labels]
    return np.sort(rng.choice(len(labels), min(count, len(labels)), replace=False, p=weight / weight.sum()))


def fit(x: np.ndarray, y: np.ndarray, a: argparse.Namespace, log) -> Projector:
    """Regression of the places y [N, 2] on embeddings x [N, W]; noise on x keeps the map smooth between the records."""
    torch.manual_seed(a.seed)
    mean, scale = x.mean(0), float(x.std())
    inputs, places = torch.from_numpy((x - mean) / scale), torch.from_numpy(y)
    net = Projector(x.shape[1])
    optimiser = torch.optim.AdamW(net.parameters(), 2e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, a.steps)
    for step in range(a.steps):
        pick = torch.randint(len(inputs), (256,))
        noisy = inputs[pick] + 0.1 * torch.randn(256, x.shape[1])
        loss = nn.functional.smooth_l1_loss(net(noisy), places[pick], beta=0.1)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        schedule.step()
        if (step + 1) % 1000 == 0:
            log(f"step {step + 1} loss {loss.item():.4f}")
    net.fold(mean, scale)
    return net.eval()


def same_family(places: np.ndarray, labels: np.ndarray) -> float:
    """Share of the nearest neighbours on the map that have the record's own family."""
    from sklearn.neighbors import NearestNeighbors

    near = NearestNeighbors(n_neighbors=NEIGHBOURS + 1).fit(places).kneighbors(return_distance=False, n_neighbors=NEIGHBOURS)
    return float((labels[near] == labels[:, None]).mean())


def main() -> None:
    a = arguments()
    if a.smoke:
        a.placed, a.wrong, a.background, a.steps = 600, 100, 300, 200
    torch.set_num_threads(a.threads)
    a.work.mkdir(parents=True, exist_ok=True)
    began = time.time()

    def log(line: str) -> None:
        print(f"{time.time() - began:.0f} s: {line}", flush=True)

    rng = np.random.default_rng(a.seed)
    names = [line.split("\t")[0] for line in (a.out / "labels.tsv").read_text().splitlines()[1:]]
    place = {name: k for k, name in enumerate(names)}
    other = place["other"]
    rows = [r for r in D.hairpins(a.data) if r.target in place and r.target != "other"]
    train, val = ([r for r in rows if r.split == s] for s in ("train", "val"))
    train = [train[k] for k in spread(np.array([place[r.target] for r in train]), a.placed, rng)]
    val = [val[k] for k in np.sort(rng.choice(len(val), min(len(val), 4000), replace=False))]
    wrong = D.shuffles([train[k].sequence[:D.LENGTH] for k in rng.choice(len(train), a.wrong // 2)], rng)
    wrong += D.simulated_hairpins(a.wrong - len(wrong), rng)
    x = embedded(a, [r.sequence for r in train] + wrong, "map-train")
    labels = np.array([place[r.target] for r in train] + [other] * len(wrong))
    x_val, labels_val = embedded(a, [r.sequence for r in val], "map-val"), np.array([place[r.target] for r in val])
    log(f"{len(train)} hairpins, {len(wrong)} wrong inputs, {len(val)} of val")
    first = PCA(50, random_state=a.seed).fit_transform(x)
    y = TSNE(2, perplexity=30, init="pca", learning_rate="auto", random_state=a.seed, n_jobs=a.threads).fit_transform(first)
    y = ((y - y.mean(0)) / y.std()).astype(np.float32)
    log("placed")
    net = fit(x, y, a, log)
    graph = a.out / "project.onnx"
    graphs.export(net, torch.from_numpy(x[:32]), graph, "embedding", "position", check=False)
    problems = graphs.check_graph(graph)
    if problems:
        raise SystemExit("; ".join(problems))
    session = graphs.session(graph)
    if not graphs.batch_invariant(session, x_val[:70]):
        raise SystemExit("project.onnx: a row's result depends on its place in the batch")
    seen, seen_val = graphs.run(session, x, 256), graphs.run(session, x_val, 256)
    # The background is what the graph says, since the user's records pass through the graph too. Rounded, and in an
    # order of its own: a point is a place and a label and leads back to no row.
    own = np.sort(rng.choice(len(x), min(a.background, len(x)), replace=False))
    points = np.column_stack([labels[own], np.round(seen[own], 3)])
    points = points[np.lexsort((points[:, 2], points[:, 1], points[:, 0]))]
    ids = np.array([str(k + 1) for k in range(len(points))], dtype="S")
    np.savez(a.out / "background.npz", ids=ids, position=points[:, 1:].astype(np.float32), label=points[:, 0].astype(np.int32))
    pca = PCA(2, random_state=a.seed).fit(x)
    figures = {
        "rows": len(val), "neighbours": NEIGHBOURS,
        "trustworthiness": trustworthiness(x_val, seen_val, n_neighbors=NEIGHBOURS),
        "trustworthiness-pca": trustworthiness(x_val, pca.transform(x_val), n_neighbors=NEIGHBOURS),
        "trustworthiness-train-sample": trustworthiness(x[own], seen[own], n_neighbors=NEIGHBOURS),
        "same-family": same_family(seen_val, labels_val),
        "same-family-embedding": same_family(x_val, labels_val),
        "same-family-pca": same_family(pca.transform(x_val), labels_val),
    }
    figures = {k: round(v, 4) if isinstance(v, float) else v for k, v in figures.items()}
    log(json.dumps(figures))
    metrics = a.out / "metrics.json"
    document = json.loads(metrics.read_text()) if metrics.exists() else {}
    document["map"] = figures
    metrics.write_text(json.dumps(document, indent=1) + "\n")
    card = a.out / "model.yaml"
    text = re.sub(r"(metrics: \{[^}]*?)(, map-trustworthiness: [\d.]+)?\}",
                  lambda m: f"{m[1]}, map-trustworthiness: {figures['trustworthiness']:.4f}}}", card.read_text())
    card.write_text(text)


if __name__ == "__main__":
    main()
