"""What every recipe (`models/*/train.py`) asks for and writes into its model.yaml. Needs the standard library alone."""

from __future__ import annotations

import argparse
import re
from pathlib import Path


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
