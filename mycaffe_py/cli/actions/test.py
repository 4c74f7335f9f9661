"""Implementation of ``mycaffe test``."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.answers import test_of
from mycaffe_py.builder.training import build_training
from mycaffe_py.cli.banner import net_line
from mycaffe_py.cli.failures import echo, say, warn
from mycaffe_py.cli.frozen_passes import log_of, means_of
from mycaffe_py.cli.idle_options import refuse_replaced_overrides, warn_of_unknown_state
from mycaffe_py.cli.nets import build_net
from mycaffe_py.cli.options import device_name, naming_overrides, stage_names
from mycaffe_py.cli.outputs import protect_inputs
from mycaffe_py.cli.reports import print_report, report_path, write_report
from mycaffe_py.cli.run_files import needed_weights
from mycaffe_py.cli.run_plugins import load_plugins_of
from mycaffe_py.errors import DivergedError
from mycaffe_py.events.metric_text import loss_part, metric_lines, number
from mycaffe_py.events.output_names import blob_of, element_weight, output_name
from mycaffe_py.layer.layer import TEST
from mycaffe_py.net.figures import large_notes
from mycaffe_py.run.record import plain
from mycaffe_py.run.snapshots import non_finite_param
from mycaffe_py.trainer import Report, Trainer, test_report_of
from mycaffe_py.wording import counted

from .upgrade import upgrade_notes

_PASSES = 50
_FIGURES = ("accuracy", "baseline_accuracy", "mean_abs_error")


def test(
    *,
    solver: str | None,
    model: str | None,
    weights: tuple[str, ...],
    iterations: int | None,
    out: str | None,
    as_json: bool,
    gpu: str | None,
    device: str | None,
    plugins: tuple[str, ...],
    **given: Any,
) -> int:
    """Run the net and print its metrics; return the exit code."""
    used = needed_weights(weights, "test")
    replaced = {"model": model, "weights": weights, "device": device, "gpu": gpu}
    refuse_replaced_overrides(given["overrides"], {**given, **replaced})
    registry = load_plugins_of(used.runs, plugins)
    solver, model = used.settings(solver, model, registry)
    if solver is None and model is None:
        raise used.nothing("test")
    given |= {"registry": registry, "device": device_name(device, gpu)}
    given["seed"] = used.seed(given["seed"], given["overrides"])
    given |= {"log": log_of(as_json)}
    passes = iterations or _PASSES
    written = None if out is None else report_path(out)
    report: Report | None = None
    with naming_overrides(given["overrides"]), np.errstate(all="ignore"):
        if solver is None:
            net, seed, metrics = _on_data_layers(str(model), used.weights, passes, **given)
        else:
            asked = _Asked(passes, written, metrics_too=as_json)
            net, seed, metrics, report = _on_solver(solver, model, used.weights, asked, **given)
        _require_finite(net, metrics)
    if written is not None:
        write_report(report, written)
    if as_json:
        shown = {"report": report.as_json()} if report else {}
        figures_shown = plain({"iterations": passes, "seed": seed, **metrics, **shown})
        echo(json.dumps(figures_shown, allow_nan=False))
        for caution in report.cautions if report else ():
            warn(caution)
        return 0
    notes = [*upgrade_notes([net.document]), used.line(seed), net_line(net), *large_notes(net)]
    for line in notes:
        say(line)
    if report is None:
        _print(net, metrics, passes)
        return 0
    if iterations is not None:
        warn(f"--iterations {iterations} has no effect: the trainer reports on all its test data")
    print_report(report)
    return 0


@dataclass(frozen=True)
class _Asked:
    """What a test is asked for: the passes, the file for its report, and whether a report does for the metrics."""

    passes: int
    written: Path | None
    metrics_too: bool


def _on_solver(
    solver: str, model: str | None, weights: list[str], asked: _Asked, log: Any, **given: Any
) -> tuple[Any, int, dict[str, float], Report | None]:
    """Run on the gym of the solver's trainer, or on the data layers of the net that it names."""
    stages = stage_names(given.pop("stages"))
    training = build_training(
        solver=solver, model=model, weights=weights, phase="TEST", stages=stages, **given
    )
    net, trainer = training.net, training.trainer
    warn_of_unknown_state([training.model.message], given["level"], stages)
    if asked.written is not None:
        protect_inputs([asked.written], training, weights, "it is tested with")
    if trainer is None:
        return net, training.seed, means_of(net, asked.passes, log, training.solver.param), None
    try:
        report = test_report_of(trainer, net)
        metrics = {}
        if report is None or (asked.metrics_too and type(trainer).test is not Trainer.test):
            metrics = test_of(trainer, net, asked.passes)
    finally:
        trainer.close()
    if report is not None and not report.is_finite() and non_finite_param(net):
        raise _diverged("a number of the report is not finite", net)
    return net, training.seed, metrics, report


def _on_data_layers(
    model: str, weights: list[str], iterations: int, log: Any, **given: Any
) -> tuple[Any, int, dict[str, float]]:
    net = build_net(model, TEST, weights, **given)
    return net, given["seed"] or 0, means_of(net, iterations, log)


def _require_finite(net: Any, metrics: dict[str, float]) -> None:
    """Raise DivergedError for metrics of weights that diverged; metrics undefined for other reasons are kept."""
    weights = net.blob_loss_weights
    for name, value in metrics.items():
        if math.isfinite(value):
            continue
        own = output_name(name, net.outputs) or name
        if name == "loss" or weights.get(blob_of(own, weights)) or non_finite_param(net):
            raise _diverged(f"the metric {name} is {value}", net)


def _diverged(what: str, net: Any) -> DivergedError:
    return DivergedError(
        f"{what}; {net.first_non_finite()}",
        hint="non-finite weights come from a run that diverged",
    )


def _print(net: Any, metrics: dict[str, float], iterations: int) -> None:
    echo(f"mean over {counted(iterations, 'pass')} with frozen weights")
    if "loss" in metrics:
        echo(f"loss = {number(metrics['loss'])}")
    for line in metric_lines(metrics):
        echo(line)
    weights = net.blob_loss_weights
    for name, value in metrics.items():
        if name == "loss" or name in _FIGURES:
            continue
        own = output_name(name, net.outputs) or name
        echo(f"{name} = {number(value)}{loss_part(value, element_weight(own, weights))}")
