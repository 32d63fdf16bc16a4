#!/usr/bin/env python3
"""Ribonnx against what a competent Python user writes, on the same records, graphs and threads.

    python3 tools/benchmark/run.py [--records 100000] [--encode-records 1000000] [--rounds 5] [--only WHAT]

Makes a virtual environment with NumPy and ONNX Runtime for Python, simulates hairpins with a seed, checks that all
answers are equal to 1e-5, then runs the contenders in turn, round by round, and prints minima and ratios as a table.
Everything is the time of the whole process. Quiet machines give quiet figures.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import contest
from contest import HOME, ROOT

HERE = Path(__file__).resolve().parent
MODEL = ROOT / "models" / "mirna-family"
RUNTIME = "1.29.0"


def python():
    return contest.python("benchmark", "numpy", f"onnxruntime=={RUNTIME}")


def timed(command):
    """Seconds of wall, seconds of processor, peak memory in MB, output."""
    start = time.perf_counter()
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    output, errors = process.communicate()
    wall = time.perf_counter() - start
    if process.returncode != 0:
        sys.exit(f"{command}: exit {process.returncode}\n{errors.decode()}")
    return wall, output.decode()


def peak(command):
    """Peak resident memory of a process, in MB, as the system counted it."""
    code = "import resource,subprocess,sys; subprocess.run(sys.argv[1:],check=True,stderr=subprocess.DEVNULL,stdout=subprocess.DEVNULL); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss//1024)"
    return int(subprocess.run([sys.executable, "-c", code, *map(str, command)], check=True, capture_output=True, text=True).stdout)


def rounds(title, contenders, count):
    """Runs the contenders in turn; the first is the one the others are compared with."""
    times = {name: [] for name in contenders}
    for number in range(count + 1):
        for name, command in contenders.items():
            wall, output = timed(command)
            if name.startswith("raw"):
                wall = float(output)
            if number > 0:  # the first round warms caches
                times[name].append(wall)
        print(f"  round {number} of {count} done", file=sys.stderr)
    first = min(next(iter(times.values())))
    print(f"\n### {title}\n\n| | best, s | median, s | best against ours |\n| --- | --- | --- | --- |")
    for name, values in times.items():
        values.sort()
        print(f"| {name} | {values[0]:.2f} | {values[len(values) // 2]:.2f} | {values[0] / first:.2f} |")
    sys.stdout.flush()
    return times


def check_equal(ours, theirs, name):
    a, b = (Path(path).read_text().splitlines() for path in (ours, theirs))
    assert len(a) == len(b), f"{name}: {len(a)} rows against {len(b)}"
    for one, other in zip(a[1:], b[1:]):
        x, y = one.split("\t"), other.split("\t")
        near = abs(float(x[3]) - float(y[3])) <= 1e-5
        assert x[0] == y[0] and x[5] == y[5] and near, f"{name}: {one} against {other}"
    print(f"answers of ours and {name}: equal to 1e-5 in {len(a) - 1} rows")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--encode-records", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", choices=["predict", "encode", "start", "memory"])
    options = parser.parse_args()
    wanted = lambda what: options.only in (None, what)
    rival = [python(), HERE / "rivals.py"]
    work = Path(tempfile.mkdtemp(prefix="ribonnx-benchmark-"))
    bin = HOME / "bin"
    os.environ["RIBONNX_DEVICE"] = "cpu"

    def simulate(count):
        path = work / f"{count}.fa"
        if not path.exists():
            subprocess.run([sys.executable, HERE / "simulate.py", str(count), path], check=True)
        return path

    if wanted("predict"):
        fasta = simulate(options.records)
        ours = [bin / "ribonnx", "predict", "--quiet", "--model", MODEL, "--threads", options.threads]
        contenders = {
            "ribonnx predict": ours + ["--output", work / "ours.tsv", fasta],
            f"Python, one session with {options.threads} threads": rival
            + ["predict", MODEL, fasta, work / "session.tsv", "--threads", options.threads],
            f"Python, pool of {options.threads} one-thread sessions": rival
            + ["predict", MODEL, fasta, work / "pool.tsv", "--pool", options.threads],
        }
        for command in contenders.values():
            timed(command)
        check_equal(work / "ours.tsv", work / "session.tsv", "one session")
        check_equal(work / "ours.tsv", work / "pool.tsv", "the pool")
        features = work / "features.npz"
        timed([bin / "ribonnx-encode", "--quiet", "--model", MODEL, "--output", features, fasta])
        codes = work / "codes.bin"
        subprocess.run(
            [python(), "-c", f"import numpy; numpy.load('{features}')['hairpin'].tofile('{codes}')"], check=True
        )
        classes = work / "classes"
        libraries = ":".join(str(jar) for jar in sorted((HOME / "lib").glob("*.jar")))
        subprocess.run(["javac", "-d", classes, "-cp", libraries, HERE / "RawOnnxRuntime.java"], check=True)
        width = re.search(r"width: (\d+)", (MODEL / "model.yaml").read_text()).group(1)
        contenders["raw ONNX Runtime, runs alone"] = [
            "java", f"-Donnxruntime.native.path={HOME}/native/cpu", "-cp", f"{classes}:{libraries}",
            "RawOnnxRuntime", MODEL, codes, options.threads, width,
        ]
        rounds(f"{options.records:,} hairpins to predictions.tsv, {options.threads} threads", contenders, options.rounds)
        contenders = {
            "ribonnx predict": ours + ["--output", work / "ours.tsv", "--scores", work / "ours-scores.tsv", fasta],
            f"Python, one session with {options.threads} threads": rival
            + ["predict", MODEL, fasta, work / "s.tsv", "--scores", work / "s-scores.tsv", "--threads", options.threads],
        }
        rounds("The same with all scores as a table", contenders, max(1, options.rounds // 2))

    if wanted("encode"):
        fasta = simulate(options.encode_records)
        contenders = {
            "ribonnx-encode": [bin / "ribonnx-encode", "--quiet", "--model", MODEL, "--output", work / "e.npz", fasta],
            "ribonnx-encode, 1 thread": [
                bin / "ribonnx-encode", "--quiet", "--threads", 1, "--model", MODEL, "--output", work / "e1.npz", fasta,
            ],
            "NumPy, one joined look-up": rival + ["encode-numpy", fasta, work / "n.npz"],
            "plain Python": rival + ["encode-python", fasta, work / "p.npz"],
        }
        for command in contenders.values():
            timed(command)
        check = "import numpy,sys; a,b,c=[numpy.load(f) for f in sys.argv[1:]]; assert all((a[k]==x[k]).all() for x in (b,c) for k in ('ids','hairpin')); print('encodings equal')"
        print(subprocess.run([python(), "-c", check, work / "e.npz", work / "n.npz", work / "p.npz"], check=True, capture_output=True, text=True).stdout)
        rounds(f"Encoding {options.encode_records:,} hairpins", contenders, options.rounds)

    if wanted("start"):
        (work / "Nothing.java").write_text("public class Nothing { public static void main(String[] a) {} }\n")
        subprocess.run(["javac", "-d", work, work / "Nothing.java"], check=True)
        one = work / "one.fa"
        one.write_text("\n".join(simulate(20_000).read_text().splitlines()[:2]) + "\n")
        contenders = {
            "a JVM that does nothing": ["java", "-cp", work, "Nothing"],
            "ribonnx-classify --help": [bin / "ribonnx-classify", "--help"],
            "ribonnx predict, one record": [
                bin / "ribonnx", "predict", "--quiet", "--model", "mirna-family", "--output", work / "one.tsv", one,
            ],
        }
        times = rounds("Start-up", contenders, max(20, options.rounds))
        nothing = times["a JVM that does nothing"]
        for name in list(contenders)[1:]:
            middle = sorted(times[name])[len(nothing) // 2] - sorted(nothing)[len(nothing) // 2]
            print(f"{name}: {middle * 1000:.0f} ms more than a JVM that does nothing (medians)")

    if wanted("memory"):
        small, large = simulate(20_000), simulate(options.encode_records)
        print("\n### Peak resident memory, MB\n\n| | 20,000 records | "
              f"{options.encode_records:,} records | ratio |\n| --- | --- | --- | --- |")
        for name, command in {
            "ribonnx-encode": lambda f, o: [bin / "ribonnx-encode", "--model", MODEL, "--output", o / "f.npz", f],
            "ribonnx-embed": lambda f, o: [bin / "ribonnx-embed", "--model", MODEL, "--output", o / "e.npz", o / "f.npz"],
            "ribonnx-fuse": lambda f, o: [bin / "ribonnx-fuse", "--model", MODEL, "--output", o / "u.npz", o / "e.npz"],
            "ribonnx-classify": lambda f, o: [bin / "ribonnx-classify", "--model", MODEL, "--output", o / "p.tsv", o / "u.npz"],
            "ribonnx-report": lambda f, o: [bin / "ribonnx-report", "--model", MODEL, "--output", o / "r.html", o / "p.tsv"],
            "ribonnx predict": lambda f, o: [bin / "ribonnx", "predict", "--model", MODEL, "--output", o / "q.tsv", f],
        }.items():
            figures = []
            for fasta, folder in ((small, work / "small"), (large, work / "large")):
                folder.mkdir(exist_ok=True)
                figures.append(peak(command(fasta, folder)))
            print(f"| {name} | {figures[0]} | {figures[1]} | {figures[1] / figures[0]:.2f} |", flush=True)


if __name__ == "__main__":
    main()
