"""Tables of the model cards. Needs the standard library alone."""

from __future__ import annotations

import re
from pathlib import Path


def table(rows: list[list[str]]) -> str:
    """Markdown of a table; the first row is its head."""
    head, *body = rows
    return "\n".join("| " + " | ".join(r) + " |" for r in [head, ["---"] * len(head), *body])


def put(page: Path, mark: str, text: str, end: str = "end") -> None:
    """Write `text` between `<!-- mark -->` and the next `<!-- end -->` of a page."""
    page.write_text(re.sub(rf"<!-- {mark} -->.*?<!-- {end} -->", lambda _: f"<!-- {mark} -->\n{text}\n<!-- {end} -->", page.read_text(), flags=re.S))
