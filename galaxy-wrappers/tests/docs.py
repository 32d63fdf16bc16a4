"""Checks that what docs/galaxy-admin.md shows stands in the files of galaxy-wrappers/server, from which the test servers run.

A YAML block must be part of one of the YAML files, with the same values; a line of any other block, a line of one of the files.
Each tool that the test server has, and each line of its allow-list, must be in the page.
Exit code 1 and a line for each that is not. Needs PyYAML.
"""

import re
import sys
from pathlib import Path

import yaml

SERVER = Path(__file__).resolve().parent.parent / "server"
DOCS = SERVER.parent.parent / "docs" / "galaxy-admin.md"


def part(small, large):
    """Whether all of a tree stands in another; a list may leave items out."""
    if isinstance(small, dict) and isinstance(large, dict):
        return all(key in large and part(value, large[key]) for key, value in small.items())
    if isinstance(small, list) and isinstance(large, list):
        return all(any(part(item, other) for other in large) for item in small)
    return small == large


def main():
    files = {path.name: path.read_text() for path in SERVER.iterdir() if path.suffix in (".yml", ".xml", ".txt")}
    trees = [yaml.safe_load(text) for name, text in files.items() if name.endswith(".yml")]
    # What an administrator writes in place of it; the test server puts in its own paths.
    trees.append({"galaxy": {"sanitize_allowlist_file": "config/sanitize_allowlist.txt"}})
    lines = {line.strip().replace('file="', 'file="/path/to/galaxy-wrappers/') for text in files.values() for line in text.splitlines()}
    wrong = blocks = 0
    for kind, text in re.findall(r"^```(\w*)\n(.*?)^```$", DOCS.read_text(), re.S | re.M):
        if kind == "bash":
            continue
        blocks += 1
        if kind == "yaml":
            if not any(part(yaml.safe_load(text), tree) for tree in trees):
                wrong += 1
                print("galaxy-admin.md: no file of galaxy-wrappers/server says so:\n" + text)
        else:
            for line in filter(None, map(str.strip, text.splitlines())):
                if line not in lines:
                    wrong += 1
                    print("galaxy-admin.md: no file of galaxy-wrappers/server has the line " + line)
    page = set(map(str.strip, DOCS.read_text().splitlines()))
    needed = set(files["sanitize_allowlist.txt"].split()) | {line for line in lines if line.startswith("<tool ")}
    for line in sorted(needed - page):
        wrong += 1
        print("galaxy-admin.md lacks the line " + line)
    print("%d blocks compared" % blocks)
    return 1 if wrong or blocks < 5 else 0


if __name__ == "__main__":
    sys.exit(main())
