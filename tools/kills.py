"""Kills trainings with SIGKILL, continues them, and compares the results with those of a training that was not killed.

    python -m tools.kills --count 200

A small training with many snapshots is started, killed and continued (``--resume auto``), up to five times; then it
runs to its end, and its weights, its state and its best weights must be those of the training without a kill, bit for
bit. After each kill it must go on at the newest snapshot that run.json named, or at one after it. Half of the kills
come at random times, half are aimed at a file: at the moment when it is being written, or has just appeared.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

MODEL = """\
name: "Small"
layer {
  name: "data" type: "Input" top: "x" top: "tt" top: "mask" top: "target"
  input_param {
    shape { dim: 1 dim: 5 dim: 1 } shape { dim: 1 dim: 5 dim: 1 } shape { dim: 1 dim: 5 dim: 1 } shape { dim: 1 dim: 1 }
  }
}
layer {
  name: "cfc1" type: "CFC" bottom: "x" bottom: "tt" bottom: "mask" top: "xhat"
  cfc_param { input_features: 1 hidden_size: 4 output_features: 1 }
  cfc_unit_param { backbone_units: 4 backbone_layers: 1 backbone_activation: RELU }
}
layer {
  name: "loss" type: "MEAN_ERROR_LOSS" bottom: "xhat" bottom: "target" top: "loss"
  mean_error_loss_param { mean_error_type: MSE }
}
"""
SOLVER = """\
net: "model.prototxt" type: "AdamW" base_lr: 0.01 lr_policy: "fixed" momentum: 0.9 momentum2: 0.95
max_iter: 150 snapshot: 5 random_seed: 7
trainer {
  type: "RNN.SUPER_SIMPLE"
  blob_names { x: "x" tt: "tt" mask: "mask" target: "target" xhat: "xhat" }
  gym { type: "Curve" curve_param { curve: SIN } }
}
"""
# Without pictures, which take longer than all the rest.
START = (
    "import sys; sys.modules['matplotlib'] = None; from mycaffe_py.cli import main; main()",
    *("train", "--solver", "solver.prototxt", "--device", "cpu", "-q"),
)
RESUME = ("--resume", "auto")
# What is aimed at, and how often it appears or changes at most in a training of this kind.
AIMS = {
    "a hidden file": (r"\..*\.tmp", 60),
    "weights": (r".*_iter_\d+\.caffemodel", 20),
    "a state": (r".*_iter_\d+\.solverstate", 20),
    "best weights": (r"best\.caffemodel", 10),
    "best.json": (r"best\.json", 20),
    "run.json": (r"run\.json", 20),
    "run.lock": (r"run\.lock", 1),
    "the last files": (r"last\..*", 2),
}
COMPARED = ("last.caffemodel", "last.solverstate", "best.caffemodel")
LAST = ("Small_iter_150.caffemodel", "Small_iter_150.solverstate")
MOST_IN_A_ROW = 5


class Fault(Exception):
    """What a kill must not cause."""


def start(folder: Path, *more: str) -> subprocess.Popen[str]:
    """Start a training in a folder."""
    return subprocess.Popen(
        [sys.executable, "-c", *START, *more],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def runs(folder: Path) -> list[Path]:
    """Return the run folders, oldest first."""
    return sorted((folder / "runs" / "Small").glob("*"), key=lambda run: int(run.name))


def record(run: Path) -> dict:
    """Return what run.json says, empty if the run had not come that far."""
    path = run / "run.json"
    return json.loads(path.read_text()) if path.exists() else {}


def seen(run: Path, aim: re.Pattern[str]) -> set[tuple[str, int]]:
    """Return the files that are aimed at, each with its inode."""
    try:
        return {(one.name, one.inode()) for one in os.scandir(run) if aim.fullmatch(one.name)}
    except OSError:
        return set()


class Chain:
    """One training, killed several times."""

    def __init__(self, folder: Path, chance: random.Random, seconds: float):
        self.folder, self.chance, self.seconds = folder, chance, seconds
        folder.mkdir()
        (folder / "model.prototxt").write_text(MODEL)
        (folder / "solver.prototxt").write_text(SOLVER)

    def kill_one(self) -> str | None:
        """Continue the training and kill it; return what was aimed at, or None if it ended before."""
        before = runs(self.folder)
        promised = self._promised(before)
        process = start(self.folder, *(RESUME if before else ()))
        aim = self.chance.choice([*AIMS, *["a time"] * len(AIMS)])
        if aim == "a time":
            self._wait(process, self.chance.uniform(0, self.seconds))
        else:
            pattern, most = AIMS[aim]
            times = self.chance.randint(1, most)
            self._wait_for(process, re.compile(pattern), times, len(before) + 1)
        process.kill()
        said = process.communicate()[1]
        if process.returncode == 3 and "nothing to resume" in said and not promised:
            shutil.rmtree(self.folder / "runs")  # as the message says: begin anew
            return aim
        if process.returncode == 2 and "nothing left to train" in said:
            return None  # the kill before came when all was done
        if process.returncode not in (0, -9, 1):  # 1 on Windows
            raise Fault(f"exit code {process.returncode}: {said}")
        self._check_begin(before, promised)
        return None if process.returncode == 0 else aim

    def _wait(self, process: subprocess.Popen[str], seconds: float) -> None:
        end = time.perf_counter() + seconds
        while process.poll() is None and time.perf_counter() < end:
            time.sleep(0.0005)

    def _wait_for(
        self, process: subprocess.Popen[str], aim: re.Pattern[str], times: int, number: int
    ) -> None:
        """Wait until a file that is aimed at has appeared or changed so many times."""
        run, known = self.folder / "runs" / "Small" / f"{number:03d}", set()
        while times > 0 and process.poll() is None:
            new = seen(run, aim) - known
            known |= new
            times -= len(new)

    def _promised(self, before: list[Path]) -> int:
        """Return the newest snapshot that any run has named."""
        entries = [entry for run in before for entry in record(run).get("snapshots", ())]
        return max((entry["iteration"] for entry in entries), default=0)

    def _check_begin(self, before: list[Path], promised: int) -> None:
        new = runs(self.folder)[len(before) :]
        state = record(new[0]).get("resumed_from") if new else None
        if state is not None:
            begun = int(re.search(r"_iter_(\d+)", state)[1])
            if begun < promised:
                raise Fault(f"continued at {begun}, but there was a snapshot of {promised}")
        elif promised and new and record(new[0]):
            raise Fault(f"begun anew, but there was a snapshot of {promised}")

    def end(self) -> Path:
        """Let the training end; return its last run folder."""
        before = runs(self.folder)
        process = start(self.folder, *(RESUME if before else ()))
        said = process.communicate()[1]
        if process.returncode == 3 and "nothing to resume" in said and not self._promised(before):
            shutil.rmtree(self.folder / "runs")
            return self.end()
        if process.returncode == 2 and "nothing left to train" in said:
            return before[-1]  # it was killed when all was done
        if process.returncode:
            raise Fault(f"exit code {process.returncode}: {said}")
        return runs(self.folder)[-1]


def compare(chain: Chain, last: Path, reference: Path) -> None:
    """Raise Fault if the result differs, or if anything is left of the runs that were killed."""
    complete = record(last).get("status") == "done"
    for name in (
        COMPARED if complete else LAST
    ):  # killed after its last snapshot: there is nothing to continue
        if (last / name).read_bytes() != (reference / name).read_bytes():
            raise Fault(f"{name} differs")
    # A run without run.json was killed when it had not begun: of its lock, which may be empty, nothing can be told.
    for run in [run for run in runs(chain.folder)[:-1] if complete and record(run)]:
        if record(run).get("status") == "running":
            raise Fault(f"{run.name} still says that it is running")
        left = [
            path.name for path in run.iterdir() if re.fullmatch(r"\..*\.tmp|run\.lock", path.name)
        ]
        if left:
            raise Fault(f"{run.name} still has {left}")


def main() -> int:
    """Kill, continue and compare; print the figures, and return 1 if something was lost."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--count", type=int, default=200, help="kills (default 200)")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="kills"))
    chance = random.Random(given.seed)
    begin = time.perf_counter()
    reference = Chain(folder / "reference", chance, 0).end()
    seconds = time.perf_counter() - begin
    killed: Counter[str] = Counter()
    chains = 0
    while killed.total() < given.count:
        chains += 1
        chain = Chain(folder / f"{chains}", chance, seconds)
        try:
            for _ in range(min(MOST_IN_A_ROW, given.count - killed.total())):
                aim = chain.kill_one()
                if aim is None:
                    break
                killed[aim] += 1
            compare(chain, chain.end(), reference)
        except Fault as fault:
            print(f"{chain.folder}: {fault}")
            return 1
        shutil.rmtree(chain.folder)
        print(f"{killed.total()} kills of {chains} trainings: nothing lost", file=sys.stderr)
    shutil.rmtree(folder)
    print(f"{killed.total()} kills of {chains} trainings, in {time.perf_counter() - begin:.0f} s")
    for aim, count in killed.most_common():
        print(f"  {count:4d} at {aim}")
    print("nothing was lost; all results are equal, bit for bit")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
