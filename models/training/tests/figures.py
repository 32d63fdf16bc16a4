"""The figures that pages of docs/ and the README repeat are those of models/*/metrics.json.

    python3 models/training/tests/figures.py

Needs Python alone. Prints each that is not, and ends with exit code 1 then.
"""

import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
RNA_TYPE = ("length", "kmers", "attenrna", "boosting", "model")  # columns of docs/rna-type.md
NCRNA = ("model", "length", "kmers", "boosting", "attenrna")  # columns of docs/ncrna-class.md
# First cells of the table over both models in docs/rna-type.md: model and the name of the figure.
OVERALL = {
    "human, three types": ("rna-type-human", "weighted F1"),
    "the same, of like length": ("rna-type-human", "weighted F1, length-matched"),
    "the same, pieces of 400 nt, type-of-piece": ("rna-type-human", "weighted F1, pieces of 400 nt, `type-of-piece`"),
    "human model on mouse, lncRNA against mRNA": ("rna-type-human", "weighted F1, all mouse transcripts, lncRNA against mRNA"),
    "mouse model on its own test": ("rna-type-mouse", "weighted F1"),
    "mouse model on human, lncRNA against mRNA": ("rna-type-mouse", "weighted F1, human `test`, lncRNA against mRNA"),
}


def metrics(model):
    return json.loads((ROOT / "models" / model / "metrics.json").read_text())


def rows(page):
    """Cells of each row of each table, without backticks."""
    for line in (ROOT / page).read_text().splitlines():
        if line.startswith("|"):
            yield [cell.strip().replace("`", "") for cell in line.strip("|").split("|")]


def compare(where, shown, values):
    """Lines of what differs; numbers are shown with any number of digits, with or without the 0 before the point."""
    wrong = []
    for text, value in zip(shown, values, strict=True):
        digits = len(text.split(".")[1])
        if f"{float(text):.{digits}f}" != f"{value:.{digits}f}":
            wrong.append(f"{where}: {text}, but metrics.json has {value:.6f}")
    return wrong


def rna_type(page="docs/rna-type.md"):
    """Compared numbers, and what is wrong."""
    count, wrong, model = 0, [], None
    for cells in rows(page):
        model = cells[0] if cells[0].startswith("rna-type-") else model
        if cells[0] in OVERALL:
            of, name = OVERALL[cells[0]]
        elif model and re.fullmatch(r"\d*\.\d+", cells[-1]):
            of, name = model, cells[0].replace("weighted F1 of", "weighted F1,")
        else:
            continue
        count += len(RNA_TYPE)
        wrong += compare(f"{page}, {cells[0]}", cells[1:], [metrics(of)["models"][who][name] for who in RNA_TYPE])
    return count, wrong


def ncrna_class(page="docs/ncrna-class.md"):
    count, wrong, known = 0, [], metrics("ncrna-class")
    for cells in rows(page):
        test = known["test"]
        if len(cells) == 2 + len(NCRNA) and cells[0] in test["model"]["F1"]:
            support, values = known["rows"][cells[0]], [test[who]["F1"][cells[0]] for who in NCRNA]
        elif len(cells) == 2 + len(NCRNA) and cells[0] in test["model"]["lengths"]:
            support, values = test["model"]["lengths"][cells[0]]["rows"], [test[who]["lengths"][cells[0]]["accuracy"] for who in NCRNA]
        else:
            continue
        count += len(NCRNA)
        wrong += [f"{page}, {cells[0]}: {cells[1]} rows, but metrics.json has {support}"] if cells[1] != str(support) else []
        wrong += compare(f"{page}, {cells[0]}", cells[2:], values)
    return count, wrong


def numbers(tree):
    if isinstance(tree, dict):
        tree = list(tree.values())
    if isinstance(tree, list):
        for item in tree:
            yield from numbers(item)
    elif isinstance(tree, (int, float)) and not isinstance(tree, bool):
        yield tree


def readme(page="README.md"):
    """Figures of four digits in the row of a model of sequences stand in its metrics, wherever (rbp-multiview shows means of seeds, which its metrics lack)."""
    count, wrong = 0, []
    for cells in rows(page):
        model = re.match(r"\[([\w-]+)\]", cells[0])
        if not model or model[1] not in ("mirna-family", "ncrna-class", "rna-type-human", "rna-type-mouse"):
            continue
        known = {f"{value:.4f}" for value in numbers(metrics(model[1]))}
        shown = re.findall(r"\b0\.\d{4}\b", " ".join(cells))
        count += len(shown)
        wrong += [f"{page}, {model[1]}: {text} is in no place of its metrics.json" for text in shown if text not in known]
    return count, wrong


def main():
    found = [rna_type(), ncrna_class(), readme()]
    for _, wrong in found:
        for line in wrong:
            print(line)
    counts = [count for count, _ in found]
    if min(counts) == 0 or any(wrong for _, wrong in found):
        print(f"compared {counts} figures; {sum(len(wrong) for _, wrong in found)} are wrong")
        return 1
    print(f"{sum(counts)} figures of the pages are those of metrics.json")
    return 0


if __name__ == "__main__":
    sys.exit(main())
