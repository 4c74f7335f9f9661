"""What ``mycaffe test`` does, once its options are read."""

from __future__ import annotations

import json
from typing import Any

import click

from mycaffe_py.builder import build_training, load_model
from mycaffe_py.cli.banner import net_line
from mycaffe_py.cli.failures import say
from mycaffe_py.cli.figures import figures, number
from mycaffe_py.cli.options import device_name, load_plugins, naming_overrides, split_names
from mycaffe_py.device import open_device
from mycaffe_py.errors import ConfigError
from mycaffe_py.layer import TEST
from mycaffe_py.net import Net
from mycaffe_py.overrides import apply_overrides
from mycaffe_py.solver import mean_outputs

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
    """Run the net and print its figures; return the exit code."""
    names = split_names(weights)
    if not names:
        raise ConfigError(
            "mycaffe test needs trained weights", hint="add --weights FILE.caffemodel"
        )
    if solver is None and model is None:
        raise ConfigError("nothing to test", hint="add --solver FILE, or --model FILE")
    given |= {"registry": load_plugins(plugins), "device": device_name(device, gpu)}
    with naming_overrides(given["overrides"]):
        if solver is None:
            net, metrics = _on_data_layers(model, names, iterations, **given)
        else:
            net, metrics = _on_solver(solver, model, names, iterations, **given)
    if as_json:
        click.echo(json.dumps({"iterations": iterations, **metrics}))
    else:
        say(net_line(net))
        _print(net, metrics, iterations)
    return 0


def _on_solver(
    solver: str, model: str | None, weights: tuple[str, ...], iterations: int, **given: Any
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
    _require_data(net)
    return net, mean_outputs(net, iterations)


def _on_data_layers(
    model: str, weights: tuple[str, ...], iterations: int, **given: Any
) -> tuple[Any, dict[str, float]]:
    registry = given["registry"]
    document = load_model(model, registry)
    apply_overrides(given["overrides"], model=document.message)
    net = Net(
        document,
        TEST,
        given["level"],
        split_names(given["stages"]),
        weights,
        registry=registry,
        device=open_device(given["device"], seed=given["seed"] or 0),
        dtype=given["dtype"],
    )
    _require_data(net)
    return net, mean_outputs(net, iterations)


def _require_data(net: Any) -> None:
    if net.inputs:
        raise ConfigError(
            f'nothing fills the inputs {", ".join(net.inputs)} of net "{net.name}"',
            hint="add --solver FILE with a trainer and gym, or give the net data layers",
        )


def _print(net: Any, metrics: dict[str, float], iterations: int) -> None:
    click.echo(f"mean over {iterations} passes with frozen weights")
    if "loss" in metrics:
        click.echo(f"loss = {number(metrics['loss'])}")
    for line in figures(metrics):
        click.echo(line)
    weights = net.blob_loss_weights
    for name, value in metrics.items():
        if name == "loss" or name in _FIGURES:
            continue
        weight = weights.get(name, 0.0)
        loss = f" (* {weight:g} = {number(weight * value)} loss)" if weight else ""
        click.echo(f"{name} = {number(value)}{loss}")
