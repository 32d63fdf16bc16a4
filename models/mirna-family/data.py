"""Rows, wrong inputs and augmentation for the miRNA family model.

Codes are those of the view `hairpin`: A 0, C 1, G 2, U 3, N 4, pad 5; uint8 [N, 200].
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ribonnx_training.metrics import dinucleotide_shuffle
from ribonnx_training.recipe import table

LENGTH, N_CODE, PAD = 200, 4, 5
SHORTEST = 45  # the shortest hairpin the model answers for
COMPLEMENT = np.array([3, 2, 1, 0, 4, 5], np.uint8)
# Exchanges of letters that keep Watson-Crick pairs pairs, other than the complement: A-U against C-G, both ways.
EXCHANGES = np.array([[1, 0, 3, 2, 4, 5], [2, 3, 0, 1, 4, 5]], np.uint8)
LETTERS = "ACGT"
_COMPLEMENT_TEXT = str.maketrans("ACGTURYKMBDHVSWN", "TGCAAYRMKVHDBSWN")


@dataclass(frozen=True)
class Row:
    """One hairpin: `family` is its family, `target` the same or `other`, `split` as the table says."""

    family: str
    target: str
    split: str
    sequence: str


def hairpins(data: Path) -> list[Row]:
    """All hairpins of the data set, letters folded to upper-case DNA."""
    return [Row(r["family"], r["target"], r["split"], r["sequence"].upper().replace("U", "T"))
            for r in table(data / "mirna-family" / "hairpins.tsv.gz")]


def reverse_complement(sequence: str) -> str:
    return sequence.translate(_COMPLEMENT_TEXT)[::-1]


def shuffles(sequences: list[str], rng: np.random.Generator) -> list[str]:
    """One dinucleotide-preserving shuffle of each sequence."""
    return [dinucleotide_shuffle(s, rng) for s in sequences]


def strand_distances(rows: list[Row], references: list[Row]) -> np.ndarray:
    """Edit distance of each row's reverse complement to the nearest reference of its family, per nucleotide; [N].

    Rfam holds both strands of many miRNA genes in one family: a reverse complement that lies next to a member *is* a
    member, and no wrong input.
    """
    from rapidfuzz.distance import Levenshtein
    from rapidfuzz.process import cdist

    members: dict[str, list[str]] = {}
    for r in references:
        members.setdefault(r.family, []).append(r.sequence)
    result = np.ones(len(rows))
    for family, known in members.items():
        index = [k for k, r in enumerate(rows) if r.family == family]
        if index:
            turned = [reverse_complement(rows[k].sequence) for k in index]
            result[index] = cdist(turned, known, scorer=Levenshtein.distance).min(1) / [len(s) for s in turned]
    return result


def one_strand(rows: list[Row], references: list[Row]) -> np.ndarray:
    """Whether a row's reverse complement is a wrong input: it is far from its family, as are nearly all of the family."""
    near = {f: [0, 0] for f in {r.family for r in references}}
    for row, distance in zip(references, strand_distances(references, references)):
        near[row.family][int(distance < 0.3)] += 1
    strict = {f: n[1] > 0.2 * sum(n) for f, n in near.items()}
    far = strand_distances(rows, references) >= 0.3
    return np.array([f and not strict[r.family] for r, f in zip(rows, far)])


def mrna_windows(data: Path, split: str, lengths: np.ndarray, rng: np.random.Generator) -> list[str]:
    """One window of a random mRNA of `split` for each length wanted (human, `rna-type`)."""
    texts = [r["sequence"].upper().replace("U", "T") for r in table(data / "rna-type" / "transcripts.tsv.gz")
             if r["type"] == "mRNA" and r["split"] == split and r["species"] == "human"]
    result = []
    for length in lengths:
        text = texts[rng.integers(len(texts))]
        start = rng.integers(max(1, len(text) - length + 1))
        result.append(text[start:start + length])
    return result


