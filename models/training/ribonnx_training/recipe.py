"""What every recipe (`models/*/train.py`) asks for and writes into its model.yaml. Needs the standard library alone."""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import re
from contextlib import contextmanager
from pathlib import Path
from typing import Callable, Iterator


def parser(description: str | None, data: str) -> argparse.ArgumentParser:
    """The options that all recipes have; a recipe adds its own.

    description: the recipe's docstring. data: what `--data` holds.
    """
    p = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--data", type=Path, required=True, help=f"folder that holds {data}")
    p.add_argument("--encode", type=Path, required=True, help="the executable ribonnx-encode")
    p.add_argument("--work", type=Path, required=True, help="folder for features, what is trained and logs")
    p.add_argument("--out", type=Path, required=True, help="folder of the bundle; its model.yaml names the views")
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--smoke", action="store_true", help="a tiny run that proves the recipe, not the model")
    return p


def table(path: Path) -> list[dict[str, str]]:
    """Rows of a tab-separated table, gzipped or not, by its header; a cell may hold a long sequence."""
    csv.field_size_limit(1 << 30)
    with gzip.open(path, "rt") if path.suffix == ".gz" else open(path) as lines:
        return list(csv.DictReader(lines, delimiter="\t"))


@contextmanager
def log_in(work: Path) -> Iterator[Callable[[str], None]]:
    """Make the folder, and give what writes a line to the screen and behind `log.txt` in it."""
    work.mkdir(parents=True, exist_ok=True)
    with open(work / "log.txt", "a") as out:
        def log(line: str) -> None:
            print(line, flush=True)
            print(line, file=out, flush=True)

        yield log


def fill_threshold(bundle: Path, head: str, at: float, calibration: dict[str, float | str]) -> None:
    """Write a head's threshold, and how it came about, into model.yaml.

    Raises ValueError if the head has none there (`unassigned-when: below, at: …`, then `calibration: {…}`).
    """
    path = bundle / "model.yaml"
    value = lambda v: f"{v:.4f}" if isinstance(v, float) else v
    line = ", ".join(f"{k}: {value(v)}" for k, v in calibration.items())
    text, done = re.subn(rf"(\n  {head}:\n.*?unassigned-when: below, at: )[\d.]+(.*?calibration: )\{{[^}}]*\}}",
                         lambda m: f"{m[1]}{at:g}{m[2]}{{{line}}}", path.read_text(), count=1, flags=re.S)
    if not done:
        raise ValueError(f"{path}: no threshold of head {head}")
    path.write_text(text)


def fill_sets(bundle: Path, head: str, coverage: float, quantile: float | list[float]) -> None:
    """Write how a head's prediction sets are made into model.yaml, in place of what stood there.

    quantile: one number, or a list with one for each label (see conformal).
    Raises ValueError if model.yaml has no such head.
    """
    path = bundle / "model.yaml"
    text = path.read_text()
    given = f"quantiles: [{', '.join(f'{q:g}' for q in quantile)}]" if isinstance(quantile, list) else f"quantile: {quantile:g}"
    sets = f"sets: {{method: split-conformal, coverage: {coverage:g}, {given}}}"
    heads = re.search(r"^heads:[^\n]*\n", text, re.M)
    found = heads and re.compile(rf"^(?P<indent> +){re.escape(head)}:\s*", re.M).search(text, heads.end())
    if not found:
        raise ValueError(f"{path}: no head {head}")
    rest = text[found.end():]
    if rest.startswith("{"):
        end = _closing(rest)
        inside = re.sub(r",\s*sets: \{[^}]*\}", "", rest[:end])
        text = f"{text[:found.end()]}{inside},\n{found['indent']}   {sets}{rest[end:]}"
    else:
        indent = re.search(r"[^\n]*\Z", text[:found.end()])[0]
        block = re.match(rf"(?:(?:{indent}| *#)?[^\n]*\n)(?:(?:{indent}[^\n]*)?\n)*", rest)[0]
        kept = re.sub(r"^ *sets: [^\n]*\n", "", indent + block, flags=re.M)[len(indent):].rstrip("\n")
        text = f"{text[:found.end()]}{kept}\n{indent}{sets}\n{rest[len(block):]}"
    path.write_text(text)


def _closing(text: str) -> int:
    """Where the bracket that `text` begins with is closed; brackets inside quotes don't count."""
    depth, quote = 0, ""
    for at, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote else quote
        elif letter == '"' or letter == "'" and text[at - 1] in " [{,:":
            quote = letter
        else:
            depth += (letter in "{[") - (letter in "}]")
            if not depth:
                return at
    raise ValueError("a bracket is not closed")


def write_metrics(bundle: Path, facts: dict) -> None:
    """metrics.json of the card; figures of prediction sets that stood there and are not among `facts` stay."""
    path = bundle / "metrics.json"
    before = json.loads(path.read_text()) if path.exists() else {}
    kept = {"sets": before["sets"]} if "sets" in before else {}
    path.write_text(json.dumps({**kept, **facts}, indent=1) + "\n")
