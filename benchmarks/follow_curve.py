"""How well the tutorial's net follows its curve: several seeds with the shipped model and solver files.

For each seed, the last 360 updates (one period of the sine) are compared with the baseline that repeats the last
target; the weights are then frozen and tested on a fresh curve. Exit code 1 if the medians miss the targets.
"""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from statistics import mean, median

import mycaffe_plugins.benchmark.one_thread  # noqa: F401  (before NumPy)

# isort: split
from reporting import Report

from mycaffe_py.builder import Training, build_training
from mycaffe_py.events import Event, StepDone
from mycaffe_py.layer import TEST
from mycaffe_py.net import Net

PERIOD = 360
LARGEST_ERROR, MIN_ACCURACY = 0.006, 0.50
COLLAPSED = 0.05
FOLLOWING = (
    "seed",
    "mean abs error",
    "rolling accuracy",
    "share within",
    "baseline error",
    "baseline rolling",
    "baseline share",
    "collapsed",
    "seconds",
)
FROZEN = ("seed", "mean abs error", "accuracy", "baseline error", "baseline accuracy")


class Watcher:
    """Records the figures of every update."""

    def __init__(self):
        self.metrics: list[dict[str, float]] = []
        self.targets: list[float] = []
        self.errors: list[float] = []

    def __call__(self, event: Event) -> None:
        if isinstance(event, StepDone):
            self.metrics.append(dict(event.metrics))
            (target,), (prediction,) = event.sample["target"], event.sample["prediction"]
            self.targets.append(target)
            self.errors.append(abs(prediction - target))

    def figures(self, tolerance: float) -> dict[str, float | bool]:
        """Return the figures of the last period, by column."""
        last = self.metrics[-PERIOD:]
        steps = zip(self.targets[-PERIOD - 1 :], self.targets[-PERIOD:], strict=False)
        repeating = [abs(after - before) for before, after in steps]
        error = mean(metrics["abs_error"] for metrics in last)
        return {
            "mean abs error": error,
            "rolling accuracy": mean(metrics["accuracy"] for metrics in last),
            "share within": mean(error < tolerance for error in self.errors[-PERIOD:]),
            "baseline error": mean(repeating),
            "baseline rolling": mean(metrics["baseline_accuracy"] for metrics in last),
            "baseline share": mean(error < tolerance for error in repeating),
            "collapsed": error > COLLAPSED,
        }


def train(args: argparse.Namespace, seed: int) -> tuple[dict, dict]:
    """Train with one seed; return its row of the following table and of the frozen one."""
    overrides = ["solver.snapshot=0", *args.set]  # only the figures are kept
    training = build_training(
        solver=args.solver, model=args.model, overrides=overrides, seed=seed, device="cpu"
    )
    if training.trainer is None:
        raise SystemExit(f"{args.solver} has no trainer: there is no curve to follow")
    watcher = Watcher()
    training.solver.listeners.append(watcher)
    start = time.perf_counter()
    training.solver.step(training.solver.param.max_iter)
    seconds = time.perf_counter() - start
    tolerance = training.solver.param.trainer.rnn_simple_param.accuracy_tolerance
    row = {"seed": seed, **watcher.figures(tolerance), "seconds": seconds}
    return row, {"seed": seed, **test_frozen(training)}


def test_frozen(training: Training) -> dict[str, float]:
    """Return the figures of the frozen weights over a period of a fresh curve."""
    net = Net(
        training.model,
        phase=TEST,
        registry=training.registry,
        device=training.device,
        dtype=training.dtype,
    )
    net.share_trained_layers_with(training.net)
    found = training.trainer.test(net, PERIOD)
    return {
        "mean abs error": found["mean_abs_error"],
        "accuracy": found["accuracy"],
        "baseline error": found["baseline_mean_abs_error"],
        "baseline accuracy": found["baseline_accuracy"],
    }


def train_all(args: argparse.Namespace) -> list[tuple[dict, dict]]:
    """Train every seed, ``args.jobs`` at a time, each in a separate process."""
    seeds = range(1, args.seeds + 1)
    with ProcessPoolExecutor(args.jobs, mp_context=get_context("spawn")) as pool:
        return list(pool.map(partial(train, args), seeds))


def with_median(columns: tuple[str, ...], rows: list[dict]) -> list[list]:
    """Return the rows as lists, and their medians below."""
    listed = [[row[name] for name in columns] for row in rows]
    middle = [float(median(row[name] for row in rows)) for name in columns[1:]]
    if "collapsed" in columns:
        collapsed = sum(row["collapsed"] for row in rows)
        middle[columns.index("collapsed") - 1] = f"{collapsed} of {len(rows)}"
    return [*listed, ["median", *middle]]


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="LiquidNetCfc.prototxt")
    parser.add_argument("--solver", default="adamw.prototxt")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--seeds", type=int, default=5, help="how many, from 1 (default 5)")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default 2)")
    parser.add_argument("--record", action="store_true", help="write the figures to results/")
    return parser.parse_args()


def main() -> int:
    args = parse()
    settings = {
        "model": args.model,
        "solver": args.solver,
        "set": " ".join(args.set) or "nothing",
        "seeds": args.seeds,
        "processes": args.jobs,
    }
    report = Report("Following the curve", "follow_curve", settings)
    following, frozen = zip(*train_all(args), strict=True)
    report.say(
        f"While training, the last {PERIOD} updates (each prediction is made before its update; rolling: the "
        "trainer's figure over its window; baseline: repeat the last target):"
    )
    report.add("following", FOLLOWING, with_median(FOLLOWING, following))
    report.say(
        f"The same weights, frozen, over {PERIOD} points of a fresh curve: following is tracking by constant "
        "updates, and does not mean that the net knows the curve."
    )
    report.add("frozen", FROZEN, with_median(FROZEN, frozen))
    error = median(row["mean abs error"] for row in following)
    accuracy = median(row["rolling accuracy"] for row in following)
    passed = error <= LARGEST_ERROR and accuracy >= MIN_ACCURACY
    report.say(
        f"{'PASSED' if passed else 'MISSED'}: median mean absolute error {error:.4g} "
        f"(target <= {LARGEST_ERROR:g}), median rolling accuracy {accuracy:.4g} "
        f"(target >= {MIN_ACCURACY:g})"
    )
    report.finish(args.record)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
