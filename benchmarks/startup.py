"""How long a user waits for ``mycaffe --help``, for the import, and for the first update of a training."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from reporting import Report

COMMAND = Path(sys.executable).with_name("mycaffe")
TRAIN = ("train", "--model", "LiquidNetCfc.prototxt", "--solver", "adamw.prototxt")
FIRST_UPDATE = "] Iteration 0,"


def seconds_of(*command: str | Path) -> float:
    """Return the wall time of a command."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def seconds_to_first_update() -> float:
    """Return the time from starting ``mycaffe train`` to its line about the first update."""
    with tempfile.TemporaryDirectory() as folder:
        command = [COMMAND, *TRAIN, "--iterations", "1", "--run-dir", str(Path(folder) / "run")]
        start = time.perf_counter()
        found = None
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            for line in process.stdout:
                if found is None and FIRST_UPDATE in line:
                    found = time.perf_counter() - start
        if found is None or process.returncode:
            raise SystemExit(
                f"no first update seen; {COMMAND.name} train ended with {process.returncode}"
            )
        return found


MEASURES: dict[str, Callable[[], float]] = {
    "python -c pass": lambda: seconds_of(sys.executable, "-c", "pass"),
    "import numpy": lambda: seconds_of(sys.executable, "-c", "import numpy"),
    "import mycaffe_py": lambda: seconds_of(sys.executable, "-c", "import mycaffe_py"),
    "from mycaffe_py import Net": lambda: seconds_of(
        sys.executable, "-c", "from mycaffe_py import Net"
    ),
    "mycaffe --help": lambda: seconds_of(COMMAND, "--help"),
    "mycaffe train, to its first update": seconds_to_first_update,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=11, help="runs of each (default 11)")
    parser.add_argument("--record", action="store_true", help="write the figures to results/")
    args = parser.parse_args()
    if not COMMAND.exists():
        raise SystemExit(f"{COMMAND} is missing: install the project into this environment first")
    report = Report("Waiting at the start", "startup", {"runs of each, after one more": args.times})
    rows = []
    for name, measure in MEASURES.items():
        measure()
        times = [measure() for _ in range(args.times)]
        rows.append([name, median(times), min(times), max(times)])
    report.add("seconds", ("what", "median s", "least", "most"), rows)
    report.finish(args.record)
    return 0


if __name__ == "__main__":
    sys.exit(main())
