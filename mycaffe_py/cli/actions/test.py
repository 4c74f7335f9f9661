"""Implementation of ``mycaffe test``."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

import click
import numpy as np

from mycaffe_py.builder.training import build_training
from mycaffe_py.cli.banner import net_line
from mycaffe_py.cli.failures import say
from mycaffe_py.cli.nets import build_net, require_data
from mycaffe_py.cli.options import device_name, load_plugins, naming_overrides, split_names
from mycaffe_py.cli.views import is_live_terminal
from mycaffe_py.errors import ConfigError, DivergedError
from mycaffe_py.events.metric_text import loss_part, metric_lines, number
from mycaffe_py.events.output_names import blob_of, output_name
from mycaffe_py.layer.layer import TEST
from mycaffe_py.net.net import Net
from mycaffe_py.run.record import plain
from mycaffe_py.run.snapshots import non_finite_param
from mycaffe_py.solver.averaging import mean_outputs
from mycaffe_py.weights import split_paths

from .upgrade import upgrade_notes

_LOSS = "test_loss"
_FIGURES = ("accuracy", "baseline_accuracy", "mean_abs_error")


def test(
    *,
    solver: str | None,
    model: str | None,
    weights: tuple[str, ...],
    iterations: int,
    as_json: bool,
    gpu: str | None,
    device: str | None,
    plugins: tuple[str, ...],
    **given: Any,
) -> int:
    """Run the net and print its metrics; return the exit code."""
    names = split_paths(weights)
    if not names:
        raise ConfigError(
            "mycaffe test needs trained weights", hint="add --weights FILE.caffemodel"
        )
    if solver is None and model is None:
        raise ConfigError("nothing to test", hint="add --solver FILE, or --model FILE")
    given |= {"registry": load_plugins(plugins), "device": device_name(device, gpu)}
    log = None if as_json or is_live_terminal() else say
    given |= {"log": log}
    with naming_overrides(given["overrides"]), np.errstate(all="ignore"):
        if solver is None:
            net, metrics = _on_data_layers(str(model), names, iterations, **given)
        else:
            net, metrics = _on_solver(solver, model, names, iterations, **given)
        _require_finite(net, metrics)
    if as_json:
        figures_shown = plain({"iterations": iterations, **metrics})
        click.echo(json.dumps(figures_shown, allow_nan=False))
    else:
        for line in (*upgrade_notes([net.document]), net_line(net)):
            say(line)
        _print(net, metrics, iterations)
    return 0


def _on_solver(
    solver: str, model: str | None, weights: list[str], iterations: int, log: Any, **given: Any
) -> tuple[Any, dict[str, float]]:
    """Run on the gym of the solver's trainer, or on the data layers of the net that it names."""
    stages = split_names(given.pop("stages"))
    training = build_training(
        solver=solver, model=model, weights=weights, phase="TEST", stages=stages, **given
    )
    net = training.net
    if training.trainer is not None:
        try:
            return net, training.trainer.test(net, iterations)
        finally:
            training.trainer.close()
    return net, _means(net, iterations, log)


def _on_data_layers(
    model: str, weights: list[str], iterations: int, log: Any, **given: Any
) -> tuple[Any, dict[str, float]]:
    net = build_net(model, TEST, weights, **given)
    return net, _means(net, iterations, log)


def _means(net: Net, iterations: int, log: Callable[[str], None] | None) -> dict[str, float]:
    """Return the outputs' means; ``log`` takes the lines that Caffe writes along the way."""
    require_data(net, "add --solver FILE with a trainer and gym, or give the net data layers")
    try:
        return mean_outputs(net, iterations) if log is None else _logged(net, iterations, log)
    finally:
        net.close()


def _logged(net: Net, iterations: int, log: Callable[[str], None]) -> dict[str, float]:
    def log_batch(batch: int, values: Mapping[str, float]) -> None:
        for name, value in values.items():
            if name != _LOSS:
                log(f"Batch {batch}, {name} = {value:.6g}")

    log(f"Running for {iterations} iterations.")
    means = mean_outputs(net, iterations, with_loss=True, on_pass=log_batch)
    log(f"Loss: {means.pop(_LOSS):.6g}")
    weights = net.blob_loss_weights
    for name, value in means.items():
        log(f"{name} = {value:.6g}{loss_part(value, weights[blob_of(name)], '{:.6g}')}")
    return means


def _require_finite(net: Any, metrics: dict[str, float]) -> None:
    """Raise DivergedError for metrics of weights that diverged; metrics undefined for other reasons are kept."""
    weights = net.blob_loss_weights
    for name, value in metrics.items():
        if math.isfinite(value):
            continue
        own = output_name(name, net.outputs) or name
        if name == "loss" or weights.get(blob_of(own)) or non_finite_param(net):
            raise DivergedError(
                f"the metric {name} is {value}; {net.first_non_finite()}",
                hint="non-finite weights come from a run that diverged",
            )


def _print(net: Any, metrics: dict[str, float], iterations: int) -> None:
    click.echo(f"mean over {iterations} passes with frozen weights")
    if "loss" in metrics:
        click.echo(f"loss = {number(metrics['loss'])}")
    for line in metric_lines(metrics):
        click.echo(line)
    weights = net.blob_loss_weights
    for name, value in metrics.items():
        if name == "loss" or name in _FIGURES:
            continue
        own = output_name(name, net.outputs) or name
        click.echo(f"{name} = {number(value)}{loss_part(value, weights.get(blob_of(own), 0.0))}")
