"""What the comparisons of this folder share: an environment for the rivals, a process measured, contenders in turn."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / "tools" / "dist" / "target" / "ribonnx"


class Figures(NamedTuple):
    """Of one whole process: seconds, and peak resident memory in MB."""

    wall: float
    user: float
    system: float
    memory: int

    @property
    def processor(self):
        return self.user + self.system


def python(name, *packages):
    """The interpreter of the virtual environment target/NAME, made if it is not there, with the packages."""
    environment = ROOT / "target" / name
    if not (environment / "bin" / "python").exists():
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    if subprocess.run([environment / "bin" / "pip", "install", "-q", "--disable-pip-version-check", *packages]).returncode:
        sys.exit(f"{', '.join(packages)} can't be installed")
    return environment / "bin" / "python"


def run(command):
    """Run a process to its end and measure it."""
    start = time.perf_counter()
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{command}: {errors.decode()}")
    return Figures(time.perf_counter() - start, used.ru_utime, used.ru_stime, used.ru_maxrss // 1024)


def contest(contenders, rounds, compare):
    """Run commands in turn, round by round, after one round that warms caches and whose results `compare()` checks; print minima, medians and ratios.

    contenders: name to command; the first is ours, and the others are held against it.
    """
    measured, loads = {name: [] for name in contenders}, []
    for number in range(rounds + 1):
        for name, command in contenders.items():
            figures = run(command)
            if number:
                measured[name].append(figures)
        if not number:
            compare()
        else:
            loads.append(os.getloadavg()[0])
    print(f"load {min(loads):.1f} to {max(loads):.1f} on {os.cpu_count()} processors, {rounds} rounds\n")
    print("| | best, s | median, s | processor, s | peak MB |\n| --- | --- | --- | --- | --- |")
    for name, rows in measured.items():
        walls = sorted(r.wall for r in rows)
        print(f"| {name} | {walls[0]:.2f} | {walls[len(walls) // 2]:.2f} | {min(r.processor for r in rows):.2f} | {max(r.memory for r in rows)} |")
    ours = measured.pop(next(iter(contenders)))
    print()
    for name, theirs in measured.items():
        ratios = sorted(b.wall / a.wall for a, b in zip(ours, theirs))
        print(f"{name}: best against best {min(r.wall for r in theirs) / min(r.wall for r in ours):.2f}, round by round {ratios[0]:.2f} to {ratios[-1]:.2f}, median {ratios[len(ratios) // 2]:.2f}; "
              f"processor time {min(r.processor for r in theirs) / min(r.processor for r in ours):.2f}")


def equal(folder, what, tolerance, others):
    """Ends the program if ours.scores and theirs.scores of a folder differ by more than `tolerance`, or more than `others` decisions of ours.tsv and theirs.tsv."""
    read = lambda name: [line.rstrip("\n").split("\t") for line in open(folder / name)]
    ours, theirs = read("ours.scores"), read("theirs.scores")
    if ours[0] != theirs[0] or [r[0] for r in ours] != [r[0] for r in theirs]:
        sys.exit("ids or labels differ")
    worst = max(abs(float(a) - float(b)) for x, y in zip(ours[1:], theirs[1:]) for a, b in zip(x[1:], y[1:]))
    other = sum(a[2] != b[2] for a, b in zip(read("ours.tsv"), read("theirs.tsv")))
    if worst > tolerance or other > others:
        sys.exit(f"scores differ by up to {worst}, {other} decisions differ")
    print(f"equal: {len(ours) - 1} {what}, scores to {worst:.1e}, {other} decisions differ")
