"""What nets have learned of a curve once their weights are frozen: liquid nets, an LSTM and linear maps.

Each net is trained by the shipped solver file with the same updates, batches and inputs, then frozen and tested on
fresh curves over a whole period: following (the value at x) and forecasting (the next value from past ones), on
regular, noisy and irregular curves. Forecasts also run freely, with the net continuing from its own predictions.
Exit code 1 if the shipped nets miss their targets.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import mycaffe_plugins.benchmark.one_thread  # noqa: F401  (before NumPy)

# isort: split
import numpy as np
from reporting import Report

from mycaffe_py.builder import Training, build_training
from mycaffe_py.events import Event, StepDone
from mycaffe_py.layer import TEST
from mycaffe_py.net import Net

PERIOD, SHORT = 360, 25
COLLAPSED = 0.05
MAX_SECONDS = 60
CURVES = {"regular": (), "noisy": ("noise=0.05",), "irregular": ("jitter=0.9", "drop_ratio=0.3")}
EXAMPLES = Path(__file__).parents[1] / "examples" / "curve"
PLAIN = ("cfc1.cfc_param.use_mixed=false", "cfc1.cfc_param.hidden_size=64")
SOLVED = "linear, solved"
FIGURES = ("error", "accuracy", "ahead 25", "ahead 360", "seconds")


class Entry(NamedTuple):
    """A net to compare: its model file, overrides, and whether it is solved by least squares."""

    model: str
    overrides: tuple[str, ...] = ()
    solved: bool = False


class Task(NamedTuple):
    """A task to learn: the solver file, the curves, the nets, and the targets of the shipped net."""

    solver: str
    curves: tuple[str, ...]
    nets: Mapping[str, Entry]
    shipped: str
    max_error: float
    min_accuracy: float


TASKS = {
    "following": Task(
        "curve_follow.prototxt",
        ("regular", "irregular"),
        {
            "CfC": Entry("CurveFollow.prototxt"),
            "LSTM": Entry(str(EXAMPLES / "FollowLstm.prototxt")),
            "linear": Entry(str(EXAMPLES / "FollowLinear.prototxt")),
            SOLVED: Entry(str(EXAMPLES / "FollowLinear.prototxt"), solved=True),
        },
        shipped="CfC",
        max_error=0.002,
        min_accuracy=0.97,
    ),
    "forecasting": Task(
        "curve_forecast.prototxt",
        ("regular", "noisy", "irregular"),
        {
            "CfC": Entry("CurveForecast.prototxt", PLAIN),
            "CfC, mixed": Entry("CurveForecast.prototxt"),
            "LSTM": Entry(str(EXAMPLES / "ForecastLstm.prototxt")),
            "linear": Entry(str(EXAMPLES / "ForecastLinear.prototxt")),
            SOLVED: Entry(str(EXAMPLES / "ForecastLinear.prototxt"), solved=True),
        },
        shipped="CfC, mixed",
        max_error=0.003,
        min_accuracy=0.93,
    ),
}


class Windows:
    """Keeps every fourth batch that a linear net sees, and solves for its weights."""

    def __init__(self, net: Net):
        self._net, self._inputs, self._targets = net, [], []

    def __call__(self, event: Event) -> None:
        if isinstance(event, StepDone) and event.iteration % 4 == 0:
            blobs = self._net.blobs
            inputs = blobs["seen"].data.reshape(len(blobs["seen"].data), -1)
            self._inputs.append(np.pad(inputs.astype(float), ((0, 0), (0, 1)), constant_values=1))
            targets = blobs["target"].data.astype(float)
            self._targets.append(
                targets - blobs["last_value"].data if "last_value" in blobs else targets
            )

    def solve(self) -> None:
        """Put the least-squares solution into the net."""
        inputs, targets = np.vstack(self._inputs), np.vstack(self._targets)
        found = np.linalg.lstsq(inputs, targets, rcond=1e-6)[0]
        weight, bias = next(iter(self._net.params.values()))
        weight.data[...], bias.data[...] = found[:-1].T, found[-1]


class Frozen:
    """A trained net with its weights frozen, and a fresh curve for each item of its batch."""

    def __init__(self, training: Training, seed: int):
        self.net = Net(
            training.model,
            phase=TEST,
            registry=training.registry,
            device=training.device,
            dtype=training.dtype,
        )
        self.net.share_trained_layers_with(training.net)
        batch, self.steps = self.net.blobs["x"].shape[:2]
        param = training.solver.param.trainer.gym
        cls = training.registry.gyms.find(param.type)
        self.gyms = [cls(param, seed=1000 * seed + place) for place in range(batch)]
        self.observations = [gym.reset(options={"random_start": True})[0] for gym in self.gyms]
        for _ in range(2 * self.steps):
            self.step([None] * batch)

    def step(self, predictions: Iterable[float | None]) -> None:
        """Give the curves the predictions and advance to their next points."""
        pairs = zip(self.gyms, predictions, strict=True)
        self.observations = [gym.step(prediction)[0] for gym, prediction in pairs]

    def look_ahead(self, predictions: Iterable[float]) -> None:
        """Advance to future points, with the predictions in place of the values."""
        pairs = zip(self.gyms, predictions, strict=True)
        self.observations = [gym.look_ahead(prediction)[0] for gym, prediction in pairs]

    def predict(self) -> list[float]:
        """Return the net's predictions for the curves' latest points."""
        for name in ("x", "tt", "mask"):
            if name in self.net.blobs:
                blob = self.net.blobs[name]
                values = [observation[name][-self.steps :] for observation in self.observations]
                blob.data[...] = np.reshape(values, blob.shape)
        self.net.forward()
        return self.net.blobs["xhat"].data[:, 0].tolist()

    def errors_ahead(self, steps: int) -> np.ndarray:
        """Return the absolute errors of a free-running forecast, (steps, batch)."""
        errors = []
        with np.errstate(over="ignore", invalid="ignore"):
            for _ in range(steps):
                predictions = self.predict()
                targets = [observation["target"][-1, 0] for observation in self.observations]
                errors.append(np.abs(np.subtract(predictions, targets)))
                self.look_ahead(predictions)
        return np.array(errors)


def train(args: argparse.Namespace, run: tuple[str, str, str, int]) -> tuple[Training, float]:
    """Train one net; return it and the processor seconds."""
    task_name, curve, net, seed = run
    task = TASKS[task_name]
    entry = task.nets[net]
    sets = [f"solver.trainer.gym.curve_param.{setting}" for setting in CURVES[curve]]
    training = build_training(
        solver=task.solver,
        model=entry.model,
        overrides=["solver.snapshot=0", *sets, *entry.overrides, *args.set],
        seed=seed,
        device="cpu",
    )
    windows = Windows(training.net) if entry.solved else None
    if windows is not None:
        training.solver.listeners.append(windows)
    start = time.process_time()
    training.solver.step(training.solver.param.max_iter)
    if windows is not None:
        windows.solve()
    return training, time.process_time() - start


def judge(args: argparse.Namespace, run: tuple[str, str, str, int]) -> dict[str, Any]:
    """Train one net and test it with its weights frozen; return its row."""
    training, seconds = train(args, run)
    frozen = Frozen(training, run[-1])
    found = training.trainer.test(frozen.net, PERIOD)
    forecasts = run[0] == "forecasting"
    ahead = frozen.errors_ahead(PERIOD) if forecasts else None
    row = dict(zip(("task", "curve", "net", "seed"), run, strict=True))
    row |= {
        "error": found["mean_abs_error"],
        "accuracy": found["accuracy"],
        "ahead 25": float(ahead[:SHORT].mean()) if forecasts else "",
        "ahead 360": float(ahead.mean()) if forecasts else "",
        "seconds": seconds,
        "weights": sum(blob.count for blob in frozen.net.learnable_params),
        "baseline error": found["baseline_mean_abs_error"],
        "baseline accuracy": found["baseline_accuracy"],
    }
    print(
        " ".join(
            f"{value:.4g}" if isinstance(value, float) else str(value) for value in row.values()
        ),
        file=sys.stderr,
        flush=True,
    )
    return row


def judge_all(args: argparse.Namespace) -> list[dict[str, Any]]:
    """Train and test every net with every seed, ``args.jobs`` at a time, each in a separate process."""
    runs = [
        (name, curve, net, seed)
        for name, task in TASKS.items()
        for curve in task.curves
        for net in task.nets
        for seed in range(1, args.seeds + 1)
        if curve in args.curves and (not args.nets or net in args.nets)
    ]
    with ProcessPoolExecutor(args.jobs, mp_context=get_context("spawn")) as pool:
        return list(pool.map(partial(judge, args), runs))


def summary(rows: list[dict[str, Any]]) -> list[list[Any]]:
    """Return a line for each task, curve and net: the medians, and the range over the seeds."""
    groups: dict[tuple, list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["task"], row["curve"], row["net"]), []).append(row)
    lines: list[list[Any]] = []
    for key, group in groups.items():
        if not lines or lines[-1][:2] != list(key[:2]):
            baseline = [median(row[f"baseline {name}"] for row in group) for name in FIGURES[:2]]
            lines.append([*key[:2], "repeat the last", *map(_short, baseline), "", "", "", 0])
        cells = [_with_range([row[name] for row in group]) for name in FIGURES]
        lines.append([*key, *cells, group[0]["weights"]])
    return lines


def _with_range(values: list[Any]) -> str:
    if "" in values:
        return ""
    return f"{_short(median(values))} ({_short(min(values))} - {_short(max(values))})"


def _short(value: float) -> str:
    return f"{value:.3g}"


def misses(rows: list[dict[str, Any]]) -> list[str]:
    """Describe the targets that the shipped nets miss on the regular curve."""
    found = []
    for name, task in TASKS.items():
        group = [
            row
            for row in rows
            if (row["task"], row["curve"], row["net"]) == (name, "regular", task.shipped)
        ]
        if not group:
            continue
        error, accuracy = (median(row[figure] for row in group) for figure in FIGURES[:2])
        seconds, worst = (max(row[figure] for row in group) for figure in ("seconds", "error"))
        for word, value, wrong in (
            ("error", error, error > task.max_error),
            ("accuracy", accuracy, accuracy < task.min_accuracy),
            ("error of the worst seed", worst, worst > COLLAPSED),
            ("seconds", seconds, seconds > MAX_SECONDS),
        ):
            if wrong:
                found.append(f"{name}: {word} {value:.4g}")
    return found


def draw(args: argparse.Namespace) -> None:
    """Train the shipped nets once and draw them into ``args.pictures``: a period followed, a period ahead."""
    from matplotlib.figure import Figure

    for task, picture in (("following", "curve_followed"), ("forecasting", "curve_ahead")):
        training, _ = train(args, (task, "regular", TASKS[task].shipped, 1))
        frozen = Frozen(training, 1)
        for _ in range(PERIOD if task == "following" else 2 * SHORT):
            frozen.step(frozen.predict())
        if task == "forecasting":
            frozen.errors_ahead(PERIOD)
        figure = Figure(figsize=(9, 5), dpi=110)
        frozen.gyms[0].draw(figure)
        figure.savefig(Path(args.pictures) / f"{picture}.png")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--curves", nargs="+", choices=CURVES, default=list(CURVES))
    parser.add_argument("--nets", nargs="+", metavar="NAME", help="as in the table; default: all")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--seeds", type=int, default=5, help="how many, from 1 (default 5)")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default 2)")
    parser.add_argument("--record", action="store_true", help="write the figures to results/")
    parser.add_argument("--pictures", metavar="FOLDER", help="only draw the shipped nets' pictures")
    return parser.parse_args()


def main() -> int:
    args = parse()
    if args.pictures:
        draw(args)
        return 0
    settings = {"set": " ".join(args.set) or "nothing", "seeds": args.seeds, "processes": args.jobs}
    report = Report("Learning the curve", "learn_curve", settings)
    rows = judge_all(args)
    report.say(
        f"Weights frozen, fresh curves: 32 of them over {PERIOD} points each, one period. error: mean absolute error; "
        "accuracy: share within 0.005; ahead: mean absolute error of the next 25 and 360 values, each predicted "
        "from the predictions before it; seconds: processor time of training. Median (least - most) over seeds. "
        "Every net gets the same inputs, batches and number of updates."
    )
    columns = ("task", "curve", "net", *FIGURES, "weights")
    report.add("table", columns, summary(rows))
    report.keep("runs", tuple(rows[0]), [list(row.values()) for row in rows])
    missed = misses(rows)
    report.say(
        f"MISSED: {'; '.join(missed)}"
        if missed
        else "PASSED: the shipped nets on the regular curve"
    )
    report.finish(args.record)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
