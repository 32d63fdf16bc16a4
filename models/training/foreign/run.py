"""Turns the models of other libraries into bundles and runs them: each script here, then the commands of docs/add-a-model.md.

    python models/training/foreign/run.py --installation tools/dist/target/ribonnx --work FOLDER [--skip-nextflow] [NAME...]

Needs what requirements.txt here names. For each model it writes FOLDER/NAME/row.json, and at the end FOLDER/table.md.
Fails if a command fails, if the shell's and Nextflow's predictions are not the same bytes, if the shell's scores are further
from the library's own than the tolerance, or if `git status` says something that it did not say before.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(HERE.parent))
from ribonnx_training import tensors  # noqa: E402

TITLES = {
    "scikit_learn": "scikit-learn: scaler and logistic regression", "lightgbm_trees": "LightGBM: regression", "xgboost_trees": "XGBoost: classes",
    "torch_cnn": "PyTorch: CNN, two questions", "torch_gru": "PyTorch: GRU, state at the record's own length", "keras_cnn": "Keras 3: CNN",
    "jax_mlp": "JAX: a function of two layers", "torchvision_image": "torchvision: MobileNet V3 small", "transformers_text": "transformers: BERT",
    "finished_text": "transformers: BERT as a finished file with three inputs, logits and external data",
    "half_precision": "float16 by onnxconverter-common", "eight_bits": "int8 by onnxruntime.quantization",
}


def call(*command, cwd=None, env=None):
    """Run a command; its error text ends the script. Returns the seconds it took."""
    start = time.monotonic()
    done = subprocess.run([str(c) for c in command], cwd=cwd, env=env, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"exit {done.returncode}: {' '.join(map(str, command))}\n{(done.stdout + done.stderr)[-3000:]}")
    return time.monotonic() - start


def state():
    """What git sees in the working tree."""
    return subprocess.run(["git", "status", "--porcelain"], cwd=ROOT, check=True, capture_output=True, text=True).stdout


def one(name, a):
    """Everything for one model; returns its row."""
    work = a.work / name
    ribonnx = a.installation / "bin" / "ribonnx"
    if not (a.keep and (work / "facts.json").exists()):
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        call(sys.executable, HERE / f"{name}.py", a.installation / "bin" / "ribonnx-encode", work, env=environment)
    facts = json.loads((work / "facts.json").read_text())
    bundle = name.replace("_", "-")
    if (work / bundle).exists():
        raise SystemExit(f"{work / bundle} is there already; take it away, or give another --work")
    start = time.monotonic()
    call(ribonnx, "model", "new", bundle, "--graph", "net.onnx", "--encoder", "nucleotides", "--kind", facts["kind"], "--head", "result",
         "--labels", "labels.txt", "--test-input", "test.fa", "--length", "40-200", "--licence", "CC0-1.0", cwd=work)
    if facts["absolute"] != 1e-4:  # the bundle's own tolerance, for what computes with fewer bits
        card = (work / bundle / "model.yaml").read_text()
        changed = card.replace("absolute: 1.0e-4", f"absolute: {facts['absolute']}").replace("relative: 1.0e-3", f"relative: {facts['relative']}")
        if changed == card:
            raise SystemExit("model.yaml does not hold the tolerance where it was")
        (work / bundle / "model.yaml").write_text(changed)
    call(ribonnx, "model", "seal", bundle, cwd=work)
    call(ribonnx, "model", "test", bundle, "--reference", "out.npz", cwd=work)
    call(ribonnx, "model", "validate", bundle, cwd=work)
    call(ribonnx, "model", "pack", bundle, "--output", "bundle.zip", cwd=work)
    commands = time.monotonic() - start
    shell = call(ribonnx, "predict", "--quiet", "--device", "cpu", "--model", "./bundle.zip", "--output", "shell.tsv", "--scores", "shell.npz",
                 "test.fa", cwd=work)
    own, ours = tensors.read_features(work / "out.npz"), tensors.read_features(work / "shell.npz")
    if own.ids != ours.ids:
        raise SystemExit(f"{name}: the records are others")
    expected, got = own.views["result"].astype(float), ours.views["result"].astype(float)
    difference = np.abs(got.reshape(expected.shape) - expected)
    if not (difference <= facts["absolute"] + facts["relative"] * np.abs(expected)).all():
        raise SystemExit(f"{name}: scores differ by up to {difference.max():g}")
    row = {"name": name, **facts, "difference": float(difference.max()), "commands_s": round(commands, 1), "predict_s": round(shell, 2),
           "zip_bytes": (work / "bundle.zip").stat().st_size, "nextflow": None}
    if not a.skip_nextflow:
        environment = {**os.environ, "NXF_HOME": str(a.work / "nxf-home")}
        row["nextflow_s"] = round(call(ROOT / "nextflow" / "nextflow", "-log", work / "nextflow.log", "run", ROOT / "main.nf", "-w", work / "nextflow-work",
                                       "--ribonnx_home", a.installation, "--input", work / "test.fa", "--model", work / "bundle.zip",
                                       "--outdir", work / "nextflow", cwd=work, env=environment), 1)
        made = (work / "nextflow" / "test" / "predictions.tsv").read_bytes()
        row["nextflow"] = made == (work / "shell.tsv").read_bytes()
        if not row["nextflow"]:
            raise SystemExit(f"{name}: Nextflow's predictions are other bytes than the shell's")
    (work / "row.json").write_text(json.dumps(row, indent=1) + "\n")
    return row


def table(rows):
    """The table of docs/foreign-models.md."""
    lines = ["| model | weights | what it needed | graph | five commands | Nextflow | largest difference |", "|---|---|---|---|---|---|---|"]
    for row in rows:
        weights = row["weights"] + (f" ({row['quality']})" if row["quality"] else "")
        nextflow = "same bytes" if row["nextflow"] else "not run"
        lines.append(f"| {TITLES[row['name']]} (`{row['name']}.py`) | {weights} | {row['needed']} | {row['bytes'] / 1000:,.0f} kB | {row['commands_s']} s | "
                     f"{nextflow} | {row['difference']:.1e} (allowed {row['absolute']:g} + {row['relative']:g} of the value) |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--installation", type=lambda p: Path(p).resolve(), required=True)
    parser.add_argument("--work", type=lambda p: Path(p).resolve(), required=True, help="a folder outside the clone")
    parser.add_argument("--keep", action="store_true", help="take graphs that an earlier run left in --work")
    parser.add_argument("--skip-nextflow", action="store_true")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of {', '.join(TITLES)}; default: all")
    a = parser.parse_args()
    if unknown := set(a.names) - set(TITLES):
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(TITLES)}")
    before, rows = state(), []
    for name in a.names or TITLES:
        print(f"{name}: ", end="", flush=True)
        rows.append(one(name, a))
        print(f"largest difference {rows[-1]['difference']:.1e}, Nextflow {'the same bytes' if rows[-1]['nextflow'] else 'not run'}", flush=True)
    if state() != before:
        raise SystemExit(f"git status has changed:\n{state()}")
    (a.work / "table.md").write_text(table(rows))
    print(table(rows))


if __name__ == "__main__":
    main()
