"""The CfC paper's bit-stream XOR task: each net of examples/xor, trained as its files say, over seeds.

Runs are long, so each is kept in results/xor.json when it ends, and made again only where the files have changed.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import mycaffe_plugins.benchmark.one_thread  # noqa: F401  (before NumPy)
import simd_width  # noqa: F401  (before NumPy)

# isort: split
import numpy as np
from reporting import RESULTS, Report

from mycaffe_py.builder import Training, build_training, load_model, load_solver_file
from mycaffe_py.events import Event, TestDone
from mycaffe_py.solver import Solver

EXAMPLES = Path(__file__).parents[1] / "examples" / "xor"
KEPT = RESULTS / "xor.json"
COLUMNS = (
    "net",
    "accuracy %",
    "spread",
    "published",
    "seeds",
    "passes",
    "streams",
    "neurons (paper)",
    "rule",
    "CPU s a run",
)
RUNS = ("net", "seed", "accuracy", "loss", "streams", "passes", "cpu seconds", "curve", "files")


@dataclass(frozen=True)
class Row:
    """A net of the table."""

    name: str
    file: str
    """The model is FILE.prototxt, its solver FILE_solver.prototxt."""
    published: str
    neurons: str = ""
    """Of the paper's net."""

    @property
    def fingerprint(self) -> str:
        """A short hash of the files."""
        names = (f"{self.file}.prototxt", f"{self.file}_solver.prototxt")
        return sha256(b"".join((EXAMPLES / name).read_bytes() for name in names)).hexdigest()[:12]


ROWS = (
    Row("CfC, gate", "cfc", "99.42 +- 0.42", "192"),
    Row("CfC, gate, dense", "cfc_dense", "97.34 +- 1.85", "192"),
    Row("CfC, no gate", "cfc_no_gate", "96.29 +- 1.61", "128"),
    Row("CfC, mixed memory", "cfc_mixed", "99.72 +- 0.08", "64"),
    Row("CfC, minimal", "cfc_minimal", "85.42 +- 2.84", "64"),
    Row("LTC", "ltc", "49.11 +- 0.00", "64"),
    Row("LSTM", "lstm", "none"),
)


class Curve:
    """Records the accuracy of every test."""

    def __init__(self) -> None:
        self.tests: list[dict[str, float]] = []

    def __call__(self, event: Event) -> None:
        if isinstance(event, TestDone):
            self.tests.append({"iteration": event.iteration, **event.metrics})


def train(row: Row, seed: int) -> dict[str, Any]:
    """Train a net as ``mycaffe train`` does, without snapshots, and test it."""
    fingerprint = row.fingerprint
    training = build_training(
        solver=EXAMPLES / f"{row.file}_solver.prototxt", seed=seed, device="cpu"
    )
    solver, curve = training.solver, Curve()
    solver.listeners.append(curve)
    start = time.process_time()
    solver.step(solver.param.max_iter)
    seconds = time.process_time() - start
    solver.test_all()
    close(solver)
    streams, batch = sizes(training)
    last = curve.tests[-1]
    return {
        "net": row.name,
        "seed": seed,
        "accuracy": 100 * last["accuracy"],
        "loss": last["loss"],
        "streams": streams,
        "passes": solver.param.max_iter * batch / streams,
        "cpu seconds": seconds,
        "curve": [round(100 * test["accuracy"], 2) for test in curve.tests],
        "files": fingerprint,
    }


def sizes(training: Training) -> tuple[int, int]:
    """Return the number of streams that a net is trained on, and its batch size."""
    param = training.net.layer_dict["streams"].param.bit_stream_param
    return param.streams, param.batch_size


# Recorded runs.


def kept(table: str) -> list[dict[str, Any]]:
    """Return the rows of a table in the record."""
    return json.loads(KEPT.read_text()).get(table, []) if KEPT.exists() else []


def kept_runs() -> list[dict[str, Any]]:
    """Return the recorded runs whose files have not changed."""
    wanted = {(row.name, row.fingerprint) for row in ROWS}
    return [run for run in kept("runs") if (run["net"], run["files"]) in wanted]


def keep(run: dict[str, Any]) -> None:
    """Add a run to the record, to which others may have been added meanwhile."""
    RESULTS.mkdir(exist_ok=True)
    record = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    record["runs"] = [*kept_runs(), run]
    KEPT.write_text(json.dumps(record, indent=1) + "\n")


