"""The map of the report: a small network from an embedding to two numbers, and the background it is seen on. Needs torch, scikit-learn.

t-SNE places a sample of training records; the network learns those places, so that a new record gets one too. What the map
keeps of the embedding's neighbourhoods is measured on records that took no part.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from pathlib import Path
from typing import Callable

import numpy as np
import torch
from torch import nn

from . import graphs

NEIGHBOURS = 15  # of the trustworthiness, and of the share of neighbours that have the same label


def parser(description: str | None, data: str) -> argparse.ArgumentParser:
    """The options that recipes of maps have; a recipe adds its own. `data`: what `--data` holds."""
    p = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--data", type=Path, required=True, help=f"folder that holds {data}")
    p.add_argument("--encode", type=Path, required=True, help="the executable ribonnx-encode")
    p.add_argument("--work", type=Path, required=True, help="folder for features and logs")
    p.add_argument("--out", type=Path, required=True, help="folder of the bundle, with its graphs and labels.tsv")
    p.add_argument("--background", type=int, default=4500, help="points of the stored background at most (%(default)s)")
    p.add_argument("--steps", type=int, default=6000)
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--smoke", action="store_true", help="a tiny run that proves the recipe, not the map")
    return p


def stopwatch() -> Callable[[str], None]:
    """What prints a line behind the seconds since this call."""
    began = time.time()
    return lambda line: print(f"{time.time() - began:.0f} s: {line}", flush=True)


class Projector(nn.Module):
    """[N, width] to [N, 2]; the scale of both sides stands in its first and last layer after `fold`."""

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


def spread(labels: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """`count` rows, labels drawn by the square root of their size; sorted indices."""
    weight = (np.bincount(labels).astype(float) ** -0.5)[labels]
    return np.sort(rng.choice(len(labels), min(count, len(labels)), replace=False, p=weight / weight.sum()))


def placed(x: np.ndarray, seed: int, threads: int) -> np.ndarray:
    """Places of t-SNE (perplexity 30, on 50 principal components), float32 [N, 2], mean 0 and deviation 1 on each axis."""
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    first = PCA(50, random_state=seed).fit_transform(x)
    y = TSNE(2, perplexity=30, init="pca", learning_rate="auto", random_state=seed, n_jobs=threads).fit_transform(first)
    return ((y - y.mean(0)) / y.std()).astype(np.float32)


def fit(x: np.ndarray, y: np.ndarray, seed: int, steps: int, log: Callable[[str], None]) -> Projector:
    """Regression of the places y [N, 2] on embeddings x [N, W]; noise on x keeps the map smooth between the records."""
    torch.manual_seed(seed)
    mean, scale = x.mean(0), float(x.std())
    inputs, places = torch.from_numpy((x - mean) / scale), torch.from_numpy(y)
    net = Projector(x.shape[1])
    optimiser = torch.optim.AdamW(net.parameters(), 2e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for step in range(steps):
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


def same_label(places: np.ndarray, labels: np.ndarray) -> float:
    """Share of the nearest neighbours that have the record's own label."""
    from sklearn.neighbors import NearestNeighbors

    near = NearestNeighbors(n_neighbors=NEIGHBOURS + 1).fit(places).kneighbors(return_distance=False, n_neighbors=NEIGHBOURS)
    return float((labels[near] == labels[:, None]).mean())


def make(bundle: Path, train: tuple[np.ndarray, np.ndarray], val: tuple[np.ndarray, np.ndarray], a: argparse.Namespace, rng: np.random.Generator,
         log: Callable[[str], None], input_name: str, kind: str) -> dict:
    """Make `project.onnx` and `background.npz` in `bundle`, and write what was measured into metrics.json and model.yaml; returns the figures.

    train, val: embeddings float32 [N, W] that the released graphs give, and numbers of labels [N]; a: the options of `parser`; input_name: of
    the graph; kind: what a label is called in the figures (`same-family`).
    """
    from sklearn.decomposition import PCA
    from sklearn.manifold import trustworthiness

    (x, labels), (x_val, labels_val) = train, val
    y = placed(x, a.seed, a.threads)
    log("placed")
    net = fit(x, y, a.seed, a.steps, log)
    graph = bundle / "project.onnx"
    graphs.export(net, torch.from_numpy(x[:32]), graph, input_name, "position", check=False)
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
    np.savez(bundle / "background.npz", ids=ids, position=points[:, 1:].astype(np.float32), label=points[:, 0].astype(np.int32))
    pca = PCA(2, random_state=a.seed).fit(x)
    figures = {
        "rows": len(x_val), "neighbours": NEIGHBOURS,
        "trustworthiness": trustworthiness(x_val, seen_val, n_neighbors=NEIGHBOURS),
        "trustworthiness-pca": trustworthiness(x_val, pca.transform(x_val), n_neighbors=NEIGHBOURS),
        "trustworthiness-train-sample": trustworthiness(x[own], seen[own], n_neighbors=NEIGHBOURS),
        f"same-{kind}": same_label(seen_val, labels_val),
        f"same-{kind}-embedding": same_label(x_val, labels_val),
        f"same-{kind}-pca": same_label(pca.transform(x_val), labels_val),
    }
    figures = {k: round(float(v), 4) if isinstance(v, float) else v for k, v in figures.items()}
    log(json.dumps(figures))
    metrics = bundle / "metrics.json"
    document = json.loads(metrics.read_text()) if metrics.exists() else {}
    document["map"] = figures
    metrics.write_text(json.dumps(document, indent=1) + "\n")
    card = bundle / "model.yaml"
    card.write_text(re.sub(r"(metrics: \{[^}]*?)(, map-trustworthiness: [\d.]+)?\}",
                           lambda m: f"{m[1]}, map-trustworthiness: {figures['trustworthiness']:.4f}}}", card.read_text()))
    graphs.fill_digests(bundle)
    return figures
