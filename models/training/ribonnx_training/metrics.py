"""The figures of the model cards."""

from __future__ import annotations

import numpy as np


def accuracy(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Share of equal entries; both are class indices [N]."""
    return float((truth == predicted).mean())


def macro_f1(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Mean F1 over the classes that occur in `truth`; class indices [N]."""
    scores = []
    for c in np.unique(truth):
        hit = np.sum((truth == c) & (predicted == c))
        scores.append(2 * hit / (np.sum(truth == c) + np.sum(predicted == c)))
    return float(np.mean(scores))


def auroc(positive: np.ndarray, negative: np.ndarray) -> float:
    """Probability that a positive scores higher than a negative, ties counting one half."""
    from scipy.stats import rankdata

    ranks = rankdata(np.concatenate([positive, negative]))
    n, m = len(positive), len(negative)
    return float((ranks[:n].sum() - n * (n + 1) / 2) / (n * m))


def threshold_at_recall(positive: np.ndarray, recall: float) -> float:
    """The highest score that at least a share `recall` of the positives reaches."""
    ordered = np.sort(positive)[::-1]
    return float(ordered[int(np.ceil(recall * len(ordered))) - 1])


def accepted(scores: np.ndarray, threshold: float) -> float:
    """Share of scores at or above the threshold."""
    return float((scores >= threshold).mean())


def calibration_error(confidence: np.ndarray, correct: np.ndarray, bins: int = 15) -> float:
    """Expected calibration error over `bins` equal-width bins of the top probability."""
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    return float(sum(abs(confidence[place == b].mean() - correct[place == b].mean()) * (place == b).mean()
                     for b in np.unique(place)))


def dinucleotide_shuffle(sequence: str, rng: np.random.Generator) -> str:
    """A shuffle with exactly the same dinucleotide counts (Altschul and Erickson 1985): a random Eulerian walk."""
    if len(sequence) < 3:
        return sequence
    edges: dict[str, list[str]] = {}
    for a, b in zip(sequence, sequence[1:]):
        edges.setdefault(a, []).append(b)
    last = sequence[-1]
    while True:  # draw a last edge for each letter until all of them lead to the final letter
        tree = {a: bs[rng.integers(len(bs))] for a, bs in edges.items() if a != last}
        if all(_reaches(a, last, tree) for a in tree):
            break
    for a, bs in edges.items():
        if a in tree:
            bs.remove(tree[a])
        rng.shuffle(bs)
        if a in tree:
            bs.append(tree[a])
    walk, taken = [sequence[0]], dict.fromkeys(edges, 0)
    for _ in range(len(sequence) - 1):
        a = walk[-1]
        walk.append(edges[a][taken[a]])
        taken[a] += 1
    return "".join(walk)


def _reaches(start: str, end: str, tree: dict[str, str]) -> bool:
    """Whether the last edges lead from one letter to the final one."""
    seen = set()
    while start != end:
        if start in seen:
            return False
        seen.add(start)
        start = tree[start]
    return True


def many_labels(truth: np.ndarray, scores: np.ndarray) -> tuple[float, float]:
    """Area under the ROC curve, mean over labels (macro) and over all pairs of record and label (micro).

    truth: 0 or 1, [N, labels]; scores: higher is likelier, [N, labels]. Every label must occur and be absent somewhere.
    """
    each = [auroc(scores[truth[:, k] > 0, k], scores[truth[:, k] == 0, k]) for k in range(truth.shape[1])]
    return float(np.mean(each)), auroc(scores[truth > 0], scores[truth == 0])
