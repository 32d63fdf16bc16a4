#!/usr/bin/env python3
"""Compares what the tools, the Galaxy wrappers and the Nextflow modules say, and what they write.

    options.py [INSTALLATION]     default: tools/dist/target/ribonnx

* Every option of a tool's --help is in the wrapper as options.tsv says: a parameter of the form, set by the command, or absent with a reason.
* A wrapper gives no option that the tool does not have.
* What both front ends leave to the user has the same choices and the same default in the form and in nextflow_schema.json.
* An option in the form is given by the Nextflow module, too, or listed in nextflow/tests/options-not-given.txt.
* The files that the wrappers' tests expect are what the tools write now, byte for byte; the test model is the repository's.

Prints each difference; exit code 1 if there is one. Needs nothing but Python.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path

TESTS = Path(__file__).resolve().parent
WRAPPERS = TESTS.parent
ROOT = WRAPPERS.parent
DATA = WRAPPERS / "test-data"
STEPS = ("encode", "embed", "fuse", "classify", "report")
COMMANDS = ("predict", "explain", "variants")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")


def command_of(tool):
    return ["ribonnx", tool] if tool in COMMANDS else ["ribonnx-" + tool]


def declared(home, tool):
    command = command_of(tool)
    text = subprocess.run(
        [str(home / "bin" / command[0]), *command[1:], "--help"], check=True, capture_output=True, text=True
    ).stdout
    return set(OPTION.findall(text))


def listed():
    """tool -> option -> (how, reason)"""
    table = {}
    for number, line in enumerate((TESTS / "options.tsv").read_text().splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        tool, option, how, *reason = line.split("\t")
        if how not in ("form", "set", "absent") or (how != "form" and not (reason and reason[0])):
            raise SystemExit(f"options.tsv, line {number}: form, set or absent is expected, the last two with a reason")
        for name in (*COMMANDS, *STEPS) if tool == "all" else (tool,):
            table.setdefault(name, {})[option] = (how, reason)
    return table


class Wrapper:
    """A tool XML with its macros put in."""

    def __init__(self, tool, macros):
        self.blocks = {}
        self.tokens = {}
        for macro in macros:
            if macro.tag == "xml":
                self.blocks[macro.get("name")] = macro
            elif macro.tag == "token":
                self.tokens[macro.get("name")] = macro.text or ""
        self.root = ElementTree.parse(WRAPPERS / f"ribonnx_{tool}.xml").getroot()
        # The value of a parameter of the form stands behind its option, so both forms are in the command.
        command = self.root.find("command").text
        for _ in range(3):
            for name, text in self.tokens.items():
                command = command.replace(name, text)
        lines = [line for line in command.splitlines() if not line.strip().startswith(("##", "ribonnx model "))]
        self.given = set(OPTION.findall("\n".join(lines)))
        self.params = {}
        self.collect(self.root.find("inputs"))

    def collect(self, element):
        for child in element:
            if child.tag == "expand":
                self.collect(self.blocks[child.get("macro")])
                self.collect(child)
            else:
                if child.tag == "param" and child.get("argument"):
                    self.params[child.get("argument")] = child
                self.collect(child)


def choices(param):
    return [option.get("value") for option in param.findall("option")]


def default(param):
    chosen = [o.get("value") for o in param.findall("option") if o.get("selected") == "true"]
    return chosen[0] if chosen else param.get("value")


def nextflow_options(tool):
    text = (ROOT / "nextflow/modules/local" / tool / "main.nf").read_text()
    shared = []
    for name, body in re.findall(r"withName: '([A-Z|_]+)' \{(.*?)\n    \}", (ROOT / "nextflow/conf/modules.config").read_text(), re.S):
        if tool.upper() in name.split("|"):
            shared.append(body)
    return set(OPTION.findall(text + "\n".join(shared)))


def compare_options(home, problem):
    macros = ElementTree.parse(WRAPPERS / "macros.xml").getroot()
    table = listed()
    groups = json.loads((ROOT / "nextflow/nextflow_schema.json").read_text())["$defs"].values()
    schema = {name: spec for group in groups for name, spec in group["properties"].items()}
    not_given = [line.split() for line in (ROOT / "nextflow/tests/options-not-given.txt").read_text().splitlines() if line.strip()]
    for tool in (*COMMANDS, *STEPS):
        wrapper = Wrapper(tool, macros)
        options = declared(home, tool)
        rows = table[tool]
        for option in sorted(options - set(rows)):
            problem(f"{tool}: {option} is an option of the tool and stands not in options.tsv")
        for option in sorted(set(rows) - options):
            problem(f"{tool}: {option} stands in options.tsv and is no option of the tool")
        for option in sorted((wrapper.given | set(wrapper.params)) - options):
            problem(f"{tool}: the wrapper gives {option}, which is no option of the tool")
        for option, (how, _) in sorted(rows.items()):
            # The model's parameter holds a key of the table, from which the wrapper takes the path.
            in_form = option in wrapper.params and option != "--model"
            wanted = {"form": (True, True), "set": (False, True), "absent": (False, False)}[how]
            if (in_form, option in wrapper.given) != wanted:
                problem(
                    f"{tool}: {option} is listed as '{how}', but is {'' if in_form else 'not '}in the form"
                    f" and {'' if option in wrapper.given else 'not '}in the command"
                )
        if tool != "predict":
            module = nextflow_options(tool)
            for option in sorted(module - options):
                problem(f"{tool}: the Nextflow module gives {option}, which is no option of the tool")
            left_out = {option for name, option in not_given if name in (tool, "all")}
            for option, (how, _) in sorted(rows.items()):
                if how == "form" and option not in module | left_out:
                    problem(f"{tool}: {option} is in Galaxy's form, but not in the Nextflow module")
        for option, param in sorted(wrapper.params.items()):
            spec = schema.get(option[2:].replace("-", "_"))
            if spec is None or param.get("type") != "select" or option == "--model":
                continue
            if choices(param) != spec["enum"]:
                problem(f"{tool}: {option} has the choices {choices(param)} in Galaxy and {spec['enum']} in Nextflow")
            if default(param) != spec["default"]:
                problem(f"{tool}: {option} is {default(param)} by default in Galaxy and {spec['default']} in Nextflow")


def compare_results(home, problem):
    def run(*command):
        result = subprocess.run(
            [str(home / "bin" / command[0]), *command[1:]], cwd=DATA, capture_output=True, text=True,
            env={**{k: v for k, v in os.environ.items() if not k.startswith("RIBONNX_")}, "RIBONNX_DEVICE": "cpu"},
        )
        if result.returncode:
            problem(f"{' '.join(command[:2])}: exit {result.returncode}: {result.stderr.strip()}")

    def same(written, expected):
        if not written.exists() or written.read_bytes() != expected.read_bytes():
            problem(f"{written.name} of the shell is not test-data/{expected.name}")

    for file in sorted((ROOT / "test-data/bundles/smallest").iterdir()):
        same(file, DATA / "smallest" / file.name)
    for name in ("expression", "fusion"):
        for file in sorted((DATA / name).iterdir()):
            same(ROOT / "test-data/bundles" / name / file.name, file)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        for name in ("counts.tabular", "turned.csv"):
            run("ribonnx", "predict", "--quiet", "--model", "./expression", "--output", str(out / "t.tsv"), name)
            same(out / "t.tsv", DATA / "counts.predictions.tabular")
        run("ribonnx", "predict", "--quiet", "--sets", "--model", "./expression", "--output", str(out / "sets.tsv"), "counts.tabular")
        same(out / "sets.tsv", DATA / "counts.sets.tabular")
        # One input in every form the wrappers' tests use, and the model in both.
        for name in ("sample.fa", "sample.fa.gz", "sample.fastq.gz", "sample.tabular"):
            for model in ("./smallest", "./smallest.zip"):
                run("ribonnx", "predict", "--quiet", "--model", model, "--outdir", str(out / "p"), name)
                same(out / "p/predictions.tsv", DATA / "predictions.tabular")
                same(out / "p/scores.tsv", DATA / "scores.tabular")
        for name in ("hostile", "second"):
            run("ribonnx", "predict", "--quiet", "--model", "./smallest", "--output", str(out / f"{name}.tsv"), f"{name}.fa")
            same(out / f"{name}.tsv", DATA / f"{name}.predictions.tabular")
        # A model of three views: what each tool makes of it, and the views one by one.
        fusion = ("--quiet", "--model", "./fusion")
        run("ribonnx", "explain", *fusion, "--outdir", str(out / "e"), "fusion.fa")
        same(out / "e/explanations.tsv", DATA / "fusion.explanations.tabular")
        same(out / "e/importance.tsv", DATA / "fusion.importance.tabular")
        run("ribonnx", "predict", *fusion, "--output", str(out / "f.tsv"), "--attention", str(out / "a.tsv"), "fusion.fa")
        same(out / "f.tsv", DATA / "fusion.predictions.tabular")
        same(out / "a.tsv", DATA / "fusion.attention.tabular")
        run("ribonnx", "variants", *fusion, "--output", str(out / "v.tsv"), "fusion.pairs.tabular")
        same(out / "v.tsv", DATA / "fusion.variants.tabular")
        substitutions = ("--all-substitutions", "--labels", "C3", "--min-difference", "0.001")
        run("ribonnx", "variants", *fusion, *substitutions, "--output", str(out / "w.tsv"), "fusion.located.fa")
        same(out / "w.tsv", DATA / "fusion.substitutions.tabular")
        views = ("rna", "protein", "dipeptides")
        for view in views:
            run("ribonnx-encode", *fusion, "--view", view, "--output", str(out / f"{view}.npz"), "fusion.fa")
            run("ribonnx-embed", *fusion, "--view", view, "--output", str(out / f"embedded.{view}.npz"), str(out / f"{view}.npz"))
            same(out / f"embedded.{view}.npz", DATA / f"fusion.embedded.{view}.npz")
        same(out / "protein.npz", DATA / "fusion.protein.npz")
        files = [str(out / f"embedded.{view}.npz") for view in views]
        run("ribonnx-fuse", *fusion, "--attention", "--output", str(out / "fused.npz"), *files)
        same(out / "fused.npz", DATA / "fusion.fused.npz")
        # The steps one by one end in the same bytes.
        before = "sample.fa"
        for tool in ("encode", "embed", "fuse"):
            run(f"ribonnx-{tool}", "--quiet", "--model", "./smallest", "--output", str(out / f"{tool}.npz"), before)
            before = str(out / f"{tool}.npz")
        same(out / "encode.npz", DATA / "features.npz")
        run("ribonnx-classify", "--quiet", "--model", "./smallest", "--output", str(out / "c.tsv"), "--scores", str(out / "s.tsv"), before)
        same(out / "c.tsv", DATA / "predictions.tabular")
        same(out / "s.tsv", DATA / "scores.tabular")


def main():
    home = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "tools/dist/target/ribonnx").resolve()
    if not (home / "bin/ribonnx").exists():
        raise SystemExit(f"options.py: no installation in {home}; build it with: mvn -q package -DskipTests")
    problems = []
    compare_options(home, problems.append)
    compare_results(home, problems.append)
    for line in problems:
        print(line)
    print(f"options and results: {len(problems)} differences")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
