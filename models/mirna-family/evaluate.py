#!/usr/bin/env python3
"""All figures of the model card, from the exported graphs with ONNX Runtime, beside a k-mer logistic regression.

    evaluate.py --data DATA --encode .../bin/ribonnx-encode --work WORK --out .

Writes metrics.json, the table of the README between its two marks, and the line `metrics:` of model.yaml.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "training"))

import data as D  # noqa: E402
from ribonnx_training import graphs, metrics, recipe, tensors  # noqa: E402

SEED, WRONG, SMALL = 5, 300, 60
STRENGTHS = (100.0, 1000.0, 10000.0)  # inverse regularisation of the baseline, chosen on `val`


@dataclass(frozen=True)
class Sets:
    """Sequences to score; `known` with its class indices."""

    known: list[str]
    labels: np.ndarray
    small: np.ndarray  # bool: rows of families with under 60 training members
    wrong: dict[str, list[str]]


def sets_of(data: Path, labels: list[str]) -> tuple[Sets, Sets, list[D.Row]]:
    """(`test` with every kind of wrong input, `val` without, training rows)."""
    rng = np.random.default_rng(SEED)
    rows = D.hairpins(data)
    train = [r for r in rows if r.split == "train"]
    members = {f: sum(r.target == f for r in train) for f in labels}
    place = {f: k for k, f in enumerate(labels)}

    def known(split: str, wrong: dict[str, list[str]]) -> Sets:
        kept = [r for r in rows if r.split == split and r.target in place]
        return Sets([r.sequence for r in kept], np.array([place[r.target] for r in kept]),
                    np.array([members[r.target] < SMALL for r in kept]), wrong)

    test = [r for r in rows if r.split == "test" and r.target in place]
    texts = [r.sequence for r in test]
    some = lambda items: [items[k] for k in rng.choice(len(items), WRONG, replace=False)]
    clean = [D.reverse_complement(r.sequence) for r, f in zip(test, D.one_strand(test, train)) if f]
    starts = [(s, int(rng.integers(len(s) - 21))) for s in some(texts)]
    other = D.table(data / "mirna-family" / "other-ncrna.tsv.gz")
    wrong = {
        "novel families": [r.sequence for r in rows if r.split == "novel-family"],
        "other RNA": [r["sequence"].upper().replace("U", "T") for r in other],
        "shuffled test hairpins": D.shuffles([s[:D.LENGTH] for s in texts], rng),
        "mature-like windows of 22 nt": [s[k:k + 22] for s, k in starts],
        "mRNA windows": D.mrna_windows(data, "test", rng.choice([min(len(s), D.LENGTH) for s in texts], WRONG), rng),
        "reverse complements": some([D.reverse_complement(s) for s in texts]),
        "reverse complements, families with one strand in Rfam": some(clean),
    }
    return known("test", wrong), known("val", {}), train


def figures(score: dict[str, np.ndarray], known: np.ndarray, confidence: np.ndarray, test: Sets, at: float | None) -> dict:
    """score: best family's value per set, `known` among them; known: predicted classes of `test`."""
    at95 = metrics.threshold_at_recall(score["known"], 0.95)
    result = {
        "accuracy": metrics.accuracy(test.labels, known),
        "macro_f1": metrics.macro_f1(test.labels, known),
        "accuracy_small_families": metrics.accuracy(test.labels[test.small], known[test.small]),
        "calibration_error": metrics.calibration_error(confidence, known == test.labels),
        "threshold_95_recall": at95,
        "wrong": {n: {"rows": len(test.wrong[n]), "auroc": metrics.auroc(score["known"], score[n]),
                      "accepted_at_95_recall": metrics.accepted(score[n], at95)} for n in test.wrong},
    }
    if at is not None:
        result["threshold"] = at
        result["recall_at_threshold"] = metrics.accepted(score["known"], at)
        for n in test.wrong:
            result["wrong"][n]["accepted_at_threshold"] = metrics.accepted(score[n], at)
    return result


def network(out: Path, encode: Path, work: Path, test: Sets, labels: list[str], at: float) -> dict:
    """Figures of the bundle's graphs."""
    embed, classify = graphs.session(out / "embed.onnx"), graphs.session(out / "classify.onnx")
    p, families = {}, len(labels)
    for k, (name, sequences) in enumerate({"known": test.known, **test.wrong}.items()):
        codes = tensors.encode(encode, out, sequences, work, f"evaluate-{k}").views["hairpin"]
        p[name] = graphs.run(classify, graphs.run(embed, codes, 64, D.PAD), 64)
    score = {n: q[:, :families].max(1) for n, q in p.items()}
    result = figures(score, p["known"].argmax(1), p["known"].max(1), test, at)
    only = p["known"][:, :families].argmax(1)
    result["accuracy_among_families"] = metrics.accuracy(test.labels, only)
    result["macro_f1_among_families"] = metrics.macro_f1(test.labels, only)
    result["accuracy_of_accepted"] = metrics.accuracy(test.labels[score["known"] >= at], only[score["known"] >= at])
    return result


def kmers(sequences: list[str], longest: int) -> np.ndarray:
    """Square roots of k-mer frequencies for k = 1 to `longest`; float32 [N, 4 + 16 + ...]."""
    blocks = []
    for k in range(1, longest + 1):
        place = {"".join(w): i for i, w in enumerate(product("ACGT", repeat=k))}
        block = np.zeros((len(sequences), 4 ** k), np.float32)
        for n, s in enumerate(sequences):
            for i in range(len(s) - k + 1):
                if (j := place.get(s[i:i + k])) is not None:
                    block[n, j] += 1
            block[n] /= max(1, len(s) - k + 1)
        blocks.append(np.sqrt(block))
    return np.concatenate(blocks, 1)