def simulated_hairpins(count: int, rng: np.random.Generator) -> list[str]:
    """Random stems with mismatches, bulges and a loop, of random composition: hairpins of no family."""
    result = []
    for _ in range(count):
        gc = rng.uniform(0.25, 0.7)
        letters = rng.choice(4, 400, p=[(1 - gc) / 2, gc / 2, gc / 2, (1 - gc) / 2])
        stem, loop = rng.integers(20, 60), rng.integers(4, 40)
        five = letters[:stem]
        three = []
        odd = rng.uniform(0.05, 0.3)
        for base in five[::-1]:
            dice = rng.random()
            if dice < odd / 2:
                three.append(rng.integers(4))  # mismatch
            elif dice < odd * 0.75:
                three += [3 - base, rng.integers(4)]  # bulge
            elif dice < odd:
                pass  # bulge on the other arm
            else:
                wobble = rng.random() < 0.12 and base in (2, 3)
                three.append((3 if base == 2 else 2) if wobble else 3 - base)
        left, right = rng.integers(0, 8, 2)
        parts = [letters[-left:] if left else [], five, letters[100:100 + loop], three, letters[200:200 + right]]
        result.append("".join(LETTERS[int(b)] for part in parts for b in part))
    return result


def lengths_of(codes: np.ndarray) -> np.ndarray:
    """Nucleotides per row of codes [N, 200]."""
    return (codes != PAD).sum(1)