def train_all(rows: list[Row], seeds: list[int]) -> list[dict[str, Any]]:
    """Train the missing runs; return all of them."""
    for row in rows:
        for seed in seeds:
            if any((run["net"], run["seed"]) == (row.name, seed) for run in kept_runs()):
                continue
            run = train(row, seed)
            keep(run)
            print(*(f"{key} {run[key]}" for key in RUNS[:-1]), sep="; ", flush=True)
    order = [row.name for row in ROWS]
    return sorted(kept_runs(), key=lambda run: (order.index(run["net"]), run["seed"]))


def summary(row: Row, runs: list[dict[str, Any]]) -> list[Any]:
    """Return a net's row of the table; the spread is computed as in the paper, without Bessel's correction."""
    accuracies = [run["accuracy"] for run in runs]
    solver = load_solver_file(EXAMPLES / f"{row.file}_solver.prototxt").message
    layers = {
        each.name: each for each in load_model(EXAMPLES / f"{row.file}.prototxt").message.layer
    }
    cfc = layers.get("cfc1")
    neurons = cfc.cfc_param.hidden_size if cfc else layers["lstm1"].recurrent_param.num_output
    return [
        row.name,
        f"{np.mean(accuracies):.2f}",
        f"{np.std(accuracies):.2f}",
        row.published,
        len(runs),
        f"{runs[0]['passes']:.0f}",
        runs[0]["streams"],
        f"{neurons} ({row.neurons})" if row.neurons else neurons,
        f"{solver.type}, {solver.base_lr:g} to 0",
        f"{np.mean([run['cpu seconds'] for run in runs]):.0f}",
    ]


def time_all(rows: list[Row], args: argparse.Namespace) -> list[dict[str, Any]]:
    """Return the time of a pass over the streams for each net, ours and torch's; nothing unless asked for."""
    if not args.passes:
        return []
    from xor_passes import PASSES, time_pass  # torch is not needed for the rest

    lines = []
    for row in rows:
        solver = build_training(
            solver=EXAMPLES / f"{row.file}_solver.prototxt", seed=1, device="cpu"
        ).solver
        lines.append(dict(zip(PASSES, time_pass(row.name, solver, args.rounds), strict=True)))
        print(lines[-1], flush=True)
        close(solver)
    return lines


def close(solver: Solver) -> None:
    """Stop the threads that read ahead."""
    for net in (solver.net, *solver.test_nets):
        net.close()


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    files = [row.file for row in ROWS]
    parser.add_argument("--nets", nargs="+", choices=files, default=files, metavar="NET")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3], help="(default 1 2 3)")
    parser.add_argument(
        "--passes", action="store_true", help="also time a pass over the streams, ours and torch's"
    )
    parser.add_argument("--rounds", type=int, default=5, help="rounds of the timing (default 5)")
    parser.add_argument("--vectors", choices=simd_width.CHOICES, default="native")
    return parser.parse_args()


def main() -> int:
    args = parse()
    runs = train_all([row for row in ROWS if row.file in args.nets], args.seeds)
    report = Report("The CfC paper's XOR task", "xor", {"seeds": " ".join(map(str, args.seeds))})
    report.say(
        "Accuracy on the 10000 test streams after the last update; mean and standard deviation over the seeds. "
        "Published: the authors' figures after 200 passes over 100000 streams, with RMSProp at 0.05 (gate) or 0.005 "
        "(no gate, mixed memory) and Adam at 0.005 (minimal, LTC). CPU seconds are of one core, shared with other "
        "programs."
    )
    done = [(row, [run for run in runs if run["net"] == row.name]) for row in ROWS]
    report.add("accuracy", COLUMNS, [summary(row, of_row) for row, of_row in done if of_row])
    report.say("Every run; the curve is the accuracy at each test.")
    lines = [[run[key] for key in RUNS] for run in runs]
    report.add("runs", RUNS, lines)
    passes = time_all([row for row in ROWS if row.file in args.nets], args) or kept("passes")
    if passes:
        report.say(
            "Seconds a pass over the training streams, ours and torch's in turn on one thread, from single batches "
            "scaled up. Torch's batches are cut to their longest stream."
        )
        report.add("passes", tuple(passes[0]), [tuple(line.values()) for line in passes])
    report.finish(True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