def baseline(test: Sets, val: Sets, train: list[D.Row], labels: list[str], longest: int) -> dict:
    """Figures of a logistic regression on k-mers, its strength chosen on `val`."""
    from sklearn.linear_model import LogisticRegression

    place = {f: k for k, f in enumerate(labels)}
    x, y = kmers([r.sequence for r in train], longest), np.array([place[r.target] for r in train])
    centre, scale = x.mean(0), x.std(0).mean()
    prepare = lambda sequences: (kmers(sequences, longest) - centre) / scale
    tried = {}
    for strength in STRENGTHS:
        model = LogisticRegression(C=strength / len(x), max_iter=300)
        model.fit((x - centre) / scale, y)
        tried[strength] = (metrics.accuracy(val.labels, model.predict(prepare(val.known))), model)
        print(f"baseline, k up to {longest}, strength {strength}: val accuracy {tried[strength][0]:.4f}", flush=True)
    strength = max(tried, key=lambda s: tried[s][0])
    model = tried[strength][1]
    p = {n: model.predict_proba(prepare(s)) for n, s in {"known": test.known, **test.wrong}.items()}
    result = figures({n: q.max(1) for n, q in p.items()}, p["known"].argmax(1), p["known"].max(1), test, None)
    return {"k": f"1-{longest}", "strength": strength, **result}


def markdown(m: dict) -> str:
    """The table of the card."""
    net, base = m["model"], m["baseline"]
    number = lambda v: f"{v:.4f}"
    percent = lambda v: f"{100 * v:.2f} %"
    lines = [f"| `test` | rows | this model | k-mer regression (k = {base['k']}) |", "|---|---|---|---|"]
    for key, name in (("accuracy", "accuracy, `other` counted as an error"), ("macro_f1", "macro-F1 over the families"),
                      ("accuracy_small_families", "accuracy, families with under 60 training members"),
                      ("calibration_error", "expected calibration error")):
        rows = m["rows_small_families"] if "small" in key else m["rows"]
        lines.append(f"| {name} | {rows} | {number(net[key])} | {number(base[key])} |")
    lines.append(f"| accuracy among the families alone | {m['rows']} | {number(net['accuracy_among_families'])} | {number(base['accuracy'])} |")
    for name, w in net["wrong"].items():
        b = base["wrong"][name]
        lines.append(f"| {name}: AUROC | {w['rows']} | {number(w['auroc'])} | {number(b['auroc'])} |")
        lines.append(f"| {name}: accepted at 95 % recall | {w['rows']} | {percent(w['accepted_at_95_recall'])} | {percent(b['accepted_at_95_recall'])} |")
    lines += ["", f"At the threshold of the bundle ({net['threshold']:g}) the model names the family of {percent(net['recall_at_threshold'])} "
              f"of the `test` hairpins, {percent(net['accuracy_of_accepted'])} of those rightly, and accepts:", "",
              "| wrong input | rows | accepted |", "|---|---|---|"]
    lines += [f"| {n} | {w['rows']} | {percent(w['accepted_at_threshold'])} |" for n, w in net["wrong"].items()]
    return "\n".join(lines)


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--data", type=Path, required=True)
    p.add_argument("--encode", type=Path, required=True)
    p.add_argument("--work", type=Path, required=True)
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--longest", type=int, default=5, help="longest k of the baseline")
    a = p.parse_args()
    a.work.mkdir(parents=True, exist_ok=True)
    labels = [line.split("\t")[0] for line in (a.out / "labels.tsv").read_text().splitlines()[1:]][:-1]
    test, val, train = sets_of(a.data, labels)
    kept = a.work / f"baseline-{a.longest}.json"
    if not kept.exists():
        kept.write_text(json.dumps(baseline(test, val, train, labels, a.longest)))
    card = (a.out / "model.yaml").read_text()
    at = float(re.search(r"unassigned-when: below, at: ([\d.]+)", card)[1])
    result = {"rows": len(test.known), "rows_small_families": int(test.small.sum()),
              "model": network(a.out, a.encode, a.work, test, labels, at), "baseline": json.loads(kept.read_text())}
    rounded = json.loads(json.dumps(result), parse_float=lambda v: round(float(v), 6))
    recipe.write_metrics(a.out, rounded)
    net = result["model"]
    short = {"accuracy": net["accuracy"], "macro-f1": net["macro_f1"], "auroc-novel-families": net["wrong"]["novel families"]["auroc"],
             "auroc-other-rna": net["wrong"]["other RNA"]["auroc"]}
    line = ", ".join(f"{k}: {v:.4f}" for k, v in short.items())
    (a.out / "model.yaml").write_text(re.sub(r"metrics: \{[^}]*\}", f"metrics: {{{line}}}", card))
    readme = a.out / "README.md"
    if readme.exists():
        text = re.sub(r"(<!-- metrics -->\n).*(<!-- end -->)", lambda m: m[1] + markdown(result) + "\n" + m[2], readme.read_text(), flags=re.S)
        readme.write_text(text)
    print(markdown(result))


if __name__ == "__main__":
    main()
