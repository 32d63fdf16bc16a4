"""Runs MultiQC on what the tools wrote: python3 multiqc_check.py HOME MULTIQC FOLDER

HOME is the installation, MULTIQC the program (pip install multiqc in an environment of its own), FOLDER an empty or new
folder for results. Two samples, one of them with hostile ids and a hostile title, go through `ribonnx predict` and
`ribonnx-report`. What MultiQC read and what its page holds is compared with predictions.tsv.
"""

import csv
import json
import pathlib
import subprocess
import sys

NASTY = '=<script>alert(1)</script>"><img onerror=alert(2)>](javascript:alert(3))`'
PLAIN = "first"


def outcomes(path):
    with open(path, newline="", encoding="utf-8") as table:
        rows = list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))
    return {
        "assigned": sum(row["status"] == "ok" for row in rows),
        "unassigned": sum(row["status"] == "unassigned" for row in rows),
        "unusable": sum(row["status"] == "unusable" for row in rows),
    }


def main(home, multiqc, folder):
    home, folder = pathlib.Path(home).resolve(), pathlib.Path(folder).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    data = pathlib.Path(__file__).resolve().parents[5] / "test-data"
    plain = folder / PLAIN
    subprocess.run(
        [home / "bin/ribonnx", "predict", "--quiet", "--device", "cpu", "--model", "mirna-family", "--outdir", plain, data / "hairpins.fa"],
        check=True,
    )
    hostile = folder / "second"
    hostile.mkdir(exist_ok=True)
    text = (plain / "predictions.tsv").read_text(encoding="utf-8").splitlines(keepends=True)[:31]
    text[1] = NASTY + text[1][text[1].index("\t") :]
    (hostile / "predictions.tsv").write_text("".join(text), encoding="utf-8")
    subprocess.run(
        [home / "bin/ribonnx-report", "--quiet", "--model", "mirna-family", "--title", NASTY, "--output", hostile / "report.html",
         "--multiqc", hostile / "multiqc", hostile / "predictions.tsv"],
        check=True,
    )
    out = folder / "out"
    subprocess.run([multiqc, "--quiet", "--force", "--strict", "--outdir", out, plain / "multiqc", hostile / "multiqc"], check=True)

    found = json.loads((out / "multiqc_data/multiqc_data.json").read_text(encoding="utf-8"))
    raw = found["report_saved_raw_data"]
    bars = next(value for key, value in raw.items() if key.endswith("family_outcomes") or key.endswith("family_outcomes_plot"))
    assert len(bars) == 2, bars
    named = {("plain" if sample == PLAIN else "hostile"): values for sample, values in bars.items()}
    for name, place in [("plain", plain), ("hostile", hostile)]:
        expected = {key: value for key, value in outcomes(place / "predictions.tsv").items()}
        got = {key: int(named[name].get(key, 0)) for key in expected}
        assert got == expected, (name, got, expected)
    general = (out / "multiqc_data/multiqc_general_stats.txt").read_text(encoding="utf-8").splitlines()
    assert len(general) == 3 and not any(line.startswith("=") for line in general), general
    page = (out / "multiqc_report.html").read_text(encoding="utf-8")
    for sign in ["<script>alert(1)", "<img onerror", "&lt;script&gt;alert(1)"]:
        assert sign not in page, sign
    assert any("‹script›" in line for line in general), general
    for section in ["What became of the records", "Labels: family", "Scores: family"]:
        assert section in page, section
    print("MultiQC shows two samples as predictions.tsv has them; hostile text is text")


if __name__ == "__main__":
    main(*sys.argv[1:])