def take(codes: np.ndarray, index: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Gather columns per row; what is not `valid` becomes pad."""
    return np.where(valid, np.take_along_axis(codes, np.clip(index, 0, LENGTH - 1), 1), PAD).astype(np.uint8)


def windows(codes: np.ndarray, start: np.ndarray, length: np.ndarray) -> np.ndarray:
    """A window [start, start + length) of each row, moved to the front."""
    column = np.arange(LENGTH)[None]
    return take(codes, column + start[:, None], column < length[:, None])


def reverse(codes: np.ndarray) -> np.ndarray:
    """Each row read 3' to 5', not complemented."""
    n, column = lengths_of(codes)[:, None], np.arange(LENGTH)[None]
    return take(codes, n - 1 - column, column < n)


def chimeras(a: np.ndarray, b: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The front of each row of `a`, then the rest of the row of `b` from the same relative place."""
    na, nb = lengths_of(a), lengths_of(b)
    share = rng.uniform(0.35, 0.65, len(a))
    cut, rest = (na * share).astype(int)[:, None], (nb * share).astype(int)[:, None]
    column = np.arange(LENGTH)[None]
    tail = take(b, column - cut + rest, column - cut + rest < nb[:, None])
    return np.where(column < cut, a, tail).astype(np.uint8)


def fragments(codes: np.ndarray, rng: np.random.Generator, low: int = 18, high: int = 30) -> np.ndarray:
    """A window of each row as short as a mature miRNA, `low` to `high` nucleotides."""
    length = rng.integers(low, high + 1, len(codes))
    return windows(codes, (rng.random(len(codes)) * (lengths_of(codes) - length + 1)).astype(int), length)


def substitute(codes: np.ndarray, rate: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Replace nucleotides by random ones with a rate [N, 1] per position."""
    hit = (rng.random(codes.shape) < rate) & (codes != PAD)
    return np.where(hit, rng.integers(0, 4, codes.shape), codes).astype(np.uint8)


def conservation(codes: np.ndarray, labels: np.ndarray, k: int = 7) -> np.ndarray:
    """For every nucleotide the greatest share of its family that holds a k-mer over it; float32 [N, 200].

    What a family keeps (the mature miRNA, mostly) is near one, what drifts is near zero.
    """
    words = np.zeros((len(codes), LENGTH - k + 1), np.int64)
    for j in range(k):
        words = words * 6 + codes[:, j:LENGTH - k + 1 + j]
    blank = codes[:, k - 1:] == PAD
    shares = np.zeros(words.shape, np.float32)
    for family in np.unique(labels):
        rows = np.flatnonzero(labels == family)
        own = [np.unique(words[r][~blank[r]]) for r in rows]
        known, counts = np.unique(np.concatenate(own), return_counts=True)
        place = np.minimum(np.searchsorted(known, words[rows]), len(known) - 1)
        shares[rows] = np.where(blank[rows], 0, (counts[place] - 1) / max(1, len(rows) - 1))
    result = np.zeros(codes.shape, np.float32)
    for j in range(k):
        np.maximum(result[:, j:LENGTH - k + 1 + j], shares, out=result[:, j:LENGTH - k + 1 + j])
    return result


def drift(codes: np.ndarray, kept: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Mutate a third of the rows strongly where their family does not conserve them: distant members to come.

    kept: rows of `conservation`. Rates run up to two in five for what no half of the family shares.
    """
    rate = np.where(rng.random((len(codes), 1)) < 0.35, rng.uniform(0.05, 0.45, (len(codes), 1)), 0)
    return substitute(codes, rate * np.clip(1 - 2 * kept, 0, 1), rng)


def augment(codes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Point mutations, short insertions and deletions, cropping and random flanks at both ends; some N."""
    count, n = len(codes), lengths_of(codes)
    room = np.maximum(0, n - SHORTEST)
    end_change = lambda: np.where(
        rng.random(count) < 0.35, np.minimum((rng.random(count) * 0.14 * n), room / 2).astype(int),
        np.where(rng.random(count) < 0.2, -rng.integers(0, 16, count), 0))
    front, back = end_change(), end_change()  # positive: nucleotides cut; negative: random ones added
    gaps = rng.random(codes.shape) < rng.choice([0, 0.008, 0.02], (count, 1), p=[0.4, 0.4, 0.2])
    step = np.where(gaps, rng.choice([0, 2], codes.shape), 1)  # 0 repeats the place (insertion), 2 skips one (deletion)
    index = np.cumsum(step, 1) - step[:, :1] + front[:, None]
    valid = index < (n - back)[:, None]
    result = take(codes, index, valid)
    fresh = valid & ((index < 0) | (index >= n[:, None]) | ((step == 0) & (np.arange(LENGTH) > 0)))
    result = np.where(fresh, rng.integers(0, 4, codes.shape), result).astype(np.uint8)
    result = substitute(result, np.where(rng.random(count) < 0.3, 0, rng.random(count) * 0.09)[:, None], rng)
    unknown = (rng.random(codes.shape) < 0.01) & (rng.random((count, 1)) < 0.1) & (result != PAD)
    return np.where(unknown, N_CODE, result).astype(np.uint8)


@dataclass(frozen=True)
class Pools:
    """Codes of wrong inputs that take strings to make; each [M, 200]."""

    shuffled: np.ndarray
    turned: np.ndarray  # reverse complements that are no members of the family
    mrna: np.ndarray
    simulated: np.ndarray


KINDS = {"shuffled": 3.0, "turned": 1.5, "mrna": 1.5, "simulated": 2.0, "chimera": 2.0, "reversed": 2.0, "complement": 1.0,
         "exchanged": 2.0, "fragment": 1.0, "mutated": 1.0, "coreless": 2.0}


def wrong_inputs(kind: str, count: int, codes: np.ndarray, labels: np.ndarray, kept: np.ndarray, pools: Pools,
                 rng: np.random.Generator) -> np.ndarray:
    """`count` wrong inputs of one kind, made from hairpins or drawn from a pool; [count, 200].

    codes: [N, 200]; labels: class indices [N]; kept: `conservation` [N, 200].
    """
    if hasattr(pools, kind):
        pool = getattr(pools, kind)
        return pool[rng.integers(0, len(pool), count)]
    pick = rng.integers(0, len(codes), count)
    rows = codes[pick]
    if kind == "chimera":
        other = rng.integers(0, len(codes), count)
        same = labels[other] == labels[pick]
        made = chimeras(rows, codes[other], rng)
        made[same] = reverse(rows[same])
        return made
    if kind == "reversed":
        return reverse(rows)
    if kind == "complement":
        return COMPLEMENT[rows]
    if kind == "exchanged":
        made = np.where(rng.random((count, 1)) < 0.5, EXCHANGES[0][rows], EXCHANGES[1][rows])
        return np.where(rng.random((count, 1)) < 0.5, made, reverse(made))
    if kind == "coreless":  # what the family keeps is exchanged, the rest of the hairpin stays
        which = rng.random((count, 1)) < 0.5
        return np.where(kept[pick] >= 0.35, np.where(which, EXCHANGES[0][rows], EXCHANGES[1][rows]), rows)
    if kind == "fragment":
        return fragments(rows, rng)
    if kind == "mutated":
        return substitute(rows, rng.uniform(0.6, 0.9, (count, 1)), rng)
    raise ValueError(kind)


def wrong_batch(count: int, codes: np.ndarray, labels: np.ndarray, kept: np.ndarray, pools: Pools,
                rng: np.random.Generator) -> np.ndarray:
    """A mixture of all kinds; [count, 200]."""
    weights = np.array(list(KINDS.values()))
    numbers = rng.multinomial(count, weights / weights.sum())
    made = [wrong_inputs(kind, n, codes, labels, kept, pools, rng) for kind, n in zip(KINDS, numbers) if n]
    return np.concatenate(made)
