"""What the comparisons of this folder share: an environment for the rivals, and a process measured."""

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
